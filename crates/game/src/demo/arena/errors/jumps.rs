//! How far bodies jump from one picture to the next, beyond what their speed explains, while two bots
//! play over a lossy network in simulated time.

use super::*;
use crate::demo::{Discs, shown};
use game::Game;
use netplay::{
    session::{Config, Frames, Look, room::Room},
    transport::memory::{Conditions, MemoryTransport, manual_network},
};
use protocol::Simulation;
use sim::demo::Body;
use std::time::Duration;
use web_time::Instant;

/// Pictures that are looked at, a minute's.
const PICTURES: u32 = 60 * 60;

/// Between two pictures, in microseconds: not in step with the session.
const PICTURE: u64 = 16_100;

/// What was seen in a run.
#[derive(Debug, Default)]
struct Seen {
    /// The largest jump beyond what speed explains, in metres, as shown.
    shown: f32,
    /// The same of the world itself.
    world: f32,
    /// The largest distance of what is shown from the world.
    off: f32,
    /// The mean of that, over all pictures and bodies.
    mean_off: f32,
    /// Pictures in which something of the world jumped by more than a quarter of a metre.
    snaps: u32,
}

fn config(name: &str) -> Config<World> {
    Config {
        name: name.into(),
        settings: Discs::settings,
        seating: Discs::seating,
        autopilot: Some(Discs::autopilot),
        auto_ready: true,
        min_peers: 2,
        input_delay: Some(0),
        token: [0; 16],
        resumes: None,
        watch: false,
        color: 0,
    }
}

/// A scene's eye on its room, in simulated time.
struct Eye {
    room: Room<World>,
    end: MemoryTransport,
    shown: Shown,
    errors: Errors,
    rollbacks: u64,
}

impl Eye {
    fn look(&mut self, now: Duration, seconds: f32) -> Option<usize> {
        let newest = self.room.shown()?;
        let own = self.room.status().seat;
        let rollbacks = self.room.status().rollbacks;
        let before = Some(self.shown.frame()).filter(|_| self.shown.world().is_some());
        let corrected = before.filter(|_| rollbacks != self.rollbacks);
        let corrected = corrected.and_then(|frame| Some((frame, *self.room.world_at(frame)?)));
        let part =
            now.saturating_sub(newest.due).as_secs_f32() / netplay::rollback::STEP.as_secs_f32();
        let look = Look {
            frames: Frames {
                frame: newest.frame,
                previous: *newest.worlds.0,
                current: *newest.worlds.1,
                at: Instant::now(),
                confirmed: newest.confirmed,
            },
            corrected,
            history: self.room.history()?,
        };
        self.rollbacks = rollbacks;
        self.shown.turn_to(Some(look), part.min(1.0));
        self.errors.follow(&self.shown, own, seconds);
        own
    }
}

/// Where everything is and how fast: the ball first, then the discs, as shown and in the world.
fn places(eye: &Eye) -> Vec<(Vec2, Vec2, f32)> {
    let (shown, errors) = (&eye.shown, &eye.errors);
    let world = shown.world().unwrap();
    let speed = |body: Body| body.velocity.length();
    let ball = shown::ball(shown).unwrap();
    let ball = (ball + errors.ball(), ball, speed(world.ball()));
    let discs = world.discs().iter().enumerate().map(|(seat, disc)| {
        let truth = shown::disc(shown, seat).unwrap();
        (truth + errors.disc(seat), truth, speed(disc.body()))
    });
    std::iter::once(ball).chain(discs).collect()
}

fn play(latency: u64, seed: u64) -> Seen {
    let conditions = Conditions {
        latency: Duration::from_millis(latency),
        loss: 0.05,
        ..Conditions::default()
    };
    let hub = manual_network(conditions, seed);
    let mut eyes = [("Ada", 1), ("Bob", 2)].map(|(name, entropy)| Eye {
        room: Room::new(config(name), seed ^ entropy),
        end: hub.join(),
        shown: Shown::default(),
        errors: Errors::default(),
        rollbacks: 0,
    });
    let (mut seen, mut pictures, mut counted) = (Seen::default(), 0, 0_u32);
    let mut before: Option<(u32, Vec<(Vec2, Vec2, f32)>)> = None;
    let mut micros = 0;
    while pictures < PICTURES {
        micros += 700;
        hub.advance(Duration::from_micros(700));
        for eye in &mut eyes {
            eye.room.turn(hub.now(), &mut eye.end);
        }
        if micros < PICTURE {
            continue;
        }
        let seconds = micros as f32 / 1e6;
        micros = 0;
        let eye = &mut eyes[0];
        let Some(own) = eye.look(hub.now(), seconds) else {
            continue;
        };
        if eye.shown.world().is_some_and(World::is_over) {
            break;
        }
        pictures += 1;
        let now = places(eye);
        let line_ups = eye.shown.world().unwrap().line_ups();
        let last = before.replace((line_ups, now.clone()));
        let Some((_, last)) = last.filter(|(before, _)| *before == line_ups) else {
            continue;
        };
        for (body, (now, last)) in now.iter().zip(&last).enumerate() {
            if body == own + 1 {
                assert_eq!(now.0, now.1, "the own disc is not delayed");
                continue;
            }
            // Half a step more than passed: worlds come when they come.
            let explained = now.2.max(last.2) * (seconds + 0.5 / 60.0);
            let jump = |from: Vec2, to: Vec2| (from.distance(to) - explained).max(0.0);
            seen.shown = seen.shown.max(jump(last.0, now.0));
            let world = jump(last.1, now.1);
            seen.world = seen.world.max(world);
            seen.snaps += u32::from(world > 0.25);
            seen.off = seen.off.max(now.0.distance(now.1));
            seen.mean_off += now.0.distance(now.1);
            counted += 1;
        }
    }
    seen.mean_off /= counted.max(1) as f32;
    assert!(pictures > 600, "only {pictures} pictures of a match");
    seen
}

#[test]
fn nothing_jumps_at_100_ms_and_5_percent() {
    // A round trip of 100 ms, and for good measure 100 ms each way. The bounds are in metres: a
    // disc is one across.
    for (latency, bound) in [(50, 0.2), (100, 0.3)] {
        for seed in 1..=3 {
            let seen = play(latency, seed);
            println!("{latency} ms each way, seed {seed}: {seen:?}");
            assert!(seen.shown < bound, "{latency} ms, seed {seed}: {seen:?}");
            assert!(
                seen.world > 2.0 * bound && seen.snaps > 10,
                "nothing to smooth: {seen:?}"
            );
            assert!(seen.mean_off < 0.06, "the picture is the world's: {seen:?}");
        }
    }
}
