//! What the privileged reader may read, and for which source. Nothing else is ever read with its rights.
//!
//! A source that needs a path that ordinary accounts cannot read adds a line to the table behind [`grants`]. A line is as
//! narrow as the source allows: what must not travel whole (hashes of passwords, private keys) has a
//! request of its own or is sifted.

mod table;

use super::{Request, TreeMarks};

use table::{CLOSED, MARKED, NEVER};
pub use table::{SERVICES, grants};

/// Longest path that is looked at: PATH_MAX of Linux.
const PATH_BYTES_MAX: usize = 4096;

/// One thing that the reader may read.
#[derive(Debug, Clone, Copy)]
pub struct Grant {
    /// Absolute path. `*` stands for any text within one name, `#` for a name of digits alone, `**` as
    /// the last name for everything below. `~` in first place stands for the home folder of any local
    /// account: then only what belongs to that account is read.
    pub pattern: &'static str,
    /// What may be asked of it.
    pub shows: &'static [Shows],
    /// Whose file it must be.
    pub owner: Owner,
    /// Ids of the sources that need it.
    pub sources: &'static [&'static str],
}

/// What may be asked of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// The certificates of a PEM file; a private key beside them does not leave the reader.
    Certificates,
    /// The computers of a Samba domain; nothing of persons and passwords beside them leaves the reader.
    Computers,
    /// A description of containers without environment, arguments and labels.
    Containers,
    /// The content of a regular file, parts of it and its hash.
    Content,
    /// The names in a folder.
    Names,
    /// What the preferences of a browser say of its extensions.
    Preferences,
    /// Parts and hash of a file that is a program.
    Programs,
    /// The content without the values of passwords and keys, as far as they can be told.
    Settings,
    /// Kind, size, owner and time.
    Status,
    /// Where a symbolic link leads.
    Target,
    /// Which entries below a folder carry marks; in a home only what belongs to its account.
    Tree,
}

/// Whose file must be, so that nobody can plant it (a hard link, another file under the name).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// Root's, and nobody else may write it.
    Root,
    /// That of the account whose home folder it is in.
    Home,
    /// Anybody's, but a file that was made there: not a second name of a file of somebody else.
    Service,
    /// Anybody's: the kernel makes the files there.
    Any,
}

impl Shows {
    /// Whether a file is sifted before it is shown.
    #[must_use]
    pub const fn is_sifted(self) -> bool {
        matches!(
            self,
            Self::Certificates
                | Self::Computers
                | Self::Containers
                | Self::Preferences
                | Self::Settings
        )
    }
}

/// A request that is answered with the reader's rights without a path.
#[derive(Debug, Clone, Copy)]
pub struct Service {
    /// The request as it is written on the wire.
    pub request: &'static str,
    /// The right that Linux wants for it.
    pub right: &'static str,
    /// Ids of the sources that need it.
    pub sources: &'static [&'static str],
}

/// Whether a request wants what distributions let root alone read.
#[must_use]
pub fn is_closed(request: &Request) -> bool {
    let Some((path, wanted)) = path_of(request) else { return false };
    wanted != Shows::Status && CLOSED.iter().any(|it| matches(it, path))
}

/// The grant under which a request may be answered; none: it is refused.
///
/// `homes` are the home folders of the local accounts.
#[must_use]
pub fn grant_of(request: &Request, homes: &[String]) -> Option<&'static Grant> {
    let (path, wanted) = path_of(request)?;
    if !is_plain(path) {
        return None;
    }
    let is_whole = matches!(request, Request::File { .. });
    let is_sifted = |it: &Grant| it.shows.iter().any(|it| it.is_sifted());
    let on_path = || grants().filter(|it| home_of(it.pattern, path, homes).is_some());
    if wanted != Shows::Content {
        let is_allowed = wanted != Shows::Tree || is_marked(request);
        return on_path().find(|it| is_allowed && it.shows.contains(&wanted));
    }
    // No other grant gets round a sift, and of what is sifted there are neither parts nor a hash.
    let sifting = on_path().filter(|it| is_sifted(it)).max_by_key(|it| it.pattern.len());
    if let Some(sifting) = sifting {
        let is_shown = sifting.shows.contains(&Shows::Certificates) || !is_never(path);
        return Some(sifting).filter(|_| is_whole && is_shown);
    }
    let is_shown = |it: &&Grant| {
        it.shows.contains(&Shows::Content) || (!is_whole && it.shows.contains(&Shows::Programs))
    };
    on_path().find(is_shown).filter(|_| !is_never(path))
}

