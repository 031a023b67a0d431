//! Players for tests: inputs that look like a lively human's, from a seed.

use protocol::{Driver, Seat};
use sim::{demo::Input, rng::Rng};

/// Seats whose players hold each input for a random time and then take another.
pub struct Players {
    rng: Rng,
    seats: Vec<Seat<Input>>,
}

impl Players {
    pub fn new(seats: usize, seed: u64) -> Self {
        let seat = Seat {
            input: Input::default(),
            driver: Driver::Peer,
        };
        Self {
            rng: Rng::new(seed),
            seats: vec![seat; seats],
        }
    }

    /// What the seats do in the next step.
    pub fn next_step(&mut self) -> Vec<Seat<Input>> {
        for seat in &mut self.seats {
            let [x, y, buttons, change, ..] = self.rng.next_u64().to_le_bytes();
            // An input lasts for 13 steps on average.
            if change < 20 {
                let axis = |byte| i8::from_le_bytes([byte]);
                seat.input = Input {
                    thrust_x: axis(x),
                    thrust_y: axis(y),
                    buttons,
                };
            }
        }
        self.seats.clone()
    }
}
