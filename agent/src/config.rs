//! The agent's configuration file. Everything in it has a default; an unknown key is an error.

use std::fs::File;
use std::io::{self, Read};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use ipnet::IpNet;
use observation::latest::protocol::{AgentKind, Schedule};
use serde::Deserialize;

/// Largest configuration file that is looked at.
const FILE_BYTES_MAX: u64 = 64 * 1024;
/// Shortest interval between two runs.
const INTERVAL_SECONDS_MIN: u64 = 60;
/// Longest interval between two runs: a week.
const INTERVAL_SECONDS_MAX: u64 = 7 * 24 * 3600;

/// What a person configured. What is missing is decided by the collector or has a default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The agents' listener, `host:port`, in place of the one that the collector named.
    pub collector: Option<String>,
    /// File with a token: a host that is not enrolled yet enrols itself with it.
    pub token_file: Option<PathBuf>,
    /// What this host is, in place of what the collector says.
    pub kind: Option<AgentKind>,
    /// Whether established connections are reported, in place of what follows from the kind.
    pub reports_connections: Option<bool>,
    /// Whether it is reported when accounts last logged in.
    #[serde(default)]
    pub reports_logins: bool,
    /// Whether the wireless networks that this host knows are reported, in place of what follows from the
    /// kind.
    pub reports_wireless: Option<bool>,
    /// Whether names of persons are sent in clear.
    #[serde(default)]
    pub clear_names: bool,
    /// Seconds between two runs of all sources, in place of the collector's.
    pub collect_every_seconds: Option<u64>,
    /// Seconds between two runs of the volatile sources, in place of the collector's.
    pub volatile_every_seconds: Option<u64>,
    /// Most bytes that undelivered reports may take on the disk.
    pub spool_bytes_max: Option<u64>,
    /// The socket of the process that reads what needs the rights of root, in place of the usual one.
    pub reader_socket: Option<PathBuf>,
    /// What may be scanned from here when the collector wants it.
    #[serde(default)]
    pub scan: ScanConfig,
    /// Whose updates of this program are taken; none: nobody's.
    pub update: Option<UpdateConfig>,
}

/// Whose updates of this program are taken, and where they lie. The collector has no word in it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateConfig {
    /// A folder that the service looks into; none: only a person's command updates.
    pub folder: Option<PathBuf>,
    /// The publisher's keys.
    #[serde(default)]
    pub keys: Vec<UpdateKey>,
    /// How many different ones must have signed.
    #[serde(default = "one")]
    pub threshold: NonZeroU32,
}

/// A public key (Ed25519, RFC 8032), as base64 in the file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct UpdateKey(pub [u8; 32]);

impl TryFrom<String> for UpdateKey {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let bytes = BASE64.decode(text.as_bytes()).ok().and_then(|it| it.try_into().ok());
        bytes.map(Self).ok_or_else(|| "a key is 32 bytes as base64 (44 characters)".to_owned())
    }
}

const fn one() -> NonZeroU32 {
    NonZeroU32::MIN
}

/// What may be scanned from here: the only permission there is, and by default there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScanConfig {
    /// Networks that may be scanned, in whole or in part.
    #[serde(default)]
    pub networks: Vec<IpNet>,
    /// What is never touched, whatever the collector says.
    #[serde(default)]
    pub exclude: Vec<IpNet>,
    /// Packets per second that no scan from here exceeds, whatever the collector says.
    pub rate_max_pps: Option<NonZeroU32>,
    /// Where the ports of industrial devices may be asked, if the collector's register says so too.
    #[serde(default)]
    pub ot: Vec<IpNet>,
    /// The socket of a scanner that a service manager started; none: the agent starts its own.
    pub scanner_socket: Option<PathBuf>,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("reading the configuration {path}")]
    Read {
        /// The file.
        path: String,
        /// The cause.
        source: io::Error,
    },
    /// The file is no configuration.
    #[error("{path}, line {line}: {problem}")]
    Invalid {
        /// The file.
        path: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// If it cannot be read or is no configuration.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        Self::load_with_text(path).map(|it| it.0)
    }

    /// Reads a file and gives its text too, to be kept while it can be used.
    ///
    /// # Errors
    /// If it cannot be read or is no configuration.
    pub fn load_with_text(path: &Path) -> Result<(Self, String), ConfigError> {
        let shown = path.display().to_string();
        let text =
            read(path).map_err(|source| ConfigError::Read { path: shown.clone(), source })?;
        let invalid = |(line, problem)| ConfigError::Invalid { path: shown, line, problem };
        Ok((Self::parse(&text).map_err(invalid)?, text))
    }

    /// The configuration of a text that was kept; none if this version cannot use it.
    #[must_use]
    pub fn from_kept(text: &str) -> Option<Self> {
        Self::parse(text).ok()
    }

    fn parse(text: &str) -> Result<Self, (usize, String)> {
        let config: Self = toml::from_str(text).map_err(|error| {
            let end = error.span().map_or(0, |it| it.start);
            let before = text.bytes().take(end).filter(|it| *it == b'\n').count();
            (before + 1, error.message().trim().to_owned())
        })?;
        if let Some(address) = &config.collector {
            pki::check_address(address).map_err(|problem| {
                let at = text.lines().position(|it| it.trim_start().starts_with("collector"));
                (at.unwrap_or(0) + 1, problem.to_string())
            })?;
        }
        Ok(config)
    }

    /// The intervals that hold: the person's before the collector's, both within sane limits.
    #[must_use]
    pub fn schedule(&self, collectors: Schedule) -> Schedule {
        let clamp = |it: u64| it.clamp(INTERVAL_SECONDS_MIN, INTERVAL_SECONDS_MAX);
        let collect = self.collect_every_seconds.unwrap_or(collectors.collect_every_seconds);
        let volatile = self.volatile_every_seconds.unwrap_or(collectors.volatile_every_seconds);
        Schedule { collect_every_seconds: clamp(collect), volatile_every_seconds: clamp(volatile) }
    }

    /// Whether connections are reported: the person's word, else what follows from the kind.
    #[must_use]
    pub fn reports_connections(&self, collectors_kind: AgentKind) -> bool {
        let kind = self.kind.unwrap_or(collectors_kind);
        self.reports_connections.unwrap_or(kind == AgentKind::Server)
    }

    /// Whether known wireless networks are reported: the person's word, else what follows from the kind.
    #[must_use]
    pub fn reports_wireless(&self, collectors_kind: AgentKind) -> bool {
        let kind = self.kind.unwrap_or(collectors_kind);
        self.reports_wireless.unwrap_or(kind == AgentKind::Server)
    }
}

