//! The header of a package (RPM's `docs/manual/hregions.md` and `lib/rpmtag.h`): counts of entries and bytes, the
//! entries as tag, type, offset and count, then the data. All words are big-endian.

use std::collections::HashSet;

use jiff::Timestamp;
use observation::latest::{InstalledPackage, PackageManager};

use crate::sources::pieces::word;

/// Bytes before the entries.
const PREAMBLE_BYTES: usize = 8;
/// Bytes of an entry.
const ENTRY_BYTES: usize = 16;
/// Most entries, as rpm itself bounds them (`HEADER_TAGS_MAX`).
const ENTRIES_MAX: usize = 0xFFFF;

const TYPE_INT32: u32 = 4;
const TYPE_INT64: u32 = 5;
const TYPE_STRING: u32 = 6;
const TYPE_STRING_ARRAY: u32 = 8;
const TYPE_I18N_STRING: u32 = 9;

const NAME: u32 = 1000;
const VERSION: u32 = 1001;
const RELEASE: u32 = 1002;
const EPOCH: u32 = 1003;
const SUMMARY: u32 = 1004;
const INSTALL_TIME: u32 = 1008;
const SIZE: u32 = 1009;
const VENDOR: u32 = 1011;
const LICENCE: u32 = 1014;
const PACKAGER: u32 = 1015;
const GROUP: u32 = 1016;
const URL: u32 = 1020;
const ARCHITECTURE: u32 = 1022;
const SOURCE_RPM: u32 = 1044;
const FOLDER_INDEXES: u32 = 1116;
const BASE_NAMES: u32 = 1117;
const FOLDER_NAMES: u32 = 1118;
const LONG_SIZE: u32 = 5009;

/// What rpm writes where a text is not stated.
const NOT_STATED: &str = "(none)";
/// The end of the name of a source package's file.
const SOURCE_ENDINGS: &[&str] = &[".src.rpm", ".nosrc.rpm"];

/// A header whose frame was understood.
pub(crate) struct Header<'a> {
    entries: &'a [u8],
    data: &'a [u8],
}

struct Entry<'a> {
    kind: u32,
    count: usize,
    data: &'a [u8],
}

