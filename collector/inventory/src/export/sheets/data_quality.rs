//! Data quality: what is missing or doubtful in the inventory, counted, with names and what to do.

use std::collections::BTreeMap;

use crate::assess::CoverageState;
use crate::assess::HealthState;
use crate::assess::completeness;
use crate::assess::coverage;
use crate::asset::Asset;
use crate::asset::SourceStatus;
use crate::export::cell::Cell;
use crate::export::common_cells::some_lines;
use crate::export::common_cells::system_text;
use crate::export::relation::End;
use crate::export::relation::relations;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::Row;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;
use crate::export::stated::Stated;
use crate::export::stated::addresses;
use crate::export::stated::in_use;
use crate::export::view::View;
use crate::register::Rated;
use observation::latest::Absent;

/// A system or agent that was not heard of for longer is doubtful.
const SILENT_HOURS: i64 = 30 * 24;
/// A system of which agents read less is incomplete.
const COMPLETE_PERCENT_MIN: u8 = 80;
/// A clock that is further off makes times doubtful.
const SKEW_SECONDS_MAX: i64 = 300;

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "data_quality",
    place: 39,
    title: "workbook-quality",
    subtitle: "workbook-quality-subtitle",
    empty: "workbook-quality-subtitle",
    rules: &[2, 9],
    layout: Layout::Table,
    evidence: RowEvidence::Band,
    columns: &[
        Column::key("quality.id", "workbook-quality-id").width(24),
        Column::computed("quality.check", "workbook-quality-check").width(40).wrapped(),
        Column::computed("quality.count", "workbook-quality-count").number().width(14),
        Column::computed("quality.total", "workbook-quality-total").number().width(14),
        Column::computed("quality.affected", "workbook-quality-affected").width(40).wrapped(),
        Column::computed("quality.remedy", "workbook-quality-remedy").width(52).wrapped(),
        Column::by_hand("quality.remark", "workbook-rule-remark").width(26).wrapped(),
    ],
    rows: Rows::Together(|view| CHECKS.iter().map(|it| row(view, it)).collect()),
    gaps: |view| vec![view.text("workbook-quality-no-scan")],
};

