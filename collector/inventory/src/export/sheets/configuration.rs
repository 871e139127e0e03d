//! Configuration: settings as they are in force on each system, to be compared with a reference.

use std::collections::BTreeSet;

use crate::asset::Asset;
use crate::asset::Attested;
use crate::asset::SettingDescription;
use crate::export::cell::Cell;
use crate::export::common_cells::system;
use crate::export::common_cells::system_name;
use crate::export::detail_words::value_text;
use crate::export::reason::gaps_of;
use crate::export::row_id::row_id;
use crate::export::sheet::Column;
use crate::export::sheet::Layout;
use crate::export::sheet::PassingRows;
use crate::export::sheet::Row;
use crate::export::sheet::RowEvidence;
use crate::export::sheet::Rows;
use crate::export::sheet::Sheet;
use crate::export::stated::in_use;
use crate::export::view::View;

/// What the names of the sources of settings begin with.
const SOURCES: &str = "configuration.";

/// The sheet.
pub(super) const SHEET: Sheet = Sheet {
    key: "configuration",
    place: 25,
    title: "sheets-configuration",
    subtitle: "sheets-configuration-subtitle",
    empty: "sheets-empty-configuration",
    rules: &[3, 8],
    layout: Layout::Table,
    evidence: RowEvidence::Columns,
    columns: &[
        Column::key("setting.id", "sheets-column-id").width(12),
        Column::key("setting.system", "sheets-column-system").width(10),
        Column::agent("setting.system_name", "sheets-column-name").width(18),
        Column::agent("setting.subject", "sheets-column-setting-of").width(16),
        Column::agent("setting.scope", "sheets-column-setting-scope").width(18).wrapped(),
        Column::agent("setting.name", "sheets-column-setting").width(30).wrapped(),
        Column::agent("setting.value", "sheets-column-setting-value").width(30).wrapped(),
        Column::agent("setting.holds_since", "sheets-column-setting-since").instant().width(17),
        Column::agent("setting.origin", "sheets-column-setting-origin").width(22).wrapped(),
        Column::agent("setting.place", "sheets-column-place").width(30).wrapped(),
        Column::by_hand("setting.reference", "sheets-column-setting-reference").width(24).wrapped(),
        Column::computed("setting.deviation", "sheets-column-setting-deviation").width(14),
        Column::by_hand("setting.remark", "sheets-column-remark").width(28).wrapped(),
    ],
    rows: Rows::Passing(rows),
    gaps,
};

fn rows<'v>(view: &'v View<'_>) -> PassingRows<'v> {
    Box::new(in_use(&view.snapshot().assets).flat_map(move |asset| {
        let row = move |it: &Attested<_>| row(view, asset, &it.value).resting_on(&it.evidence);
        // One file may state a setting twice; which of them holds is the source's to say.
        let mut seen = BTreeSet::new();
        asset.settings.iter().map(row).filter(move |it| seen.insert(it.id.clone()))
    }))
}

fn row(view: &View<'_>, asset: &Asset, it: &SettingDescription) -> Row {
    let scope = it.scope.as_deref();
    let parts = [
        asset.label.0.as_str(),
        &it.subject,
        scope.unwrap_or_default(),
        &it.name,
        &it.place,
        &it.origin,
        it.value.as_deref().unwrap_or_default(),
    ];
    let id = row_id('E', &parts);
    let value = match it.value.as_deref() {
        None => Cell::text(view.text("assess-not-set")),
        Some("") => Cell::text(view.text("sheets-setting-empty")),
        Some(value) => Cell::text(value),
    };
    let cells = vec![
        Cell::text(id.as_str()),
        system(asset),
        system_name(view, asset),
        Cell::text(it.subject.as_str()),
        scope.map_or_else(|| Cell::text(view.text("sheets-setting-whole")), Cell::text),
        Cell::text(it.name.as_str()),
        value,
        Cell::instant(it.holds_since),
        Cell::text(value_text(view.wording(), "origin", &it.origin)),
        Cell::text(it.place.as_str()),
        Cell::open(),
        Cell::not_assessed(),
        Cell::open(),
    ];
    Row::new(id, cells)
}

/// What the sources of settings could not see, and that deviations are not assessed.
fn gaps(view: &View<'_>) -> Vec<String> {
    let assets = in_use(&view.snapshot().assets);
    let names = assets.flat_map(|it| &it.sources).map(|it| it.source.as_str());
    let sources: BTreeSet<&str> = names.filter(|it| it.starts_with(SOURCES)).collect();
    let mut gaps = if sources.is_empty() {
        vec![view.text("sheets-gap-no-settings")]
    } else {
        gaps_of(view, &sources.into_iter().collect::<Vec<_>>())
    };
    gaps.push(view.text("sheets-gap-deviation"));
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::sample;

    #[test]
    fn a_setting_shows_its_value_its_place_and_waits_for_a_reference() {
        let lines = sample::table(&SHEET, &sample::snapshot());
        let lines: Vec<&str> = lines.iter().map(|it| it.split_once(" | ").unwrap().1).collect();
        assert_eq!(
            lines,
            [
                "S-7K2QD | srv-erp | sshd | whole | Banner | not set | 24 Nov 2026 08:00 | default of \
                 the program | /etc/ssh/sshd_config | _ | not assessed | _",
                "S-7K2QD | srv-erp | sshd | whole | PermitRootLogin | no | 24 Nov 2026 08:00 | set in \
                 the configuration | /etc/ssh/sshd_config | _ | not assessed | _",
                "S-7K2QD | srv-erp | sshd | Match User backup | PasswordAuthentication | no value | \
                 24 Nov 2026 08:00 | set in the configuration | /etc/ssh/sshd_config | _ | not \
                 assessed | _",
            ]
        );
    }

    #[test]
    fn gaps_name_systems_whose_settings_nobody_read() {
        let mut snapshot = sample::snapshot();
        let view = sample::view(&snapshot, wording::Language::English);
        assert_eq!(
            (SHEET.gaps)(&view),
            [
                "2 of 3 systems (S-9M4TX, S-B5WZ3): settings of the SSH server: not read by any agent",
                "Deviations are not assessed: there is no reference to compare with yet."
            ]
        );
        for asset in &mut snapshot.assets {
            asset.sources.retain(|it| !it.source.as_str().starts_with(SOURCES));
        }
        let view = sample::view(&snapshot, wording::Language::English);
        let first = "No agent has read settings yet.";
        assert_eq!((SHEET.gaps)(&view).first().map(String::as_str), Some(first));
    }

    #[test]
    fn a_setting_that_stands_twice_with_one_value_is_one_row() {
        let mut snapshot = sample::snapshot();
        let mut again = snapshot.assets[0].settings[1].clone();
        again.value.holds_since = jiff::Timestamp::UNIX_EPOCH;
        snapshot.assets[0].settings.push(again);
        assert_eq!(sample::table(&SHEET, &snapshot).len(), 3);
    }
}
