//! What players and operators get: archives of the game, of the server, of the web client, and the
//! server's container image.

use std::{
    env,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use crate::{
    build,
    setup::{self, Part},
    steps::Steps,
    workspace::Workspace,
};

/// Stands beside every program.
const LICENCES: [&str; 2] = ["LICENSE-MIT", "LICENSE-APACHE"];

/// Copies that only our server sends: hosts of static files and itch.io compress by themselves.
const COMPRESSED: [&str; 2] = [".br", ".gz"];

/// Who may run a program that is unpacked, where systems ask.
const EXECUTABLE: u32 = 0o755;

/// What is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum What {
    /// The native game for this system.
    Native,
    /// The server for this system, with the web client and examples of its configuration.
    Server,
    /// The web client for itch.io or any host of static files, with `index.html` at its top.
    Web,
    /// The server's container image, by Docker or what stands for it.
    Image,
}

/// Builds and packs, and says where the archive is.
///
/// # Errors
/// When a build fails, or a file cannot be read or written.
pub fn run(workspace: &Workspace, steps: &mut Steps, what: What) -> Result<()> {
    match what {
        What::Native => {
            setup::run(workspace, steps, &[Part::Native])?;
            let program = release(workspace, steps, "game", crate::name!(), &[])?;
            let files = with_licences(workspace, vec![program]);
            pack(workspace, steps, crate::name!(), &host(workspace)?, &files)
        }
        What::Server => {
            web(workspace, steps)?;
            // Its allocator gives memory back, where make builds it.
            let features: &[&str] = match cfg!(target_os = "linux") {
                true => &["--features", "jemalloc"],
                false => &[],
            };
            let program = release(workspace, steps, "signaling", "signaling", features)?;
            let mut files = with_licences(workspace, vec![program]);
            files.extend(below(&workspace.dist(), "dist", &[])?);
            files.extend(below(&workspace.root().join("deploy"), "deploy", &[])?);
            files.push(plain(workspace, "docs/DEPLOY.md"));
            let name = concat!(crate::name!(), "-server");
            pack(workspace, steps, name, &host(workspace)?, &files)
        }
        What::Web => {
            web(workspace, steps)?;
            let files = below(&workspace.dist(), "", &COMPRESSED)?;
            pack(workspace, steps, crate::name!(), "web", &files)
        }
        What::Image => {
            web(workspace, steps)?;
            steps.run(
                "build the image",
                workspace
                    .command("docker")
                    .args(["build", "--file", "deploy/Dockerfile"])
                    .args(["--tag", crate::name!(), "."]),
            )
        }
    }
}

fn web(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    setup::run(workspace, steps, &[Part::Web])?;
    build::run(workspace, steps, None)
}

/// A file, and where it is in the archive.
struct Entry {
    file: PathBuf,
    name: String,
    is_program: bool,
}

fn plain(workspace: &Workspace, path: &str) -> Entry {
    Entry {
        file: workspace.root().join(path),
        name: path.to_owned(),
        is_program: false,
    }
}

fn with_licences(workspace: &Workspace, mut files: Vec<Entry>) -> Vec<Entry> {
    files.extend(LICENCES.map(|licence| plain(workspace, licence)));
    files
}

/// Builds a program as players have it.
fn release(
    workspace: &Workspace,
    steps: &mut Steps,
    package: &str,
    program: &str,
    features: &[&str],
) -> Result<Entry> {
    steps.run(
        &format!("build {program}"),
        workspace
            .cargo()
            .args(["build", "--locked", "--release", "--package", package])
            .args(["--bin", program])
            .args(features),
    )?;
    let name = format!("{program}{}", env::consts::EXE_SUFFIX);
    Ok(Entry {
        file: workspace.target().join("release").join(&name),
        name,
        is_program: true,
    })
}

/// The files below `folder`, under `prefix`, but for those with these endings.
fn below(folder: &Path, prefix: &str, without: &[&str]) -> Result<Vec<Entry>> {
    let mut found = Vec::new();
    let read = fs::read_dir(folder).with_context(|| format!("no {}", folder.display()))?;
    for entry in read {
        let entry = entry?;
        let own = entry.file_name().to_string_lossy().into_owned();
        let name = match prefix {
            "" => own,
            prefix => format!("{prefix}/{own}"),
        };
        if entry.file_type()?.is_dir() {
            found.extend(below(&entry.path(), &name, without)?);
        } else if !without.iter().any(|ending| name.ends_with(ending)) && !is_secret(&name) {
            found.push(Entry {
                file: entry.path(),
                name,
                is_program: false,
            });
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// What an operator keeps beside the examples, and git does not know.
fn is_secret(name: &str) -> bool {
    ["deploy/.env", "deploy/tickets.key"].contains(&name)
}

/// The compiler's name of this system, such as `x86_64-unknown-linux-gnu`.
fn host(workspace: &Workspace) -> Result<String> {
    let output = workspace.command("rustc").arg("-vV").output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(ToOwned::to_owned)
        .context("rustc does not tell its host")
}

fn pack(
    workspace: &Workspace,
    steps: &mut Steps,
    name: &str,
    system: &str,
    files: &[Entry],
) -> Result<()> {
    let folder = workspace.target().join("packages");
    fs::create_dir_all(&folder)?;
    let archive = folder.join(format!("{name}-{}-{system}.zip", env!("CARGO_PKG_VERSION")));
    steps.take("pack", || write(&archive, files))?;
    eprintln!("{}", archive.display());
    Ok(())
}

fn write(archive: &Path, files: &[Entry]) -> Result<()> {
    ensure!(!files.is_empty(), "there is nothing to pack");
    let mut zip = ZipWriter::new(File::create(archive)?);
    for Entry {
        file,
        name,
        is_program,
    } in files
    {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        let options = match is_program {
            true => options.unix_permissions(EXECUTABLE),
            false => options,
        };
        zip.start_file(name, options)?;
        let mut from =
            File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
        io::copy(&mut from, &mut zip)?;
    }
    zip.finish()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn an_archive_has_the_page_at_its_top_and_no_copies_or_secrets() {
        let folder = env::temp_dir().join(format!("xtask-package-{}", std::process::id()));
        let dist = folder.join("dist");
        fs::create_dir_all(dist.join("icons")).unwrap();
        for name in [
            "index.html",
            "index.html.br",
            "game.wasm.gz",
            "icons/icon.png",
        ] {
            fs::write(dist.join(name), name).unwrap();
        }
        fs::write(folder.join(".env"), "secret").unwrap();
        fs::write(folder.join("example.toml"), "").unwrap();

        let mut files = below(&dist, "", &COMPRESSED).unwrap();
        let names: Vec<&str> = files.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["icons/icon.png", "index.html"]);
        files[1].is_program = true;
        let archive = folder.join("a.zip");
        write(&archive, &files).unwrap();
        let mut zip = zip::ZipArchive::new(File::open(&archive).unwrap()).unwrap();
        let mut page = zip.by_name("index.html").unwrap();
        assert_eq!(page.unix_mode().unwrap() & 0o777, EXECUTABLE);
        let mut text = String::new();
        page.read_to_string(&mut text).unwrap();
        assert_eq!(text, "index.html");
        drop(page);

        let examples = below(&folder, "deploy", &[".zip"]).unwrap();
        assert!(
            examples
                .iter()
                .any(|entry| entry.name == "deploy/example.toml")
        );
        assert!(examples.iter().all(|entry| entry.name != "deploy/.env"));
        assert!(write(&archive, &[]).is_err());
        fs::remove_dir_all(folder).unwrap();
    }
}
