//! Writes datagrams: each says all that its receiver is not known to have.

use super::Core;
use protocol::{
    PeerId, Simulation,
    datagram::{Datagram, NUMBERS, StreamPart},
};
use std::time::Duration;

/// Every so many datagrams to a peer, one carries the newest checksum: with 60 a second and a
/// fifth of them lost, one comes through within a quarter of a second all but surely.
const CHECKSUM_EVERY: u64 = 4;

impl<S: Simulation> Core<S> {
    /// The next datagram that is to go now, and to whom; nothing when all are told.
    ///
    /// After each step everybody is told, otherwise (while waiting, or after the match) every
    /// 50 ms, so that whatever is lost is made good and the others can go on.
    pub fn poll_datagram(&mut self, now: Duration) -> Option<(PeerId, Vec<u8>)> {
        let index = self.peers.iter().position(|peer| peer.send_at() <= now)?;
        let peer = &self.peers[index];
        let (lag, stamp, echo) = peer.times(now);
        let checksum = peer.datagrams.is_multiple_of(CHECKSUM_EVERY);
        let streams = self.own_streams().map(|(seat, stream)| {
            let first = peer.acknowledged[seat];
            StreamPart {
                seat: seat as u8,
                first,
                // Kept as long as they are not acknowledged; without words, the part is left out.
                words: stream.words_from(first).unwrap_or_default(),
            }
        });
        let mut datagram = Datagram {
            view: self.view.id,
            frame: self.frame(),
            phase: (self.clock.phase(now).max(0.0) * 255.0) as u8,
            lag,
            stamp,
            number: (peer.datagrams % u64::from(NUMBERS)) as u8,
            echo,
            checksum: self.checksums.newest().filter(|_| checksum),
            reign: self.reign(),
            frontiers: self.frontiers(),
            streams: streams.collect(),
        };
        let bytes = datagram.encode();
        let peer = &mut self.peers[index];
        peer.sending(now);
        for part in &datagram.streams {
            let sent = &mut peer.sent[usize::from(part.seat)];
            *sent = (*sent).max(part.end());
        }
        self.stats.datagrams_out += 1;
        self.stats.longest_datagram = self.stats.longest_datagram.max(bytes.len());
        Some((peer.id, bytes))
    }

    /// Per seat, how far its inputs are known. Of a bot's seat that is where the last driver's
    /// end, if it had one: whoever has not heard of the change must not take it for a sign that
    /// further ones are known here. Otherwise it is our own frame, which costs a byte; but nothing
    /// past the horizon, since whoever is given the seat from there on may not be known here yet.
    fn frontiers(&self) -> Vec<protocol::Frame> {
        let bot = self.frame().min(self.horizon());
        let known = (self.streams.iter()).map(|stream| match (stream.driver(), stream.since()) {
            (Some(_), _) => stream.end(),
            (None, 0) => bot,
            (None, since) => since.min(bot),
        });
        known.collect()
    }
}
