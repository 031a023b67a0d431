//! The task that holds the WebSocket, through every outage.
//!
//! It connects again with growing, jittered pauses, sends what could not be sent, and meanwhile
//! the channels live on. A server that gives another id than before (a stock one) cannot be gone
//! on with: peers would know us by two. Then signaling is gone for good: with channels open the
//! match goes on among those who are there, otherwise it has failed and a new socket is needed.

use super::{
    address::Address,
    liveness::{Check, Liveness},
    platform::Socket,
    refusal::Refusal,
};
use crate::{
    signaling::directory::Directory,
    transport::{Outage, SignalingState},
};
use futures::{
    StreamExt,
    channel::{mpsc, oneshot},
    future::{Either, poll_fn, select},
    pin_mut,
};
use futures_timer::Delay;
use matchbox_socket::{PeerEvent, PeerRequest};
use protocol::PeerId;
use std::{convert::Infallible, task::Poll, time::Duration};
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

/// How long a connection must have held for its loss to be a first failure. The loss of a shorter
/// one is a further failure: the server may accept everybody and keep nobody.
const STEADY: Duration = LONGEST_PAUSE;

/// How long the server may take to answer our goodbye.
const CLOSE_DEADLINE: Duration = Duration::from_secs(1);

/// Why nothing more comes over an open connection.
pub(super) enum Ending {
    /// The room's owner has closed it: it is no use to come again.
    RoomClosed,
    /// Anything else.
    Broken(String),
}

/// Why a connection was held no longer.
enum End {
    /// It broke; another one may be had.
    Lost(String),
    /// The room is over.
    RoomClosed,
    /// matchbox's socket is gone.
    Unwanted,
}

/// Whatever happens first on an open connection.
enum Step {
    Request(Option<PeerRequest>),
    /// A text, something else, or the connection's end.
    Heard(Result<Option<String>, Ending>),
    /// Nothing has been heard for a while.
    Quiet,
}

/// Moves signals between matchbox's queues and the server.
pub(super) struct Client {
    address: Address,
    directory: Directory,
    events: mpsc::Sender<PeerEvent>,
    requests: mpsc::Receiver<PeerRequest>,
    /// A request that was taken from the queue and not written.
    unsent: Option<PeerRequest>,
    /// Whether the server may take our ticket no more.
    ticket_in_doubt: bool,
    /// Who we are, if we know it before the server says so; then who it said.
    id: Option<PeerId>,
    /// Whether we have been in the room.
    was_in: bool,
    /// Connections that failed or did not hold, since the last one that did.
    failures: u32,
}

impl Client {
    /// A client of the room at `address` that has not connected yet.
    pub(super) fn new(
        address: Address,
        directory: Directory,
        events: mpsc::Sender<PeerEvent>,
        requests: mpsc::Receiver<PeerRequest>,
    ) -> Self {
        Self {
            id: address.id(),
            address,
            directory,
            events,
            requests,
            unsent: None,
            ticket_in_doubt: false,
            was_in: false,
            failures: 0,
        }
    }

    /// Runs until signaling has ended or matchbox's socket is gone, then says goodbye.
    pub(super) async fn run_until(self, socket_gone: oneshot::Receiver<Infallible>) {
        let mut connection = None;
        {
            let run = self.run(&mut connection);
            pin_mut!(run);
            select(run, socket_gone).await;
        }
        if let Some(connection) = connection {
            within(CLOSE_DEADLINE, connection.close()).await;
        }
    }

    /// Runs until signaling has ended. The open connection is left in `place`.
    async fn run(mut self, place: &mut Option<Socket>) {
        let mut socket = match self.first_connection().await {
            Ok(socket) => socket,
            Err(refusal) => {
                warn!(?refusal, "signaling failed");
                return self
                    .directory
                    .set_signaling(SignalingState::Failed(refusal.into()));
            }
        };
        loop {
            let start = Instant::now();
            match self.hold(place.insert(socket)).await {
                End::Unwanted => return,
                End::RoomClosed => {
                    *place = None;
                    return self.give_up(Outage::RoomClosed);
                }
                End::Lost(reason) => info!(reason, "signaling lost"),
            }
            *place = None;
            if !self.address.may_return() {
                return self.lose();
            }
            self.directory.set_signaling(SignalingState::Lost);
            if start.elapsed() >= STEADY {
                self.failures = 0;
            }
            socket = match self.next_connection().await {
                Ok(socket) => socket,
                Err(refusal) => {
                    warn!(?refusal, "signaling is gone for good");
                    return self.lose();
                }
            };
        }
    }

    /// Ends signaling because the server cannot be returned to.
    fn lose(&self) {
        self.give_up(Outage::Lost);
    }

