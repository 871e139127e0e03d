//! Licence balance: what the company is entitled to against what is in use, and what has no entitlement.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::assess::BalanceState;
use crate::assess::LicenceBalance;
use crate::assess::LicenceRules;
use crate::assess::Metric;
use crate::assess::NotCounted;
use crate::assess::Used;
use crate::assess::licence_balances;
use crate::asset::Attested;
use crate::asset::Evidence;
use crate::asset::SoftwarePackage;
use crate::export::cell::Cell;
use crate::export::cell::Value;
use crate::export::common_cells::newest;
use crate::export::list::List;
use crate::export::reason::gaps_of;
use crate::export::row_id::row_id;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::Row;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;
use crate::export::stated::in_use;
use crate::export::view::View;
use crate::register::Entry;
use crate::register::Index;

/// Areas of package archives whose terms are not free (Debian Policy §2.2, Ubuntu's components).
const NOT_FREE_AREAS: &[&str] = &["non-free", "non-free-firmware", "restricted", "multiverse"];
/// What is left of the entitlements of the row, computed where a reader can check it.
const BALANCE: &str = "={licence.entitled_in_total}-{licence.used}";
/// Where one entitlement is all there is, its total follows the cell that people change.
const TOTAL_OF_ONE: &str = "={licence.entitled}";

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "licences",
    place: 21,
    title: "sheets-licences",
    subtitle: "sheets-licences-subtitle",
    empty: "sheets-empty-licences",
    rules: &[3],
    layout: Layout::Table,
    evidence: RowEvidence::Columns,
    columns: &[
        Column::key("licence.id", "sheets-column-id").width(12),
        Column::by_hand("licence.product", "register-key-product").mandatory().width(28),
        Column::by_hand("licence.edition", "register-key-edition").width(14),
        Column::by_hand("licence.version", "register-key-version").width(10),
        Column::by_hand("licence.metric", "sheets-column-metric")
            .list(List::Metric)
            .mandatory()
            .width(16),
        Column::by_hand("licence.entitled", "sheets-column-entitled")
            .number()
            .mandatory()
            .width(12),
        Column::computed("licence.state", "licence-column-state").width(18),
        Column::computed("licence.entitled_in_total", "licence-column-entitled-in-total")
            .number()
            .width(12),
        Column::computed("licence.used", "licence-column-used").number().width(12),
        Column::computed("licence.balance", "sheets-column-balance").number().width(12),
        Column::computed("licence.installed", "sheets-column-installed").number().width(12),
        Column::computed("licence.hint", "sheets-column-hint").width(40).wrapped(),
        Column::by_hand("licence.assigned", "register-key-assigned").number().width(12),
        Column::by_hand("licence.assigned_on", "register-key-assigned-on").date().width(12),
        Column::by_hand("licence.access_licences", "register-key-access-licences")
            .number()
            .width(14),
        Column::by_hand("licence.begins_on", "register-key-begins-on").date().width(12),
        Column::by_hand("licence.runs_until", "sheets-column-runs-until")
            .date()
            .expiring(180)
            .width(12),
        Column::by_hand("licence.contract", "register-key-contract").list(List::Contract).width(12),
        Column::by_hand("licence.provider", "register-key-provider").list(List::Provider).width(12),
        Column::by_hand("licence.proof", "sheets-column-proof").mandatory().width(16),
        Column::by_hand("licence.proof_sha256", "register-key-proof-sha256").width(24).wrapped(),
        Column::by_hand("licence.cost_per_year_eur", "sheets-column-cost").number().width(12),
        Column::by_hand("licence.key_kept", "sheets-column-key-kept").list(List::YesNo).width(12),
        Column::by_hand("licence.packages", "register-key-packages").width(20).wrapped(),
        Column::by_hand("licence.source", "register-key-source").width(28).wrapped(),
        Column::by_hand("licence.owner", "sheets-column-owner").list(List::Role).width(22),
        Column::by_hand("licence.remark", "register-key-remark").width(28).wrapped(),
    ],
    rows: Rows::Together(rows),
    gaps: |view| {
        let mut gaps = vec![view.text("sheets-licences-not-recognised")];
        gaps.extend(gaps_of(view, &["software.dpkg"]));
        gaps
    },
};

