//! The few things that a page says of itself, found without understanding the page.

use super::lines::find;

/// Longest title or tag that is looked at, in bytes.
const PIECE_BYTES_MAX: usize = 4096;

/// The title, decoded; from a page that may be cut off.
#[must_use]
pub fn title(page: &[u8]) -> Option<String> {
    let page = &without_comments(page);
    let begin = page.get(find(page, "<title")?..)?;
    let text = begin.get(begin.iter().position(|it| *it == b'>')? + 1..)?;
    let text = text.get(..find(text, "</title")?)?;
    Some(words(text))
}

/// The content of `<meta name="generator">`.
#[must_use]
pub fn generator(page: &[u8]) -> Option<String> {
    let page = &without_comments(page);
    let mut rest = page.as_slice();
    while let Some(start) = find(rest, "<meta") {
        rest = rest.get(start + 5..)?;
        let piece = rest.get(..PIECE_BYTES_MAX).unwrap_or(rest);
        let end = piece.iter().position(|it| *it == b'>').unwrap_or(piece.len());
        // Each byte is looked at once: a tag that begins within another is none.
        let (tag, behind) = rest.split_at_checked(end)?;
        rest = behind;
        let is_generator =
            attribute(tag, "name").is_some_and(|it| it.eq_ignore_ascii_case(b"generator"));
        if is_generator {
            return attribute(tag, "content").map(words);
        }
    }
    None
}

/// Whether all has come that [`title`] and [`generator`] look for.
#[must_use]
pub fn is_head_whole(page: &[u8]) -> bool {
    find(page, "</head").is_some() || find(page, "<body").is_some()
}

fn without_comments(page: &[u8]) -> Vec<u8> {
    let mut kept = Vec::new();
    let mut rest = page;
    while let Some(start) = find(rest, "<!--") {
        kept.extend_from_slice(rest.get(..start).unwrap_or_default());
        rest = rest.get(start + 4..).unwrap_or_default();
        let end = find(rest, "-->").map_or(rest.len(), |it| it + 3);
        rest = rest.get(end..).unwrap_or_default();
    }
    kept.extend_from_slice(rest);
    kept
}

/// The value of an attribute of a tag, with or without quotes.
fn attribute<'a>(tag: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let mut rest = tag;
    loop {
        rest = rest.trim_ascii_start();
        let end = rest.iter().position(|it| it.is_ascii_whitespace() || *it == b'=');
        let (found, after) = rest.split_at_checked(end?)?;
        let after = after.trim_ascii_start();
        let Some(value) = after.strip_prefix(b"=") else {
            rest = after;
            continue;
        };
        let (value, after) = quoted(value.trim_ascii_start())?;
        if found.eq_ignore_ascii_case(name.as_bytes()) {
            return Some(value);
        }
        rest = after;
    }
}

fn quoted(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let quote = text.first().filter(|it| matches!(it, b'"' | b'\''));
    let Some(quote) = quote else {
        let end = text.iter().position(u8::is_ascii_whitespace).unwrap_or(text.len());
        return text.split_at_checked(end);
    };
    let inner = text.get(1..)?;
    let end = inner.iter().position(|it| it == quote)?;
    Some((inner.get(..end)?, inner.get(end + 1..)?))
}

/// Text of a page: UTF-8 or, where it is not, Latin-1, of which old devices are made.
fn words(bytes: &[u8]) -> String {
    let bytes = bytes.get(..PIECE_BYTES_MAX).unwrap_or(bytes);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(error) if error.error_len().is_none() => String::from_utf8_lossy(bytes).into_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    };
    let decoded = decode(&text);
    decoded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Replaces character references (HTML §13.2.5.72) of numbers and of the names that titles use.
fn decode(text: &str) -> String {
    let mut decoded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        decoded.push_str(before);
        rest = match after.split_once(';') {
            Some((name, behind)) if name.len() <= 8 && reference(name).is_some() => {
                decoded.extend(reference(name));
                behind
            }
            _ => {
                decoded.push('&');
                after
            }
        };
    }
    decoded + rest
}

fn reference(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16),
            None => number.parse(),
        };
        return code.ok().and_then(char::from_u32);
    }
    NAMED.iter().find(|it| it.0 == name).map(|it| it.1)
}

const NAMED: &[(&str, char)] = &[
    ("amp", '&'),
    ("apos", '\''),
    ("auml", 'ä'),
    ("Auml", 'Ä'),
    ("bull", '•'),
    ("copy", '©'),
    ("eacute", 'é'),
    ("gt", '>'),
    ("laquo", '«'),
    ("lt", '<'),
    ("mdash", '—'),
    ("middot", '·'),
    ("nbsp", ' '),
    ("ndash", '–'),
    ("ouml", 'ö'),
    ("Ouml", 'Ö'),
    ("quot", '"'),
    ("raquo", '»'),
    ("reg", '®'),
    ("szlig", 'ß'),
    ("trade", '™'),
    ("uuml", 'ü'),
    ("Uuml", 'Ü'),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check_title(page: &[u8], expected: Option<&str>) {
        assert_eq!(title(page).as_deref(), expected, "{}", page.escape_ascii());
    }

    #[test]
    fn a_title_is_found_in_any_case_and_decoded() {
        check_title(
            b"<html><TITLE lang=de>\n M&uuml;ller &amp; Co &#8211;\tX </Title>",
            Some("Müller & Co – X"),
        );
        check_title(
            b"<title>a &bogus; &#xZZ; &; &#xD800; & b</title>",
            Some("a &bogus; &#xZZ; &; &#xD800; & b"),
        );
        check_title("<title>Übersicht</title>".as_bytes(), Some("Übersicht"));
        check_title(b"<title>\xdcbersicht</title>", Some("Übersicht"));
        check_title(b"<!-- <title>old</title> --><title>new</title>", Some("new"));
    }

    #[test]
    fn a_title_that_was_cut_off_is_none() {
        for page in
            ["", "<title", "<title>", "<title>abc", "<title>abc</titl", "<!-- <title>a</title>"]
        {
            check_title(page.as_bytes(), None);
        }
    }

    #[test]
    fn the_generator_is_found_however_its_tag_is_written() {
        for page in [
            "<meta charset=utf-8><meta name=\"generator\" content=\"WordPress 6.5\">",
            "<META content='WordPress 6.5' NAME='Generator' />",
            "<meta async name=generator content=\"WordPress 6.5\">",
        ] {
            assert_eq!(generator(page.as_bytes()).as_deref(), Some("WordPress 6.5"), "{page}");
        }
        for page in [
            "<meta name=\"generator\">",
            "<meta name=author content=x>",
            "<meta",
            "<meta name=\"gen",
        ] {
            assert_eq!(generator(page.as_bytes()), None, "{page}");
        }
    }

    #[test]
    fn thousands_of_tags_without_end_cost_no_more_than_their_length() {
        let page = b"<meta ".repeat(200_000);
        let began = std::time::Instant::now();
        assert_eq!(generator(&page), None);
        assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
    }

    proptest! {
        #[test]
        fn hostile_pages_never_panic(page in "(<title|</title|>|<meta|name=|generator|content=|\"|'|<!--|-->|&#?x?|;|ä|[0-9a-f]{0,4}| ){0,30}") {
            let _ = (title(page.as_bytes()), generator(page.as_bytes()));
        }

        #[test]
        fn hostile_bytes_never_panic(page in proptest::collection::vec(any::<u8>(), 0..100)) {
            let page = [b"<title>", page.as_slice(), b"</title>"].concat();
            let _ = (title(&page), generator(&page));
        }
    }
}
