//! The rollback core in simulated time, over the seeded lossy network.

mod agreement;
mod events;
mod hostile;
mod network;
mod pace;
mod party;
mod reference;
mod toy;
