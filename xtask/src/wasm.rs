//! What a WebAssembly module is made of: its sections, and its functions by crate.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};

/// Bytes before the first section: the magic number and the version.
const HEADER: &[u8] = b"\0asm\x01\0\0\0";

/// A part of a module and its bytes.
pub type Part = (String, usize);

/// The sections of a module, the largest first.
///
/// # Errors
/// When it is no module.
pub fn sections(module: &[u8]) -> Result<Vec<Part>> {
    let parts = parse(module)?
        .into_iter()
        .map(|section| (section.name(), section.content.len()));
    Ok(largest_first(parts))
}

/// The code of a module by crate, the largest first; nothing when it has no names of functions.
///
/// What is generic counts to the crate that defines it, and not to the one that asks for it.
///
/// # Errors
/// When it is no module.
pub fn crates(module: &[u8]) -> Result<Vec<Part>> {
    let sections = parse(module)?;
    let find = |id: u8| sections.iter().find(|section| section.id == id);
    let names = match sections.iter().find(|section| section.custom == "name") {
        Some(section) => names(section.content)?,
        None => return Ok(Vec::new()),
    };
    let imported = match find(2) {
        Some(section) => imported_functions(section.content)?,
        None => 0,
    };
    let mut code = Reader(find(10).context("the module has no code")?.content);
    let mut parts: BTreeMap<&str, usize> = BTreeMap::new();
    for index in imported..imported + code.number()? {
        let size = code.number()?;
        code.take(size)?;
        let name = names.get(&index).copied().unwrap_or_default();
        *parts.entry(crate_of(name)).or_default() += size;
    }
    let parts = parts
        .into_iter()
        .map(|(name, size)| (name.to_owned(), size));
    Ok(largest_first(parts))
}

fn largest_first(parts: impl Iterator<Item = Part>) -> Vec<Part> {
    let mut parts: Vec<Part> = parts.collect();
    parts.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
    parts
}

struct Section<'a> {
    id: u8,
    /// The name of a custom section.
    custom: &'a str,
    content: &'a [u8],
}

impl Section<'_> {
    fn name(&self) -> String {
        // By the numbers of the specification, section 5.5.2.
        const NAMES: [&str; 13] = [
            "",
            "types",
            "imports",
            "functions",
            "tables",
            "memory",
            "globals",
            "exports",
            "start",
            "elements",
            "code",
            "data",
            "data count",
        ];
        match NAMES.get(usize::from(self.id)) {
            Some(&"") => format!("custom: {}", self.custom),
            Some(name) => (*name).to_owned(),
            None => format!("section {}", self.id),
        }
    }
}

fn parse(module: &[u8]) -> Result<Vec<Section<'_>>> {
    let mut rest = Reader(
        module
            .strip_prefix(HEADER)
            .context("no WebAssembly module")?,
    );
    let mut sections = Vec::new();
    while !rest.0.is_empty() {
        let id = rest.byte()?;
        let size = rest.number()?;
        let mut content = Reader(rest.take(size)?);
        let custom = if id == 0 { content.text()? } else { "" };
        sections.push(Section {
            id,
            custom,
            content: content.0,
        });
    }
    Ok(sections)
}

/// The names of functions by their index: the subsection 1 of the section `name`.
fn names(section: &[u8]) -> Result<BTreeMap<usize, &str>> {
    let mut rest = Reader(section);
    let mut names = BTreeMap::new();
    while !rest.0.is_empty() {
        let id = rest.byte()?;
        let size = rest.number()?;
        let mut content = Reader(rest.take(size)?);
        if id == 1 {
            for _ in 0..content.number()? {
                let index = content.number()?;
                names.insert(index, content.text()?);
            }
        }
    }
    Ok(names)
}

