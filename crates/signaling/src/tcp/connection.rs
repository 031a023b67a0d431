//! One TCP connection: counted, never stuck on a reader, and closed so that its last words arrive.

use crate::{
    admission::crowd::Present,
    limits::{LINGER_BYTES, LINGER_DEADLINE, WRITE_DEADLINE},
    operations::metrics::{Held, Limit},
};
use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::TcpStream,
    runtime::Handle,
    sync::OwnedSemaphorePermit,
    time::{Instant, Sleep, sleep_until, timeout},
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
    /// Runs while a write is stuck.
    write_deadline: Option<Pin<Box<Sleep>>>,
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
    pub(crate) fn new(stream: impl Into<Stream>, occupied: Occupied) -> Self {
        Self {
            open: Some((stream.into(), occupied)),
            write_deadline: None,
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

    /// Turns a write that makes no progress for [`WRITE_DEADLINE`] into an error.
    fn bound<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.write_deadline = None;
            return written;
        }
        let deadline = self
            .write_deadline
            .get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + WRITE_DEADLINE)));
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
        self.stream()?.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_shutdown(cx)
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
