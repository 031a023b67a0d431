//! A game's names, and how they take the place of the template's in a text.

use anyhow::{Result, ensure};

/// The template's name, in two parts: it must outlive its own renaming.
pub const TEMPLATE: &str = concat!("peer", "ball");

/// The same, for people.
pub const TEMPLATE_TITLE: &str = concat!("Peer", "ball");

/// The longest of each; a title stands on buttons and under icons.
const LONGEST: usize = 40;

/// Words that no crate may be called, folders of cargo's, and devices of Windows.
const RESERVED: &[&str] = &[
    "abstract",
    "alloc",
    "as",
    "async",
    "aux",
    "await",
    "become",
    "box",
    "break",
    "build",
    "con",
    "const",
    "continue",
    "core",
    "crate",
    "deps",
    "do",
    "dyn",
    "else",
    "enum",
    "examples",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "incremental",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "nul",
    "override",
    "priv",
    "prn",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "union",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
];

/// What the game is called from now on.
pub struct Names {
    /// `my-game`
    name: String,
    /// `My Game`
    title: String,
}

impl Names {
    /// Takes names that fit everywhere; `lock` names the packages that exist.
    ///
    /// # Errors
    /// Says what is wrong with a name, and what would be right.
    pub fn new(name: &str, title: &str, lock: &str) -> Result<Self> {
        check_name(name, lock)?;
        check_title(title)?;
        Ok(Self {
            name: name.to_owned(),
            title: title.to_owned(),
        })
    }

    /// The text with the new names in the place of the template's: in capitals for variables of the
    /// environment, with a capital for people, beside an underscore as an identifier, and in small
    /// letters for machines.
    pub fn rewrite(&self, text: &str) -> String {
        let lower = text.to_ascii_lowercase();
        let mut rewritten = String::with_capacity(text.len());
        let mut end = 0;
        for (start, _) in lower.match_indices(TEMPLATE) {
            rewritten += &text[end..start];
            end = start + TEMPLATE.len();
            let found = &text[start..end];
            let beside = [
                text[..start].chars().next_back(),
                text[end..].chars().next(),
            ];
            let identifier = self.name.replace('-', "_");
            if found.chars().all(|c| c.is_ascii_uppercase()) {
                rewritten += &identifier.to_ascii_uppercase();
            } else if found.starts_with(|c: char| c.is_ascii_uppercase()) {
                rewritten += &self.title;
            } else if beside.contains(&Some('_')) {
                rewritten += &identifier;
            } else {
                rewritten += &self.name;
            }
        }
        rewritten + &text[end..]
    }
}

fn check_name(name: &str, lock: &str) -> Result<()> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    ensure!(
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.ends_with(|c: char| c != '-')
            && name.chars().all(plain)
            && !name.contains("--")
            && (2..=LONGEST).contains(&name.len()),
        "`{name}` cannot be the name: 2 to {LONGEST} small letters, digits and single hyphens, \
         beginning with a letter, such as my-game"
    );
    ensure!(
        !name.contains(TEMPLATE),
        "`{name}` has the template's name in it: choose your own"
    );
    ensure!(
        !RESERVED.contains(&name),
        "`{name}` cannot be a program's name, since compilers or systems keep it for themselves: \
         choose another, such as {name}-game"
    );
    let underscored = name.replace('-', "_");
    let package = [name, &underscored]
        .into_iter()
        .find(|name| lock.contains(&format!("\nname = \"{name}\"\n")));
    ensure!(
        package.is_none(),
        "`{name}` is the name of a crate that this is built from: choose another, such as {name}-game"
    );
    Ok(())
}

fn check_title(title: &str) -> Result<()> {
    let plain = |c: char| c.is_alphanumeric() || " -.!?".contains(c);
    ensure!(
        title.starts_with(char::is_alphanumeric)
            && !title.ends_with(' ')
            && title.chars().all(plain)
            && !title.contains("  ")
            && title.chars().count() <= LONGEST,
        "`{title}` cannot be the title: up to {LONGEST} letters, digits, single spaces and - . ! ?, \
         beginning with a letter or digit, such as \"My Game\""
    );
    ensure!(
        !title.to_ascii_lowercase().contains(TEMPLATE),
        "`{title}` has the template's name in it: choose your own"
    );
    Ok(())
}

