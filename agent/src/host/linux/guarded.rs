//! The machine with the rights of this process, behind the grants: what the privileged reader answers.

use std::fs::File;
use std::io::{Read, Seek};

use observation::latest::{Absent, Privilege};
use rustix::fs::{Dir, FileType, OFlags, Stat};
use rustix::io::Errno;

use super::super::grants::{Grant, Owner, Shows, grant_of, home_of};
use super::super::preferences::Preferences;
use super::super::{Ask, Host, PathStatus, Reply, Request, Tree, TreeMarks};
use super::super::{samba, sift};
use super::walk::{self, Found, Refused};
use super::{LinuxHost, failed, nanoseconds, parts, tree};

/// Most bytes of one file, whatever is asked.
const CONTENT_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Most bytes of a domain's database: some thousand accounts. More memory the reader does not have.
const DOMAIN_BYTES_MAX: u64 = 48 * 1024 * 1024;
/// Largest file of which a hash is made, whatever is asked.
const HASHED_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;
/// Most names of one folder, whatever is asked.
const NAMES_MAX: usize = 100_000;
/// Largest list of accounts.
const PASSWD_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Where home folders are that no local account has.
const COMMON_HOMES: &str = "/home";
/// Most home folders that are known.
const HOMES_MAX: usize = 10_000;
/// Write rights of group and others.
const WRITABLE_BY_OTHERS: u32 = 0o022;
/// Root.
const ROOT: u32 = 0;
/// How programs and shared libraries begin (ELF, elf(5)).
const ELF_MAGIC: &[u8; 4] = b"\x7fELF";

/// Answers only what a grant names, with the rights of this process.
#[derive(Debug, Default)]
pub struct GuardedHost {
    homes: Vec<String>,
    owners: Vec<u32>,
}

impl GuardedHost {
    /// Knows the home folders of the local accounts.
    #[must_use]
    pub fn new() -> Self {
        let bytes = LinuxHost.bytes("/etc/passwd", PASSWD_BYTES_MAX).unwrap_or_default();
        let mut homes = homes(&String::from_utf8_lossy(&bytes));
        // Of persons whom a directory service knows, or who left.
        for name in LinuxHost.names(COMMON_HOMES).unwrap_or_default() {
            let path = format!("{COMMON_HOMES}/{name}");
            let owner = walk::open(&path, false, ROOT).map(|it| it.stat);
            let owner = owner.ok().filter(|it| it.st_uid != ROOT && !walk::is_link(it));
            if let (Some(owner), false) = (owner, homes.iter().any(|it| it.0 == path)) {
                homes.push((path, owner.st_uid));
            }
        }
        homes.truncate(HOMES_MAX);
        let (homes, owners) = homes.into_iter().unzip();
        Self { homes, owners }
    }

    /// Opens what a grant names; checked to be what the grant says.
    fn open(&self, path: &str, grant: &Grant, follows_last: bool) -> Result<Found, Absent> {
        let found = walk::open(path, follows_last, ROOT).map_err(|it| refused(path, it))?;
        let is_owned = match grant.owner {
            Owner::Any => true,
            Owner::Root => {
                found.stat.st_uid == ROOT
                    && (walk::is_link(&found.stat) || found.stat.st_mode & WRITABLE_BY_OTHERS == 0)
            }
            Owner::Home => self.owner_of(grant.pattern, path) == Some(found.stat.st_uid),
            Owner::Service => is_at_home(&found),
        };
        if is_owned { Ok(found) } else { Err(failed(path, "it belongs to somebody else")) }
    }

    fn owner_of(&self, pattern: &str, path: &str) -> Option<u32> {
        let home = home_of(pattern, path, &self.homes)?;
        let index = self.homes.iter().position(|it| it == home)?;
        self.owners.get(index).copied()
    }

    /// Opens a regular file that a grant names, for reading.
    fn file(&self, path: &str, grant: &Grant, follows_last: bool) -> Result<File, Absent> {
        let found = self.open(path, grant, follows_last)?;
        if FileType::from_raw_mode(found.stat.st_mode) != FileType::RegularFile {
            return Err(failed(path, "it is not a regular file"));
        }
        let file = walk::reopen(&found, OFlags::empty()).map_err(|it| refused(path, it.into()))?;
        Ok(File::from(file))
    }