fn imported_functions(section: &[u8]) -> Result<usize> {
    let mut rest = Reader(section);
    let mut functions = 0;
    for _ in 0..rest.number()? {
        rest.text()?;
        rest.text()?;
        match rest.byte()? {
            0 => {
                functions += 1;
                rest.number()?;
            }
            // A table has the type of its elements before its limits, a memory has only limits.
            kind @ (1 | 2) => {
                rest.take(usize::from(kind == 1))?;
                let has_maximum = rest.byte()? & 1 == 1;
                rest.number()?;
                if has_maximum {
                    rest.number()?;
                }
            }
            _ => {
                rest.take(2)?;
            }
        }
    }
    Ok(functions)
}

/// The crate in a mangled name: the first identifier that is a path's first part.
fn crate_of(name: &str) -> &str {
    let Some(path) = name.strip_prefix("_ZN") else {
        return "(not Rust)";
    };
    let digits = path.bytes().take_while(u8::is_ascii_digit).count();
    let first = path[..digits]
        .parse()
        .ok()
        .and_then(|length: usize| path.get(digits..digits + length))
        .unwrap_or_default();
    // `<T as other::Trait>` and `<impl other::Trait for T>` begin with symbols in `$`.
    let mut parts = first
        .split(['$', '.'])
        .filter(|part| part.starts_with(|c: char| c.is_ascii_lowercase()));
    parts
        .find(|part| !matches!(*part, "as" | "u20" | "u7b" | "u7d" | "dyn" | "impl" | "mut"))
        .map_or("(other)", |part| part.trim_start_matches('_'))
}

/// Reads numbers and text off the front.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, bytes: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self
            .0
            .split_at_checked(bytes)
            .context("the module is cut")?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    /// An unsigned number in LEB128, of 32 bits.
    fn number(&mut self) -> Result<usize> {
        let mut number = 0;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            number |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        ensure!(false, "a number is too long");
        Ok(number)
    }

    fn text(&mut self) -> Result<&'a str> {
        let length = self.number()?;
        Ok(std::str::from_utf8(self.take(length)?)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One imported function and two of its own, of 3 and 2 bytes, with names.
    fn module() -> Vec<u8> {
        let mut module = HEADER.to_vec();
        module.extend([2, 7, 1, 1, b'm', 1, b'f', 0, 0]);
        module.extend([10, 8, 2, 3, 0, 1, 0x0b, 2, 0, 0x0b]);
        let mut names = vec![4];
        names.extend(b"name");
        let mut list = vec![2, 1, 10];
        list.extend(b"_ZN3sim1aE");
        list.extend([2, 10]);
        list.extend(b"_ZN4naga1b");
        names.extend([1, list.len() as u8]);
        names.extend(list);
        module.extend([0, names.len() as u8]);
        module.extend(names);
        module
    }

    #[test]
    fn functions_are_counted_by_crate() {
        let parts = crates(&module()).unwrap();
        assert_eq!(parts, [("sim".to_owned(), 3), ("naga".to_owned(), 2)]);
        let sections: Vec<_> = sections(&module()).unwrap();
        assert_eq!(sections[0].0, "custom: name");
        assert_eq!(sections.len(), 3);
    }

    #[test]
    fn a_broken_module_is_an_error() {
        let module = module();
        assert!(crates(b"\0as").is_err());
        // Cut between two sections it is a shorter module.
        let failing = (0..module.len()).filter(|end| sections(&module[..*end]).is_err());
        assert!(failing.count() > module.len() - 6);
        assert!(sections(&[HEADER, &[1, 0xff, 0xff, 0xff, 0xff, 0xff]].concat()).is_err());
    }

    #[test]
    fn a_name_tells_its_crate() {
        for (name, expected) in [
            ("_ZN4naga4back4wgsl5Error11unsupported17h4E", "naga"),
            (
                "_ZN36_$LT$T$u20$as$u20$core..any..Any$GT$7type_id17hE",
                "core",
            ),
            (
                "_ZN48_$LT$bevy_ecs..World$u20$as$u20$core..fmt..Debug$GT$3fmtE",
                "bevy_ecs",
            ),
            ("memcpy", "(not Rust)"),
            ("_ZN999x", "(other)"),
        ] {
            assert_eq!(crate_of(name), expected, "{name}");
        }
    }
}