/// The authors, if they can stand in the manifest, in the licence and in the page as they are.
///
/// # Errors
/// Says what they may be.
pub fn check_authors(authors: &str) -> Result<&str> {
    let plain = |c: char| c.is_alphanumeric() || " -.,@+_'()".contains(c);
    ensure!(
        !authors.trim().is_empty() && authors.chars().all(plain) && authors.len() <= 200,
        "`{authors}` cannot be the authors: letters, digits, spaces and - . , @ + _ ' ( )"
    );
    Ok(authors.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "[[package]]\nname = \"bevy\"\nversion = \"1.0.0\"\n";

    fn names(name: &str, title: &str) -> Result<Names> {
        Names::new(name, title, LOCK)
    }

    #[test]
    fn each_way_to_write_it_has_its_new_one() {
        let names = names("my-game", "My Game").unwrap();
        let capitals = TEMPLATE.to_uppercase();
        for (old, new) in [
            (TEMPLATE.to_owned(), "my-game"),
            (TEMPLATE_TITLE.to_owned(), "My Game"),
            (format!("{capitals}_PORT"), "MY_GAME_PORT"),
            (
                format!("rate({TEMPLATE}_rooms[5m])"),
                "rate(my_game_rooms[5m])",
            ),
            (
                format!("/etc/{TEMPLATE}/{TEMPLATE}.toml"),
                "/etc/my-game/my-game.toml",
            ),
            (format!("Ä{TEMPLATE_TITLE}'s Ö"), "ÄMy Game's Ö"),
            ("a peer and a ball".to_owned(), "a peer and a ball"),
            (String::new(), ""),
        ] {
            assert_eq!(names.rewrite(&old), new, "{old}");
        }
    }

    #[test]
    fn names_that_fit_nowhere_are_refused_with_what_would_fit() {
        for good in ["my-game", "pong", "a2", "discs-3000"] {
            assert!(names(good, "My Game").is_ok(), "{good}");
        }
        for bad in [
            "", "a", "My-Game", "my_game", "my game", "-game", "game-", "my--game", "3game",
            "spiel-ä",
        ] {
            let error = names(bad, "My Game").err().unwrap().to_string();
            assert!(error.contains("such as my-game"), "{bad}: {error}");
        }
        for taken in ["bevy", "match", "con", "build"] {
            let error = names(taken, "My Game").err().unwrap().to_string();
            assert!(error.contains(&format!("such as {taken}-game")), "{error}");
        }
        let error = names(&format!("my-{TEMPLATE}"), "My Game").err().unwrap();
        assert!(error.to_string().contains("choose your own"));
    }

    #[test]
    fn titles_fit_a_page_a_manifest_and_a_window() {
        for good in ["My Game", "Pong", "Fußball 2!", "球"] {
            assert!(names("my-game", good).is_ok(), "{good}");
        }
        for bad in [
            "", " Game", "Game ", "A  B", "<b>", "A & B", "\"A\"", "{A}", "A\\", "!A",
        ] {
            let error = names("my-game", bad).err().unwrap().to_string();
            assert!(error.contains("such as \"My Game\""), "{bad}: {error}");
        }
        assert!(names("my-game", &"a".repeat(LONGEST + 1)).is_err());
        assert!(names("my-game", TEMPLATE_TITLE).is_err());
    }

    #[test]
    fn authors_fit_too() {
        assert_eq!(
            check_authors("Ada L., Björn (b@example.org) ").unwrap(),
            "Ada L., Björn (b@example.org)"
        );
        for bad in ["", "  ", "\"", "<a>", "a\nb", "a\\"] {
            assert!(check_authors(bad).is_err(), "{bad}");
        }
    }
}
