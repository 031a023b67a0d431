//! Gives each remote peer of a room a socket of its own, behind one signaling client.
//!
//! matchbox 0.15 can neither drop a single peer nor keep one's fault from the others, and its
//! handshakes have no deadline. A socket for each peer has all three: it is dropped when its peer
//! is banned, when its channels have closed, and when they have not opened in time. Unless it was
//! banned or has left, the pair soon tries again with another. Who may have one at all is for the
//! [`Guard`](crate::signaling::guard::Guard) and the [`Directory`] to say, through which every event
//! has passed before it comes here.

use super::{
    attempt::{Patience, Retries, Retry},
    contain::contain,
    ice::Servers,
    line::{Asked, Line, LineEnd},
    link::Link,
    side::{Life, Sides},
};
use crate::{
    signaling::{
        directory::{Directory, MAX_SOCKETS, Presence},
        guard::AGAIN,
    },
    transport::{Outage, SignalingState},
};
use futures::{Stream, StreamExt, channel::mpsc};
use futures_timer::Delay;
use matchbox_socket::{
    MessageLoopFuture, PeerEvent, PeerRequest, PeerSignal, SignalingError, Signaller, WebRtcSocket,
    WebRtcSocketBuilder,
};
use protocol::PeerId;
use std::{
    future::{Future, poll_fn},
    ops::DerefMut,
    pin::Pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};
use tracing::{debug, info};
use web_time::Instant;

/// Requests of all sockets that wait for signaling. At the bound further ones are dropped and
/// counted; each socket has one place more of its own.
const MAX_REQUESTS: usize = 256;

/// How often the sockets are looked at while one of them opens or is about to go.
const LOOK_RESTLESS: Duration = Duration::from_millis(100);

/// How often they are looked at otherwise: matchbox learns paths once a second.
const LOOK: Duration = Duration::from_secs(1);

/// How often signaling is told that we are still here, as matchbox's own sockets do.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// A transport's end of what ties it to its exchange.
pub(super) struct Ends {
    /// The channels of new sockets.
    pub(super) sockets: mpsc::Receiver<Sides>,
    /// Has the exchange look at the directory; the exchange ends when this is dropped.
    pub(super) look: mpsc::Sender<()>,
}

/// The exchange's end of it.
pub(super) struct Wires {
    sockets: mpsc::Sender<Sides>,
    look: mpsc::Receiver<()>,
}

/// Both ends of what ties a transport to its exchange.
pub(super) fn wires() -> (Ends, Wires) {
    let (sockets_in, sockets) = mpsc::channel(MAX_SOCKETS);
    // One waiting look is as good as many.
    let (look, looks) = mpsc::channel(0);
    (
        Ends { sockets, look },
        Wires {
            sockets: sockets_in,
            look: looks,
        },
    )
}

/// The sockets of one room. `O` opens them, `S` is what it makes of each.
pub(super) struct Exchange<O, S> {
    directory: Directory,
    ice: Servers,
    opener: O,
    /// Nothing once it has ended.
    signaller: Option<Box<dyn Signaller>>,
    /// A sender for each new line.
    requests_in: mpsc::Sender<Asked>,
    requests: mpsc::Receiver<Asked>,
    wires: Wires,
    keep_alive_due: Instant,
    links: Vec<Link<S>>,
    retries: Retries,
    /// Whether signaling worked at the last look.
    was_online: bool,
}

/// What the exchange has to do next.
enum Step {
    Event(Result<PeerEvent, SignalingError>),
    Request(Asked),
    /// The socket to this peer has ended.
    Ended(PeerId),
    /// The transport is gone.
    Unwanted,
    Look,
}

