//! Names with wildcards as glob(3) reads them: `*`, `?` and `[…]`, a leading dot only where it is written.

use crate::host::{Ask, Host};

/// Most paths that one pattern may stand for.
const PATHS_MAX: usize = 1_000;
/// Most folders deep that a pattern may have wildcards in.
const PARTS_MAX: usize = 32;

/// The existing paths that an absolute pattern stands for, sorted.
pub(crate) fn expand(host: &dyn Host, pattern: &str) -> Vec<String> {
    let mut paths = vec![String::new()];
    for part in pattern.split('/').filter(|it| !it.is_empty()).take(PARTS_MAX) {
        if !has_wildcard(part) {
            paths.iter_mut().for_each(|it| *it = format!("{it}/{part}"));
            continue;
        }
        let folders = std::mem::take(&mut paths);
        for folder in folders {
            let at = if folder.is_empty() { "/" } else { &folder };
            let names = host.names(at).unwrap_or_default();
            let fitting = names.iter().filter(|it| fits_name(part, it));
            paths.extend(fitting.map(|it| format!("{folder}/{it}")));
            paths.truncate(PATHS_MAX);
        }
    }
    paths.retain(|it| !it.is_empty() && host.status(it).is_ok());
    paths
}

/// Whether the text holds a wildcard.
pub(crate) fn has_wildcard(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// Whether the name of a file fits the pattern: a leading dot must be written.
pub(crate) fn fits_name(pattern: &str, name: &str) -> bool {
    (!name.starts_with('.') || pattern.starts_with('.')) && fits(pattern, name)
}

/// Whether a whole text fits a pattern. The time grows with the product of both lengths at most.
pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut seen) = (0, 0);
    // Where the last star stood, and how much of the text it has taken.
    let mut star: Option<(usize, usize)> = None;
    while seen < text.len() {
        let next = text.get(seen).copied().unwrap_or_default();
        match (pattern.get(at), step(pattern.get(at..).unwrap_or_default(), next)) {
            (Some('*'), _) => {
                star = Some((at + 1, seen));
                at += 1;
            }
            (_, Some(length)) => {
                at += length;
                seen += 1;
            }
            (_, None) => {
                let Some((after, taken)) = star else { return false };
                star = Some((after, taken + 1));
                at = after;
                seen = taken + 1;
            }
        }
    }
    pattern.get(at..).is_some_and(|rest| rest.iter().all(|it| *it == '*'))
}

/// How many characters of the pattern stand for this one character; none where they do not.
fn step(pattern: &[char], character: char) -> Option<usize> {
    match pattern.first()? {
        '?' => Some(1),
        '[' => match set(pattern) {
            Some((set, is_negated, length)) => {
                (contains(set, character) != is_negated).then_some(length)
            }
            None => (character == '[').then_some(1),
        },
        it => (*it == character).then_some(1),
    }
}

/// The inside of `[…]` or `[!…]`, and the length of the whole.
fn set(pattern: &[char]) -> Option<(&[char], bool, usize)> {
    let is_negated = matches!(pattern.get(1), Some('!' | '^'));
    let begin = 1 + usize::from(is_negated);
    // A bracket in the first place stands for itself.
    let end = begin + 1 + pattern.get(begin + 1..)?.iter().position(|it| *it == ']')?;
    Some((pattern.get(begin..end)?, is_negated, end + 1))
}

fn contains(set: &[char], character: char) -> bool {
    let mut rest = set;
    while let [first, others @ ..] = rest {
        if let ['-', last, more @ ..] = others {
            if (*first..=*last).contains(&character) {
                return true;
            }
            rest = more;
        } else {
            if *first == character {
                return true;
            }
            rest = others;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::MapHost;

    #[test]
    fn wildcards_mean_what_glob_says() {
        let fitting = [
            ("*", "x"),
            ("*.conf", "a.conf"),
            ("a?c", "abc"),
            ("[a-c]x", "bx"),
            ("[!a-c]x", "dx"),
            ("[]]x", "]x"),
            ("a[", "a["),
            ("*a*b*c", "xxaxxbxxcc"),
            ("", ""),
            ("**", ""),
        ];
        for (pattern, text) in fitting {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        let others =
            [("*.conf", "a.config"), ("a?c", "ac"), ("[a-c]x", "dx"), ("[!a-c]x", "ax"), ("", "x")];
        for (pattern, text) in others {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
        assert!(!fits_name("*.conf", ".hidden.conf"));
        assert!(fits_name(".*", ".hidden"));
    }

    #[test]
    fn a_pattern_stands_for_the_existing_paths_in_order() {
        let host = MapHost::new()
            .file("/etc/x.d/b.conf", "")
            .file("/etc/x.d/a.conf", "")
            .file("/etc/x.d/a.bak", "")
            .file("/etc/y.d/c.conf", "");
        let check = |pattern: &str| expand(&host, pattern);
        assert_eq!(check("/etc/x.d/*.conf"), ["/etc/x.d/a.conf", "/etc/x.d/b.conf"]);
        assert_eq!(check("/etc/?.d/c.conf"), ["/etc/y.d/c.conf"]);
        assert_eq!(check("/etc/x.d/a.bak"), ["/etc/x.d/a.bak"]);
        assert!(check("/etc/z.d/*.conf").is_empty() && check("").is_empty());
    }

    #[test]
    fn many_stars_cost_no_more_than_the_product_of_the_lengths() {
        let text = "a".repeat(5_000);
        assert!(!fits(&format!("{}b", "a*".repeat(500)), &text));
    }

    proptest! {
        #[test]
        fn any_pattern_is_read_without_panic(pattern in "[a*?\\[\\]!-]{0,20}", text in "[a\\[\\]-]{0,20}") {
            let _ = fits(&pattern, &text);
            prop_assert!(fits("*", &text));
        }
    }
}
