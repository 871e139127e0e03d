//! A sheet that is a table: title, subtitle, origins, hidden keys, headings, rows.

use std::borrow::Cow;

use inventory::export::Cell;
use inventory::export::Column;
use inventory::export::Kind;
use inventory::export::List;
use inventory::export::Origin;
use inventory::export::Row;
use inventory::export::View;
use rust_xlsxwriter::{
    ConditionalFormatBlank, ConditionalFormatCell, ConditionalFormatCellRule,
    ConditionalFormatFormula, DataValidation, Formula, ProtectionOptions, Url, Worksheet,
    XlsxError, column_number_to_name,
};

use super::cells::{CellWriter, Places};
use super::looks;
use super::paper;
use super::survey::Surveyed;
use super::text;

/// Rows above the data: title, subtitle, origins, hidden keys, headings.
pub(super) const HEAD_ROWS: u32 = 5;
/// Height of one line of Arial 9, in points.
const LINE_POINTS: f64 = 12.0;
/// The tallest row that spreadsheets allow is 409 points.
const LINES_MAX: f64 = 30.0;
/// How wide title and subtitle may spread, in characters.
const TITLE_WIDTH: u16 = 150;
const ID_WIDTH_MAX: u16 = 30;
/// The widest block of key columns that stays in sight.
const FROZEN_WIDTH_MAX: u16 = 50;

/// Where and under which name a table is drawn.
pub(super) struct Frame<'f> {
    /// Name on the tab.
    pub(super) name: &'f str,
    /// Rows left free between subtitle and origins, for a picture.
    pub(super) free_rows: u32,
    /// The link to the cover.
    pub(super) cover: &'f str,
    /// What is shown.
    pub(super) surveyed: &'f Surveyed,
    /// How many of its rows.
    pub(super) rows: usize,
}

impl Frame<'_> {
    /// The row of the file, counted from 0, in which data begins.
    pub(super) const fn first_row(&self) -> u32 {
        HEAD_ROWS + self.free_rows
    }
}

/// Draws a table.
pub(super) fn draw(
    worksheet: &mut Worksheet,
    view: &View<'_>,
    places: &Places,
    frame: &Frame<'_>,
    rows: &mut dyn Iterator<Item = Cow<'_, Row>>,
) -> Result<(), XlsxError> {
    let columns = columns(view, frame.surveyed);
    let keys = keys(&columns);
    let widths: Vec<f64> = columns.iter().map(|it| paper::pixels(it.width)).collect();
    let paper = paper::paper_for(&widths, usize::from(keys));
    worksheet.set_name(frame.name)?.set_screen_gridlines(false);
    for (number, column) in (0..).zip(&columns) {
        worksheet.set_column_width(number, f64::from(column.width))?;
        if column.is_editable() {
            worksheet.set_column_format(number, &looks::room_for_entries(column.kind))?;
        }
    }
    // Key columns are repeated on every page of a wide sheet, and would repeat a cut title.
    head(worksheet, view, frame, &columns, if paper.is_split() { keys } else { 0 })?;
    headings(worksheet, view, frame, &columns)?;
    if frame.rows == 0 {
        explain(worksheet, view, frame, &columns)?;
    } else {
        let last_row = body(worksheet, view, places, frame, &columns, rows)?;
        assist(worksheet, view, &columns, frame.first_row(), last_row)?;
    }
    protect(worksheet);
    worksheet.set_freeze_panes(frame.first_row(), if frame.free_rows == 0 { keys } else { 0 })?;
    let heading_row = frame.first_row() - 1;
    if frame.free_rows == 0 {
        worksheet.set_repeat_rows(heading_row, heading_row)?;
        if keys > 0 {
            worksheet.set_repeat_columns(0, keys - 1)?;
        }
    }
    paper::set_up(worksheet, view, &paper, frame.name)
}

/// The columns, each at least as wide as the words of its heading, and the first as its ids.
fn columns(view: &View<'_>, surveyed: &Surveyed) -> Vec<Column> {
    let mut columns = surveyed.sheet.columns_shown();
    for column in &mut columns {
        column.width = column.width.max(text::heading_width(&view.text(column.message)));
    }
    if let Some(first) = columns.first_mut().filter(|it| it.origin == Origin::Key) {
        first.width = first.width.max(surveyed.id_width).min(ID_WIDTH_MAX);
    }
    columns
}

/// How many key columns at the left stay in sight.
fn keys(columns: &[Column]) -> u16 {
    let mut width = 0;
    let stays = |it: &&Column| {
        width += it.width;
        it.origin == Origin::Key && width <= FROZEN_WIDTH_MAX
    };
    u16::try_from(columns.iter().take_while(stays).count()).unwrap_or(0)
}

