//! Snapshots as a person reads them.

use std::io::{self, Write};

use comfy_table::{ContentArrangement, Table, presets};
use inventory::export::{FrozenRow, SHEETS};
use inventory::register::actor_text;
use store::SnapshotRecord;
use wording::Wording;

use super::print::{Form, clean, instant, json};
use super::snapshots::{Comparison, ShownSnapshot, SnapshotReply, title};

/// Rows of one kind and sheet that a person reads; JSON has them all.
const ROWS_SHOWN_MAX: usize = 100;
/// Letters of a value that are shown.
const LETTERS_SHOWN_MAX: usize = 60;
/// Cells that say what a row is.
const NAMING_CELLS: usize = 3;

pub(super) fn reply(
    out: &mut dyn Write,
    reply: &SnapshotReply,
    form: Form,
    wording: &Wording,
) -> io::Result<()> {
    match (reply, form) {
        (SnapshotReply::All(it), Form::Json) => json(out, it),
        (SnapshotReply::One(it), Form::Json) => json(out, it),
        (SnapshotReply::Compared(it), Form::Json) => json(out, it),
        (SnapshotReply::All(it), Form::Table) => list(out, it, wording),
        (SnapshotReply::One(it), Form::Table) => shown(out, it, wording),
        (SnapshotReply::Compared(it), Form::Table) => comparison(out, it, wording),
    }
}

fn list(out: &mut dyn Write, list: &[SnapshotRecord], wording: &Wording) -> io::Result<()> {
    if list.is_empty() {
        return writeln!(out, "{}", wording.text("command-no-snapshots"));
    }
    let rows = list.iter().map(|it| {
        vec![
            format!("SP{}", it.number),
            clean(&it.name),
            instant(it.taken_at),
            actor_text(wording, &it.actor),
            it.rows.to_string(),
            it.hash.to_string(),
        ]
    });
    let headings = ["snapshot", "name", "taken-at", "actor", "rows", "hash"];
    let headings = headings.map(|it| wording.text(&format!("command-snapshot-{it}")));
    writeln!(out, "{}", table(headings.to_vec(), rows.collect()))
}

fn shown(out: &mut dyn Write, shown: &ShownSnapshot, wording: &Wording) -> io::Result<()> {
    writeln!(out, "{}, {}", clean(&title(&shown.snapshot)), instant(shown.snapshot.taken_at))?;
    if let [only] = shown.sheets.as_slice() {
        let headings = only.columns.iter().map(|it| column_name(wording, it)).collect();
        let short = |row: &Vec<String>| row.iter().map(|it| short(it)).collect();
        let rows = only.rows.iter().take(ROWS_SHOWN_MAX).map(short).collect();
        writeln!(out, "{}", table(headings, rows))?;
        return more(out, only.rows.len(), wording);
    }
    let headings = vec![
        wording.text("command-snapshot-sheet"),
        wording.text("command-snapshot-key"),
        wording.text("command-snapshot-rows"),
    ];
    let row = |it: &super::snapshots::ShownSheet| {
        vec![sheet_name(wording, &it.sheet), it.sheet.clone(), it.count.to_string()]
    };
    writeln!(out, "{}", table(headings, shown.sheets.iter().map(row).collect()))
}

fn comparison(out: &mut dyn Write, comparison: &Comparison, wording: &Wording) -> io::Result<()> {
    let to = comparison.to.as_ref().map_or_else(|| wording.text("command-snapshot-now"), title);
    let arguments = [("from", clean(&title(&comparison.from)).into()), ("to", clean(&to).into())];
    writeln!(out, "{}", wording.text_with("command-snapshot-between", &arguments))?;
    if comparison.sheets.is_empty() {
        return writeln!(out, "{}", wording.text("command-snapshot-same"));
    }
    for sheet in &comparison.sheets {
        let counts = [
            ("sheet", sheet_name(wording, &sheet.sheet).into()),
            ("added", sheet.added.len().into()),
            ("removed", sheet.removed.len().into()),
            ("changed", sheet.changed.len().into()),
        ];
        writeln!(out, "\n{}", wording.text_with("command-snapshot-sheet-differs", &counts))?;
        for (sign, rows) in [("+", &sheet.added), ("-", &sheet.removed)] {
            for row in rows.iter().take(ROWS_SHOWN_MAX) {
                writeln!(out, "  {sign} {}", naming(row))?;
            }
            more(out, rows.len(), wording)?;
        }
        for cell in sheet.changed.iter().take(ROWS_SHOWN_MAX) {
            let column = column_name(wording, &cell.column);
            let (before, after) = (short(&cell.before), short(&cell.after));
            writeln!(out, "  ~ {} {column}: {before} -> {after}", clean(&cell.id))?;
        }
        more(out, sheet.changed.len(), wording)?;
    }
    Ok(())
}

fn table(headings: Vec<String>, rows: Vec<Vec<String>>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(headings).add_rows(rows);
    table
}

fn more(out: &mut dyn Write, count: usize, wording: &Wording) -> io::Result<()> {
    if count <= ROWS_SHOWN_MAX {
        return Ok(());
    }
    let arguments = [("count", (count - ROWS_SHOWN_MAX).into())];
    writeln!(out, "  {}", wording.text_with("command-snapshot-more", &arguments))
}

/// The first cells of a row that say something.
fn naming(row: &FrozenRow) -> String {
    let texts = row.1.iter().filter(|it| !it.is_empty()).take(NAMING_CELLS);
    texts.map(|it| short(it)).collect::<Vec<_>>().join(" · ")
}

fn short(text: &str) -> String {
    let text = clean(&text.replace('\n', "; "));
    if text.chars().count() <= LETTERS_SHOWN_MAX {
        return text;
    }
    text.chars().take(LETTERS_SHOWN_MAX).chain(['…']).collect()
}

/// The name of a sheet, or its key where this program has no such sheet any more.
fn sheet_name(wording: &Wording, key: &str) -> String {
    let sheet = SHEETS.iter().find(|it| it.key == key);
    sheet.map_or_else(|| clean(key), |it| wording.text(it.title))
}

fn column_name(wording: &Wording, key: &str) -> String {
    let column = SHEETS.iter().flat_map(|it| it.columns).find(|it| it.key == key);
    column.map_or_else(|| clean(key), |it| wording.text(it.message))
}
