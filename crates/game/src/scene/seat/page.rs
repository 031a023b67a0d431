//! In a page: the tab's session storage, which a reload keeps and another tab does not see.
//!
//! A duplicated tab begins with a copy. Its token is that of a player who is still there, so the
//! others take it for a newcomer, and from its first seat on it keeps a token of its own.

use super::MAX_TEXT;
use web_sys::Storage;

/// The text kept for one scene in one room.
pub struct Slot {
    storage: Storage,
    key: String,
}

impl Slot {
    /// The slot of the scene `index`; nothing where pages may not store anything.
    pub fn take(room: &str, index: usize) -> Option<Self> {
        let storage = web_sys::window()?.session_storage().ok()??;
        Some(Self {
            storage,
            key: format!("peerball seat {index} {room}"),
        })
    }

    /// What is kept; empty when nothing is.
    pub fn read(&mut self) -> String {
        let text = self.storage.get_item(&self.key).ok().flatten();
        text.filter(|text| text.len() <= MAX_TEXT)
            .unwrap_or_default()
    }

    /// Keeps `text` instead. A storage that is full keeps what it has.
    pub fn write(&mut self, text: &str) {
        let _ = self.storage.set_item(&self.key, text);
    }
}
