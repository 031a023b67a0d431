//! What happens in a match, as cues: each once, whatever is rolled back, and nothing that is long
//! past.

use super::{Cues, Heard, Playing, effects_are_on};
use crate::{
    contract::Game,
    scene::{shown::Shown, view::Turned},
};
use bevy::prelude::*;
use protocol::{Frame, limits::STEPS_PER_SECOND};

pub(super) fn plugin<G: Game>(app: &mut App) {
    app.init_resource::<Heard>()
        .add_systems(Update, hear::<G>.before(Playing).run_if(effects_are_on));
}

/// Frames after which an event is not heard any more: a second. A page that is turned to again
/// learns of hundreds. Certain ones, such as goals, are told some frames late.
const STALE: Frame = STEPS_PER_SECOND;

fn hear<G: Game>(
    time: Res<Time<Real>>,
    scenes: Query<(&Shown<G::World>, &Turned)>,
    mut heard: ResMut<Heard>,
    mut cues: ResMut<Cues>,
) {
    for (shown, turned) in &scenes {
        let Some(world) = shown.world() else {
            continue;
        };
        for (frame, event) in &shown.events {
            let key = protocol::Event::key(event);
            let is_stale = frame.saturating_add(STALE) < shown.frame();
            if is_stale || !heard.is_new(key, *frame, time.elapsed()) {
                continue;
            }
            for cue in G::cues(event, world, turned.0) {
                cues.add(cue);
            }
        }
    }
}
