//! What the web client gets after trunk has built it: the service worker with the list of all
//! files, and the page's public address where one is known.

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use data_encoding::{BASE64, HEXLOWER};
use sha2::{Digest, Sha256};

use crate::workspace::Workspace;

/// Where players open the game, such as `https://example.org/game/`. Previews of links need a
/// whole address; without one the picture's stays relative, which some of them follow.
pub const PUBLIC_URL: &str = crate::variable!("PUBLIC_URL");

/// The worker's name beside the page: browsers let it serve what is in its folder and below.
const WORKER: &str = "service-worker.js";

/// What is not kept for offline play: copies for the server, the worker itself, and the picture
/// that only previews of links show.
const NOT_KEPT: &[&str] = &[".br", ".gz", WORKER, "cover.jpg"];

/// Finishes the page in `folder`; one that was finished is finished anew after its files changed.
///
/// # Errors
/// When a file cannot be read or written, or the page is not ours.
pub fn finish(workspace: &Workspace, folder: &Path, public_url: Option<&str>) -> Result<()> {
    let index = folder.join("index.html");
    let page = fs::read_to_string(&index).with_context(|| format!("no {}", index.display()))?;
    fs::write(&index, finished(&page, public_url)?)?;
    let worker = fs::read_to_string(workspace.root().join("assets").join(WORKER))?;
    fs::write(
        folder.join(WORKER),
        format!("{}\n{worker}", constants(folder)?),
    )?;
    Ok(())
}

/// The page that registers the worker, with whole addresses for previews of links.
fn finished(page: &str, public_url: Option<&str>) -> Result<String> {
    const PLAIN: &str = "<html lang=\"en\">";
    const OFFLINE: &str = "<html lang=\"en\" data-offline>";
    const PICTURE: &str = "<meta property=\"og:image\" content=\"cover.jpg\">";

    let mut page = page.replacen(PLAIN, OFFLINE, 1);
    ensure!(page.contains(OFFLINE), "the page has no {PLAIN}");
    if let Some(url) = public_url {
        let url = url.trim_end_matches('/');
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/[]%".contains(c);
        ensure!(
            url.starts_with("http") && url.chars().all(plain),
            "{PUBLIC_URL} is no address of a page: {url}"
        );
        let whole = format!(
            "<meta property=\"og:url\" content=\"{url}/\">\n    \
             <meta property=\"og:image\" content=\"{url}/cover.jpg\">"
        );
        ensure!(page.contains(PICTURE), "the page has no {PICTURE}");
        page = page.replacen(PICTURE, &whole, 1);
    }
    Ok(page)
}

/// The constants before the worker's text: the files with their integrity, and the version.
fn constants(folder: &Path) -> Result<String> {
    let mut paths = Vec::new();
    collect(folder, Path::new(""), &mut paths)?;
    paths.sort();
    let mut files = String::new();
    for path in paths {
        let content = fs::read(folder.join(&path))?;
        let integrity = BASE64.encode(&Sha256::digest(&content));
        // As an address, on Windows too.
        let address: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
        let address = match address.join("/") {
            page if page == "index.html" => "./".to_owned(),
            other => other,
        };
        writeln!(files, "  {address:?}: 'sha256-{integrity}',")?;
    }
    let version = HEXLOWER.encode(&Sha256::digest(&files)[..8]);
    Ok(format!(
        "const FILES = {{\n{files}}};\nconst VERSION = '{version}';"
    ))
}

/// The files below `folder` that are kept, by their paths from there.
fn collect(folder: &Path, below: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder.join(below))? {
        let entry = entry?;
        let path = below.join(entry.file_name());
        let name = path.to_string_lossy();
        if entry.file_type()?.is_dir() {
            collect(folder, &path, found)?;
        } else if !NOT_KEPT.iter().any(|ending| name.ends_with(ending)) {
            found.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<html lang=\"en\">\n<meta property=\"og:image\" content=\"cover.jpg\">";

    #[test]
    fn previews_get_whole_addresses() {
        let page = finished(PAGE, Some("https://example.org/ball/")).unwrap();
        assert!(page.contains("og:url\" content=\"https://example.org/ball/\""));
        assert!(page.contains("content=\"https://example.org/ball/cover.jpg\""));
        assert!(finished(PAGE, Some("https://example.org/\">")).is_err());
        assert!(finished(PAGE, Some("example.org")).is_err());
    }

    #[test]
    fn finishing_twice_changes_nothing() {
        let once = finished(PAGE, None).unwrap();
        assert!(once.contains("data-offline"));
        assert_eq!(finished(&once, None).unwrap(), once);
        assert!(finished("<html>", None).is_err());
    }

    #[test]
    fn every_file_is_kept_with_its_hash_and_the_version_follows_them() {
        let folder = std::env::temp_dir().join(format!("peerball-page-{}", std::process::id()));
        fs::create_dir_all(folder.join("icons")).unwrap();
        for name in ["index.html", "icons/a.png", "a.js", "a.js.br", WORKER] {
            fs::write(folder.join(name), "abc").unwrap();
        }
        let first = constants(&folder).unwrap();
        // printf abc | openssl dgst -sha256 -binary | base64
        let integrity = "'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='";
        for address in ["./", "icons/a.png", "a.js"] {
            let line = format!("  \"{address}\": {integrity},\n");
            assert!(first.contains(&line), "{address}: {first}");
        }
        assert_eq!(first.matches("sha256-").count(), 3, "{first}");
        fs::write(folder.join("a.js"), "abcd").unwrap();
        let version = |text: &str| text.lines().last().map(str::to_owned);
        assert_ne!(version(&constants(&folder).unwrap()), version(&first));
        fs::remove_dir_all(folder).unwrap();
    }
}
