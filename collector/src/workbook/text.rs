//! How much room text takes, and text for names and footers.

pub(super) use inventory::export::clean;

/// The longest footer that spreadsheets accept, with room for what we add.
const FOOTER_CHARACTERS_MAX: usize = 90;
/// What a spreadsheet forbids in the name of a sheet.
const FORBIDDEN_IN_NAMES: &[char] = &['[', ']', ':', '*', '?', '/', '\\', '\''];
/// The longest name of a sheet.
const NAME_CHARACTERS_MAX: usize = 31;

/// Widths are counted in digits of Arial 10; of the letters of Arial 9 more fit in. Words that do
/// not fit at the end of a line are why this is less than the quotient.
const LETTERS_PER_DIGIT: f64 = 1.12;

/// How many lines the text takes in a column of this many characters.
pub(super) fn lines(text: &str, width: f64) -> f64 {
    let line = |it: &str| (weight(it) / (width * LETTERS_PER_DIGIT).max(1.0)).ceil().max(1.0);
    text.split('\n').map(line).sum()
}

/// The width of a line in characters of middling width. Capitals and wide scripts count for more.
pub(super) fn weight(line: &str) -> f64 {
    let one = |it: char| match it {
        'i' | 'j' | 'l' | 't' | 'f' | 'r' | 'I' | '.' | ',' | ':' | ';' | '|' | '\'' | ' ' => 0.55,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '—' => 1.45,
        _ if it.is_uppercase() => 1.2,
        _ if it as u32 >= 0x1100 => 2.0,
        _ => 1.0,
    };
    line.chars().map(one).sum()
}

/// How wide a column must be, in characters, so that no word of its bold heading is broken.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to a few dozen before"
)]
pub(super) fn heading_width(heading: &str) -> u16 {
    // A break is possible after a stroke as well as at a space.
    let words = heading.split_inclusive([' ', '/', '\n']);
    let longest = words.map(|it| weight(it.trim_end())).fold(0.0, f64::max);
    // Bold letters, the indent, and the arrow of the filter.
    (longest * 1.02 + 4.0).ceil().clamp(1.0, 40.0) as u16
}

/// The name of a sheet as a spreadsheet accepts it; further parts of one sheet are numbered.
pub(super) fn sheet_name(title: &str, part: usize) -> String {
    let suffix = if part > 1 { format!(" ({part})") } else { String::new() };
    let room = NAME_CHARACTERS_MAX - suffix.chars().count();
    let title = clean(title);
    let kept = title.chars().filter(|it| !FORBIDDEN_IN_NAMES.contains(it)).take(room);
    kept.collect::<String>() + &suffix
}

/// Text for a footer, where `&` begins a command.
pub(super) fn footer(text: &str) -> String {
    let cut: String = clean(text).replace('\n', " ").chars().take(FOOTER_CHARACTERS_MAX).collect();
    cut.replace('&', "&&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_sheets_fit_and_are_numbered() {
        assert_eq!(sheet_name("Netze & Zonen", 1), "Netze & Zonen");
        assert_eq!(sheet_name("a/b:c", 1), "abc");
        let long = sheet_name(&"n".repeat(60), 12);
        assert_eq!(long.chars().count(), 31);
        assert!(long.ends_with(" (12)"));
    }

    #[test]
    fn a_column_is_as_wide_as_the_longest_word_of_its_heading() {
        assert!(heading_width("Verschlüsselung") >= 16);
        assert!(heading_width("Systeme, die es sahen") < 14);
    }

    #[test]
    fn a_footer_shows_an_ampersand() {
        assert_eq!(footer("Müller & Söhne"), "Müller && Söhne");
    }

    #[test]
    fn long_lines_and_line_breaks_take_room() {
        assert!((lines("a\nb\nc", 10.0) - 3.0).abs() < f64::EPSILON);
        assert!(lines(&"a".repeat(100), 10.0) >= 9.0);
        assert!((lines("", 10.0) - 1.0).abs() < f64::EPSILON);
    }
}
