//! All agents with their health and the completeness of what they read: evidence gathered from what agents,
//! scans and neighbour tables say.

use std::collections::HashMap;
use std::net::IpAddr;

use ipnet::IpNet;
use jiff::Timestamp;
use observation::latest::{Absent, AgentId};
use serde::{Deserialize, Serialize};

use super::agent_health::{AgentEvidence, AgentHealth, agent_health};
use super::completeness::{Completeness, completeness};
use crate::asset::{Asset, AssetId, Lifecycle, ObserverId, SourceStatus};
use crate::register::{Cidr, Register};

/// The package that brings an agent.
const AGENT_PACKAGE: &str = "kataster-agent";

/// An agent as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentFacts {
    /// The agent.
    pub id: AgentId,
    /// The name its host gave at enrolment.
    pub host_name: String,
    /// `approved`, `waiting`, `revoked`, `quarantined`.
    pub state: String,
    /// Whether a person said that the host is a server.
    pub is_server: bool,
    /// The asset its reports speak of.
    pub asset: Option<AssetId>,
    /// When it enrolled.
    pub enrolled_at: Timestamp,
    /// When its last report came.
    pub last_seen_at: Option<Timestamp>,
    /// Until when its certificate holds.
    pub certificate_not_after: Option<Timestamp>,
    /// How far its clock was ahead at its last report.
    pub clock_skew_seconds: Option<i64>,
    /// Its version.
    pub software_version: Option<String>,
    /// Days with a report among the last [`super::HABIT_DAYS`] before its last one.
    pub report_days: Option<u32>,
    /// When it was last turned away, and why.
    pub refused: Option<(Timestamp, String)>,
}

/// A scan that came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// When it ended.
    pub at: Timestamp,
    /// What it asked.
    pub networks: Vec<IpNet>,
    /// What it left out of that.
    pub exclusions: Vec<IpNet>,
}

/// What agents are judged by, apart from themselves.
pub struct Surroundings<'a> {
    /// All assets.
    pub assets: &'a [Asset],
    /// The register, for the networks of the company.
    pub register: &'a Register,
    /// Scans that came to their end.
    pub asked: &'a [Asked],
    /// Seconds between two reports of an agent.
    pub interval_seconds: u64,
    /// Now.
    pub now: Timestamp,
}

/// An agent and how it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentJudgement {
    /// The agent; none for a package without an enrolled agent.
    pub agent: Option<AgentId>,
    /// The name of its host.
    pub host_name: String,
    /// The asset.
    pub asset: Option<AssetId>,
    /// Whether a person said that the host is a server; none without an agent.
    pub is_server: Option<bool>,
    /// When it enrolled.
    pub enrolled_at: Option<Timestamp>,
    /// When its last report came.
    pub last_seen_at: Option<Timestamp>,
    /// Its version, or that of the package.
    pub software_version: Option<String>,
    /// How it does.
    pub health: AgentHealth,
    /// How complete what agents read of its host is.
    pub completeness: Option<Completeness>,
}

/// All agents, and the hosts on which a package of the agent was seen without one; the most urgent first.
#[must_use]
pub fn judge_agents(agents: &[AgentFacts], around: &Surroundings<'_>) -> Vec<AgentJudgement> {
    let assets: HashMap<AssetId, &Asset> = around.assets.iter().map(|it| (it.id, it)).collect();
    let asset_of = |it: &AgentFacts| it.asset.and_then(|id| assets.get(&id).copied());
    let mut judged: Vec<AgentJudgement> =
        agents.iter().map(|it| judge(it, asset_of(it), around)).collect();
    let in_use = around.assets.iter().filter(|it| it.lifecycle == Lifecycle::Operating);
    judged.extend(in_use.filter_map(|it| package_alone(it, agents, around)));
    judged.sort_by(|left, right| order(left).cmp(&order(right)));
    judged
}

fn order(it: &AgentJudgement) -> impl Ord + use<'_> {
    (it.health.state, &it.host_name, it.agent)
}

