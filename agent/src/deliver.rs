//! The conversation that hands reports to the collector.
//!
//! An unchanged host costs one check-in. Otherwise the collector names the bodies that it lacks and
//! gets them, as differences where that is smaller. A report leaves the spool only after the
//! collector has said that it is committed; asking again after a lost answer changes nothing,
//! because the number of the report makes every step repeatable.

pub mod backoff;
pub mod network;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use jiff::SignedDuration;
use observation::ContentHash;
use observation::latest::delta;
use observation::latest::protocol::{
    Base, BodyTransfer, CheckInAnswer, CheckInRequest, ManifestAnswer, ManifestRequest, Problem,
    ProblemCode, Task, UploadAnswer, UploadRequest,
};
use observation::latest::{AgentId, SourceId};
use observation::limits::{REQUEST_BYTES_MAX, REQUEST_UNPACKED_BYTES_MAX};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::clock::Clock;
use crate::spool::{Entry, NumberError, Spool};
use network::{Message, Network, NetworkError, Response};

/// Effort of the compression: fast, and a window far below what the collector allows.
const ZSTD_LEVEL: i32 = 3;
/// Longest time that the collector may ask us to stay away.
const RETRY_AFTER_SECONDS_MAX: u64 = 24 * 3600;
/// Only sources of this domain are large and change little: a difference pays.
const DELTA_DOMAIN: &str = "software.";
/// Longest time of one delivery before the host is looked after again. A collector that answers every
/// question at the last moment must not keep a spool of weeks from being added to.
const ROUND_MAX: Duration = Duration::from_secs(600);
/// Scans of one delivery that are kept; the collector names those again that were not.
const SCANS_MAX: usize = 8;
/// Longest text of the other end that goes into log and state.
const TEXT_CHARACTERS_MAX: usize = 300;

/// What became of a delivery.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Reports that the collector has committed.
    pub acknowledged: usize,
    /// Reports that it will never take.
    pub refused: usize,
    /// Work that it has for us.
    pub tasks: Vec<Task>,
    /// How far our clock is ahead of the collector's.
    pub skew: Option<SignedDuration>,
    /// Bytes of bodies that were sent, compressed.
    pub bytes_sent: usize,
    /// The address from which the collector saw the last check-in come.
    pub seen_from: Option<IpAddr>,
}

impl Delivered {
    /// Takes the tasks of one more answer. A spool of weeks takes thousands of answers: of settings the
    /// newest counts, and a scan that is there already is not taken again.
    fn take(&mut self, tasks: Vec<Task>) {
        let is_scan = |it: &&Task| matches!(it, Task::Scan { .. });
        for task in tasks {
            self.tasks.retain(|it| !is_said_again(it, &task));
            let is_one_too_many =
                is_scan(&&task) && self.tasks.iter().filter(is_scan).count() >= SCANS_MAX;
            if !is_one_too_many {
                self.tasks.push(task);
            }
        }
    }
}

/// Whether the newer of two tasks takes the place of the older.
fn is_said_again(older: &Task, newer: &Task) -> bool {
    match (older, newer) {
        (Task::Scan { job: older }, Task::Scan { job: newer }) => older.run == newer.run,
        _ => std::mem::discriminant(older) == std::mem::discriminant(newer),
    }
}

/// Who speaks, and what it knows already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// The agent.
    pub agent: AgentId,
    /// The revision of the company's networks that it knows; none: it needs none.
    pub home_revision: Option<u64>,
}

/// Why a delivery ended early. What was not acknowledged is still in the spool.
#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    /// There was no answer.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The collector refuses this agent.
    #[error("the collector refuses: {title}")]
    Refused {
        /// The code.
        code: ProblemCode,
        /// In its words.
        title: String,
    },
    /// The collector cannot now.
    #[error("the collector cannot take reports now: {title}")]
    Later {
        /// Seconds after which it wants to be asked again.
        after_seconds: Option<u64>,
        /// In its words.
        title: String,
    },
    /// The answer is none that we know.
    #[error("the answer to {path} cannot be understood (status {status}): {cause}")]
    NotUnderstood {
        /// The request.
        path: &'static str,
        /// The status.
        status: u16,
        /// The cause.
        cause: String,
    },
    /// There are no numbers for a new epoch.
    #[error(transparent)]
    Number(#[from] NumberError),
}

