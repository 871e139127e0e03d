//! Replies of protocols that speak in lines.

/// A reply that begins with a number of three digits (RFC 5321 §4.2, RFC 959 §4.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberedReply<'a> {
    /// The number.
    pub code: u16,
    /// The lines in order; the first and last without number, those between without it where they
    /// have it (SMTP repeats it, FTP need not).
    pub lines: Vec<&'a [u8]>,
}

impl NumberedReply<'_> {
    /// The lines as one text.
    #[must_use]
    pub fn text(&self) -> Vec<u8> {
        self.lines.join(b" ".as_slice())
    }

    /// The line of a greeting that names its protocol, else the first, with its number; without
    /// the date at its end, so that it reads the same tomorrow.
    #[must_use]
    pub fn greeting(&self, protocol: &str) -> Vec<u8> {
        let naming = self.lines.iter().find(|it| holds(it, protocol));
        let line = naming.or_else(|| self.lines.first()).copied().unwrap_or_default();
        [self.code.to_string().as_bytes(), b" ", without_date(line)].concat()
    }
}

/// A reply, as far as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply<'a> {
    /// It may become one.
    Incomplete,
    /// It is one.
    Complete(NumberedReply<'a>),
    /// It does not begin like one.
    Foreign,
}

/// The lines that have come whole, without their ends.
pub fn whole_lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let whole = bytes.iter().rposition(|it| *it == b'\n').map_or(0, |it| it + 1);
    bytes
        .get(..whole)
        .unwrap_or_default()
        .split_inclusive(|it| *it == b'\n')
        .map(|line| line.strip_suffix(b"\n").unwrap_or(line))
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

/// Reads one numbered reply; what follows its last line is not looked at.
#[must_use]
pub fn numbered_reply(bytes: &[u8]) -> Reply<'_> {
    let begins_so = bytes.iter().take(3).all(u8::is_ascii_digit)
        && bytes.get(3).is_none_or(|it| matches!(it, b' ' | b'-' | b'\r' | b'\n'));
    if !begins_so {
        return Reply::Foreign;
    }
    let mut first = None;
    let mut lines = Vec::new();
    for line in whole_lines(bytes) {
        let (number, more, text) = parts(line);
        if first.is_none() {
            first = number;
        }
        let Some(code) = first else { return Reply::Foreign };
        let is_own = number == Some(code);
        lines.push(if is_own { text } else { line });
        if is_own && !more {
            return Reply::Complete(NumberedReply { code, lines });
        }
    }
    Reply::Incomplete
}

/// Number, whether more lines follow, and text of one line.
fn parts(line: &[u8]) -> (Option<u16>, bool, &[u8]) {
    let Some((digits, rest)) = line.split_at_checked(3) else { return (None, false, line) };
    if !digits.iter().all(u8::is_ascii_digit) {
        return (None, false, line);
    }
    let code = digits.iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    match rest {
        [b'-', text @ ..] => (Some(code), true, text),
        [b' ', text @ ..] => (Some(code), false, text),
        [] => (Some(code), false, rest),
        _ => (None, false, line),
    }
}

/// What stands before a date in the form of mail (RFC 5322 §3.3).
fn without_date(line: &[u8]) -> &[u8] {
    let is_day = |it: &[u8]| {
        let [a, b, c, b',', b' ', digit] = it else { return false };
        let days = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];
        days.contains(&&[*a, *b, *c]) && digit.is_ascii_digit()
    };
    let Some(start) = line.windows(6).position(is_day) else { return line };
    let before = line.get(..start).unwrap_or_default().trim_ascii_end();
    let before = before.strip_suffix(b" at").unwrap_or(before);
    before.strip_suffix(b";").unwrap_or(before).trim_ascii_end()
}

/// Whether `text` holds `word`, in whatever case; `word` is lower-case.
#[must_use]
pub fn holds(text: &[u8], word: &str) -> bool {
    find(text, word).is_some()
}