/// A product that has no entitlement, and why it may need one.
#[derive(Default)]
struct Product<'a> {
    systems: BTreeSet<&'a str>,
    areas: BTreeSet<&'a str>,
    is_said_to_need_one: bool,
    newest: Option<&'a Evidence>,
}

fn rows(view: &View<'_>) -> Vec<Row> {
    let snapshot = view.snapshot();
    let today = view.day(snapshot.stamp.as_of);
    let balances = licence_balances(&snapshot.register, &snapshot.assets, today);
    let evidence = newest_by_system(view);
    let mut rows: Vec<Row> = Vec::new();
    for balance in &balances {
        let proof = balance.systems.iter().filter_map(|it| evidence.get(it.0.as_str()));
        let proof = proof.fold(None, |known, it| newest(known, it));
        for (number, code) in balance.codes.iter().enumerate() {
            let row = Row::new(code.as_str(), stated_cells(view, balance, number));
            rows.push(match proof {
                Some(evidence) => row.resting_on(evidence),
                None => row,
            });
        }
    }
    let products = without_entitlement(view);
    let open = products.iter().map(|((manager, name), it)| {
        let id = row_id('L', &[manager, name]);
        let row = Row::new(id.as_str(), open_cells(view, &id, name, it));
        match it.newest {
            Some(evidence) => row.resting_on(evidence),
            None => row,
        }
    });
    rows.extend(open);
    rows
}

/// The newest look at the software of each system.
fn newest_by_system<'a>(view: &View<'a>) -> BTreeMap<&'a str, &'a Evidence> {
    let assets = in_use(&view.snapshot().assets);
    let found = assets.filter_map(|asset| {
        let seen = asset.software.iter().map(|it| &it.evidence);
        Some((asset.label.0.as_str(), seen.fold(None, |known, it| newest(known, it))?))
    });
    found.collect()
}

/// Products that no entitlement covers, and that are not free or said to need a licence.
fn without_entitlement<'a>(view: &View<'a>) -> BTreeMap<(&'a str, &'a str), Product<'a>> {
    let snapshot = view.snapshot();
    let rules = LicenceRules::of(&snapshot.register);
    let needing = needing(view.stated());
    let mut products: BTreeMap<(&str, &str), Product<'_>> = BTreeMap::new();
    // Thousands of machines have the same products: each is looked at once.
    let mut looked: BTreeMap<(&str, &str), bool> = BTreeMap::new();
    for asset in in_use(&snapshot.assets) {
        for attested in &asset.software {
            let Attested { value: package, evidence } = attested;
            let name = package.source_name.as_deref().unwrap_or(&package.name);
            let key = (package.manager.as_str(), name);
            let area = not_free_area(package);
            let is_said = *looked.entry(key).or_insert_with(|| {
                !needing.is_empty() && needing.contains(row_id('W', &[key.0, name]).as_str())
            });
            if (area.is_none() && !is_said) || rules.has_for(package) {
                continue;
            }
            let product = products.entry(key).or_default();
            product.systems.insert(&asset.label.0);
            product.areas.extend(area);
            product.is_said_to_need_one |= is_said;
            product.newest = newest(product.newest, evidence);
        }
    }
    products
}

/// The rows of the sheet of software of which somebody said that they need a licence.
fn needing(stated: &Index) -> BTreeSet<&str> {
    let needs = |entry: &Entry| entry.text("needs_licence") == Some("yes");
    stated.entries("software").filter(|(_, it)| needs(it)).map(|(id, _)| id).collect()
}

fn not_free_area(package: &SoftwarePackage) -> Option<&str> {
    let (area, _) = package.category.as_deref()?.split_once('/')?;
    NOT_FREE_AREAS.contains(&area).then_some(area)
}

