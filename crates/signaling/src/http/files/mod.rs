//! The built web client over HTTP: types, encodings, validators, and nothing outside its folder.

mod encoding;
mod media_type;

use crate::{http::headers::Page, limits::FILE_CHUNK_BYTES};
use axum::{
    Extension,
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    response::{Html, IntoResponse, Response},
};
use encoding::Encoding;
use percent_encoding::percent_decode_str;
use std::{
    collections::HashMap,
    hash::Hasher,
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::SystemTime,
};
use tokio::{
    fs::File,
    io::{AsyncReadExt, AsyncSeekExt},
};
use tokio_util::io::ReaderStream;

/// What `/` shows while there is no web client.
const NO_CLIENT: &str = include_str!("no_client.html");

/// A folder of files, or none.
#[derive(Debug)]
pub(crate) struct Files {
    root: Option<PathBuf>,
    /// The hash of each file that was served, with what tells that it has changed since. Bounded
    /// by the folder's content: a path that is no file is not kept.
    hashes: Mutex<HashMap<PathBuf, (Stamp, u64)>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    bytes: u64,
    modified: Option<SystemTime>,
}

/// A file that a request may see.
struct Found {
    file: File,
    stamp: Stamp,
    path: PathBuf,
    encoding: Encoding,
}

impl Files {
    /// Serves `root`, which must be a folder.
    pub(crate) fn new(root: Option<&Path>) -> io::Result<Self> {
        let root = root.map(Path::canonicalize).transpose()?;
        if let Some(root) = &root
            && !root.is_dir()
        {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok(Self {
            root,
            hashes: Mutex::default(),
        })
    }

    /// Answers a request that is neither signaling nor the API.
    pub(crate) async fn respond(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Response {
        if *method != Method::GET && *method != Method::HEAD {
            (
                StatusCode::METHOD_NOT_ALLOWED,
                [(header::ALLOW, "GET, HEAD")],
            )
                .into_response()
        } else {
            match self.find(uri.path(), headers).await {
                Ok(found) => self
                    .send(found, method, headers)
                    .await
                    .unwrap_or_else(unreadable),
                Err(_) if uri.path() == "/" => {
                    (Extension(Page::of(NO_CLIENT)), Html(NO_CLIENT)).into_response()
                }
                Err(error) => unreadable(error),
            }
        }
    }

    /// Opens the file of a path in the best encoding that exists and the client takes.
    async fn find(&self, path: &str, headers: &HeaderMap) -> io::Result<Found> {
        let root = self.root.as_deref().ok_or(io::ErrorKind::NotFound)?;
        let path = root.join(relative_path(path).ok_or(io::ErrorKind::NotFound)?);
        for encoding in encoding::accepted(headers) {
            let mut variant = path.clone().into_os_string();
            variant.push(encoding.suffix());
            if let Ok((file, stamp)) = open(root, Path::new(&variant)).await {
                return Ok(Found {
                    file,
                    stamp,
                    path,
                    encoding,
                });
            }
        }
        Err(io::ErrorKind::NotFound.into())
    }

    async fn send(
        &self,
        found: Found,
        method: &Method,
        headers: &HeaderMap,
    ) -> io::Result<Response> {
        let Found {
            mut file,
            stamp,
            path,
            encoding,
        } = found;
        let hash = self.hash(&mut file, stamp, &path, encoding).await?;
        // Strong: each encoding of each content has its own (RFC 9110, section 8.8.3.3).
        let etag = format!("\"{hash:016x}{}\"", encoding.suffix().replace('.', "-"));
        let unchanged = if_none_match(headers, &etag);
        let mut head = vec![
            (header::ETAG, etag),
            (header::VARY, "accept-encoding".to_owned()),
            (header::CACHE_CONTROL, cache_control(&path).to_owned()),
        ];
        if unchanged {
            return Ok((StatusCode::NOT_MODIFIED, header_map(head)).into_response());
        }
        head.push((header::CONTENT_TYPE, media_type::of(&path).to_owned()));
        head.push((header::CONTENT_LENGTH, stamp.bytes.to_string()));
        if let Some(name) = encoding.name() {
            head.push((header::CONTENT_ENCODING, name.to_owned()));
        }
        let body = match *method == Method::HEAD {
            true => Body::empty(),
            // No more than was announced, should the file grow meanwhile.
            false => Body::from_stream(ReaderStream::with_capacity(
                file.take(stamp.bytes),
                FILE_CHUNK_BYTES,
            )),
        };
        let mut response = (header_map(head), body).into_response();
        if path
            .extension()
            .is_some_and(|extension| extension == "html")
        {
            // Small, and read once for each visit. Without it the page's own scripts do not run.
            let text = tokio::fs::read_to_string(&path).await.unwrap_or_default();
            response.extensions_mut().insert(Page::of(&text));
        }
        Ok(response)
    }

    /// The content's hash: read once, and again only when the file has changed.
    async fn hash(
        &self,
        file: &mut File,
        stamp: Stamp,
        path: &Path,
        encoding: Encoding,
    ) -> io::Result<u64> {
        let mut key = path.to_owned().into_os_string();
        key.push(encoding.suffix());
        let key = PathBuf::from(key);
        let known = self.hashes().get(&key).copied();
        if let Some((seen, hash)) = known
            && seen == stamp
        {
            return Ok(hash);
        }
        let hash = hash_content(file).await?;
        file.rewind().await?;
        self.hashes().insert(key, (stamp, hash));
        Ok(hash)
    }

    fn hashes(&self) -> std::sync::MutexGuard<'_, HashMap<PathBuf, (Stamp, u64)>> {
        self.hashes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request's path as one below the folder; nothing if it could lead outside, or is hidden.
fn relative_path(path: &str) -> Option<PathBuf> {
    let path = percent_decode_str(path.strip_prefix('/')?)
        .decode_utf8()
        .ok()?;
    let (path, file) = match path.rsplit_once('/') {
        Some((folder, "")) => (folder.to_owned(), "index.html"),
        None if path.is_empty() => (String::new(), "index.html"),
        _ => (path.into_owned(), ""),
    };
    // Separators and drive letters of Windows included: a decoded segment is one name, no more.
    let harmless = |segment: &&str| {
        !segment.starts_with('.')
            && !segment.contains(|c: char| c.is_control() || "\\:".contains(c))
    };
    path.split('/')
        .chain([file])
        .filter(|segment| !segment.is_empty())
        .map(|segment| Some(segment).filter(harmless))
        .collect()
}

/// Opens a file that lies in `root`, links followed.
async fn open(root: &Path, path: &Path) -> io::Result<(File, Stamp)> {
    if !tokio::fs::canonicalize(path).await?.starts_with(root) {
        return Err(io::ErrorKind::NotFound.into());
    }
    let file = File::open(path).await?;
    let metadata = file.metadata().await?;
    if !metadata.is_file() {
        return Err(io::ErrorKind::NotFound.into());
    }
    Ok((
        file,
        Stamp {
            bytes: metadata.len(),
            modified: metadata.modified().ok(),
        },
    ))
}

/// FNV-1a over 64 bits (draft-eastlake-fnv): the same on every server, so that their answers
/// validate behind one balancer. The folder is the operator's own; nobody forges collisions.
async fn hash_content(file: &mut File) -> io::Result<u64> {
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    let mut chunk = vec![0; FILE_CHUNK_BYTES];
    loop {
        match file.read(&mut chunk).await? {
            0 => return Ok(hash.finish()),
            bytes => hash.write(&chunk[..bytes]),
        }
    }
}

struct Fnv(u64);

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Files whose name carries a hash of their content never change; all others are asked for again
/// and answered with 304.
fn cache_control(path: &Path) -> &'static str {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    match is_hashed(name) {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    }
}

/// Whether a name is `name-<hash>.ext`, `name-<hash>_bg.ext` or `<hash>-name.ext`, as trunk writes
/// it: up to 16 hexadecimal digits without leading zeroes.
fn is_hashed(name: &str) -> bool {
    let Some((head, tail)) = name.rsplit_once('-') else {
        return false;
    };
    let is_hash = |digits: &str| {
        (12..=64).contains(&digits.len())
            && digits
                .bytes()
                .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_last = tail
        .find(['.', '_'])
        .is_some_and(|end| is_hash(&tail[..end]));
    (is_last || is_hash(head)) && !name.ends_with(".html")
}

/// Whether the client has this very content (RFC 9110, section 13.1.2: weak comparison).
fn if_none_match(headers: &HeaderMap, etag: &str) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

fn header_map(head: Vec<(HeaderName, String)>) -> HeaderMap {
    head.into_iter()
        .filter_map(|(name, value)| Some((name, HeaderValue::try_from(value).ok()?)))
        .collect()
}

fn unreadable(error: io::Error) -> Response {
    if error.kind() == io::ErrorKind::NotFound {
        return (StatusCode::NOT_FOUND, "There is nothing here.\n").into_response();
    }
    tracing::warn!(%error, "cannot read a file of the web client");
    (
        StatusCode::INTERNAL_SERVER_ERROR,
        "The file cannot be read.\n",
    )
        .into_response()
}

#[cfg(test)]
mod tests;
