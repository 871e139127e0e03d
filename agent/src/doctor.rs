//! What the agent can read here and what it could read with more rights, and whether everything else
//! that it needs is in order.

mod closed;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use observation::latest::protocol::{HelloAnswer, HelloRequest};
use observation::latest::written::{Outcome, Report, Section};
use observation::latest::{Absent, Gap, Privilege};
use pki::{AgentIdentity, TlsFailure, client_config_for_agent};
use serde::Serialize;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use wording::Wording;

use crate::config::Config;
use crate::data_dir::{DataDir, Enrolment};
use crate::deliver::network::{HttpNetwork, Network, NetworkError};
use crate::deliver::{DeliverError, ask_once};
use crate::host::ground_of;
use crate::print::{clean, named, table_of, wrapped};
use crate::status::{FREE_BYTES_MIN, SKEW_SECONDS_MAX};

/// Time for looking up a name and for making a connection, each.
const NETWORK_TIMEOUT: Duration = Duration::from_secs(5);
/// Free space below which a month of reports may not fit.
const FREE_BYTES_GOOD: u64 = 128 * 1024 * 1024;
/// Columns that a continued line is indented by.
const INDENT: usize = 4;

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// In order.
    Good,
    /// It works, and something should be done.
    Hint,
    /// It does not work.
    Bad,
    /// It was not looked at, because something before it does not work.
    Open,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What: `agent-doctor-<id>` in the catalogue.
    pub id: &'static str,
    /// How it is.
    pub verdict: Verdict,
    /// What is said about it: `agent-doctor-<id>-<key>`, and `…-remedy` unless it is in order.
    pub key: &'static str,
    /// What it speaks of.
    pub subject: String,
    /// The cause in the words of the system.
    pub cause: Option<String>,
}

/// What a source can read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceState {
    /// The source.
    pub source: String,
    /// `read`, `limited`, `not_here`, `not_allowed`, `failed`, `timed_out` or `not_looked_at`.
    pub state: &'static str,
    /// Facts that it gave.
    pub facts: usize,
    /// What is missing for lack of a right.
    pub missing: Vec<Missing>,
    /// Things of it that need more than a right: `apparmor`, `samba`, `sysctl`, `tpm`.
    pub closed: Vec<&'static str>,
    /// The cause where it failed, in the words of the system.
    pub cause: Option<String>,
}

/// Something that a right would add.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Missing {
    /// The field; none: all of the source.
    pub field: Option<String>,
    /// `root`, `ptrace`, `read_all` or `group`.
    pub needs: &'static str,
}

/// Everything that was looked at.
#[derive(Debug, Serialize)]
pub struct Findings {
    /// What the agent needs.
    pub checks: Vec<Check>,
    /// What it reads.
    pub sources: Vec<SourceState>,
}

impl Findings {
    /// Whether something does not work.
    #[must_use]
    pub fn has_bad(&self) -> bool {
        self.checks.iter().any(|it| it.verdict == Verdict::Bad)
    }

    /// Whether a source that should have answered did not.
    #[must_use]
    pub fn has_failures(&self) -> bool {
        self.sources.iter().any(|it| matches!(it.state, "failed" | "timed_out"))
    }
}

fn check(id: &'static str, verdict: Verdict, key: &'static str, subject: impl ToString) -> Check {
    Check { id, verdict, key, subject: subject.to_string(), cause: None }
}

impl Check {
    fn because(mut self, cause: impl ToString) -> Self {
        self.cause = Some(cause.to_string());
        self
    }
}

/// What each source of a report could read.
#[must_use]
pub fn sources(report: &Report) -> Vec<SourceState> {
    report.sections.iter().map(source).collect()
}

