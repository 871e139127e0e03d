//! Files of sections and `key = value` lines, as systemd, NetworkManager, sssd and many others write them.

/// Most lines that are read of one file.
const LINES_MAX: usize = 20_000;

/// One `key = value` line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    /// The section it stands in, without brackets; empty before the first one.
    pub(crate) section: &'a str,
    /// The key, trimmed.
    pub(crate) key: &'a str,
    /// The value, trimmed; of quotes only a pair around the whole is taken away.
    pub(crate) value: &'a str,
}

/// The lines in their order; comments begin with `#` or `;`. What is no such line is passed over.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut section = "";
    text.lines().take(LINES_MAX).filter_map(move |line| {
        let line = line.trim();
        if line.starts_with(['#', ';']) {
            return None;
        }
        if let Some(rest) = line.strip_prefix('[') {
            section = rest.split(']').next().unwrap_or_default().trim();
            return None;
        }
        let (key, value) = line.split_once('=')?;
        Some(Line { section, key: key.trim(), value: unquoted(value.trim()) })
    })
}

/// The value of the last such line.
pub(crate) fn last<'a>(text: &'a str, section: &str, key: &str) -> Option<&'a str> {
    let fits = |it: &Line<'_>| {
        it.section.eq_ignore_ascii_case(section) && it.key.eq_ignore_ascii_case(key)
    };
    lines(text).filter(fits).last().map(|it| it.value)
}

/// Without a pair of quotes around the whole.
pub(crate) fn unquoted(text: &str) -> &str {
    let inside = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    inside('"').or_else(|| inside('\'')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_carry_their_section() {
        let text = "top=1\n# c=1\n[a b]\nx = \"two words\"\n;y=1\nno line\n[c\ny=\n";
        let found: Vec<_> = lines(text).map(|it| (it.section, it.key, it.value)).collect();
        assert_eq!(found, [("", "top", "1"), ("a b", "x", "two words"), ("c", "y", "")]);
        assert_eq!(last("[a]\nx=1\nX=2\n", "A", "x"), Some("2"));
        assert_eq!(last("[a]\nx=1\n", "b", "x"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "([\\[\\]=\"'#;\n]|\\PC){0,80}") {
            let _ = lines(&text).count();
        }
    }
}
