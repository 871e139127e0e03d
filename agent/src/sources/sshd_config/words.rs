//! How sshd splits a line into words: strdelim() for the keyword, argv_split() for what follows.

/// Keyword and arguments; an empty keyword where the line says nothing. None where a quotation has no end.
pub(super) fn split(line: &str) -> Option<(String, Vec<String>)> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Some((String::new(), Vec::new()));
    }
    let (keyword, rest) = match line.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"')?,
        None => {
            let end = line.find(|it: char| it.is_whitespace() || it == '=').unwrap_or(line.len());
            line.split_at_checked(end)?
        }
    };
    // One equals sign with white space around it stands for white space.
    let rest = rest.trim_start();
    let rest = rest.strip_prefix('=').unwrap_or(rest);
    Some((keyword.to_owned(), arguments(rest)?))
}

fn arguments(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut characters = text.chars().peekable();
    loop {
        while characters.next_if(|it| it.is_whitespace()).is_some() {}
        match characters.peek() {
            None | Some('#') => return Some(words),
            Some(_) => {}
        }
        let mut word = String::new();
        let mut quote = None;
        while let Some(character) = characters.next() {
            match (character, quote) {
                ('\\', _) => match characters.peek() {
                    Some('"' | '\'' | '\\') => word.extend(characters.next()),
                    Some(' ') if quote.is_none() => word.extend(characters.next()),
                    _ => word.push('\\'),
                },
                (it, None) if it.is_whitespace() => break,
                ('"' | '\'', None) => quote = Some(character),
                (it, Some(open)) if it == open => quote = None,
                (it, _) => word.push(it),
            }
        }
        if quote.is_some() {
            return None;
        }
        words.push(word);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_split_as_sshd_splits_them() {
        let check = |line: &str, keyword: &str, arguments: &[&str]| {
            let (found, words) = split(line).unwrap();
            assert_eq!(
                (found.as_str(), words),
                (keyword, arguments.iter().map(|it| (*it).to_owned()).collect())
            );
        };
        check("Port 22", "Port", &["22"]);
        check("  Port=22 # x", "Port", &["22"]);
        check("Port = 22", "Port", &["22"]);
        check("Banner \"a b\" c\\ d", "Banner", &["a b", "c d"]);
        check("X 'a \"b' \"\\\"\"", "X", &["a \"b", "\""]);
        check("X a#b #c", "X", &["a#b"]);
        check("# Port 22", "", &[]);
        check("", "", &[]);
        check("\"X11Forwarding\" \"yes\"", "X11Forwarding", &["yes"]);
        check("X \"\"", "X", &[""]);
        assert_eq!(split("X \"a b"), None);
        assert_eq!(split("\"X a"), None);
    }

    proptest! {
        #[test]
        fn any_line_is_split_without_panic(line in "([\"'\\\\#= ]|\\PC){0,60}") {
            let _ = split(&line);
        }
    }
}
