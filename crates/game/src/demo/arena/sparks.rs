//! Sparks: what flies off where something hits hard, and what a goal throws into the field.

use super::{
    force::{force, news},
    height,
    paint::seat_color,
    ribbon::{self, Ink, Ribbons},
};
use crate::demo::{Shown, shown::point};
use bevy::prelude::*;
use game::{
    preferences::Preferences,
    quality::Detail,
    scene::{PartOf, Scene},
    theme,
};
use protocol::Event as _;
use sim::{
    demo::{Event, EventKind},
    rng::Rng,
};
use std::f32::consts::{PI, TAU};

pub(super) fn plugin(app: &mut App) {
    app.add_observer(spawn_sheet).add_systems(Update, draw);
}

/// Sparks of a scene at once; further ones are not seen.
const MAX: usize = 240;

/// Sparks of the hardest hit, and of a goal.
const HIT: f32 = 22.0;
const GOAL: f32 = 90.0;

/// How fast the air slows a spark down, a second.
const DRAG: f32 = 4.0;

/// A spark on its way.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Spark {
    /// Where it began, in metres.
    from: Vec2,
    /// How fast it began, in m/s.
    speed: Vec2,
    /// Seconds that it lives, and has lived.
    life: f32,
    age: f32,
    color: LinearRgba,
}

impl Spark {
    /// Where it is so many seconds after its beginning.
    fn at(&self, age: f32) -> Vec2 {
        self.from + self.speed * (1.0 - (-DRAG * age).exp()) / DRAG
    }

    /// How brightly it glows, from 1 to 0.
    fn glow(&self) -> f32 {
        (1.0 - self.age / self.life).clamp(0.0, 1.0)
    }
}

/// A scene's sparks.
#[derive(Component, Default)]
struct Sparks(Vec<Spark>);

impl Sparks {
    /// Throws the sparks of an event; `part` of them where little may be drawn.
    fn throw(&mut self, event: &Event, part: f32) {
        let is_goal = event.kind == EventKind::Goal;
        let count = if is_goal { GOAL } else { HIT * force(event) };
        let count = ((count * part) as usize).min(MAX.saturating_sub(self.0.len()));
        let from = point(event.at);
        if !from.is_finite() {
            return; // A forged world may say anything.
        }
        // By its identity: a replay throws the same.
        let mut rng = Rng::new(event.key());
        let mut random = || (rng.next_u64() >> 40) as f32 / (1_u64 << 24) as f32;
        for _ in 0..count {
            let (turn, fast, long) = (random(), random(), random());
            let (way, speed, life) = if is_goal {
                // Out of the goal, into the field.
                let out = if from.x < 0.0 { 0.0 } else { PI };
                (
                    out + (turn - 0.5) * 2.6,
                    4.0 + 20.0 * fast,
                    0.6 + 0.9 * long,
                )
            } else {
                let speed = (2.0 + 7.0 * fast) * (0.6 + force(event));
                (turn * TAU, speed, 0.18 + 0.25 * long)
            };
            self.0.push(Spark {
                from,
                speed: Vec2::from_angle(way) * speed,
                life,
                age: 0.0,
                color: color(event).to_linear(),
            });
        }
    }

    /// Lets time pass.
    fn pass(&mut self, seconds: f32) {
        for spark in &mut self.0 {
            spark.age += seconds;
        }
        self.0.retain(|spark| spark.age < spark.life);
    }

    /// Each spark is a short stripe along its way.
    fn draw(&self, ribbons: &mut Ribbons) {
        for spark in &self.0 {
            let (head, tail) = (spark.at(spark.age), spark.at((spark.age - 0.05).max(0.0)));
            let across = (head - tail).perp().normalize_or_zero() * 0.09;
            ribbons.add(head, across, spark.color.with_alpha(spark.glow()));
            ribbons.add(tail, across * 0.4, spark.color.with_alpha(0.0));
            ribbons.end();
        }
    }
}

