//! Makes the template another game's: every name, title, key and variable that carries its name.

mod demo;
mod marks;
mod names;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};

use crate::{bench, steps::Steps, workspace::Workspace};
use names::{Names, TEMPLATE};

/// Says whose work it was made of, and may name it.
const LICENCES: &[&str] = &["LICENSE-MIT", "LICENSE-APACHE"];

const README: &str = "README.md";

/// Who says how many seats a match has that nobody has changed, and how: the demo, and the game that
/// takes its place.
const SEATS: [(&str, &str); 2] = [
    (
        "crates/game/src/demo/options.rs",
        "const DEFAULT_SEATS: u8 = 2;",
    ),
    (demo::RULES, "players.clamp(2, MAX_SEATS)"),
];

/// What tools make, where git does not tell.
const NOT_OURS: &[&str] = &[".git", "target", "dist", "node_modules"];

/// The new names, and who makes the game.
#[derive(clap::Args)]
pub struct Rename {
    /// For machines: the program, folders, keys; small letters, digits and hyphens.
    name: String,
    /// For people: letters, digits, spaces and `- . ! ?`.
    title: String,
    /// Who makes it, for the manifest, the licence and the page.
    #[arg(long)]
    authors: Option<String>,
    /// Seats of a match that nobody has changed.
    #[arg(long, value_parser = clap::value_parser!(u8).range(2..=8))]
    players: Option<u8>,
    /// Leave the demo out: the small game of `examples/scramble` takes its place.
    #[arg(long)]
    without_demo: bool,
    /// Also when git knows of changes that are not committed.
    #[arg(long)]
    dirty: bool,
}

/// What is told beside the names.
#[derive(Clone, Copy)]
struct Told<'a> {
    authors: Option<&'a str>,
    players: Option<u8>,
}

/// A file as it will be.
struct Renamed {
    from: PathBuf,
    to: PathBuf,
    text: String,
}

/// Renames the whole checkout.
///
/// # Errors
/// When a name is not possible, the checkout has another name already or changes that are not
/// committed, or a file cannot be read or written. Names are judged before anything is changed.
pub fn run(workspace: &Workspace, steps: &mut Steps, rename: &Rename) -> Result<()> {
    let root = workspace.root();
    let lock = fs::read_to_string(root.join("Cargo.lock")).context("cannot read Cargo.lock")?;
    let names = Names::new(&rename.name, &rename.title, &lock)?;
    let authors = rename.authors.as_deref().map(names::check_authors);
    let authors = authors.transpose()?;
    expect_template(root)?;
    if !rename.dirty {
        expect_clean(workspace)?;
    }

    if rename.without_demo {
        steps.take("leave the demo out", || demo::leave_out(root))?;
    }
    let renamed = steps.take("read the checkout", || {
        let mut renamed = Vec::new();
        for path in files(workspace)? {
            let told = Told {
                authors,
                players: rename.players,
            };
            renamed.extend(file(root, &path, &names, told)?);
        }
        Ok(renamed)
    })?;
    let count = renamed.len();
    steps.take(&format!("write {count} files"), || write(root, &renamed))?;
    // Names of another length break lines elsewhere.
    let manifests = ["Cargo.toml", bench::MANIFEST].into_iter();
    for manifest in manifests.filter(|manifest| root.join(manifest).is_file()) {
        steps.run(
            &format!("format {manifest}"),
            workspace
                .cargo()
                .args(["fmt", "--all", "--manifest-path", manifest]),
        )?;
    }
    eprintln!(
        "\nThis is {} now. Its pictures still show the old title: `cargo xtask pictures` takes them \
         anew.\nThen commit, and go on with docs/TEMPLATE.md.",
        rename.title
    );
    Ok(())
}

/// A tree that has another name is somebody's game: its words are not looked for.
fn expect_template(root: &Path) -> Result<()> {
    const NAMES: &str = "crates/protocol/src/name.rs";
    let text = fs::read_to_string(root.join(NAMES)).with_context(|| format!("no {NAMES}"))?;
    ensure!(
        text.contains(&format!("\"{TEMPLATE}\"")),
        "this checkout has a name of its own already: {NAMES} has it"
    );
    Ok(())
}

fn expect_clean(workspace: &Workspace) -> Result<()> {
    if !has_repository(workspace) {
        return Ok(());
    }
    let status = workspace
        .command("git")
        .args(["status", "--porcelain"])
        .output()
        .context("cannot start git")?;
    ensure!(
        status.status.success() && status.stdout.is_empty(),
        "there are changes that are not committed: commit them, so that `git diff` shows what this \
         changes and `git checkout .` takes it back (or say --dirty)"
    );
    Ok(())
}

