//! What a page tells of the match beside its status: where the player's disc is, and what it does.
//! `window.game.disc()` of the first scene, for tests and for the curious.

use super::{Shown, shown};
use bevy::prelude::*;
use game::{
    scene::{Scene, Seen, view::Turned},
    web,
};
use js_sys::JSON;
use serde::Serialize;
use sim::demo::{Disc, Event, EventKind};
use std::cell::Cell;
use wasm_bindgen::{JsValue, closure::Closure};

pub(super) fn plugin(app: &mut App) {
    app.add_systems(Startup, offer)
        .add_systems(PostUpdate, tell);
}

/// When the page has its `window.game`.
fn offer() {
    let disc = || -> JsValue {
        serde_json::to_string(&TOLD.get())
            .ok()
            .and_then(|text| JSON::parse(&text).ok())
            .unwrap_or(JsValue::NULL)
    };
    let disc = Closure::<dyn Fn() -> JsValue>::new(disc).into_js_value();
    web::give("game", "disc", &disc);
}

/// What is told of the player's disc.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Told {
    /// Where it is, in metres.
    x: f32,
    y: f32,
    /// Where the ball is.
    ball_x: f32,
    ball_y: f32,
    /// How far its kick is charged, from 0 to 1.
    charge: f32,
    /// Its dashes since the scene was begun.
    dashes: u32,
    /// Whether the arena is shown upright.
    turned: bool,
}

thread_local! {
    /// Nothing before there is a match. The page asks at any time, between pictures too.
    static TOLD: Cell<Option<Told>> = const { Cell::new(None) };
}

fn tell(scenes: Query<(&Scene, &Shown, &Seen, &Turned)>) {
    let first = scenes.iter().find(|(scene, ..)| scene.index == 0);
    let Some((_, moment, seen, turned)) = first else {
        TOLD.set(None);
        return;
    };
    let disc = seen
        .0
        .my_seat
        .and_then(|seat| Some((seat, shown::disc(moment, seat)?)));
    let (Some((seat, at)), Some(ball), Some(world)) = (disc, shown::ball(moment), moment.world())
    else {
        return;
    };
    let before = TOLD.get().unwrap_or_default();
    let is_mine =
        |event: &Event| event.kind == EventKind::Dash && usize::from(event.subject) == seat;
    let events = moment.events.iter();
    let dashes = events.filter(|(_, event)| is_mine(event)).count() as u32;
    let charge = world.discs().get(seat).map_or(0.0, Disc::charge);
    TOLD.set(Some(Told {
        x: at.x,
        y: at.y,
        ball_x: ball.x,
        ball_y: ball.y,
        charge,
        dashes: before.dashes + dashes,
        turned: turned.0,
    }));
}
