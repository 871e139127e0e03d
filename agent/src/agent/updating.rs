//! What the service does about updates of itself: counts its starts while it is on trial, ends the trial
//! with the first check-in, gives way when there is none, and takes an update right after a check-in, so
//! that the program to which it may go back is one that could check in.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use crate::config::UpdateConfig;
use crate::disk::Disk;
use crate::host::Host;
use crate::update::bundle::{Bundle, Machine, Trust};
use crate::update::replace::{Program, Record, Start, TRIAL_TIME_MAX, Trial, Who, confirm};
use crate::update::{Refusal, check_place, inbox, own_program};

/// The loop comes around at least every minute; a longer pause is a sleep of the machine and no work.
const ROUND_MAX: Duration = Duration::from_secs(120);

/// The state of the service with regard to updates.
pub struct Updating {
    program: Option<(PathBuf, Program)>,
    trial: Option<Trial>,
    tried: Duration,
    last_round: Option<Duration>,
    has_checked_in: bool,
    is_look_due: bool,
    /// What a person should know, for the state.
    problem: Option<String>,
}

/// What a start of the service is.
pub enum Begun {
    /// It goes on.
    Goes(Box<Updating>),
    /// The previous program was put in place, and has to be started.
    Replaced,
}

/// What came of a round.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Round {
    /// Another program is in place, and has to be started.
    pub(super) is_replaced: bool,
    /// What is worth a note.
    pub(super) notes: Vec<String>,
}

impl Updating {
    /// The service that begins now, with what is kept in its folder.
    #[must_use]
    pub fn begin(disk: &dyn Disk, now: Timestamp) -> Begun {
        match own_program() {
            Ok((path, program)) => Self::begin_as(path, program, disk, now),
            Err(error) => {
                tracing::warn!(cause = super::running::chain(&error), "there will be no updates");
                Begun::Goes(Box::new(Self::none()))
            }
        }
    }

    /// A service that knows of no updates.
    #[must_use]
    pub(super) const fn none() -> Self {
        Self {
            program: None,
            trial: None,
            tried: Duration::ZERO,
            last_round: None,
            has_checked_in: false,
            is_look_due: false,
            problem: None,
        }
    }

    fn begin_as(path: PathBuf, program: Program, disk: &dyn Disk, now: Timestamp) -> Begun {
        let mut updating = Self::none();
        match program.begin(disk, Who::Service, now) {
            Ok(Start::TakenBack(build)) => {
                let version = build.version;
                tracing::error!(version, "did not check in; the previous version comes back");
                return Begun::Replaced;
            }
            Ok(Start::OnTrial(trial)) => {
                let (version, starts) = (&trial.to.version, trial.starts);
                tracing::info!(version, starts, "this version has to check in yet");
                updating.trial = Some(trial);
            }
            Ok(Start::Usual | Start::Unfinished | Start::RunsAgain(_)) => {}
            Err(error) => {
                let problem = super::running::chain(&error);
                tracing::error!(cause = problem, "updates are not possible");
                updating.problem = Some(problem);
            }
        }
        if let (Ok(record), Ok(own)) = (Record::read(disk), Machine::own()) {
            updating.problem = updating.problem.or_else(|| taken_back(&record, &own));
        }
        updating.program = Some((path, program));
        Begun::Goes(Box::new(updating))
    }

    /// What a person should know.
    pub(super) fn problem(&self) -> Option<String> {
        self.problem.clone()
    }

    /// The host was read: it is time to look for updates.
    pub(super) const fn read(&mut self) {
        self.is_look_due = true;
    }

    /// The collector took reports.
    pub(super) const fn checked_in(&mut self) {
        self.has_checked_in = true;
    }