fn judge(it: &AgentFacts, asset: Option<&Asset>, around: &Surroundings<'_>) -> AgentJudgement {
    AgentJudgement {
        agent: Some(it.id),
        host_name: it.host_name.clone(),
        asset: it.asset,
        is_server: Some(it.is_server),
        enrolled_at: Some(it.enrolled_at),
        last_seen_at: it.last_seen_at,
        software_version: it.software_version.clone(),
        health: agent_health(&evidence(it, asset, around)),
        completeness: asset.and_then(completeness),
    }
}

fn evidence(it: &AgentFacts, asset: Option<&Asset>, around: &Surroundings<'_>) -> AgentEvidence {
    let (sources, failed_sources) = asset.map_or((0, 0), |asset| sources_of(asset, it.id));
    AgentEvidence {
        now: around.now,
        state: Some(it.state.clone()),
        is_server: it.is_server,
        enrolled_at: Some(it.enrolled_at),
        last_seen_at: it.last_seen_at,
        certificate_not_after: it.certificate_not_after,
        clock_skew_seconds: it.clock_skew_seconds,
        interval_seconds: around.interval_seconds,
        report_days: it.report_days,
        sources,
        failed_sources,
        refused: it.refused.clone(),
        seen_by_others: asset.and_then(seen_by_others),
        asked_at: asset.and_then(|asset| asked_at(asset, around.asked)),
        is_outside: asset.and_then(|asset| is_outside(asset, around.register)),
    }
}

/// The sources of an agent that an answer was expected of, and those that failed.
fn sources_of(asset: &Asset, agent: AgentId) -> (usize, usize) {
    let own = asset.sources.iter().filter(|it| it.observer == ObserverId::Agent(agent));
    let (mut sources, mut failed) = (0, 0);
    for state in own {
        match &state.status {
            SourceStatus::Absent(Absent::NotHere { .. } | Absent::NotLookedAt { .. }) => {}
            SourceStatus::Absent(Absent::Failed { .. } | Absent::TimedOut { .. }) => {
                sources += 1;
                failed += 1;
            }
            SourceStatus::Absent(Absent::NotAllowed { .. }) | SourceStatus::Read { .. } => {
                sources += 1;
            }
        }
    }
    (sources, failed)
}

/// When a scan or the neighbour table of another host last saw an address of it.
fn seen_by_others(asset: &Asset) -> Option<(Timestamp, IpAddr)> {
    let others = asset.addresses.iter();
    let others = others.filter(|it| matches!(it.evidence.observer, ObserverId::Target(_)));
    others.map(|it| (it.evidence.observed_at, it.value.address)).max()
}

/// When a scan last asked an address that the host itself named. IPv6 networks are not swept.
fn asked_at(asset: &Asset, asked: &[Asked]) -> Option<(Timestamp, IpAddr)> {
    let addresses = own_addresses(asset);
    let asks = |scan: &Asked, address: IpAddr| {
        address.is_ipv4()
            && scan.networks.iter().any(|it| it.contains(&address))
            && !scan.exclusions.iter().any(|it| it.contains(&address))
    };
    let hits = asked.iter().flat_map(|scan| {
        let hit = addresses.iter().find(|address| asks(scan, **address));
        hit.map(|address| (scan.at, *address))
    });
    hits.max()
}

/// Whether every address that the host named lies outside of the networks of the register.
fn is_outside(asset: &Asset, register: &Register) -> Option<bool> {
    let networks = register.zone.iter().flat_map(|it| &it.networks);
    let networks: Vec<Cidr> = networks.filter_map(|it| it.parse().ok()).collect();
    let addresses = own_addresses(asset);
    if networks.is_empty() || addresses.is_empty() {
        return None;
    }
    let is_inside = |address: &IpAddr| networks.iter().any(|it| it.contains(*address));
    Some(!addresses.iter().any(is_inside))
}

