//! The libraries that are linked into the programs, with their licences, as Cargo knows them, and the
//! data that they carry.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Context, ensure};

/// Data of others, with their licences.
const DATA: [&str; 1] = ["oui-data 2.1.9 BSD-2-Clause"];

/// One line per library: name, version, licence expression (SPDX). Sorted.
///
/// # Errors
/// If Cargo does not answer.
#[expect(clippy::disallowed_methods, reason = "a development tool asks Cargo")]
pub fn lines() -> anyhow::Result<String> {
    let mut command = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    command.args(["tree", "--offline", "--locked", "--prefix=none", "--edges=normal"]);
    command.args(["--package=kataster", "--package=kataster-agent", "--format={p}|{l}"]);
    let output = command.output().context("running cargo tree")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).context("reading the answer of cargo tree")?;
    let data = DATA.iter().map(|it| (*it).to_owned());
    let libraries: BTreeSet<String> = text.lines().filter_map(line).chain(data).collect();
    Ok(libraries.into_iter().map(|it| it + "\n").collect())
}

/// `name version licence`; none for our own crates, which stand in a folder.
fn line(text: &str) -> Option<String> {
    let (package, licence) = text.split_once('|')?;
    let mut words = package.split(' ');
    let (name, version) = (words.next()?, words.next()?.trim_start_matches('v'));
    let is_ours = words.any(|it| it.starts_with("(/"));
    let licence = licence.trim_end_matches(" (*)").replace('/', " OR ");
    (!is_ours).then(|| format!("{name} {version} {licence}"))
}
