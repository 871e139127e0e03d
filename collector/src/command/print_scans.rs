//! Runs, plans and what scans found, as a person reads it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use inventory::asset::{SourceStatus, maker_and_model};
use inventory::export::{DeviceEntry, GapEntry, NetworkDocument, ServiceEntry};
use observation::latest::Absent;
use wording::Wording;

use super::print::{clean, instant, link_line, table_of};
use crate::scans::{AddressExplanation, AddressHolder, PlanRow, RunRow, ScanChange, ScanOutcome};

/// Reasons of gaps that are shown; the JSON form has all.
const GAPS_MAX: usize = 20;
/// Services that are shown of one device; the JSON form has all.
const SERVICES_MAX: usize = 30;
/// Changes that are shown; the event log has all.
const CHANGES_MAX: usize = 50;

const UNKNOWN: &str = "–";

fn word(wording: &Wording, list: &str, code: &str) -> String {
    let key = format!("scan-{list}-{}", code.replace('_', "-"));
    if wording.has(&key) { wording.text(&key) } else { clean(code) }
}

/// The code of a value that is written as one.
fn code<T: serde::Serialize>(value: &T) -> String {
    let text = serde_json::to_value(value).ok();
    text.and_then(|it| it.as_str().map(str::to_owned)).unwrap_or_default()
}

pub(super) fn outcome(
    out: &mut dyn Write,
    outcome: &ScanOutcome,
    wording: &Wording,
) -> io::Result<()> {
    document(out, &outcome.document, wording)?;
    changes(out, &outcome.changes, wording)?;
    writeln!(out, "{}", figures(&outcome.row, wording))
}

/// Devices, then what is missing.
pub(crate) fn document(
    out: &mut dyn Write,
    document: &NetworkDocument,
    wording: &Wording,
) -> io::Result<()> {
    if document.devices.is_empty() {
        writeln!(out, "{}", wording.text("scan-nothing-found"))?;
    } else {
        let columns = ["name", "kind", "addresses", "vendor", "system", "hops", "services", "seen"];
        let mut table = table_of(wording, "scan-column", &columns);
        for device in &document.devices {
            table.add_row(device_row(device, wording));
        }
        writeln!(out, "{table}")?;
        writeln!(out, "{}", totals(document, wording))?;
    }
    gaps(out, &document.gaps, wording)
}

fn device_row(device: &DeviceEntry, wording: &Wording) -> [String; 8] {
    let text = |it: &Option<String>| it.as_deref().map_or(UNKNOWN.to_owned(), clean);
    let addresses: Vec<String> = device
        .ips
        .iter()
        .map(ToString::to_string)
        .chain(device.ip6s.iter().map(ToString::to_string))
        .chain(device.macs.iter().map(|it| clean(it)))
        .collect();
    let maker = maker_and_model(device.vendor.as_deref(), device.model.as_deref());
    let mut services: Vec<String> =
        device.services.iter().take(SERVICES_MAX).map(service).collect();
    if device.services.len() > SERVICES_MAX {
        services.push(format!("+{}", device.services.len() - SERVICES_MAX));
    }
    [
        clean(&device.name),
        word(wording, "kind", &code(&device.kind)),
        addresses.join("\n"),
        text(&maker),
        text(&device.os),
        device.hops.map_or(UNKNOWN.to_owned(), |it| it.to_string()),
        if services.is_empty() { UNKNOWN.to_owned() } else { services.join("\n") },
        word(wording, "seen", &code(&device.seen)),
    ]
}

fn service(service: &ServiceEntry) -> String {
    let said = [&service.service, &service.product, &service.version];
    let said: Vec<String> = said.into_iter().flatten().map(|it| clean(it)).collect();
    format!("{}/{} {}", service.port, clean(&service.proto), said.join(" ")).trim_end().to_owned()
}

fn totals(document: &NetworkDocument, wording: &Wording) -> String {
    let services: usize = document.devices.iter().map(|it| it.services.len()).sum();
    let arguments = [
        ("devices", (document.devices.len() as f64).into()),
        ("services", (services as f64).into()),
        ("subnets", (document.subnets.len() as f64).into()),
    ];
    wording.text_with("scan-found-devices", &arguments)
}

