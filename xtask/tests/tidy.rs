//! The checkout is tidy. That each broken rule is told is tested beside it, in `src/tidy`.

use std::process::Command;

#[test]
fn the_checkout_is_tidy() {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("tidy")
        .output()
        .unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "\n{complaints}");
}
