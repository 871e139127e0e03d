//! The local database of Arch's pacman: a folder per package with `desc` and `files`, both of blocks `%NAME%` and
//! lines up to an empty one (`lib/libalpm/be_local.c`).

use std::collections::HashMap;

use jiff::Timestamp;
use observation::latest::{InstalledPackage, OwnerPackage, PackageManager};

/// Where the folders of the packages are.
pub(crate) const LOCAL_PATH: &str = "/var/lib/pacman/local";

/// The package of a `desc` file; none without name or version.
#[must_use]
pub(crate) fn package(desc: &str) -> Option<InstalledPackage> {
    let mut blocks: HashMap<&str, Vec<&str>> = HashMap::new();
    let mut block = "";
    for line in desc.lines() {
        match line.strip_prefix('%').and_then(|it| it.strip_suffix('%')) {
            Some(name) => block = name,
            None if line.is_empty() => block = "",
            None if !block.is_empty() => blocks.entry(block).or_default().push(line),
            None => {}
        }
    }
    let first = |name: &str| Some((*blocks.get(name)?.first()?).to_owned());
    let number = |name: &str| first(name)?.parse::<u64>().ok();
    let seconds = |name: &str| i64::try_from(number(name)?).ok();
    let name = first("NAME")?;
    Some(InstalledPackage {
        manager: PackageManager::Pacman,
        version: first("VERSION")?,
        architecture: first("ARCH"),
        source_name: first("BASE").filter(|it| *it != name),
        source_version: None,
        publisher: first("PACKAGER").filter(|it| it != "Unknown Packager"),
        summary: first("DESC"),
        category: blocks.get("GROUPS").map(|it| it.join(", ")),
        home_page: first("URL"),
        size_bytes: number("SIZE"),
        installed_at: seconds("INSTALLDATE").and_then(|it| Timestamp::from_second(it).ok()),
        place: None,
        owner: None,
        licence: blocks.get("LICENSE").map(|it| it.join(", ")),
        name,
    })
}

/// The owners of files by the `files` of a package's folder, which is named `name-version-release`.
#[must_use]
pub(crate) fn owners(
    folder: &str,
    files: &[u8],
    wanted: &HashMap<Vec<u8>, String>,
) -> Vec<(String, OwnerPackage)> {
    let Some((rest, release)) = folder.rsplit_once('-') else { return Vec::new() };
    let Some((name, version)) = rest.rsplit_once('-') else { return Vec::new() };
    let lines = files.split(|it| *it == b'\n').skip_while(|it| *it != b"%FILES%");
    let paths = lines
        .skip(1)
        .take_while(|it| !it.is_empty())
        .filter_map(|line| // Folders end with a slash.
wanted.get(&[b"/", line.strip_suffix(b"/").unwrap_or(line)].concat()));
    paths
        .map(|path| {
            let owner = OwnerPackage {
                manager: PackageManager::Pacman,
                name: name.to_owned(),
                version: format!("{version}-{release}"),
            };
            (path.clone(), owner)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Constructed from be_local.c, with the values of Arch's bash.
    const DESC: &str = "%NAME%\nbash\n\n%VERSION%\n5.2.026-2\n\n%BASE%\nbash\n\n%DESC%\n\
        The GNU Bourne Again shell\n\n%URL%\nhttps://www.gnu.org/software/bash/\n\n%ARCH%\nx86_64\n\n\
        %INSTALLDATE%\n1708000000\n\n%PACKAGER%\nExample <e@example.org>\n\n%SIZE%\n9338347\n\n\
        %LICENSE%\nGPL-3.0-or-later\nMIT\n\n%DEPENDS%\nreadline\n";

    #[test]
    fn a_description_is_a_package() {
        let found = package(DESC).unwrap();
        assert_eq!((&*found.name, &*found.version), ("bash", "5.2.026-2"));
        assert_eq!(found.licence.as_deref(), Some("GPL-3.0-or-later, MIT"));
        assert_eq!(found.size_bytes, Some(9_338_347));
        assert_eq!(found.installed_at.unwrap().as_second(), 1_708_000_000);
        assert_eq!(found.source_name, None);
    }

    #[test]
    fn a_description_without_name_or_version_is_none() {
        assert_eq!(package("%NAME%\nx\n"), None);
        assert_eq!(package("%NAME%\n\nx\n%VERSION%\n1\n"), None);
        assert_eq!(package(""), None);
        let odd = package("%NAME%\nx\n%VERSION%\n1\n%SIZE%\n-1\n%INSTALLDATE%\nnever\n").unwrap();
        assert_eq!((odd.size_bytes, odd.installed_at), (None, None));
    }

    #[test]
    fn files_have_no_slash_at_their_start() {
        let wanted: HashMap<Vec<u8>, String> =
            ["/usr/bin/bash", "/etc/x"].map(|it| (it.as_bytes().to_vec(), it.to_owned())).into();
        let files = b"%FILES%\nusr/\nusr/bin/bash\n\n%BACKUP%\netc/x\tabc\n";
        let found = owners("lib-x-1.0-2", files, &wanted);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, "/usr/bin/bash");
        assert_eq!((&*found[0].1.name, &*found[0].1.version), ("lib-x", "1.0-2"));
        assert_eq!(owners("bash", files, &wanted), []);
    }

    proptest! {
        #[test]
        fn hostile_text_never_panics(text in "(%?[A-Z]{0,4}%?\n{0,2}|\\PC{0,9}\n){0,20}", name in "\\PC{0,9}") {
            let _ = package(&text);
            let _ = owners(&name, text.as_bytes(), &HashMap::new());
        }
    }
}
