//! The network plan: the picture, and its boxes as a table.

use crate::export::cell::Cell;
use crate::export::plan::NodeKind;
use crate::export::plan::Plan;
use crate::export::plan::PlanNode;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::Row;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;
use crate::export::sheet::no_gaps;
use crate::export::view::View;

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "network_plan",
    place: 3,
    title: "workbook-plan",
    subtitle: "workbook-plan-subtitle",
    empty: "workbook-plan-empty",
    rules: &[3],
    layout: Layout::Plan,
    evidence: RowEvidence::Band,
    columns: &[
        Column::key("plan.id", "workbook-column-id").width(28),
        Column::computed("plan.kind", "workbook-plan-kind").width(22),
        Column::computed("plan.title", "workbook-plan-node").width(34).wrapped(),
        Column::computed("plan.about", "workbook-plan-node-about").width(44).wrapped(),
        Column::computed("plan.frame", "workbook-plan-frame").width(26).wrapped(),
    ],
    rows: Rows::Together(|view| Plan::new(view).nodes().iter().map(|it| row(view, it)).collect()),
    gaps: no_gaps,
};

fn row(view: &View<'_>, node: &PlanNode) -> Row {
    let kind = view.text(match node.kind {
        NodeKind::Internet => "workbook-plan-kind-outside",
        NodeKind::Gateway => "workbook-plan-kind-gateway",
        NodeKind::Asset => "workbook-plan-kind-system",
        NodeKind::Seen => "workbook-plan-kind-seen",
        NodeKind::Addresses => "workbook-plan-kind-addresses",
        NodeKind::More => "workbook-plan-kind-more",
    });
    let id = Cell::text(node.id.clone());
    let id = match node.kind {
        NodeKind::Asset | NodeKind::Seen => id.linking_to("systems", node.id.clone()),
        NodeKind::Internet | NodeKind::Gateway | NodeKind::Addresses | NodeKind::More => id,
    };
    Row::new(
        node.id.clone(),
        vec![
            id,
            Cell::text(kind),
            Cell::text(node.title.clone()),
            Cell::lines(node.lines.iter().cloned()),
            Cell::text(node.frame.clone()),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::sample;

    #[test]
    fn the_table_has_a_row_per_box() {
        let snapshot = sample::snapshot();
        let view = sample::view(&snapshot, wording::Language::English);
        assert_eq!(sample::table(&SHEET, &snapshot).len(), Plan::new(&view).nodes().len());
    }
}
