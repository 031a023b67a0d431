//! What a player downloads before the first playable frame, and its budget.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};

use crate::{
    steps::Steps,
    wasm::{self, Part},
    workspace::{WASM, Workspace},
};

/// Compressed bytes up to the first playable frame: 4.0 MB, of which a player on a slow mobile
/// network (8 Mbit/s) has all after 4 seconds.
const BUDGET: usize = 4_000_000;

/// How many crates are listed.
const CRATES: usize = 25;

/// A file and its bytes: as it is, and as it is sent.
#[derive(Debug, PartialEq, Eq)]
struct File {
    name: String,
    plain: usize,
    sent: usize,
}

/// Prints the size of what `build` made, by file and by section, and with `by_crate` the largest
/// crates of a module that is linked once more for that, with the names of its functions.
///
/// # Errors
/// When there is no build, it is over its budget, or linking fails.
pub fn run(workspace: &Workspace, steps: &mut Steps, by_crate: bool) -> Result<()> {
    let dist = workspace.dist();
    let files = first_download(&dist)?;
    eprintln!("{:>12} {:>12}  file", "plain", "brotli");
    for File { name, plain, sent } in &files {
        eprintln!("{plain:>12} {sent:>12}  {name}");
    }
    let plain: usize = files.iter().map(|file| file.plain).sum();
    let sent: usize = files.iter().map(|file| file.sent).sum();
    eprintln!("{plain:>12} {sent:>12}  in all, of {BUDGET}");

    let module = files
        .iter()
        .find(|file| file.name.ends_with(".wasm"))
        .context("the page loads no module")?;
    let content = fs::read(dist.join(&module.name))?;
    print("section of the module", &wasm::sections(&content)?);
    if by_crate {
        let named = fs::read(link_with_names(workspace, steps)?)?;
        let mut crates = wasm::crates(&named)?;
        crates.truncate(CRATES);
        print("crate, by its code", &crates);
    }
    ensure!(
        sent <= BUDGET,
        "the first download is {} bytes over its budget",
        sent - BUDGET
    );
    Ok(())
}

fn print(what: &str, parts: &[Part]) {
    eprintln!("\n{:>12}  {what}", "plain");
    for (name, size) in parts {
        eprintln!("{size:>12}  {name}");
    }
}

/// The files that the page names and needs for its first frame: it, its styles, scripts, icon and
/// the module.
fn first_download(dist: &Path) -> Result<Vec<File>> {
    const NEEDED: &[&str] = &["html", "css", "js", "wasm", "svg"];

    let page = fs::read_to_string(dist.join("index.html"))
        .context("dist/ holds no web client: build it with `cargo xtask build`")?;
    let mut files = Vec::new();
    for entry in fs::read_dir(dist)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_needed = path
            .extension()
            .is_some_and(|extension| NEEDED.iter().any(|needed| extension == *needed));
        // The worker comes later, and takes nothing that is not here.
        let is_named = name == "index.html" || page.contains(&format!("./{name}"));
        if is_needed && is_named {
            let mut compressed = path.clone().into_os_string();
            compressed.push(".br");
            let sent = fs::metadata(&compressed)
                .with_context(|| format!("no {}", Path::new(&compressed).display()))?;
            files.push(File {
                name: name.into_owned(),
                plain: fs::metadata(&path)?.len() as usize,
                sent: sent.len() as usize,
            });
        }
    }
    files.sort_by_key(|file| std::cmp::Reverse(file.sent));
    Ok(files)
}

/// Links the module that trunk builds with the names of its functions.
fn link_with_names(workspace: &Workspace, steps: &mut Steps) -> Result<PathBuf> {
    // A folder of its own, so that the next build of the web client finds what it left.
    let target = workspace.target().join("named");
    steps.run(
        "link the module with names",
        workspace
            .cargo()
            .args(["build", "--locked", "--profile", "web", "--target", WASM])
            .args(["--package", "game", "--bin", crate::name!()])
            .args(["--config", "profile.web.strip=false", "--target-dir"])
            .arg(&target),
    )?;
    Ok(target
        .join(WASM)
        .join(concat!("web/", crate::name!(), ".wasm")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_page_names_is_counted_as_it_is_sent() {
        let folder = std::env::temp_dir().join(format!("peerball-size-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        for (name, bytes) in [
            (
                "index.html",
                "<script src='./a.js'></script>./c.png ./d.css",
            ),
            ("index.html.br", "<"),
            ("a.js", "12345678"),
            ("a.js.br", "123"),
            ("b.js", "not named"),
            ("c.png", "not needed"),
        ] {
            fs::write(folder.join(name), bytes).unwrap();
        }
        let file = |name: &str, plain, sent| File {
            name: name.into(),
            plain,
            sent,
        };
        assert_eq!(
            first_download(&folder).unwrap(),
            [file("a.js", 8, 3), file("index.html", 45, 1)]
        );
        // Not compressed: then this is no measure.
        fs::write(folder.join("d.css"), "").unwrap();
        assert!(first_download(&folder).is_err());
        fs::remove_dir_all(folder).unwrap();
    }
}
