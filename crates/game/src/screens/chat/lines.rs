//! The lines of a chat: all that fit in the room, and over a match the newest ones until they fade.

use super::{
    Entry,
    emotes::{Emotes, word},
};
use crate::{
    preferences::Preferences,
    scene::{Scene, Seen},
    screens::widgets,
    text::{self, Words},
    theme::{self, size},
};
use bevy::prelude::*;
use netplay::session::{Said, Words as Spoken};
use std::collections::VecDeque;

pub(super) fn plugin(app: &mut App) {
    app.add_systems(Update, (note, show, fade).chain());
}

/// Lines that a room shows at most: what is more is above its box.
const IN_ROOM: usize = 14;

/// Lines that a match shows at most: more would cover it.
const IN_MATCH: usize = 4;

/// How long a line is shown over a match, and for how long of that it fades.
const SHOWN_SECONDS: f32 = 9.0;
const FADE_SECONDS: f32 = 1.5;

/// The box of a scene's lines.
#[derive(Component)]
pub struct Lines {
    scene: Entity,
    /// Whether lines fade: over a match.
    fade: bool,
    /// What is shown: the numbers of the lines, and in which language.
    shown: Option<(Vec<u64>, &'static str)>,
}

impl Lines {
    /// Of this scene.
    pub fn of(scene: Entity, fade: bool) -> Self {
        Self {
            scene,
            fade,
            shown: None,
        }
    }
}

/// A line, by when it was heard.
#[derive(Component)]
struct Heard(f32);

/// When a scene heard what was said: the numbers, and the seconds of the application's clock.
#[derive(Component, Default)]
pub struct Log(VecDeque<(u64, f32)>);

impl Log {
    fn heard(&self, number: u64) -> Option<f32> {
        let (_, at) = self.0.iter().find(|(known, _)| *known == number)?;
        Some(*at)
    }
}

fn note(time: Res<Time<Real>>, mut scenes: Query<(&Seen, &mut Log), Changed<Seen>>) {
    let now = time.elapsed_secs();
    for (seen, mut log) in &mut scenes {
        let newest = log.0.back().map(|(number, _)| *number);
        for said in &seen.0.said {
            if newest.is_none_or(|newest| said.number > newest) {
                log.0.push_back((said.number, now));
            }
        }
        let first = seen.0.said.first().map_or(u64::MAX, |said| said.number);
        // The newest is kept, so that nothing is taken for new twice.
        while log.0.len() > 1 && log.0.front().is_some_and(|(number, _)| *number < first) {
            log.0.pop_front();
        }
    }
}

/// What is to be shown of a chat.
fn wanted<'s>(
    said: &'s [Said],
    log: &Log,
    lines: &Lines,
    is_open: bool,
    now: f32,
) -> Vec<&'s Said> {
    let (most, seconds) = match (lines.fade, is_open) {
        (false, _) => (IN_ROOM, f32::INFINITY),
        // Whoever answers reads on what.
        (true, true) => (2 * IN_MATCH, f32::INFINITY),
        (true, false) => (IN_MATCH, SHOWN_SECONDS),
    };
    let is_fresh = |said: &&Said| log.heard(said.number).is_some_and(|at| now - at < seconds);
    let fresh: Vec<&Said> = said.iter().filter(is_fresh).collect();
    let excess = fresh.len().saturating_sub(most);
    fresh.into_iter().skip(excess).collect()
}

fn show(
    time: Res<Time<Real>>,
    preferences: Res<Preferences>,
    emotes: Res<Emotes>,
    scenes: Query<(&Seen, &Log, Has<Entry>), With<Scene>>,
    mut boxes: Query<(Entity, &mut Lines)>,
    mut commands: Commands,
) {
    let words = preferences.words();
    for (entity, mut lines) in &mut boxes {
        let Ok((seen, log, is_open)) = scenes.get(lines.scene) else {
            continue;
        };
        let said = match preferences.hide_chat {
            true => Vec::new(),
            false => wanted(&seen.0.said, log, &lines, is_open, time.elapsed_secs()),
        };
        let numbers: Vec<u64> = said.iter().map(|said| said.number).collect();
        let shown = Some((numbers, words.settings.language_name));
        if lines.shown == shown {
            continue;
        }
        lines.shown = shown;
        commands
            .entity(entity)
            .despawn_related::<Children>()
            .with_children(|lines| {
                for said in said {
                    spawn(lines, said, log, &emotes, words);
                }
            });
    }
}

