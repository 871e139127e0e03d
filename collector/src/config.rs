//! The collector's configuration: where it listens and by which names agents reach it.

use std::fs::File;
use std::io::{self, Read};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use serde::Deserialize;

/// Port of the agents' listener.
pub const AGENT_PORT: u16 = 8443;
/// Port of the enrolment listener.
pub const ENROLMENT_PORT: u16 = 8444;
/// Largest configuration file.
const FILE_BYTES_MAX: u64 = 64 * 1024;
/// Names that the collector may go by.
const NAMES_MAX: usize = 32;

/// What a person configured in `kataster.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where agents connect. Every address of the machine, because that is what a server is for;
    /// without a certificate of this authority nobody gets past the handshake.
    pub agents: SocketAddr,
    /// Where hosts enrol.
    pub enrolment: SocketAddr,
    /// Host names and addresses by which agents reach this machine; the first one is told to them.
    /// None: the machine's own name.
    pub names: Vec<String>,
    /// The zone in which the times of scan plans are meant (`Europe/Berlin`). None: that of this
    /// machine.
    pub time_zone: Option<String>,
    /// The socket of a scanner that runs as a unit of its own. None: the collector starts one itself
    /// for each run, with the rights that it has.
    pub scanner_socket: Option<PathBuf>,
}

/// How scans and plans are done.
#[derive(Debug, Clone)]
pub struct Scanning {
    /// The zone in which the times of plans are meant.
    pub zone: TimeZone,
    /// The socket of a scanner that runs already.
    pub socket: Option<PathBuf>,
}

/// The addresses that agents are told, `host:port`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    /// The agents' listener.
    pub agents: String,
    /// The enrolment listener.
    pub enrolment: String,
}

/// The configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("reading the configuration {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is no configuration.
    #[error("{path}: {problem}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong, with its line.
        problem: String,
    },
}

impl Default for Config {
    fn default() -> Self {
        let everywhere = IpAddr::V6(Ipv6Addr::UNSPECIFIED);
        Self {
            agents: SocketAddr::new(everywhere, AGENT_PORT),
            enrolment: SocketAddr::new(everywhere, ENROLMENT_PORT),
            names: Vec::new(),
            time_zone: None,
            scanner_socket: None,
        }
    }
}

impl Config {
    /// Both listeners on loopback, on ports that the system chooses.
    #[must_use]
    pub fn loopback() -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            agents: address,
            enrolment: address,
            names: vec!["127.0.0.1".to_owned()],
            ..Self::default()
        }
    }

    /// How scans are done.
    #[must_use]
    pub fn scanning(&self) -> Scanning {
        let named = self.time_zone.as_deref().and_then(|it| TimeZone::get(it).ok());
        Scanning {
            zone: named.unwrap_or_else(TimeZone::system),
            socket: self.scanner_socket.clone(),
        }
    }

    /// Reads a file; without one the default holds.
    ///
    /// # Errors
    /// If the file cannot be read or holds something else.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        let Some(path) = path else { return Ok(Self::default()) };
        let text =
            read(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        Self::parse(&text)
            .map_err(|problem| ConfigError::Invalid { path: path.to_owned(), problem })
    }

    fn parse(text: &str) -> Result<Self, String> {
        let config: Self = toml::from_str(text).map_err(|it| it.to_string())?;
        if config.names.len() > NAMES_MAX {
            return Err(format!("more than {NAMES_MAX} names"));
        }
        if let Some(zone) = &config.time_zone {
            TimeZone::get(zone).map_err(|it| it.to_string())?;
        }
        Ok(config)
    }

    /// The names for the collector's certificate; loopback always answers to its own.
    #[must_use]
    pub fn certificate_names(&self, host_name: &str) -> Vec<String> {
        let mut names = self.names.clone();
        if names.is_empty() {
            names.push(host_name.to_owned());
        }
        names.extend(["localhost", "127.0.0.1", "::1"].map(str::to_owned));
        names.dedup();
        names
    }

    /// What agents are told, once the ports are known.
    #[must_use]
    pub fn addresses(&self, host_name: &str, agent_port: u16, enrolment_port: u16) -> Addresses {
        let name = self.names.first().map_or(host_name, String::as_str);
        // An IPv6 address stands in brackets before a port (RFC 3986 §3.2.2).
        let name = match name.parse::<Ipv6Addr>() {
            Ok(address) => format!("[{address}]"),
            Err(_) => name.to_owned(),
        };
        Addresses {
            agents: format!("{name}:{agent_port}"),
            enrolment: format!("{name}:{enrolment_port}"),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "bounded by `take`")]
fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(FILE_BYTES_MAX).read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_is_the_default() {
        assert_eq!(Config::parse("").unwrap(), Config::default());
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line() {
        let problem = Config::parse("names = []\nagent = \"x\"\n").unwrap_err();
        assert!(problem.contains("line 2"), "{problem}");
    }

    #[test]
    fn a_zone_that_does_not_exist_is_refused() {
        assert!(Config::parse("time_zone = \"Europe/Berlin\"").is_ok());
        let problem = Config::parse("time_zone = \"Europe/Bielefeld\"").unwrap_err();
        assert!(problem.contains("Europe/Bielefeld"), "{problem}");
    }

    #[test]
    fn agents_are_told_the_first_name() {
        let config = Config::parse("names = [\"kataster.example\", \"10.0.0.1\"]").unwrap();
        assert_eq!(config.addresses("host", 1, 2).agents, "kataster.example:1");
        assert_eq!(Config::default().addresses("host", 1, 2).enrolment, "host:2");
        let six = Config::parse("names = [\"fd00::1\"]").unwrap();
        assert_eq!(six.addresses("host", 1, 2).agents, "[fd00::1]:1");
    }
}
