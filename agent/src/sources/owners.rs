//! Which package owns a file, by the lists of files of dpkg, RPM, apk and pacman.
//!
//! The lists of a large machine are tens of megabytes: they are searched for the wanted paths alone, the likely
//! packages first, until every path has its owner. Of a list that was read once in a run a number per line is kept,
//! so that the next source that asks reads none again; and whom a file belongs to is kept from one reading to the next
//! while the records of the managers are unchanged. Where a machine has several of these managers, one is asked
//! after the other.

mod answers;
mod number;

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use memchr::{memchr_iter, memrchr};
use observation::latest::{Absent, OwnerPackage, PackageManager};

use self::answers::Answers;
use self::number::{new_key, number};
use crate::host::{Ask, Host};
use crate::sources::witness::{Kept, Witness};
use crate::sources::{apk, dpkg, pacman, rpm};

/// Largest list of files of one package.
const LIST_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Bytes of a list that are read at once: nearly all lists whole, and of the largest never all.
const PIECE_BYTES: usize = 256 * 1024;
/// Folders that a merged machine keeps below `/usr` (usrmerge).
const MERGED_FOLDERS: &[&str] = &["/bin/", "/sbin/", "/lib/", "/lib32/", "/lib64/", "/libx32/"];
/// Folders of persons and of what does not last, where packages put no files, so that no list is read for them. Not
/// `/usr/local`: some vendors' packages do not keep away from it.
const UNOWNED_FOLDERS: &[&str] = &["/home/", "/root/", "/run/"];
/// Groups of lines, of which most hold no wanted one, and how they are cut from the number of a line.
const MARKS: usize = 1 << 16;
const MARK_SHIFT: u32 = 48;
/// Most lines that are kept as numbers, eight bytes each: three times those of a developer's machine.
const LINES_KEPT_MAX: usize = 1 << 19;
/// Letters that a program and its package share to be looked at first.
const SHARED_LETTERS_MIN: usize = 3;

/// Asks one manager.
type AskManager = fn(&mut Owners, &Run<'_>, &mut Wanted) -> Result<(), Absent>;

/// What is asked of the managers, and of whom.
struct Run<'a> {
    host: &'a dyn Host,
    lists: &'a FileLists,
    paths: &'a HashSet<String>,
}

/// The managers, each with the place of its lists.
const MANAGERS: &[(&str, AskManager)] = &[
    (dpkg::INFO_PATH, Owners::ask_dpkg),
    ("/var/lib/rpm", Owners::ask_rpm),
    (apk::INSTALLED_PATH, Owners::ask_apk),
    (pacman::LOCAL_PATH, Owners::ask_pacman),
];

/// What one run knows of dpkg's lists of files, and the answers of the runs before.
pub struct FileLists {
    /// The key of the lines' numbers.
    key: u64,
    known: Mutex<Known>,
    answers: Kept<Arc<Answers>>,
}

#[derive(Default)]
struct Known {
    /// The numbers of the lines, list after list.
    lines: Vec<u64>,
    /// Where the lines of a list are.
    lists: HashMap<String, Range<usize>>,
    /// Architecture and version of the packages of a name; none before they were read.
    versions: Option<Versions>,
}

type Versions = HashMap<String, Vec<(Option<String>, String)>>;

impl Default for FileLists {
    fn default() -> Self {
        Self { key: new_key(), known: Mutex::default(), answers: Kept::default() }
    }
}

impl FileLists {
    /// For another run or another thread, which knows the same answers.
    #[must_use]
    pub fn anew(&self) -> Self {
        Self { answers: self.answers.clone(), ..Self::default() }
    }

    /// Lets go what is known. Who asks again, reads again.
    pub fn forget(&self) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Known::default();
    }
}

/// Who owns the files that were asked for.
#[derive(Debug)]
pub(crate) struct Owners {
    by_path: HashMap<String, OwnerPackage>,
    /// Where was looked, or why nowhere.
    searched: Result<String, Absent>,
}

