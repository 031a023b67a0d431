//! Where ball and discs are drawn: where the match has them, but for the hit-stop and for predictions
//! that were wrong.

use super::{
    errors::Errors,
    force::{force, news},
    hit_stop::{GOAL_HOLD, HitStop, MAX_LAG},
};
use crate::demo::{Shown, shown};
use bevy::prelude::*;
use game::{
    preferences::Preferences,
    scene::{Scene, Seen},
};
use protocol::limits::MAX_SEATS;
use sim::demo::{Event, EventKind};
use std::collections::VecDeque;

pub(super) fn plugin(app: &mut App) {
    app.register_required_components::<Scene, Drawn>()
        .add_systems(Update, follow);
}

/// Places that are remembered, and the least time between two of them, in seconds: together longer
/// than the picture is ever late.
const MEMORY: usize = 32;
const SPACING: f32 = 1.0 / 400.0;
const _: () = assert!(MEMORY as f32 * SPACING > MAX_LAG);

/// Ball and discs at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Places {
    ball: Option<Vec2>,
    discs: [Option<Vec2>; MAX_SEATS],
}

impl Places {
    fn of(shown: &Shown, errors: &Errors) -> Self {
        let disc = |seat| Some(shown::disc(shown, seat)? + errors.disc(seat));
        Self {
            ball: shown::ball(shown).map(|ball| ball + errors.ball()),
            discs: std::array::from_fn(disc),
        }
    }

    /// The places `part` of the way from these to later ones. Who was not there yet is put there.
    fn towards(&self, later: &Self, part: f32) -> Self {
        let between = |from: Option<Vec2>, to: Option<Vec2>| match (from, to) {
            (Some(from), Some(to)) => Some(from.lerp(to, part)),
            (_, to) => to,
        };
        Self {
            ball: between(self.ball, later.ball),
            discs: std::array::from_fn(|seat| between(self.discs[seat], later.discs[seat])),
        }
    }
}

/// What a scene's picture shows of its bodies.
#[derive(Component, Debug, Default)]
pub(super) struct Drawn {
    now: Places,
    errors: Errors,
    stop: HitStop,
    /// Where everybody was lately, newest first, each with its age in seconds.
    before: VecDeque<(f32, Places)>,
    /// The line-up that all of this is since: at the next one bodies are put elsewhere.
    line_ups: Option<u32>,
}

impl Drawn {
    /// Where the ball is drawn.
    pub fn ball(&self) -> Option<Vec2> {
        self.now.ball
    }

    /// Where a seat's disc is drawn.
    pub fn disc(&self, seat: usize) -> Option<Vec2> {
        self.now.discs.get(seat).copied().flatten()
    }

    /// Takes in where everybody is, `seconds` after the last picture.
    fn follow(&mut self, places: Places, line_ups: Option<u32>, seconds: f32) {
        if self.line_ups != line_ups {
            self.line_ups = line_ups;
            self.before.clear();
            self.errors = Errors::default();
            self.stop = HitStop::default();
        }
        for (age, _) in &mut self.before {
            *age += seconds;
        }
        let lag = self.stop.pass(seconds);
        self.now = self.at(lag, &places);
        if self.before.front().is_none_or(|(age, _)| *age >= SPACING) {
            self.before.truncate(MEMORY - 1);
            self.before.push_front((0.0, places));
        }
    }

    /// The places so long ago.
    fn at(&self, lag: f32, newest: &Places) -> Places {
        let (mut later, mut later_age) = (newest, 0.0);
        for (age, earlier) in &self.before {
            if *age >= lag {
                let span = age - later_age;
                let part = if span > 0.0 { (age - lag) / span } else { 1.0 };
                return earlier.towards(later, part);
            }
            (later, later_age) = (earlier, *age);
        }
        *later
    }
}

