//! Updates that the lists of apt already offer. The lists are read in pieces, packed or not, and only for installed packages,
//! so that a list of 50 MB costs a few of them, and not again before a list or a package changed; nothing is fetched. Rules of apt_preferences(5) that an administrator wrote are not
//! known here: a package that is held back on purpose is told too.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::io;

use memchr::memmem::Finder;
use observation::latest::{
    Absent, Cadence, Complaint, Fact, Gap, InstalledPackage, MissingUpdate, PackageManager,
    Platform, SourceId,
};

use crate::host::{Ask, Host};
use crate::sources::context::Context;
use crate::sources::dpkg::{STATUS_BYTES_MAX, STATUS_PATH, parse_versions};
use crate::sources::packed::{self, Packing};
use crate::sources::versions::compare;
use crate::sources::witness::Witness;
use crate::sources::{Found, Source};

/// Where apt keeps its lists.
const LISTS_PATH: &str = "/var/lib/apt/lists";
/// The end of a list of packages, and what follows it where it is packed in a form that is not read.
const PACKAGES_ENDING: &str = "_Packages";
const FOREIGN_ENDINGS: &[&str] = &[".bz2", ".lzma"];
/// Bytes that are read at once.
const PIECE_BYTES: usize = 256 * 1024;
/// Largest list: about ten times the largest there is.
const LIST_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Longest entry of a list.
const STANZA_BYTES_MAX: usize = 512 * 1024;
/// The head of a release file that is read; sums follow it.
const RELEASE_BYTES: u64 = 8 * 1024;
/// How an entry begins, behind the end of the line before.
const BEGINNING: &[u8] = b"\nPackage: ";

/// Updates that are offered and not installed.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("updates.missing"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let names = context.host.names(LISTS_PATH)?;
    let kept = &context.memory.updates;
    let witness = witness(context, &names);
    if let Some((facts, gaps)) = witness.as_ref().and_then(|it| kept.answer(it)) {
        return Ok(Found { facts, gaps, complaints: Vec::new() });
    }
    let found = look(context.host, &names)?;
    // What could not be read is tried again the next time.
    if let (Some(witness), []) = (witness, found.complaints.as_slice()) {
        kept.keep(witness, (found.facts.clone(), found.gaps.clone()));
    }
    Ok(found)
}

/// The state of all that is read here. A list that comes, goes or gets another name changes the folder.
fn witness(context: &Context<'_>, names: &[String]) -> Option<Witness> {
    let lists: Vec<String> = names.iter().map(|it| format!("{LISTS_PATH}/{it}")).collect();
    let paths = [STATUS_PATH, LISTS_PATH].into_iter().chain(lists.iter().map(String::as_str));
    Witness::of(context.host, context.now, paths)
}

fn look(host: &dyn Host, names: &[String]) -> Result<Found, Absent> {
    let packages = parse_versions(&host.bytes(STATUS_PATH, STATUS_BYTES_MAX)?);
    let mut offers = Offers::new(&packages);
    let mut found = Found::default();
    for name in names {
        let (list, packing) = Packing::of(name).map_or((&**name, None), |it| (it.0, Some(it.1)));
        if let Some(list) = FOREIGN_ENDINGS.iter().find_map(|it| name.strip_suffix(it)) {
            if list.ends_with(PACKAGES_ENDING) {
                let (why, what) = ("packed_list".to_owned(), format!("{LISTS_PATH}/{name}"));
                let reason = Absent::NotLookedAt { why, what };
                found.gaps.push(Gap { field: "missing_update".to_owned(), of: None, reason });
            }
            continue;
        }
        if !list.ends_with(PACKAGES_ENDING) {
            continue;
        }
        let release = release(host, list, names);
        // Lists such as backports, whose packages only an administrator chooses.
        if release.is_by_choice {
            continue;
        }
        let path = format!("{LISTS_PATH}/{name}");
        if let Err(problem) = read_list(host, &path, packing, &release, &mut offers) {
            found.complaints.push(Complaint { place: path, problem });
        }
    }
    found.facts.extend(offers.missing().map(Fact::MissingUpdate));
    Ok(found)
}

/// What the publisher says of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Release {
    label: Option<String>,
    codename: Option<String>,
    suite: Option<String>,
    is_by_choice: bool,
}

impl Release {
    fn parse(text: &str) -> Self {
        let field = |name: &str| {
            let mut values = text.lines().filter_map(|it| it.split_once(": "));
            values.find(|(it, _)| *it == name).map(|(_, it)| it.trim().to_owned())
        };
        Self {
            label: field("Label").or_else(|| field("Origin")),
            codename: field("Codename"),
            suite: field("Suite"),
            is_by_choice: field("NotAutomatic").as_deref() == Some("yes"),
        }
    }

