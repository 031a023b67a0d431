//! A proxy that shows a server below a path, as operators do who have one host for many things.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context, Result, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

/// Bytes of the longest head of a request that a test sends.
const MAX_HEAD: usize = 16 * 1024;

/// Passes on what comes below its path, without the path. It ends with this value.
pub struct Prefix {
    address: SocketAddr,
    path: &'static str,
    task: JoinHandle<()>,
}

impl Prefix {
    /// Shows the server at `server` below `path`, such as `/games/ball`.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start(server: SocketAddr, path: &'static str) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(async move {
            // They end with the proxy.
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                connections.spawn(pass(client, server, path));
            }
        });
        Ok(Self {
            address,
            path,
            task,
        })
    }

    /// The page's address with `rest` after it.
    pub fn page(&self, rest: &str) -> String {
        format!("http://{}{}/{rest}", self.address, self.path)
    }
}

impl Drop for Prefix {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One request, and whatever follows on its connection: what it upgrades to, or its end.
async fn pass(mut client: TcpStream, server: SocketAddr, path: &str) -> Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        ensure!(head.len() < MAX_HEAD, "the request's head is too long");
        head.push(client.read_u8().await?);
    }
    let head = String::from_utf8(head)?;
    let (method, rest) = head.split_once(' ').context("no request")?;
    let Some(rest) = rest.strip_prefix(path).filter(|rest| rest.starts_with('/')) else {
        let nothing = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        return Ok(client.write_all(nothing).await?);
    };
    // A second request on one connection would not be looked at.
    let rest = rest.replace("Connection: keep-alive", "Connection: close");
    let mut server = TcpStream::connect(server).await?;
    server
        .write_all(format!("{method} {rest}").as_bytes())
        .await?;
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}
