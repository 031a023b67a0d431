//! The web client as browsers ask for it.

use crate::{
    http::{get, request},
    support::Server,
};
use signaling::Config;
use std::{fs, path::PathBuf};

const SCRIPT: &str = "/game-0123456789abcdef.js";

/// A built client in a fresh folder of this test's own.
fn web_dir(test: &str) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = fs::remove_dir_all(&root);
    let dist = root.join("dist");
    fs::create_dir_all(dist.join("assets")).unwrap();
    fs::write(root.join("secret"), "secret").unwrap();
    for (name, content) in [
        ("index.html", "<p>game"),
        ("game-0123456789abcdef.js", "plain script"),
        ("game-0123456789abcdef.js.br", "brotli"),
        ("game-0123456789abcdef.js.gz", "gzip"),
        ("game-0123456789abcdef_bg.wasm", "\0asm"),
        ("assets/a b.svg", "<svg/>"),
        (".hidden", "secret"),
    ] {
        fs::write(dist.join(name), content).unwrap();
    }
    dist
}

async fn start(test: &str) -> Server {
    Server::start(Config {
        web_dir: Some(web_dir(test)),
        ..Config::default()
    })
    .await
}

#[tokio::test]
async fn types_and_caching_fit_each_file() {
    let server = start("types").await;
    let forever = "public, max-age=31536000, immutable";
    for (path, media_type, caching) in [
        ("/", "text/html; charset=utf-8", "no-cache"),
        ("/index.html?x=y", "text/html; charset=utf-8", "no-cache"),
        (SCRIPT, "text/javascript; charset=utf-8", forever),
        (
            "/game-0123456789abcdef_bg.wasm",
            "application/wasm",
            forever,
        ),
        ("/assets/a%20b.svg", "image/svg+xml", "no-cache"),
    ] {
        let response = get(server.address, path).await;
        assert_eq!(response.status, 200, "{path}");
        assert_eq!(response.header("content-type"), media_type);
        assert_eq!(response.header("cache-control"), caching);
        assert_eq!(response.header("x-content-type-options"), "nosniff");
        assert_eq!(
            response.header("content-length"),
            response.body.len().to_string()
        );
    }
    assert_eq!(get(server.address, "/").await.body, b"<p>game");
    assert_eq!(get(server.address, "/healthz").await.body, b"ok\n");
}

#[tokio::test]
async fn the_best_encoding_that_exists_is_sent() {
    let server = start("encodings").await;
    for (accepted, encoding, body) in [
        ("gzip, deflate, br", "br", "brotli"),
        ("gzip", "gzip", "gzip"),
        ("br;q=0.1, gzip", "gzip", "gzip"),
        ("br;q=0, gzip;q=0", "", "plain script"),
        ("zstd", "", "plain script"),
    ] {
        let header = format!("Accept-Encoding: {accepted}");
        let response = request(server.address, "GET", SCRIPT, &[&header]).await;
        assert_eq!(response.header("content-encoding"), encoding, "{accepted}");
        assert_eq!(response.body, body.as_bytes());
        assert_eq!(response.header("vary"), "accept-encoding");
        assert_eq!(
            response.header("content-type"),
            "text/javascript; charset=utf-8"
        );
    }
    let response = request(server.address, "GET", "/", &["Accept-Encoding: br"]).await;
    assert_eq!(
        (
            response.header("content-encoding"),
            response.body.as_slice()
        ),
        ("", &b"<p>game"[..])
    );
}

#[tokio::test]
async fn validators_save_the_body_until_the_content_changes() {
    let server = start("validators").await;
    let plain = get(server.address, "/").await;
    let etag = plain.header("etag").to_owned();
    assert!(
        etag.starts_with('"') && etag.ends_with('"'),
        "{etag} is strong"
    );
    let condition = format!("If-None-Match: {etag}");
    let response = request(server.address, "GET", "/", &[&condition]).await;
    assert_eq!((response.status, response.body.len()), (304, 0));
    assert_eq!(response.header("etag"), etag);
    assert_eq!(response.header("cache-control"), "no-cache");

    let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("validators/dist");
    fs::write(root.join("index.html"), "<p>another game").unwrap();
    let response = request(server.address, "GET", "/", &[&condition]).await;
    assert_eq!(
        (response.status, response.body.as_slice()),
        (200, &b"<p>another game"[..])
    );

    let brotli = request(server.address, "GET", SCRIPT, &["Accept-Encoding: br"]).await;
    let gzip = request(server.address, "GET", SCRIPT, &["Accept-Encoding: gzip"]).await;
    assert_ne!(brotli.header("etag"), gzip.header("etag"));
}

#[tokio::test]
async fn head_says_the_same_without_the_body() {
    let server = start("head").await;
    let get = get(server.address, SCRIPT).await;
    let head = request(server.address, "HEAD", SCRIPT, &[]).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    for name in [
        "content-length",
        "content-type",
        "etag",
        "vary",
        "cache-control",
    ] {
        assert_eq!(head.header(name), get.header(name), "{name}");
    }
    let post = request(server.address, "POST", "/", &[]).await;
    assert_eq!((post.status, post.header("allow")), (405, "GET, HEAD"));
}

#[tokio::test]
async fn nothing_outside_the_folder_is_served() {
    let server = start("traversal").await;
    #[cfg(unix)]
    {
        let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("traversal/dist");
        std::os::unix::fs::symlink("../secret", root.join("link")).unwrap();
    }
    for path in [
        "/../secret",
        "/assets/../../secret",
        "/%2e%2e/secret",
        "/..%2fsecret",
        "/%2e%2e%2fsecret",
        "/..%5csecret",
        "/assets%2f..%2f..%2fsecret",
        "/.hidden",
        "/%2ehidden",
        "/link",
        "/assets",
        "/assets/",
        "/nothing",
        "/%00",
        "/%ff",
        "//",
    ] {
        let response = get(server.address, path).await;
        let text = String::from_utf8_lossy(&response.body).into_owned();
        let index = path == "//" && text == "<p>game";
        assert!(
            response.status == 404 || index,
            "{path}: {} {text}",
            response.status
        );
        assert!(!text.contains("secret"));
    }
}

#[tokio::test]
async fn without_a_client_the_page_says_how_to_build_it() {
    let server = Server::start(Config::default()).await;
    let response = get(server.address, "/").await;
    assert_eq!(response.status, 200);
    assert!(
        String::from_utf8(response.body)
            .unwrap()
            .contains("cargo xtask play")
    );
    assert_eq!(get(server.address, "/game.js").await.status, 404);
}