/// One cell per column: what is computed, by key; people fill the rest.
fn cells(id: &str, computed: &[(&str, Cell)]) -> Vec<Cell> {
    let cell = |column: &Column| {
        let key = column.key.trim_start_matches("licence.");
        match computed.iter().find(|(it, _)| *it == key) {
            Some((_, cell)) => cell.clone(),
            None if key == "id" => Cell::text(id),
            None => Cell::open(),
        }
    };
    SHEET.columns.iter().map(cell).collect()
}

fn open_cells(view: &View<'_>, id: &str, name: &str, product: &Product<'_>) -> Vec<Cell> {
    let mut hints = Vec::new();
    if !product.areas.is_empty() {
        let areas = product.areas.iter().copied().collect::<Vec<_>>().join(", ");
        hints.push(view.wording().text_with("sheets-licences-hint", &[("area", areas.into())]));
    }
    if product.is_said_to_need_one {
        hints.push(view.text("licence-hint-said-to-need-one"));
    }
    let none = || Cell::unknown(view.text("licence-reason-no-entitlement"));
    cells(
        id,
        &[
            ("product", Cell::text(name)),
            ("state", Cell::text(view.text("licence-state-no-entitlement"))),
            ("entitled_in_total", none()),
            ("used", none()),
            ("balance", none()),
            ("installed", Cell::count(product.systems.len())),
            ("hint", Cell::text(hints.join(" "))),
        ],
    )
}

/// The row of an entitlement. Where several add up, the first of them shows the balance.
fn stated_cells(view: &View<'_>, balance: &LicenceBalance, number: usize) -> Vec<Cell> {
    let code = balance.codes.get(number).map_or("", String::as_str);
    let first = balance.codes.first().map_or("", String::as_str);
    if number > 0 {
        let there =
            || Cell::text(view.wording().text_with("licence-see", &[("code", first.into())]));
        let hint = match balance.not_valid.iter().any(|it| it == code) {
            true => Cell::text(view.text("licence-hint-this-not-valid")),
            false => there(),
        };
        return cells(
            code,
            &[
                ("state", there()),
                ("entitled_in_total", there()),
                ("used", there()),
                ("balance", there()),
                ("installed", there()),
                ("hint", hint),
            ],
        );
    }
    let hint = hints(view, balance);
    cells(
        code,
        &[
            ("state", Cell::text(view.text(state_message(balance.state())))),
            ("entitled_in_total", entitled_cell(view, balance)),
            ("used", used_cell(view, balance)),
            ("balance", balance_cell(view, balance)),
            ("installed", Cell::count(balance.systems.len())),
            ("hint", Cell::lines(hint)),
        ],
    )
}

fn entitled_cell(view: &View<'_>, balance: &LicenceBalance) -> Cell {
    let Some(entitled) = balance.entitled else {
        return Cell::unknown(view.text("licence-reason-entitled-not-stated"));
    };
    let result = number(entitled);
    if balance.codes.len() == 1 && balance.not_valid.is_empty() {
        return Cell::new(Value::Formula {
            formula: TOTAL_OF_ONE.to_owned(),
            result: Box::new(result),
        });
    }
    Cell::new(result)
}