impl Owners {
    /// Searches the owners of files. No wanted path, no list is read.
    #[must_use]
    pub(crate) fn find(
        host: &dyn Host,
        now: Timestamp,
        lists: &FileLists,
        paths: &HashSet<String>,
    ) -> Self {
        let mut owners = Self { by_path: HashMap::new(), searched: Ok(String::new()) };
        if paths.is_empty() {
            return owners;
        }
        let records = records();
        let witness = Witness::of(host, now, records.iter().map(String::as_str));
        let answers = witness.as_ref().and_then(|it| lists.answers.answer(it)).unwrap_or_default();
        let unanswered = answers.answer(paths, &mut owners.by_path);
        if unanswered.is_empty() {
            owners.searched = Ok(answers.searched.clone());
            return owners;
        }
        owners.searched = owners.search(&Run { host, lists, paths: &unanswered });
        if let (Some(witness), Ok(searched)) = (witness, &mut owners.searched) {
            let mut answers = Arc::unwrap_or_clone(answers);
            answers.add(&unanswered, &owners.by_path, searched);
            searched.clone_from(&answers.searched);
            lists.answers.keep(witness, Arc::new(answers));
        }
        owners
    }

    /// The owner of a file.
    ///
    /// # Errors
    /// *Not here* where no package owns it, else why the lists could not be read.
    pub(crate) fn of(&self, path: &str) -> Result<OwnerPackage, Absent> {
        match self.by_path.get(path) {
            Some(owner) => Ok(owner.clone()),
            None => {
                let searched = self.searched.clone()?;
                let looked_at =
                    if is_of_no_package(path) { UNOWNED_FOLDERS.join(", ") } else { searched };
                Err(Absent::NotHere { looked_at })
            }
        }
    }

    fn search(&mut self, run: &Run<'_>) -> Result<String, Absent> {
        let is_merged = run.host.link("/bin").is_ok();
        let mut wanted = Wanted::new(run.lists.key, run.paths, is_merged);
        let mut places = Vec::new();
        let mut missing = None;
        for (place, ask) in MANAGERS {
            if wanted.is_empty() {
                break;
            }
            match ask(self, run, &mut wanted) {
                Ok(()) => places.push(*place),
                Err(Absent::NotHere { .. }) => {}
                // Without this manager's answer nothing is known to have no owner.
                Err(reason) => missing = Some(reason),
            }
        }
        if let Some(reason) = missing {
            return Err(reason);
        }
        if places.is_empty() && !wanted.is_empty() {
            return Err(Absent::NotHere { looked_at: dpkg::INFO_PATH.to_owned() });
        }
        Ok(places.join(", "))
    }

    fn ask_dpkg(&mut self, run: &Run<'_>, wanted: &mut Wanted) -> Result<(), Absent> {
        let mut known = run.lists.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut owned: Vec<(String, String)> = Vec::new();
        for list in likely_first(run.host.names(dpkg::INFO_PATH)?, run.paths) {
            if wanted.is_empty() {
                break;
            }
            let found = match known.lists.get(&list) {
                Some(lines) => {
                    wanted.take_known(known.lines.get(lines.clone()).unwrap_or_default())
                }
                None => take_from(run.host, &list, wanted, &mut known),
            };
            let package = list.strip_suffix(".list").unwrap_or(&list);
            owned.extend(found.into_iter().map(|it| (it, package.to_owned())));
        }
        self.add_versions(run.host, owned, &mut known)
    }

    fn ask_rpm(&mut self, run: &Run<'_>, wanted: &mut Wanted) -> Result<(), Absent> {
        let owned = rpm::Database::find(run.host)?.owners(run.host, &wanted.spellings)?;
        self.take(owned, wanted);
        Ok(())
    }

