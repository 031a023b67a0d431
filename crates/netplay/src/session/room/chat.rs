//! Lines of text between the players of a room.

use super::*;

impl<S: Simulation> Room<S> {
    pub(super) fn say(&mut self, text: &str) {
        let text = clean_text(text, MAX_CHAT_BYTES);
        if text.is_empty() {
            return;
        }
        self.send_to_all(&Message::Chat(text.clone()));
        self.keep_chat(self.config.name.clone(), text);
    }

    pub(super) fn hear(&mut self, from: PeerId, text: &str) {
        let Some(peer) = self.peers.get_mut(from) else {
            return;
        };
        let text = clean_text(text, MAX_CHAT_BYTES);
        if text.is_empty() || !peer.chat.take(self.now, self.now) {
            self.dropped += 1;
            return;
        }
        let name = peer.shown_name().to_owned();
        self.keep_chat(name, text);
    }

    pub(super) fn keep_chat(&mut self, name: String, text: String) {
        if self.chat.len() == MAX_CHAT_LINES {
            self.chat.pop_front();
        }
        self.chat.push_back((name, text));
        self.changed = true;
    }
}
