//! Which crate may use which.

use std::collections::BTreeSet;

use anyhow::Result;
use cargo_metadata::{DependencyKind, Metadata};

use super::{Report, packages::built_from};

/// What each crate may use of the others when it is built for use (tests may use more).
const MAY_USE: &[(&str, &[&str])] = &[
    ("protocol", &[]),
    ("sim", &["protocol"]),
    ("netplay", &["protocol"]),
    ("signaling", &["protocol"]),
    ("game", &["netplay", "protocol", "signaling", "sim"]),
    // What tests the whole may use the whole.
    ("e2e", &["netplay", "protocol", "signaling", "sim"]),
    ("xtask", &[]),
];

/// What a game below `examples/` may use: it takes the place of the demo.
const EXAMPLE_MAY_USE: &[&str] = &["game", "netplay", "protocol", "signaling", "sim"];

/// Who never sees the engine.
const WITHOUT_ENGINE: &[&str] = &["protocol", "sim", "netplay", "signaling"];

/// Who touches nothing outside.
const PURE: &[&str] = &["protocol", "sim"];

/// Async runtimes, clocks, random sources of the system, sockets.
const OUTSIDE: &[&str] = &[
    "async-io",
    "async-std",
    "chrono",
    "fastrand",
    "futures",
    "getrandom",
    "instant",
    "mio",
    "rand",
    "rand_core",
    "smol",
    "socket2",
    "time",
    "tokio",
    "web-sys",
    "web-time",
];

/// Complains about each dependency that goes the wrong way.
///
/// # Errors
/// When cargo fails.
pub fn check(metadata: &Metadata, report: &mut Report) -> Result<()> {
    one_way(metadata, report);
    let root = metadata.workspace_root.as_std_path();
    for package in metadata.workspace_packages() {
        let name = package.name.as_str();
        if !WITHOUT_ENGINE.contains(&name) {
            continue;
        }
        for used in built_from(root, name)? {
            if used == "bevy" || used.starts_with("bevy_") || used == "winit" {
                report.complain(format!(
                    "{name} is built from {used}: only the game knows the engine. Take it out of \
                     crates/{name}/Cargo.toml, and move what needs it to crates/game"
                ));
            } else if PURE.contains(&name) && OUTSIDE.contains(&used.as_str()) {
                report.complain(format!(
                    "{name} is built from {used}: it knows no runtime, clock, socket or random \
                     source of the system. Take it out of crates/{name}/Cargo.toml, and pass plain \
                     values in"
                ));
            }
        }
    }
    Ok(())
}

fn one_way(metadata: &Metadata, report: &mut Report) {
    let packages = metadata.workspace_packages();
    let ours: BTreeSet<&str> = packages
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    for package in packages {
        let name = package.name.as_str();
        let folder = package
            .manifest_path
            .strip_prefix(&metadata.workspace_root)
            .unwrap_or(&package.manifest_path);
        let listed = MAY_USE.iter().find(|(of, _)| *of == name);
        let may_use = match listed {
            Some((_, may_use)) => *may_use,
            None if folder.starts_with("examples") => EXAMPLE_MAY_USE,
            None => {
                report.complain(format!(
                    "{name} is in no list: say in xtask/src/tidy/crates.rs (MAY_USE) which of our \
                     crates it may use"
                ));
                continue;
            }
        };
        for dependency in &package.dependencies {
            let used = dependency.name.as_str();
            if dependency.kind == DependencyKind::Normal
                && ours.contains(used)
                && !may_use.contains(&used)
            {
                report.complain(format!(
                    "{name} must not use {used}: dependencies run one way (docs/ARCHITECTURE.md, \
                     The map). Move what both need into a crate that both may use, or make it a \
                     dev-dependency if only tests need it"
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::tidy::{packages::metadata, temporary::Temporary};

    /// What is found in a workspace of packages, each with its dependencies.
    fn complaints(packages: &[(&str, &[&str])]) -> Vec<String> {
        let mut files = vec![(
            "Cargo.toml".to_owned(),
            "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\nexclude = [\"crates/winit\"]"
                .to_owned(),
        )];
        for (package, dependencies) in packages {
            let mut manifest = format!(
                "[package]\nname = \"{package}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
                 [dependencies]\n"
            );
            for used in *dependencies {
                manifest += &format!("{used} = {{ path = \"../{used}\" }}\n");
            }
            files.push((format!("crates/{package}/Cargo.toml"), manifest));
            files.push((format!("crates/{package}/src/lib.rs"), String::new()));
        }
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
            .collect();
        let folder = Temporary::new(&files);
        let status = Command::new(env!("CARGO"))
            .current_dir(folder.path())
            .args(["generate-lockfile", "--offline", "--quiet"])
            .status();
        assert!(status.unwrap().success());
        let mut report = Report::default();
        check(&metadata(folder.path()).unwrap(), &mut report).unwrap();
        report.complaints
    }

    #[test]
    fn the_order_of_the_crates_is_kept() {
        let fine: &[(&str, &[&str])] = &[
            ("protocol", &[]),
            ("sim", &["protocol"]),
            ("netplay", &["protocol"]),
            ("game", &["netplay", "protocol", "sim", "winit"]),
            ("winit", &[]),
        ];
        assert_eq!(complaints(fine), Vec::<String>::new());
    }

    #[test]
    fn who_uses_what_it_must_not_is_told_what_to_do() {
        let broken = complaints(&[
            ("protocol", &[]),
            ("sim", &["protocol"]),
            ("netplay", &["sim", "winit"]),
            ("winit", &[]),
            ("newcomer", &[]),
        ]);
        assert_eq!(broken.len(), 3, "{broken:?}");
        let told = |text: &str| broken.iter().find(|told| told.contains(text)).unwrap();
        let (listed, way, engine) = (told("newcomer"), told("sim"), told("winit"));
        assert!(
            listed.contains("newcomer") && listed.contains("MAY_USE"),
            "{listed}"
        );
        assert!(way.contains("netplay must not use sim"), "{way}");
        assert!(way.contains("dev-dependency"), "{way}");
        assert!(engine.contains("netplay is built from winit"), "{engine}");
        assert!(engine.contains("crates/netplay/Cargo.toml"), "{engine}");
    }

    #[test]
    fn the_rules_of_the_game_have_no_clock() {
        let broken = complaints(&[("sim", &["time"]), ("time", &[])]);
        let clock = broken.iter().find(|text| text.contains("built from time"));
        assert!(
            clock.unwrap().contains("pass plain values in"),
            "{broken:?}"
        );
    }
}
