//! `cargo xtask rename`, and what it refuses.

use std::{fs, process::Command};

use crate::checkout::{Copy, is_another_game, refused_for, succeed};

#[test]
fn a_copy_becomes_another_game() {
    let copy = Copy::new("renamed-copy");
    if !copy.is_template() {
        refused_for(&copy.xtask(&["rename", "my-game", "My Game"]), "already");
        return;
    }
    refused_for(
        &copy.xtask(&["rename", "My Game", "My Game"]),
        "such as my-game",
    );
    refused_for(
        &copy.xtask(&["rename", "game", "My Game"]),
        "name of a crate",
    );
    refused_for(
        &copy.xtask(&["rename", "my-game", "<My Game>"]),
        "cannot be the title",
    );
    // Nothing is committed yet.
    let git = Command::new("git")
        .current_dir(&copy.0)
        .args(["init", "--quiet"])
        .status();
    assert!(git.unwrap().success());
    refused_for(
        &copy.xtask(&["rename", "my-game", "My Game"]),
        "not committed",
    );
    fs::remove_dir_all(copy.0.join(".git")).unwrap();
    refused_for(
        &copy.xtask(&["rename", "my-game", "My Game", "--players", "9"]),
        "--players",
    );

    let given = ["--authors", "Ada", "--players", "4"];
    succeed(&copy.xtask(&[&["rename", "my-game", "My Game"], &given[..]].concat()));

    is_another_game(&copy.0);
    refused_for(&copy.xtask(&["rename", "other-game", "Other"]), "already");

    assert!(copy.read("index.html").contains("<title>My Game</title>"));
    assert!(
        copy.read("assets/game.webmanifest")
            .contains("\"short_name\": \"My Game\"")
    );
    assert!(
        copy.read("deploy/my-game.service")
            .contains("StateDirectory=my-game")
    );
    assert!(copy.read("Cargo.toml").contains("authors = [\"Ada\"]"));
    assert!(
        copy.read("crates/game/src/demo/options.rs")
            .contains("const DEFAULT_SEATS: u8 = 4;")
    );
    let metadata = copy.cargo(&["metadata", "--no-deps", "--offline", "--format-version=1"]);
    succeed(&metadata);
    let metadata = String::from_utf8(metadata.stdout).unwrap();
    assert!(
        metadata.contains("\"name\":\"my-game\""),
        "no program of that name"
    );
    succeed(&copy.cargo(&["fmt", "--all", "--check"]));
    succeed(&copy.xtask(&["tidy"]));
    succeed(&copy.cargo(&[
        "test",
        "--locked",
        "--offline",
        "-p",
        "protocol",
        "-p",
        "sim",
    ]));
}
