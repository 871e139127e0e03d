//! What a person is told when something does not work: what happened, the likely reason, what to do.

use std::error::Error;

use jiff::Timestamp;
use observation::latest::protocol::ProblemCode;
use pki::{TlsFailure, TokenError};
use wording::Wording;

use crate::agent::AgentError;
use crate::carry::CarryError;
use crate::config::ConfigError;
use crate::data_dir::DataDirError;
use crate::deliver::DeliverError;
use crate::deliver::network::NetworkError;
use crate::enrol::EnrolError;
use crate::kept::Trouble;
use crate::service::install::InstallError;
use crate::update::Refusal;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the documentation: see the table of exit codes")]
pub enum Exit {
    Done,
    Failed,
    Usage,
    Partial,
    Refused,
    Unreachable,
    NothingFound,
    Conflict,
    BelowThreshold,
    Replaced,
    Interrupted,
}

impl Exit {
    /// The number for the operating system.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Partial => 3,
            Self::Refused => 4,
            Self::Unreachable => 5,
            Self::NothingFound => 6,
            Self::Conflict => 7,
            Self::BelowThreshold => 8,
            Self::Replaced => 75,
            Self::Interrupted => 130,
        }
    }
}

/// Something did not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// How the program ends.
    pub exit: Exit,
    /// `agent-failed-<key>` says what happened, `…-why` the likely reason, `…-remedy` what to do.
    pub key: &'static str,
    /// What the messages speak of.
    pub subject: String,
    /// The causes in the words of libraries and system, outermost first.
    pub causes: Vec<String>,
}

impl Failure {
    /// A failure about an object.
    #[must_use]
    pub fn new(exit: Exit, key: &'static str, subject: impl ToString) -> Self {
        Self { exit, key, subject: subject.to_string(), causes: Vec::new() }
    }

