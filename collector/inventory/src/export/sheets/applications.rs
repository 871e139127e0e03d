//! Applications: what people state, and on which systems they were recognised.

use std::collections::BTreeSet;

use crate::asset::Asset;
use crate::export::cell::Cell;
use crate::export::common_cells::some_lines;
use crate::export::common_cells::system_text;
use crate::export::list::List;
use crate::export::reason::gaps_of;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::Row;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;
use crate::export::stated::Recognised;
use crate::export::stated::Stated;
use crate::export::stated::Trace;
use crate::export::stated::in_use;
use crate::export::view::View;
use crate::register::Application;

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "applications",
    place: 10,
    title: "sheets-applications",
    subtitle: "sheets-applications-subtitle",
    empty: "sheets-empty-register",
    rules: &[3],
    layout: Layout::Table,
    evidence: RowEvidence::Band,
    columns: &[
        Column::key("application.code", "register-application-code").width(12),
        Column::by_hand("application.name", "register-application-name").width(26).mandatory(),
        Column::by_hand("application.manufacturer", "sheets-column-manufacturer").width(18),
        Column::computed("application.version", "sheets-column-version").width(20).wrapped(),
        Column::by_hand("application.owner_business", "sheets-column-owner-business")
            .list(List::Role)
            .width(20),
        Column::by_hand("application.owner_technical", "sheets-column-owner-technical")
            .list(List::Role)
            .width(20),
        Column::computed("application.processes", "sheets-column-processes").width(14).wrapped(),
        Column::by_hand("application.information", "register-application-information")
            .width(14)
            .wrapped(),
        Column::by_hand("application.recognise", "register-application-recognise")
            .width(24)
            .wrapped(),
        Column::computed("application.runs_on", "sheets-column-runs-on").width(24).wrapped(),
        Column::computed("application.recognised_by", "sheets-column-recognised-by")
            .width(34)
            .wrapped(),
        Column::by_hand("application.cloud", "sheets-column-cloud").list(List::YesNo).width(10),
        Column::by_hand("application.provider", "sheets-column-provider")
            .list(List::Provider)
            .width(12),
        Column::by_hand("application.licence", "sheets-column-licence").width(12),
        Column::computed("application.confidentiality", "register-process-confidentiality")
            .width(14),
        Column::computed("application.integrity", "register-process-integrity").width(14),
        Column::computed("application.availability", "register-process-availability").width(14),
        Column::by_hand("application.template", "register-key-template").width(14),
    ],
    rows: Rows::Together(rows),
    gaps: |view| gaps_of(view, &["software.dpkg", "services.listeners", "services.units"]),
};

/// A system with an application on it, and what it was recognised by there.
type Place<'a> = (&'a Asset, &'a [Trace<'a>]);

fn rows(view: &View<'_>) -> Vec<Row> {
    let register = &view.snapshot().register;
    let stated = Stated::of(register);
    let found: Vec<(&Asset, Vec<Recognised<'_>>)> = in_use(&view.snapshot().assets)
        .map(|asset| (asset, stated.applications_on(asset)))
        .collect();
    register.application.iter().map(|it| row(view, it, &found)).collect()
}

fn row(view: &View<'_>, application: &Application, found: &[(&Asset, Vec<Recognised<'_>>)]) -> Row {
    let mut on: Vec<Place<'_>> = Vec::new();
    for (asset, recognised) in found {
        let here = recognised.iter().filter(|it| it.application.code == application.code);
        on.extend(here.map(|it| (*asset, it.by.as_slice())));
    }
    let processes = &view.snapshot().register.process;
    let processes = processes.iter().filter(|it| it.applications.contains(&application.code));
    let stated_lines = |lines: &[String]| {
        if lines.is_empty() { Cell::open() } else { Cell::lines(lines.to_vec()) }
    };
    Row::new(
        application.code.as_str(),
        vec![
            Cell::text(application.code.as_str()),
            Cell::text(application.name.as_str()),
            Cell::open(),
            recognised(view, application, &on, versions),
            Cell::open(),
            Cell::open(),
            Cell::lines(processes.map(|it| it.code.clone())),
            stated_lines(&application.information),
            stated_lines(&application.recognise),
            recognised(view, application, &on, |on| {
                on.iter().map(|it| system_text(it.0)).collect()
            }),
            recognised(view, application, &on, |on| traces(view, on)),
            Cell::open(),
            Cell::open(),
            Cell::open(),
            Cell::not_assessed(),
            Cell::not_assessed(),
            Cell::not_assessed(),
            Cell::open(),
        ],
    )
}

