//! How the agent of a folder is: what it says of itself, and what can be seen from outside while it
//! works.

use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use observation::latest::AgentId;
use serde::Serialize;
use wording::{Language, Wording};

use crate::data_dir::{DataDir, DataDirError};
use crate::disk::FolderDisk;
use crate::failure::Failure;
use crate::host::ground_of;
use crate::kept::{self, Run, Status, Trouble};
use crate::print::{clean, rows_of_two};

/// A clock that is further away from the collector's is worth a word.
pub const SKEW_SECONDS_MAX: i64 = 300;
/// With less free space reports are about to be kept in memory.
pub const FREE_BYTES_MIN: u64 = 4 * 1024 * 1024;
/// Bytes of a mebibyte.
const MIB: f64 = 1_048_576.0;

/// How the agent is.
#[derive(Debug, Serialize)]
pub struct Condition {
    /// Whether a process uses the folder now.
    pub is_running: bool,
    /// Who the agent is; none: not enrolled.
    pub agent: Option<AgentId>,
    /// Whether the folder takes no writes at all.
    pub is_read_only: bool,
    /// Free space of the folder.
    pub free_bytes: Option<u64>,
    /// What is not as it should be, by the keys of the catalogue (`agent-status-problem-…`).
    pub problems: Vec<&'static str>,
    /// What the agent says of itself.
    pub status: Option<Status>,
}

impl Condition {
    /// Looks at the agent of a folder. Changes nothing and hinders nobody.
    ///
    /// # Errors
    /// If the folder may not be looked at.
    pub fn look(folder: &Path) -> Result<Self, DataDirError> {
        let failed = |source| DataDirError::Io {
            doing: "reading",
            path: folder.display().to_string(),
            source,
        };
        if !folder.try_exists().map_err(failed)? {
            return Ok(Self::of(false, None, None, None));
        }
        let is_running = DataDir::is_in_use(folder)?;
        let agent = DataDir::enrolment_in(folder)?.map(|it| it.agent);
        let status = kept::status(&FolderDisk::new(folder.to_owned())).map_err(failed)?;
        let ground =
            ground_of(folder).ok().map(|(is_read_only, it)| (is_read_only, it.available_bytes));
        Ok(Self::of(is_running, agent, ground, status))
    }

    fn of(
        is_running: bool,
        agent: Option<AgentId>,
        ground: Option<(bool, u64)>,
        status: Option<Status>,
    ) -> Self {
        let status = status.filter(|it| agent.is_none() || it.agent == agent);
        let is_read_only = ground.is_some_and(|it| it.0);
        let free_bytes = ground.map(|it| it.1);
        let said = |test: fn(&Status) -> bool| status.as_ref().is_some_and(test);
        let problems = [
            ("not-enrolled", agent.is_none()),
            ("not-running", !is_running),
            ("read-only", is_read_only),
            ("disk-full", !is_read_only && free_bytes.is_some_and(|it| it < FREE_BYTES_MIN)),
            ("in-memory", said(|it| it.waiting.in_memory > 0)),
            ("config", said(|it| it.config_problem.is_some())),
            ("hanging", said(|it| !it.hanging.is_empty())),
            ("trouble", said(|it| it.trouble.is_some())),
            (
                "clock",
                said(|it| it.clock_ahead_seconds.is_some_and(|it| it.abs() > SKEW_SECONDS_MAX)),
            ),
        ];
        let problems = problems.into_iter().filter(|it| it.1).map(|it| it.0).collect();
        Self { is_running, agent, is_read_only, free_bytes, problems, status }
    }

    /// Whether everything is as it should be.
    #[must_use]
    pub const fn is_well(&self) -> bool {
        self.problems.is_empty()
    }

    /// The page for people.
    #[must_use]
    pub fn text(&self, folder: &Path, words: &Wording, width: Option<u16>) -> String {
        let page = Page { words };
        let mut rows = vec![
            page.row("state", page.state(self)),
            page.row("agent", self.agent.map_or_else(|| page.say("none"), |it| it.to_string())),
        ];
        if let Some(status) = &self.status {
            rows.extend(page.said(status));
        }
        rows.push(page.row("folder", folder.display().to_string()));
        let mut parts = vec![rows_of_two(&words.text("agent-status-title"), rows, width)];
        parts.extend(self.problems.iter().map(|it| page.problem(it, self.status.as_ref())));
        if self.is_well() {
            parts.push(words.text("agent-status-well"));
        }
        parts.join("\n\n") + "\n"
    }
}

struct Page<'a> {
    words: &'a Wording,
}

