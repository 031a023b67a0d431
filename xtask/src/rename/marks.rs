//! What a document tells of the template or of the demo alone stands between two marks, which no
//! reader of the page sees: `<!-- demo -->` and `<!-- /demo -->`, each in a line of its own.

use anyhow::{Context, Result};

/// The document without what stands between the marks of this name, and the empty line after it.
///
/// # Errors
/// When a mark is never ended.
pub fn without(name: &str, text: &str) -> Result<String> {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->\n"));
    let mut left = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, marked)) = rest.split_once(&begin) {
        let (_, after) = marked
            .split_once(&end)
            .with_context(|| format!("{} is never ended", begin.trim()))?;
        left += before;
        rest = after.strip_prefix('\n').unwrap_or(after);
    }
    Ok(left + rest)
}

#[cfg(test)]
mod tests {
    use super::without;

    #[test]
    fn only_what_is_marked_goes() {
        let text = "One.\n\n<!-- demo -->\nOf discs.\n\nOf goals.\n<!-- /demo -->\n\nTwo.\n";
        assert_eq!(without("demo", text).unwrap(), "One.\n\nTwo.\n");
        assert_eq!(without("template", text).unwrap(), text);
        let open = without("demo", "<!-- demo -->\nOf discs.\n").unwrap_err();
        assert!(open.to_string().contains("never ended"), "{open}");
    }
}
