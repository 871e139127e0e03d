//! What a person typed of a scan becomes a job, or a mistake that is explained.

use std::net::IpAddr;

use ipnet::IpNet;
use observation::latest::scan::{ProbeSelection, ScanJob, ScanProfile, SnmpCredential};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::failure::{ExitCode, Failure};

/// The word for discovery alone in `--probes`.
const DISCOVERY: &str = "discovery";

/// What is scanned and how: everything of a job but its run and its secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScanRequest {
    /// What may be scanned.
    pub networks: Vec<IpNet>,
    /// What may not, inside of it.
    #[serde(default)]
    pub exclusions: Vec<IpNet>,
    /// How thorough.
    #[serde(default)]
    pub profile: ScanProfile,
    /// Which probes.
    #[serde(default)]
    pub probes: ProbeSelection,
    /// Packets per second; none: what the profile says.
    pub rate_pps: Option<u32>,
    /// Whether more addresses than the limit were allowed by a person.
    #[serde(default)]
    pub allow_range: bool,
}

impl ScanRequest {
    /// What a job was made of.
    #[must_use]
    pub fn of(job: &ScanJob) -> Self {
        Self {
            networks: job.networks.clone(),
            exclusions: job.exclusions.clone(),
            profile: job.profile,
            probes: job.probes.clone(),
            rate_pps: job.rate_pps,
            allow_range: job.allow_range,
        }
    }

    /// The job of a run.
    #[must_use]
    pub fn job(&self, run: Uuid, snmp: Vec<SnmpCredential>) -> ScanJob {
        ScanJob {
            run,
            networks: self.networks.clone(),
            exclusions: self.exclusions.clone(),
            ot_networks: Vec::new(),
            profile: self.profile,
            probes: self.probes.clone(),
            rate_pps: self.rate_pps,
            allow_range: self.allow_range,
            snmp,
            done: Vec::new(),
        }
    }
}

/// Networks as they were typed.
///
/// # Errors
/// The first one that is none, with what was probably meant.
pub fn networks(typed: &[String]) -> Result<Vec<IpNet>, Failure> {
    let mut networks: Vec<IpNet> = typed.iter().map(|it| network(it)).collect::<Result<_, _>>()?;
    networks.sort();
    networks.dedup();
    Ok(networks)
}

fn network(typed: &str) -> Result<IpNet, Failure> {
    let wrong = |key: &str| Failure::new(ExitCode::Usage, key, typed);
    if let Ok(address) = typed.parse::<IpAddr>() {
        return Ok(IpNet::from(address));
    }
    let network: IpNet = typed.parse().map_err(|_| wrong("scan-network"))?;
    if network.prefix_len() == 0 {
        return Err(wrong("scan-everything"));
    }
    if network.trunc() != network {
        return Err(wrong("scan-host-bits").because(network.trunc().to_string()));
    }
    Ok(network)
}

/// Probes as they were typed: `discovery`, or names separated by commas out of `known`.
///
/// # Errors
/// A name that is none, with those that are.
pub fn probes(typed: &str, known: &[&str]) -> Result<ProbeSelection, Failure> {
    let names: Vec<&str> = typed.split(',').map(str::trim).filter(|it| !it.is_empty()).collect();
    if let Some(wrong) = names.iter().find(|it| **it != DISCOVERY && !known.contains(it)) {
        let failure = Failure::new(ExitCode::Usage, "scan-probe", *wrong);
        return Err(failure.because(format!("{DISCOVERY}, {}", known.join(", "))));
    }
    let mut named: Vec<String> =
        names.iter().filter(|it| **it != DISCOVERY).map(|it| (*it).to_owned()).collect();
    named.sort();
    named.dedup();
    match (names.is_empty(), named.is_empty()) {
        (true, _) => Err(Failure::new(ExitCode::Usage, "scan-probe", typed)
            .because(format!("{DISCOVERY}, {}", known.join(", ")))),
        (false, true) => Ok(ProbeSelection::Discovery),
        (false, false) => Ok(ProbeSelection::Only(named)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_tells_what_it_was_made_of() {
        let request = ScanRequest {
            networks: vec!["192.0.2.0/24".parse().unwrap()],
            exclusions: vec!["192.0.2.7/32".parse().unwrap()],
            profile: ScanProfile::Deep,
            probes: only(&["ssh"]),
            rate_pps: Some(7),
            allow_range: true,
        };
        assert_eq!(ScanRequest::of(&request.job(Uuid::nil(), Vec::new())), request);
    }

    fn typed(text: &str) -> Result<IpNet, (String, Option<String>)> {
        network(text).map_err(|it| (it.key, it.cause))
    }

    #[test]
    fn a_single_address_is_a_network_of_one() {
        assert_eq!(typed("192.0.2.7"), Ok("192.0.2.7/32".parse().unwrap()));
        assert_eq!(typed("fd00::7"), Ok("fd00::7/128".parse().unwrap()));
        assert_eq!(typed("192.0.2.0/24"), Ok("192.0.2.0/24".parse().unwrap()));
    }

    #[test]
    fn a_mistake_says_what_was_probably_meant() {
        let meant = Some("192.0.2.0/24".to_owned());
        assert_eq!(typed("192.0.2.7/24"), Err(("scan-host-bits".to_owned(), meant)));
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in ["printer.example", "192.0.2", "192.0.2.1-50", "192.0.2.0/33", "", "fe80::1%e"]
        {
            assert_eq!(typed(text), Err(("scan-network".to_owned(), None)), "{text}");
        }
        for text in ["0.0.0.0/0", "::/0", "10.0.0.0/0"] {
            assert_eq!(typed(text), Err(("scan-everything".to_owned(), None)), "{text}");
        }
    }

    #[test]
    fn networks_are_sorted_and_named_once() {
        let typed = ["10.0.1.0/24", "10.0.0.0/24", "10.0.1.0/24"].map(str::to_owned);
        let found = networks(&typed).unwrap();
        assert_eq!(
            found.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["10.0.0.0/24", "10.0.1.0/24"]
        );
    }

    #[test]
    fn probes_are_discovery_or_names() {
        let known = ["dns", "ssh"];
        assert_eq!(probes("discovery", &known), Ok(ProbeSelection::Discovery));
        assert_eq!(probes("ssh, dns,ssh", &known), Ok(only(&["dns", "ssh"])));
        assert_eq!(probes("discovery,ssh", &known), Ok(only(&["ssh"])));
        for wrong in ["telepathy", "", ",", "ssh;dns"] {
            let failure = probes(wrong, &known).unwrap_err();
            assert_eq!(failure.cause.as_deref(), Some("discovery, dns, ssh"), "{wrong}");
        }
    }

    fn only(names: &[&str]) -> ProbeSelection {
        ProbeSelection::Only(names.iter().map(|it| (*it).to_owned()).collect())
    }
}
