//! Updates that notices of RPM repositories name and that are not installed: the file `updateinfo.xml` among the lists that
//! dnf, yum or zypper last fetched. Nothing is fetched. What a repository offers without a notice is not known here.

mod document;

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Read;

use memchr::memmem::Finder;
use observation::latest::{
    Absent, Cadence, Complaint, Fact, Gap, InstalledPackage, MissingUpdate, PackageManager,
    Platform, SourceId,
};

use crate::host::{Ask, Host};
use crate::sources::context::Context;
use crate::sources::packed::{Packing, fill};
use crate::sources::rpm::{Database, compare};
use crate::sources::{Found, Source, ini};
use document::{BEGINNING, Notice};

/// Folders of folders `NAME-HASH`, one for each repository (dnf 4 and 5).
const DNF: &[&str] = &["/var/cache/dnf", "/var/cache/libdnf5"];
/// Folders of folders, one for each repository, `ARCHITECTURE/RELEASE/NAME` (yum).
const YUM: &str = "/var/cache/yum";
/// Folders `NAME` (zypper).
const ZYPP: &str = "/var/cache/zypp/raw";
/// Where repositories are configured.
const REPOSITORIES: &[&str] = &["/etc/yum.repos.d", "/etc/zypp/repos.d"];
/// Which streams of modules are enabled, `NAME.module`.
const MODULES: &str = "/etc/dnf/modules.d";
/// Digits of the hash behind the name of a repository.
const HASH_DIGITS: usize = 16;
/// How the name of the file ends, before the ending that says how it is packed.
const NOTICES_ENDING: &str = "updateinfo.xml";
/// Largest unpacked file: several times the largest there is.
const BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Bytes that are read at once.
const PIECE_BYTES: usize = 256 * 1024;
/// Longest notice.
const NOTICE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Updates that are noticed and not installed.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("updates.notices"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let host = context.host;
    let files = files(host);
    if files.is_empty() {
        let looked_at = [DNF, &[YUM, ZYPP]].concat().join(", ");
        return Err(Absent::NotHere { looked_at });
    }
    let (packages, complaints) = Database::find(host)?.packages(host)?;
    let mut offers = Offers::new(&packages, streams(host));
    let mut found = Found { complaints, ..Found::default() };
    for (repository, file) in files {
        let Some((_, packing)) = Packing::of(&file.path) else {
            let (why, what) = ("packed_list".to_owned(), file.path);
            let reason = Absent::NotLookedAt { why, what };
            found.gaps.push(Gap { field: "missing_update".to_owned(), of: None, reason });
            continue;
        };
        let read = packing
            .open(host, &file.path, BYTES_MAX)
            .map_err(|it| it.to_string())
            .and_then(|mut it| each(it.as_mut(), &mut |notice| offers.take(&notice, &repository)));
        if let Err(problem) = read {
            found.complaints.push(Complaint { place: file.path, problem });
        }
    }
    found.facts.extend(offers.missing().map(Fact::MissingUpdate));
    Ok(found)
}

/// A file of notices.
struct NoticeFile {
    path: String,
    modified_seconds: i64,
}

/// The newest file of each repository that is not turned off.
fn files(host: &dyn Host) -> BTreeMap<String, NoticeFile> {
    let names = |folder: &str| host.names(folder).unwrap_or_default();
    let mut folders = Vec::new();
    for cache in DNF {
        folders.extend(names(cache).iter().filter_map(|name| {
            let (repository, hash) = name.rsplit_once('-')?;
            let is_hash =
                hash.len() == HASH_DIGITS && hash.bytes().all(|it| it.is_ascii_hexdigit());
            is_hash.then(|| (repository.to_owned(), format!("{cache}/{name}/repodata")))
        }));
    }
    folders.extend(names(ZYPP).into_iter().map(|it| (it.clone(), format!("{ZYPP}/{it}/repodata"))));
    for architecture in names(YUM) {
        for release in names(&format!("{YUM}/{architecture}")) {
            let folder = format!("{YUM}/{architecture}/{release}");
            folders.extend(
                names(&folder).into_iter().map(|it| (it.clone(), format!("{folder}/{it}"))),
            );
        }
    }
    let off = turned_off(host);
    let mut files: BTreeMap<String, NoticeFile> = BTreeMap::new();
    for (repository, folder) in folders.into_iter().filter(|it| !off.contains(&it.0)) {
        for name in names(&folder) {
            let bare = name.rsplit_once('.').map_or("", |it| it.0);
            let path = format!("{folder}/{name}");
            let Some(status) = host.status(&path).ok().filter(|_| bare.ends_with(NOTICES_ENDING))
            else {
                continue;
            };
            let file = NoticeFile { path, modified_seconds: status.modified_seconds };
            let known = files.get(&repository);
            if known.is_none_or(|it| it.modified_seconds < file.modified_seconds) {
                files.insert(repository.clone(), file);
            }
        }
    }
    files
}

/// The repositories that are configured and not enabled; their lists stay where they are.
fn turned_off(host: &dyn Host) -> HashSet<String> {
    let mut off = HashSet::new();
    for folder in REPOSITORIES {
        let names = host.names(folder).unwrap_or_default();
        for name in names.iter().filter(|it| it.ends_with(".repo")) {
            let Ok(text) = host.text(&format!("{folder}/{name}")) else { continue };
            let lines = ini::lines(&text).filter(|it| it.key == "enabled");
            let lines = lines.filter(|it| matches!(it.value, "0" | "no" | "false" | "off"));
            off.extend(lines.map(|it| it.section.to_owned()));
        }
    }
    off
}

