//! The whole workbook in memory: sheets in order, links between them, hidden sheets, properties.

use std::collections::HashSet;

use inventory::export::Layout;
use inventory::export::Plan;
use inventory::export::Row;
use inventory::export::Sheet;
use inventory::export::View;
use inventory::export::in_order;
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, Image, Workbook, Worksheet, XlsxError,
};

use super::cells::Places;
use super::cover;
use super::error::WorkbookError;
use super::hidden;
use super::picture;
use super::table::{self, Frame, HEAD_ROWS};
use super::text;

/// Spreadsheets hold 1,048,576 rows in a sheet; what is more continues in a second one.
const ROWS_PER_TAB_MAX: usize = 1_048_000;
/// The plan is drawn with so many pixels per unit, so that it stays sharp on paper.
const PLAN_SCALE: f32 = 2.0;
/// Width of the plan on its sheet: that of the table below it, in pixels.
const PLAN_WIDTH: f64 = 1080.0;
/// The tallest plan that fits one page above the table.
const PLAN_HEIGHT_MAX: f64 = 640.0;
/// Less than the usual 6: half the time of packing for a file that is a fortieth larger.
const COMPRESSION: u8 = 4;
/// Height of a row of ordinary text, in pixels.
const ROW_PIXELS: f64 = 17.0;

/// One tab: a sheet, or a part of one that is too long.
struct Tab<'v> {
    sheet: &'static Sheet,
    name: String,
    rows: &'v [Row],
    free_rows: u32,
}

/// Rows per sheet, by the key of the sheet, in the order of the workbook.
pub(super) type RowCounts = Vec<(&'static str, usize)>;

/// The file, and the rows per sheet.
pub(super) fn build(view: &View<'_>, plan: &Plan) -> Result<(Vec<u8>, RowCounts), WorkbookError> {
    build_with(view, plan, ROWS_PER_TAB_MAX)
}

fn build_with(
    view: &View<'_>,
    plan: &Plan,
    rows_per_tab: usize,
) -> Result<(Vec<u8>, RowCounts), WorkbookError> {
    let sheets = in_order();
    let tabs = tabs(view, &sheets, plan, rows_per_tab);
    let places = places(&tabs);
    let mut workbook = Workbook::new();
    workbook.set_zip_compression_level(COMPRESSION);
    // Column widths are counted in digits of the default font: one that every machine has in equal
    // widths, so that the layout is the same everywhere.
    let default = Format::new().set_font_name("Arial").set_font_size(10);
    let hidden = |source| WorkbookError::Sheet { sheet: hidden::META_NAME.to_owned(), source };
    workbook.set_default_format(&default, 17, 64).map_err(hidden)?;
    for tab in &tabs {
        let worksheet = workbook.add_worksheet();
        draw(worksheet, view, plan, &places, tab, &tabs)?;
    }
    hidden::lists(&mut workbook, view).map_err(hidden)?;
    hidden::meta(workbook.add_worksheet(), view, &sheets).map_err(hidden)?;
    workbook.set_properties(&properties(view).map_err(hidden)?);
    let bytes = workbook.save_to_buffer().map_err(hidden)?;
    Ok((bytes, sheets.iter().map(|it| (it.key, view.rows(it).len())).collect()))
}

fn tabs<'v>(
    view: &'v View<'_>,
    sheets: &[&'static Sheet],
    plan: &Plan,
    rows_per_tab: usize,
) -> Vec<Tab<'v>> {
    let mut tabs = Vec::new();
    for sheet in sheets {
        let rows = view.rows(sheet);
        let title = view.text(sheet.title);
        let free_rows = if sheet.layout == Layout::Plan { plan_rows(plan) } else { 0 };
        let parts: Vec<&[Row]> =
            if rows.is_empty() { vec![rows] } else { rows.chunks(rows_per_tab.max(1)).collect() };
        for (part, rows) in (1..).zip(parts) {
            tabs.push(Tab { sheet, name: text::sheet_name(&title, part), rows, free_rows });
        }
    }
    tabs
}

