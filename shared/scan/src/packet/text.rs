//! Foreign text made harmless: bounded, one line, without anything that a terminal would obey.

use observation::latest::Complaint;

/// Longest text that is kept of one statement, in characters.
pub const TEXT_CHARS_MAX: usize = 300;

/// Foreign bytes as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// The text: trimmed, without control characters, at most [`TEXT_CHARS_MAX`] characters.
    pub text: String,
    /// Characters that were written as `\u{1b}` because they command instead of saying something.
    pub escaped: usize,
    /// Characters that were left out at the end.
    pub cut: usize,
}

impl Cleaned {
    /// What is to be said about the cleaning, if anything.
    #[must_use]
    pub fn complaint(&self, place: &str) -> Option<Complaint> {
        let mut problems = Vec::new();
        if self.escaped > 0 {
            problems.push(format!("{} control characters escaped", self.escaped));
        }
        if self.cut > 0 {
            problems.push(format!("{} characters cut", self.cut));
        }
        let problem = problems.join(", ");
        (!problem.is_empty()).then(|| Complaint { place: place.to_owned(), problem })
    }
}

/// Cleans foreign bytes: UTF-8 where it is, each other byte as U+FFFD.
#[must_use]
pub fn clean(bytes: &[u8]) -> Cleaned {
    // A character has at most four bytes and an escape replaces one: nothing longer is looked at.
    let (head, rest) = bytes.split_at(bytes.len().min(TEXT_CHARS_MAX * 4 + 3));
    clean_text(&String::from_utf8_lossy(head), rest.len())
}

/// Cleans foreign text.
#[must_use]
pub fn clean_str(text: &str) -> Cleaned {
    clean(text.as_bytes())
}

fn clean_text(text: &str, unread: usize) -> Cleaned {
    let mut cleaned = Cleaned { cut: unread, ..Cleaned::default() };
    let mut kept = 0;
    for character in text.trim_matches(is_trimmed).chars() {
        if kept == TEXT_CHARS_MAX {
            cleaned.cut += 1;
            continue;
        }
        kept += 1;
        if matches!(character, '\t' | '\r' | '\n') {
            cleaned.text.push(' ');
        } else if is_command(character) {
            cleaned.escaped += 1;
            cleaned.text.extend(character.escape_unicode());
        } else {
            cleaned.text.push(character);
        }
    }
    cleaned
}

fn is_trimmed(character: char) -> bool {
    character.is_whitespace() || character == '\0'
}

/// Control characters, and those that change the direction, hide what follows, or end a line (Unicode
/// UAX #9; Unicode 16.0 §23.2, §23.3).
pub(crate) fn is_command(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_banner_stays_as_it_is() {
        let cleaned = clean(b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n");
        assert_eq!(cleaned.text, "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3");
        assert_eq!(cleaned.complaint("tcp/22"), None);
    }

    #[test]
    fn a_terminal_command_is_shown_and_counted() {
        let cleaned = clean(b"\x1b[2Jgone\x07");
        assert_eq!(cleaned.text, "\\u{1b}[2Jgone\\u{7}");
        assert_eq!(cleaned.escaped, 2);
        assert!(cleaned.complaint("tcp/80").is_some());
    }

    #[test]
    fn what_turns_the_direction_or_breaks_the_line_is_shown_and_counted() {
        for command in ["\u{61c}", "\u{2028}", "\u{2029}", "\u{202e}", "\u{206a}", "\u{206f}"] {
            let cleaned = clean_str(&format!("a{command}b"));
            assert_eq!(cleaned.text, format!("a{}b", command.escape_unicode()));
            assert_eq!(cleaned.escaped, 1);
        }
    }

    #[test]
    fn what_is_too_long_is_cut_and_counted() {
        let cleaned = clean(&[b'a'; 100_000]);
        assert_eq!(cleaned.text.len(), TEXT_CHARS_MAX);
        assert_eq!(cleaned.cut, 100_000 - TEXT_CHARS_MAX);
    }

    proptest! {
        #[test]
        fn nothing_that_a_terminal_obeys_remains(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let cleaned = clean(&bytes);
            prop_assert!(!cleaned.text.chars().any(is_command));
            prop_assert!(cleaned.text.chars().count() <= TEXT_CHARS_MAX * 10);
        }
    }
}
