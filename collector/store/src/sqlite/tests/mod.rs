//! What only the inside of the store can show: histories from shuffled reports, groups of jobs, a
//! full disk, steps of the schema.

mod full_disk;
mod groups;
mod habits;
mod steps;
mod traces;

use inventory::asset::ObserverId;
use jiff::Timestamp;
use observation::ContentHash;
use observation::latest::protocol::AgentKind;
use observation::latest::{
    AgentId, Cadence, NameKey, Observer, ObserverKind, Platform, ReportNumber, SectionHead,
    SourceId,
};
use uuid::Uuid;

use crate::{EventDraft, IncomingReport, IncomingSection, NewAgent, NewToken, ReportReceipt};

const AGENT: AgentId = AgentId(Uuid::from_u128(1));
const TOKEN: Uuid = Uuid::from_u128(2);

fn second(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + seconds).unwrap()
}

fn event() -> EventDraft {
    EventDraft {
        at: second(0),
        actor: "tester".to_owned(),
        source: "test".to_owned(),
        action: "something".to_owned(),
        object: "agent".to_owned(),
        before: None,
        after: None,
    }
}

fn secret() -> ContentHash {
    ContentHash::of(b"secret")
}

fn token() -> NewToken {
    NewToken {
        id: TOKEN,
        secret_hash: secret(),
        label: None,
        kind: AgentKind::Client,
        uses_max: 1,
        expires_at: second(60),
        created_at: second(0),
        needs_approval: false,
    }
}

fn agent() -> NewAgent {
    NewAgent {
        id: AGENT,
        host_name: "host".to_owned(),
        public_key_hash: ContentHash::of(b"key"),
        certificate_not_after: second(1_000_000),
        software_version: "0.1.0".to_owned(),
    }
}

/// A report of sections, each a source and its text.
fn report(
    number: ReportNumber,
    at: Timestamp,
    sections: &[(&'static str, Cadence, String)],
) -> IncomingReport {
    let sections: Vec<IncomingSection> = sections
        .iter()
        .map(|(source, cadence, text)| IncomingSection {
            head: SectionHead {
                source: SourceId::from_static(source),
                hash: ContentHash::of(text.as_bytes()),
                observed_at: at,
                duration_ms: 1,
                cadence: *cadence,
            },
            corrected_at: at,
            body: Some(text.clone().into_bytes()),
        })
        .collect();
    let steady = sections.iter().filter(|it| it.head.cadence == Cadence::Steady);
    let host_hash = ContentHash::of_all(steady.map(|it| it.head.hash));
    IncomingReport {
        receipt: ReportReceipt {
            observer: ObserverId::Agent(AGENT),
            number,
            started_at: at,
            sent_at: at,
            received_at: at,
            boot: None,
        },
        observer: Observer {
            agent: Some(AGENT),
            kind: ObserverKind::Agent,
            software_version: "0.1.0".to_owned(),
            platform: Platform::Linux,
            is_privileged: false,
            name_key: NameKey::Company,
            boot: None,
        },
        host_hash,
        sections,
        identifiers: Vec::new(),
        events: Vec::new(),
    }
}
