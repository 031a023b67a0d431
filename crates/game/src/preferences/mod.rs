//! What a player prefers, kept from one start to the next: a file of the platform's config folder,
//! or an item of the page's local storage.
//!
//! [`Preferences`] is a resource that anything may read and the settings screen writes. What is
//! kept is `record`'s text; nothing in it is trusted.

#[cfg(not(target_arch = "wasm32"))]
mod file;
#[cfg(target_arch = "wasm32")]
mod page;
mod record;

#[cfg(not(target_arch = "wasm32"))]
use file as target;
#[cfg(target_arch = "wasm32")]
use page as target;

use bevy::prelude::*;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use target::Store;

pub(super) fn plugin(app: &mut App) {
    let system = target::of_system();
    let mut store = Store::of_player();
    let loaded = store.as_mut().map(|store| load(store, &system));
    let (preferences, put_aside) = loaded.unwrap_or_else(|| (system.clone(), None));
    app.insert_resource(Desk {
        kept: preferences.clone(),
        seen: preferences.clone(),
        waited: Duration::ZERO,
        store,
        system,
    })
    .insert_resource(preferences)
    .insert_resource(PutAside(put_aside))
    .add_systems(Last, keep);
}

/// What a player prefers.
#[derive(Resource, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Preferences {
    /// The name in rooms, at most `MAX_NAME_BYTES` bytes; empty if none was given.
    pub name: String,
    /// How loud things are.
    pub volume: Volume,
    /// No shaking, no flashes, no trails: what happens is shown without movement for its own sake.
    pub reduced_motion: bool,
    /// Stronger outlines and plain grounds.
    pub high_contrast: bool,
    /// Neither lines of chat nor emotes are shown, and none are sent.
    pub hide_chat: bool,
    /// On the glass, the left thumb has the buttons and the right one steers.
    pub left_handed: bool,
    /// The language of all screens.
    pub language: Language,
    /// How much the picture may cost.
    pub quality: Quality,
    /// Whether the player has had the first lesson, or did not want it.
    pub taught: bool,
}

/// How loud things are, each from 0 (silent) to 1 (full).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Volume {
    /// Multiplies the others.
    pub overall: f32,
    /// What happens in a match, and clicks.
    pub effects: f32,
    /// The loop behind it.
    pub music: f32,
}

impl Default for Volume {
    fn default() -> Self {
        Self {
            overall: 0.8,
            effects: 1.0,
            music: 0.5,
        }
    }
}

/// A language that all screens can be shown in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    #[default]
    English,
    /// German.
    German,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// The language of a tag such as `de-AT` or `de_AT.UTF-8`; English if there is no better one.
    pub fn of_tag(tag: &str) -> Self {
        let primary = tag.split(['-', '_', '.']).next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("de") {
            Self::German
        } else {
            Self::English
        }
    }
}

/// How much the picture may cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Quality {
    /// As much as this machine draws in time.
    #[default]
    Auto,
    /// Little: for software renderers and old phones.
    Low,
    /// Everything.
    High,
}

impl Quality {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Low, Self::High];
}

/// Where preferences went that could not be read; nothing if they could, or there were none. The
/// title tells it.
#[derive(Resource, Clone, Debug, Default, PartialEq, Eq)]
pub struct PutAside(pub Option<String>);

/// How long preferences rest before they are kept: a slider that is dragged writes once.
const REST: Duration = Duration::from_millis(300);

/// Keeps the preferences where they belong.
#[derive(Resource)]
struct Desk {
    /// Nothing where nothing can be kept.
    store: Option<Store>,
    /// What the system prefers: what the player left alone follows it.
    system: Preferences,
    /// What was kept last.
    kept: Preferences,
    /// What was seen last, and for how long it has not changed.
    seen: Preferences,
    waited: Duration,
}

impl Desk {
    /// Whether these are to be kept now, `passed` after they were looked at before.
    fn is_due(&mut self, preferences: &Preferences, passed: Duration) -> bool {
        if self.seen != *preferences {
            self.seen.clone_from(preferences);
            self.waited = Duration::ZERO;
        } else if self.kept != *preferences {
            self.waited += passed;
        }
        self.kept != *preferences && self.waited >= REST
    }

    fn keep(&mut self, preferences: &Preferences) {
        // A place that is full is not asked again and again.
        self.kept.clone_from(preferences);
        if let Some(store) = &mut self.store {
            store.write(&record::write(preferences, &self.system));
        }
    }
}

/// Reads what is kept, and where it went if it is no such thing.
fn load(store: &mut Store, system: &Preferences) -> (Preferences, Option<String>) {
    match store.read() {
        None => (system.clone(), None),
        Some(text) => match record::read(&text, system) {
            Some(preferences) => (preferences, None),
            None => (system.clone(), Some(store.put_aside())),
        },
    }
}

fn keep(
    preferences: Res<Preferences>,
    time: Res<Time<Real>>,
    exits: MessageReader<AppExit>,
    mut desk: ResMut<Desk>,
) {
    let desk = desk.bypass_change_detection();
    let is_due = desk.is_due(&preferences, time.delta());
    let is_last = !exits.is_empty() && desk.kept != *preferences;
    if is_due || is_last {
        desk.keep(&preferences);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_looks_for_the_language_under_the_games_own_key() {
        let page = include_str!("../../../../assets/page.js");
        let asks = concat!(
            "localStorage.getItem('",
            protocol::name!(),
            " preferences')"
        );
        assert!(page.contains(asks), "{asks}");
    }

    #[test]
    fn changes_are_kept_once_when_they_rest() {
        let mut desk = Desk {
            store: None,
            system: Preferences::default(),
            kept: Preferences::default(),
            seen: Preferences::default(),
            waited: Duration::ZERO,
        };
        let mut wanted = Preferences::default();
        assert!(!desk.is_due(&wanted, REST * 2));
        for volume in [0.1, 0.2, 0.3] {
            wanted.volume.overall = volume;
            assert!(!desk.is_due(&wanted, REST * 2), "it moves");
        }
        assert!(!desk.is_due(&wanted, REST / 2));
        assert!(desk.is_due(&wanted, REST / 2));
        desk.keep(&wanted);
        assert!(!desk.is_due(&wanted, REST * 2));
    }

    #[test]
    fn languages_are_known_by_their_tags() {
        for tag in ["de", "de-AT", "de_CH.UTF-8", "DE"] {
            assert_eq!(Language::of_tag(tag), Language::German, "{tag}");
        }
        for tag in ["", "en-GB", "den", "fr", "C.UTF-8", "\u{0}"] {
            assert_eq!(Language::of_tag(tag), Language::English, "{tag}");
        }
    }
}
