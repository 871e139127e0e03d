//! dpkg's database as files: what is installed, and which package owns a file (dpkg(1)).

use memchr::memchr;
use observation::latest::{Complaint, InstalledPackage, PackageManager};
use observation::limits::{COMPLAINTS_PER_SECTION_MAX, FIELD_BYTES_MAX};

/// Where the state of all packages stands.
pub(crate) const STATUS_PATH: &str = "/var/lib/dpkg/status";
/// Where the lists of the packages' files stand.
pub(crate) const INFO_PATH: &str = "/var/lib/dpkg/info";
/// Largest status file that is read: about fifty times that of a desktop.
pub(crate) const STATUS_BYTES_MAX: u64 = 128 * 1024 * 1024;
/// The unit of Installed-Size.
const SIZE_UNIT_BYTES: u64 = 1024;

/// The installed packages, and what could not be understood.
///
/// Installed is what `dpkg-query` calls `db:Status-Status` installed: neither removed packages whose
/// configuration stayed nor half-configured ones.
#[must_use]
pub(crate) fn parse_status(bytes: &[u8]) -> (Vec<InstalledPackage>, Vec<Complaint>) {
    let reader = read(bytes, FIELDS);
    (reader.packages, reader.complaints)
}

/// The installed packages, of which nothing but name, version and architecture is told.
#[must_use]
pub(crate) fn parse_versions(bytes: &[u8]) -> Vec<InstalledPackage> {
    read(bytes, FIELDS_OF_VERSIONS).packages
}

fn read(bytes: &[u8], kept: &'static [&'static str]) -> Reader {
    let mut reader = Reader { kept, ..Reader::default() };
    let (mut rest, mut number) = (bytes, 0);
    loop {
        number += 1;
        let Some((line, behind)) = memchr(b'\n', rest).and_then(|it| rest.split_at_checked(it))
        else {
            reader.line(number, rest);
            break;
        };
        reader.line(number, line);
        rest = behind.get(1..).unwrap_or_default();
    }
    reader.end_stanza();
    reader
}

#[derive(Default)]
struct Reader {
    packages: Vec<InstalledPackage>,
    complaints: Vec<Complaint>,
    /// The names of the fields that are kept.
    kept: &'static [&'static str],
    fields: Fields,
    started_at: usize,
}

/// The kept fields of a stanza: about ten, so that looking through them is the shortest way.
type Fields = Vec<(&'static str, String)>;

/// The fields that tell what is installed in which version.
const FIELDS_OF_VERSIONS: &[&str] = &["Package", "Status", "Version", "Architecture"];
/// The fields that are kept; all others are passed over unread.
const FIELDS: &[&str] = &[
    "Package",
    "Status",
    "Version",
    "Architecture",
    "Source",
    "Maintainer",
    "Description",
    "Section",
    "Homepage",
    "Installed-Size",
];

impl Reader {
    fn line(&mut self, number: usize, line: &[u8]) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        // Continuation lines: long descriptions and configuration files are not kept.
        let is_continued = matches!(line.first(), Some(b' ' | b'\t'));
        if (is_continued || line.is_empty()) && line.iter().all(|it| matches!(it, b' ' | b'\t')) {
            self.end_stanza();
            return;
        }
        if self.started_at == 0 {
            self.started_at = number;
        }
        if is_continued {
            return;
        }
        let Some(colon) = memchr(b':', line) else {
            self.complain(number, "a line without a field name");
            return;
        };
        let (name, value) = line.split_at(colon);
        let Some(field) =
            self.kept.iter().copied().find(|it| it.as_bytes().eq_ignore_ascii_case(name))
        else {
            return;
        };
        if self.fields.iter().any(|(it, _)| *it == field) {
            self.complain(number, &format!("the field {field} stands twice"));
            return;
        }
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        let kept = value.get(..FIELD_BYTES_MAX).unwrap_or(value);
        if kept.len() < value.len() {
            self.complain(
                number,
                &format!("the field {field} is cut after {FIELD_BYTES_MAX} bytes"),
            );
        }
        self.fields.push((field, String::from_utf8_lossy(kept).into_owned()));
    }

    fn end_stanza(&mut self) {
        let fields = std::mem::take(&mut self.fields);
        let started_at = std::mem::take(&mut self.started_at);
        if started_at == 0 {
            return;
        }
        match package(fields) {
            Ok(found) => self.packages.extend(found),
            Err(problem) => self.complain(started_at, problem),
        }
    }

    fn complain(&mut self, line: usize, problem: &str) {
        if self.complaints.len() < COMPLAINTS_PER_SECTION_MAX {
            let place = format!("{STATUS_PATH} line {line}");
            self.complaints.push(Complaint { place, problem: problem.to_owned() });
        }
    }
}

