//! Replaces this program by a newer one that its publisher has signed, and takes it back if the newer one
//! cannot check in.
//!
//! Files come from a person or a tool of the administrator; the collector has no part in it: neither
//! programs nor keys pass through it, so that whoever holds the collector cannot make agents run code.

pub mod bundle;
pub mod inbox;
pub mod replace;

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use observation::latest::Absent;

use crate::host::{Host, NotReplaceable, RealProgramFolder};
use crate::service::install::is_packaged;
use crate::sources::owner_of;
use crate::update::replace::Program;

/// What the name of a program that can be restored ends with.
pub const PREVIOUS: &str = ".previous";

/// Why an update is not taken. The old program is untouched.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Nobody's signature counts here.
    #[error("no keys are configured")]
    NoKeys,
    /// More signatures are needed than there are keys.
    #[error("{threshold} keys must sign, and {keys} are configured")]
    FewKeys {
        /// Different keys.
        keys: usize,
        /// How many are needed.
        threshold: usize,
    },
    /// The file is something else.
    #[error("the file is no update of this product")]
    OtherFile,
    /// The file is of a form that is not known here.
    #[error("the update is of a form that is not known here")]
    OtherForm,
    /// A part of the file means nothing.
    #[error("the {what} of the update cannot be read")]
    Damaged {
        /// The part.
        what: &'static str,
    },
    /// Too few of those who are trusted have signed exactly this.
    #[error("{right} of the {threshold} signatures that are needed are right")]
    Signatures {
        /// Different keys with a right signature.
        right: usize,
        /// How many are needed.
        threshold: usize,
    },
    /// It was made for another product or machine.
    #[error("the update is for the {what} {found}, and here it is {own}")]
    OtherMachine {
        /// What is another.
        what: &'static str,
        /// In the update.
        found: String,
        /// Here.
        own: String,
    },
    /// It is not newer.
    #[error("version {found} is not newer than {own}")]
    NotNewer {
        /// In the update.
        found: String,
        /// Here.
        own: String,
    },
    /// Its time is over by the clock of this machine.
    #[error("it was good until {expires}, and the clock of this machine shows {now}")]
    Expired {
        /// Its end.
        expires: Timestamp,
        /// The clock here.
        now: Timestamp,
    },
    /// It was made later than now by the clock of this machine.
    #[error("it was made at {created}, and the clock of this machine shows {now}")]
    FromTheFuture {
        /// When it was made.
        created: Timestamp,
        /// The clock here.
        now: Timestamp,
    },
    /// It is larger than any program of this product.
    #[error("it is larger than any program of this product")]
    TooLarge,
    /// The program is not the one that was signed.
    #[error("size or hash of the program are not those of the manifest")]
    OtherContent,
    /// It was here before and could not check in.
    #[error("version {version} was taken back here before")]
    TakenBack {
        /// The version.
        version: String,
    },
    /// Another update has not checked in yet.
    #[error("version {version} has not checked in yet")]
    OnTrial {
        /// The version.
        version: String,
    },
    /// A package manager owns the program.
    #[error("{program} belongs to a package manager")]
    Packaged {
        /// The program.
        program: String,
    },
    /// It cannot be known whether a package manager owns the program.
    #[error("whether {program} belongs to a package manager cannot be read: {cause:?}")]
    OwnerUnknown {
        /// The program.
        program: String,
        /// Why.
        cause: Absent,
    },
    /// This process is not to write there.
    #[error("{program} is not to be replaced from here: {why:?}")]
    Place {
        /// The program.
        program: String,
        /// Why.
        why: NotReplaceable,
    },
    /// What is kept of updates cannot be understood.
    #[error("what is kept of earlier updates cannot be read")]
    Record(#[source] io::Error),
    /// The file cannot be read.
    #[error("the update cannot be read")]
    Read(#[source] io::Error),
    /// A step did not work.
    #[error("{doing}")]
    Step {
        /// The step.
        doing: &'static str,
        /// The cause.
        source: io::Error,
    },
}

/// The program that runs, as a file.
///
/// # Errors
/// If it was removed or replaced since it was started, or its place cannot be told.
pub fn own_program() -> Result<(PathBuf, Program), Refusal> {
    let failed = |source| Refusal::Step { doing: "looking for the running program", source };
    // Of a program that was replaced the kernel tells a name that does not exist (proc_pid_exe(5)).
    let path = std::env::current_exe().map_err(failed)?;
    let program =
        program_at(&path).ok_or_else(|| failed(io::Error::other("its path cannot be used")))?;
    Ok((path, program))
}

/// The program at a path.
#[must_use]
pub fn program_at(path: &Path) -> Option<Program> {
    let name = path.file_name()?.to_str()?.to_owned();
    let folder = RealProgramFolder::new(path.parent()?.to_owned());
    Some(Program::new(Box::new(folder), name))
}

/// Whether this process may replace the program, and no package manager owns it.
///
/// # Errors
/// Why not.
pub fn check_place(path: &Path, host: &dyn Host) -> Result<(), Refusal> {
    let program = path.display().to_string();
    if is_packaged(&program) {
        return Err(Refusal::Packaged { program });
    }
    match owner_of(host, &program) {
        Ok(_) => return Err(Refusal::Packaged { program }),
        Err(Absent::NotHere { .. }) => {}
        Err(cause) => return Err(Refusal::OwnerUnknown { program, cause }),
    }
    let failed = |source| Refusal::Step { doing: "looking at the program", source };
    let no_path = || failed(io::Error::other("its path cannot be used"));
    let folder = path.parent().ok_or_else(no_path)?;
    let name = path.file_name().and_then(|it| it.to_str()).ok_or_else(no_path)?;
    match RealProgramFolder::new(folder.to_owned()).obstacle(name).map_err(failed)? {
        Some(why) => Err(Refusal::Place { program, why }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::testing::MapHost;

    #[test]
    fn a_program_of_a_package_manager_is_left_alone() {
        let host = MapHost::new();
        let refused = check_place(Path::new("/usr/bin/kataster-agent"), &host);
        assert!(matches!(refused, Err(Refusal::Packaged { .. })));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kataster-agent");
        std::fs::write(&path, "x").unwrap();
        check_place(&path, &host).unwrap();
        let status = "Package: own\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n";
        let owned = MapHost::new()
            .file("/var/lib/dpkg/info/own.list", format!("{}\n", path.display()))
            .file("/var/lib/dpkg/status", status);
        assert!(matches!(check_place(&path, &owned), Err(Refusal::Packaged { .. })));
    }
}
