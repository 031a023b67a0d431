//! The rollback core in simulated time, over the seeded lossy network.

#![expect(clippy::unwrap_used, reason = "what cannot be, fails the test")]

mod agreeing;
mod agreement;
mod delay;
mod events;
mod hands;
mod hostile;
mod hostile_seats;
mod listen;
mod network;
mod pace;
mod party;
mod reference;
mod repair;
mod toy;
mod waits;
