//! The whole workbook: sheets in order, links between them, hidden sheets, properties.

use std::borrow::Cow;
use std::io::Write;
use std::path::Path;

use inventory::export::Layout;
use inventory::export::Plan;
use inventory::export::Row;
use inventory::export::Sheet;
use inventory::export::View;
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, Image, Workbook, Worksheet, XlsxError,
};

use super::cells::{Places, internal};
use super::cover;
use super::error::WorkbookError;
use super::hidden;
use super::picture;
use super::survey::{Surveyed, survey};
use super::table::{self, Frame, HEAD_ROWS};
use super::text;

/// Spreadsheets hold 1,048,576 rows in a sheet; what is more continues in a second one.
pub(super) const ROWS_PER_TAB_MAX: usize = 1_048_000;
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
struct Tab<'s> {
    surveyed: &'s Surveyed,
    name: String,
    /// Rows of the sheet that stand in the tabs before.
    before: usize,
    rows: usize,
    free_rows: u32,
}

/// The workbook in the making.
struct Book<'b> {
    view: &'b View<'b>,
    plan: &'b Plan,
    places: Places,
    tabs: Vec<Tab<'b>>,
}

/// What was written.
pub(super) struct Built {
    /// Rows per sheet, by the key of the sheet, in the order of the workbook.
    pub(super) rows: Vec<(&'static str, usize)>,
    /// What the workbook shows, for the comparison with an edited copy.
    pub(super) base: Vec<u8>,
}

/// Writes the workbook, with at most so many rows of a sheet in one tab. Rows wait in files of the folder
/// that have no name, until all of them are packed.
pub(super) fn build(
    view: &View<'_>,
    plan: &Plan,
    rows_per_tab: usize,
    folder: &Path,
    file: impl Write + Send,
) -> Result<Built, WorkbookError> {
    let (sheets, base) = survey(view);
    let tabs = tabs(view, &sheets, plan, rows_per_tab.clamp(1, ROWS_PER_TAB_MAX));
    let book = Book { view, plan, places: places(&tabs), tabs };
    let mut workbook = Workbook::new();
    workbook.set_zip_compression_level(COMPRESSION);
    // Column widths are counted in digits of the default font: one that every machine has in equal
    // widths, so that the layout is the same everywhere.
    let default = Format::new().set_font_name("Arial").set_font_size(10);
    let hidden = |source| WorkbookError::Sheet { sheet: hidden::META_NAME.to_owned(), source };
    workbook.set_default_format(&default, 17, 64).map_err(hidden)?;
    workbook.set_tempdir(folder).map_err(hidden)?;
    for sheet in &sheets {
        book.draw(&mut workbook, sheet)?;
    }
    hidden::lists(&mut workbook, view).map_err(hidden)?;
    hidden::meta(workbook.add_worksheet(), view, &sheets).map_err(hidden)?;
    workbook.set_properties(&properties(view).map_err(hidden)?);
    workbook.save_to_writer(file).map_err(hidden)?;
    let rows = sheets.iter().map(|it| (it.sheet.key, it.rows)).collect();
    Ok(Built { rows, base })
}

fn tabs<'s>(
    view: &View<'_>,
    sheets: &'s [Surveyed],
    plan: &Plan,
    rows_per_tab: usize,
) -> Vec<Tab<'s>> {
    let mut tabs = Vec::new();
    for surveyed in sheets {
        let title = view.text(surveyed.sheet.title);
        let free_rows = if surveyed.sheet.layout == Layout::Plan { plan_rows(plan) } else { 0 };
        let parts = surveyed.rows.div_ceil(rows_per_tab).max(1);
        for part in 1..=parts {
            let before = (part - 1) * rows_per_tab;
            let rows = (surveyed.rows - before).min(rows_per_tab);
            let name = text::sheet_name(&title, part);
            tabs.push(Tab { surveyed, name, before, rows, free_rows });
        }
    }
    tabs
}

/// Where every row that a link leads to stands in the file.
fn places(tabs: &[Tab<'_>]) -> Places {
    let mut places = Places::default();
    for tab in tabs {
        let ids = tab.surveyed.linked.iter().skip(tab.before).take(tab.rows);
        places.add(tab.surveyed.sheet.key, &tab.name, HEAD_ROWS + tab.free_rows + 1, ids);
    }
    places
}

impl Book<'_> {
    /// Draws all tabs of a sheet.
    fn draw(&self, workbook: &mut Workbook, sheet: &Surveyed) -> Result<(), WorkbookError> {
        let mut rows = self.view.passing(sheet.sheet);
        for tab in self.tabs.iter().filter(|it| it.surveyed.sheet.key == sheet.sheet.key) {
            let failed = |source| WorkbookError::Sheet { sheet: tab.name.clone(), source };
            match sheet.sheet.layout {
                Layout::Cover => self.cover(workbook.add_worksheet(), tab).map_err(failed)?,
                Layout::Table | Layout::Plan | Layout::Hidden => {
                    let worksheet = if tab.rows == 0 {
                        workbook.add_worksheet()
                    } else {
                        workbook.add_worksheet_with_low_memory().map_err(failed)?
                    };
                    self.table(worksheet, tab, &mut rows.by_ref().take(tab.rows))?;
                }
            }
        }
        Ok(())
    }

    fn cover(&self, worksheet: &mut Worksheet, tab: &Tab<'_>) -> Result<(), XlsxError> {
        let contents: Vec<(&Sheet, &str)> =
            self.tabs.iter().map(|it| (it.surveyed.sheet, it.name.as_str())).collect();
        cover::draw(worksheet, self.view, &tab.name, tab.surveyed.sheet, &contents)
    }

    fn table<'r>(
        &self,
        worksheet: &mut Worksheet,
        tab: &Tab<'_>,
        rows: &mut dyn Iterator<Item = Cow<'r, Row>>,
    ) -> Result<(), WorkbookError> {
        let failed = |source| WorkbookError::Sheet { sheet: tab.name.clone(), source };
        let frame = Frame {
            name: &tab.name,
            free_rows: tab.free_rows,
            cover: &self.tabs.first().map_or_else(String::new, |it| internal(&it.name, 1)),
            surveyed: tab.surveyed,
            rows: tab.rows,
        };
        let layout = tab.surveyed.sheet.layout;
        table::draw(worksheet, self.view, &self.places, &frame, rows).map_err(failed)?;
        if layout == Layout::Plan {
            let png = picture::png(self.plan.svg(), PLAN_SCALE)?;
            insert(worksheet, self.view, self.plan, tab, &png).map_err(failed)?;
        }
        if layout == Layout::Hidden {
            worksheet.set_hidden(true);
        }
        Ok(())
    }
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
        .set_alt_text(text::clean(&view.text(tab.surveyed.sheet.subtitle)));
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
