//! Reports that the collector has not acknowledged yet, and the numbers that they go by.
//!
//! Bodies are kept once per content hash; a report is a small file that names them. What cannot be
//! written (the disk is full) is kept in memory, and [`Spool::push`] says so. What cannot be
//! understood is set aside and never stops the agent.
//!
//! Inventory is state, not events: when there is too much, older reports lose the sections that
//! newer ones have too.

mod counter;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::sync::Arc;

use jiff::Timestamp;
use observation::ContentHash;
use observation::latest::{Cadence, Observer, Report, ReportNumber, SectionHead, SourceId};
use observation::limits::SECTION_BODY_BYTES_MAX;
use serde::{Deserialize, Serialize};

use crate::disk::{Disk, UNFINISHED};
use counter::Counter;

/// Most bytes of bodies unless the configuration says otherwise.
pub const BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Most reports.
const ENTRIES_MAX: usize = 500;
/// Largest file of one report without its bodies.
const ENTRY_BYTES_MAX: u64 = 256 * 1024;
/// Most files that are kept aside for somebody who wants to look at them.
const ASIDE_MAX: usize = 20;
/// Which acknowledged bodies are kept, so that the next one can be sent as a difference.
const BASE_DOMAIN: &str = "software.";
/// The file that names them.
const BASES: &str = "bases.json";

/// One report without its bodies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Who looked, and with which rights.
    pub observer: Observer,
    /// The report's place in the agent's order.
    pub number: ReportNumber,
    /// When the run began.
    pub started_at: Timestamp,
    /// Its sections.
    pub sections: Vec<SectionHead>,
    /// The hash over all steady sections; none if it does not hold all of them.
    pub host_hash: Option<ContentHash>,
}

/// Where a report went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// It survives a restart.
    OnDisk,
    /// It is in memory alone, because the disk refused.
    InMemory {
        /// Why.
        cause: String,
    },
}

