//! Servers: ours in this process, with its complaints collected, and the stock one beside it.

use std::{
    io::Write,
    net::{Ipv4Addr, SocketAddr, TcpListener as StdListener},
    path::Path,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use protocol::api::Room;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    process::Command,
    sync::oneshot,
    task::JoinHandle,
    time::timeout,
};
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use crate::{
    place::{output, web_client},
    play::until,
    process::{Drained, Process},
};

/// How long a server may take to answer or to stop.
const PATIENCE: Duration = Duration::from_secs(20);

/// Our signaling server, on a free port of this machine.
///
/// The log is the process's, so one runs at a time; the tests run one by one anyway.
pub struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), signaling::ServeError>>,
}

impl Server {
    /// Serves signaling and the built web client.
    ///
    /// # Errors
    /// When the web client was not built, or no port is free.
    pub async fn with_web_client() -> Result<Self> {
        Self::with_pages(&web_client()?).await
    }

    /// Serves signaling and the web client in `folder`.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn with_pages(folder: &Path) -> Result<Self> {
        Self::start(signaling::Config {
            web_dir: Some(folder.to_owned()),
            ..Default::default()
        })
        .await
    }

    /// Serves signaling alone.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn without_pages() -> Result<Self> {
        Self::start(signaling::Config::default()).await
    }

    async fn start(config: signaling::Config) -> Result<Self> {
        Complaints::collect();
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).await?;
        let address = (Ipv4Addr::LOCALHOST, listener.local_addr()?.port()).into();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            let stopped = async {
                // A sender that is gone means the same.
                let _ = stopped.await;
            };
            signaling::serve(listener, config, stopped).await
        });
        Ok(Self {
            address,
            stop,
            task,
        })
    }

    /// The page's address: `http://127.0.0.1:PORT/` with `rest` after it. Its browser is new to the
    /// game, and yet is not taught it first.
    pub fn page(&self, rest: &str) -> String {
        let rest = match rest.chars().next() {
            Some('?') => format!("?tutorial=0&{}", &rest[1..]),
            Some('#') | None => format!("?tutorial=0{rest}"),
            // Not the game but a file beside it.
            Some(_) => rest.to_owned(),
        };
        self.page_of_newcomer(&rest)
    }

    /// The page's address with `rest` after it, as a newcomer opens it.
    pub fn page_of_newcomer(&self, rest: &str) -> String {
        format!("http://{}/{rest}", self.address)
    }

    /// Where it listens on this machine.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The signaling address: `ws://127.0.0.1:PORT`.
    pub fn signaling(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// Makes a room as any HTTP client would, and gives its code.
    ///
    /// # Errors
    /// When the server does not answer with a room.
    pub async fn create_room(&self) -> Result<String> {
        create_room(TcpStream::connect(self.address).await?).await
    }

    /// Stops the server and makes sure that it had nothing to complain about.
    ///
    /// # Errors
    /// When it does not stop, failed, or logged a warning or an error.
    pub async fn stop(self) -> Result<()> {
        // It may have failed already; its result tells.
        let _ = self.stop.send(());
        timeout(PATIENCE, self.task)
            .await
            .context("the server does not stop")???;
        let complaints = Complaints::collect().take();
        ensure!(complaints.is_empty(), "the server's log:\n{complaints}");
        Ok(())
    }
}

/// Makes a room at the server to which `stream` leads, and gives its code.
///
/// # Errors
/// When the server does not answer with a room.
pub async fn create_room(mut stream: TcpStream) -> Result<String> {
    let request = format!(
        "POST /api/v1/rooms HTTP/1.1\r\nHost: {}\r\nContent-Length: 0\r\n\
         Connection: close\r\n\r\n",
        stream.peer_addr()?
    );
    let exchange = async {
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        anyhow::Ok(answer)
    };
    let answer = timeout(PATIENCE, exchange)
        .await
        .context("the server does not answer")??;
    ensure!(
        answer.starts_with("HTTP/1.1 201"),
        "no room was made: {answer}"
    );
    let body = answer
        .split("\r\n\r\n")
        .nth(1)
        .context("the answer has no body")?;
    let room: Room = serde_json::from_str(body)?;
    Ok(room.code)
}

/// What the server logs as a warning or an error.
#[derive(Clone, Default)]
struct Complaints(Arc<Mutex<Vec<u8>>>);

impl Complaints {
    /// The collection, which starts with the first call.
    fn collect() -> &'static Self {
        static COMPLAINTS: OnceLock<Complaints> = OnceLock::new();
        COMPLAINTS.get_or_init(|| {
            let complaints = Self::default();
            // Fails only where a test brought its own subscriber, which then shows the log.
            let _ = tracing_subscriber::fmt()
                .with_env_filter(EnvFilter::new("off,signaling=warn"))
                .with_ansi(false)
                .with_writer(complaints.clone())
                .try_init();
            complaints
        })
    }

    /// The text so far; the next begins anew.
    fn take(&self) -> String {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl<'a> MakeWriter<'a> for Complaints {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Write for Complaints {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut text = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Stock `matchbox_server`, on a free port of this machine.
pub struct StockServer {
    address: SocketAddr,
    _process: Drained,
}

impl StockServer {
    /// Starts it; nothing when it is not installed.
    ///
    /// # Errors
    /// When it is installed but does not come up.
    pub async fn start() -> Result<Option<Self>> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        if !std::env::split_paths(&path).any(|folder| folder.join("matchbox_server").is_file()) {
            return Ok(None);
        }
        // It takes no port 0; another program could take the free one first, and then it ends.
        let address = StdListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let folder = output()?;
        let mut command = Command::new("matchbox_server");
        command.env("HOST", address.to_string());
        let process = Process::start(&mut command, &folder.join("matchbox_server.err.log"))?;
        let process = process.drain(&folder.join("matchbox_server.log")).await?;
        until("matchbox_server to listen", PATIENCE, async || {
            Ok(TcpStream::connect(address).await.ok().map(drop))
        })
        .await?;
        Ok(Some(Self {
            address,
            _process: process,
        }))
    }

    /// The signaling address: `ws://127.0.0.1:PORT`.
    pub fn signaling(&self) -> String {
        format!("ws://{}", self.address)
    }
}

/// A signaling address where nobody listens.
///
/// # Errors
/// When no port is free.
pub fn deserted() -> Result<String> {
    Ok(format!(
        "ws://{}",
        StdListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?
    ))
}
