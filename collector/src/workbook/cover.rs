//! The cover: title band, document control, figures, contents, legend.

use inventory::export::Origin;
use inventory::export::Row;
use inventory::export::Sheet;
use inventory::export::Tile;
use inventory::export::Tone;
use inventory::export::Value;
use inventory::export::View;
use inventory::export::tiles;
use rust_xlsxwriter::{
    Color, Format, FormatAlign, FormatBorder, FormatUnderline, Url, Worksheet, XlsxError,
};

use super::looks;
use super::paper;
use super::table::{origin_message, protect};
use super::text;

/// Widths of the columns: hidden keys, label, value, gap, two tiles.
const WIDTHS: [u16; 8] = [2, 26, 46, 20, 3, 20, 2, 20];
const LABEL: u16 = 1;
const VALUE: u16 = 2;
const VALUE_END: u16 = 3;
const TILE: u16 = 5;
const LAST: u16 = 7;
/// Characters of one line from label to the last column.
const TEXT_WIDTH: f64 = 122.0;
const LINE_POINTS: f64 = 12.0;

/// Draws the cover. `contents` names the tabs in order.
pub(super) fn draw(
    worksheet: &mut Worksheet,
    view: &View<'_>,
    name: &str,
    sheet: &Sheet,
    contents: &[(&Sheet, &str)],
) -> Result<(), XlsxError> {
    worksheet.set_name(name)?.set_screen_gridlines(false);
    for (column, width) in (0..).zip(WIDTHS) {
        worksheet.set_column_width(column, f64::from(width))?;
    }
    band(worksheet, view)?;
    section(worksheet, 4, LABEL, &view.text("workbook-cover-control"))?;
    section(worksheet, 4, TILE, &view.text("workbook-cover-glance"))?;
    figures(worksheet, view)?;
    let row = fields(worksheet, view, view.rows(sheet))?;
    let row = list_of_contents(worksheet, view, contents, row + 1)?;
    let row = legend(worksheet, view, row + 1)?;
    let row = third_parties(worksheet, view, row + 1)?;
    // The keys of the fields stand where an import finds them and no reader does.
    worksheet.set_column_hidden(0)?;
    protect(worksheet);
    worksheet.set_print_area(0, 0, row, LAST)?;
    let widths: Vec<f64> = WIDTHS.iter().skip(1).map(|it| paper::pixels(*it)).collect();
    paper::set_up(worksheet, view, &paper::paper_for(&widths, 0), name)
}

/// Dark band with title, company and classification.
fn band(worksheet: &mut Worksheet, view: &View<'_>) -> Result<(), XlsxError> {
    let dark = looks::base().set_background_color(looks::DARK).set_font_color(looks::WHITE);
    for row in 0..3 {
        for column in 1..=LAST {
            worksheet.write_blank(row, column, &dark)?;
        }
    }
    let title = dark.clone().set_font_size(20).set_bold().set_indent(1);
    worksheet.write_string_with_format(0, LABEL, view.text("workbook-cover-title"), &title)?;
    let lead = format!("{} · {}", view.text("workbook-cover-lead"), view.company());
    let lead_format = dark.clone().set_font_size(11).set_indent(1);
    worksheet.write_string_with_format(1, LABEL, text::clean(&lead), &lead_format)?;
    let mark = dark.set_bold().set_font_color(looks::YELLOW).set_align(FormatAlign::Right);
    let classification = view.classification().to_uppercase();
    worksheet.merge_range(0, TILE, 0, LAST, &classification, &mark)?;
    let draft = view.text("workbook-draft").to_uppercase();
    worksheet.merge_range(1, TILE, 1, LAST, &draft, &mark)?;
    worksheet.set_row_height(0, 36)?.set_row_height(1, 20)?.set_row_height(2, 8)?;
    Ok(())
}

fn section(worksheet: &mut Worksheet, row: u32, column: u16, title: &str) -> Result<(), XlsxError> {
    let format = looks::base().set_bold().set_font_size(11).set_font_color(looks::DARK);
    worksheet.write_string_with_format(row, column, title, &format)?;
    worksheet.set_row_height(row, 20)?;
    Ok(())
}

fn label() -> Format {
    looks::base()
        .set_font_color(Color::RGB(0x6B_72_80))
        .set_border_bottom(FormatBorder::Thin)
        .set_border_bottom_color(Color::RGB(0xD0_D4_DA))
        .set_align(FormatAlign::Top)
}

/// The document control block. Gives the first row below it.
fn fields(worksheet: &mut Worksheet, view: &View<'_>, rows: &[Row]) -> Result<u32, XlsxError> {
    let mut at = 5;
    for row in rows {
        let [name, computed, stated] = row.cells.as_slice() else { continue };
        let is_by_hand = *computed.value() == Value::Nothing;
        let shown = if is_by_hand { stated } else { computed };
        let said = text::clean(&view.value_text(shown.value()));
        let mut format = label().set_font_color(Color::Black).set_text_wrap().set_indent(1);
        if is_by_hand {
            format = format.set_background_color(looks::YELLOW).set_unlocked();
        }
        worksheet.write_string(at, 0, format!("cover.{}", row.id))?;
        worksheet.write_string_with_format(at, LABEL, view.value_text(name.value()), &label())?;
        worksheet.merge_range(at, VALUE, at, VALUE_END, &said, &format)?;
        let width = f64::from(WIDTHS.iter().skip(2).take(2).sum::<u16>());
        let lines = text::lines(&said, width);
        worksheet.set_row_height(at, LINE_POINTS.mul_add(lines, 4.0))?;
        at += 1;
    }
    Ok(at)
}

