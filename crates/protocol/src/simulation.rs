//! The contract that every peer of a match keeps: a game is a plain value that steps.

use serde::{Serialize, de::DeserializeOwned};

/// Who plays a seat in a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, serde::Deserialize)]
pub enum Driver {
    /// A peer: the seat's input is what that peer's player did.
    Peer,
    /// A bot, which lives inside the simulation and costs no network; the input is the default.
    #[default]
    Bot,
}

/// One seat's part in a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seat<I> {
    /// What the seat's driver does in this step.
    pub input: I,
    /// Who drives the seat in this step.
    pub driver: Driver,
}

/// Something for eyes and ears that happened in a step.
pub trait Event: Clone + Send + Sync + 'static {
    /// The event's identity: its kind, its subject and a count that the world keeps.
    ///
    /// A corrected prediction may move a hit by a few frames; its key stays, so that it is told
    /// once. Two different events of one match never share a key.
    fn key(&self) -> u64;

    /// Whether this must not be taken back once shown, such as a goal's celebration. It is then
    /// held until its frame is confirmed.
    fn waits_for_confirmation(&self) -> bool;
}

/// A deterministic game. The same settings, seed and inputs give the same bits on every target.
///
/// A snapshot is a clone of the value; make cloning cheap (no heap, or little of it).
///
/// # Hostile values
/// `Settings`, `Input` and the world itself are decoded from what other peers sent. Whatever
/// decodes must be safe: `new` brings settings into their bounds, `step` brings inputs into
/// theirs, and neither panics.
pub trait Simulation: Clone + Send + Sync + Serialize + DeserializeOwned + 'static {
    /// Changes with every change of the rules: peers of different rules never meet.
    const FINGERPRINT: u64;
    /// What one seat does in one step; at most [`crate::limits::MAX_INPUT_BYTES`] in postcard.
    type Input: Copy + Default + PartialEq + Send + Sync + Serialize + DeserializeOwned + 'static;
    /// The options that a match starts with.
    type Settings: Clone + Send + Sync + Serialize + DeserializeOwned + 'static;
    /// What the picture and the sound learn of a step.
    type Event: Event;

    /// How many seats a match of these settings has, from 1 to [`crate::limits::MAX_SEATS`].
    fn seats(settings: &Self::Settings) -> usize;
    /// World 0.
    fn new(settings: &Self::Settings, seed: u64) -> Self;
    /// Steps by one sixtieth of a second. `seats` has [`Simulation::seats`] entries; a shorter
    /// slice leaves the remaining seats idle, a longer one is cut.
    fn step(&mut self, seats: &[Seat<Self::Input>], events: &mut Vec<Self::Event>);
    /// A hash of all that influences the future. Equal worlds give equal checksums on every
    /// target.
    fn checksum(&self) -> u64;
    /// Whether the match is over: later steps change nothing that matters.
    fn is_over(&self) -> bool;
}

/// A game's name as a number, to begin its [`Simulation::FINGERPRINT`] with: games that were made
/// from one another may count the versions of their rules alike. A name of up to eight bytes is
/// its bytes, lowest first.
pub const fn salt(name: &str) -> u64 {
    let mut salt = 0_u64;
    let mut rest = name.as_bytes();
    let mut place = 0;
    while let [byte, after @ ..] = rest {
        salt = salt.rotate_left(if place == 64 { 7 } else { 0 }) ^ ((*byte as u64) << (place % 64));
        place = place % 64 + 8;
        rest = after;
    }
    salt
}

#[cfg(test)]
mod tests {
    use super::salt;

    #[test]
    fn names_that_differ_anywhere_have_other_salts() {
        assert_eq!(salt("discs"), u64::from_le_bytes(*b"discs\0\0\0"));
        let names = [
            "",
            "a",
            "b",
            "aaaaaaaa",
            "aaaaaaaaa",
            "aaaaaaaab",
            "baaaaaaaa",
        ];
        for (index, name) in names.iter().enumerate() {
            for other in &names[..index] {
                assert_ne!(salt(name), salt(other), "{name} and {other}");
            }
        }
        // Folded, equal halves do not cancel each other out.
        assert_ne!(salt("discgamediscgame"), 0);
    }
}
