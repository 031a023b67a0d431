//! The room before a match: its code to share, who is here, and "ready".

mod layout;

use super::{chat::Emotes, leave, options, ready, widgets};
use crate::{
    contract::Cartridge,
    preferences::Preferences,
    scene::{Page, Scene, Seen, Session, link::Options, lock::Lock, place::Place},
    text::Words,
    theme::{self, size},
};
use bevy::{
    input_focus::AutoFocus,
    prelude::*,
    ui_widgets::{Activate, observe},
};
use netplay::{
    session::{Command as Wish, PeerView, RoomView},
    transport::SignalingState,
};

pub(super) fn plugin(app: &mut App) {
    app.add_observer(build)
        .add_systems(Update, (tell, show_lock, offer_bots, layout::arrange));
}

/// Who is here.
#[derive(Component)]
struct PeerList;

/// What we wait for.
#[derive(Component)]
struct Waiting;

/// The button that plays with bots, for whoever is alone.
#[derive(Component)]
struct Meanwhile;

/// The button of the room's lock.
#[derive(Component)]
struct LockButton;

/// What the lock's button would do.
#[derive(Component)]
struct LockLabel;

/// Which scene a line tells of.
#[derive(Component)]
struct Of(Entity);

fn build(
    turned: On<Insert, Page>,
    scenes: Query<(&Scene, &Page, &Session, &Options, Option<&Place>)>,
    preferences: Res<Preferences>,
    cartridge: Res<Cartridge>,
    emotes: Res<Emotes>,
    mut commands: Commands,
) {
    let scene = turned.entity;
    let Ok((settings, Page::Room, session, options, place)) = scenes.get(scene) else {
        return;
    };
    if settings.is_private() {
        // Everybody who will come is here.
        session.0.command(Wish::SetReady(true));
    }
    let words = preferences.words();
    let teams = (cartridge.words)(preferences.language).teams;
    let emotes = place.map(|_| &*emotes);
    let mut page = layout::spawn(&mut commands, scene, emotes, words);
    page.with_children(|page| {
        if let Some(place) = place {
            page.spawn(widgets::text(words.room.room, size::BODY, theme::FAINT));
            page.spawn(widgets::text(&place.room, size::TITLE, theme::BALL));
            page.spawn(link(place));
            page.spawn(widgets::row(2.0)).with_children(|tools| {
                copy_link(tools, place, words);
                options::team(tools, scene, teams.len());
                lock_button(tools, scene);
            });
        } else {
            page.spawn(widgets::text(
                words.room.get_ready,
                size::HEADING,
                theme::TEXT,
            ));
        }
        page.spawn((PeerList, Of(scene), list_box(0)));
        options::options(page, scene, options);
        page.spawn((
            Waiting,
            Of(scene),
            widgets::paragraph("", 100.0, theme::FAINT),
        ));
        if !settings.is_private() {
            page.spawn(meanwhile(scene, words));
        }
        page.spawn((
            widgets::row(3.0),
            children![
                (
                    widgets::button(words.room.ready, 36.0),
                    AutoFocus,
                    observe(ready(scene))
                ),
                (widgets::button(words.common.back, 36.0), observe(leave)),
            ],
        ));
    });
}

/// The button that plays with bots until somebody comes; the room stays open.
fn meanwhile(scene: Entity, words: &Words) -> impl Bundle + use<> {
    let play = move |_: On<Activate>, sessions: Query<&Session>| {
        if let Ok(session) = sessions.get(scene) {
            session.0.command(Wish::PlayAlone);
        }
    };
    (
        Meanwhile,
        Of(scene),
        Node {
            display: Display::None,
            ..widgets::row(0.0)
        },
        children![(
            widgets::button(words.room.play_meanwhile, 75.0),
            observe(play)
        )],
    )
}

/// With company, one plays with them.
fn offer_bots(scenes: Query<&Seen>, mut boxes: Query<(&Of, &mut Node), With<Meanwhile>>) {
    for (of, mut node) in &mut boxes {
        let is_alone = scenes.get(of.0).is_ok_and(|seen| seen.0.peers.len() == 1);
        let display = if is_alone {
            Display::Flex
        } else {
            Display::None
        };
        if node.display != display {
            node.display = display;
        }
    }
}

/// The link for others, to read.
fn link(place: &Place) -> impl Bundle {
    (
        widgets::broken_text(
            &place.link,
            size::SMALL,
            theme::ACCENT,
            LineBreak::AnyCharacter,
        ),
        Node {
            max_width: vmin(92.0),
            ..default()
        },
    )
}

