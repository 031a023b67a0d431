//! Inputs as the words that travel: postcard's bytes, padded with zeros to 32 bits.

use protocol::{Simulation, limits::MAX_INPUT_BYTES};

/// An input as its author's peers know it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Input<I> {
    /// What travels, and what decides whether two inputs are the same.
    pub(crate) word: u32,
    /// What the simulation is given.
    pub(crate) value: I,
}

/// Packs an input; nothing if it is longer than [`MAX_INPUT_BYTES`].
///
/// The value is the one that the word decodes to, so that the author steps by the same as
/// everybody else even when encoding loses something.
pub(crate) fn pack<S: Simulation>(value: &S::Input) -> Option<Input<S::Input>> {
    let mut bytes = [0; MAX_INPUT_BYTES];
    postcard::to_slice(value, &mut bytes).ok()?;
    let value = postcard::from_bytes(&bytes).ok()?;
    Some(Input {
        word: u32::from_le_bytes(bytes),
        value,
    })
}

/// Unpacks a word that another peer sent; nothing if no author would have written it.
pub(crate) fn unpack<S: Simulation>(word: u32) -> Option<Input<S::Input>> {
    let value: S::Input = postcard::from_bytes(&word.to_le_bytes()).ok()?;
    let mut bytes = [0; MAX_INPUT_BYTES];
    postcard::to_slice(&value, &mut bytes).ok()?;
    (u32::from_le_bytes(bytes) == word).then_some(Input { word, value })
}
