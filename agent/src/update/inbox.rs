//! The folder that the service looks into for updates. How files get there is the administrator's.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::Refusal;
use super::bundle::{Bundle, Machine, Trust};
use super::replace::Record;
use crate::host::open_regular;

/// What names of updates end with.
pub const ENDING: &str = ".kataster-update";
/// Files that are looked at.
const FILES_MAX: usize = 32;
/// Entries of the folder that are looked at.
const ENTRIES_MAX: usize = 1024;

/// What was found in the folder.
#[derive(Debug, Default)]
pub struct Found {
    /// The newest update that may be taken.
    pub best: Option<PathBuf>,
    /// What is refused, and why; files of versions that are not newer lie there rightly and are not named.
    pub refused: Vec<(PathBuf, Refusal)>,
}

/// Opens an update.
///
/// # Errors
/// If it cannot be read.
pub fn open(path: &Path) -> Result<File, Refusal> {
    open_regular(path).map_err(Refusal::Read)
}

/// Looks at the heads of all updates in a folder.
///
/// # Errors
/// If the folder cannot be read; that there is none means that there is no update.
pub fn look(
    folder: &Path,
    trust: &Trust,
    machine: &Machine,
    record: &Record,
    now: Timestamp,
) -> Result<Found, Refusal> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::default()),
        other => other.map_err(Refusal::Read)?,
    };
    let is_update = |it: &PathBuf| it.to_str().is_some_and(|it| it.ends_with(ENDING));
    let paths = entries.take(ENTRIES_MAX).flatten().map(|it| it.path()).filter(is_update);
    let mut paths: Vec<PathBuf> = paths.collect();
    paths.sort();
    let mut found = Found::default();
    let mut best = machine.version.clone();
    for path in paths.into_iter().take(FILES_MAX) {
        let checked = open(&path).and_then(|file| {
            let manifest = Bundle::open(file, trust)?.manifest;
            manifest.check(machine, now)?;
            record.check(&manifest)?;
            manifest.version()
        });
        match checked {
            Ok(version) if version.cmp_precedence(&best).is_gt() => {
                best = version;
                found.best = Some(path);
            }
            Ok(_) | Err(Refusal::NotNewer { .. }) => {}
            Err(refusal) => found.refused.push((path, refusal)),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::super::bundle::tests::{PROGRAM, file, machine, manifest, now, packed, trust};
    use super::*;

    fn found(folder: &Path) -> Found {
        look(folder, &trust(&[1], 1).unwrap(), &machine(), &Record::default(), now()).unwrap()
    }

    #[test]
    fn the_newest_that_may_be_taken_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, version: &str, seed: u8| {
            let update = file(&manifest(version, PROGRAM), &[seed], &packed(PROGRAM));
            fs::write(folder.path().join(name), update).unwrap();
        };
        assert!(found(&folder.path().join("none")).best.is_none());
        put("a.kataster-update", "1.9.0", 1);
        put("b.kataster-update", "1.10.0", 1);
        put("c.kataster-update", "1.0.0", 1);
        put("d.kataster-update", "3.0.0", 9);
        put("e.txt", "2.0.0", 1);
        fs::create_dir(folder.path().join("f.kataster-update")).unwrap();
        std::os::unix::fs::symlink("/dev/zero", folder.path().join("g.kataster-update")).unwrap();
        let found = found(folder.path());
        assert_eq!(found.best, Some(folder.path().join("b.kataster-update")));
        let names = found.refused.iter().map(|it| it.0.file_name().unwrap().to_str().unwrap());
        let names: Vec<&str> = names.collect();
        assert_eq!(names, ["d.kataster-update", "f.kataster-update", "g.kataster-update"]);
    }
}