    /// The same with its cause and the causes of that.
    #[must_use]
    pub fn because(mut self, error: &(dyn Error + 'static)) -> Self {
        let mut next = Some(error);
        while let Some(error) = next {
            let text = error.to_string();
            if self.causes.last() != Some(&text) {
                self.causes.push(text);
            }
            next = error.source();
        }
        self
    }

    /// The same about a file, where it speaks of nothing else yet.
    #[must_use]
    pub fn of_file(mut self, path: &std::path::Path) -> Self {
        if self.subject.is_empty() {
            self.subject = path.display().to_string();
        }
        self
    }

    /// The lines that a person reads.
    #[must_use]
    pub fn text(&self, words: &Wording) -> String {
        Self::kept_text(self.key, &self.subject, &self.causes, words)
    }

    /// The lines of a failure that was kept.
    #[must_use]
    pub fn kept_text(key: &str, subject: &str, causes: &[String], words: &Wording) -> String {
        let subject = [("subject", subject.into())];
        let say = |part: &str| {
            let key = format!("agent-failed-{key}{part}");
            words.has(&key).then(|| words.text_with(&key, &subject))
        };
        let mut lines = vec![say("").unwrap_or_else(|| words.text_with(key, &subject))];
        let labelled = |label: &str, text: String| format!("  {}: {text}", words.text(label));
        if !causes.is_empty() {
            lines.push(labelled("agent-label-cause", causes.join(": ")));
        }
        lines.extend(say("-why").map(|it| labelled("agent-label-why", it)));
        lines.extend(say("-remedy").map(|it| labelled("agent-label-remedy", it)));
        lines.join("\n")
    }
}

/// A failure as the state of the agent keeps it.
#[must_use]
pub fn trouble(error: AgentError, since: Timestamp) -> Trouble {
    let failure = Failure::from(error);
    Trouble {
        since,
        key: failure.key.to_owned(),
        subject: failure.subject,
        causes: failure.causes,
        exit_code: failure.exit.code(),
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let (key, path) = match &error {
            ConfigError::Read { path, .. } => ("config-read", path),
            ConfigError::Invalid { path, .. } => ("config", path),
        };
        Self::new(Exit::Usage, key, path).because(&error)
    }
}

impl From<TokenError> for Failure {
    fn from(error: TokenError) -> Self {
        Self::new(Exit::Usage, "token", "").because(&error)
    }
}

impl From<DataDirError> for Failure {
    fn from(error: DataDirError) -> Self {
        match &error {
            DataDirError::Locked { path } => Self::new(Exit::Conflict, "locked", path),
            DataDirError::TooOpen { path, .. } => {
                Self::new(Exit::Refused, "too-open", path).because(&error)
            }
            DataDirError::OfAnotherUser { path, .. } => {
                Self::new(Exit::Refused, "of-another-user", path).because(&error)
            }
            DataDirError::Io { path, .. } => {
                Self::new(Exit::Failed, "data-dir", path).because(&error)
            }
            DataDirError::Damaged { path, .. } => {
                Self::new(Exit::Failed, "damaged", path).because(&error)
            }
            DataDirError::NoPlace => Self::new(Exit::Usage, "no-place", ""),
        }
    }
}

impl From<DeliverError> for Failure {
    fn from(error: DeliverError) -> Self {
        match &error {
            DeliverError::Network(network) => of_network(network),
            DeliverError::Refused { code, .. } => {
                Self::new(Exit::Refused, of_problem(*code), "").because(&error)
            }
            DeliverError::Later { .. } => Self::new(Exit::Unreachable, "later", "").because(&error),
            DeliverError::NotUnderstood { .. } => {
                Self::new(Exit::Failed, "not-understood", "").because(&error)
            }
            DeliverError::Number(_) => Self::new(Exit::Failed, "number", "").because(&error),
        }
    }
}

impl From<EnrolError> for Failure {
    fn from(error: EnrolError) -> Self {
        match error {
            EnrolError::AlreadyEnrolled { agent } => {
                Self::new(Exit::Conflict, "already-enrolled", agent)
            }
            EnrolError::DataDir(error) => error.into(),
            EnrolError::Conversation(error) => error.into(),
            EnrolError::Number(_) => Self::new(Exit::Failed, "number", "").because(&error),
            EnrolError::Key(_) | EnrolError::Tls(_) => {
                Self::new(Exit::Failed, "internal", "").because(&error)
            }
            EnrolError::BadAnswer { .. } => {
                Self::new(Exit::Refused, "bad-answer", "").because(&error)
            }
        }
    }
}

impl From<AgentError> for Failure {
    fn from(error: AgentError) -> Self {
        match error {
            AgentError::NotEnrolled => Self::new(Exit::Refused, "not-enrolled", ""),
            AgentError::DataDir(error) => error.into(),
            AgentError::Deliver(error) => error.into(),
            AgentError::Renew(error) => error.into(),
            AgentError::Number(_) => Self::new(Exit::Failed, "number", "").because(&error),
            AgentError::Enrolment(_) | AgentError::Tls(_) | AgentError::NoRandomNumbers => {
                Self::new(Exit::Failed, "internal", "").because(&error)
            }
        }
    }
}

impl From<InstallError> for Failure {
    fn from(error: InstallError) -> Self {
        match error {
            InstallError::OtherInit => Self::new(Exit::Refused, "other-init", ""),
            InstallError::Packaged { program } => Self::new(Exit::Refused, "packaged", program),
            InstallError::Foreign { path } => Self::new(Exit::Conflict, "foreign-unit", path),
            InstallError::BadName { name } => Self::new(Exit::Usage, "bad-name", name),
            InstallError::Io { ref path, .. } => {
                Self::new(Exit::Failed, "output", path).because(&error)
            }
        }
    }
}

impl From<CarryError> for Failure {
    fn from(error: CarryError) -> Self {
        match error {
            CarryError::Agent(error) => error.into(),
            CarryError::Number(_) => Self::new(Exit::Failed, "number", "").because(&error),
            CarryError::Exists { path } => Self::new(Exit::Conflict, "output-exists", path),
            CarryError::Write { ref path, .. } => {
                Self::new(Exit::Failed, "output", path).because(&error)
            }
            CarryError::TooLarge => Self::new(Exit::Failed, "too-large", ""),
            CarryError::Key(_) | CarryError::Keep(_) => {
                Self::new(Exit::Failed, "own-key", "").because(&error)
            }
            CarryError::Content(_) => Self::new(Exit::Failed, "internal", "").because(&error),
        }
    }
}

impl From<Refusal> for Failure {
    fn from(error: Refusal) -> Self {
        let (exit, key) = match &error {
            Refusal::NoKeys | Refusal::FewKeys { .. } => (Exit::Refused, "update-keys"),
            Refusal::OtherFile | Refusal::OtherForm | Refusal::Damaged { .. } => {
                (Exit::Refused, "update-form")
            }
            Refusal::Signatures { .. } => (Exit::Refused, "update-signatures"),
            Refusal::OtherMachine { .. } => (Exit::Refused, "update-other-machine"),
            Refusal::NotNewer { .. } => (Exit::Refused, "update-not-newer"),
            Refusal::Expired { .. } | Refusal::FromTheFuture { .. } => {
                (Exit::Refused, "update-time")
            }
            Refusal::TooLarge | Refusal::OtherContent => (Exit::Refused, "update-content"),
            Refusal::TakenBack { .. } => (Exit::Refused, "update-taken-back"),
            Refusal::OnTrial { .. } => (Exit::Refused, "update-on-trial"),
            Refusal::Packaged { .. } => (Exit::Refused, "update-packaged"),
            Refusal::OwnerUnknown { .. } | Refusal::Place { .. } => (Exit::Refused, "update-place"),
            Refusal::Record(_) => (Exit::Failed, "update-record"),
            Refusal::Read(_) => (Exit::Usage, "update-read"),
            Refusal::Step { .. } => (Exit::Failed, "update-step"),
        };
        Self::new(exit, key, "").because(&error)
    }
}

fn of_network(error: &NetworkError) -> Failure {
    match error {
        NetworkError::Unreachable { address, .. } | NetworkError::TimedOut { address } => {
            Failure::new(Exit::Unreachable, "unreachable", address).because(error)
        }
        NetworkError::AnswerTooLarge { address } => {
            Failure::new(Exit::Failed, "not-understood", address).because(error)
        }
        NetworkError::Tls { address, failure } => {
            let key = match failure {
                TlsFailure::OtherAuthority => "other-authority",
                TlsFailure::OtherName => "other-name",
                TlsFailure::ClockOrExpiry { .. } => "clock",
                TlsFailure::OwnCertificateExpired => "expired",
                TlsFailure::Refused { .. } => "certificate-refused",
                TlsFailure::NotOurTls { .. } => "not-our-tls",
            };
            Failure::new(Exit::Refused, key, address).because(error)
        }
    }
}

const fn of_problem(code: ProblemCode) -> &'static str {
    match code {
        ProblemCode::TokenRefused => "token-refused",
        ProblemCode::KeyInUse => "key-in-use",
        ProblemCode::AwaitingApproval => "awaiting-approval",
        ProblemCode::Revoked => "revoked",
        ProblemCode::Quarantined => "quarantined",
        ProblemCode::WrongAgent => "wrong-agent",
        ProblemCode::BadSignature => "bad-signature",
        ProblemCode::BadCertificateRequest
        | ProblemCode::UnknownBase
        | ProblemCode::OutOfOrder
        | ProblemCode::BadRequest
        | ProblemCode::TooLarge
        | ProblemCode::Busy
        | ProblemCode::StorageFull
        | ProblemCode::Internal => "refused",
    }
}

