//! `status`, `doctor` and `show`: questions that change nothing, asked while the service works.

use std::collections::BTreeMap;
use std::io;

use observation::latest::written::{Report, Section};
use serde::Serialize;
use wording::Wording;

use super::{Common, Output, runtime, say, width_of_terminal};
use crate::agent::collect_for_print;
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::difference::{differences, differences_text, facts_text};
use crate::disk::FolderDisk;
use crate::doctor::{self, Findings};
use crate::failure::{Exit, Failure};
use crate::host::LinuxHost;
use crate::kept;
use crate::print;
use crate::status::{Condition, local_time};

/// Width of lines where there is no terminal.
const WIDTH: u16 = 80;

pub(super) fn status(
    common: &Common,
    output: Option<Output>,
    words: &'static Wording,
) -> Result<Exit, Failure> {
    let folder = common.data_dir()?;
    let condition = Condition::look(&folder)?;
    match output {
        Some(Output::Json) => json(&condition)?,
        Some(Output::Table) | None => say(&condition.text(&folder, words, Some(width())))?,
    }
    Ok(if condition.is_well() { Exit::Done } else { Exit::BelowThreshold })
}

pub(super) fn doctor(
    common: &Common,
    output: Option<Output>,
    words: &'static Wording,
) -> Result<Exit, Failure> {
    let folder = common.data_dir()?;
    let file = common.config.as_deref();
    let now = SystemClock.now();
    let checks = runtime()?.block_on(doctor::checks(&folder, file, now));
    let config = file.and_then(|it| Config::load(it).ok()).unwrap_or_default();
    let report = collect_for_print(&LinuxHost, &config)?;
    let findings = Findings { checks, sources: doctor::sources(&report) };
    match output {
        Some(Output::Json) => json(&findings)?,
        Some(Output::Table) | None => say(&findings.text(words, Some(width())))?,
    }
    Ok(match (findings.has_bad(), findings.has_failures()) {
        (true, _) => Exit::BelowThreshold,
        (false, true) => Exit::Partial,
        (false, false) => Exit::Done,
    })
}

pub(super) fn show(
    common: &Common,
    source: Option<&str>,
    is_difference: bool,
    output: Option<Output>,
    words: &'static Wording,
) -> Result<Exit, Failure> {
    let disk = FolderDisk::new(common.data_dir()?);
    let kept = |read: fn(&dyn crate::disk::Disk) -> io::Result<Option<Report>>| {
        read(&disk).map_err(|it| Failure::new(Exit::Failed, "no-report", "").because(&it))
    };
    let none = || Failure::new(Exit::NothingFound, "no-report", "");
    let mut last = kept(kept::last_report)?.ok_or_else(none)?;
    narrow(&mut last, source)?;
    if is_difference {
        let mut before = kept(kept::report_before)?
            .ok_or_else(|| Failure::new(Exit::NothingFound, "no-report-before", ""))?;
        before.sections.retain(|it| is_wanted(it, source));
        return show_difference(&before, &last, output, words);
    }
    let text = match (output, source) {
        (Some(Output::Json), _) => return json(&last).map(|()| Exit::Done),
        (_, None) => print::table(&last, words, Some(width())),
        (_, Some(_)) => last
            .sections
            .iter()
            .map(|it| format!("{}\n{}", title(it, words), facts_text(it, usize::from(width()))))
            .collect::<Vec<_>>()
            .join("\n"),
    };
    let at = local_time(last.started_at, words.language());
    say(&format!("{}\n\n{text}", words.text_with("agent-show-of", &[("at", at.into())])))?;
    Ok(Exit::Done)
}

fn show_difference(
    before: &Report,
    last: &Report,
    output: Option<Output>,
    words: &'static Wording,
) -> Result<Exit, Failure> {
    let found = differences(before, last);
    if let Some(Output::Json) = output {
        return json(&Differences::of(before, last, &found)).map(|()| Exit::Done);
    }
    let time = |it: &Report| local_time(it.started_at, words.language());
    let arguments = [("before", time(before).into()), ("after", time(last).into())];
    let head = words.text_with("agent-show-between", &arguments);
    let body = match found.is_empty() {
        true => words.text("agent-show-no-difference") + "\n",
        false => {
            let name = |it: &str| named(it, words);
            let text = differences_text(&found, words, name, usize::from(width()));
            format!("{text}{}\n", words.text("agent-show-marks"))
        }
    };
    say(&format!("{head}\n\n{body}"))?;
    Ok(Exit::Done)
}

/// The same for programs.
#[derive(Serialize)]
struct Differences {
    before: jiff::Timestamp,
    after: jiff::Timestamp,
    sources: BTreeMap<String, Vec<crate::difference::Difference>>,
}

impl Differences {
    fn of(
        before: &Report,
        after: &Report,
        found: &BTreeMap<String, Vec<crate::difference::Difference>>,
    ) -> Self {
        Self { before: before.started_at, after: after.started_at, sources: found.clone() }
    }
}

/// Leaves the sections of a source (`software.dpkg`) or of a domain (`software`).
fn narrow(report: &mut Report, source: Option<&str>) -> Result<(), Failure> {
    report.sections.retain(|it| is_wanted(it, source));
    match source {
        Some(source) if report.sections.is_empty() => {
            Err(Failure::new(Exit::NothingFound, "no-source", source))
        }
        Some(_) | None => Ok(()),
    }
}

fn is_wanted(section: &Section, source: Option<&str>) -> bool {
    let Some(wanted) = source else { return true };
    let id = section.body.source.as_str();
    id == wanted || id.split_once('.').is_some_and(|it| it.0 == wanted)
}

fn title(section: &Section, words: &Wording) -> String {
    let id = section.body.source.as_str();
    let name = format!("{} ({})", named(id, words), print::clean(id));
    match &section.body.outcome {
        observation::latest::Outcome::Read { .. } => name,
        observation::latest::Outcome::Absent { reason } => {
            format!("{name}\n  {}", print::absence(reason, words))
        }
    }
}

fn named(source: &str, words: &Wording) -> String {
    print::named("absent-source-", source, words)
}

fn width() -> u16 {
    width_of_terminal().unwrap_or(WIDTH)
}

fn json<T: Serialize>(value: &T) -> Result<(), Failure> {
    say(&(serde_json::to_string_pretty(value).unwrap_or_default() + "\n"))
}
