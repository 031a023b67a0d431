//! In two scenes of one window: where the other player's disc truly is. Each scene predicts the other
//! one's disc, and the other scene, which needs not, stands beside it: the ghost is where the disc is
//! there, and the line to it is the error of the prediction.

use super::{
    drawn::Drawn,
    height,
    paint::{Kit, seat_color},
};
use crate::demo::{Shown, shown};
use bevy::prelude::*;
use game::scene::{PartOf, Scene, Seen};
use sim::demo::arena::DISC_RADIUS;

pub(super) fn plugin(app: &mut App) {
    app.add_observer(spawn).add_systems(Update, haunt);
}

/// What shows the other player's true place.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq)]
enum Ghost {
    /// The disc itself.
    Disc,
    /// From where the scene shows it to there.
    Line,
}

/// Metres between the two from which the ghost shows, and fully.
const FROM: f32 = 0.1;
const FULLY: f32 = 0.8;

/// How wide the line is, in metres.
const LINE: f32 = 0.05;

fn spawn(added: On<Add, Scene>, scenes: Query<&Scene>, kit: Res<Kit>, mut commands: Commands) {
    if !scenes.get(added.entity).is_ok_and(|scene| scene.of == 2) {
        return;
    }
    let parts = [
        (
            Ghost::Disc,
            Sprite::from_image(kit.ring.clone()),
            2.0 * DISC_RADIUS,
        ),
        (
            Ghost::Line,
            Sprite::from_color(Color::WHITE, Vec2::ZERO),
            LINE,
        ),
    ];
    for (ghost, sprite, size) in parts {
        let sprite = Sprite {
            custom_size: Some(Vec2::splat(size)),
            ..sprite
        };
        commands.spawn((ghost, sprite, Visibility::Hidden, PartOf(added.entity)));
    }
}

/// How clearly a ghost shows that is so many metres from the disc, from 0 to 1.
fn clarity(apart: f32) -> f32 {
    ((apart - FROM) / (FULLY - FROM)).clamp(0.0, 1.0)
}

fn haunt(
    scenes: Query<(Entity, &Seen, &Shown, &Drawn)>,
    mut ghosts: Query<(
        &Ghost,
        &PartOf,
        &mut Sprite,
        &mut Transform,
        &mut Visibility,
    )>,
) {
    for (ghost, part, mut sprite, mut transform, mut visibility) in &mut ghosts {
        let places = scenes.get(part.0).ok().and_then(|(here, .., drawn)| {
            let (_, seen, truth, _) = scenes.iter().find(|(there, ..)| *there != here)?;
            let seat = seen.0.my_seat?;
            Some((seat, drawn.disc(seat)?, shown::disc(truth, seat)?))
        });
        let clarity = places.map_or(0.0, |(_, drawn, truth)| clarity(drawn.distance(truth)));
        let Some((seat, drawn, truth)) = places.filter(|_| clarity > 0.0) else {
            visibility.set_if_neq(Visibility::Hidden);
            continue;
        };
        visibility.set_if_neq(Visibility::Inherited);
        let color = seat_color(seat);
        match ghost {
            Ghost::Disc => {
                sprite.color = color.with_alpha(0.85 * clarity);
                transform.translation = truth.extend(height::RING);
            }
            Ghost::Line => {
                let along = truth - drawn;
                sprite.color = color.with_alpha(0.5 * clarity);
                sprite.custom_size = Some(Vec2::new(along.length(), LINE));
                transform.translation = ((truth + drawn) / 2.0).extend(height::TRAIL);
                transform.rotation = Quat::from_rotation_z(along.to_angle());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ghost_shows_where_it_differs() {
        assert_eq!(clarity(0.0), 0.0);
        assert!(clarity(0.4) > 0.0 && clarity(0.4) < 1.0);
        assert_eq!(clarity(5.0), 1.0);
    }
}
