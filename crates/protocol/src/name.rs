//! What the game is called: programs, folders, keys and variables that carry its name take it from
//! these macros, so that `cargo xtask rename` changes it here.
//!
//! They are macros for `concat!`, which takes no constants.

/// For people: titles and sentences.
#[macro_export]
macro_rules! title {
    () => {
        "Peerball"
    };
}

/// For machines: the program, folders, keys of storage. Small letters, digits and hyphens.
#[macro_export]
macro_rules! name {
    () => {
        "peerball"
    };
}

/// What stands before the names of metrics, where hyphens are not allowed.
#[macro_export]
macro_rules! prefix {
    () => {
        "peerball_"
    };
}

/// A variable of the environment.
#[macro_export]
macro_rules! variable {
    ($name:literal) => {
        concat!("PEERBALL_", $name)
    };
}
