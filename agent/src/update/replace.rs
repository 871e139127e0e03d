//! The steps of a replacement, and the way back.
//!
//! After every step a program that runs lies under its name, and what is kept in the agent's folder says
//! enough for the next start to go on or back:
//!
//! 1. the new program is written beside the old one, flushed, and compared with the manifest;
//! 2. the old one is copied to `<program>.previous`;
//! 3. the trial is written down: from which program to which, known by their hashes;
//! 4. the new one takes the name of the old one, and the folder is flushed.
//!
//! Each start of the new one is counted. The first check-in ends the trial. After
//! [`STARTS_MAX`] starts without one, or [`TRIAL_TIME_MAX`] of work, `<program>.previous` takes its name
//! back, and the version is not taken again.

use std::io;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::bundle::{Machine, Manifest, Measured, Packed};
use super::{PREVIOUS, Refusal};
use crate::disk::Disk;
use crate::host::ProgramFolder;

/// Starts without a check-in after which the previous program comes back.
pub const STARTS_MAX: u32 = 3;
/// Time of work without a check-in after which the previous program comes back.
pub const TRIAL_TIME_MAX: Duration = Duration::from_secs(600);
/// The file in the agent's folder.
pub const RECORD: &str = "update.json";
/// Largest such file.
const RECORD_BYTES_MAX: u64 = 64 * 1024;
/// The version of the file.
const FORMAT: u32 = 1;
/// Versions that are remembered as taken back.
const TAKEN_BACK_MAX: usize = 32;
/// What names of unfinished files end with.
const NEW: &str = ".new";

/// A program in its folder.
pub struct Program {
    folder: Box<dyn ProgramFolder>,
    name: String,
}

/// What is kept of updates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The version of this file.
    pub format: u32,
    /// The update that has not checked in yet.
    pub trial: Option<Trial>,
    /// Versions that could not check in here, newest last.
    pub taken_back: Vec<TakenBack>,
}

/// A program by what it says and what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    /// Its version.
    pub version: String,
    /// SHA-256, lower-case hex.
    pub sha256: String,
}

/// An update that has not checked in yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// The program before.
    pub from: Build,
    /// The program that is tried.
    pub to: Build,
    /// When it was put in place.
    pub applied_at: Timestamp,
    /// Whether the program before could check in. If not, time alone takes nothing back.
    pub could_check_in: bool,
    /// How often it was started.
    pub starts: u32,
    /// Whether the guard has counted the start that is going on.
    pub is_counted: bool,
}

/// A version that could not check in here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenBack {
    /// The program.
    pub build: Build,
    /// When the previous one came back, by the clock of this machine.
    pub at: Timestamp,
}

/// Who looks at a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The previous program, before the service manager starts the one in place.
    Guard,
    /// The program in place itself.
    Service,
}

/// What a start is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// One like every other.
    Usual,
    /// The first one after an update that was cut off before the new program was in place.
    Unfinished,
    /// One of a program that has to check in yet.
    OnTrial(Trial),
    /// The previous program was put in place now and has to be started.
    TakenBack(Build),
    /// The previous program runs again.
    RunsAgain(Build),
}

impl Default for Record {
    fn default() -> Self {
        Self { format: FORMAT, trial: None, taken_back: Vec::new() }
    }
}

