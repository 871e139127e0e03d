//! Check-in, manifest, upload: what an agent says, from the smallest to the whole.

use std::collections::BTreeMap;

use inventory::asset::ObserverId;
use inventory::recognise::VIRTUALISATION_SOURCE;
use inventory::reconcile::{ReportTrace, TimedIdentifier, identify, verdict};
use jiff::Timestamp;
use observation::ContentHash;
use observation::latest::protocol::{
    Base, BodyTransfer, CheckInAnswer, CheckInRequest, ManifestAnswer, ManifestRequest,
    ProblemCode, UploadAnswer, UploadRequest,
};
use observation::latest::{AgentId, Cadence, ReportNumber, SectionBody, SectionHead, delta};
use observation::limits::{SECTION_BODY_BYTES_MAX, SECTIONS_PER_REPORT_MAX};
use pki::Peer;
use store::{AgentRecord, AgentState, EventDraft, IncomingReport, IncomingSection, ReportReceipt};

use super::decode::decode_body;
use super::refusal::{Refusal, chain};
use super::sightings::keep_sightings;
use super::skew::Skew;
use super::tasks::{home_networks, tasks};
use crate::collector::Collector;

/// Sources whose bodies can show an identity; others are not read again for it.
const IDENTITY_DOMAINS: [&str; 3] = ["hardware.", "network.", "system."];

/// Longest name of a source.
const SOURCE_NAME_BYTES_MAX: usize = 64;

/// Takes a check-in: one hash over everything that is steady.
///
/// # Errors
/// Why it is refused.
pub async fn check_in(
    collector: &Collector,
    peer: &Peer,
    request: CheckInRequest,
    received_at: Timestamp,
) -> Result<CheckInAnswer, Refusal> {
    let record = speaker(collector, peer, request.agent, received_at).await?;
    check_number(request.number)?;
    let receipt = ReportReceipt {
        observer: ObserverId::Agent(record.id),
        number: request.number,
        started_at: request.observed_at,
        sent_at: request.sent_at,
        received_at,
        boot: request.boot,
    };
    judge(collector, &record, &receipt, None).await?;
    let known = collector.store.confirm_host_hash(receipt, request.host_hash).await?;
    let mut tasks = tasks(collector, &record, received_at).await?;
    tasks.extend(home_networks(collector, request.home_revision).await?);
    let is_known = known.is_some();
    Ok(CheckInAnswer { is_known, server_time: received_at, tasks, seen_from: None })
}

/// Takes the hashes of all sections, and the report itself where no body is missing.
///
/// # Errors
/// Why it is refused.
pub async fn manifest(
    collector: &Collector,
    peer: &Peer,
    request: ManifestRequest,
    received_at: Timestamp,
) -> Result<ManifestAnswer, Refusal> {
    let record = observer(collector, peer, &request, received_at).await?;
    let hashes = request.sections.iter().map(|it| it.hash).collect();
    let missing = collector.store.missing_bodies(hashes).await?;
    let newest = collector.store.newest_sections(record.id).await?;
    let bases = newest.into_iter().map(|(source, hash)| Base { source, hash }).collect();
    if missing.is_empty() {
        append(collector, &record, request, BTreeMap::new(), received_at).await?;
    }
    Ok(ManifestAnswer { missing, bases })
}

/// Takes a manifest with the bodies that were missing.
///
/// # Errors
/// Why it is refused; an unknown base of a delta is asked for in full.
pub async fn upload(
    collector: &Collector,
    peer: &Peer,
    request: UploadRequest,
    received_at: Timestamp,
) -> Result<UploadAnswer, Refusal> {
    let record = observer(collector, peer, &request.manifest, received_at).await?;
    if request.bodies.len() > request.manifest.sections.len() {
        return Err(bad("more bodies than sections"));
    }
    let mut bodies = BTreeMap::new();
    for transfer in &request.bodies {
        let bytes = body_bytes(collector, transfer).await?;
        bodies.insert(ContentHash::of(&bytes), bytes);
    }
    let mut needed = Vec::new();
    for head in &request.manifest.sections {
        if !bodies.contains_key(&head.hash) {
            needed.push(head.hash);
        }
    }
    // What is forgotten between manifest and upload is simply asked for again.
    if !collector.store.missing_bodies(needed).await?.is_empty() {
        return Err(bad("the manifest names bodies that neither came nor are here"));
    }
    let was_repeated =
        append(collector, &record, request.manifest, bodies, received_at).await?.was_repeated;
    let tasks = tasks(collector, &record, received_at).await?;
    Ok(UploadAnswer { was_repeated, server_time: received_at, tasks })
}

/// The agent behind a certificate, if it may speak and speaks for itself.
async fn speaker(
    collector: &Collector,
    peer: &Peer,
    claimed: AgentId,
    now: Timestamp,
) -> Result<AgentRecord, Refusal> {
    let own = AgentId(peer.agent);
    if claimed != own {
        let event = event(now, own, "report_refused", format!("claims to be agent {claimed}"));
        collector.store.append_event(event).await?;
        let title = "the body speaks for another agent than the certificate";
        return Err(Refusal::new(ProblemCode::WrongAgent, title));
    }
    may_speak(collector, peer).await
}

