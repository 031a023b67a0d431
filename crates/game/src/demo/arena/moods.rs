//! Emotes above the discs of those who show them.

use super::{
    drawn::{self, Drawn},
    height,
};
use bevy::prelude::*;
use game::{
    preferences::Preferences,
    scene::{PartOf, Scene, Seen, view::Turned},
    screens::chat::Emotes,
};
use netplay::session::{PeerView, Said, Words};
use protocol::limits::MAX_SEATS;
use sim::demo::arena::DISC_RADIUS;

pub(super) fn plugin(app: &mut App) {
    app.add_observer(spawn_moods)
        .add_systems(Update, (hear, place.after(drawn::follow)).chain());
}

/// How long an emote is shown, and for how long of that it comes and goes.
const SHOWN_SECONDS: f32 = 2.6;
const CHANGE_SECONDS: f32 = 0.25;

/// An emote's radius and its distance from the middle of the disc, in metres.
const RADIUS: f32 = 0.62 * DISC_RADIUS;
const DISTANCE: f32 = 1.9 * DISC_RADIUS;

/// The place for the emotes of a seat's player, and for how long one has been there.
#[derive(Component)]
struct Mood {
    seat: usize,
    age: f32,
}

/// The number of the next thing that a scene has yet to hear.
#[derive(Component, Default)]
struct Next(u64);

fn spawn_moods(added: On<Add, Scene>, mut commands: Commands) {
    commands.entity(added.entity).insert(Next::default());
    for seat in 0..MAX_SEATS {
        let sprite = Sprite {
            custom_size: Some(Vec2::splat(2.0 * RADIUS)),
            ..default()
        };
        let mood = Mood {
            seat,
            age: SHOWN_SECONDS,
        };
        commands.spawn((mood, sprite, Visibility::Hidden, PartOf(added.entity)));
    }
}

/// The emotes from the number `next` on, each with its player's seat.
fn news<'s>(
    said: &'s [Said],
    peers: &'s [PeerView],
    next: u64,
) -> impl Iterator<Item = (usize, u8)> + 's {
    said.iter()
        .filter(move |said| said.number >= next)
        .filter_map(|said| {
            let Words::Emote(emote) = said.words else {
                return None;
            };
            let peer = peers.iter().find(|peer| peer.id == said.from)?;
            Some((peer.seat?, emote))
        })
}

fn hear(
    emotes: Res<Emotes>,
    preferences: Res<Preferences>,
    mut scenes: Query<(&Seen, &mut Next), Changed<Seen>>,
    mut moods: Query<(&PartOf, &mut Mood, &mut Sprite)>,
) {
    for (part, mut mood, mut sprite) in &mut moods {
        let Ok((seen, next)) = scenes.get(part.0) else {
            continue;
        };
        for (seat, emote) in news(&seen.0.said, &seen.0.peers, next.0) {
            if let (true, Some(picture)) = (seat == mood.seat, emotes.picture(emote)) {
                sprite.image = picture.clone();
                mood.age = if preferences.hide_chat {
                    SHOWN_SECONDS
                } else {
                    0.0
                };
            }
        }
    }
    for (seen, mut next) in &mut scenes {
        next.0 = seen.0.said.last().map_or(next.0, |said| said.number + 1);
    }
}

/// How large an emote is at this age, as a part of its size.
fn size(age: f32, reduced_motion: bool) -> f32 {
    let part = (age / CHANGE_SECONDS).min((SHOWN_SECONDS - age) / CHANGE_SECONDS);
    match (part > 0.0, reduced_motion) {
        (false, _) => 0.0,
        (true, true) => 1.0,
        (true, false) => part.min(1.0),
    }
}

/// Keeps each emote above its disc, upright however the arena lies.
fn place(
    time: Res<Time>,
    preferences: Res<Preferences>,
    scenes: Query<(&Drawn, &Turned)>,
    mut moods: Query<(&PartOf, &mut Mood, &mut Transform, &mut Visibility)>,
) {
    for (part, mut mood, mut transform, mut visibility) in &mut moods {
        mood.age = (mood.age + time.delta_secs()).min(SHOWN_SECONDS);
        let size = size(mood.age, preferences.reduced_motion);
        let scene = scenes.get(part.0).ok().filter(|_| size > 0.0);
        let at = scene.and_then(|(drawn, turned)| Some((drawn.disc(mood.seat)?, turned.0)));
        visibility.set_if_neq(match at {
            Some(_) => Visibility::Inherited,
            None => Visibility::Hidden,
        });
        let Some((at, turned)) = at else { continue };
        // The camera of a turned scene is turned as far.
        let turn = if turned {
            -std::f32::consts::FRAC_PI_2
        } else {
            0.0
        };
        let up = Vec2::from_angle(turn).rotate(Vec2::Y);
        *transform = Transform::from_translation((at + DISTANCE * up).extend(height::EFFECT))
            .with_rotation(Quat::from_rotation_z(turn))
            .with_scale(Vec3::splat(size));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::PeerId;

    #[test]
    fn an_emote_comes_stays_and_goes() {
        assert_eq!(size(0.0, false), 0.0);
        assert!((0.1..0.9).contains(&size(0.1, false)));
        assert_eq!((size(1.0, false), size(0.1, true)), (1.0, 1.0));
        assert_eq!(
            (size(SHOWN_SECONDS, false), size(SHOWN_SECONDS, true)),
            (0.0, 0.0)
        );
    }

    #[test]
    fn each_emote_is_shown_once_and_above_its_players_disc() {
        let id = |n| PeerId(uuid::Uuid::from_u128(n));
        let said = |number, from, words| Said {
            number,
            from: id(from),
            is_me: false,
            name: String::new(),
            words,
        };
        let peer = |n, seat| PeerView {
            id: id(n),
            name: String::new(),
            is_me: false,
            is_owner: false,
            ready: false,
            seat,
            team: None,
            color: 0,
            muted: false,
            away: false,
            slow: false,
            rtt_ms: None,
            link: netplay::session::Link::default(),
        };
        let peers = [peer(1, Some(3)), peer(2, None)];
        let said = [
            said(4, 1, Words::Emote(0)),
            said(5, 1, Words::Text("hi".into())),
            said(6, 2, Words::Emote(1)),
            said(7, 9, Words::Emote(1)),
            said(8, 1, Words::Emote(2)),
        ];
        let news = |next| news(&said, &peers, next).collect::<Vec<_>>();
        assert_eq!(news(0), [(3, 0), (3, 2)]);
        assert_eq!(news(5), [(3, 2)]);
        assert!(news(9).is_empty());
    }
}