    fn ask_apk(&mut self, run: &Run<'_>, wanted: &mut Wanted) -> Result<(), Absent> {
        let database = run.host.bytes(apk::INSTALLED_PATH, apk::INSTALLED_BYTES_MAX)?;
        self.take(apk::owners(&database, &wanted.spellings), wanted);
        Ok(())
    }

    fn ask_pacman(&mut self, run: &Run<'_>, wanted: &mut Wanted) -> Result<(), Absent> {
        for folder in run.host.names(pacman::LOCAL_PATH)? {
            if wanted.is_empty() {
                break;
            }
            let path = format!("{}/{folder}/files", pacman::LOCAL_PATH);
            let Ok(bytes) = run.host.bytes(&path, LIST_BYTES_MAX) else { continue };
            let owned = pacman::owners(&folder, &bytes, &wanted.spellings);
            self.take(owned, wanted);
        }
        Ok(())
    }

    fn take(&mut self, owned: Vec<(String, OwnerPackage)>, wanted: &mut Wanted) {
        for (path, _) in &owned {
            wanted.remove(path);
        }
        self.by_path.extend(owned);
    }

    fn add_versions(
        &mut self,
        host: &dyn Host,
        owned: Vec<(String, String)>,
        known: &mut Known,
    ) -> Result<(), Absent> {
        if owned.is_empty() {
            return Ok(());
        }
        let versions = match &mut known.versions {
            Some(known) => known,
            unread => unread.insert(versions(host)?),
        };
        for (path, list) in owned {
            // Packages that several architectures may share carry theirs in the list's name.
            let (name, architecture) =
                list.split_once(':').map_or((&*list, None), |(name, it)| (name, Some(it)));
            let found = versions
                .get(name)
                .into_iter()
                .flatten()
                .find(|(it, _)| architecture.is_none() || it.as_deref() == architecture);
            if let Some((_, version)) = found {
                let owner = OwnerPackage {
                    manager: PackageManager::Dpkg,
                    name: name.to_owned(),
                    version: version.clone(),
                };
                self.by_path.insert(path, owner);
            }
        }
        Ok(())
    }
}

/// What every change of a package changes: a folder that gets or loses a name, or a file.
fn records() -> Vec<String> {
    let of_rpm = rpm::places().flat_map(|it| [format!("{it}-wal"), it]);
    [dpkg::INFO_PATH, dpkg::STATUS_PATH, apk::INSTALLED_PATH, pacman::LOCAL_PATH]
        .map(str::to_owned)
        .into_iter()
        .chain(of_rpm)
        .collect()
}

/// Whether a file is where packages put none.
fn is_of_no_package(path: &str) -> bool {
    UNOWNED_FOLDERS.iter().any(|folder| path.starts_with(folder))
}

/// The versions of what is installed.
fn versions(host: &dyn Host) -> Result<Versions, Absent> {
    let status = host.bytes(dpkg::STATUS_PATH, dpkg::STATUS_BYTES_MAX)?;
    let mut versions = Versions::new();
    for package in dpkg::parse_versions(&status) {
        versions.entry(package.name).or_default().push((package.architecture, package.version));
    }
    Ok(versions)
}

/// The wanted paths that stand in a list of files, which is read in pieces and known afterwards.
fn take_from(host: &dyn Host, list: &str, wanted: &mut Wanted, known: &mut Known) -> Vec<String> {
    let path = format!("{}/{list}", dpkg::INFO_PATH);
    let mut found = Vec::new();
    let start = known.lines.len();
    let mut offset = 0;
    while offset < LIST_BYTES_MAX {
        let Ok(piece) = host.part(&path, offset, PIECE_BYTES as u64) else { break };
        if piece.len() < PIECE_BYTES {
            found.extend(wanted.take(&piece, &mut known.lines));
            break;
        }
        // The rest of a line is read again with the next piece; no path is as long as a piece.
        let whole = memrchr(b'\n', &piece).map_or(piece.len(), |it| it + 1);
        let lines = piece.get(..whole).unwrap_or_default();
        found.extend(wanted.take(lines, &mut known.lines));
        offset += whole as u64;
    }
    if known.lines.len() < LINES_KEPT_MAX {
        known.lists.insert(list.to_owned(), start..known.lines.len());
    } else {
        known.lines.truncate(start);
    }
    found
}

