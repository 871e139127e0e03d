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
mod survey;
mod table;
mod text;

use std::fs::File;
use std::io::{BufWriter, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use inventory::export::Plan;
use inventory::export::Snapshot;
use inventory::export::View;
use jiff::tz::TimeZone;
use rust_xlsxwriter::XlsxError;
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
    write_parts(snapshot, language, out, book::ROWS_PER_TAB_MAX)
}

/// The same, with at most so many rows of a sheet in one tab; what is more goes on in a second one.
pub fn write_parts(
    snapshot: &Snapshot,
    language: Language,
    out: &Path,
    rows_per_tab: usize,
) -> Result<Written, WorkbookError> {
    let view = View::new(snapshot, language, time_zone(&snapshot.stamp.time_zone));
    let plan = Plan::new(&view);
    let plan_path = plan_path(out, language);
    let folder = out.parent().filter(|it| !it.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    let (built, workbook_bytes) = replace(out, |file| {
        let built = book::build(&view, &plan, rows_per_tab, folder, &mut *file);
        let built = built.map_err(|error| of_the_file(error, out))?;
        Ok((built, file.stream_position().map_err(|it| unwritable(it, out))?))
    })?;
    replace(&plan_path, |file| {
        file.write_all(plan.svg().as_bytes()).map_err(|it| unwritable(it, &plan_path))
    })?;
    let (rows, base) = (built.rows, built.base);
    Ok(Written { workbook: out.to_owned(), workbook_bytes, plan: plan_path, rows, base })
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

/// A file beside its place, which goes unless it is moved there.
struct Beside(PathBuf);

impl Drop for Beside {
    fn drop(&mut self) {
        // Best effort: what is reported is why it could not be written. Gone, if it was moved.
        drop(std::fs::remove_file(&self.0));
    }
}

/// Writes a file beside its place and moves it there, so that a reader never sees half of it.
fn replace<T>(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<T, WorkbookError>,
) -> Result<T, WorkbookError> {
    let failed = |it| unwritable(it, path);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = Beside(path.with_file_name(format!(".{name}.{}.part", std::process::id())));
    let mut file = BufWriter::new(File::create(&beside.0).map_err(failed)?);
    let written = write(&mut file)?;
    file.flush().map_err(failed)?;
    std::fs::rename(&beside.0, path).map_err(failed)?;
    Ok(written)
}

fn unwritable(source: std::io::Error, path: &Path) -> WorkbookError {
    WorkbookError::Unwritable { path: path.display().to_string(), source }
}

/// What failed while the workbook was packed: the file, or what we put into it.
fn of_the_file(error: WorkbookError, path: &Path) -> WorkbookError {
    if let WorkbookError::Sheet { source: XlsxError::IoError(source), .. } = error {
        return unwritable(source, path);
    }
    error
}