/// What was seen of an application, or why nothing was: nobody said what it is recognised by, or no
/// system that was looked at has it. The latter is no proof that it is nowhere.
fn recognised(
    view: &View<'_>,
    application: &Application,
    on: &[Place<'_>],
    show: impl FnOnce(&[Place<'_>]) -> Vec<String>,
) -> Cell {
    if application.recognise.is_empty() {
        return Cell::unknown(view.text("sheets-reason-nothing-to-recognise-by"));
    }
    if on.is_empty() {
        return Cell::unknown(view.text("sheets-reason-not-recognised"));
    }
    let lines = show(on);
    if lines.is_empty() {
        return Cell::unknown(view.text("sheets-reason-no-version"));
    }
    some_lines(view, lines)
}

fn versions(on: &[Place<'_>]) -> Vec<String> {
    let traces = on.iter().flat_map(|(_, traces)| *traces);
    let versions: BTreeSet<String> = traces
        .filter_map(|trace| match trace {
            Trace::Package(name, version) => Some(format!("{name} {version}")),
            Trace::Service(_) | Trace::Port(..) => None,
        })
        .collect();
    versions.into_iter().collect()
}

fn traces(view: &View<'_>, on: &[Place<'_>]) -> Vec<String> {
    let text = |trace: &Trace<'_>| match trace {
        Trace::Service(name) => format!("{} {name}", view.text("sheets-trace-service")),
        Trace::Port(transport, port) => {
            format!("{} {transport}/{port}", view.text("sheets-trace-port"))
        }
        Trace::Package(name, _) => format!("{} {name}", view.text("sheets-trace-package")),
    };
    let line = |(asset, traces): &Place<'_>| {
        let traces: Vec<String> = traces.iter().map(text).collect();
        format!("{}: {}", asset.label, traces.join(", "))
    };
    on.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::sample;
    use crate::register::Register;

    #[test]
    fn an_application_shows_where_it_was_recognised_and_by_what() {
        assert_eq!(
            sample::table(&SHEET, &sample::snapshot()),
            [
                "A001 | Webauftritt | _ | nginx 1.22.1-9 | _ | _ | none | _ | package:nginx* | \
                 S-7K2QD srv-erp | S-7K2QD: package nginx | _ | _ | _ | not assessed | not assessed | \
                 not assessed | _",
                "A002 | Handwerker-ERP | _ | erp-client-core 7.1 | _ | _ | GP001 | I-LOHN; I-CAD | \
                 service:ErpServer; port:5432@srv-erp; package:erp-client* | S-7K2QD srv-erp; S-9M4TX \
                 PC-BUE-01 | S-7K2QD: port tcp/5432; S-9M4TX: package erp-client-core | _ | _ | _ | \
                 not assessed | not assessed | not assessed | _",
            ]
        );
    }

    #[test]
    fn an_application_that_was_not_seen_is_unknown_and_not_nowhere() {
        let text = "[[application]]\ncode = \"A\"\nname = \"A\"\nrecognise = [\"service:x\"]\n\
            [[application]]\ncode = \"B\"\nname = \"B\"\n";
        let register = Register::parse(text).unwrap();
        let snapshot = crate::export::Snapshot { register, ..sample::snapshot() };
        let seen = sample::cell(&SHEET, &snapshot, "A | A", "application.runs_on");
        assert!(seen.starts_with("unknown (Not recognised"), "{seen}");
        let unstated = sample::cell(&SHEET, &snapshot, "B | B", "application.runs_on");
        assert!(unstated.starts_with("unknown (The register does not say"), "{unstated}");
    }
}