/// Whether a file holds nothing but a secret, whatever folder it is in.
fn is_never(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    NEVER.iter().any(|it| name_matches(it, name))
}

/// Whether a walk asks for what the sources ask for: a mark that fits all files would list whole homes.
fn is_marked(request: &Request) -> bool {
    let Request::Tree { marks, .. } = request else { return false };
    // What narrows a walk needs no permission.
    let TreeMarks {
        file_names,
        file_endings,
        folder_endings,
        passed_over: _,
        package_folders: _,
        programs: _,
    } = marks;
    let all = [file_names, file_endings, folder_endings].into_iter().flatten();
    all.into_iter().all(|it| MARKED.contains(&it.as_str()))
}

/// The path of a request with what it wants of it; none for requests without a path.
#[must_use]
pub fn path_of(request: &Request) -> Option<(&str, Shows)> {
    match request {
        Request::File { path, .. }
        | Request::FileHash { path, .. }
        | Request::FilePart { path, .. } => Some((path, Shows::Content)),
        Request::Folder { path, .. } => Some((path, Shows::Names)),
        Request::Link { path } => Some((path, Shows::Target)),
        Request::Status { path } => Some((path, Shows::Status)),
        Request::Tree { path, .. } => Some((path, Shows::Tree)),
        Request::Space { .. }
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
        | Request::SampledConnections
        | Request::HeardOnLinks
        | Request::DiskHealth { .. }
        | Request::FwupdDevices
        | Request::LuksHeader { .. }
        | Request::ManagementNetwork
        | Request::NetworkDriver { .. }
        | Request::ClockState
        | Request::TpmProperties
        | Request::ServedCertificate { .. } => None,
    }
}

/// The home folder that a path under a grant's pattern is in; an empty text where the pattern is of no
/// home; none where the path is not under the pattern.
pub(super) fn home_of<'a>(pattern: &str, path: &str, homes: &'a [String]) -> Option<&'a str> {
    if pattern == "~" {
        return homes.iter().map(String::as_str).find(|it| *it == path);
    }
    let Some(below) = pattern.strip_prefix("~/") else {
        return matches(pattern, path).then_some("");
    };
    homes.iter().map(String::as_str).find(|home| {
        let rest = path.strip_prefix(home).and_then(|it| it.strip_prefix('/'));
        rest.is_some_and(|it| matches(below, it))
    })
}

/// Whether a path is absolute, in its shortest form and of a sane length.
#[must_use]
pub fn is_plain(path: &str) -> bool {
    let mut names = path.split('/');
    (2..=PATH_BYTES_MAX).contains(&path.len())
        && !path.contains('\0')
        && names.next() == Some("")
        && names.all(|it| !matches!(it, "" | "." | ".."))
}

/// Whether a pattern describes a path, name by name.
fn matches(pattern: &str, path: &str) -> bool {
    let (mut patterns, mut names) = (pattern.split('/').peekable(), path.split('/'));
    while let Some(part) = patterns.next() {
        if part == "**" {
            let Some(last) = patterns.next() else { return names.next().is_some() };
            // `**` before a last name: that name at any depth below.
            return names.next_back().is_some_and(|it| name_matches(last, it));
        }
        if !names.next().is_some_and(|it| name_matches(part, it)) {
            return false;
        }
    }
    names.next().is_none()
}