#[expect(clippy::disallowed_methods, reason = "bounded by `take`")]
fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_string(&mut text)?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(io::Error::other("larger than any configuration"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_is_a_configuration() {
        assert_eq!(Config::parse(""), Ok(Config::default()));
    }

    #[test]
    fn every_key_is_read() {
        let text = "collector = \"c.example:8443\"\ntoken_file = \"/etc/kataster/token\"\nkind = \"server\"\nreports_connections = false\n\
            reports_logins = true\nreports_wireless = false\n\
            clear_names = true\ncollect_every_seconds = 600\nvolatile_every_seconds = 300\n\
            spool_bytes_max = 1000000\nreader_socket = \"/run/r\"\n[scan]\nnetworks = [\"10.2.0.0/16\"]\n\
            exclude = [\"10.2.3.4/32\"]\nrate_max_pps = 500\not = [\"10.2.7.0/24\"]\n\
            scanner_socket = \"/run/s\"\n[update]\nfolder = \"/srv/updates\"\nthreshold = 2\n\
            keys = [\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"]\n";
        let config = Config::parse(text).unwrap();
        assert_eq!(config.scan.networks, ["10.2.0.0/16".parse().unwrap()]);
        assert_eq!(config.scan.ot, ["10.2.7.0/24".parse().unwrap()]);
        assert_eq!(config.reader_socket, Some("/run/r".into()));
        let update = config.update.as_ref().unwrap();
        assert_eq!((update.keys.len(), update.threshold.get()), (1, 2));
        assert_eq!(update.folder, Some("/srv/updates".into()));
        assert_eq!(config.scan.rate_max_pps.map(NonZeroU32::get), Some(500));
        assert_eq!(config.kind, Some(AgentKind::Server));
        assert!(config.clear_names && !config.reports_connections(AgentKind::Server));
        assert!(config.reports_logins && !config.reports_wireless(AgentKind::Server));
    }

    #[test]
    fn a_mistake_is_reported_with_its_line() {
        let check = |text: &str, line: usize, part: &str| {
            let (found, problem) = Config::parse(text).unwrap_err();
            assert_eq!(found, line, "{problem}");
            assert!(problem.contains(part), "{problem}");
        };
        check("clear_names = true\ncolour = 1\n", 2, "colour");
        check("\n\nkind = \"laptop\"\n", 3, "laptop");
        check("clear_names = 7\n", 1, "boolean");
        check("clear_names = true\ncollector = \"host\"\n", 2, "port");
        check("[scan]\nnetworks = [\"10.2.0.0\"]\n", 2, "IP");
        check("[scan]\nrate_max_pps = 0\n", 2, "nonzero");
        check("[update]\nkeys = [\"AAAA\"]\n", 2, "32 bytes");
        check("[update]\nthreshold = 0\n", 2, "nonzero");
    }

    #[test]
    fn intervals_stay_within_a_minute_and_a_week() {
        let wild = Schedule { collect_every_seconds: 0, volatile_every_seconds: u64::MAX };
        let held = Config::default().schedule(wild);
        assert_eq!(held.collect_every_seconds, 60);
        assert_eq!(held.volatile_every_seconds, 604_800);
        let config = Config { collect_every_seconds: Some(120), ..Config::default() };
        assert_eq!(config.schedule(wild).collect_every_seconds, 120);
    }

    #[test]
    fn connections_follow_the_kind_until_somebody_says_otherwise() {
        let config = Config::default();
        assert!(config.reports_connections(AgentKind::Server));
        assert!(!config.reports_connections(AgentKind::Client));
        assert!(!config.reports_wireless(AgentKind::Client) && !config.reports_logins);
        let config = Config { kind: Some(AgentKind::Server), ..Config::default() };
        assert!(config.reports_connections(AgentKind::Client));
        assert!(config.reports_wireless(AgentKind::Client));
    }

    #[test]
    fn a_huge_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agent.toml");
        std::fs::write(&path, "#".repeat(100_000)).unwrap();
        assert!(matches!(Config::load(&path), Err(ConfigError::Read { .. })));
    }
}
