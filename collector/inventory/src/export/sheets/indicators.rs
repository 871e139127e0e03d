//! Key figures KZ-01 to KZ-14, with targets and owners. What cannot be counted says so and is never 0.

use crate::asset::Asset;
use crate::asset::AssetKind;
use crate::asset::SourceStatus;
use crate::export::cell::Cell;
use crate::export::cell::Value;
use crate::export::common_cells::not_applicable;
use crate::export::list::List;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::Row;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;
use crate::export::stated::Stated;
use crate::export::stated::in_use;
use crate::export::tile::licence_shortfalls;
use crate::export::view::View;

/// What was heard of within these hours is alive.
const ALIVE_HOURS: i64 = 30 * 24;
/// A device that stays unknown for longer counts.
const UNKNOWN_HOURS: i64 = 7 * 24;

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "indicators",
    place: 35,
    title: "sheets-indicators",
    subtitle: "sheets-indicators-subtitle",
    empty: "sheets-empty-table",
    rules: &[6, 9],
    layout: Layout::Table,
    evidence: RowEvidence::Band,
    columns: &[
        Column::key("indicator.id", "sheets-column-id").width(10),
        Column::computed("indicator.name", "register-key-name").wrapped().width(34),
        Column::computed("indicator.rule", "sheets-column-how-counted").wrapped().width(44),
        Column::computed("indicator.value", "sheets-column-figure").number().width(12),
        Column::computed("indicator.unit", "sheets-column-unit-of-figure").width(10),
        Column::computed("indicator.of", "sheets-column-counted-of").width(16),
        Column::by_hand("indicator.target", "sheets-column-target-value").number().width(10),
        Column::computed("indicator.direction", "sheets-column-direction").width(14),
        Column::computed("indicator.is_met", "sheets-column-is-met").width(14),
        Column::by_hand("indicator.owner", "register-key-owner").list(List::Role).width(20),
        Column::by_hand("indicator.goal", "register-key-goal").list(List::Goal).width(12),
        Column::by_hand("indicator.remark", "register-key-remark").wrapped().width(28),
    ],
    rows: Rows::Together(|view| INDICATORS.iter().map(|it| row(view, it)).collect()),
    gaps: |view| vec![view.text("sheets-indicators-gap")],
};

