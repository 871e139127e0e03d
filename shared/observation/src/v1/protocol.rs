//! The conversation between agent and collector: enrol, check in, hand over what is missing.
//!
//! All requests are HTTPS `POST` with a JSON body (zstd where [`UploadRequest`] says so). The agent
//! listener demands a client certificate; the enrolment listener asks for none.
//!
//! | path | listener | request | answer |
//! |---|---|---|---|
//! | `/v1/enrol` | enrolment | [`EnrolRequest`] | [`EnrolAnswer`] |
//! | `/v1/renew-expired` | enrolment | [`RenewExpiredRequest`] | [`RenewAnswer`] |
//! | `/v1/renew` | agents | [`RenewRequest`] | [`RenewAnswer`] |
//! | `/v1/check-in` | agents | [`CheckInRequest`] | [`CheckInAnswer`] |
//! | `/v1/manifest` | agents | [`ManifestRequest`] | [`ManifestAnswer`] |
//! | `/v1/upload` | agents | [`UploadRequest`] (zstd) | [`UploadAnswer`] |
//! | `/v1/hello` | agents | [`HelloRequest`] | [`HelloAnswer`] |
//! | `/v1/carry` | agents | [`CarryRequest`] | [`CarryAnswer`] |
//! | `/v1/scan-report` | agents | [`super::scan::ScanReport`] (zstd) | [`ScanReportAnswer`] |
//!
//! A manifest holds either all steady sections of a run, or volatile ones alone; the latter says
//! nothing about steady sections and leaves the host hash as it is.
//!
//! Every refusal is a [`Problem`] with an HTTP status of 4xx or 5xx. An answer 200 means: committed
//! and flushed to disk.

use std::net::IpAddr;

use ipnet::IpNet;
use jiff::Timestamp;
use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::ids::{AgentId, SourceId};
use super::report::{Observer, ReportNumber, SectionHead};
use super::scan::ScanJob;
use crate::hash::ContentHash;

/// Asks for a certificate with the secret of a token.
#[derive(Clone, Serialize, Deserialize)]
pub struct EnrolRequest {
    /// The token's id.
    pub token_id: Uuid,
    /// The token's secret, base64.
    pub secret: String,
    /// PKCS #10 request, PEM. Only its public key is used.
    pub certificate_request: String,
    /// The host's own name, for the person who approves.
    pub host_name: String,
    /// The version of the agent.
    pub software_version: String,
}

impl std::fmt::Debug for EnrolRequest {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("EnrolRequest")
            .field("token_id", &self.token_id)
            .finish_non_exhaustive()
    }
}

/// What an enrolled agent needs to know.
#[derive(Clone, Serialize, Deserialize)]
pub struct EnrolAnswer {
    /// Its identity.
    pub agent: AgentId,
    /// Its certificate and the authority's, PEM.
    pub certificate_chain: String,
    /// The address of the agent listener, `host:port`.
    pub agent_address: String,
    /// The company's key for pseudonyms, base64.
    pub name_key: String,
    /// What the token says this host is.
    pub kind: AgentKind,
    /// How often to look and to report.
    pub schedule: Schedule,
}

impl std::fmt::Debug for EnrolAnswer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("EnrolAnswer").field("agent", &self.agent).finish_non_exhaustive()
    }
}

/// What a host is, as a person said when making the token. The agent never guesses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentKind {
    /// Connections are reported.
    Server,
    /// Connections are reported only where the configuration says so.
    Client,
}

/// How often to look and to report. The agent clamps both to what its own limits allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// Seconds between two runs of all sources.
    pub collect_every_seconds: u64,
    /// Seconds between two runs of the volatile sources.
    pub volatile_every_seconds: u64,
}

/// Asks for a new certificate over the connection that the present one authenticates.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RenewRequest {
    /// PKCS #10 request, PEM, for the enrolled key.
    pub certificate_request: String,
}

/// Asks for a new certificate when the present one has run out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RenewExpiredRequest {
    /// The agent.
    pub agent: AgentId,
    /// The certificate that ran out, PEM.
    pub certificate: String,
    /// PKCS #10 request, PEM, for the enrolled key: its own signature proves the possession.
    pub certificate_request: String,
    /// The time of asking, by the agent's clock.
    pub asked_at: Timestamp,
    /// Signature with the enrolled key over `agent`, `asked_at` and the request, base64
    /// (ECDSA P-256 with SHA-256, ASN.1 form). `pki` makes and checks it.
    pub signature: String,
}

/// The new certificate.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RenewAnswer {
    /// The certificate and the authority's, PEM.
    pub certificate_chain: String,
}

