//! Bundles as a publisher makes them, and as nobody should.

use std::num::NonZeroU32;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use proptest::prelude::*;

use super::*;
use crate::config::UpdateKey;

pub(crate) const PROGRAM: &[u8] =
    b"a program that is long enough to be packed, packed, packed, packed";

pub(crate) fn now() -> Timestamp {
    "2026-07-01T12:00:00Z".parse().unwrap()
}

pub(crate) fn key(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

fn public(key: &Ed25519KeyPair) -> [u8; 32] {
    key.public_key().as_ref().try_into().unwrap()
}

pub(crate) fn trust(seeds: &[u8], threshold: u32) -> Result<Trust, Refusal> {
    let keys = seeds.iter().map(|it| UpdateKey(public(&key(*it)))).collect();
    let threshold = NonZeroU32::new(threshold).unwrap();
    Trust::new(Some(&UpdateConfig { folder: None, keys, threshold }))
}

pub(crate) fn machine() -> Machine {
    Machine {
        version: Version::new(1, 2, 3),
        os: "linux".to_owned(),
        architecture: "x86_64".to_owned(),
        libc: "gnu".to_owned(),
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(digest::digest(&SHA256, bytes).as_ref())
}

pub(crate) fn packed(program: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(program, 3).unwrap()
}

pub(crate) fn manifest(version: &str, program: &[u8]) -> Manifest {
    let packed = packed(program);
    Manifest {
        product: PRODUCT.to_owned(),
        version: version.to_owned(),
        os: "linux".to_owned(),
        architecture: "x86_64".to_owned(),
        libc: "gnu".to_owned(),
        size_bytes: program.len() as u64,
        sha256: sha256(program),
        packed_size_bytes: packed.len() as u64,
        packed_sha256: sha256(&packed),
        created: "2026-06-01T00:00:00Z".parse().unwrap(),
        expires: "2026-12-01T00:00:00Z".parse().unwrap(),
    }
}

pub(crate) fn file(manifest: &Manifest, seeds: &[u8], packed: &[u8]) -> Vec<u8> {
    let signed = manifest.signed_bytes().unwrap();
    let signatures: Vec<_> = seeds
        .iter()
        .map(|it| (key_id(&public(&key(*it))), key(*it).sign(&signed).as_ref().to_vec()))
        .collect();
    manifest.file(&signatures, packed).unwrap()
}

/// All checks of a bundle, up to its unpacked program.
fn take(file: &[u8], trust: &Trust, now: Timestamp) -> Result<Vec<u8>, Refusal> {
    let bundle = Bundle::open(file, trust)?;
    bundle.manifest.check(&machine(), now)?;
    let packed = bundle.packed()?;
    let mut program = Vec::new();
    let mut reader = packed.unpack().map_err(Refusal::Read)?;
    io::copy(&mut reader, &mut program).map_err(Refusal::Read)?;
    packed.compare(reader)?;
    Ok(program)
}

fn good() -> (Manifest, Vec<u8>) {
    (manifest("1.3.0", PROGRAM), packed(PROGRAM))
}

#[test]
fn what_the_publisher_signed_is_taken() {
    let (manifest, packed) = good();
    let trust = trust(&[1], 1).unwrap();
    assert_eq!(take(&file(&manifest, &[1], &packed), &trust, now()).unwrap(), PROGRAM);
    // A signature of a stranger beside it does no harm.
    assert_eq!(take(&file(&manifest, &[9, 1], &packed), &trust, now()).unwrap(), PROGRAM);
}

#[test]
fn a_threshold_counts_different_keys() {
    let (manifest, packed) = good();
    let two = trust(&[1, 2, 3], 2).unwrap();
    for (seeds, right) in [(&[1][..], 1), (&[1, 1], 1), (&[1, 9], 1), (&[9, 8], 0), (&[], 0)] {
        match take(&file(&manifest, seeds, &packed), &two, now()) {
            Err(Refusal::Signatures { right: found, threshold: 2 }) => assert_eq!(found, right),
            other => panic!("{seeds:?}: {other:?}"),
        }
    }
    take(&file(&manifest, &[3, 1], &packed), &two, now()).unwrap();
}

#[test]
fn without_keys_and_with_fewer_than_must_sign_nothing_is_trusted() {
    assert!(matches!(Trust::new(None), Err(Refusal::NoKeys)));
    assert!(matches!(trust(&[], 1), Err(Refusal::NoKeys)));
    assert!(matches!(trust(&[1, 1], 2), Err(Refusal::FewKeys { keys: 1, threshold: 2 })));
}

#[test]
fn another_product_system_processor_or_library_is_refused() {
    type Change = fn(&mut Manifest);
    let changes: [(&str, Change); 4] = [
        ("product", |it| it.product = "kataster".to_owned()),
        ("operating system", |it| it.os = "windows".to_owned()),
        ("processor", |it| it.architecture = "aarch64".to_owned()),
        ("C library", |it| it.libc = "musl".to_owned()),
    ];
    for (name, change) in changes {
        let (mut manifest, packed) = good();
        change(&mut manifest);
        let refused = take(&file(&manifest, &[1], &packed), &trust(&[1], 1).unwrap(), now());
        match refused {
            Err(Refusal::OtherMachine { what, .. }) => assert_eq!(what, name),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn only_a_newer_version_is_taken() {
    let taken = |version: &str| manifest(version, PROGRAM).check(&machine(), now());
    for version in ["1.2.4", "1.10.0", "2.0.0-rc.1", "2.0.0"] {
        taken(version).unwrap();
    }
    for version in ["1.2.3", "1.2.3+build.9", "1.2.3-rc.1", "1.2.2", "0.9.9"] {
        assert!(matches!(taken(version), Err(Refusal::NotNewer { .. })), "{version}");
    }
    for version in ["", "1.3", "01.3.0", "1.3.0\n", "99999999999999999999999.0.0"] {
        assert!(matches!(taken(version), Err(Refusal::Damaged { .. })), "{version}");
    }
}

#[test]
fn the_time_is_the_one_of_this_machine_however_far_it_is_off() {
    let (manifest, packed) = good();
    let file = file(&manifest, &[1], &packed);
    let at = |time: &str| take(&file, &trust(&[1], 1).unwrap(), time.parse().unwrap());
    at("2026-11-30T23:59:59Z").unwrap();
    at("2026-05-31T12:00:00Z").unwrap();
    for late in ["2026-12-01T00:00:00Z", "2036-07-01T12:00:00Z"] {
        assert!(matches!(at(late), Err(Refusal::Expired { .. })), "{late}");
    }
    for early in ["2026-05-30T00:00:00Z", "2016-07-01T12:00:00Z"] {
        assert!(matches!(at(early), Err(Refusal::FromTheFuture { .. })), "{early}");
    }
}

#[test]
fn signatures_over_something_else_do_not_count() {
    let (manifest, packed) = good();
    let mut other = manifest.clone();
    other.version = "9.0.0".to_owned();
    let signed = key(1).sign(&other.signed_bytes().unwrap()).as_ref().to_vec();
    let moved = manifest.file(&[(key_id(&public(&key(1))), signed)], &packed).unwrap();
    // Signed without the first line, as if for another form.
    let bare = manifest.signed_bytes().unwrap();
    let bare = key(1).sign(&bare[MARK.len()..]).as_ref().to_vec();
    let bare = manifest.file(&[(key_id(&public(&key(1))), bare)], &packed).unwrap();
    for file in [moved, bare] {
        let refused = take(&file, &trust(&[1], 1).unwrap(), now());
        assert!(matches!(refused, Err(Refusal::Signatures { right: 0, .. })), "{refused:?}");
    }
}

#[test]
fn another_program_behind_a_right_manifest_is_not_unpacked() {
    let (manifest, right) = good();
    let other = packed(b"another program");
    let longer = [right.as_slice(), b"x"].concat();
    for packed in [other.as_slice(), &longer, &right[..right.len() - 1], b""] {
        let refused = take(&file(&manifest, &[1], packed), &trust(&[1], 1).unwrap(), now());
        assert!(matches!(refused, Err(Refusal::OtherContent)), "{refused:?}");
    }
}

#[test]
fn what_unpacks_to_more_or_to_something_else_than_was_signed_is_refused() {
    // The publisher's own mistake: its signatures are right and the manifest speaks of another program.
    let bomb = packed(&vec![0; 1_000_000]);
    let mut manifest = manifest("1.3.0", PROGRAM);
    manifest.packed_size_bytes = bomb.len() as u64;
    manifest.packed_sha256 = sha256(&bomb);
    let refused = take(&file(&manifest, &[1], &bomb), &trust(&[1], 1).unwrap(), now());
    assert!(matches!(refused, Err(Refusal::OtherContent)), "{refused:?}");
    manifest.size_bytes = PROGRAM_BYTES_MAX + 1;
    assert!(matches!(manifest.check(&machine(), now()), Err(Refusal::TooLarge)));
}

#[test]
fn other_files_and_forms_are_told_apart() {
    let (manifest, packed) = good();
    let file = file(&manifest, &[1], &packed);
    let trust = trust(&[1], 1).unwrap();
    let newer = [b"kataster-update 2\n", &file[MARK.len()..]].concat();
    assert!(matches!(take(&newer, &trust, now()), Err(Refusal::OtherForm)));
    for other in [&b""[..], b"\x7fELF", b"kataster-signed-report 1\n", &file[1..]] {
        assert!(matches!(take(other, &trust, now()), Err(Refusal::OtherFile)));
    }
    let unknown = manifest.signed_bytes().unwrap();
    let unknown = String::from_utf8(unknown).unwrap().replace("\"os\"", "\"run\":1,\"os\"");
    let signature = BASE64.encode(key(1).sign(unknown.as_bytes()).as_ref());
    let id = key_id(&public(&key(1)));
    let unknown = format!("{unknown}signature {id} {signature}\n\n");
    let refused = take(unknown.as_bytes(), &trust, now());
    assert!(matches!(refused, Err(Refusal::Damaged { what: "manifest" })), "{refused:?}");
}

/// Counts what is read of it.
struct Endless(usize);

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        buffer.fill(b'a');
        self.0 += buffer.len();
        Ok(buffer.len())
    }
}

#[test]
fn of_what_nobody_signed_no_more_than_a_head_is_read() {
    let (manifest, _) = good();
    let trust = trust(&[1], 1).unwrap();
    let mut endless = Endless(0);
    let stranger = file(&manifest, &[9], b"");
    assert!(Bundle::open(stranger.as_slice().chain(&mut endless), &trust).is_err());
    assert!(Bundle::open(MARK.as_bytes().chain(&mut endless), &trust).is_err());
    assert!(endless.0 <= 2 * HEAD_BYTES_MAX, "{}", endless.0);
    let stranger = (key_id(&public(&key(9))), vec![0; 64]);
    let many = vec![stranger; SIGNATURES_MAX + 1];
    let many = manifest.file(&many, b"").unwrap();
    assert!(matches!(take(&many, &trust, now()), Err(Refusal::Damaged { .. })));
}

proptest! {
    #[test]
    fn hostile_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let trust = trust(&[1], 1).unwrap();
        prop_assert!(take(&bytes, &trust, now()).is_err());
        let marked = [MARK.as_bytes(), &bytes].concat();
        prop_assert!(take(&marked, &trust, now()).is_err());
    }

    #[test]
    fn one_changed_byte_is_refused_or_changes_nothing(at in any::<usize>(), bit in 0_u32..8) {
        let (manifest, packed) = good();
        let mut changed = file(&manifest, &[1], &packed);
        let at = at % changed.len();
        changed[at] ^= 1 << bit;
        if let Ok(program) = take(&changed, &trust(&[1], 1).unwrap(), now()) {
            prop_assert_eq!(program, PROGRAM);
        }
    }

    #[test]
    fn hostile_programs_behind_right_signatures_do_no_harm(
        bytes in proptest::collection::vec(any::<u8>(), 0..2000), size in 0_u64..4000,
    ) {
        let mut manifest = manifest("1.3.0", PROGRAM);
        manifest.size_bytes = size;
        manifest.packed_size_bytes = bytes.len() as u64;
        manifest.packed_sha256 = sha256(&bytes);
        prop_assert!(take(&file(&manifest, &[1], &bytes), &trust(&[1], 1).unwrap(), now()).is_err());
    }
}
