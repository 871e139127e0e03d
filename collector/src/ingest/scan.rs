//! Scans enter by the same door as agents' reports: bounded, corrected for skew, kept exactly once.

use std::collections::BTreeSet;

use inventory::reconcile::{TimedIdentifier, continues, identify_target};
use jiff::Timestamp;
use observation::latest::protocol::{ProblemCode, ScanReportAnswer};
use observation::latest::scan::{ScanJob, ScanRemark, ScanReport, TargetReport};
use observation::latest::{AgentId, FORMAT, Section};
use observation::limits::SECTION_BODY_BYTES_MAX;
use pki::Peer;
use store::{
    EventDraft, IncomingPart, IncomingSection, IncomingTarget, IncomingTargets, ScanRunRecord,
    ScanRunState,
};
use uuid::Uuid;

use super::accept::may_speak;
use super::decode::check_body;
use super::refusal::{Refusal, chain};
use super::run_events::log_differences;
use super::scan_scope::may_speak_of;
use super::skew::Skew;
use crate::collector::Collector;

/// Most targets in one part.
pub const TARGETS_PER_PART_MAX: usize = 4096;
/// Most sections of one target: there are fewer probes.
const SECTIONS_PER_TARGET_MAX: usize = 100;
/// Most bytes of all bodies of one target.
const TARGET_BYTES_MAX: usize = SECTION_BODY_BYTES_MAX;
/// Most parts of one run.
const PARTS_MAX: u32 = 1_000_000;
/// Most remarks at the end of a run.
const REMARKS_MAX: usize = 1000;
/// Longest text in a remark.
const REMARK_BYTES_MAX: usize = 256;
/// Most links and gateways of a scanner.
const LINKS_MAX: usize = 1024;
/// What the sources of scans begin with.
const SOURCE_PREFIX: &str = "scan.";

/// A run that is about to begin.
#[derive(Debug, Clone)]
pub struct ScanOrder {
    /// The plan that it belongs to.
    pub plan: Option<Uuid>,
    /// The agent that is to look; none: the collector.
    pub vantage: Option<AgentId>,
    /// What is to be done. Its secrets are not kept.
    pub job: ScanJob,
    /// Who wants it.
    pub ordered_by: String,
}

/// How a part was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanReceipt {
    /// Whether this very part had been kept before.
    pub was_repeated: bool,
    /// Addresses of which something was kept.
    pub targets: u64,
    /// Lines that began: addresses seen for the first time, or in the hands of another device.
    pub lines_begun: u64,
    /// Addresses that the scanner was not asked for, left out.
    pub left_out: u64,
}

/// Notes that a run begins, or waits for its agent. Must come before its first part.
///
/// # Errors
/// If the store fails.
pub async fn begin_scan(
    collector: &Collector,
    order: ScanOrder,
    now: Timestamp,
) -> Result<(), Refusal> {
    let networks: Vec<String> = order.job.networks.iter().map(ToString::to_string).collect();
    let is_here = order.vantage.is_none();
    let event = EventDraft {
        at: now,
        actor: order.ordered_by.clone(),
        source: "scan".to_owned(),
        action: if is_here { "scan_started" } else { "scan_ordered" }.to_owned(),
        object: object(order.job.run),
        before: None,
        after: Some(networks.join(", ")),
    };
    let run = ScanRunRecord {
        id: order.job.run,
        plan: order.plan,
        vantage: order.vantage,
        job: order.job,
        ordered_by: order.ordered_by,
        ordered_at: now,
        started_at: is_here.then_some(now),
        finished_at: None,
        state: if is_here { ScanRunState::Running } else { ScanRunState::Waiting },
        remarks: Vec::new(),
        figures: None,
        seen_from: None,
        targets: 0,
    };
    Ok(collector.store.begin_scan(run, event).await?)
}

/// Ends a run whose scanner cannot say so any more. `false`: there is none, or it is over.
///
/// # Errors
/// If the store fails.
pub async fn end_scan(
    collector: &Collector,
    run: Uuid,
    state: ScanRunState,
    remarks: Vec<ScanRemark>,
    actor: &str,
    now: Timestamp,
) -> Result<bool, Refusal> {
    let codes: Vec<&str> = remarks.iter().map(|it| it.code.as_str()).collect();
    let event = EventDraft {
        at: now,
        actor: actor.to_owned(),
        source: "scan".to_owned(),
        action: "scan_ended".to_owned(),
        object: object(run),
        before: None,
        after: Some(codes.join(", ")),
    };
    Ok(collector.store.end_scan(run, now, state, remarks, event).await?)
}

