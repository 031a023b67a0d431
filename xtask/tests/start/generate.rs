//! `cargo generate`: its questions and its hook, by a small reader of both, and the generator itself.

use std::{collections::BTreeMap, env, fs, path::Path, process::Command};

use crate::checkout::{Copy, is_another_game, succeed};

/// What somebody answers who wants no demo.
const ANSWERS: &[(&str, &str)] = &[
    ("title", "My Game"),
    ("makers", "Ada"),
    ("players", "4"),
    ("demo", "without"),
];

/// A generated project without the demo: the example's game, and nothing that is not tidy.
fn is_the_small_game(copy: &Copy) {
    is_another_game(&copy.0);
    assert!(copy.read("Cargo.toml").contains("authors = [\"Ada\"]"));
    let rules = copy.read("crates/sim/src/rules.rs");
    assert!(rules.contains("players.clamp(4, MAX_SEATS)"), "{rules}");
    let picture = copy.read("crates/game/src/picture.rs");
    assert!(picture.contains("const TITLE: &'static str = protocol::title!();"));
    for gone in [
        "crates/game/src/demo",
        "crates/sim/src/demo",
        "crates/bench",
    ] {
        assert!(!copy.0.join(gone).exists(), "{gone}");
    }
    succeed(&copy.cargo(&["fmt", "--all", "--check"]));
    succeed(&copy.xtask(&["tidy"]));
    succeed(&copy.cargo(&["test", "--locked", "--offline", "-p", "sim"]));
    // What is public in a library wants to be documented.
    let lints = ["clippy", "--locked", "--offline", "-p", "sim"];
    succeed(&copy.cargo(&[&lints[..], &["--", "-D", "warnings"]].concat()));
}

/// The words of the command that the hook starts, with these answers: its variables, the list of the
/// command's words, and what is pushed to it under a condition.
fn hook(script: &str, answers: &[(&str, &str)]) -> Vec<String> {
    let answers: BTreeMap<_, _> = answers.iter().copied().collect();
    let variables: BTreeMap<&str, &str> = script
        .lines()
        .filter_map(|line| {
            let (name, key) = line
                .strip_prefix("let ")?
                .split_once(" = variable::get(\"")?;
            Some((name, answers[key.strip_suffix("\");")?]))
        })
        .collect();
    let (_, list) = script.split_once("let rename = [").unwrap();
    let (list, rest) = list.split_once("];").unwrap();
    let words = list
        .split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty());
    let mut words: Vec<String> = words
        .map(|word| {
            if let Some(plain) = word.strip_prefix('"') {
                plain.strip_suffix('"').unwrap().to_owned()
            } else {
                // Quoted for the shell, or as it is.
                let name = word.trim_start_matches("`\"${").trim_end_matches("}\"`");
                variables[name].to_owned()
            }
        })
        .collect();
    let (condition, then) = rest.split_once("if ").unwrap().1.split_once(" {").unwrap();
    let (name, value) = condition.split_once(" == ").unwrap();
    if variables[name] == value.trim_matches('"') {
        let pushed = then.split_once("rename.push(\"").unwrap().1;
        words.push(pushed.split_once('"').unwrap().0.to_owned());
    }
    words
}

#[test]
fn the_generators_questions_lead_to_a_small_game() {
    let copy = Copy::new("generated-copy");
    if !copy.is_template() {
        return;
    }
    let questions: toml::Table = copy.read("cargo-generate.toml").parse().unwrap();
    let asked = questions["placeholders"].as_table().unwrap();
    let names: Vec<&str> = asked.keys().map(String::as_str).collect();
    let answered: BTreeMap<_, _> = ANSWERS.iter().copied().collect();
    assert_eq!(names, answered.keys().copied().collect::<Vec<_>>());
    for (name, answer) in ANSWERS {
        let question = &asked[*name];
        let choices = question
            .get("choices")
            .and_then(|choices| choices.as_array());
        let may = choices.is_none_or(|all| all.iter().any(|may| may.as_str() == Some(answer)));
        assert!(may, "{name}: {question:?}");
    }
    let script = copy.read("cargo-generate.rhai");
    let defaults: Vec<(&str, &str)> = asked
        .iter()
        .map(|(name, question)| (name.as_str(), question["default"].as_str().unwrap()))
        .chain([("project-name", "my-game")])
        .collect();
    assert_eq!(
        hook(&script, &defaults),
        [
            "xtask",
            "rename",
            "my-game",
            "My Game",
            "--authors",
            "The contributors",
            "--players",
            "2"
        ]
    );

    // As the generator does, before the hook and after it.
    let answers = [ANSWERS, &[("project-name", "my-game")]].concat();
    let words = hook(&script, &answers);
    fs::remove_file(copy.0.join("cargo-generate.toml")).unwrap();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    succeed(&copy.xtask(words.strip_prefix(&["xtask"]).unwrap()));
    fs::remove_file(copy.0.join("cargo-generate.rhai")).unwrap();
    is_the_small_game(&copy);
}

#[test]
#[ignore = "needs cargo-generate: `cargo xtask setup extra` installs it, and then `cargo xtask test` runs this"]
fn cargo_generate_makes_a_small_game() {
    let template = Copy::new("template");
    if !template.is_template() {
        return;
    }
    let made = Copy::nothing("generated");
    fs::create_dir_all(&made.0).unwrap();
    let mut command = Command::new("cargo");
    command
        .args(["generate", "--silent", "--allow-commands"])
        .args(["--name", "my-game"])
        .arg("--path")
        .arg(&template.0)
        .arg("--destination")
        .arg(&made.0);
    for (name, answer) in ANSWERS {
        command.args(["--define", &format!("{name}={answer}")]);
    }
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("generator");
    command
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_NET_OFFLINE", "true");
    // What cargo tells this test of its own package is not the copy's.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    succeed(&command.output().unwrap());

    let game = Copy(made.0.join("my-game"));
    assert!(game.0.join(".git").is_dir(), "no repository");
    fs::remove_dir_all(game.0.join(".git")).unwrap();
    assert!(!game.0.join("cargo-generate.toml").exists());
    assert!(!game.0.join("cargo-generate.rhai").exists());
    is_the_small_game(&game);
}