/// Where every row that a link leads to stands in the file.
fn places(tabs: &[Tab<'_>]) -> Places {
    let cells = tabs.iter().flat_map(|it| it.rows).flat_map(|it| &it.cells);
    let targets: HashSet<&'static str> =
        cells.filter_map(|it| it.target()).map(|it| it.sheet).collect();
    let mut places = Places::new();
    for tab in tabs {
        places.entry((tab.sheet.key, None)).or_insert_with(|| internal(&tab.name, 1));
        if !targets.contains(tab.sheet.key) {
            continue;
        }
        for (row, content) in (HEAD_ROWS + tab.free_rows + 1..).zip(tab.rows) {
            places.insert((tab.sheet.key, Some(content.id.clone())), internal(&tab.name, row));
        }
    }
    places
}

fn internal(name: &str, row: u32) -> String {
    format!("internal:'{name}'!A{row}")
}

fn draw(
    worksheet: &mut Worksheet,
    view: &View<'_>,
    plan: &Plan,
    places: &Places,
    tab: &Tab<'_>,
    tabs: &[Tab<'_>],
) -> Result<(), WorkbookError> {
    let failed = |source| WorkbookError::Sheet { sheet: tab.name.clone(), source };
    if tab.sheet.layout == Layout::Cover {
        let contents: Vec<(&Sheet, &str)> =
            tabs.iter().map(|it| (it.sheet, it.name.as_str())).collect();
        return cover::draw(worksheet, view, &tab.name, tab.sheet, &contents).map_err(failed);
    }
    let cover = tabs.first().map_or_else(String::new, |it| internal(&it.name, 1));
    let frame = Frame { name: &tab.name, free_rows: tab.free_rows, cover: &cover };
    table::draw(worksheet, view, places, &frame, tab.sheet, tab.rows).map_err(failed)?;
    if tab.sheet.layout == Layout::Plan {
        let png = picture::png(plan.svg(), PLAN_SCALE)?;
        insert(worksheet, view, plan, tab, &png).map_err(failed)?;
    }
    if tab.sheet.layout == Layout::Hidden {
        worksheet.set_hidden(true);
    }
    Ok(())
}

/// Size of the plan on its sheet, in pixels: as wide as the table, unless it were too tall.
fn plan_size(plan: &Plan) -> (f64, f64) {
    let (width, height) = plan.size();
    let (width, height) = (f64::from(width.max(1)), f64::from(height.max(1)));
    let scale = (PLAN_WIDTH / width).min(PLAN_HEIGHT_MAX / height).min(1.0);
    (width * scale, height * scale)
}

/// How many rows the plan covers.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a height of at most PLAN_HEIGHT_MAX pixels"
)]
fn plan_rows(plan: &Plan) -> u32 {
    (plan_size(plan).1 / ROW_PIXELS).ceil() as u32 + 1
}

fn insert(
    worksheet: &mut Worksheet,
    view: &View<'_>,
    plan: &Plan,
    tab: &Tab<'_>,
    png: &[u8],
) -> Result<(), XlsxError> {
    let (width, height) = plan_size(plan);
    let image = Image::new_from_buffer(png)?
        .set_scale_to_size(width, height, true)
        .set_alt_text(text::clean(&view.text(tab.sheet.subtitle)));
    worksheet.insert_image_with_offset(2, 0, &image, 4, 4)?;
    // The table begins on a page of its own.
    worksheet.set_page_breaks(&[2 + tab.free_rows])?;
    Ok(())
}

fn properties(view: &View<'_>) -> Result<DocProperties, XlsxError> {
    let stamp = &view.snapshot().stamp;
    let at = stamp.as_of.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let title = format!("{} – {}", view.text("workbook-cover-title"), view.company());
    Ok(DocProperties::new()
        .set_title(text::clean(&title))
        .set_subject(text::clean(&view.text("workbook-cover-lead")))
        .set_company(text::clean(&view.company()))
        .set_author(format!("Kataster {}", text::clean(&stamp.software_version)))
        .set_status(view.text("workbook-draft"))
        .set_category(text::clean(&view.classification()))
        .set_creation_datetime(&ExcelDateTime::parse_from_str(&at)?)
        .set_custom_property("kataster_export_id", stamp.id.to_string())
        .set_custom_property("kataster_export_number", stamp.number.to_string())
        .set_custom_property("kataster_format_version", hidden::FORMAT_VERSION))
}
