//! Patterns with `*` (any text) and `?` (one letter), without regard to case.

/// A pattern as a person writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    letters: Vec<char>,
}

impl Pattern {
    /// The pattern that this text means; every text means one.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self { letters: text.to_lowercase().chars().collect() }
    }

    /// Whether the whole text fits. Takes at most pattern × text steps, whatever both are.
    #[must_use]
    pub fn fits(&self, text: &str) -> bool {
        let text: Vec<char> = text.to_lowercase().chars().collect();
        let (mut at, mut in_pattern) = (0, 0);
        // Where the last `*` stands and how much of the text it has swallowed so far.
        let mut star: Option<(usize, usize)> = None;
        while let Some(letter) = text.get(at) {
            match self.letters.get(in_pattern) {
                Some('*') => {
                    star = Some((in_pattern, at));
                    in_pattern += 1;
                }
                Some(wanted) if *wanted == '?' || wanted == letter => {
                    at += 1;
                    in_pattern += 1;
                }
                _ => {
                    let Some((star_at, swallowed)) = star else { return false };
                    star = Some((star_at, swallowed + 1));
                    at = swallowed + 1;
                    in_pattern = star_at + 1;
                }
            }
        }
        self.letters.iter().skip(in_pattern).all(|letter| *letter == '*')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_fits_whole_texts_without_regard_to_case() {
        for (pattern, text, fits) in [
            ("pc-*", "PC-BUE-01", true),
            ("PC-?", "pc-1", true),
            ("PC-?", "pc-12", false),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "acb", false),
            ("*server*", "fileserver2", true),
            ("größe-*", "GRÖSSE-1", false),
            ("GRÖẞE", "größe", true),
            ("a", "ab", false),
            ("**a**", "a", true),
        ] {
            assert_eq!(Pattern::new(pattern).fits(text), fits, "{pattern} on {text}");
        }
    }

    #[test]
    fn a_hostile_pattern_ends() {
        let pattern = Pattern::new(&"*a".repeat(200));
        assert!(!pattern.fits(&"a".repeat(199)));
        assert!(!Pattern::new(&format!("{}b", "a*".repeat(100))).fits(&"a".repeat(2000)));
    }
}
