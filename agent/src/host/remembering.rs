//! Remembers for one run what was asked before: many sources read the accounts, the mounts, the processes,
//! the tables of sockets and the same trees. All of them then see the same moment, before the run itself
//! made connections.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use observation::latest::Absent;

use super::{Host, Reply, Request};

/// Most bytes that are remembered, about; what no longer fits is asked for again.
const BYTES_MAX: usize = 2 * 1024 * 1024;
/// Largest file that is remembered: larger ones are read by one source, or by few.
const FILE_BYTES_MAX: usize = 128 * 1024;
/// Below these folders lie files by the thousand of which each is read once, or too many to be kept.
const BY_THE_THOUSAND: &[&str] = &["/var/lib/dpkg/info", "/var/lib/pacman/local"];
/// Bytes of an answer beside its texts, about.
const ANSWER_BYTES: usize = 192;
/// Bytes of an entry of a tree beside its path, about.
const ENTRY_BYTES: usize = 80;

/// A machine whose small answers are remembered.
pub struct Remembering<H> {
    host: H,
    known: Mutex<Known>,
}

struct Known {
    answers: HashMap<Request, Result<Reply, Absent>>,
    bytes_left: usize,
}

impl<H: Host> Remembering<H> {
    /// Nothing is remembered yet.
    #[must_use]
    pub fn over(host: H) -> Self {
        let known = Known { answers: HashMap::new(), bytes_left: BYTES_MAX };
        Self { host, known: Mutex::new(known) }
    }
}

impl<H: Host> Host for Remembering<H> {
    fn ask(&self, request: &Request) -> Result<Reply, Absent> {
        if !is_to_be_remembered(request) {
            return self.host.ask(request);
        }
        let known = |it: &Known| it.answers.get(request).cloned();
        if let Some(answer) = known(&self.known.lock().unwrap_or_else(PoisonError::into_inner)) {
            return answer;
        }
        let answer = self.host.ask(request);
        if let Some(bytes) = weight(&answer) {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(left) = known.bytes_left.checked_sub(bytes) {
                known.bytes_left = left;
                known.answers.insert(request.clone(), answer.clone());
            }
        }
        answer
    }
}

/// Whether several sources ask it, and whether it stays as it is while they do.
fn is_to_be_remembered(request: &Request) -> bool {
    match request {
        Request::File { path, .. } => !is_below(path, BY_THE_THOUSAND),
        Request::Folder { .. }
        | Request::Link { .. }
        | Request::Tree { .. }
        | Request::Rights
        | Request::SystemNames
        | Request::Links
        | Request::Routes
        | Request::Figures
        | Request::SocketsOf { .. } => true,
        Request::Status { .. }
        | Request::FileHash { .. }
        | Request::FilePart { .. }
        | Request::Space { .. }
        | Request::Neighbours
        | Request::SampledConnections
        | Request::HeardOnLinks
        | Request::ServedCertificate { .. }
        | Request::Firewall
        | Request::NetworkOf { .. }
        | Request::PasswordGuards
        | Request::DiskHealth { .. }
        | Request::FwupdDevices
        | Request::LuksHeader { .. }
        | Request::ManagementNetwork
        | Request::NetworkDriver { .. }
        | Request::ClockState
        | Request::TpmProperties => false,
    }
}

fn is_below(path: &str, folders: &[&str]) -> bool {
    let rest = |it: &&str| path.strip_prefix(*it);
    folders.iter().filter_map(rest).any(|it| it.is_empty() || it.starts_with('/'))
}

/// Bytes of an answer, about; none where it is too large to be remembered.
fn weight(answer: &Result<Reply, Absent>) -> Option<usize> {
    let texts = match answer {
        Ok(Reply::File(it)) if it.len() > FILE_BYTES_MAX => return None,
        Ok(Reply::File(it)) => it.len(),
        Ok(Reply::Folder(names)) => names.iter().map(|it| it.len() + size_of::<String>()).sum(),
        Ok(Reply::SocketsOf(numbers)) => numbers.len() * size_of::<u64>(),
        Ok(Reply::Tree(tree)) => tree.entries.iter().map(|it| it.path.len() + ENTRY_BYTES).sum(),
        _ => 0,
    };
    Some(texts + ANSWER_BYTES)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::host::Ask;

    /// Counts what is asked.
    #[derive(Default)]
    struct Counting {
        asked: Mutex<BTreeMap<Request, u32>>,
        file_bytes: usize,
    }

    impl Host for Counting {
        fn ask(&self, request: &Request) -> Result<Reply, Absent> {
            let mut asked = self.asked.lock().unwrap();
            let count = asked.entry(request.clone()).or_default();
            *count += 1;
            let byte = u8::try_from(*count).unwrap();
            if matches!(request, Request::File { .. }) {
                return Ok(Reply::File(vec![byte; self.file_bytes]));
            }
            if matches!(request, Request::FilePart { .. }) {
                return Ok(Reply::FilePart(vec![byte]));
            }
            Err(Absent::NotHere { looked_at: count.to_string() })
        }
    }

    #[test]
    fn what_was_asked_is_not_asked_again() {
        let host = Counting { file_bytes: 1, ..Counting::default() };
        let run = Remembering::over(&host);
        for _ in 0..2 {
            assert_eq!(run.bytes("/etc/passwd", 10), Ok(vec![1]));
            // An absence is an answer as well.
            assert_eq!(run.names("/none"), Err(Absent::NotHere { looked_at: "1".to_owned() }));
        }
        assert_eq!(run.bytes("/etc/passwd", 11), Ok(vec![1]), "another question");
        assert_eq!(host.asked.lock().unwrap().values().sum::<u32>(), 3);
        // The next run looks anew.
        assert_eq!(Remembering::over(&host).bytes("/etc/passwd", 10), Ok(vec![2]));
    }

    #[test]
    fn files_of_which_each_is_read_once_are_not_kept() {
        let host = Counting { file_bytes: 1, ..Counting::default() };
        let run = Remembering::over(&host);
        for count in 1..=2 {
            assert_eq!(run.bytes("/var/lib/dpkg/info/a.list", 10), Ok(vec![count]));
            assert_eq!(run.part("/etc/passwd", 0, 10), Ok(vec![count]));
            assert_eq!(run.bytes("/var/lib/dpkg/information", 10), Ok(vec![1]));
        }
    }

    #[test]
    fn memory_is_bounded() {
        let host = Counting { file_bytes: FILE_BYTES_MAX, ..Counting::default() };
        let run = Remembering::over(&host);
        let whole = BYTES_MAX / (FILE_BYTES_MAX + ANSWER_BYTES);
        let asked = || {
            (0..whole + 5).map(|it| run.bytes(&format!("/{it}"), 1).unwrap()[0]).collect::<Vec<_>>()
        };
        assert_eq!(asked(), vec![1; whole + 5]);
        let again = asked();
        assert_eq!(again[..whole], vec![1; whole]);
        assert_eq!(again[whole..], [2; 5]);
        let host = Counting { file_bytes: FILE_BYTES_MAX + 1, ..Counting::default() };
        let run = Remembering::over(&host);
        assert_eq!([1, 2].map(|_| run.bytes("/large", 1).unwrap()[0]), [1, 2]);
    }
}
