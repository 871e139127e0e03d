//! One file per sheet. A new sheet is one file and two lines here.

mod accounts;
mod agents;
mod applications;
mod backups;
mod cables;
mod certificates;
mod changes;
mod cloud_services;
mod configuration;
mod connections;
mod contracts;
mod cover;
mod coverage;
mod data_quality;
mod details;
mod document_control;
mod findings;
mod firmware;
mod goals;
mod groups;
mod indicators;
mod information;
mod licences;
mod lines;
mod measures;
mod modelling;
mod needs;
mod network_plan;
mod networks;
mod organisation;
mod processes;
mod providers;
mod questions;
mod records;
mod risk_matrix;
mod risks;
mod roles;
mod scans;
mod services;
mod software;
mod software_per_system;
mod systems;
mod traceability;

use super::sheet::Sheet;

/// All sheets, sorted by key. Their order in the workbook is [`in_order`].
pub const SHEETS: &[&Sheet] = &[
    &accounts::SHEET,
    &agents::SHEET,
    &applications::SHEET,
    &backups::SHEET,
    &cables::SHEET,
    &certificates::SHEET,
    &changes::SHEET,
    &cloud_services::SHEET,
    &configuration::SHEET,
    &connections::SHEET,
    &contracts::SHEET,
    &cover::SHEET,
    &coverage::SHEET,
    &data_quality::SHEET,
    &details::SHEET,
    &document_control::SHEET,
    &findings::SHEET,
    &firmware::SHEET,
    &goals::SHEET,
    &groups::SHEET,
    &indicators::SHEET,
    &information::SHEET,
    &licences::SHEET,
    &lines::SHEET,
    &measures::SHEET,
    &modelling::SHEET,
    &needs::SHEET,
    &network_plan::SHEET,
    &networks::SHEET,
    &organisation::SHEET,
    &processes::SHEET,
    &providers::SHEET,
    &questions::SHEET,
    &records::SHEET,
    &risk_matrix::SHEET,
    &risks::SHEET,
    &roles::SHEET,
    &scans::SHEET,
    &services::SHEET,
    &software::SHEET,
    &software_per_system::SHEET,
    &systems::SHEET,
    &traceability::SHEET,
];

/// The sheets whose rows cells link to.
pub const LINKED: &[&str] = &["applications", "organisation", "roles", "systems"];

/// All sheets in the order of the workbook.
#[must_use]
pub fn in_order() -> Vec<&'static Sheet> {
    let mut sheets = SHEETS.to_vec();
    sheets.sort_by_key(|it| it.place);
    sheets
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use wording::Language;

    use super::*;
    use crate::export::cell::Value;
    use crate::export::sample;

    const LANGUAGES: [Language; 2] = [Language::German, Language::English];

    #[test]
    fn every_text_of_a_sheet_exists_in_both_languages() {
        for language in LANGUAGES {
            for sheet in SHEETS {
                let columns = sheet.columns.iter().map(|it| it.message);
                for message in [sheet.title, sheet.subtitle, sheet.empty].into_iter().chain(columns)
                {
                    assert!(language.wording().has(message), "{}: {message}", sheet.key);
                }
            }
        }
    }

    #[test]
    fn every_row_has_a_cell_per_column_and_an_id_of_its_own() {
        for snapshot in [sample::snapshot(), sample::nothing()] {
            for sheet in SHEETS {
                let rows = sheet.made(&sample::view(&snapshot, Language::German));
                let ids: BTreeSet<&str> = rows.iter().map(|it| it.id.as_str()).collect();
                assert_eq!(ids.len(), rows.len(), "{}", sheet.key);
                for row in &rows {
                    assert_eq!(row.cells.len(), sheet.columns.len(), "{}: {}", sheet.key, row.id);
                }
            }
        }
    }

    #[test]
    fn no_cell_is_empty_and_only_columns_by_hand_are_open() {
        let snapshot = sample::snapshot();
        for language in LANGUAGES {
            for sheet in SHEETS {
                for row in sheet.made(&sample::view(&snapshot, language)) {
                    for (column, cell) in sheet.columns.iter().zip(&row.cells) {
                        let place = format!("{}: {}", column.key, row.id);
                        match cell.value() {
                            Value::Text(text) | Value::Unknown(text) => {
                                assert!(!text.is_empty() && !text.contains('⟨'), "{place}: {text}");
                            }
                            Value::Open => assert!(column.is_editable(), "{place}"),
                            Value::Number(_)
                            | Value::Date(_)
                            | Value::Instant(_)
                            | Value::Choice(..)
                            | Value::Formula { .. }
                            | Value::NotAssessed
                            | Value::NoData
                            | Value::Nothing => {}
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn cells_link_to_rows_of_the_sheets_that_are_listed() {
        let snapshot = sample::snapshot();
        let view = sample::view(&snapshot, Language::German);
        let cells = SHEETS.iter().flat_map(|it| view.rows(it)).flat_map(|it| &it.cells);
        let linked: BTreeSet<&str> = cells.filter_map(|it| Some(it.target()?.sheet)).collect();
        assert_eq!(linked, LINKED.iter().copied().collect());
    }

    #[test]
    fn gaps_are_sentences_without_missing_words() {
        let snapshot = sample::snapshot();
        for language in LANGUAGES {
            for sheet in SHEETS {
                for gap in (sheet.gaps)(&sample::view(&snapshot, language)) {
                    assert!(!gap.contains('⟨') && !gap.contains('{'), "{}: {gap}", sheet.key);
                }
            }
        }
    }

    #[test]
    fn names_of_sheets_fit_on_a_tab_and_are_unique() {
        for language in LANGUAGES {
            let titles: BTreeSet<String> =
                SHEETS.iter().map(|it| language.wording().text(it.title)).collect();
            assert_eq!(titles.len(), SHEETS.len());
            for title in titles {
                assert!(title.chars().count() <= 31, "{title}");
            }
        }
    }

    #[test]
    fn every_sheet_has_a_place_of_its_own() {
        let places: Vec<u8> = in_order().iter().map(|it| it.place).collect();
        assert_eq!(places, (1..=43).collect::<Vec<u8>>());
    }

    /// What an import relies on. A key may be added; one that is renamed or gone breaks workbooks
    /// that people have filled in.
    #[test]
    fn keys_and_origins_are_those_of_the_list() {
        let mut lines = Vec::new();
        for sheet in in_order() {
            for column in sheet.columns_shown() {
                let origin = format!("{:?}", column.origin).to_lowercase();
                lines.push(format!("{} {} {origin}", sheet.key, column.key));
            }
        }
        let listed: Vec<&str> = include_str!("../keys.txt").lines().collect();
        assert_eq!(lines, listed, "write the new list to collector/inventory/src/export/keys.txt");
        let declared: Vec<&str> =
            SHEETS.iter().flat_map(|it| it.columns).map(|it| it.key).collect();
        let unique: BTreeSet<&str> = declared.iter().copied().collect();
        assert_eq!(unique.len(), declared.len());
    }
}
