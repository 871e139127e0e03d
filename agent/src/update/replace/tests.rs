//! Replacements that are cut off at every step, and the way back.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::{Arc, Mutex, MutexGuard};

use super::*;
use crate::update::bundle::Bundle;
use crate::update::bundle::tests::{PROGRAM, file, machine, manifest, now, packed, sha256, trust};

const OLD: &[u8] = b"the old program";
const NAME: &str = "agent";

/// A folder and a record in memory whose n-th changing step is the last one: cut off before it, in the
/// middle or after it, and nothing works any more until the next start.
#[derive(Clone, Default)]
struct Machinery(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    files: BTreeMap<String, Vec<u8>>,
    record: Option<Vec<u8>>,
    steps: u32,
    last: Option<(u32, Cut)>,
    is_dead: bool,
    is_full: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    Before,
    Middle,
    After,
}

fn dead() -> io::Error {
    io::Error::other("the process was killed")
}

impl Machinery {
    fn with_old() -> Self {
        let machinery = Self::default();
        machinery.put(NAME, OLD);
        machinery
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    fn is_full(&self) -> io::Result<()> {
        if self.inner().is_full { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn program(&self) -> Program {
        Program::new(Box::new(self.clone()), NAME.to_owned())
    }

    fn put(&self, name: &str, content: &[u8]) {
        self.inner().files.insert(name.to_owned(), content.to_vec());
    }

    fn cut_at(&self, step: u32, cut: Cut) {
        let mut inner = self.inner();
        (inner.steps, inner.last, inner.is_dead) = (0, Some((step, cut)), false);
    }

    /// The machine starts again.
    fn start(&self) {
        let mut inner = self.inner();
        (inner.last, inner.is_dead) = (None, false);
    }

    fn change(&self, change: impl FnOnce(&mut Inner, bool)) -> io::Result<()> {
        let mut inner = self.inner();
        if inner.is_dead {
            return Err(dead());
        }
        inner.steps += 1;
        let cut = inner.last.filter(|it| it.0 == inner.steps).map(|it| it.1);
        if cut != Some(Cut::Before) {
            change(&mut inner, cut == Some(Cut::Middle));
        }
        inner.is_dead = cut.is_some();
        if cut.is_some() { Err(dead()) } else { Ok(()) }
    }

    fn in_place(&self) -> Vec<u8> {
        self.inner().files.get(NAME).cloned().unwrap_or_default()
    }

    fn names(&self) -> Vec<String> {
        self.inner().files.keys().cloned().collect()
    }

    fn replace(&self, version: &str) -> Result<(), Refusal> {
        let update = file(&manifest(version, PROGRAM), &[1], &packed(PROGRAM));
        let bundle = Bundle::open(update.as_slice(), &trust(&[1], 1).unwrap())?;
        bundle.manifest.check(&machine(), now())?;
        self.program().replace(&bundle.packed()?, &machine(), self, now(), true)
    }

    fn begin(&self, who: Who) -> Result<Start, Refusal> {
        self.program().begin(self, who, now())
    }
}

impl ProgramFolder for Machinery {
    fn open(&self, name: &str) -> io::Result<Box<dyn Read>> {
        let inner = self.inner();
        if inner.is_dead {
            return Err(dead());
        }
        let content = inner.files.get(name).cloned().ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(io::Cursor::new(content)))
    }

    fn write(&self, name: &str, like: &str, content: &mut dyn Read) -> io::Result<()> {
        assert_eq!(like, NAME);
        self.is_full()?;
        let mut bytes = Vec::new();
        io::copy(content, &mut bytes)?;
        self.change(|inner, is_half| {
            let length = if is_half { bytes.len() / 2 } else { bytes.len() };
            inner.files.insert(name.to_owned(), bytes[..length].to_vec());
        })
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.change(|inner, _| {
            let content = inner.files.remove(from).unwrap();
            inner.files.insert(to.to_owned(), content);
        })
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.change(|inner, _| {
            inner.files.remove(name);
        })
    }

    fn flush(&self) -> io::Result<()> {
        self.change(|_, _| {})
    }
}

impl Disk for Machinery {
    fn read(&self, name: &str, _: u64) -> io::Result<Vec<u8>> {
        assert_eq!(name, RECORD);
        let inner = self.inner();
        if inner.is_dead {
            Err(dead())
        } else {
            inner.record.clone().ok_or_else(|| io::ErrorKind::NotFound.into())
        }
    }

    // As the real one: it happens as a whole or not at all.
    fn write(&self, _: &str, content: &[u8]) -> io::Result<()> {
        self.is_full()?;
        self.change(|inner, is_half| {
            if !is_half {
                inner.record = Some(content.to_vec());
            }
        })
    }

    fn remove(&self, _: &str) -> io::Result<()> {
        unreachable!("the record is not removed")
    }

    fn rename(&self, _: &str, _: &str) -> io::Result<()> {
        unreachable!("the record is not moved")
    }

    fn list(&self, _: &str) -> io::Result<Vec<(String, u64)>> {
        unreachable!("the folder is not listed")
    }
}

/// Most changing steps of a replacement or a way back; more than there are.
const STEPS: u32 = 20;
const CUTS: [Cut; 3] = [Cut::Before, Cut::Middle, Cut::After];

fn tried(machinery: &Machinery) -> Option<Trial> {
    Record::read(machinery).unwrap().trial
}

fn taken_back(machinery: &Machinery) -> Vec<String> {
    let record = Record::read(machinery).unwrap();
    record.taken_back.into_iter().map(|it| it.build.version).collect()
}

#[test]
fn an_update_that_checks_in_stays() {
    let machinery = Machinery::with_old();
    machinery.replace("1.3.0").unwrap();
    assert_eq!(machinery.in_place(), PROGRAM);
    assert_eq!(machinery.names(), ["agent", "agent.previous"]);
    assert!(matches!(machinery.begin(Who::Service), Ok(Start::OnTrial(it)) if it.starts == 1));
    assert!(matches!(machinery.replace("1.4.0"), Err(Refusal::OnTrial { .. })));
    confirm(&machinery).unwrap();
    assert_eq!(tried(&machinery), None);
    for _ in 0..10 {
        assert_eq!(machinery.begin(Who::Service).unwrap(), Start::Usual);
    }
    assert_eq!(machinery.in_place(), PROGRAM);
}

#[test]
fn an_update_that_never_checks_in_is_taken_back_and_not_taken_again() {
    for guarded in [false, true] {
        let machinery = Machinery::with_old();
        machinery.replace("1.3.0").unwrap();
        let start = || {
            let first = guarded.then(|| machinery.begin(Who::Guard).unwrap());
            match first {
                Some(Start::TakenBack(build)) => Start::TakenBack(build),
                _ => machinery.begin(Who::Service).unwrap(),
            }
        };
        for count in 1..=STARTS_MAX {
            assert!(matches!(start(), Start::OnTrial(it) if it.starts == count), "{count}");
            assert_eq!(machinery.in_place(), PROGRAM);
        }
        assert!(matches!(start(), Start::TakenBack(it) if it.version == "1.3.0"));
        assert_eq!(machinery.in_place(), OLD);
        assert_eq!(start(), Start::Usual);
        assert!(matches!(machinery.replace("1.3.0"), Err(Refusal::TakenBack { .. })));
        // The same program under another version is the same program.
        assert!(matches!(machinery.replace("1.3.1"), Err(Refusal::TakenBack { .. })));
        assert_eq!(machinery.in_place(), OLD);
    }
}

#[test]
fn a_program_that_never_gets_as_far_as_counting_is_taken_back_by_the_guard() {
    let machinery = Machinery::with_old();
    machinery.replace("1.3.0").unwrap();
    for count in 1..=STARTS_MAX {
        assert!(
            matches!(machinery.begin(Who::Guard), Ok(Start::OnTrial(it)) if it.starts == count)
        );
    }
    assert!(matches!(machinery.begin(Who::Guard), Ok(Start::TakenBack(_))));
    assert_eq!(machinery.in_place(), OLD);
}

#[test]
fn a_replacement_cut_off_at_any_step_leaves_a_program_and_the_next_start_works() {
    let mut cut_off = 0;
    for step in 1..=STEPS {
        for cut in CUTS {
            let machinery = Machinery::with_old();
            machinery.cut_at(step, cut);
            let result = machinery.replace("1.3.0");
            machinery.start();
            cut_off += u32::from(result.is_err());
            let in_place = machinery.in_place();
            let at = format!("step {step}, cut off {cut:?}");
            let start = machinery.begin(Who::Service).unwrap_or_else(|it| panic!("{at}: {it}"));
            if in_place == PROGRAM {
                assert!(matches!(start, Start::OnTrial(_)), "{at}: {start:?}");
                let previous = machinery.inner().files.get("agent.previous").cloned();
                assert_eq!(previous.as_deref(), Some(OLD), "{at}");
                continue;
            }
            assert_eq!(in_place, OLD, "{at}");
            assert!(matches!(start, Start::Usual | Start::Unfinished), "{at}: {start:?}");
            assert_eq!(taken_back(&machinery), Vec::<String>::new(), "{at}");
            machinery.replace("1.3.0").unwrap_or_else(|it| panic!("{at}: {it}"));
            assert_eq!(machinery.in_place(), PROGRAM, "{at}");
            assert_eq!(machinery.names(), ["agent", "agent.previous"], "{at}");
        }
    }
    assert!(cut_off > 20, "only {cut_off} were cut off");
}

#[test]
fn a_way_back_cut_off_at_any_step_leaves_a_program_and_is_finished_later() {
    let mut cut_off = 0;
    for step in 1..=STEPS {
        for cut in CUTS {
            let machinery = Machinery::with_old();
            machinery.replace("1.3.0").unwrap();
            for _ in 0..STARTS_MAX {
                machinery.begin(Who::Guard).unwrap();
            }
            machinery.cut_at(step, cut);
            cut_off += u32::from(machinery.begin(Who::Guard).is_err());
            machinery.start();
            let at = format!("step {step}, cut off {cut:?}");
            for _ in 0..2 {
                let in_place = machinery.in_place();
                assert!(in_place == OLD || in_place == PROGRAM, "{at}");
                machinery.begin(Who::Guard).unwrap_or_else(|it| panic!("{at}: {it}"));
            }
            assert_eq!(machinery.in_place(), OLD, "{at}");
            assert_eq!(taken_back(&machinery), ["1.3.0"], "{at}");
        }
    }
    assert!(cut_off > 1, "only {cut_off} were cut off");
}

#[test]
fn a_full_disk_changes_nothing_and_ends_a_trial() {
    let machinery = Machinery::with_old();
    machinery.inner().is_full = true;
    assert!(matches!(machinery.replace("1.3.0"), Err(Refusal::Step { .. })));
    assert_eq!((machinery.in_place(), machinery.names().len()), (OLD.to_vec(), 1));
    machinery.inner().is_full = false;
    machinery.replace("1.3.0").unwrap();
    machinery.inner().is_full = true;
    // A trial that cannot be counted would never end.
    assert!(matches!(machinery.begin(Who::Service), Ok(Start::TakenBack(_))));
    assert_eq!(machinery.in_place(), OLD);
}

#[test]
fn a_damaged_previous_program_does_not_take_the_place_of_one_that_runs() {
    let machinery = Machinery::with_old();
    machinery.replace("1.3.0").unwrap();
    machinery.put("agent.previous", b"something else");
    for _ in 0..STARTS_MAX {
        machinery.begin(Who::Service).unwrap();
    }
    assert!(matches!(machinery.begin(Who::Service), Err(Refusal::Step { .. })));
    assert!(matches!(machinery.program().give_up(&machinery, now()), Err(Refusal::Step { .. })));
    assert_eq!(machinery.in_place(), PROGRAM);
}

#[test]
fn a_program_that_somebody_put_there_by_hand_is_left_alone() {
    let machinery = Machinery::with_old();
    machinery.replace("1.3.0").unwrap();
    machinery.put(NAME, b"by hand");
    for _ in 0..10 {
        assert_eq!(machinery.begin(Who::Guard).unwrap(), Start::Usual);
    }
    assert_eq!((machinery.in_place(), tried(&machinery)), (b"by hand".to_vec(), None));
}

#[test]
fn a_record_that_means_nothing_is_not_forgotten() {
    let machinery = Machinery::with_old();
    for record in [&b"{"[..], b"{\"format\":2,\"trial\":null,\"taken_back\":[]}", b""] {
        machinery.inner().record = Some(record.to_vec());
        assert!(matches!(machinery.replace("1.3.0"), Err(Refusal::Record(_))));
        assert!(matches!(machinery.begin(Who::Service), Err(Refusal::Record(_))));
        assert_eq!(machinery.in_place(), OLD);
    }
}

#[test]
fn the_hash_of_a_program_is_sha_256() {
    let machinery = Machinery::with_old();
    assert_eq!(machinery.program().hash(NAME).unwrap(), sha256(OLD));
}