/// The addresses of its adapters that others could reach it by.
fn own_addresses(asset: &Asset) -> Vec<IpAddr> {
    let adapters = asset.interfaces.iter().map(|it| &it.value);
    let addresses = adapters.flat_map(|it| &it.addresses).map(|(address, _)| *address);
    let is_own = |it: &IpAddr| match it {
        IpAddr::V4(it) => !it.is_loopback() && !it.is_link_local(),
        IpAddr::V6(it) => !it.is_loopback() && !it.is_unicast_link_local(),
    };
    addresses.filter(is_own).collect()
}

/// A host on which the package of the agent is installed and no agent enrolled.
fn package_alone(
    asset: &Asset,
    agents: &[AgentFacts],
    around: &Surroundings<'_>,
) -> Option<AgentJudgement> {
    let package = asset.software.iter().find(|it| it.value.name == AGENT_PACKAGE)?;
    if agents.iter().any(|it| it.asset == Some(asset.id)) {
        return None;
    }
    let evidence = AgentEvidence {
        now: around.now,
        state: None,
        is_server: false,
        enrolled_at: None,
        last_seen_at: None,
        certificate_not_after: None,
        clock_skew_seconds: None,
        interval_seconds: around.interval_seconds,
        report_days: None,
        sources: 0,
        failed_sources: 0,
        refused: None,
        seen_by_others: None,
        asked_at: None,
        is_outside: None,
    };
    let name = asset.name.as_ref().map(|it| it.value.clone());
    Some(AgentJudgement {
        agent: None,
        host_name: name.unwrap_or_else(|| asset.label.to_string()),
        asset: Some(asset.id),
        is_server: None,
        enrolled_at: None,
        last_seen_at: None,
        software_version: Some(package.value.version.clone()),
        health: agent_health(&evidence),
        completeness: completeness(asset),
    })
}

#[cfg(test)]
mod tests {
    use observation::latest::SourceId;
    use uuid::Uuid;

    use super::*;
    use crate::assess::agent_health::{HealthReason, HealthState};
    use crate::assess::sample::{adapter, asset, at, seen};
    use crate::asset::{AddressDescription, SoftwarePackage, SourceState, TargetId};

    const HOUR: u64 = 3600;

    fn facts(number: u128, last_seen: i64) -> AgentFacts {
        AgentFacts {
            id: AgentId(Uuid::from_u128(number)),
            host_name: format!("host{number}"),
            state: "approved".to_owned(),
            is_server: true,
            asset: Some(AssetId(Uuid::from_u128(number))),
            enrolled_at: at(0),
            last_seen_at: Some(at(last_seen)),
            certificate_not_after: None,
            clock_skew_seconds: None,
            software_version: None,
            report_days: None,
            refused: None,
        }
    }

    fn host(number: u128) -> Asset {
        let mut host = asset(number, &format!("host{number}"));
        host.interfaces = vec![adapter(number, "00:1b:21:aa:bb:01", "10.0.0.5")];
        host
    }

