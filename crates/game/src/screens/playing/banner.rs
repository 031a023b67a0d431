//! The words over the picture: what has just happened in the match, and what is new in the room.

use super::names::{self, Cast};
use crate::{
    contract::Board,
    preferences::Preferences,
    scene::{Seen, link::Announced, replay::Watching},
    text::Words,
};
use bevy::prelude::*;
use netplay::session::{Notice as News, RoomView};
use protocol::PeerId;

/// What is announced until its seconds are over, or else what the board says.
#[derive(Component, Default)]
pub(in crate::screens) struct Banner {
    pub(super) words: &'static str,
    /// Whose doing it is, said below.
    pub(super) by: String,
    /// The colour of what is announced; none while nothing is.
    pub(super) color: Option<Color>,
    /// Seconds that it is said for yet, and those that it has been said for.
    seconds_left: f32,
    age: f32,
}

impl Banner {
    /// How much larger the words are when they are new: they leap at the eye and settle.
    pub fn swell(&self) -> f32 {
        /// The most, and the seconds in which it is gone.
        const MOST: f32 = 0.6;
        const GONE: f32 = 0.22;
        let left = 1.0 - (self.age / GONE).clamp(0.0, 1.0);
        1.0 + MOST * left * left
    }

    /// Lets time pass. Nothing announced, the words are those of the board.
    fn pass(&mut self, seconds: f32, standing: &'static str) {
        self.age += seconds;
        self.seconds_left -= seconds;
        if self.seconds_left <= 0.0 && (self.color.is_some() || self.words != standing) {
            *self = Self {
                words: standing,
                ..Self::default()
            };
        }
    }
}

/// What else happens in the room, said below the banner for a while.
#[derive(Component, Default)]
pub(in crate::screens) struct Notice {
    pub(super) words: String,
    pub(super) seconds_left: f32,
    /// What was told last of others and of the server, so that each is told once.
    told: Option<News>,
    told_of_server: Option<String>,
    /// The others who have a seat; nothing before the first look.
    seated: Option<Vec<PeerId>>,
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

pub(super) fn announce(
    time: Res<Time>,
    preferences: Res<Preferences>,
    mut scenes: Query<(
        &Announced,
        &Board,
        &Seen,
        &Cast,
        Option<&Watching>,
        &mut Banner,
    )>,
) {
    let bot = preferences.words().play.bot;
    for (announced, board, seen, cast, watching, mut banner) in &mut scenes {
        banner.pass(time.delta_secs(), board.standing);
        let name = |seat| match watching {
            Some(watching) => watching.0.name(seat).map(str::to_owned),
            None => names::name(seat, &seen.0, cast),
        };
        if let Some(newest) = announced.0.last() {
            let by = newest.by.map(|(seat, told)| match name(seat) {
                Some(name) => told(&name),
                None => told(bot),
            });
            *banner = Banner {
                words: newest.words,
                by: by.unwrap_or_default(),
                color: Some(newest.color),
                seconds_left: newest.seconds,
                age: 0.0,
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
    let has_come = arrival(view, &mut notice.seated).map(words.play.drops_in);
    of_others.flatten().or(has_come).or(of_server.flatten())
}

/// Who plays with us from now on, if somebody came; whoever began the match with us did not.
fn arrival<'v>(view: &'v RoomView, seated: &mut Option<Vec<PeerId>>) -> Option<&'v str> {
    let others = view.peers.iter();
    let others = others.filter(|peer| peer.seat.is_some() && !peer.is_me);
    let now: Vec<PeerId> = others.clone().map(|peer| peer.id).collect();
    let before = seated.replace(now)?;
    let mut new = others.filter(|peer| !before.contains(&peer.id));
    new.next().map(|peer| peer.name.as_str())
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
    use crate::{preferences::Language, screens::playing::tests::peer, text};
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
    fn whoever_drops_in_is_told() {
        let words = text::of(Language::English);
        let mut notice = Notice::default();
        let mut view = RoomView {
            peers: vec![peer("Ada", 0, None), peer("Grace", 1, Some(20.0))],
            ..RoomView::default()
        };
        let news = |view: &RoomView, notice: &mut Notice| news(view, notice, words);
        assert_eq!(news(&view, &mut notice), None, "from the start");
        view.peers.push(peer("Cem", 2, Some(20.0)));
        assert_eq!(news(&view, &mut notice).as_deref(), Some("Cem plays now"));
        assert_eq!(news(&view, &mut notice), None);
        view.peers[2].seat = None;
        assert_eq!(news(&view, &mut notice), None);
    }

    #[test]
    fn words_leap_at_the_eye_and_settle() {
        let mut banner = Banner::default();
        let mut last = banner.swell();
        assert!(last <= 1.6);
        for _ in 0..100 {
            banner.pass(0.01, "");
            assert!((1.0..=last).contains(&banner.swell()));
            last = banner.swell();
        }
        assert_eq!(last, 1.0);
        banner.pass(0.01, "3");
        assert!(banner.swell() > 1.5);
    }

    #[test]
    fn an_announcement_comes_before_the_board_and_gives_way_to_it() {
        let mut banner = Banner {
            words: "Go!",
            color: Some(Color::WHITE),
            seconds_left: 0.5,
            ..Banner::default()
        };
        banner.pass(0.4, "Ready");
        assert_eq!(banner.words, "Go!");
        banner.pass(0.4, "Ready");
        assert_eq!((banner.words, banner.color), ("Ready", None));
    }
}
