//! What is installed and what is missing, who needs it, and the command that mends it.

mod probe;
mod table;

use std::{io::Write, thread};

use anyhow::{Result, ensure};

use crate::{
    packages::{BUILD, EXTRA, NATIVE, Need, TEST},
    tools::{GECKODRIVER, MATCHBOX_SERVER, TRUNK, Tool},
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

/// Everything that is looked for, group by group.
fn items<'a>(wasm_bindgen: &'a Tool<'a>) -> Vec<Item<'a>> {
    let item = |group, name, probe, mend| Item {
        group,
        name,
        probe,
        mend,
    };
    let tool = |group, tool: &'a Tool<'a>, mend| item(group, tool.package, Probe::Tool(tool), mend);
    let system = |group, needs: &'static [Need], mend: &'static str| {
        // What packages are called is known for Linux alone.
        let needs = if cfg!(target_os = "linux") {
            needs
        } else {
            &[]
        };
        needs
            .iter()
            .map(move |need| item(group, need.name(), Probe::Need(need), mend))
    };

    let mut items = vec![item(
        Group::All,
        "rustc",
        Probe::Rustc,
        "rustup update stable",
    )];
    items.extend(system(Group::All, BUILD, "cargo xtask setup native"));
    items.extend([
        item(
            Group::Web,
            "wasm32 target",
            Probe::WasmTarget,
            "cargo xtask setup web",
        ),
        tool(Group::Web, &TRUNK, "cargo xtask setup web"),
        tool(Group::Web, wasm_bindgen, "cargo xtask setup web"),
    ]);
    items.extend(system(Group::Native, NATIVE, "cargo xtask setup native"));
    for (name, program) in [("rustfmt", "cargo-fmt"), ("clippy", "cargo-clippy")] {
        let probe = Probe::Program(program);
        items.push(item(Group::Test, name, probe, "cargo xtask setup test"));
    }
    items.extend([
        tool(Group::Test, &GECKODRIVER, "cargo xtask setup test"),
        tool(Group::Test, &MATCHBOX_SERVER, "cargo xtask setup test"),
    ]);
    items.extend(system(Group::Test, TEST, "cargo xtask setup test"));
    if cfg!(target_os = "linux") {
        items.push(item(
            Group::Test,
            "chromedriver for chromium",
            Probe::DriverFits,
            "apt-get install --only-upgrade chromium chromium-driver",
        ));
        items.push(item(
            Group::Extra,
            "networks of one's own",
            Probe::Namespaces,
            "run it as root, with CAP_SYS_ADMIN, CAP_NET_ADMIN and /dev/net/tun",
        ));
    }
    items.extend(system(Group::Extra, EXTRA, "cargo xtask setup extra"));
    items.push(item(
        Group::Extra,
        "docker",
        Probe::Program("docker"),
        "install Docker or Podman",
    ));
    items
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