/// Whether the checkout is a repository of its own, and not a folder in another one.
fn has_repository(workspace: &Workspace) -> bool {
    workspace.root().join(".git").exists()
}

/// The checkout's files, from its top.
fn files(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    if has_repository(workspace) {
        let output = workspace
            .command("git")
            .args([
                "ls-files",
                "-z",
                "--cached",
                "--others",
                "--exclude-standard",
            ])
            .output()
            .context("cannot start git")?;
        ensure!(output.status.success(), "git cannot list the files");
        let text = String::from_utf8(output.stdout).context("a file's name is no UTF-8")?;
        let paths = text.split_terminator('\0').map(PathBuf::from);
        // A file that was deleted is still listed.
        return Ok(paths
            .filter(|path| workspace.root().join(path).is_file())
            .collect());
    }
    let mut found = Vec::new();
    collect(workspace.root(), Path::new(""), &mut found)?;
    Ok(found)
}

fn collect(root: &Path, below: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(root.join(below))? {
        let entry = entry?;
        let path = below.join(entry.file_name());
        if !entry.file_type()?.is_dir() {
            found.push(path);
        } else if !NOT_OURS.iter().any(|name| path.ends_with(name)) {
            collect(root, &path, found)?;
        }
    }
    Ok(())
}

/// The file at `path` with the new names; nothing when it stays as it is.
fn file(root: &Path, path: &Path, names: &Names, told: Told<'_>) -> Result<Option<Renamed>> {
    let Some(name) = path.to_str() else {
        bail!("the name of {} is no UTF-8", path.display());
    };
    let bytes = fs::read(root.join(path)).with_context(|| format!("cannot read {name}"))?;
    let Ok(old) = String::from_utf8(bytes) else {
        // A picture or a font.
        return Ok(None);
    };
    let to = PathBuf::from(names.rewrite(name));
    let mut text = match LICENCES.contains(&name) {
        true => old.clone(),
        false => names.rewrite(&old),
    };
    if name.ends_with(".md") {
        // How to make a game of it is told no more where it is done.
        text = marks::without("template", &text).with_context(|| name.to_owned())?;
    }
    if let Some(authors) = told.authors {
        text = signed(name, text, authors);
    }
    if let Some(players) = told.players {
        text = seated(name, text, players)?;
    }
    if name == README {
        text += &format!(
            "\nMade from the template {}, with thanks.\n",
            names::TEMPLATE_TITLE
        );
    }
    Ok((text != old || to != path).then(|| Renamed {
        from: path.to_owned(),
        to,
        text,
    }))
}

/// The text of the file `name`, with its authors where it tells them.
fn signed(name: &str, text: String, authors: &str) -> String {
    let (before, line) = match name {
        "Cargo.toml" => (
            "[workspace.package]\n",
            format!("[workspace.package]\nauthors = [\"{authors}\"]\n"),
        ),
        "LICENSE-MIT" => (
            "Copyright (c) ",
            format!("Copyright (c) {authors}\nCopyright (c) "),
        ),
        "index.html" => (
            "    <meta name=\"color-scheme\"",
            format!(
                "    <meta name=\"author\" content=\"{authors}\">\n    <meta name=\"color-scheme\""
            ),
        ),
        _ => return text,
    };
    text.replacen(before, &line, 1)
}

/// The text of the file `name`, with so many seats where it says their number.
fn seated(name: &str, text: String, players: u8) -> Result<String> {
    let Some((_, said)) = SEATS.iter().find(|(file, _)| *file == name) else {
        return Ok(text);
    };
    ensure!(text.contains(said), "{name} has no `{said}`");
    Ok(text.replacen(said, &said.replacen('2', &players.to_string(), 1), 1))
}

fn write(root: &Path, files: &[Renamed]) -> Result<()> {
    for Renamed { from, to, text } in files {
        let target = root.join(to);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)?;
        }
        if from != to {
            // Moved and not written anew: it keeps its permissions.
            fs::rename(root.join(from), &target)
                .with_context(|| format!("cannot move {}", from.display()))?;
        }
        fs::write(&target, text).with_context(|| format!("cannot write {}", target.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authors_stand_where_they_are_told() {
        let manifest = signed(
            "Cargo.toml",
            "[workspace.package]\nversion = \"1\"\n".into(),
            "Ada",
        );
        assert_eq!(
            manifest,
            "[workspace.package]\nauthors = [\"Ada\"]\nversion = \"1\"\n"
        );
        let licence = signed(
            "LICENSE-MIT",
            "MIT\n\nCopyright (c) 2026 Others\n".into(),
            "Ada",
        );
        assert_eq!(
            licence,
            "MIT\n\nCopyright (c) Ada\nCopyright (c) 2026 Others\n"
        );
        assert_eq!(signed("README.md", "a".into(), "Ada"), "a");
    }
}
