//! One file per sheet. A new sheet is one file and two lines here.

mod accounts;
mod applications;
mod certificates;
mod changes;
mod connections;
mod cover;
mod data_quality;
mod document_control;
mod firmware;
mod information;
mod licences;
mod network_plan;
mod networks;
mod organisation;
mod processes;
mod providers;
mod roles;
mod services;
mod software;
mod software_per_system;
mod systems;
mod traceability;

use super::sheet::Sheet;

/// All sheets, sorted by key. Their order in the workbook is [`in_order`].
pub const SHEETS: &[&Sheet] = &[
    &accounts::SHEET,
    &applications::SHEET,
    &certificates::SHEET,
    &changes::SHEET,
    &connections::SHEET,
    &cover::SHEET,
    &data_quality::SHEET,
    &document_control::SHEET,
    &firmware::SHEET,
    &information::SHEET,
    &licences::SHEET,
    &network_plan::SHEET,
    &networks::SHEET,
    &organisation::SHEET,
    &processes::SHEET,
    &providers::SHEET,
    &roles::SHEET,
    &services::SHEET,
    &software::SHEET,
    &software_per_system::SHEET,
    &systems::SHEET,
    &traceability::SHEET,
];

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
                let rows = (sheet.rows)(&sample::view(&snapshot, Language::German));
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
                for row in (sheet.rows)(&sample::view(&snapshot, language)) {
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
}
