//! The hidden sheets: what drop-downs offer, and what an import needs to know of the export.

use inventory::export::List;
use inventory::export::Profile;
use inventory::export::View;
use rust_xlsxwriter::{Workbook, Worksheet, XlsxError, column_number_to_name};
use wording::Language;

use super::looks;
use super::survey::Surveyed;
use super::text;

/// Name of the sheet with what the program needs to know; the same in every language.
pub(super) const META_NAME: &str = "_meta";
/// Version of the conventions that a workbook follows.
pub(super) const FORMAT_VERSION: &str = "1";

/// The sheet of lists and the names by which drop-downs reach them.
pub(super) fn lists(workbook: &mut Workbook, view: &View<'_>) -> Result<(), XlsxError> {
    let name = text::sheet_name(&view.text("workbook-lists"), 1);
    let mut names = Vec::new();
    let worksheet = workbook.add_worksheet();
    worksheet.set_name(&name)?.set_hidden(true);
    for (column, list) in (0..).zip(List::ALL) {
        worksheet.set_column_width(column, 24)?;
        worksheet.write_string_with_format(0, column, list.key(), &looks::heading())?;
        let entries = list.entries(view);
        for (row, entry) in (1..).zip(&entries) {
            worksheet.write_string_with_format(row, column, text::clean(entry), &looks::base())?;
        }
        if !entries.is_empty() {
            let letter = column_number_to_name(column);
            let range = format!("='{name}'!${letter}$2:${letter}${}", entries.len() + 1);
            names.push((format!("L_{}", list.key()), range));
        }
    }
    for (name, range) in names {
        workbook.define_name(name, &range)?;
    }
    Ok(())
}

/// The sheet that says which export this is and what it held.
pub(super) fn meta(
    worksheet: &mut Worksheet,
    view: &View<'_>,
    sheets: &[Surveyed],
) -> Result<(), XlsxError> {
    worksheet.set_name(META_NAME)?.set_hidden(true);
    worksheet.set_column_width(0, 34)?.set_column_width(1, 80)?;
    for (row, (key, value)) in (0..).zip(entries(view, sheets)) {
        worksheet.write_string_with_format(row, 0, key, &looks::base())?;
        worksheet.write_string_with_format(row, 1, value, &looks::base())?;
    }
    Ok(())
}

fn entries(view: &View<'_>, sheets: &[Surveyed]) -> Vec<(String, String)> {
    let stamp = &view.snapshot().stamp;
    let language = match view.language() {
        Language::German => "de",
        Language::English => "en",
    };
    let previous = stamp.previous.as_ref().map_or_else(|| "none".to_owned(), |it| it.0.to_string());
    let mut entries: Vec<(String, String)> = [
        ("format_version", FORMAT_VERSION.to_owned()),
        ("export_id", stamp.id.to_string()),
        ("export_number", stamp.number.to_string()),
        ("base_as_of", stamp.as_of.to_string()),
        ("previous_export_id", previous),
        ("status", "draft".to_owned()),
        ("language", language.to_owned()),
        ("profile", stamp.profile.map_or("all", Profile::code).to_owned()),
        ("time_zone", stamp.time_zone.clone()),
        ("software_version", stamp.software_version.clone()),
    ]
    .map(|(key, value)| (key.to_owned(), text::clean(&value)))
    .into();
    for Surveyed { sheet, rows, keys_hash, .. } in sheets {
        entries.push((format!("rows.{}", sheet.key), rows.to_string()));
        entries.push((format!("keys_sha256.{}", sheet.key), keys_hash.clone()));
    }
    entries
}
