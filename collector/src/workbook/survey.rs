//! The first passing of all rows, before anything is drawn: how many there are, where those stand that
//! links lead to, and what the collector keeps of the export. The second passing draws them, so that
//! the rows of a sheet that grows with the systems are never all in memory.

use inventory::export::LINKED;
use inventory::export::Layout;
use inventory::export::Sheet;
use inventory::export::View;
use inventory::export::sheets_of;
use inventory::import::BaseWriter;
use observation::ContentHash;

use super::text;

/// So many rows say how wide the ids of a sheet are.
const ROWS_MEASURED: usize = 1_000;

/// What is known of a sheet before it is drawn.
pub(super) struct Surveyed {
    pub(super) sheet: &'static Sheet,
    /// How many rows it has.
    pub(super) rows: usize,
    /// How wide a column of its ids must be, in characters.
    pub(super) id_width: u16,
    /// SHA-256 over the keys of its columns and the ids of its rows, one per line.
    pub(super) keys_hash: String,
    /// The ids of its rows, in order, where links may lead to them.
    pub(super) linked: Vec<String>,
}

/// All sheets in the order of the workbook, and what they show, for the comparison with an edited copy.
pub(super) fn survey(view: &View<'_>) -> (Vec<Surveyed>, Vec<u8>) {
    let mut base = BaseWriter::default();
    let chosen = sheets_of(view.snapshot().stamp.profile);
    let sheets = chosen.into_iter().map(|it| sheet(view, it, &mut base)).collect();
    (sheets, base.finish())
}

fn sheet(view: &View<'_>, sheet: &'static Sheet, base: &mut BaseWriter) -> Surveyed {
    let is_read_back = sheet.layout != Layout::Hidden;
    let is_linked = LINKED.contains(&sheet.key);
    if is_read_back {
        base.sheet(sheet);
    }
    let (mut rows, mut id_width, mut linked) = (0, 0, Vec::new());
    let mut keys = String::new();
    let mut named = |key: &str| {
        keys.push_str(key);
        keys.push('\n');
    };
    sheet.columns_shown().iter().for_each(|it| named(it.key));
    for row in view.passing(sheet) {
        if is_read_back {
            base.row(view, sheet, &row);
        }
        if rows < ROWS_MEASURED {
            id_width = text::heading_width(&row.id).max(id_width);
        }
        if is_linked {
            linked.push(row.id.clone());
        }
        named(&row.id);
        rows += 1;
    }
    let keys_hash = ContentHash::of(keys.as_bytes()).to_string();
    Surveyed { sheet, rows, id_width, keys_hash, linked }
}
