//! `once --out` and `upload`: reports that travel as files.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use observation::latest::protocol::Carried;
use wording::Wording;

use super::{Common, exit_of, log, runtime, say};
use crate::agent::Agent;
use crate::carry::{CarryError, FILE_BYTES_MAX, carry, seal, write_new};
use crate::clock::SystemClock;
use crate::data_dir::DataDir;
use crate::failure::{Exit, Failure};
use crate::host::LinuxHost;
use crate::print::clean;

/// Reads this host and writes what it found as a signed file.
pub(super) fn once_to_file(
    common: &Common,
    path: &Path,
    words: &'static Wording,
) -> Result<Exit, Failure> {
    log(tracing::Level::WARN);
    if path.try_exists().unwrap_or(false) {
        // Said before the host is read for nothing; the write itself makes sure.
        return Err(CarryError::Exists { path: path.display().to_string() }.into());
    }
    let (config, folder) = (common.config()?, common.data_dir()?);
    let data = DataDir::open(&folder)?;
    let sealed = seal(data, config, &LinuxHost, Arc::new(SystemClock))?;
    write_new(path, &sealed.file)?;
    let kibibytes = sealed.file.len().div_ceil(1024);
    let arguments = [
        ("path", path.display().to_string().into()),
        ("size", kibibytes.to_string().into()),
        ("key", sealed.key.to_string().into()),
    ];
    say(&format!("{}\n", words.text_with("agent-sealed", &arguments)))?;
    Ok(exit_of(&sealed.report))
}

/// Hands signed files of other hosts over; the certificate of this host only carries them.
pub(super) fn upload(
    common: &Common,
    files: &[PathBuf],
    words: &'static Wording,
) -> Result<Exit, Failure> {
    log(tracing::Level::WARN);
    // The service may hold the folder: nothing of it is changed here.
    let enrolment = DataDir::enrolment_in(&common.data_dir()?)?
        .ok_or_else(|| Failure::new(Exit::Refused, "not-enrolled", ""))?;
    let network = Agent::network_of(&enrolment, &common.config()?)?;
    let runtime = runtime()?;
    let mut worst = None;
    for path in files {
        let carried = read(path).and_then(|file| {
            let answer = runtime.block_on(carry(&network, &file));
            answer.map_err(|it| Failure::from(it).of_file(path))
        });
        match carried {
            Ok(answer) => {
                let key = match answer.outcome {
                    Carried::Taken => "agent-carried-taken",
                    Carried::Repeated => "agent-carried-repeated",
                    Carried::Waiting => "agent-carried-waiting",
                };
                let arguments = [
                    ("path", clean(&path.display().to_string()).into()),
                    ("host", clean(&answer.host_name).into()),
                    ("key", answer.key.to_string().into()),
                ];
                say(&format!("{}\n", words.text_with(key, &arguments)))?;
            }
            Err(failure) => {
                let _ = writeln!(io::stderr().lock(), "{}", failure.text(words));
                worst.get_or_insert(failure.exit);
            }
        }
    }
    Ok(worst.unwrap_or(Exit::Done))
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed =
        |error: io::Error| Failure::new(Exit::Usage, "signed-file", path.display()).because(&error);
    let mut file = Vec::new();
    #[expect(clippy::disallowed_methods, reason = "bounded by `take`")]
    File::open(path)
        .map_err(failed)?
        .take(FILE_BYTES_MAX as u64 + 1)
        .read_to_end(&mut file)
        .map_err(failed)?;
    if file.len() > FILE_BYTES_MAX {
        return Err(Failure::new(Exit::Usage, "signed-file", path.display())
            .because(&io::Error::other("larger than any report")));
    }
    Ok(file)
}
