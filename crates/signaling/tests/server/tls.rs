//! TLS: certificates that change while players play, and clients that never shake hands.

use crate::{
    http::get,
    operator::{metric, metric_becomes},
    support::Server,
};
use futures::{SinkExt, StreamExt};
use signaling::{Config, ServeError, TlsFiles, limits::MAX_HANDSHAKES, serve};
use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    pin::pin,
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName},
    },
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, protocol::frame::coding::CloseCode},
};

/// Far longer than anything here takes.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A self-signed certificate and where a server finds it.
pub struct Certificate {
    pub der: CertificateDer<'static>,
    pem: String,
    key: String,
}

impl Certificate {
    pub fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        Self {
            der: made.cert.der().clone(),
            pem: made.cert.pem(),
            key: made.signing_key.serialize_pem(),
        }
    }
}

/// A folder of this test's own, gone with it.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let name = format!("peerball-tls-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn files(&self) -> TlsFiles {
        TlsFiles {
            check_interval: Duration::from_millis(20),
            ..TlsFiles::new(self.0.join("cert.pem"), self.0.join("key.pem"))
        }
    }

    /// Puts a certificate in the place of the last one, each file at once.
    pub fn put(&self, certificate: &Certificate) {
        self.write("key.pem", &certificate.key);
        self.write("cert.pem", &certificate.pem);
    }

    fn write(&self, name: &str, content: &str) {
        let fresh = self.0.join("fresh");
        fs::write(&fresh, content).unwrap();
        fs::rename(fresh, self.0.join(name)).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

async fn serve_tls(files: TlsFiles) -> Server {
    let server = Server::start_watched(Config {
        tls: Some(files),
        ..Config::default()
    })
    .await;
    // Once it answers it has read its certificate, and the test may change the files.
    assert_eq!(get(server.operators, "/readyz").await.status, 200);
    server
}

/// A client that trusts these certificates only.
async fn connect(
    server: SocketAddr,
    trusted: &[&Certificate],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    for certificate in trusted {
        roots.add(certificate.der.clone()).unwrap();
    }
    let provider = Arc::new(ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let stream = TcpStream::connect(server).await?;
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
}

/// A WebSocket, and the id that it was given.
async fn join(
    server: &Server,
    trusted: &Certificate,
) -> (WebSocketStream<TlsStream<TcpStream>>, String) {
    let stream = connect(server.address, &[trusted]).await.unwrap();
    let (mut socket, _) = client_async("wss://localhost/room", stream).await.unwrap();
    let greeting: serde_json::Value = serde_json::from_str(&text(&mut socket).await).unwrap();
    let id = greeting["IdAssigned"].as_str().unwrap().to_owned();
    (socket, id)
}

async fn text(socket: &mut WebSocketStream<TlsStream<TcpStream>>) -> String {
    loop {
        match timeout(PATIENCE, socket.next()).await.unwrap() {
            Some(Ok(Message::Text(text))) => return text.as_str().to_owned(),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            other => panic!("expected a text, got {other:?}"),
        }
    }
}

/// A signal to oneself comes back.
async fn assert_alive(socket: &mut WebSocketStream<TlsStream<TcpStream>>, id: &str) {
    let offer = serde_json::json!({"Signal": {"receiver": id, "data": {"IceCandidate": "null"}}});
    socket.send(Message::text(offer.to_string())).await.unwrap();
    assert!(text(socket).await.contains("IceCandidate"));
}

/// The certificate that a new connection sees.
async fn seen(server: &Server, trusted: &[&Certificate]) -> CertificateDer<'static> {
    seen_at(server.address, trusted).await
}

pub async fn seen_at(server: SocketAddr, trusted: &[&Certificate]) -> CertificateDer<'static> {
    let stream = connect(server, trusted).await.unwrap();
    let (_, connection) = stream.get_ref();
    assert_eq!(connection.alpn_protocol(), Some(&b"http/1.1"[..]));
    connection.peer_certificates().unwrap()[0].clone()
}

const RELOADS: &str = "peerball_tls_certificate_reloads_total";

