//! The agent's folder: its enrolment, its spool, and the lock that keeps a second agent out.

use std::fmt;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use observation::latest::AgentId;
use observation::latest::protocol::{AgentKind, Schedule};
use pki::{AgentIdentity, AgentKey};
use serde::{Deserialize, Serialize};

use crate::disk::{Disk, FolderDisk};
use crate::home::Home;
use crate::host::{
    create_private_file, create_private_folder, mode_open_to_others, owner_foreign_to_root,
    system_state_folder,
};

/// The file that holds the enrolment. One file, so that it is replaced as a whole.
const ENROLMENT: &str = "enrolment.json";
/// The file that the lock is on.
const LOCK: &str = "agent.lock";
/// Largest enrolment that is looked at.
const ENROLMENT_BYTES_MAX: u64 = 256 * 1024;

/// How often the lock is tried, and the pause between two tries.
const LOCK_TRIES: u32 = 3;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// The agent's folder, locked for this process.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    disk: FolderDisk,
    _lock: File,
}

/// What an enrolled agent keeps.
#[derive(Clone, Serialize, Deserialize)]
pub struct Enrolment {
    /// Its identity.
    pub agent: AgentId,
    /// Its private key, PEM.
    key: String,
    /// Its certificate and the authority's, PEM.
    chain: String,
    /// The agents' listener, `host:port`.
    pub agent_address: String,
    /// The enrolment listener, `host:port`.
    pub enrolment_address: String,
    /// The company's key for pseudonyms, base64.
    pub name_key: String,
    /// What the collector says this host is.
    pub kind: AgentKind,
    /// How often the collector wants reports.
    pub schedule: Schedule,
    /// The last epoch that report numbers were taken from; 0: none yet.
    pub epoch: u64,
    /// The company's networks and by what they are known; none from before there were any.
    #[serde(default)]
    pub home: Home,
}

/// What is wrong with the folder.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// Another agent uses it.
    #[error("another agent uses {path}")]
    Locked {
        /// The folder.
        path: String,
    },
    /// Others may read what only the owner may.
    #[error("{path} can be read or changed by others (mode {mode:o})")]
    TooOpen {
        /// The folder or file.
        path: String,
        /// Its mode.
        mode: u32,
    },
    /// It is another user's: files that root left there would lock its owner out.
    #[error("{path} belongs to user {owner}, not to root")]
    OfAnotherUser {
        /// The folder.
        path: String,
        /// The owner's user id.
        owner: u32,
    },
    /// The system refuses.
    #[error("{doing} {path}")]
    Io {
        /// The operation.
        doing: &'static str,
        /// Its object.
        path: String,
        /// The cause.
        source: io::Error,
    },
    /// The enrolment is no enrolment.
    #[error("{path} is damaged: {problem}")]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong.
        problem: String,
    },
    /// Nobody said where, and there is no home folder.
    #[error("there is no place for the agent's data: HOME is not set")]
    NoPlace,
}