/// The six figures, in pairs beside the document control block.
fn figures(worksheet: &mut Worksheet, view: &View<'_>) -> Result<(), XlsxError> {
    let tiles = tiles(view);
    for (pair, row) in tiles.chunks(2).zip([5, 9, 13]) {
        for (tile, column) in pair.iter().zip([TILE, LAST]) {
            figure(worksheet, view, tile, row, column)?;
        }
    }
    Ok(())
}

fn figure(
    worksheet: &mut Worksheet,
    view: &View<'_>,
    tile: &Tile,
    row: u32,
    column: u16,
) -> Result<(), XlsxError> {
    let color = match tile.tone {
        Tone::Good => looks::GREEN,
        Tone::Neutral => looks::BLUE,
        Tone::Warning => looks::AMBER,
        Tone::Absent => looks::GREY,
    };
    let size = if tile.tone == Tone::Absent { 10 } else { 16 };
    let base = looks::base().set_background_color(color).set_align(FormatAlign::Center);
    worksheet.merge_range(row, column, row + 1, column, "", &base)?;
    let number = base.clone().set_bold().set_font_size(size);
    if let Value::Number(it) = &tile.value {
        let number = looks::whole(number);
        worksheet.write_number_with_format(row, column, *it, &number)?;
    } else {
        worksheet.write_string_with_format(row, column, view.value_text(&tile.value), &number)?;
    }
    let caption = base.set_font_size(8).set_align(FormatAlign::Top).set_text_wrap();
    worksheet.write_string_with_format(row + 2, column, text::clean(&tile.label), &caption)?;
    Ok(())
}

/// Links to all sheets with what they show, the rules they serve and their rows.
fn list_of_contents(
    worksheet: &mut Worksheet,
    view: &View<'_>,
    contents: &[(&Sheet, &str)],
    mut row: u32,
) -> Result<u32, XlsxError> {
    section(worksheet, row, LABEL, &view.text("workbook-cover-contents"))?;
    let line = label();
    let link = looks::back_link()
        .set_align(FormatAlign::Top)
        .set_underline(FormatUnderline::Single)
        .set_border_bottom(FormatBorder::Thin)
        .set_border_bottom_color(Color::RGB(0xD0_D4_DA));
    for (sheet, name) in contents.iter().skip(1) {
        row += 1;
        let url = Url::new(format!("internal:'{name}'!A1")).set_text(*name);
        worksheet.write_url_with_format(row, LABEL, url, &link)?;
        let about = text::clean(&view.text(sheet.subtitle));
        let about_format = line.clone().set_font_color(Color::Black).set_text_wrap();
        worksheet.merge_range(row, VALUE, row, VALUE_END, &about, &about_format)?;
        let width = f64::from(WIDTHS.iter().skip(2).take(2).sum::<u16>());
        let lines = text::lines(&about, width);
        worksheet.set_row_height(row, LINE_POINTS.mul_add(lines, 3.0))?;
        worksheet.write_blank(row, VALUE_END + 1, &line)?;
        let rules: Vec<String> = sheet.rules.iter().map(ToString::to_string).collect();
        let arguments = [("count", rules.len().into()), ("rules", rules.join(", ").into())];
        let rules = view.wording().text_with("workbook-cover-rules", &arguments);
        worksheet.write_string_with_format(row, TILE, rules, &line)?;
        worksheet.write_blank(row, TILE + 1, &line)?;
        let count = view.count(sheet);
        let rows = match count {
            0 => view.text("workbook-cover-no-rows"),
            _ => view.wording().text_with("workbook-cover-rows", &[("count", count.into())]),
        };
        worksheet.write_string_with_format(row, LAST, rows, &line)?;
    }
    Ok(row + 1)
}

/// What the colours and the words for missing values mean.
fn legend(worksheet: &mut Worksheet, view: &View<'_>, mut row: u32) -> Result<u32, XlsxError> {
    section(worksheet, row, LABEL, &view.text("workbook-cover-how"))?;
    let origins = [
        (Origin::ByHand, "workbook-cover-how-by-hand"),
        (Origin::Agent, "workbook-cover-how-agent"),
        (Origin::Scan, "workbook-cover-how-scan"),
        (Origin::Computed, "workbook-cover-how-computed"),
        (Origin::Key, "workbook-cover-how-key"),
    ];
    for (origin, message) in origins {
        row += 1;
        let sample = looks::base()
            .set_background_color(looks::band_color(origin))
            .set_align(FormatAlign::Center);
        let word = view.text(origin_message(origin));
        worksheet.write_string_with_format(row, LABEL, word, &sample)?;
        explain(worksheet, row, VALUE, &view.text(message))?;
    }
    for message in ["workbook-cover-how-words", "workbook-cover-how-draft"] {
        row += 1;
        explain(worksheet, row, VALUE, &view.text(message))?;
    }
    Ok(row + 1)
}

fn third_parties(worksheet: &mut Worksheet, view: &View<'_>, row: u32) -> Result<u32, XlsxError> {
    section(worksheet, row, LABEL, &view.text("workbook-cover-licences"))?;
    explain(worksheet, row + 1, VALUE, &view.text("workbook-cover-licences-text"))?;
    Ok(row + 1)
}

/// A wrapped text from a column to the right edge.
fn explain(worksheet: &mut Worksheet, row: u32, column: u16, said: &str) -> Result<(), XlsxError> {
    let format = looks::base().set_text_wrap().set_align(FormatAlign::Top).set_indent(1);
    worksheet.merge_range(row, column, row, LAST, said, &format)?;
    let lines = text::lines(said, TEXT_WIDTH);
    worksheet.set_row_height(row, LINE_POINTS.mul_add(lines, 4.0))?;
    Ok(())
}