/// Title with the way back, and the subtitle with everything that was not looked at, from the
/// column `first` on.
fn head(
    worksheet: &mut Worksheet,
    view: &View<'_>,
    frame: &Frame<'_>,
    columns: &[Column],
    first: u16,
) -> Result<(), XlsxError> {
    let surveyed = frame.surveyed;
    let mut room = 0;
    let within = |it: &&Column| {
        room += it.width;
        room <= TITLE_WIDTH
    };
    let spread = columns.iter().skip(usize::from(first)).take_while(within).count().max(1);
    let last = first + u16::try_from(spread).unwrap_or(1) - 1;
    let room: u16 = columns.iter().skip(usize::from(first)).take(spread).map(|it| it.width).sum();

    worksheet.write_string_with_format(0, first, frame.name, &looks::title())?;
    worksheet.set_row_height(0, 24)?;
    let back = Url::new(frame.cover).set_text(format!("« {}", view.text("workbook-cover")));
    worksheet.write_url_with_format(0, last.max(first + 1), back, &looks::back_link())?;

    let mut said = vec![subtitle(view, surveyed)];
    said.extend((surveyed.sheet.gaps)(view).iter().map(|it| format!("• {it}")));
    let said = text::clean(&said.join("\n"));
    let lines = text::lines(&said, f64::from(room)).min(LINES_MAX);
    if last > first {
        worksheet.merge_range(1, first, 1, last, &said, &looks::subtitle())?;
    } else {
        worksheet.write_string_with_format(1, first, &said, &looks::subtitle())?;
    }
    worksheet.set_row_height(1, LINE_POINTS.mul_add(lines, 4.0))?;
    Ok(())
}

/// What the sheet shows, as of when, and how many rows.
fn subtitle(view: &View<'_>, surveyed: &Surveyed) -> String {
    let at = view.instant_text(view.snapshot().stamp.as_of);
    let arguments = [("at", at.into()), ("rows", surveyed.rows.into())];
    let as_of = view.wording().text_with("workbook-subtitle-as-of", &arguments);
    format!("{} · {as_of}", view.text(surveyed.sheet.subtitle))
}

/// Origins, hidden keys and headings.
fn headings(
    worksheet: &mut Worksheet,
    view: &View<'_>,
    frame: &Frame<'_>,
    columns: &[Column],
) -> Result<(), XlsxError> {
    let row = frame.first_row();
    // Row after row: one that is left is written to the file, and cannot be changed.
    for (number, column) in (0..).zip(columns) {
        let origin = view.text(origin_message(column.origin));
        worksheet.write_string_with_format(row - 3, number, origin, &looks::band(column.origin))?;
    }
    worksheet.set_row_height(row - 3, 11)?;
    for (number, column) in (0..).zip(columns) {
        worksheet.write_string(row - 2, number, column.key)?;
    }
    worksheet.set_row_hidden(row - 2)?;
    let mut lines = 1.0_f64;
    for (number, column) in (0..).zip(columns) {
        let heading = text::clean(&view.text(column.message));
        lines = lines.max(text::lines(&heading, f64::from(column.width) * 0.85));
        worksheet.write_string_with_format(row - 1, number, heading, &looks::heading())?;
    }
    worksheet.set_row_height(row - 1, LINE_POINTS.mul_add(lines.min(LINES_MAX), 8.0))?;
    Ok(())
}

pub(super) const fn origin_message(origin: Origin) -> &'static str {
    match origin {
        Origin::Agent => "workbook-origin-agent",
        Origin::Scan => "workbook-origin-scan",
        Origin::ByHand => "workbook-origin-by-hand",
        Origin::Computed => "workbook-origin-computed",
        Origin::Key => "workbook-origin-key",
    }
}

/// Why there are no rows.
fn explain(
    worksheet: &mut Worksheet,
    view: &View<'_>,
    frame: &Frame<'_>,
    columns: &[Column],
) -> Result<(), XlsxError> {
    let first = frame.first_row();
    let last = u16::try_from(columns.len()).unwrap_or(1).max(1) - 1;
    let why = text::clean(&view.text(frame.surveyed.sheet.empty));
    let room: u16 = columns.iter().map(|it| it.width).sum();
    if last > 0 {
        worksheet.merge_range(first, 0, first, last, &why, &looks::explanation())?;
    } else {
        worksheet.write_string_with_format(first, 0, &why, &looks::explanation())?;
    }
    let lines = text::lines(&why, f64::from(room)).min(LINES_MAX);
    worksheet.set_row_height(first, LINE_POINTS.mul_add(lines, 8.0))?;
    Ok(())
}

