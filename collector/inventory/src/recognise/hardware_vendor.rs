//! `data/hardware_vendors.bin`: to whom the first bits of a hardware address belong.
//!
//! Made by `cargo run -p tests --bin hardware_vendors`; its first line says from what and when. Then,
//! numbers with the most significant byte first:
//!
//! - count of names (4 bytes), then each name as length of what it shares with the one before, length
//!   of the rest (a byte each), and the rest;
//! - for each length of prefix, 24, 28 and 36 bits: count (4 bytes), then each prefix as a number of 3,
//!   4 and 5 bytes, filled up on the right, with the number of its name (2 bytes), in order.

use std::sync::OnceLock;

use super::placeholder::link_mac;

static DATA: &[u8] = include_bytes!("../../data/hardware_vendors.bin");

/// Digits of a prefix, and the bytes that hold it.
const WIDTHS: [(usize, usize); 3] = [(6, 3), (7, 4), (9, 5)];

/// Bytes of the number of a name.
const NAME_BYTES: usize = 2;

/// To whom the IEEE gave the first bits of a hardware address. `None`: nobody, as for all that were
/// chosen by software.
#[must_use]
pub fn mac_vendor(mac: &str) -> Option<&'static str> {
    let digits = link_mac(mac)?;
    let table = table();
    // The longest prefix holds: parts of a block were given on.
    let place =
        WIDTHS.iter().zip(table.prefixes).rev().find_map(|((digits_count, bytes), list)| {
            let wanted = prefix_bytes(digits.get(..*digits_count)?)?;
            find(list, wanted.get(..*bytes)?, bytes + NAME_BYTES)
        })?;
    table.names.get(place).map(String::as_str)
}

/// What the table says of itself: source, date, licence.
#[must_use]
pub fn mac_vendors_origin() -> &'static str {
    let line = DATA.split(|it| *it == b'\n').next().unwrap_or_default();
    std::str::from_utf8(line).unwrap_or_default()
}

/// The digits as bytes, filled up on the right.
fn prefix_bytes(digits: &str) -> Option<[u8; 6]> {
    let filled = format!("{digits:0<12}");
    let bytes = data_encoding::HEXLOWER.decode(filled.as_bytes()).ok()?;
    bytes.try_into().ok()
}

/// The number of the name of a prefix in a sorted list.
fn find(list: &[u8], wanted: &[u8], width: usize) -> Option<usize> {
    let (mut low, mut high) = (0, list.len() / width);
    while low < high {
        let middle = low + (high - low) / 2;
        let row = list.get(middle * width..(middle + 1) * width)?;
        let (prefix, name) = row.split_at_checked(wanted.len())?;
        match prefix.cmp(wanted) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
            std::cmp::Ordering::Equal => {
                let [high, low] = name else { return None };
                return Some(usize::from(u16::from_be_bytes([*high, *low])));
            }
        }
    }
    None
}

#[derive(Default)]
struct Table {
    names: Vec<String>,
    prefixes: [&'static [u8]; 3],
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    // The file is part of the program; a test reads it.
    TABLE.get_or_init(|| read(DATA).unwrap_or_default())
}

fn read(data: &'static [u8]) -> Option<Table> {
    let head = data.iter().position(|it| *it == b'\n')?;
    let mut rest = data.get(head + 1..)?;
    let count = number(&mut rest)?;
    let mut names: Vec<String> = Vec::new();
    for _ in 0..count {
        let [shared, own, after @ ..] = rest else { return None };
        let (own, after) = after.split_at_checked(usize::from(*own))?;
        let before = names.last().and_then(|it| it.as_bytes().get(..usize::from(*shared)));
        let name = [before.unwrap_or_default(), own].concat();
        names.push(String::from_utf8(name).ok()?);
        rest = after;
    }
    let mut prefixes: [&[u8]; 3] = [&[]; 3];
    for (list, (_, bytes)) in prefixes.iter_mut().zip(WIDTHS) {
        let length = number(&mut rest)?.checked_mul(bytes + NAME_BYTES)?;
        let (own, after) = rest.split_at_checked(length)?;
        *list = own;
        rest = after;
    }
    rest.is_empty().then_some(Table { names, prefixes })
}

fn number(rest: &mut &'static [u8]) -> Option<usize> {
    let (own, after) = rest.split_first_chunk()?;
    *rest = after;
    usize::try_from(u32::from_be_bytes(*own)).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_data_can_be_read_and_says_where_it_comes_from() {
        let table = read(DATA).unwrap();
        assert!(table.names.len() > 20_000, "{}", table.names.len());
        for (list, (_, bytes)) in table.prefixes.iter().zip(WIDTHS) {
            let rows: Vec<&[u8]> = list.chunks(bytes + NAME_BYTES).map(|it| &it[..bytes]).collect();
            assert!(rows.len() > 1_000 && rows.is_sorted());
        }
        let origin = mac_vendors_origin();
        assert!(origin.contains("IEEE") && origin.contains("BSD-2-Clause"), "{origin}");
        assert!(DATA.len() < 1_000_000);
    }

    #[test]
    fn the_longest_prefix_holds() {
        assert_eq!(mac_vendor("00:00:0c:12:34:56"), Some("Cisco Systems, Inc"));
        assert_eq!(mac_vendor("C8-5C-E2-7A-BC-DE"), Some("SYNERGY SYSTEMS AND SOLUTIONS"));
        assert_eq!(mac_vendor("00:1b:54:20:01:01"), Some("Cisco Systems, Inc"));
    }

    #[test]
    fn what_software_chose_belongs_to_nobody() {
        for mac in ["02:00:00:00:00:01", "9a:11:22:33:44:55", "", "00:00:5e:00:01:01", "x"] {
            assert_eq!(mac_vendor(mac), None, "{mac}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_looked_up_without_panic(text in ".{0,40}") {
            let _ = mac_vendor(&text);
        }

        #[test]
        fn any_address_is_looked_up_without_panic(bytes in any::<[u8; 6]>()) {
            let found = mac_vendor(&data_encoding::HEXLOWER.encode(&bytes));
            prop_assert!(found.is_none_or(|it| !it.is_empty()));
        }
    }
}
