//! Whose seat it is: the token and the name by which a scene's player is known again in its room
//! after a reload, a crash or a lost network.
//!
//! What is kept is a few lines of text in a [`Slot`] of this scene's own: the page's session
//! storage, or a file of the native state folder. Nothing in it is trusted.

#[cfg(not(target_arch = "wasm32"))]
mod file;
#[cfg(target_arch = "wasm32")]
mod page;

#[cfg(not(target_arch = "wasm32"))]
use file as target;
#[cfg(target_arch = "wasm32")]
use page as target;

use super::Seen;
use bevy::prelude::*;
use netplay::session::{Config, Phase, RoomView, resume::Record};
use protocol::{Simulation, agreement::Token};
use target::Slot;

pub(super) fn plugin(app: &mut App) {
    app.add_systems(PreUpdate, keep.after(super::look));
}

/// Characters of a kept text: the room's address, a token, a name. A longer one is none of ours.
const MAX_TEXT: usize = 1_024;

/// The ticket that the player of the scene `index` last had for the room of this address.
pub fn earlier_ticket(room: &str, index: usize) -> Option<String> {
    kept(&mut Slot::take(room, index), room)?.ticket
}

/// What a slot keeps of this room.
fn kept(slot: &mut Option<Slot>, room: &str) -> Option<Record> {
    let record = Record::read(&slot.as_mut()?.read());
    record.filter(|record| record.room == room)
}

/// A scene's player in its room.
#[derive(Component)]
pub struct Keeper {
    slot: Option<Slot>,
    record: Record,
    /// This session's token, which becomes the kept one with its first seat. Until then the seat
    /// that is asked back is still that of the token before.
    token: Token,
}

impl Keeper {
    /// Takes up what was kept for the scene `index` in `room`, and completes `config` by it. A
    /// player who gave no name keeps the one from before.
    pub fn of<S: Simulation>(
        room: &str,
        index: usize,
        has_name: bool,
        ticket: Option<String>,
        config: &mut Config<S>,
    ) -> Self {
        let mut slot = Slot::take(room, index);
        let before = kept(&mut slot, room);
        config.resumes = before.as_ref().map(|record| record.token);
        let mut record = Record {
            room: room.to_owned(),
            token: config.token,
            name: config.name.clone(),
            ticket,
        };
        if let Some(before) = before {
            record.token = before.token;
            if !has_name && !before.name.is_empty() {
                config.name.clone_from(&before.name);
                record.name = before.name;
            }
        }
        let mut keeper = Self {
            slot,
            record,
            token: config.token,
        };
        keeper.write();
        keeper
    }

    fn write(&mut self) {
        if let Some(slot) = &mut self.slot {
            slot.write(&self.record.text());
        }
    }
}

/// Whether the session has a seat of its own in a running match.
fn is_seated(view: &RoomView) -> bool {
    view.phase == Phase::Match && view.my_seat.is_some() && !view.watching
}

fn keep(mut scenes: Query<(&Seen, &mut Keeper), Changed<Seen>>) {
    for (seen, mut keeper) in &mut scenes {
        if keeper.record.token != keeper.token && is_seated(&seen.0) {
            keeper.record.token = keeper.token;
            keeper.write();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::limits::MAX_NAME_BYTES;

    fn record() -> Record {
        Record {
            room: "ws://host:1/QKX7PM".into(),
            token: netplay::session::resume::new_token(),
            name: "Jörg".into(),
            ticket: Some("AbC-_.123".into()),
        }
    }

    #[test]
    fn a_record_reads_as_it_was_written() {
        let mut record = record();
        assert_eq!(Record::read(&record.text()).as_ref(), Some(&record));
        record.ticket = None;
        assert_eq!(Record::read(&record.text()), Some(record));
    }

    #[test]
    fn what_is_no_record_is_none() {
        let good = record().text();
        let hostile = [
            "",
            "\n\n\n",
            "room\nnot a token\nname\n",
            "room\n0123\nname\n",
            &good[..good.len() / 2],
            "\u{0}\u{ffff}",
            "{\"room\":1}",
        ];
        for text in hostile {
            assert_eq!(Record::read(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_hostile_ticket_is_none() {
        for ticket in ["two words", "\u{7}", "ä"] {
            let record = Record {
                ticket: Some(ticket.into()),
                ..record()
            };
            assert_eq!(Record::read(&record.text()).unwrap().ticket, None);
        }
    }

    #[test]
    fn a_hostile_name_is_cut_and_cleaned() {
        let mut record = record();
        record.name = format!("\u{7}{}", "x".repeat(9_999));
        let read = Record::read(&record.text()).unwrap();
        assert_eq!(read.name.len(), MAX_NAME_BYTES);
    }
}
