//! `update check`, `update apply` and the guard of a trial.

use std::io;
use std::path::Path;

use wording::Wording;

use super::{Common, UpdateCommand, log, say};
use crate::clock::{Clock, SystemClock};
use crate::data_dir::DataDir;
use crate::disk::FolderDisk;
use crate::failure::{Exit, Failure};
use crate::host::LinuxHost;
use crate::kept;
use crate::update::bundle::{Bundle, Machine, Manifest, Packed, Trust};
use crate::update::replace::{Record, STARTS_MAX, Start, TRIAL_TIME_MAX, Who};
use crate::update::{PREVIOUS, Refusal, check_place, inbox, own_program, program_at};

pub(super) fn update(
    common: &Common,
    command: &UpdateCommand,
    words: &'static Wording,
) -> Result<Exit, Failure> {
    log(tracing::Level::WARN);
    match command {
        UpdateCommand::Check { file } => check(common, file, words),
        UpdateCommand::Apply { file } => apply(common, file, words),
        UpdateCommand::Guard => guard(common, words),
    }
}

fn check(common: &Common, file: &Path, words: &Wording) -> Result<Exit, Failure> {
    let record = Record::read(&FolderDisk::new(common.data_dir()?))?;
    let packed = checked(common, file, &record)?;
    let mut program = packed.unpack().map_err(Refusal::Read)?;
    io::copy(&mut program, &mut io::sink()).map_err(Refusal::Read)?;
    packed.compare(program)?;
    tell("agent-update-good", &packed.manifest, words)
}

fn apply(common: &Common, file: &Path, words: &Wording) -> Result<Exit, Failure> {
    let data = DataDir::open(&common.data_dir()?)?;
    let disk = data.files();
    let packed = checked(common, file, &Record::read(&disk)?)?;
    let (_, program) = own_program()?;
    let status = kept::status(&disk).ok().flatten();
    let could_check_in =
        status.is_some_and(|it| it.last_delivery.is_some() && it.trouble.is_none());
    program.replace(&packed, &Machine::own()?, &disk, SystemClock.now(), could_check_in)?;
    tell("agent-update-applied", &packed.manifest, words)
}

/// All that can be said of an update before a file is written.
fn checked(common: &Common, file: &Path, record: &Record) -> Result<Packed, Failure> {
    let config = common.config()?;
    let check = || {
        let trust = Trust::new(config.update.as_ref())?;
        let bundle = Bundle::open(inbox::open(file)?, &trust)?;
        bundle.manifest.check(&Machine::own()?, SystemClock.now())?;
        record.check(&bundle.manifest)?;
        check_place(&own_program()?.0, &LinuxHost)?;
        bundle.packed()
    };
    check().map_err(|it| Failure::from(it).of_file(file))
}

fn tell(key: &str, manifest: &Manifest, words: &Wording) -> Result<Exit, Failure> {
    // The publisher has signed the manifest, and its version was read as one.
    let arguments = [
        ("version", manifest.version.clone().into()),
        ("starts", STARTS_MAX.to_string().into()),
        ("minutes", (TRIAL_TIME_MAX.as_secs() / 60).to_string().into()),
    ];
    say(&format!("{}\n", words.text_with(key, &arguments)))?;
    Ok(Exit::Done)
}

/// Called by the service manager before each start, as the previous program: a new one that does not get
/// as far as counting its starts is counted by this.
fn guard(common: &Common, words: &Wording) -> Result<Exit, Failure> {
    let own = own_program()?.0;
    let in_place = own.to_str().and_then(|it| it.strip_suffix(PREVIOUS));
    let program = in_place.and_then(|it| program_at(Path::new(it)));
    let Some(program) = program else {
        return Err(Failure::new(Exit::Usage, "update-guard", own.display()));
    };
    let data = DataDir::open(&common.data_dir()?)?;
    if let Start::TakenBack(build) = program.begin(&data.files(), Who::Guard, SystemClock.now())? {
        let version = [("version", build.version.into())];
        say(&format!("{}\n", words.text_with("agent-update-taken-back", &version)))?;
    }
    Ok(Exit::Done)
}