/// Equal reasons once, with how many devices they concern; those of the run first.
fn gaps(out: &mut dyn Write, gaps: &[GapEntry], wording: &Wording) -> io::Result<()> {
    let mut counted: BTreeMap<(bool, String), usize> = BTreeMap::new();
    for gap in gaps {
        let is_of_device = gap.device.is_some();
        *counted.entry((is_of_device, gap_text(gap, wording))).or_default() += 1;
    }
    if counted.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", wording.text("scan-gaps"))?;
    for ((is_of_device, text), count) in counted.iter().take(GAPS_MAX) {
        match is_of_device {
            true => {
                let count = [("count", (*count as f64).into())];
                writeln!(out, "  {text} ({})", wording.text_with("scan-gap-devices", &count))?;
            }
            false => writeln!(out, "  {text}")?,
        }
    }
    if counted.len() > GAPS_MAX {
        writeln!(out, "  +{}", counted.len() - GAPS_MAX)?;
    }
    Ok(())
}

fn gap_text(gap: &GapEntry, wording: &Wording) -> String {
    if gap.device.is_none() {
        let key = format!("scan-remark-{}", gap.reason);
        let what = clean(gap.detail.as_deref().unwrap_or(UNKNOWN));
        return match wording.has(&key) {
            true => wording.text_with(&key, &[("what", what.into())]),
            false => format!("{} {what}", clean(&gap.reason)),
        };
    }
    if gap.what == "contact" {
        return wording.text("scan-gap-contact");
    }
    let reason = wording.text(match gap.reason.as_str() {
        "not_allowed" => "scan-reason-not-allowed",
        "timed_out" => "scan-reason-timed-out",
        "not_looked_at" => "scan-reason-not-looked-at",
        _ => "scan-reason-failed",
    });
    format!("{}: {reason}", clean(gap.what.strip_prefix("scan.").unwrap_or(&gap.what)))
}

fn changes(out: &mut dyn Write, changes: &[ScanChange], wording: &Wording) -> io::Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", wording.text("scan-changes"))?;
    for change in changes.iter().take(CHANGES_MAX) {
        let values: Vec<String> =
            [&change.before, &change.after].into_iter().flatten().map(|it| clean(it)).collect();
        let what = word(wording, "change", &change.code);
        writeln!(out, "  {what}: {} {}", clean(&change.object), values.join(" → "))?;
    }
    if changes.len() > CHANGES_MAX {
        writeln!(out, "  +{}", changes.len() - CHANGES_MAX)?;
    }
    writeln!(out)
}

fn figures(row: &RunRow, wording: &Wording) -> String {
    let run = &row.run;
    let seconds = run.finished_at.map_or(0.0, |it| {
        let seconds = it.duration_since(run.started_at).as_secs_f64();
        (seconds * 10.0).round() / 10.0
    });
    let arguments = [
        ("answered", (run.answered as f64).into()),
        ("addresses", (run.addresses as f64).into()),
        ("packets", (run.packets_sent as f64).into()),
        ("seconds", seconds.into()),
    ];
    let state = word(wording, "state", &run.state);
    format!("{} {}: {}", clean(&run.id), state, wording.text_with("scan-figures", &arguments))
}

pub(super) fn runs(out: &mut dyn Write, rows: &[RunRow], wording: &Wording) -> io::Result<()> {
    let columns =
        ["run", "started", "state", "plan", "vantage", "networks", "profile", "found", "packets"];
    let mut table = table_of(wording, "scan-column", &columns);
    for row in rows {
        table.add_row([
            clean(&row.run.id),
            instant(row.run.started_at),
            word(wording, "state", &row.run.state),
            row.plan.as_deref().map_or(UNKNOWN.to_owned(), clean),
            vantage(row.vantage.as_ref(), wording),
            row.run.networks.join("\n"),
            row.run.profile.clone(),
            row.targets.to_string(),
            row.run.packets_sent.to_string(),
        ]);
    }
    writeln!(out, "{table}")
}