/// The paths that are searched for, in each spelling that a list may have.
struct Wanted {
    spellings: HashMap<Vec<u8>, String>,
    /// What the numbers of lines depend on.
    key: u64,
    /// The spellings by their numbers.
    numbers: HashMap<u64, Vec<u8>>,
    /// Which groups of numbers occur, so that most lines are passed over with one look.
    marks: Vec<bool>,
}

impl Wanted {
    fn new(key: u64, paths: &HashSet<String>, is_merged: bool) -> Self {
        let mut spellings = HashMap::new();
        let paths = || paths.iter().filter(|it| !is_of_no_package(it));
        for path in paths() {
            spellings.insert(path.clone().into_bytes(), path.clone());
        }
        for path in paths().filter(|_| is_merged) {
            if let Some(other) = other_spelling(path) {
                spellings.entry(other.into_bytes()).or_insert_with(|| path.clone());
            }
        }
        let numbers: HashMap<u64, Vec<u8>> =
            spellings.keys().map(|it| (number(key, it), it.clone())).collect();
        let mut marks = vec![false; MARKS];
        for number in numbers.keys() {
            if let Some(occurs) = marks.get_mut(mark(*number)) {
                *occurs = true;
            }
        }
        Self { spellings, key, numbers, marks }
    }

    fn is_empty(&self) -> bool {
        self.spellings.is_empty()
    }

    /// Takes a path off, in both spellings.
    fn remove(&mut self, path: &str) {
        self.spellings.remove(path.as_bytes());
        if let Some(other) = other_spelling(path) {
            // Where it is wanted for itself, it is a path of its own.
            if self.spellings.get(other.as_bytes()).is_some_and(|it| it == path) {
                self.spellings.remove(other.as_bytes());
            }
        }
    }

    /// The wanted paths that stand in a list, which are not wanted any longer; the numbers of all its lines are added
    /// to `lines`.
    fn take(&mut self, list: &[u8], lines: &mut Vec<u64>) -> Vec<String> {
        let start = lines.len();
        let mut line_start = 0;
        let ends = memchr_iter(b'\n', list).chain([list.len()]);
        lines.extend(ends.filter_map(|end| {
            let line = list.get(std::mem::replace(&mut line_start, end + 1)..end)?;
            Some(number(self.key, line))
        }));
        self.take_known(lines.get(start..).unwrap_or_default())
    }

    /// The same of the numbers of lines.
    fn take_known(&mut self, lines: &[u64]) -> Vec<String> {
        let found: HashSet<String> = lines
            .iter()
            .filter(|it| self.marks.get(mark(**it)).copied().unwrap_or(false))
            .filter_map(|it| self.spellings.get(self.numbers.get(it)?).cloned())
            .collect();
        for path in &found {
            self.remove(path);
        }
        found.into_iter().collect()
    }
}

/// The group of a number, below [`MARKS`].
fn mark(number: u64) -> usize {
    usize::try_from(number >> MARK_SHIFT).unwrap_or_default()
}

/// `/bin/x` for `/usr/bin/x` and the other way round.
fn other_spelling(path: &str) -> Option<String> {
    let is_merged = |it: &str| MERGED_FOLDERS.iter().any(|folder| it.starts_with(folder));
    match path.strip_prefix("/usr") {
        Some(rest) => is_merged(rest).then(|| rest.to_owned()),
        None => is_merged(path).then(|| format!("/usr{path}")),
    }
}