fn source(section: &Section) -> SourceState {
    let (state, facts, mut missing, cause) = match &section.body.outcome {
        Outcome::Read { facts, gaps, .. } => {
            let missing: Vec<Missing> = gaps.iter().filter_map(missing_by).collect();
            let state = if missing.is_empty() { "read" } else { "limited" };
            (state, facts.len(), missing, None)
        }
        Outcome::Absent { reason } => match reason {
            Absent::NotHere { .. } => ("not_here", 0, Vec::new(), None),
            Absent::NotAllowed { needs, .. } => {
                ("not_allowed", 0, vec![Missing { field: None, needs: right(*needs) }], None)
            }
            Absent::Failed { doing, cause } => {
                ("failed", 0, Vec::new(), Some(format!("{doing}: {cause}")))
            }
            Absent::TimedOut { doing, after_ms } => {
                ("timed_out", 0, Vec::new(), Some(format!("{doing}: {after_ms} ms")))
            }
            Absent::NotLookedAt { .. } => ("not_looked_at", 0, Vec::new(), None),
        },
    };
    missing.sort();
    missing.dedup();
    let mut closed: Vec<&str> = match &section.body.outcome {
        Outcome::Read { gaps, .. } => {
            gaps.iter().filter_map(|it| closed::explanation(&it.reason)).collect()
        }
        Outcome::Absent { reason } => closed::explanation(reason).into_iter().collect(),
    };
    closed.sort_unstable();
    closed.dedup();
    SourceState { source: section.body.source.to_string(), state, facts, missing, closed, cause }
}

fn missing_by(gap: &Gap) -> Option<Missing> {
    let Absent::NotAllowed { needs, .. } = &gap.reason else { return None };
    Some(Missing { field: Some(gap.field.clone()), needs: right(*needs) })
}

const fn right(needs: Privilege) -> &'static str {
    match needs {
        Privilege::Root => "root",
        Privilege::Ptrace => "ptrace",
        Privilege::ReadAll => "read_all",
        Privilege::Group => "group",
    }
}

/// Looks at folder, configuration, enrolment and the way to the collector. Sends nothing but a question
/// whether the agent may speak.
pub async fn checks(folder: &Path, config_file: Option<&Path>, now: Timestamp) -> Vec<Check> {
    let mut found = of_folder(folder);
    let config = of_config(config_file, &mut found);
    let Some(enrolment) = of_enrolment(folder, now, &mut found) else {
        let open = ["name", "port", "collector", "clock"];
        found.extend(open.map(|id| check(id, Verdict::Open, "open", "")));
        return found;
    };
    let address = config.collector.clone().unwrap_or_else(|| enrolment.agent_address.clone());
    found.extend(of_way(&enrolment, &address).await);
    found
}

fn of_folder(folder: &Path) -> Vec<Check> {
    let shown = folder.display();
    let mut found = Vec::new();
    match crate::host::mode_open_to_others(folder) {
        Ok(None) => found.push(check("folder", Verdict::Good, "private", shown)),
        Ok(Some(mode)) => {
            let cause = format!("mode {mode:o}");
            found.push(check("folder", Verdict::Bad, "open", shown).because(cause));
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            found.push(check("folder", Verdict::Hint, "missing", shown));
            found.push(check("space", Verdict::Open, "open", ""));
            found.push(check("service", Verdict::Bad, "stopped", ""));
            return found;
        }
        Err(error) => found.push(check("folder", Verdict::Bad, "closed", shown).because(error)),
    }
    found.push(match ground_of(folder) {
        Err(error) => check("space", Verdict::Bad, "unknown", folder.display()).because(error),
        Ok((true, _)) => check("space", Verdict::Bad, "read-only", folder.display()),
        Ok((false, space)) => {
            let free = space.available_bytes;
            let mebibytes = free / (1024 * 1024);
            if free < FREE_BYTES_MIN {
                check("space", Verdict::Bad, "full", mebibytes)
            } else if free < FREE_BYTES_GOOD {
                check("space", Verdict::Hint, "little", mebibytes)
            } else {
                check("space", Verdict::Good, "enough", mebibytes)
            }
        }
    });
    found.push(match DataDir::is_in_use(folder) {
        Ok(true) => check("service", Verdict::Good, "running", ""),
        Ok(false) => check("service", Verdict::Bad, "stopped", ""),
        Err(error) => check("service", Verdict::Bad, "unknown", "").because(error),
    });
    found
}

fn of_config(file: Option<&Path>, found: &mut Vec<Check>) -> Config {
    let Some(file) = file else {
        found.push(check("config", Verdict::Good, "none", ""));
        return Config::default();
    };
    match Config::load(file) {
        Ok(config) => {
            found.push(check("config", Verdict::Good, "used", file.display()));
            config
        }
        Err(error) => {
            let bad = check("config", Verdict::Bad, "broken", file.display());
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            found.push(
                bad.because(cause.map_or_else(|| error.to_string(), |it| format!("{error}: {it}"))),
            );
            Config::default()
        }
    }
}

