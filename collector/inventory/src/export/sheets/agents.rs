//! Agents: who reports, who does not, and the likely reason.

use crate::assess::AgentJudgement;
use crate::assess::Completeness;
use crate::assess::HealthState;
use crate::export::cell::Cell;
use crate::export::common_cells::not_applicable;
use crate::export::common_cells::system_text;
use crate::export::judgement_words::health_reason_text;
use crate::export::judgement_words::health_state_text;
use crate::export::judgement_words::step_text;
use crate::export::judgement_words::why_text;
use crate::export::row_id::row_id;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::Row;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;
use crate::export::view::View;

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "agents",
    place: 38,
    title: "sheets-agents",
    subtitle: "sheets-agents-subtitle",
    empty: "sheets-empty-agents",
    rules: &[2, 9],
    layout: Layout::Table,
    evidence: RowEvidence::Band,
    columns: &[
        Column::key("agent.id", "sheets-column-id").width(12),
        Column::computed("agent.host", "sheets-column-agent-host").width(22).wrapped(),
        Column::computed("agent.system", "sheets-column-system").width(24).wrapped(),
        Column::computed("agent.kind", "sheets-column-kind").width(14),
        Column::computed("agent.state", "sheets-column-agent-state").width(20).wrapped(),
        Column::computed("agent.since", "sheets-column-agent-since").instant().width(17),
        Column::computed("agent.reason", "sheets-column-agent-reason").width(32).wrapped(),
        Column::computed("agent.why", "sheets-column-agent-why").width(48).wrapped(),
        Column::computed("agent.completeness", "sheets-column-completeness").number().width(16),
        Column::computed("agent.steps", "sheets-column-agent-steps").width(48).wrapped(),
        Column::computed("agent.enrolled_at", "sheets-column-agent-enrolled").instant().width(17),
        Column::computed("agent.last_seen_at", "sheets-column-agent-last").instant().width(17),
        Column::computed("agent.version", "sheets-column-version").width(12),
        Column::by_hand("agent.remark", "sheets-column-remark").width(28).wrapped(),
    ],
    rows: Rows::Together(|view| {
        view.snapshot().judged_agents().iter().map(|it| row(view, it)).collect()
    }),
    gaps: |view| {
        let agents = &view.snapshot().agents;
        if agents.is_empty() { Vec::new() } else { vec![view.text("sheets-gap-agents")] }
    },
};

fn row(view: &View<'_>, it: &AgentJudgement) -> Row {
    let words = view.wording();
    let named = it.agent.map(|it| it.to_string()).or_else(|| it.asset.map(|it| it.to_string()));
    let id = row_id('G', &[named.as_deref().unwrap_or(&it.host_name)]);
    let instant = |at: Option<jiff::Timestamp>| at.map_or_else(not_applicable, Cell::instant);
    let at = |at: jiff::Timestamp| view.instant_text(at);
    let why = it.health.why.iter().map(|it| why_text(words, it, at));
    let completeness = it.completeness.as_ref();
    let cells = vec![
        Cell::text(id.as_str()),
        Cell::text(it.host_name.as_str()),
        system(view, it),
        it.is_server.map_or_else(not_applicable, |is_server| {
            Cell::text(view.text(if is_server {
                "workbook-kind-server"
            } else {
                "workbook-kind-client"
            }))
        }),
        Cell::text(health_state_text(words, it.health.state)),
        instant(it.health.since),
        reason(view, it),
        if it.health.why.is_empty() { not_applicable() } else { Cell::lines(why) },
        completeness.map_or_else(Cell::no_data, |it| Cell::number(it.percent)),
        completeness.map_or_else(Cell::no_data, |it| steps(view, it)),
        instant(it.enrolled_at),
        match (it.agent, it.last_seen_at) {
            (None, _) => not_applicable(),
            (Some(_), None) => Cell::text(view.text("sheets-agent-never")),
            (Some(_), Some(at)) => Cell::instant(at),
        },
        it.software_version
            .as_deref()
            .map_or_else(|| Cell::unknown(view.text("sheets-reason-not-stated")), Cell::text),
        Cell::open(),
    ];
    Row::new(id, cells)
}

