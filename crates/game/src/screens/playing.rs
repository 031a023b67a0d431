//! The head-up display of a match: score, clock, names, round trip, and banners.

use super::{PageRoot, leave, widgets};
use crate::{
    scene::{Page, PartOf, Scene, Seen, connect::Road, shown::Shown},
    text,
    theme::{self, size},
};
use bevy::{input_focus::tab_navigation::TabGroup, prelude::*, ui_widgets::observe};
use netplay::{session::RoomView, transport::SignalingState};
use protocol::limits::STEPS_PER_SECOND;
use sim::{Event, EventKind, Phase, Team, World as Match};

pub(super) fn plugin(app: &mut App) {
    app.add_observer(build)
        .add_systems(Update, (tell, announce));
}

/// What a line of the display tells.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Score(Team),
    Clock,
    Names(Team),
    Path,
    Banner,
}

/// Which scene a line tells of.
#[derive(Component)]
struct Of(Entity);

/// What the banner says until its time is over.
#[derive(Component, Default)]
struct Announcement {
    words: String,
    color: Color,
    seconds_left: f32,
}

fn build(turned: On<Insert, Page>, scenes: Query<(&Scene, &Page, &Road)>, mut commands: Commands) {
    let scene = turned.entity;
    let Ok((settings, Page::Playing, road)) = scenes.get(scene) else {
        return;
    };
    commands.entity(scene).insert(Announcement::default());
    let hint = match road {
        Road::Memory(_) if settings.of > 1 => text::IN_MEMORY,
        _ => text::keys(settings.index, settings.of),
    };
    commands.spawn((
        PageRoot,
        PartOf(scene),
        UiTargetCamera(scene),
        TabGroup::new(0),
        Pickable::IGNORE,
        Node {
            width: percent(100),
            height: percent(100),
            ..default()
        },
        children![top(scene), banner(scene), bottom(scene, hint)],
    ));
}

/// Names, score and clock, above the arena.
fn top(scene: Entity) -> impl Bundle {
    let score = |team: Team| {
        (
            Line::Score(team),
            Of(scene),
            widgets::text("0", size::SCORE, theme::team(team.index())),
        )
    };
    let names = |team: Team| {
        (
            Line::Names(team),
            Of(scene),
            widgets::broken_text(
                "",
                size::SMALL,
                theme::team(team.index()),
                LineBreak::WordOrCharacter,
            ),
            Node {
                width: vmin(32.0),
                max_height: vmin(13.0),
                overflow: Overflow::clip(),
                ..default()
            },
        )
    };
    (
        Node {
            position_type: PositionType::Absolute,
            top: vmin(1.0),
            width: percent(100),
            height: vmin(theme::inset::TOP - 1.0),
            ..widgets::row(2.0)
        },
        Pickable::IGNORE,
        children![
            names(Team::Left),
            (
                Node {
                    width: vmin(28.0),
                    ..widgets::column(0.2)
                },
                children![
                    (
                        widgets::row(3.5),
                        children![
                            score(Team::Left),
                            widgets::text(":", size::BODY, theme::FAINT),
                            score(Team::Right),
                        ]
                    ),
                    (
                        Line::Clock,
                        Of(scene),
                        widgets::text("", size::BODY, theme::TEXT)
                    ),
                ]
            ),
            names(Team::Right),
        ],
    )
}

/// The large words over the arena, above its middle where the ball lies at a kick-off.
fn banner(scene: Entity) -> impl Bundle {
    (
        Node {
            position_type: PositionType::Absolute,
            top: vmin(theme::inset::TOP),
            bottom: vmin(theme::inset::BOTTOM),
            padding: UiRect::bottom(vmin(22.0)),
            width: percent(100),
            ..widgets::column(0.0)
        },
        Pickable::IGNORE,
        children![(
            Line::Banner,
            Of(scene),
            widgets::text("", size::HEADING, theme::TEXT)
        )],
    )
}

/// The way out, the round trip and the keys, below the arena.
fn bottom(scene: Entity, hint: &str) -> impl Bundle {
    (
        Node {
            position_type: PositionType::Absolute,
            bottom: vmin(0.8),
            width: percent(100),
            height: vmin(theme::inset::BOTTOM - 0.8),
            padding: UiRect::horizontal(vmin(1.5)),
            justify_content: JustifyContent::SpaceBetween,
            ..widgets::row(1.0)
        },
        Pickable::IGNORE,
        children![
            (
                Line::Path,
                Of(scene),
                widgets::broken_text("", size::TINY, theme::FAINT, LineBreak::NoWrap)
            ),
            widgets::text(hint, size::TINY, theme::FAINT),
            (widgets::small_button("Leave"), observe(leave)),
        ],
    )
}

