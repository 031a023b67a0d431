//! The head-up display of a match: score, clock, names, round trip, and banners.

use super::{PageRoot, leave, watching, widgets};
use crate::{
    preferences::Preferences,
    scene::{Page, PartOf, Scene, Seen, connect::Road, replay::Watching, shown::Shown},
    text::Words,
    theme::{self, size},
};
use bevy::{input_focus::tab_navigation::TabGroup, prelude::*, ui_widgets::observe};
use netplay::{session::RoomView, transport::SignalingState};
use protocol::limits::{MAX_SEATS, STEPS_PER_SECOND};
use sim::{Event, EventKind, Phase, Team, World as Match};

pub(super) fn plugin(app: &mut App) {
    app.add_observer(build)
        .add_systems(Update, (remember, announce, notice, tell).chain());
}

/// What a line of the display tells.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Score(Team),
    Clock,
    Names(Team),
    Path,
    Keys,
    Banner,
    Notice,
}

/// Which scene a line tells of.
#[derive(Component)]
struct Of(Entity);

/// What the banner says until its time is over.
#[derive(Component, Default)]
pub(super) struct Announcement {
    words: &'static str,
    color: Color,
    seconds_left: f32,
}

/// What else happens in the room, said below the banner for a while.
#[derive(Component, Default)]
pub(super) struct Notice {
    words: String,
    seconds_left: f32,
    /// What was told last of others and of the server, so that each is told once.
    told: Option<String>,
    told_of_server: Option<String>,
}

/// How long a notice is shown.
const NOTICE_SECONDS: f32 = 6.0;

impl Notice {
    /// Says this first.
    pub(super) fn of(words: &str) -> Self {
        Self {
            words: words.to_owned(),
            seconds_left: NOTICE_SECONDS,
            ..Self::default()
        }
    }
}

/// Who has played each seat of this match, so that one who is gone is still named.
#[derive(Component, Default)]
pub(super) struct Cast([String; MAX_SEATS]);

fn build(
    turned: On<Insert, Page>,
    pages: Query<&Page>,
    preferences: Res<Preferences>,
    mut commands: Commands,
) {
    let scene = turned.entity;
    let Ok(Page::Playing) = pages.get(scene) else {
        return;
    };
    let words = preferences.words();
    commands
        .entity(scene)
        .insert((Announcement::default(), Notice::default(), Cast::default()));
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
        children![top(scene), banner(scene), bottom(scene, words)],
    ));
}

/// Names, score and clock, above the arena.
pub(super) fn top(scene: Entity) -> impl Bundle {
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
pub(super) fn banner(scene: Entity) -> impl Bundle {
    (
        Node {
            position_type: PositionType::Absolute,
            top: vmin(theme::inset::TOP),
            bottom: vmin(theme::inset::BOTTOM),
            padding: UiRect::bottom(vmin(22.0)),
            width: percent(100),
            ..widgets::column(1.0)
        },
        Pickable::IGNORE,
        children![
            (
                Line::Banner,
                Of(scene),
                widgets::text("", size::HEADING, theme::TEXT)
            ),
            (
                Line::Notice,
                Of(scene),
                widgets::text("", size::SMALL, theme::FAINT)
            ),
        ],
    )
}

/// The way out, the round trip and the keys, below the arena.
fn bottom(scene: Entity, words: &Words) -> impl Bundle + use<> {
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
            (
                Line::Keys,
                Of(scene),
                widgets::text("", size::TINY, theme::FAINT)
            ),
            (widgets::small_button(words.menu.leave), observe(leave)),
        ],
    )
}

