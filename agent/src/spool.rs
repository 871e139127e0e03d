//! Reports that the collector has not acknowledged yet, and the numbers that they go by.
//!
//! Bodies are kept once per content hash, compressed; a report is a small file that names them. What
//! cannot be written (the disk is full) is kept in memory, and [`Spool::push`] says so. What cannot be
//! understood is set aside and never stops the agent.
//!
//! Inventory is state, not events: when there is too much, what moves by itself is thinned out first,
//! every second of the older reports; then older reports lose the sections that newer ones have too.
//! A test shows how long the bounds last at the default schedule.

mod bounds;
mod counter;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, Read};
use std::sync::Arc;

use jiff::Timestamp;
use observation::ContentHash;
use observation::latest::written::Report;
use observation::latest::{Cadence, Observer, ReportNumber, SectionHead, SourceId};
use observation::limits::SECTION_BODY_BYTES_MAX;
use serde::{Deserialize, Serialize};

use crate::disk::{Disk, UNFINISHED};
use counter::Counter;

/// Most bytes of bodies unless the configuration says otherwise.
pub const BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Effort of the compression of bodies.
const ZSTD_LEVEL: i32 = 3;
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

/// What waits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Reports.
    pub reports: usize,
    /// Bytes that they take.
    pub bytes: u64,
    /// Bytes that they may take.
    pub bytes_max: u64,
    /// When the oldest of them began.
    pub oldest_at: Option<Timestamp>,
    /// Reports that are in memory, in whole or in part, because the disk refused.
    pub in_memory: usize,
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
    /// Bytes of each body as it is kept.
    sizes: HashMap<ContentHash, u64>,
    /// How many reports and bases name a body; one that nobody names goes.
    holders: HashMap<ContentHash, usize>,
    /// Bytes of each report without its bodies.
    entry_sizes: BTreeMap<ReportNumber, u64>,
    /// Reports that the disk refused.
    unwritten: BTreeSet<ReportNumber>,
    /// Sum of both sizes.
    bytes: u64,
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
            holders: HashMap::new(),
            entry_sizes: BTreeMap::new(),
            unwritten: BTreeSet::new(),
            bytes: 0,
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
        let mut cause = None;
        self.write_what_is_in_memory();
        let mut heads = Vec::with_capacity(report.sections.len());
        for section in &report.sections {
            // Sorting is what costs: once per section and no more.
            let bytes = section.body.canonical_bytes();
            let hash = ContentHash::of(&bytes);
            heads.push(SectionHead {
                source: section.body.source.clone(),
                hash,
                observed_at: section.observed_at,
                duration_ms: section.duration_ms,
                cadence: section.cadence,
            });
            if let Err(error) = self.keep_body(hash, bytes) {
                cause = Some(error.to_string());
            }
        }
        let steady: Vec<ContentHash> =
            heads.iter().filter(|it| it.cadence == Cadence::Steady).map(|it| it.hash).collect();
        let entry = Entry {
            observer: report.observer.clone(),
            number: report.number,
            started_at: report.started_at,
            sections: heads,
            host_hash: (!steady.is_empty()).then(|| ContentHash::of_all(steady)),
        };
        let repeated = self.repeated(&entry);
        if let Err(error) = self.keep_entry(&entry) {
            cause = Some(error.to_string());
        }
        if cause.is_some() {
            self.unwritten.insert(entry.number);
        }
        self.hold(entry.sections.iter().map(|it| it.hash));
        self.entries.insert(entry.number, entry);
        if let Some(number) = repeated {
            self.drop_entry(number);
        }
        self.fit();
        cause.map_or(Kept::OnDisk, |cause| Kept::InMemory { cause })
    }

    /// The hash over the steady sections of a report that waits.
    #[must_use]
    pub fn host_hash(&self, number: ReportNumber) -> Option<ContentHash> {
        self.entries.get(&number)?.host_hash
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

    /// How much waits and where.
    #[must_use]
    pub fn waiting(&self) -> Waiting {
        Waiting {
            reports: self.entries.len(),
            bytes: self.bytes,
            bytes_max: self.bytes_max,
            oldest_at: self.oldest().map(|it| it.started_at),
            in_memory: self.unwritten.len(),
        }
    }

    /// A body, if it is here and unharmed.
    #[must_use]
    pub fn body(&self, hash: ContentHash) -> Option<Vec<u8>> {
        let kept = match self.in_memory.get(&hash) {
            Some(bytes) => bytes.clone(),
            None => self.disk.read(&body_name(hash), SECTION_BODY_BYTES_MAX as u64).ok()?,
        };
        unpacked(kept, hash)
    }

    /// The collector has the report: it need not be kept. Its software stays as a base.
    pub fn acknowledge(&mut self, number: ReportNumber) {
        let Some(entry) = self.entries.get(&number) else { return };
        let is_base = |it: &&SectionHead| it.source.as_str().starts_with(BASE_DOMAIN);
        let bases: Vec<_> =
            entry.sections.iter().filter(is_base).map(|it| (it.source.clone(), it.hash)).collect();
        let before = self.bases.clone();
        self.bases.extend(bases);
        self.hold(self.bases.clone().into_values());
        self.release(before.values().copied());
        if self.bases != before
            && let Ok(text) = serde_json::to_vec(&self.bases)
            && let Err(error) = self.disk.write(BASES, &text)
        {
            self.complain(format!("{BASES} could not be written: {error}"));
        }
        self.drop_entry(number);
    }

    /// The collector will never take this report: it is set aside so that others can go.
    pub fn refuse(&mut self, number: ReportNumber) {
        self.set_aside(&entry_name(number));
        self.forget_entry(number);
    }

    /// Takes sections out of a report whose bodies are lost; the next run reads them again.
    pub fn forget_sections(&mut self, number: ReportNumber, lost: &BTreeSet<ContentHash>) {
        let Some(entry) = self.entries.get_mut(&number) else { return };
        let before = entry.sections.clone();
        entry.sections.retain(|it| !lost.contains(&it.hash));
        entry.host_hash = None;
        let entry = entry.clone();
        let gone = before.iter().map(|it| it.hash).filter(|it| lost.contains(it));
        self.release(gone);
        self.complain(format!("{} bodies of a report were lost or damaged", lost.len()));
        for hash in lost {
            self.set_aside(&body_name(*hash));
            self.forget_size(*hash);
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
            if self.unwritten.remove(&before) {
                self.unwritten.insert(entry.number);
            }
            self.entries.insert(entry.number, entry);
            self.remove_entry_file(before);
        }
        Ok(())
    }

    /// Empties the spool: what waits belongs to an identity that is no more.
    pub fn clear(&mut self) {
        let numbers: Vec<ReportNumber> = self.entries.keys().copied().collect();
        for number in numbers {
            self.drop_entry(number);
        }
        let bases = std::mem::take(&mut self.bases);
        self.release(bases.into_values());
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
        for (file, size) in self.files("queue") {
            let name = format!("queue/{file}");
            match self.read_entry(&name) {
                Some(entry) => {
                    self.note_entry_size(entry.number, size);
                    self.hold(entry.sections.iter().map(|it| it.hash));
                    self.entries.insert(entry.number, entry);
                }
                None => self.set_aside(&name),
            }
        }
        if let Ok(text) = self.disk.read(BASES, ENTRY_BYTES_MAX) {
            self.bases = serde_json::from_slice(&text).unwrap_or_default();
            self.hold(self.bases.clone().into_values());
        }
        for (file, size) in self.files("bodies") {
            match file.parse::<ContentHash>() {
                Ok(hash) => {
                    self.note_size(hash, size);
                    if !self.holders.contains_key(&hash) {
                        self.remove_body(hash);
                    }
                }
                Err(_) => self.set_aside(&format!("bodies/{file}")),
            }
        }
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
        let is_on_disk = self.sizes.contains_key(&hash) && !self.in_memory.contains_key(&hash);
        if is_on_disk {
            return Ok(());
        }
        let packed = zstd::bulk::compress(&bytes, ZSTD_LEVEL);
        let bytes = packed.ok().filter(|it| it.len() < bytes.len()).unwrap_or(bytes);
        self.note_size(hash, bytes.len() as u64);
        let result = self.disk.write(&body_name(hash), &bytes);
        match &result {
            Ok(()) => self.in_memory.remove(&hash),
            Err(_) => self.in_memory.insert(hash, bytes),
        };
        result
    }

    /// Reports that the disk refused are offered again when the next one comes.
    fn write_what_is_in_memory(&mut self) {
        let numbers: Vec<ReportNumber> = self.unwritten.iter().copied().collect();
        for number in numbers {
            let Some(entry) = self.entries.get(&number).cloned() else { continue };
            for hash in entry.sections.iter().map(|it| it.hash) {
                let Some(bytes) = self.in_memory.get(&hash) else { continue };
                if self.disk.write(&body_name(hash), bytes).is_err() {
                    return;
                }
                self.in_memory.remove(&hash);
            }
            if self.keep_entry(&entry).is_err() {
                return;
            }
            self.unwritten.remove(&number);
        }
    }

    fn keep_entry(&mut self, entry: &Entry) -> io::Result<()> {
        let text = serde_json::to_vec(entry)?;
        self.note_entry_size(entry.number, text.len() as u64);
        self.disk.write(&entry_name(entry.number), &text)
    }

    fn drop_entry(&mut self, number: ReportNumber) {
        self.forget_entry(number);
        self.remove_entry_file(number);
    }

    fn remove_entry_file(&mut self, number: ReportNumber) {
        self.bytes -= self.entry_sizes.remove(&number).unwrap_or(0);
        if let Err(error) = self.disk.remove(&entry_name(number)) {
            self.complain(format!("a delivered report could not be removed: {error}"));
        }
    }

    /// Takes a report out of the books; its file is the caller's.
    fn forget_entry(&mut self, number: ReportNumber) {
        self.unwritten.remove(&number);
        if let Some(entry) = self.entries.remove(&number) {
            self.release(entry.sections.iter().map(|it| it.hash));
        }
        self.bytes -= self.entry_sizes.remove(&number).unwrap_or(0);
    }

    fn hold(&mut self, hashes: impl Iterator<Item = ContentHash>) {
        for hash in hashes {
            *self.holders.entry(hash).or_default() += 1;
        }
    }

    fn release(&mut self, hashes: impl Iterator<Item = ContentHash>) {
        for hash in hashes {
            let Some(count) = self.holders.get_mut(&hash) else { continue };
            *count -= 1;
            if *count == 0 {
                self.holders.remove(&hash);
                self.remove_body(hash);
            }
        }
    }

    fn note_size(&mut self, hash: ContentHash, size: u64) {
        let before = self.sizes.insert(hash, size).unwrap_or(0);
        self.bytes = self.bytes + size - before;
    }

    fn forget_size(&mut self, hash: ContentHash) {
        self.bytes -= self.sizes.remove(&hash).unwrap_or(0);
    }

    fn note_entry_size(&mut self, number: ReportNumber, size: u64) {
        let before = self.entry_sizes.insert(number, size).unwrap_or(0);
        self.bytes = self.bytes + size - before;
    }

    fn remove_body(&mut self, hash: ContentHash) {
        if !self.sizes.contains_key(&hash) {
            return;
        }
        self.forget_size(hash);
        self.in_memory.remove(&hash);
        if let Err(error) = self.disk.remove(&body_name(hash)) {
            self.complain(format!("a body could not be removed: {error}"));
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

/// The canonical bytes behind what is kept: packed, or plain as older versions wrote them.
fn unpacked(kept: Vec<u8>, hash: ContentHash) -> Option<Vec<u8>> {
    if ContentHash::of(&kept) == hash {
        return Some(kept);
    }
    let mut bytes = Vec::new();
    let limit = SECTION_BODY_BYTES_MAX as u64 + 1;
    #[expect(clippy::disallowed_methods, reason = "bounded by `take`")]
    zstd::Decoder::new(kept.as_slice()).ok()?.take(limit).read_to_end(&mut bytes).ok()?;
    (ContentHash::of(&bytes) == hash).then_some(bytes)
}

fn entry_name(number: ReportNumber) -> String {
    format!("queue/{:020}-{:020}.json", number.epoch, number.sequence)
}

fn body_name(hash: ContentHash) -> String {
    format!("bodies/{hash}")
}

#[cfg(test)]
pub(crate) mod tests;