/// The agent behind a certificate, if it may speak.
///
/// # Errors
/// If it waits, was revoked or is quarantined, or the key is not the enrolled one.
pub async fn may_speak(collector: &Collector, peer: &Peer) -> Result<AgentRecord, Refusal> {
    let Some(record) = collector.store.agent(AgentId(peer.agent)).await? else {
        return Err(Refusal::new(ProblemCode::Revoked, "this collector knows no such agent"));
    };
    if record.public_key_hash.as_bytes() != &peer.public_key_hash {
        let title = "the certificate is for a key that is not this agent's any more";
        return Err(Refusal::new(ProblemCode::Revoked, title));
    }
    match record.state {
        AgentState::Approved => Ok(record),
        AgentState::Waiting => Err(Refusal::new(
            ProblemCode::AwaitingApproval,
            "the agent waits for the approval of a person",
        )),
        AgentState::Revoked => Err(Refusal::new(ProblemCode::Revoked, "the agent was revoked")),
        AgentState::Quarantined => Err(Refusal::new(
            ProblemCode::Quarantined,
            "more than one machine speaks with this key; a person must decide",
        )),
    }
}

async fn observer(
    collector: &Collector,
    peer: &Peer,
    manifest: &ManifestRequest,
    now: Timestamp,
) -> Result<AgentRecord, Refusal> {
    let Some(claimed) = manifest.observer.agent else {
        return Err(bad("the observer names no agent"));
    };
    if manifest.sections.len() > SECTIONS_PER_REPORT_MAX {
        return Err(Refusal::new(ProblemCode::TooLarge, "too many sections"));
    }
    check_number(manifest.number)?;
    if !manifest.sections.iter().all(|it| is_source_name(it.source.as_str())) {
        return Err(bad("the name of a source is none"));
    }
    let mut sources: Vec<&str> = manifest.sections.iter().map(|it| it.source.as_str()).collect();
    sources.sort_unstable();
    sources.dedup();
    if sources.len() != manifest.sections.len() {
        return Err(bad("a source stands twice in the manifest"));
    }
    speaker(collector, peer, claimed, now).await
}

/// The store counts in 63 bits.
fn check_number(number: ReportNumber) -> Result<(), Refusal> {
    match i64::try_from(number.epoch.max(number.sequence)) {
        Ok(_) => Ok(()),
        Err(_) => Err(bad("the number of the report is out of range")),
    }
}

