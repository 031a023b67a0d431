//! What flashes up when something happens: rings that spread and fade.

use super::{
    height,
    paint::{Kit, seat_color},
};
use crate::{
    preferences::Preferences,
    scene::{
        PartOf,
        shown::{Shown, point},
    },
    theme,
};
use bevy::prelude::*;
use sim::{Event, EventKind};

pub(super) fn plugin(app: &mut App) {
    app.add_systems(Update, (flash, spread));
}

/// A ring on its way.
#[derive(Component, Clone, Copy, Debug, PartialEq)]
struct Flash {
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
        (self.radius * grown, 0.8 * (1.0 - part))
    }
}

/// The flashes of an event. What is weak has none.
fn flash_of(event: &Event) -> Option<Flash> {
    let seat = usize::from(event.subject);
    let (color, life, radius) = match event.kind {
        EventKind::Kick => (theme::BALL, 0.30, 0.9 + event.strength * 0.08),
        EventKind::Dash => (seat_color(seat), 0.35, 1.5),
        EventKind::Goal => (
            event
                .team()
                .map_or(theme::BALL, |team| theme::team(team.index())),
            1.1,
            9.0,
        ),
        EventKind::Wall | EventKind::Post | EventKind::Touch | EventKind::Bump
            if event.strength > 4.0 =>
        {
            (theme::WALL, 0.25, 0.5 + event.strength * 0.05)
        }
        _ => return None,
    };
    Some(Flash {
        life,
        age: 0.0,
        radius,
        color,
        is_still: false,
    })
}

fn flash(
    kit: Res<Kit>,
    preferences: Res<Preferences>,
    scenes: Query<(Entity, &Shown)>,
    mut commands: Commands,
) {
    for (scene, shown) in &scenes {
        for (_, event) in &shown.events {
            let Some(flash) = flash_of(event) else {
                continue;
            };
            let flash = match preferences.reduced_motion {
                true => flash.stilled(),
                false => flash,
            };
            commands.spawn((
                Sprite {
                    custom_size: Some(Vec2::ZERO),
                    ..Sprite::from_image(kit.ring.clone())
                },
                Transform::from_translation(point(event.at).extend(height::EFFECT)),
                flash,
                PartOf(scene),
            ));
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

    fn event(kind: EventKind, strength: f32) -> Event {
        Event {
            kind,
            subject: 1,
            count: 0,
            at: sim::Vec2::ZERO,
            strength,
        }
    }

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
}