/// One key figure.
struct Indicator {
    id: &'static str,
    name: &'static str,
    rule: &'static str,
    /// What it should be, until people state another target.
    target: u8,
    figure: fn(&View<'_>) -> Figure,
}

/// What a figure is now.
enum Figure {
    /// So many of so many: better the more.
    Share(usize, usize),
    /// So many: better the fewer.
    Count(usize),
    /// The assessment that it counts does not exist.
    NotAssessed(Unit),
    /// There is nothing to count it from.
    NoData(Unit),
}

/// What a figure counts in.
#[derive(Clone, Copy)]
enum Unit {
    Percent,
    Number,
}

macro_rules! indicators {
    ($($number:literal, $target:literal, $figure:expr;)*) => {
        &[$(Indicator {
            id: concat!("KZ-", $number),
            name: concat!("sheets-indicator-", $number),
            rule: concat!("sheets-indicator-", $number, "-rule"),
            target: $target,
            figure: $figure,
        }),*]
    };
}

const INDICATORS: &[Indicator] = indicators! {
    "01", 95, coverage;
    "02", 100, with_owner;
    "03", 95, |_| Figure::NotAssessed(Unit::Percent);
    "04", 95, up_to_date;
    "05", 100, encrypted_laptops;
    "06", 100, |_| Figure::NoData(Unit::Percent);
    "07", 100, need_stated;
    "08", 100, |_| Figure::NotAssessed(Unit::Percent);
    "09", 0, |_| Figure::NotAssessed(Unit::Number);
    "10", 0, |_| Figure::NotAssessed(Unit::Number);
    "11", 0, unknown_devices;
    "12", 0, licences_short;
    "13", 0, |_| Figure::NotAssessed(Unit::Number);
    "14", 0, |view| Figure::Count(view.snapshot().conflicts.len());
};

fn row(view: &View<'_>, indicator: &Indicator) -> Row {
    let stated = view.stated().entries("indicator").find(|(id, _)| *id == indicator.id);
    let target = stated.and_then(|(_, it)| it.number("target"));
    let target = target.unwrap_or_else(|| f64::from(indicator.target));
    let (value, number, of, unit) = match (indicator.figure)(view) {
        Figure::NotAssessed(unit) => (Cell::not_assessed(), None, Cell::not_assessed(), unit),
        Figure::NoData(unit) => (Cell::no_data(), None, Cell::no_data(), unit),
        Figure::Count(count) => {
            (Cell::count(count), Some(as_number(count)), not_applicable(), Unit::Number)
        }
        Figure::Share(_, 0) => (Cell::no_data(), None, Cell::no_data(), Unit::Percent),
        Figure::Share(part, total) => {
            // Whole percent, rounded down: 99.6 % is not all.
            let percent = as_number(part * 100 / total);
            let of = [("count", part.into()), ("total", total.into())];
            let of = view.wording().text_with("workbook-tile-of", &of);
            (Cell::number(percent), Some(percent), Cell::text(of), Unit::Percent)
        }
    };
    let (unit, direction) = match unit {
        Unit::Percent => ("%".to_owned(), "sheets-indicator-at-least"),
        Unit::Number => (view.text("sheets-indicator-number"), "sheets-indicator-at-most"),
    };
    let is_met = number.map(|number| match direction {
        "sheets-indicator-at-least" => number >= target,
        _ => number <= target,
    });
    let is_met = match (is_met, value.value()) {
        (Some(is_met), _) => Cell::yes_or_no(is_met),
        (None, Value::NotAssessed) => Cell::not_assessed(),
        (None, _) => Cell::no_data(),
    };
    let cells = vec![
        Cell::text(indicator.id),
        Cell::text(view.text(indicator.name)),
        Cell::text(view.text(indicator.rule)),
        value,
        Cell::text(unit),
        of,
        Cell::number(target),
        Cell::text(view.text(direction)),
        is_met,
        Cell::open(),
        Cell::open(),
        Cell::open(),
    ];
    Row::new(indicator.id, cells)
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
const fn as_number(count: usize) -> f64 {
    count as f64
}

/// The share of systems of which this is true, among those it can be said of.
fn share(
    view: &View<'_>,
    is_asked: impl Fn(&Asset) -> bool,
    is_so: impl Fn(&Asset) -> bool,
) -> Figure {
    let (mut part, mut total) = (0, 0);
    for asset in in_use(&view.snapshot().assets).filter(|it| is_asked(it)) {
        total += 1;
        part += usize::from(is_so(asset));
    }
    Figure::Share(part, total)
}

/// Systems that were alive and were read from inside.
fn coverage(view: &View<'_>) -> Figure {
    let since = view.snapshot().stamp.as_of - jiff::SignedDuration::from_hours(ALIVE_HOURS);
    let is_alive = |it: &Asset| it.last_seen_at >= since;
    share(view, is_alive, |it| {
        it.sources.iter().any(|it| matches!(it.status, SourceStatus::Read { .. }))
    })
}

/// Systems, processes and applications somebody answers for.
fn with_owner(view: &View<'_>) -> Figure {
    let register = &view.snapshot().register;
    let stated = Stated::of(register);
    let systems = in_use(&view.snapshot().assets).map(|it| stated.owner(it).is_some());
    let processes = register.process.iter().map(|it| it.owner.is_some());
    let applications = register.application.iter().map(|it| {
        it.more.text("business_owner").or_else(|| it.more.text("technical_owner")).is_some()
    });
    let owned: Vec<bool> = systems.chain(processes).chain(applications).collect();
    Figure::Share(owned.iter().filter(|it| **it).count(), owned.len())
}

/// Whether a source of the agent was read on a system.
fn was_read(asset: &Asset, source: &str) -> bool {
    let is_it = |it: &crate::asset::SourceState| {
        it.source.as_str() == source && matches!(it.status, SourceStatus::Read { .. })
    };
    asset.sources.iter().any(is_it)
}

/// Systems without an offered security update, among those whose updates were read.
fn up_to_date(view: &View<'_>) -> Figure {
    let is_security = |it: &crate::asset::Detail| {
        it.kind == "missing_update" && it.fields.get("is_security").is_some_and(|it| it == "yes")
    };
    share(
        view,
        |it| was_read(it, "updates.missing"),
        |it| !it.details.iter().any(|it| is_security(&it.value)),
    )
}

/// Laptops with an encrypted volume, among those whose encryption was read.
fn encrypted_laptops(view: &View<'_>) -> Figure {
    let is_laptop = |it: &Asset| it.kind.as_ref().is_some_and(|it| it.value == AssetKind::Laptop);
    share(
        view,
        |it| is_laptop(it) && was_read(it, "storage.encryption"),
        |it| it.details.iter().any(|it| it.value.kind == "volume_encryption"),
    )
}

/// Processes and information of which all three values are stated.
fn need_stated(view: &View<'_>) -> Figure {
    let rated = view.snapshot().register.rated();
    let (whole, all) =
        rated.fold((0, 0), |(whole, all), it| (whole + usize::from(it.is_whole()), all + 1));
    Figure::Share(whole, all)
}

/// Products of which more is in use than allowed, as on the cover.
fn licences_short(view: &View<'_>) -> Figure {
    licence_shortfalls(view).map_or(Figure::NoData(Unit::Number), Figure::Count)
}

/// Devices whose kind nobody knows for longer than a week.
fn unknown_devices(view: &View<'_>) -> Figure {
    let systems = in_use(&view.snapshot().assets);
    if systems.clone().next().is_none() {
        return Figure::NoData(Unit::Number);
    }
    let before = view.snapshot().stamp.as_of - jiff::SignedDuration::from_hours(UNKNOWN_HOURS);
    Figure::Count(systems.filter(|it| it.kind.is_none() && it.first_seen_at < before).count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::Snapshot;
    use crate::export::sample;
    use crate::register::Register;

    #[test]
    fn fourteen_figures_and_none_of_them_is_a_zero_that_nobody_counted() {
        let lines = sample::table(&SHEET, &sample::nothing());
        assert_eq!(lines.len(), 14);
        for line in &lines {
            let is_counted = line.starts_with("KZ-14");
            assert!(
                is_counted || line.contains("no data") || line.contains("not assessed"),
                "{line}"
            );
        }
    }

    #[test]
    fn a_target_that_people_state_decides_what_is_met() {
        let value = |snapshot: &Snapshot, column| sample::cell(&SHEET, snapshot, "KZ-01", column);
        let mut snapshot = sample::snapshot();
        assert_eq!(value(&snapshot, "indicator.target"), "95");
        let share: f64 = value(&snapshot, "indicator.value").parse().unwrap();
        for (target, met) in [(share, "yes"), (share + 1.0, "no")] {
            let text = format!("[[indicator]]\nid = \"KZ-01\"\ntarget = {target}\n");
            snapshot.register = Register::parse(&text).unwrap();
            assert_eq!(value(&snapshot, "indicator.is_met"), met, "{target}");
        }
    }

    /// A detail of the second system, as the agent's fact becomes one.
    fn detail(snapshot: &mut Snapshot, kind: &str, fields: &[(&str, &str)]) {
        let evidence = snapshot.assets[1].name.as_ref().unwrap().evidence.clone();
        let fields = fields.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        let (kind, fields) = (kind.to_owned(), fields.collect());
        let value = crate::asset::Detail { kind, object: None, fields };
        snapshot.assets[1].details.push(crate::asset::Attested { value, evidence });
    }

    /// The second system has read this source, and no other has.
    fn only_reader(snapshot: &mut Snapshot, source: &'static str) {
        let read = snapshot.assets.iter().flat_map(|it| &it.sources);
        let mut read = read.into_iter().find(|it| matches!(it.status, SourceStatus::Read { .. }));
        let mut state = read.take().unwrap().clone();
        state.source = observation::latest::SourceId::from_static(source);
        snapshot.assets.iter_mut().for_each(|it| it.sources.clear());
        snapshot.assets[1].sources.push(state);
    }

    #[test]
    fn an_open_security_update_counts_and_another_update_does_not() {
        let mut snapshot = sample::snapshot();
        only_reader(&mut snapshot, "updates.missing");
        snapshot.assets[1].details.clear();
        let of = |it: &Snapshot| sample::cell(&SHEET, it, "KZ-04", "indicator.of");
        assert_eq!(of(&snapshot), "1 of 1");
        detail(&mut snapshot, "missing_update", &[("is_security", "no")]);
        assert_eq!(of(&snapshot), "1 of 1");
        detail(&mut snapshot, "missing_update", &[("is_security", "yes")]);
        assert_eq!(of(&snapshot), "0 of 1");
    }

    #[test]
    fn a_laptop_counts_with_an_encrypted_volume_and_only_where_somebody_looked() {
        let mut snapshot = sample::snapshot();
        only_reader(&mut snapshot, "storage.encryption");
        snapshot.assets[1].details.clear();
        let of = |it: &Snapshot| sample::cell(&SHEET, it, "KZ-05", "indicator.of");
        assert_eq!(of(&snapshot), "no data");
        let evidence = snapshot.assets[1].name.as_ref().unwrap().evidence.clone();
        let value = AssetKind::Laptop;
        snapshot.assets[1].kind = Some(crate::asset::Attested { value, evidence });
        assert_eq!(of(&snapshot), "0 of 1");
        detail(&mut snapshot, "volume_encryption", &[]);
        assert_eq!(of(&snapshot), "1 of 1");
    }

    #[test]
    fn licences_are_short_here_as_on_the_cover() {
        let text = "[[licence]]\ncode = \"L1\"\nproduct = \"ERP\"\nmetric = \"concurrent\"\n\
            entitled = 3\nassigned = 5\n";
        let snapshot = Snapshot { register: Register::parse(text).unwrap(), ..sample::nothing() };
        assert_eq!(sample::cell(&SHEET, &snapshot, "KZ-12", "indicator.value"), "1");
        assert_eq!(sample::cell(&SHEET, &snapshot, "KZ-12", "indicator.is_met"), "no");
    }

    #[test]
    fn a_system_whose_updates_nobody_read_is_not_up_to_date_by_silence() {
        let mut snapshot = sample::snapshot();
        snapshot.assets.iter_mut().for_each(|it| it.sources.clear());
        assert_eq!(sample::cell(&SHEET, &snapshot, "KZ-04", "indicator.value"), "no data");
    }
}