    fn origin(&self) -> Option<String> {
        let parts = [self.label.as_deref(), self.codename.as_deref().or(self.suite.as_deref())];
        let parts: Vec<&str> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }

    /// Whether the publisher calls it one for security; unknown where it says nothing of itself.
    fn is_security(&self) -> Option<bool> {
        let mut texts = [&self.label, &self.codename, &self.suite].into_iter().flatten().peekable();
        texts.peek()?;
        Some(texts.any(|it| it.to_ascii_lowercase().contains("security")))
    }
}

/// The release file of a list: it bears the list's name up to the part and the architecture.
fn release(host: &dyn Host, list: &str, names: &[String]) -> Release {
    let base = list.split_once("_dists_").map(|(site, rest)| {
        // `suite_main_binary-amd64_Packages`, where suites may hold further parts.
        let rest = rest.trim_end_matches(PACKAGES_ENDING);
        let rest = rest.rsplit_once('_').map_or(rest, |(rest, _)| rest);
        format!("{site}_dists_{rest}")
    });
    let mut base = base.unwrap_or_else(|| list.trim_end_matches(PACKAGES_ENDING).to_owned());
    loop {
        for ending in ["_InRelease", "_Release"] {
            let name = format!("{base}{ending}");
            if names.binary_search(&name).is_ok() {
                let head = host.part(&format!("{LISTS_PATH}/{name}"), 0, RELEASE_BYTES);
                return head
                    .map(|it| Release::parse(&String::from_utf8_lossy(&it)))
                    .unwrap_or_default();
            }
        }
        let Some((shorter, _)) = base.rsplit_once('_') else { return Release::default() };
        base = shorter.to_owned();
    }
}

/// Installed packages with the newest offer for each.
struct Offers<'a> {
    installed: HashMap<&'a [u8], Vec<Offer<'a>>>,
}

struct Offer<'a> {
    package: &'a InstalledPackage,
    newest: Option<(String, Release)>,
}

impl<'a> Offers<'a> {
    fn new(packages: &'a [InstalledPackage]) -> Self {
        let mut installed: HashMap<&[u8], Vec<Offer<'_>>> = HashMap::new();
        for package in packages {
            let offer = Offer { package, newest: None };
            installed.entry(package.name.as_bytes()).or_default().push(offer);
        }
        Self { installed }
    }

    fn take(&mut self, name: &[u8], stanza: &[u8], release: &Release) {
        let Some(offers) = self.installed.get_mut(name) else { return };
        let (Some(version), architecture) =
            (field(stanza, b"Version: "), field(stanza, b"Architecture: "))
        else {
            return;
        };
        for offer in offers {
            let installed = offer.package.architecture.as_deref();
            let is_same =
                architecture == installed || [architecture, installed].contains(&Some("all"));
            let known = offer.newest.as_ref().map_or(offer.package.version.as_str(), |(it, _)| it);
            if is_same && compare(version, known) == Ordering::Greater {
                offer.newest = Some((version.to_owned(), release.clone()));
            }
        }
    }

    fn missing(self) -> impl Iterator<Item = MissingUpdate> {
        self.installed.into_values().flatten().filter_map(|offer| {
            let (offered_version, release) = offer.newest?;
            Some(MissingUpdate {
                manager: PackageManager::Dpkg,
                name: offer.package.name.clone(),
                architecture: offer.package.architecture.clone(),
                installed_version: offer.package.version.clone(),
                offered_version,
                origin: release.origin(),
                is_security: release.is_security(),
                advisory: None,
                severity: None,
            })
        })
    }
}

fn field<'a>(stanza: &'a [u8], name: &[u8]) -> Option<&'a str> {
    let line = stanza.split(|it| *it == b'\n').find_map(|it| it.strip_prefix(name))?;
    Some(std::str::from_utf8(line).ok()?.trim()).filter(|it| !it.is_empty())
}

fn read_list(
    host: &dyn Host,
    path: &str,
    packing: Option<Packing>,
    release: &Release,
    offers: &mut Offers<'_>,
) -> Result<(), String> {
    let told = |error: io::Error| error.to_string();
    let mut unpacked =
        packing.map(|it| it.open(host, path, LIST_BYTES_MAX)).transpose().map_err(told)?;
    let finder = Finder::new(BEGINNING);
    // The first entry begins without a line before it.
    let mut rest = b"\n".to_vec();
    let mut offset = 0;
    while offset <= LIST_BYTES_MAX {
        let count = match &mut unpacked {
            Some(reader) => packed::fill(reader.as_mut(), PIECE_BYTES, &mut rest).map_err(told)?,
            None => {
                let piece = host.part(path, offset, PIECE_BYTES as u64);
                let piece = piece.map_err(|_| "it cannot be read")?;
                rest.extend_from_slice(&piece);
                piece.len()
            }
        };
        offset += count as u64;
        let is_end = count < PIECE_BYTES;
        let kept_from = take_stanzas(&finder, &rest, is_end, release, offers);
        if is_end {
            return Ok(());
        }
        rest.drain(..kept_from);
        if rest.len() > STANZA_BYTES_MAX {
            return Err("an entry is too long".to_owned());
        }
    }
    Err("it is too large".to_owned())
}

