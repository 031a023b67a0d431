//! What a page may keep: items of the browser's storages.

use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};

/// An item of a storage, whose items are properties. All pages of one origin share them, and several
/// games may be on one: so each key begins with the game's name.
pub struct Item {
    storage: JsValue,
    key: JsValue,
}

impl Item {
    /// The game's item `key` of `localStorage` or `sessionStorage`; nothing where pages may not
    /// store anything.
    pub fn of(storage: &str, key: &str) -> Option<Self> {
        let window = web_sys::window()?;
        // A page in a sandbox gets an exception instead.
        let storage = Reflect::get(&window, &storage.into()).ok()?;
        Some(Self {
            storage: Some(storage).filter(JsValue::is_object)?,
            key: format!(concat!(protocol::name!(), " {}"), key).into(),
        })
    }

    /// Its key, as a player finds it in the browser's tools.
    pub fn key(&self) -> String {
        self.key.as_string().unwrap_or_default()
    }

    /// What is kept, if anything is.
    pub fn read(&self) -> Option<String> {
        Reflect::get(&self.storage, &self.key).ok()?.as_string()
    }

    /// Keeps `text` instead. A storage that is full keeps what it has.
    pub fn write(&self, text: &str) {
        let _ = Reflect::set(&self.storage, &self.key, &text.into());
    }

    /// Keeps nothing any more.
    pub fn remove(&self) {
        if let Some(storage) = self.storage.dyn_ref::<js_sys::Object>() {
            // Only a frozen object would refuse.
            let _ = Reflect::delete_property(storage, &self.key);
        }
    }
}
