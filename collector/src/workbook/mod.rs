//! The workbook as a file: what `inventory::export` declares, drawn as XLSX.
//!
//! The only place that knows XLSX and ODS. Decides nothing about content: sheets, columns, words and the
//! network plan come from the core. Here live looks, paper, links, drop-downs and protection.

mod book;
mod cells;
mod cover;
mod error;
mod hidden;
mod looks;
mod paper;
mod picture;
mod read;
mod table;
mod text;

use std::path::{Path, PathBuf};

use inventory::export::Plan;
use inventory::export::Snapshot;
use inventory::export::View;
use inventory::import::ExportBase;
use jiff::tz::TimeZone;
use wording::Language;

pub use error::WorkbookError;
pub use read::{FILE_BYTES_MAX, ReadError, read};

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The workbook.
    pub workbook: PathBuf,
    /// Its size.
    pub workbook_bytes: u64,
    /// The network plan beside it.
    pub plan: PathBuf,
    /// Rows per sheet, by the key of the sheet, in the order of the workbook.
    pub rows: Vec<(&'static str, usize)>,
    /// What it shows, as JSON, for the comparison with an edited copy.
    pub base: Vec<u8>,
}

/// Writes the workbook to `out` and the network plan beside it. Each file appears whole or not at
/// all.
pub fn write(
    snapshot: &Snapshot,
    language: Language,
    out: &Path,
) -> Result<Written, WorkbookError> {
    let view = View::new(snapshot, language, time_zone(&snapshot.stamp.time_zone));
    let plan = Plan::new(&view);
    let (bytes, rows) = book::build(&view, &plan)?;
    let plan_path = plan_path(out, language);
    replace(out, &bytes)?;
    replace(&plan_path, plan.svg().as_bytes())?;
    Ok(Written {
        workbook: out.to_owned(),
        workbook_bytes: bytes.len() as u64,
        plan: plan_path,
        rows,
        base: serde_json::to_vec(&ExportBase::of(&view)).unwrap_or_default(),
    })
}

/// The place of the network plan beside a workbook: `kataster.xlsx` → `kataster-netzplan.svg`.
#[must_use]
pub fn plan_path(out: &Path, language: Language) -> PathBuf {
    let name = out.file_stem().unwrap_or_default().to_string_lossy();
    let suffix = match language {
        Language::German => "netzplan",
        Language::English => "network-plan",
    };
    out.with_file_name(format!("{name}-{suffix}.svg"))
}

/// The zone of this name; UTC if the machine does not know it. Times in the workbook name their
/// zone on the cover.
fn time_zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

/// Writes a file beside its place and moves it there, so that a reader never sees half of it.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), WorkbookError> {
    let unwritable =
        |source| WorkbookError::Unwritable { path: path.display().to_string(), source };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
    let written = std::fs::write(&beside, bytes).and_then(|()| std::fs::rename(&beside, path));
    written.map_err(|error| {
        // Best effort: what is reported is why it could not be written.
        drop(std::fs::remove_file(&beside));
        unwritable(error)
    })
}