/// `domain.name`: what ends up in tables and workbook is ours to choose.
fn is_source_name(name: &str) -> bool {
    let is_part = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || b"._".contains(&it);
    (1..=SOURCE_NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(is_part)
}

/// The canonical bytes that a transfer stands for.
async fn body_bytes(collector: &Collector, transfer: &BodyTransfer) -> Result<Vec<u8>, Refusal> {
    let bytes = match transfer {
        BodyTransfer::Full { body } => body.get().as_bytes().to_vec(),
        BodyTransfer::Delta { base, .. } => {
            let Some(base) = collector.store.section_body(*base).await? else {
                let title = "the delta builds on a body that is not here; send it in full";
                return Err(Refusal::new(ProblemCode::UnknownBase, title));
            };
            delta::apply(&base, transfer).map_err(|error| bad(&error.to_string()))?
        }
    };
    if bytes.len() > SECTION_BODY_BYTES_MAX {
        return Err(Refusal::new(ProblemCode::TooLarge, "a section body is too large"));
    }
    Ok(bytes)
}

async fn append(
    collector: &Collector,
    record: &AgentRecord,
    manifest: ManifestRequest,
    mut bodies: BTreeMap<ContentHash, Vec<u8>>,
    received_at: Timestamp,
) -> Result<store::AppendedReport, Refusal> {
    let receipt = ReportReceipt {
        observer: ObserverId::Agent(record.id),
        number: manifest.number,
        started_at: manifest.started_at,
        sent_at: manifest.sent_at,
        received_at,
        boot: manifest.observer.boot,
    };
    let skew = Skew { sent_at: manifest.sent_at, received_at };
    let mut events = Vec::new();
    let mut decoded = Vec::new();
    for head in &manifest.sections {
        if let Some(body) =
            section(collector, head, &bodies, record, received_at, &mut events).await?
        {
            decoded.push((skew.corrected(head.observed_at), body));
        }
    }
    let context = container_context(collector, record.id, &decoded).await?;
    let identifiers = identifiers(&decoded, context.as_ref());
    judge(collector, record, &receipt, Some(&identifiers)).await?;
    let steady = manifest.sections.iter().filter(|it| it.cadence == Cadence::Steady);
    let host_hash = ContentHash::of_all(steady.map(|it| it.hash));
    let sections = manifest.sections.iter().map(|head| IncomingSection {
        corrected_at: skew.corrected(head.observed_at),
        body: bodies.remove(&head.hash),
        head: head.clone(),
    });
    let sections = sections.collect();
    let observer = manifest.observer;
    let heard = receipt.clone();
    let report = IncomingReport { receipt, observer, host_hash, sections, identifiers, events };
    let appended = collector.store.append_report(report).await?;
    if !appended.was_repeated
        && let Err(error) = keep_sightings(collector, record.id, &heard, &decoded).await
    {
        // The report is kept; the next table shows the same neighbours again.
        tracing::warn!(agent = %record.id, error = %chain(&error), "sightings were not kept");
    }
    collector.reconcile_bell.notify_one();
    Ok(appended)
}

/// The body of a section, where it came now or can show an identity.
async fn section(
    collector: &Collector,
    head: &SectionHead,
    bodies: &BTreeMap<ContentHash, Vec<u8>>,
    record: &AgentRecord,
    now: Timestamp,
    events: &mut Vec<EventDraft>,
) -> Result<Option<SectionBody>, Refusal> {
    let shows_identity = IDENTITY_DOMAINS.iter().any(|it| head.source.as_str().starts_with(it));
    let bytes = match bodies.get(&head.hash) {
        Some(bytes) => bytes.clone(),
        None if shows_identity => match collector.store.section_body(head.hash).await? {
            Some(bytes) => bytes,
            None => return Ok(None),
        },
        None => return Ok(None),
    };
    let (body, skipped) = decode_body(&bytes)
        .map_err(|error| bad(&format!("the body of {} cannot be read: {error}", head.source)))?;
    if body.source != head.source {
        return Err(bad("a body is of another source than its manifest says"));
    }
    if skipped > 0 {
        let text = format!("{}: {skipped} facts of a kind that is not known here", head.source);
        events.push(event(now, record.id, "facts_not_understood", text));
    }
    Ok(Some(body))
}

/// What the agent said last of being in a container, where this report does not say it: a volatile
/// report names the start of the kernel, which a container must not answer for.
async fn container_context(
    collector: &Collector,
    agent: AgentId,
    decoded: &[(Timestamp, SectionBody)],
) -> Result<Option<SectionBody>, Refusal> {
    if decoded.iter().any(|(_, it)| it.source.as_str() == VIRTUALISATION_SOURCE) {
        return Ok(None);
    }
    let newest = collector.store.newest_sections(agent).await?;
    let hash = newest.into_iter().find(|(source, _)| source.as_str() == VIRTUALISATION_SOURCE);
    let Some((_, hash)) = hash else { return Ok(None) };
    let bytes = collector.store.section_body(hash).await?;
    // Bytes that could be read when they came; if not any more, the report still counts.
    Ok(bytes.and_then(|it| SectionBody::from_canonical_bytes(&it).ok()).map(|(body, _)| body))
}

/// What these bodies show of an identity, and when.
fn identifiers(
    bodies: &[(Timestamp, SectionBody)],
    context: Option<&SectionBody>,
) -> Vec<TimedIdentifier> {
    let Some(observed_at) = bodies.iter().map(|(at, _)| *at).max() else { return Vec::new() };
    let shown = identify(bodies.iter().map(|(_, body)| body).chain(context));
    let timed = shown.into_iter().map(|identifier| TimedIdentifier {
        identifier,
        first_seen_at: observed_at,
        last_seen_at: observed_at,
    });
    timed.collect()
}

/// Whether the key still speaks for the machine that it was enrolled on; if not, it is quarantined.
async fn judge(
    collector: &Collector,
    record: &AgentRecord,
    receipt: &ReportReceipt,
    shown: Option<&[TimedIdentifier]>,
) -> Result<(), Refusal> {
    let last = record.last_number.map(|number| ReportTrace {
        number,
        boot: record.last_boot,
        observed_at: record.last_seen_at.unwrap_or(record.enrolled_at),
    });
    let this = ReportTrace {
        number: receipt.number,
        boot: receipt.boot,
        observed_at: receipt.received_at,
    };
    let known = match shown {
        None => Vec::new(),
        Some(_) => {
            let observer = ObserverId::Agent(record.id);
            let all = collector.store.candidates_for(vec![observer.clone()]).await?;
            let own = all.into_iter().find(|it| it.observer == observer);
            own.map(|it| it.identifiers).unwrap_or_default()
        }
    };
    let shown: Vec<_> = shown.unwrap_or_default().iter().map(|it| it.identifier.clone()).collect();
    let Some(reason) = verdict(&known, last.as_ref(), &shown, &this) else { return Ok(()) };
    let text = format!("{reason:?}");
    let event = event(receipt.received_at, record.id, "agent_quarantined", text);
    collector.store.set_agent_state(record.id, AgentState::Quarantined, event).await?;
    let title = "more than one machine speaks with this key; a person must decide";
    Err(Refusal::new(ProblemCode::Quarantined, title))
}

fn event(at: Timestamp, agent: AgentId, action: &str, after: String) -> EventDraft {
    EventDraft {
        at,
        actor: format!("agent {agent}"),
        source: "ingest".to_owned(),
        action: action.to_owned(),
        object: format!("agent {agent}"),
        before: None,
        after: Some(after),
    }
}

fn bad(title: &str) -> Refusal {
    Refusal::new(ProblemCode::BadRequest, title)
}