pub(super) fn plans(out: &mut dyn Write, rows: &[PlanRow], wording: &Wording) -> io::Result<()> {
    let columns = ["plan", "when", "window", "networks", "profile", "vantage", "next"];
    let mut table = table_of(wording, "scan-column", &columns);
    for row in rows {
        let plan = &row.plan;
        let networks: Vec<String> = plan
            .request
            .networks
            .iter()
            .map(ToString::to_string)
            .chain(plan.request.exclusions.iter().map(|it| format!("−{it}")))
            .collect();
        table.add_row([
            clean(&plan.name),
            clean(&plan.cron),
            plan.window.as_deref().map_or(UNKNOWN.to_owned(), clean),
            networks.join("\n"),
            code(&plan.request.profile),
            vantage(plan.vantage.as_ref(), wording),
            row.next_run_at.map_or(UNKNOWN.to_owned(), instant),
        ]);
    }
    writeln!(out, "{table}")
}

fn vantage(agent: Option<&observation::latest::AgentId>, wording: &Wording) -> String {
    agent.map_or_else(|| wording.text("scan-collector"), ToString::to_string)
}

pub(super) fn explanation(
    out: &mut dyn Write,
    explanation: &AddressExplanation,
    wording: &Wording,
) -> io::Result<()> {
    let said = |key: &str, arguments: &[(&str, String)]| {
        let arguments: Vec<_> =
            arguments.iter().map(|(name, value)| (*name, value.as_str().into())).collect();
        wording.text_with(key, &arguments)
    };
    writeln!(out, "{}", explanation.address)?;
    for plan in &explanation.plans {
        let key = match &plan.excluded_by {
            Some(_) => "scan-explain-plan-excluded",
            None => "scan-explain-plan",
        };
        let arguments = [
            ("plan", clean(&plan.plan)),
            ("network", plan.network.clone()),
            ("excluded", plan.excluded_by.clone().unwrap_or_default()),
        ];
        writeln!(out, "  {}", said(key, &arguments))?;
    }
    if explanation.plans.is_empty() {
        writeln!(out, "  {}", wording.text("scan-explain-no-plan"))?;
    }
    for run in &explanation.runs {
        let key = if run.has_answered { "scan-explain-answered" } else { "scan-explain-silent" };
        let arguments = [("run", clean(&run.run)), ("at", instant(run.started_at))];
        writeln!(out, "  {}", said(key, &arguments))?;
    }
    for holder in &explanation.holders {
        self::holder(out, holder, wording)?;
    }
    Ok(())
}

fn holder(out: &mut dyn Write, holder: &AddressHolder, wording: &Wording) -> io::Result<()> {
    let label = holder.asset.as_ref().map_or(UNKNOWN.to_owned(), ToString::to_string);
    let name = holder.name.as_deref().map_or(UNKNOWN.to_owned(), clean);
    let last = holder.last_seen_at.map_or(UNKNOWN.to_owned(), instant);
    let since = instant(holder.since);
    writeln!(out, "{label} {name}: {} ({since} – {last})", clean(&holder.observer))?;
    for probe in &holder.probes {
        let outcome = match &probe.status {
            SourceStatus::Read { facts, .. } => {
                wording.text_with("scan-explain-facts", &[("count", (*facts as f64).into())])
            }
            SourceStatus::Absent(reason) => wording.text(reason_key(reason)),
        };
        let source = clean(probe.source.as_str());
        writeln!(out, "  {source} {}: {outcome}", instant(probe.observed_at))?;
    }
    holder.links.iter().try_for_each(|it| writeln!(out, "  {}", link_line(it, wording)))
}

fn reason_key(reason: &Absent) -> &'static str {
    match reason {
        Absent::NotHere { .. } => "scan-reason-not-here",
        Absent::NotAllowed { .. } => "scan-reason-not-allowed",
        Absent::Failed { .. } => "scan-reason-failed",
        Absent::TimedOut { .. } => "scan-reason-timed-out",
        Absent::NotLookedAt { .. } => "scan-reason-not-looked-at",
    }
}
