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
    sources: Sources,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Sources {
    allow_registry: Vec<String>,
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

/// A package that is built in, as far as it matters here.
struct Used<'a> {
    name: &'a str,
    version: String,
    licence: &'a str,
    /// Where it comes from; none when it is ours.
    source: Option<&'a str>,
}

/// Complains about each package that `deny.toml` does not allow.
///
/// # Errors
/// When `deny.toml` is missing, or is not understood.
pub fn check(tree: &Tree, metadata: &Metadata, report: &mut Report) -> Result<()> {
    let text = tree
        .text(FILE)
        .with_context(|| format!("there is no {FILE}"))?;
    let used = metadata.packages.iter().map(|package| Used {
        name: package.name.as_str(),
        version: package.version.to_string(),
        licence: package.license.as_deref().unwrap_or_default(),
        source: package.source.as_ref().map(|source| source.repr.as_str()),
    });
    judge(text, used, report)
}

fn judge<'a>(
    text: &str,
    packages: impl Iterator<Item = Used<'a>>,
    report: &mut Report,
) -> Result<()> {
    let deny: Deny = toml::from_str(text).with_context(|| format!("{FILE} is not understood"))?;
    let allowed = licensees(&deny.licenses.allow)?;
    let mut exceptions = BTreeMap::new();
    for exception in &deny.licenses.exceptions {
        exceptions.insert(exception.package.as_str(), licensees(&exception.allow)?);
    }
    for package in packages {
        let Used { name, licence, .. } = package;
        let Some(source) = package.source else {
            continue;
        };
        if !deny
            .sources
            .allow_registry
            .iter()
            .any(|registry| source.strip_prefix("registry+") == Some(registry))
        {
            report.complain(format!(
                "{name} comes from {source}: everything comes from the registries that {FILE} \
                 names. Take a published version"
            ));
        }
        if let Some(ban) = deny.bans.deny.iter().find(|ban| ban.package == name) {
            report.complain(format!(
                "{name} is banned by {FILE}: {}. `cargo tree --invert {name}` tells who needs it",
                ban.reason
            ));
        }
        let excepted = exceptions.remove(name).unwrap_or_default();
        let fits = Expression::parse_mode(licence, ParseMode::LAX).is_ok_and(|expression| {
            let takes = allowed.iter().chain(&excepted);
            expression.evaluate(|wanted| takes.clone().any(|licence| licence.satisfies(wanted)))
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
        report.complain(format!(
            "{FILE}: an exception for {name}, which is not used: take it out"
        ));
    }
    Ok(())
}

fn licensees(names: &[String]) -> Result<Vec<Licensee>> {
    let parsed = names.iter().map(|name| {
        Licensee::parse(name).with_context(|| format!("{FILE}: `{name}` is no SPDX licence"))
    });
    parsed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DENY: &str = r#"
        [licenses]
        allow = ["MIT", "Apache-2.0"]
        exceptions = [{ crate = "copyleft", allow = ["MPL-2.0"] }]
        [bans]
        deny = [{ crate = "openssl-sys", reason = "use rustls" }]
        [sources]
        allow-registry = ["https://example.org/index"]
    "#;

    fn complaints(packages: &[(&str, &str)]) -> Vec<String> {
        let mut report = Report::default();
        let used = packages.iter().map(|(name, licence)| Used {
            name,
            version: "1.0.0".into(),
            licence,
            source: Some("registry+https://example.org/index"),
        });
        judge(DENY, used, &mut report).unwrap();
        report.complaints
    }

    #[test]
    fn licences_are_expressions() {
        let fine = [
            ("a", "MIT OR GPL-3.0"),
            ("b", "Apache-2.0/MIT"),
            ("c", "MIT AND Apache-2.0"),
            ("copyleft", "MPL-2.0"),
        ];
        assert_eq!(complaints(&fine), Vec::<String>::new());
        for licence in ["GPL-3.0", "MIT AND GPL-3.0", "MPL-2.0", "", "whatever"] {
            let found = complaints(&[("copyleft", "MIT"), ("a", licence)]);
            assert_eq!(found.len(), 1, "{licence}: {found:?}");
            assert!(found[0].starts_with(&format!("a 1.0.0 is under `{licence}`")));
            assert!(found[0].contains("use another crate"), "{found:?}");
        }
    }

    #[test]
    fn bans_sources_and_needless_exceptions_are_told() {
        let found = complaints(&[("openssl-sys", "MIT")]);
        let [ban, exception] = found.as_slice() else {
            panic!("{found:?}");
        };
        assert!(ban.contains("use rustls") && ban.contains("cargo tree --invert openssl-sys"));
        assert!(exception.contains("copyleft") && exception.contains("take it out"));

        let mut report = Report::default();
        let fork = Used {
            name: "fork",
            version: "1.0.0".into(),
            licence: "MIT",
            source: Some("git+https://example.org/fork"),
        };
        judge(DENY, [fork].into_iter(), &mut report).unwrap();
        assert!(report.complaints[0].contains("Take a published version"));
    }
}