/// Natively there is no clipboard to copy it to.
#[cfg(not(target_arch = "wasm32"))]
fn copy_link(_: &mut ChildSpawnerCommands<'_>, _: &Place, _: &Words) {}

#[cfg(target_arch = "wasm32")]
fn copy_link(tools: &mut ChildSpawnerCommands<'_>, place: &Place, words: &Words) {
    let link = place.link.clone();
    let copy = move |_: On<Activate>| crate::web::copy(&link);
    tools.spawn((widgets::small_button(words.room.copy_link), observe(copy)));
}

/// The button of the room's lock, for whoever may turn it.
fn lock_button(tools: &mut ChildSpawnerCommands<'_>, scene: Entity) {
    let turn = move |_: On<Activate>, mut locks: Query<&mut Lock>| {
        if let Ok(mut lock) = locks.get_mut(scene) {
            lock.turn();
        }
    };
    let label = widgets::text("", size::TINY, theme::FAINT);
    tools.spawn((
        widgets::small_button_with((LockLabel, Of(scene), label)),
        LockButton,
        Of(scene),
        Visibility::Hidden,
        observe(turn),
    ));
}

/// Shows the lock to the room's owner, and what pressing it would do.
fn show_lock(
    scenes: Query<(&Seen, &Lock)>,
    preferences: Res<Preferences>,
    mut buttons: Query<(&Of, &mut Visibility), With<LockButton>>,
    mut labels: Query<(&Of, &mut Text), With<LockLabel>>,
) {
    for (of, mut shown) in &mut buttons {
        let may_turn = |(seen, _): (&Seen, &Lock)| {
            let mut peers = seen.0.peers.iter();
            peers.any(|peer| peer.is_me && peer.is_owner)
        };
        shown.set_if_neq(match scenes.get(of.0).is_ok_and(may_turn) {
            true => Visibility::Inherited,
            false => Visibility::Hidden,
        });
    }
    for (of, mut text) in &mut labels {
        if let Ok((_, lock)) = scenes.get(of.0) {
            let words = preferences.words();
            let label = if lock.locked {
                words.room.unlock
            } else {
                words.room.lock
            };
            text.set_if_neq(Text(label.to_owned()));
        }
    }
}

/// With more peers than this, they are told in two columns and fewer words.
const FEW: usize = 4;

/// The box of so many peers' lines.
fn list_box(peers: usize) -> Node {
    if peers <= FEW {
        return Node {
            margin: UiRect::vertical(vmin(2.0)),
            ..widgets::column(1.2)
        };
    }
    Node {
        width: vmin(94.0),
        flex_wrap: FlexWrap::Wrap,
        row_gap: vmin(0.6),
        ..widgets::row(2.0)
    }
}

/// Shows a peer's line among so many.
fn spawn_line(
    list: &mut ChildSpawnerCommands<'_>,
    peer: &PeerView,
    peers: usize,
    words: &Words,
    teams: &[&str],
) {
    let color = match (options::wanted(peer, teams), peer.ready) {
        (Some((team, _)), ready) => theme::team(team).with_alpha(if ready { 1.0 } else { 0.7 }),
        (None, true) => theme::TEXT,
        (None, false) => theme::FAINT,
    };
    if peers <= FEW {
        list.spawn(widgets::text(line(peer, words, teams), size::BODY, color));
        return;
    }
    let mark = if peer.ready { '+' } else { '-' };
    let line = match words.presence(peer) {
        "" => format!("{mark} {}", peer.name),
        presence => format!("{mark} {} ({presence})", peer.name),
    };
    list.spawn((
        widgets::broken_text(line, size::TINY, color, LineBreak::NoWrap),
        Node {
            width: vmin(45.0),
            overflow: Overflow::clip(),
            ..default()
        },
    ));
}

/// A peer's line.
fn line(peer: &PeerView, words: &Words, teams: &[&str]) -> String {
    let mut line = peer.name.clone();
    if peer.is_me {
        line.push_str(&format!(" ({})", words.room.you));
    }
    let ready = if peer.ready {
        words.room.is_ready
    } else {
        words.room.not_ready
    };
    line.push_str(&format!("   {ready}"));
    if let Some((_, team)) = options::wanted(peer, teams) {
        line.push_str(&format!("   {team}"));
    }
    let presence = words.presence(peer);
    if !presence.is_empty() {
        line.push_str(&format!("   {presence}"));
    }
    if let Some(rtt) = peer.rtt_ms {
        line.push_str(&format!("   {rtt:.0} ms"));
    }
    line
}

/// What the room waits for.
fn waiting(view: &RoomView, lock: Option<&Lock>, words: &Words) -> String {
    let room = &words.room;
    if let Some(trouble) = lock.and_then(|lock| lock.trouble.as_ref()) {
        return (words.trouble)(trouble);
    }
    if let Some(notice) = &view.notice {
        return (words.notice)(notice);
    }
    match &view.signaling {
        SignalingState::Lost => {
            return format!("{}; {}", words.common.no_server, room.here_can_play);
        }
        SignalingState::Gone(_) | SignalingState::Failed(_) => {
            return words.server_news(&view.signaling).unwrap_or_default();
        }
        SignalingState::Connecting | SignalingState::Online => {}
    }
    let me_ready = view.peers.iter().any(|peer| peer.is_me && peer.ready);
    let unready = view.peers.iter().filter(|peer| !peer.ready).count();
    match (view.peers.len(), me_ready, unready) {
        (0 | 1, ..) if lock.is_some_and(|lock| lock.locked) => room.locked_alone,
        (0 | 1, ..) => room.share,
        (_, false, _) => room.press_ready,
        (_, true, 0) => room.here_we_go,
        (_, true, _) => room.wait_for_others,
    }
    .to_owned()
}

fn tell(
    scenes: Query<(Ref<Seen>, Option<&Lock>)>,
    lists: Query<(Entity, Ref<Of>), With<PeerList>>,
    mut lines: Query<(&Of, &mut Text), With<Waiting>>,
    preferences: Res<Preferences>,
    cartridge: Res<Cartridge>,
    mut commands: Commands,
) {
    let words = preferences.words();
    let teams = (cartridge.words)(preferences.language).teams;
    for (list, of) in &lists {
        let Ok((seen, _)) = scenes.get(of.0) else {
            continue;
        };
        if !seen.is_changed() && !of.is_added() {
            continue;
        }
        let peers = &seen.0.peers;
        commands
            .entity(list)
            .insert(list_box(peers.len()))
            .despawn_children()
            .with_children(|list| {
                for peer in peers {
                    spawn_line(list, peer, peers.len(), words, teams);
                }
            });
    }
    for (of, mut text) in &mut lines {
        if let Ok((seen, lock)) = scenes.get(of.0) {
            text.set_if_neq(Text(waiting(&seen.0, lock, words)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{preferences::Language, text};
    use protocol::PeerId;

    fn peer(name: &str, is_me: bool, ready: bool) -> PeerView {
        PeerView {
            id: PeerId(uuid::Uuid::from_u128(name.len() as u128)),
            name: name.into(),
            is_me,
            is_owner: is_me,
            ready,
            seat: None,
            team: None,
            color: 0,
            muted: false,
            away: false,
            slow: false,
            rtt_ms: (!is_me).then_some(12.4),
            link: netplay::session::Link::default(),
        }
    }

    #[test]
    fn a_line_tells_who_it_is_and_whether_ready() {
        let line = |peer: &PeerView| line(peer, text::of(Language::English), &["Orange"]);
        assert_eq!(line(&peer("Ada", true, true)), "Ada (you)   ready");
        assert_eq!(
            line(&peer("Grace", false, false)),
            "Grace   not ready   12 ms"
        );
        let away = PeerView {
            away: true,
            ..peer("Ada", true, true)
        };
        assert_eq!(line(&away), "Ada (you)   ready   away");
    }

    #[test]
    fn the_room_says_what_it_waits_for() {
        let view = |peers| RoomView {
            peers,
            ..RoomView::default()
        };
        let words = text::of(Language::English);
        let told = |peers| waiting(&view(peers), None, words);
        let alone = told(vec![peer("Ada", true, true)]);
        let unready = told(vec![peer("Ada", true, false), peer("Grace", false, true)]);
        let others = told(vec![peer("Ada", true, true), peer("Grace", false, false)]);
        let all = told(vec![peer("Ada", true, true), peer("Grace", false, true)]);
        assert!(alone.contains("code") && unready.contains("Ready"));
        assert!(others.contains("others") && all.contains("go"));
        let lost = RoomView {
            signaling: SignalingState::Lost,
            ..RoomView::default()
        };
        assert!(waiting(&lost, None, words).contains("server"));
    }
}
