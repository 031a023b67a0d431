//! Who else is in the room, during a match: each may be heard or not.

use super::back;
use crate::{
    preferences::Preferences,
    scene::{Seen, Session},
    screens::widgets,
    text::{self, Words},
    theme::{self, size},
};
use bevy::{
    prelude::*,
    ui_widgets::{Activate, observe},
};
use netplay::session::{Command as Wish, PeerView};
use protocol::PeerId;

pub(super) fn plugin(app: &mut App) {
    app.add_systems(Update, list);
}

/// The list of players, and what it shows: who, by which name, and whether muted.
#[derive(Component, Default)]
struct Others(Option<Vec<(PeerId, String, bool)>>);

pub(super) fn contents(words: &Words) -> impl Bundle + use<> {
    children![
        widgets::text(words.chat.players, size::HEADING, theme::TEXT),
        (Others::default(), widgets::column(1.2)),
        back(words),
    ]
}

/// A button that has a player heard no more, or again.
pub fn mute_button(peer: &PeerView, words: &Words) -> impl Bundle + use<> {
    let label = match peer.muted {
        true => words.chat.unmute,
        false => words.chat.mute,
    };
    let (peer, muted) = (peer.id, !peer.muted);
    let press = move |_: On<Activate>, sessions: Query<&Session>| {
        for session in &sessions {
            session.0.command(Wish::SetMuted { peer, muted });
        }
    };
    (widgets::small_button(label), observe(press))
}

fn list(
    scenes: Query<&Seen>,
    preferences: Res<Preferences>,
    mut lists: Query<(Entity, &mut Others)>,
    mut commands: Commands,
) {
    let words = preferences.words();
    for (list, mut others) in &mut lists {
        let peers = scenes.iter().flat_map(|seen| &seen.0.peers);
        let peers: Vec<&PeerView> = peers.filter(|peer| !peer.is_me).collect();
        let shown = peers
            .iter()
            .map(|peer| (peer.id, peer.name.clone(), peer.muted));
        let shown = Some(shown.collect());
        if others.0 == shown {
            continue;
        }
        others.0 = shown;
        commands
            .entity(list)
            .despawn_related::<Children>()
            .with_children(|list| {
                if peers.is_empty() {
                    list.spawn(widgets::paragraph(
                        words.chat.nobody_else,
                        78.0,
                        theme::FAINT,
                    ));
                }
                for peer in peers {
                    list.spawn(widgets::row(3.0)).with_children(|row| {
                        row.spawn((
                            widgets::broken_text(
                                text::named(&peer.name, words),
                                size::BODY,
                                theme::TEXT,
                                LineBreak::NoWrap,
                            ),
                            Node {
                                width: vmin(48.0),
                                overflow: Overflow::clip(),
                                ..default()
                            },
                        ));
                        row.spawn(mute_button(peer, words));
                    });
                }
            });
    }
}
