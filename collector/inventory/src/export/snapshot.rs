//! Everything that an export shows, as of one moment.

use ipnet::IpNet;
use jiff::Timestamp;
use observation::latest::AgentId;
use observation::latest::scan::ScanFigures;
use observation::latest::scan::ScanRemark;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::profile::Profile;
use crate::assess::AgentFacts;
use crate::assess::AgentJudgement;
use crate::assess::Asked;
use crate::assess::Surroundings;
use crate::assess::judge_agents;
use crate::asset::Asset;
use crate::asset::AssetId;
use crate::reconcile::ChangeEntry;
use crate::reconcile::Link;
use crate::register::Register;
use crate::register::Standing;

/// What an export is made of.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The export itself.
    pub stamp: ExportStamp,
    /// What people stated.
    pub register: Register,
    /// What of it counts only once an account stands by it, and whether one does.
    pub claims: Vec<Standing>,
    /// All assets, sorted by label.
    pub assets: Vec<Asset>,
    /// All agents, whether they speak or not.
    pub agents: Vec<AgentSummary>,
    /// What changed since the previous export; everything, if there was none.
    pub changes: Vec<ChangeEntry>,
    /// Links between observers that a person should look at.
    pub conflicts: Vec<Link>,
    /// The scans of networks, newest first.
    pub scans: Vec<ScanSummary>,
    /// Seconds between two reports of an agent, by the schedule that the collector gives.
    pub report_interval_seconds: u64,
    /// Events in the log and the hash of the newest: printed on the cover.
    pub event_count: u64,
    /// Head of the event chain.
    pub event_head: Option<observation::ContentHash>,
}

/// Which export this is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportStamp {
    /// Its identity.
    pub id: Uuid,
    /// Counted per company from 1.
    pub number: u64,
    /// The moment that the data shows.
    pub as_of: Timestamp,
    /// The IANA time zone in which times are shown.
    pub time_zone: String,
    /// The previous export, with its moment.
    pub previous: Option<(Uuid, Timestamp)>,
    /// The version of the program.
    pub software_version: String,
    /// Which sheets it has; none: all.
    #[serde(default)]
    pub profile: Option<Profile>,
}

/// One scan: what was ordered, by whom, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanSummary {
    /// The run.
    pub run: Uuid,
    /// The plan that it belongs to; none: ordered once.
    pub plan: Option<String>,
    /// Who ordered it: the permit to scan.
    pub ordered_by: String,
    /// From where it was looked; none: from the collector.
    pub vantage: Option<AgentId>,
    /// What was allowed to be scanned.
    pub networks: Vec<IpNet>,
    /// What was not, inside of it.
    pub exclusions: Vec<IpNet>,
    /// `gentle`, `normal`, `deep`.
    pub profile: String,
    /// Packets per second that were not exceeded.
    pub rate_pps: Option<u32>,
    /// `waiting`, `running`, `complete`, `partial`, `failed`.
    pub state: String,
    /// When it was ordered.
    pub ordered_at: Timestamp,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Figures, where it ended by itself.
    pub figures: Option<ScanFigures>,
    /// What is to be known about it.
    pub remarks: Vec<ScanRemark>,
}

/// What is known of an agent apart from its host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentSummary {
    /// The agent.
    pub id: AgentId,
    /// The name its host gave at enrolment.
    pub host_name: String,
    /// `approved`, `waiting`, `revoked`, `quarantined`.
    pub state: String,
    /// The asset its reports speak of, if it reported.
    pub asset: Option<AssetId>,
    /// When it enrolled.
    pub enrolled_at: Timestamp,
    /// When it was last heard of.
    pub last_seen_at: Option<Timestamp>,
    /// How far its clock is off, in seconds, when last heard of.
    pub clock_skew_seconds: Option<i64>,
    /// Its version.
    pub software_version: Option<String>,
    /// Whether a person said that the host is a server.
    pub is_server: bool,
    /// Until when its certificate holds.
    pub certificate_not_after: Option<Timestamp>,
    /// Days with a report among the last [`crate::assess::HABIT_DAYS`] before its last one.
    pub report_days: Option<u32>,
    /// When it was last turned away, and why.
    pub refused: Option<(Timestamp, String)>,
}

impl Snapshot {
    /// All agents with their health.
    #[must_use]
    pub fn judged_agents(&self) -> Vec<AgentJudgement> {
        let agents: Vec<AgentFacts> = self.agents.iter().map(AgentFacts::from).collect();
        let complete = self.scans.iter().filter(|it| it.state == "complete");
        let asked: Vec<Asked> = complete
            .filter_map(|it| {
                let (networks, exclusions) = (it.networks.clone(), it.exclusions.clone());
                Some(Asked { at: it.finished_at?, networks, exclusions })
            })
            .collect();
        let surroundings = Surroundings {
            assets: &self.assets,
            register: &self.register,
            asked: &asked,
            interval_seconds: self.report_interval_seconds,
            now: self.stamp.as_of,
        };
        judge_agents(&agents, &surroundings)
    }
}

impl From<&AgentSummary> for AgentFacts {
    fn from(it: &AgentSummary) -> Self {
        Self {
            id: it.id,
            host_name: it.host_name.clone(),
            state: it.state.clone(),
            is_server: it.is_server,
            asset: it.asset,
            enrolled_at: it.enrolled_at,
            last_seen_at: it.last_seen_at,
            certificate_not_after: it.certificate_not_after,
            clock_skew_seconds: it.clock_skew_seconds,
            software_version: it.software_version.clone(),
            report_days: it.report_days,
            refused: it.refused.clone(),
        }
    }
}
