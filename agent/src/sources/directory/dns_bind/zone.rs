//! A zone in the form of master files (RFC 1035 §5), with BIND's `$TTL`. Only what names machines is kept:
//! A, AAAA, PTR, and the targets of CNAME, MX and SRV.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::Chars;

use observation::latest::{MachineList, NamedMachine};

use crate::host::Host;
use crate::sources::{Found, named};

/// Largest file of a zone.
const ZONE_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Deepest chain of `$INCLUDE`, and most files of one zone.
const INCLUDES_DEPTH_MAX: usize = 8;
const FILES_MAX: usize = 200;
/// Most names of one zone.
const NAMES_MAX: usize = 100_000;
/// Most words of one record, a text record of many parts among them.
const WORDS_MAX: usize = 5_000;
/// Longest name with its dots and escapes.
const NAME_BYTES_MAX: usize = 1_024;

/// What one zone names.
#[derive(Default)]
pub(super) struct Zone {
    names: BTreeMap<String, BTreeSet<IpAddr>>,
    files: usize,
}

impl Zone {
    /// Reads a zone; relative names of included files are below `folder`.
    pub(super) fn read(
        host: &dyn Host,
        name: &str,
        path: &str,
        folder: &str,
        found: &mut Found,
    ) -> Self {
        let mut zone = Self::default();
        let origin = absolute(name, "");
        zone.file(host, &Place { path, folder, depth: 0 }, origin, found);
        zone
    }

    /// The machines that it names.
    pub(super) fn machines(self, path: &str) -> impl Iterator<Item = NamedMachine> {
        let path = path.to_owned();
        self.names.into_iter().map(move |(name, addresses)| {
            let mut machine = named::machine(MachineList::DnsZone, "bind", &path);
            machine.name = named::host_name(&name);
            machine.addresses = addresses.into_iter().collect();
            machine
        })
    }

    fn file(&mut self, host: &dyn Host, place: &Place<'_>, origin: String, found: &mut Found) {
        let path = place.path;
        if place.depth > INCLUDES_DEPTH_MAX || self.files == FILES_MAX {
            found.complaints.push(named::complaint(path, "too many files include each other"));
            return;
        }
        let bytes = named::read_bytes(host, path, ZONE_BYTES_MAX, "named_machine", found);
        let Some(bytes) = bytes else {
            found
                .complaints
                .push(named::complaint(path, "the file of the zone is not there or not readable"));
            return;
        };
        self.files += 1;
        if bytes.contains(&0) {
            let problem = "the zone does not stand in its file as text";
            found.complaints.push(named::complaint(path, problem));
            return;
        }
        let text = String::from_utf8_lossy(&bytes);
        let mut records = Records { text: text.chars().peekable(), line: 1 };
        let (mut origin, mut owner) = (origin, String::new());
        loop {
            let record = match records.next() {
                Some(Ok(record)) => record,
                Some(Err(problem)) => {
                    let place = format!("{path}, line {}", records.line);
                    found.complaints.push(named::complaint(&place, problem));
                    return;
                }
                None => return,
            };
            let word = |index: usize| record.words.get(index).map_or("", String::as_str);
            match word(0).to_ascii_uppercase().as_str() {
                "$ORIGIN" if record.has_owner => origin = absolute(word(1), &origin),
                "$INCLUDE" if record.has_owner => {
                    let inner = match word(1) {
                        it if it.starts_with('/') => it.to_owned(),
                        it => format!("{}/{it}", place.folder.trim_end_matches('/')),
                    };
                    let inner_origin = match word(2) {
                        "" => origin.clone(),
                        it => absolute(it, &origin),
                    };
                    let place =
                        Place { path: &inner, folder: place.folder, depth: place.depth + 1 };
                    self.file(host, &place, inner_origin, found);
                }
                "$GENERATE" if record.has_owner => {
                    let problem = "names made by $GENERATE are not counted";
                    found.complaints.push(named::complaint(path, problem));
                }
                it if it.starts_with('$') && record.has_owner => {}
                _ => {
                    let mut words = record.words.iter().map(String::as_str);
                    if record.has_owner {
                        owner = absolute(words.next().unwrap_or_default(), &origin);
                    }
                    self.record(&owner, words, &origin);
                }
            }
        }
    }

