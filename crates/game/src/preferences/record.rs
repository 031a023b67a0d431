//! Preferences as text: a small JSON object with a version.
//!
//! What equals the system's own wish is not written: a player who never touched "reduced motion"
//! follows the system when it changes.

use super::Preferences;
use protocol::{limits::MAX_NAME_BYTES, peer::clean_text};
use serde_json::{Map, Value};

/// Bytes of a kept text. A longer one is none of ours.
pub const MAX_TEXT: usize = 4_096;

/// The version of what is kept. A change of meaning raises it; a new preference does not, since
/// the system's stands in for what is missing.
const VERSION: u64 = 1;

/// Where the version stands.
const VERSION_KEY: &str = "version";

/// The fields of preferences.
fn fields(preferences: &Preferences) -> Map<String, Value> {
    match serde_json::to_value(preferences) {
        Ok(Value::Object(fields)) => fields,
        // A plain structure is an object.
        _ => Map::new(),
    }
}

/// Writes what differs from `system`.
pub fn write(preferences: &Preferences, system: &Preferences) -> String {
    let same = fields(system);
    let mut kept = fields(preferences);
    kept.retain(|key, value| same.get(key) != Some(value));
    kept.insert(VERSION_KEY.into(), VERSION.into());
    Value::Object(kept).to_string()
}

/// Reads what [`write`] wrote: nothing if it is none of ours or of another version. What is
/// unknown is passed over, and what is out of bounds is brought into them.
pub fn read(text: &str, system: &Preferences) -> Option<Preferences> {
    if text.len() > MAX_TEXT {
        return None;
    }
    let Ok(Value::Object(kept)) = serde_json::from_str(text) else {
        return None;
    };
    if kept.get(VERSION_KEY) != Some(&VERSION.into()) {
        return None;
    }
    let mut all = fields(system);
    all.extend(kept);
    let mut preferences: Preferences = serde_json::from_value(Value::Object(all)).ok()?;
    preferences.name = clean_text(preferences.name.trim(), MAX_NAME_BYTES);
    let volume = &mut preferences.volume;
    for part in [&mut volume.overall, &mut volume.effects, &mut volume.music] {
        if !part.is_finite() {
            return None;
        }
        *part = part.clamp(0.0, 1.0);
    }
    Some(preferences)
}

#[cfg(test)]
mod tests {
    use super::super::{Language, Quality, Volume};
    use super::*;

    fn chosen() -> Preferences {
        Preferences {
            name: "Jörg \"the wall\"".into(),
            volume: Volume {
                overall: 0.25,
                effects: 0.0,
                music: 1.0,
            },
            reduced_motion: true,
            high_contrast: true,
            hide_chat: true,
            left_handed: true,
            language: Language::German,
            quality: Quality::Low,
            taught: true,
        }
    }

    #[test]
    fn preferences_read_as_they_were_written() {
        let system = Preferences::default();
        for preferences in [chosen(), Preferences::default()] {
            let text = write(&preferences, &system);
            assert_eq!(read(&text, &system), Some(preferences));
        }
    }

    #[test]
    fn what_the_player_left_alone_follows_the_system() {
        let text = write(&Preferences::default(), &Preferences::default());
        let system = Preferences {
            reduced_motion: true,
            ..Preferences::default()
        };
        assert_eq!(read(&text, &system), Some(system.clone()));
        let chosen = Preferences::default();
        let text = write(&chosen, &system);
        assert_eq!(read(&text, &system), Some(chosen));
    }

    #[test]
    fn what_is_none_of_ours_is_none() {
        let system = Preferences::default();
        let good = write(&chosen(), &system);
        let long = format!("{good}{}", " ".repeat(MAX_TEXT));
        let deep = "[".repeat(MAX_TEXT - 1);
        let hostile = [
            "",
            "{}",
            "null",
            "[1]",
            "\u{0}\u{ffff}",
            "{\"version\":0}",
            "{\"version\":2}",
            "{\"version\":\"1\"}",
            "{\"version\":1,\"name\":7}",
            "{\"version\":1,\"volume\":{\"overall\":1e999,\"effects\":1,\"music\":1}}",
            "{\"version\":1,\"volume\":{\"overall\":1e99,\"effects\":1,\"music\":1}}",
            "{\"version\":1,\"volume\":{}}",
            "{\"version\":1,\"language\":\"klingon\"}",
            "{\"version\":1,\"quality\":{\"auto\":1}}",
            &good[..good.len() / 2],
            &long,
            &deep,
        ];
        for text in hostile {
            assert_eq!(read(text, &system), None, "{text:.80}");
        }
    }

    #[test]
    fn what_is_out_of_bounds_is_brought_into_them() {
        let text = format!(
            "{{\"version\":1,\"unknown\":[1],\"name\":\" \\u0007{}\",\
             \"volume\":{{\"overall\":-3,\"effects\":7,\"music\":0.5}}}}",
            "x".repeat(999)
        );
        let read = read(&text, &Preferences::default()).unwrap();
        assert_eq!(read.name.len(), MAX_NAME_BYTES);
        let volume = Volume {
            overall: 0.0,
            effects: 1.0,
            music: 0.5,
        };
        assert_eq!(read.volume, volume);
    }
}