#[tokio::test]
async fn a_new_certificate_is_seen_and_old_connections_live() {
    let (first, second) = (Certificate::new(), Certificate::new());
    let folder = Folder::new("renewed");
    folder.put(&first);
    let server = serve_tls(folder.files()).await;
    let (mut socket, id) = join(&server, &first).await;
    assert_eq!(seen(&server, &[&first]).await, first.der);

    folder.put(&second);
    let both = [&first, &second];
    let renewed = async {
        while seen(&server, &both).await != second.der {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, renewed).await.unwrap();
    let done = format!("{RELOADS}{{result=\"done\"}}");
    assert_eq!(metric(server.operators, &done).await, 1.0);
    assert_alive(&mut socket, &id).await;
    let (mut newcomer, newcomer_id) = join(&server, &second).await;
    assert!(text(&mut socket).await.contains(&newcomer_id));
    assert_alive(&mut newcomer, &newcomer_id).await;
    // Whoever knows only the old certificate stays out.
    assert!(connect(server.address, &[&first]).await.is_err());
    metric_becomes(
        server.operators,
        "peerball_tls_handshakes_total{result=\"failed\"}",
        1.0,
    )
    .await;

    // The server's goodbye comes over TLS, too.
    let goodbye = async {
        loop {
            match timeout(PATIENCE, socket.next()).await.unwrap() {
                Some(Ok(Message::Close(frame))) => break frame.unwrap().code,
                Some(Ok(_)) => {}
                other => panic!("expected a close frame, got {other:?}"),
            }
        }
    };
    drop(newcomer);
    let (_, code) = tokio::join!(server.stop(), goodbye);
    assert_eq!(code, CloseCode::Away);
}

#[tokio::test]
async fn a_broken_certificate_is_told_and_the_old_one_goes_on() {
    let (first, other) = (Certificate::new(), Certificate::new());
    let folder = Folder::new("broken");
    folder.put(&first);
    let server = serve_tls(folder.files()).await;
    let failed = format!("{RELOADS}{{result=\"failed\"}}");
    for (number, (name, content)) in [
        ("cert.pem", "no certificate"),
        ("cert.pem", other.pem.as_str()),
        ("key.pem", ""),
    ]
    .into_iter()
    .enumerate()
    {
        folder.write(name, content);
        metric_becomes(server.operators, &failed, (number + 1) as f64).await;
        assert_eq!(seen(&server, &[&first]).await, first.der, "{name}");
    }
    // Whole again.
    folder.put(&other);
    let done = format!("{RELOADS}{{result=\"done\"}}");
    metric_becomes(server.operators, &done, 1.0).await;
    assert_eq!(seen(&server, &[&other]).await, other.der);
}

#[tokio::test]
async fn a_handshake_ends_one_way_or_another() {
    let certificate = Certificate::new();
    let folder = Folder::new("silent");
    folder.put(&certificate);
    let server = Server::start_watched(Config {
        tls: Some(folder.files()),
        request_deadline: Duration::from_millis(300),
        ..Config::default()
    })
    .await;
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    let mut plain = TcpStream::connect(server.address).await.unwrap();
    plain
        .write_all(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        .await
        .unwrap();
    for stream in [&mut silent, &mut plain] {
        let mut rest = Vec::new();
        // Closed or reset, and no page in the clear.
        let _ = timeout(PATIENCE, stream.read_to_end(&mut rest))
            .await
            .unwrap();
        assert!(!rest.starts_with(b"HTTP"));
    }
    for result in ["timed-out", "failed"] {
        let series = format!("peerball_tls_handshakes_total{{result=\"{result}\"}}");
        metric_becomes(server.operators, &series, 1.0).await;
    }
    assert_eq!(get(server.operators, "/readyz").await.status, 200);
    assert_eq!(seen(&server, &[&certificate]).await, certificate.der);
}

#[tokio::test]
async fn so_many_handshakes_at_one_time_and_the_next_one_waits() {
    let certificate = Certificate::new();
    let folder = Folder::new("crowded");
    folder.put(&certificate);
    let server = serve_tls(folder.files()).await;
    let waiting = "peerball_limits_hit_total{limit=\"tls-handshakes\"}";
    let done = "peerball_tls_handshakes_total{result=\"done\"}";
    let mut silent = Vec::new();
    for _ in 0..=MAX_HANDSHAKES {
        silent.push(TcpStream::connect(server.address).await.unwrap());
    }
    // All places are taken when the first of the silent ones waits.
    metric_becomes(server.operators, waiting, 1.0).await;
    let trusted = [&certificate];
    let mut honest = pin!(seen(&server, &trusted));
    tokio::select! {
        _ = &mut honest => panic!("there was no place for it"),
        () = metric_becomes(server.operators, waiting, 2.0) => {}
    }
    assert_eq!(metric(server.operators, done).await, 0.0);
    drop(silent);
    assert_eq!(timeout(PATIENCE, honest).await.unwrap(), certificate.der);
    let failed = "peerball_tls_handshakes_total{result=\"failed\"}";
    metric_becomes(server.operators, failed, MAX_HANDSHAKES as f64 + 1.0).await;
}

#[tokio::test]
async fn files_that_cannot_work_are_said_before_the_start() {
    let (one, other) = (Certificate::new(), Certificate::new());
    let folder = Folder::new("wrong");
    folder.put(&one);
    let key_of_another = folder.0.join("other.pem");
    fs::write(&key_of_another, &other.key).unwrap();
    let files = folder.files();
    let with = |certificate: &Path, key: &Path| TlsFiles::new(certificate, key);
    for (files, sentence) in [
        (
            with(Path::new("no such file"), &files.key),
            "no such file cannot be read",
        ),
        (
            with(&files.key, &files.key),
            "key.pem holds no certificate in PEM",
        ),
        (
            with(&files.certificate, &files.certificate),
            "holds no private key in PEM",
        ),
        (
            with(&files.certificate, &key_of_another),
            "cannot be used with its key",
        ),
    ] {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let config = Config {
            tls: Some(files),
            ..Config::default()
        };
        let result = serve(listener, config, std::future::pending()).await;
        let error = result.unwrap_err();
        assert!(matches!(error, ServeError::Tls(_)));
        assert!(error.to_string().contains(sentence), "{error}");
    }
}