    fn content(&self, path: &str, bytes_max: u64, grant: &Grant) -> Result<Vec<u8>, Absent> {
        let is_domain = grant.shows.contains(&Shows::Computers);
        let most = if is_domain { DOMAIN_BYTES_MAX } else { CONTENT_BYTES_MAX };
        let bytes_max = bytes_max.min(most);
        let mut bytes = Vec::new();
        self.file(path, grant, true)?
            .take(bytes_max + 1)
            .read_to_end(&mut bytes)
            .map_err(|it| super::absent(path, &it))?;
        if bytes.len() as u64 > bytes_max {
            return Err(failed(path, &format!("it is larger than {bytes_max} bytes")));
        }
        let sift = grant.shows.iter().find(|it| it.is_sifted());
        match sift {
            Some(Shows::Certificates) => Ok(sift::certificates(&bytes)),
            Some(Shows::Settings) => Ok(sift::settings(&bytes)),
            Some(Shows::Computers) => samba::computers(&bytes).map_err(|it| failed(path, it)),
            Some(Shows::Containers) => {
                sift::containers(&bytes).ok_or_else(|| failed(path, "it is not JSON"))
            }
            Some(Shows::Preferences) => {
                Preferences::sifted(&bytes).ok_or_else(|| failed(path, "it is not JSON"))
            }
            _ => Ok(bytes),
        }
    }

    /// A file of which parts or a hash are asked: where the grant is for programs alone, one.
    fn entry(&self, path: &str, grant: &Grant, follows_last: bool) -> Result<File, Absent> {
        let mut file = self.file(path, grant, follows_last)?;
        if grant.shows.contains(&Shows::Content) {
            return Ok(file);
        }
        let mut head = [0; ELF_MAGIC.len()];
        file.read_exact(&mut head).map_err(|it| super::absent(path, &it))?;
        file.rewind().map_err(|it| super::absent(path, &it))?;
        if head == *ELF_MAGIC { Ok(file) } else { Err(failed(path, "it is no program")) }
    }

    /// Marked entries below a folder; in a home only what belongs to its account.
    fn tree(
        &self,
        path: &str,
        grant: &Grant,
        limits: [u32; 2],
        marks: &TreeMarks,
    ) -> Result<Tree, Absent> {
        let found = self.open(path, grant, false)?;
        let folder =
            walk::reopen(&found, OFlags::DIRECTORY).map_err(|it| refused(path, it.into()))?;
        let owner = match grant.owner {
            Owner::Home => self.owner_of(grant.pattern, path),
            Owner::Any | Owner::Root | Owner::Service => None,
        };
        tree::tree_below(folder, path, limits, marks, owner)
    }

    fn names(&self, path: &str, names_max: usize, grant: &Grant) -> Result<Vec<String>, Absent> {
        let found = self.open(path, grant, true)?;
        let system = |it: Errno| refused(path, it.into());
        let folder = walk::reopen(&found, OFlags::DIRECTORY).map_err(system)?;
        let names_max = names_max.min(NAMES_MAX);
        let mut names = Vec::new();
        for entry in Dir::new(folder).map_err(system)? {
            let entry = entry.map_err(system)?;
            let name = entry.file_name().to_string_lossy();
            if name == "." || name == ".." {
                continue;
            }
            if names.len() == names_max {
                return Err(failed(path, &format!("it holds more than {names_max} entries")));
            }
            names.push(name.into_owned());
        }
        names.sort_unstable();
        Ok(names)
    }
}

