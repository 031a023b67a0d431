//! What the interface sounds like: buttons, the keyboard's focus, players who come and go.

use super::{Cues, Playing, cue::Cue, effects_are_on, synth::Clip};
use crate::scene::{Scene, Seen};
use bevy::{
    input_focus::{FocusCause, FocusGained},
    prelude::*,
    ui_widgets::Activate,
};

pub(super) fn plugin(app: &mut App) {
    app.add_systems(Update, hear_company.before(Playing).run_if(effects_are_on))
        .add_observer(hear_button)
        .add_observer(hear_focus);
}

fn hear_button(_: On<Activate>, mut cues: ResMut<Cues>) {
    cues.add(Cue::plain(Clip::Click, 0.35));
}

/// A pointer that presses a control also moves the focus, and is heard as a button.
fn hear_focus(gained: On<FocusGained>, mut cues: ResMut<Cues>) {
    // It goes on to all that the control is in.
    let is_first = gained.event_target() == gained.original_event_target();
    if is_first && gained.cause == FocusCause::Navigated {
        cues.add(Cue::plain(Clip::Focus, 0.15));
    }
}

/// Tells players who come and go. Whoever plays alone, or with both scenes of a window, knows.
fn hear_company(
    scenes: Query<(Entity, &Scene, &Seen), Changed<Seen>>,
    mut known: Local<Vec<(Entity, usize)>>,
    mut gone: RemovedComponents<Scene>,
    mut cues: ResMut<Cues>,
) {
    for scene in gone.read() {
        known.retain(|(entity, _)| *entity != scene);
    }
    for (entity, _, seen) in scenes.iter().filter(|(_, scene, _)| !scene.is_private()) {
        let now = seen.0.peers.len();
        let Some((_, before)) = known.iter_mut().find(|(known, _)| *known == entity) else {
            known.push((entity, now));
            continue;
        };
        let before = std::mem::replace(before, now);
        // The first that a scene hears of is itself, and those who were there.
        let clip = if before > 0 && now > before {
            Clip::Join
        } else if now > 0 && now < before {
            Clip::Leave
        } else {
            continue;
        };
        cues.add(Cue::plain(clip, 0.4));
    }
}
