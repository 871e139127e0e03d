//! Updates of the real program in a real folder: refused, taken, killed in between, and taken back.

#![expect(clippy::unwrap_used, reason = "a test stops where its update fails")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use data_encoding::{BASE64, HEXLOWER};
use jiff::{SignedDuration, Timestamp};
use kataster_agent::host::{LIBC, OWN_PROCESSOR, OWN_SYSTEM};
use kataster_agent::update::bundle::{Manifest, PRODUCT, key_id};

/// A program that ends at once and never counts its starts.
const BROKEN: &[u8] = b"#!/bin/sh\nexit 1\n";

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        fs::create_dir(place.path("program")).unwrap();
        place.put_old();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn program(&self) -> PathBuf {
        self.path("program/kataster-agent")
    }

    fn put_old(&self) {
        let _ = fs::remove_file(self.program());
        fs::copy(env!("CARGO_BIN_EXE_kataster-agent"), self.program()).unwrap();
        fs::set_permissions(self.program(), fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn trust(&self, seed: u8) {
        let key = BASE64.encode(pair(seed).public_key().as_ref());
        fs::write(self.path("agent.toml"), format!("[update]\nkeys = [\"{key}\"]\n")).unwrap();
    }

    fn offer(&self, version: &str, seed: u8) {
        let packed = zstd::bulk::compress(BROKEN, 3).unwrap();
        let now = now();
        let manifest = Manifest {
            product: PRODUCT.to_owned(),
            version: version.to_owned(),
            os: OWN_SYSTEM.to_owned(),
            architecture: OWN_PROCESSOR.to_owned(),
            libc: LIBC.to_owned(),
            size_bytes: BROKEN.len() as u64,
            sha256: hash(BROKEN),
            packed_size_bytes: packed.len() as u64,
            packed_sha256: hash(&packed),
            created: now,
            expires: now + SignedDuration::from_hours(24),
        };
        let signature = pair(seed).sign(&manifest.signed_bytes().unwrap()).as_ref().to_vec();
        let public: [u8; 32] = pair(seed).public_key().as_ref().try_into().unwrap();
        let file = manifest.file(&[(key_id(&public), signature)], &packed).unwrap();
        fs::write(self.path("offer"), file).unwrap();
    }

    #[expect(clippy::disallowed_methods, reason = "the agent is a process of its own")]
    fn command(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).arg("--config").arg(self.path("agent.toml"));
        command.arg("--data-dir").arg(self.path("data")).stdout(Stdio::null());
        command.stderr(Stdio::null());
        command
    }

    fn update(&self, verb: &str) -> Option<i32> {
        let offer = self.path("offer").display().to_string();
        self.command(&self.program(), &["update", verb, &offer]).status().unwrap().code()
    }

    fn guard(&self) -> Option<i32> {
        let previous = self.path("program/kataster-agent.previous");
        self.command(&previous, &["update", "guard"]).status().unwrap().code()
    }

    fn in_place(&self) -> String {
        hash_of(&self.program())
    }
}

fn pair(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "the program checks by the clock of this machine")]
fn now() -> Timestamp {
    Timestamp::now()
}

fn hash(bytes: &[u8]) -> String {
    HEXLOWER.encode(digest(&SHA256, bytes).as_ref())
}

#[expect(clippy::disallowed_methods, reason = "the programs are our own")]
fn hash_of(path: &Path) -> String {
    hash(&fs::read(path).unwrap())
}

#[test]
fn a_broken_update_is_taken_and_taken_back_by_the_program_before_it() {
    let place = Place::new();
    let old = place.in_place();
    place.offer("9.0.0", 1);
    fs::write(place.path("agent.toml"), "").unwrap();
    assert_eq!(place.update("apply"), Some(4), "no keys");
    place.trust(2);
    assert_eq!(place.update("apply"), Some(4), "a stranger's signature");
    place.trust(1);
    place.offer("0.0.1", 1);
    assert_eq!(place.update("check"), Some(4), "an older version");
    assert_eq!(place.in_place(), old);
    place.offer("9.0.0", 1);
    assert_eq!(place.update("check"), Some(0));
    assert_eq!(place.in_place(), old);

    assert_eq!(place.update("apply"), Some(0));
    assert_eq!(place.in_place(), hash(BROKEN));
    assert_eq!(hash_of(&place.path("program/kataster-agent.previous")), old);
    for _ in 0..3 {
        assert_eq!(place.guard(), Some(0));
        let started = place.command(&place.program(), &["run"]).status().unwrap();
        assert_eq!(started.code(), Some(1));
    }
    assert_eq!(place.guard(), Some(0));
    assert_eq!(place.in_place(), old);
    assert_eq!(place.update("apply"), Some(4), "it was taken back");
}

#[test]
fn an_update_that_is_killed_leaves_a_whole_program() {
    let place = Place::new();
    let old = place.in_place();
    place.trust(1);
    place.offer("9.0.0", 1);
    let offer = place.path("offer").display().to_string();
    for pause in [0, 20, 60, 120, 250, 500, 1000, 2000] {
        let mut killed =
            place.command(&place.program(), &["update", "apply", &offer]).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(pause));
        killed.kill().unwrap();
        killed.wait().unwrap();
        let in_place = place.in_place();
        assert!(in_place == old || in_place == hash(BROKEN), "after {pause} ms");
        if in_place != old {
            // As a person would: the old program comes back by hand, and the trial is over.
            assert_eq!(hash_of(&place.path("program/kataster-agent.previous")), old);
            place.put_old();
        }
        let state = place.path("data/update.json");
        let _ = fs::remove_file(state);
    }
    assert_eq!(place.update("apply"), Some(0));
    assert_eq!(place.in_place(), hash(BROKEN));
}
