//! Discs and ball, with the rings that tell what a disc can do now.

use super::{
    drawn::{self, Drawn},
    height,
    paint::{Kit, seat_color},
};
use crate::demo::Shown;
use bevy::prelude::*;
use game::{
    preferences::Preferences,
    scene::{PartOf, Scene, Seen},
    theme,
};
use protocol::limits::MAX_SEATS;
use sim::demo::{
    Disc,
    arena::{BALL_RADIUS, DISC_RADIUS},
    disc::{DASH_COOLDOWN_STEPS, KICK_REACH},
};

pub(super) fn plugin(app: &mut App) {
    app.add_observer(spawn_bodies)
        .add_systems(Update, (place.after(drawn::follow), light, leap, outline));
}

/// What a sprite follows.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq)]
enum Follows {
    Ball,
    Disc(usize),
}

/// What a sprite of a disc tells.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    /// Its team and place.
    Body,
    /// The team's light on the floor.
    Glow,
    /// That it is this scene's player.
    Mine,
    /// How far its kick is charged, and that the ball is in reach.
    Kick,
    /// How soon it can dash again.
    Dash,
}

/// The sprite around a body that only high contrast shows.
#[derive(Component)]
struct Outline;

fn spawn_bodies(added: On<Add, Scene>, kit: Res<Kit>, mut commands: Commands) {
    let mut spawn = |follows: Follows, image: &Handle<Image>, color: Color, radius: f32, z: f32| {
        let sprite = Sprite {
            color,
            custom_size: Some(Vec2::splat(2.0 * radius)),
            ..Sprite::from_image(image.clone())
        };
        let at = Transform::from_xyz(0.0, 0.0, z);
        let part = PartOf(added.entity);
        commands
            .spawn((sprite, follows, at, Visibility::Hidden, part))
            .id()
    };
    let ball = Follows::Ball;
    spawn(
        ball,
        &kit.glow,
        theme::BALL.with_alpha(0.42),
        3.4 * BALL_RADIUS,
        height::GLOW,
    );
    spawn(ball, &kit.ball, theme::BALL, BALL_RADIUS, height::BALL);
    let mut outlines = vec![spawn(
        ball,
        &kit.ring,
        Color::NONE,
        1.5 * BALL_RADIUS,
        height::BALL,
    )];
    let mut signs = Vec::new();
    for seat in 0..MAX_SEATS {
        let follows = Follows::Disc(seat);
        let color = seat_color(seat);
        let disc = &kit.discs[seat % 2];
        // Apart in height, so that the order of overlapping discs does not flicker.
        let z = seat as f32 * 0.01;
        let radius = DISC_RADIUS;
        outlines.push(spawn(
            follows,
            &kit.ring,
            Color::NONE,
            1.16 * radius,
            height::RING,
        ));
        signs.extend([
            (
                spawn(
                    follows,
                    &kit.glow,
                    color.with_alpha(0.40),
                    2.3 * radius,
                    height::GLOW,
                ),
                Sign::Glow,
            ),
            (
                spawn(follows, disc, color, radius, height::DISC + z),
                Sign::Body,
            ),
            (
                spawn(
                    follows,
                    &kit.ring,
                    Color::WHITE,
                    1.22 * radius,
                    height::RING,
                ),
                Sign::Mine,
            ),
            (
                spawn(
                    follows,
                    &kit.arcs,
                    Color::WHITE,
                    1.46 * radius,
                    height::RING,
                ),
                Sign::Dash,
            ),
            (
                spawn(
                    follows,
                    &kit.arcs,
                    theme::BALL,
                    0.80 * radius,
                    height::RING + z,
                ),
                Sign::Kick,
            ),
        ]);
    }
    for (entity, sign) in signs {
        let mut sprite = commands.entity(entity);
        sprite.insert(sign);
        if sign == Sign::Kick {
            sprite.insert(Full::default());
        }
    }
    for entity in outlines {
        commands.entity(entity).insert(Outline);
    }
}

fn outline(preferences: Res<Preferences>, mut outlines: Query<&mut Sprite, With<Outline>>) {
    let color = match preferences.high_contrast {
        true => Color::WHITE,
        false => Color::NONE,
    };
    for mut sprite in &mut outlines {
        if sprite.color != color {
            sprite.color = color;
        }
    }
}

/// Puts everything where it is at the moment that the picture shows.
fn place(
    scenes: Query<&Drawn>,
    mut bodies: Query<(&Follows, &PartOf, &mut Transform, &mut Visibility)>,
) {
    for (follows, part, mut transform, mut visibility) in &mut bodies {
        let at = scenes.get(part.0).ok().and_then(|drawn| match follows {
            Follows::Ball => drawn.ball(),
            Follows::Disc(seat) => drawn.disc(*seat),
        });
        visibility.set_if_neq(match at {
            Some(_) => Visibility::Inherited,
            None => Visibility::Hidden,
        });
        if let Some(at) = at {
            transform.translation = at.extend(transform.translation.z);
        }
    }
}

/// Whether the ball is where this disc's kick reaches it.
fn in_reach(disc: &Disc, ball: sim::Vec2) -> bool {
    (ball - disc.body().position).length() <= DISC_RADIUS + BALL_RADIUS + KICK_REACH
}

