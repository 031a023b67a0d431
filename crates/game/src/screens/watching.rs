//! A replay: the display of a match, with a timeline in place of the round trip and the keys.

use super::{
    PageRoot, panels,
    playing::{Banner, Cast, Notice, banner, clock, top},
    widgets,
};
use crate::{
    preferences::Preferences,
    scene::{
        Page, PartOf,
        replay::{Reel, StopWatching, Watching},
    },
    text::Words,
    theme::{self, size},
};
use bevy::{
    input_focus::InputFocus,
    prelude::*,
    ui_widgets::{Activate, observe},
};

pub(super) fn plugin(app: &mut App) {
    app.add_observer(build)
        .add_systems(Update, (steer.run_if(panels::none_open), tell));
}

/// How far a key seeks.
const SKIP_SECONDS: i32 = 5;

/// What a line below the picture tells.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    /// What the first button does.
    Toggle,
    Time,
    Speed,
}

/// Which scene a line or the timeline is of.
#[derive(Component, Clone, Copy)]
struct Of(Entity);

/// The timeline, and where on it the pointer was pressed, from 0 to 1.
#[derive(Component, Default)]
struct Timeline(f32);

/// The part of the timeline that is over.
#[derive(Component)]
struct Past;

fn build(
    turned: On<Insert, Page>,
    pages: Query<&Page>,
    preferences: Res<Preferences>,
    mut commands: Commands,
) {
    let scene = turned.entity;
    let Ok(Page::Watching) = pages.get(scene) else {
        return;
    };
    let words = preferences.words();
    commands.entity(scene).insert((
        Banner::default(),
        Notice::of(words.play.replay_keys),
        Cast::default(),
    ));
    // No tab group: the arrows are the replay's.
    commands.spawn((
        PageRoot,
        PartOf(scene),
        UiTargetCamera(scene),
        Pickable::IGNORE,
        Node {
            width: percent(100),
            height: percent(100),
            ..default()
        },
        children![top(scene), banner(scene), controls(scene, words)],
    ));
}

fn controls(scene: Entity, words: &Words) -> impl Bundle + use<> {
    let line = |line: Line| {
        let text = widgets::broken_text("", size::TINY, theme::TEXT, LineBreak::NoWrap);
        (line, Of(scene), text)
    };
    // As wide whatever they say, or the timeline would move under the pointer.
    let wide = |width: f32| Node {
        width: vmin(width),
        ..default()
    };
    let back = move |_: On<Activate>, mut commands: Commands| commands.trigger(StopWatching(scene));
    (
        widgets::bar_below(1.4),
        Pickable::IGNORE,
        children![
            (
                widgets::small_button_with((line(Line::Toggle), wide(8.6))),
                press(scene, Reel::toggle)
            ),
            timeline(scene),
            line(Line::Time),
            (widgets::small_button("-"), press(scene, Reel::slower)),
            (line(Line::Speed), wide(8.6)),
            (widgets::small_button("+"), press(scene, Reel::faster)),
            (widgets::small_button(words.common.back), observe(back)),
        ],
    )
}

/// What a button does to its scene's replay.
fn press(scene: Entity, act: fn(&mut Reel)) -> impl Bundle {
    observe(
        move |_: On<Activate>, mut scenes: Query<&mut Watching>, mut focus: ResMut<InputFocus>| {
            if let Ok(mut watching) = scenes.get_mut(scene) {
                act(&mut watching.0);
            }
            // Space stays the pause, whatever was clicked.
            focus.clear();
        },
    )
}

fn timeline(scene: Entity) -> impl Bundle {
    (
        Timeline::default(),
        Of(scene),
        Node {
            flex_grow: 1.0,
            height: vmin(2.8),
            border: UiRect::all(vmin(0.25)),
            border_radius: BorderRadius::all(vmin(1.0)),
            ..default()
        },
        BackgroundColor(theme::PANEL),
        BorderColor::all(theme::ACCENT.with_alpha(0.55)),
        observe(grasp),
        observe(drag),
        children![(
            Past,
            Of(scene),
            Node {
                height: percent(100),
                border_radius: BorderRadius::all(vmin(0.8)),
                ..default()
            },
            BackgroundColor(theme::ACCENT),
            Pickable::IGNORE,
        )],
    )
}

fn grasp(
    press: On<Pointer<Press>>,
    mut timelines: Query<(&mut Timeline, &Of)>,
    mut scenes: Query<&mut Watching>,
) {
    // A place on a widget reads from -0.5 to 0.5.
    let Some(at) = press.hit.position.map(|place| place.x + 0.5) else {
        return;
    };
    if let Ok((mut timeline, of)) = timelines.get_mut(press.entity) {
        timeline.0 = at;
        if let Ok(mut watching) = scenes.get_mut(of.0) {
            watching.0.seek(at);
        }
    }
}

fn drag(
    drag: On<Pointer<Drag>>,
    timelines: Query<(&Timeline, &Of, &ComputedNode)>,
    mut scenes: Query<&mut Watching>,
) {
    let Ok((timeline, of, node)) = timelines.get(drag.entity) else {
        return;
    };
    let width = node.size().x * node.inverse_scale_factor();
    if let Ok(mut watching) = scenes.get_mut(of.0)
        && width > 0.0
    {
        watching.0.seek(timeline.0 + drag.distance.x / width);
    }
}

fn steer(
    keys: Res<ButtonInput<KeyCode>>,
    gamepads: Query<&Gamepad>,
    mut scenes: Query<&mut Watching>,
) {
    let pad = |button| gamepads.iter().any(|pad| pad.just_pressed(button));
    for mut watching in &mut scenes {
        let reel = &mut watching.0;
        if keys.just_pressed(KeyCode::Space) || pad(GamepadButton::South) {
            reel.toggle();
        }
        if keys.any_just_pressed([KeyCode::ArrowUp, KeyCode::Period]) || pad(GamepadButton::DPadUp)
        {
            reel.faster();
        }
        if keys.any_just_pressed([KeyCode::ArrowDown, KeyCode::Comma])
            || pad(GamepadButton::DPadDown)
        {
            reel.slower();
        }
        if keys.just_pressed(KeyCode::ArrowRight) || pad(GamepadButton::DPadRight) {
            reel.skip(SKIP_SECONDS);
        }
        if keys.just_pressed(KeyCode::ArrowLeft) || pad(GamepadButton::DPadLeft) {
            reel.skip(-SKIP_SECONDS);
        }
    }
}

fn tell(
    scenes: Query<&Watching>,
    preferences: Res<Preferences>,
    mut lines: Query<(&Line, &Of, &mut Text)>,
    mut pasts: Query<(&Of, &mut Node), With<Past>>,
) {
    let words = preferences.words();
    for (line, of, mut text) in &mut lines {
        let Ok(Watching(reel)) = scenes.get(of.0) else {
            continue;
        };
        text.set_if_neq(Text(match line {
            Line::Toggle if reel.is_running() => words.play.pause.into(),
            Line::Toggle => words.play.resume.into(),
            Line::Time => format!("{} / {}", clock(reel.elapsed()), clock(reel.length())),
            Line::Speed => format!("{}x", reel.speed()),
        }));
    }
    for (of, mut node) in &mut pasts {
        if let Ok(Watching(reel)) = scenes.get(of.0) {
            node.width = percent(100.0 * reel.progress());
        }
    }
}
