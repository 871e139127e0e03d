//! Writes the workbook of an invented company and says what that cost, and how large it is.
//!
//! `cargo run --release -p tests --bin workbook_benchmark -- [SYSTEMS] [PACKAGES] [OUT.xlsx] [de|en]`
//!
//! The company is made in memory before the clock starts. What it takes there is said by itself, and
//! the most that was resident while the workbook was written holds it too (Linux only; 0 elsewhere).

#![expect(clippy::disallowed_methods, reason = "the kernel's files are small")]

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context as _;
use rustix::time::{ClockId, clock_gettime};
use wording::Language;

/// What a process writes there to forget the most that was resident so far (Linux, proc(5)).
const FORGET_PEAK: &str = "5";

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |default: &str| arguments.next().unwrap_or_else(|| default.to_owned());
    let systems = next("500").parse().context("the number of systems")?;
    let packages = next("120").parse().context("the number of packages per system")?;
    let folder = tempfile::tempdir()?;
    let out = match next("") {
        it if it.is_empty() => folder.path().join("benchmark.xlsx"),
        it => PathBuf::from(it),
    };
    let language = Language::from_tag(&next("de")).context("de or en")?;

    let empty = resident_megabytes("VmRSS:");
    let snapshot = tests::company::snapshot(systems, packages)?;
    let company = resident_megabytes("VmRSS:") - empty;
    let _ = std::fs::write("/proc/self/clear_refs", FORGET_PEAK);
    let (start, processor) = (Instant::now(), processor_seconds());
    let written = kataster::workbook::write(&snapshot, language, &out)?;
    let (seconds, processor) = (start.elapsed().as_secs_f64(), processor_seconds() - processor);
    let peak = resident_megabytes("VmHWM:");
    let rows: usize = written.rows.iter().map(|it| it.1).sum();
    #[expect(clippy::cast_precision_loss, reason = "megabytes for people")]
    let megabytes = written.workbook_bytes as f64 / 1e6;
    let said = format!(
        "{systems} systems × {packages} packages: {rows} rows, {megabytes:.2} MB, {seconds:.2} s \
         ({processor:.2} s of processor), company {company:.0} MB, at most {peak:.0} MB resident\n"
    );
    std::io::Write::write_all(&mut std::io::stdout(), said.as_bytes())?;
    Ok(())
}

/// Time on processors of all threads of this process.
#[expect(clippy::cast_precision_loss, reason = "seconds of a benchmark")]
fn processor_seconds() -> f64 {
    let it = clock_gettime(ClockId::ProcessCPUTime);
    it.tv_sec as f64 + it.tv_nsec as f64 / 1e9
}

/// A line of `/proc/self/status`, which counts in units of 1024 bytes.
fn resident_megabytes(line: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let value = status.lines().find_map(|it| it.strip_prefix(line));
    let kibibytes = value.and_then(|it| it.split_whitespace().next()?.parse::<f64>().ok());
    kibibytes.unwrap_or_default() * 1024.0 / 1e6
}