fn used_cell(view: &View<'_>, balance: &LicenceBalance) -> Cell {
    match balance.used {
        Used::Counted(count) | Used::Stated { count, .. } => Cell::new(number(count)),
        Used::NotCounted(reason) => Cell::unknown(not_counted_text(view, reason)),
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn balance_cell(view: &View<'_>, balance: &LicenceBalance) -> Cell {
    if balance.metric == Some(Metric::Free) {
        return Cell::text("–");
    }
    match balance.difference() {
        Some(difference) => Cell::new(Value::Formula {
            formula: BALANCE.to_owned(),
            result: Box::new(Value::Number(difference as f64)),
        }),
        None => Cell::unknown(match (balance.entitled, balance.used) {
            (None, _) => view.text("licence-reason-entitled-not-stated"),
            (Some(_), Used::NotCounted(reason)) => not_counted_text(view, reason),
            (Some(_), Used::Counted(_) | Used::Stated { .. }) => {
                view.text("licence-reason-too-great")
            }
        }),
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
const fn number(count: u64) -> Value {
    Value::Number(count as f64)
}

const fn state_message(state: BalanceState) -> &'static str {
    match state {
        BalanceState::Even => "licence-state-even",
        BalanceState::Surplus => "licence-state-surplus",
        BalanceState::Short => "licence-state-short",
        BalanceState::Free => "licence-state-free",
        BalanceState::EntitledNotStated => "licence-state-entitled-not-stated",
        BalanceState::NotCounted => "licence-state-not-counted",
    }
}

fn not_counted_text(view: &View<'_>, reason: NotCounted) -> String {
    match reason {
        NotCounted::MetricNotStated => view.text("licence-reason-metric-not-stated"),
        NotCounted::NoSoftwareRead => view.text("licence-reason-no-software-read"),
        NotCounted::NotRecognised => view.text("licence-reason-not-recognised"),
        NotCounted::UsersNotSeen => view.text("licence-reason-users-not-seen"),
        NotCounted::ConcurrentNotSeen => view.text("licence-reason-concurrent-not-seen"),
        NotCounted::CoresNotKnown(systems) => {
            let arguments = [("count", systems.into())];
            view.wording().text_with("licence-reason-cores-not-known", &arguments)
        }
        NotCounted::AssignmentNotStated => view.text("licence-reason-assignment-not-stated"),
    }
}

/// What a reader must know to take the figures rightly.
fn hints(view: &View<'_>, balance: &LicenceBalance) -> Vec<String> {
    let words = view.wording();
    let mut hints = Vec::new();
    match balance.used {
        Used::NotCounted(reason) => hints.push(not_counted_text(view, reason)),
        Used::Stated { on: Some(day), .. } => {
            let arguments = [("day", view.day_text(day).into())];
            hints.push(words.text_with("licence-hint-stated-on", &arguments));
        }
        Used::Stated { on: None, .. } => hints.push(view.text("licence-hint-stated")),
        Used::Counted(_) if balance.unread > 0 => {
            let arguments = [("count", balance.unread.into())];
            hints.push(words.text_with("licence-hint-unread", &arguments));
        }
        Used::Counted(_) => {}
    }
    if balance.metric == Some(Metric::Core) {
        hints.push(view.text("licence-hint-cores"));
    }
    hints.extend(access_hint(view, balance));
    if !balance.not_valid.is_empty() {
        let arguments = [("codes", balance.not_valid.join(", ").into())];
        hints.push(words.text_with("licence-hint-not-valid", &arguments));
    }
    if !balance.shared_with.is_empty() {
        let arguments = [("codes", balance.shared_with.join(", ").into())];
        hints.push(words.text_with("licence-hint-shared", &arguments));
    }
    hints
}

/// What is said of access licences: figures where both are known, else what is missing.
fn access_hint(view: &View<'_>, balance: &LicenceBalance) -> Option<String> {
    let (entitled, assigned) = balance.access?;
    let (Some(entitled), Some(assigned)) = (entitled, assigned) else {
        return Some(view.text("licence-hint-access-not-known"));
    };
    let arguments =
        [("entitled", entitled.to_string().into()), ("assigned", assigned.to_string().into())];
    Some(view.wording().text_with("licence-hint-access", &arguments))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::Snapshot;
    use crate::export::sample;
    use crate::register::Register;
    use wording::Language;

    /// The sample's company with these entitlements beside what it states.
    fn with(text: &str) -> Snapshot {
        let text = format!("{}\n{text}", include_str!("../sample.toml"));
        Snapshot { register: Register::parse(&text).unwrap(), ..sample::snapshot() }
    }

    fn value(snapshot: &Snapshot, row: &str, key: &str) -> Value {
        let view = sample::view(snapshot, Language::English);
        let at = SHEET.columns.iter().position(|it| it.key == key).unwrap();
        let row = view.rows(&SHEET).iter().find(|it| it.id == row).unwrap();
        row.cells[at].value().clone()
    }

    fn text(snapshot: &Snapshot, row: &str, key: &str) -> String {
        sample::view(snapshot, Language::English).value_text(&value(snapshot, row, key))
    }

    const SSL: &str = "[[licence]]\ncode = \"L1\"\nproduct = \"SSL Library\"\n\
        packages = [\"libssl*\"]\nmetric = \"device\"\n";

    #[test]
    fn what_its_archive_calls_not_free_and_nobody_is_entitled_to_is_no_zero() {
        let snapshot = sample::snapshot();
        let view = sample::view(&snapshot, Language::English);
        let rows = view.rows(&SHEET);
        assert_eq!(rows.len(), 1);
        let id = rows[0].id.as_str();
        assert_eq!(text(&snapshot, id, "licence.product"), "firmware-misc");
        assert_eq!(text(&snapshot, id, "licence.state"), "No entitlement known");
        assert_eq!(value(&snapshot, id, "licence.installed"), Value::Number(1.0));
        for key in ["licence.balance", "licence.entitled_in_total", "licence.used"] {
            assert!(matches!(value(&snapshot, id, key), Value::Unknown(_)), "{key}");
        }
        assert!(text(&snapshot, id, "licence.hint").contains("non-free-firmware"));
    }

    #[test]
    fn a_balance_is_a_formula_that_carries_its_result() {
        for (entitled, result, state) in [(1, -1.0, "Short"), (2, 0.0, "Even"), (5, 3.0, "Surplus")]
        {
            let snapshot = with(&format!("{SSL}entitled = {entitled}\n"));
            assert_eq!(
                value(&snapshot, "L1", "licence.balance"),
                Value::Formula {
                    formula: BALANCE.to_owned(),
                    result: Box::new(Value::Number(result))
                }
            );
            assert_eq!(value(&snapshot, "L1", "licence.used"), Value::Number(2.0));
            assert_eq!(text(&snapshot, "L1", "licence.state"), state);
        }
    }

    #[test]
    fn entitlements_that_add_up_show_their_balance_once() {
        let second = "entitled = 1\n[[licence]]\ncode = \"L2\"\nproduct = \"SSL library\"\nmetric = \"device\"\nentitled = 4\n";
        let snapshot = with(&format!("{SSL}{second}"));
        assert_eq!(value(&snapshot, "L1", "licence.entitled_in_total"), Value::Number(5.0));
        assert_eq!(text(&snapshot, "L2", "licence.balance"), "see L1");
        assert_eq!(text(&snapshot, "L2", "licence.entitled"), "4");
    }

    #[test]
    fn what_cannot_be_counted_says_why() {
        let snapshot = with(
            "[[licence]]\ncode = \"L1\"\nproduct = \"Mail\"\nmetric = \"subscription\"\nentitled = 9\n",
        );
        let Value::Unknown(reason) = value(&snapshot, "L1", "licence.used") else { panic!() };
        assert!(reason.contains("assigned"), "{reason}");
        assert_eq!(text(&snapshot, "L1", "licence.state"), "Not counted");
    }

    #[test]
    fn an_entitlement_by_the_id_of_a_proposed_row_takes_its_place() {
        let snapshot = sample::snapshot();
        let view = sample::view(&snapshot, Language::English);
        let id = view.rows(&SHEET)[0].id.clone();
        let snapshot =
            with(&format!("[[licence]]\ncode = \"{id}\"\nmetric = \"device\"\nentitled = 1\n"));
        let view = sample::view(&snapshot, Language::English);
        assert_eq!(view.rows(&SHEET).len(), 1);
        assert_eq!(text(&snapshot, &id, "licence.state"), "Even");
    }

    #[test]
    fn a_product_that_is_said_to_need_a_licence_is_listed() {
        let id = row_id('W', &["dpkg", "nginx"]);
        let snapshot = with(&format!("[[software]]\nid = \"{id}\"\nneeds_licence = \"yes\"\n"));
        let row = row_id('L', &["dpkg", "nginx"]);
        assert_eq!(text(&snapshot, &row, "licence.product"), "nginx");
        assert_eq!(text(&snapshot, &row, "licence.state"), "No entitlement known");
    }

    #[test]
    fn that_nobody_says_what_needs_a_licence_is_said() {
        let snapshot = sample::snapshot();
        let view = sample::view(&snapshot, Language::German);
        assert!((SHEET.gaps)(&view)[0].contains("lizenzpflichtig"));
    }
}
