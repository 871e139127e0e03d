//! Protection needs: one row per object and value, with what people set and why.
//!
//! Needs of processes and information are stated on their own sheets and stand here as the base. What systems inherit
//! is not computed: it says *not assessed*, and what a person sets holds.

use std::collections::BTreeSet;

use crate::export::cell::Cell;
use crate::export::claims::claims;
use crate::export::common_cells::need;
use crate::export::common_cells::not_applicable;
use crate::export::common_cells::system_text;
use crate::export::list::List;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::PassingRows;
use crate::export::sheet::Row;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;
use crate::export::stated::in_use;
use crate::export::view::View;
use crate::register::Entry;
use crate::register::Level;
use crate::register::Rated;

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "needs",
    place: 28,
    title: "sheets-needs",
    subtitle: "sheets-needs-subtitle",
    empty: "sheets-empty-needs",
    rules: &[5],
    layout: Layout::Table,
    evidence: RowEvidence::Band,
    columns: &[
        Column::key("need.id", "sheets-column-id").width(24),
        Column::computed("need.kind", "sheets-column-kind-of-object").width(16),
        Column::computed("need.object", "register-key-object").width(30).wrapped(),
        Column::computed("need.value", "sheets-column-protected-value").width(16),
        Column::computed("need.base", "sheets-column-need-base").width(14),
        Column::computed("need.computed", "sheets-column-need-computed").width(14),
        Column::by_hand("need.level", "register-key-level").list(List::Need).width(14),
        Column::by_hand("need.ground", "register-key-ground").list(List::NeedGround).width(20),
        Column::by_hand("need.reason", "register-key-reason").wrapped().width(34),
        Column::by_hand("need.decided_by", "register-key-decided-by").list(List::Role).width(20),
        Column::by_hand("need.decided_on", "register-key-decided-on").date().width(12),
        Column::by_hand("need.review_on", "register-key-review-on").date().expiring(30).width(12),
        Column::computed("need.claims", "account-claims-of").wrapped().width(34),
    ],
    rows: Rows::Passing(rows),
    gaps: |view| vec![view.text("sheets-needs-gap")],
};

/// The values whose loss is damage, by the end of a row's id, with their words.
const VALUES: [(&str, &str); 3] = [
    ("confidentiality", "register-process-confidentiality"),
    ("integrity", "register-process-integrity"),
    ("availability", "register-process-availability"),
];

/// Something that has a protection need.
struct Object {
    kind: &'static str,
    id: String,
    name: String,
    /// What people stated on the object's own sheet; none: it has no need of its own.
    base: Option<[Option<Level>; 3]>,
}

fn rows<'v>(view: &'v View<'_>) -> PassingRows<'v> {
    let of_object = move |object: Object| {
        let row = |at: usize| row(view, &object, at);
        (0..VALUES.len()).map(row).collect::<Vec<_>>()
    };
    Box::new(objects(view).flat_map(of_object).chain(orphans(view)))
}

fn objects<'v>(view: &'v View<'_>) -> impl Iterator<Item = Object> + 'v {
    let register = &view.snapshot().register;
    let object =
        |kind, id: &str, name: String| Object { kind, id: id.to_owned(), name, base: None };
    let coded = |code: &str, name: &str| format!("{code} {name}");
    let rated = move |kind, it: Rated<'_>| Object {
        base: Some(it.levels),
        ..object(kind, it.code, coded(it.code, it.name))
    };
    let processes = register.rated_processes().map(move |it| rated("sheets-object-process", it));
    let information =
        register.rated_information().map(move |it| rated("sheets-object-information", it));
    let applications = register
        .application
        .iter()
        .map(move |it| object("sheets-object-application", &it.code, coded(&it.code, &it.name)));
    let rooms = register
        .room
        .iter()
        .map(move |it| object("sheets-object-room", &it.code, coded(&it.code, &it.name)));
    let systems = in_use(&view.snapshot().assets)
        .map(move |it| object("sheets-object-system", &it.label.0, system_text(it)));
    processes.chain(information).chain(applications).chain(systems).chain(rooms)
}

fn row(view: &View<'_>, object: &Object, at: usize) -> Row {
    let (value, word) = VALUES.get(at).copied().unwrap_or_default();
    let id = format!("{}/{value}", object.id);
    let base = match object.base {
        Some(levels) => need(levels.get(at).copied().flatten()),
        None => not_applicable(),
    };
    let name = Cell::text(object.name.as_str());
    let cells = vec![
        Cell::text(id.as_str()),
        Cell::text(view.text(object.kind)),
        if object.kind == "sheets-object-system" {
            name.linking_to("systems", object.id.as_str())
        } else {
            name
        },
        Cell::text(view.text(word)),
        base,
        Cell::not_assessed(),
        Cell::open(),
        Cell::open(),
        Cell::open(),
        Cell::open(),
        Cell::open(),
        Cell::open(),
        claims(view, "need", &id),
    ];
    Row::new(id, cells)
}

/// What was set for objects that are not, or no longer, in the inventory: nothing that a person decided is lost.
fn orphans<'v>(view: &'v View<'_>) -> impl Iterator<Item = Row> + 'v {
    let has_some = view.stated().entries("need").next().is_some();
    let known: BTreeSet<String> =
        has_some.then(|| objects(view).map(|it| it.id)).into_iter().flatten().collect();
    let is_known = move |id: &str| {
        let Some((object, value)) = id.rsplit_once('/') else { return false };
        VALUES.iter().any(|it| it.0 == value) && known.contains(object)
    };
    let row = move |(id, _): (&str, &Entry)| {
        let mut cells = vec![Cell::text(id)];
        let missing = || Cell::unknown(view.text("sheets-reason-not-in-inventory"));
        cells.extend([missing(), missing(), missing(), missing(), Cell::not_assessed()]);
        cells.resize(SHEET.columns.len() - 1, Cell::open());
        cells.push(claims(view, "need", id));
        Row::new(id, cells)
    };
    view.stated().entries("need").filter(move |(id, _)| !is_known(id)).map(row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::Snapshot;
    use crate::export::sample;
    use crate::register::Register;

    #[test]
    fn every_object_has_a_row_per_value_and_what_is_not_assessed_is_not_normal() {
        let lines = sample::table(&SHEET, &sample::snapshot());
        let find = |id: &str| lines.iter().find(|it| it.starts_with(id)).unwrap().as_str();
        assert_eq!(
            find("GP001/integrity"),
            "GP001/integrity | Process | GP001 Auftrag und Fertigung | Integrity | very high | \
             not assessed | _ | _ | _ | _ | _ | _ | none"
        );
        assert!(find("I-CAD/availability").contains("| not assessed | not assessed | _"));
        assert!(
            find("S-7K2QD/availability").contains("System | S-7K2QD srv-erp | Availability | –")
        );
        assert_eq!(lines.len() % 3, 0);
    }

    #[test]
    fn what_was_decided_on_something_that_is_gone_is_still_shown() {
        let text = "[[need]]\nid = \"S-GONE1/availability\"\nlevel = \"high\"\nreason = \"x\"\n";
        let snapshot = Snapshot { register: Register::parse(text).unwrap(), ..sample::nothing() };
        let lines = sample::stated_table(&SHEET, &snapshot);
        assert_eq!(lines.len(), 1);
        assert!(lines[0].contains("unknown (") && lines[0].contains("| high |"), "{lines:?}");
    }
}
