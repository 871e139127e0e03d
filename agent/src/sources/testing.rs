//! A machine made of a map, for tests of sources.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use observation::latest::{Absent, NameKey, Privilege};

use crate::host::{
    EntryKind, FileForm, Host, PathStatus, Reply, Request, Rights, Tree, TreeEntry, TreeMarks,
    derived,
};
use crate::names::Names;
use crate::sources::Memory;
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

    /// As the door walks, but without depth, mounts and tags of caches. Every file may be executed.
    fn tree(&self, root: &str, marks: &TreeMarks) -> Option<Tree> {
        self.folders.get(root)?;
        let below = format!("{root}/");
        let is_end =
            |path: &str, end: &str| path.strip_suffix(end).is_some_and(|it| it.ends_with('/'));
        let parents = |path: &str| -> Vec<String> {
            let steps = path.match_indices('/').map(|(at, _)| path[..at].to_owned());
            steps.filter(|it| it.starts_with(&below)).collect()
        };
        let is_marked = |path: &str| marks.folder_endings.iter().any(|it| path.ends_with(it));
        let is_closed =
            |path: &str| is_marked(path) || marks.passed_over.iter().any(|it| is_end(path, it));
        let is_open = |path: &str| !parents(path).iter().any(|it| is_closed(it));
        let entry = |path: &str, kind, size_bytes, form| TreeEntry {
            path: path.to_owned(),
            kind,
            size_bytes,
            modified_seconds: 0,
            inode: 0,
            owner: 0,
            is_executable: kind == EntryKind::File,
            form,
        };
        let folders = self.folders.keys().filter(|it| it.starts_with(&below));
        let mut entries: Vec<TreeEntry> = folders
            .filter(|it| is_marked(it) && is_open(it))
            .map(|it| entry(it, EntryKind::Folder, 0, None))
            .collect();
        for (path, bytes) in self.files.iter().filter(|(it, _)| it.starts_with(&below)) {
            let name = path.rsplit('/').next().unwrap();
            let is_named = marks.file_names.iter().any(|it| it == name)
                || marks.file_endings.iter().any(|it| name.ends_with(it));
            let is_in_package = parents(path)
                .iter()
                .any(|folder| marks.package_folders.iter().any(|it| is_end(folder, it)));
            let form = match bytes.get(8..11) {
                _ if !marks.programs || is_in_package || !bytes.starts_with(b"\x7fELF") => None,
                Some(b"AI\x02") => Some(FileForm::AppImage),
                _ => Some(FileForm::Elf),
            };
            if (is_named || form.is_some()) && is_open(path) {
                entries.push(entry(path, EntryKind::File, bytes.len() as u64, form));
            }
        }
        entries.sort_by(|left, right| left.path.cmp(&right.path));
        Some(Tree { entries, is_complete: true, has_closed: false })
    }

    fn whole(&self, path: &str, bytes_max: u64) -> Result<Vec<u8>, Absent> {
        self.refuse(path)?;
        let not_here = || Absent::NotHere { looked_at: path.to_owned() };
        let bytes = self.files.get(&self.resolve(path)).ok_or_else(not_here)?;
        if bytes.len() as u64 > bytes_max {
            return Err(Absent::Failed { doing: path.to_owned(), cause: "large".to_owned() });
        }
        Ok(bytes.clone())
    }

    fn part(&self, path: &str, real: &str, offset: u64, bytes_max: u64) -> Result<Vec<u8>, Absent> {
        self.refuse(path)?;
        let not_here = || Absent::NotHere { looked_at: path.to_owned() };
        let bytes = self.files.get(real).ok_or_else(not_here)?;
        let rest = bytes.get(usize::try_from(offset).unwrap()..).unwrap_or_default();
        let count = rest.len().min(usize::try_from(bytes_max).unwrap());
        Ok(rest[..count].to_vec())
    }

    fn refuse(&self, path: &str) -> Result<(), Absent> {
        if self.forbidden.iter().any(|it| path == it || path.starts_with(&format!("{it}/"))) {
            return Err(Absent::NotAllowed { what: path.to_owned(), needs: Privilege::Root });
        }
        Ok(())
    }

    /// The bytes of a file, or the names of a folder.
    fn size_of(&self, path: &str) -> u64 {
        let names = || self.folders.get(path).map_or(0, BTreeSet::len);
        self.files.get(path).map_or_else(names, Vec::len) as u64
    }
}

impl Host for MapHost {
    fn ask(&self, request: &Request) -> Result<Reply, Absent> {
        if let Some(answer) = self.answers.get(request) {
            return answer.clone();
        }
        let not_here = |path: &str| Absent::NotHere { looked_at: path.to_owned() };
        match request {
            Request::File { path, bytes_max } => self.whole(path, *bytes_max).map(Reply::File),
            Request::FileHash { path, .. } => {
                let bytes = self.files.get(path).ok_or_else(|| not_here(path))?;
                Ok(Reply::FileHash(observation::ContentHash::of(bytes)))
            }
            Request::FilePart { path, offset, bytes_max, follows_links } => {
                let real = if *follows_links { self.resolve(path) } else { path.clone() };
                self.part(path, &real, *offset, *bytes_max).map(Reply::FilePart)
            }
            Request::Tree { path, marks, .. } => {
                self.refuse(path)?;
                self.tree(path, marks).ok_or_else(|| not_here(path)).map(Reply::Tree)
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
                    size_bytes: self.size_of(&real),
                    owner: 0,
                    modified_seconds: 0,
                    changed_nanoseconds: 0,
                }))
            }
            Request::Rights => Ok(Reply::Rights(Rights {
                user: if self.is_privileged { 0 } else { 1000 },
                reads_all: self.is_privileged,
                traces_all: self.is_privileged,
            })),
            Request::PasswordGuards => derived::password_guards(self),
            Request::SocketsOf { process } => derived::sockets_of(self, *process),
            Request::Space { .. }
            | Request::Firewall
            | Request::NetworkOf { .. }
            | Request::SystemNames
            | Request::Links
            | Request::Routes
            | Request::Neighbours
            | Request::Figures
            | Request::ServedCertificate { .. }
            | Request::DiskHealth { .. }
            | Request::FwupdDevices
            | Request::LuksHeader { .. }
            | Request::ManagementNetwork
            | Request::NetworkDriver { .. }
            | Request::ClockState
            | Request::TpmProperties
            | Request::HeardOnLinks
            | Request::SampledConnections => Err(not_here(&format!("{request:?}"))),
        }
    }
}

/// Runs something with the context of a machine, with a key of this run.
pub(crate) fn with_context<T>(host: &dyn Host, run: impl FnOnce(&Context<'_>) -> T) -> T {
    let names = Names::new(NameKey::Run, b"test");
    let options = Options { reports_connections: true, ..Options::default() };
    run(&Context {
        host,
        now: Timestamp::UNIX_EPOCH,
        names: &names,
        options,
        memory: &Memory::default(),
    })
}
