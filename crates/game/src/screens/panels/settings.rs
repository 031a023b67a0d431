//! The settings: each widget writes a preference as soon as it is touched.

use super::back;
use crate::{
    preferences::{Language, Preferences, Quality},
    screens::widgets::{choice, chosen, setting, slider, switch, text},
    text::Words,
    theme::{self, size},
};
use bevy::{
    prelude::*,
    ui_widgets::{Activate, ValueChange, observe},
};

pub(super) fn contents(words: &Words, preferences: &Preferences) -> impl Bundle + use<> {
    let names = &words.settings;
    let volume = preferences.volume;
    let states = [names.off, names.on];
    children![
        text(words.common.settings, size::HEADING, theme::TEXT),
        setting(
            names.overall,
            (
                slider(volume.overall),
                slides(|preferences| &mut preferences.volume.overall)
            )
        ),
        setting(
            names.effects,
            (
                slider(volume.effects),
                slides(|preferences| &mut preferences.volume.effects)
            )
        ),
        setting(
            names.music,
            (
                slider(volume.music),
                slides(|preferences| &mut preferences.volume.music)
            )
        ),
        setting(
            names.quality,
            (
                choice(quality_name(words, preferences.quality)),
                observe(next_quality)
            )
        ),
        setting(
            names.reduced_motion,
            (
                switch(preferences.reduced_motion, states),
                switches(|preferences| &mut preferences.reduced_motion)
            )
        ),
        setting(
            names.high_contrast,
            (
                switch(preferences.high_contrast, states),
                switches(|preferences| &mut preferences.high_contrast)
            )
        ),
        setting(
            names.language,
            (choice(names.language_name), observe(next_language))
        ),
        back(words),
    ]
}

/// What a slider writes.
fn slides(part: fn(&mut Preferences) -> &mut f32) -> impl Bundle {
    observe(
        move |change: On<ValueChange<f32>>, mut preferences: ResMut<Preferences>| {
            *part(&mut preferences) = change.value.clamp(0.0, 1.0);
        },
    )
}

/// What a switch writes.
fn switches(part: fn(&mut Preferences) -> &mut bool) -> impl Bundle {
    observe(
        move |change: On<ValueChange<bool>>, mut preferences: ResMut<Preferences>| {
            *part(&mut preferences) = change.value;
        },
    )
}

fn quality_name(words: &Words, quality: Quality) -> &'static str {
    words.settings.qualities[match quality {
        Quality::Auto => 0,
        Quality::Low => 1,
        Quality::High => 2,
    }]
}

/// The one after `current`, the first after the last.
fn next<T: Copy + PartialEq>(all: &[T], current: T) -> T {
    let after = all.iter().skip_while(|one| **one != current).nth(1);
    after.or(all.first()).copied().unwrap_or(current)
}

fn next_quality(
    pressed: On<Activate>,
    children: Query<&Children>,
    mut texts: Query<&mut Text>,
    mut preferences: ResMut<Preferences>,
) {
    preferences.quality = next(&Quality::ALL, preferences.quality);
    let name = quality_name(preferences.words(), preferences.quality);
    for part in children.iter_descendants(pressed.entity) {
        if let Ok(mut text) = texts.get_mut(part) {
            text.0 = chosen(name);
        }
    }
}

/// The panel is shown anew in it.
fn next_language(_: On<Activate>, mut preferences: ResMut<Preferences>) {
    preferences.language = next(&Language::ALL, preferences.language);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_go_round() {
        let mut quality = Quality::Auto;
        for _ in Quality::ALL {
            quality = next(&Quality::ALL, quality);
        }
        assert_eq!(quality, Quality::Auto);
        assert_eq!(next(&Quality::ALL, Quality::High), Quality::Auto);
    }
}
