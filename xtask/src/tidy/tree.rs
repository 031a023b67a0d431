//! The text files of a checkout.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};

/// Folders of the checkout that hold sources and documents.
pub const FOLDERS: &[&str] = &[
    ".cargo", ".ci", ".github", "assets", "crates", "deploy", "docs", "examples", "xtask",
];

/// What tools leave in them.
const NOT_OURS: &[&str] = &["target", "dist", "node_modules"];

/// One file, with `/` in its path on every system.
pub struct File {
    /// From the top of the checkout.
    pub path: String,
    /// Its text; none when it is no UTF-8, such as a picture.
    pub text: Option<String>,
}

/// The files of [`FOLDERS`] and those at the top.
pub struct Tree {
    /// The top of the checkout.
    pub root: PathBuf,
    /// In the order of their paths.
    pub files: Vec<File>,
}

impl Tree {
    /// Reads the checkout at `root`.
    ///
    /// # Errors
    /// When there are no files, or one cannot be read.
    pub fn read(root: &Path) -> Result<Self> {
        let mut paths = Vec::new();
        for entry in fs::read_dir(root).with_context(|| format!("no {}", root.display()))? {
            let path = entry?.path();
            if path.is_file() {
                paths.push(path);
            }
        }
        for folder in FOLDERS.iter().map(|folder| root.join(folder)) {
            if folder.is_dir() {
                collect(&folder, &mut paths)?;
            }
        }
        paths.sort();
        ensure!(!paths.is_empty(), "{} is empty", root.display());
        let mut files = Vec::new();
        for path in paths {
            let bytes =
                fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let parts: Vec<_> = path
                .strip_prefix(root)?
                .iter()
                .map(|part| part.to_string_lossy())
                .collect();
            files.push(File {
                path: parts.join("/"),
                text: String::from_utf8(bytes).ok(),
            });
        }
        Ok(Self {
            root: root.to_owned(),
            files,
        })
    }

    /// The text files whose names end with one of `endings`, with their paths.
    pub fn texts<'a>(
        &'a self,
        endings: &'a [&str],
    ) -> impl Iterator<Item = (&'a str, &'a str)> + 'a {
        self.files.iter().filter_map(move |file| {
            let fits = endings.iter().any(|ending| file.path.ends_with(ending));
            Some((file.path.as_str(), file.text.as_deref()?)).filter(|_| fits)
        })
    }

    /// The text of the file at `path`.
    pub fn text(&self, path: &str) -> Option<&str> {
        let file = self.files.iter().find(|file| file.path == path)?;
        file.text.as_deref()
    }
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if !entry.file_type()?.is_dir() {
            found.push(path);
        } else if !NOT_OURS.iter().any(|name| path.ends_with(name)) {
            collect(&path, found)?;
        }
    }
    Ok(())
}
