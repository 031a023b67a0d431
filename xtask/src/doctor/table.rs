//! What was found, as a table for people.

use std::fmt::Write;

/// What something is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Every command.
    All,
    /// What builds the web client.
    Web,
    /// What builds and starts the native game.
    Native,
    /// What tests.
    Test,
    /// Single tests and commands, which are left out without it.
    Extra,
}

impl Group {
    const ALL: [Self; 5] = [Self::All, Self::Web, Self::Native, Self::Test, Self::Extra];

    fn title(self) -> &'static str {
        match self {
            Self::All => "Everything needs",
            Self::Web => "play, build, size and test need",
            Self::Native => "play --native and test need",
            Self::Test => "test, e2e, network and pictures need",
            Self::Extra => "Without these some tests are left out, or some packages cannot be made",
        }
    }
}

/// How something was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It is there; some things tell no version.
    Found(Option<String>),
    /// Another version is there than is needed.
    Wrong {
        /// What is there.
        found: String,
        /// What is needed.
        wanted: String,
    },
    /// It is not there.
    Missing,
}

/// One thing and how it was found.
pub struct Finding<'a> {
    /// Who needs it.
    pub group: Group,
    /// What it is called.
    pub name: &'a str,
    /// How it was found.
    pub state: State,
    /// The command that mends it.
    pub mend: &'a str,
}

impl Finding<'_> {
    fn is_there(&self) -> bool {
        matches!(self.state, State::Found(_))
    }
}

/// The table, group by group.
pub fn render(findings: &[Finding<'_>]) -> String {
    let width = |of: &dyn Fn(&Finding<'_>) -> usize| findings.iter().map(of).max().unwrap_or(0);
    let names = width(&|finding| finding.name.len());
    let versions = width(&|finding| version(&finding.state).len());
    let mut text = String::new();
    for group in Group::ALL {
        let mut of_group = findings
            .iter()
            .filter(|finding| finding.group == group)
            .peekable();
        if of_group.peek().is_none() {
            continue;
        }
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}:", group.title());
        for finding in of_group {
            let (mark, mend) = match finding.state {
                State::Found(_) => ("ok", ""),
                State::Wrong { .. } => ("WRONG", finding.mend),
                State::Missing => ("MISSING", finding.mend),
            };
            let line = format!(
                "  {mark:<7}  {:<names$}  {:<versions$}  {mend}",
                finding.name,
                version(&finding.state)
            );
            let _ = writeln!(text, "{}", line.trim_end());
        }
        text.push('\n');
    }
    text
}

fn version(state: &State) -> String {
    match state {
        State::Found(version) => version.clone().unwrap_or_default(),
        State::Wrong { found, wanted } => format!("{found}, not {wanted}"),
        State::Missing => String::new(),
    }
}

/// The commands that make good what `play` and `test` lack, each once.
pub fn mends<'a>(findings: &[Finding<'a>]) -> Vec<&'a str> {
    let mut mends = Vec::new();
    for finding in findings {
        if !finding.is_there() && finding.group != Group::Extra && !mends.contains(&finding.mend) {
            mends.push(finding.mend);
        }
    }
    mends
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(group: Group, name: &'static str, state: State) -> Finding<'static> {
        Finding {
            group,
            name,
            state,
            mend: match group {
                Group::Web => "cargo xtask setup web",
                _ => "cargo xtask setup test",
            },
        }
    }

    #[test]
    fn a_line_says_what_is_wrong_and_what_mends_it() {
        let wrong = State::Wrong {
            found: "0.20.0".into(),
            wanted: "0.21.14".into(),
        };
        let findings = [
            finding(Group::Test, "clippy", State::Missing),
            finding(Group::Web, "trunk", wrong),
            finding(Group::Web, "wasm32 target", State::Found(None)),
        ];
        let text = render(&findings);
        let expected = "\
play, build, size and test need:
  WRONG    trunk          0.20.0, not 0.21.14  cargo xtask setup web
  ok       wasm32 target

test, e2e, network and pictures need:
  MISSING  clippy                              cargo xtask setup test

";
        assert_eq!(text, expected);
    }

    #[test]
    fn only_what_play_and_test_need_is_asked_for() {
        let missing = |group, name| finding(group, name, State::Missing);
        let found = State::Found(Some("1.0".into()));
        assert!(mends(&[finding(Group::All, "rustc", found)]).is_empty());
        assert!(mends(&[missing(Group::Extra, "coturn")]).is_empty());
        let several = [
            missing(Group::Web, "trunk"),
            missing(Group::Test, "clippy"),
            missing(Group::Web, "wasm-bindgen-cli"),
        ];
        let expected = ["cargo xtask setup web", "cargo xtask setup test"];
        assert_eq!(mends(&several), expected);
    }
}
