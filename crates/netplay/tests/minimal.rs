//! The `minimal` example does what it says.
#![cfg(not(target_arch = "wasm32"))]

#[path = "../examples/minimal.rs"]
#[expect(clippy::duplicate_mod, reason = "the example is run as it stands")]
mod minimal;

#[test]
fn two_peers_greet_each_other() {
    minimal::run().unwrap();
}
