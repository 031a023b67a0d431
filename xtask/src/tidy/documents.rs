//! What documents name exists: paths, our commands with their flags, and cargo's packages.

use cargo_metadata::Metadata;
use clap::Command;

use super::{
    Report,
    tree::{FOLDERS, Tree},
};

/// Texts with paths in them.
const DOCUMENTS: &[&str] = &[".md"];

/// Texts with commands in them.
const SCRIPTS: &[&str] = &[".md", ".yml", ".yaml", ".ci/run", "Dockerfile"];

/// Complains about what a document names and the checkout has not.
pub fn check(tree: &Tree, metadata: &Metadata, commands: &Command, report: &mut Report) {
    for (document, text) in tree.texts(DOCUMENTS) {
        paths(tree, document, text, report);
        code_blocks(tree, document, text, report);
    }
    let mut commands = commands.clone();
    commands.build();
    for (document, text) in tree.texts(SCRIPTS) {
        for (number, line) in text.lines().enumerate() {
            let complaints = [our_command(&commands, line), packages(metadata, line)];
            for complaint in complaints.into_iter().flatten() {
                report.complain(format!("{document}:{}: {complaint}", number + 1));
            }
        }
    }
}

/// The targets of Markdown links, and what is between backticks, outside of code blocks.
fn mentions(text: &str) -> (Vec<&str>, Vec<&str>) {
    let mut links = Vec::new();
    let mut quoted = Vec::new();
    for (block, outside) in text.split("```").zip([true, false].into_iter().cycle()) {
        if outside {
            let targets = block
                .split("](")
                .skip(1)
                .filter_map(|rest| rest.split([')', ' ']).next());
            links
                .extend(targets.filter(|target| !target.contains(':') && !target.starts_with('#')));
            quoted.extend(block.split('`').skip(1).step_by(2));
        }
    }
    (links, quoted)
}

fn paths(tree: &Tree, document: &str, text: &str, report: &mut Report) {
    let (links, quoted) = mentions(text);
    let path = tree.root.join(document);
    let folder = path.parent().unwrap_or(&tree.root);
    let linked = links
        .into_iter()
        .map(|link| (link, folder.join(link.split('#').next().unwrap_or(link))));
    let named = quoted
        .into_iter()
        .filter(|text| is_path(text))
        .map(|text| (text, tree.root.join(text)));
    for (mention, path) in linked.chain(named) {
        if !path.exists() {
            report.complain(format!(
                "{document}: there is no `{mention}`: name the file that took its place, or take \
                 the sentence out"
            ));
        }
    }
}

/// Whether `text` is a path of the checkout, rather than a word, a pattern or a URL.
fn is_path(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    text.chars().all(plain)
        && text
            .split_once('/')
            .is_some_and(|(top, rest)| FOLDERS.contains(&top) && !rest.is_empty())
}

/// A code block below `<!-- PATH -->` is a part of that file.
fn code_blocks(tree: &Tree, document: &str, text: &str, report: &mut Report) {
    for rest in text.split("<!-- ").skip(1) {
        let Some((path, rest)) = rest.split_once(" -->\n```") else {
            continue;
        };
        if path.contains(' ') {
            continue;
        }
        let block = rest.split("```").next().unwrap_or_default();
        let code = block.split_once('\n').map_or("", |(_, code)| code);
        let file = tree.text(path).unwrap_or_default();
        if code.is_empty() || !file.contains(code) {
            report.complain(format!(
                "{document}: {path} does not contain this block: copy it from there anew\n{code}"
            ));
        }
    }
}

/// The words of each command in `line` that begins with `start`, up to its end.
fn calls<'a>(line: &'a str, start: &'a str) -> impl Iterator<Item = Vec<&'a str>> + 'a {
    line.split(start).skip(1).map(|rest| {
        let end = rest.find(['`', '#', '(', '|', ',', ';', '&', '"', '\'']);
        let words = rest[..end.unwrap_or(rest.len())].split_whitespace();
        words
            .map(|word| word.trim_end_matches(['.', ':']))
            .take_while(|word| *word != "--" && *word != "\\")
            .collect()
    })
}

/// What is wrong with a `cargo xtask …` of this line.
fn our_command(commands: &Command, line: &str) -> Option<String> {
    calls(line, "cargo xtask ").find_map(|words| {
        let mut command = commands;
        let mut names = Vec::new();
        for word in words {
            // `…`, COMMAND, and the like stand for something.
            if !word.starts_with(|c: char| c.is_ascii_lowercase() || c == '-') {
                continue;
            }
            if let Some(flag) = word.strip_prefix("--") {
                let flag = flag.split('=').next().unwrap_or(flag);
                let known = command
                    .get_arguments()
                    .any(|argument| argument.get_long() == Some(flag));
                if !known {
                    return Some(format!(
                        "there is no `cargo xtask {} --{flag}`: `--help` tells its flags",
                        names.join(" ")
                    ));
                }
            } else if let Some(inner) = command.find_subcommand(word) {
                command = inner;
                names.push(word);
            } else if names.is_empty() {
                return Some(format!(
                    "there is no `cargo xtask {word}`: `cargo xtask --help` tells the commands"
                ));
            } else {
                // A value: only the known ones of the first argument without a flag are checked.
                let values: Vec<_> = command
                    .get_positionals()
                    .next()
                    .map(|argument| argument.get_possible_values())
                    .unwrap_or_default();
                if !values.is_empty() && !values.iter().any(|value| value.matches(word, false)) {
                    return Some(format!(
                        "`cargo xtask {}` knows no `{word}`",
                        names.join(" ")
                    ));
                }
                break;
            }
        }
        None
    })
}

