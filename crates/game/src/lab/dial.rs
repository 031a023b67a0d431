//! What the panel's sliders say, in the units that players think in.

use netplay::transport::memory::Conditions;
use protocol::limits::MAX_INPUT_DELAY;
use std::time::Duration;

/// What stands between the two scenes. Each part has a bound, see [`Part::most`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dial {
    /// Milliseconds that a round trip takes longer: half of them on each way.
    pub latency: u16,
    /// Milliseconds that a packet takes longer at most on its way, each as chance says.
    pub jitter: u16,
    /// Packets of a hundred that are lost, on each way.
    pub loss: u16,
    /// Frames between a player's input and its step, in both scenes.
    pub delay: u16,
}

/// One of a dial's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Latency,
    Jitter,
    Loss,
    Delay,
}

impl Part {
    pub const ALL: [Self; 4] = [Self::Latency, Self::Jitter, Self::Loss, Self::Delay];

    /// The largest value.
    pub const fn most(self) -> u16 {
        match self {
            Self::Latency => 400,
            Self::Jitter => 100,
            Self::Loss => 40,
            Self::Delay => MAX_INPUT_DELAY as u16,
        }
    }

    /// How far apart the values are that a slider can be set to.
    const fn grain(self) -> u16 {
        match self {
            Self::Latency | Self::Jitter => 5,
            Self::Loss | Self::Delay => 1,
        }
    }

    pub fn of(self, dial: &Dial) -> u16 {
        match self {
            Self::Latency => dial.latency,
            Self::Jitter => dial.jitter,
            Self::Loss => dial.loss,
            Self::Delay => dial.delay,
        }
    }

    fn of_mut(self, dial: &mut Dial) -> &mut u16 {
        match self {
            Self::Latency => &mut dial.latency,
            Self::Jitter => &mut dial.jitter,
            Self::Loss => &mut dial.loss,
            Self::Delay => &mut dial.delay,
        }
    }

    /// Where the value stands between nothing and the most, from 0 to 1.
    pub fn share(self, dial: &Dial) -> f32 {
        f32::from(self.of(dial)) / f32::from(self.most())
    }

    /// Sets the value by where its slider stands, from 0 to 1.
    pub fn set(self, dial: &mut Dial, share: f32) {
        let grains = self.most() / self.grain();
        // A float's conversion saturates, and takes what is no number for 0.
        let grain = (share.clamp(0.0, 1.0) * f32::from(grains)).round() as u16;
        *self.of_mut(dial) = grain * self.grain();
    }
}

impl Dial {
    /// What an impairment is to do to each of the two ways.
    pub fn conditions(self) -> Conditions {
        let millis = |millis: u16| Duration::from_millis(millis.into());
        Conditions {
            latency: millis(self.latency) / 2,
            jitter: millis(self.jitter),
            loss: f64::from(self.loss) / 100.0,
            ..Conditions::default()
        }
    }
}

/// Ways that players know, from none to the worst: none, one house, one town, another continent,
/// a train through tunnels.
pub const PRESETS: [Dial; 5] = [
    Dial::of(0, 0, 0),
    Dial::of(5, 0, 0),
    Dial::of(40, 5, 1),
    Dial::of(150, 15, 3),
    Dial::of(300, 50, 15),
];

impl Dial {
    const fn of(latency: u16, jitter: u16, loss: u16) -> Self {
        Self {
            latency,
            jitter,
            loss,
            delay: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_slider_reaches_its_ends_and_nothing_beyond() {
        for part in Part::ALL {
            let mut dial = Dial::default();
            for (share, value) in [
                (1.0, part.most()),
                (-1.0, 0),
                (9.0, part.most()),
                (f32::NAN, 0),
            ] {
                part.set(&mut dial, share);
                assert_eq!(part.of(&dial), value, "{part:?} at {share}");
            }
            part.set(
                &mut dial,
                part.share(&Dial {
                    latency: 150,
                    jitter: 45,
                    loss: 10,
                    delay: 3,
                }),
            );
            assert_eq!(part.of(&dial), [150, 45, 10, 3][part as usize]);
        }
    }

    #[test]
    fn latency_is_of_the_round_trip_and_loss_of_each_way() {
        let conditions = Dial {
            latency: 150,
            jitter: 20,
            loss: 10,
            delay: 4,
        }
        .conditions();
        assert_eq!(conditions.latency, Duration::from_millis(75));
        assert_eq!(conditions.jitter, Duration::from_millis(20));
        assert_eq!(conditions.loss, 0.1);
    }

    #[test]
    fn presets_can_be_shown_by_the_sliders() {
        for preset in PRESETS {
            let mut dial = Dial::default();
            for part in Part::ALL {
                part.set(&mut dial, part.share(&preset));
            }
            assert_eq!(dial, preset);
        }
    }
}
