//! The header of a LUKS volume (LUKS1 and LUKS2 On-Disk Format Specification). What a key could be made
//! of, salts and digests, is read past and never kept.

use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::OwnedFd;

use observation::latest::Absent;
use serde::Deserialize;

use super::super::LuksHeader;
use super::{absent, block_device, failed};

/// "LUKS" and two bytes that no text has.
const MAGIC: &[u8; 6] = b"LUKS\xba\xbe";
/// Both versions state what they are in the first block.
const BLOCK_BYTES: usize = 4096;
/// The largest header that LUKS2 allows: 4 MiB, of which 4 KiB are no JSON.
const HEADER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Eight key slots of LUKS1, 48 bytes each, begin at this offset.
const SLOTS_AT: usize = 208;
const SLOT_BYTES: usize = 48;
const SLOTS: usize = 8;
/// How LUKS1 marks a slot in use.
const SLOT_ACTIVE: [u8; 4] = [0x00, 0xac, 0x71, 0xf3];

/// Reads the header of a block device; *not here* where it holds no LUKS volume.
pub(super) fn header(device: &str) -> Result<LuksHeader, Absent> {
    let file = block_device::open(device)?;
    let path = format!("/dev/{device}");
    let first = read_at(&file, &path, BLOCK_BYTES, 0)?;
    let Some(version) = version(&first) else {
        return Err(Absent::NotHere { looked_at: format!("LUKS header on {path}") });
    };
    let unreadable = || failed(&path, "its LUKS header cannot be understood");
    if version == 1 {
        return luks1(&first).ok_or_else(unreadable);
    }
    let length = json_length(&first).ok_or_else(unreadable)?;
    let json = read_at(&file, &path, length, BLOCK_BYTES as u64)?;
    luks2(&first, &json).ok_or_else(unreadable)
}

fn read_at(file: &OwnedFd, path: &str, length: usize, offset: u64) -> Result<Vec<u8>, Absent> {
    let mut bytes = vec![0; length];
    let read = rustix::io::pread(file, bytes.as_mut_slice(), offset);
    bytes.truncate(read.map_err(|it| absent(path, &it.into()))?);
    Ok(bytes)
}

fn version(block: &[u8]) -> Option<u16> {
    let version = block.strip_prefix(MAGIC)?.first_chunk()?;
    Some(u16::from_be_bytes(*version)).filter(|it| matches!(it, 1 | 2))
}

/// The size of the whole header stands behind the version.
fn json_length(block: &[u8]) -> Option<usize> {
    let size = u64::from_be_bytes(block.get(8..16)?.try_into().ok()?);
    let size = usize::try_from(size).ok().filter(|it| *it <= HEADER_BYTES_MAX)?;
    size.checked_sub(BLOCK_BYTES)
}

fn text(bytes: Option<&[u8]>) -> Option<String> {
    let bytes = bytes?.split(|it| *it == 0).next()?;
    let text = String::from_utf8_lossy(bytes).trim().to_owned();
    (!text.is_empty()).then_some(text)
}

fn luks1(block: &[u8]) -> Option<LuksHeader> {
    let cipher = text(block.get(8..40))?;
    let mode = text(block.get(40..72))?;
    let key_bytes = u32::from_be_bytes(block.get(108..112)?.try_into().ok()?);
    let slots = block.get(SLOTS_AT..SLOTS_AT + SLOTS * SLOT_BYTES)?;
    let active = slots.chunks(SLOT_BYTES).filter(|it| it.starts_with(&SLOT_ACTIVE)).count();
    Some(LuksHeader {
        version: 1,
        uuid: text(block.get(168..208)),
        cipher: Some(format!("{cipher}-{mode}")),
        key_bits: key_bytes.checked_mul(8),
        key_slots: u32::try_from(active).ok(),
        key_derivations: vec!["pbkdf2".to_owned()],
        tokens: Vec::new(),
    })
}

/// The parts of the JSON area that hold no secret.
#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    keyslots: BTreeMap<String, KeySlot>,
    #[serde(default)]
    segments: BTreeMap<String, Segment>,
    #[serde(default)]
    tokens: BTreeMap<String, Token>,
}

#[derive(Deserialize)]
struct KeySlot {
    #[serde(rename = "type")]
    kind: String,
    key_size: Option<u32>,
    kdf: Option<KeyDerivation>,
}

