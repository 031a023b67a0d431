//! The web client: trunk's build into `dist/`, and compressed copies beside its files.

use std::{
    env,
    fs::{self, File},
    hash::{DefaultHasher, Hasher},
    io::Write,
    path::{Path, PathBuf},
    thread,
};

use anyhow::{Context, Result, ensure};
use flate2::{Compression, write::GzEncoder};

use crate::{page, steps::Steps, workspace::Workspace};

/// Brotli's quality, 0 to 11. On a module of 14 MB the best takes half a minute, and makes it a
/// tenth smaller than 9 does.
const BROTLI_QUALITY: u32 = 11;

/// Files that shrink; pictures and fonts are compressed already.
const COMPRESSIBLE: &[&str] = &["css", "html", "js", "json", "svg", "wasm", "webmanifest"];

/// A way to compress, and the suffix by which the server finds the copy.
#[derive(Clone, Copy)]
enum Encoding {
    Brotli,
    Gzip,
}

impl Encoding {
    const ALL: [Self; 2] = [Self::Brotli, Self::Gzip];

    fn suffix(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gz",
        }
    }

    fn write(self, content: &[u8], mut to: impl Write) -> Result<()> {
        match self {
            Self::Brotli => {
                const BUFFER: usize = 64 * 1024;
                const WINDOW_LOG: u32 = 24;
                let mut encoder =
                    brotli::CompressorWriter::new(to, BUFFER, BROTLI_QUALITY, WINDOW_LOG);
                encoder.write_all(content)?;
                encoder.flush()?;
            }
            Self::Gzip => {
                let mut encoder = GzEncoder::new(&mut to, Compression::best());
                encoder.write_all(content)?;
                encoder.finish()?;
            }
        }
        Ok(())
    }
}

/// Builds the web client into `dist/`: the game's, or that of another one of `examples/`.
///
/// # Errors
/// When a tool fails, or a file cannot be read or written, or there is no such example.
pub fn run(workspace: &Workspace, steps: &mut Steps, example: Option<&str>) -> Result<()> {
    let page = Page::of(workspace.root(), example)?;
    // Trunk runs offline and asks cargo for the packages of every platform.
    steps.run(
        "fetch the dependencies",
        workspace.cargo().args(["fetch", "--locked"]),
    )?;
    steps.run(
        "build the web client",
        // Trunk takes NO_COLOR for a boolean and refuses the customary `1`.
        workspace
            .command("trunk")
            .args(["build", "--offline=true"])
            .arg(&page.path)
            .env_remove("NO_COLOR"),
    )?;
    let dist = workspace.dist();
    let public_url = env::var(page::PUBLIC_URL).ok();
    steps.take("finish the page", || {
        page::finish(workspace, &dist, public_url.as_deref())
    })?;
    let cache = workspace.target().join("precompressed");
    steps.take("compress the web client", || compress(&dist, &cache))
}

/// What trunk builds: `index.html`, or for an example a page beside it that is gone afterwards.
struct Page {
    path: PathBuf,
    is_made: bool,
}

