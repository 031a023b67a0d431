//! The settings: each widget writes a preference as soon as it is touched.

use super::{Panels, back};
use crate::{
    fullscreen::{FullScreen, ToggleFullScreen},
    preferences::{Language, Preferences, Quality},
    scene::{Begin, Choice},
    screens::widgets::{
        Stepped, choice, chosen, row, setting, setting_if, slider, small_button, switch, text,
    },
    text::Words,
    theme::{self, size},
};
use bevy::{
    prelude::*,
    ui_widgets::{Activate, ValueChange, observe},
};

pub(super) fn contents(
    words: &Words,
    preferences: &Preferences,
    full_screen: FullScreen,
) -> impl Bundle + use<> {
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
                observe(turn_quality)
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
            names.hide_chat,
            (
                switch(preferences.hide_chat, states),
                switches(|preferences| &mut preferences.hide_chat)
            )
        ),
        setting(
            names.left_handed,
            (
                switch(preferences.left_handed, states),
                switches(|preferences| &mut preferences.left_handed)
            )
        ),
        setting_if(
            full_screen.0.is_some(),
            names.full_screen,
            (
                choice(states[usize::from(full_screen.0 == Some(true))]),
                observe(|_: On<Stepped>, mut commands: Commands| {
                    commands.trigger(ToggleFullScreen);
                })
            )
        ),
        setting(
            names.language,
            (choice(names.language_name), observe(turn_language))
        ),
        back(words),
    ]
}

/// The button that begins the first lesson again, in the corner.
pub(super) fn lesson(words: &Words) -> impl Bundle + use<> {
    let begin = |_: On<Activate>, mut panels: ResMut<Panels>, mut commands: Commands| {
        panels.open.clear();
        commands.trigger(Begin(Choice::Learn));
    };
    (
        Node {
            position_type: PositionType::Absolute,
            right: vmin(2.0),
            bottom: vmin(2.0),
            ..row(0.0)
        },
        children![(small_button(words.lesson.begin), observe(begin))],
    )
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

/// The one so many places after `current`, the first after the last.
fn turned<T: Copy + PartialEq>(all: &[T], current: T, by: i8) -> T {
    let place = all.iter().position(|one| *one == current).unwrap_or(0);
    let length = all.len().max(1) as isize;
    let to = (place as isize + isize::from(by)).rem_euclid(length);
    all.get(to.unsigned_abs()).copied().unwrap_or(current)
}

fn turn_quality(
    stepped: On<Stepped>,
    children: Query<&Children>,
    mut texts: Query<&mut Text>,
    mut preferences: ResMut<Preferences>,
) {
    preferences.quality = turned(&Quality::ALL, preferences.quality, stepped.by);
    let name = quality_name(preferences.words(), preferences.quality);
    for part in children.iter_descendants(stepped.entity) {
        if let Ok(mut text) = texts.get_mut(part) {
            text.0 = chosen(name);
        }
    }
}

/// The panel is shown anew in it.
fn turn_language(stepped: On<Stepped>, mut preferences: ResMut<Preferences>) {
    preferences.language = turned(&Language::ALL, preferences.language, stepped.by);
}

#[cfg(test)]
mod tests {
    use super::{super::Panel, *};
    use crate::preferences::Volume;
    use bevy::ui_widgets::{Button, Checkbox, Slider};

    #[test]
    fn choices_go_round() {
        let mut quality = Quality::Auto;
        for _ in Quality::ALL {
            quality = turned(&Quality::ALL, quality, 1);
        }
        assert_eq!(quality, Quality::Auto);
        assert_eq!(turned(&Quality::ALL, Quality::High, 1), Quality::Auto);
        assert_eq!(turned(&Quality::ALL, Quality::Auto, -1), Quality::High);
        assert_eq!(turned(&[], Quality::Low, 1), Quality::Low);
    }

    #[test]
    fn the_lesson_begins_and_the_panel_closes() {
        #[derive(Resource, Default)]
        struct Begun(Vec<Choice>);

        let mut app = App::new();
        app.init_resource::<Begun>()
            .insert_resource(Panels {
                open: vec![Panel::Settings],
            })
            .add_observer(|begin: On<Begin>, mut begun: ResMut<Begun>| {
                begun.0.push(begin.0.clone());
            });
        app.world_mut()
            .spawn(lesson(Preferences::default().words()));
        app.update();
        let mut buttons = app.world_mut().query_filtered::<Entity, With<Button>>();
        let entity = buttons.single(app.world()).unwrap();
        app.world_mut().trigger(Activate { entity });
        app.update();
        assert_eq!(app.world().resource::<Begun>().0, [Choice::Learn]);
        assert!(!app.world().resource::<Panels>().is_open());
    }

    #[test]
    fn each_widget_writes_its_preference() {
        let mut app = App::new();
        app.init_resource::<Preferences>();
        let preferences = Preferences::default();
        let panel = contents(preferences.words(), &preferences, FullScreen(None));
        app.world_mut().spawn(panel);
        app.update();
        let (mut sliders, mut boxes, mut buttons) = (
            app.world_mut().query_filtered::<Entity, With<Slider>>(),
            app.world_mut().query_filtered::<Entity, With<Checkbox>>(),
            app.world_mut().query_filtered::<Entity, With<Button>>(),
        );
        let world = app.world_mut();
        for source in sliders.iter(world).collect::<Vec<_>>() {
            let (value, is_final) = (0.3_f32, true);
            world.trigger(ValueChange {
                source,
                value,
                is_final,
            });
        }
        for source in boxes.iter(world).collect::<Vec<_>>() {
            let (value, is_final) = (true, true);
            world.trigger(ValueChange {
                source,
                value,
                is_final,
            });
        }
        // Not the last one, which leads back.
        let buttons: Vec<Entity> = buttons.iter(world).collect();
        assert_eq!(buttons.len(), 4);
        for entity in buttons.into_iter().take(3) {
            world.trigger(Activate { entity });
        }
        world.flush();
        let expected = Preferences {
            name: String::new(),
            volume: Volume {
                overall: 0.3,
                effects: 0.3,
                music: 0.3,
            },
            reduced_motion: true,
            high_contrast: true,
            hide_chat: true,
            left_handed: true,
            language: Language::German,
            quality: Quality::Low,
            taught: false,
        };
        assert_eq!(*world.resource::<Preferences>(), expected);
    }
}