/// How brightly a sign shows, and how far its ring is closed.
fn sign_of(sign: Sign, disc: &Disc, ball: sim::Vec2, is_mine: bool) -> (f32, f32) {
    let ready = 1.0 - f32::from(disc.dash_cooldown()) / f32::from(DASH_COOLDOWN_STEPS);
    match sign {
        Sign::Body => (1.0, 1.0),
        Sign::Glow => (if is_mine { 0.55 } else { 0.34 }, 1.0),
        Sign::Mine if !is_mine => (0.0, 1.0),
        Sign::Mine => (if in_reach(disc, ball) { 1.0 } else { 0.55 }, 1.0),
        Sign::Dash if !is_mine => (0.0, ready),
        Sign::Dash => (if ready >= 1.0 { 0.75 } else { 0.35 }, ready),
        // Brighter at once when more holding would add nothing.
        Sign::Kick if disc.charge() >= 1.0 => (1.0, 1.0),
        Sign::Kick => (0.35 + 0.25 * disc.charge(), disc.charge()),
    }
}

/// Seconds since a kick is fully charged; none while it is not.
#[derive(Component, Default)]
struct Full(Option<f32>);

/// How much larger a ring is drawn so many seconds after its kick is fully charged.
fn pop(seconds: f32) -> f32 {
    /// The most, and the seconds in which it is gone.
    const MOST: f32 = 0.45;
    const GONE: f32 = 0.28;
    let left = 1.0 - (seconds / GONE).clamp(0.0, 1.0);
    1.0 + MOST * left * left
}

fn light(
    kit: Res<Kit>,
    scenes: Query<(&Shown, &Seen)>,
    mut signs: Query<(&Follows, &Sign, &PartOf, &mut Sprite)>,
) {
    for (follows, sign, part, mut sprite) in &mut signs {
        let (Ok((shown, seen)), Follows::Disc(seat)) = (scenes.get(part.0), *follows) else {
            continue;
        };
        let Some((world, disc)) = shown
            .world()
            .and_then(|world| Some((world, world.discs().get(seat)?)))
        else {
            continue;
        };
        let is_mine = seen.0.my_seat == Some(seat);
        let (alpha, closed) = sign_of(*sign, disc, world.ball().position, is_mine);
        // What stays the same is not worked out and sent to the renderer anew.
        if sprite.color.alpha() != alpha {
            sprite.color.set_alpha(alpha);
        }
        if matches!(sign, Sign::Kick | Sign::Dash) {
            let index = Kit::arc(closed);
            let shown = sprite.texture_atlas.as_ref().map(|atlas| atlas.index);
            if shown != Some(index) {
                let layout = kit.arc_layout.clone();
                sprite.texture_atlas = Some(TextureAtlas { layout, index });
            }
        }
    }
}

/// Lets a ring leap when its kick is fully charged.
fn leap(
    time: Res<Time>,
    preferences: Res<Preferences>,
    scenes: Query<&Shown>,
    mut rings: Query<(&Follows, &PartOf, &mut Full, &mut Transform)>,
) {
    for (follows, part, mut full, mut transform) in &mut rings {
        let (Ok(shown), Follows::Disc(seat)) = (scenes.get(part.0), *follows) else {
            continue;
        };
        let disc = shown.world().and_then(|world| world.discs().get(seat));
        let is_full = disc.is_some_and(|disc| disc.charge() >= 1.0);
        full.0 = is_full.then(|| full.0.map_or(0.0, |since| since + time.delta_secs()));
        let scale = match full.0 {
            Some(since) if !preferences.reduced_motion => pop(since),
            _ => 1.0,
        };
        if transform.scale.x != scale {
            transform.scale = Vec3::splat(scale);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::{Driver, Seat, Simulation};
    use sim::demo::{Input, Settings, World as Match};

    /// A match in which both players did these things for so many steps each.
    fn world_after(inputs: &[(usize, Input)]) -> Match {
        let mut world = Match::new(&Settings::for_seats(2), 1);
        for &(steps, input) in inputs {
            for _ in 0..steps {
                world.step(
                    &[Seat {
                        input,
                        driver: Driver::Peer,
                    }; 2],
                    &mut Vec::new(),
                );
            }
        }
        world
    }

    #[test]
    fn only_the_own_disc_tells_of_itself() {
        let world = world_after(&[]);
        let (disc, ball) = (&world.discs()[0], world.ball().position);
        assert!(sign_of(Sign::Mine, disc, ball, true).0 > 0.0);
        assert_eq!(sign_of(Sign::Mine, disc, ball, false).0, 0.0);
        assert_eq!(sign_of(Sign::Dash, disc, ball, false).0, 0.0);
    }

    #[test]
    fn the_ring_closes_as_the_dash_comes_back() {
        // Past the kick-off, in which nobody moves.
        let (rest, dash) = (Input::default(), Input::new(0.0, 1.0, false, true));
        let world = world_after(&[(90, rest), (10, dash)]);
        let ball = world.ball().position;
        let (_, early) = sign_of(Sign::Dash, &world.discs()[0], ball, true);
        assert!(early < 1.0);
        let rested = world_after(&[]);
        assert_eq!(sign_of(Sign::Dash, &rested.discs()[0], ball, true).1, 1.0);
    }

    #[test]
    fn the_ring_tells_the_moment_of_the_full_charge() {
        let hold = Input::new(0.0, 0.0, true, false);
        let bright = |steps| {
            let world = world_after(&[(steps, hold)]);
            sign_of(Sign::Kick, &world.discs()[0], world.ball().position, false).0
        };
        let full = usize::from(sim::demo::disc::FULL_CHARGE_STEPS);
        assert!(bright(full) > 1.5 * bright(full - 1));
        assert_eq!(bright(full + 60), bright(full));
    }

    #[test]
    fn a_leap_only_shrinks_and_ends_at_rest() {
        let mut last = pop(0.0);
        assert!(last <= 1.5);
        for centi in 1..100 {
            let now = pop(centi as f32 / 100.0);
            assert!((1.0..=last).contains(&now));
            last = now;
        }
        assert_eq!(last, 1.0);
    }
}
