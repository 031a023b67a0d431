//! Signaling over a server: matchbox's JSON protocol on a WebSocket.
//!
//! A task of its own holds the WebSocket, so that an outage is not matchbox's: it connects again
//! with growing, jittered pauses, sends what could not be sent, and meanwhile the channels live
//! on. Our server then gives the socket its id back, and whoever is new may join again. A server
//! that gives another id (a stock one, or one that was started anew) cannot be gone on with:
//! peers would know us by two ids. Then that connection is closed for good: with channels open
//! the match goes on among those who are there, otherwise signaling has failed and a new socket
//! is needed.

#[cfg(not(target_arch = "wasm32"))]
mod native;
#[cfg(target_arch = "wasm32")]
mod web;

#[cfg(not(target_arch = "wasm32"))]
use native as platform;
#[cfg(target_arch = "wasm32")]
use web as platform;

use super::{
    directory::Directory,
    ends::{Ends, MAX_QUEUED_SIGNALS, Outlet},
};
use crate::transport::SignalingState;
use futures::{
    StreamExt,
    channel::{mpsc, oneshot},
    future::{Either, select},
    pin_mut,
};
use futures_timer::Delay;
use matchbox_socket::{PeerEvent, PeerRequest, SignalingError, Signaller, SignallerBuilder};
use platform::Socket;
use protocol::PeerId;
use std::{convert::Infallible, time::Duration};
use tracing::{debug, info, warn};
use uuid::Uuid;
use web_time::Instant;

/// How long one connection may take to open.
const CONNECT_DEADLINE: Duration = Duration::from_secs(4);

/// How long the first connection is tried before signaling counts as failed.
const FIRST_DEADLINE: Duration = Duration::from_secs(6);

/// How often the first connection is tried in that time.
const FIRST_ATTEMPTS: u32 = 4;

/// How long the server may take to say who we are, once connected.
const WELCOME_DEADLINE: Duration = Duration::from_secs(4);

/// How long one signal may take to be written. Past it the connection counts as lost.
const SEND_DEADLINE: Duration = Duration::from_secs(5);

/// The pause after a first failure; doubled after each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// The longest pause, before jitter.
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// Connects a socket to a room on a server.
#[derive(Debug)]
pub struct RemoteSignaller {
    directory: Directory,
}

impl RemoteSignaller {
    /// A client that tells `directory` whom it meets and how it stands. The room's address,
    /// `ws(s)://server/room`, is the socket's own.
    pub fn builder(directory: Directory) -> Self {
        Self { directory }
    }
}

#[cfg_attr(not(target_arch = "wasm32"), async_trait::async_trait)]
#[cfg_attr(target_arch = "wasm32", async_trait::async_trait(?Send))]
impl SignallerBuilder for RemoteSignaller {
    /// Returns at once; `attempts` is left to the client.
    async fn new_signaller(
        &self,
        _attempts: Option<u16>,
        room_url: String,
    ) -> Result<Box<dyn Signaller>, SignalingError> {
        let (events_in, events) = mpsc::channel(MAX_QUEUED_SIGNALS);
        let (requests, requests_out) = mpsc::channel(MAX_QUEUED_SIGNALS);
        let (socket_lives, socket_gone) = oneshot::channel();
        let client = Client {
            url: room_url,
            directory: self.directory.clone(),
            events: events_in,
            requests: requests_out,
            unsent: None,
            id: None,
        };
        platform::spawn(async move {
            let run = client.run();
            pin_mut!(run);
            select(run, socket_gone).await;
        });
        let outlet = Requests {
            queue: requests,
            _socket_lives: socket_lives,
        };
        Ok(Box::new(Ends::new(self.directory.clone(), events, outlet)))
    }
}

/// matchbox's end of the requests' queue; the client ends with it, whatever it waits for.
struct Requests {
    queue: mpsc::Sender<PeerRequest>,
    _socket_lives: oneshot::Sender<Infallible>,
}

