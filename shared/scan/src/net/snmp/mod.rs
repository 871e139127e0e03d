//! Asks a device by SNMP, with the credentials that a person entered for its address and no other.
//!
//! Versions with protection come first. A community crosses the network in clear, so it is sent only
//! where its scope says so; a password of version 3 never is sent. The questions and their meaning are
//! the probe's, [`crate::probes::snmp`].

mod access;
mod session;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use observation::latest::scan::SnmpCredential;
use observation::latest::{
    Absent, Cadence, Fact, Gap, ServiceAnswer, ServiceProtocol, Statement, Transport,
};
use tokio::time::Instant;

use self::access::Way;
use self::session::{Asker, NoAnswer, Patience, Question, Session};
use super::book::{Learnt, Note};
use super::clock;
use super::services::Shared;
use crate::packet::snmp::engine::Engine;
use crate::packet::snmp::walk::{Trouble, Walk};
use crate::packet::snmp::{ObjectId, Row, Tree};
use crate::probes::Reading;
use crate::probes::snmp::{self, CHANGING, LANES, PORT, PROBE, Said, last_questions};

/// An agent on a slow branch link answers within this time; a silent one costs three of them.
const PATIENCE: Patience =
    Patience { answer: Duration::from_millis(1_500), tries: 3, device: Duration::from_secs(60) };

/// What a device says by SNMP; nothing where no credential is for its address.
pub async fn notes(address: IpAddr, credentials: &[SnmpCredential], shared: &Shared) -> Vec<Note> {
    let at = SocketAddr::new(address, PORT);
    ask(at, credentials, shared, PATIENCE).await
}

async fn ask(
    at: SocketAddr,
    credentials: &[SnmpCredential],
    shared: &Shared,
    patience: Patience,
) -> Vec<Note> {
    let ways = access::ways(at.ip(), credentials);
    let Ok(_socket) = shared.sockets.acquire().await else { return Vec::new() };
    if ways.is_empty() || shared.stop.is_set() {
        return Vec::new();
    }
    let (asked_at, began) = (clock::now(), Instant::now());
    let asker = Asker { at, shared, patience, deadline: began + patience.device };
    let contact = contact(asker, ways).await;
    let mut notes = Vec::new();
    let mut note = |source: &str, cadence, learnt| {
        let (source, lasted) = (source.to_owned(), began.elapsed());
        notes.push(Note { source, cadence, asked_at, lasted, learnt });
    };
    for gap in contact.gaps {
        note(PROBE.id, Cadence::Steady, Learnt::Gap(gap));
    }
    match contact.spoke {
        Some((session, first)) => {
            let said = collect(session, first, contact.engine).await;
            let readings = snmp::read(&said);
            note(PROBE.id, Cadence::Steady, Learnt::Said(readings.steady));
            note(CHANGING, Cadence::Volatile, Learnt::Said(readings.changing));
        }
        None => match (contact.engine, contact.nothing) {
            (Some(engine), _) => {
                note(PROBE.id, Cadence::Steady, Learnt::Said(speaks_version_3(&engine)));
            }
            (None, Some(reason)) => note(PROBE.id, Cadence::Steady, Learnt::Nothing(reason)),
            (None, None) => {}
        },
    }
    notes
}

/// How it went with all credentials.
#[derive(Default)]
struct Contact<'a> {
    /// The first that was accepted, and what was said to it.
    spoke: Option<(Session<'a>, Vec<Row>)>,
    /// Who the agent is, if it speaks version 3 at all.
    engine: Option<Engine>,
    /// What was refused.
    gaps: Vec<Gap>,
    /// Where nothing came of any.
    nothing: Option<Absent>,
}