impl Record {
    /// What is kept; nothing yet where there is no file.
    ///
    /// # Errors
    /// If there is something that cannot be understood: whoever forgets what was taken back takes it again.
    pub fn read(disk: &dyn Disk) -> Result<Self, Refusal> {
        let bytes = match disk.read(RECORD, RECORD_BYTES_MAX) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(Refusal::Record(error)),
        };
        let record: Self =
            serde_json::from_slice(&bytes).map_err(|it| Refusal::Record(it.into()))?;
        if record.format == FORMAT {
            Ok(record)
        } else {
            Err(Refusal::Record(io::Error::other("written by another version")))
        }
    }

    fn keep(&self, disk: &dyn Disk) -> Result<(), Refusal> {
        let failed = |source| Refusal::Step { doing: "keeping what is known of updates", source };
        let text = serde_json::to_vec_pretty(self).map_err(|it| failed(it.into()))?;
        disk.write(RECORD, &text).map_err(failed)
    }

    /// Whether an update may be tried.
    ///
    /// # Errors
    /// If it was taken back before, or another is on trial.
    pub fn check(&self, manifest: &Manifest) -> Result<(), Refusal> {
        let is_same = |it: &Build| it.version == manifest.version || it.sha256 == manifest.sha256;
        if self.taken_back.iter().any(|it| is_same(&it.build)) {
            return Err(Refusal::TakenBack { version: manifest.version.clone() });
        }
        match &self.trial {
            Some(trial) => Err(Refusal::OnTrial { version: trial.to.version.clone() }),
            None => Ok(()),
        }
    }

    /// Writes down that a version is not to be taken again, and ends its trial.
    fn take_back(&mut self, build: Build, at: Timestamp) {
        self.trial = None;
        self.taken_back.push(TakenBack { build, at });
        let excess = self.taken_back.len().saturating_sub(TAKEN_BACK_MAX);
        self.taken_back.drain(..excess);
    }
}

impl Program {
    /// The program of this name in a folder.
    #[must_use]
    pub const fn new(folder: Box<dyn ProgramFolder>, name: String) -> Self {
        Self { folder, name }
    }

    fn new_name(&self) -> String {
        format!("{}{NEW}", self.name)
    }

    fn previous_name(&self) -> String {
        format!("{}{PREVIOUS}", self.name)
    }

    /// SHA-256 of a file here, lower-case hex.
    fn hash(&self, name: &str) -> Result<String, Refusal> {
        let failed = |source| Refusal::Step { doing: "reading the program", source };
        let mut measured = Measured::new(self.folder.open(name).map_err(failed)?);
        io::copy(&mut measured, &mut io::sink()).map_err(failed)?;
        Ok(measured.finish().1)
    }

    /// Removes what a replacement that was cut off has left.
    fn clean(&self) {
        let previous = format!("{}{NEW}", self.previous_name());
        for name in [self.new_name(), previous] {
            if let Err(error) = self.folder.remove(&name) {
                tracing::warn!(%error, name, "the rest of an update could not be removed");
            }
        }
    }

    /// Puts a program in the place of this one. It has to check in when it is started.
    ///
    /// # Errors
    /// Why not; this one is still in place then, and nothing is on trial.
    pub fn replace(
        &self,
        packed: &Packed,
        own: &Machine,
        disk: &dyn Disk,
        now: Timestamp,
        could_check_in: bool,
    ) -> Result<(), Refusal> {
        let mut record = Record::read(disk)?;
        record.check(&packed.manifest)?;
        let result = self.prepare(packed).and_then(|from_hash| {
            let manifest = &packed.manifest;
            record.trial = Some(Trial {
                from: Build { version: own.version.to_string(), sha256: from_hash },
                to: Build { version: manifest.version.clone(), sha256: manifest.sha256.clone() },
                applied_at: now,
                could_check_in,
                starts: 0,
                is_counted: false,
            });
            record.keep(disk)?;
            let failed =
                |source| Refusal::Step { doing: "putting the new program in place", source };
            self.folder.rename(&self.new_name(), &self.name).map_err(failed)
        });
        if let Err(error) = result {
            self.clean();
            record.trial = None;
            if let Err(error) = record.keep(disk) {
                // The next start sees that the old program is in place and forgets the trial.
                tracing::warn!(%error, "the record of updates could not be written");
            }
            return Err(error);
        }
        // From here on the new program is in place, whatever becomes of the flush.
        if let Err(error) = self.folder.flush() {
            tracing::warn!(%error, "the folder of the program could not be flushed");
        }
        Ok(())
    }

