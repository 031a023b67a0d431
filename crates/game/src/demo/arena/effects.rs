//! What flashes up when something happens: rings and lights that spread and fade.

use super::{
    force::news,
    height,
    paint::{Kit, seat_color},
};
use crate::demo::{Shown, shown::point};
use bevy::prelude::*;
use game::{preferences::Preferences, scene::PartOf, theme};
use sim::demo::{Event, EventKind};

pub(super) fn plugin(app: &mut App) {
    app.add_systems(Update, (flash, spread));
}

/// What spreads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Ring,
    /// A ring that is bright behind its front.
    Wave,
    /// A soft light, largest in the middle.
    Light,
}

/// A ring or a light on its way.
#[derive(Component, Clone, Copy, Debug, PartialEq)]
struct Flash {
    form: Form,
    /// Seconds that it lives.
    life: f32,
    /// Seconds that it has lived.
    age: f32,
    /// Its radius at the end, in metres.
    radius: f32,
    color: Color,
    /// Whether it only fades, at its final size.
    is_still: bool,
}

/// The radius of the largest flash that does not move, in metres.
const STILL_RADIUS: f32 = 1.5;

impl Flash {
    /// The same without movement, and not so large that the picture flickers.
    fn stilled(self) -> Self {
        Self {
            radius: self.radius.min(STILL_RADIUS),
            is_still: true,
            ..self
        }
    }

    /// How large and how bright it is now: its radius, and its opacity.
    fn look(&self) -> (f32, f32) {
        let part = self.age / self.life;
        if self.is_still {
            return (self.radius, 0.5 * (1.0 - part));
        }
        // Fast at first, as a wave.
        let grown = 1.0 - (1.0 - part).powi(3);
        let bright = match self.form {
            Form::Ring | Form::Wave => 0.8,
            Form::Light => 0.5,
        };
        (self.radius * grown, bright * (1.0 - part))
    }
}

/// The flash of an event. What is weak has none.
fn flash_of(event: &Event) -> Option<Flash> {
    let seat = usize::from(event.subject);
    let (color, life, radius) = match event.kind {
        EventKind::Kick => (theme::BALL, 0.30, 0.9 + event.strength * 0.08),
        EventKind::Dash => (seat_color(seat), 0.35, 1.5),
        EventKind::Goal => (scorers(event), 1.1, 9.0),
        EventKind::Wall | EventKind::Post | EventKind::Touch | EventKind::Bump
            if event.strength > 4.0 =>
        {
            (theme::WALL, 0.25, 0.5 + event.strength * 0.05)
        }
        _ => return None,
    };
    let form = match event.kind {
        EventKind::Goal => Form::Wave,
        _ => Form::Ring,
    };
    Some(Flash {
        form,
        life,
        age: 0.0,
        radius,
        color,
        is_still: false,
    })
}

/// What follows a goal: a second wave, and a light that floods the field from its goal.
fn celebration(goal: &Event) -> [Flash; 2] {
    let wave = Flash {
        form: Form::Wave,
        life: 1.7,
        age: 0.0,
        radius: 15.0,
        color: scorers(goal),
        is_still: false,
    };
    let light = Flash {
        form: Form::Light,
        life: 1.5,
        radius: 13.0,
        ..wave
    };
    [wave, light]
}

/// The colour of the team that scored.
fn scorers(goal: &Event) -> Color {
    let team = goal.team();
    team.map_or(theme::BALL, |team| theme::team(team.index()))
}

fn flash(
    kit: Res<Kit>,
    preferences: Res<Preferences>,
    scenes: Query<(Entity, &Shown)>,
    mut commands: Commands,
) {
    for (scene, shown) in &scenes {
        for event in news(shown) {
            let celebration = match event.kind {
                EventKind::Goal if !preferences.reduced_motion => Some(celebration(event)),
                _ => None,
            };
            let all = flash_of(event).into_iter();
            for flash in all.chain(celebration.into_iter().flatten()) {
                let flash = match preferences.reduced_motion {
                    true => flash.stilled(),
                    false => flash,
                };
                let image = match flash.form {
                    Form::Ring => kit.ring.clone(),
                    Form::Wave => kit.wave.clone(),
                    Form::Light => kit.glow.clone(),
                };
                commands.spawn((
                    Sprite {
                        custom_size: Some(Vec2::ZERO),
                        ..Sprite::from_image(image)
                    },
                    Transform::from_translation(point(event.at).extend(height::EFFECT)),
                    flash,
                    PartOf(scene),
                ));
            }
        }
    }
}

fn spread(
    time: Res<Time>,
    mut flashes: Query<(Entity, &mut Flash, &mut Sprite)>,
    mut commands: Commands,
) {
    for (entity, mut flash, mut sprite) in &mut flashes {
        flash.age += time.delta_secs();
        if flash.age >= flash.life {
            commands.entity(entity).despawn();
            continue;
        }
        let (radius, alpha) = flash.look();
        sprite.custom_size = Some(Vec2::splat(2.0 * radius));
        sprite.color = flash.color.with_alpha(alpha);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::arena::force::event;

    #[test]
    fn goals_flash_larger_than_kicks_and_weak_hits_not_at_all() {
        let radius = |kind, strength| flash_of(&event(kind, strength)).map(|flash| flash.radius);
        assert!(radius(EventKind::Goal, 9.0) > radius(EventKind::Kick, 9.0));
        assert_eq!(radius(EventKind::Wall, 0.1), None);
        assert_eq!(radius(EventKind::Whistle, 0.0), None);
    }

    #[test]
    fn with_reduced_motion_flashes_neither_move_nor_fill_the_picture() {
        let mut flash = flash_of(&event(EventKind::Goal, 9.0)).unwrap();
        assert!(flash.look().0 < 0.1, "a wave begins small");
        flash = flash.stilled();
        let (radius, bright) = flash.look();
        flash.age = flash.life / 2.0;
        assert_eq!(flash.look().0, radius);
        assert!(flash.look().1 < bright && radius <= STILL_RADIUS);
    }

    #[test]
    fn flashes_only_grow_and_fade_and_end_in_the_dark() {
        let goal = event(EventKind::Goal, 9.0);
        let kick = flash_of(&event(EventKind::Kick, 16.0));
        for mut flash in celebration(&goal).into_iter().chain(kick) {
            let mut last = flash.look();
            for _ in 0..100 {
                flash.age = (flash.age + flash.life / 100.0).min(flash.life);
                let now = flash.look();
                assert!(now.0 >= last.0 && now.0 <= flash.radius && now.1 <= last.1);
                last = now;
            }
            assert!(last.1.abs() < 1e-5);
        }
    }
}
