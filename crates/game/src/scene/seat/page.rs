//! In a page: the tab's session storage, which a reload keeps and another tab does not see.
//!
//! A duplicated tab begins with a copy. Its token is that of a player who is still there, so the
//! others take it for a newcomer, and from its first seat on it keeps a token of its own.

use super::MAX_TEXT;
use crate::storage::Item;

/// The text kept for one scene in one room.
pub struct Slot(Item);

impl Slot {
    /// The slot of the scene `index`; nothing where pages may not store anything.
    pub fn take(room: &str, index: usize) -> Option<Self> {
        Item::of("sessionStorage", &format!("seat {index} {room}")).map(Self)
    }

    /// What is kept; empty when nothing is.
    pub fn read(&mut self) -> String {
        self.0
            .read()
            .filter(|text| text.len() <= MAX_TEXT)
            .unwrap_or_default()
    }

    /// Keeps `text` instead. A storage that is full keeps what it has.
    pub fn write(&mut self, text: &str) {
        self.0.write(text);
    }
}
