//! What the readers of lists of machines and of servers' configurations share: reading the files that a
//! pattern names, and a machine as a list names it.

use std::net::IpAddr;

use observation::latest::{Absent, Complaint, Gap, MachineList, NamedMachine};

use crate::host::{Ask, Host};
use crate::sources::Found;

/// Largest configuration file.
const CONFIGURATION_BYTES_MAX: u64 = 2 * 1024 * 1024;
/// Most files that one pattern stands for.
const FILES_MAX: usize = 1_000;
/// Length of a hardware address in words of two digits (IEEE 802, EUI-48).
const MAC_WORDS: usize = 6;

/// A machine of which a list says nothing yet but that it is there.
pub(crate) fn machine(list: MachineList, keeper: &str, place: &str) -> NamedMachine {
    NamedMachine {
        list,
        keeper: keeper.to_owned(),
        place: place.to_owned(),
        name: None,
        addresses: Vec::new(),
        macs: Vec::new(),
        id: None,
        operating_system: None,
        is_active: None,
        last_seen_at: None,
    }
}

/// A hardware address of six words as `aa:bb:cc:dd:ee:ff`; none for anything else and for zeros.
pub(crate) fn mac(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split([':', '-']).collect();
    let is_word =
        |it: &&str| (1..=2).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_hexdigit());
    if words.len() != MAC_WORDS || !words.iter().all(is_word) {
        return None;
    }
    let words: Vec<String> =
        words.iter().map(|it| format!("{:0>2}", it.to_ascii_lowercase())).collect();
    words.iter().any(|it| it != "00").then(|| words.join(":"))
}

/// A host's name without the dot of the root; none for a text that is no name.
pub(crate) fn host_name(text: &str) -> Option<String> {
    let text = text.trim().trim_end_matches('.');
    let is_named = !text.is_empty() && text != "*" && !text.contains(char::is_control);
    is_named.then(|| text.to_owned())
}

/// An address that can be another machine's: neither unspecified nor loopback.
pub(crate) fn address(text: &str) -> Option<IpAddr> {
    let address: IpAddr = text.trim().parse().ok()?;
    (!address.is_unspecified() && !address.is_loopback()).then_some(address)
}

/// The files that a path names whose last part may hold `*` and `?`, sorted. A path without them is
/// itself, whether or not it is there.
pub(crate) fn files(host: &dyn Host, pattern: &str) -> Vec<String> {
    let Some((folder, last)) = pattern.rsplit_once('/').filter(|(_, it)| it.contains(['*', '?']))
    else {
        return vec![pattern.to_owned()];
    };
    let names = host.names(folder).unwrap_or_default();
    let fitting = names.into_iter().filter(|it| !it.starts_with('.') && fits(last, it));
    fitting.take(FILES_MAX).map(|it| format!("{folder}/{it}")).collect()
}

/// Whether a name fits a pattern of `*` and `?`. Time is at most the product of both lengths.
pub(crate) fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut seen) = (0, 0);
    let mut again: Option<(usize, usize)> = None;
    while seen < name.len() {
        match pattern.get(at) {
            Some('*') => {
                again = Some((at, seen));
                at += 1;
            }
            Some(it) if *it == '?' || Some(it) == name.get(seen) => {
                at += 1;
                seen += 1;
            }
            _ => {
                let Some((star, from)) = again else { return false };
                again = Some((star, from + 1));
                at = star + 1;
                seen = from + 1;
            }
        }
    }
    pattern.iter().skip(at).all(|it| *it == '*')
}

