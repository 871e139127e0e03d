//! Services and ports: every listening socket as one chain from the port to the package.

use crate::asset::Asset;
use crate::asset::ObserverId;
use crate::asset::ServiceIdentity;
use crate::asset::ServicePort;
use crate::export::cell::Cell;
use crate::export::common_cells::system;
use crate::export::common_cells::system_name;
use crate::export::list::List;
use crate::export::reason::gaps_of;
use crate::export::reason::missing;
use crate::export::reason::none_or_missing;
use crate::export::reason::text_or_missing;
use crate::export::row_id::row_id;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::PassingRows;
use crate::export::sheet::Row;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;
use crate::export::stated::Stated;
use crate::export::stated::in_use;
use crate::export::view::View;

const SOURCE: &str = "services.listeners";
/// The binding of a port that only scans saw: what it is bound to on the host is not known.
const SCANNED: &str = "scanned";

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "services",
    place: 18,
    title: "sheets-services",
    subtitle: "sheets-services-subtitle",
    empty: "sheets-empty-services",
    rules: &[3],
    layout: Layout::Table,
    evidence: RowEvidence::Columns,
    columns: &[
        Column::key("service.id", "sheets-column-id").width(12),
        Column::key("service.system", "sheets-column-system").width(10),
        Column::agent("service.system_name", "sheets-column-name").width(18),
        Column::agent("service.port", "sheets-column-port").ordinal().width(8),
        Column::agent("service.transport", "sheets-column-transport").width(10),
        Column::agent("service.address", "sheets-column-address").width(18),
        Column::agent("service.binding", "sheets-column-binding").width(16),
        Column::scan("service.protocol", "sheets-column-protocol").width(12),
        Column::scan("service.product", "sheets-column-product").width(20),
        Column::scan("service.product_version", "sheets-column-product-version").width(14),
        Column::scan("service.said", "sheets-column-said").width(34).wrapped(),
        Column::agent("service.process", "sheets-column-process").width(16),
        Column::agent("service.executable", "sheets-column-executable").width(26),
        Column::agent("service.account", "sheets-column-account").width(18),
        Column::agent("service.unit", "sheets-column-unit").width(22),
        Column::agent("service.package", "sheets-column-package").width(18),
        Column::agent("service.package_version", "sheets-column-version").width(18),
        Column::agent("service.container", "sheets-column-container").width(18),
        Column::computed("service.applications", "register-process-applications").width(14),
        Column::computed("service.encryption", "sheets-column-encryption").width(14),
        Column::scan("service.reachable_from", "sheets-column-reachable-from").width(16),
        Column::computed("service.seen_by", "sheets-column-seen-by").width(14),
        Column::by_hand("service.needed", "sheets-column-needed")
            .list(List::YesNoCheck)
            .mandatory()
            .width(12),
        Column::computed("service.findings", "sheets-column-findings").width(14),
        Column::by_hand("service.remark", "sheets-column-remark").width(28).wrapped(),
    ],
    rows: Rows::Passing(rows),
    gaps: |view| gaps_of(view, &[SOURCE]),
};

fn rows<'v>(view: &'v View<'_>) -> PassingRows<'v> {
    let stated = Stated::of(&view.snapshot().register);
    let all = in_use(&view.snapshot().assets)
        .flat_map(|asset| asset.ports.iter().map(move |it| (asset, it)));
    Box::new(all.map(move |(asset, port)| {
        row(view, &stated, asset, &port.value).resting_on(&port.evidence)
    }))
}

fn row(view: &View<'_>, stated: &Stated<'_>, asset: &Asset, port: &ServicePort) -> Row {
    let socket =
        format!("{}/{}", port.transport, std::net::SocketAddr::new(port.address, port.port));
    let id = row_id('P', &[&asset.label.0, &socket]);
    let absent = |field| none_or_missing(view, asset, SOURCE, field, Some(&socket));
    // That no process was found does not say that none holds the port, and without the process
    // nothing that follows from it can be known.
    let no_process = || missing(view, asset, SOURCE, "listener.process", Some(&socket));
    let chain = |text: Option<&str>, field| {
        let absent = || if port.process.is_some() { absent(field) } else { no_process() };
        text_or_missing(text, absent)
    };
    let applications = stated.applications_at(asset, port);
    let cells = vec![
        Cell::text(id.as_str()),
        system(asset),
        system_name(view, asset),
        Cell::number(port.port),
        Cell::text(port.transport.to_uppercase()),
        Cell::text(port.address.to_string()),
        Cell::text(binding(view, &port.binding)),
        answered(view, asset, port, |it| it.protocol.as_deref()),
        answered(view, asset, port, |it| it.product.as_deref()),
        answered(view, asset, port, |it| it.version.as_deref()),
        answered(view, asset, port, |it| it.said.as_deref()),
        text_or_missing(port.process.as_deref(), no_process),
        chain(port.executable.as_deref(), "listener.executable"),
        chain(port.account.as_deref(), "listener.account"),
        chain(port.unit.as_deref(), "listener.unit"),
        chain(port.package_name.as_deref(), "listener.package"),
        chain(port.package_version.as_deref(), "listener.package"),
        container(port, no_process),
        if view.snapshot().register.application.is_empty() {
            Cell::no_data()
        } else {
            Cell::lines(applications.into_iter().map(str::to_owned))
        },
        match &port.encryption {
            Some(text) => Cell::text(text.as_str()),
            None => Cell::unknown(view.text("sheets-reason-encryption-unseen")),
        },
        reachable_from(view, asset, port),
        seen_by(view, port),
        Cell::open(),
        Cell::not_assessed(),
        Cell::open(),
    ];
    Row::new(id, cells)
}

