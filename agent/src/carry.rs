//! A report as a file that this host signs, and files that are carried to the collector.
//!
//! A host that is enrolled signs with its enrolled key and counts on in its own order. One that is not
//! makes a key of its own the first time, keeps it beside its counter, and is known by it from then on.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use data_encoding::BASE64;
use observation::ContentHash;
use observation::latest::protocol::{
    AgentKind, BodyTransfer, CarryAnswer, CarryRequest, ManifestRequest, SignedReport,
    UploadRequest,
};
use observation::latest::written::Report;
use observation::latest::{AgentId, NameKey, SectionHead};
use observation::limits::{REQUEST_BYTES_MAX, REQUEST_UNPACKED_BYTES_MAX};
use pki::{AgentKey, Fingerprint, KeyError, SIGNED_FILE_HEAD_BYTES_MAX, SignedFile};
use serde_json::value::RawValue;

use crate::agent::{Agent, AgentError};
use crate::clock::Clock;
use crate::config::Config;
use crate::data_dir::DataDir;
use crate::deliver::network::Network;
use crate::deliver::{DeliverError, ask_once};
use crate::disk::Disk;
use crate::host::{Ask, Host};
use crate::names::Names;
use crate::report::{Identity, Selection, collect};
use crate::sources::context::Options;
use crate::sources::{Context, Memory};
use crate::spool::{BYTES_MAX, NumberError, Spool};

/// Largest signed file.
pub const FILE_BYTES_MAX: usize = REQUEST_BYTES_MAX + SIGNED_FILE_HEAD_BYTES_MAX;
/// The key of a host that is not enrolled, PEM, and its key for pseudonyms.
const KEY: &str = "alone/key.pem";
const NAME_KEY: &str = "alone/names.key";
/// Largest of both files.
const KEY_BYTES_MAX: u64 = 8 * 1024;
/// Bytes of the key for pseudonyms.
const NAME_KEY_BYTES: usize = 32;
/// Effort of the compression: the file may have to fit on a small data carrier.
const ZSTD_LEVEL: i32 = 9;

