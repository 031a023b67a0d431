//! The licences and sources of what is built in, by `deny.toml`.
//!
//! The file is cargo-deny's own, and what is checked here is what it checks offline: licences,
//! bans of crates, and sources. Advisories are left to `cargo deny check advisories`, which
//! fetches a database of them.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use cargo_metadata::Metadata;
use serde::Deserialize;
use spdx::{Expression, Licensee, ParseMode};

use super::{Report, tree::Tree};

/// The file's name.
const FILE: &str = "deny.toml";

/// The parts of `deny.toml` that are checked here; cargo-deny knows more.
#[derive(Deserialize)]
struct Deny {
    licenses: Licenses,
    bans: Bans,
}

#[derive(Deserialize)]
struct Licenses {
    allow: Vec<String>,
    #[serde(default)]
    exceptions: Vec<Exception>,
}

#[derive(Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    package: String,
    allow: Vec<String>,
}

#[derive(Deserialize)]
struct Bans {
    #[serde(default)]
    deny: Vec<Ban>,
}

#[derive(Deserialize)]
struct Ban {
    #[serde(rename = "crate")]
    package: String,
    reason: String,
}

/// Complains about each package that `deny.toml` does not allow.
///
/// # Errors
/// When `deny.toml` is missing, or is not understood.
pub fn check(tree: &Tree, metadata: &Metadata, report: &mut Report) -> Result<()> {
    let text = tree.text(FILE).with_context(|| format!("there is no {FILE}"))?;
    let deny: Deny = toml::from_str(text).with_context(|| format!("{FILE} is not understood"))?;
    let allowed = licensees(&deny.licenses.allow)?;
    let mut exceptions = BTreeMap::new();
    for exception in &deny.licenses.exceptions {
        exceptions.insert(exception.package.as_str(), licensees(&exception.allow)?);
    }
    for package in &metadata.packages {
        let name = package.name.as_str();
        let Some(source) = &package.source else {
            // Ours.
            continue;
        };
        if !source.is_crates_io() {
            report.complain(format!(
                "{name} comes from {}: everything comes from the crate registry. Take a published \
                 version",
                source.repr
            ));
        }
        if let Some(ban) = deny.bans.deny.iter().find(|ban| ban.package == name) {
            report.complain(format!(
                "{name} is banned by {FILE}: {}. `cargo tree --invert {name}` tells who needs it",
                ban.reason
            ));
        }
        let excepted = exceptions.remove(name).unwrap_or_default();
        let licence = package.license.as_deref().unwrap_or_default();
        let fits = Expression::parse_mode(licence, ParseMode::LAX).is_ok_and(|expression| {
            let mut takes = allowed.iter().chain(&excepted);
            expression.evaluate(|wanted| takes.clone().any(|licence| licence.satisfies(wanted)))
                && takes.next().is_some()
        });
        if !fits {
            report.complain(format!(
                "{name} {} is under `{licence}`, which {FILE} does not allow: use another crate, or \
                 read that licence and add it there",
                package.version
            ));
        }
    }
    for name in exceptions.keys() {
        report.complain(format!("{FILE}: an exception for {name}, which is not used: take it out"));
    }
    Ok(())
}

fn licensees(names: &[String]) -> Result<Vec<Licensee>> {
    let parsed = names.iter().map(|name| {
        Licensee::parse(name).with_context(|| format!("{FILE}: `{name}` is no SPDX licence"))
    });
    parsed.collect()
}