fn of_enrolment(folder: &Path, now: Timestamp, found: &mut Vec<Check>) -> Option<Enrolment> {
    let enrolment = match DataDir::enrolment_in(folder) {
        Ok(Some(enrolment)) => enrolment,
        Ok(None) => {
            found.push(check("enrolment", Verdict::Bad, "missing", ""));
            return None;
        }
        Err(error) => {
            found.push(check("enrolment", Verdict::Bad, "damaged", "").because(error));
            return None;
        }
    };
    found.push(check("enrolment", Verdict::Good, "there", enrolment.agent));
    let until = enrolment.identity().ok()?.peer().not_after;
    found.push(if now < until {
        check("certificate", Verdict::Good, "valid", until.strftime("%Y-%m-%d"))
    } else {
        check("certificate", Verdict::Hint, "expired", until.strftime("%Y-%m-%d"))
    });
    Some(enrolment)
}

/// From the name to an answer; what comes after a failure is left open.
async fn of_way(enrolment: &Enrolment, address: &str) -> Vec<Check> {
    let mut found = Vec::new();
    let steps = ["name", "port", "collector", "clock"];
    let host = address.rsplit_once(':').map_or(address, |it| it.0);
    let looked_up = timeout(NETWORK_TIMEOUT, lookup_host(address)).await;
    let addresses: Vec<_> = match looked_up {
        Ok(Ok(addresses)) => addresses.collect(),
        Ok(Err(error)) => {
            found.push(check("name", Verdict::Bad, "unknown", host).because(error));
            Vec::new()
        }
        Err(_) => {
            found.push(check("name", Verdict::Bad, "no-answer", host));
            Vec::new()
        }
    };
    if !addresses.is_empty() {
        let first = addresses.iter().map(|it| it.ip().to_string()).collect::<Vec<_>>().join(", ");
        found.push(check("name", Verdict::Good, "known", format!("{host} ({first})")));
        match timeout(NETWORK_TIMEOUT, TcpStream::connect(addresses.as_slice())).await {
            Ok(Ok(_)) => {
                found.push(check("port", Verdict::Good, "open", address));
                found.extend(of_collector(enrolment, address).await);
            }
            Ok(Err(error)) => {
                found.push(check("port", Verdict::Bad, "closed", address).because(error));
            }
            Err(_) => found.push(check("port", Verdict::Bad, "no-answer", address)),
        }
    }
    let done: Vec<&str> = found.iter().map(|it| it.id).collect();
    let open = steps.into_iter().filter(|it| !done.contains(it));
    let open: Vec<Check> = open.map(|id| check(id, Verdict::Open, "open", "")).collect();
    found.extend(open);
    found
}

async fn of_collector(enrolment: &Enrolment, address: &str) -> Vec<Check> {
    let bad =
        |cause: String| vec![check("collector", Verdict::Bad, "failed", address).because(cause)];
    let identity: AgentIdentity = match enrolment.identity() {
        Ok(identity) => identity,
        Err(problem) => return bad(problem),
    };
    let tls = match client_config_for_agent(&identity) {
        Ok(tls) => tls,
        Err(error) => return bad(error.to_string()),
    };
    let network: Arc<dyn Network> = match HttpNetwork::new(address, tls) {
        Ok(network) => Arc::new(network),
        Err(error) => return bad(error.to_string()),
    };
    let request = HelloRequest { agent: enrolment.agent };
    let asked: Result<HelloAnswer, DeliverError> =
        ask_once(network.as_ref(), "/v1/hello", &request).await;
    let now = crate::clock::Clock::now(&crate::clock::SystemClock);
    of_answer(address, asked, now)
}

fn of_answer(
    address: &str,
    asked: Result<HelloAnswer, DeliverError>,
    now: Timestamp,
) -> Vec<Check> {
    let error = match asked {
        Ok(answer) => {
            let ahead = now.duration_since(answer.server_time).as_secs();
            let clock = if ahead.abs() <= SKEW_SECONDS_MAX {
                check("clock", Verdict::Good, "agrees", ahead)
            } else {
                check("clock", Verdict::Hint, "off", ahead)
            };
            return vec![check("collector", Verdict::Good, "trusted", address), clock];
        }
        Err(error) => error,
    };
    let key = match &error {
        // Trust is mutual; the collector is merely older than this question.
        DeliverError::NotUnderstood { status: 404, .. } => {
            return vec![check("collector", Verdict::Good, "trusted", address)];
        }
        DeliverError::Refused { .. } => "refused",
        DeliverError::Network(NetworkError::Tls { failure, .. }) => match failure {
            TlsFailure::ClockOrExpiry { .. } => "clock",
            TlsFailure::OwnCertificateExpired => "expired",
            TlsFailure::OtherAuthority | TlsFailure::OtherName => "another",
            TlsFailure::Refused { .. } | TlsFailure::NotOurTls { .. } => "not-trusted",
        },
        DeliverError::Network(_)
        | DeliverError::Later { .. }
        | DeliverError::NotUnderstood { .. }
        | DeliverError::Number(_) => "failed",
    };
    vec![check("collector", Verdict::Bad, key, address).because(error)]
}