impl Page<'_> {
    fn say(&self, key: &str) -> String {
        self.words.text(&format!("agent-status-{key}"))
    }

    fn say_with(&self, key: &str, arguments: &[(&str, String)]) -> String {
        let arguments: Vec<_> =
            arguments.iter().map(|(name, it)| (*name, clean(it).into())).collect();
        self.words.text_with(&format!("agent-status-{key}"), &arguments)
    }

    fn row(&self, label: &str, value: String) -> [String; 2] {
        [self.say(&format!("label-{label}")), clean(&value)]
    }

    fn state(&self, condition: &Condition) -> String {
        let started = condition.status.as_ref().and_then(|it| it.service_started_at);
        match (condition.is_running, started) {
            (true, Some(since)) => self.say_with("running-since", &[("at", self.time(since))]),
            (true, None) => self.say("running"),
            (false, _) => self.say("stopped"),
        }
    }

    fn said(&self, status: &Status) -> Vec<[String; 2]> {
        let never = || self.say("never");
        let waiting = &status.waiting;
        let mut rows = vec![
            self.row("version", status.software_version.clone()),
            self.row("collector", status.collector.clone().unwrap_or_else(|| self.say("none"))),
            self.row("last-run", status.last_run.map_or_else(never, |it| self.run(it))),
            self.row(
                "last-delivery",
                status.last_delivery.map_or_else(never, |it| self.time(it.at)),
            ),
        ];
        rows.push(match waiting.oldest_at {
            None => self.row("waiting", self.say("nothing-waits")),
            Some(oldest) => {
                let arguments = [
                    ("count", waiting.reports.to_string()),
                    ("size", self.mebibytes(waiting.bytes)),
                    ("most", self.mebibytes(waiting.bytes_max)),
                    ("at", self.time(oldest)),
                ];
                self.row("waiting", self.say_with("waits", &arguments))
            }
        });
        rows.extend(status.next_run_at.map(|it| self.row("next-run", self.time(it))));
        let until = status.certificate_not_after;
        rows.extend(until.map(|it| self.row("certificate", self.time(it))));
        rows.extend(status.clock_ahead_seconds.map(|it| self.row("clock", self.skew(it))));
        let memory = status.peak_memory_bytes;
        rows.extend(memory.map(|it| self.row("memory", self.mebibytes(it))));
        let newest = status.notes.iter().rev().take(NOTES_SHOWN);
        rows.extend(
            newest.map(|it| self.row("note", format!("{}: {}", self.time(it.at), it.text))),
        );
        rows
    }

    fn run(&self, run: Run) -> String {
        let key = if run.failed == 0 { "run" } else { "run-with-failures" };
        let arguments = [
            ("at", self.time(run.at)),
            ("sources", run.sections.to_string()),
            ("failed", run.failed.to_string()),
            ("seconds", self.seconds(run.duration_ms)),
            ("processor", self.seconds(run.processor_ms)),
        ];
        self.say_with(key, &arguments)
    }

    fn skew(&self, seconds: i64) -> String {
        let key = match seconds {
            -2..=2 => "clock-agrees",
            3.. => "clock-ahead",
            _ => "clock-behind",
        };
        self.say_with(key, &[("seconds", seconds.unsigned_abs().to_string())])
    }

    /// What is wrong and what to do.
    fn problem(&self, problem: &str, status: Option<&Status>) -> String {
        let trouble = status.and_then(|it| it.trouble.as_ref()).filter(|_| problem == "trouble");
        if let Some(trouble) = trouble {
            return self.trouble(trouble);
        }
        let cause = match problem {
            "config" => status.and_then(|it| it.config_problem.clone()),
            "hanging" => status.map(|it| it.hanging.join("; ")),
            "clock" => status.and_then(|it| it.clock_ahead_seconds).map(|it| self.skew(it)),
            _ => None,
        };
        let mut lines = vec![self.say(&format!("problem-{problem}"))];
        let labelled = |label: &str, text: &str| format!("  {}: {text}", self.words.text(label));
        lines.extend(cause.map(|it| labelled("agent-label-cause", &clean(&it))));
        let remedy = self.say(&format!("problem-{problem}-remedy"));
        lines.push(labelled("agent-label-remedy", &remedy));
        lines.join("\n")
    }

    fn trouble(&self, trouble: &Trouble) -> String {
        let since = self.say_with("problem-trouble", &[("at", self.time(trouble.since))]);
        let text = Failure::kept_text(&trouble.key, &trouble.subject, &trouble.causes, self.words);
        format!("{since}\n{}", clean_lines(&text))
    }

    fn seconds(&self, milliseconds: u64) -> String {
        #[expect(clippy::cast_precision_loss, reason = "two digits after the point are shown")]
        self.decimal(format!("{:.2}", milliseconds as f64 / 1000.0))
    }

    fn mebibytes(&self, bytes: u64) -> String {
        #[expect(clippy::cast_precision_loss, reason = "one digit after the point is shown")]
        self.decimal(format!("{:.1} MiB", bytes as f64 / MIB))
    }

    fn decimal(&self, text: String) -> String {
        match self.words.language() {
            Language::German => text.replace('.', ","),
            Language::English => text,
        }
    }

    fn time(&self, at: Timestamp) -> String {
        local_time(at, self.words.language())
    }
}

