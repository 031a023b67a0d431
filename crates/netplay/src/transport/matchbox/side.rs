//! The two channels of one peer's socket, as its transport holds them.

use crate::transport::Channel;
use bytes::Bytes;
use futures::{
    Stream,
    channel::mpsc::{UnboundedReceiver, UnboundedSender},
    task::AtomicWaker,
};
use matchbox_socket::{WebRtcChannel, WebRtcSocket};
use protocol::{
    PeerId,
    limits::{MAX_DATAGRAM_BYTES, MAX_RELIABLE_BYTES},
};
use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

/// matchbox's index of [`Channel::Unreliable`].
const UNRELIABLE: usize = 0;

/// matchbox's index of [`Channel::Reliable`].
const RELIABLE: usize = 1;

/// Packets that wait on a channel for a message loop that does not run. At the bound further
/// ones are dropped and counted.
pub const MAX_QUEUED_PACKETS: usize = 1024;

/// Both channels to one peer.
pub(super) struct Sides {
    pub(super) peer: PeerId,
    /// The number of the socket among its peer's.
    pub(super) attempt: u32,
    unreliable: Side,
    reliable: Side,
    /// Which channel is asked first: they take turns, so that neither holds the other up.
    reliable_next: bool,
    was_heard: bool,
    life: Life,
}

/// Whether a socket lives: its exchange writes it, its transport reads it. A clone is another
/// handle on the same.
#[derive(Clone, Default)]
pub(super) struct Life(Arc<Milestones>);

#[derive(Default)]
struct Milestones {
    has_ended: AtomicBool,
    /// Wakes the transport for the end.
    waker: AtomicWaker,
}

impl Life {
    /// Notes that it is dropped. The channels do not tell: on the web matchbox never lets go of
    /// their other ends.
    pub(super) fn end(&self) {
        self.0.has_ended.store(true, Ordering::Release);
        self.0.waker.wake();
    }
}

impl Sides {
    /// Takes both channels out of the `attempt`th socket to `peer`.
    pub(super) fn take_out_of(
        socket: &mut WebRtcSocket,
        peer: PeerId,
        attempt: u32,
        life: Life,
    ) -> Self {
        #[expect(
            clippy::expect_used,
            reason = "the exchange gives each socket both channels, and calls this once for it"
        )]
        let mut take = |index| socket.take_channel(index).expect("the channel was added");
        Self {
            peer,
            attempt,
            unreliable: Side::new(take(UNRELIABLE), MAX_DATAGRAM_BYTES),
            reliable: Side::new(take(RELIABLE), MAX_RELIABLE_BYTES),
            reliable_next: true,
            was_heard: false,
            life,
        }
    }

    /// Queues a packet; false when it is too long or too many wait.
    pub(super) fn send(&mut self, channel: Channel, packet: Bytes) -> bool {
        let side = match channel {
            Channel::Unreliable => &mut self.unreliable,
            Channel::Reliable => &mut self.reliable,
        };
        packet.len() <= side.max_bytes
            && side.packets_out.len() < MAX_QUEUED_PACKETS
            && side.packets_out.unbounded_send((self.peer, packet)).is_ok()
    }

    /// The next packet of either channel, and whether it keeps its channel's bound.
    pub(super) fn receive(&mut self) -> Option<(Channel, Bytes, bool)> {
        let reliable_first = self.reliable_next;
        self.reliable_next = !reliable_first;
        [reliable_first, !reliable_first]
            .into_iter()
            .find_map(|reliable| {
                let (side, channel) = match reliable {
                    true => (&mut self.reliable, Channel::Reliable),
                    false => (&mut self.unreliable, Channel::Unreliable),
                };
                let packet = side.take()?;
                self.was_heard = true;
                let fits = packet.len() <= side.max_bytes;
                Some((channel, packet, fits))
            })
    }

    /// Whether a packet waits, or the end; wakes the task otherwise.
    pub(super) fn poll_ready(&mut self, context: &mut Context<'_>) -> bool {
        self.life.0.waker.register(context.waker());
        // Both are asked, so that both wake the task.
        let (unreliable, reliable) = (
            self.unreliable.poll_ready(context),
            self.reliable.poll_ready(context),
        );
        unreliable || reliable || self.has_ended()
    }

    /// Whether a packet has ever come over its channels.
    pub(super) fn was_heard(&self) -> bool {
        self.was_heard
    }

    /// Whether its socket is dropped, and all that came before has been taken.
    pub(super) fn has_ended(&mut self) -> bool {
        self.life.0.has_ended.load(Ordering::Acquire)
            && self.unreliable.is_empty()
            && self.reliable.is_empty()
    }
}

/// One of a socket's channels.
struct Side {
    packets_out: UnboundedSender<(PeerId, Bytes)>,
    packets_in: UnboundedReceiver<(PeerId, Bytes)>,
    /// A packet that was taken out to see whether there is one.
    seen: Option<Bytes>,
    max_bytes: usize,
}

impl Side {
    fn new(channel: WebRtcChannel, max_bytes: usize) -> Self {
        let (packets_out, packets_in) = channel.split();
        Self {
            packets_out,
            packets_in,
            seen: None,
            max_bytes,
        }
    }

    fn take(&mut self) -> Option<Bytes> {
        let next = || self.packets_in.try_recv().ok().map(|(_, packet)| packet);
        self.seen.take().or_else(next)
    }

    fn is_empty(&mut self) -> bool {
        self.seen = self.take();
        self.seen.is_none()
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> bool {
        if self.seen.is_none()
            && let Poll::Ready(packet) = Pin::new(&mut self.packets_in).poll_next(context)
        {
            // At the channel's end there is nothing, and nothing to wait for.
            self.seen = packet.map(|(_, packet)| packet);
        }
        self.seen.is_some()
    }
}
