//! Text for the system's clipboard.

use bevy::{ecs::system::SystemParam, prelude::*};

#[cfg(not(target_arch = "wasm32"))]
pub(super) fn plugin(app: &mut App) {
    app.init_resource::<Held>();
}

#[cfg(target_arch = "wasm32")]
pub(super) fn plugin(_: &mut App) {}

/// On some systems a clipboard's text is gone with the program's hold on it.
#[cfg(not(target_arch = "wasm32"))]
#[derive(Resource, Default)]
struct Held(Option<arboard::Clipboard>);

/// The system's clipboard.
#[derive(SystemParam)]
pub struct Clipboard<'w> {
    #[cfg(not(target_arch = "wasm32"))]
    held: ResMut<'w, Held>,
    #[cfg(target_arch = "wasm32")]
    _marker: std::marker::PhantomData<&'w ()>,
}

impl Clipboard<'_> {
    /// Puts a text there. Where the system refuses, it stays as it was.
    pub fn put(&mut self, text: &str) {
        #[cfg(target_arch = "wasm32")]
        crate::web::copy(text);
        #[cfg(not(target_arch = "wasm32"))]
        {
            if self.held.0.is_none() {
                self.held.0 = arboard::Clipboard::new().ok();
            }
            let put = self.held.0.as_mut().map(|held| held.set_text(text));
            if !matches!(put, Some(Ok(()))) {
                warn!("the system's clipboard takes no text");
            }
        }
    }
}
