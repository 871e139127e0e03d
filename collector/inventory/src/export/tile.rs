//! The six figures on the cover. What nobody computed says so and is never 0.

use super::cell::Value;
use super::stated::in_use;
use super::view::View;
use crate::assess::BalanceState;
use crate::assess::LicenceBalance;
use crate::assess::licence_balances;
use crate::asset::SourceStatus;

/// One figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Tile {
    /// Stable key.
    pub key: &'static str,
    /// What it counts.
    pub label: String,
    /// The figure, or why there is none.
    pub value: Value,
    /// How it is to be taken.
    pub tone: Tone,
}

/// How a figure is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tone {
    /// Without judgement.
    Neutral,
    /// As it should be.
    Good,
    /// To be looked at.
    Warning,
    /// There is no figure.
    Absent,
}

/// The figures, in the order of the cover.
#[must_use]
pub fn tiles(view: &View<'_>) -> Vec<Tile> {
    let systems = in_use(&view.snapshot().assets).count();
    let tile = |key, message: &str, value: Value, tone| Tile {
        key,
        label: view.text(message),
        value,
        tone,
    };
    vec![
        tile("devices", "workbook-tile-devices", count(systems), Tone::Neutral),
        coverage(view),
        tile("unsupported", "workbook-tile-unsupported", Value::NoData, Tone::Absent),
        tile("risks", "workbook-tile-risks", Value::NotAssessed, Tone::Absent),
        unknown_devices(view),
        licences(view),
    ]
}

/// Licences of which fewer are there than are in use, among those that can be counted. Of none of them,
/// there is no figure.
fn licences(view: &View<'_>) -> Tile {
    let label = view.text("workbook-tile-licences");
    let Some(short) = licence_shortfalls(view) else {
        return Tile { key: "licences", label, value: Value::NoData, tone: Tone::Absent };
    };
    let tone = if short > 0 { Tone::Warning } else { Tone::Neutral };
    Tile { key: "licences", label, value: count(short), tone }
}

/// Products of which more is in use than allowed; none where nothing can be compared.
pub(super) fn licence_shortfalls(view: &View<'_>) -> Option<usize> {
    let snapshot = view.snapshot();
    let today = view.day(snapshot.stamp.as_of);
    let states = licence_balances(&snapshot.register, &snapshot.assets, today);
    let states: Vec<BalanceState> = states.iter().map(LicenceBalance::state).collect();
    let short = states.iter().filter(|it| **it == BalanceState::Short).count();
    let is_compared = |it: &BalanceState| {
        matches!(it, BalanceState::Even | BalanceState::Surplus | BalanceState::Short)
    };
    states.iter().any(is_compared).then_some(short)
}

/// The share of systems in use of which every source answered that is there. Devices that nobody
/// observes cannot be in it: no network was scanned.
fn coverage(view: &View<'_>) -> Tile {
    let systems = in_use(&view.snapshot().assets);
    let total = systems.clone().count();
    let is_whole = |status: &SourceStatus| match status {
        SourceStatus::Read { gaps, .. } => gaps.is_empty(),
        SourceStatus::Absent(reason) => {
            matches!(reason, observation::latest::Absent::NotHere { .. })
        }
    };
    let whole = systems.filter(|it| it.sources.iter().all(|it| is_whole(&it.status))).count();
    let label = view.text("workbook-tile-coverage");
    if total == 0 {
        return Tile { key: "coverage", label, value: Value::NoData, tone: Tone::Absent };
    }
    let text = view
        .wording()
        .text_with("workbook-tile-of", &[("count", whole.into()), ("total", total.into())]);
    let tone = if whole == total { Tone::Good } else { Tone::Warning };
    Tile { key: "coverage", label, value: Value::Text(text), tone }
}

/// Addresses that systems spoke with and nobody knows. Without a scan this is a lower bound, and
/// without observed connections there is no data.
fn unknown_devices(view: &View<'_>) -> Tile {
    use super::relation::{End, relations};
    let label = view.text("workbook-tile-unknown");
    let looked = in_use(&view.snapshot().assets).flat_map(|it| &it.sources).any(|it| {
        it.source.as_str() == "network.connections"
            && matches!(it.status, SourceStatus::Read { .. })
    });
    if !looked {
        return Tile { key: "unknown", label, value: Value::NoData, tone: Tone::Absent };
    }
    let relations = relations(view);
    let ends = relations.iter().flat_map(|it| [&it.from, &it.to]);
    let addresses: std::collections::BTreeSet<_> =
        ends.filter(|it| matches!(it, End::Address(_))).collect();
    let tone = if addresses.is_empty() { Tone::Neutral } else { Tone::Warning };
    Tile { key: "unknown", label, value: count(addresses.len()), tone }
}

/// A number of things; exact far beyond what is counted here.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
const fn count(count: usize) -> Value {
    Value::Number(count as f64)
}

#[cfg(test)]
mod tests {
    use wording::Language;

    use super::*;
    use crate::export::sample;

    #[test]
    fn what_nobody_computed_is_not_zero() {
        for snapshot in [sample::snapshot(), sample::nothing()] {
            for tile in tiles(&sample::view(&snapshot, Language::German)) {
                if matches!(tile.key, "unsupported" | "risks" | "licences") {
                    assert_eq!(tile.tone, Tone::Absent, "{}", tile.key);
                    assert!(!matches!(tile.value, Value::Number(_)), "{}", tile.key);
                }
            }
        }
    }

    #[test]
    fn short_licences_are_counted_where_any_can_be_compared() {
        let with = |text: &str| {
            let mut snapshot = sample::snapshot();
            snapshot.register = crate::register::Register::parse(text).unwrap();
            let view = sample::view(&snapshot, Language::English);
            tiles(&view).into_iter().find(|it| it.key == "licences").unwrap()
        };
        let text = "[[licence]]\ncode = \"L1\"\nproduct = \"nginx\"\nmetric = \"device\"\n";
        assert_eq!(with(text).value, Value::NoData);
        let short = with(&format!("{text}entitled = 0\n"));
        assert_eq!((short.value, short.tone), (count(1), Tone::Warning));
        let enough = with(&format!("{text}entitled = 9\n"));
        assert_eq!((enough.value, enough.tone), (count(0), Tone::Neutral));
    }

    #[test]
    fn the_devices_are_those_of_the_sheet() {
        let snapshot = sample::snapshot();
        let view = sample::view(&snapshot, Language::English);
        let devices = tiles(&view).into_iter().find(|it| it.key == "devices").unwrap();
        assert_eq!(Some(devices.value), view.row_count("systems").map(count));
    }

    #[test]
    fn without_observed_connections_there_is_no_number_of_unknown_devices() {
        let snapshot = sample::nothing();
        let view = sample::view(&snapshot, Language::English);
        let tile = tiles(&view).into_iter().find(|it| it.key == "unknown").unwrap();
        assert_eq!(tile.value, Value::NoData);
    }
}
