//! How a sheet comes out of the printer: paper, scale, page breaks, footer.

use inventory::export::View;
use rust_xlsxwriter::{Worksheet, XlsxError};

use super::text;

/// Excel's numbers of paper sizes.
const A3: u8 = 8;
const A4: u8 = 9;
/// Printable width at 100 %, margins of 10 mm taken off, at 96 points per inch.
const A4_PIXELS: f64 = 1046.0;
const A3_PIXELS: f64 = 1511.0;
/// Arial 9 below this scale is not read on paper.
const A4_SCALE_MIN: f64 = 0.78;
const A3_SCALE_MIN: f64 = 0.62;
const MARGIN_INCHES: f64 = 0.394;

/// Paper, scale and where new pages begin.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Paper {
    size: u8,
    scale: u16,
    breaks: Vec<u32>,
}

impl Paper {
    /// Whether the columns need more than one page.
    pub(super) fn is_split(&self) -> bool {
        !self.breaks.is_empty()
    }
}

/// Width of a column on the screen, as spreadsheets compute it.
pub(super) fn pixels(characters: u16) -> f64 {
    f64::from(characters).mul_add(7.0, 5.0)
}

/// The paper for columns of these widths, of which the first `keys` are repeated on every page.
pub(super) fn paper_for(widths: &[f64], keys: usize) -> Paper {
    let total: f64 = widths.iter().sum();
    if total <= A4_PIXELS / A4_SCALE_MIN {
        return Paper { size: A4, scale: percent(A4_PIXELS / total.max(1.0)), breaks: Vec::new() };
    }
    if total <= A3_PIXELS / A3_SCALE_MIN {
        return Paper { size: A3, scale: percent(A3_PIXELS / total), breaks: Vec::new() };
    }
    let repeated: f64 = widths.iter().take(keys).sum();
    let (breaks, widest) = balanced(widths, repeated, A3_PIXELS / A3_SCALE_MIN);
    Paper { size: A3, scale: percent(A3_PIXELS / widest), breaks }
}

/// As few pages as possible, all about equally wide.
fn balanced(widths: &[f64], repeated: f64, room: f64) -> (Vec<u32>, f64) {
    let (fewest, widest) = split(widths, repeated, room);
    // A twentieth at a time down to half: the narrowest room that needs no further page.
    let narrower = (10..20).map(|it| split(widths, repeated, room * f64::from(it) / 20.0));
    let mut fitting = narrower.filter(|(breaks, _)| breaks.len() == fewest.len());
    fitting.next().unwrap_or((fewest, widest))
}

/// Where pages begin so that none is wider than `room`, and the width of the widest.
fn split(widths: &[f64], repeated: f64, room: f64) -> (Vec<u32>, f64) {
    let (mut breaks, mut used, mut widest) = (Vec::new(), 0.0_f64, 0.0_f64);
    for (column, width) in (0_u32..).zip(widths) {
        if used + width > room && used > 0.0 {
            breaks.push(column);
            used = repeated;
        }
        used += width;
        widest = widest.max(used);
    }
    (breaks, widest)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to 10..=100 before"
)]
fn percent(scale: f64) -> u16 {
    // A little less: spreadsheets round the widths of columns up.
    (scale * 98.0).floor().clamp(10.0, 100.0) as u16
}

/// Sets paper, margins and footer.
pub(super) fn set_up(
    worksheet: &mut Worksheet,
    view: &View<'_>,
    paper: &Paper,
    name: &str,
) -> Result<(), XlsxError> {
    worksheet.set_landscape().set_paper_size(paper.size);
    worksheet.set_margins(MARGIN_INCHES, MARGIN_INCHES, 0.45, 0.6, 0.25, 0.25);
    if paper.breaks.is_empty() {
        // Whatever font a machine has: never a column on a page of its own.
        worksheet.set_print_fit_to_pages(1, 0);
    } else {
        worksheet.set_print_scale(paper.scale).set_vertical_page_breaks(&paper.breaks)?;
    }
    worksheet.set_footer(footer(view, name));
    Ok(())
}

/// Company · draft · export · classification, and the page.
fn footer(view: &View<'_>, name: &str) -> String {
    let left = text::footer(&view.footer());
    let page = text::footer(&view.text("workbook-page"));
    format!("&L&\"Arial\"&7{left}&R&\"Arial\"&7{} · {page} &P/&N", text::footer(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrow_tables_are_printed_on_a4_at_full_size() {
        let paper = paper_for(&[100.0, 200.0], 1);
        assert_eq!((paper.size, paper.scale, paper.breaks.len()), (A4, 100, 0));
    }

    #[test]
    fn wide_tables_take_a3_and_stay_readable() {
        let paper = paper_for(&[200.0; 9], 1);
        assert_eq!(paper.size, A3);
        assert!(paper.scale >= 60 && paper.breaks.is_empty());
    }

    #[test]
    fn very_wide_tables_continue_on_further_pages_with_their_keys() {
        let paper = paper_for(&[200.0; 40], 2);
        assert!(paper.scale >= 60);
        assert_eq!(paper.breaks.first(), Some(&12));
        let wider = [paper.breaks.as_slice(), &[40]].concat();
        assert!(wider.windows(2).all(|it| it[1] - it[0] >= 8), "{wider:?}");
    }
}