impl<O, S> Exchange<O, S>
where
    O: FnMut(WebRtcSocket, MessageLoopFuture) -> S,
    S: DerefMut<Target = WebRtcSocket>,
{
    pub(super) fn new(
        directory: Directory,
        signaller: Box<dyn Signaller>,
        ice: Servers,
        opener: O,
        wires: Wires,
    ) -> Self {
        let (requests_in, requests) = mpsc::channel(MAX_REQUESTS);
        Self {
            directory,
            ice,
            opener,
            signaller: Some(signaller),
            requests_in,
            requests,
            wires,
            keep_alive_due: Instant::now() + KEEP_ALIVE,
            links: Vec::new(),
            retries: Retries::default(),
            was_online: false,
        }
    }

    /// Runs until the transport is dropped, or there is neither signaling nor a peer left.
    pub(super) async fn run(mut self) {
        loop {
            match self.next_step().await {
                Step::Event(Ok(event)) => self.hear(event),
                Step::Event(Err(error)) => {
                    info!(%error, "signaling has ended: nobody new can come");
                    self.signaller = None;
                }
                Step::Request(asked) => self.pass_on(asked).await,
                Step::Ended(peer) => self.drop_link(peer, Instant::now()),
                Step::Unwanted => return,
                Step::Look => {}
            }
            self.look_after(Instant::now());
            let is_online = self.directory.signaling() == SignalingState::Online;
            if is_online && !self.was_online {
                // What was said in the meantime may be lost.
                self.retries.hurry(Instant::now());
            }
            self.was_online = is_online;
            self.try_again(Instant::now()).await;
            if Instant::now() >= self.keep_alive_due {
                self.keep_alive_due = Instant::now() + KEEP_ALIVE;
                self.ask(PeerRequest::KeepAlive).await;
            }
            if self.signaller.is_none() && self.links.is_empty() {
                let ended = SignalingState::Failed(Outage::Lost);
                return self.directory.set_signaling(ended);
            }
        }
    }

    /// Waits for whatever happens first. Nothing is lost when the other futures are dropped.
    async fn next_step(&mut self) -> Step {
        let restless = !self.retries.is_empty() || self.links.iter().any(Link::is_restless);
        let mut pause = Delay::new(if restless { LOOK_RESTLESS } else { LOOK });
        let mut event = self.signaller.as_mut().map(|s| s.next_message());
        let mut has_yielded = false;
        poll_fn(|context| {
            if !has_yielded {
                // A flood of signals must not hold up the message loops beside it.
                has_yielded = true;
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            match self.wires.look.poll_next_unpin(context) {
                Poll::Ready(None) => return Poll::Ready(Step::Unwanted),
                Poll::Ready(Some(())) => return Poll::Ready(Step::Look),
                Poll::Pending => {}
            }
            for link in self.links.iter_mut().filter(|link| link.is_open) {
                // An open socket has one thing left to say: that it is not any more.
                if Pin::new(&mut *link.socket).poll_next(context).is_ready() {
                    return Poll::Ready(Step::Ended(link.peer));
                }
            }
            if let Poll::Ready(Some(request)) = self.requests.poll_next_unpin(context) {
                return Poll::Ready(Step::Request(request));
            }
            if let Some(event) = &mut event
                && let Poll::Ready(event) = event.as_mut().poll(context)
            {
                return Poll::Ready(Step::Event(event));
            }
            Pin::new(&mut pause).poll(context).map(|()| Step::Look)
        })
        .await
    }

    /// Acts on what signaling says, which has passed the guard.
    fn hear(&mut self, event: PeerEvent) {
        let (peer, begins) = match &event {
            PeerEvent::NewPeer(peer) => (*peer, true),
            PeerEvent::Signal { sender, data } => (*sender, matches!(data, PeerSignal::Offer(_))),
            // Our id is in the directory. Who left is not dropped for it: the handshake may
            // succeed all the same, and open channels need no signaling. But nobody tries again.
            PeerEvent::PeerLeft(peer) => {
                self.retries.remove(*peer);
                return;
            }
            PeerEvent::IdAssigned(_) => return,
        };
        if begins {
            let paused = self.retries.remove(peer).map(|retry| retry.whole);
            self.open(peer, event, paused, Instant::now());
        } else if let Some(link) = self.links.iter_mut().find(|link| link.peer == peer) {
            let is_answer = matches!(
                event,
                PeerEvent::Signal {
                    data: PeerSignal::Answer(_),
                    ..
                }
            );
            link.patience.progress(is_answer, Instant::now());
            link.line.tell(event);
        } else {
            self.directory.count_drop();
        }
    }

    /// Opens a socket, which begins with this event. `whole` is when all attempts are to be over,
    /// if there was one before.
    fn open(&mut self, peer: PeerId, first: PeerEvent, whole: Option<Instant>, now: Instant) {
        // An older one has ended or is given up, or the guard would not have let the event
        // through; and whoever had to make room leaves first.
        let older = self.links.extract_if(.., |link| link.peer == peer).last();
        let older = older.filter(|link| !link.is_open);
        let whole = whole.or(older.map(|link| link.patience.whole()));
        self.look_after(now);
        let ids = (self.directory.local_id(), self.directory.attempt(peer));
        let (Some(me), Some(attempt)) = ids else {
            return self.directory.count_drop();
        };
        let we_offer = matches!(first, PeerEvent::NewPeer(_));
        let requests = self.requests_in.clone();
        let (line, end) = Line::new(me, attempt, first, requests, self.directory.clone());
        let (mut socket, message_loop) = self.builder(end).build();
        let life = Life::default();
        let sides = Sides::take_out_of(&mut socket, peer, attempt, life.clone());
        if self.wires.sockets.try_send(sides).is_err() {
            // The transport has not taken its sockets for long: it does not run.
            self.directory.count_drop();
            return self.directory.set_over(peer);
        }
        let (message_loop, lifeline) = contain(peer, message_loop);
        self.links.push(Link {
            peer,
            attempt,
            we_offer,
            line,
            socket: (self.opener)(socket, message_loop),
            is_open: false,
            life,
            patience: Patience::new(whole, now),
            banned_until: None,
            _lifeline: lifeline,
        });
    }

    fn builder(&self, end: LineEnd) -> WebRtcSocketBuilder {
        WebRtcSocketBuilder::new("")
            .ice_server(self.ice.config())
            .signaller_builder(Arc::new(end))
            // The exchange keeps signaling alive, once for all.
            .signaling_keep_alive_interval(None)
            .add_unreliable_channel()
            .add_reliable_channel()
    }

    /// Sends a request on, which passes the guard on its way.
    async fn ask(&mut self, request: PeerRequest) {
        let sent = match &mut self.signaller {
            Some(signaller) => signaller.send(request).await.is_ok(),
            None => request == PeerRequest::KeepAlive,
        };
        if !sent {
            self.directory.count_drop();
        }
    }

    /// Sends a socket's request on. It may be gone by now, and another one in its place.
    async fn pass_on(&mut self, asked: Asked) {
        if let PeerRequest::Signal { receiver, data } = &asked.request {
            let link = (self.links.iter_mut())
                .find(|link| link.peer == *receiver && link.attempt == asked.attempt);
            let Some(link) = link else {
                return self.directory.count_drop();
            };
            let is_answer = matches!(data, PeerSignal::Answer(_));
            link.patience.progress(is_answer, Instant::now());
        }
        self.ask(asked.request).await;
    }

    /// Takes note of what the sockets report, and drops those that have no more use.
    fn look_after(&mut self, now: Instant) {
        let directory = &self.directory;
        let is_over = |link: &mut Link<S>| {
            let why = link.look(directory, now);
            if let Some(why) = why {
                debug!(peer = %link.peer, why, "drops a socket");
            }
            why.is_some()
        };
        let over: Vec<_> = self.links.extract_if(.., is_over).collect();
        for link in over {
            self.end(link, now);
        }
    }

    /// Drops the socket to a peer whose channels have closed.
    fn drop_link(&mut self, peer: PeerId, now: Instant) {
        debug!(%peer, "drops a socket: its channels have closed");
        let closed = self.links.extract_if(.., |link| link.peer == peer).last();
        if let Some(link) = closed {
            self.end(link, now);
        }
    }

    /// Lets a socket go. The pair is to try again, unless the peer was banned or has left.
    fn end(&mut self, link: Link<S>, now: Instant) {
        self.directory.set_over(link.peer);
        let failures = self.directory.failures(link.peer);
        if let (Some(failures), Some(_)) = (failures, &self.signaller) {
            let retry = Retry {
                peer: link.peer,
                we_offer: link.we_offer,
                failures,
                whole: link.patience.whole_after(failures, now),
            };
            self.retries.add(retry, now);
        }
    }

    /// Begins anew with peers whose sockets have failed.
    async fn try_again(&mut self, now: Instant) {
        while let Some(retry) = self.retries.next_due(now) {
            let peer = retry.peer;
            let presence = self.directory.presence(peer);
            if !matches!(presence, Some(Presence::Closed | Presence::Failed)) {
                // Banned meanwhile, or forgotten.
                continue;
            }
            if !retry.we_offer {
                debug!(%peer, "asks for another offer");
                let data = PeerSignal::Offer(AGAIN.to_owned());
                self.ask(PeerRequest::Signal {
                    receiver: peer,
                    data,
                })
                .await;
                // It may not hear of it, or still hold on to what has ended here.
                let failures = retry.failures + 1;
                self.retries.add(Retry { failures, ..retry }, now);
            } else if self.directory.admit_again(peer, now) {
                debug!(%peer, "tries again");
                self.open(peer, PeerEvent::NewPeer(peer), Some(retry.whole), now);
            }
        }
    }
}
