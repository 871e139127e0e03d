//! What an import found, as a person reads it.

use std::io::{self, Write};

use inventory::export::code_text;
use inventory::import::{Remark, Spot, Take};
use inventory::register::{Place, actor_text};
use wording::Wording;

use super::changes::{ImportReport, ImportRow};
use super::print::{clean, instant, table_of};

/// Rows of one kind that a person reads; JSON has them all.
const ROWS_SHOWN_MAX: usize = 200;
/// Letters of a value that are shown.
const LETTERS_SHOWN_MAX: usize = 60;

pub(super) fn report(
    out: &mut dyn Write,
    report: &ImportReport,
    wording: &Wording,
) -> io::Result<()> {
    let outcome = &report.outcome;
    for (heading, remarks) in [("errors", &outcome.errors), ("warnings", &outcome.warnings)] {
        remarks_of(out, heading, remarks, wording)?;
    }
    changes(out, report, wording)?;
    conflicts(out, report, wording)?;
    candidates(out, report, wording)?;
    remarks_of(out, "ignored", &outcome.ignored, wording)?;
    let applied = outcome.changes.iter().filter(|it| it.applied).count();
    let emptied = outcome.changes.len() - applied;
    let key = match (report.dry_run, outcome.errors.is_empty(), &report.import) {
        (_, false, _) => "import-summary-errors",
        (true, true, _) => "import-summary-dry-run",
        (false, true, None) => "import-summary-nothing",
        (false, true, Some(_)) => "import-summary-applied",
    };
    let arguments = [
        ("import", report.import.clone().unwrap_or_default().into()),
        ("applied", applied.into()),
        ("conflicts", outcome.open_conflicts().count().into()),
        ("candidates", outcome.candidates.len().into()),
        ("already", outcome.already.into()),
        ("errors", outcome.errors.len().into()),
    ];
    writeln!(out, "{}", wording.text_with(key, &arguments))?;
    if !report.claims.is_empty() {
        let arguments = [("count", report.claims.len().into())];
        writeln!(out, "{}", wording.text_with("account-import-claims", &arguments))?;
    }
    if emptied > 0 {
        let arguments = [("count", emptied.into())];
        writeln!(out, "{}", wording.text_with("import-summary-emptied", &arguments))?;
    }
    Ok(())
}

fn remarks_of(
    out: &mut dyn Write,
    heading: &str,
    remarks: &[Remark],
    wording: &Wording,
) -> io::Result<()> {
    if remarks.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", wording.text(&format!("import-heading-{heading}")))?;
    for remark in remarks.iter().take(ROWS_SHOWN_MAX) {
        let spot = spot_text(&remark.spot);
        let separator = if spot.is_empty() { "" } else { ": " };
        writeln!(out, "  {spot}{separator}{}", clean(&remark.text))?;
    }
    more(out, remarks.len(), wording)
}

fn more(out: &mut dyn Write, count: usize, wording: &Wording) -> io::Result<()> {
    if count > ROWS_SHOWN_MAX {
        let arguments = [("count", (count - ROWS_SHOWN_MAX).into())];
        writeln!(out, "  {}", wording.text_with("import-and-more", &arguments))?;
    }
    writeln!(out)
}

fn changes(out: &mut dyn Write, report: &ImportReport, wording: &Wording) -> io::Result<()> {
    let list = &report.outcome.changes;
    if list.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", wording.text("import-heading-changes"))?;
    let mut table =
        table_of(wording, "import-column", &["cell", "field", "before", "after", "applied"]);
    for it in list.iter().take(ROWS_SHOWN_MAX) {
        let applied = if it.applied { "workbook-yes" } else { "workbook-no" };
        table.add_row([
            spot_text(&it.spot),
            clean(&it.place.label(wording)),
            said(&it.place, it.before.as_deref(), wording),
            said(&it.place, it.after.as_deref(), wording),
            wording.text(applied),
        ]);
    }
    writeln!(out, "{table}")?;
    more(out, list.len(), wording)
}

fn conflicts(out: &mut dyn Write, report: &ImportReport, wording: &Wording) -> io::Result<()> {
    let list = &report.outcome.conflicts;
    if list.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", wording.text("import-heading-conflicts"))?;
    let columns = ["conflict", "cell", "field", "base", "in-workbook", "in-register", "taken"];
    let mut table = table_of(wording, "import-column", &columns);
    for it in list.iter().take(ROWS_SHOWN_MAX) {
        let taken = match it.taken {
            None => "import-taken-open",
            Some(Take::Workbook) => "import-taken-workbook",
            Some(Take::Register) => "import-taken-register",
        };
        table.add_row([
            it.id.clone().unwrap_or_default(),
            spot_text(&it.spot),
            clean(&it.place.label(wording)),
            said(&it.place, it.base.as_deref(), wording),
            said(&it.place, it.workbook.as_deref(), wording),
            said(&it.place, it.register.as_deref(), wording),
            wording.text(taken),
        ]);
    }
    writeln!(out, "{table}")?;
    more(out, list.len(), wording)
}

fn candidates(out: &mut dyn Write, report: &ImportReport, wording: &Wording) -> io::Result<()> {
    let list = &report.outcome.candidates;
    if list.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", wording.text("import-heading-candidates"))?;
    let columns = ["candidate", "cell", "table", "name", "similar", "accepted"];
    let mut table = table_of(wording, "import-column", &columns);
    for it in list.iter().take(ROWS_SHOWN_MAX) {
        let name = it.values.iter().find(|(key, _)| key == "name").map(|(_, it)| it.to_text());
        let name = it.identity.clone().or(name);
        table.add_row([
            it.id.clone().unwrap_or_default(),
            spot_text(&it.spot),
            inventory::register::table_label(wording, &it.table),
            value(name.as_deref()),
            clean(&it.similar.join(", ")),
            it.accepted.clone().unwrap_or_default(),
        ]);
    }
    writeln!(out, "{table}")?;
    more(out, list.len(), wording)
}

pub(super) fn list(out: &mut dyn Write, rows: &[ImportRow], wording: &Wording) -> io::Result<()> {
    let columns = ["import", "at", "by", "file", "changes", "open-conflicts", "open-candidates"];
    let mut table = table_of(wording, "import-column", &columns);
    for row in rows {
        table.add_row([
            row.import.clone(),
            instant(row.at),
            clean(&actor_text(wording, &row.actor)),
            clean(&row.file_name),
            row.changes.to_string(),
            row.open_conflicts.to_string(),
            row.open_candidates.to_string(),
        ]);
    }
    writeln!(out, "{table}")
}

/// `IT-Systeme D7`.
fn spot_text(spot: &Spot) -> String {
    let cell = spot.cell.as_deref().unwrap_or_default();
    clean(format!("{} {cell}", spot.sheet).trim())
}

/// A value of a field: words instead of codes where the field has a list.
fn said(place: &Place, text: Option<&str>, wording: &Wording) -> String {
    value(text.map(|it| code_text(place, it, wording)).as_deref())
}

fn value(text: Option<&str>) -> String {
    let Some(text) = text else { return "–".to_owned() };
    let text = clean(text);
    if text.chars().count() <= LETTERS_SHOWN_MAX {
        return text;
    }
    text.chars().take(LETTERS_SHOWN_MAX).chain(['…']).collect()
}