impl<'a> Header<'a> {
    /// A header as it stands in the database: without the magic number of package files.
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let count = usize::try_from(word(bytes, 0, false)?).ok()?;
        let length = usize::try_from(word(bytes, 4, false)?).ok()?;
        if count > ENTRIES_MAX {
            return None;
        }
        let start = PREAMBLE_BYTES + count * ENTRY_BYTES;
        let entries = bytes.get(PREAMBLE_BYTES..start)?;
        let data = bytes.get(start..start.checked_add(length)?)?;
        Some(Self { entries, data })
    }

    /// The package; none without name, version and release.
    pub(crate) fn package(&self) -> Option<InstalledPackage> {
        let name = self.text(NAME)?;
        let release = self.text(RELEASE)?;
        let epoch = self.number(EPOCH).map(|it| format!("{it}:")).unwrap_or_default();
        let bare = format!("{}-{release}", self.text(VERSION)?);
        let (source_name, source_version) =
            self.text(SOURCE_RPM).and_then(|it| source(&it)).unzip();
        Some(InstalledPackage {
            manager: PackageManager::Rpm,
            source_name: source_name.filter(|it| *it != name),
            source_version: source_version.filter(|it| *it != bare),
            name,
            version: format!("{epoch}{bare}"),
            architecture: self.text(ARCHITECTURE),
            publisher: self.text(VENDOR).or_else(|| self.text(PACKAGER)),
            summary: self.text(SUMMARY),
            category: self.text(GROUP).filter(|it| it != "Unspecified"),
            home_page: self.text(URL),
            size_bytes: self.number(LONG_SIZE).or_else(|| self.number(SIZE)),
            installed_at: self
                .number(INSTALL_TIME)
                .and_then(|it| Timestamp::from_second(i64::try_from(it).ok()?).ok()),
            place: None,
            owner: None,
            licence: self.text(LICENCE),
        })
    }

    /// The paths of those files of the package that lie in one of these folders (with the slash).
    pub(crate) fn files_in(&self, folders: &HashSet<&[u8]>) -> Vec<Vec<u8>> {
        let names: Vec<&[u8]> = self.texts(FOLDER_NAMES).collect();
        if !names.iter().any(|it| folders.contains(it)) {
            return Vec::new();
        }
        let Some(indexes) = self.entry(FOLDER_INDEXES).filter(|it| it.kind == TYPE_INT32) else {
            return Vec::new();
        };
        let files = self.texts(BASE_NAMES).enumerate().filter_map(|(number, base)| {
            let index = word(indexes.data, number.checked_mul(4)?, false)?;
            let folder = names.get(usize::try_from(index).ok()?)?;
            folders.contains(folder).then(|| [*folder, base].concat())
        });
        files.collect()
    }

    fn entry(&self, tag: u32) -> Option<Entry<'a>> {
        let entry =
            self.entries.chunks_exact(ENTRY_BYTES).find(|it| word(it, 0, false) == Some(tag))?;
        let offset = usize::try_from(word(entry, 8, false)?).ok()?;
        Some(Entry {
            kind: word(entry, 4, false)?,
            count: usize::try_from(word(entry, 12, false)?).ok()?,
            data: self.data.get(offset..)?,
        })
    }

    fn text(&self, tag: u32) -> Option<String> {
        let bytes = self.texts(tag).next()?;
        let text = String::from_utf8_lossy(bytes).trim().to_owned();
        (!text.is_empty() && text != NOT_STATED).then_some(text)
    }

    /// The texts of an entry, each up to its zero; of translations the first is the untranslated one.
    fn texts(&self, tag: u32) -> impl Iterator<Item = &'a [u8]> {
        let entry = self
            .entry(tag)
            .filter(|it| matches!(it.kind, TYPE_STRING | TYPE_STRING_ARRAY | TYPE_I18N_STRING));
        let (data, count) = entry.map_or((&[][..], 0), |it| (it.data, it.count));
        // The last piece of the data has no zero and is no text.
        let ends = data.split_inclusive(|it| *it == 0).take(count);
        ends.map_while(|it| it.strip_suffix(&[0]))
    }

    fn number(&self, tag: u32) -> Option<u64> {
        let entry = self.entry(tag).filter(|it| it.count > 0)?;
        match entry.kind {
            TYPE_INT32 => word(entry.data, 0, false).map(u64::from),
            TYPE_INT64 => Some(u64::from_be_bytes(entry.data.get(..8)?.try_into().ok()?)),
            _ => None,
        }
    }
}

