//! One TCP connection: counted, never stuck on a reader, and closed so that its last words arrive.

use crate::{
    admission::crowd::Present,
    limits::{LINGER_BYTES, LINGER_DEADLINE},
    operations::metrics::{Held, Limit},
};
use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::TcpStream,
    runtime::Handle,
    sync::OwnedSemaphorePermit,
    time::{Sleep, sleep, timeout},
};

/// A TCP stream as it is, or in TLS.
pub(crate) enum Stream {
    Plain(TcpStream),
    #[cfg(feature = "tls")]
    Tls(Box<tokio_rustls::server::TlsStream<TcpStream>>),
}

impl From<TcpStream> for Stream {
    fn from(stream: TcpStream) -> Self {
        Self::Plain(stream)
    }
}

/// What either kind of stream does.
trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

impl Stream {
    fn duplex(&mut self) -> Pin<&mut dyn Duplex> {
        match self {
            Self::Plain(stream) => Pin::new(stream),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => Pin::new(&mut **stream),
        }
    }
}

/// A stream that holds one of the server's places for connections until it is closed.
pub(crate) struct Connection {
    /// Gone only while dropping.
    open: Option<(Stream, Occupied)>,
    /// How long a write may be stuck.
    write_deadline: Duration,
    /// Runs while one is.
    stuck: Option<Pin<Box<Sleep>>>,
}

/// What a connection takes of the server's bounds.
#[derive(Debug)]
pub(crate) struct Occupied {
    _place: OwnedSemaphorePermit,
    held: Held,
    _present: Option<Present>,
}

impl Occupied {
    /// A place among all connections and one among its household's, counted.
    pub(crate) fn new(place: OwnedSemaphorePermit, held: Held, present: Option<Present>) -> Self {
        Self {
            _place: place,
            held,
            _present: present,
        }
    }
}

impl Connection {
    /// A connection that may take none of what it is sent for `write_deadline`.
    pub(crate) fn new(
        stream: impl Into<Stream>,
        occupied: Occupied,
        write_deadline: Duration,
    ) -> Self {
        Self {
            open: Some((stream.into(), occupied)),
            write_deadline,
            stuck: None,
        }
    }

    /// The bare stream, for whoever sees to deadlines and to a clean end by itself; the connection
    /// again, if there is more to it than that.
    pub(crate) fn into_stream(mut self) -> Result<(TcpStream, Occupied), Self> {
        match self.open.take() {
            Some((Stream::Plain(stream), occupied)) => Ok((stream, occupied)),
            more => {
                self.open = more;
                Err(self)
            }
        }
    }

    fn stream(&mut self) -> io::Result<Pin<&mut dyn Duplex>> {
        let open = self.open.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        Ok(open.0.duplex())
    }

    /// Turns a write that makes no progress for too long into an error.
    fn bound<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stuck = None;
            return written;
        }
        let deadline = self
            .stuck
            .get_or_insert_with(|| Box::pin(sleep(self.write_deadline)));
        ready!(deadline.as_mut().poll(cx));
        if let Some((_, occupied)) = &self.open {
            occupied.held.metrics().limits.one(Limit::WriteDeadline);
        }
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream()?.poll_read(cx, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = self.stream()?.poll_write(cx, bytes);
        self.bound(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = self.stream()?.poll_write_vectored(cx, slices);
        self.bound(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = self.stream()?.poll_flush(cx);
        self.bound(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let ended = self.stream()?.poll_shutdown(cx);
        self.bound(cx, ended)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let (Some((stream, occupied)), Ok(runtime)) = (self.open.take(), Handle::try_current()) {
            runtime.spawn(async move {
                // Whoever keeps sending past the deadline is reset after all.
                let _ = timeout(LINGER_DEADLINE, linger(stream)).await;
                drop(occupied);
            });
        }
    }
}

/// Answers a connection that is not served, and ends it.
pub(crate) async fn turn_away(mut stream: TcpStream, answer: &[u8]) {
    // Whoever does not even read this is dropped.
    let told = async {
        stream.write_all(answer).await?;
        linger(stream.into()).await
    };
    let _ = timeout(LINGER_DEADLINE, told).await;
}

/// Ends the output and drops input until the other side has ended too.
async fn linger(mut stream: Stream) -> io::Result<()> {
    let mut stream = stream.duplex();
    stream.shutdown().await?;
    let mut dropped = 0;
    let mut buffer = [0; 1024];
    while dropped < LINGER_BYTES {
        match stream.read(&mut buffer).await? {
            0 => break,
            bytes => dropped += bytes,
        }
    }
    Ok(())
}

#[cfg(test)]
#[cfg(feature = "tls")]
mod tests {
    use super::*;
    use crate::operations::metrics::Metrics;
    use socket2::SockRef;
    use std::sync::Arc;
    use tokio::{net::TcpListener, sync::Semaphore};
    use tokio_rustls::{
        TlsAcceptor, TlsConnector,
        client::TlsStream,
        rustls::{
            ClientConfig, RootCertStore, ServerConfig,
            crypto::ring,
            pki_types::{PrivateKeyDer, ServerName},
        },
    };

    /// Both ends of a TLS connection for which the system holds little.
    async fn tls() -> (Stream, TlsStream<TcpStream>) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let provider = Arc::new(ring::default_provider());
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(made.cert.der().clone()).unwrap();
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();

        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let connecting = TcpStream::connect(listener.local_addr().unwrap());
        let (accepted, connected) = tokio::join!(listener.accept(), connecting);
        let (accepted, connected) = (accepted.unwrap().0, connected.unwrap());
        SockRef::from(&accepted)
            .set_send_buffer_size(4 * 1024)
            .unwrap();
        SockRef::from(&connected)
            .set_recv_buffer_size(4 * 1024)
            .unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let (server, client) = tokio::join!(
            TlsAcceptor::from(Arc::new(server)).accept(accepted),
            TlsConnector::from(Arc::new(client)).connect(name, connected)
        );
        (Stream::Tls(Box::new(server.unwrap())), client.unwrap())
    }

    /// What is written last waits in TLS, and no further write would notice that it stays there.
    #[tokio::test]
    async fn the_last_bytes_have_a_deadline_too() {
        let (stream, _never_reads) = tls().await;
        let metrics = Arc::new(Metrics::default());
        let place = Arc::new(Semaphore::new(1)).acquire_owned().await.unwrap();
        let held = Held::new(&metrics, |metrics| &metrics.connections);
        let occupied = Occupied::new(place, held, None);
        let mut connection = Connection::new(stream, occupied, Duration::from_millis(100));
        // Each round leaves TLS with nothing to hold, until the system takes no more.
        let stuck = async {
            loop {
                connection.write_all(&[0; 16 * 1024]).await.unwrap();
                if let Err(error) = connection.flush().await {
                    break error;
                }
            }
        };
        let error = timeout(Duration::from_secs(10), stuck).await.unwrap();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        let error = timeout(Duration::from_secs(10), connection.shutdown()).await;
        assert_eq!(error.unwrap().unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
