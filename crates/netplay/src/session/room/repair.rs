//! After a desync: whoever is in the minority takes the others' world, and the match goes on.

use super::*;

/// Repairs in one match. Past it the session ends: a simulation that goes wrong again and again
/// is not deterministic, or somebody cheats.
pub(super) const MAX_REPAIRS: u32 = 16;

/// How long the others' checksums are awaited before they are counted.
const PATIENCE: Duration = Duration::from_millis(500);

impl<S: Simulation> Room<S> {
    /// Finds who is right when confirmed worlds differ, and asks for the right one if it is not
    /// ours.
    pub(super) fn repair(&mut self) {
        let Some(play) = &mut self.play else { return };
        let Some(desync) = play.core.desync() else {
            self.differs_since = None;
            return;
        };
        let since = *self.differs_since.get_or_insert(self.now);
        let order = play.core.order();
        let mut sums = play.core.verdicts(desync.frame);
        sums.retain(|(id, _)| order.contains(id));
        let all_told = sums.len() + 1 >= order.len();
        if !all_told && self.now.saturating_sub(since) < PATIENCE {
            return;
        }
        sums.extend(self.id.map(|me| (me, desync.ours)));
        let right = right_sum(&sums, play.core.view().owner);
        if right == Some(desync.ours) {
            // The others will ask for it; until then they differ.
            play.core.clear_desync();
            self.keep_artifact(&desync, None);
            return self.notify(Notice::Differed(desync.frame));
        }
        let host = order.iter().find(|id| {
            sums.iter()
                .any(|(from, sum)| from == *id && Some(*sum) == right)
        });
        let (Some(host), false) = (host.copied(), self.entering.is_some()) else {
            return;
        };
        if play.repairs == 0 {
            return self.end(Failure::Desync(desync.frame));
        }
        play.repairs -= 1;
        let match_id = play.match_id;
        self.notify(Notice::Replaced(desync.frame));
        self.ask_to_enter(host, match_id, false);
    }
}

/// The checksum that most have; of equally many the owner's, else the smallest.
fn right_sum(sums: &[(PeerId, u64)], owner: PeerId) -> Option<u64> {
    let weight = |sum: u64| {
        let holders = || sums.iter().filter(move |(_, s)| *s == sum);
        let has_owner = holders().any(|(id, _)| *id == owner);
        (holders().count(), has_owner, std::cmp::Reverse(sum))
    };
    sums.iter()
        .map(|(_, sum)| *sum)
        .max_by_key(|sum| weight(*sum))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(number: u128) -> PeerId {
        PeerId(uuid::Uuid::from_u128(number))
    }

    #[test]
    fn the_majority_is_right_and_between_two_the_owner() {
        let sums = [(peer(1), 10), (peer(2), 20), (peer(3), 20)];
        assert_eq!(right_sum(&sums, peer(1)), Some(20));
        assert_eq!(right_sum(&sums[..2], peer(1)), Some(10));
        assert_eq!(right_sum(&sums[..2], peer(2)), Some(20));
        assert_eq!(right_sum(&sums[..2], peer(3)), Some(10));
        assert_eq!(right_sum(&[], peer(3)), None);
    }
}
