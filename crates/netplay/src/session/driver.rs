//! Runs a room by itself.