impl Findings {
    /// The page for people.
    #[must_use]
    pub fn text(&self, words: &Wording, width: Option<u16>) -> String {
        let columns = usize::from(width.unwrap_or(u16::MAX));
        let mut lines = vec![words.text("agent-doctor-title")];
        for it in &self.checks {
            lines.extend(check_lines(it, words, columns));
        }
        let mut parts = vec![lines.join("\n"), wrapped(&self.summary(words), columns, 0)];
        parts.push(self.missing(words, width));
        parts.push(self.failed(words, columns));
        parts.push(self.grants(words, columns));
        parts.retain(|it| !it.is_empty());
        parts.join("\n\n") + "\n"
    }

    fn summary(&self, words: &Wording) -> String {
        let count =
            |states: &[&str]| self.sources.iter().filter(|it| states.contains(&it.state)).count();
        let arguments = [
            ("all", count_of(self.sources.len())),
            ("read", count_of(count(&["read"]))),
            ("limited", count_of(count(&["limited", "not_allowed"]))),
            ("none", count_of(count(&["not_here"]))),
            ("failed", count_of(count(&["failed", "timed_out"]))),
        ];
        let arguments = arguments.map(|(name, it)| (name, it.into()));
        words.text_with("agent-doctor-sources", &arguments)
    }

    /// What more rights would add, source by source.
    fn missing(&self, words: &Wording, width: Option<u16>) -> String {
        let mut rows = Vec::new();
        for state in self.sources.iter().filter(|it| !it.missing.is_empty()) {
            for needs in ["root", "read_all", "ptrace", "group"] {
                let of_right = state.missing.iter().filter(|it| it.needs == needs);
                let fields: Vec<String> = of_right
                    .map(|it| match &it.field {
                        Some(field) => named("absent-field-", field, words),
                        None => words.text("agent-doctor-everything"),
                    })
                    .collect();
                if !fields.is_empty() {
                    let right =
                        words.text(&format!("absent-privilege-{}", needs.replace('_', "-")));
                    let source = named("absent-source-", &state.source, words);
                    rows.push([source, fields.join(", "), right]);
                }
            }
        }
        let headings = ["source", "thing", "needs"];
        let headings = headings.map(|it| words.text(&format!("agent-print-column-{it}")));
        table_of(&words.text("agent-print-rights"), headings, rows, width)
    }

    fn failed(&self, words: &Wording, columns: usize) -> String {
        let lines = self.sources.iter().filter_map(|it| {
            let cause = it.cause.as_ref()?;
            let source = named("absent-source-", &it.source, words);
            Some(wrapped(&format!("- {source}: {}", clean(cause)), columns, INDENT))
        });
        let lines: Vec<String> = lines.collect();
        match lines.is_empty() {
            true => String::new(),
            false => format!("{}\n{}", words.text("agent-doctor-failed-sources"), lines.join("\n")),
        }
    }

    /// How the rights that are missing are granted.
    fn grants(&self, words: &Wording, columns: usize) -> String {
        let all = self.sources.iter().flat_map(|it| &it.missing);
        let needs: std::collections::BTreeSet<&str> = all.map(|it| it.needs).collect();
        let lines = needs.into_iter().map(|it| {
            let text = words.text(&format!("agent-doctor-grant-{}", it.replace('_', "-")));
            wrapped(&format!("- {text}"), columns, INDENT)
        });
        let closed = self.sources.iter().flat_map(|it| &it.closed);
        let closed: std::collections::BTreeSet<&str> = closed.copied().collect();
        let explanations = closed.into_iter().map(|it| {
            let text = words.text(&format!("agent-doctor-closed-{it}"));
            wrapped(&format!("- {text}"), columns, INDENT)
        });
        let lines: Vec<String> = lines.chain(explanations).collect();
        match lines.is_empty() {
            true => String::new(),
            false => format!("{}\n{}", words.text("agent-doctor-grants"), lines.join("\n")),
        }
    }
}

