//! Looking at what the agent needs: folder, configuration, enrolment, and the way to the collector.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use observation::latest::protocol::{HelloAnswer, HelloRequest};
use pki::{AgentIdentity, TlsFailure, client_config_for_agent};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::{Check, Verdict};
use crate::config::Config;
use crate::data_dir::{DataDir, Enrolment};
use crate::deliver::network::{HttpNetwork, Network, NetworkError};
use crate::deliver::{DeliverError, ask_once};
use crate::host::ground_of;
use crate::status::{FREE_BYTES_MIN, SKEW_SECONDS_MAX};

/// Time for looking up a name and for making a connection, each.
const NETWORK_TIMEOUT: Duration = Duration::from_secs(5);
/// Free space below which a month of reports may not fit.
const FREE_BYTES_GOOD: u64 = 128 * 1024 * 1024;

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

pub(super) fn of_answer(
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

pub(super) fn check(
    id: &'static str,
    verdict: Verdict,
    key: &'static str,
    subject: impl ToString,
) -> Check {
    Check { id, verdict, key, subject: subject.to_string(), cause: None }
}

impl Check {
    fn because(mut self, cause: impl ToString) -> Self {
        self.cause = Some(cause.to_string());
        self
    }
}