    /// Writes the new program and the copy of this one. Gives the hash of this one.
    fn prepare(&self, packed: &Packed) -> Result<String, Refusal> {
        self.clean();
        let failed = |doing| move |source| Refusal::Step { doing, source };
        let mut program = packed.unpack().map_err(failed("unpacking the program"))?;
        self.folder
            .write(&self.new_name(), &self.name, &mut program)
            .map_err(failed("writing the new program"))?;
        packed.compare(program)?;
        let copy = format!("{}{NEW}", self.previous_name());
        let open = self.folder.open(&self.name).map_err(failed("reading the program"))?;
        let mut measured = Measured::new(open);
        self.folder
            .write(&copy, &self.name, &mut measured)
            .and_then(|()| self.folder.rename(&copy, &self.previous_name()))
            .and_then(|()| self.folder.flush())
            .map_err(failed("keeping the old program"))?;
        Ok(measured.finish().1)
    }

    /// Looks what a start is, counts it, and brings the previous program back if there were too many.
    ///
    /// # Errors
    /// If what is kept cannot be read, or a step does not work.
    pub fn begin(&self, disk: &dyn Disk, who: Who, now: Timestamp) -> Result<Start, Refusal> {
        let mut record = Record::read(disk)?;
        let Some(trial) = record.trial.clone() else { return Ok(Start::Usual) };
        let in_place = self.hash(&self.name)?;
        if in_place == trial.from.sha256 {
            self.clean();
            // Cut off before the new one was in place, or after it was taken away again.
            if trial.starts == 0 {
                record.trial = None;
                record.keep(disk)?;
                return Ok(Start::Unfinished);
            }
            record.take_back(trial.to.clone(), now);
            record.keep(disk)?;
            return Ok(Start::RunsAgain(trial.to));
        }
        if in_place != trial.to.sha256 {
            // Somebody put a third program here; what is tried is not there any more.
            record.trial = None;
            record.keep(disk)?;
            return Ok(Start::Usual);
        }
        let is_new = who == Who::Guard || !trial.is_counted;
        let starts = trial.starts.saturating_add(u32::from(is_new));
        let counted = Trial { starts, is_counted: who == Who::Guard, ..trial };
        record.trial = Some(counted.clone());
        // A trial that cannot be counted would never end: a full disk ends it.
        let is_kept = record.keep(disk);
        if starts <= STARTS_MAX && is_kept.is_ok() {
            return Ok(Start::OnTrial(counted));
        }
        self.restore(record, &counted, disk, now)?;
        Ok(Start::TakenBack(counted.to))
    }

    /// Ends the trial of the program in place: the previous one comes back.
    ///
    /// # Errors
    /// If the previous one is not what it was, or a step does not work; the program stays then.
    pub fn give_up(&self, disk: &dyn Disk, now: Timestamp) -> Result<(), Refusal> {
        let record = Record::read(disk)?;
        match record.trial.clone() {
            Some(trial) => self.restore(record, &trial, disk, now),
            None => Ok(()),
        }
    }

    fn restore(
        &self,
        mut record: Record,
        trial: &Trial,
        disk: &dyn Disk,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let failed = |source| Refusal::Step { doing: "bringing the previous program back", source };
        if self.hash(&self.previous_name())? != trial.from.sha256 {
            return Err(failed(io::Error::other("it is not the program that was here before")));
        }
        self.folder.rename(&self.previous_name(), &self.name).map_err(failed)?;
        self.folder.flush().map_err(failed)?;
        record.take_back(trial.to.clone(), now);
        if let Err(error) = record.keep(disk) {
            // The trial is still there, with starts: the next start takes it for taken back.
            tracing::warn!(%error, "the record of updates could not be written");
        }
        Ok(())
    }
}

/// Ends the trial of a program that has checked in.
///
/// # Errors
/// If it cannot be written down.
pub fn confirm(disk: &dyn Disk) -> Result<(), Refusal> {
    let mut record = Record::read(disk)?;
    if record.trial.take().is_none() {
        return Ok(());
    }
    record.keep(disk)
}

#[cfg(test)]
mod tests;
