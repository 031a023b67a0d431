//! The light of the whole arena: a team's colour floods it at a goal, and it pulses while the next
//! goal decides.

use super::{
    field::{canvas, to_field},
    force::news,
    height,
};
use crate::demo::{Chosen, Shown, shown};
use bevy::prelude::*;
use game::{
    bitmap::image,
    preferences::Preferences,
    scene::{PartOf, Scene},
    theme,
};
use sim::demo::{ArenaKind, EventKind, Phase, World as Match, arena::Arena};

pub(super) fn plugin(app: &mut App) {
    app.add_observer(spawn_aura).add_systems(Update, glow);
}

/// Pixels of a texture's longer side: nothing in it has an edge.
const PIXELS: f32 = 360.0;

/// Seconds that a flood lasts, and those in which it rises.
const FLOOD: f32 = 1.7;
const RISE: f32 = 0.12;

/// Seconds from one beat to the next while the next goal decides.
const BEAT: f32 = 0.9;

/// The light around a scene's arena.
#[derive(Component)]
struct Aura {
    /// Whose walls it follows.
    arena: Option<ArenaKind>,
    /// Seconds since the last goal, and the colour of who scored.
    goal: Option<(f32, Color)>,
    /// Seconds since the next goal decides.
    golden: f32,
}

/// How bright a flood is so many seconds after its goal, from 0 to 1: up at once, down slowly.
fn flood(age: f32) -> f32 {
    if age < RISE {
        return (age / RISE).max(0.0);
    }
    let left = 1.0 - ((age - RISE) / (FLOOD - RISE)).min(1.0);
    left * left
}

/// How bright the light is while the next goal decides, from 0 to 1: two beats and a pause, as a
/// heart's.
fn pulse(age: f32) -> f32 {
    let at = age.rem_euclid(BEAT) / BEAT;
    let beat = |begin: f32, high: f32| {
        let part = (at - begin) / 0.3;
        match (0.0..1.0).contains(&part) {
            true => high * (part * std::f32::consts::PI).sin().powi(2),
            false => 0.0,
        }
    };
    0.25 + 0.75 * (beat(0.0, 1.0) + beat(0.3, 0.6))
}

fn spawn_aura(added: On<Add, Scene>, mut commands: Commands) {
    commands.spawn((
        Sprite::default(),
        Transform::from_xyz(0.0, 0.0, height::AURA),
        Visibility::Hidden,
        Aura {
            arena: None,
            goal: None,
            golden: 0.0,
        },
        PartOf(added.entity),
    ));
}

/// Whether the next goal decides, and is still to come.
fn is_golden(world: &Match) -> bool {
    world.is_golden_goal() && matches!(world.phase(), Phase::KickOff { .. } | Phase::Play)
}

impl Aura {
    /// Lets time pass, and returns the light of this moment.
    fn pass(&mut self, world: &Match, seconds: f32, still: bool) -> Option<(Color, f32)> {
        if let Some((age, _)) = &mut self.goal {
            *age += seconds;
        }
        self.goal = self.goal.filter(|(age, _)| *age < FLOOD);
        self.golden = if is_golden(world) {
            self.golden + seconds
        } else {
            0.0
        };
        match self.goal {
            // Without movement there are no flashes, and the banner tells all.
            Some((age, color)) if !still => Some((color, 0.9 * flood(age))),
            _ if self.golden <= 0.0 => None,
            _ if still => Some((theme::BALL, 0.25)),
            _ => Some((theme::BALL, 0.5 * pulse(self.golden))),
        }
    }
}