/// How long an event holds the picture of the player in this seat, in seconds.
fn hold(event: &Event, my_seat: Option<usize>) -> f32 {
    if event.kind == EventKind::Goal {
        return GOAL_HOLD;
    }
    // Who only watches steers nothing that could wait.
    let is_mine = my_seat.is_none_or(|seat| seat == usize::from(event.subject));
    HitStop::seconds(force(event), is_mine)
}

/// Works out what this picture shows. Everything that draws bodies comes after it.
pub(super) fn follow(
    time: Res<Time<Real>>,
    preferences: Res<Preferences>,
    mut scenes: Query<(&Shown, &Seen, &mut Drawn)>,
) {
    for (shown, seen, mut drawn) in &mut scenes {
        let line_ups = shown.world().map(sim::demo::World::line_ups);
        drawn
            .errors
            .follow(shown, seen.0.my_seat, time.delta_secs());
        let places = Places::of(shown, &drawn.errors);
        drawn.follow(places, line_ups, time.delta_secs());
        if !preferences.reduced_motion {
            for event in news(shown) {
                drawn.stop.hit(hold(event, seen.0.my_seat));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::arena::force::event;

    fn places(x: f32) -> Places {
        Places {
            ball: Some(Vec2::X * x),
            ..Places::default()
        }
    }

    /// Where a ball of 10 m/s is drawn, picture by picture, if it is hit hard after a second.
    fn run(rate: f32) -> Vec<(f32, f32)> {
        let mut drawn = Drawn::default();
        (0..(2.0 * rate) as usize)
            .map(|picture| {
                let is = 10.0 * picture as f32 / rate;
                drawn.follow(places(is), Some(1), 1.0 / rate);
                if picture == rate as usize {
                    drawn.stop.hit(hold(&event(EventKind::Kick, 16.0), Some(1)));
                }
                (is, drawn.ball().unwrap().x)
            })
            .collect()
    }

    #[test]
    fn a_hit_holds_the_picture_and_it_catches_up_without_going_back() {
        for rate in [30.0, 60.0, 144.0, 240.0] {
            let seen = run(rate);
            for pair in seen.windows(2) {
                assert!(pair[1].1 >= pair[0].1 - 1e-4, "{rate}: back at {pair:?}");
            }
            for (is, drawn) in &seen {
                assert!(
                    is - drawn < 10.0 * MAX_LAG + 1e-3,
                    "{rate}: {is} at {drawn}"
                );
            }
            assert!(seen.iter().any(|(is, drawn)| is - drawn > 0.25), "{rate}");
            for (is, drawn) in &seen[(1.4 * rate) as usize..] {
                assert!((is - drawn).abs() < 1e-4, "{rate}: late at {is}");
            }
        }
    }

    #[test]
    fn nobody_is_drawn_on_the_way_to_a_kick_off() {
        let mut drawn = Drawn::default();
        drawn.follow(places(5.0), Some(1), 0.016);
        drawn.stop.hit(1.0);
        drawn.follow(places(6.0), Some(1), 0.016);
        drawn.follow(places(0.0), Some(2), 0.016);
        assert_eq!(drawn.ball(), Some(Vec2::ZERO));
        drawn.follow(Places::default(), None, 0.016);
        assert_eq!(drawn.ball(), None);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut drawn = Drawn::default();
        for picture in 0..1_000 {
            drawn.follow(places(picture as f32), Some(1), 0.004);
        }
        assert_eq!(drawn.before.len(), MEMORY);
    }

    #[test]
    fn a_goal_holds_everybodys_picture_and_a_far_hit_less_than_ones_own() {
        let kick = event(EventKind::Kick, 16.0);
        assert!(hold(&kick, Some(1)) > hold(&kick, Some(0)));
        assert_eq!(hold(&kick, None), hold(&kick, Some(1)));
        assert_eq!(hold(&event(EventKind::Goal, 9.0), Some(0)), GOAL_HOLD);
        assert_eq!(hold(&event(EventKind::Whistle, 9.0), None), 0.0);
    }
}