/// Minutes and seconds, the running second counted in.
fn clock(steps: u32) -> String {
    let seconds = steps.div_ceil(STEPS_PER_SECOND);
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// Who plays for a team: the names of its peers, and how many bots.
fn names(team: Team, seats: usize, view: &RoomView) -> String {
    let mut names = Vec::new();
    let mut bots = 0;
    for seat in (0..seats).filter(|seat| Team::of_seat(*seat) == team) {
        match view.peers.iter().find(|peer| peer.seat == Some(seat)) {
            Some(peer) => names.push(peer.name.clone()),
            None => bots += 1,
        }
    }
    match bots {
        0 => {}
        1 => names.push("Bot".into()),
        bots => names.push(format!("{bots} Bots")),
    }
    names.join(", ")
}

/// How far the others are, and whether the server is.
fn path(view: &RoomView) -> String {
    let rtt = view
        .peers
        .iter()
        .filter_map(|peer| peer.rtt_ms)
        .fold(None, |worst: Option<f32>, rtt| {
            Some(worst.map_or(rtt, |worst| worst.max(rtt)))
        });
    let mut line = rtt.map_or(String::new(), |rtt| format!("{rtt:.0} ms"));
    line.push_str(match view.signaling {
        SignalingState::Lost => "  no server",
        SignalingState::Gone(_) => "  nobody new can join",
        _ => "",
    });
    line
}

/// What the newest world says by itself, when nothing is announced.
fn standing(world: &Match) -> &'static str {
    match world.phase() {
        Phase::KickOff { .. } if world.is_golden_goal() => "Golden goal",
        Phase::KickOff { .. } => "Ready",
        _ => "",
    }
}

/// What an event has the banner say, and for how long.
fn announcement(event: &Event) -> Option<(String, Color, f32)> {
    match event.kind {
        EventKind::Whistle => Some(("Go!".into(), theme::BALL, 0.7)),
        EventKind::Goal => {
            let team = event.team()?.index();
            Some((
                format!("Goal for {}!", theme::team_name(team)),
                theme::team(team),
                1.9,
            ))
        }
        EventKind::GoldenGoal => Some(("Golden goal".into(), theme::BALL, 1.5)),
        _ => None,
    }
}

fn announce(time: Res<Time>, mut scenes: Query<(&Shown, &mut Announcement)>) {
    for (shown, mut banner) in &mut scenes {
        banner.seconds_left -= time.delta_secs();
        for (words, color, seconds_left) in shown
            .events
            .iter()
            .filter_map(|(_, event)| announcement(event))
        {
            *banner = Announcement {
                words,
                color,
                seconds_left,
            };
        }
    }
}

fn tell(
    scenes: Query<(&Shown, &Seen, &Announcement)>,
    mut lines: Query<(&Line, &Of, &mut Text, &mut TextColor)>,
) {
    for (line, of, mut text, mut color) in &mut lines {
        let Ok((shown, seen, banner)) = scenes.get(of.0) else {
            continue;
        };
        let Some(world) = shown.world() else { continue };
        let words = match *line {
            Line::Score(team) => world.score()[team.index()].to_string(),
            Line::Clock => clock(world.clock()),
            Line::Names(team) => names(team, world.seat_count(), &seen.0),
            Line::Path => path(&seen.0),
            Line::Banner if shown.is_stalled() => {
                color.set_if_neq(TextColor(theme::FAINT));
                "Waiting".to_owned()
            }
            Line::Banner if banner.seconds_left > 0.0 => {
                color.set_if_neq(TextColor(banner.color));
                banner.words.clone()
            }
            Line::Banner => {
                color.set_if_neq(TextColor(theme::TEXT));
                standing(world).to_owned()
            }
        };
        text.set_if_neq(Text(words));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use netplay::session::PeerView;
    use protocol::PeerId;

    fn peer(name: &str, seat: usize, rtt_ms: Option<f32>) -> PeerView {
        PeerView {
            id: PeerId(uuid::Uuid::from_u128(seat as u128)),
            name: name.into(),
            is_me: rtt_ms.is_none(),
            is_owner: false,
            ready: true,
            seat: Some(seat),
            rtt_ms,
        }
    }

    #[test]
    fn the_clock_reads_zero_only_at_the_end() {
        assert_eq!(clock(7200), "2:00");
        assert_eq!(clock(7199), "2:00");
        assert_eq!(clock(61), "0:02");
        assert_eq!(clock(1), "0:01");
        assert_eq!(clock(0), "0:00");
    }

    #[test]
    fn seats_without_a_peer_are_bots() {
        let view = RoomView {
            peers: vec![peer("Ada", 0, None), peer("Grace", 1, Some(20.0))],
            ..RoomView::default()
        };
        assert_eq!(names(Team::Left, 2, &view), "Ada");
        assert_eq!(names(Team::Right, 4, &view), "Grace, Bot");
        assert_eq!(names(Team::Left, 8, &view), "Ada, 3 Bots");
    }

    #[test]
    fn the_longest_path_is_told() {
        let view = RoomView {
            peers: vec![
                peer("Ada", 0, None),
                peer("G", 1, Some(20.0)),
                peer("H", 2, Some(41.2)),
            ],
            ..RoomView::default()
        };
        assert_eq!(path(&view), "41 ms");
        assert_eq!(path(&RoomView::default()), "");
    }

    #[test]
    fn goals_are_announced_in_their_teams_colour() {
        let goal = Event {
            kind: EventKind::Goal,
            subject: 1,
            count: 0,
            at: sim::Vec2::ZERO,
            strength: 1.0,
        };
        let (words, color, _) = announcement(&goal).unwrap();
        assert_eq!((words.as_str(), color), ("Goal for Blue!", theme::team(1)));
    }
}