    fn around<'a>(
        assets: &'a [Asset],
        register: &'a Register,
        asked: &'a [Asked],
    ) -> Surroundings<'a> {
        Surroundings { assets, register, asked, interval_seconds: HOUR, now: at(100) }
    }

    fn judged(facts: &AgentFacts, assets: &[Asset], asked: &[Asked]) -> AgentHealth {
        let register = Register::default();
        let all = judge_agents(std::slice::from_ref(facts), &around(assets, &register, asked));
        all.into_iter().find(|it| it.agent == Some(facts.id)).unwrap().health
    }

    #[test]
    fn a_sighting_after_the_last_report_speaks_for_a_stopped_agent() {
        let mut host = host(1);
        let mut sighting = seen(
            1,
            AddressDescription {
                address: "10.0.0.5".parse().unwrap(),
                mac: None,
                mac_vendor: None,
                means: Vec::new(),
                on_link_from: Vec::new(),
            },
        );
        sighting.evidence.observed_at = at(95);
        host.addresses = vec![sighting.clone()];
        // What the agent itself says of its addresses is no sighting by others.
        let health = judged(&facts(1, 50), &[host.clone()], &[]);
        assert_eq!((health.state, health.reason), (HealthState::Silent, None));
        host.addresses[0].evidence.observer = ObserverId::Target(TargetId {
            vantage: None,
            address: "10.0.0.5".parse().unwrap(),
            since: at(0),
        });
        let health = judged(&facts(1, 50), &[host], &[]);
        assert_eq!(health.reason, Some(HealthReason::AgentStopped));
    }

    #[test]
    fn a_scan_asks_what_lies_in_its_networks_and_not_in_its_exclusions() {
        let scan = |network: &str, exclusions: &[&str]| Asked {
            at: at(90),
            networks: vec![network.parse().unwrap()],
            exclusions: exclusions.iter().map(|it| it.parse().unwrap()).collect(),
        };
        let reason = |asked: Asked| judged(&facts(1, 50), &[host(1)], &[asked]).reason;
        assert_eq!(reason(scan("10.0.0.0/24", &[])), Some(HealthReason::Off));
        assert_eq!(reason(scan("10.0.0.0/24", &["10.0.0.5/32"])), None);
        assert_eq!(reason(scan("10.0.1.0/24", &[])), None);
    }

    #[test]
    fn only_a_register_with_networks_tells_what_is_outside() {
        let text = "[[zone]]\nname = \"A\"\nnetworks = [\"192.168.1.0/24\"]\n";
        let register = Register::parse(text).unwrap();
        assert_eq!(is_outside(&host(1), &register), Some(true));
        assert_eq!(is_outside(&host(1), &Register::default()), None);
        assert_eq!(is_outside(&asset(1, "x"), &register), None);
        let text = "[[zone]]\nname = \"A\"\nnetworks = [\"10.0.0.0/8\"]\n";
        assert_eq!(is_outside(&host(1), &Register::parse(text).unwrap()), Some(false));
    }

    #[test]
    fn failed_sources_are_counted_per_agent() {
        let mut host = host(1);
        let failed = Absent::Failed { doing: "x".to_owned(), cause: "y".to_owned() };
        let not_here = Absent::NotHere { looked_at: "/x".to_owned() };
        let state = |observer: u128, name: &str, status| SourceState {
            observer: ObserverId::Agent(AgentId(Uuid::from_u128(observer))),
            source: SourceId::new(name.to_owned()),
            observed_at: at(0),
            duration_ms: 1,
            status,
        };
        host.sources = vec![
            state(1, "a.a", SourceStatus::Absent(failed.clone())),
            state(1, "a.b", SourceStatus::Absent(failed.clone())),
            state(1, "a.c", SourceStatus::Absent(failed.clone())),
            state(1, "a.d", SourceStatus::Absent(not_here)),
            state(2, "a.a", SourceStatus::Absent(failed)),
        ];
        assert_eq!(sources_of(&host, AgentId(Uuid::from_u128(1))), (3, 3));
        let health = judged(&facts(1, 100), &[host], &[]);
        assert_eq!(health.reason, Some(HealthReason::SourcesFail));
    }

    #[test]
    fn a_package_without_an_agent_is_a_row_and_the_urgent_come_first() {
        let mut alone = host(9);
        alone.software = vec![seen(
            9,
            SoftwarePackage {
                manager: "dpkg".to_owned(),
                name: AGENT_PACKAGE.to_owned(),
                version: "0.2".to_owned(),
                architecture: None,
                source_name: None,
                publisher: None,
                summary: None,
                category: None,
                size_bytes: None,
                installed_at: None,
                place: None,
                owner: None,
                licence: None,
            },
        )];
        let assets = [host(1), host(2), alone];
        let register = Register::default();
        let agents = [facts(1, 100), facts(2, 10)];
        let all = judge_agents(&agents, &around(&assets, &register, &[]));
        let states: Vec<(&str, HealthState)> =
            all.iter().map(|it| (it.host_name.as_str(), it.health.state)).collect();
        assert_eq!(
            states,
            [
                ("host2", HealthState::Silent),
                ("host9", HealthState::NotEnrolled),
                ("host1", HealthState::Well)
            ]
        );
        assert_eq!(all[1].software_version.as_deref(), Some("0.2"));
    }
}