/// Hands over what waits, oldest first, for at most ten minutes. `delivered` is filled as far as it goes.
///
/// # Errors
/// Why it ended early.
pub async fn deliver(
    spool: &mut Spool,
    caller: Caller,
    network: &dyn Network,
    clock: &dyn Clock,
    delivered: &mut Delivered,
) -> Result<(), DeliverError> {
    let conversation = Conversation { caller, network, clock };
    let mut may_begin_epoch = true;
    let begun = clock.steady();
    while let Some(entry) = spool.oldest().cloned() {
        if clock.steady().saturating_sub(begun) >= ROUND_MAX {
            break;
        }
        match conversation.hand_over(spool, &entry, delivered).await {
            Ok(()) => {
                spool.acknowledge(entry.number);
                delivered.acknowledged += 1;
            }
            Err(Stop::Lost(lost)) => spool.forget_sections(entry.number, &lost),
            Err(Stop::Problem(Problem {
                code: ProblemCode::BadRequest | ProblemCode::TooLarge,
                ..
            })) => {
                spool.refuse(entry.number);
                delivered.refused += 1;
            }
            Err(Stop::Problem(Problem { code: ProblemCode::OutOfOrder, .. }))
                if may_begin_epoch =>
            {
                may_begin_epoch = false;
                spool.begin_epoch()?;
            }
            Err(Stop::Problem(Problem { code, title, .. })) => {
                return Err(DeliverError::Refused { code, title });
            }
            Err(Stop::Error(error)) => return Err(error),
        }
    }
    Ok(())
}

/// Why one report was not handed over.
enum Stop {
    /// These bodies are not in the spool any more.
    Lost(BTreeSet<ContentHash>),
    /// The collector says no.
    Problem(Problem),
    /// Anything that ends the delivery.
    Error(DeliverError),
}

struct Conversation<'a> {
    caller: Caller,
    network: &'a dyn Network,
    clock: &'a dyn Clock,
}

impl Conversation<'_> {
    async fn hand_over(
        &self,
        spool: &Spool,
        entry: &Entry,
        delivered: &mut Delivered,
    ) -> Result<(), Stop> {
        if let Some(host_hash) = entry.host_hash {
            let request = CheckInRequest {
                agent: self.caller.agent,
                number: entry.number,
                observed_at: entry.started_at,
                host_hash,
                boot: entry.observer.boot,
                sent_at: self.clock.now(),
                home_revision: self.caller.home_revision,
            };
            let answer: CheckInAnswer = self.ask("/v1/check-in", &request, delivered).await?;
            delivered.take(answer.tasks);
            delivered.seen_from = answer.seen_from;
            delivered.skew = Some(self.clock.now().duration_since(answer.server_time));
            if answer.is_known {
                return Ok(());
            }
        }
        let manifest = self.manifest(entry);
        let answer: ManifestAnswer = self.ask("/v1/manifest", &manifest, delivered).await?;
        if answer.missing.is_empty() {
            return Ok(());
        }
        let bases = answer.bases.into_iter().map(|Base { source, hash }| (source, hash)).collect();
        match self.upload(spool, entry, &answer.missing, &bases, delivered).await {
            Err(Stop::Problem(problem)) if problem.code == ProblemCode::UnknownBase => {
                let none = BTreeMap::new();
                self.upload(spool, entry, &answer.missing, &none, delivered).await
            }
            other => other,
        }
    }

    fn manifest(&self, entry: &Entry) -> ManifestRequest {
        ManifestRequest {
            observer: entry.observer.clone(),
            number: entry.number,
            started_at: entry.started_at,
            sent_at: self.clock.now(),
            sections: entry.sections.clone(),
        }
    }

    async fn upload(
        &self,
        spool: &Spool,
        entry: &Entry,
        missing: &[ContentHash],
        bases: &BTreeMap<SourceId, ContentHash>,
        delivered: &mut Delivered,
    ) -> Result<(), Stop> {
        let missing: BTreeSet<ContentHash> = missing.iter().copied().collect();
        let mut bodies = BTreeMap::new();
        let mut lost = BTreeSet::new();
        let wanted = entry.sections.iter().filter(|it| missing.contains(&it.hash));
        for head in wanted {
            match spool.body(head.hash).and_then(|it| transfer(spool, &it, &head.source, bases)) {
                Some(body) => {
                    bodies.insert(head.hash, body);
                }
                None => {
                    lost.insert(head.hash);
                }
            }
        }
        if !lost.is_empty() {
            return Err(Stop::Lost(lost));
        }
        let manifest = self.manifest(entry);
        let request = UploadRequest { manifest, bodies: bodies.into_values().collect() };
        let path = "/v1/upload";
        let json = to_json(path, &request)?;
        let packed = zstd::bulk::compress(&json, ZSTD_LEVEL).map_err(|it| unclear(path, 0, &it))?;
        if json.len() > REQUEST_UNPACKED_BYTES_MAX || packed.len() > REQUEST_BYTES_MAX {
            // The collector would say the same after all the bytes have travelled.
            return Err(Stop::Problem(Problem {
                code: ProblemCode::TooLarge,
                title: "the report is larger than any collector takes".to_owned(),
                status: 413,
            }));
        }
        let message = Message { path, body: packed, is_compressed: true };
        let answer: UploadAnswer = self.send(message, delivered).await?;
        delivered.take(answer.tasks);
        delivered.skew = Some(self.clock.now().duration_since(answer.server_time));
        Ok(())
    }

    async fn ask<A: DeserializeOwned>(
        &self,
        path: &'static str,
        request: &impl Serialize,
        delivered: &mut Delivered,
    ) -> Result<A, Stop> {
        let body = to_json(path, request)?;
        self.send(Message { path, body, is_compressed: false }, delivered).await
    }

    async fn send<A: DeserializeOwned>(
        &self,
        message: Message,
        delivered: &mut Delivered,
    ) -> Result<A, Stop> {
        let path = message.path;
        delivered.bytes_sent += message.body.len();
        let response = self.network.post(message).await.map_err(|it| Stop::Error(it.into()))?;
        read_answer(path, &response)
    }
}

