//! Answers of HTTP/1 servers (RFC 9112), read leniently: devices of all ages speak it.

use httparse::{EMPTY_HEADER, ParserConfig, Status};

/// Most header lines that are looked at.
const HEADERS_MAX: usize = 100;

/// An answer, as far as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpAnswer<'a> {
    /// Status code.
    pub status: u16,
    /// Header lines in order.
    pub headers: Vec<(&'a str, &'a [u8])>,
    /// What came of the content, chunks joined.
    pub body: Vec<u8>,
    /// Whether the head and, where its end can be known, the content came whole.
    pub is_whole: bool,
}

impl<'a> HttpAnswer<'a> {
    /// The first header line of this name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        self.all(name).next()
    }

    /// All header lines of this name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.headers.iter().filter(move |it| it.0.eq_ignore_ascii_case(name)).map(|it| it.1)
    }
}

/// Whether bytes begin like an answer of HTTP.
#[must_use]
pub fn is_http(bytes: &[u8]) -> bool {
    bytes.starts_with(b"HTTP/1.")
}

/// Reads an answer whose head is whole; none, if it is not, or is no head.
#[must_use]
pub fn answer(bytes: &[u8]) -> Option<HttpAnswer<'_>> {
    let mut headers = [EMPTY_HEADER; HEADERS_MAX];
    let mut head = httparse::Response::new(&mut headers);
    let Status::Complete(length) = lenient().parse_response(&mut head, bytes).ok()? else {
        return None;
    };
    let headers: Vec<(&str, &[u8])> = head.headers.iter().map(|it| (it.name, it.value)).collect();
    let content = bytes.get(length..).unwrap_or_default();
    let mut answer = HttpAnswer { status: head.code?, headers, body: Vec::new(), is_whole: false };
    let is_chunked = answer.all("transfer-encoding").any(|it| it.eq_ignore_ascii_case(b"chunked"));
    let length = answer.header("content-length").and_then(number);
    (answer.body, answer.is_whole) = match (is_chunked, length) {
        (true, _) => join_chunks(content),
        (false, Some(length)) => {
            (content.get(..length).unwrap_or(content).to_vec(), content.len() >= length)
        }
        // RFC 9110 §6.4.1: these have no content.
        (false, None) => (content.to_vec(), matches!(answer.status, 204 | 304)),
    };
    Some(answer)
}

/// Reads an answer that may be cut off, or have a head that no rule allows: what is whole of it. A
/// line without its end is not: `nginx/1.2` may have been going to be `nginx/1.22`.
#[must_use]
pub fn broken_answer(bytes: &[u8]) -> Option<HttpAnswer<'_>> {
    if !is_http(bytes) {
        return None;
    }
    let end = bytes.iter().rposition(|it| *it == b'\n')?;
    let mut lines = bytes.get(..end)?.split(|it| *it == b'\n');
    let status = lines.next()?.split(|it| *it == b' ').nth(1)?.trim_ascii();
    let status = u16::try_from(number(status)?).ok().filter(|it| (100..1000).contains(it))?;
    let headers = lines
        .take(HEADERS_MAX)
        .take_while(|it| !it.trim_ascii().is_empty())
        .filter_map(|line| {
            let colon = line.iter().position(|it| *it == b':')?;
            let name = std::str::from_utf8(line.get(..colon)?).ok()?;
            Some((name.trim(), line.get(colon + 1..)?.trim_ascii()))
        })
        .collect();
    Some(HttpAnswer { status, headers, body: Vec::new(), is_whole: false })
}

fn lenient() -> ParserConfig {
    let mut config = ParserConfig::default();
    config.allow_spaces_after_header_name_in_responses(true);
    config.allow_obsolete_multiline_headers_in_responses(true);
    config.allow_multiple_spaces_in_response_status_delimiters(true);
    config.ignore_invalid_headers_in_responses(true);
    config
}

fn number(digits: &[u8]) -> Option<usize> {
    std::str::from_utf8(digits).ok()?.trim().parse().ok()
}

