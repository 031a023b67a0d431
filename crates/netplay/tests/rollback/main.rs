//! The rollback core in simulated time, over the seeded lossy network.

#![expect(clippy::unwrap_used, reason = "what cannot be, fails the test")]

mod agreement;
mod events;
mod hostile;
mod network;
mod pace;
mod party;
mod reference;
mod toy;
