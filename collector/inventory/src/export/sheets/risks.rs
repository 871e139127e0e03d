//! Risks: what may happen to what, how bad it is by the company's own matrix, and what was decided.

use crate::export::cell::Cell;
use crate::export::cell::Value;
use crate::export::claims::claims;
use crate::export::list::List;
use crate::export::risk_category;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::Row;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;
use crate::export::view::View;
use crate::register::Entry;

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "risks",
    place: 31,
    title: "sheets-risks",
    subtitle: "sheets-risks-subtitle",
    empty: "sheets-empty-table",
    rules: &[5],
    layout: Layout::Table,
    evidence: RowEvidence::Band,
    columns: &[
        Column::key("risk.code", "register-key-code").width(10),
        Column::by_hand("risk.object", "register-key-object").mandatory().width(16),
        Column::by_hand("risk.threat", "register-key-threat").mandatory().width(14),
        Column::by_hand("risk.scenario", "register-key-scenario").wrapped().mandatory().width(30),
        Column::computed("risk.findings", "sheets-column-risk-findings").wrapped().width(16),
        Column::by_hand("risk.frequency", "register-key-frequency")
            .list(List::Frequency)
            .mandatory()
            .width(14),
        Column::by_hand("risk.impact", "register-key-impact")
            .list(List::Impact)
            .mandatory()
            .width(18),
        Column::computed("risk.category", "sheets-column-risk-category").width(14),
        Column::by_hand("risk.existing_measures", "register-key-existing-measures")
            .wrapped()
            .width(28),
        Column::by_hand("risk.treatment", "register-key-treatment")
            .list(List::Treatment)
            .mandatory()
            .width(16),
        Column::by_hand("risk.reason", "register-key-reason").wrapped().width(28),
        Column::by_hand("risk.residual_frequency", "register-key-residual-frequency")
            .list(List::Frequency)
            .width(14),
        Column::by_hand("risk.residual_impact", "register-key-residual-impact")
            .list(List::Impact)
            .width(18),
        Column::computed("risk.residual_category", "sheets-column-residual-category").width(14),
        Column::by_hand("risk.owner", "sheets-column-risk-owner")
            .list(List::Role)
            .mandatory()
            .width(20),
        Column::by_hand("risk.state", "register-key-state")
            .list(List::RiskState)
            .mandatory()
            .width(14),
        Column::by_hand("risk.decided_on", "register-key-decided-on").date().width(12),
        Column::by_hand("risk.accepted_until", "register-key-accepted-until")
            .date()
            .expiring(60)
            .width(12),
        Column::computed("risk.claims", "account-claims-of").wrapped().width(34),
    ],
    rows: Rows::Together(rows),
    gaps: |view| vec![view.text("sheets-risks-gap")],
};

fn rows(view: &View<'_>) -> Vec<Row> {
    view.stated().entries("risk").map(|(code, risk)| row(view, code, risk)).collect()
}

fn row(view: &View<'_>, code: &str, risk: &Entry) -> Row {
    let cell = |column: &Column| match column.key {
        "risk.code" => Cell::text(code),
        "risk.findings" => Cell::not_assessed(),
        "risk.category" => category(view, risk, ["frequency", "impact"]),
        "risk.residual_category" => category(view, risk, ["residual_frequency", "residual_impact"]),
        "risk.claims" => claims(view, "risk", code),
        _ => Cell::open(),
    };
    Row::new(code, SHEET.columns.iter().map(cell).collect())
}

/// The category by the matrix: a formula over the cells of the row, so that it follows what is entered.
fn category(view: &View<'_>, risk: &Entry, [frequency, impact]: [&str; 2]) -> Cell {
    let known = risk.text(frequency).zip(risk.text(impact));
    let result =
        known.and_then(|(frequency, impact)| risk_category::category(view, impact, frequency));
    let formula = risk_category::formula(
        view,
        &format!("{{risk.{impact}}}"),
        &format!("{{risk.{frequency}}}"),
    );
    let result = result.map_or(Value::NotAssessed, |it| Value::Choice(List::RiskCategory, it));
    Cell::new(Value::Formula { formula, result: Box::new(result) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::Snapshot;
    use crate::export::sample;
    use crate::register::Register;

    fn check(text: &str) -> Vec<String> {
        let snapshot = Snapshot { register: Register::parse(text).unwrap(), ..sample::nothing() };
        sample::stated_table(&SHEET, &snapshot)
    }

    const RISK: &str = "[[risk]]\ncode = \"R-1\"\nobject = \"S-1\"\nfrequency = \"frequent\"\n\
        impact = \"existential\"\nresidual_frequency = \"rare\"\n";

    #[test]
    fn the_category_follows_the_matrix_and_half_a_rating_is_none() {
        let lines = check(RISK);
        assert_eq!(
            lines,
            [
                "R-1 | S-1 | _ | _ | not assessed | frequent | existential | very high | _ | _ | _ | rare \
              | _ | not assessed | _ | _ | _ | _ | none"
            ]
        );
    }

    #[test]
    fn the_company_changes_its_matrix() {
        let matrix = "[[matrix]]\nid = \"existential\"\nfrequent = \"medium\"\n";
        let lines = check(&format!("{RISK}{matrix}"));
        assert!(lines[0].contains("| existential | medium |"), "{lines:?}");
    }
}
