//! What the next match will be like: the owner chooses its settings, everybody else follows, and
//! who becomes the owner goes on with the choice that it followed.

use super::{play::decode_whole, *};

impl<S: Simulation> Room<S> {
    /// As the owner, chooses the settings of the next matches.
    pub(super) fn choose(&mut self, settings: &[u8]) {
        let Some(settings) = settings_of::<S>(settings) else {
            return;
        };
        if self.is_owner() && self.phase != Phase::Match {
            self.chosen = Some(settings);
            self.change_line();
        }
    }

    fn is_owner(&self) -> bool {
        self.id.is_some() && self.seniority().first().copied() == self.id
    }

    /// What our line says of the choice.
    pub(super) fn settings_to_tell(&self) -> Vec<u8> {
        match &self.chosen {
            Some(chosen) if self.is_owner() => postcard::to_stdvec(chosen).unwrap_or_default(),
            _ => Vec::new(),
        }
    }

    /// The owner's line says this.
    pub(super) fn follow_choice(&mut self, owner: PeerId, settings: &[u8]) {
        let chosen = match settings {
            [] => None,
            settings => match settings_of::<S>(settings) {
                None => return self.offend(owner),
                chosen => chosen,
            },
        };
        // Settings need not be comparable; their bytes are.
        let known = self.chosen.as_ref().map(postcard::to_stdvec);
        self.changed |= known.and_then(Result::ok).unwrap_or_default() != settings;
        self.chosen = chosen;
    }

    /// The settings of the match that these players are about to begin, and their places.
    pub(super) fn seat(&self, players: &[PeerId]) -> (S::Settings, Vec<Option<usize>>) {
        let chosen = self.chosen.clone();
        let settings = chosen.unwrap_or_else(|| (self.config.settings)(players.len()));
        let team = |id: &PeerId| self.peers.get(*id).map_or(self.team, |peer| peer.team);
        let teams: Vec<_> = players.iter().map(team).collect();
        (self.config.seating)(settings, &teams)
    }
}

/// Settings in postcard that a match can have.
fn settings_of<S: Simulation>(bytes: &[u8]) -> Option<S::Settings> {
    let settings =
        decode_whole::<S::Settings>(bytes).filter(|_| bytes.len() <= MAX_SETTINGS_BYTES)?;
    (1..=MAX_SEATS)
        .contains(&S::seats(&settings))
        .then_some(settings)
}