fn check_lines(check: &Check, words: &Wording, columns: usize) -> Vec<String> {
    let subject = [("subject", clean(&check.subject).into())];
    let key = match check.verdict {
        Verdict::Open => "agent-doctor-open".to_owned(),
        Verdict::Good | Verdict::Hint | Verdict::Bad => {
            format!("agent-doctor-{}-{}", check.id, check.key)
        }
    };
    let mark = words.text(match check.verdict {
        Verdict::Good => "agent-doctor-mark-good",
        Verdict::Hint => "agent-doctor-mark-hint",
        Verdict::Bad => "agent-doctor-mark-bad",
        Verdict::Open => "agent-doctor-mark-open",
    });
    let label = words.text(&format!("agent-doctor-{}", check.id));
    let line = format!("{mark} {label}: {}", words.text_with(&key, &subject));
    let mut lines = vec![wrapped(&line, columns, INDENT)];
    let mut labelled = |label: &str, text: &str| {
        let indented = wrapped(
            &format!("{}: {text}", words.text(label)),
            columns.saturating_sub(INDENT),
            INDENT,
        );
        lines.extend(indented.lines().map(|it| format!("{}{it}", " ".repeat(INDENT))));
    };
    if let Some(cause) = &check.cause {
        labelled("agent-label-cause", &clean(cause));
    }
    if matches!(check.verdict, Verdict::Hint | Verdict::Bad) {
        labelled("agent-label-remedy", &words.text_with(&format!("{key}-remedy"), &subject));
    }
    lines
}