/// Takes the whole entries and says from where on one is not yet whole.
fn take_stanzas(
    finder: &Finder<'_>,
    bytes: &[u8],
    is_end: bool,
    release: &Release,
    offers: &mut Offers<'_>,
) -> usize {
    let mut starts = finder.find_iter(bytes).peekable();
    let mut kept_from = bytes.len().saturating_sub(BEGINNING.len());
    while let Some(start) = starts.next() {
        let end = match starts.peek() {
            Some(next) => *next,
            None if is_end => bytes.len(),
            None => {
                kept_from = start;
                break;
            }
        };
        let stanza = bytes.get(start + BEGINNING.len()..end).unwrap_or_default();
        let name = stanza.split(|it| *it == b'\n').next().unwrap_or_default().trim_ascii();
        if offers.installed.contains_key(name) {
            offers.take(name, stanza, release);
        }
    }
    kept_from
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::sources::Memory;
    use crate::sources::testing::{MapHost, with_context};

    const STATUS: &str = "Package: openssl\nStatus: install ok installed\nVersion: 3.0.15-1\nArchitecture: amd64\n\n\
        Package: tzdata\nStatus: install ok installed\nVersion: 2024a\nArchitecture: all\n\n\
        Package: libc6\nStatus: install ok installed\nVersion: 2.36-9\nArchitecture: i386\n\n\
        Package: gone\nStatus: deinstall ok config-files\nVersion: 1\nArchitecture: amd64\n";

    /// The head of a real file of Debian 12, shortened.
    const SECURITY: &str = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nOrigin: Debian\nLabel: Debian-Security\n\
        Suite: oldstable-security\nVersion: 12\nCodename: bookworm-security\n";

    const BASE: &str = "/var/lib/apt/lists/deb.debian.org_debian";

    fn machine() -> MapHost {
        MapHost::new().file(STATUS_PATH, STATUS).folder(LISTS_PATH)
    }

    fn stanza(name: &str, version: &str, architecture: &str) -> String {
        format!(
            "Package: {name}\nSource: x\nVersion: {version}\nInstalled-Size: 1\nArchitecture: {architecture}\n\n"
        )
    }

    fn check(host: &MapHost) -> Vec<String> {
        let found = with_context(host, observe).unwrap();
        assert_eq!(found.complaints, []);
        let mut lines: Vec<String> = found
            .facts
            .iter()
            .map(|it| {
                let Fact::MissingUpdate(it) = it else { panic!("{it:?}") };
                let origin = it.origin.as_deref().unwrap_or("?");
                format!(
                    "{} {}>{} {origin} {:?}",
                    it.name, it.installed_version, it.offered_version, it.is_security
                )
            })
            .collect();
        lines.sort();
        lines
    }

    #[test]
    fn the_newest_offer_of_all_lists_counts() {
        let list = |list: &str, text: String| (format!("{BASE}{list}"), text);
        let main = stanza("openssl", "3.0.16-1", "amd64") + &stanza("tzdata", "2024a", "all");
        let files = [
            list(
                "_dists_bookworm_InRelease",
                "Origin: Debian\nLabel: Debian\nCodename: bookworm\n".to_owned(),
            ),
            list("_dists_bookworm_main_binary-amd64_Packages", main),
            list("-security_dists_bookworm-security_InRelease", SECURITY.to_owned()),
            list(
                "-security_dists_bookworm-security_main_binary-amd64_Packages",
                stanza("openssl", "3.0.17-1", "amd64")
                    + &stanza("libc6", "2.37", "amd64")
                    + &stanza("gone", "2", "amd64"),
            ),
            list(
                "_dists_bookworm-backports_InRelease",
                "Label: Debian Backports\nNotAutomatic: yes\n".to_owned(),
            ),
            list(
                "_dists_bookworm-backports_main_binary-amd64_Packages",
                stanza("tzdata", "2025a", "all"),
            ),
        ];
        let host = files.iter().fold(machine(), |host, (path, text)| host.file(path, text));
        assert_eq!(
            check(&host),
            ["openssl 3.0.15-1>3.0.17-1 Debian-Security bookworm-security Some(true)"]
        );
    }

    #[test]
    fn a_list_without_a_release_has_no_known_origin() {
        let host = machine()
            .file("/var/lib/apt/lists/_srv_repo_._Packages", stanza("tzdata", "2025a", "all"));
        assert_eq!(check(&host), ["tzdata 2024a>2025a ? None"]);
    }

    #[test]
    fn lists_are_read_again_when_one_of_them_or_a_package_changed() {
        let memory = Memory::default();
        let offers = |host: &MapHost| {
            with_context(host, |context| {
                let now = Timestamp::constant(1_800_000_000, 0);
                let Context { host, names, options, .. } = *context;
                let memory = &memory.anew();
                let found = observe(&Context { host, now, names, options, memory }).unwrap();
                (found.facts.len(), found.complaints.len())
            })
        };
        let path = "/var/lib/apt/lists/x_Packages";
        let host = |version| machine().file(path, stanza("openssl", version, "amd64"));
        assert_eq!(offers(&host("4")), (1, 0));
        // As long as before, which nothing shows: it is not read.
        assert_eq!(offers(&host("0")), (1, 0));
        assert_eq!(offers(&host("0.1")), (0, 0));
        assert_eq!(offers(&host("10")), (1, 0));
        assert_eq!(offers(&host("10").file(STATUS_PATH, "")), (0, 0));
        assert_eq!(offers(&host("10").file("/var/lib/apt/lists/y_Packages", "")), (1, 0));
        // What could not be read is not kept.
        let broken = host("10").file("/var/lib/apt/lists/z_Packages.lz4", "no list");
        assert_eq!((offers(&broken), offers(&broken)), ((1, 1), (1, 1)));
    }

    #[test]
    fn an_entry_across_two_pieces_is_one() {
        let piece = PIECE_BYTES;
        for shift in 0..90 {
            let filler = "x".repeat(piece - 120 + shift);
            let text = format!("Package: other\nDescription: {filler}\n\n")
                + &stanza("openssl", "4", "amd64")
                + &stanza("tzdata", "2026", "all");
            let host = machine().file("/var/lib/apt/lists/x_Packages", text);
            assert_eq!(check(&host).len(), 2, "{shift}");
        }
    }

    #[test]
    fn a_packed_list_is_read_like_another() {
        // Longer than three pieces, so that entries stand across their borders.
        let other = format!("Package: other\nDescription: {}\n\n", "x".repeat(1000));
        let text = other.repeat(800) + &stanza("openssl", "4", "amd64");
        assert!(text.len() > 3 * PIECE_BYTES);
        for (ending, bytes) in packed::tests::packed(text.as_bytes()) {
            let list = format!("{BASE}_dists_bookworm_main_binary-amd64_Packages{ending}");
            let host = machine()
                .file(
                    &format!("{BASE}_dists_bookworm_InRelease"),
                    "Label: Debian\nCodename: bookworm\n",
                )
                .file(&list, &bytes);
            assert_eq!(check(&host), ["openssl 3.0.15-1>4 Debian bookworm Some(false)"]);
            let cut = bytes.get(..bytes.len() - 20).unwrap();
            let found = with_context(&machine().file(&list, cut), observe).unwrap();
            assert_eq!(found.complaints.len(), 1, "{ending}");
        }
    }

    #[test]
    fn a_list_in_another_form_is_not_looked_at_and_said() {
        let host = machine()
            .file("/var/lib/apt/lists/x_Packages.bz2", "")
            .file("/var/lib/apt/lists/x_Sources.bz2", "");
        let found = with_context(&host, observe).unwrap();
        assert_eq!((found.facts.len(), found.gaps.len()), (0, 1));
    }

    #[test]
    fn an_endless_entry_is_told() {
        let text = format!("Package: openssl\nVersion: 1\n{}", "x".repeat(1024 * 1024));
        let host = machine().file("/var/lib/apt/lists/x_Packages", text);
        let found = with_context(&host, observe).unwrap();
        assert_eq!(found.complaints[0].problem, "an entry is too long");
    }

    #[test]
    fn a_machine_without_apt_is_not_here() {
        let reason = with_context(&MapHost::new(), observe).unwrap_err();
        assert_eq!(reason, Absent::NotHere { looked_at: LISTS_PATH.to_owned() });
    }

    proptest! {
        #[test]
        fn hostile_lists_never_panic(text in "((Package|Version|Architecture): ?(openssl|\\PC{0,6})\n{0,2}){0,12}", bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let host = machine().file("/var/lib/apt/lists/x_Packages", [text.as_bytes(), &bytes].concat());
            let _ = with_context(&host, observe);
        }
    }
}