/// Notes that are shown to people; JSON has all.
const NOTES_SHOWN: usize = 3;

/// A moment in the time zone of this machine.
#[must_use]
pub fn local_time(at: Timestamp, language: Language) -> String {
    let zoned = at.to_zoned_datetime(TimeZone::system());
    let form = match language {
        Language::German => "%d.%m.%Y %H:%M",
        Language::English => "%Y-%m-%d %H:%M",
    };
    zoned.strftime(form).to_string()
}

/// Several lines of text of others, without what a terminal would obey.
fn clean_lines(text: &str) -> String {
    text.lines().map(clean).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::kept::Delivery;
    use crate::spool::Waiting;

    const AGENT: AgentId = AgentId(Uuid::from_u128(5));

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_780_000_000 + second).unwrap()
    }

    fn status() -> Status {
        let mut status = Status::new(AGENT, "sammelstelle.firma.example:8443".to_owned(), at(0));
        status.service_started_at = Some(at(-500));
        status.last_run =
            Some(Run { at: at(-400), sections: 57, failed: 0, duration_ms: 812, processor_ms: 91 });
        status.last_delivery = Some(Delivery { at: at(-390), reports: 2, bytes: 400 });
        status.next_run_at = Some(at(3000));
        status.certificate_not_after = Some(at(7_000_000));
        status.clock_ahead_seconds = Some(1);
        status.peak_memory_bytes = Some(11_000_000);
        status
    }

    fn texts(condition: &Condition) -> [String; 2] {
        [Language::German, Language::English]
            .map(|it| condition.text(Path::new("/var/lib/kataster-agent"), it.wording(), Some(80)))
    }

    fn check_text(text: &str) {
        assert!(!text.contains('⟨'), "{text}");
        for line in text.lines().take_while(|it| !it.is_empty()) {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }

    #[test]
    fn all_is_well() {
        let condition = Condition::of(true, Some(AGENT), Some((false, 1 << 30)), Some(status()));
        assert!(condition.is_well());
        let [german, english] = texts(&condition);
        assert!(german.contains("0,09") && german.contains("sammelstelle.firma"), "{german}");
        assert!(english.contains("0.09"), "{english}");
        [german, english].iter().for_each(|it| check_text(it));
    }

    #[test]
    fn every_problem_is_said_with_what_to_do() {
        let mut bad = status();
        bad.waiting = Waiting {
            reports: 4,
            bytes: 5_000_000,
            bytes_max: 67_108_864,
            oldest_at: Some(at(-86_400)),
            in_memory: 1,
        };
        bad.config_problem = Some("agent.toml, line 3: unknown \u{1b}[31mkey".to_owned());
        bad.hanging = vec!["configuration.sshd: reading /etc/ssh/x".to_owned()];
        bad.clock_ahead_seconds = Some(-315_360_000);
        bad.last_run = bad.last_run.map(|it| Run { failed: 2, ..it });
        bad.fail(Trouble {
            since: at(-80_000),
            key: "unreachable".to_owned(),
            subject: "c:1".to_owned(),
            causes: vec!["connection refused".to_owned()],
            exit_code: 5,
        });
        bad.note(at(-5), "the spool is full".to_owned());
        let full = Condition::of(false, None, Some((false, 0)), Some(bad.clone()));
        let locked = Condition::of(true, Some(AGENT), Some((true, 0)), Some(bad));
        assert!(full.problems.contains(&"disk-full") && locked.problems.contains(&"read-only"));
        assert_eq!(full.problems.len() + locked.problems.len(), 8 + 6);
        for text in texts(&full).into_iter().chain(texts(&locked)) {
            check_text(&text);
            assert!(!text.contains('\u{1b}'), "{text:?}");
            assert!(text.contains("connection refused"), "{text}");
        }
    }

    #[test]
    fn the_state_of_another_agent_is_not_shown() {
        let other = AgentId(Uuid::from_u128(6));
        let condition = Condition::of(true, Some(other), None, Some(status()));
        assert!(condition.status.is_none());
    }

    #[test]
    fn a_folder_that_is_not_there_is_no_agent() {
        let condition = Condition::look(Path::new("/nowhere/kataster-agent")).unwrap();
        assert_eq!(condition.problems, ["not-enrolled", "not-running"]);
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(&folder.path().join("agent")).unwrap();
        let condition = Condition::look(data.path()).unwrap();
        assert!(condition.is_running);
    }
}
