//! Bytes of a list to records: which encoding, which sign parts the fields (RFC 4180 §2, and what
//! spreadsheets make of it).

/// Records of a list that are read: as many as the register holds entries of one table.
const RECORDS_MAX: usize = 20_000;
/// Fields of a record that are read.
const FIELDS_MAX: usize = 200;

/// One record of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    /// The line on which it begins, counted from 0.
    pub(super) line: usize,
    /// Its fields, without spaces around them.
    pub(super) fields: Vec<String>,
}

/// Why a list cannot be read: the message, and the place counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unreadable {
    pub(super) message: &'static str,
    pub(super) line: usize,
    pub(super) field: usize,
}

/// What 0x80 to 0x9F mean in Windows-1252 (Unicode consortium, `CP1252.TXT`); 0: nothing.
const WINDOWS_1252: [u16; 32] = [
    0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039,
    0x0152, 0, 0x017D, 0, 0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC,
    0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178,
];

/// The text of a list: UTF-8, UTF-16 with its mark, else Windows-1252.
///
/// # Errors
/// If it holds what none of them knows.
pub(super) fn text_of(bytes: &[u8]) -> Result<String, Unreadable> {
    if let Some(rest) = bytes.strip_prefix(&[0xFF, 0xFE]) {
        return utf16(rest, u16::from_le_bytes);
    }
    if let Some(rest) = bytes.strip_prefix(&[0xFE, 0xFF]) {
        return utf16(rest, u16::from_be_bytes);
    }
    let bytes = bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(_) => windows_1252(bytes),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, Unreadable> {
    let (units, rest) = bytes.as_chunks::<2>();
    let text: Result<String, _> = char::decode_utf16(units.iter().map(|it| unit(*it))).collect();
    let unreadable = Unreadable { message: "licence-problem-encoding", line: 0, field: 0 };
    if rest.is_empty() { text.map_err(|_| unreadable) } else { Err(unreadable) }
}

fn windows_1252(bytes: &[u8]) -> Result<String, Unreadable> {
    let mut text = String::with_capacity(bytes.len());
    let mut line = 0;
    for byte in bytes {
        let unit = match byte {
            0x80..=0x9F => WINDOWS_1252.get(usize::from(byte - 0x80)).copied().unwrap_or(0),
            _ => u16::from(*byte),
        };
        line += usize::from(*byte == b'\n');
        match char::from_u32(u32::from(unit)) {
            Some('\0') | None => {
                return Err(Unreadable { message: "licence-problem-encoding", line, field: 0 });
            }
            Some(letter) => text.push(letter),
        }
    }
    Ok(text)
}

/// The sign that a first line such as `sep=;` names, as one spreadsheet program writes it.
pub(super) fn declared_separator(text: &str) -> Option<char> {
    let mut rest = text.lines().next()?.trim().strip_prefix("sep=")?.chars();
    let sign = rest.next()?;
    rest.next().is_none().then_some(sign)
}

/// The records of a list, without those that say nothing.
///
/// # Errors
/// If a quotation does not end, text stands behind one, a sign cannot be text, or there is too much.
pub(super) fn records(text: &str, separator: char) -> Result<Vec<Record>, Unreadable> {
    let mut reader = Reader { separator, ..Reader::default() };
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        // A doubled quotation mark inside of a quotation is one of its letters.
        let is_doubled =
            letter == '"' && reader.state == State::Quoted && letters.peek() == Some(&'"');
        if is_doubled {
            letters.next();
            reader.field.push('"');
            continue;
        }
        reader.take(letter)?;
    }
    if reader.state == State::Quoted {
        return Err(reader.unreadable("licence-problem-quotation"));
    }
    reader.end_record()?;
    Ok(reader.records)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// Nothing but spaces of the field was met.
    #[default]
    Begin,
    Plain,
    Quoted,
    /// Behind a quotation.
    Behind,
}

#[derive(Default)]
struct Reader {
    separator: char,
    state: State,
    field: String,
    fields: Vec<String>,
    /// Where the record and where the letter stands.
    begun: usize,
    line: usize,
    records: Vec<Record>,
}

impl Reader {
    fn unreadable(&self, message: &'static str) -> Unreadable {
        Unreadable { message, line: self.begun, field: self.fields.len() }
    }

    fn take(&mut self, letter: char) -> Result<(), Unreadable> {
        if letter == '\n' {
            self.line += 1;
        }
        if letter.is_control() && !matches!(letter, '\n' | '\r' | '\t') {
            return Err(self.unreadable("licence-problem-control-character"));
        }
        match self.state {
            State::Quoted if letter == '"' => self.state = State::Behind,
            State::Quoted => self.field.push(letter),
            State::Begin | State::Plain | State::Behind if letter == self.separator => {
                self.end_field()?;
            }
            State::Begin | State::Plain | State::Behind if letter == '\n' => self.end_record()?,
            State::Begin if letter == '"' => {
                self.field.clear();
                self.state = State::Quoted;
            }
            State::Behind if letter.is_whitespace() => {}
            State::Behind => return Err(self.unreadable("licence-problem-behind-quotation")),
            State::Begin | State::Plain => {
                self.field.push(letter);
                if !letter.is_whitespace() {
                    self.state = State::Plain;
                }
            }
        }
        Ok(())
    }

