//! Reports that came as signed files, over a carrier's connection or from a data carrier.
//!
//! Whose report it is, the signature inside says and nothing else. A file of an agent that may speak is
//! a report like any other; one of a key that nobody knows waits until a person approves the host.
//! The way that a file took tells nothing about the host's clock, so times are not corrected by it;
//! they are never later than receipt all the same.

use data_encoding::BASE64;
use jiff::Timestamp;
use observation::ContentHash;
use observation::latest::AgentId;
use observation::latest::protocol::{Carried, CarryAnswer, ProblemCode, SignedReport};
use observation::limits::REQUEST_BYTES_MAX;
use pki::{Fingerprint, Peer, SIGNED_FILE_HEAD_BYTES_MAX, SignedFile, SignedFileError};
use store::{
    AgentRecord, AgentState, EventDraft, IncomingFile, KeptFile, NewAgent, StoreError, WaitingFile,
};

use super::accept::{may_speak, upload};
use super::decode::decode_request;
use super::refusal::Refusal;
use super::unpack::unpack;
use crate::collector::Collector;

/// Largest file.
const FILE_BYTES_MAX: usize = REQUEST_BYTES_MAX + SIGNED_FILE_HEAD_BYTES_MAX;
/// Characters of a host name that are kept (RFC 1035 allows 253), and of a version.
const HOST_NAME_CHARACTERS_MAX: usize = 253;
const VERSION_CHARACTERS_MAX: usize = 64;
/// Seconds after which a file may come again when too many wait.
const NO_ROOM_RETRY_SECONDS: u64 = 24 * 3600;

/// What became of the files that had waited for an approval.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Admitted {
    /// Reports that were taken.
    pub taken: u64,
    /// Files that were not: the log of events says why.
    pub refused: u64,
}

/// Takes a signed file, base64, that `carrier` brought.
///
/// # Errors
/// Why it is refused.
pub async fn take_file(
    collector: &Collector,
    carrier: &str,
    text: &str,
    received_at: Timestamp,
) -> Result<CarryAnswer, Refusal> {
    let unreadable = |_| Refusal::new(ProblemCode::BadRequest, "the file is not in base64");
    let file = BASE64.decode(text.as_bytes()).map_err(unreadable)?;
    if file.len() > FILE_BYTES_MAX {
        return Err(Refusal::new(ProblemCode::TooLarge, "the file is larger than any report"));
    }
    let (file, read) = read_apart(file).await?;
    let (key, signed) = read?;
    let key = ContentHash::from_bytes(key.0);
    let host_name: String = (signed.host_name.chars())
        .filter(|it| !it.is_control())
        .take(HOST_NAME_CHARACTERS_MAX)
        .collect();
    let answer = |agent, outcome| CarryAnswer { agent, host_name: host_name.clone(), key, outcome };
    let known = collector.store.agent_by_key(key).await?;
    if let Some(known) = known.filter(|it| it.state != AgentState::Waiting) {
        let was_repeated = accept(collector, &known, signed, received_at).await?;
        let outcome = if was_repeated { Carried::Repeated } else { Carried::Taken };
        return Ok(answer(known.id, outcome));
    }
    let manifest = &signed.report.manifest;
    let agent = AgentId(SignedFile::host_of(Fingerprint(*key.as_bytes())));
    let version = manifest.observer.software_version.chars();
    let host = NewAgent {
        id: agent,
        host_name: host_name.clone(),
        public_key_hash: key,
        // It has no certificate.
        certificate_not_after: received_at,
        software_version: version.take(VERSION_CHARACTERS_MAX).collect(),
    };
    let event = EventDraft {
        at: received_at,
        actor: carrier.to_owned(),
        source: "signed file".to_owned(),
        action: "report_waits".to_owned(),
        object: format!("key {key}"),
        before: None,
        after: Some(host_name.clone()),
    };
    let incoming = IncomingFile { host, number: manifest.number, received_at, file };
    match collector.store.keep_file(incoming, event).await? {
        KeptFile::Waits => Ok(answer(agent, Carried::Waiting)),
        KeptFile::Repeated => Ok(answer(agent, Carried::Repeated)),
        KeptFile::NoRoom => {
            let title = "too many reports of hosts that nobody has approved wait already";
            let refusal = Refusal::new(ProblemCode::StorageFull, title);
            Err(refusal.retry_after(NO_ROOM_RETRY_SECONDS))
        }
        KeptFile::Decided => {
            let title = "somebody decided about this host just now; hand the file over again";
            Err(Refusal::new(ProblemCode::Busy, title).retry_after(1))
        }
    }
}

