//! The machine as this process may see it, and behind it the privileged reader for what it may not.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use observation::latest::Absent;

use super::reader::ReaderHost;
use super::{Apart, Hanging, Host, LinuxHost, Reply, Request, Rights, Tree, TreeEntry};

/// Where the reader's socket is unless the configuration says otherwise.
const READER_SOCKET: &str = "/run/kataster-agent/reader.sock";

/// Asks the machine first, and the reader where the machine says *not allowed*.
///
/// Without a reader it is the machine alone: every source still works, and what it may not read is a
/// stated absence.
pub struct Layered<H = LinuxHost> {
    own: Arc<H>,
    reader: Arc<ReaderHost>,
    hanging: Arc<Hanging>,
}

impl Layered {
    /// This machine, with the reader at a socket, or at the usual place.
    #[must_use]
    pub fn new(socket: Option<&Path>) -> Self {
        Self::over(LinuxHost, socket.unwrap_or(Path::new(READER_SOCKET)))
    }
}

impl<H: Host> Layered<H> {
    /// Another machine, with the reader at a socket.
    #[must_use]
    pub fn over(own: H, socket: &Path) -> Self {
        let reader = Arc::new(ReaderHost::new(socket.to_owned()));
        Self { own: Arc::new(own), reader, hanging: Arc::default() }
    }

    /// The rights of this process and of its reader together: what one of them may is read.
    fn rights(&self, own: Rights) -> Rights {
        if own.reads_all && own.traces_all {
            return own;
        }
        match self.reader.ask(&Request::Rights) {
            Some(Ok(Reply::Rights(helper))) => Rights {
                user: own.user,
                reads_all: own.reads_all || helper.reads_all,
                traces_all: own.traces_all || helper.traces_all,
            },
            _ => own,
        }
    }
}

/// What this process saw and what the reader saw, which leaves out what is somebody else's in a home.
fn together(own: Tree, reader: Tree) -> Tree {
    let entries = own.entries.into_iter().chain(reader.entries);
    let by_path: BTreeMap<String, TreeEntry> = entries.map(|it| (it.path.clone(), it)).collect();
    Tree { entries: by_path.into_values().collect(), ..reader }
}

impl<H: Host + 'static> Host for Layered<H> {
    fn ask(&self, request: &Request) -> Result<Reply, Absent> {
        let own = match self.own.ask(request) {
            Ok(Reply::Rights(own)) => return Ok(Reply::Rights(self.rights(own))),
            Ok(Reply::Tree(own)) if own.has_closed => {
                let behind = match self.reader.ask(request) {
                    Some(Ok(Reply::Tree(behind))) => together(own, behind),
                    _ => own,
                };
                return Ok(Reply::Tree(behind));
            }
            Err(own @ Absent::NotAllowed { .. }) => own,
            other => return other,
        };
        match self.reader.ask(request) {
            None | Some(Err(Absent::NotAllowed { .. })) => Err(own),
            Some(answer) => answer,
        }
    }

    fn apart(&self) -> Option<Apart> {
        let (own, reader) = (Arc::clone(&self.own), Arc::clone(&self.reader));
        let host = Self { own, reader, hanging: Arc::clone(&self.hanging) };
        Some(Apart::new(Arc::new(host), Arc::clone(&self.hanging)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::EntryKind;
    use super::*;

    fn tree(paths: &[&str], has_closed: bool) -> Tree {
        let entry = |path: &&str| TreeEntry {
            path: (*path).to_owned(),
            kind: EntryKind::File,
            size_bytes: 1,
            modified_seconds: 0,
            inode: 0,
            owner: 0,
            is_executable: false,
            form: None,
        };
        Tree { entries: paths.iter().map(entry).collect(), is_complete: true, has_closed }
    }

    #[test]
    fn a_walk_through_closed_folders_is_that_of_both() {
        let own = tree(&["/home/a/by-root", "/home/a/x"], true);
        let reader = tree(&["/home/a/closed/y", "/home/a/x"], false);
        let expected = tree(&["/home/a/by-root", "/home/a/closed/y", "/home/a/x"], false);
        assert_eq!(together(own, reader), expected);
    }
}