/// What is wrong with the names of packages and targets of this line's other cargo commands.
fn packages(metadata: &Metadata, line: &str) -> Option<String> {
    if line.contains("--manifest-path") || line.contains("cargo install") {
        return None;
    }
    let ours = metadata.workspace_packages();
    let targets: Vec<&str> = ours
        .iter()
        .flat_map(|package| &package.targets)
        .map(|target| target.name.as_str())
        .collect();
    calls(line, "cargo ").find_map(|words| {
        if words.first() == Some(&"xtask") {
            return None;
        }
        words.windows(2).find_map(|pair| {
            let name = pair[1];
            let known = match pair[0] {
                "-p" | "--package" => ours.iter().any(|package| package.name.as_str() == name),
                "--bin" | "--example" | "--test" | "--bench" => targets.contains(&name),
                _ => true,
            };
            // NAME and the like stand for something.
            let is_name = name.starts_with(|c: char| c.is_ascii_lowercase());
            (is_name && !known).then(|| {
                format!(
                    "there is no `{} {name}`: `cargo metadata --no-deps` tells the packages and \
                     their targets",
                    pair[0]
                )
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::tidy::{packages::metadata, temporary::report};

    #[test]
    fn a_dead_path_is_told_with_its_document() {
        let text = "See [it](docs/IT.md) and [that](README.md#top), `docs/GONE.md`, `crates/*/a`.\n\
                    ```\n[code](docs/CODE.md)\n```\n";
        let found = report(
            &[("README.md", text), ("docs/HERE.md", "")],
            |tree, report| {
                paths(tree, "README.md", tree.text("README.md").unwrap(), report);
            },
        );
        let [link, quoted] = found.complaints.as_slice() else {
            panic!("{:?}", found.complaints);
        };
        assert!(
            link.contains("README.md: there is no `docs/IT.md`"),
            "{link}"
        );
        assert!(quoted.contains("`docs/GONE.md`") && quoted.contains("took its place"));
    }

    #[test]
    fn a_block_that_differs_from_its_file_is_told() {
        let text = "<!-- a.rs -->\n```rust\nfn a() {}\n```\n\n<!-- a.rs -->\n```rust\nfn b() {}\n```\n\
                    <!-- a remark -->\n```\nfn c() {}\n```\n";
        let found = report(
            &[("README.md", text), ("a.rs", "//! A.\nfn a() {}\n")],
            |tree, report| code_blocks(tree, "README.md", text, report),
        );
        assert_eq!(found.complaints.len(), 1, "{:?}", found.complaints);
        assert!(found.complaints[0].contains("a.rs does not contain this block"));
        assert!(found.complaints[0].contains("fn b() {}"));
    }

    #[test]
    fn a_dead_command_is_told_with_where_to_look() {
        let mut commands = crate::Args::command();
        commands.build();
        let wrong = |line: &str| our_command(&commands, line);
        for fine in [
            "`cargo xtask play`, then `cargo xtask test --quick`.",
            "cargo xtask play --native -- --room CODE # opens a window",
            "cargo xtask replay verify FILE",
            "cargo xtask setup web",
            "cargo xtask setup PART",
            "cargo xtask …",
        ] {
            assert_eq!(wrong(fine), None, "{fine}");
        }
        let gone = wrong("run `cargo xtask paly`").unwrap();
        assert!(
            gone.contains("`cargo xtask paly`") && gone.contains("--help"),
            "{gone}"
        );
        let flag = wrong("cargo xtask test --fast").unwrap();
        assert!(flag.contains("`cargo xtask test --fast`"), "{flag}");
        let value = wrong("cargo xtask setup everything").unwrap();
        assert!(value.contains("knows no `everything`"), "{value}");
    }

    #[test]
    fn a_dead_package_is_told() {
        let root = crate::workspace::Workspace::find()
            .unwrap()
            .root()
            .to_owned();
        let metadata = metadata(&root).unwrap();
        let wrong = |line: &str| packages(&metadata, line);
        for fine in [
            "cargo run -p netplay --example minimal # two peers",
            "cargo test -p NAME",
            "cargo install --locked matchbox_server --bin nothing",
            "-p 3536:3536",
        ] {
            assert_eq!(wrong(fine), None, "{fine}");
        }
        assert!(
            wrong("cargo run -p netcode")
                .unwrap()
                .contains("`-p netcode`")
        );
        let example = wrong("cargo run -p netplay --example maximal").unwrap();
        assert!(example.contains("`--example maximal`"), "{example}");
    }
}