fn color(event: &Event) -> Color {
    match event.kind {
        EventKind::Goal => event
            .team()
            .map_or(theme::BALL, |team| theme::team(team.index())),
        EventKind::Bump => seat_color(usize::from(event.subject)),
        EventKind::Wall | EventKind::Post => theme::WALL,
        _ => theme::BALL,
    }
}

fn spawn_sheet(
    added: On<Add, Scene>,
    ink: Res<Ink>,
    mut meshes: ResMut<Assets<Mesh>>,
    mut commands: Commands,
) {
    commands.spawn((
        ink.sheet(&mut meshes, height::EFFECT),
        Sparks::default(),
        PartOf(added.entity),
    ));
}

fn draw(
    time: Res<Time>,
    preferences: Res<Preferences>,
    detail: Res<Detail>,
    scenes: Query<&Shown>,
    mut meshes: ResMut<Assets<Mesh>>,
    mut sheets: Query<(&mut Sparks, &Mesh2d, &PartOf, &mut Visibility)>,
) {
    let part = if detail.is_high() { 1.0 } else { 0.5 };
    for (mut sparks, sheet, scene, mut visibility) in &mut sheets {
        sparks.pass(time.delta_secs());
        if preferences.reduced_motion {
            sparks.0.clear();
        } else if let Ok(shown) = scenes.get(scene.0) {
            for event in news(shown) {
                sparks.throw(event, part);
            }
        }
        let mut ribbons = Ribbons::default();
        sparks.draw(&mut ribbons);
        ribbon::show(ribbons, sheet, &mut visibility, &mut meshes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::arena::force::event;

    fn thrown(event: &Event, part: f32) -> usize {
        let mut sparks = Sparks::default();
        sparks.throw(event, part);
        sparks.0.len()
    }

    #[test]
    fn harder_hits_throw_more_sparks_and_soft_ones_none() {
        let mut last = 0;
        for strength in 0..30 {
            let now = thrown(&event(EventKind::Post, strength as f32), 1.0);
            assert!(now >= last);
            last = now;
        }
        assert_eq!(last, HIT as usize);
        assert_eq!(thrown(&event(EventKind::Touch, 2.0), 1.0), 0);
        assert!(thrown(&event(EventKind::Goal, 9.0), 0.5) < GOAL as usize);
    }

    #[test]
    fn a_spark_only_slows_down_and_dies() {
        let mut sparks = Sparks::default();
        sparks.throw(&event(EventKind::Kick, 16.0), 1.0);
        sparks.0.truncate(1);
        let mut way = f32::MAX;
        let mut glow = 1.0;
        for tick in 0..100 {
            let Some(spark) = sparks.0.first() else {
                assert!(tick > 5);
                return;
            };
            let now = spark.at(spark.age + 0.01).distance(spark.at(spark.age));
            assert!(now <= way && spark.glow() <= glow);
            (way, glow) = (now, spark.glow());
            sparks.pass(0.01);
        }
        panic!("a spark lives for ever");
    }

    #[test]
    fn the_same_event_throws_the_same_and_all_of_them_are_bounded() {
        let hit = event(EventKind::Kick, 16.0);
        let (mut one, mut other) = (Sparks::default(), Sparks::default());
        one.throw(&hit, 1.0);
        other.throw(&hit, 1.0);
        assert_eq!(one.0, other.0);
        for _ in 0..99 {
            one.throw(&event(EventKind::Goal, 1.0), 1.0);
        }
        assert_eq!(one.0.len(), MAX);
    }

    #[test]
    fn a_goal_throws_into_the_field() {
        for side in [-1.0, 1.0] {
            let mut goal = event(EventKind::Goal, 9.0);
            goal.at = sim::Vec2::new(12.5 * side, 0.0);
            let mut sparks = Sparks::default();
            sparks.throw(&goal, 1.0);
            let inward = sparks.0.iter().filter(|s| s.speed.x * side < 0.0).count();
            assert!(inward * 10 > sparks.0.len() * 9);
        }
    }
}
