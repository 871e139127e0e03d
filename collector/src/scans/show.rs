//! What is told of a run that is kept.

use std::collections::BTreeSet;
use std::net::IpAddr;

use inventory::asset::{Asset, Contact, ObserverId};
use inventory::export::{DocumentFrame, RunEntry, network_document};
use inventory::register::Cidr;
use ipnet::IpNet;
use jiff::{SignedDuration, Timestamp};
use observation::latest::scan::{ScanProfile, Vantage};
use store::{EventDraft, ScanPlanRecord, ScanRunRecord, ScanRunState, Store, StoreError};
use uuid::Uuid;

use super::outcome::{RunRow, ScanChange, ScanOutcome};
use crate::snapshot;

/// What the last part of a run needs to be received after the scanner sent it.
const RECEIVING_TIME: SignedDuration = SignedDuration::from_secs(60);

/// The events that differences become; the catalogue has `scan-change-<code>`.
const CHANGES: &[&str] = &[
    "address_changed",
    APPEARED,
    "device_gone",
    "differences_not_listed",
    "firmware_changed",
    "hardware_address_changed",
    "ports_closed",
    "ports_opened",
];
const APPEARED: &str = "device_appeared";
/// Events that are read at once.
const EVENTS_PER_PAGE: u32 = 1000;
/// Pages that are looked through for the events of a run.
const EVENT_PAGES_MAX: usize = 100;

/// A run in a list.
#[must_use]
pub fn row(run: &ScanRunRecord, plans: &[ScanPlanRecord]) -> RunRow {
    let plan = plans.iter().find(|it| Some(it.id) == run.plan).map(|it| it.name.clone());
    RunRow {
        run: entry(run),
        plan,
        vantage: run.vantage,
        ordered_by: run.ordered_by.clone(),
        targets: run.targets,
    }
}

fn entry(run: &ScanRunRecord) -> RunEntry {
    let figures = run.figures.unwrap_or_default();
    let texts = |list: &[IpNet]| list.iter().map(ToString::to_string).collect();
    RunEntry {
        id: run.id.to_string(),
        state: match run.state {
            ScanRunState::Waiting => "waiting",
            ScanRunState::Running => "running",
            ScanRunState::Complete => "complete",
            ScanRunState::Partial => "partial",
            ScanRunState::Failed => "failed",
        }
        .to_owned(),
        started_at: run.started_at.unwrap_or(run.ordered_at),
        finished_at: run.finished_at,
        profile: match run.job.profile {
            ScanProfile::Gentle => "gentle",
            ScanProfile::Normal => "normal",
            ScanProfile::Deep => "deep",
        }
        .to_owned(),
        networks: texts(&run.job.networks),
        exclusions: texts(&run.job.exclusions),
        addresses: figures.addresses,
        answered: figures.answered.max(run.targets),
        packets_sent: figures.packets_sent,
    }
}

/// A run with what it found. `vantage`: where the scanner stood, where that is known.
///
/// # Errors
/// If the store fails.
pub async fn outcome(
    store: &dyn Store,
    run: &ScanRunRecord,
    vantage: Option<&Vantage>,
    now: Timestamp,
) -> Result<ScanOutcome, StoreError> {
    let (plans, records, agents) =
        (store.scan_plans().await?, store.assets().await?, store.agents().await?);
    let at = run.finished_at.and_then(|it| it.checked_add(RECEIVING_TIME).ok());
    let at = at.map_or(now, |it| it.min(now));
    let found: BTreeSet<ObserverId> = store.scan_observers(run.id).await?.into_iter().collect();
    let mut assets = snapshot::assets_at(store, &records, &agents, at).await?;
    assets.retain(|it| belongs(it, &found));
    let row = row(run, &plans);
    let document = network_document(&assets, &frame(run, vantage, row.run.clone()));
    let changes = changes(store, run).await?;
    Ok(ScanOutcome { row, document, changes })
}

/// What the event log says of a run: what differs from the run before, and devices that are new.
async fn changes(store: &dyn Store, run: &ScanRunRecord) -> Result<Vec<ScanChange>, StoreError> {
    let source = format!("scan {}", run.id);
    let end = run.finished_at.and_then(|it| it.checked_add(RECEIVING_TIME).ok());
    let is_of_run = |event: &EventDraft| {
        let is_in_time = event.at >= run.ordered_at && end.is_none_or(|it| event.at <= it);
        event.source == source || (is_in_time && event.action == APPEARED)
    };
    let (mut until, _) = store.event_head().await?;
    let mut found = Vec::new();
    for _ in 0..EVENT_PAGES_MAX {
        let from = until.saturating_sub(EVENTS_PER_PAGE.into());
        let page = store.events(from, EVENTS_PER_PAGE).await?;
        let page: Vec<EventDraft> =
            page.into_iter().filter(|it| it.number <= until).map(|it| it.event).collect();
        let is_before = page.first().is_none_or(|it| it.at < run.ordered_at);
        found.extend(page.into_iter().filter(is_of_run).filter_map(change));
        until = from;
        if is_before || until == 0 {
            break;
        }
    }
    found.sort();
    Ok(found)
}