/// Why there is no signed file.
#[derive(Debug, thiserror::Error)]
pub enum CarryError {
    /// The agent cannot work.
    #[error(transparent)]
    Agent(#[from] AgentError),
    /// Reports cannot be numbered.
    #[error(transparent)]
    Number(#[from] NumberError),
    /// There is no key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The folder of the agent refuses.
    #[error("the key of this host cannot be kept")]
    Keep(#[source] io::Error),
    /// The report is larger than any collector takes.
    #[error("the report is larger than any collector takes")]
    TooLarge,
    /// The report cannot be written down.
    #[error("the report cannot be written down: {0}")]
    Content(String),
    /// The file exists.
    #[error("{path} exists; nothing is overwritten")]
    Exists {
        /// The file.
        path: String,
    },
    /// The file cannot be written.
    #[error("writing {path}")]
    Write {
        /// The file.
        path: String,
        /// The cause.
        source: io::Error,
    },
}

/// A signed report.
#[derive(Debug)]
pub struct Sealed {
    /// The file.
    pub file: Vec<u8>,
    /// What was found.
    pub report: Report,
    /// SHA-256 of the public key, by which a person recognises the host.
    pub key: Fingerprint,
}

/// Reads this host and signs what it found.
///
/// # Errors
/// Why there is no file.
pub fn seal(
    data: DataDir,
    config: Config,
    host: &dyn Host,
    clock: Arc<dyn Clock>,
) -> Result<Sealed, CarryError> {
    let is_enrolled = data.enrolment().map_err(AgentError::from)?.is_some();
    if !is_enrolled {
        return seal_alone(&data, &config, host, clock.as_ref());
    }
    let mut agent = Agent::open(data, config, clock)?;
    let report = agent.collect_apart(host)?;
    let key = agent.key()?;
    sealed(&key, host, report)
}

fn seal_alone(
    data: &DataDir,
    config: &Config,
    host: &dyn Host,
    clock: &dyn Clock,
) -> Result<Sealed, CarryError> {
    let disk = data.files();
    let key = match disk.read(KEY, KEY_BYTES_MAX) {
        Ok(pem) => AgentKey::from_pem(&String::from_utf8_lossy(&pem))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key = AgentKey::generate()?;
            disk.write(KEY, key.to_pem().as_bytes()).map_err(CarryError::Keep)?;
            key
        }
        Err(error) => return Err(CarryError::Keep(error)),
    };
    let name_key = match disk.read(NAME_KEY, KEY_BYTES_MAX) {
        Ok(kept) if kept.len() == NAME_KEY_BYTES => kept,
        Ok(_) | Err(_) => {
            let mut fresh = vec![0; NAME_KEY_BYTES];
            getrandom::fill(&mut fresh).map_err(|_| AgentError::NoRandomNumbers)?;
            disk.write(NAME_KEY, &fresh).map_err(CarryError::Keep)?;
            fresh
        }
    };
    // Only this host has the key: its pseudonyms cannot be compared with those of any other.
    let kind = if config.clear_names { NameKey::Clear } else { NameKey::Run };
    let names = Names::new(kind, &name_key);
    // Nobody said what this host is.
    let options = Options {
        reports_connections: config.reports_connections(AgentKind::Client),
        reports_logins: config.reports_logins,
        reports_wireless: config.reports_wireless(AgentKind::Client),
    };
    let context =
        Context { host, now: clock.now(), names: &names, options, memory: &Memory::default() };
    let agent = AgentId(SignedFile::host_of(Fingerprint(key.public_key_hash())));
    let number = Spool::open(Arc::new(data.alone()), BYTES_MAX, 0).next_number()?;
    let report = collect(&context, Identity { agent: Some(agent), number }, Selection::All);
    sealed(&key, host, report)
}

fn sealed(key: &AgentKey, host: &dyn Host, report: Report) -> Result<Sealed, CarryError> {
    let unwritten = |error: serde_json::Error| CarryError::Content(error.to_string());
    let mut heads = Vec::with_capacity(report.sections.len());
    let mut bodies = Vec::with_capacity(report.sections.len());
    for section in &report.sections {
        let bytes = section.body.canonical_bytes();
        heads.push(SectionHead {
            source: section.body.source.clone(),
            hash: ContentHash::of(&bytes),
            observed_at: section.observed_at,
            duration_ms: section.duration_ms,
            cadence: section.cadence,
        });
        let body: Box<RawValue> = serde_json::from_slice(&bytes).map_err(unwritten)?;
        bodies.push(BodyTransfer::Full { body });
    }
    let manifest = ManifestRequest {
        observer: report.observer.clone(),
        number: report.number,
        started_at: report.started_at,
        sent_at: report.started_at,
        sections: heads,
    };
    let host_name = host.system_names().map(|it| it.node).unwrap_or_default();
    let signed = SignedReport {
        format: SignedReport::FORMAT,
        host_name,
        report: UploadRequest { manifest, bodies },
    };
    let text = serde_json::to_vec(&signed).map_err(unwritten)?;
    let packed = zstd::bulk::compress(&text, ZSTD_LEVEL)
        .map_err(|error| CarryError::Content(error.to_string()))?;
    if text.len() > REQUEST_UNPACKED_BYTES_MAX || packed.len() > REQUEST_BYTES_MAX {
        return Err(CarryError::TooLarge);
    }
    let file = key.seal(&packed)?;
    Ok(Sealed { file, report, key: Fingerprint(key.public_key_hash()) })
}

/// Writes a file that did not exist. What could not be written whole is removed.
///
/// # Errors
/// If it exists or cannot be written.
pub fn write_new(path: &Path, content: &[u8]) -> Result<(), CarryError> {
    let shown = || path.display().to_string();
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = opened.map_err(|source| {
        if source.kind() == io::ErrorKind::AlreadyExists {
            CarryError::Exists { path: shown() }
        } else {
            CarryError::Write { path: shown(), source }
        }
    })?;
    let written = file.write_all(content).and_then(|()| file.sync_all());
    written.map_err(|source| {
        // Half a file says nothing; that it could not be removed either changes nothing.
        let _ = std::fs::remove_file(path);
        CarryError::Write { path: shown(), source }
    })
}

/// Hands a file over to the collector of the agent whose network this is.
///
/// # Errors
/// Why it was not taken.
pub async fn carry(network: &dyn Network, file: &[u8]) -> Result<CarryAnswer, DeliverError> {
    let request = CarryRequest { file: BASE64.encode(file) };
    ask_once(network, "/v1/carry", &request).await
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::clock::SystemClock;
    use crate::host::RecordedHost;

    fn seal_in(folder: &Path) -> Sealed {
        let data = DataDir::open(&folder.join("agent")).unwrap();
        let host = RecordedHost::default();
        seal(data, Config::default(), &host, Arc::new(SystemClock)).unwrap()
    }

    fn content(file: &[u8]) -> SignedReport {
        let opened = SignedFile::open(file).unwrap();
        let mut text = Vec::new();
        #[expect(clippy::disallowed_methods, reason = "bounded by `take`")]
        zstd::Decoder::new(opened.content).unwrap().take(1 << 26).read_to_end(&mut text).unwrap();
        serde_json::from_slice(&text).unwrap()
    }

    #[test]
    fn a_host_that_is_not_enrolled_signs_with_a_key_that_it_keeps() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (seal_in(folder.path()), seal_in(folder.path()));
        assert_eq!(first.key, second.key);
        assert!(second.report.number > first.report.number);
        let signed = content(&second.file);
        assert_eq!(signed.report.manifest.number, second.report.number);
        assert_eq!(signed.report.bodies.len(), second.report.sections.len());
        assert_eq!(
            signed.report.manifest.observer.agent.map(|it| it.0),
            Some(SignedFile::host_of(second.key))
        );
        let key = folder.path().join("agent").join(KEY);
        assert_eq!(crate::host::mode_open_to_others(&key).unwrap(), None);
        let elsewhere = tempfile::tempdir().unwrap();
        assert_ne!(seal_in(elsewhere.path()).key, first.key);
    }

    #[test]
    fn an_existing_file_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report");
        write_new(&path, b"one").unwrap();
        assert!(matches!(write_new(&path, b"other"), Err(CarryError::Exists { .. })));
        assert_eq!(path.metadata().unwrap().len(), 3);
        assert!(matches!(
            write_new(&folder.path().join("none/report"), b"x"),
            Err(CarryError::Write { .. })
        ));
    }

    #[test]
    fn a_damaged_key_is_not_replaced_silently() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(&folder.path().join("agent")).unwrap();
        data.files().write(KEY, b"half").unwrap();
        let host = RecordedHost::default();
        let sealed = seal(data, Config::default(), &host, Arc::new(SystemClock));
        assert!(matches!(sealed, Err(CarryError::Key(_))));
    }
}
