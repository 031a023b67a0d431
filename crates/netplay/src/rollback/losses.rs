//! Which share of another peer's datagrams is lost on the way to us, by the gaps in their numbers.

use protocol::datagram::NUMBERS;

/// The latest datagrams that are judged: two seconds'.
const JUDGED: u32 = 128;

/// The latest datagrams of a peer, one bit each: whether it came, the newest lowest.
#[derive(Debug, Default)]
pub(super) struct Losses {
    newest: Option<u8>,
    came: u128,
    /// How many are judged, at most [`JUDGED`].
    count: u32,
}

impl Losses {
    /// A datagram of this number came. What comes late, within half of the numbers, was not lost
    /// after all; what comes twice counts once. (After more losses in a row than there are numbers,
    /// the gap looks that much shorter.)
    pub(super) fn hear(&mut self, number: u8) {
        let number = number % NUMBERS;
        let Some(newest) = self.newest else {
            (self.newest, self.came, self.count) = (Some(number), 1, 1);
            return;
        };
        let ahead = number.wrapping_sub(newest) % NUMBERS;
        if ahead <= NUMBERS / 2 {
            self.newest = Some(number);
            self.came = self.came << ahead | 1;
            self.count = (self.count + u32::from(ahead)).min(JUDGED);
        } else {
            let behind = u32::from(NUMBERS - ahead);
            if behind < self.count {
                self.came |= 1 << behind;
            }
        }
    }

    /// The share that did not come, from 0 to 1.
    pub(super) fn share(&self) -> f32 {
        let came = self.came.count_ones().min(self.count);
        (self.count - came) as f32 / self.count.max(1) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(numbers: impl IntoIterator<Item = u32>) -> f32 {
        let mut losses = Losses::default();
        for number in numbers {
            losses.hear((number % u32::from(NUMBERS)) as u8);
        }
        losses.share()
    }

    #[test]
    fn gaps_are_losses() {
        assert_eq!(share([]), 0.0);
        assert_eq!(share(0..1_000), 0.0);
        assert_eq!(share((0..1_000).filter(|number| number % 4 != 1)), 0.25);
        assert_eq!(share([7, 9]), 1.0 / 3.0);
    }

    #[test]
    fn what_was_lost_long_ago_no_longer_counts() {
        assert_eq!(share([0, 10].into_iter().chain(11..200)), 0.0);
    }

    #[test]
    fn what_comes_late_or_twice_was_not_lost() {
        assert_eq!(share([0, 2, 1, 3, 3, 2, 5, 4]), 0.0);
    }

    #[test]
    fn any_numbers_give_a_share() {
        let mut losses = Losses::default();
        for step in 0..10_000_u32 {
            losses.hear((step.wrapping_mul(2_654_435_761) >> 13) as u8);
            assert!((0.0..=1.0).contains(&losses.share()));
        }
    }
}