impl Page {
    fn of(root: &Path, example: Option<&str>) -> Result<Self> {
        let index = root.join("index.html");
        let Some(name) = example else {
            return Ok(Self {
                path: index,
                is_made: false,
            });
        };
        let manifest = format!("examples/{name}/Cargo.toml");
        ensure!(root.join(&manifest).is_file(), "there is no {manifest}");
        let page = for_example(&fs::read_to_string(&index)?, name, &manifest)?;
        let path = root.join(format!("index.{name}.html"));
        fs::write(&path, page).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self {
            path,
            is_made: true,
        })
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        if self.is_made {
            // Left behind, it would do no harm.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// The page with the program of an example in it.
fn for_example(page: &str, name: &str, manifest: &str) -> Result<String> {
    const OURS: &str = concat!(
        "href=\"crates/game/Cargo.toml\" data-bin=\"",
        crate::name!(),
        "\""
    );
    ensure!(page.contains(OURS), "the page has no {OURS}");
    let theirs = format!("href=\"{manifest}\" data-bin=\"{name}\"");
    Ok(page
        .replace(OURS, &theirs)
        .replace(concat!(">", crate::title!(), "<"), &format!(">{name}<")))
}

/// Puts a compressed copy beside each file of `folder`. Trunk empties `dist/` at each build, so
/// copies are kept in `cache` by what their originals contain.
fn compress(folder: &Path, cache: &Path) -> Result<()> {
    fs::create_dir_all(cache)?;
    let mut originals = Vec::new();
    collect(folder, &mut originals)?;
    thread::scope(|scope| {
        let workers = Encoding::ALL.map(|encoding| {
            let originals = &originals;
            scope.spawn(move || -> Result<()> {
                for original in originals {
                    compress_file(original, encoding, cache)
                        .with_context(|| format!("cannot compress {}", original.display()))?;
                }
                Ok(())
            })
        });
        for worker in workers {
            worker
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        }
        Ok(())
    })
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        if path.is_dir() {
            collect(&path, found)?;
        } else if extension.is_some_and(|extension| COMPRESSIBLE.contains(&extension)) {
            found.push(path);
        }
    }
    Ok(())
}

fn compress_file(original: &Path, encoding: Encoding, cache: &Path) -> Result<()> {
    let content = fs::read(original)?;
    let mut hasher = DefaultHasher::new();
    hasher.write(&content);
    let cached = cache.join(format!(
        "{:016x}-{}-q{BROTLI_QUALITY}.{}",
        hasher.finish(),
        content.len(),
        encoding.suffix()
    ));
    if !cached.exists() {
        // Written under another name first: a run that was cut short leaves no half of a copy.
        let partial = cached.with_extension(format!("{}.partial", encoding.suffix()));
        encoding.write(&content, File::create(&partial)?)?;
        fs::rename(&partial, &cached)?;
    }
    let mut copy = original.as_os_str().to_owned();
    copy.push(".");
    copy.push(encoding.suffix());
    fs::copy(&cached, copy)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn the_page_of_an_example_loads_its_program() {
        let index = include_str!("../../index.html");
        let page = for_example(index, "tag", "examples/tag/Cargo.toml").unwrap();
        assert!(page.contains("href=\"examples/tag/Cargo.toml\" data-bin=\"tag\""));
        assert!(page.contains("<title>tag</title>") && !page.contains("crates/game"));
        assert!(for_example("<html>", "tag", "examples/tag/Cargo.toml").is_err());
    }

    #[test]
    fn copies_decompress_to_their_originals() {
        let folder = std::env::temp_dir().join(format!("peerball-compress-{}", std::process::id()));
        let dist = folder.join("dist");
        fs::create_dir_all(dist.join("assets")).unwrap();
        let content = "peer to peer ".repeat(1000);
        fs::write(dist.join("index.html"), &content).unwrap();
        fs::write(dist.join("assets/loader.js"), &content).unwrap();
        fs::write(dist.join("assets/picture.png"), &content).unwrap();

        // The second time from the cache.
        for _ in 0..2 {
            compress(&dist, &folder.join("cache")).unwrap();
        }

        for name in ["index.html", "assets/loader.js"] {
            let mut text = String::new();
            let file = File::open(dist.join(format!("{name}.br"))).unwrap();
            brotli::Decompressor::new(file, 4096)
                .read_to_string(&mut text)
                .unwrap();
            assert_eq!(text, content, "{name}.br");
            text.clear();
            let file = File::open(dist.join(format!("{name}.gz"))).unwrap();
            flate2::read::GzDecoder::new(file)
                .read_to_string(&mut text)
                .unwrap();
            assert_eq!(text, content, "{name}.gz");
        }
        assert!(!dist.join("assets/picture.png.br").exists());
        fs::remove_dir_all(folder).unwrap();
    }
}