/// What a scan was told on this port, or why it was told nothing.
fn answered(
    view: &View<'_>,
    asset: &Asset,
    port: &ServicePort,
    part: fn(&ServiceIdentity) -> Option<&str>,
) -> Cell {
    match &port.answer {
        Some(answer) => match part(&answer.value) {
            Some(text) => Cell::text(text).resting_on(&answer.evidence),
            None => Cell::unknown(view.text("sheets-reason-not-told")),
        },
        None if asset.was_scanned() => Cell::unknown(view.text("sheets-reason-no-answer")),
        None => Cell::no_data(),
    }
}

/// From where the port answered a scan.
fn reachable_from(view: &View<'_>, asset: &Asset, port: &ServicePort) -> Cell {
    match &port.answer {
        Some(answer) => match &answer.evidence.observer {
            ObserverId::Target(target) => {
                Cell::text(view.vantage_text(target.vantage)).resting_on(&answer.evidence)
            }
            ObserverId::Agent(_) | ObserverId::Person(_) => Cell::no_data(),
        },
        None if asset.was_scanned() => Cell::unknown(view.text("sheets-reason-no-answer")),
        None => Cell::no_data(),
    }
}

/// Who saw the port: a listening socket on the host, an answer from outside, or both.
fn seen_by(view: &View<'_>, port: &ServicePort) -> Cell {
    let mut seen = Vec::new();
    if port.binding != SCANNED {
        seen.push(view.text("sheets-observer-agent"));
    }
    if port.answer.is_some() || port.binding == SCANNED {
        seen.push(view.text("sheets-observer-scan"));
    }
    Cell::lines(seen)
}

fn binding(view: &View<'_>, binding: &str) -> String {
    match binding {
        "loopback" => view.text("sheets-binding-loopback"),
        "address" => view.text("sheets-binding-address"),
        "all" => view.text("sheets-binding-all"),
        SCANNED => view.text("sheets-binding-scanned"),
        other => other.to_owned(),
    }
}

/// A process that is known and in no container is a statement: none.
fn container(port: &ServicePort, no_process: impl FnOnce() -> Cell) -> Cell {
    match (&port.container, &port.process) {
        (Some(container), _) => Cell::text(container.as_str()),
        (None, Some(_)) => Cell::nothing(),
        (None, None) => no_process(),
    }
}

#[cfg(test)]
mod tests {
    use observation::latest::SourceId;

    use super::*;
    use crate::export::sample;

    fn lines() -> Vec<String> {
        let lines = sample::table(&SHEET, &sample::snapshot());
        lines.iter().map(|it| it.split_once(" | ").unwrap().1.to_owned()).collect()
    }

    #[test]
    fn a_port_is_one_chain_down_to_the_package() {
        assert_eq!(
            lines()[0],
            "S-7K2QD | srv-erp | 443 | TCP | 0.0.0.0 | all addresses | no data | no data | no data \
             | no data | nginx | /usr/sbin/nginx | root | nginx.service | nginx | 1.22.1-9 | none | A001 | TLS 1.3 | no data | agent | _ | not \
             assessed | _"
        );
    }

    #[test]
    fn a_process_that_may_not_be_read_is_unknown_with_the_right_that_is_missing() {
        let line = &lines()[2];
        let reason =
            "unknown (not readable: /proc/*/fd; needs the rights of the administrator (root))";
        // The process and everything that follows from it.
        assert_eq!(line.matches(reason).count(), 7, "{line}");
    }

    #[test]
    fn what_could_not_be_seen_is_counted_above_the_rows() {
        let snapshot = sample::snapshot();
        let view = sample::view(&snapshot, wording::Language::English);
        assert_eq!(
            (SHEET.gaps)(&view),
            [
                "1 of 3 systems (S-9M4TX): process behind the port (2 ×): not readable, needs the \
                 rights of the administrator (root)",
                "1 of 3 systems (S-B5WZ3): listening ports: not read by any agent",
            ]
        );
        let view = sample::view(&snapshot, wording::Language::German);
        assert_eq!(
            (SHEET.gaps)(&view)[0],
            "1 von 3 Systemen (S-9M4TX): Prozess hinter dem Port (2 ×): nicht lesbar, braucht \
             Administratorrechte (root)"
        );
    }

    #[test]
    fn the_same_port_has_the_same_id_in_every_export() {
        let mut snapshot = sample::snapshot();
        let id = |snapshot: &crate::export::Snapshot| {
            sample::view(snapshot, wording::Language::German).rows(&SHEET)[1].id.clone()
        };
        let before = id(&snapshot);
        snapshot.assets[0].ports[1].value.process = Some("other".to_owned());
        assert_eq!(id(&snapshot), before);
    }

    #[test]
    fn a_host_that_only_a_neighbour_table_names_was_asked_nothing() {
        let mut snapshot = sample::snapshot();
        let mut asked = sample::see_by_neighbour(&mut snapshot.assets[0]);
        let said = "no scan got an answer here (or asked here)";
        let lines = sample::table(&SHEET, &snapshot);
        assert!(lines.iter().all(|it| !it.contains(said)), "{lines:?}");
        asked.source = SourceId::from_static("scan.arp");
        snapshot.assets[0].sources.push(asked);
        let lines = sample::table(&SHEET, &snapshot);
        assert!(lines[0].contains(said), "{lines:?}");
    }
}