/// There is no number for a further report.
#[derive(Debug, thiserror::Error)]
#[error("reserving numbers for reports")]
pub struct NumberError(#[source] pub io::Error);

/// The undelivered reports.
pub struct Spool {
    disk: Arc<dyn Disk>,
    bytes_max: u64,
    counter: Counter,
    entries: BTreeMap<ReportNumber, Entry>,
    /// Bodies that the disk refused.
    in_memory: HashMap<ContentHash, Vec<u8>>,
    sizes: HashMap<ContentHash, u64>,
    bases: BTreeMap<SourceId, ContentHash>,
    complaints: Vec<String>,
}

impl Spool {
    /// Opens what is there. Never fails: what cannot be used becomes a complaint.
    ///
    /// `last_epoch` is what the enrolment remembers. If the spool's own counter is lost, a new
    /// epoch begins; the caller keeps [`Spool::epoch`] before it takes a number.
    #[must_use]
    pub fn open(disk: Arc<dyn Disk>, bytes_max: u64, last_epoch: u64) -> Self {
        let mut complaints = Vec::new();
        let counter = Counter::open(disk.as_ref(), last_epoch, &mut complaints);
        let mut spool = Self {
            disk,
            bytes_max,
            counter,
            entries: BTreeMap::new(),
            in_memory: HashMap::new(),
            sizes: HashMap::new(),
            bases: BTreeMap::new(),
            complaints,
        };
        spool.load();
        spool
    }

    /// The epoch from which numbers are taken.
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.counter.epoch()
    }

    /// A number that was never given before and never will be again, whatever happens.
    ///
    /// # Errors
    /// If the numbers that are reserved on the disk are used up and no more can be reserved.
    pub fn next_number(&mut self) -> Result<ReportNumber, NumberError> {
        self.counter.next(self.disk.as_ref()).map_err(NumberError)
    }

    /// Keeps a report. If its sections equal those of the two newest reports, it takes the place of
    /// the newest: first and last sight of a state say everything.
    pub fn push(&mut self, report: &Report) -> Kept {
        let heads: Vec<SectionHead> = report.sections.iter().map(|it| it.head()).collect();
        let is_steady = heads.iter().any(|it| it.cadence == Cadence::Steady);
        let entry = Entry {
            observer: report.observer.clone(),
            number: report.number,
            started_at: report.started_at,
            sections: heads,
            host_hash: is_steady.then(|| report.host_hash()),
        };
        let mut cause = None;
        for section in &report.sections {
            let bytes = section.body.canonical_bytes();
            if let Err(error) = self.keep_body(ContentHash::of(&bytes), bytes) {
                cause = Some(error.to_string());
            }
        }
        let repeated = self.repeated(&entry);
        if let Err(error) = self.keep_entry(&entry) {
            cause = Some(error.to_string());
        }
        self.entries.insert(entry.number, entry);
        if let Some(number) = repeated {
            self.drop_entry(number);
        }
        self.fit();
        cause.map_or(Kept::OnDisk, |cause| Kept::InMemory { cause })
    }

    /// The oldest report that waits.
    #[must_use]
    pub fn oldest(&self) -> Option<&Entry> {
        self.entries.values().next()
    }

    /// How many reports wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// A body, if it is here and unharmed.
    #[must_use]
    pub fn body(&self, hash: ContentHash) -> Option<Vec<u8>> {
        if let Some(bytes) = self.in_memory.get(&hash) {
            return Some(bytes.clone());
        }
        let bytes = self.disk.read(&body_name(hash), SECTION_BODY_BYTES_MAX as u64).ok()?;
        (ContentHash::of(&bytes) == hash).then_some(bytes)
    }

    /// The collector has the report: it need not be kept. Its software stays as a base.
    pub fn acknowledge(&mut self, number: ReportNumber) {
        let Some(entry) = self.entries.get(&number) else { return };
        let is_base = |it: &&SectionHead| it.source.as_str().starts_with(BASE_DOMAIN);
        let bases: Vec<_> =
            entry.sections.iter().filter(is_base).map(|it| (it.source.clone(), it.hash)).collect();
        let before = self.bases.clone();
        self.bases.extend(bases);
        if self.bases != before
            && let Ok(text) = serde_json::to_vec(&self.bases)
            && let Err(error) = self.disk.write(BASES, &text)
        {
            self.complain(format!("{BASES} could not be written: {error}"));
        }
        self.drop_entry(number);
        self.remove_unused_bodies();
    }

    /// The collector will never take this report: it is set aside so that others can go.
    pub fn refuse(&mut self, number: ReportNumber) {
        self.set_aside(&entry_name(number));
        self.entries.remove(&number);
        self.remove_unused_bodies();
    }

    /// Takes sections out of a report whose bodies are lost; the next run reads them again.
    pub fn forget_sections(&mut self, number: ReportNumber, lost: &BTreeSet<ContentHash>) {
        let Some(entry) = self.entries.get_mut(&number) else { return };
        entry.sections.retain(|it| !lost.contains(&it.hash));
        entry.host_hash = None;
        let entry = entry.clone();
        self.complain(format!("{} bodies of a report were lost or damaged", lost.len()));
        for hash in lost {
            self.set_aside(&body_name(*hash));
            self.sizes.remove(hash);
        }
        if entry.sections.is_empty() {
            self.drop_entry(number);
        } else if let Err(error) = self.keep_entry(&entry) {
            self.complain(format!("a report could not be rewritten: {error}"));
        }
    }

    /// Begins a new epoch and renumbers what waits in the same order: the collector knows later
    /// numbers of the old one, so this spool is an old copy. The caller keeps the epoch.
    ///
    /// # Errors
    /// If the new numbers cannot be reserved.
    pub fn begin_epoch(&mut self) -> Result<(), NumberError> {
        self.counter.begin_epoch(self.disk.as_ref()).map_err(NumberError)?;
        let old: Vec<Entry> = std::mem::take(&mut self.entries).into_values().collect();
        for mut entry in old {
            let before = entry.number;
            entry.number = self.next_number()?;
            if let Err(error) = self.keep_entry(&entry) {
                self.complain(format!("a report could not be renumbered: {error}"));
            }
            self.entries.insert(entry.number, entry);
            self.drop_entry(before);
        }
        Ok(())
    }

    /// Empties the spool: what waits belongs to an identity that is no more.
    pub fn clear(&mut self) {
        let numbers: Vec<ReportNumber> = self.entries.keys().copied().collect();
        for number in numbers {
            self.drop_entry(number);
        }
        self.bases.clear();
        self.remove_unused_bodies();
    }

    /// What went wrong since the last call, for the log.
    pub fn take_complaints(&mut self) -> Vec<String> {
        std::mem::take(&mut self.complaints)
    }

    fn complain(&mut self, text: String) {
        // A disk that fails for weeks must not fill the memory with complaints about it.
        if self.complaints.len() < ASIDE_MAX {
            self.complaints.push(text);
        }
    }

    fn load(&mut self) {
        for (file, _) in self.files("queue") {
            let name = format!("queue/{file}");
            match self.read_entry(&name) {
                Some(entry) => {
                    self.entries.insert(entry.number, entry);
                }
                None => self.set_aside(&name),
            }
        }
        for (file, size) in self.files("bodies") {
            match file.parse::<ContentHash>() {
                Ok(hash) => {
                    self.sizes.insert(hash, size);
                }
                Err(_) => self.set_aside(&format!("bodies/{file}")),
            }
        }
        if let Ok(text) = self.disk.read(BASES, ENTRY_BYTES_MAX) {
            self.bases = serde_json::from_slice(&text).unwrap_or_default();
        }
        self.remove_unused_bodies();
    }

    /// The files of a folder without the remains of unfinished writes, which are removed.
    fn files(&mut self, folder: &str) -> Vec<(String, u64)> {
        let files = match self.disk.list(folder) {
            Ok(files) => files,
            Err(error) => {
                self.complain(format!(
                    "the folder {folder} of the spool cannot be listed: {error}"
                ));
                Vec::new()
            }
        };
        let (unfinished, files): (Vec<_>, Vec<_>) =
            files.into_iter().partition(|(file, _)| file.ends_with(UNFINISHED));
        for (file, _) in unfinished {
            let _ = self.disk.remove(&format!("{folder}/{file}"));
        }
        files
    }

    fn read_entry(&self, name: &str) -> Option<Entry> {
        let bytes = self.disk.read(name, ENTRY_BYTES_MAX).ok()?;
        let entry: Entry = serde_json::from_slice(&bytes).ok()?;
        (entry_name(entry.number) == name).then_some(entry)
    }

    fn keep_body(&mut self, hash: ContentHash, bytes: Vec<u8>) -> io::Result<()> {
        let size = bytes.len() as u64;
        let is_on_disk = self.sizes.contains_key(&hash) && !self.in_memory.contains_key(&hash);
        if is_on_disk {
            return Ok(());
        }
        self.sizes.insert(hash, size);
        let result = self.disk.write(&body_name(hash), &bytes);
        match &result {
            Ok(()) => self.in_memory.remove(&hash),
            Err(_) => self.in_memory.insert(hash, bytes),
        };
        result
    }

    fn keep_entry(&self, entry: &Entry) -> io::Result<()> {
        let text = serde_json::to_vec(entry)?;
        self.disk.write(&entry_name(entry.number), &text)
    }

    fn drop_entry(&mut self, number: ReportNumber) {
        self.entries.remove(&number);
        if let Err(error) = self.disk.remove(&entry_name(number)) {
            self.complain(format!("a delivered report could not be removed: {error}"));
        }
    }

    /// The newest entry, if it and the one before it have the same sections as `entry`.
    fn repeated(&self, entry: &Entry) -> Option<ReportNumber> {
        let same =
            |other: &&Entry| {
                other.observer == entry.observer
                    && other.sections.len() == entry.sections.len()
                    && other.sections.iter().zip(&entry.sections).all(|(left, right)| {
                        (&left.source, left.hash) == (&right.source, right.hash)
                    })
            };
        // Steady and volatile reports take turns: compare with those of the same kind.
        let is_of_kind = |it: &&Entry| it.host_hash.is_some() == entry.host_hash.is_some();
        let mut newest = self.entries.values().rev().filter(is_of_kind);
        let (last, before) = (newest.next()?, newest.next()?);
        (same(&last) && same(&before)).then_some(last.number)
    }

    fn bytes(&self) -> u64 {
        self.used().iter().filter_map(|it| self.sizes.get(it)).sum()
    }

    fn used(&self) -> BTreeSet<ContentHash> {
        let bases = self.bases.values().copied();
        let pending = self.entries.values().flat_map(|it| it.sections.iter().map(|head| head.hash));
        bases.chain(pending).collect()
    }

    /// Keeps the spool within its bounds.
    fn fit(&mut self) {
        if self.bytes() > self.bytes_max || self.entries.len() > ENTRIES_MAX {
            self.collapse();
        }
        while (self.bytes() > self.bytes_max || self.entries.len() > ENTRIES_MAX)
            && self.entries.len() > 1
        {
            let Some(number) = self.entries.keys().next().copied() else { break };
            self.complain("the spool is full: the oldest report was dropped".to_owned());
            self.drop_entry(number);
        }
        self.remove_unused_bodies();
    }

    /// Leaves each source only its newest section.
    fn collapse(&mut self) {
        let mut seen = BTreeSet::new();
        let numbers: Vec<ReportNumber> = self.entries.keys().rev().copied().collect();
        for number in numbers {
            let Some(entry) = self.entries.get_mut(&number) else { continue };
            let count = entry.sections.len();
            entry.sections.retain(|it| seen.insert(it.source.clone()));
            if entry.sections.is_empty() {
                self.drop_entry(number);
            } else if entry.sections.len() < count {
                entry.host_hash = None;
                let entry = entry.clone();
                if let Err(error) = self.keep_entry(&entry) {
                    self.complain(format!("a report could not be rewritten: {error}"));
                }
            }
        }
        self.complain("the spool is full: older states were dropped".to_owned());
    }

    fn remove_unused_bodies(&mut self) {
        let used = self.used();
        let unused: Vec<ContentHash> =
            self.sizes.keys().filter(|it| !used.contains(it)).copied().collect();
        for hash in unused {
            self.sizes.remove(&hash);
            self.in_memory.remove(&hash);
            if let Err(error) = self.disk.remove(&body_name(hash)) {
                self.complain(format!("a body could not be removed: {error}"));
            }
        }
    }

    fn set_aside(&mut self, name: &str) {
        let aside = self.disk.list("aside").unwrap_or_default();
        let file = name.rsplit('/').next().unwrap_or(name);
        self.complain(format!("{name} is not usable and was set aside"));
        let moved = if aside.len() < ASIDE_MAX {
            self.disk.rename(name, &format!("aside/{file}"))
        } else {
            self.disk.remove(name)
        };
        if let Err(error) = moved
            && error.kind() != io::ErrorKind::NotFound
        {
            self.complain(format!("{name} could not be set aside: {error}"));
        }
    }
}

fn entry_name(number: ReportNumber) -> String {
    format!("queue/{:020}-{:020}.json", number.epoch, number.sequence)
}

fn body_name(hash: ContentHash) -> String {
    format!("bodies/{hash}")
}

#[cfg(test)]
pub(crate) mod tests;