fn glow(
    time: Res<Time>,
    preferences: Res<Preferences>,
    scenes: Query<(&Shown, &Chosen)>,
    mut auras: Query<(&PartOf, &mut Aura, &mut Sprite, &mut Visibility)>,
    mut images: ResMut<Assets<Image>>,
) {
    for (part, mut aura, mut sprite, mut visibility) in &mut auras {
        let Ok((shown, chosen)) = scenes.get(part.0) else {
            continue;
        };
        let scorer = news(shown)
            .filter(|event| event.kind == EventKind::Goal)
            .find_map(sim::demo::Event::team);
        if let Some(team) = scorer {
            aura.goal = Some((0.0, theme::team(team.index())));
        }
        let light = shown
            .world()
            .and_then(|world| aura.pass(world, time.delta_secs(), preferences.reduced_motion));
        let Some((color, alpha)) = light else {
            visibility.set_if_neq(Visibility::Hidden);
            continue;
        };
        let kind = shown::arena(shown, chosen);
        if aura.arena != Some(kind) {
            aura.arena = Some(kind);
            sprite.image = images.add(paint(kind.arena()));
            sprite.custom_size = Some(canvas(kind.arena()));
        }
        sprite.color = color.with_alpha(alpha);
        visibility.set_if_neq(Visibility::Inherited);
    }
}

/// Light along the walls, on both sides, and a little on the floor.
fn paint(arena: &Arena) -> Image {
    let resolution = PIXELS / canvas(arena).max_element();
    let size = (canvas(arena) * resolution).ceil();
    image(size.as_uvec2(), |pixel| {
        let at = (pixel + 0.5 - size / 2.0) / resolution;
        let wall = to_field(arena, at);
        // What moves on the floor is to be seen, and the texture's rim is not.
        let along = (-wall.max(-0.5 * wall) / 0.3).exp();
        let inside = if wall < 0.0 { 0.03 } else { 0.0 };
        let rim = ((canvas(arena) / 2.0 - at.abs()) / 0.5).min_element();
        let alpha = (0.75 * along + inside) * rim.clamp(0.0, 1.0);
        Vec4::new(1.0, 1.0, 1.0, alpha)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::Simulation;
    use sim::demo::Settings;

    #[test]
    fn a_flood_rises_once_and_ends() {
        let mut last = 0.0;
        for milli in 0..2_000 {
            let age = milli as f32 / 1_000.0;
            let now = flood(age);
            assert!((0.0..=1.0).contains(&now));
            match age <= RISE {
                true => assert!(now >= last),
                false => assert!(now <= last),
            }
            last = now;
        }
        assert_eq!((flood(0.0), last), (0.0, 0.0));
        assert!((flood(RISE) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn a_pulse_is_bounded_and_goes_on_without_a_leap() {
        let mut last = pulse(0.0);
        for milli in 1..5_000 {
            let now = pulse(milli as f32 / 1_000.0);
            assert!((0.0..=1.0).contains(&now) && (now - last).abs() < 0.02);
            last = now;
        }
    }

    #[test]
    fn the_arena_is_dark_until_a_goal_and_after_its_flood() {
        let world = Match::new(&Settings::for_seats(2), 1);
        let mut aura = Aura {
            arena: None,
            goal: None,
            golden: 0.0,
        };
        assert_eq!(aura.pass(&world, 0.1, false), None);
        aura.goal = Some((0.0, theme::team(1)));
        assert!(aura.pass(&world, 0.1, false).is_some());
        assert_eq!(aura.pass(&world, 0.1, true), None, "no flashes");
        assert_eq!(aura.pass(&world, FLOOD, false), None);
    }

    #[test]
    fn the_next_goal_decides_until_it_falls() {
        let settings = Settings {
            match_steps: Settings::MIN_MATCH_STEPS,
            golden_goal_steps: 600,
            ..Settings::for_seats(2)
        };
        let mut world = Match::new(&settings, 1);
        assert!(!is_golden(&world));
        for _ in 0..Settings::MIN_MATCH_STEPS + 100 {
            world.step(&[], &mut Vec::new());
        }
        assert!(is_golden(&world));
        for _ in 0..700 {
            world.step(&[], &mut Vec::new());
        }
        assert!(!is_golden(&world), "the match is over");
    }
}