fn system(view: &View<'_>, it: &AgentJudgement) -> Cell {
    match it.asset.and_then(|it| view.asset(it)) {
        Some(asset) => Cell::text(system_text(asset)).linking_to("systems", asset.label.0.as_str()),
        None => Cell::unknown(view.text("sheets-reason-agent-without-asset")),
    }
}

fn reason(view: &View<'_>, it: &AgentJudgement) -> Cell {
    match (it.health.reason, it.health.state) {
        (Some(reason), _) => Cell::text(health_reason_text(view.wording(), reason)),
        (None, HealthState::Silent | HealthState::NeverReported) => {
            Cell::unknown(view.text("sheets-reason-agent-without-reason"))
        }
        (None, _) => not_applicable(),
    }
}

fn steps(view: &View<'_>, it: &Completeness) -> Cell {
    Cell::lines(it.steps.iter().map(|it| step_text(view.wording(), it)))
}

#[cfg(test)]
mod tests {
    use observation::latest::AgentId;
    use uuid::Uuid;

    use super::*;
    use crate::export::sample;
    use crate::export::snapshot::AgentSummary;
    use crate::export::snapshot::Snapshot;

    fn agent(number: u128, name: &str, last_seen_at: Option<&str>) -> AgentSummary {
        let id = Uuid::from_u128(number);
        AgentSummary {
            id: AgentId(id),
            host_name: name.to_owned(),
            state: "approved".to_owned(),
            asset: Some(crate::asset::AssetId(id)),
            enrolled_at: "2026-11-01T07:00:00Z".parse().unwrap(),
            last_seen_at: last_seen_at.map(|it| it.parse().unwrap()),
            clock_skew_seconds: Some(0),
            software_version: Some("0.1.0".to_owned()),
            is_server: number == 0x10,
            certificate_not_after: None,
            report_days: Some(12),
            refused: None,
        }
    }

    fn snapshot() -> Snapshot {
        let mut snapshot = sample::snapshot();
        snapshot.agents = vec![
            agent(0x10, "srv-erp", Some("2026-11-24T07:00:00Z")),
            agent(0x20, "PC-BUE-01", Some("2026-11-14T07:00:00Z")),
            AgentSummary { asset: None, ..agent(0x99, "neu", None) },
        ];
        snapshot
    }

    #[test]
    fn who_is_silent_stands_first_with_the_likely_reason_and_its_grounds() {
        let lines = sample::table(&SHEET, &snapshot());
        let lines: Vec<&str> = lines.iter().map(|it| it.split_once(" | ").unwrap().1).collect();
        assert_eq!(lines.len(), 3);
        let silent = "PC-BUE-01 | S-9M4TX PC-BUE-01 | Workplace | silent | 14 Nov 2026 08:00 | long \
                      absence, such as a holiday | last report 14 Nov 2026 08:00; 241 reports missed; \
                      before that it reported on 12 of 14 days | ";
        assert!(lines[0].starts_with(silent), "{}", lines[0]);
        assert!(
            lines[0].contains("| 1 Nov 2026 08:00 | 14 Nov 2026 08:00 | 0.1.0 | _"),
            "{}",
            lines[0]
        );
        assert!(
            lines[1].starts_with("neu | unknown (No report of it has become an asset yet.) | Workplace \
                                  | never reported | 1 Nov 2026 08:00 | unknown (Nothing speaks for one"),
            "{}",
            lines[1]
        );
        assert!(
            lines[2].starts_with(
                "srv-erp | S-7K2QD srv-erp | Server | reports | – | – | – | 100 | none"
            ),
            "{}",
            lines[2]
        );
    }

    #[test]
    fn what_would_raise_the_completeness_is_told() {
        let steps = sample::cell(&SHEET, &snapshot(), "PC-BUE-01", "agent.steps");
        assert!(steps.starts_with("run the reader with the rights of the administrator (root): +"));
        assert!(steps.contains("find out why it fails: certificates of the ports: +"), "{steps}");
    }
}
