//! Cells that several sheets share: the system of a row, protection needs, lists of names.

use super::cell::Cell;
use super::list::List;
use super::view::View;
use crate::asset::Asset;
use crate::asset::Evidence;
use crate::register::Level;

/// Most lines in one cell; more are counted.
const LINES_MAX: usize = 12;

/// The label of a system as a link to its row.
pub(super) fn system(asset: &Asset) -> Cell {
    Cell::text(asset.label.0.as_str()).linking_to("systems", asset.label.0.as_str())
}

/// The name of a system.
pub(super) fn system_name(view: &View<'_>, asset: &Asset) -> Cell {
    match &asset.name {
        Some(name) => Cell::text(name.value.as_str()),
        None => Cell::unknown(view.text("sheets-reason-not-stated")),
    }
}

/// Label and name of a system in one text.
pub(super) fn system_text(asset: &Asset) -> String {
    match &asset.name {
        Some(name) => format!("{} {}", asset.label, name.value),
        None => asset.label.to_string(),
    }
}

/// A protection need; none means: not assessed.
pub(super) fn need(level: Option<Level>) -> Cell {
    match level {
        None => Cell::not_assessed(),
        Some(Level::Normal) => Cell::choice(List::Need, "normal"),
        Some(Level::High) => Cell::choice(List::Need, "high"),
        Some(Level::VeryHigh) => Cell::choice(List::Need, "very_high"),
    }
}

/// Yes or no as a person stated it, or open.
pub(super) fn stated_yes_no(is_so: Option<bool>) -> Cell {
    is_so.map_or_else(Cell::open, Cell::yes_or_no)
}

/// A column that has no meaning for this row.
pub(super) fn not_applicable() -> Cell {
    Cell::text("–")
}

/// Texts as lines of one cell; what is too much is counted.
pub(super) fn some_lines(view: &View<'_>, lines: impl IntoIterator<Item = String>) -> Cell {
    let mut lines: Vec<String> = lines.into_iter().collect();
    if lines.len() > LINES_MAX {
        let more = lines.len() - (LINES_MAX - 1);
        lines.truncate(LINES_MAX - 1);
        lines.push(view.wording().text_with("sheets-and-more", &[("count", more.into())]));
    }
    Cell::lines(lines)
}

/// The newer evidence of two.
pub(super) fn newest<'a>(known: Option<&'a Evidence>, other: &'a Evidence) -> Option<&'a Evidence> {
    match known {
        Some(known) if known.observed_at >= other.observed_at => Some(known),
        Some(_) | None => Some(other),
    }
}

/// A size in the unit that people use for memory: binary, as the maker of the module prints it.
pub(super) fn memory_text(view: &View<'_>, bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10) / (1 << 30);
    let number = decimal(view, tenths);
    format!("{number} GiB")
}

/// A size in the unit that makers of disks use: decimal.
pub(super) fn disk_text(bytes: u64) -> String {
    match bytes {
        0..1_000_000_000 => format!("{} MB", bytes / 1_000_000),
        1_000_000_000..10_000_000_000_000 => format!("{} GB", bytes / 1_000_000_000),
        _ => format!("{} TB", bytes / 1_000_000_000_000),
    }
}

fn decimal(view: &View<'_>, tenths: u64) -> String {
    if tenths.is_multiple_of(10) {
        return (tenths / 10).to_string();
    }
    let point = match view.language() {
        wording::Language::German => ',',
        wording::Language::English => '.',
    };
    format!("{}{point}{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use wording::Language;

    use super::*;
    use crate::export::cell::Value;
    use crate::export::sample;

    #[test]
    fn sizes_are_in_the_units_of_the_trade() {
        let snapshot = sample::nothing();
        let german = sample::view(&snapshot, Language::German);
        assert_eq!(memory_text(&german, 16 << 30), "16 GiB");
        assert_eq!(memory_text(&german, (15 << 30) + (3 << 28)), "15,7 GiB");
        assert_eq!(disk_text(480_103_981_056), "480 GB");
        assert_eq!(disk_text(16_000_900_661_248), "16 TB");
        assert_eq!(disk_text(512_000_000), "512 MB");
    }

    #[test]
    fn many_lines_are_cut_and_counted() {
        let snapshot = sample::nothing();
        let view = sample::view(&snapshot, Language::English);
        let cell = some_lines(&view, (0..40).map(|it| it.to_string()));
        let Value::Text(text) = cell.value() else { panic!("{cell:?}") };
        assert_eq!(text.lines().count(), LINES_MAX);
        assert_eq!(text.lines().last(), Some("and 29 more"));
        assert_eq!(*some_lines(&view, []).value(), Value::Nothing);
    }
}
