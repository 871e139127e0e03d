//! Packages of programming languages: what lies below folders that the system's package manager leaves to
//! others, read from the descriptions that each language keeps beside a package.

mod cargo;
mod composer;
mod jar;
mod npm;
mod nuget;
mod python;
mod ruby;

use observation::latest::{InstalledPackage, PackageManager};

use crate::host::{Ask, EntryKind, Host, TreeEntry, TreeMarks};

/// Largest description that is read whole (composer's and .NET's list all packages of an application).
const DESCRIPTION_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// Names of descriptions, and the ends of others.
const FILE_NAMES: &[&str] = &[".crates.toml", "installed.json", "package.json"];
const FILE_ENDINGS: &[&str] = &[".deps.json", ".ear", ".egg-info", ".gemspec", ".jar", ".war"];
/// The ends of the names of folders that hold descriptions.
const FOLDER_ENDINGS: &[&str] = &[".dist-info", ".egg-info"];

/// What a description gives: packages, or what is wrong with it.
pub(crate) type Described = Result<Vec<InstalledPackage>, &'static str>;

/// What is looked for.
pub(crate) fn marks() -> TreeMarks {
    let names = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect();
    TreeMarks {
        file_names: names(FILE_NAMES),
        file_endings: names(FILE_ENDINGS),
        folder_endings: names(FOLDER_ENDINGS),
        ..TreeMarks::default()
    }
}

/// Whether an entry bears a marked name.
pub(crate) fn is_description(entry: &TreeEntry) -> bool {
    let name = entry.path.rsplit('/').next().unwrap_or_default();
    let ends = |endings: &[&str]| endings.iter().any(|it| name.ends_with(it));
    match entry.kind {
        EntryKind::File => FILE_NAMES.contains(&name) || ends(FILE_ENDINGS),
        EntryKind::Folder => ends(FOLDER_ENDINGS),
    }
}

/// The packages that an entry describes; an entry that only bears a marked name describes none.
pub(crate) fn describe(host: &dyn Host, entry: &TreeEntry) -> Described {
    let path = entry.path.as_str();
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let is_file = entry.kind == EntryKind::File;
    match name {
        _ if name.ends_with(".dist-info") => {
            python_package(host, &format!("{path}/METADATA"), folder)
        }
        _ if name.ends_with(".egg-info") && is_file => python_package(host, path, folder),
        _ if name.ends_with(".egg-info") => {
            python_package(host, &format!("{path}/PKG-INFO"), folder)
        }
        "package.json" => match npm::place(folder) {
            Some(place) => {
                npm::package(&read(host, entry)?, place).map(|it| it.into_iter().collect())
            }
            None => Ok(Vec::new()),
        },
        ".crates.toml" => cargo::packages(&read(host, entry)?, folder),
        "installed.json" if folder.ends_with("/vendor/composer") => {
            composer::packages(&read(host, entry)?, folder.trim_end_matches("/composer"))
        }
        _ if name.ends_with(".gemspec") && ruby::is_specification(folder) => {
            ruby::package(&read(host, entry)?, folder).map(|it| vec![it])
        }
        _ if name.ends_with(".deps.json") => nuget::packages(&read(host, entry)?, path),
        _ if [".jar", ".war", ".ear"].iter().any(|it| name.ends_with(it)) => {
            jar::packages(host, path, entry.size_bytes)
        }
        _ => Ok(Vec::new()),
    }
}

fn read(host: &dyn Host, entry: &TreeEntry) -> Result<Vec<u8>, &'static str> {
    if entry.size_bytes > DESCRIPTION_BYTES_MAX {
        return Err("it is too large");
    }
    host.part_of_entry(&entry.path, 0, DESCRIPTION_BYTES_MAX).map_err(|_| "it cannot be read")
}

fn python_package(host: &dyn Host, path: &str, place: &str) -> Described {
    let head = host.part_of_entry(path, 0, python::HEAD_BYTES);
    let head = head.map_err(|_| "its metadata cannot be read")?;
    python::package(&head, place).map(|it| vec![it]).ok_or("its metadata has no name or version")
}

/// A package of which nothing but name, version and place is known.
fn bare(manager: PackageManager, name: &str, version: &str, place: &str) -> InstalledPackage {
    InstalledPackage {
        manager,
        name: name.to_owned(),
        version: version.to_owned(),
        architecture: None,
        source_name: None,
        source_version: None,
        publisher: None,
        summary: None,
        category: None,
        home_page: None,
        size_bytes: None,
        installed_at: None,
        place: Some(place.to_owned()),
        owner: None,
        licence: None,
    }
}

/// A text that says something, in one line.
fn line(text: &str) -> Option<String> {
    let line = text.lines().next()?.trim();
    (!line.is_empty() && line != "UNKNOWN").then(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::testing::MapHost;

    fn check(host: &MapHost) -> Vec<String> {
        let tree = host.tree("/opt", 9, 99, &marks()).unwrap();
        let described = tree.entries.iter().map(|it| match describe(host, it) {
            Ok(packages) => packages
                .into_iter()
                .map(|it| {
                    format!("{:?} {} {} {}", it.manager, it.name, it.version, it.place.unwrap())
                })
                .collect(),
            Err(problem) => vec![format!("{}: {problem}", it.path)],
        });
        described.flatten().collect()
    }

    #[test]
    fn each_language_is_read_from_its_own_description() {
        let host = MapHost::new()
            .file("/opt/a/.crates.toml", "[v1]\n\"rg 13.0.0 (registry+x)\" = [\"rg\"]\n")
            .file("/opt/b/node_modules/@s/x/package.json", r#"{"name":"@s/x","version":"1"}"#)
            .file("/opt/b/node_modules/@s/x/esm/package.json", r#"{"name":"no","version":"1"}"#)
            .file("/opt/b/package.json", r#"{"name":"application","version":"1"}"#)
            .file("/opt/c/lib/x-1.dist-info/METADATA", "Name: x\nVersion: 1\n\nName: y\n")
            .file("/opt/c/lib/y.egg-info", "Name: y\nVersion: 2\n")
            .file("/opt/c/lib/z.egg-info/PKG-INFO", "Name: z\nVersion: 3\n")
            .file("/opt/d/specifications/g-1.gemspec", "# stub: g 1 ruby lib\n")
            .file("/opt/d/gems/g-1/g.gemspec", "# stub: g 1 ruby lib\n")
            .file("/opt/e/vendor/composer/installed.json", r#"[{"name":"a/b","version":"v1"}]"#)
            .file("/opt/f/app.deps.json", r#"{"libraries":{"N/1":{"type":"package"}}}"#);
        let expected = [
            "Cargo rg 13.0.0 /opt/a",
            "Npm @s/x 1 /opt/b/node_modules",
            "Python x 1 /opt/c/lib",
            "Python y 2 /opt/c/lib",
            "Python z 3 /opt/c/lib",
            "RubyGem g 1 /opt/d",
            "Composer a/b v1 /opt/e/vendor",
            "Nuget N 1 /opt/f/app.deps.json",
        ];
        assert_eq!(check(&host), expected);
    }

    #[test]
    fn what_cannot_be_understood_is_told_with_its_place() {
        let host = MapHost::new()
            .file("/opt/node_modules/x/package.json", "{")
            .file("/opt/x-1.dist-info/RECORD", "")
            .file("/opt/y.jar", "PK");
        let expected = [
            "/opt/node_modules/x/package.json: it is not JSON of a package",
            "/opt/x-1.dist-info: its metadata cannot be read",
            "/opt/y.jar: it is no archive",
        ];
        assert_eq!(check(&host), expected);
    }
}