/// One check.
struct Check {
    id: &'static str,
    text: &'static str,
    remedy: &'static str,
    run: fn(&View<'_>) -> Outcome,
}

/// What a check found.
enum Outcome {
    /// So many of so many, with their names.
    Found(Vec<String>, usize),
    /// Nobody assessed it.
    NotAssessed,
    /// There is nothing to check it with.
    NoData,
}

const CHECKS: &[Check] = &[
    Check {
        id: "without_owner",
        text: "workbook-quality-without-owner",
        remedy: "workbook-quality-without-owner-remedy",
        run: |view| {
            let stated = Stated::of(&view.snapshot().register);
            systems(view, |it| stated.owner(it).is_none())
        },
    },
    Check {
        id: "without_room",
        text: "workbook-quality-without-room",
        remedy: "workbook-quality-without-room-remedy",
        run: |view| {
            let stated = Stated::of(&view.snapshot().register);
            systems(view, |it| stated.room(it).is_none())
        },
    },
    Check {
        id: "without_zone",
        text: "workbook-quality-without-zone",
        remedy: "workbook-quality-without-zone-remedy",
        run: |view| systems(view, |it| !addresses(it).iter().any(|it| view.zone_of(*it).is_some())),
    },
    Check {
        id: "without_kind",
        text: "workbook-quality-without-kind",
        remedy: "workbook-quality-without-kind-remedy",
        run: |view| systems(view, |it| it.kind.is_none()),
    },
    Check {
        id: "silent_systems",
        text: "workbook-quality-silent",
        remedy: "workbook-quality-silent-remedy",
        run: |view| {
            let since =
                view.snapshot().stamp.as_of - jiff::SignedDuration::from_hours(SILENT_HOURS);
            systems(view, |it| it.last_seen_at < since)
        },
    },
    Check {
        id: "not_allowed",
        text: "workbook-quality-not-allowed",
        remedy: "workbook-quality-not-allowed-remedy",
        run: |view| systems(view, |it| lacks(it, |it| matches!(it, Absent::NotAllowed { .. }))),
    },
    Check {
        id: "failed_sources",
        text: "workbook-quality-failed",
        remedy: "workbook-quality-failed-remedy",
        run: |view| {
            systems(view, |it| {
                lacks(it, |it| matches!(it, Absent::Failed { .. } | Absent::TimedOut { .. }))
            })
        },
    },
    Check {
        id: "agents_to_decide",
        text: "workbook-quality-agents",
        remedy: "workbook-quality-agents-remedy",
        run: |view| agents(view, |it| matches!(it.state.as_str(), "waiting" | "quarantined")),
    },
    Check {
        id: "agents_without_report",
        text: "workbook-quality-no-report",
        remedy: "workbook-quality-no-report-remedy",
        run: |view| agents(view, |it| it.state == "approved" && it.last_seen_at.is_none()),
    },
    Check {
        id: "silent_agents",
        text: "assess-quality-silent-agents",
        remedy: "assess-quality-silent-agents-remedy",
        run: silent_agents,
    },
    Check {
        id: "incomplete_systems",
        text: "assess-quality-incomplete",
        remedy: "assess-quality-incomplete-remedy",
        run: incomplete_systems,
    },
    Check {
        id: "missing_machines",
        text: "assess-quality-missing",
        remedy: "assess-quality-missing-remedy",
        run: missing_machines,
    },
    Check {
        id: "clock_skew",
        text: "workbook-quality-clock",
        remedy: "workbook-quality-clock-remedy",
        run: |view| {
            agents(view, |it| it.clock_skew_seconds.is_some_and(|it| it.abs() > SKEW_SECONDS_MAX))
        },
    },
    Check {
        id: "duplicate_serials",
        text: "workbook-quality-serials",
        remedy: "workbook-quality-serials-remedy",
        run: duplicate_serials,
    },
    Check {
        id: "open_conflicts",
        text: "workbook-quality-conflicts",
        remedy: "workbook-quality-conflicts-remedy",
        run: |view| {
            let conflicts = &view.snapshot().conflicts;
            Outcome::Found(vec![String::new(); conflicts.len()], conflicts.len())
        },
    },
    Check {
        id: "unknown_addresses",
        text: "workbook-quality-addresses",
        remedy: "workbook-quality-addresses-remedy",
        run: unknown_addresses,
    },
    Check {
        id: "need_not_stated",
        text: "workbook-quality-need",
        remedy: "workbook-quality-need-remedy",
        run: need_not_stated,
    },
    Check {
        id: "dependencies_unconfirmed",
        text: "workbook-quality-dependencies",
        remedy: "workbook-quality-later",
        run: |_| Outcome::NotAssessed,
    },
    Check {
        id: "support_end_unknown",
        text: "workbook-quality-support",
        remedy: "workbook-quality-later",
        run: |_| Outcome::NoData,
    },
    Check {
        id: "networks_not_scanned",
        text: "workbook-quality-networks",
        remedy: "workbook-quality-later",
        run: |_| Outcome::NoData,
    },
];

fn row(view: &View<'_>, check: &Check) -> Row {
    let [count, total, affected] = match (check.run)(view) {
        Outcome::NotAssessed => [Cell::not_assessed(), Cell::not_assessed(), Cell::not_assessed()],
        Outcome::NoData => [Cell::no_data(), Cell::no_data(), Cell::no_data()],
        Outcome::Found(names, total) => {
            let count = Cell::count(names.len());
            let names: Vec<String> = names.into_iter().filter(|it| !it.is_empty()).collect();
            let affected = if names.is_empty() { Cell::nothing() } else { some_lines(view, names) };
            [count, Cell::count(total), affected]
        }
    };
    Row::new(
        check.id,
        vec![
            Cell::text(check.id),
            Cell::text(view.text(check.text)),
            count,
            total,
            affected,
            Cell::text(view.text(check.remedy)),
            Cell::open(),
        ],
    )
}

/// The systems in use of which this is true. Without systems nothing was checked.
fn systems(view: &View<'_>, is_affected: impl Fn(&Asset) -> bool) -> Outcome {
    let systems = in_use(&view.snapshot().assets);
    let total = systems.clone().count();
    if total == 0 {
        return Outcome::NoData;
    }
    Outcome::Found(systems.filter(|it| is_affected(it)).map(system_text).collect(), total)
}

fn agents(
    view: &View<'_>,
    is_affected: impl Fn(&crate::export::snapshot::AgentSummary) -> bool,
) -> Outcome {
    let agents = &view.snapshot().agents;
    if agents.is_empty() {
        return Outcome::NoData;
    }
    let names = agents.iter().filter(|it| is_affected(it)).map(|it| it.host_name.clone());
    Outcome::Found(names.collect(), agents.len())
}

fn silent_agents(view: &View<'_>) -> Outcome {
    let agents = view.snapshot().judged_agents();
    if agents.is_empty() {
        return Outcome::NoData;
    }
    let silent = agents.iter().filter(|it| it.health.state == HealthState::Silent);
    Outcome::Found(silent.map(|it| it.host_name.clone()).collect(), agents.len())
}

/// Systems with an agent that could read too little.
fn incomplete_systems(view: &View<'_>) -> Outcome {
    let known = in_use(&view.snapshot().assets).filter_map(|it| Some((it, completeness(it)?)));
    let known: Vec<_> = known.collect();
    if known.is_empty() {
        return Outcome::NoData;
    }
    let poor = known.iter().filter(|(_, it)| it.percent < COMPLETE_PERCENT_MIN);
    let names = poor.map(|(asset, it)| format!("{} ({} %)", system_text(asset), it.percent));
    Outcome::Found(names.collect(), known.len())
}

/// Machines that lists name and nobody recorded.
fn missing_machines(view: &View<'_>) -> Outcome {
    let machines = coverage(&view.snapshot().assets);
    if machines.is_empty() {
        return Outcome::NoData;
    }
    let missing = machines.iter().filter(|it| it.state == CoverageState::Missing);
    let names = missing.map(|it| {
        let machine = &it.machine;
        let address = || machine.addresses.first().map(ToString::to_string);
        let name = machine.names.first().or(machine.macs.first()).cloned();
        name.or_else(address).unwrap_or_default()
    });
    Outcome::Found(names.collect(), machines.len())
}

/// Whether a source, or a part of one, is missing for such a reason.
fn lacks(asset: &Asset, is_reason: impl Fn(&Absent) -> bool) -> bool {
    asset.sources.iter().any(|it| match &it.status {
        SourceStatus::Absent(reason) => is_reason(reason),
        SourceStatus::Read { gaps, .. } => gaps.iter().any(|it| is_reason(&it.reason)),
    })
}

fn duplicate_serials(view: &View<'_>) -> Outcome {
    let mut holders: BTreeMap<&str, Vec<&Asset>> = BTreeMap::new();
    for asset in in_use(&view.snapshot().assets) {
        if let Some(serial) = &asset.hardware.serial {
            holders.entry(serial.value.as_str()).or_default().push(asset);
        }
    }
    if holders.is_empty() {
        return Outcome::NoData;
    }
    let total = holders.values().map(Vec::len).sum();
    let shared = holders.values().filter(|it| it.len() > 1).flatten();
    Outcome::Found(shared.map(|it| system_text(it)).collect(), total)
}

fn unknown_addresses(view: &View<'_>) -> Outcome {
    let relations = relations(view);
    let mut ends: Vec<&End> = relations.iter().flat_map(|it| [&it.from, &it.to]).collect();
    ends.sort_unstable();
    ends.dedup();
    if ends.is_empty() {
        return Outcome::NoData;
    }
    let unknown = ends.iter().filter_map(|it| match it {
        End::Address(address) => Some(address.to_string()),
        End::Asset(_) | End::Outside => None,
    });
    Outcome::Found(unknown.collect(), ends.len())
}

/// Processes and information of which not all three values are stated.
fn need_not_stated(view: &View<'_>) -> Outcome {
    let rated: Vec<Rated<'_>> = view.snapshot().register.rated().collect();
    if rated.is_empty() {
        return Outcome::NoData;
    }
    let open = rated.iter().filter(|it| !it.is_whole());
    Outcome::Found(open.map(|it| format!("{} {}", it.code, it.name)).collect(), rated.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::sample;

    #[test]
    fn what_was_not_allowed_names_the_system() {
        let snapshot = sample::snapshot();
        let affected = sample::cell(&SHEET, &snapshot, "not_allowed", "quality.affected");
        assert_eq!(affected, "S-9M4TX PC-BUE-01");
        assert_eq!(sample::cell(&SHEET, &snapshot, "not_allowed", "quality.total"), "3");
    }

    #[test]
    fn nothing_to_check_is_no_data_and_not_zero() {
        let snapshot = sample::nothing();
        for check in ["without_owner", "clock_skew", "duplicate_serials", "need_not_stated"] {
            assert_eq!(
                sample::cell(&SHEET, &snapshot, check, "quality.count"),
                "no data",
                "{check}"
            );
        }
    }

    #[test]
    fn what_later_work_assesses_is_not_zero() {
        let snapshot = sample::snapshot();
        assert_eq!(
            sample::cell(&SHEET, &snapshot, "dependencies_unconfirmed", "quality.count"),
            "not assessed"
        );
        assert_eq!(
            sample::cell(&SHEET, &snapshot, "support_end_unknown", "quality.count"),
            "no data"
        );
    }

    #[test]
    fn incomplete_systems_and_missing_machines_are_named() {
        let snapshot = sample::snapshot();
        let affected = |check| sample::cell(&SHEET, &snapshot, check, "quality.affected");
        assert!(affected("incomplete_systems").starts_with("S-9M4TX PC-BUE-01 ("));
        assert_eq!(affected("missing_machines"), "nb-alt.musterbau.example");
        let count = sample::cell(&SHEET, &sample::nothing(), "silent_agents", "quality.count");
        assert_eq!(count, "no data");
    }

    #[test]
    fn two_systems_with_one_serial_are_both_named() {
        let mut snapshot = sample::snapshot();
        snapshot.assets[1].hardware.serial = snapshot.assets[0].hardware.serial.clone();
        let affected = sample::cell(&SHEET, &snapshot, "duplicate_serials", "quality.affected");
        assert!(affected.contains("srv-erp") && affected.contains("PC-BUE-01"), "{affected}");
    }
}
