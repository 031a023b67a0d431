//! The words over the picture: what has just happened in the match, and what is new in the room.

use crate::{
    contract::Announcement,
    preferences::Preferences,
    scene::{Seen, link::Announced},
    text::Words,
};
use bevy::prelude::*;
use netplay::session::RoomView;

/// What the banner says, until its seconds are over.
#[derive(Component, Default)]
pub(in crate::screens) struct Banner(pub(super) Option<Announcement>);

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

pub(super) fn announce(time: Res<Time>, mut scenes: Query<(&Announced, &mut Banner)>) {
    for (announced, mut banner) in &mut scenes {
        if let Some(said) = &mut banner.0 {
            said.seconds -= time.delta_secs();
            if said.seconds <= 0.0 {
                banner.0 = None;
            }
        }
        if let Some(newest) = announced.0.last() {
            banner.0 = Some(newest.clone());
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
}
