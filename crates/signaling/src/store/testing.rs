//! What every store's tests are written with.

use super::Charter;
use matchbox_protocol::PeerId;
use protocol::{
    api::{VersionTag, Visibility},
    limits::DEFAULT_PEERS,
};
use uuid::Uuid;

/// The peer of a number.
pub(crate) fn peer(number: u128) -> PeerId {
    PeerId(Uuid::from_u128(number))
}

/// The number of a peer.
pub(crate) fn number(peer: PeerId) -> u128 {
    peer.0.as_u128()
}

/// A private room for any version.
pub(crate) fn charter(code: &str) -> Charter {
    Charter {
        code: code.to_owned(),
        visibility: Visibility::Private,
        capacity: DEFAULT_PEERS,
        version: VersionTag::default(),
        born: 1,
    }
}