/// A body on its way: as a difference where there is a base and it is smaller, else in full.
fn transfer(
    spool: &Spool,
    body: &[u8],
    source: &SourceId,
    bases: &BTreeMap<SourceId, ContentHash>,
) -> Option<BodyTransfer> {
    let full = || {
        let body: Box<RawValue> = serde_json::from_slice(body).ok()?;
        Some(BodyTransfer::Full { body })
    };
    let base = bases.get(source).filter(|_| source.as_str().starts_with(DELTA_DOMAIN));
    let delta = base
        .and_then(|it| spool.body(*it))
        .and_then(|base| delta::difference(&base, body))
        .filter(|it| serde_json::to_vec(it).is_ok_and(|text| text.len() < body.len()));
    delta.or_else(full)
}

/// The answer's body, or the problem that it names.
fn read_answer<A: DeserializeOwned>(path: &'static str, response: &Response) -> Result<A, Stop> {
    let status = response.status;
    if status == 200 {
        return serde_json::from_slice(&response.body).map_err(|it| unclear(path, status, &it));
    }
    let after_seconds = response.retry_after_seconds.map(|it| it.min(RETRY_AFTER_SECONDS_MAX));
    match serde_json::from_slice::<Problem>(&response.body) {
        Ok(Problem { code, title, status }) => {
            let problem = Problem { code, title: short(&title), status };
            Err(match problem.code {
                ProblemCode::Busy | ProblemCode::StorageFull | ProblemCode::Internal => {
                    Stop::Error(DeliverError::Later { after_seconds, title: problem.title })
                }
                ProblemCode::TokenRefused
                | ProblemCode::BadCertificateRequest
                | ProblemCode::KeyInUse
                | ProblemCode::AwaitingApproval
                | ProblemCode::Revoked
                | ProblemCode::Quarantined
                | ProblemCode::WrongAgent
                | ProblemCode::BadSignature
                | ProblemCode::UnknownBase
                | ProblemCode::OutOfOrder
                | ProblemCode::BadRequest
                | ProblemCode::TooLarge => Stop::Problem(problem),
            })
        }
        Err(_) if status == 429 || status >= 500 => Err(Stop::Error(DeliverError::Later {
            after_seconds,
            title: format!("status {status}"),
        })),
        // Somebody between us and the collector may have answered: nothing is thrown away for it.
        Err(error) => Err(unclear(path, status, &error)),
    }
}

/// One question outside the delivery of reports: enrolment and renewal.
///
/// # Errors
/// Why there is no answer.
pub(crate) async fn ask_once<A: DeserializeOwned>(
    network: &dyn Network,
    path: &'static str,
    request: &impl Serialize,
) -> Result<A, DeliverError> {
    let body = to_json(path, request).map_err(flat)?;
    send_once(network, Message { path, body, is_compressed: false }).await
}

/// One message outside the delivery of reports: parts of scans.
///
/// # Errors
/// Why there is no answer.
pub(crate) async fn send_once<A: DeserializeOwned>(
    network: &dyn Network,
    message: Message,
) -> Result<A, DeliverError> {
    let path = message.path;
    let response = network.post(message).await?;
    read_answer(path, &response).map_err(flat)
}

fn flat(stop: Stop) -> DeliverError {
    match stop {
        Stop::Error(error) => error,
        Stop::Problem(Problem { code, title, .. }) => DeliverError::Refused { code, title },
        Stop::Lost(_) => DeliverError::NotUnderstood { path: "", status: 0, cause: String::new() },
    }
}

fn to_json(path: &'static str, request: &impl Serialize) -> Result<Vec<u8>, Stop> {
    serde_json::to_vec(request).map_err(|it| unclear(path, 0, &it))
}

fn unclear(path: &'static str, status: u16, cause: &dyn std::error::Error) -> Stop {
    // What cannot be understood is quoted in the cause, however long it is.
    Stop::Error(DeliverError::NotUnderstood { path, status, cause: short(&cause.to_string()) })
}

/// Text of the other end, cut to what a person reads and without what a terminal would obey.
fn short(text: &str) -> String {
    let mut characters = text.chars();
    let mut short: String =
        characters.by_ref().take(TEXT_CHARACTERS_MAX).filter(|it| !it.is_control()).collect();
    if characters.next().is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod hostile;

#[cfg(test)]
pub(crate) mod simulation;
