//! The server inside a native game: whoever creates a room without a server of theirs hosts one.

use crate::text::Trouble;
use bevy::log::{info, warn};
use std::{
    future::pending,
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket},
    path::PathBuf,
    sync::{Mutex, PoisonError},
    thread,
};

/// The port that a server has unless told otherwise. When it is taken, any free one does.
pub const DEFAULT_PORT: u16 = 3536;

/// The folder of the built web client, from where the game was started. With it, a browser can
/// open the room's link.
const WEB_DIR: &str = "dist";

/// A running server. It ends with the game.
#[derive(Clone, Copy, Debug)]
pub struct Host {
    port: u16,
    /// This machine's address in its network; the loopback one if it is in none.
    ip: IpAddr,
}

/// The server of this game, started by the first who asks for it.
///
/// # Errors
/// As [`Host::start`].
pub fn host() -> Result<Host, Trouble> {
    static HOST: Mutex<Option<Host>> = Mutex::new(None);
    let mut host = HOST.lock().unwrap_or_else(PoisonError::into_inner);
    match *host {
        Some(host) => Ok(host),
        None => Ok(*host.insert(Host::start()?)),
    }
}

impl Host {
    /// Starts a server on a thread of its own.
    ///
    /// # Errors
    /// [`Trouble::Hosting`] when no port is free or the system starts no thread.
    fn start() -> Result<Self, Trouble> {
        let failed = |error: std::io::Error| Trouble::Hosting(error.to_string());
        let any = |port| SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
        let listener = TcpListener::bind(any(DEFAULT_PORT))
            .or_else(|_| TcpListener::bind(any(0)))
            .map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(failed)?;
        thread::Builder::new()
            .name("signaling".to_owned())
            .spawn(move || runtime.block_on(run(listener)))
            .map_err(failed)?;
        let host = Self {
            port,
            ip: local_ip().unwrap_or(Ipv4Addr::LOCALHOST.into()),
        };
        info!("hosting at {}", host.address());
        Ok(host)
    }

    /// Where this machine reaches the server.
    pub fn own_address(&self) -> String {
        format!(
            "http://{}",
            SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
        )
    }

    /// Where others in the network reach the server.
    pub fn address(&self) -> String {
        format!("http://{}", SocketAddr::from((self.ip, self.port)))
    }
}

async fn run(listener: TcpListener) {
    let web_dir = PathBuf::from(WEB_DIR);
    let config = signaling::Config {
        web_dir: web_dir.join("index.html").is_file().then_some(web_dir),
        ..signaling::Config::default()
    };
    let outcome = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => signaling::serve(listener, config, pending())
            .await
            .map_err(|e| e.to_string()),
        Err(error) => Err(error.to_string()),
    };
    if let Err(error) = outcome {
        warn!("the embedded server has ended: {error}");
    }
}

/// This machine's address in its network; none without any interface beside loopback, where
/// native WebRTC finds no candidates.
///
/// Connecting a UDP socket sends nothing: it only asks the system for a route. The addresses are
/// those reserved for documentation (RFC 5737, RFC 3849).
pub fn local_ip() -> Option<IpAddr> {
    [("0.0.0.0:0", "192.0.2.1:9"), ("[::]:0", "[2001:db8::1]:9")]
        .into_iter()
        .find_map(|(any, there)| {
            let socket = UdpSocket::bind(any).ok()?;
            socket.connect(there).ok()?;
            Some(socket.local_addr().ok()?.ip())
        })
        .filter(|ip| !ip.is_loopback() && !ip.is_unspecified())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_links() {
        let host = Host {
            port: 3536,
            ip: Ipv4Addr::new(192, 168, 0, 7).into(),
        };
        assert_eq!(host.address(), "http://192.168.0.7:3536");
        assert_eq!(host.own_address(), "http://127.0.0.1:3536");
    }
}