    /// One round of the loop.
    pub(super) fn round(
        &mut self,
        disk: &dyn Disk,
        config: Option<&UpdateConfig>,
        host: &dyn Host,
        now: Timestamp,
        steady: Duration,
    ) -> Round {
        let passed = steady.saturating_sub(self.last_round.unwrap_or(steady));
        self.last_round = Some(steady);
        self.tried += passed.min(ROUND_MAX);
        let mut round = Round::default();
        if std::mem::take(&mut self.has_checked_in) {
            self.confirm(disk, &mut round);
            if self.trial.is_none() && std::mem::take(&mut self.is_look_due) {
                self.look(disk, config, host, now, &mut round);
            }
        }
        let is_over = |it: &Trial| it.could_check_in && self.tried >= TRIAL_TIME_MAX;
        if self.trial.as_ref().is_some_and(is_over) {
            self.give_up(disk, now, &mut round);
        }
        round
    }

    fn confirm(&mut self, disk: &dyn Disk, round: &mut Round) {
        let Some(trial) = self.trial.take() else { return };
        match confirm(disk) {
            Ok(()) => {
                tracing::info!(version = trial.to.version, "this version has checked in");
                let (from, to) = (trial.from.version, trial.to.version);
                round.notes.push(format!("updated from {from} to {to}"));
                self.problem = None;
            }
            Err(error) => {
                // Tried again with the next check-in; this process does not give way any more.
                tracing::warn!(cause = super::running::chain(&error), "the update stays on trial");
                self.trial = Some(Trial { could_check_in: false, ..trial });
            }
        }
    }

    fn give_up(&mut self, disk: &dyn Disk, now: Timestamp, round: &mut Round) {
        let (Some((_, program)), Some(trial)) = (&self.program, self.trial.take()) else { return };
        let version = trial.to.version;
        match program.give_up(disk, now) {
            Ok(()) => {
                tracing::error!(version, "did not check in; the previous version comes back");
                round.notes.push(format!("version {version} did not check in and was taken back"));
                round.is_replaced = true;
            }
            Err(error) => {
                let cause = super::running::chain(&error);
                tracing::error!(cause, version, "did not check in, and cannot be taken back");
                round.notes.push(format!("version {version} cannot be taken back: {cause}"));
            }
        }
    }

    fn look(
        &self,
        disk: &dyn Disk,
        config: Option<&UpdateConfig>,
        host: &dyn Host,
        now: Timestamp,
        round: &mut Round,
    ) {
        let Some(folder) = config.and_then(|it| it.folder.as_deref()) else { return };
        match self.take_from(folder, disk, config, host, now, round) {
            Ok(None) => {}
            Ok(Some(version)) => {
                tracing::info!(version, "another version is in place and is started now");
                round.is_replaced = true;
            }
            Err(error) => refuse(folder, &error, round),
        }
    }

    fn take_from(
        &self,
        folder: &Path,
        disk: &dyn Disk,
        config: Option<&UpdateConfig>,
        host: &dyn Host,
        now: Timestamp,
        round: &mut Round,
    ) -> Result<Option<String>, Refusal> {
        let Some((path, program)) = &self.program else { return Ok(None) };
        let (trust, own) = (Trust::new(config)?, Machine::own()?);
        let found = inbox::look(folder, &trust, &own, &Record::read(disk)?, now)?;
        for (path, refusal) in &found.refused {
            refuse(path, refusal, round);
        }
        let Some(best) = found.best else { return Ok(None) };
        check_place(path, host)?;
        let bundle = Bundle::open(inbox::open(&best)?, &trust)?;
        bundle.manifest.check(&own, now)?;
        let packed = bundle.packed()?;
        program.replace(&packed, &own, disk, now, true)?;
        Ok(Some(packed.manifest.version))
    }
}

/// What stays to be said while the version that was taken back would be a newer one.
fn taken_back(record: &Record, own: &Machine) -> Option<String> {
    let last = record.taken_back.last()?;
    let version = semver::Version::parse(&last.build.version).ok()?;
    let is_newer = version.cmp_precedence(&own.version).is_gt();
    is_newer.then(|| format!("version {version} did not check in and was taken back"))
}

fn refuse(path: &Path, refusal: &Refusal, round: &mut Round) {
    let text = format!("{}: {}", path.display(), super::running::chain(refusal));
    tracing::warn!(cause = text, "an update was refused");
    round.notes.push(format!("an update was refused: {text}"));
}

#[cfg(test)]
mod tests;
