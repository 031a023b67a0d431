//! The state machine of a peer in a room.
