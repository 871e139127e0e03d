//! Tokens, agents and reports to put into a store.

use inventory::asset::ObserverId;
use inventory::reconcile::{Identifier, IdentifierKind, TimedIdentifier};
use jiff::{SignedDuration, Timestamp};
use observation::ContentHash;
use observation::latest::protocol::AgentKind;
use observation::latest::{
    AgentId, Cadence, Fact, HostName, InstalledPackage, NameKey, Observer, ObserverKind, Outcome,
    PackageManager, Platform, ReportNumber, SectionBody, SectionHead, SourceId,
};
use store::{
    AgentRecord, EventDraft, IncomingReport, IncomingSection, NewAgent, NewToken, ReportReceipt,
    Store, StoreError, TokenRefusal,
};
use uuid::Uuid;

/// A moment some minutes after the beginning of these tests' time.
#[must_use]
pub fn minute(minutes: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(490_000) + SignedDuration::from_mins(minutes)
}

/// An event of some action.
#[must_use]
pub fn event(action: &str) -> EventDraft {
    EventDraft {
        at: minute(0),
        actor: "tester".to_owned(),
        source: "test".to_owned(),
        action: action.to_owned(),
        object: "something".to_owned(),
        before: None,
        after: Some("a value".to_owned()),
    }
}

/// The hash of the secret that [`token`] has.
#[must_use]
pub fn secret_hash() -> ContentHash {
    ContentHash::of(b"secret")
}

/// A token that may be used so often within an hour.
#[must_use]
pub fn token(id: u128, uses_max: u32) -> NewToken {
    NewToken {
        id: Uuid::from_u128(id),
        secret_hash: secret_hash(),
        label: Some("for tests".to_owned()),
        kind: AgentKind::Server,
        uses_max,
        expires_at: minute(60),
        created_at: minute(0),
        needs_approval: false,
    }
}

/// The identity of the agent of this number.
#[must_use]
pub const fn agent_id(agent: u128) -> AgentId {
    AgentId(Uuid::from_u128(agent))
}

/// An agent with a key of its own.
#[must_use]
pub fn new_agent(agent: u128) -> NewAgent {
    NewAgent {
        id: agent_id(agent),
        host_name: format!("host-{agent}"),
        public_key_hash: ContentHash::of(&agent.to_be_bytes()),
        certificate_not_after: minute(100_000),
        software_version: "0.1.0".to_owned(),
    }
}

/// Uses a token for an agent.
///
/// # Errors
/// If the store fails.
pub async fn enrol(
    store: &dyn Store,
    token: u128,
    agent: u128,
) -> Result<Result<AgentRecord, TokenRefusal>, StoreError> {
    let agent = new_agent(agent);
    let event = event("agent_enrolled");
    store.enrol(Uuid::from_u128(token), secret_hash(), minute(1), agent, event).await
}

/// Makes a token (its id is 1) and enrols this many agents, numbered from 1.
///
/// # Errors
/// If the store fails.
pub async fn enrol_agents(store: &dyn Store, count: u32) -> Result<(), StoreError> {
    store.create_token(token(1, count), event("token_created")).await?;
    for agent in 1..=u128::from(count) {
        enrol(store, 1, agent)
            .await?
            .map_err(|refusal| StoreError::Refused { problem: format!("{refusal:?}") })?;
    }
    Ok(())
}

/// The section of a host name.
#[must_use]
pub fn named(name: &str) -> SectionBody {
    let fact = Fact::HostName(HostName { name: name.to_owned(), domain: None });
    body("system.host_name", vec![fact])
}

/// The section of packages, each `name=version`.
#[must_use]
pub fn packages(packages: &[&str]) -> SectionBody {
    let facts = packages.iter().map(|text| {
        let (name, version) = text.split_once('=').unwrap_or((text, ""));
        Fact::InstalledPackage(InstalledPackage {
            manager: PackageManager::Dpkg,
            name: name.to_owned(),
            version: version.to_owned(),
            architecture: Some("amd64".to_owned()),
            source_name: None,
            source_version: None,
            publisher: None,
            summary: None,
            category: None,
            home_page: None,
            size_bytes: None,
            installed_at: None,
            place: None,
            owner: None,
            licence: None,
        })
    });
    body("software.dpkg", facts.collect())
}

/// A section with these facts.
#[must_use]
pub fn body(source: &'static str, facts: Vec<Fact>) -> SectionBody {
    let outcome = Outcome::Read { facts, gaps: Vec::new(), complaints: Vec::new() };
    SectionBody { source: SourceId::from_static(source), outcome }.canonical()
}

/// A serial number that tells one machine from another.
#[must_use]
pub fn serial(text: &str) -> Identifier {
    Identifier { kind: IdentifierKind::SystemSerial, text: text.to_owned() }
}

/// The receipt of an agent's report: the minute of its run is also that of its receipt.
#[must_use]
pub fn receipt(agent: u128, sequence: u64, at: i64) -> ReportReceipt {
    ReportReceipt {
        observer: ObserverId::Agent(agent_id(agent)),
        number: ReportNumber { epoch: 1, sequence },
        started_at: minute(at),
        sent_at: minute(at),
        received_at: minute(at),
        boot: None,
    }
}

/// A report with steady sections and all their bodies.
#[must_use]
pub fn report(agent: u128, sequence: u64, at: i64, bodies: &[SectionBody]) -> IncomingReport {
    let section = |body: &SectionBody| section(body, at, Cadence::Steady);
    let sections: Vec<IncomingSection> = bodies.iter().map(section).collect();
    IncomingReport {
        receipt: receipt(agent, sequence, at),
        observer: observer(agent),
        host_hash: host_hash(bodies),
        sections,
        identifiers: Vec::new(),
        events: Vec::new(),
    }
}

/// The hash over steady sections.
#[must_use]
pub fn host_hash(bodies: &[SectionBody]) -> ContentHash {
    ContentHash::of_all(bodies.iter().map(SectionBody::hash))
}

/// One section with its body.
#[must_use]
pub fn section(body: &SectionBody, at: i64, cadence: Cadence) -> IncomingSection {
    IncomingSection {
        head: SectionHead {
            source: body.source.clone(),
            hash: body.hash(),
            observed_at: minute(at),
            duration_ms: 3,
            cadence,
        },
        corrected_at: minute(at),
        body: Some(body.canonical_bytes()),
    }
}

/// The same report, showing identifiers.
#[must_use]
pub fn showing(mut report: IncomingReport, identifiers: &[Identifier]) -> IncomingReport {
    let at = report.receipt.started_at;
    let timed = |identifier: &Identifier| TimedIdentifier {
        identifier: identifier.clone(),
        first_seen_at: at,
        last_seen_at: at,
    };
    report.identifiers = identifiers.iter().map(timed).collect();
    report
}

fn observer(agent: u128) -> Observer {
    Observer {
        agent: Some(agent_id(agent)),
        kind: ObserverKind::Agent,
        software_version: "0.1.0".to_owned(),
        platform: Platform::Linux,
        is_privileged: false,
        name_key: NameKey::Company,
        boot: None,
    }
}