impl Outlet for Requests {
    fn send(&mut self, request: PeerRequest) -> bool {
        self.queue.try_send(request).is_ok()
    }
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("The server's address is not valid: {0}")]
    BadUrl(String),
    #[error("The server cannot be reached.")]
    Unreachable(String),
    #[error("The server does not answer.")]
    Silent,
    /// Which a browser tells nobody: there it is [`Refusal::Unreachable`].
    #[cfg(not(target_arch = "wasm32"))]
    #[error("The server refused: {}", .title.clone().unwrap_or_else(|| format!("HTTP status {status}.")))]
    Http { status: u16, title: Option<String> },
    #[error("The server answers, but not as a signaling server.")]
    NoWelcome,
    #[error("The server has another id for us than before.")]
    Renamed,
}

impl Refusal {
    /// Whether trying again would change nothing.
    fn is_final(&self) -> bool {
        match self {
            Self::BadUrl(_) | Self::Renamed => true,
            #[cfg(not(target_arch = "wasm32"))]
            Self::Http { status, .. } => (400..500).contains(status),
            Self::Unreachable(_) | Self::Silent | Self::NoWelcome => false,
        }
    }
}

/// Why a connection was held no longer.
enum End {
    /// It broke; another one may be had.
    Lost(String),
    /// matchbox's socket is gone.
    Unwanted,
}

/// Whatever happens first on an open connection.
enum Step {
    Request(Option<PeerRequest>),
    Text(Result<Option<String>, String>),
}

/// The task that holds the WebSocket.
struct Client {
    url: String,
    directory: Directory,
    events: mpsc::Sender<PeerEvent>,
    requests: mpsc::Receiver<PeerRequest>,
    /// A request that was taken from the queue and not written.
    unsent: Option<PeerRequest>,
    /// Who the server said we are.
    id: Option<PeerId>,
}

impl Client {
    async fn run(mut self) {
        let mut socket = match self.first_connection().await {
            Ok(socket) => socket,
            Err(refusal) => {
                warn!(?refusal, "signaling failed");
                return self
                    .directory
                    .set_signaling(SignalingState::Failed(refusal.to_string()));
            }
        };
        loop {
            match self.hold(&mut socket).await {
                End::Unwanted => return,
                End::Lost(reason) => info!(reason, "signaling lost"),
            }
            drop(socket);
            self.directory.set_signaling(SignalingState::Lost);
            socket = match self.next_connection().await {
                Ok(socket) => socket,
                Err(refusal) => {
                    warn!(?refusal, "signaling is gone for good");
                    return self.give_up();
                }
            };
        }
    }

    /// Ends signaling for good. Open channels live on, and are told of as before.
    fn give_up(&self) {
        if !self.directory.anybody_open() {
            let reason = "The connection to the server was lost. Join the room again.";
            self.directory
                .set_signaling(SignalingState::Failed(reason.to_owned()));
        }
    }

