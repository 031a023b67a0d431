//! The hit-stop: at a hard hit the picture holds for a few frames, and then catches up.
//!
//! Only the picture does. The match runs on, and the picture shows it a little later: by a lag that
//! grows while the picture holds, is bounded, and goes to nothing afterwards. Nothing but the lag is
//! kept, so that no sequence of hits can leave the picture behind the match.

/// How long the picture holds at the hardest hit, in seconds: three frames.
const LONGEST_HOLD: f32 = 3.0 / 60.0;

/// How long it holds at a goal, when nobody steers for an advantage.
pub(super) const GOAL_HOLD: f32 = 4.0 / 60.0;

/// The picture is never later than this, in seconds.
pub(super) const MAX_LAG: f32 = GOAL_HOLD;

/// Catching up, the lag shrinks by 63 % in so many seconds, and by so much a second beyond that:
/// it ends, and slowly enough that nothing leaps.
const CATCH_UP: f32 = 0.06;
const LEAST_CATCH_UP: f32 = 0.2;

/// After it has caught up, it does not hold again for so long: bodies in a heap would make it
/// stutter.
const REST: f32 = 0.12;

/// How far the picture is behind the match.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct HitStop {
    /// Seconds for which it still holds.
    hold: f32,
    /// Seconds that it is late.
    lag: f32,
    /// Seconds until it may hold again.
    rest: f32,
}

impl HitStop {
    /// How long the picture holds at a hit of this force. Others' hits hold it for half as long, as
    /// one's own disc waits too.
    pub fn seconds(force: f32, is_mine: bool) -> f32 {
        let part = if is_mine { 1.0 } else { 0.5 };
        LONGEST_HOLD * part * force.clamp(0.0, 1.0)
    }

    /// Holds the picture, unless it holds or catches up already.
    pub fn hit(&mut self, seconds: f32) {
        if self.lag <= 0.0 && self.rest <= 0.0 {
            self.hold = self.hold.max(seconds.min(MAX_LAG));
        }
    }

    /// Lets time pass, and returns how late the picture is now, in seconds. The picture never goes
    /// back: the lag grows by no more than the time that has passed.
    pub fn pass(&mut self, seconds: f32) -> f32 {
        let held = self.hold.min(seconds);
        self.hold -= held;
        self.lag = (self.lag + held).min(MAX_LAG);
        let mut left = seconds - held;
        if self.lag > 0.0 && left > 0.0 {
            // The solution of lag' = -lag / CATCH_UP - LEAST_CATCH_UP: the same at any display rate.
            let floor = LEAST_CATCH_UP * CATCH_UP;
            let takes = CATCH_UP * (1.0 + self.lag / floor).ln();
            self.lag = match left < takes {
                true => (self.lag + floor) * (-left / CATCH_UP).exp() - floor,
                false => 0.0,
            };
            if left < takes {
                return self.lag;
            }
            left -= takes;
            self.rest = REST;
        }
        self.rest = (self.rest - left).max(0.0);
        self.lag
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim::rng::Rng;

    /// Display rates, in pictures a second.
    const RATES: [f32; 5] = [20.0, 30.0, 60.0, 144.0, 240.0];

    #[test]
    fn after_any_sequence_of_hits_the_picture_is_back_in_time_within_ten_frames() {
        let mut rng = Rng::new(5);
        for rate in RATES {
            for _ in 0..200 {
                let mut stop = HitStop::default();
                for _ in 0..200 {
                    let [dice, force, ..] = rng.next_u64().to_le_bytes();
                    if dice < 90 {
                        stop.hit(f32::from(force) / 128.0);
                    }
                    assert!((0.0..=MAX_LAG).contains(&stop.pass(1.0 / rate)));
                }
                let mut passed = 0.0;
                while stop.pass(1.0 / rate) > 0.0 {
                    passed += 1.0 / rate;
                    assert!(passed < MAX_LAG + 10.0 / 60.0, "{rate}: {stop:?}");
                }
            }
        }
    }

    #[test]
    fn the_picture_never_goes_back_and_holds_for_no_longer_than_asked() {
        for rate in RATES {
            let mut stop = HitStop::default();
            let (mut last, mut held) = (0.0, 0.0);
            stop.hit(HitStop::seconds(1.0, true));
            for _ in 0..(rate as usize) {
                let lag = stop.pass(1.0 / rate);
                let moved = 1.0 / rate - (lag - last);
                assert!(moved >= -1e-6, "{rate}: {moved}");
                if moved < 1e-6 {
                    held += 1.0 / rate;
                }
                last = lag;
            }
            assert!(held <= LONGEST_HOLD + 1e-4, "{rate}: held for {held}");
        }
    }

    #[test]
    fn hits_in_a_heap_do_not_stop_the_picture() {
        let (mut stop, mut held) = (HitStop::default(), 0);
        let mut last = 0.0;
        for _ in 0..600 {
            stop.hit(LONGEST_HOLD);
            let lag = stop.pass(1.0 / 60.0);
            held += usize::from(lag > last);
            last = lag;
        }
        assert!(held < 150, "{held} of 600 pictures held");
    }

    #[test]
    fn it_catches_up_the_same_at_any_display_rate() {
        let after = |rate: f32| {
            let mut stop = HitStop::default();
            stop.hit(LONGEST_HOLD);
            let pictures = (0.1 * rate).round() as usize;
            (0..pictures).fold(0.0, |_, _| stop.pass(1.0 / rate))
        };
        assert!((after(30.0) - after(240.0)).abs() < 1e-4);
    }

    #[test]
    fn harder_hits_hold_longer_and_ones_own_the_longest() {
        let mut last = -1.0;
        for tenth in 0..=10 {
            let (mine, theirs) = [true, false]
                .map(|is_mine| HitStop::seconds(tenth as f32 / 10.0, is_mine))
                .into();
            assert!(mine > last && theirs <= mine && mine <= MAX_LAG);
            last = mine;
        }
    }
}