/// Minutes and seconds, the running second counted in.
pub(super) fn clock(steps: u32) -> String {
    let seconds = steps.div_ceil(STEPS_PER_SECOND);
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// Who plays for a team: the names of its peers, how they are, and how many bots.
fn names(team: Team, seats: usize, view: &RoomView, cast: &Cast, words: &Words) -> String {
    let mut names = Vec::new();
    let mut bots = 0;
    for seat in (0..seats).filter(|seat| Team::of_seat(*seat) == team) {
        let peer = view.peers.iter().find(|peer| peer.seat == Some(seat));
        let before = cast.0.get(seat).filter(|name| !name.is_empty());
        match (peer.map(|peer| (&peer.name, words.presence(peer))), before) {
            (Some((name, "")), _) => names.push(name.clone()),
            (Some((name, presence)), _) => names.push(format!("{name} ({presence})")),
            (None, Some(before)) => names.push((words.play.bot_for)(before)),
            (None, None) => bots += 1,
        }
    }
    listed(names, bots, words)
}

/// A team's names in one line, and how many bots it has.
pub(super) fn listed(mut names: Vec<String>, bots: usize, words: &Words) -> String {
    match bots {
        0 => {}
        1 => names.push(words.play.bot.into()),
        bots => names.push((words.play.bots)(bots)),
    }
    names.join(", ")
}

/// The keys, for whoever plays.
fn keys(scene: &Scene, road: &Road, view: &RoomView, words: &Words) -> &'static str {
    let is_slow = view.peers.iter().any(|peer| peer.is_me && peer.slow);
    match (view.watching, is_slow, road) {
        (true, true, _) => words.play.sitting_out,
        (true, false, _) => words.play.watching,
        (_, _, Road::Memory(_)) if scene.of > 1 => words.play.in_memory,
        _ => words.keys(scene.index, scene.of),
    }
}

/// How far the others are, and whether the server is.
fn path(view: &RoomView, words: &Words) -> String {
    let rtt = view
        .peers
        .iter()
        .filter_map(|peer| peer.rtt_ms)
        .fold(None, |worst: Option<f32>, rtt| {
            Some(worst.map_or(rtt, |worst| worst.max(rtt)))
        });
    let mut line = rtt.map_or(String::new(), |rtt| format!("{rtt:.0} ms"));
    let server = match view.signaling {
        SignalingState::Lost => words.play.no_server,
        SignalingState::Gone(_) => words.play.nobody_new,
        _ => return line,
    };
    line.push_str(&format!("  {server}"));
    line
}

/// What the newest world says by itself, when nothing is announced.
fn standing(world: &Match, words: &Words) -> &'static str {
    match world.phase() {
        Phase::KickOff { .. } if world.is_golden_goal() => words.play.golden_goal,
        Phase::KickOff { .. } => words.play.ready,
        _ => "",
    }
}

/// What an event has the banner say, and for how long.
fn announcement(event: &Event, words: &Words) -> Option<(&'static str, Color, f32)> {
    match event.kind {
        EventKind::Whistle => Some((words.play.go, theme::BALL, 0.7)),
        EventKind::Goal => {
            let team = event.team()?.index();
            Some(((words.play.goal)(team), theme::team(team), 1.9))
        }
        EventKind::GoldenGoal => Some((words.play.golden_goal, theme::BALL, 1.5)),
        _ => None,
    }
}

fn announce(
    time: Res<Time>,
    preferences: Res<Preferences>,
    mut scenes: Query<(&Shown, &mut Announcement)>,
) {
    let words_of = preferences.words();
    for (shown, mut banner) in &mut scenes {
        banner.seconds_left -= time.delta_secs();
        for (words, color, seconds_left) in shown
            .events
            .iter()
            .filter_map(|(_, event)| announcement(event, words_of))
        {
            *banner = Announcement {
                words,
                color,
                seconds_left,
            };
        }
    }
}

/// What is new in the room, if it is to be said.
fn news(view: &RoomView, notice: &mut Notice, words: &Words) -> Option<String> {
    let server = words.server_news(&view.signaling).map(str::to_owned);
    let of_server = (notice.told_of_server != server).then(|| server.clone());
    let of_others = (notice.told != view.notice).then(|| view.notice.clone());
    notice.told_of_server = server;
    notice.told.clone_from(&view.notice);
    of_others.flatten().or(of_server.flatten())
}

fn notice(time: Res<Time>, preferences: Res<Preferences>, mut scenes: Query<(&Seen, &mut Notice)>) {
    for (seen, mut notice) in &mut scenes {
        notice.seconds_left -= time.delta_secs();
        if let Some(words) = news(&seen.0, &mut notice, preferences.words()) {
            notice.words = words;
            notice.seconds_left = NOTICE_SECONDS;
        }
    }
}

