//! What the agent keeps for those who ask about it: its state, its last two reports and the last
//! configuration that could be used. Written by the agent alone, as a whole; read by anybody who may
//! open the folder, while it works.

use std::io::{self, Read};
use std::time::Duration;

use jiff::Timestamp;
use observation::ContentHash;
use observation::latest::AgentId;
use observation::latest::written::Report;
use observation::limits::REQUEST_UNPACKED_BYTES_MAX;
use serde::{Deserialize, Serialize};

use crate::disk::Disk;
use crate::host;
use crate::spool::Waiting;

/// The file of the state.
const STATUS: &str = "status.json";
/// The newest report.
const LAST: &str = "reports/last.json.zst";
/// The hash over its steady sections, as text.
const LAST_HASH: &str = "reports/last.hash";
/// The newest report of a state before that one.
const BEFORE: &str = "reports/before.json.zst";
/// The last configuration that could be used.
const CONFIG: &str = "config.last-good.toml";
/// Largest state that is looked at.
const STATUS_BYTES_MAX: u64 = 256 * 1024;
/// Largest packed report.
const REPORT_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Largest configuration.
const CONFIG_BYTES_MAX: u64 = 64 * 1024;
/// Effort of the compression of reports.
const ZSTD_LEVEL: i32 = 3;
/// Notes that are kept.
const NOTES_MAX: usize = 10;
/// The version of the file.
const FORMAT: u32 = 1;

/// What an agent says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The version of this file.
    pub format: u32,
    /// The version of the agent that wrote it.
    pub software_version: String,
    /// When it was written.
    pub written_at: Timestamp,
    /// When the service began; none: written by a single run.
    pub service_started_at: Option<Timestamp>,
    /// Who the agent is.
    pub agent: Option<AgentId>,
    /// The collector's address.
    pub collector: Option<String>,
    /// The last run of all sources.
    pub last_run: Option<Run>,
    /// The last time that the collector took reports.
    pub last_delivery: Option<Delivery>,
    /// What waits.
    pub waiting: Waiting,
    /// When all sources are read again.
    pub next_run_at: Option<Timestamp>,
    /// The end of the certificate's validity.
    pub certificate_not_after: Option<Timestamp>,
    /// How far this host's clock is ahead of the collector's.
    pub clock_ahead_seconds: Option<i64>,
    /// What keeps reports from being delivered.
    pub trouble: Option<Trouble>,
    /// Why the configuration file is not used; none: it is.
    pub config_problem: Option<String>,
    /// What became of an update that a person should know of.
    #[serde(default)]
    pub update_problem: Option<String>,
    /// What hangs since the last run of all sources: source and question.
    #[serde(default)]
    pub hanging: Vec<String>,
    /// Most main memory that the process ever held.
    pub peak_memory_bytes: Option<u64>,
    /// What else happened, newest last.
    pub notes: Vec<Note>,
}

/// One run of the sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// When it began.
    pub at: Timestamp,
    /// Sources that were read or say why not.
    pub sections: usize,
    /// Sources that should have answered and failed or took too long.
    pub failed: usize,
    /// How long it took.
    pub duration_ms: u64,
    /// Processor time that it took.
    pub processor_ms: u64,
}

/// Reports that were handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// When.
    pub at: Timestamp,
    /// How many.
    pub reports: usize,
    /// Bytes that were sent.
    pub bytes: u64,
}

/// What went wrong, by the keys of the catalogue: `agent-failed-<key>`, `…-why`, `…-remedy`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// Since when it has been so.
    pub since: Timestamp,
    /// The key.
    pub key: String,
    /// What the messages speak of.
    pub subject: String,
    /// The causes, outermost first.
    pub causes: Vec<String>,
    /// The exit code that a command would have ended with.
    pub exit_code: u8,
}

/// Something that happened, in the words of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// When.
    pub at: Timestamp,
    /// What.
    pub text: String,
}

impl Status {
    /// The state of an agent that has done nothing yet.
    #[must_use]
    pub fn new(agent: AgentId, collector: String, at: Timestamp) -> Self {
        Self {
            format: FORMAT,
            software_version: env!("CARGO_PKG_VERSION").to_owned(),
            written_at: at,
            service_started_at: None,
            agent: Some(agent),
            collector: Some(collector),
            last_run: None,
            last_delivery: None,
            waiting: Waiting::default(),
            next_run_at: None,
            certificate_not_after: None,
            clock_ahead_seconds: None,
            trouble: None,
            config_problem: None,
            update_problem: None,
            hanging: Vec::new(),
            peak_memory_bytes: None,
            notes: Vec::new(),
        }
    }

