//! Scans enter by the same door as agents' reports: bounded, corrected for skew, kept exactly once.

use std::collections::BTreeSet;
use std::net::IpAddr;

use inventory::reconcile::{TimedIdentifier, continues, identify_target};
use jiff::{SignedDuration, Timestamp};
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
/// What a text that was cut ends with.
const CUT: &str = "…";
/// Most links and gateways of a scanner.
const LINKS_MAX: usize = 1024;
/// Longest name of an interface, hardware address or version of a scanner: Linux has 15 characters,
/// 47 (InfiniBand) and none.
const VANTAGE_TEXT_BYTES_MAX: usize = 64;
/// How long after the end of an agent's run parts of it are still taken.
const LATE_MAX: SignedDuration = SignedDuration::from_hours(48);
/// The remark that there were more remarks than are kept.
const CAPPED: &str = "remarks_capped";
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
        done: Vec::new(),
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
    let is_over = |it: ScanRunRecord| {
        it.state.is_over() || collector.active_runs.has_closed(it.id, received_at)
    };
    let is_to_stop = !is_end && run.is_some_and(is_over);
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
    mut report: ScanReport,
    received_at: Timestamp,
) -> Result<ScanReceipt, Refusal> {
    check(&report)?;
    if let Some(end) = &mut report.end {
        shorten(&mut end.remarks);
    }
    // Who really speaks, not who is said to.
    report.vantage.agent = vantage;
    let run = collector.store.scan_run(report.run).await?;
    let Some(run) = run.filter(|it| it.vantage == vantage) else {
        return Err(bad("there is no such scan from this place"));
    };
    check_age(&run, received_at)?;
    let (inside, outside) = sorted_out(&report, &run);
    refuse_foreign(collector, &run, &outside, received_at).await?;
    let is_told = outside.is_empty() || vantage.is_none() || collector.active_runs.is_news(run.id);
    let skew = Skew { sent_at: report.sent_at, received_at };
    let told = if is_told { outside.as_slice() } else { &[] };
    let events = events(&run, &report, told, received_at);
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
    let texts = vantage.links.iter().flat_map(|it| [Some(&it.interface), it.mac.as_ref()]);
    let mut texts = texts.flatten().chain([&vantage.software_version]);
    if texts.any(|it| it.len() > VANTAGE_TEXT_BYTES_MAX) {
        return Err(Refusal::new(ProblemCode::TooLarge, "a text about the scanner is too long"));
    }
    let addresses: BTreeSet<_> = report.targets.iter().map(|it| it.address).collect();
    if addresses.len() != report.targets.len() {
        return Err(bad("an address stands twice in one part"));
    }
    Ok(())
}

/// Cuts remarks to what is kept: devices on the network decide how many there are and how long, and
/// none of them is to be able to have the end of a run refused.
fn shorten(remarks: &mut Vec<ScanRemark>) {
    let more = remarks.len().saturating_sub(REMARKS_MAX);
    remarks.truncate(REMARKS_MAX);
    for text in remarks.iter_mut().flat_map(|it| [&mut it.code, &mut it.what]) {
        if text.len() > REMARK_BYTES_MAX {
            text.truncate(text.floor_char_boundary(REMARK_BYTES_MAX - CUT.len()));
            text.push_str(CUT);
        }
    }
    if more > 0 {
        remarks.push(ScanRemark { code: CAPPED.to_owned(), what: more.to_string() });
    }
}

/// Parts come after the end of their run, but not for ever: each is kept.
fn check_age(run: &ScanRunRecord, received_at: Timestamp) -> Result<(), Refusal> {
    let ended = run.finished_at.filter(|_| run.state.is_over());
    match ended.is_some_and(|it| received_at.duration_since(it) >= LATE_MAX) {
        true => Err(bad("the run has been over for too long")),
        false => Ok(()),
    }
}

/// The targets that the run may speak of, and the addresses that it may not.
fn sorted_out<'a>(
    report: &'a ScanReport,
    run: &ScanRunRecord,
) -> (Vec<&'a TargetReport>, Vec<IpAddr>) {
    let links = &report.vantage.links;
    let (inside, outside): (Vec<_>, Vec<_>) = report
        .targets
        .iter()
        .partition(|it| may_speak_of(it.address, &run.job, run.vantage, links));
    (inside, outside.into_iter().map(|it| it.address).collect())
}

/// Refuses what no honest agent says: IPv4 that it was not asked for. Devices of its link show
/// themselves to it by IPv6; those are only left out.
async fn refuse_foreign(
    collector: &Collector,
    run: &ScanRunRecord,
    outside: &[IpAddr],
    now: Timestamp,
) -> Result<(), Refusal> {
    let Some(agent) = run.vantage else { return Ok(()) };
    let Some(first) = outside.iter().find(|it| it.is_ipv4()) else { return Ok(()) };
    if collector.active_runs.is_news(run.id) {
        let mut event = event(now, &actor(run.vantage), "report_refused", run.id);
        event.after =
            Some(format!("{} addresses that it was not asked for, such as {first}", outside.len()));
        collector.store.append_event(event).await?;
    }
    let title = format!("agent {agent} was not asked for {first}");
    Err(Refusal::new(ProblemCode::BadRequest, title))
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
    outside: &[IpAddr],
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

#[cfg(test)]
mod tests {
    use super::*;

    fn remark(code: &str, what: &str) -> ScanRemark {
        ScanRemark { code: code.to_owned(), what: what.to_owned() }
    }

    #[test]
    fn too_many_remarks_are_counted_and_too_long_ones_cut() {
        let mut few = vec![remark("proxy_arp", "10.0.0.0/24")];
        shorten(&mut few);
        assert_eq!(few, [remark("proxy_arp", "10.0.0.0/24")]);
        let mut many = vec![remark("duplicate_address", &"ä".repeat(500)); REMARKS_MAX + 7];
        shorten(&mut many);
        assert_eq!(many.len(), REMARKS_MAX + 1);
        let (last, first) = (many.pop().unwrap(), many.swap_remove(0));
        assert_eq!(last, remark(CAPPED, "7"));
        assert!(first.what.len() <= REMARK_BYTES_MAX && first.what.ends_with("ä…"), "{first:?}");
    }
}