/// The smallest report: one hash over everything that is steady.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckInRequest {
    /// Who speaks; must be the agent of the certificate.
    pub agent: AgentId,
    /// The report that this check-in stands for.
    pub number: ReportNumber,
    /// When the run took place, by the agent's clock.
    pub observed_at: Timestamp,
    /// [`super::Report::host_hash`] of the run.
    pub host_hash: ContentHash,
    /// The start of the operating system.
    pub boot: Option<Uuid>,
    /// When it is sent, by the agent's clock: shows the skew.
    pub sent_at: Timestamp,
    /// [`home_revision`] of the company's networks that the agent knows; none: it needs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home_revision: Option<u64>,
}

/// What the collector wants after a check-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckInAnswer {
    /// Whether the host hash is known and the report therefore complete.
    pub is_known: bool,
    /// The collector's clock.
    pub server_time: Timestamp,
    /// Work that waits.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "known_tasks")]
    pub tasks: Vec<Task>,
    /// The address from which the collector saw the check-in come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_from: Option<IpAddr>,
}

/// Asks whether the way is free; says and changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelloRequest {
    /// Who asks; must be the agent of the certificate.
    pub agent: AgentId,
}

/// The way is free and the agent may speak.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelloAnswer {
    /// The collector's clock.
    pub server_time: Timestamp,
}

/// Hands over the report of another host, as a file that this host signed (`pki::SignedFile`). The
/// certificate of the connection is the carrier's and says nothing about the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarryRequest {
    /// The file, base64.
    pub file: String,
}

/// What became of a carried report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarryAnswer {
    /// The host that the report speaks of.
    pub agent: AgentId,
    /// The name that it gave.
    pub host_name: String,
    /// SHA-256 of its public key (SubjectPublicKeyInfo, DER).
    pub key: ContentHash,
    /// Whether it is part of the inventory.
    pub outcome: Carried,
}

/// What became of a carried report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Carried {
    /// It was taken.
    Taken,
    /// It had been taken, or waited, before.
    Repeated,
    /// Nobody knows its key yet: it waits until a person approves the host.
    Waiting,
}

/// The content of a signed file: zstd over the JSON of this.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SignedReport {
    /// The version of this form, [`SignedReport::FORMAT`].
    pub format: u32,
    /// The host's own name, for the person who approves.
    pub host_name: String,
    /// The report with all its bodies in full.
    pub report: UploadRequest,
}

impl SignedReport {
    /// The version of the form.
    pub const FORMAT: u32 = 1;
}

/// Work for an agent. A closed list: nothing here can run a program or fetch a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub enum Task {
    /// Run all sources now.
    CollectNow,
    /// Look and report at these intervals.
    SetSchedule {
        /// The new intervals.
        schedule: Schedule,
    },
    /// These are the company's networks, sorted, at most
    /// [`crate::limits::HOME_NETWORKS_MAX`]. Given only where [`CheckInRequest::home_revision`]
    /// shows that the agent knows others.
    SetHomeNetworks {
        /// The networks that the register names.
        networks: Vec<IpNet>,
    },
    /// Treat this host as a server or client.
    SetKind {
        /// The new kind.
        kind: AgentKind,
    },
    /// Scan, as far as the agent's own configuration allows it. Given with every answer until the
    /// first part of the result has come.
    Scan {
        /// What.
        job: Box<ScanJob>,
    },
}

/// The short name of a list of networks, by which both ends see whether they know the same: the first
/// eight bytes of the hash of their text.
#[must_use]
pub fn home_revision(networks: &[IpNet]) -> u64 {
    let text: String = networks.iter().map(|it| format!("{it}\n")).collect();
    let hash = ContentHash::of(text.as_bytes());
    hash.as_bytes().iter().take(8).fold(0, |sum, it| (sum << 8) | u64::from(*it))
}

/// Most tasks of one answer that are looked at.
pub const TASKS_MAX: usize = 64;

/// The tasks that are known here. One of a kind that is not, or that cannot be understood, is left out:
/// it must not cost the acknowledgement that travels with it.
fn known_tasks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Task>, D::Error> {
    deserializer.deserialize_seq(KnownTasks)
}

/// Keeps no more than [`TASKS_MAX`] of them in memory, however many there are.
struct KnownTasks;

impl<'de> Visitor<'de> for KnownTasks {
    type Value = Vec<Task>;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a list of tasks")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<Vec<Task>, A::Error> {
        let mut tasks = Vec::new();
        for _ in 0..TASKS_MAX {
            let Some(raw) = all.next_element::<Box<RawValue>>()? else { return Ok(tasks) };
            tasks.extend(serde_json::from_str::<Task>(raw.get()).ok());
        }
        while all.next_element::<IgnoredAny>()?.is_some() {}
        Ok(tasks)
    }
}