    /// The first connection whose server says who we are.
    async fn first_connection(&mut self) -> Result<Socket, Refusal> {
        let end = Instant::now() + FIRST_DEADLINE;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let refusal = match self.open(end).await {
                Ok(socket) => return Ok(socket),
                Err(refusal) => refusal,
            };
            let pause = pause_after(attempt);
            if refusal.is_final() || attempt >= FIRST_ATTEMPTS || Instant::now() + pause >= end {
                return Err(refusal);
            }
            debug!(?refusal, attempt, "trying again");
            Delay::new(pause).await;
        }
    }

    /// The next connection, however long it takes.
    async fn next_connection(&mut self) -> Result<Socket, Refusal> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            Delay::new(pause_after(attempt)).await;
            match self
                .open(Instant::now() + CONNECT_DEADLINE + WELCOME_DEADLINE)
                .await
            {
                Err(refusal) if !refusal.is_final() => {
                    debug!(?refusal, attempt, "signaling is still lost");
                }
                outcome => return outcome,
            }
        }
    }

    /// Connects, and waits until the server has said who we are.
    async fn open(&mut self, end: Instant) -> Result<Socket, Refusal> {
        let left = || end.saturating_duration_since(Instant::now());
        let mut socket = within(CONNECT_DEADLINE.min(left()), Socket::connect(&self.url))
            .await
            .unwrap_or(Err(Refusal::Silent))?;
        let welcome = within(WELCOME_DEADLINE.min(left()), async {
            loop {
                match socket.next().await {
                    Ok(Some(text)) => match serde_json::from_str(&text) {
                        Ok(PeerEvent::IdAssigned(id)) => return Some(id),
                        _ => self.directory.count_drop(),
                    },
                    Ok(None) => self.directory.count_drop(),
                    Err(_) => return None,
                }
            }
        });
        let id = welcome.await.flatten().ok_or(Refusal::NoWelcome)?;
        if *self.id.get_or_insert(id) != id {
            return Err(Refusal::Renamed);
        }
        self.forward(PeerEvent::IdAssigned(id));
        Ok(socket)
    }

    /// Moves signals both ways until the connection ends.
    async fn hold(&mut self, socket: &mut Socket) -> End {
        loop {
            let step = match self.unsent.take() {
                Some(request) => Step::Request(Some(request)),
                None => next_step(&mut self.requests, socket).await,
            };
            match step {
                Step::Request(None) => return End::Unwanted,
                Step::Request(Some(request)) => {
                    if let Err(reason) = send(socket, &request).await {
                        // A connection's keep-alive means nothing to the next one.
                        self.unsent = (request != PeerRequest::KeepAlive).then_some(request);
                        return End::Lost(reason);
                    }
                }
                Step::Text(Ok(Some(text))) => match serde_json::from_str(&text) {
                    Ok(event) => self.forward(event),
                    Err(_) => self.directory.count_drop(),
                },
                Step::Text(Ok(None)) => {}
                Step::Text(Err(reason)) => return End::Lost(reason),
            }
        }
    }

    fn forward(&mut self, event: PeerEvent) {
        if self.events.try_send(event).is_err() {
            self.directory.count_drop();
        }
    }
}

/// Waits for whatever happens first; neither is lost when the other does.
async fn next_step(requests: &mut mpsc::Receiver<PeerRequest>, socket: &mut Socket) -> Step {
    let (request, text) = (requests.next(), socket.next());
    pin_mut!(request, text);
    match select(request, text).await {
        Either::Left((request, _)) => Step::Request(request),
        Either::Right((text, _)) => Step::Text(text),
    }
}

async fn send(socket: &mut Socket, request: &PeerRequest) -> Result<(), String> {
    let text = serde_json::to_string(request).map_err(|error| error.to_string())?;
    within(SEND_DEADLINE, socket.send(text))
        .await
        .unwrap_or(Err("stuck".to_owned()))
}

/// A future's value, or nothing if it takes longer than `limit`.
async fn within<T>(limit: Duration, future: impl Future<Output = T>) -> Option<T> {
    pin_mut!(future);
    match select(future, Delay::new(limit)).await {
        Either::Left((value, _)) => Some(value),
        Either::Right(_) => None,
    }
}

/// The pause after so many failures: doubled each time up to a bound, then between a half and
/// the whole of it by chance, so that a restarted server is not met by everybody at once.
fn pause_after(failures: u32) -> Duration {
    let whole = FIRST_PAUSE.saturating_mul(1 << failures.clamp(1, 16).saturating_sub(1));
    let whole = whole.min(LONGEST_PAUSE);
    // A random id is the one source of chance that is at hand on every target.
    let chance = (Uuid::new_v4().as_u128() as u8) as f32 / 255.0;
    whole.mul_f32(0.5 + 0.5 * chance)
}
