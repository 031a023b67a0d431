//! In which fields two worlds differ.

use serde::Serialize;
use serde_json::Value;
use std::fmt;

/// A field that two values do not have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldDifference {
    /// The way to it, as in `discs[2].velocity.x`.
    pub path: String,
    /// What the first value has there, in JSON; nothing where it has no such field.
    pub first: Option<String>,
    /// What the second value has there.
    pub second: Option<String>,
}

impl fmt::Display for FieldDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |side: &Option<String>| side.clone().unwrap_or_else(|| "nothing".to_owned());
        let (first, second) = (text(&self.first), text(&self.second));
        write!(f, "{}: {first} != {second}", self.path)
    }
}

/// All fields that differ. A field that serde skips is not seen, nor
/// anything of a value that JSON cannot hold (a map whose keys are not text).
pub fn differing_fields<T: Serialize>(first: &T, second: &T) -> Vec<FieldDifference> {
    let mut differing = Vec::new();
    if let (Ok(first), Ok(second)) = (serde_json::to_value(first), serde_json::to_value(second)) {
        walk("", Some(&first), Some(&second), &mut differing);
    }
    differing
}

fn walk(path: &str, first: Option<&Value>, second: Option<&Value>, all: &mut Vec<FieldDifference>) {
    match (first, second) {
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            let added = b.keys().filter(|key| !a.contains_key(*key));
            for key in a.keys().chain(added) {
                let dot = if path.is_empty() { "" } else { "." };
                walk(&format!("{path}{dot}{key}"), a.get(key), b.get(key), all);
            }
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) => {
            for index in 0..a.len().max(b.len()) {
                walk(&format!("{path}[{index}]"), a.get(index), b.get(index), all);
            }
        }
        // As text: the two zeros are equal as numbers, and yet not the same bits.
        (first, second) => {
            let text = |side: Option<&Value>| side.map(Value::to_string);
            let (first, second) = (text(first), text(second));
            if first != second {
                all.push(FieldDifference {
                    path: path.to_owned(),
                    first,
                    second,
                });
            }
        }
    }
}