    /// `[TTL] [class] type data`, the first two in either order.
    fn record<'a>(&mut self, owner: &str, mut words: impl Iterator<Item = &'a str>, origin: &str) {
        let mut kind = words.next().unwrap_or_default();
        for _ in 0..2 {
            if is_class(kind) || is_time(kind) {
                kind = words.next().unwrap_or_default();
            }
        }
        let target = |word: Option<&str>| {
            word.map(|it| absolute(it, origin)).filter(|it| !it.is_empty() && it != ".")
        };
        match kind.to_ascii_uppercase().as_str() {
            "A" | "AAAA" => {
                if let Some(address) = words.next().and_then(named::address) {
                    self.enter(owner.to_owned(), Some(address));
                }
            }
            "PTR" => {
                let address = reverse(owner).filter(|it| !it.is_loopback() && !it.is_unspecified());
                if let (Some(address), Some(name)) = (address, target(words.next())) {
                    self.enter(name, Some(address));
                }
            }
            "CNAME" => self.enter_target(target(words.next())),
            "MX" => self.enter_target(target(words.nth(1))),
            "SRV" => self.enter_target(target(words.nth(3))),
            _ => {}
        }
    }

    fn enter_target(&mut self, name: Option<String>) {
        if let Some(name) = name {
            self.enter(name, None);
        }
    }

    /// A star stands for names that nobody gave.
    fn enter(&mut self, name: String, address: Option<IpAddr>) {
        let is_star = name == "*" || name.starts_with("*.");
        let has_room = self.names.len() < NAMES_MAX || self.names.contains_key(&name);
        if is_star || !has_room || name.len() > NAME_BYTES_MAX {
            return;
        }
        self.names.entry(name.to_ascii_lowercase()).or_default().extend(address);
    }
}

struct Place<'a> {
    path: &'a str,
    folder: &'a str,
    depth: usize,
}

/// A name with its origin; without the dot of the root, which alone is the empty name.
fn absolute(name: &str, origin: &str) -> String {
    match name.strip_suffix('.').filter(|it| !it.ends_with('\\')) {
        Some(absolute) => absolute.to_owned(),
        None if name == "@" => origin.to_owned(),
        None if origin.is_empty() => name.to_owned(),
        None => format!("{name}.{origin}"),
    }
}

fn is_class(word: &str) -> bool {
    ["IN", "CH", "HS", "CS"].iter().any(|it| word.eq_ignore_ascii_case(it))
}

/// Seconds, or numbers with units: `1d12h`.
fn is_time(word: &str) -> bool {
    word.starts_with(|it: char| it.is_ascii_digit())
        && word.chars().all(|it| it.is_ascii_digit() || "smhdwSMHDW".contains(it))
}

/// The address that a name of the reverse tree stands for.
fn reverse(owner: &str) -> Option<IpAddr> {
    let owner = owner.to_ascii_lowercase();
    if let Some(labels) = owner.strip_suffix(".in-addr.arpa") {
        let mut numbers = labels.rsplit('.').map(str::parse::<u8>);
        let address = [
            numbers.next()?.ok()?,
            numbers.next()?.ok()?,
            numbers.next()?.ok()?,
            numbers.next()?.ok()?,
        ];
        return numbers.next().is_none().then(|| Ipv4Addr::from(address).into());
    }
    let labels = owner.strip_suffix(".ip6.arpa")?;
    let mut digits = labels.rsplit('.');
    let mut address: u128 = 0;
    for _ in 0..32 {
        let digit = digits.next().filter(|it| it.len() == 1)?;
        address = (address << 4) | u128::from_str_radix(digit, 16).ok()?;
    }
    digits.next().is_none().then(|| Ipv6Addr::from(address).into())
}

struct Record {
    words: Vec<String>,
    /// Whether the line begins with a name; otherwise that of the record before holds.
    has_owner: bool,
}

struct Records<'a> {
    text: Peekable<Chars<'a>>,
    line: usize,
}