/// A configuration as text; why it cannot be read becomes a gap of `field`, save that it is not there.
pub(crate) fn read(host: &dyn Host, path: &str, field: &str, found: &mut Found) -> Option<String> {
    let bytes = read_bytes(host, path, CONFIGURATION_BYTES_MAX, field, found)?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// As [`read`], for a file of at most `bytes_max` bytes.
pub(crate) fn read_bytes(
    host: &dyn Host,
    path: &str,
    bytes_max: u64,
    field: &str,
    found: &mut Found,
) -> Option<Vec<u8>> {
    match host.bytes(path, bytes_max) {
        Ok(bytes) => Some(bytes),
        Err(Absent::NotHere { .. }) => None,
        Err(reason) => {
            found.gaps.push(Gap { field: field.to_owned(), of: Some(path.to_owned()), reason });
            None
        }
    }
}

/// A complaint about a place.
pub(crate) fn complaint(place: &str, problem: &str) -> Complaint {
    Complaint { place: place.to_owned(), problem: problem.to_owned() }
}

/// The last part of a path.
pub(crate) fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::MapHost;

    #[test]
    fn hardware_addresses_have_one_form() {
        assert_eq!(mac("02-00-5E-00-53-01").as_deref(), Some("02:00:5e:00:53:01"));
        assert_eq!(mac("2:0:5e:0:53:1").as_deref(), Some("02:00:5e:00:53:01"));
        for other in ["", "00:00:00:00:00:00", "02:00:5e:00:53", "02:00:5e:00:53:0g", "*:1:2:3:4:5"]
        {
            assert_eq!(mac(other), None, "{other}");
        }
    }

    #[test]
    fn only_other_machines_have_addresses() {
        assert!(address("192.0.2.1").is_some());
        for own in ["127.0.0.1", "::1", "0.0.0.0", "::", "nas"] {
            assert_eq!(address(own), None);
        }
        assert_eq!(host_name("a.example.test.").as_deref(), Some("a.example.test"));
        assert_eq!(host_name("*"), None);
    }

    #[test]
    fn patterns_stand_for_the_files_of_a_folder() {
        let host = MapHost::new()
            .file("/etc/a.d/b.conf", "")
            .file("/etc/a.d/a.conf", "")
            .file("/etc/a.d/.hidden.conf", "")
            .file("/etc/a.d/a.conf.bak", "");
        assert_eq!(files(&host, "/etc/a.d/*.conf"), ["/etc/a.d/a.conf", "/etc/a.d/b.conf"]);
        assert_eq!(files(&host, "/etc/none"), ["/etc/none"]);
        assert!(files(&host, "/etc/none.d/*").is_empty());
    }

    #[test]
    fn stars_and_question_marks_fit() {
        for (pattern, name, expected) in [
            ("*.conf", "a.conf", true),
            ("*", "", true),
            ("a?c*", "abcdef", true),
            ("*a*b*c", "xxaxxbxxc", true),
            ("*.conf", "a.conf~", false),
            ("a", "", false),
            ("", "a", false),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn what_may_not_be_read_is_a_gap_and_what_is_not_there_is_none() {
        let host = MapHost::unprivileged().forbid("/etc/secret");
        let mut found = Found::default();
        assert_eq!(read(&host, "/etc/secret", "named_machine", &mut found), None);
        assert_eq!(found.gaps.len(), 1);
        assert_eq!(read(&host, "/etc/none", "named_machine", &mut found), None);
        assert_eq!(found.gaps.len(), 1);
    }

    #[test]
    fn a_file_that_is_too_large_is_a_gap_and_not_cut() {
        let host = MapHost::new().file("/etc/a", "0123456789");
        let mut found = Found::default();
        assert_eq!(read_bytes(&host, "/etc/a", 10, "x", &mut found).unwrap(), b"0123456789");
        assert_eq!(read_bytes(&host, "/etc/a", 9, "x", &mut found), None);
        assert_eq!((found.gaps[0].of.as_deref(), &*found.gaps[0].field), (Some("/etc/a"), "x"));
        let host = MapHost::new().file("/etc/a", b"caf\xe9");
        assert_eq!(read(&host, "/etc/a", "x", &mut found).unwrap(), "caf\u{fffd}");
    }

    #[test]
    fn a_folder_with_too_many_files_is_read_in_part() {
        let host = (0..=FILES_MAX)
            .fold(MapHost::new(), |host, number| host.file(&format!("/d/{number:05}"), ""));
        assert_eq!(files(&host, "/d/*").len(), FILES_MAX);
        assert_eq!((base_name("/a/b"), base_name("b"), base_name("/a/")), ("b", "b", ""));
    }

    /// What a pattern says, without regard to time.
    fn fits_plainly(pattern: &[u8], name: &[u8]) -> bool {
        match (pattern.split_first(), name.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), left) => {
                fits_plainly(rest, name)
                    || left.is_some_and(|(_, left)| fits_plainly(pattern, left))
            }
            (Some((sign, rest)), Some((letter, left))) => {
                (*sign == b'?' || sign == letter) && fits_plainly(rest, left)
            }
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn patterns_fit_what_they_say(pattern in "[ab*?]{0,8}", name in "[ab]{0,10}") {
            let expected = fits_plainly(pattern.as_bytes(), name.as_bytes());
            prop_assert_eq!(fits(&pattern, &name), expected);
        }

        #[test]
        fn hostile_patterns_end(pattern in "[*?ab]{0,30}", name in "[ab]{0,60}") {
            let _ = fits(&pattern, &name);
        }
    }
}
