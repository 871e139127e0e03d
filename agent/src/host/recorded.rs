//! A machine that was written down: replays a recording, and makes one.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use observation::latest::Absent;
use serde::{Deserialize, Serialize};

use super::{Host, Reply, Request, derived};

/// One question with its answer; a recording is a list of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// The question. Its limits are those of the recording run and do not matter on replay.
    pub request: Request,
    /// The answer.
    pub reply: Result<Reply, Absent>,
}

/// Replays a recording. What was not recorded is *not here*.
#[derive(Debug, Clone, Default)]
pub struct RecordedHost {
    replies: BTreeMap<Request, Result<Reply, Absent>>,
}

impl RecordedHost {
    /// A machine that answers as recorded.
    #[must_use]
    pub fn new(exchanges: impl IntoIterator<Item = Exchange>) -> Self {
        let mut host = Self::default();
        for exchange in exchanges {
            host.replies.insert(key(&exchange.request), exchange.reply);
        }
        host
    }

    /// A machine from the text of a `recording.json`.
    ///
    /// # Errors
    /// If the text is not a recording.
    pub fn from_json(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str::<Vec<Exchange>>(text).map(Self::new)
    }

    /// The same machine with one answer more, or another one.
    #[must_use]
    pub fn with(mut self, request: &Request, reply: Result<Reply, Absent>) -> Self {
        self.replies.insert(key(request), reply);
        self
    }

    /// The same machine with a file, which then also stands in the folders above it.
    #[must_use]
    pub fn with_file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let request = Request::File { path: path.to_owned(), bytes_max: 0 };
        self.with(&request, Ok(Reply::File(content.as_ref().to_vec()))).listed(path)
    }

    /// The same machine with a symbolic link, which then also stands in the folders above it.
    #[must_use]
    pub fn with_link(self, path: &str, target: &str) -> Self {
        let request = Request::Link { path: path.to_owned() };
        self.with(&request, Ok(Reply::Link(target.to_owned()))).listed(path)
    }

    /// The same machine with a folder that holds nothing but what is added otherwise.
    #[must_use]
    pub fn with_folder(mut self, path: &str) -> Self {
        let request = Request::Folder { path: path.to_owned(), names_max: 0 };
        self.replies.entry(request).or_insert_with(|| Ok(Reply::Folder(Vec::new())));
        self.listed(path)
    }

    fn listed(mut self, path: &str) -> Self {
        let mut rest = path;
        while let Some((folder, name)) = rest.rsplit_once('/') {
            let request = Request::Folder { path: folder.to_owned(), names_max: 0 };
            let reply = self.replies.entry(request).or_insert_with(|| Ok(Reply::Folder(vec![])));
            if let Ok(Reply::Folder(names)) = reply {
                names.push(name.to_owned());
                names.sort_unstable();
                names.dedup();
            }
            rest = folder;
        }
        self
    }
}

impl RecordedHost {
    /// A part of a file that was recorded whole.
    fn part(&self, path: &str, offset: u64, bytes_max: u64) -> Result<Reply, Absent> {
        let whole = Request::File { path: path.to_owned(), bytes_max: u64::MAX };
        let Reply::File(bytes) = self.ask(&whole)? else {
            return Err(Absent::NotHere { looked_at: path.to_owned() });
        };
        let number = |it: u64| usize::try_from(it).unwrap_or(usize::MAX);
        let part = bytes.into_iter().skip(number(offset)).take(number(bytes_max));
        Ok(Reply::FilePart(part.collect()))
    }
}

impl Host for RecordedHost {
    fn ask(&self, request: &Request) -> Result<Reply, Absent> {
        let Some(reply) = self.replies.get(&key(request)) else {
            // Recorded as the files that it follows from.
            if *request == Request::PasswordGuards {
                return derived::password_guards(self);
            }
            if let Request::SocketsOf { process } = request {
                return derived::sockets_of(self, *process);
            }
            if let Request::FilePart { path, offset, bytes_max, .. } = request {
                return self.part(path, *offset, *bytes_max);
            }
            return Err(Absent::NotHere { looked_at: object(request) });
        };
        match (request, reply) {
            (Request::File { path, bytes_max }, Ok(Reply::File(bytes)))
                if bytes.len() as u64 > *bytes_max =>
            {
                Err(too_large(path, &format!("it is larger than {bytes_max} bytes")))
            }
            (Request::Folder { path, names_max }, Ok(Reply::Folder(names)))
                if names.len() > *names_max =>
            {
                Err(too_large(path, &format!("it holds more than {names_max} entries")))
            }
            _ => reply.clone(),
        }
    }
}

/// Passes every question on and keeps what was answered.
pub struct Recorder<'a> {
    host: &'a dyn Host,
    replies: Mutex<BTreeMap<Request, Exchange>>,
}