impl Records<'_> {
    /// The next record that is not empty.
    fn next(&mut self) -> Option<Result<Record, &'static str>> {
        loop {
            let first = *self.text.peek()?;
            match self.record(!first.is_whitespace()) {
                Ok(record) if record.words.is_empty() => {}
                other => return Some(other),
            }
        }
    }

    fn record(&mut self, has_owner: bool) -> Result<Record, &'static str> {
        let mut record = Record { words: Vec::new(), has_owner };
        let mut is_open = false;
        while let Some(it) = self.text.next() {
            match it {
                '\n' => {
                    self.line += 1;
                    if !is_open {
                        return Ok(record);
                    }
                }
                _ if it.is_whitespace() => {}
                ';' => while self.text.next_if(|it| *it != '\n').is_some() {},
                '(' => is_open = true,
                ')' => is_open = false,
                _ if record.words.len() == WORDS_MAX => return Err("a record has too many words"),
                '"' => record.words.push(self.quoted()?),
                _ => {
                    let word = self.plain(it);
                    record.words.push(word);
                }
            }
        }
        if is_open { Err("a parenthesis is not closed") } else { Ok(record) }
    }

    fn quoted(&mut self) -> Result<String, &'static str> {
        let mut word = String::new();
        while let Some(it) = self.text.next() {
            match it {
                '"' => return Ok(word),
                '\n' => break,
                '\\' => self.escaped(&mut word),
                _ => word.push(it),
            }
        }
        Err("a quoted text is not closed")
    }

    fn plain(&mut self, first: char) -> String {
        let mut word = String::new();
        let mut next = Some(first);
        while let Some(it) = next {
            match it {
                '\\' => self.escaped(&mut word),
                _ => word.push(it),
            }
            next = self.text.next_if(|it| !it.is_whitespace() && !"();\"".contains(*it));
        }
        word
    }

    /// `\097` is the character of that number; before any other character a backslash takes its meaning
    /// away, and stays, so that a dot within a label is told from one between labels.
    fn escaped(&mut self, word: &mut String) {
        let mut number = String::new();
        while number.len() < 3 {
            let Some(digit) = self.text.next_if(char::is_ascii_digit) else { break };
            number.push(digit);
        }
        match number.parse::<u8>() {
            Ok(code) if number.len() == 3 && code.is_ascii_graphic() && code != b'.' => {
                word.push(char::from(code));
            }
            _ => {
                word.push('\\');
                word.push_str(&number);
                if number.is_empty() {
                    word.extend(self.text.next_if(|it| *it != '\n'));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::MapHost;

    const ZONE: &str = include_str!("../../../../../tests/fixtures/servers/bind/example.zone");
    const INCLUDED: &str = include_str!("../../../../../tests/fixtures/servers/bind/inc.zone");
    /// What `named-compilezone` of BIND 9.18 makes of it.
    const TRUTH: &str = include_str!("../../../../../tests/fixtures/servers/bind/example.compiled");

    fn read(name: &str, text: &str) -> (Vec<NamedMachine>, Found) {
        let host = MapHost::new().file("/d/z", text).file("/d/inc.zone", INCLUDED);
        let mut found = Found::default();
        let zone = Zone::read(&host, name, "/d/z", "/d", &mut found);
        (zone.machines("/d/z").collect(), found)
    }

    #[test]
    fn names_and_addresses_are_those_that_bind_reads() {
        let mut expected: BTreeMap<String, BTreeSet<IpAddr>> = BTreeMap::new();
        for line in TRUTH.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let name = |it: &str| it.trim_end_matches('.').to_ascii_lowercase();
            match words.get(3) {
                // Made by $GENERATE, and a star.
                _ if words[0].starts_with("gen") || words[0].starts_with('*') => {}
                Some(&("A" | "AAAA")) => {
                    expected.entry(name(words[0])).or_default().insert(words[4].parse().unwrap());
                }
                Some(&"CNAME") => drop(expected.entry(name(words[4])).or_default()),
                Some(&"MX") => drop(expected.entry(name(words[5])).or_default()),
                Some(&"SRV") => drop(expected.entry(name(words[7])).or_default()),
                _ => {}
            }
        }
        let (machines, found) = read("example.test", ZONE);
        let seen: BTreeMap<String, BTreeSet<IpAddr>> = machines
            .into_iter()
            .map(|it| (it.name.unwrap(), it.addresses.into_iter().collect()))
            .collect();
        assert_eq!(seen, expected);
        assert!(seen.len() > 12);
        assert_eq!(found.complaints.len(), 1, "$GENERATE: {found:?}");
    }

    #[test]
    fn names_of_the_reverse_tree_give_addresses() {
        let (machines, _) = read(
            "2.0.192.in-addr.arpa",
            "$TTL 1\n@ SOA a. b. 1 1 1 1 1\n53 PTR ns1.example.test.\n25.2 PTR other.test.\n",
        );
        let [machine] = &*machines else { panic!("{machines:?}") };
        assert_eq!(machine.addresses[0].to_string(), "192.0.2.53");
        let six = format!("{}8.b.d.0.1.0.0.2.ip6.arpa", "1.".to_owned() + &"0.".repeat(23));
        assert_eq!(reverse(&six), "2001:db8::1".parse().ok());
        assert_eq!(reverse("1.0.0.2.ip6.arpa"), None);
        assert!(read("127.in-addr.arpa", "1.0.0 PTR localhost.\n").0.is_empty());
    }

    #[test]
    fn broken_zones_are_said() {
        for (text, problem) in [
            ("a A 192.0.2.1\nb TXT (\"x\"\n", "a parenthesis is not closed"),
            ("a A 192.0.2.1\nb TXT \"x\n", "a quoted text is not closed"),
        ] {
            let (machines, found) = read("t", text);
            assert_eq!((machines.len(), &*found.complaints[0].problem), (1, problem));
        }
        assert_eq!(read("t", "\0\0\0\u{2}").1.complaints.len(), 1);
        assert_eq!(read("t", "$INCLUDE z\n").1.complaints.len(), 1);
    }

    fn said(name: &str, text: &str) -> Vec<String> {
        let (machines, found) = read(name, text);
        assert_eq!(found.complaints, [], "{text}");
        let said = machines.into_iter().map(|it| {
            let addresses: Vec<String> = it.addresses.iter().map(ToString::to_string).collect();
            format!("{} {}", it.name.unwrap(), addresses.join(" ")).trim_end().to_owned()
        });
        said.collect()
    }

    /// Constructed from RFC 1035 §5.1 and RFC 2308 §4 ($TTL).
    #[test]
    fn each_form_of_a_record_is_understood() {
        for (text, expected) in [
            ("a A 192.0.2.1\n", "a.t 192.0.2.1"),
            ("a IN A 192.0.2.1\n", "a.t 192.0.2.1"),
            ("a 3600 IN A 192.0.2.1\n", "a.t 192.0.2.1"),
            ("a in 1d12h a 192.0.2.1\n", "a.t 192.0.2.1"),
            ("A.T. aaaa 2001:DB8::1 ; remark\n", "a.t 2001:db8::1"),
            ("@ A 192.0.2.1\n", "t 192.0.2.1"),
            ("a (\n IN\n A ; in between\n 192.0.2.1 )\n", "a.t 192.0.2.1"),
            ("$ORIGIN b.\na A 192.0.2.1\n", "a.b 192.0.2.1"),
            ("$ORIGIN b\na A 192.0.2.1\n", "a.b.t 192.0.2.1"),
            ("$TTL 1h\n$SOMETHING x\na A 192.0.2.1\n", "a.t 192.0.2.1"),
            ("x MX 10 mail\n", "mail.t"),
            ("x MX 10 mail.example.\n", "mail.example"),
            ("_sip._tcp SRV 0 5 5060 pbx\n", "pbx.t"),
            ("www CNAME web\n", "web.t"),
            ("x TXT \"a A 192.0.2.9 ; (\"\na A 192.0.2.1\n", "a.t 192.0.2.1"),
            ("a A 192.0.2.1", "a.t 192.0.2.1"),
            ("\r\na A 192.0.2.1\r\n", "a.t 192.0.2.1"),
        ] {
            assert_eq!(said("t", text), [expected], "{text}");
        }
    }

    #[test]
    fn a_line_without_a_name_is_of_the_name_before() {
        let text = "a A 192.0.2.1\n  A 192.0.2.2\n\tAAAA 2001:db8::1\nb A 192.0.2.3\n";
        assert_eq!(said("t", text), ["a.t 192.0.2.1 192.0.2.2 2001:db8::1", "b.t 192.0.2.3"]);
    }

    #[test]
    fn what_names_no_other_machine_is_left_out() {
        for text in [
            "* A 192.0.2.1\n",
            "*.x A 192.0.2.1\n",
            "a A 127.0.0.1\n",
            "a A 192.0.2.1000\n",
            "a A\n",
            "x MX 0 .\n",
            "x SRV 0 0 0 .\n",
            "@ NS ns1\n",
            "a HINFO x y\n",
            "a\n",
        ] {
            assert_eq!(said("t", text), [""; 0], "{text}");
        }
    }

    #[test]
    fn included_files_have_their_own_origin_and_circles_end() {
        let host = MapHost::new()
            .file("/d/z", "$INCLUDE one sub\na A 192.0.2.1\n$INCLUDE /d/one\n")
            .file("/d/one", "$ORIGIN x\nb A 192.0.2.2\n")
            .file("/d/circle", "$INCLUDE circle\n");
        let mut found = Found::default();
        let zone = Zone::read(&host, "t", "/d/z", "/d", &mut found);
        let names: Vec<String> = zone.machines("/d/z").filter_map(|it| it.name).collect();
        // The origin of an included file does not reach beyond it (RFC 1035 §5.1).
        assert_eq!(names, ["a.t", "b.x.sub.t", "b.x.t"]);
        assert_eq!(found, Found::default());
        let _ = Zone::read(&host, "t", "/d/circle", "/d", &mut found);
        assert_eq!(found.complaints.len(), 1);
        assert_eq!(found.complaints[0].problem, "too many files include each other");
    }

    #[test]
    fn long_names_and_records_are_bounded() {
        let long = "x".repeat(NAME_BYTES_MAX + 1);
        assert_eq!(read("t", &format!("{long} A 192.0.2.1\n")).0, []);
        let words = "w ".repeat(WORDS_MAX + 1);
        let (machines, found) = read("t", &format!("a A 192.0.2.1\nb TXT {words}\n"));
        assert_eq!((machines.len(), found.complaints.len()), (1, 1));
        assert_eq!(found.complaints[0].problem, "a record has too many words");
    }

    #[test]
    fn the_reverse_tree_of_both_families_is_turned_round() {
        for (owner, expected) in [
            ("4.3.2.1.in-addr.arpa", Some("1.2.3.4")),
            ("4.3.2.1.IN-ADDR.ARPA", Some("1.2.3.4")),
            ("3.2.1.in-addr.arpa", None),
            ("5.4.3.2.1.in-addr.arpa", None),
            ("256.3.2.1.in-addr.arpa", None),
            ("x.3.2.1.in-addr.arpa", None),
            // RFC 2317: a part of a network has a name of its own, which is no number.
            ("1.0/25.2.0.192.in-addr.arpa", None),
            ("in-addr.arpa", None),
            ("example.test", None),
            ("", None),
        ] {
            assert_eq!(reverse(owner), expected.map(|it| it.parse().unwrap()), "{owner}");
        }
        let six = |digits: &str| {
            let labels: Vec<String> = digits.chars().rev().map(String::from).collect();
            reverse(&format!("{}.ip6.arpa", labels.join(".")))
        };
        let digits = "20010db8000000000000000000000abc";
        assert_eq!(six(digits), "2001:db8::abc".parse().ok());
        assert_eq!(six(&digits.to_uppercase()), "2001:db8::abc".parse().ok());
        assert_eq!((six(&digits[1..]), six(&format!("0{digits}"))), (None, None));
        assert_eq!(six(&digits.replace('a', "g")), None);
        assert_eq!(said("2.0.192.in-addr.arpa", "7 PTR a.test.\n8 PTR .\n"), ["a.test 192.0.2.7"]);
    }

    #[test]
    fn words_that_stand_before_the_kind_are_told_apart() {
        for (word, is_one) in [
            ("1", true),
            ("86400", true),
            ("1d12h", true),
            ("2W", true),
            ("1x", false),
            ("d", false),
            ("", false),
        ] {
            assert_eq!(is_time(word), is_one, "{word}");
        }
        for (word, is_one) in [("IN", true), ("in", true), ("CH", true), ("A", false), ("", false)]
        {
            assert_eq!(is_class(word), is_one, "{word}");
        }
        for (name, origin, expected) in [
            ("a", "t", "a.t"),
            ("a.", "t", "a"),
            ("@", "t", "t"),
            ("a", "", "a"),
            (".", "t", ""),
            // A dot behind a backslash is one of the name.
            ("a\\.", "t", "a\\..t"),
        ] {
            assert_eq!(absolute(name, origin), expected, "{name} {origin}");
        }
    }

    proptest! {
        #[test]
        fn hostile_zones_never_panic(text in "(\\$ORIGIN|\\$INCLUDE z|IN|A|PTR|1d|192\\.0\\.2\\.1|[\\\\().;\"@*\n a0é]){0,40}") {
            let _ = read("t", &text);
            let _ = reverse(&text);
        }
    }
}
