//! Replaces serial numbers and identities by others of the same form, the same one by the same one.

use kataster_agent::host::{Exchange, Reply, Request};
use sha2::{Digest, Sha256};

/// Files that hold nothing but an identity.
const FILES: [&str; 17] = [
    "/board_asset_tag",
    "/board_serial",
    "/boot_id",
    "/chassis_asset_tag",
    "/chassis_serial",
    "/cid",
    "/machine-id",
    "/product_serial",
    "/product_uuid",
    "/serial",
    "/vpd_pg80",
    "/vpd_pg83",
    "/vpd_pg89",
    "/wwid",
    "/wwn",
    "/nguid",
    "/eui",
];
const TABLE_FILE: &str = "/tables/DMI";
/// Structures of SMBIOS with the offsets of the numbers of their identifying texts.
const TEXTS: [(u8, &[usize]); 6] =
    [(1, &[7]), (2, &[7, 8]), (3, &[7, 8]), (4, &[32, 33]), (17, &[24, 25]), (22, &[7])];
const SYSTEM: u8 = 1;
const UUID_AT: std::ops::Range<usize> = 8..24;

/// The same exchanges without the machine's own identities.
pub(crate) fn replace(mut exchanges: Vec<Exchange>) -> Vec<Exchange> {
    for exchange in &mut exchanges {
        let (Request::File { path, .. }, Ok(Reply::File(bytes))) =
            (&exchange.request, &mut exchange.reply)
        else {
            continue;
        };
        if path.ends_with(TABLE_FILE) {
            replace_in_table(bytes);
        } else if path.ends_with("/wwid") || path.ends_with("/wwn") {
            // What stands before the dot says of which kind the identity is.
            let start = bytes.iter().position(|it| *it == b'.').map_or(0, |it| it + 1);
            disguise(bytes.get_mut(start..).unwrap_or_default());
        } else if path.ends_with("/vpd_pg80") {
            disguise(bytes.get_mut(4..).unwrap_or_default());
        } else if FILES.iter().any(|it| path.ends_with(it)) {
            disguise(bytes);
        }
    }
    exchanges
}

/// Digits become digits, letters letters of the same case; hexadecimal stays hexadecimal.
fn disguise(bytes: &mut [u8]) {
    let seed = Sha256::digest(&*bytes);
    for (byte, random) in bytes.iter_mut().zip(seed.iter().cycle()) {
        *byte = match *byte {
            b'0'..=b'9' => b'0' + random % 10,
            b'a'..=b'f' => b'a' + random % 6,
            b'A'..=b'F' => b'A' + random % 6,
            b'g'..=b'z' => b'g' + random % 20,
            b'G'..=b'Z' => b'G' + random % 20,
            other => other,
        };
    }
}

/// Texts of filler stay: how firmware fills its fields is worth recording.
fn is_filler(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text).to_lowercase();
    let words = ["o.e.m", "default", "not ", "none", "unknown", "n/a", "no asset", "empty"];
    words.iter().any(|it| text.contains(it)) || text.chars().all(|it| "0x. -".contains(it))
}

fn replace_in_table(table: &mut [u8]) {
    let mut offset = 0;
    while let Some((&kind, &length)) = table.get(offset).zip(table.get(offset + 1)) {
        let behind = offset + usize::from(length);
        let Some(rest) = table.get(behind..) else { return };
        let Some(end) = rest.windows(2).position(|it| it == [0, 0]) else { return };
        if length < 4 {
            return;
        }
        let numbers: Vec<usize> = TEXTS
            .iter()
            .filter(|it| it.0 == kind)
            .flat_map(|it| it.1)
            .filter(|at| **at < usize::from(length))
            .filter_map(|at| table.get(offset + at).map(|it| usize::from(*it)))
            .collect();
        if let Some(texts) = table.get_mut(behind..behind + end) {
            for (index, text) in texts.split_mut(|it| *it == 0).enumerate() {
                if numbers.contains(&(index + 1)) && !is_filler(text) {
                    disguise(text);
                }
            }
        }
        if kind == SYSTEM
            && let Some(uuid) = table.get_mut(offset + UUID_AT.start..offset + UUID_AT.end)
            && !uuid.iter().all(|it| *it == 0 || *it == 0xff)
        {
            let random = Sha256::digest(&*uuid);
            uuid.copy_from_slice(random.get(..UUID_AT.len()).unwrap_or_default());
        }
        offset = behind + end + 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, bytes: &[u8]) -> Exchange {
        Exchange {
            request: Request::File { path: path.to_owned(), bytes_max: 0 },
            reply: Ok(Reply::File(bytes.to_vec())),
        }
    }

    fn check(path: &str, bytes: &[u8]) -> Vec<u8> {
        let reply = replace(vec![file(path, bytes)]).remove(0).reply;
        let Ok(Reply::File(bytes)) = reply else { panic!("no file") };
        bytes
    }

    #[test]
    fn an_identity_keeps_its_form_and_nothing_else() {
        let old = b"S5GXNX0R700001\n";
        let new = check("/sys/block/nvme0n1/device/serial", old);
        assert_ne!(new, old);
        assert_eq!(new.len(), old.len());
        assert_eq!(new, check("/sys/block/nvme1n1/device/serial", old), "the same by the same");
        assert_eq!(check("/etc/hostname", b"alpha"), b"alpha");
        assert!(check("/sys/block/a/wwid", b"eui.0025388b91d2e4f0\n").starts_with(b"eui."));
    }

    #[test]
    fn a_table_keeps_its_length_its_filler_and_its_makers() {
        let mut table = vec![1, 27, 0, 0, 1, 2, 0, 3];
        table.extend([0xab; 16]);
        table.extend([6, 0, 0]);
        table.extend(b"Maker\0Model\0SERIAL77\0\0");
        table.extend([2, 9, 0, 0, 0, 0, 0, 1, 2]);
        table.extend(b"Default string\0TAG123\0\0");
        table.extend([127, 4, 0, 0, 0, 0]);
        let new = check("/sys/firmware/dmi/tables/DMI", &table);
        assert_eq!(new.len(), table.len());
        let text = String::from_utf8_lossy(&new).into_owned();
        assert!(text.contains("Maker") && text.contains("Default string"));
        assert!(!text.contains("SERIAL77") && !text.contains("TAG123"));
        assert_ne!(new[8..24], [0xab; 16]);
    }

    #[test]
    fn a_broken_table_ends_the_walk() {
        for table in [&[][..], &[1, 0, 0, 0], &[1, 200, 0], &[1, 4, 0, 0, b'x']] {
            assert_eq!(check("/x/tables/DMI", table), table);
        }
    }
}
