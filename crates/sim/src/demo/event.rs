//! What the picture and the sound learn of a step.

use crate::{demo::team::Team, vec2::Vec2};
use protocol::limits::MAX_SEATS;
use serde::{Deserialize, Serialize};

/// What happened. The position in this list is part of an event's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum EventKind {
    /// A seat's disc kicked the ball. Strength: the speed given, in m/s.
    Kick,
    /// A seat's disc dashed. Strength: its new speed, in m/s.
    Dash,
    /// A seat's disc and the ball collided. Strength: the closing speed, in m/s.
    Touch,
    /// A seat's disc collided with another one of a higher seat. Strength: the closing speed.
    Bump,
    /// A seat's disc, or the ball ([`Event::BALL`]), hit a wall or a net. Strength: the closing speed.
    Wall,
    /// A seat's disc, or the ball ([`Event::BALL`]), hit a goal post or a bumper. Strength: the closing speed.
    Post,
    /// Play begins or goes on after a kick-off. The subject is 0.
    Whistle,
    /// The team of index `subject` scored. Strength: the ball's speed, in m/s.
    Goal,
    /// The clock is at zero and the score is even: the next goal wins. The subject is 0.
    GoldenGoal,
    /// The match is over. The subject is the winner's index, or 2 for a draw.
    Over,
}

/// The number of kinds.
const KINDS: usize = 10;

/// The number of subjects: the seats, and the ball.
const SUBJECTS: usize = MAX_SEATS + 1;

/// Something that happened in a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// To whom: a seat, [`Event::BALL`], or as the kind says.
    pub subject: u8,
    /// How many events of this kind and subject came before in this match.
    pub count: u32,
    /// Where, in metres.
    pub at: Vec2,
    /// How strong, as the kind says; 0 where it says nothing.
    pub strength: f32,
}

impl Event {
    /// The subject of events that happen to the ball.
    pub const BALL: u8 = MAX_SEATS as u8;

    /// The team that a [`EventKind::Goal`] or [`EventKind::Over`] is about; none for other kinds
    /// and for a draw.
    pub fn team(&self) -> Option<Team> {
        match self.kind {
            EventKind::Goal | EventKind::Over => Team::BOTH.get(usize::from(self.subject)).copied(),
            _ => None,
        }
    }
}

impl protocol::Event for Event {
    fn key(&self) -> u64 {
        (self.kind as u64) << 40 | u64::from(self.subject) << 32 | u64::from(self.count)
    }

    fn waits_for_confirmation(&self) -> bool {
        use EventKind::{Goal, GoldenGoal, Over};
        matches!(self.kind, Goal | GoldenGoal | Over)
    }
}

/// How many events of each kind and subject there were: the counts in their keys.
///
/// Counting each pair for itself keeps the key of a hit when a correction adds or removes another
/// player's hit before it. No match is long enough to wrap a count around.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EventCounts([[u32; SUBJECTS]; KINDS]);

impl EventCounts {
    /// How many events of this kind a subject had; 0 for one that does not exist.
    pub fn of(&self, kind: EventKind, subject: usize) -> u32 {
        self.0[kind as usize]
            .get(subject)
            .copied()
            .unwrap_or_default()
    }

    /// Each count, in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        self.0.iter().flatten().copied()
    }
}

/// Gives events their counts on their way to the caller.
pub(crate) struct Reporter<'a> {
    pub counts: &'a mut EventCounts,
    pub events: &'a mut Vec<Event>,
}

impl Reporter<'_> {
    /// Reports an event. `subject` is below [`SUBJECTS`].
    pub fn report(&mut self, kind: EventKind, subject: usize, at: Vec2, strength: f32) {
        let next = &mut self.counts.0[kind as usize][subject];
        let count = *next;
        *next = next.wrapping_add(1);
        self.events.push(Event {
            kind,
            subject: subject as u8,
            count,
            at,
            strength,
        });
    }
}
