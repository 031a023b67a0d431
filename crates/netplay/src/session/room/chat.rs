//! What the players of a room say: lines of text and emotes. Bounded on both ends, and without
//! those whom our player does not want to hear.

use super::*;
use crate::session::{Said, Words};

impl<S: Simulation> Room<S> {
    /// Says a line to everybody.
    pub(super) fn say(&mut self, text: &str) {
        let text = clean_text(text, MAX_CHAT_BYTES);
        if !text.is_empty() && self.may_speak() {
            self.send_to_all(&Message::Chat(text.clone()));
            self.keep_own(Words::Text(text));
        }
    }

    /// Shows everybody an emote.
    pub(super) fn emote(&mut self, emote: u8) {
        if emote < MAX_EMOTES && self.may_speak() {
            self.send_to_all(&Message::Emote(emote));
            self.keep_own(Words::Emote(emote));
        }
    }

    /// Whether our player may say one more thing now; if not, it is told so.
    fn may_speak(&mut self) -> bool {
        let allowed = self.speech.take(self.now, self.now);
        if !allowed {
            self.notify(Notice::TooMuchSaid);
        }
        allowed
    }

    fn keep_own(&mut self, words: Words) {
        if let Some(me) = self.id {
            self.keep_said(me, self.config.name.clone(), words);
        }
    }

    /// Hears a line or an emote. `awake` is when we last listened: what came since then did not
    /// come at once.
    pub(super) fn hear(&mut self, from: PeerId, words: Words, awake: Duration) {
        let Some(peer) = self.peers.get_mut(from) else {
            return;
        };
        if !peer.speech.take(awake, self.now) {
            return self.count_offence(from, BanReason::Chatting);
        }
        let words = match words {
            Words::Text(text) => Words::Text(clean_text(&text, MAX_CHAT_BYTES)),
            emote @ Words::Emote(_) => emote,
        };
        if words == Words::Text(String::new()) {
            self.dropped += 1;
            return;
        }
        let name = peer.name.clone();
        if !self.is_muted(from) {
            self.keep_said(from, name, words);
        }
    }

    fn keep_said(&mut self, from: PeerId, name: String, words: Words) {
        if self.said.len() == MAX_SAID {
            self.said.pop_front();
        }
        let number = self.next_said;
        self.next_said += 1;
        self.said.push_back(Said {
            number,
            from,
            is_me: Some(from) == self.id,
            name,
            words,
        });
        self.changed = true;
    }

    /// Hears a player no more, and forgets what it said; or hears it again.
    pub(super) fn set_muted(&mut self, id: PeerId, muted: bool) {
        let Some(peer) = self.peers.get_mut(id) else {
            return;
        };
        peer.muted = muted;
        let claims: Vec<Claim> = peer.claims().collect();
        self.muted.retain(|known| !claims.contains(known));
        if muted {
            self.muted.extend(claims);
            let excess = self.muted.len().saturating_sub(MAX_MUTED);
            self.muted.drain(..excess);
            self.said.retain(|said| said.from != id);
        }
        self.changed = true;
    }

    /// A player has told or shown who it is: whoever was muted before a reload still is, under
    /// whatever name.
    pub(super) fn keep_muted(&mut self, id: PeerId) {
        let claims = self
            .peers
            .get(id)
            .into_iter()
            .flat_map(|peer| peer.claims());
        let is_known = claims.into_iter().any(|claim| self.muted.contains(&claim));
        if is_known && !self.is_muted(id) {
            self.set_muted(id, true);
        }
    }

    /// Whether our player does not want to hear this one.
    pub(super) fn is_muted(&self, id: PeerId) -> bool {
        self.peers.get(id).is_some_and(|peer| peer.muted)
    }
}
