//! Text for the system's clipboard.

use bevy::prelude::*;

/// The system's clipboard.
#[derive(Resource, Default)]
pub struct Clipboard {
    /// On some systems a clipboard's text is gone with the program's hold on it.
    #[cfg(not(target_arch = "wasm32"))]
    held: Option<arboard::Clipboard>,
}

impl Clipboard {
    /// Puts a text there. Where the system refuses, what was there stays.
    pub fn put(&mut self, text: &str) {
        #[cfg(target_arch = "wasm32")]
        crate::web::copy(text);
        #[cfg(not(target_arch = "wasm32"))]
        {
            if self.held.is_none() {
                self.held = arboard::Clipboard::new().ok();
            }
            let put = self.held.as_mut().map(|held| held.set_text(text));
            if !matches!(put, Some(Ok(()))) {
                warn!("the system's clipboard takes no text");
            }
        }
    }
}
