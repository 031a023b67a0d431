//! What the session's agreement does with messages, done by hand: everybody is asked, one decides,
//! everybody is told, each a while later than the one before.

use crate::party::{Party, ms};
use netplay::transport::memory::Conditions;
use protocol::{
    Frame, PeerId,
    agreement::{Inputs, LogEntry, SeatChange},
};
use std::time::Duration;

pub const FAIR: Conditions = Conditions {
    latency: ms(50),
    jitter: Duration::ZERO,
    loss: 0.0,
    reorder: 0.0,
    duplicate: 0.0,
};

pub fn entry(seat: usize, from: Frame, driver: Option<PeerId>, inputs: Inputs) -> LogEntry {
    let seat = seat as u8;
    let change = SeatChange { seat, from, driver };
    LogEntry {
        change,
        inputs: Inputs { seat, ..inputs },
    }
}

/// Tells all of `who` one after the other, the first one at once.
pub fn tell(party: &mut Party, who: &[usize], entry: &LogEntry, pause: Duration) {
    for i in who {
        let player = &mut party.players[*i];
        let clock = player.clock(party.now);
        player.core.apply(entry, clock).unwrap();
        party.run(pause);
    }
}

/// The owner, the first of `who`, gives a bot's seat to a listener. Gives the first frame.
pub fn give(party: &mut Party, who: &[usize], seat: usize, to: usize, pause: Duration) -> Frame {
    let ahead = pause.as_millis() as Frame * who.len() as Frame * 60 / 1_000 + 15;
    let from = party.players[who[0]].core.horizon() + ahead;
    let driver = Some(party.players[to].id);
    tell(
        party,
        who,
        &entry(seat, from, driver, Inputs::default()),
        pause,
    );
    from
}

/// The owner, the first of `who`, gives the seats of a lost peer to bots.
pub fn lose(party: &mut Party, who: &[usize], lost: PeerId, pause: Duration) {
    let seats: Vec<usize> = party.players[who[0]].core.seats_of(lost).collect();
    let mut reports = Vec::new();
    for i in who {
        let core = &mut party.players[*i].core;
        core.freeze(lost);
        assert_eq!(core.frozen(), [lost]);
        reports.push((*i, core.ends()));
        party.run(pause);
    }
    for seat in seats {
        let ends = || reports.iter().map(|(i, ends)| (ends[seat], *i));
        let ((least, _), (from, best)) = (ends().min().unwrap(), ends().max().unwrap());
        let inputs = party.players[best].core.inputs_from(seat, least).unwrap();
        assert_eq!(inputs.first + inputs.words.len() as Frame, from);
        tell(party, who, &entry(seat, from, None, inputs), pause);
    }
}

/// A party of `size` with further seats for bots.
pub fn with_bots(size: usize, bots: usize, conditions: Conditions, seed: u64) -> Party {
    Party::with(size, conditions, seed, |_, mut plan| {
        plan.roster.extend(vec![None; bots]);
        plan.settings.seats += bots as u8;
        plan
    })
}

/// A newcomer gets the world of player 0, which takes a while to come, and listens.
pub fn join(party: &mut Party, after: Duration) -> usize {
    let entry = party.snapshot(0);
    party.run(after);
    party.enter(entry)
}