/// The package of a stanza; none where it is not installed.
fn package(mut fields: Fields) -> Result<Option<InstalledPackage>, &'static str> {
    let mut take = |name| {
        let (_, value) = fields.iter_mut().find(|(it, _)| *it == name)?;
        Some(std::mem::take(value)).filter(|it| !it.is_empty())
    };
    let name = take("Package").ok_or("a stanza without a package")?;
    let status = take("Status").ok_or("a package without a state")?;
    if status.split_ascii_whitespace().nth(2) != Some("installed") {
        return Ok(None);
    }
    let version = take("Version").ok_or("an installed package without a version")?;
    let (source_name, source_version) = take("Source").map(|it| source(&it)).unwrap_or_default();
    Ok(Some(InstalledPackage {
        manager: PackageManager::Dpkg,
        source_name: source_name.filter(|it| *it != name),
        source_version: source_version.filter(|it| *it != version),
        name,
        version,
        architecture: take("Architecture"),
        publisher: take("Maintainer"),
        summary: take("Description"),
        category: take("Section"),
        home_page: take("Homepage"),
        size_bytes: take("Installed-Size")
            .and_then(|it| it.parse::<u64>().ok())
            .and_then(|it| it.checked_mul(SIZE_UNIT_BYTES)),
        // dpkg does not keep a time of installation. The time of its list files is that of the last
        // change, and to ask for it costs one look per package.
        installed_at: None,
        place: None,
        owner: None,
        // The licences stand in one file of prose per package.
        licence: None,
    }))
}