async fn contact(mut asker: Asker<'_>, ways: Vec<Way>) -> Contact<'_> {
    let mut contact = Contact::default();
    let first = Question::Get(snmp::SYSTEM.iter().map(|it| ObjectId::new(it)).collect());
    let mut discovery = None;
    for way in ways {
        if way.is_version_3() && discovery.is_none() {
            let found = asker.discover().await;
            contact.engine = found.as_ref().ok().cloned();
            discovery = Some(found);
        }
        let said = match (&discovery, way.is_version_3()) {
            (Some(Err(reason)), true) => Err(*reason),
            _ => match way.speech(contact.engine.clone()).await {
                None => Err(NoAnswer::Unreadable),
                Some(speech) => {
                    let mut session = Session::new(asker, speech);
                    session.ask(&first).await.map(|rows| (session, rows))
                }
            },
        };
        match said {
            Ok(spoke) => {
                contact.spoke = Some(spoke);
                break;
            }
            // The port is the same for all.
            Err(NoAnswer::Refused) => {
                contact.nothing = Some(reason(NoAnswer::Refused, asker.patience));
                break;
            }
            Err(no) if way.is_version_3() && contact.engine.is_some() => {
                contact.gaps.extend(gap(no, asker.patience));
            }
            Err(no) => contact.nothing = Some(reason(no, asker.patience)),
        }
    }
    contact.gaps.dedup();
    contact
}

/// Why an agent that speaks version 3 did not answer this user.
fn gap(no: NoAnswer, patience: Patience) -> Option<Gap> {
    let doing = "asking by SNMPv3".to_owned();
    let cause = match no {
        NoAnswer::Denied => "the device does not accept user or authentication password",
        // Agents drop what they cannot decrypt: both look the same.
        NoAnswer::Silent => {
            "no answer, or the privacy password or protocol is not that of the device"
        }
        NoAnswer::Unreadable | NoAnswer::Refused => "the answer could not be read",
        NoAnswer::Over => return Some(over(doing, patience)),
    };
    let reason = Absent::Failed { doing, cause: cause.to_owned() };
    Some(Gap { field: PROBE.id.to_owned(), of: Some(format!("udp/{PORT}")), reason })
}

fn over(doing: String, patience: Patience) -> Gap {
    let reason = Absent::TimedOut { doing, after_ms: millis(patience.device) };
    Gap { field: PROBE.id.to_owned(), of: Some(format!("udp/{PORT}")), reason }
}

fn reason(no: NoAnswer, patience: Patience) -> Absent {
    let doing = format!("asking udp/{PORT}");
    match no {
        NoAnswer::Refused => Absent::NotHere { looked_at: format!("udp/{PORT}") },
        NoAnswer::Silent => Absent::TimedOut { doing, after_ms: millis(patience.question()) },
        NoAnswer::Over => Absent::TimedOut { doing, after_ms: millis(patience.device) },
        NoAnswer::Denied | NoAnswer::Unreadable => {
            Absent::Failed { doing, cause: "the answer is no SNMP of this version".to_owned() }
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// All that is known of an agent that accepts none of our users.
fn speaks_version_3(engine: &Engine) -> Reading {
    let id = data_encoding::HEXLOWER.encode(&engine.id);
    let answer = ServiceAnswer {
        transport: Transport::Udp,
        port: PORT,
        protocol: ServiceProtocol::Snmp,
        is_encrypted: false,
        statements: [(Statement::Dialect, "SNMPv3".to_owned()), (Statement::EngineId, id)].into(),
    };
    Reading { facts: vec![Fact::ServiceAnswer(answer)], ..Reading::default() }
}

/// Asks everything else, three questions side by side.
async fn collect(session: Session<'_>, first: Vec<Row>, engine: Option<Engine>) -> Said {
    let mut said = Said { dialect: session.dialect(), ..Said::default() };
    if said.dialect == "SNMPv3" {
        said.engine = engine.map(|it| it.id);
    }
    let [first_lane, second_lane, third_lane] = LANES;
    let (second, third) = (session.beside(), session.beside());
    let lanes = tokio::join!(
        Box::pin(walk_lane(session, first_lane)),
        Box::pin(walk_lane(second, second_lane)),
        Box::pin(walk_lane(third, third_lane)),
    );
    said.tree.extend(first);
    for lane in [lanes.0, lanes.1, lanes.2] {
        said.tree.extend(lane.rows);
        said.troubles.extend(lane.troubles);
    }
    said
}

/// What one lane brought.
#[derive(Default)]
struct Lane {
    rows: Vec<Row>,
    troubles: Vec<(snmp::Question, Trouble)>,
}

async fn walk_lane(mut session: Session<'_>, questions: &[snmp::Question]) -> Lane {
    let mut lane = Lane::default();
    for question in questions {
        for columns in question.tables {
            let (rows, trouble) = walk(&mut session, columns, question.rows_max).await;
            lane.troubles.extend(trouble.map(|it| (*question, it)));
            let is_found = !rows.is_empty();
            lane.rows.extend(rows);
            if is_found || trouble.is_some() {
                break;
            }
        }
    }
    let found: Tree = lane.rows.iter().cloned().collect();
    let last = last_questions(&found);
    if !last.is_empty() {
        lane.rows.extend(session.ask(&Question::Get(last)).await.unwrap_or_default());
    }
    lane
}

async fn walk(
    session: &mut Session<'_>,
    columns: &[&[u32]],
    rows_max: usize,
) -> (Vec<Row>, Option<Trouble>) {
    let mut walk = Walk::new(columns, rows_max);
    loop {
        let wanted = walk.question();
        if wanted.is_empty() {
            return walk.finish();
        }
        match session.ask(&Question::Next(wanted)).await {
            Ok(rows) => walk.take(rows),
            Err(no) => {
                walk.lose(no == NoAnswer::Unreadable);
                return walk.finish();
            }
        }
    }
}

#[cfg(test)]
mod tests;

#[cfg(feature = "lab")]
#[cfg(test)]
mod daemon;
