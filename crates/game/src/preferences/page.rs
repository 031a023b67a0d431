//! In a page: its local storage, which all tabs of the same origin share.

use super::{Language, Preferences, record::MAX_TEXT};
use crate::{storage::Item, web::matches};

/// The key under which preferences are kept; `assets/page.js` looks the language up there.
const KEY: &str = "preferences";

/// The key of what could not be read.
const ASIDE_KEY: &str = "preferences aside";

/// The item of the preferences, and the one for what could not be read.
pub struct Store {
    item: Item,
    aside: Item,
}

/// What the system prefers, as the browser tells it.
pub fn of_system() -> Preferences {
    let Some(window) = web_sys::window() else {
        return Preferences::default();
    };
    let tag = window.navigator().language().unwrap_or_default();
    Preferences {
        reduced_motion: matches("(prefers-reduced-motion: reduce)"),
        high_contrast: matches("(prefers-contrast: more)"),
        language: Language::of_tag(&tag),
        ..Preferences::default()
    }
}

impl Store {
    /// This origin's; nothing where pages may not store anything.
    pub fn of_player() -> Option<Self> {
        Some(Self {
            item: Item::of("localStorage", KEY)?,
            aside: Item::of("localStorage", ASIDE_KEY)?,
        })
    }

    /// What is kept; of a text that is too long, as much as shows it.
    pub fn read(&mut self) -> Option<String> {
        let text = self.item.read()?;
        Some(text.chars().take(MAX_TEXT + 1).collect())
    }

    /// Keeps `text` instead. A storage that is full keeps what it has.
    pub fn write(&mut self, text: &str) {
        self.item.write(text);
    }

    /// Moves what is there to another key, and says to which.
    pub fn put_aside(&mut self) -> String {
        if let Some(text) = self.item.read() {
            self.aside.write(&text);
        }
        self.item.remove();
        self.aside.key()
    }
}