/// The chunks that came (RFC 9112 §7.1), and whether the last one was among them.
fn join_chunks(mut bytes: &[u8]) -> (Vec<u8>, bool) {
    let mut joined = Vec::new();
    while let Some(end) = bytes.iter().position(|it| *it == b'\n') {
        let (line, rest) = bytes.split_at(end + 1);
        let digits = line.split(|it| *it == b';').next().unwrap_or_default().trim_ascii();
        let length =
            std::str::from_utf8(digits).ok().and_then(|it| u32::from_str_radix(it, 16).ok());
        let Some(length) = length else { return (joined, true) };
        if length == 0 {
            return (joined, is_trailer_whole(rest));
        }
        let length = length as usize;
        let Some((chunk, rest)) = rest.split_at_checked(length) else {
            joined.extend_from_slice(rest);
            return (joined, false);
        };
        joined.extend_from_slice(chunk);
        bytes = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n")).unwrap_or(rest);
    }
    (joined, false)
}

/// Whether what follows the last chunk has come: fields, if any, and an empty line.
fn is_trailer_whole(mut bytes: &[u8]) -> bool {
    while let Some(end) = bytes.iter().position(|it| *it == b'\n') {
        let (line, rest) = bytes.split_at(end + 1);
        if line.trim_ascii().is_empty() {
            return true;
        }
        bytes = rest;
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_content_ends_where_its_length_says() {
        let bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcd";
        let read = answer(bytes).unwrap();
        assert_eq!(
            (read.status, read.body.as_slice(), read.is_whole),
            (200, b"abc".as_slice(), true)
        );
        assert!(!answer(&bytes[..bytes.len() - 2]).unwrap().is_whole);
        assert_eq!(answer(b"HTTP/1.1 200 OK\r\nContent-Le"), None);
    }

    #[test]
    fn chunks_are_joined() {
        let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".as_slice();
        for (content, joined, is_whole) in [
            (b"3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n".as_slice(), b"abcde".as_slice(), true),
            (b"1\r\na\r\n0\r\nX: y\r\n\r\n", b"a", true),
            (b"1\r\na\r\n0\r\n\r", b"a", false),
            (b"1\r\na\r\n0\r\nX: y\r\n", b"a", false),
            (b"3\r\nab", b"ab", false),
            (b"3\r\nabc\r\n", b"abc", false),
            (b"ffffffffff\r\nabc", b"", true),
            (b"-1\r\nabc", b"", true),
            (b"fffffff0\r\nabc", b"abc", false),
        ] {
            let bytes = [head, content].concat();
            let read = answer(&bytes).unwrap();
            assert_eq!((read.body.as_slice(), read.is_whole), (joined, is_whole), "{content:?}");
        }
    }

    #[test]
    fn headers_that_no_rule_allows_cost_only_themselves() {
        let bytes =
            b"HTTP/1.0  401 Unauthorized\nServer : x\n\x01bad: y\nWWW-Authenticate: Basic\n\n";
        let read = answer(bytes).unwrap();
        assert_eq!(read.status, 401);
        assert_eq!(read.header("server"), Some(b"x".as_slice()));
        assert_eq!(read.header("www-authenticate"), Some(b"Basic".as_slice()));
    }

    #[test]
    fn a_head_that_was_cut_off_still_says_something() {
        let read =
            broken_answer(b"HTTP/1.1 301 Moved\r\nServer: nginx\r\nLocation: /a\r\nX").unwrap();
        assert_eq!((read.status, read.headers.len()), (301, 2));
        let read = broken_answer(b"HTTP/1.1 200 OK\r\nX: y\r\nServer: nginx/1.2").unwrap();
        assert_eq!(read.headers, [("X", b"y".as_slice())]);
        assert_eq!(broken_answer(b"HTTP/1.1 200 OK"), None);
        assert_eq!(broken_answer(b"HTTP/1.1 99999 x\r\n"), None);
        assert_eq!(broken_answer(b"HTTP/1.1"), None);
        assert_eq!(broken_answer(b"RTSP/1.0 200 OK"), None);
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = (answer(&bytes), broken_answer(&bytes), join_chunks(&bytes));
            let bytes = [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n", bytes.as_slice()].concat();
            let _ = (answer(&bytes), broken_answer(&bytes));
        }
    }
}
