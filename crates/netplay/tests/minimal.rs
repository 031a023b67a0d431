//! The `minimal` example does what it says.
#![cfg(not(target_arch = "wasm32"))]

#[path = "../examples/minimal.rs"]
mod example;

#[test]
fn two_peers_greet_each_other() {
    example::main().expect("the two meet");
}
