//! Starting programs.

use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::Context as _;

/// A program that the lab starts.
#[expect(clippy::disallowed_methods, reason = "the lab is built with programs; no product code")]
pub(crate) fn program(name: &str) -> Command {
    Command::new(name)
}

/// A small file of the lab's own.
#[expect(clippy::disallowed_methods, reason = "files that the lab itself has written")]
pub(crate) fn read(path: &std::path::Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| path.display().to_string())
}

/// Runs a program to its end; what it printed.
pub(crate) fn run(name: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let output = program(name).args(arguments).stdin(Stdio::null()).output();
    let output = output.with_context(|| format!("{name} did not start"))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    anyhow::ensure!(output.status.success(), "{name} {}: {said}", arguments.join(" "));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a program that reads its orders from standard input.
pub(crate) fn feed(name: &str, arguments: &[&str], input: &str) -> anyhow::Result<()> {
    let mut command = program(name);
    command.args(arguments).stdin(Stdio::piped()).stderr(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("{name} did not start"))?;
    child.stdin.take().context("no standard input")?.write_all(input.as_bytes())?;
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    anyhow::ensure!(output.status.success(), "{name} {}: {said}", arguments.join(" "));
    Ok(())
}