/// Takes a part of what an agent's scan found, and says whether it is to go on.
///
/// # Errors
/// Why it is refused.
pub async fn scan_report(
    collector: &Collector,
    peer: &Peer,
    report: ScanReport,
    received_at: Timestamp,
) -> Result<ScanReportAnswer, Refusal> {
    let agent = may_speak(collector, peer).await?.id;
    let run = report.run;
    let is_end = report.end.is_some();
    let receipt = accept_scan(collector, Some(agent), report, received_at).await?;
    let run = collector.store.scan_run(run).await?;
    let is_to_stop = !is_end && run.is_some_and(|it| it.state.is_over());
    let was_repeated = receipt.was_repeated;
    Ok(ScanReportAnswer { was_repeated, is_to_stop, server_time: received_at })
}

/// Takes a part of what a scan found. `vantage` is who really speaks: the agent of the certificate, or
/// none for the collector's own scanner.
///
/// # Errors
/// Why it is refused.
pub async fn accept_scan(
    collector: &Collector,
    vantage: Option<AgentId>,
    report: ScanReport,
    received_at: Timestamp,
) -> Result<ScanReceipt, Refusal> {
    check(&report)?;
    let run = collector.store.scan_run(report.run).await?;
    let Some(run) = run.filter(|it| it.vantage == vantage) else {
        return Err(bad("there is no such scan from this place"));
    };
    let (inside, outside) = sorted_out(&report, &run.job);
    if let (Some(agent), Some(first)) = (vantage, outside.first()) {
        let text =
            format!("{} addresses that it was not asked for, such as {first}", outside.len());
        let mut event = event(received_at, &actor(vantage), "report_refused", report.run);
        event.after = Some(text);
        collector.store.append_event(event).await?;
        let title = format!("agent {agent} was not asked for {first}");
        return Err(Refusal::new(ProblemCode::BadRequest, title));
    }
    let skew = Skew { sent_at: report.sent_at, received_at };
    let events = events(&run, &report, &outside, received_at);
    let end = report.end.clone().map(|it| {
        let finished_at = skew.corrected(it.finished_at);
        (it, finished_at)
    });
    let targets = inside.into_iter().map(|it| target(it, skew)).collect::<Result<_, _>>()?;
    let found = IncomingTargets {
        vantage,
        started_at: report.started_at,
        sent_at: report.sent_at,
        received_at,
        targets,
        goes_on: continues,
        events,
    };
    let started_at = skew.corrected(report.started_at);
    let seen_from = report.vantage.clone();
    let part =
        IncomingPart { run: report.run, part: report.part, found, started_at, seen_from, end };
    let is_end = part.end.is_some() && !run.state.is_over();
    let appended = collector.store.append_scan(part).await?;
    if is_end && !appended.was_repeated {
        Box::pin(log_end(collector, report.run, received_at)).await;
    }
    collector.reconcile_bell.notify_one();
    Ok(ScanReceipt {
        was_repeated: appended.was_repeated,
        targets: appended.targets,
        lines_begun: appended.lines_begun,
        left_out: u64::try_from(outside.len()).unwrap_or(u64::MAX),
    })
}

/// Logs what the run shows that earlier ones did not. The part is kept whether or not that works.
async fn log_end(collector: &Collector, run: Uuid, now: Timestamp) {
    let log = async {
        match collector.store.scan_run(run).await? {
            Some(run) => log_differences(collector, &run, now).await,
            None => Ok(()),
        }
    };
    if let Err(error) = log.await {
        tracing::warn!(%run, error = %chain(&error), "the run was not compared with earlier ones");
    }
}

/// The bounds of a part as a whole.
fn check(report: &ScanReport) -> Result<(), Refusal> {
    if report.format != FORMAT {
        return Err(bad("the report is of a version of the wire that is not known here"));
    }
    if report.part > PARTS_MAX {
        return Err(bad("the number of the part is out of range"));
    }
    if report.targets.len() > TARGETS_PER_PART_MAX {
        return Err(Refusal::new(ProblemCode::TooLarge, "too many targets in one part"));
    }
    let vantage = &report.vantage;
    if vantage.links.len() > LINKS_MAX || vantage.gateways.len() > LINKS_MAX {
        return Err(Refusal::new(ProblemCode::TooLarge, "too many links of the scanner"));
    }
    let remarks = report.end.iter().flat_map(|it| &it.remarks);
    let is_long = |it: &ScanRemark| it.code.len().max(it.what.len()) > REMARK_BYTES_MAX;
    if remarks.clone().count() > REMARKS_MAX || remarks.clone().any(is_long) {
        return Err(Refusal::new(ProblemCode::TooLarge, "too many or too long remarks"));
    }
    let addresses: BTreeSet<_> = report.targets.iter().map(|it| it.address).collect();
    if addresses.len() != report.targets.len() {
        return Err(bad("an address stands twice in one part"));
    }
    Ok(())
}

