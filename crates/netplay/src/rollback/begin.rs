//! How a core begins: at a match's start, or in the midst of it.

use super::{
    Core, Entry, Plan, PlanError, Stats, checksums::Checksums, clock::Clock, delay::Delay,
    events::Events, history::Again, input, listen::Listening, peer::Peer, reign::Horizon,
    seats::Log, step::Lineups, stream::Stream, worlds::Worlds,
};
use protocol::{
    Frame, PeerId, Simulation,
    agreement::{Tenure, View},
    limits::{MAX_INPUT_BYTES, MAX_SEATS, MAX_TENURES},
};
use std::{collections::VecDeque, time::Duration};

impl<S: Simulation> Core<S> {
    /// Begins a match: world 0 is due now. The first peer of the roster is the owner of the first
    /// view, whose id is the match's.
    ///
    /// # Errors
    /// [`PlanError`] if the plan contradicts itself or gives this peer no seat.
    pub fn new(plan: Plan<S>, now: Duration) -> Result<Self, PlanError> {
        let (roster, settings) = (plan.roster.len(), S::seats(&plan.settings));
        if roster != settings || roster > MAX_SEATS {
            return Err(PlanError::Seats { roster, settings });
        }
        if !plan.roster.contains(&Some(plan.me)) {
            return Err(PlanError::NoSeat);
        }
        let mut order: Vec<PeerId> = Vec::new();
        for id in plan.roster.iter().flatten() {
            if !order.contains(id) {
                order.push(*id);
            }
        }
        let tenure = |driver: &Option<PeerId>| {
            vec![Tenure {
                from: 0,
                driver: *driver,
            }]
        };
        let entry = Entry {
            me: plan.me,
            view: View {
                number: 0,
                id: plan.match_id,
                owner: order.first().copied().unwrap_or(plan.me),
            },
            log: 0,
            order,
            tenures: plan.roster.iter().map(tenure).collect(),
            frame: 0,
            world: S::new(&plan.settings, plan.seed),
            input_delay: plan.input_delay,
        };
        Self::assemble(entry, now)
    }

    /// Enters a running match as a listener: it drives no seat until a change gives it one. The
    /// others hear of it by [`protocol::agreement::Listen`].
    ///
    /// # Errors
    /// [`PlanError`] if the entry contradicts itself, or this peer drives a seat in it.
    pub fn enter(mut entry: Entry<S>, now: Duration) -> Result<Self, PlanError> {
        let roster = entry.tenures.len();
        if !(1..=MAX_SEATS).contains(&roster) {
            let settings = roster.clamp(1, MAX_SEATS);
            return Err(PlanError::Seats { roster, settings });
        }
        for (seat, tenures) in entry.tenures.iter().enumerate() {
            if !can_be_entered(tenures, entry.frame) {
                return Err(PlanError::Tenures(seat as u8));
            }
        }
        let last = entry.tenures.iter().filter_map(|tenures| tenures.last());
        let drivers: Vec<PeerId> = last.filter_map(|tenure| tenure.driver).collect();
        if drivers.contains(&entry.me) {
            return Err(PlanError::Seated);
        }
        let mut order = Vec::new();
        for id in entry.order.iter().chain(&drivers) {
            if drivers.contains(id) && !order.contains(id) {
                order.push(*id);
            }
        }
        entry.order = order;
        Self::assemble(entry, now)
    }

    /// Whether a snapshot of the confirmed world can be entered by [`Core::enter`]. Not while a
    /// peer gives up a seat in a frame that is yet to be confirmed.
    pub fn may_be_entered(&self) -> bool {
        let mut seats = self.tenures().into_iter();
        seats.all(|tenures| can_be_entered(&tenures, self.confirmed()))
    }

    /// A core at the entry's world, which is due now.
    fn assemble(entry: Entry<S>, now: Duration) -> Result<Self, PlanError> {
        const {
            assert!(
                size_of::<S::Input>() <= MAX_INPUT_BYTES,
                "the input type is too big"
            )
        };
        let idle = input::pack::<S>(&S::Input::default()).ok_or(PlanError::InputTooLong)?;
        let others = entry.order.iter().filter(|id| **id != entry.me);
        let mut checksums = Checksums::default();
        if Checksums::counts(entry.frame) {
            checksums.record(entry.frame, entry.world.checksum());
        }
        let tenures = entry.tenures.into_iter();
        let mut core = Self {
            me: entry.me,
            view: entry.view,
            horizon: Horizon::new(entry.frame),
            peers: others.map(|id| Peer::new(*id, now)).collect(),
            log: Log {
                summed_up: entry.log,
                changes: Vec::new(),
                order: entry.order,
            },
            worlds: Worlds::new(entry.frame, entry.world),
            streams: tenures
                .map(|tenures| Stream::new(tenures, entry.frame, idle))
                .collect(),
            clock: Clock::new(now),
            checksums,
            listening: Listening::new(now),
            lineups: Lineups::new(),
            wrong: None,
            stats: Stats::default(),
            again: Again::new(),
            events: Events::new(),
            confirmed: entry.frame,
            untaken: VecDeque::new(),
            delay: Delay::new(entry.input_delay),
            happened: Vec::new(),
        };
        core.announce();
        Ok(core)
    }
}

/// Whether the inputs that a newcomer lacks will be said by the last driver, or are a bot's.
fn can_be_entered(tenures: &[Tenure], frame: Frame) -> bool {
    let in_order = tenures.is_sorted_by(|a, b| a.from < b.from);
    let begun = (1..=MAX_TENURES).contains(&tenures.len()) && tenures[0].from <= frame;
    let before_last = tenures.split_last().map_or(&[][..], |(_, before)| before);
    in_order && begun && before_last.iter().all(|tenure| tenure.driver.is_none())
}
