//! Foreign text made fit for a cell.

/// The most characters that a cell holds.
const CELL_CHARACTERS_MAX: usize = 32_767;
/// The text without control characters (line breaks stay), cut with `…` to what a cell holds.
#[must_use]
pub fn clean(text: &str) -> String {
    // Most texts are of the kind that needs nothing.
    let is_plain = |it: u8| it == b'\n' || (b' '..0x7f).contains(&it);
    if text.len() < CELL_CHARACTERS_MAX && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    // U+FFFE and U+FFFF are no characters in XML; the marks of direction could hide a file's end.
    let fits = |it: &char| {
        *it == '\n'
            || !(it.is_control()
                || matches!(it, '\u{fffe}' | '\u{ffff}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
    };
    let kept = text.chars().filter(fits);
    // Excel counts UTF-16 units.
    let mut units = 0;
    let mut cleaned = String::with_capacity(text.len().min(CELL_CHARACTERS_MAX));
    for character in kept {
        units += character.len_utf16();
        if units >= CELL_CHARACTERS_MAX {
            cleaned.push('…');
            break;
        }
        cleaned.push(character);
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_go_and_line_breaks_stay() {
        assert_eq!(clean("a\u{0}b\u{1b}[31m\r\nc\td\u{202e}e\u{ffff}"), "ab[31m\ncde");
    }

    #[test]
    fn text_is_cut_to_what_a_cell_holds_counted_in_utf16() {
        for text in ["x".repeat(40_000), "😀".repeat(20_000)] {
            let cut = clean(&text);
            assert!(cut.encode_utf16().count() <= CELL_CHARACTERS_MAX);
            assert!(cut.ends_with('…'));
        }
        let fitting = "x".repeat(CELL_CHARACTERS_MAX - 1);
        assert_eq!(clean(&fitting), fitting);
    }
}