impl Host for GuardedHost {
    fn ask(&self, request: &Request) -> Result<Reply, Absent> {
        let grant = |path: &str| grant_of(request, &self.homes).ok_or_else(|| not_granted(path));
        match request {
            Request::File { path, bytes_max } => {
                self.content(path, *bytes_max, grant(path)?).map(Reply::File)
            }
            Request::Folder { path, names_max } => {
                self.names(path, *names_max, grant(path)?).map(Reply::Folder)
            }
            Request::Link { path } => {
                let found = self.open(path, grant(path)?, false)?;
                let target = walk::target(&found).map_err(|it| refused(path, it.into()))?;
                Ok(Reply::Link(target))
            }
            Request::Status { path } => {
                let found = self.open(path, grant(path)?, true)?;
                Ok(Reply::Status(status(&found.stat)))
            }
            Request::FileHash { path, bytes_max } => {
                let file = self.entry(path, grant(path)?, false)?;
                parts::hash_of(file, path, (*bytes_max).min(HASHED_BYTES_MAX)).map(Reply::FileHash)
            }
            Request::FilePart { path, offset, bytes_max, follows_links } => {
                let file = self.entry(path, grant(path)?, *follows_links)?;
                let bytes_max = (*bytes_max).min(CONTENT_BYTES_MAX);
                parts::part_of(&file, path, *offset, bytes_max).map(Reply::FilePart)
            }
            Request::Tree { path, depth_max, entries_max, marks } => {
                self.tree(path, grant(path)?, [*depth_max, *entries_max], marks).map(Reply::Tree)
            }
            // Narrow by themselves: numbers, flags and names of devices, no path of the asker's choice.
            Request::Rights
            | Request::Firewall
            | Request::NetworkOf { .. }
            | Request::PasswordGuards
            | Request::SocketsOf { .. }
            | Request::DiskHealth { .. }
            | Request::LuksHeader { .. }
            | Request::ManagementNetwork
            | Request::TpmProperties => LinuxHost.ask(request),
            // Nothing that needs a right, or what the agent's own process knows.
            Request::Space { .. }
            | Request::FwupdDevices
            | Request::NetworkDriver { .. }
            | Request::HeardOnLinks
            | Request::SampledConnections
            | Request::SystemNames
            | Request::Links
            | Request::Routes
            | Request::Neighbours
            | Request::Figures
            | Request::ClockState
            | Request::ServedCertificate { .. } => Err(not_granted(&format!("{request:?}"))),
        }
    }
}

fn status(stat: &Stat) -> PathStatus {
    let kind = FileType::from_raw_mode(stat.st_mode);
    PathStatus {
        is_folder: kind == FileType::Directory,
        is_executable: kind == FileType::RegularFile && stat.st_mode & 0o111 != 0,
        size_bytes: u64::try_from(stat.st_size).unwrap_or_default(),
        owner: stat.st_uid,
        modified_seconds: stat.st_mtime,
        changed_nanoseconds: nanoseconds(
            stat.st_ctime,
            i64::try_from(stat.st_ctime_nsec).unwrap_or_default(),
        ),
    }
}

/// Whether a file was made where it lies: no second name was given to a file of somebody else (link(2)).
/// Files of a service may belong to its account or to root; a link from outside has two names.
fn is_at_home(found: &Found) -> bool {
    let is_folder = FileType::from_raw_mode(found.stat.st_mode) == FileType::Directory;
    let is_closed = found.folder.st_mode & WRITABLE_BY_OTHERS == 0;
    is_folder || found.stat.st_nlink == 1 || (found.stat.st_uid == found.folder.st_uid && is_closed)
}

/// Home folders with their accounts' numbers. A folder of the system (`/`, `/bin`) is nobody's home.
fn homes(passwd: &str) -> Vec<(String, u32)> {
    let entry = |line: &str| {
        let mut fields = line.split(':');
        let uid = fields.nth(2)?.parse().ok()?;
        let home = fields.nth(2)?.trim_end_matches('/');
        let is_home = super::super::grants::is_plain(home)
            && (home == "/root" || home.matches('/').count() >= 2);
        is_home.then(|| (home.to_owned(), uid))
    };
    passwd.lines().filter_map(entry).take(HOMES_MAX).collect()
}

fn not_granted(what: &str) -> Absent {
    Absent::NotAllowed { what: what.to_owned(), needs: Privilege::Root }
}

