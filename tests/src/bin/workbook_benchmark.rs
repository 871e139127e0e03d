//! Writes the workbook of an invented company and says how long it took and how large it is.
//!
//! `cargo run --release -p tests --bin workbook_benchmark -- [SYSTEMS] [PACKAGES] [OUT.xlsx] [de|en]`

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context as _;
use wording::Language;

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

    let snapshot = tests::company::snapshot(systems, packages)?;
    let start = Instant::now();
    let written = kataster::workbook::write(&snapshot, language, &out)?;
    let seconds = start.elapsed().as_secs_f64();
    let rows: usize = written.rows.iter().map(|it| it.1).sum();
    #[expect(clippy::cast_precision_loss, reason = "megabytes for people")]
    let megabytes = written.workbook_bytes as f64 / 1e6;
    let said = format!(
        "{systems} systems × {packages} packages: {rows} rows, {seconds:.2} s, {megabytes:.2} MB\n"
    );
    std::io::Write::write_all(&mut std::io::stdout(), said.as_bytes())?;
    Ok(())
}
