//! The trails behind discs and ball: ribbons that end where the body was a moment ago.

use super::{
    drawn::{self, Drawn},
    height,
    paint::seat_color,
    ribbon::{self, Ink, Ribbons},
};
use bevy::prelude::*;
use game::{
    preferences::Preferences,
    quality::Detail,
    scene::{PartOf, Scene},
    theme,
};
use protocol::limits::MAX_SEATS;
use sim::demo::arena::{BALL_RADIUS, DISC_RADIUS};
use std::collections::VecDeque;

pub(super) fn plugin(app: &mut App) {
    app.add_observer(spawn_trails)
        .add_systems(Update, draw.after(drawn::follow));
}

/// Points that a trail keeps at most, and where little may be drawn.
const POINTS: usize = 22;
const FEW_POINTS: usize = 12;

/// Seconds between two points.
const SPACING: f32 = 1.0 / 60.0;

/// Further than this (in metres) between two pictures, a body was put and did not move.
const JUMP: f32 = 3.0;

/// A scene's trails: the ball's, and each seat's.
#[derive(Component, Debug)]
struct Trails(Vec<Trail>);

/// Where a body was.
#[derive(Debug)]
struct Trail {
    /// Whose trail; none is the ball's.
    seat: Option<usize>,
    /// Newest first.
    points: VecDeque<Vec2>,
    /// Seconds since the newest point.
    since: f32,
}

impl Trail {
    fn new(seat: Option<usize>) -> Self {
        Self {
            seat,
            points: VecDeque::with_capacity(POINTS + 1),
            since: 0.0,
        }
    }

    /// Takes in where the body is after `seconds`, with points at even times whatever the
    /// pictures' rate.
    fn follow(&mut self, at: Option<Vec2>, seconds: f32) {
        let Some(at) = at else {
            self.points.clear();
            return;
        };
        let Some(&from) = self.points.front().filter(|from| from.distance(at) < JUMP) else {
            self.points.clear();
            self.points.push_front(at);
            self.since = 0.0;
            return;
        };
        self.since += seconds;
        let due = ((self.since / SPACING) as usize).min(POINTS);
        for number in 1..=due {
            self.points
                .push_front(from.lerp(at, number as f32 / due as f32));
        }
        self.points.truncate(POINTS);
        self.since %= SPACING;
    }

    fn radius(&self) -> f32 {
        if self.seat.is_some() {
            DISC_RADIUS * 0.8
        } else {
            BALL_RADIUS * 0.9
        }
    }

    fn color(&self) -> Color {
        self.seat.map_or(theme::BALL, seat_color)
    }

    /// Adds the trail to the picture's ribbons. Slow bodies leave none.
    fn draw(&self, points: usize, ribbons: &mut Ribbons) {
        let color = self.color().to_linear();
        let mut last = None;
        for (number, &at) in self.points.iter().take(points).enumerate() {
            let along = match (self.points.get(number + 1), last) {
                (Some(next), _) => at - *next,
                (None, Some(last)) => last - at,
                (None, None) => return,
            };
            last = Some(at);
            let age = number as f32 / points as f32;
            let across = along.perp().normalize_or_zero() * self.radius() * (1.0 - age);
            // At walking pace a trail would only smear the disc.
            let speed = along.length() / SPACING;
            let alpha = 0.5 * (1.0 - age).powi(2) * ((speed - 3.0) / 9.0).clamp(0.0, 1.0);
            ribbons.add(at, across, color.with_alpha(alpha));
        }
        ribbons.end();
    }

    /// Whether the body moves fast enough to be followed by light.
    fn is_seen(&self) -> bool {
        let (Some(newest), Some(oldest)) = (self.points.front(), self.points.back()) else {
            return false;
        };
        newest.distance_squared(*oldest) > 1e-4
    }
}

fn spawn_trails(
    added: On<Add, Scene>,
    ink: Res<Ink>,
    mut meshes: ResMut<Assets<Mesh>>,
    mut commands: Commands,
) {
    let seats = std::iter::once(None).chain((0..MAX_SEATS).map(Some));
    commands.spawn((
        ink.sheet(&mut meshes, height::TRAIL),
        Trails(seats.map(Trail::new).collect()),
        PartOf(added.entity),
    ));
}

fn draw(
    time: Res<Time>,
    preferences: Res<Preferences>,
    detail: Res<Detail>,
    scenes: Query<&Drawn>,
    mut meshes: ResMut<Assets<Mesh>>,
    mut trails: Query<(&mut Trails, &Mesh2d, &PartOf, &mut Visibility)>,
) {
    let points = match detail.is_high() {
        true => POINTS,
        false => FEW_POINTS,
    };
    for (mut trails, sheet, part, mut visibility) in &mut trails {
        let drawn = scenes.get(part.0);
        let drawn = drawn.ok().filter(|_| !preferences.reduced_motion);
        let mut ribbons = Ribbons::default();
        for trail in &mut trails.0 {
            let at = drawn.and_then(|drawn| match trail.seat {
                None => drawn.ball(),
                Some(seat) => drawn.disc(seat),
            });
            trail.follow(at, time.delta_secs());
            if trail.is_seen() {
                trail.draw(points, &mut ribbons);
            }
        }
        ribbon::show(ribbons, sheet, &mut visibility, &mut meshes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(pictures: usize, seconds: f32) -> Trail {
        let mut trail = Trail::new(None);
        for picture in 0..pictures {
            trail.follow(Some(Vec2::X * 10.0 * picture as f32 * seconds), seconds);
        }
        trail
    }

    #[test]
    fn a_trail_is_as_long_at_any_rate_of_pictures() {
        let length = |trail: &Trail| trail.points[0].distance(trail.points[POINTS - 1]);
        let (slow, fast) = (run(20, 0.1), run(400, 0.005));
        assert!((length(&slow) - length(&fast)).abs() < 0.5);
    }

    #[test]
    fn a_trail_ends_at_a_jump_and_with_its_body() {
        let mut trail = run(30, 0.016);
        trail.follow(Some(Vec2::ZERO), 0.016);
        assert_eq!(trail.points.len(), 1);
        trail.follow(None, 0.016);
        assert!(trail.points.is_empty());
    }

    #[test]
    fn only_what_moves_leaves_a_trail() {
        assert!(!Trail::new(Some(0)).is_seen() && !run(1, 0.016).is_seen());
        let moving = run(30, 0.016);
        assert!(moving.is_seen());
        let mut ribbons = Ribbons::default();
        moving.draw(POINTS, &mut ribbons);
        assert!(!ribbons.is_empty());
    }
}