fn spawn(
    lines: &mut ChildSpawnerCommands<'_>,
    said: &Said,
    log: &Log,
    emotes: &Emotes,
    words: &Words,
) {
    let name = text::named(&said.name, words);
    let heard = Heard(log.heard(said.number).unwrap_or_default());
    let color = if said.is_me {
        theme::BALL
    } else {
        theme::ACCENT
    };
    let picture = match &said.words {
        Spoken::Text(_) => None,
        Spoken::Emote(emote) => emotes.picture(*emote),
    };
    let text = match &said.words {
        Spoken::Text(text) => text,
        Spoken::Emote(emote) => word(*emote, words).unwrap_or_default(),
    };
    let line = Node {
        column_gap: vmin(1.0),
        align_items: AlignItems::Center,
        flex_shrink: 0.0,
        ..default()
    };
    lines.spawn((heard, line)).with_children(|line| {
        let mut words = line.spawn((
            widgets::left_text(format!("{name}: "), size::SMALL, color),
            Pickable::IGNORE,
        ));
        words.with_child((
            TextSpan::new(text),
            TextFont::from_font_size(FontSize::VMin(size::SMALL)),
            TextColor(theme::TEXT),
        ));
        if let Some(picture) = picture {
            line.spawn((
                ImageNode::new(picture.clone()),
                Node {
                    width: vmin(1.3 * size::SMALL),
                    height: vmin(1.3 * size::SMALL),
                    ..default()
                },
                Pickable::IGNORE,
            ));
        }
    });
}

/// How much is left of a line that was heard at this time.
fn opacity(heard: f32, now: f32, is_open: bool, reduced_motion: bool) -> f32 {
    match is_open || reduced_motion {
        true => 1.0,
        false => ((SHOWN_SECONDS - (now - heard)) / FADE_SECONDS).clamp(0.0, 1.0),
    }
}

fn fade(
    time: Res<Time<Real>>,
    preferences: Res<Preferences>,
    scenes: Query<Has<Entry>>,
    boxes: Query<(&Lines, &Children)>,
    lines: Query<&Heard>,
    children: Query<&Children>,
    mut texts: Query<&mut TextColor>,
    mut images: Query<&mut ImageNode>,
) {
    for (of, shown) in boxes.iter().filter(|(lines, _)| lines.fade) {
        let is_open = scenes.get(of.scene).unwrap_or_default();
        for line in shown {
            let Ok(Heard(at)) = lines.get(*line) else {
                continue;
            };
            let alpha = opacity(
                *at,
                time.elapsed_secs(),
                is_open,
                preferences.reduced_motion,
            );
            for part in children.iter_descendants(*line) {
                if let Ok(mut color) = texts.get_mut(part) {
                    color.set_if_neq(TextColor(color.0.with_alpha(alpha)));
                }
                if let Ok(mut image) = images.get_mut(part)
                    && image.color.alpha() != alpha
                {
                    image.color.set_alpha(alpha);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::PeerId;

    fn said(number: u64) -> Said {
        Said {
            number,
            from: PeerId(uuid::Uuid::from_u128(1)),
            is_me: false,
            name: "Ada".into(),
            words: Spoken::Text(number.to_string()),
        }
    }

    fn numbers(heard: &[(u64, f32)], fade: bool, is_open: bool, now: f32) -> Vec<u64> {
        let all: Vec<Said> = heard.iter().map(|(number, _)| said(*number)).collect();
        let log = Log(heard.iter().copied().collect());
        let lines = Lines::of(Entity::PLACEHOLDER, fade);
        let shown = wanted(&all, &log, &lines, is_open, now);
        shown.into_iter().map(|said| said.number).collect()
    }

    #[test]
    fn a_match_shows_the_newest_lines_for_a_while() {
        let heard: Vec<(u64, f32)> = (0..10).map(|n| (n, n as f32)).collect();
        assert_eq!(numbers(&heard, true, false, 9.5), [6, 7, 8, 9]);
        assert_eq!(numbers(&heard, true, false, 16.5), [8, 9]);
        assert!(numbers(&heard, true, false, 99.0).is_empty());
        assert_eq!(numbers(&heard, true, true, 99.0), [2, 3, 4, 5, 6, 7, 8, 9]);
    }

    #[test]
    fn a_room_keeps_its_lines() {
        let heard: Vec<(u64, f32)> = (0..50).map(|n| (n, 0.0)).collect();
        let shown = numbers(&heard, false, false, 1e6);
        assert_eq!((shown.len(), shown.last()), (IN_ROOM, Some(&49)));
    }

    #[test]
    fn a_line_fades_at_its_end_unless_that_is_movement() {
        assert_eq!(opacity(1.0, 2.0, false, false), 1.0);
        let late = opacity(1.0, SHOWN_SECONDS + 0.5, false, false);
        assert!((0.1..0.9).contains(&late), "{late}");
        assert_eq!(opacity(1.0, SHOWN_SECONDS + 0.5, false, true), 1.0);
        assert_eq!(opacity(1.0, 99.0, true, false), 1.0);
    }
}