/// Takes the files of an agent that has just been approved, oldest first. What cannot be taken for a
/// reason of ours stays.
///
/// # Errors
/// If the store fails.
pub async fn admit_files(
    collector: &Collector,
    agent: AgentId,
    now: Timestamp,
) -> Result<Admitted, StoreError> {
    let mut admitted = Admitted::default();
    let mut after = None;
    while let Some(waiting) = collector.store.next_file(agent, after).await? {
        let WaitingFile { number, received_at, file } = waiting;
        after = Some(number);
        let taken = async {
            let Some(record) = collector.store.agent(agent).await? else {
                return Err(Refusal::new(ProblemCode::Revoked, "there is no such agent"));
            };
            let (_, read) = read_apart(file).await?;
            accept(collector, &record, read?.1, received_at).await
        };
        match taken.await {
            Ok(_) => admitted.taken += 1,
            Err(refusal)
                if matches!(refusal.code, ProblemCode::Internal | ProblemCode::StorageFull) =>
            {
                tracing::warn!(%agent, title = refusal.title, "a signed file still waits");
                continue;
            }
            Err(refusal) => {
                admitted.refused += 1;
                let event = EventDraft {
                    at: now,
                    actor: format!("agent {agent}"),
                    source: "signed file".to_owned(),
                    action: "report_refused".to_owned(),
                    object: format!("agent {agent}"),
                    before: None,
                    after: Some(refusal.title),
                };
                collector.store.append_event(event).await?;
            }
        }
        collector.store.remove_files(agent, Some(number)).await?;
    }
    Ok(admitted)
}

type ReadFile = Result<(Fingerprint, SignedReport), Refusal>;

/// Checks and unpacks outside the event loop; gives the file back.
async fn read_apart(file: Vec<u8>) -> Result<(Vec<u8>, ReadFile), Refusal> {
    let reading = tokio::task::spawn_blocking(move || {
        let read = read(&file);
        (file, read)
    });
    let failed = |_| Refusal::new(ProblemCode::Internal, "reading the file failed");
    reading.await.map_err(failed)
}

fn read(file: &[u8]) -> ReadFile {
    let opened = SignedFile::open(file).map_err(|error| {
        let code = match error {
            SignedFileError::OtherFile | SignedFileError::BadSignature => ProblemCode::BadSignature,
            SignedFileError::OtherVersion => ProblemCode::BadRequest,
        };
        Refusal::new(code, error.to_string())
    })?;
    let text = unpack(opened.content)?;
    let signed: SignedReport = decode_request(&text)
        .map_err(|error| Refusal::new(ProblemCode::BadRequest, error.to_string()))?;
    if signed.format != SignedReport::FORMAT {
        let title = "the signed report is of a version that is not known here";
        return Err(Refusal::new(ProblemCode::BadRequest, title));
    }
    Ok((opened.key, signed))
}

/// Takes the report of a known agent; says whether it had been taken before.
async fn accept(
    collector: &Collector,
    record: &AgentRecord,
    signed: SignedReport,
    received_at: Timestamp,
) -> Result<bool, Refusal> {
    let peer = Peer {
        agent: record.id.0,
        public_key_hash: *record.public_key_hash.as_bytes(),
        serial: String::new(),
        not_after: record.certificate_not_after,
    };
    may_speak(collector, &peer).await?;
    let mut report = signed.report;
    // The key has signed it, whatever name the host had when it did.
    report.manifest.observer.agent = Some(record.id);
    report.manifest.sent_at = received_at;
    Ok(upload(collector, &peer, report, received_at).await?.was_repeated)
}