#[cfg(test)]
mod tests {
    use wording::Language;

    use super::*;

    /// Every key that this file gives out.
    const KEYS: &[&str] = &[
        "already-enrolled",
        "awaiting-approval",
        "bad-answer",
        "bad-name",
        "foreign-unit",
        "other-init",
        "packaged",
        "bad-signature",
        "certificate-refused",
        "clock",
        "config",
        "config-read",
        "damaged",
        "data-dir",
        "expired",
        "internal",
        "key-in-use",
        "later",
        "locked",
        "no-place",
        "not-enrolled",
        "not-our-tls",
        "not-understood",
        "no-report",
        "no-report-before",
        "no-source",
        "number",
        "of-another-user",
        "output",
        "output-exists",
        "own-key",
        "other-authority",
        "other-name",
        "quarantined",
        "refused",
        "revoked",
        "signed-file",
        "token",
        "token-file",
        "token-refused",
        "too-large",
        "too-open",
        "unreachable",
        "update-content",
        "update-form",
        "update-guard",
        "update-keys",
        "update-not-newer",
        "update-on-trial",
        "update-other-machine",
        "update-packaged",
        "update-place",
        "update-read",
        "update-record",
        "update-signatures",
        "update-step",
        "update-taken-back",
        "update-time",
        "write",
        "wrong-agent",
    ];

    #[test]
    fn every_failure_says_what_happened_and_what_to_do() {
        for language in [Language::German, Language::English] {
            for key in KEYS {
                let text = Failure::new(Exit::Failed, key, "x").text(language.wording());
                assert!(!text.contains('⟨'), "{text}");
                assert!(text.lines().count() >= 2, "{key}: {text}");
            }
        }
    }

    #[test]
    fn a_cause_is_named_once() {
        let error = NetworkError::TimedOut { address: "c.example:1".to_owned() };
        let failure = Failure::from(DeliverError::Network(error));
        assert_eq!(failure.exit, Exit::Unreachable);
        let text = failure.text(Language::English.wording());
        assert_eq!(text.matches("did not answer in time").count(), 1, "{text}");
    }
}