/// `name (version)`; the version only where it differs from the package's.
fn source(text: &str) -> (Option<String>, Option<String>) {
    let (name, rest) = text.split_once('(').unwrap_or((text, ""));
    let name = name.trim();
    let version = rest.trim_end().trim_end_matches(')').trim();
    let some = |it: &str| (!it.is_empty()).then(|| it.to_owned());
    (some(name), some(version))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: impl AsRef<[u8]>) -> (Vec<(String, String)>, Vec<Complaint>) {
        let (packages, complaints) = parse_status(text.as_ref());
        (packages.into_iter().map(|it| (it.name, it.version)).collect(), complaints)
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(name, version)| ((*name).to_owned(), (*version).to_owned())).collect()
    }

    #[test]
    fn an_installed_package_is_read_in_dpkgs_own_words() {
        let text = "Package: zstd\nStatus: install ok installed\nPriority: optional\n\
            Section: utils\nInstalled-Size: 2102\nMaintainer: RPM packaging team\n\
            Architecture: amd64\nSource: libzstd (1.5.4)\nVersion: 1.5.4+dfsg2-5\n\
            Conffiles:\n /etc/x 0123\nDescription: fast tool\n Long text.\n .\n More.\n\
            Homepage: https://example.org/\n";
        let (packages, complaints) = parse_status(text.as_bytes());
        assert_eq!(complaints, []);
        let expected = InstalledPackage {
            manager: PackageManager::Dpkg,
            name: "zstd".to_owned(),
            version: "1.5.4+dfsg2-5".to_owned(),
            architecture: Some("amd64".to_owned()),
            source_name: Some("libzstd".to_owned()),
            source_version: Some("1.5.4".to_owned()),
            publisher: Some("RPM packaging team".to_owned()),
            summary: Some("fast tool".to_owned()),
            category: Some("utils".to_owned()),
            home_page: Some("https://example.org/".to_owned()),
            size_bytes: Some(2102 * 1024),
            installed_at: None,
            place: None,
            owner: None,
            licence: None,
        };
        assert_eq!(packages, [expected]);
    }

    #[test]
    fn versions_are_those_of_the_whole_reading() {
        let text = "Package: a\nStatus: install ok installed\nSource: x (2)\nVersion: 1\nArchitecture: all\n\n\
            Package: b\nStatus: deinstall ok config-files\nVersion: 1\n";
        let found = parse_versions(text.as_bytes());
        let [package] = &*found else { panic!("{found:?}") };
        assert_eq!((&*package.name, &*package.version), ("a", "1"));
        assert_eq!(package.architecture.as_deref(), Some("all"));
        assert_eq!(package.source_name, None);
    }

    #[test]
    fn removed_and_half_installed_packages_are_not_installed() {
        let (packages, complaints) = check(
            "Package: a\nStatus: deinstall ok config-files\nVersion: 1\n\n\
             Package: b\nStatus: install ok half-configured\nVersion: 1\n\n\
             Package: c\nStatus: hold ok installed\nVersion: 2\n\n\
             Package: d\nStatus: install ok triggers-pending\nVersion: 2\n\n\
             Package: e\nStatus: unknown ok not-installed\n\n",
        );
        assert_eq!(packages, pairs(&[("c", "2")]));
        assert_eq!(complaints, []);
    }

    #[test]
    fn a_broken_stanza_costs_one_row() {
        let (packages, complaints) = check(
            "Status: install ok installed\nVersion: 1\n\nPackage: b\nVersion: 1\n\n\
             Package: c\nStatus: install ok installed\n\n\n\nno colon here\nPackage: d\n\
             Status: install ok installed\nVersion: 4\nVersion: 5\n",
        );
        assert_eq!(packages, pairs(&[("d", "4")]));
        let places: Vec<&str> = complaints.iter().map(|it| it.place.as_str()).collect();
        assert_eq!(
            places,
            [1, 4, 7, 12, 16]
                .map(|it| format!("{STATUS_PATH} line {it}"))
                .each_ref()
                .map(String::as_str)
        );
    }

    #[test]
    fn a_field_of_a_megabyte_is_cut_and_said() {
        let text = format!(
            "Package: a\nStatus: install ok installed\nVersion: 1\nMaintainer: {}\n",
            "x".repeat(1024 * 1024)
        );
        let (packages, complaints) = parse_status(text.as_bytes());
        assert_eq!(packages[0].publisher.as_ref().unwrap().len(), FIELD_BYTES_MAX);
        assert_eq!(complaints.len(), 1);
    }

    #[test]
    fn bytes_that_are_not_text_stay_visible_and_do_no_harm() {
        let (packages, _) = check(
            b"Package: a\xff\nStatus: install ok installed\nVersion: 1\xc3\x28\n\xff\xfe: x\n",
        );
        assert_eq!(packages, pairs(&[("a\u{fffd}", "1\u{fffd}(")]));
    }

    #[test]
    fn a_size_that_is_no_number_is_unknown() {
        for size in ["-1", "99999999999999999999", "18446744073709551615", "x", ""] {
            let text = format!(
                "Package: a\nStatus: install ok installed\nVersion: 1\nInstalled-Size: {size}\n"
            );
            assert_eq!(parse_status(text.as_bytes()).0[0].size_bytes, None, "{size}");
        }
    }

    #[test]
    fn complaints_are_bounded() {
        let (_, complaints) = check("x\n".repeat(1000));
        assert_eq!(complaints.len(), COMPLAINTS_PER_SECTION_MAX);
    }

    #[test]
    fn an_empty_file_holds_nothing() {
        assert_eq!(check(""), (Vec::new(), Vec::new()));
        assert_eq!(check("\n\n \n\t\n"), (Vec::new(), Vec::new()));
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = parse_status(&bytes);
        }

        #[test]
        fn hostile_stanzas_never_panic(
            text in "((Package|Status|Version|Source|Installed-Size|\\PC{0,5}):? ?\\PC{0,20}\n){0,12}"
        ) {
            let (packages, _) = parse_status(text.as_bytes());
            prop_assert!(packages.iter().all(|it| !it.name.is_empty() && !it.version.is_empty()));
        }
    }
}
