//! The database of Alpine's apk: records of lines `letter:value`, separated by empty lines
//! (<https://wiki.alpinelinux.org/wiki/Apk_spec>).

use std::collections::HashMap;

use observation::latest::{Complaint, InstalledPackage, OwnerPackage, PackageManager};

/// Where the installed packages stand.
pub(crate) const INSTALLED_PATH: &str = "/lib/apk/db/installed";
/// Largest database that is read: a full desktop's is about 10 MB.
pub(crate) const INSTALLED_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The installed packages; a record without name or version costs a complaint.
#[must_use]
pub(crate) fn packages(bytes: &[u8]) -> (Vec<InstalledPackage>, Vec<Complaint>) {
    let mut packages = Vec::new();
    let mut complaints = Vec::new();
    for (number, record) in records(bytes).enumerate() {
        match package(&record) {
            Some(package) => packages.push(package),
            None => complaints.push(Complaint {
                place: format!("{INSTALLED_PATH}, record {}", number + 1),
                problem: "a record without package or version".to_owned(),
            }),
        }
    }
    (packages, complaints)
}

/// The owners of files; `wanted` gives for each spelling of a path the path itself.
#[must_use]
pub(crate) fn owners(
    bytes: &[u8],
    wanted: &HashMap<Vec<u8>, String>,
) -> Vec<(String, OwnerPackage)> {
    let mut owners = Vec::new();
    for record in records(bytes) {
        let mut folder: &[u8] = b"";
        let mut paths = Vec::new();
        for line in &record {
            match line.split_at_checked(2) {
                Some((b"F:", value)) => {
                    folder = value;
                    paths.push([b"/", folder].concat());
                }
                Some((b"R:", value)) => {
                    let slash: &[u8] = if folder.is_empty() { b"" } else { b"/" };
                    paths.push([b"/", folder, slash, value].concat());
                }
                _ => {}
            }
        }
        for path in paths.iter().filter_map(|it| wanted.get(it)) {
            let Some(it) = package(&record) else { continue };
            let manager = PackageManager::Apk;
            let owner = OwnerPackage { manager, name: it.name, version: it.version };
            owners.push((path.clone(), owner));
        }
    }
    owners
}

fn records(bytes: &[u8]) -> impl Iterator<Item = Vec<&[u8]>> {
    let mut lines = bytes.split(|it| *it == b'\n');
    std::iter::from_fn(move || {
        loop {
            let first = lines.next()?;
            if !first.is_empty() {
                let rest = lines.by_ref().take_while(|it| !it.is_empty());
                return Some(std::iter::once(first).chain(rest).collect());
            }
        }
    })
}

fn package(record: &[&[u8]]) -> Option<InstalledPackage> {
    let field = |letter: &[u8; 2]| {
        let value = record.iter().find_map(|it| it.strip_prefix(letter))?;
        let text = String::from_utf8_lossy(value).trim().to_owned();
        (!text.is_empty()).then_some(text)
    };
    let name = field(b"P:")?;
    Some(InstalledPackage {
        manager: PackageManager::Apk,
        version: field(b"V:")?,
        architecture: field(b"A:"),
        source_name: field(b"o:").filter(|it| *it != name),
        source_version: None,
        publisher: field(b"m:"),
        summary: field(b"T:"),
        category: None,
        home_page: field(b"U:"),
        size_bytes: field(b"I:").and_then(|it| it.parse().ok()),
        // apk keeps the time of the build alone.
        installed_at: None,
        place: None,
        owner: None,
        licence: field(b"L:"),
        name,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Constructed from the wiki page; the values are those of Alpine 3.19's musl.
    const TEXT: &str = "C:Q1xyz=\nP:musl\nV:1.2.4_git20230717-r4\nA:x86_64\nS:407278\nI:667648\n\
        T:the musl c library (libc) implementation\nU:https://musl.libc.org/\nL:MIT\no:musl\n\
        m:Timo Example <timo@example.org>\nt:1700000000\nF:lib\nR:ld-musl-x86_64.so.1\na:0:0:755\n\n\
        P:musl-utils\nV:1.2.4_git20230717-r4\no:musl\nF:\nR:top\nF:usr/bin\nR:ldd\n\n\
        V:1\n\n\n";

    #[test]
    fn a_record_is_a_package() {
        let (packages, complaints) = packages(TEXT.as_bytes());
        let names: Vec<&str> = packages.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["musl", "musl-utils"]);
        assert_eq!(packages[0].version, "1.2.4_git20230717-r4");
        assert_eq!(packages[0].licence.as_deref(), Some("MIT"));
        assert_eq!(packages[0].size_bytes, Some(667_648));
        assert_eq!(packages[0].source_name, None);
        assert_eq!(packages[1].source_name.as_deref(), Some("musl"));
        assert_eq!(complaints.len(), 1);
        assert_eq!(complaints[0].place, "/lib/apk/db/installed, record 3");
    }

    #[test]
    fn files_stand_below_the_folder_named_last() {
        let paths = ["/lib/ld-musl-x86_64.so.1", "/usr/bin/ldd", "/top", "/usr/bin/top"];
        let wanted = paths.map(|it| (it.as_bytes().to_vec(), it.to_owned())).into();
        let owners: Vec<(String, String)> = owners(TEXT.as_bytes(), &wanted)
            .into_iter()
            .map(|(path, owner)| (path, owner.name))
            .collect();
        let pair = |path: &str, name: &str| (path.to_owned(), name.to_owned());
        let expected = [
            pair("/lib/ld-musl-x86_64.so.1", "musl"),
            pair("/top", "musl-utils"),
            pair("/usr/bin/ldd", "musl-utils"),
        ];
        assert_eq!(owners, expected);
    }

    #[test]
    fn an_empty_database_holds_nothing() {
        assert_eq!(packages(b""), (vec![], vec![]));
        assert_eq!(packages(b"\n\n\n"), (vec![], vec![]));
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            text in "([PVFRa]:?[a-z]{0,3}\n{0,2}){0,20}",
        ) {
            let wanted = HashMap::from([(b"/a/b".to_vec(), "/a/b".to_owned())]);
            for input in [bytes.as_slice(), text.as_bytes()] {
                let _ = packages(input);
                let _ = owners(input, &wanted);
            }
        }
    }
}