impl DataDir {
    /// Where the agent's data is unless a person says otherwise.
    ///
    /// # Errors
    /// If there is no such place.
    pub fn default_path() -> Result<PathBuf, DataDirError> {
        let state = || {
            let named = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from);
            let home = std::env::var_os("HOME").map(|it| PathBuf::from(it).join(".local/state"));
            named.filter(|it| it.is_absolute()).or(home).filter(|it| it.is_absolute())
        };
        let folder = system_state_folder().or_else(state).ok_or(DataDirError::NoPlace)?;
        Ok(folder.join("kataster-agent"))
    }

    /// Opens the folder, makes it if it is missing, and keeps other agents out of it.
    ///
    /// # Errors
    /// If it is in use, open to others, or cannot be used.
    pub fn open(path: &Path) -> Result<Self, DataDirError> {
        let shown = || path.display().to_string();
        let failed = |doing| move |source| DataDirError::Io { doing, path: shown(), source };
        create_private_folder(path).map_err(failed("making the folder"))?;
        let mode = mode_open_to_others(path).map_err(failed("looking at"))?;
        if let Some(mode) = mode {
            return Err(DataDirError::TooOpen { path: shown(), mode });
        }
        let owner = owner_foreign_to_root(path).map_err(failed("looking at"))?;
        if let Some(owner) = owner {
            return Err(DataDirError::OfAnotherUser { path: shown(), owner });
        }
        let lock = create_private_file(&path.join(LOCK)).or_else(|error| {
            // A folder that takes no writes can still be locked.
            let is_read_only = error.kind() == io::ErrorKind::ReadOnlyFilesystem;
            if is_read_only { File::open(path.join(LOCK)) } else { Err(error) }
        });
        let lock = lock.map_err(failed("making the lock in"))?;
        let mut tries = LOCK_TRIES;
        loop {
            match lock.try_lock() {
                Ok(()) => break,
                // Whoever looks whether an agent runs holds the lock for a moment.
                Err(TryLockError::WouldBlock) if tries > 1 => {
                    tries -= 1;
                    std::thread::sleep(LOCK_PAUSE);
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(DataDirError::Locked { path: shown() });
                }
                Err(TryLockError::Error(source)) => return Err(failed("locking")(source)),
            }
        }
        Ok(Self { path: path.to_owned(), disk: FolderDisk::new(path.to_owned()), _lock: lock })
    }

    /// Whether an agent uses this folder now. Leaves no trace.
    ///
    /// # Errors
    /// If the folder may not be looked at.
    pub fn is_in_use(path: &Path) -> Result<bool, DataDirError> {
        let failed = |doing| {
            let path = path.display().to_string();
            move |source| DataDirError::Io { doing, path, source }
        };
        let lock = match File::open(path.join(LOCK)) {
            Ok(lock) => lock,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(failed("looking at the lock in")(error)),
        };
        match lock.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(source)) => Err(failed("looking at the lock in")(source)),
        }
    }

    /// The enrolment in a folder that another process may hold.
    ///
    /// # Errors
    /// As [`DataDir::enrolment`].
    pub fn enrolment_in(path: &Path) -> Result<Option<Enrolment>, DataDirError> {
        enrolment_of(path, &FolderDisk::new(path.to_owned()))
    }

    /// The folder itself: what is kept for those who ask about this agent.
    #[must_use]
    pub fn files(&self) -> FolderDisk {
        self.disk.clone()
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of undelivered reports.
    #[must_use]
    pub fn spool(&self) -> FolderDisk {
        FolderDisk::new(self.path.join("spool"))
    }

    /// The folder of a host that is not enrolled: its own key and its counter.
    #[must_use]
    pub fn alone(&self) -> FolderDisk {
        FolderDisk::new(self.path.join("alone"))
    }

    /// The folder of what is known of scans under way.
    #[must_use]
    pub fn scans(&self) -> FolderDisk {
        FolderDisk::new(self.path.join("scans"))
    }

    /// The enrolment; none if this agent is not enrolled.
    ///
    /// # Errors
    /// If it cannot be read, is damaged, or others can read it.
    pub fn enrolment(&self) -> Result<Option<Enrolment>, DataDirError> {
        enrolment_of(&self.path, &self.disk)
    }

    /// Keeps an enrolment in place of what was there.
    ///
    /// # Errors
    /// If it could not be written; the old one is still there then.
    pub fn keep(&self, enrolment: &Enrolment) -> Result<(), DataDirError> {
        let failed = |source| DataDirError::Io {
            doing: "writing",
            path: self.path.join(ENROLMENT).display().to_string(),
            source,
        };
        let bytes = serde_json::to_vec_pretty(enrolment).map_err(|it| failed(it.into()))?;
        // What could not be read again must not take the place of what can.
        if bytes.len() as u64 > ENROLMENT_BYTES_MAX {
            return Err(failed(io::ErrorKind::FileTooLarge.into()));
        }
        self.disk.write(ENROLMENT, &bytes).map_err(failed)
    }
}

fn enrolment_of(folder: &Path, disk: &FolderDisk) -> Result<Option<Enrolment>, DataDirError> {
    let path = folder.join(ENROLMENT);
    let shown = || path.display().to_string();
    let failed = |source| DataDirError::Io { doing: "reading", path: shown(), source };
    match mode_open_to_others(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
        Ok(Some(mode)) => return Err(DataDirError::TooOpen { path: shown(), mode }),
        Ok(None) => {}
    }
    let bytes = disk.read(ENROLMENT, ENROLMENT_BYTES_MAX).map_err(failed)?;
    let enrolment: Enrolment = serde_json::from_slice(&bytes)
        .map_err(|it| DataDirError::Damaged { path: shown(), problem: it.to_string() })?;
    enrolment.identity().map_err(|problem| DataDirError::Damaged { path: shown(), problem })?;
    Ok(Some(enrolment))
}

/// What an enrolment is made of, besides key and chain.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The agents' listener, `host:port`.
    pub agent_address: String,
    /// The enrolment listener, `host:port`.
    pub enrolment_address: String,
    /// The company's key for pseudonyms, base64.
    pub name_key: String,
    /// What the collector says this host is.
    pub kind: AgentKind,
    /// How often the collector wants reports.
    pub schedule: Schedule,
}

impl Enrolment {
    /// A new enrolment.
    #[must_use]
    pub fn new(key: &AgentKey, chain: String, agent: AgentId, terms: Terms, epoch: u64) -> Self {
        Self {
            agent,
            key: key.to_pem().to_string(),
            chain,
            agent_address: terms.agent_address,
            enrolment_address: terms.enrolment_address,
            name_key: terms.name_key,
            kind: terms.kind,
            schedule: terms.schedule,
            epoch,
            home: Home::default(),
        }
    }