/// The hashes of all sections of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestRequest {
    /// Who looked and with which rights; `observer.agent` must be the agent of the certificate.
    pub observer: Observer,
    /// The report.
    pub number: ReportNumber,
    /// When the run began, by the agent's clock.
    pub started_at: Timestamp,
    /// When it is sent, by the agent's clock.
    pub sent_at: Timestamp,
    /// All sections.
    pub sections: Vec<SectionHead>,
}

/// Which bodies are missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestAnswer {
    /// Hashes of the bodies that the collector lacks; none: the report is committed.
    pub missing: Vec<ContentHash>,
    /// For each source the hash of the newest body that the collector has of this agent: a base for
    /// a delta.
    pub bases: Vec<Base>,
}

/// A body that a delta can build on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    /// The source.
    pub source: SourceId,
    /// The body.
    pub hash: ContentHash,
}

/// A manifest with the bodies that the collector lacks. Sent zstd-compressed,
/// `Content-Encoding: zstd`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UploadRequest {
    /// The report.
    pub manifest: ManifestRequest,
    /// The missing bodies.
    pub bodies: Vec<BodyTransfer>,
}

/// One body on its way.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BodyTransfer {
    /// The canonical bytes of a [`super::SectionBody`].
    Full {
        /// The body, kept byte for byte.
        body: Box<RawValue>,
    },
    /// The difference to a body that the collector has. An unknown base is refused with 409.
    /// Made and applied by [`super::delta`].
    Delta {
        /// The base.
        base: ContentHash,
        /// The hash of the result.
        hash: ContentHash,
        /// Canonical text of facts of the base that are gone, by their index in the base.
        removed: Vec<u32>,
        /// Facts that are new, canonical text; the result is sorted as all bodies are.
        added: Vec<Box<RawValue>>,
        /// The gaps of the result.
        gaps: Vec<super::report::Gap>,
        /// The complaints of the result.
        complaints: Vec<super::report::Complaint>,
    },
}

/// The report is committed and flushed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadAnswer {
    /// Whether this very report had been committed before.
    pub was_repeated: bool,
    /// The collector's clock.
    pub server_time: Timestamp,
    /// Work that waits.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "known_tasks")]
    pub tasks: Vec<Task>,
}

/// The part of a scan is committed and flushed. What is sent is a [`super::scan::ScanReport`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanReportAnswer {
    /// Whether this very part had been committed before.
    pub was_repeated: bool,
    /// Whether the scan is to end: a person stopped it, or its time is over.
    pub is_to_stop: bool,
    /// The collector's clock.
    pub server_time: Timestamp,
}

/// A refusal, in the shape of RFC 9457.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Stable code, such as `token-refused`.
    #[serde(rename = "type")]
    pub code: ProblemCode,
    /// What happened, in English, for the log of the other end.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
}

/// The closed list of refusals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemCode {
    /// 403: the token is unknown, used up, expired, revoked or another collector's. One answer for all.
    TokenRefused,
    /// 400: the certificate request cannot be read, or its key is of a kind that is not allowed.
    BadCertificateRequest,
    /// 409: this key is enrolled already.
    KeyInUse,
    /// 403: the agent waits for the approval of a person.
    AwaitingApproval,
    /// 403: the agent was revoked.
    Revoked,
    /// 403: two lines of reports, or another machine, speak with this key; a person must decide.
    Quarantined,
    /// 403: the body speaks for another agent than the certificate.
    WrongAgent,
    /// 403: a carried file is no signed report, or its signature does not fit.
    BadSignature,
    /// 409: a delta builds on a body that is not here; send it in full.
    UnknownBase,
    /// 409: the number of the report is older than what is known of this epoch and not a repetition.
    OutOfOrder,
    /// 400: the body cannot be read.
    BadRequest,
    /// 413: larger than allowed, compressed or unpacked.
    TooLarge,
    /// 429 or 503: come back after `Retry-After` seconds.
    Busy,
    /// 507: the collector's disk is nearly full; come back after `Retry-After` seconds.
    StorageFull,
    /// 500: the collector failed; the report is still the agent's to keep.
    Internal,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_that_is_not_known_costs_nothing_but_itself() {
        let text = r#"{"is_known":true,"server_time":"2026-07-01T12:00:00Z","tasks":[
            {"task":"run","program":"/bin/sh"},{"task":"collect_now"},7,{"task":"set_schedule"}]}"#;
        let answer: CheckInAnswer = serde_json::from_str(text).unwrap();
        assert_eq!(answer.tasks, [Task::CollectNow]);
        let many = vec![r#"{"task":"collect_now"}"#; 1000].join(",");
        let text = format!(
            r#"{{"was_repeated":false,"server_time":"2026-07-01T12:00:00Z","tasks":[{many}]}}"#
        );
        let answer: UploadAnswer = serde_json::from_str(&text).unwrap();
        assert_eq!(answer.tasks.len(), TASKS_MAX);
    }
}