/// Modules with their enabled streams (dnf.modularity(7)).
fn streams(host: &dyn Host) -> HashMap<String, String> {
    let names = host.names(MODULES).unwrap_or_default();
    let texts = names.iter().filter_map(|it| host.text(&format!("{MODULES}/{it}")).ok());
    let mut streams = HashMap::new();
    for text in texts {
        let sections: HashSet<&str> = ini::lines(&text).map(|it| it.section).collect();
        for section in sections {
            let value = |key: &str| ini::last(&text, section, key);
            if let (Some("enabled"), Some(stream)) = (value("state"), value("stream")) {
                streams.insert(section.to_owned(), stream.to_owned());
            }
        }
    }
    streams
}

/// Gives every notice of a document to `take`.
fn each(reader: &mut dyn Read, take: &mut dyn FnMut(Notice)) -> Result<(), String> {
    let finder = Finder::new(BEGINNING);
    let mut rest: Vec<u8> = Vec::new();
    loop {
        let count = fill(reader, PIECE_BYTES, &mut rest).map_err(|it| it.to_string())?;
        let is_end = count < PIECE_BYTES;
        let mut starts = finder.find_iter(&rest).peekable();
        let mut kept_from = rest.len().saturating_sub(BEGINNING.len());
        while let Some(start) = starts.next() {
            let end = match starts.peek() {
                Some(next) => *next,
                None if is_end => rest.len(),
                None => {
                    kept_from = start;
                    break;
                }
            };
            let text = rest.get(start..end).map(String::from_utf8_lossy);
            if let Some(notice) = text.and_then(|it| Notice::parse(&it)) {
                take(notice);
            }
        }
        if is_end {
            return Ok(());
        }
        rest.drain(..kept_from);
        if rest.len() > NOTICE_BYTES_MAX {
            return Err("a notice is too long".to_owned());
        }
    }
}

/// Installed packages by name and architecture, the newest of each, with what is offered for them.
struct Offers<'a> {
    installed: HashMap<&'a str, Vec<Offer<'a>>>,
    streams: HashMap<String, String>,
}

struct Offer<'a> {
    architecture: Option<&'a str>,
    version: &'a str,
    newest: Option<String>,
    origin: String,
    /// The newest notice about security, else the newest of all.
    notice: Option<Told>,
}

struct Told {
    version: String,
    id: String,
    severity: Option<String>,
    is_security: bool,
}

impl<'a> Offers<'a> {
    fn new(packages: &'a [InstalledPackage], streams: HashMap<String, String>) -> Self {
        let mut installed: HashMap<&str, Vec<Offer<'_>>> = HashMap::new();
        for package in packages {
            let (architecture, version) = (package.architecture.as_deref(), &*package.version);
            let offers = installed.entry(&package.name).or_default();
            // Of kernels several versions stay installed.
            match offers.iter_mut().find(|it| it.architecture == architecture) {
                Some(known) if compare(version, known.version) == Ordering::Greater => {
                    known.version = version;
                }
                Some(_) => {}
                None => {
                    let origin = String::new();
                    offers.push(Offer {
                        architecture,
                        version,
                        newest: None,
                        origin,
                        notice: None,
                    });
                }
            }
        }
        Self { installed, streams }
    }

    fn take(&mut self, notice: &Notice, repository: &str) {
        for package in &notice.packages {
            let is_for_others = package
                .module
                .as_ref()
                .is_some_and(|(name, stream)| self.streams.get(name) != Some(stream));
            let offers = self.installed.get_mut(&*package.name).filter(|_| !is_for_others);
            let architecture = Some(&*package.architecture);
            let offer =
                offers.and_then(|it| it.iter_mut().find(|it| it.architecture == architecture));
            if let Some(offer) = offer {
                offer.take(notice, &package.version, repository);
            }
        }
    }

    fn missing(self) -> impl Iterator<Item = MissingUpdate> {
        let all = self.installed.into_iter();
        let all = all.flat_map(|(name, offers)| offers.into_iter().map(move |it| (name, it)));
        all.filter_map(|(name, offer)| {
            let (offered_version, notice) = (offer.newest?, offer.notice?);
            Some(MissingUpdate {
                manager: PackageManager::Rpm,
                name: name.to_owned(),
                architecture: offer.architecture.map(str::to_owned),
                installed_version: offer.version.to_owned(),
                offered_version,
                origin: Some(offer.origin),
                is_security: Some(notice.is_security),
                advisory: Some(notice.id),
                severity: notice.severity,
            })
        })
    }
}

impl Offer<'_> {
    fn take(&mut self, notice: &Notice, version: &str, repository: &str) {
        let is_newer = |known: &str| compare(version, known) == Ordering::Greater;
        if !is_newer(self.version) {
            return;
        }
        if self.newest.as_deref().is_none_or(is_newer) {
            self.newest = Some(version.to_owned());
            repository.clone_into(&mut self.origin);
        }
        let is_security = notice.kind == "security";
        let is_better = self.notice.as_ref().is_none_or(|known| {
            if is_security == known.is_security { is_newer(&known.version) } else { is_security }
        });
        if is_better {
            let (id, severity) = (notice.id.clone(), notice.severity.clone());
            self.notice = Some(Told { version: version.to_owned(), id, severity, is_security });
        }
    }
}

#[cfg(test)]
mod tests;