fn count_of(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use observation::latest::ReportNumber;
    use observation::latest::protocol::ProblemCode;
    use pki::Authority;
    use wording::Language;

    use super::*;
    use crate::clock::{Clock, SystemClock};
    use crate::data_dir::tests::enrolment;
    use crate::spool::tests::report;

    fn now() -> Timestamp {
        SystemClock.now()
    }

    fn wait_for<T>(work: impl Future<Output = T>) -> T {
        pki::install_provider();
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
    }

    fn verdict(found: &[Check], id: &str) -> (Verdict, &'static str) {
        let check = found.iter().find(|it| it.id == id).unwrap();
        (check.verdict, check.key)
    }

    fn page(checks: Vec<Check>, sources: Vec<SourceState>) {
        let findings = Findings { checks, sources };
        for language in [Language::German, Language::English] {
            let text = findings.text(language.wording(), Some(80));
            assert!(!text.contains('⟨'), "{text}");
            for line in text.lines() {
                assert!(line.chars().count() <= 80, "{line}");
            }
        }
    }

    #[test]
    fn a_host_without_anything_is_told_what_is_missing() {
        let found = wait_for(checks(Path::new("/nowhere/agent"), None, now()));
        assert_eq!(verdict(&found, "folder"), (Verdict::Hint, "missing"));
        assert_eq!(verdict(&found, "enrolment"), (Verdict::Bad, "missing"));
        assert_eq!(verdict(&found, "collector").0, Verdict::Open);
        page(found, Vec::new());
    }

    #[test]
    fn the_way_to_the_collector_is_looked_at_step_by_step() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(&folder.path().join("agent")).unwrap();
        let mut kept = enrolment(&Authority::create("A", now()).unwrap(), now());
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        drop(listener);
        kept.agent_address = address;
        data.keep(&kept).unwrap();
        let broken = folder.path().join("agent.toml");
        std::fs::write(&broken, "colour = 1\n").unwrap();
        let found = wait_for(checks(data.path(), Some(&broken), now()));
        assert_eq!(verdict(&found, "service"), (Verdict::Good, "running"));
        assert_eq!(verdict(&found, "config"), (Verdict::Bad, "broken"));
        assert_eq!(verdict(&found, "name"), (Verdict::Good, "known"));
        assert_eq!(verdict(&found, "port"), (Verdict::Bad, "closed"));
        assert_eq!(verdict(&found, "collector").0, Verdict::Open);
        page(found, Vec::new());
        let late = now().checked_add(jiff::SignedDuration::from_hours(24 * 100)).unwrap();
        let found = wait_for(checks(data.path(), None, late));
        assert_eq!(verdict(&found, "certificate"), (Verdict::Hint, "expired"));
        page(found, Vec::new());
    }

    #[test]
    fn every_answer_of_a_collector_has_its_words() {
        let network = |failure| {
            DeliverError::Network(NetworkError::Tls { address: "c:1".to_owned(), failure })
        };
        let problem = |status| DeliverError::NotUnderstood {
            path: "/v1/hello",
            status,
            cause: "none".to_owned(),
        };
        let refused = DeliverError::Refused { code: ProblemCode::Revoked, title: "no".to_owned() };
        for (error, key) in [
            (network(TlsFailure::OtherAuthority), "another"),
            (network(TlsFailure::OwnCertificateExpired), "expired"),
            (problem(404), "trusted"),
            (problem(200), "failed"),
            (refused, "refused"),
        ] {
            let found = of_answer("c:1", Err(error), now());
            assert_eq!(found[0].key, key);
            page(found, Vec::new());
        }
        for key in ["clock", "not-trusted"] {
            page(vec![check("collector", Verdict::Bad, key, "c:1")], Vec::new());
        }
        for (id, key, verdict) in [
            ("space", "full", Verdict::Bad),
            ("space", "little", Verdict::Hint),
            ("space", "read-only", Verdict::Bad),
            ("space", "unknown", Verdict::Bad),
            ("folder", "open", Verdict::Bad),
            ("folder", "closed", Verdict::Bad),
            ("service", "unknown", Verdict::Bad),
            ("enrolment", "damaged", Verdict::Bad),
            ("name", "unknown", Verdict::Bad),
            ("name", "no-answer", Verdict::Bad),
            ("port", "no-answer", Verdict::Bad),
        ] {
            page(vec![check(id, verdict, key, "x")], Vec::new());
        }
        let answer = |seconds| {
            let at = now().checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap();
            of_answer("c:1", Ok(HelloAnswer { server_time: at }), now())
        };
        assert_eq!(verdict(&answer(0), "clock"), (Verdict::Good, "agrees"));
        assert_eq!(verdict(&answer(315_360_000), "clock"), (Verdict::Hint, "off"));
        page(answer(-315_360_000), Vec::new());
    }

    #[test]
    fn missing_rights_are_named_with_what_they_would_add() {
        let gap = |field: &str, needs| Gap {
            field: field.to_owned(),
            of: Some("x".to_owned()),
            reason: Absent::NotAllowed { what: "/x".to_owned(), needs },
        };
        let number = ReportNumber { epoch: 1, sequence: 1 };
        let mut report = report(
            number,
            &[
                ("accounts.accounts", 1),
                ("services.listeners", 1),
                ("software.dpkg", 1),
                ("x.y", 1),
            ],
        );
        let outcomes = [
            Outcome::Absent {
                reason: Absent::NotAllowed { what: "/x".to_owned(), needs: Privilege::Root },
            },
            Outcome::Read {
                facts: Vec::new(),
                gaps: vec![
                    gap("listener.process", Privilege::Ptrace),
                    gap("listener.process", Privilege::Ptrace),
                    gap("listener.unit", Privilege::Group),
                    Gap {
                        field: "setting".to_owned(),
                        of: None,
                        reason: Absent::NotAllowed {
                            what: "/proc/sys/vm/mmap_rnd_bits".to_owned(),
                            needs: Privilege::Root,
                        },
                    },
                ],
                complaints: Vec::new(),
            },
            Outcome::Absent {
                reason: Absent::Failed { doing: "reading".to_owned(), cause: "broken".to_owned() },
            },
            Outcome::Absent { reason: Absent::NotHere { looked_at: "/y".to_owned() } },
        ];
        for (section, outcome) in report.sections.iter_mut().zip(outcomes) {
            section.body.outcome = outcome;
        }
        let found = sources(&report);
        let states: Vec<&str> = found.iter().map(|it| it.state).collect();
        assert_eq!(states, ["not_allowed", "limited", "failed", "not_here"]);
        assert_eq!((found[1].missing.len(), &*found[1].closed), (3, &["sysctl"][..]));
        let findings = Findings { checks: Vec::new(), sources: found.clone() };
        assert!(findings.has_failures() && !findings.has_bad());
        let text = findings.text(Language::English.wording(), Some(80));
        assert!(text.contains("mode 0600"), "{text}");
        assert!(text.contains("CAP_SYS_PTRACE") && text.contains("reading: broken"), "{text}");
        page(Vec::new(), found);
    }
}
