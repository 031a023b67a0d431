//! The reliable messages and snapshots: pinned to the byte, bounded, and safe to decode whatever
//! comes.

mod arbitrary;
mod bounds;
mod golden;
mod hostile;
mod samples;
