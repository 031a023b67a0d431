//! Which lines of a source are tests, and which an attribute stands for. Sources are formatted by
//! rustfmt, so that an item ends at the indentation that it began with: no parser is needed.

/// The lines of one source, from 0.
pub struct Source<'a> {
    lines: Vec<&'a str>,
}

impl<'a> Source<'a> {
    /// Of a file's text.
    pub fn new(text: &'a str) -> Self {
        Self {
            lines: text.lines().collect(),
        }
    }

    /// Every line that is no test, with its number from 0, and without its comment.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &'a str)> {
        let tests = self.tests();
        let lines: Vec<_> = self.lines.iter().copied().enumerate().collect();
        lines
            .into_iter()
            .filter(move |(number, _)| {
                !tests
                    .iter()
                    .any(|(first, last)| (first..=last).contains(&number))
            })
            .map(|(number, line)| (number, line.split("//").next().unwrap_or(line)))
    }

    /// The modules that only tests have and that are files of their own.
    pub fn test_modules(&self) -> Vec<&'a str> {
        let starts = self.attributes("#[cfg(test)]");
        let modules = starts.filter_map(|(_, item)| {
            let line = self.lines.get(item)?.trim();
            let line = line.rsplit_once("mod ")?.1;
            line.strip_suffix(';')
        });
        modules.collect()
    }

    /// Whether an attribute for this line names `lint`, and says why it may be broken.
    pub fn is_excused(&self, number: usize, lint: &str) -> bool {
        let says_why =
            |attribute: &str| attribute.contains(lint) && attribute.contains("reason = ");
        let outer = self
            .attributes("#[expect(")
            .chain(self.attributes("#[allow("));
        let of_items = outer.into_iter().any(|(first, item)| {
            let (start, end) = (item, self.end_of(item));
            (start..=end).contains(&number) && says_why(&self.lines[first..item].join(" "))
        });
        let inner = self
            .attributes("#![expect(")
            .chain(self.attributes("#![allow("));
        of_items
            || inner
                .into_iter()
                .any(|(first, item)| says_why(&self.lines[first..item].join(" ")))
    }

    /// Where attributes that begin so stand: their first lines, and those of their items.
    fn attributes<'b>(&'b self, start: &'b str) -> impl Iterator<Item = (usize, usize)> + 'b {
        self.lines
            .iter()
            .enumerate()
            .filter(move |(_, line)| line.trim_start().starts_with(start))
            .map(|(first, _)| (first, self.item_after(first)))
    }

    /// The first line after the attributes and comments that begin at `first`.
    fn item_after(&self, first: usize) -> usize {
        let mut number = first;
        while let Some(line) = self.lines.get(number) {
            let indentation = indentation(line);
            let text = line.trim_start();
            if text.starts_with("#[") || text.starts_with("#![") {
                // To its own end, which is at its indentation when it has several lines.
                while self.lines.get(number).is_some_and(|line| {
                    !line.ends_with(']') || self::indentation(line) != indentation
                }) {
                    number += 1;
                }
            } else if !text.starts_with("//") {
                break;
            }
            number += 1;
        }
        number
    }

    /// The last line of the item or statement that begins at `item`.
    fn end_of(&self, item: usize) -> usize {
        let Some(line) = self.lines.get(item) else {
            return item;
        };
        let depth = indentation(line);
        let ends = |line: &str| line.ends_with([';', ',', '}']);
        if ends(line) {
            return item;
        }
        // Its own lines are deeper, but for those that close or open a part of it.
        let mut last = item;
        for (number, line) in self.lines.iter().enumerate().skip(item + 1) {
            let goes_on = ["}", ")", "]", "{", "where"];
            let deeper = line.trim().is_empty() || indentation(line) > depth;
            let closes = indentation(line) == depth
                && goes_on
                    .iter()
                    .any(|start| line.trim_start().starts_with(start));
            if !deeper && !closes {
                break;
            }
            last = number;
            if closes && ends(line) {
                break;
            }
        }
        last
    }

    fn tests(&self) -> Vec<(usize, usize)> {
        let starts = self.attributes("#[cfg(test)]");
        let starts = starts.chain(self.attributes("#[test]"));
        starts
            .map(|(first, item)| {
                // A module of tests is the last item of its file, as clippy has it; the texts in it
                // may look like anything.
                let is_module = self
                    .lines
                    .get(item)
                    .is_some_and(|line| line.starts_with("mod "));
                let is_inline = is_module && self.lines[item].ends_with('{');
                let last = if is_inline {
                    self.lines.len()
                } else {
                    self.end_of(item)
                };
                (first, last)
            })
            .collect()
    }
}

/// How many spaces a line begins with.
pub fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "\
//! Concern.

#[cfg(test)]
mod suite;

fn plain() { // a comment
    work();
}

#[test]
fn tested_alone() {
    first().unwrap();
}

#[expect(clippy::unwrap_used, reason = \"it is there\")]
fn excused() {
    first().unwrap(); // excused
    #[expect(
        clippy::expect_used,
        reason = \"so is this\"
    )]
    let second = first()
        .expect(\"it\");
    second.expect(\"no more\");
}

#[cfg(test)]
mod tests {
    #[test]
    fn tested() {
        first().unwrap();
    }
}
";

    #[test]
    fn tests_and_comments_are_left_out() {
        let source = Source::new(SOURCE);
        let text: Vec<_> = source.lines().map(|(_, line)| line.trim()).collect();
        assert!(text.contains(&"fn plain() {"));
        assert!(!text.iter().any(|line| line.contains("tested")), "{text:?}");
        assert_eq!(source.test_modules(), ["suite"]);
    }

    #[test]
    fn an_attribute_excuses_its_own_item() {
        let source = Source::new(SOURCE);
        let line_of = |text: &str| SOURCE.lines().position(|line| line.contains(text)).unwrap();
        assert!(source.is_excused(
            line_of("first().unwrap(); // excused"),
            "clippy::unwrap_used"
        ));
        assert!(source.is_excused(line_of(".expect(\"it\")"), "clippy::expect_used"));
        assert!(!source.is_excused(line_of("no more"), "clippy::expect_used"));
        assert!(!source.is_excused(line_of("work();"), "clippy::unwrap_used"));
        let without_reason = SOURCE.replace("reason = ", "because = ");
        let source = Source::new(&without_reason);
        assert!(!source.is_excused(
            line_of("first().unwrap(); // excused"),
            "clippy::unwrap_used"
        ));
    }
}