/// The rows. Gives the last row used.
fn body(
    worksheet: &mut Worksheet,
    view: &View<'_>,
    places: &Places,
    frame: &Frame<'_>,
    columns: &[Column],
    rows: &mut dyn Iterator<Item = Cow<'_, Row>>,
) -> Result<u32, XlsxError> {
    let first = frame.first_row();
    let mut writer = CellWriter::new(view, places);
    let mut last = first;
    for (number, row) in (first..).zip(rows) {
        let evidence: Vec<Cell> = frame.surveyed.sheet.evidence_cells(view, &row);
        let mut lines = 1.0_f64;
        for ((place, column), cell) in (0..).zip(columns).zip(row.cells.iter().chain(&evidence)) {
            let taken = writer.write(worksheet, (number, place), column, columns, cell)?;
            lines = lines.max(taken);
        }
        if lines > 1.0 {
            let height = LINE_POINTS.mul_add(lines.min(LINES_MAX), 3.0);
            worksheet.set_row_height(number, height)?;
        }
        last = number;
    }
    // rust_xlsxwriter 0.102 writes the last row of a tab that waits in a file twice, if it has a height: an empty
    // one behind it has none.
    worksheet.write_blank(last + 1, 0, &looks::base())?;
    let last_column = u16::try_from(columns.len()).unwrap_or(1).max(1) - 1;
    worksheet.autofilter(first - 1, 0, last, last_column)?;
    Ok(last)
}

/// Drop-downs and colours that help a person.
fn assist(
    worksheet: &mut Worksheet,
    view: &View<'_>,
    columns: &[Column],
    first: u32,
    last: u32,
) -> Result<(), XlsxError> {
    for (number, column) in (0..).zip(columns) {
        if let (true, Some(list)) = (column.is_editable(), column.list)
            && !list.entries(view).is_empty()
        {
            let choice = DataValidation::new()
                .allow_list_formula(Formula::new(format!("=L_{}", list.key())));
            worksheet.add_data_validation(first, number, last, number, &choice)?;
        }
        if column.is_editable() && column.is_mandatory {
            let open = ConditionalFormatBlank::new().set_format(looks::condition(looks::RED));
            worksheet.add_conditional_format(first, number, last, number, &open)?;
        }
        if column.list == Some(List::Need) {
            need_colors(worksheet, view, (first, last), number)?;
        }
        if let Some(days) = column.warning_days {
            expiry_colors(worksheet, view, (first, last), number, days)?;
        }
        if column.kind == Kind::Number && column.origin == Origin::Computed {
            let below = ConditionalFormatCell::new()
                .set_rule(ConditionalFormatCellRule::LessThan(0))
                .set_format(looks::condition(looks::RED));
            worksheet.add_conditional_format(first, number, last, number, &below)?;
        }
    }
    Ok(())
}

fn need_colors(
    worksheet: &mut Worksheet,
    view: &View<'_>,
    (first, last): (u32, u32),
    column: u16,
) -> Result<(), XlsxError> {
    let colors = [("normal", looks::GREEN), ("high", looks::AMBER), ("very_high", looks::RED)];
    for (code, color) in colors {
        let word = List::Need.message(code).map(|it| view.text(it)).unwrap_or_default();
        let rule = ConditionalFormatCell::new()
            .set_rule(ConditionalFormatCellRule::EqualTo(word))
            .set_format(looks::condition(color));
        worksheet.add_conditional_format(first, column, last, column, &rule)?;
    }
    Ok(())
}

/// Past is red, soon is amber: measured from the moment of the export, not from today.
fn expiry_colors(
    worksheet: &mut Worksheet,
    view: &View<'_>,
    (first, last): (u32, u32),
    column: u16,
    days: u16,
) -> Result<(), XlsxError> {
    let day = view.day(view.snapshot().stamp.as_of);
    let cell = format!("{}{}", column_number_to_name(column), first + 1);
    let date = format!("DATE({},{},{})", day.year(), day.month(), day.day());
    let rules = [
        (format!("=AND(ISNUMBER({cell}),{cell}<{date})"), looks::RED),
        (format!("=AND(ISNUMBER({cell}),{cell}<{date}+{days})"), looks::AMBER),
    ];
    for (rule, color) in rules {
        let rule = ConditionalFormatFormula::new()
            .set_rule(rule.as_str())
            .set_format(looks::condition(color))
            .set_stop_if_true(true);
        worksheet.add_conditional_format(first, column, last, column, &rule)?;
    }
    Ok(())
}

/// Guard rails, not a lock: no password; sorting, filtering and sizing stay possible.
pub(super) fn protect(worksheet: &mut Worksheet) {
    worksheet.protect_with_options(&ProtectionOptions {
        format_columns: true,
        format_rows: true,
        insert_rows: true,
        sort: true,
        use_autofilter: true,
        ..ProtectionOptions::default()
    });
}
