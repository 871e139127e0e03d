//! A machine made of a map, for tests of sources.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use observation::latest::{Absent, NameKey, Privilege};

use crate::host::{Host, PathStatus, Reply, Request, Rights};
use crate::names::Names;
use crate::sources::context::{Context, Options};

/// A machine made of a map.
#[derive(Default)]
pub(crate) struct MapHost {
    files: BTreeMap<String, Vec<u8>>,
    links: BTreeMap<String, String>,
    folders: BTreeMap<String, BTreeSet<String>>,
    forbidden: BTreeSet<String>,
    answers: BTreeMap<Request, Result<Reply, Absent>>,
    is_privileged: bool,
}

impl MapHost {
    pub(crate) fn new() -> Self {
        Self { is_privileged: true, ..Self::default() }
    }

    pub(crate) fn unprivileged() -> Self {
        Self::default()
    }

    pub(crate) fn file(mut self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.enter(path);
        self.files.insert(path.to_owned(), content.as_ref().to_vec());
        self
    }

    pub(crate) fn link(mut self, path: &str, target: &str) -> Self {
        self.enter(path);
        self.links.insert(path.to_owned(), target.to_owned());
        self
    }

    pub(crate) fn folder(mut self, path: &str) -> Self {
        self.enter(path);
        self.folders.entry(path.to_owned()).or_default();
        self
    }

    /// A path that this process may not read.
    pub(crate) fn forbid(mut self, path: &str) -> Self {
        self.enter(path);
        self.forbidden.insert(path.to_owned());
        self
    }

    pub(crate) fn answer(mut self, request: Request, reply: Result<Reply, Absent>) -> Self {
        self.answers.insert(request, reply);
        self
    }

    /// One process: number, name, program, control group, sockets that it holds.
    pub(crate) fn process(
        self,
        pid: u32,
        comm: &str,
        exe: &str,
        cgroup: &str,
        inodes: &[u64],
    ) -> Self {
        let base = format!("/proc/{pid}");
        let mut host = self
            .file(&format!("{base}/comm"), format!("{comm}\n"))
            .file(&format!("{base}/cgroup"), format!("0::{cgroup}\n"))
            .file(&format!("{base}/status"), "Name:\tx\nUid:\t0\t0\t0\t0\n")
            .file(&format!("{base}/cmdline"), b"program\0--password=CANARY-ARGUMENT\0")
            .file(&format!("{base}/environ"), b"TOKEN=CANARY-ENVIRONMENT\0")
            .link(&format!("{base}/exe"), exe)
            .link(&format!("{base}/ns/net"), "net:[1]")
            .folder(&format!("{base}/fd"));
        for (number, inode) in inodes.iter().enumerate() {
            host = host.link(&format!("{base}/fd/{number}"), &format!("socket:[{inode}]"));
        }
        host
    }

    fn enter(&mut self, path: &str) {
        if let Some((folder, name)) = path.rsplit_once('/').filter(|(_, name)| !name.is_empty()) {
            let folder = if folder.is_empty() { "/" } else { folder };
            if self.folders.entry(folder.to_owned()).or_default().insert(name.to_owned()) {
                let folder = folder.to_owned();
                self.enter(&folder);
            }
        }
    }

    /// The path with links of its folders followed.
    fn resolve(&self, path: &str) -> String {
        let mut at = String::new();
        for part in path.split('/').filter(|it| !it.is_empty()) {
            let next = format!("{at}/{part}");
            at = match self.links.get(&next) {
                Some(target) if target.starts_with('/') => target.clone(),
                Some(target) => format!("{at}/{target}"),
                None => next,
            };
        }
        at
    }

    fn refuse(&self, path: &str) -> Result<(), Absent> {
        if self.forbidden.iter().any(|it| path == it || path.starts_with(&format!("{it}/"))) {
            return Err(Absent::NotAllowed { what: path.to_owned(), needs: Privilege::Root });
        }
        Ok(())
    }
}

impl Host for MapHost {
    fn ask(&self, request: &Request) -> Result<Reply, Absent> {
        if let Some(answer) = self.answers.get(request) {
            return answer.clone();
        }
        let not_here = |path: &str| Absent::NotHere { looked_at: path.to_owned() };
        match request {
            Request::File { path, bytes_max } => {
                self.refuse(path)?;
                let bytes = self.files.get(&self.resolve(path)).ok_or_else(|| not_here(path))?;
                if bytes.len() as u64 > *bytes_max {
                    return Err(Absent::Failed { doing: path.clone(), cause: "large".to_owned() });
                }
                Ok(Reply::File(bytes.clone()))
            }
            Request::Folder { path, .. } => {
                self.refuse(path)?;
                let names = self.folders.get(&self.resolve(path)).ok_or_else(|| not_here(path))?;
                Ok(Reply::Folder(names.iter().cloned().collect()))
            }
            Request::Link { path } => {
                self.refuse(path)?;
                Ok(Reply::Link(self.links.get(path).ok_or_else(|| not_here(path))?.clone()))
            }
            Request::Status { path } => {
                let real = self.resolve(path);
                let is_folder = self.folders.contains_key(&real);
                if !is_folder && !self.files.contains_key(&real) {
                    return Err(not_here(path));
                }
                Ok(Reply::Status(PathStatus {
                    is_folder,
                    is_executable: !is_folder,
                    size_bytes: 0,
                    owner: 0,
                    modified_seconds: 0,
                }))
            }
            Request::Rights => Ok(Reply::Rights(Rights {
                user: if self.is_privileged { 0 } else { 1000 },
                reads_all: self.is_privileged,
                traces_all: self.is_privileged,
            })),
            Request::Space { .. }
            | Request::SystemNames
            | Request::Links
            | Request::Routes
            | Request::Neighbours
            | Request::Figures
            | Request::HeardOnLinks
            | Request::SampledConnections
            | Request::ServedCertificate { .. } => Err(not_here(&format!("{request:?}"))),
        }
    }
}

/// Runs something with the context of a machine, with a key of this run.
pub(crate) fn with_context<T>(host: &dyn Host, run: impl FnOnce(&Context<'_>) -> T) -> T {
    let names = Names::new(NameKey::Run, b"test");
    let options = Options { reports_connections: true };
    run(&Context { host, now: Timestamp::UNIX_EPOCH, names: &names, options })
}