/// That a run began or ended is no difference.
fn change(event: EventDraft) -> Option<ScanChange> {
    let code = event.action;
    CHANGES.contains(&code.as_str()).then_some(ScanChange {
        at: event.at,
        code,
        object: event.object,
        before: event.before,
        after: event.after,
    })
}

/// What this run found, and what agents and neighbour tables know; not what only earlier runs found.
fn belongs(asset: &Asset, found: &BTreeSet<ObserverId>) -> bool {
    match asset.contact {
        Contact::Scanned => asset.members.iter().any(|it| found.contains(it)),
        Contact::Seen | Contact::Reported => true,
    }
}

fn frame(run: &ScanRunRecord, vantage: Option<&Vantage>, entry: RunEntry) -> DocumentFrame {
    let cidrs = |list: &[IpNet]| list.iter().filter_map(cidr).collect();
    let links = vantage.map(|it| it.links.as_slice()).unwrap_or_default();
    let links: Vec<(IpAddr, Cidr)> =
        links.iter().filter_map(|it| Some((it.network.addr(), cidr(&it.network)?))).collect();
    DocumentFrame {
        run: entry,
        networks: cidrs(&run.job.networks),
        exclusions: cidrs(&run.job.exclusions),
        vantage: run.vantage,
        links,
        gateways: vantage.map(|it| it.gateways.clone()).unwrap_or_default(),
        remarks: run.remarks.clone(),
    }
}

fn cidr(network: &IpNet) -> Option<Cidr> {
    Cidr::of(network.addr(), network.prefix_len())
}

/// The run of a name: `last`, an id, or the beginning of one, if it fits one run only.
#[must_use]
pub fn find<'a>(runs: &'a [ScanRunRecord], name: &str) -> Option<&'a ScanRunRecord> {
    if name == "last" {
        return runs.first();
    }
    if let Ok(id) = name.parse::<Uuid>() {
        return runs.iter().find(|it| it.id == id);
    }
    let mut fitting = runs
        .iter()
        .filter(|it| !name.is_empty() && it.id.to_string().starts_with(&name.to_ascii_lowercase()));
    match (fitting.next(), fitting.next()) {
        (Some(run), None) => Some(run),
        (Some(_) | None, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use observation::latest::scan::ScanJob;

    use super::super::request::ScanRequest;
    use super::*;

    fn run(id: u128) -> ScanRunRecord {
        let at: Timestamp = "2026-11-24T02:00:00Z".parse().unwrap();
        let request = ScanRequest {
            networks: vec!["10.0.0.0/24".parse().unwrap()],
            ..ScanRequest::default()
        };
        let job: ScanJob = request.job(Uuid::from_u128(id), Vec::new());
        ScanRunRecord {
            id: job.run,
            plan: None,
            vantage: None,
            job,
            ordered_by: "anna".to_owned(),
            ordered_at: at,
            started_at: None,
            finished_at: None,
            state: ScanRunState::Running,
            remarks: Vec::new(),
            figures: None,
            seen_from: None,
            done: Vec::new(),
            targets: 2,
        }
    }

    #[test]
    fn a_run_is_found_by_the_beginning_of_its_id() {
        let runs = [run(0xa << 124 | 1), run(0xa << 124 | 2), run(0xb << 124)];
        let id = |name: &str| find(&runs, name).map(|it| it.id);
        assert_eq!(id("last"), Some(runs[0].id));
        assert_eq!(id("B"), Some(runs[2].id));
        assert_eq!(id(&runs[1].id.to_string()), Some(runs[1].id));
        for name in ["a", "", "c", "letzter"] {
            assert_eq!(id(name), None, "{name}");
        }
    }

    #[test]
    fn every_difference_has_its_words() {
        for language in [wording::Language::German, wording::Language::English] {
            for code in CHANGES {
                let key = format!("scan-change-{}", code.replace('_', "-"));
                assert!(language.wording().has(&key), "{key}");
            }
        }
    }

    #[test]
    fn a_run_that_has_not_ended_says_what_it_has_so_far() {
        let row = row(&run(1), &[]);
        assert_eq!((row.run.state.as_str(), row.run.answered), ("running", 2));
        assert_eq!(row.run.networks, ["10.0.0.0/24"]);
        assert_eq!(row.run.started_at, run(1).ordered_at);
    }
}
