//! In a page: the tab's session storage, which a reload keeps and another tab does not see.
//!
//! A duplicated tab begins with a copy. Its token is that of a player who is still there, so the
//! others take it for a newcomer, and from its first seat on it keeps a token of its own.

use super::MAX_TEXT;
use js_sys::Reflect;
use wasm_bindgen::JsValue;

/// The text kept for one scene in one room: an item of the storage, whose items are properties.
pub struct Slot {
    storage: JsValue,
    key: JsValue,
}

impl Slot {
    /// The slot of the scene `index`; nothing where pages may not store anything.
    pub fn take(room: &str, index: usize) -> Option<Self> {
        let window = web_sys::window()?;
        // A page in a sandbox gets an exception instead.
        let storage = Reflect::get(&window, &"sessionStorage".into()).ok()?;
        Some(Self {
            storage: Some(storage).filter(JsValue::is_object)?,
            key: format!("peerball seat {index} {room}").into(),
        })
    }

    /// What is kept; empty when nothing is.
    pub fn read(&mut self) -> String {
        let item = Reflect::get(&self.storage, &self.key).ok();
        item.and_then(|item| item.as_string())
            .filter(|text| text.len() <= MAX_TEXT)
            .unwrap_or_default()
    }

    /// Keeps `text` instead. A storage that is full keeps what it has.
    pub fn write(&mut self, text: &str) {
        let _ = Reflect::set(&self.storage, &self.key, &text.into());
    }
}
