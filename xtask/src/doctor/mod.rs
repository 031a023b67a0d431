//! What is installed and what is missing, who needs it, and the command that mends it.

mod probe;
mod table;

use std::{io::Write, thread};

use anyhow::{Result, ensure};

use crate::{
    linters,
    packages::{BUILD, EXTRA, NATIVE, Need, TEST},
    tools::{CARGO_GENERATE, GECKODRIVER, MATCHBOX_SERVER, TRUNK, Tool},
    workspace::Workspace,
};
use probe::Probe;
use table::{Finding, Group};

/// What somebody may lack.
struct Item<'a> {
    group: Group,
    name: &'a str,
    probe: Probe<'a>,
    mend: &'a str,
}

/// Prints a line for each thing.
///
/// # Errors
/// When something is missing that `play` or `test` needs, or the table cannot be printed.
pub fn run(workspace: &Workspace) -> Result<()> {
    let wasm_bindgen = workspace.wasm_bindgen_cli();
    let items = items(&wasm_bindgen);
    // All at once: a browser takes half a second to tell its version.
    let findings: Vec<Finding<'_>> = thread::scope(|scope| {
        let asked: Vec<_> = items
            .iter()
            .map(|item| scope.spawn(|| item.probe.state(workspace)))
            .collect();
        let states = asked.into_iter().map(|state| {
            state
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        let found = items.iter().zip(states).map(|(item, state)| Finding {
            group: item.group,
            name: item.name,
            state,
            mend: item.mend,
        });
        found.collect()
    });
    std::io::stdout().write_all(table::render(&findings).as_bytes())?;
    let mends = table::mends(&findings);
    ensure!(
        mends.is_empty(),
        "`cargo xtask play` or `cargo xtask test` lacks something: {}",
        mends.join(" && ")
    );
    Ok(())
}

const WEB: &str = "cargo xtask setup web";
const PLAY: &str = "cargo xtask setup native";
const TESTS: &str = "cargo xtask setup test";
const EXTRAS: &str = "cargo xtask setup extra";

/// Everything that is looked for.
fn items<'a>(wasm_bindgen: &'a Tool<'a>) -> Vec<Item<'a>> {
    let tool = |group, tool: &'a Tool<'a>, mend| item(group, tool.package, Probe::Tool(tool), mend);
    let mut items = vec![
        item(Group::All, "rustc", Probe::Rustc, "rustup update stable"),
        item(Group::Web, "wasm32 target", Probe::WasmTarget, WEB),
        tool(Group::Web, &TRUNK, WEB),
        tool(Group::Web, wasm_bindgen, WEB),
        item(Group::Test, "rustfmt", Probe::Program("cargo-fmt"), TESTS),
        item(Group::Test, "clippy", Probe::Program("cargo-clippy"), TESTS),
        tool(Group::Test, &GECKODRIVER, TESTS),
        tool(Group::Test, &MATCHBOX_SERVER, TESTS),
        item(Group::Extra, linters::NAME, Probe::Linters, EXTRAS),
        tool(Group::Extra, &CARGO_GENERATE, EXTRAS),
        item(
            Group::Extra,
            "docker",
            Probe::Program("docker"),
            "install Docker, or Podman under its name",
        ),
    ];
    // What packages are called is known for Linux alone.
    if cfg!(target_os = "linux") {
        items.extend(of_system());
    }
    items
}

fn of_system() -> Vec<Item<'static>> {
    let needs = |group, needs: &'static [Need], mend| {
        let items = needs.iter();
        items.map(move |need| item(group, need.name(), Probe::Need(need), mend))
    };
    let mut items: Vec<_> = needs(Group::All, BUILD, PLAY)
        .chain(needs(Group::Native, NATIVE, PLAY))
        .chain(needs(Group::Test, TEST, TESTS))
        .chain(needs(Group::Extra, EXTRA, EXTRAS))
        .collect();
    items.push(item(
        Group::Test,
        "chromium's own driver",
        Probe::DriverFits,
        "apt-get install --only-upgrade chromium chromium-driver",
    ));
    items.push(item(
        Group::Extra,
        "networks of its own",
        Probe::Namespaces,
        "run as root, with CAP_SYS_ADMIN, CAP_NET_ADMIN and /dev/net/tun",
    ));
    items
}

fn item<'a>(group: Group, name: &'a str, probe: Probe<'a>, mend: &'a str) -> Item<'a> {
    Item {
        group,
        name,
        probe,
        mend,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mending_command_is_one_of_ours_or_the_systems() {
        let workspace = Workspace::find().unwrap();
        let wasm_bindgen = workspace.wasm_bindgen_cli();
        for item in items(&wasm_bindgen) {
            let part = item.mend.strip_prefix("cargo xtask setup ");
            let known = part.is_none_or(|part| ["web", "native", "test", "extra"].contains(&part));
            assert!(known, "{}: {}", item.name, item.mend);
        }
    }
}