    /// Takes over from an earlier process what stays true of the host: its last run, delivery,
    /// trouble and notes.
    pub fn follow(&mut self, earlier: Self) {
        if earlier.agent != self.agent {
            return;
        }
        self.last_run = earlier.last_run;
        self.last_delivery = earlier.last_delivery;
        self.clock_ahead_seconds = earlier.clock_ahead_seconds;
        self.trouble = earlier.trouble;
        self.notes = earlier.notes;
    }

    /// Adds a note; the oldest goes when there are too many, and one that is there is not repeated.
    pub fn note(&mut self, at: Timestamp, text: String) {
        self.notes.retain(|it| it.text != text);
        self.notes.push(Note { at, text });
        let excess = self.notes.len().saturating_sub(NOTES_MAX);
        self.notes.drain(..excess);
    }

    /// Keeps what went wrong, and since when.
    pub fn fail(&mut self, trouble: Trouble) {
        let is_same = |it: &Trouble| (&it.key, &it.subject) == (&trouble.key, &trouble.subject);
        let since =
            self.trouble.as_ref().filter(|it| is_same(it)).map_or(trouble.since, |it| it.since);
        self.trouble = Some(Trouble { since, ..trouble });
    }
}

/// Measures a run.
#[derive(Debug)]
pub struct Meter {
    begun: Duration,
    processor: Duration,
}

impl Meter {
    /// Begins.
    #[must_use]
    pub fn start() -> Self {
        Self { begun: host::time_since_boot(), processor: host::processor_time() }
    }

    /// The run with what it took.
    #[must_use]
    pub fn run(&self, report: &Report, failed: usize) -> Run {
        let milliseconds = |it: Duration| u64::try_from(it.as_millis()).unwrap_or(u64::MAX);
        Run {
            at: report.started_at,
            sections: report.sections.len(),
            failed,
            duration_ms: milliseconds(host::time_since_boot().saturating_sub(self.begun)),
            processor_ms: milliseconds(host::processor_time().saturating_sub(self.processor)),
        }
    }
}

/// Keeps the state.
///
/// # Errors
/// The disk's.
pub fn keep_status(disk: &dyn Disk, status: &Status) -> io::Result<()> {
    disk.write(STATUS, &serde_json::to_vec_pretty(status)?)
}

