//! TLS: a certificate that is read anew when its files change, and handshakes that end.

use crate::{
    limits::{CERTIFICATE_CHECK_INTERVAL, MAX_HANDSHAKES},
    operations::metrics::{Limit, Metrics, labels},
};
use sha2::{Digest, Sha256};
use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use tokio::{
    net::TcpStream,
    sync::Semaphore,
    time::{sleep, timeout},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, ServerConfig,
        crypto::{CryptoProvider, ring},
        pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject},
        server::{ClientHello, ResolvesServerCert},
        sign::CertifiedKey,
    },
    server::TlsStream,
};
use tracing::{debug, info, warn};

/// Where the certificate is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// PEM: the server's certificate, and those that lead from it to one that clients know.
    pub certificate: PathBuf,
    /// PEM: its private key.
    pub key: PathBuf,
    /// How often to look whether they have changed; default
    /// [`crate::limits::CERTIFICATE_CHECK_INTERVAL`]. On Unix SIGHUP looks at once.
    pub check_interval: Duration,
}

impl TlsFiles {
    /// Files that are looked at as often as by default.
    pub fn new(certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        Self {
            certificate: certificate.into(),
            key: key.into(),
            check_interval: CERTIFICATE_CHECK_INTERVAL,
        }
    }
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{path} cannot be read")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("{path} holds no {what} in PEM")]
    Pem {
        /// The file.
        path: PathBuf,
        /// What should be in it.
        what: &'static str,
        /// What is wrong with it.
        source: pem::Error,
    },
    /// The certificate and the key cannot be used together.
    #[error("the certificate cannot be used with its key")]
    Key(#[source] rustls::Error),
}

/// How a handshake went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Handshake {
    Done,
    Failed,
    TimedOut,
}

labels!(Handshake {
    Done => "done",
    Failed => "failed",
    TimedOut => "timed-out",
});

/// What became of files that have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reload {
    Done,
    Failed,
}

labels!(Reload {
    Done => "done",
    Failed => "failed",
});

/// Makes TLS connections of TCP connections.
pub(crate) struct Tls {
    files: TlsFiles,
    /// Of the files at the start.
    content: Content,
    acceptor: TlsAcceptor,
    current: Arc<Current>,
    handshakes: Semaphore,
    deadline: Duration,
    metrics: Arc<Metrics>,
}

/// The certificate that new connections see.
#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let current = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&current))
    }
}

/// What the files hold, for comparison: time stamps miss a link that is turned to other files.
type Content = [u8; 32];

