//! What comes from other peers: each packet is judged by its sender's place in the room, and
//! whoever sends what no honest peer sends is banned in the end.

use super::*;
use crate::session::Words;

impl<S: Simulation> Room<S> {
    pub(super) fn receive(
        &mut self,
        from: PeerId,
        channel: Channel,
        packet: &[u8],
        awake: Duration,
    ) {
        let Some(peer) = self.peers.meet(from, self.now) else {
            self.dropped += 1;
            return;
        };
        peer.bytes_in += packet.len() as u64;
        let stage = peer.stage;
        if stage == Stage::Gone {
            // A goodbye comes on both channels.
            self.dropped += u64::from(packet != LEAVE);
            return;
        }
        if !peer.may_send(channel, awake, self.now) {
            return self.count_offence(from, BanReason::Flooding);
        }
        if channel == Channel::Unreliable {
            return self.receive_datagram(from, packet);
        }
        let Ok(message) = Message::decode(packet) else {
            return self.offend(from);
        };
        peer.heard = self.now;
        match message {
            Message::Hello(hello) => self.receive_hello(from, hello),
            Message::Refuse(refusal) => self.receive_refusal(from, refusal),
            Message::Leave => self.part_with(from),
            // Words for a lobby that we have not entered yet, or again: its peer will say
            // hello, and repeats its line after that.
            Message::Statement(numbered) if stage != Stage::Here => {
                self.pass_statement(from, numbered.number);
            }
            _ if stage != Stage::Here => self.dropped += 1,
            Message::Lobby(line) => self.receive_line(from, line),
            Message::Statement(numbered) => self.receive_statement(from, numbered),
            Message::Chat(text) => self.hear(from, Words::Text(text), awake),
            Message::Emote(emote) => self.hear(from, Words::Emote(emote), awake),
            Message::Join(join) => self.receive_join(from, join),
            Message::Snapshot(chunk) => self.receive_chunk(from, chunk),
            Message::ChunkCame { transfer, index } => {
                self.receive_chunk_came(from, transfer, index);
            }
            Message::Listen(listen) => self.receive_listen(from, listen),
            Message::Watch(watch) => self.receive_watch(from, watch),
            Message::Feed(feed) => self.receive_feed(from, feed),
            Message::Seated(seated) => self.receive_seated(from, seated),
            Message::KeepsUp { match_id } => self.receive_keeps_up(from, match_id),
        }
    }

    /// Counts a packet that no honest peer would have sent.
    pub(super) fn offend(&mut self, from: PeerId) {
        self.count_offence(from, BanReason::Malformed);
    }

    pub(super) fn count_offence(&mut self, from: PeerId, what: BanReason) {
        self.dropped += 1;
        let Some(peer) = self.peers.get_mut(from) else {
            return;
        };
        peer.offences += 1;
        if peer.offences >= MAX_OFFENCES {
            tracing::warn!(%from, "banned after {MAX_OFFENCES} offences, the last one {what}");
            self.ban(from, what);
        }
    }

    /// Wants nothing of a peer any more.
    pub(super) fn ban(&mut self, id: PeerId, reason: BanReason) {
        self.lose(id, |name| Notice::Banned { name, reason });
    }

    /// A peer said that it leaves.
    pub(super) fn part_with(&mut self, id: PeerId) {
        if let Some(peer) = self.peers.get_mut(id) {
            peer.has_left = true;
        }
        self.lose(id, Notice::Left);
    }

    /// A peer is gone for good.
    pub(super) fn lose(&mut self, id: PeerId, how: impl FnOnce(String) -> Notice) {
        self.bans.push(id);
        self.miss(id, false, how);
    }

    /// The connection to a peer has ended. It may return over another one.
    pub(super) fn lose_for_now(&mut self, id: PeerId) {
        if self.peers.get(id).is_some_and(|p| p.stage != Stage::Gone) {
            self.miss(id, true, Notice::Gone);
        }
    }

    fn miss(&mut self, id: PeerId, may_return: bool, how: impl FnOnce(String) -> Notice) {
        let Some(peer) = self.peers.get_mut(id) else {
            return;
        };
        let was = peer.stage;
        let name = peer.name.clone();
        peer.enter(Stage::Gone, self.now);
        peer.may_return = may_return;
        if let Some(play) = &mut self.play {
            play.core.unlisten(id);
            play.agreement.remove_joiner(id);
        }
        if was == Stage::Here {
            self.notify(how(name));
            self.change_line();
        }
    }
}