/// The lists of files, those first whose package shares letters with a wanted path.
fn likely_first(names: Vec<String>, paths: &HashSet<String>) -> Vec<String> {
    let beginnings: HashSet<&str> = paths
        .iter()
        .flat_map(|path| path.split(['/', '-', '.', '_']))
        .filter_map(|word| word.get(..SHARED_LETTERS_MIN))
        .filter(|it| !matches!(*it, "usr" | "bin" | "sbi" | "lib" | "lib6"))
        .collect();
    let mut lists: Vec<String> = names.into_iter().filter(|it| it.ends_with(".list")).collect();
    lists.sort_by_cached_key(|list| {
        let mut words = list.trim_end_matches(".list").split(['-', '.', '+', ':']);
        !words.any(|word| word.get(..SHARED_LETTERS_MIN).is_some_and(|it| beginnings.contains(it)))
    });
    lists
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::testing::MapHost;

    const STATUS: &str = "Package: openssh-server\nStatus: install ok installed\n\
        Version: 1:9.2p1-2\nArchitecture: amd64\n\n\
        Package: libc6\nStatus: install ok installed\nVersion: 2.36\nArchitecture: i386\n\n\
        Package: libc6\nStatus: install ok installed\nVersion: 2.37\nArchitecture: amd64\n\n\
        Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n";

    fn machine() -> MapHost {
        MapHost::new()
            .file(dpkg::STATUS_PATH, STATUS)
            .file("/var/lib/dpkg/info/openssh-server.list", "/.\n/usr\n/usr/sbin/sshd\n/bin/kept\n")
            .file("/var/lib/dpkg/info/openssh-server.md5sums", "/usr/bin/other\n")
            .file("/var/lib/dpkg/info/libc6:amd64.list", "/lib64/ld.so\n")
            .file("/var/lib/dpkg/info/gone.list", "/usr/bin/gone\n")
    }

    fn check(host: &MapHost, path: &str) -> Result<(String, String), Absent> {
        let owners = Owners::find(
            host,
            Timestamp::UNIX_EPOCH,
            &FileLists::default(),
            &HashSet::from([path.to_owned()]),
        );
        owners.of(path).map(|it| (it.name, it.version))
    }

    #[test]
    fn a_file_has_the_package_that_lists_it() {
        let expected = ("openssh-server".to_owned(), "1:9.2p1-2".to_owned());
        assert_eq!(check(&machine(), "/usr/sbin/sshd"), Ok(expected));
    }

    #[test]
    fn the_architecture_in_a_lists_name_chooses_the_version() {
        let host = machine().link("/bin", "usr/bin");
        let expected = ("libc6".to_owned(), "2.37".to_owned());
        assert_eq!(check(&host, "/usr/lib64/ld.so"), Ok(expected));
    }

    #[test]
    fn merged_folders_are_one_only_where_the_machine_merged_them() {
        assert!(check(&machine(), "/usr/bin/kept").is_err());
        assert!(check(&machine().link("/bin", "usr/bin"), "/usr/bin/kept").is_ok());
    }

    #[test]
    fn both_spellings_of_a_file_may_be_asked_for() {
        let host = machine().link("/bin", "usr/bin");
        let paths = ["/bin/kept", "/usr/bin/kept", "/usr/sbin/sshd"].map(str::to_owned);
        let owners = Owners::find(
            &host,
            Timestamp::UNIX_EPOCH,
            &FileLists::default(),
            &HashSet::from(paths),
        );
        assert!(owners.of("/bin/kept").is_ok() && owners.of("/usr/sbin/sshd").is_ok());
        assert!(matches!(owners.of("/usr/bin/kept"), Err(Absent::NotHere { .. })));
    }

    #[test]
    fn an_unowned_file_is_not_here() {
        let expected = Err(Absent::NotHere { looked_at: dpkg::INFO_PATH.to_owned() });
        assert_eq!(check(&machine(), "/usr/local/bin/own"), expected);
        assert_eq!(check(&machine(), "/usr/bin/other"), expected);
        let looked_at = UNOWNED_FOLDERS.join(", ");
        assert_eq!(check(&machine(), "/home/x/bin/own"), Err(Absent::NotHere { looked_at }));
        // A package that is not installed owns nothing.
        assert_eq!(check(&machine(), "/usr/bin/gone"), expected);
    }

    #[test]
    fn a_machine_without_dpkg_says_so() {
        assert!(matches!(check(&MapHost::new(), "/usr/bin/x"), Err(Absent::NotHere { .. })));
        let forbidden = machine().forbid(dpkg::INFO_PATH);
        assert!(matches!(check(&forbidden, "/usr/bin/x"), Err(Absent::NotAllowed { .. })));
    }

    #[test]
    fn a_list_is_read_in_pieces_and_no_line_is_lost() {
        let line = |index: usize| format!("/usr/share/a/{index:0>30}\n");
        let lines: String = (0..20_000).map(line).collect();
        assert!(lines.len() > 3 * PIECE_BYTES);
        let host = machine().file("/var/lib/dpkg/info/openssh-server.list", &lines);
        let paths: HashSet<String> = lines.lines().map(str::to_owned).collect();
        let owners = Owners::find(&host, Timestamp::UNIX_EPOCH, &FileLists::default(), &paths);
        assert!(paths.iter().all(|it| owners.of(it).is_ok()));
        // One line without an end.
        let long = vec![b'x'; 3 * PIECE_BYTES];
        let host = machine().file("/var/lib/dpkg/info/openssh-server.list", &long);
        assert!(check(&host, "/usr/sbin/sshd").is_err());
    }

    #[test]
    fn rpm_apk_and_pacman_are_asked_too() {
        // Real: see sources/rpm/mod.rs.
        let packed = include_bytes!("rpm/samples/rpmdb.sqlite.zst");
        let database = zstd::decode_all(&packed[..]).unwrap();
        let owner = |host: &MapHost, path: &str| check(host, path).map(|(name, _)| name);
        let rpm = MapHost::new().file("/var/lib/rpm/rpmdb.sqlite", database.clone());
        assert_eq!(owner(&rpm, "/usr/bin/kt-plain"), Ok("kt-plain".to_owned()));
        let looked_at = "/var/lib/rpm".to_owned();
        assert_eq!(owner(&rpm, "/usr/bin/other"), Err(Absent::NotHere { looked_at }));
        let apk = MapHost::new()
            .file(apk::INSTALLED_PATH, "P:musl\nV:1.2.4-r2\nF:lib\nR:ld-musl-x86_64.so.1\n\n");
        assert_eq!(owner(&apk, "/lib/ld-musl-x86_64.so.1"), Ok("musl".to_owned()));
        let pacman = MapHost::new()
            .file("/var/lib/pacman/local/bash-5.2.026-2/files", "%FILES%\nusr/\nusr/bin/bash\n");
        let expected = Ok(("bash".to_owned(), "5.2.026-2".to_owned()));
        assert_eq!(check(&pacman, "/usr/bin/bash"), expected);
        // Beside dpkg, which does not know the file.
        let both = machine().file("/var/lib/rpm/rpmdb.sqlite", database);
        assert_eq!(owner(&both, "/usr/bin/kt-plain"), Ok("kt-plain".to_owned()));
        assert_eq!(owner(&both, "/usr/sbin/sshd"), Ok("openssh-server".to_owned()));
    }

    #[test]
    fn what_was_read_for_one_source_is_known_to_the_next() {
        let lists = FileLists::default();
        let find = |host: &MapHost, path: &str| {
            let owners = Owners::find(
                host,
                Timestamp::UNIX_EPOCH,
                &lists,
                &HashSet::from([path.to_owned()]),
            );
            owners.of(path).map(|it| (it.name, it.version))
        };
        // Nobody owns it, so that all lists are read.
        assert!(find(&machine(), "/usr/local/bin/own").is_err());
        let ssh = Ok(("openssh-server".to_owned(), "1:9.2p1-2".to_owned()));
        assert_eq!(find(&machine(), "/usr/sbin/sshd"), ssh);
        let changed = machine()
            .file("/var/lib/dpkg/info/openssh-server.list", "/usr/bin/new\n")
            .file("/var/lib/dpkg/info/zzz.list", "/usr/bin/later\n")
            .file(dpkg::STATUS_PATH, "")
            .link("/bin", "usr/bin");
        assert_eq!(find(&changed, "/usr/bin/kept"), ssh, "as it was when the run began");
        assert!(find(&changed, "/usr/bin/new").is_err());
        assert_eq!(lists.known.lock().unwrap().lists.len(), 4);
    }

    #[test]
    fn whom_files_belong_to_is_kept_while_the_records_are_unchanged() {
        let now = Timestamp::constant(1_800_000_000, 0);
        let service = FileLists::default();
        let find = |host: &MapHost, paths: &[&str]| {
            let paths = paths.iter().map(|it| (*it).to_owned()).collect();
            let owners = Owners::find(host, now, &service.anew(), &paths);
            let name = |path: &String| owners.of(path).map(|it| it.name);
            let mut all: Vec<_> = paths.iter().map(|it| (it.clone(), name(it))).collect();
            all.sort();
            all.into_iter().map(|it| it.1).collect::<Vec<_>>()
        };
        let ssh = || Ok("openssh-server".to_owned());
        let not_here = |it: &str| Err(Absent::NotHere { looked_at: it.to_owned() });
        let first = [ssh(), not_here(dpkg::INFO_PATH)];
        assert_eq!(find(&machine(), &["/usr/sbin/sshd", "/usr/sbin/x"]), first);
        // As long as before, which the records do not show: nothing is read again but for paths that are new.
        let list = "/.\n/usr\n/usr/sbin/nope\n/bin/kept\n";
        let same = machine().file("/var/lib/dpkg/info/openssh-server.list", list);
        assert_eq!(find(&same, &["/usr/sbin/sshd", "/usr/sbin/x"]), first);
        assert_eq!(find(&same, &["/usr/sbin/nope", "/usr/sbin/sshd"]), [ssh(), ssh()]);
        // Another package came.
        let after = same.file("/var/lib/dpkg/info/x.list", "/usr/sbin/other\n");
        let second = find(&after, &["/root/x", "/usr/sbin/sshd"]);
        assert_eq!(second, [not_here("/home/, /root/, /run/"), not_here(dpkg::INFO_PATH)]);
    }

    #[test]
    fn an_answer_that_failed_is_not_kept() {
        let now = Timestamp::constant(1_800_000_000, 0);
        let lists = FileLists::default();
        let paths = HashSet::from(["/usr/sbin/sshd".to_owned()]);
        let forbidden = machine().forbid(dpkg::INFO_PATH);
        assert!(Owners::find(&forbidden, now, &lists, &paths).of("/usr/sbin/sshd").is_err());
        assert!(Owners::find(&machine(), now, &lists, &paths).of("/usr/sbin/sshd").is_ok());
    }

    #[test]
    fn likely_packages_are_searched_first() {
        let names = ["aaa.list", "nginx-core.list", "openssh-server.list", "x.md5sums"];
        let paths = HashSet::from(["/usr/sbin/nginx".to_owned()]);
        let lists = likely_first(names.map(str::to_owned).to_vec(), &paths);
        assert_eq!(lists, ["nginx-core.list", "aaa.list", "openssh-server.list"]);
    }

    #[test]
    fn lists_of_hostile_bytes_do_no_harm() {
        let mut lines = Vec::new();
        let mut wanted = Wanted::new(7, &HashSet::from(["/usr/bin/x".to_owned()]), true);
        assert_eq!(wanted.take(b"\xff\xfe\n\0\n/usr/bin/x", &mut lines), ["/usr/bin/x"]);
        assert!(wanted.is_empty());
        assert_eq!(wanted.take(b"", &mut lines), Vec::<String>::new());
        assert_eq!(lines.len(), 4);
    }
}