    fn end_field(&mut self) -> Result<(), Unreadable> {
        if self.fields.len() >= FIELDS_MAX {
            return Err(self.unreadable("licence-problem-too-many-fields"));
        }
        self.fields.push(self.field.trim().to_owned());
        self.field.clear();
        self.state = State::Begin;
        Ok(())
    }

    fn end_record(&mut self) -> Result<(), Unreadable> {
        self.end_field()?;
        let fields = std::mem::take(&mut self.fields);
        let line = std::mem::replace(&mut self.begun, self.line);
        if fields.iter().all(String::is_empty) {
            return Ok(());
        }
        if self.records.len() >= RECORDS_MAX {
            self.begun = line;
            return Err(self.unreadable("licence-problem-too-many-records"));
        }
        self.records.push(Record { line, fields });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fields(text: &str, separator: char) -> Vec<Vec<String>> {
        records(text, separator).unwrap().into_iter().map(|it| it.fields).collect()
    }

    #[test]
    fn fields_are_parted_quoted_and_broken_over_lines() {
        let text = "a;\"b;c\";\"d \"\"e\"\"\"\r\n\r\n \"x\ny\" ;  z ;\n";
        assert_eq!(fields(text, ';'), [vec!["a", "b;c", "d \"e\""], vec!["x\ny", "z", ""]]);
        let lines: Vec<usize> = records(text, ';').unwrap().iter().map(|it| it.line).collect();
        assert_eq!(lines, [0, 2]);
        assert_eq!(fields("27\" monitor,1", ','), [["27\" monitor", "1"]]);
    }

    #[test]
    fn what_is_no_list_is_refused_with_its_place() {
        for (text, message, line, field) in [
            ("a;b\n1;\"2", "licence-problem-quotation", 1, 1),
            ("a;b\n\"1\"x;2", "licence-problem-behind-quotation", 1, 0),
            ("a;b\n1;\u{1}", "licence-problem-control-character", 1, 1),
        ] {
            assert_eq!(records(text, ';'), Err(Unreadable { message, line, field }), "{text:?}");
        }
        let wide = ";".repeat(FIELDS_MAX + 1);
        assert_eq!(records(&wide, ';').unwrap_err().message, "licence-problem-too-many-fields");
        let long = "a\n".repeat(RECORDS_MAX + 1);
        assert_eq!(records(&long, ';').unwrap_err().message, "licence-problem-too-many-records");
    }

    #[test]
    fn encodings_are_told_apart() {
        assert_eq!(text_of("Größe €".as_bytes()).unwrap(), "Größe €");
        assert_eq!(text_of(b"\xEF\xBB\xBFa").unwrap(), "a");
        assert_eq!(text_of(b"Gr\xF6\xDFe \x80 \x84").unwrap(), "Größe € „");
        assert_eq!(text_of(b"\xFF\xFEa\0\xDF\0").unwrap(), "aß");
        assert_eq!(text_of(b"\xFE\xFF\0a").unwrap(), "a");
        assert_eq!(text_of(b"a\n\xF6\x81").unwrap_err().line, 1);
        assert!(text_of(b"\xFF\xFEa").is_err());
        assert!(text_of(b"\xFF\xFE\x00\xD8").is_err());
    }

    #[test]
    fn a_first_line_may_name_the_sign() {
        assert_eq!(declared_separator("sep=|\na|b"), Some('|'));
        assert_eq!(declared_separator("sep=ab\n"), None);
        assert_eq!(declared_separator("a;b"), None);
    }

    proptest! {
        /// Whatever the bytes are: a list or a reason, and never more than is allowed.
        #[test]
        fn any_bytes_give_records_or_a_reason(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            if let Ok(text) = text_of(&bytes) {
                for separator in [';', ',', '\t'] {
                    if let Ok(found) = records(&text, separator) {
                        prop_assert!(found.iter().all(|it| it.fields.iter().any(|it| !it.is_empty())));
                    }
                }
            }
        }

        /// What a program writes by the rules is read as it was meant.
        #[test]
        fn what_is_written_by_the_rules_comes_back(
            rows in proptest::collection::vec(proptest::collection::vec("[a-z\";,\n ]{0,6}", 3), 1..6),
        ) {
            let quoted = |it: &String| format!("\"{}\"", it.replace('"', "\"\""));
            let line = |row: &Vec<String>| row.iter().map(quoted).collect::<Vec<_>>().join(";");
            let text = rows.iter().map(line).collect::<Vec<_>>().join("\r\n");
            let meant: Vec<Vec<String>> = rows
                .iter()
                .map(|row| row.iter().map(|it| it.trim().to_owned()).collect::<Vec<_>>())
                .filter(|row| row.iter().any(|it| !it.is_empty()))
                .collect();
            prop_assert_eq!(fields(&text, ';'), meant);
        }
    }
}