/// The state that was kept; none where there is none or it cannot be understood.
///
/// # Errors
/// The disk's, unless there is no such file.
pub fn status(disk: &dyn Disk) -> io::Result<Option<Status>> {
    match disk.read(STATUS, STATUS_BYTES_MAX) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Keeps a report of all sources. One of the same steady state takes the place of the newest; else the
/// newest becomes the one before.
///
/// # Errors
/// The disk's.
pub fn keep_report(disk: &dyn Disk, report: &Report, host_hash: ContentHash) -> io::Result<()> {
    let packed = zstd::bulk::compress(&serde_json::to_vec(report)?, ZSTD_LEVEL)?;
    let hash = host_hash.to_string();
    let last = disk.read(LAST_HASH, hash.len() as u64).ok();
    if last.as_deref() == Some(hash.as_bytes()) {
        return disk.write(LAST, &packed);
    }
    // Killed between two of these steps, the next run says the same again.
    if last.is_some() {
        match disk.rename(LAST, BEFORE) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    disk.write(LAST, &packed)?;
    disk.write(LAST_HASH, hash.as_bytes())
}

/// The newest report.
///
/// # Errors
/// The disk's, unless there is no such file; a file that is no report.
pub fn last_report(disk: &dyn Disk) -> io::Result<Option<Report>> {
    report(disk, LAST)
}

/// The newest report of the state before.
///
/// # Errors
/// As [`last_report`].
pub fn report_before(disk: &dyn Disk) -> io::Result<Option<Report>> {
    report(disk, BEFORE)
}

fn report(disk: &dyn Disk, name: &str) -> io::Result<Option<Report>> {
    let packed = match disk.read(name, REPORT_BYTES_MAX) {
        Ok(packed) => packed,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut text = Vec::new();
    #[expect(clippy::disallowed_methods, reason = "bounded by `take`")]
    zstd::Decoder::new(packed.as_slice())?
        .take(REQUEST_UNPACKED_BYTES_MAX as u64)
        .read_to_end(&mut text)?;
    Ok(Some(serde_json::from_slice(&text)?))
}

/// Keeps the text of a configuration that could be used, unless it is there already.
///
/// # Errors
/// The disk's.
pub fn keep_config(disk: &dyn Disk, text: &str) -> io::Result<()> {
    if last_good_config(disk).is_some_and(|it| it == text) {
        return Ok(());
    }
    disk.write(CONFIG, text.as_bytes())
}

/// The text of the last configuration that could be used.
#[must_use]
pub fn last_good_config(disk: &dyn Disk) -> Option<String> {
    String::from_utf8(disk.read(CONFIG, CONFIG_BYTES_MAX).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use observation::latest::ReportNumber;
    use uuid::Uuid;

    use super::*;
    use crate::disk::memory::{Fault, MemoryDisk};
    use crate::spool::tests::report as sample;

    fn number(sequence: u64) -> ReportNumber {
        ReportNumber { epoch: 1, sequence }
    }

    fn keep(disk: &MemoryDisk, sequence: u64) -> io::Result<()> {
        let report = sample(number(sequence), &[("a.a", 1)]);
        keep_report(disk, &report, report.host_hash())
    }

    fn sequences(disk: &MemoryDisk) -> (Option<u64>, Option<u64>) {
        let sequence = |it: io::Result<Option<Report>>| it.unwrap().map(|it| it.number.sequence);
        (sequence(last_report(disk)), sequence(report_before(disk)))
    }

    #[test]
    fn the_report_before_is_of_another_state() {
        let disk = MemoryDisk::default();
        assert_eq!(sequences(&disk), (None, None));
        for (sequence, value, expected) in [
            (1, 1, (Some(1), None)),
            (2, 1, (Some(2), None)),
            (3, 2, (Some(3), Some(2))),
            (4, 2, (Some(4), Some(2))),
        ] {
            let report = sample(number(sequence), &[("a.a", value)]);
            keep_report(&disk, &report, report.host_hash()).unwrap();
            assert_eq!(sequences(&disk), expected);
        }
    }

    #[test]
    fn what_is_damaged_is_none_and_is_replaced() {
        let disk = MemoryDisk::default();
        disk.put(STATUS, b"{\"format\":");
        disk.put(LAST, b"\x28\xb5\x2f\xfd garbage");
        assert_eq!(status(&disk).unwrap(), None);
        assert!(last_report(&disk).is_err());
        keep(&disk, 1).unwrap();
        assert_eq!(sequences(&disk), (Some(1), None));
    }

    #[test]
    fn a_full_disk_is_an_error_and_what_was_there_stays() {
        let disk = MemoryDisk::default();
        keep(&disk, 1).unwrap();
        disk.set_fault(Fault::Full);
        assert!(keep(&disk, 2).is_err());
        assert_eq!(sequences(&disk).0, Some(1));
    }

    #[test]
    fn trouble_knows_since_when() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let trouble = |second, key: &str| Trouble {
            since: at(second),
            key: key.to_owned(),
            subject: "c:1".to_owned(),
            causes: Vec::new(),
            exit_code: 5,
        };
        let mut status = Status::new(AgentId(Uuid::from_u128(5)), "c:1".to_owned(), at(0));
        status.fail(trouble(10, "unreachable"));
        status.fail(trouble(20, "unreachable"));
        assert_eq!(status.trouble.as_ref().map(|it| it.since), Some(at(10)));
        status.fail(trouble(30, "revoked"));
        assert_eq!(status.trouble.as_ref().map(|it| it.since), Some(at(30)));
        for second in 0..100 {
            status.note(at(second), format!("{}", second % 50));
        }
        assert_eq!(status.notes.len(), NOTES_MAX);
        let disk = MemoryDisk::default();
        keep_status(&disk, &status).unwrap();
        assert_eq!(self::status(&disk).unwrap(), Some(status.clone()));
        let mut next = Status::new(AgentId(Uuid::from_u128(5)), "c:1".to_owned(), at(200));
        next.follow(status.clone());
        assert_eq!(next.trouble, status.trouble);
        let mut other = Status::new(AgentId(Uuid::from_u128(6)), "c:1".to_owned(), at(200));
        other.follow(status);
        assert_eq!(other.trouble, None);
    }

    #[test]
    fn a_configuration_is_written_when_it_is_new() {
        let disk = MemoryDisk::default();
        assert_eq!(last_good_config(&disk), None);
        keep_config(&disk, "a = 1\n").unwrap();
        disk.set_fault(Fault::Full);
        keep_config(&disk, "a = 1\n").unwrap();
        assert!(keep_config(&disk, "a = 2\n").is_err());
        assert_eq!(last_good_config(&disk).as_deref(), Some("a = 1\n"));
    }
}
