//! The words over the arena: what has just happened in the match, and what is new in the room.

use super::names::{self, Cast};
use crate::{
    demo::countdown,
    preferences::Preferences,
    scene::{Seen, replay::Watching, shown::Shown},
    text::Words,
    theme,
};
use bevy::prelude::*;
use netplay::session::RoomView;
use sim::{Event, EventKind, Phase, Team, World as Match};

/// What the banner says until its time is over.
#[derive(Component, Default)]
pub(in crate::screens) struct Announcement {
    pub(super) words: &'static str,
    /// Whose doing it is, said below.
    pub(super) by: String,
    pub(super) color: Color,
    /// Seconds that it has been said for, and those that it is said for yet.
    age: f32,
    pub(super) seconds_left: f32,
}

/// What else happens in the room, said below the banner for a while.
#[derive(Component, Default)]
pub(in crate::screens) struct Notice {
    pub(super) words: String,
    pub(super) seconds_left: f32,
    /// What was told last of others and of the server, so that each is told once.
    told: Option<String>,
    told_of_server: Option<String>,
}

/// How long a notice is shown.
const NOTICE_SECONDS: f32 = 6.0;

impl Notice {
    /// Says this first.
    pub(in crate::screens) fn of(words: &str) -> Self {
        Self {
            words: words.to_owned(),
            seconds_left: NOTICE_SECONDS,
            ..Self::default()
        }
    }
}

/// What the newest world says by itself, when nothing is announced.
pub(super) fn standing(world: &Match, words: &Words) -> &'static str {
    match world.phase() {
        Phase::KickOff { .. } if world.is_golden_goal() => words.play.golden_goal,
        _ => match countdown::beat(world).map(|beat| beat.number) {
            Some(1) => "1",
            Some(2) => "2",
            Some(_) => "3",
            None => "",
        },
    }
}

/// How much larger words are that were said so many seconds ago: they leap at the eye and settle.
fn swell(age: f32) -> f32 {
    /// The most, and the seconds in which it is gone.
    const MOST: f32 = 0.6;
    const GONE: f32 = 0.22;
    let left = 1.0 - (age / GONE).clamp(0.0, 1.0);
    1.0 + MOST * left * left
}

/// How large the banner is.
pub(super) fn size(banner: &Announcement, world: &Match, reduced_motion: bool) -> f32 {
    /// Seconds between two beats of the count.
    const BEAT: f32 = 1.0 / 3.0;
    if reduced_motion {
        1.0
    } else if banner.seconds_left > 0.0 {
        swell(banner.age)
    } else {
        countdown::beat(world).map_or(1.0, |beat| swell(beat.part * BEAT))
    }
}

/// Who scored a goal for `team`, or shot it into the own goal. `name` tells who plays a seat.
fn scorer(
    world: &Match,
    team: Team,
    name: impl Fn(usize) -> Option<String>,
    words: &Words,
) -> String {
    // It is told while the goal is celebrated; later on, nobody has touched the ball.
    let Some(seat) = world.last_touch() else {
        return String::new();
    };
    let name = name(seat).unwrap_or_else(|| words.play.bot.to_owned());
    if Team::of_seat(seat) == team {
        (words.play.scored)(&name)
    } else {
        (words.play.own_goal)(&name)
    }
}

/// What an event has the banner say, and for how long.
pub(in crate::screens) fn announcement(
    event: &Event,
    words: &Words,
) -> Option<(&'static str, Color, f32)> {
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

pub(super) fn announce(
    time: Res<Time>,
    preferences: Res<Preferences>,
    mut scenes: Query<(&Shown, &Seen, &Cast, Option<&Watching>, &mut Announcement)>,
) {
    let words_of = preferences.words();
    for (shown, seen, cast, watching, mut banner) in &mut scenes {
        banner.seconds_left -= time.delta_secs();
        banner.age += time.delta_secs();
        let name = |seat| match watching {
            Some(watching) => watching.0.name(seat).map(str::to_owned),
            None => names::name(seat, &seen.0, cast),
        };
        for (_, event) in &shown.events {
            let Some((words, color, seconds_left)) = announcement(event, words_of) else {
                continue;
            };
            let goal = event.team().filter(|_| event.kind == EventKind::Goal);
            let by = match (goal, shown.world()) {
                (Some(team), Some(world)) => scorer(world, team, name, words_of),
                _ => String::new(),
            };
            *banner = Announcement {
                words,
                by,
                color,
                age: 0.0,
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

pub(super) fn notice(
    time: Res<Time>,
    preferences: Res<Preferences>,
    mut scenes: Query<(&Seen, &mut Notice)>,
) {
    for (seen, mut notice) in &mut scenes {
        notice.seconds_left -= time.delta_secs();
        if let Some(words) = news(&seen.0, &mut notice, preferences.words()) {
            notice.words = words;
            notice.seconds_left = NOTICE_SECONDS;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{preferences::Language, text};
    use netplay::transport::SignalingState;
    use protocol::{Driver, Seat, Simulation};
    use sim::{Input, Settings};

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
    }

    /// The world right after a goal that the right team's duellist has pushed in.
    fn goal() -> (Match, Team) {
        let mut world = Match::new(&Settings::for_seats(2), 1);
        let seat = |x, y| Seat {
            input: Input::new(x, y, false, false),
            driver: Driver::Peer,
        };
        let mut events = Vec::new();
        for _ in 0..900 {
            // The other one makes way.
            world.step(&[seat(0.0, 1.0), seat(-1.0, 0.0)], &mut events);
            if let Some(team) = events.iter().find_map(|event| match event.kind {
                EventKind::Goal => event.team(),
                _ => None,
            }) {
                return (world, team);
            }
        }
        panic!("no goal: {:?}", world.ball());
    }

    #[test]
    fn the_scorer_is_named_and_so_is_who_shot_an_own_goal() {
        let words = text::of(Language::English);
        let (world, team) = goal();
        let name = |seat| (seat == 1).then(|| "Grace".to_owned());
        assert_eq!(scorer(&world, team, name, words), "Grace scores");
        let other = Team::BOTH[1 - team.index()];
        assert_eq!(scorer(&world, other, name, words), "Grace: own goal");
        assert_eq!(scorer(&world, team, |_| None, words), "Bot scores");
        let fresh = Match::new(&Settings::for_seats(2), 1);
        assert_eq!(scorer(&fresh, team, name, words), "");
    }

    #[test]
    fn words_leap_at_the_eye_and_settle() {
        let mut last = swell(0.0);
        assert!(last <= 1.6);
        for centi in 1..100 {
            let now = swell(centi as f32 / 100.0);
            assert!((1.0..=last).contains(&now));
            last = now;
        }
        assert_eq!(last, 1.0);
        let world = Match::new(&Settings::for_seats(2), 1);
        assert_eq!(size(&Announcement::default(), &world, true), 1.0);
        assert!(size(&Announcement::default(), &world, false) > 1.5);
    }

    #[test]
    fn a_kick_off_is_counted() {
        let words = text::of(Language::English);
        let mut world = Match::new(&Settings::for_seats(2), 1);
        let mut said = Vec::new();
        for _ in 0..70 {
            said.push(standing(&world, words));
            world.step(&[], &mut Vec::new());
        }
        said.dedup();
        assert_eq!(said, ["3", "2", "1", ""]);
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
