//! The service between an inbox, a program in a folder and a collector that answers or not.

use std::fs;
use std::num::NonZeroU32;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};

use super::*;
use crate::config::UpdateKey;
use crate::disk::memory::MemoryDisk;
use crate::sources::testing::MapHost;
use crate::update::bundle::Manifest;
use crate::update::bundle::tests::{PROGRAM, file, key, manifest, now, packed};
use crate::update::program_at;

struct Place {
    folder: tempfile::TempDir,
    disk: MemoryDisk,
    config: UpdateConfig,
    steady: Duration,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pair: Ed25519KeyPair = key(1);
        let public = UpdateKey(pair.public_key().as_ref().try_into().unwrap());
        let inbox = folder.path().join("inbox");
        fs::create_dir(&inbox).unwrap();
        let config =
            UpdateConfig { folder: Some(inbox), keys: vec![public], threshold: NonZeroU32::MIN };
        let place = Self { folder, disk: MemoryDisk::default(), config, steady: Duration::ZERO };
        fs::write(place.program(), "old").unwrap();
        place
    }

    fn program(&self) -> PathBuf {
        self.folder.path().join("kataster-agent")
    }

    fn in_place(&self) -> String {
        let mut bytes = Vec::new();
        std::io::copy(&mut fs::File::open(self.program()).unwrap(), &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    /// An update for the machine of this test.
    fn offer(&self, version: &str) {
        let own = Machine::own().unwrap();
        let manifest = Manifest {
            os: own.os,
            architecture: own.architecture,
            libc: own.libc,
            ..manifest(version, PROGRAM)
        };
        let update = file(&manifest, &[1], &packed(PROGRAM));
        let name = format!("{version}{}", inbox::ENDING);
        fs::write(self.config.folder.as_ref().unwrap().join(name), update).unwrap();
    }

    fn begin(&self) -> Begun {
        let program = program_at(&self.program()).unwrap();
        Updating::begin_as(self.program(), program, &self.disk, now())
    }

    fn started(&self) -> Updating {
        match self.begin() {
            Begun::Goes(updating) => *updating,
            Begun::Replaced => panic!("it gave way"),
        }
    }

    fn round(&mut self, updating: &mut Updating, seconds: u64) -> Round {
        self.steady += Duration::from_secs(seconds);
        let host = MapHost::new();
        updating.round(&self.disk, Some(&self.config), &host, now(), self.steady)
    }

    /// The service reads the host, checks in, and takes the update.
    fn updated(version: &str) -> Self {
        let mut place = Self::new();
        place.offer(version);
        let mut updating = place.started();
        updating.read();
        assert_eq!(place.round(&mut updating, 60), Round::default());
        updating.checked_in();
        assert!(place.round(&mut updating, 60).is_replaced);
        place
    }
}

#[test]
fn an_update_is_taken_after_a_check_in_and_stays_after_its_own() {
    let mut place = Place::updated("9.0.0");
    assert_eq!(place.in_place().as_bytes(), PROGRAM);
    let mut updating = place.started();
    assert!(updating.trial.is_some());
    updating.checked_in();
    let round = place.round(&mut updating, 60);
    assert_eq!(round.notes, [format!("updated from {} to 9.0.0", env!("CARGO_PKG_VERSION"))]);
    for _ in 0..100 {
        assert!(!place.round(&mut updating, 60).is_replaced);
    }
    assert!(place.started().trial.is_none());
}

#[test]
fn a_version_that_runs_and_does_not_check_in_gives_way_and_is_not_taken_again() {
    let mut place = Place::updated("9.0.0");
    let mut updating = place.started();
    let mut rounds = 0;
    while !place.round(&mut updating, 60).is_replaced {
        rounds += 1;
        assert!(rounds < 20);
    }
    assert_eq!((rounds, place.in_place().as_str()), (10, "old"));
    let mut updating = place.started();
    let problem = updating.problem().unwrap();
    assert!(problem.contains("9.0.0") && problem.contains("taken back"), "{problem}");
    updating.read();
    updating.checked_in();
    let round = place.round(&mut updating, 60);
    assert!(!round.is_replaced && round.notes[0].contains("taken back here before"), "{round:?}");
    assert_eq!(place.in_place(), "old");
    // The next version gets its chance; the program has to be another one.
    let record = Record::read(&place.disk).unwrap();
    assert_eq!(record.taken_back.len(), 1);
}

#[test]
fn a_sleep_of_the_machine_is_no_time_of_work() {
    let mut place = Place::updated("9.0.0");
    let mut updating = place.started();
    place.round(&mut updating, 60);
    assert!(!place.round(&mut updating, 8 * 3600).is_replaced);
}

#[test]
fn a_version_that_dies_at_each_start_gives_way() {
    let place = Place::updated("9.0.0");
    for _ in 0..3 {
        place.started();
    }
    assert!(matches!(place.begin(), Begun::Replaced));
    assert_eq!(place.in_place(), "old");
}

#[test]
fn without_folder_keys_or_right_signature_nothing_is_taken_and_the_reason_is_noted() {
    let mut place = Place::new();
    place.offer("9.0.0");
    let mut updating = place.started();
    let mut ask = |place: &mut Place| {
        updating.read();
        updating.checked_in();
        place.round(&mut updating, 60)
    };
    place.config.keys.clear();
    assert!(ask(&mut place).notes[0].contains("no keys are configured"));
    place.config.keys = vec![UpdateKey([7; 32])];
    assert!(ask(&mut place).notes[0].contains("0 of the 1 signatures"));
    place.config.folder = None;
    assert_eq!(ask(&mut place), Round::default());
    assert_eq!(place.in_place(), "old");
}