impl Tls {
    /// Reads the certificate. Handshakes have until `deadline`.
    pub(crate) async fn new(
        files: TlsFiles,
        deadline: Duration,
        metrics: Arc<Metrics>,
    ) -> Result<Self, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let (certificate, key) = read(&files).await?;
        let first = certified_key(&files, &certificate, &key, &provider)?;
        let current = Arc::new(Current(RwLock::new(Arc::new(first))));
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Key)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&current) as _);
        // WebSockets are upgraded from HTTP/1.1, and nothing else is spoken here.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            files,
            content: content(&certificate, &key),
            acceptor: TlsAcceptor::from(Arc::new(config)),
            current,
            handshakes: Semaphore::new(MAX_HANDSHAKES),
            deadline,
            metrics,
        })
    }

    /// A connection's handshake; nothing if it fails or takes too long.
    pub(crate) async fn accept(&self, stream: TcpStream) -> Option<TlsStream<TcpStream>> {
        let accepted = async {
            let _place = match self.handshakes.try_acquire() {
                Ok(place) => place,
                Err(_) => {
                    self.metrics.limits.one(Limit::Handshakes);
                    // The semaphore is never closed.
                    self.handshakes.acquire().await.ok()?
                }
            };
            Some(self.acceptor.accept(stream).await)
        };
        let (outcome, stream) = match timeout(self.deadline, accepted).await {
            Ok(Some(Ok(stream))) => (Handshake::Done, Some(stream)),
            Ok(Some(Err(error))) => {
                debug!(%error, "a TLS handshake failed");
                (Handshake::Failed, None)
            }
            Ok(None) => (Handshake::Failed, None),
            Err(_) => (Handshake::TimedOut, None),
        };
        self.metrics.handshakes.one(outcome);
        stream
    }

    /// Takes a changed certificate up for as long as it is polled. One that cannot be used is told
    /// in the log, once, and the one before goes on.
    pub(crate) async fn watch(&self) {
        let mut seen = self.content;
        let mut hangups = Hangups::new();
        loop {
            tokio::select! {
                () = sleep(self.files.check_interval) => {}
                () = hangups.next() => {}
            }
            match read(&self.files).await {
                Ok((certificate, key)) => {
                    let content = content(&certificate, &key);
                    if seen != content {
                        seen = content;
                        self.renew(&certificate, &key);
                    }
                }
                // In the middle of being replaced, maybe: it is looked at again.
                Err(error) => debug!(%error, "cannot look at the certificate"),
            }
        }
    }

    fn renew(&self, certificate: &[u8], key: &[u8]) {
        let provider = ring::default_provider();
        match certified_key(&self.files, certificate, key, &provider) {
            Ok(renewed) => {
                let mut current = self
                    .current
                    .0
                    .write()
                    .unwrap_or_else(PoisonError::into_inner);
                *current = Arc::new(renewed);
                self.metrics.reloads.one(Reload::Done);
                info!("took up a new certificate");
            }
            Err(error) => {
                self.metrics.reloads.one(Reload::Failed);
                let error = &error as &dyn std::error::Error;
                warn!(
                    error,
                    "cannot take up the new certificate, and keep the one before"
                );
            }
        }
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Tls").field(&self.files).finish()
    }
}

async fn read(files: &TlsFiles) -> Result<(Vec<u8>, Vec<u8>), TlsError> {
    let read = async |path: &Path| {
        tokio::fs::read(path)
            .await
            .map_err(|source| TlsError::Read {
                path: path.to_owned(),
                source,
            })
    };
    Ok((read(&files.certificate).await?, read(&files.key).await?))
}

fn content(certificate: &[u8], key: &[u8]) -> Content {
    let mut hash = Sha256::new();
    for part in [certificate, key] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

fn certified_key(
    files: &TlsFiles,
    certificate: &[u8],
    key: &[u8],
    provider: &CryptoProvider,
) -> Result<CertifiedKey, TlsError> {
    let no_pem = |path: &Path, what| {
        let path = path.to_owned();
        move |source| TlsError::Pem { path, what, source }
    };
    let chain: Vec<_> = CertificateDer::pem_slice_iter(certificate)
        .collect::<Result<_, _>>()
        .and_then(|chain: Vec<_>| match chain.is_empty() {
            true => Err(pem::Error::NoItemsFound),
            false => Ok(chain),
        })
        .map_err(no_pem(&files.certificate, "certificate"))?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(no_pem(&files.key, "private key"))?;
    CertifiedKey::from_der(chain, key, provider).map_err(TlsError::Key)
}

/// SIGHUP, where that exists.
struct Hangups {
    #[cfg(unix)]
    signals: Option<tokio::signal::unix::Signal>,
}

impl Hangups {
    fn new() -> Self {
        Self {
            #[cfg(unix)]
            signals: {
                use tokio::signal::unix::{SignalKind, signal};
                let signals = signal(SignalKind::hangup());
                signals
                    .inspect_err(|error| warn!(%error, "cannot listen for SIGHUP"))
                    .ok()
            },
        }
    }

    async fn next(&mut self) {
        #[cfg(unix)]
        if let Some(signals) = &mut self.signals
            && signals.recv().await.is_some()
        {
            return;
        }
        std::future::pending().await
    }
}
