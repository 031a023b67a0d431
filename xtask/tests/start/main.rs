//! Copies of the checkout become other games, with no word left of the old one.
//!
//! That such a game also passes every check takes as long as building it anew; the cheap crates stand
//! for it here, and `crates/e2e/tests/template.rs` builds and plays one.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod checkout;
mod generate;
mod rename;