/// Where `word` begins in `text`, in whatever case; `word` is lower-case and not empty.
#[must_use]
pub fn find(text: &[u8], word: &str) -> Option<usize> {
    let word = word.as_bytes();
    text.windows(word.len().max(1)).position(|it| it.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn complete<'a>(code: u16, lines: &[&'a str]) -> Reply<'a> {
        Reply::Complete(NumberedReply {
            code,
            lines: lines.iter().map(|it| it.as_bytes()).collect(),
        })
    }

    #[test]
    fn one_line_is_a_reply_once_its_end_came() {
        assert_eq!(numbered_reply(b"220 ready\r\n"), complete(220, &["ready"]));
        assert_eq!(numbered_reply(b"220\r\n"), complete(220, &[""]));
        for part in ["", "2", "220", "220 rea", "220-", "220-a\r\n", "220-a\r\n220 b"] {
            assert_eq!(numbered_reply(part.as_bytes()), Reply::Incomplete, "{part:?}");
        }
    }

    #[test]
    fn several_lines_end_with_the_number_and_a_blank() {
        let smtp = b"250-mail.example\r\n250-SIZE 10\r\n250 HELP\r\n";
        assert_eq!(numbered_reply(smtp), complete(250, &["mail.example", "SIZE 10", "HELP"]));
        let ftp = b"211-Features:\r\n UTF8\r\n 123 x\r\n211 End\r\n220 more";
        assert_eq!(numbered_reply(ftp), complete(211, &["Features:", " UTF8", " 123 x", "End"]));
    }

    #[test]
    fn other_protocols_are_foreign() {
        for bytes in ["SSH-2.0-x\r\n", "22x", "2200 x\r\n", "+OK\r\n", "\n"] {
            assert_eq!(numbered_reply(bytes.as_bytes()), Reply::Foreign, "{bytes:?}");
        }
    }

    #[test]
    fn a_greeting_is_its_naming_line_without_the_date() {
        let check = |bytes: &[u8], protocol: &str, expected: &str| {
            let Reply::Complete(reply) = numbered_reply(bytes) else { panic!("{bytes:?}") };
            assert_eq!(String::from_utf8(reply.greeting(protocol)).unwrap(), expected);
        };
        let exim = b"220 mx.example ESMTP Exim 4.96 Tue, 24 Nov 2026 04:25:43 +0000\r\n";
        check(exim, "smtp", "220 mx.example ESMTP Exim 4.96");
        let sendmail =
            b"220 mx ESMTP Sendmail 8.15.2/8.15.2; Tue, 24 Nov 2026 04:25:43 GMT; (hello)\r\n";
        check(sendmail, "smtp", "220 mx ESMTP Sendmail 8.15.2/8.15.2");
        let exchange =
            b"220 mx Microsoft ESMTP MAIL Service ready at Tue, 24 Nov 2026 04:25:43 +0000\r\n";
        check(exchange, "smtp", "220 mx Microsoft ESMTP MAIL Service ready");
        let several = b"220-Local time is 04:25.\r\n220-ProFTPD 1.3.8\r\n220 be nice\r\n";
        check(several, "ftp", "220 ProFTPD 1.3.8");
        check(several, "smtp", "220 Local time is 04:25.");
        check(b"220 Sun, of the East\r\n", "ftp", "220 Sun, of the East");
    }

    #[test]
    fn only_whole_lines_are_lines() {
        let lines: Vec<&[u8]> = whole_lines(b"a\r\nb\n\nc").collect();
        assert_eq!(lines, [b"a".as_slice(), b"b", b""]);
    }

    #[test]
    fn words_are_found_in_any_case() {
        assert!(holds(b"Welcome to Pure-FTPd", "ftp"));
        assert_eq!(find(b"abc", "C".to_ascii_lowercase().as_str()), Some(2));
        assert_eq!(find(b"ab", "abc"), None);
    }

    proptest! {
        #[test]
        fn what_is_complete_stays_so_whatever_follows(
            head in "[0-9 \\-\r\na]{0,40}", tail in proptest::collection::vec(any::<u8>(), 0..20),
        ) {
            let reply = numbered_reply(head.as_bytes());
            let longer = [head.as_bytes(), &tail].concat();
            if reply != Reply::Incomplete && !head.is_empty() {
                prop_assert_eq!(numbered_reply(&longer), reply);
            }
        }
    }
}
