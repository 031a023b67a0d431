//! The words over the arena: what has just happened in the match, and what is new in the room.

use crate::{
    preferences::Preferences,
    scene::{Seen, shown::Shown},
    text::Words,
    theme,
};
use bevy::prelude::*;
use netplay::session::{Notice as News, RoomView};
use sim::{Event, EventKind, Phase, World as Match};

/// What the banner says until its time is over.
#[derive(Component, Default)]
pub(in crate::screens) struct Announcement {
    pub(super) words: &'static str,
    pub(super) color: Color,
    pub(super) seconds_left: f32,
}

/// What else happens in the room, said below the banner for a while.
#[derive(Component, Default)]
pub(in crate::screens) struct Notice {
    pub(super) words: String,
    pub(super) seconds_left: f32,
    /// What was told last of others and of the server, so that each is told once.
    told: Option<News>,
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
        Phase::KickOff { .. } => words.play.ready,
        _ => "",
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
    let server = words.server_news(&view.signaling);
    let of_server = (notice.told_of_server != server).then(|| server.clone());
    let of_others = (notice.told != view.notice).then(|| view.notice.as_ref().map(words.notice));
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
        view.notice = Some(News::Left("Grace".into()));
        assert_eq!(
            news(&view, &mut notice, words).as_deref(),
            Some("Grace left")
        );
        assert_eq!(news(&view, &mut notice, words), None);
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