impl<'a> Recorder<'a> {
    /// Records what `host` answers.
    #[must_use]
    pub const fn new(host: &'a dyn Host) -> Self {
        Self { host, replies: Mutex::new(BTreeMap::new()) }
    }

    /// What was asked and answered so far, in the order of the questions' text.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        let replies = self.replies.lock().unwrap_or_else(PoisonError::into_inner);
        replies.values().cloned().collect()
    }
}

impl Host for Recorder<'_> {
    fn ask(&self, request: &Request) -> Result<Reply, Absent> {
        let reply = self.host.ask(request);
        let exchange = Exchange { request: request.clone(), reply: reply.clone() };
        let mut replies = self.replies.lock().unwrap_or_else(PoisonError::into_inner);
        replies.entry(key(request)).or_insert(exchange);
        reply
    }
}

/// The question without its limits.
fn key(request: &Request) -> Request {
    let mut key = request.clone();
    if let Request::File { bytes_max, .. } = &mut key {
        *bytes_max = 0;
    }
    if let Request::FileHash { bytes_max, .. } = &mut key {
        *bytes_max = 0;
    }
    if let Request::Folder { names_max, .. } = &mut key {
        *names_max = 0;
    }
    key
}

fn object(request: &Request) -> String {
    match request {
        Request::File { path, .. }
        | Request::FileHash { path, .. }
        | Request::FilePart { path, .. }
        | Request::Tree { path, .. }
        | Request::Folder { path, .. }
        | Request::Link { path }
        | Request::Status { path }
        | Request::Space { path } => path.clone(),
        Request::ServedCertificate { address, port } => format!("tcp/{address}:{port}"),
        Request::DiskHealth { disk } => format!("health log of {disk}"),
        Request::LuksHeader { device } => format!("LUKS header on /dev/{device}"),
        Request::NetworkDriver { interface } => format!("driver of {interface}"),
        Request::FwupdDevices
        | Request::ManagementNetwork
        | Request::ClockState
        | Request::TpmProperties
        | Request::SystemNames
        | Request::Rights
        | Request::Links
        | Request::Routes
        | Request::Neighbours
        | Request::Figures
        | Request::Firewall
        | Request::NetworkOf { .. }
        | Request::PasswordGuards
        | Request::SocketsOf { .. }
        | Request::HeardOnLinks
        | Request::SampledConnections => format!("{request:?}"),
    }
}

fn too_large(path: &str, cause: &str) -> Absent {
    Absent::Failed { doing: format!("reading {path}"), cause: cause.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::Ask;
    use super::*;

    #[test]
    fn a_recording_answers_as_the_machine_did() {
        let machine = RecordedHost::default()
            .with_file("/etc/hostname", "alpha\n")
            .with_file("/etc/odd", [0xff, 0x00])
            .with_link("/sys/block/sda", "../devices/sda");
        let recorder = Recorder::new(&machine);
        assert_eq!(recorder.line("/etc/hostname").as_deref(), Some("alpha"));
        assert_eq!(recorder.bytes("/etc/odd", 10).unwrap(), [0xff, 0x00]);
        assert_eq!(recorder.link("/sys/block/sda").unwrap(), "../devices/sda");
        assert!(recorder.text("/etc/none").is_err());

        let text = serde_json::to_string(&recorder.exchanges()).unwrap();
        let replayed = RecordedHost::from_json(&text).unwrap();
        assert_eq!(replayed.line("/etc/hostname").as_deref(), Some("alpha"));
        assert_eq!(replayed.bytes("/etc/odd", 10).unwrap(), [0xff, 0x00]);
        let looked_at = "/etc/none".to_owned();
        assert_eq!(replayed.text("/etc/none"), Err(Absent::NotHere { looked_at }));
    }

    #[test]
    fn what_was_not_recorded_is_not_here() {
        let looked_at = "/etc/hostname".to_owned();
        assert_eq!(
            RecordedHost::default().text("/etc/hostname"),
            Err(Absent::NotHere { looked_at })
        );
    }

    #[test]
    fn limits_hold_on_replay_as_on_the_machine() {
        let host = RecordedHost::default().with_file("/etc/long", "0123456789");
        assert!(host.bytes("/etc/long", 10).is_ok());
        assert!(matches!(host.bytes("/etc/long", 9), Err(Absent::Failed { .. })));
    }

    #[test]
    fn files_stand_in_their_folders() {
        let host = RecordedHost::default().with_file("/a/b/c", "").with_file("/a/d", "");
        assert_eq!(host.names("/a").unwrap(), ["b", "d"]);
        assert_eq!(host.names("/a/b").unwrap(), ["c"]);
        assert_eq!(host.names("").unwrap(), ["a"]);
    }
}