fn name_matches(pattern: &str, name: &str) -> bool {
    if pattern == "#" {
        return !name.is_empty() && name.bytes().all(|it| it.is_ascii_digit());
    }
    match pattern.split_once('*') {
        Some((start, end)) => name
            .strip_prefix(start)
            .and_then(|it| it.strip_suffix(end))
            .is_some_and(|it| !start.is_empty() || !it.is_empty()),
        None => pattern == name,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file(path: &str) -> Request {
        Request::File { path: path.to_owned(), bytes_max: 10 }
    }

    #[test]
    fn patterns_describe_paths_name_by_name() {
        for (pattern, path, expected) in [
            ("/etc/a", "/etc/a", true),
            ("/etc/a", "/etc/a/b", false),
            ("/etc/a", "/etc", false),
            ("/etc/*/c", "/etc/b/c", true),
            ("/etc/*/c", "/etc/b/b/c", false),
            ("/etc/*.conf", "/etc/a.conf", true),
            ("/etc/*.conf", "/etc/a.conf/b", false),
            ("/proc/#/fd", "/proc/17/fd", true),
            ("/proc/#/fd", "/proc/self/fd", false),
            ("/proc/#/fd", "/proc//fd", false),
            ("/var/lib/x/**", "/var/lib/x", false),
            ("/var/lib/x/**", "/var/lib/x/a/b/c", true),
            ("/var/lib/x/**", "/var/lib/xy/a", false),
            ("/sys/**/page", "/sys/a/b/page", true),
            ("/sys/**/page", "/sys/page", true),
            ("/sys/**/page", "/sys/a/b/other", false),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn paths_with_detours_are_not_plain() {
        for path in ["", "etc/x", "/etc/../x", "/etc/./x", "/etc//x", "/etc/x/", "/a\0b", "//"] {
            assert!(!is_plain(path), "{path:?}");
        }
        assert!(is_plain("/etc/x") && is_plain("/etc/..x") && !is_plain(&"/a".repeat(4096)));
    }

    #[test]
    fn what_guards_passwords_and_other_secrets_is_never_granted() {
        for path in [
            "/etc/shadow",
            "/etc/gshadow",
            "/etc/ssh/ssh_host_ed25519_key",
            "/root/.ssh/id_ed25519",
            "/home/a/.ssh/id_ed25519",
            "/proc/1/environ",
            "/proc/1/mem",
            "/proc/1/cmdline",
            "/proc/self/exe",
            "/dev/sda",
            "/dev/mem",
            "/etc/letsencrypt/../shadow",
        ] {
            assert!(grant_of(&file(path), &["/home/a".to_owned()]).is_none(), "{path}");
        }
    }

    #[test]
    fn only_what_a_grant_names_may_be_asked_of_a_path() {
        let path = "/proc/1/exe".to_owned();
        assert!(grant_of(&file(&path), &[]).is_none(), "the program itself is not delivered");
        assert!(grant_of(&Request::Link { path }, &[]).is_some());
        let table = "/sys/firmware/dmi/tables/DMI";
        assert!(grant_of(&file(table), &[]).is_some());
        assert!(grant_of(&Request::Space { path: table.to_owned() }, &[]).is_none());
        assert!(grant_of(&Request::Rights, &[]).is_none());
    }

    fn part(path: &str) -> Request {
        let path = path.to_owned();
        Request::FilePart { path, offset: 0, bytes_max: 10, follows_links: false }
    }

    fn hash(path: &str) -> Request {
        Request::FileHash { path: path.to_owned(), bytes_max: 10 }
    }

    #[test]
    fn of_what_is_sifted_there_are_neither_parts_nor_a_hash() {
        let homes = ["/home/a".to_owned()];
        for path in [
            "/etc/NetworkManager/system-connections/Office.nmconnection",
            "/etc/letsencrypt/live/example.test/privkey.pem",
            "/etc/wireguard/wg0.conf",
            "/home/a/.config/autostart/x.desktop",
            "/var/lib/docker/containers/aa/config.v2.json",
            "/var/lib/samba/private/sam.ldb.d/DC=EXAMPLE,DC=TEST.ldb",
            "/var/spool/cron/crontabs/a",
        ] {
            let grant = grant_of(&file(path), &homes).unwrap();
            assert!(grant.shows.iter().any(|it| it.is_sifted()), "{path}");
            assert!(grant_of(&part(path), &homes).is_none(), "{path}");
            assert!(grant_of(&hash(path), &homes).is_none(), "{path}");
        }
        // Of a program it is the other way round.
        let program = "/home/a/bin/tool";
        assert!(grant_of(&file(program), &homes).is_none());
        assert!(grant_of(&part(program), &homes).is_some());
        assert!(grant_of(&hash(program), &homes).is_some());
    }

    #[test]
    fn files_that_are_nothing_but_a_secret_are_in_no_folder_that_is_shown() {
        let homes = ["/home/a".to_owned()];
        for path in [
            "/etc/bind/rndc.key",
            "/etc/haproxy/site.key",
            "/etc/ldap/slapd.d/secrets.ldif",
            "/etc/mysql/id_rsa",
            "/etc/nginx/.shadow",
            "/etc/pve/priv/shadow.cfg",
            "/var/lib/samba/private/sam.ldb",
            "/var/lib/samba/private/secrets.tdb",
            "/var/named/Kexample.test.+008+1.private",
        ] {
            assert!(grant_of(&file(path), &homes).is_none(), "{path}");
            assert!(grant_of(&part(path), &homes).is_none(), "{path}");
        }
    }

    #[test]
    fn a_walk_may_not_list_everything() {
        let homes = ["/home/a".to_owned()];
        let tree = |path: &str, ending: &str| {
            let marks = TreeMarks { file_endings: vec![ending.to_owned()], ..TreeMarks::default() };
            Request::Tree { path: path.to_owned(), depth_max: 9, entries_max: 9, marks }
        };
        assert!(grant_of(&tree("/home/a", ".jar"), &homes).is_some());
        assert!(grant_of(&tree("/opt", ".jar"), &homes).is_some());
        for (path, ending) in
            [("/home/a", ""), ("/home/a", ".kdbx"), ("/home/b", ".jar"), ("/etc", ".jar")]
        {
            assert!(grant_of(&tree(path, ending), &homes).is_none(), "{path} {ending}");
        }
    }

    #[test]
    fn homes_are_those_of_the_accounts() {
        let homes = ["/srv/people/eve".to_owned()];
        let find = |path| home_of("~/.local/*", path, &homes);
        assert_eq!(find("/srv/people/eve/.local/x"), Some("/srv/people/eve"));
        assert_eq!(find("/srv/people/adam/.local/x"), None);
        assert_eq!(find("/srv/people/eve.local/x"), None);
        assert_eq!(home_of("/etc/x", "/etc/x", &homes), Some(""));
    }

    #[test]
    fn the_tables_are_sorted_and_name_a_source_each() {
        assert!(grants().is_sorted_by(|left, right| left.pattern < right.pattern));
        assert!(SERVICES.windows(2).all(|it| it[0].request < it[1].request));
        for grant in grants() {
            assert!(!grant.shows.is_empty() && !grant.sources.is_empty(), "{}", grant.pattern);
            assert_eq!(grant.owner == Owner::Home, grant.pattern.starts_with('~'));
            let depth = grant.pattern.split('/').take_while(|it| !it.contains(['*', '#'])).count();
            assert!(depth >= 2 || grant.owner == Owner::Home, "{} is too wide", grant.pattern);
        }
    }

    proptest! {
        #[test]
        fn a_granted_path_is_plain(path in "(/|/proc|/etc|/1|/exe|/letsencrypt|/live|/\\.\\.|\\PC){1,8}") {
            if grant_of(&file(&path), &[]).is_some() {
                prop_assert!(is_plain(&path) && !path.contains(".."));
            }
        }
    }
}