fn remember(mut scenes: Query<(&Seen, &mut Cast)>) {
    for (seen, mut cast) in &mut scenes {
        for peer in &seen.0.peers {
            let name = peer.seat.and_then(|seat| cast.0.get_mut(seat));
            if let Some(name) = name.filter(|name| **name != peer.name) {
                name.clone_from(&peer.name);
            }
        }
    }
}

fn tell(
    scenes: Query<(
        &Scene,
        Option<&Road>,
        &Shown,
        &Seen,
        &Announcement,
        &Notice,
        &Cast,
        Option<&Watching>,
    )>,
    preferences: Res<Preferences>,
    mut lines: Query<(&Line, &Of, &mut Text, &mut TextColor)>,
) {
    let words = preferences.words();
    for (line, of, mut text, mut color) in &mut lines {
        let Ok((scene, road, shown, seen, banner, notice, cast, watching)) = scenes.get(of.0)
        else {
            continue;
        };
        let Some(world) = shown.world() else { continue };
        let told = match *line {
            Line::Score(team) => world.score()[team.index()].to_string(),
            Line::Clock => clock(world.clock()),
            Line::Names(team) => match watching {
                Some(watching) => watching::names(team, world.seat_count(), &watching.0, words),
                None => names(team, world.seat_count(), &seen.0, cast, words),
            },
            Line::Path => path(&seen.0, words),
            Line::Keys => road
                .map_or("", |road| keys(scene, road, &seen.0, words))
                .to_owned(),
            Line::Notice if notice.seconds_left > 0.0 => notice.words.clone(),
            Line::Notice => String::new(),
            Line::Banner if shown.is_stalled() => {
                color.set_if_neq(TextColor(theme::FAINT));
                words.play.waiting.to_owned()
            }
            Line::Banner if banner.seconds_left > 0.0 => {
                color.set_if_neq(TextColor(banner.color));
                banner.words.to_owned()
            }
            Line::Banner => {
                color.set_if_neq(TextColor(theme::TEXT));
                standing(world, words).to_owned()
            }
        };
        text.set_if_neq(Text(told));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{preferences::Language, text};
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
            away: false,
            slow: false,
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
        let words = text::of(Language::English);
        let names = |team, seats| names(team, seats, &view, &Cast::default(), words);
        assert_eq!(names(Team::Left, 2), "Ada");
        assert_eq!(names(Team::Right, 4), "Grace, Bot");
        assert_eq!(names(Team::Left, 8), "Ada, 3 Bots");
    }

    #[test]
    fn who_is_away_slow_or_gone_is_told() {
        let mut view = RoomView {
            peers: vec![peer("Ada", 0, None), peer("Grace", 1, Some(20.0))],
            ..RoomView::default()
        };
        let mut cast = Cast::default();
        cast.0[1] = "Grace".into();
        let words = text::of(Language::English);
        view.peers[1].slow = true;
        assert_eq!(names(Team::Right, 2, &view, &cast, words), "Grace (slow)");
        view.peers[1].away = true;
        assert_eq!(names(Team::Right, 2, &view, &cast, words), "Grace (away)");
        view.peers.pop();
        assert_eq!(names(Team::Right, 2, &view, &cast, words), "Bot for Grace");
    }

    #[test]
    fn news_are_told_once() {
        let words = text::of(Language::English);
        let mut notice = Notice::default();
        let mut view = RoomView::default();
        assert_eq!(news(&view, &mut notice, words), None);
        view.signaling = SignalingState::Lost;
        assert_eq!(
            news(&view, &mut notice, words).as_deref(),
            Some(words.common.no_server)
        );
        assert_eq!(news(&view, &mut notice, words), None);
        view.notice = Some("Grace left".into());
        assert_eq!(
            news(&view, &mut notice, words).as_deref(),
            Some("Grace left")
        );
        assert_eq!(news(&view, &mut notice, words), None);
        assert_eq!(path(&view, words), "  no server");
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
        let words = text::of(Language::English);
        assert_eq!(path(&view, words), "41 ms");
        assert_eq!(path(&RoomView::default(), words), "");
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
        let (words, color, _) = announcement(&goal, text::of(Language::English)).unwrap();
        assert_eq!((words, color), ("Goal for Blue!", theme::team(1)));
    }
}