    /// Key and certificate.
    ///
    /// # Errors
    /// If they do not belong together, in words.
    pub fn identity(&self) -> Result<AgentIdentity, String> {
        let key = AgentKey::from_pem(&self.key).map_err(|it| it.to_string())?;
        let identity = AgentIdentity::new(key, &self.chain).map_err(|it| it.to_string())?;
        if identity.agent() != self.agent.0 {
            return Err("the certificate is another agent's".to_owned());
        }
        Ok(identity)
    }

    /// The same with a new certificate for the same key by the same authority.
    ///
    /// # Errors
    /// If the chain is anything else, in words.
    pub fn renewed(&self, chain: String) -> Result<Self, String> {
        let before = self.identity()?;
        let key = AgentKey::from_pem(&self.key).map_err(|it| it.to_string())?;
        AgentIdentity::from_authority(key, &chain, before.authority_fingerprint())
            .map_err(|it| it.to_string())?;
        let renewed = Self { chain, ..self.clone() };
        renewed.identity()?;
        Ok(renewed)
    }
}

impl fmt::Debug for Enrolment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Enrolment").field("agent", &self.agent).finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use jiff::Timestamp;
    use pki::Authority;
    use uuid::Uuid;

    use super::*;

    pub(crate) fn enrolment(authority: &Authority, now: Timestamp) -> Enrolment {
        let (key, agent) = (AgentKey::generate().unwrap(), Uuid::from_u128(5));
        let request = key.certificate_request().unwrap();
        let chain = authority.issue_agent(&request, agent, now).unwrap().chain_pem;
        let terms = Terms {
            agent_address: "localhost:1".to_owned(),
            enrolment_address: "localhost:2".to_owned(),
            name_key: "AAAA".to_owned(),
            kind: AgentKind::Server,
            schedule: Schedule { collect_every_seconds: 3600, volatile_every_seconds: 900 },
        };
        Enrolment::new(&key, chain, AgentId(agent), terms, 0)
    }

    fn now() -> Timestamp {
        "2026-07-01T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn an_enrolment_is_kept_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agent");
        let data = DataDir::open(&path).unwrap();
        assert!(data.enrolment().unwrap().is_none());
        let kept = enrolment(&Authority::create("A", now()).unwrap(), now());
        data.keep(&kept).unwrap();
        assert_eq!(data.enrolment().unwrap().unwrap().chain, kept.chain);
        assert_eq!(mode_open_to_others(&path.join(ENROLMENT)).unwrap(), None);
        assert!(!format!("{kept:?}").contains("PRIVATE"));
    }

    #[test]
    fn a_second_agent_is_kept_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agent");
        let first = DataDir::open(&path).unwrap();
        assert!(matches!(DataDir::open(&path), Err(DataDirError::Locked { .. })));
        drop(first);
        assert!(DataDir::open(&path).is_ok());
    }

    #[test]
    fn whoever_asks_sees_an_agent_and_does_not_hinder_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agent");
        assert!(!DataDir::is_in_use(&path).unwrap());
        let running = DataDir::open(&path).unwrap();
        assert!(DataDir::is_in_use(&path).unwrap());
        assert!(DataDir::enrolment_in(&path).unwrap().is_none());
        drop(running);
        assert!(!DataDir::is_in_use(&path).unwrap());
        let asking = File::open(path.join(LOCK)).unwrap();
        asking.try_lock_shared().unwrap();
        let waiting = std::thread::spawn(move || {
            std::thread::sleep(LOCK_PAUSE);
            drop(asking);
        });
        assert!(DataDir::open(&path).is_ok());
        waiting.join().unwrap();
    }

    #[test]
    fn wider_modes_are_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agent");
        let data = DataDir::open(&path).unwrap();
        data.keep(&enrolment(&Authority::create("A", now()).unwrap(), now())).unwrap();
        let widen = |path: &Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        widen(&path.join(ENROLMENT), 0o644);
        assert!(matches!(data.enrolment(), Err(DataDirError::TooOpen { mode: 0o644, .. })));
        drop(data);
        widen(&path, 0o755);
        assert!(matches!(DataDir::open(&path), Err(DataDirError::TooOpen { mode: 0o755, .. })));
    }

    #[test]
    fn a_damaged_enrolment_is_told_from_none() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(&folder.path().join("agent")).unwrap();
        data.disk.write(ENROLMENT, b"{\"agent\":").unwrap();
        assert!(matches!(data.enrolment(), Err(DataDirError::Damaged { .. })));
    }

    #[test]
    fn a_renewal_keeps_key_and_authority() {
        let authority = Authority::create("A", now()).unwrap();
        let kept = enrolment(&authority, now());
        let request = kept.identity().unwrap().key().certificate_request().unwrap();
        let issue = |authority: &Authority, agent| {
            authority.issue_agent(&request, agent, now()).unwrap().chain_pem
        };
        assert!(kept.renewed(issue(&authority, kept.agent.0)).is_ok());
        assert!(kept.renewed(issue(&authority, Uuid::from_u128(6))).is_err());
        let other = Authority::create("A", now()).unwrap();
        assert!(kept.renewed(issue(&other, kept.agent.0)).is_err());
    }
}