/// The targets that the run may speak of, and the addresses that it may not.
fn sorted_out<'a>(
    report: &'a ScanReport,
    job: &ScanJob,
) -> (Vec<&'a TargetReport>, Vec<std::net::IpAddr>) {
    let (inside, outside): (Vec<_>, Vec<_>) =
        report.targets.iter().partition(|it| may_speak_of(it.address, job, &report.vantage));
    (inside, outside.into_iter().map(|it| it.address).collect())
}

fn target(report: &TargetReport, skew: Skew) -> Result<IncomingTarget, Refusal> {
    if report.sections.len() > SECTIONS_PER_TARGET_MAX {
        return Err(Refusal::new(ProblemCode::TooLarge, "too many sections of one target"));
    }
    let mut bytes = 0;
    let mut sections = Vec::with_capacity(report.sections.len());
    let mut sources = BTreeSet::new();
    for section in &report.sections {
        let incoming = incoming(section, skew)?;
        bytes += incoming.body.as_ref().map_or(0, Vec::len);
        if !sources.insert(section.body.source.as_str()) {
            return Err(bad("a probe stands twice in a target"));
        }
        sections.push(incoming);
    }
    if bytes > TARGET_BYTES_MAX {
        return Err(Refusal::new(ProblemCode::TooLarge, "the sections of a target are too large"));
    }
    let seen_at = sections.iter().map(|it| it.corrected_at).max();
    let seen_at = seen_at.unwrap_or(skew.received_at);
    let shown = identify_target(report.address, report.sections.iter().map(|it| &it.body));
    let identifiers = shown.into_iter().map(|identifier| TimedIdentifier {
        identifier,
        first_seen_at: seen_at,
        last_seen_at: seen_at,
    });
    let identifiers = identifiers.collect();
    Ok(IncomingTarget { address: report.address, sections, identifiers })
}

fn incoming(section: &Section, skew: Skew) -> Result<IncomingSection, Refusal> {
    let source = section.body.source.as_str();
    let name = source.strip_prefix(SOURCE_PREFIX).unwrap_or_default();
    let is_part = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_';
    if !(1..=60).contains(&name.len()) || !name.bytes().all(is_part) {
        return Err(bad("the name of a probe is none"));
    }
    let bytes = section.body.canonical_bytes();
    check_body(&section.body, &bytes)
        .map_err(|error| bad(&format!("the body of {source} is not taken: {error}")))?;
    let head = section.head();
    let corrected_at = skew.corrected(section.observed_at);
    Ok(IncomingSection { head, corrected_at, body: Some(bytes) })
}

/// What is to be logged with a part.
fn events(
    run: &ScanRunRecord,
    report: &ScanReport,
    outside: &[std::net::IpAddr],
    now: Timestamp,
) -> Vec<EventDraft> {
    let actor = actor(run.vantage);
    let mut events = Vec::new();
    if run.state == ScanRunState::Waiting {
        events.push(event(now, &actor, "scan_started", run.id));
    }
    if let Some(first) = outside.first() {
        let mut left_out = event(now, &actor, "targets_left_out", run.id);
        left_out.after =
            Some(format!("{} that were not asked for, such as {first}", outside.len()));
        events.push(left_out);
    }
    if let Some(end) = report.end.as_ref().filter(|_| !run.state.is_over()) {
        let mut finished = event(now, &actor, "scan_finished", run.id);
        let figures = end.figures;
        finished.after = Some(format!(
            "{}: {} of {} addresses answered",
            if end.is_complete { "complete" } else { "partial" },
            figures.answered,
            figures.addresses
        ));
        events.push(finished);
    }
    events
}

fn actor(vantage: Option<AgentId>) -> String {
    vantage.map_or_else(|| "scanner".to_owned(), |it| format!("agent {it}"))
}

fn object(run: Uuid) -> String {
    format!("scan {run}")
}

fn event(at: Timestamp, actor: &str, action: &str, run: Uuid) -> EventDraft {
    EventDraft {
        at,
        actor: actor.to_owned(),
        source: "ingest".to_owned(),
        action: action.to_owned(),
        object: object(run),
        before: None,
        after: None,
    }
}

fn bad(title: &str) -> Refusal {
    Refusal::new(ProblemCode::BadRequest, title)
}