fn refused(path: &str, reason: Refused) -> Absent {
    match reason {
        Refused::Link => failed(path, "a link on the way was made by somebody else than root"),
        Refused::System(error) => super::absent(path, &error.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn grant(shows: &'static [Shows], owner: Owner) -> Grant {
        Grant { pattern: "~/data/**", shows, owner, sources: &["x.y"] }
    }

    /// A home folder of the account that runs the test.
    fn home() -> (tempfile::TempDir, GuardedHost) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("data")).unwrap();
        let home = folder.path().to_str().unwrap().to_owned();
        let owner = rustix::process::geteuid().as_raw();
        (folder, GuardedHost { homes: vec![home], owners: vec![owner] })
    }

    fn read(host: &GuardedHost, name: &str, grant: &Grant) -> Result<Vec<u8>, Absent> {
        host.content(&format!("{}/data/{name}", host.homes[0]), 100, grant)
    }

    #[test]
    fn a_file_at_home_is_read_if_it_belongs_to_the_account() {
        let (folder, mut host) = home();
        std::fs::write(folder.path().join("data/a"), "text").unwrap();
        let grant = grant(&[Shows::Content], Owner::Home);
        assert_eq!(read(&host, "a", &grant).unwrap(), b"text");
        host.owners[0] += 1;
        let reason = read(&host, "a", &grant).unwrap_err();
        assert!(matches!(reason, Absent::Failed { cause, .. } if cause.contains("somebody else")));
    }

    #[test]
    fn a_pipe_or_a_folder_in_place_of_a_file_is_not_read() {
        let (folder, host) = home();
        let pipe = folder.path().join("data/pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::from(0o600)).unwrap();
        let grant = grant(&[Shows::Content], Owner::Home);
        for name in ["pipe", "../data"] {
            let reason = read(&host, name, &grant).unwrap_err();
            assert!(matches!(reason, Absent::Failed { .. }), "{name}");
        }
    }

    #[test]
    fn a_planted_link_delivers_nothing() {
        let (folder, host) = home();
        std::fs::write(folder.path().join("data/a"), "text").unwrap();
        symlink("/etc/shadow", folder.path().join("data/planted")).unwrap();
        // As if root looked at another user's home: in the home of root itself links are root's.
        if rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(folder.path().join("data"), Some(12_345), None).unwrap();
        }
        let grant = grant(&[Shows::Content], Owner::Home);
        assert!(matches!(read(&host, "planted", &grant), Err(Absent::Failed { .. })));
    }

    #[test]
    fn a_long_file_is_refused_and_a_folder_is_listed() {
        let (folder, host) = home();
        std::fs::write(folder.path().join("data/long"), [b'x'; 101]).unwrap();
        let grant = grant(&[Shows::Content, Shows::Names], Owner::Home);
        assert!(matches!(read(&host, "long", &grant), Err(Absent::Failed { .. })));
        let path = format!("{}/data", host.homes[0]);
        let folder = Grant { pattern: "~/data", ..grant };
        assert_eq!(host.names(&path, 10, &folder).unwrap(), ["long"]);
        assert!(host.names(&path, 0, &folder).is_err());
    }

    #[test]
    fn of_settings_the_password_stays_here() {
        let (folder, host) = home();
        std::fs::write(folder.path().join("data/a"), "name = x\npassword = CANARY\n").unwrap();
        let text = read(&host, "a", &grant(&[Shows::Settings], Owner::Home)).unwrap();
        assert_eq!(text, b"name = x\npassword = withheld\n");
        let grant = grant(&[Shows::Containers], Owner::Home);
        assert!(matches!(read(&host, "a", &grant), Err(Absent::Failed { .. })));
    }

    #[test]
    fn of_preferences_only_extensions_are_shown() {
        let (folder, host) = home();
        let text = r#"{"account_info":"CANARY","extensions":{"settings":{"x":{"state":1}}}}"#;
        std::fs::write(folder.path().join("data/a"), text).unwrap();
        let grant = grant(&[Shows::Preferences], Owner::Home);
        let shown = read(&host, "a", &grant).unwrap();
        assert_eq!(shown, br#"{"extensions":{"settings":{"x":{"state":1}}}}"#);
        std::fs::write(folder.path().join("data/a"), "CANARY").unwrap();
        assert!(matches!(read(&host, "a", &grant), Err(Absent::Failed { .. })));
    }

    #[test]
    fn of_a_domain_only_computers_are_shown() {
        let (folder, host) = home();
        let domain = include_bytes!("../../../../tests/fixtures/servers/samba/plain.ldb");
        let path = folder.path().join("data/a.ldb");
        std::fs::write(&path, domain).unwrap();
        let grant = grant(&[Shows::Computers], Owner::Home);
        let path = path.to_str().unwrap();
        let shown = host.content(path, 1 << 20, &grant).unwrap();
        assert_eq!(shown, samba::computers(domain).unwrap());
        assert!(shown.len() < domain.len());
    }

    #[test]
    fn where_programs_are_shown_nothing_else_is() {
        let (folder, host) = home();
        let grant = grant(&[Shows::Programs], Owner::Home);
        for (name, content, is_shown) in [("elf", "\x7fELFxyz", true), ("text", "CANARY", false)] {
            let path = folder.path().join("data").join(name);
            std::fs::write(&path, content).unwrap();
            let path = path.to_str().unwrap();
            let part = host
                .entry(path, &grant, false)
                .and_then(|file| parts::part_of(&file, path, 0, 100));
            assert_eq!(part.ok(), is_shown.then(|| content.as_bytes().to_vec()), "{name}");
        }
    }

    #[test]
    fn a_second_name_of_a_foreign_file_is_not_read() {
        let (folder, host) = home();
        let (outside, inside) = (folder.path().join("secret"), folder.path().join("data/planted"));
        std::fs::write(&outside, "CANARY").unwrap();
        std::fs::write(folder.path().join("data/own"), "text").unwrap();
        std::fs::hard_link(&outside, &inside).unwrap();
        let grant = grant(&[Shows::Content], Owner::Service);
        let data = folder.path().join("data");
        // Whoever may write the folder may have made the link.
        symlink("/etc/hostname", data.join("linked")).unwrap();
        std::fs::set_permissions(&data, std::os::unix::fs::PermissionsExt::from_mode(0o775))
            .unwrap();
        assert_eq!(read(&host, "own", &grant).unwrap(), b"text");
        for name in ["planted", "linked"] {
            let reason = read(&host, name, &grant).unwrap_err();
            assert!(matches!(reason, Absent::Failed { .. }), "{name}: {reason:?}");
        }
    }

    #[test]
    fn a_walk_of_a_home_passes_over_what_belongs_to_others() {
        let (folder, host) = home();
        for name in ["own", "foreign"] {
            let path = folder.path().join("data").join(name);
            std::fs::create_dir(&path).unwrap();
            std::fs::write(path.join("a.jar"), "").unwrap();
        }
        let foreign = folder.path().join("data/foreign");
        let is_root = rustix::process::geteuid().is_root();
        // Without root nothing foreign can be made; where all tests must run (.ci/run), that is a failure.
        assert!(is_root || std::env::var_os("KATASTER_WHOLE").is_none(), "not root");
        if is_root {
            std::os::unix::fs::chown(&foreign, Some(12_345), None).unwrap();
        }
        let marks = TreeMarks { file_endings: vec![".jar".to_owned()], ..TreeMarks::default() };
        let grant = grant(&[Shows::Tree], Owner::Home);
        let path = format!("{}/data", host.homes[0]);
        let grant = Grant { pattern: "~/data", ..grant };
        let tree = host.tree(&path, &grant, [9, 99], &marks).unwrap();
        let paths: Vec<&str> = tree.entries.iter().map(|it| it.path.as_str()).collect();
        let own = format!("{path}/own/a.jar");
        assert!(paths.contains(&own.as_str()) && (!is_root || paths.len() == 1), "{paths:?}");
    }

    #[test]
    fn what_no_grant_names_is_not_allowed() {
        let host = GuardedHost::new();
        let path = "/etc/hostname".to_owned();
        for request in [
            Request::File { path: path.clone(), bytes_max: 10 },
            Request::Folder { path: "/etc".to_owned(), names_max: 10 },
            Request::Link { path: "/proc/self/exe".to_owned() },
            Request::Status { path: path.clone() },
            Request::Space { path },
            Request::Links,
            Request::ServedCertificate { address: "127.0.0.1".parse().unwrap(), port: 1 },
            Request::FwupdDevices,
            Request::HeardOnLinks,
            Request::NetworkDriver { interface: "lo".to_owned() },
            Request::SampledConnections,
        ] {
            let reason = host.ask(&request).unwrap_err();
            assert!(matches!(reason, Absent::NotAllowed { .. }), "{request:?}: {reason:?}");
        }
        assert!(host.ask(&Request::Rights).is_ok());
        for name in ["../etc/shadow", "mem", "a/b", ""] {
            let name = name.to_owned();
            assert!(host.ask(&Request::LuksHeader { device: name.clone() }).is_err(), "{name}");
            assert!(host.ask(&Request::DiskHealth { disk: name.clone() }).is_err(), "{name}");
        }
    }

    #[test]
    fn homes_are_folders_of_their_own() {
        let passwd = "root:x:0:0::/root:/bin/sh\nbin:x:2:2::/bin:/x\nweb:x:33:33::/var/www:/x\n\
            eve:x:1000:1000::/home/eve/:/x\nodd:x:1001:1:: /home/odd:/x\nup:x:1002:1::/home/../etc:/x\nbroken\n";
        let expected = [("/root", 0), ("/var/www", 33), ("/home/eve", 1000)];
        assert_eq!(homes(passwd), expected.map(|(home, uid)| (home.to_owned(), uid)));
    }
}