#[derive(Deserialize)]
struct KeyDerivation {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Segment {
    encryption: Option<String>,
}

#[derive(Deserialize)]
struct Token {
    #[serde(rename = "type")]
    kind: String,
}

fn luks2(block: &[u8], json: &[u8]) -> Option<LuksHeader> {
    let json = json.split(|it| *it == 0).next()?;
    let metadata: Metadata = serde_json::from_slice(json).ok()?;
    // A slot of kind "reencrypt" opens nothing.
    let slots: Vec<&KeySlot> = metadata.keyslots.values().filter(|it| it.kind == "luks2").collect();
    let kinds = |of: BTreeSet<String>| of.into_iter().collect();
    let derivations = slots.iter().filter_map(|it| it.kdf.as_ref()).map(|it| it.kind.clone());
    Some(LuksHeader {
        version: 2,
        uuid: text(block.get(168..208)),
        cipher: metadata.segments.values().find_map(|it| it.encryption.clone()),
        key_bits: slots.iter().find_map(|it| it.key_size).and_then(|it| it.checked_mul(8)),
        key_slots: u32::try_from(slots.len()).ok(),
        key_derivations: kinds(derivations.collect()),
        tokens: kinds(metadata.tokens.into_values().map(|it| it.kind).collect()),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn whole(bytes: &[u8]) -> Option<LuksHeader> {
        match version(bytes)? {
            1 => luks1(bytes),
            _ => luks2(bytes, bytes.get(BLOCK_BYTES..)?.get(..json_length(bytes)?)?),
        }
    }

    /// A header as LUKS1 lays it out, with bytes where salts and digests are.
    fn old_header() -> Vec<u8> {
        let mut block = vec![0xa5; 592];
        block[..8].copy_from_slice(b"LUKS\xba\xbe\0\x01");
        let mut put = |at: usize, size: usize, text: &str| {
            block[at..at + size].fill(0);
            block[at..at + text.len()].copy_from_slice(text.as_bytes());
        };
        put(8, 32, "aes");
        put(40, 32, "xts-plain64");
        put(72, 32, "sha256");
        put(168, 40, "9f0ce3a1-79d6-44be-8fe3-4a3b34a0a2b5");
        block[108..112].copy_from_slice(&64_u32.to_be_bytes());
        for slot in 0..8 {
            let state = if slot < 2 { SLOT_ACTIVE } else { [0, 0, 0xde, 0xad] };
            block[208 + slot * 48..212 + slot * 48].copy_from_slice(&state);
        }
        block
    }

    fn new_header(json: &str) -> Vec<u8> {
        let mut bytes = vec![0; 16 * 1024];
        bytes[..8].copy_from_slice(b"LUKS\xba\xbe\0\x02");
        bytes[8..16].copy_from_slice(&(16_u64 * 1024).to_be_bytes());
        bytes[168..204].copy_from_slice(b"2b7cd0b8-83a5-4d5e-9f4c-9d2f1de2a0c1");
        bytes[4096..4096 + json.len()].copy_from_slice(json.as_bytes());
        bytes
    }

    const JSON: &str = r#"{"keyslots":{
        "0":{"type":"luks2","key_size":64,"af":{"type":"luks1","stripes":4000,"hash":"sha256"},
             "area":{"type":"raw","offset":"32768","size":"258048","encryption":"aes-xts-plain64","key_size":64},
             "kdf":{"type":"argon2id","time":4,"memory":1048576,"cpus":4,"salt":"U0FMVC1DQU5BUlk="}},
        "1":{"type":"luks2","key_size":64,"kdf":{"type":"pbkdf2","hash":"sha512","iterations":1000,"salt":"U0FMVC1DQU5BUlk="}},
        "2":{"type":"reencrypt","key_size":1}},
        "tokens":{"0":{"type":"systemd-tpm2","keyslots":["1"],"tpm2-blob":"QkxPQi1DQU5BUlk="}},
        "segments":{"0":{"type":"crypt","offset":"16777216","size":"dynamic","encryption":"aes-xts-plain64"}},
        "digests":{"0":{"type":"pbkdf2","digest":"RElHRVNULUNBTkFSWQ=="}},
        "config":{"json_size":"12288","keyslots_size":"16744448"}}"#;

    #[test]
    fn a_header_of_version_1_states_cipher_key_and_slots() {
        let expected = LuksHeader {
            version: 1,
            uuid: Some("9f0ce3a1-79d6-44be-8fe3-4a3b34a0a2b5".to_owned()),
            cipher: Some("aes-xts-plain64".to_owned()),
            key_bits: Some(512),
            key_slots: Some(2),
            key_derivations: vec!["pbkdf2".to_owned()],
            tokens: Vec::new(),
        };
        assert_eq!(whole(&old_header()), Some(expected));
    }

    #[test]
    fn a_header_of_version_2_keeps_neither_salt_nor_digest_nor_blob() {
        let header = whole(&new_header(JSON)).unwrap();
        let expected = LuksHeader {
            version: 2,
            uuid: Some("2b7cd0b8-83a5-4d5e-9f4c-9d2f1de2a0c1".to_owned()),
            cipher: Some("aes-xts-plain64".to_owned()),
            key_bits: Some(512),
            key_slots: Some(2),
            key_derivations: vec!["argon2id".to_owned(), "pbkdf2".to_owned()],
            tokens: vec!["systemd-tpm2".to_owned()],
        };
        assert_eq!(header, expected);
        let text = serde_json::to_string(&header).unwrap();
        for canary in ["U0FMVC1DQU5BUlk=", "QkxPQi1DQU5BUlk=", "RElHRVNULUNBTkFSWQ=="] {
            assert!(!text.contains(canary));
        }
    }

    #[test]
    fn senseless_headers_are_nothing() {
        for bytes in
            [&b""[..], b"LUKS", b"LUKS\xba\xbe", b"LUKS\xba\xbe\0\x03", b"LUKS\xba\xbe\0\x01"]
        {
            assert_eq!(whole(bytes), None);
        }
        let mut huge = new_header(JSON);
        huge[8..16].copy_from_slice(&u64::MAX.to_be_bytes());
        assert_eq!(whole(&huge), None);
        huge[8..16].copy_from_slice(&100_u64.to_be_bytes());
        assert_eq!(whole(&huge), None);
        assert_eq!(whole(&new_header("{")), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..700), kind in 1_u8..3,
        ) {
            let mut block = [&b"LUKS\xba\xbe\0"[..], &[kind]].concat();
            block.extend(bytes);
            let _ = whole(&block);
            let _ = luks2(&block, &block);
        }

        #[test]
        fn a_changed_header_never_panics(
            changes in proptest::collection::vec((0_usize..5_000, any::<u8>()), 1..16),
        ) {
            for mut bytes in [new_header(JSON), old_header()] {
                for (at, byte) in &changes {
                    let at = at % bytes.len();
                    bytes[at] = *byte;
                }
                let _ = whole(&bytes);
            }
        }
    }
}
