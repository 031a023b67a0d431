//! The packets on their way from one scene to the other, as lights on a wire. A lost one falls off.

use super::{Arrangement, Art, LAYER, Part, place::Places, seen};
use crate::{scene::connect::Road, theme};
use bevy::prelude::*;
use netplay::transport::{Channel, impair::Flight};
use std::{collections::VecDeque, time::Duration};

/// Lights that show at once; further packets have none. At 400 ms some thirty fly.
const LIGHTS: usize = 160;

/// Faster flights are shown so long, or nobody would see them.
const SHORTEST: Duration = Duration::from_millis(90);

/// Where on its way a lost packet leaves the wire.
const LOST_AT: f32 = 0.5;

/// The light of this number.
#[derive(Component)]
pub(super) struct Light(usize);

pub(super) fn build(places: &Places, art: &Art, commands: &mut Commands) {
    let ends = places.wire.map(|end| seen(places, end));
    let along = ends[1] - ends[0];
    for side in [-1.0, 1.0] {
        commands.spawn((
            Part,
            LAYER,
            Sprite::from_color(theme::LINE, Vec2::new(along.length(), places.unit)),
            Transform::from_translation(
                ((ends[0] + ends[1]) / 2.0 + across(places, along) * side).extend(0.0),
            )
            .with_rotation(Quat::from_rotation_z(along.to_angle())),
        ));
    }
    for (index, end) in ends.into_iter().enumerate() {
        commands.spawn((
            Part,
            LAYER,
            Sprite {
                color: theme::team(index),
                custom_size: Some(Vec2::splat(26.0 * places.unit)),
                ..Sprite::from_image(art.light.clone())
            },
            Transform::from_translation(end.extend(3.0)),
        ));
    }
    for number in 0..LIGHTS {
        commands.spawn((
            Part,
            LAYER,
            Light(number),
            Sprite {
                color: Color::NONE,
                ..Sprite::from_image(art.light.clone())
            },
            Transform::from_xyz(0.0, 0.0, 2.0),
        ));
    }
}

/// From the middle of the wire to the side on which packets go to the second scene.
fn across(places: &Places, along: Vec2) -> Vec2 {
    along.perp().normalize_or_zero() * 4.0 * places.unit
}

/// Where a packet is between its ends, from 0 to 1, and how bright; nothing once it has arrived.
/// `fallen` is how far it has left the wire.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Sight {
    part: f32,
    fallen: f32,
    alpha: f32,
}

fn sight(flight: &Flight, now: Duration) -> Option<Sight> {
    let takes = flight.takes.max(SHORTEST).as_secs_f32();
    let part = now.checked_sub(flight.at)?.as_secs_f32() / takes;
    if part > 1.0 {
        return None;
    }
    let fallen = match flight.is_lost {
        true => ((part - LOST_AT) / (1.0 - LOST_AT)).max(0.0),
        false => 0.0,
    };
    Some(Sight {
        // What falls goes on at half of its pace.
        part: part - fallen * (1.0 - LOST_AT) / 2.0,
        fallen,
        alpha: 1.0 - fallen,
    })
}

pub(super) fn draw(
    arrangement: Res<Arrangement>,
    roads: Query<&Road>,
    mut flights: Local<VecDeque<Flight>>,
    mut lights: Query<(&Light, &mut Sprite, &mut Transform)>,
) {
    let impairment = roads.iter().find_map(Road::impairment);
    let (Some(places), Some(impairment)) = (arrangement.0, impairment) else {
        flights.clear();
        return;
    };
    let now = impairment.now();
    flights.extend(impairment.take_flights());
    flights.retain(|flight| sight(flight, now).is_some());
    let excess = flights.len().saturating_sub(LIGHTS);
    flights.drain(..excess);
    let ends = places.wire.map(|end| seen(&places, end));
    let aside = across(&places, ends[1] - ends[0]);
    for (light, mut sprite, mut transform) in &mut lights {
        let shown = (flights.get(light.0)).and_then(|flight| Some((flight, sight(flight, now)?)));
        let Some((flight, sight)) = shown else {
            if sprite.color != Color::NONE {
                sprite.color = Color::NONE;
            }
            continue;
        };
        // To the second scene, from the first, or back. Sessions that have met anew are further
        // ends of the same two scenes.
        let is_back = flight.to % 2 == 0;
        let (from, to, side) = match is_back {
            false => (ends[0], ends[1], aside),
            true => (ends[1], ends[0], -aside),
        };
        // Falling is outwards, away from the other lane.
        let at = from.lerp(to, sight.part) + side * (1.0 + 3.0 * sight.fallen);
        transform.translation = at.extend(2.0);
        let color = match (flight.is_lost, flight.channel) {
            (true, _) => theme::ALARM,
            (false, Channel::Reliable) => Color::WHITE,
            (false, Channel::Unreliable) => theme::team(usize::from(is_back)),
        };
        sprite.color = color.with_alpha(sight.alpha);
        let size = if flight.channel == Channel::Reliable {
            18.0
        } else {
            12.0
        };
        sprite.custom_size = Some(Vec2::splat(size * places.unit));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flight(takes: u64, is_lost: bool) -> Flight {
        Flight {
            to: 1,
            at: Duration::from_secs(1),
            takes: Duration::from_millis(takes),
            is_lost,
            channel: Channel::Unreliable,
        }
    }

    fn after(flight: &Flight, millis: u64) -> Option<Sight> {
        sight(flight, Duration::from_millis(1_000 + millis))
    }

    #[test]
    fn a_packet_flies_as_long_as_it_takes() {
        let flight = flight(200, false);
        assert_eq!(after(&flight, 0).unwrap().part, 0.0);
        assert_eq!(
            after(&flight, 100).unwrap(),
            Sight {
                part: 0.5,
                fallen: 0.0,
                alpha: 1.0
            }
        );
        assert_eq!(after(&flight, 201), None);
        assert_eq!(sight(&flight, Duration::ZERO), None, "it is yet to set out");
    }

    #[test]
    fn a_flight_that_takes_no_time_is_seen() {
        assert!(after(&flight(0, false), 45).is_some_and(|sight| sight.part == 0.5));
    }

    #[test]
    fn a_lost_packet_fades_on_its_way() {
        let lost = flight(200, true);
        assert_eq!(after(&lost, 90).unwrap().alpha, 1.0);
        let late = after(&lost, 190).unwrap();
        assert!(late.alpha < 0.2 && late.fallen > 0.8 && late.part < 0.9);
    }
}