    /// Ends signaling for good. Open channels live on; what players are told depends on them.
    fn give_up(&self, outage: Outage) {
        self.directory
            .set_signaling(match self.directory.anybody_open() {
                true => SignalingState::Gone(outage),
                false => SignalingState::Failed(outage),
            });
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
            let is_final = refusal.is_final() && !self.may_be_of_ticket(&refusal);
            if is_final || attempt >= FIRST_ATTEMPTS || Instant::now() + pause >= end {
                return Err(refusal);
            }
            debug!(?refusal, attempt, "trying again");
            Delay::new(pause).await;
        }
    }

    /// The next connection, however long it takes. Only another id is final: whatever else a
    /// server that is being started says, or a proxy before it, may be different soon.
    async fn next_connection(&mut self) -> Result<Socket, Refusal> {
        loop {
            self.failures = self.failures.saturating_add(1);
            Delay::new(pause_after(self.failures)).await;
            match self
                .open(Instant::now() + CONNECT_DEADLINE + WELCOME_DEADLINE)
                .await
            {
                Ok(socket) => return Ok(socket),
                Err(Refusal::Renamed) => return Err(Refusal::Renamed),
                Err(refusal) => {
                    debug!(?refusal, self.failures, "signaling is still lost");
                }
            }
        }
    }

    /// Connects, and waits until the server has said who we are.
    async fn open(&mut self, end: Instant) -> Result<Socket, Refusal> {
        let left = || end.saturating_duration_since(Instant::now());
        let mut socket = self.connect(end).await?;
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
                // A server that never stops talking would keep the deadline from being looked at.
                yield_now().await;
            }
        });
        let id = welcome.await.flatten().ok_or(Refusal::NoWelcome)?;
        if *self.id.get_or_insert(id) != id {
            return Err(Refusal::Renamed);
        }
        self.was_in = true;
        self.forward(PeerEvent::IdAssigned(id));
        Ok(socket)
    }

    /// Connects, with another ticket if the one we have may not do.
    async fn connect(&mut self, end: Instant) -> Result<Socket, Refusal> {
        let left = || end.saturating_duration_since(Instant::now());
        if let (Address::Created(entrance), true) = (&self.address, self.ticket_in_doubt) {
            let renewed = within(left(), entrance.renew(self.was_in)).await;
            renewed.ok_or(Refusal::Silent)??;
            self.ticket_in_doubt = false;
        }
        let url = self.address.url();
        let connected = within(CONNECT_DEADLINE.min(left()), Socket::connect(&url)).await;
        let connected = connected.unwrap_or(Err(Refusal::Silent));
        self.ticket_in_doubt = connected
            .as_ref()
            .is_err_and(|refusal| self.may_be_of_ticket(refusal));
        connected
    }

    /// Whether a refusal may be due to our ticket.
    fn may_be_of_ticket(&self, refusal: &Refusal) -> bool {
        matches!(self.address, Address::Created(_)) && refusal.is_of_ticket()
    }

    /// Moves signals both ways until the connection ends.
    async fn hold(&mut self, socket: &mut Socket) -> End {
        let mut liveness = Liveness::new(Socket::ANSWERS_PROBES, Instant::now());
        loop {
            let step = match self.unsent.take() {
                Some(request) => Step::Request(Some(request)),
                None => next_step(&mut self.requests, socket, liveness.due()).await,
            };
            match step {
                Step::Request(None) => return End::Unwanted,
                Step::Request(Some(request)) => {
                    if let Err(reason) = send(socket, &request).await {
                        self.unsent = Some(request);
                        return End::Lost(reason);
                    }
                }
                Step::Heard(Ok(text)) => {
                    liveness.heard(Instant::now());
                    if let Some(text) = text {
                        self.take(&text, &mut liveness);
                    }
                    // A server that never stops talking must not hold up this thread's others.
                    yield_now().await;
                }
                Step::Heard(Err(Ending::RoomClosed)) => return End::RoomClosed,
                Step::Heard(Err(Ending::Broken(reason))) => return End::Lost(reason),
                Step::Quiet => match liveness.check(Instant::now()) {
                    Check::Wait => {}
                    Check::Probe => {
                        if let Err(reason) = self.probe(socket).await {
                            return End::Lost(reason);
                        }
                    }
                    Check::Lost => return End::Lost("the server does not answer".to_owned()),
                },
            }
        }
    }

    fn take(&mut self, text: &str, liveness: &mut Liveness) {
        match serde_json::from_str(text) {
            // Ours to ourselves: a probe that the server has brought back.
            Ok(PeerEvent::Signal { sender, .. }) if Some(sender) == self.id => liveness.answered(),
            Ok(event) => self.forward(event),
            Err(_) => self.directory.count_drop(),
        }
    }

    async fn probe(&self, socket: &mut Socket) -> Result<(), String> {
        match self.id {
            Some(id) => in_time(socket.probe(id)).await,
            None => Ok(()),
        }
    }

    fn forward(&mut self, event: PeerEvent) {
        if self.events.try_send(event).is_err() {
            self.directory.count_drop();
        }
    }
}

/// Waits for whatever happens first; nothing is lost when something else does.
async fn next_step(
    requests: &mut mpsc::Receiver<PeerRequest>,
    socket: &mut Socket,
    quiet_at: Instant,
) -> Step {
    let quiet = Delay::new(quiet_at.saturating_duration_since(Instant::now()));
    let (request, heard) = (requests.next(), socket.next());
    pin_mut!(request, heard);
    match select(select(request, heard), quiet).await {
        Either::Left((Either::Left((request, _)), _)) => Step::Request(request),
        Either::Left((Either::Right((heard, _)), _)) => Step::Heard(heard),
        Either::Right(_) => Step::Quiet,
    }
}

async fn send(socket: &mut Socket, request: &PeerRequest) -> Result<(), String> {
    let text = serde_json::to_string(request).map_err(|error| error.to_string())?;
    in_time(socket.send(text)).await
}

/// What becomes of a write in [`SEND_DEADLINE`].
async fn in_time(write: impl Future<Output = Result<(), String>>) -> Result<(), String> {
    within(SEND_DEADLINE, write)
        .await
        .unwrap_or(Err("stuck".to_owned()))
}

/// Gives way once to whatever else is ready: deadlines, and other tasks of this thread.
pub(super) async fn yield_now() {
    let mut yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
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
