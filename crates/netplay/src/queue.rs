//! How full everything is that could grow, so that whoever watches a session can hold each queue
//! to its limit.

/// Something that holds what others said, or what nobody has taken yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queue {
    /// What it holds.
    pub name: &'static str,
    /// How many it holds now. Of several of a kind, the longest one's.
    pub length: usize,
    /// How many it can hold at most.
    pub limit: usize,
}

impl Queue {
    pub(crate) fn new(name: &'static str, length: usize, limit: usize) -> Self {
        Self {
            name,
            length,
            limit,
        }
    }

    /// The longest of several of a kind.
    pub(crate) fn longest(
        name: &'static str,
        lengths: impl Iterator<Item = usize>,
        limit: usize,
    ) -> Self {
        Self::new(name, lengths.max().unwrap_or(0), limit)
    }
}