/// Name and version of `name-version-release.src.rpm`.
fn source(file: &str) -> Option<(String, String)> {
    let whole = SOURCE_ENDINGS.iter().find_map(|it| file.strip_suffix(it))?;
    let (rest, release) = whole.rsplit_once('-')?;
    let (name, version) = rest.rsplit_once('-')?;
    (!name.is_empty()).then(|| (name.to_owned(), format!("{version}-{release}")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A header from tags, kinds, counts and data; constructed from the format's description.
    fn header(entries: &[(u32, u32, u32, &[u8])]) -> Vec<u8> {
        let mut index = Vec::new();
        let mut data = Vec::new();
        for (tag, kind, count, value) in entries {
            let offset = u32::try_from(data.len()).unwrap();
            for number in [*tag, *kind, offset, *count] {
                index.extend_from_slice(&number.to_be_bytes());
            }
            data.extend_from_slice(value);
        }
        let count = u32::try_from(entries.len()).unwrap();
        let length = u32::try_from(data.len()).unwrap();
        [&count.to_be_bytes()[..], &length.to_be_bytes()[..], &index, &data].concat()
    }

    const LEAST: [(u32, u32, u32, &[u8]); 3] = [
        (NAME, TYPE_STRING, 1, b"bash\0"),
        (VERSION, TYPE_STRING, 1, b"5.2\0"),
        (RELEASE, TYPE_STRING, 1, b"1.el9\0"),
    ];

    fn package(more: &[(u32, u32, u32, &[u8])]) -> Option<InstalledPackage> {
        let entries = [&LEAST[..], more].concat();
        Header::parse(&header(&entries))?.package()
    }

    #[test]
    fn name_version_and_release_make_a_package() {
        let found = package(&[]).unwrap();
        assert_eq!((&*found.name, &*found.version), ("bash", "5.2-1.el9"));
        assert_eq!((found.architecture, found.installed_at), (None, None));
        assert!(Header::parse(&header(&LEAST[..2])).unwrap().package().is_none());
    }

    #[test]
    fn an_epoch_is_part_of_the_version_even_if_it_is_zero() {
        let found = package(&[(EPOCH, TYPE_INT32, 1, &[0, 0, 0, 0])]).unwrap();
        assert_eq!(found.version, "0:5.2-1.el9");
    }

    #[test]
    fn the_source_package_counts_where_it_differs() {
        let of = |text: &[u8]| {
            let found = package(&[(SOURCE_RPM, TYPE_STRING, 1, text)]).unwrap();
            (found.source_name, found.source_version)
        };
        assert_eq!(of(b"bash-5.2-1.el9.src.rpm\0"), (None, None));
        let other = (Some("bash-x".to_owned()), Some("5-2".to_owned()));
        assert_eq!(of(b"bash-x-5-2.nosrc.rpm\0"), other);
        for text in [&b"bash.src.rpm\0"[..], b"-1-2.src.rpm\0", b"bash-1-2.rpm\0", b"(none)\0"] {
            assert_eq!(of(text), (None, None));
        }
    }

    #[test]
    fn sizes_beyond_four_gigabytes_stand_in_a_tag_of_their_own() {
        let long = 5_u64 << 32;
        let found = package(&[
            (SIZE, TYPE_INT32, 1, &[0, 0, 0, 9]),
            (LONG_SIZE, TYPE_INT64, 1, &long.to_be_bytes()),
        ]);
        assert_eq!(found.unwrap().size_bytes, Some(long));
    }

    #[test]
    fn values_of_another_type_or_beyond_the_end_are_not_stated() {
        let found = package(&[
            (EPOCH, TYPE_STRING, 1, b"1\0"),
            (INSTALL_TIME, TYPE_INT32, 0, &[0, 0, 0, 1]),
            (LICENCE, TYPE_INT32, 1, b"MIT\0"),
            (URL, TYPE_STRING, 1, b"without end"),
        ]);
        let found = found.unwrap();
        assert_eq!(found.version, "5.2-1.el9");
        assert_eq!((found.installed_at, found.licence, found.home_page), (None, None, None));
    }

    #[test]
    fn files_are_the_folder_and_the_base_name() {
        let bytes = header(&[
            (FOLDER_INDEXES, TYPE_INT32, 3, &[0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9]),
            (BASE_NAMES, TYPE_STRING_ARRAY, 3, b"one\0two\0three\0"),
            (FOLDER_NAMES, TYPE_STRING_ARRAY, 2, b"/etc/\0/usr/bin/\0"),
        ]);
        let parsed = Header::parse(&bytes).unwrap();
        let files = |folder: &'static [u8]| parsed.files_in(&HashSet::from([folder]));
        assert_eq!(files(b"/usr/bin/"), [b"/usr/bin/one"]);
        assert_eq!(files(b"/etc/"), [b"/etc/two"]);
        assert_eq!(files(b"/opt/"), Vec::<Vec<u8>>::new());
    }

    #[test]
    fn counts_that_the_bytes_do_not_hold_are_refused() {
        assert!(Header::parse(&[]).is_none());
        assert!(Header::parse(&[0, 0, 0, 1, 0, 0, 0, 0]).is_none());
        assert!(Header::parse(&[0xFF; 64]).is_none());
        assert!(Header::parse(&[0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]).is_none());
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(
            entries in proptest::collection::vec((990_u32..1130, 0_u32..11, any::<u32>(), any::<u8>()), 0..20),
            data in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let mut bytes = u32::try_from(entries.len()).unwrap().to_be_bytes().to_vec();
            bytes.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
            for (tag, kind, count, offset) in entries {
                for number in [tag, kind, u32::from(offset), count] {
                    bytes.extend(number.to_be_bytes());
                }
            }
            bytes.extend(data);
            let header = Header::parse(&bytes).unwrap();
            let _ = header.package();
            let _ = header.files_in(&HashSet::from([&b""[..], b"/"]));
        }
    }
}
