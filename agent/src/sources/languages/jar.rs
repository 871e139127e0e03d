//! Java archives: the Maven coordinates that they carry (`pom.properties`), else what the manifest states (JAR File
//! Specification; OSGi headers), else name and version in the file's name. Archives inside of an archive are told by their names.

use std::collections::BTreeMap;

use observation::latest::{InstalledPackage, PackageManager};

use super::{Described, bare, line};
use crate::host::Host;
use crate::sources::zip;

/// The manifest.
const MANIFEST: &str = "META-INF/MANIFEST.MF";
/// Where Maven writes the coordinates of what an archive was made from.
const MAVEN_FOLDER: &str = "META-INF/maven/";
const PROPERTIES: &str = "/pom.properties";
/// Folders of archives inside of web applications and of those that run by themselves.
const INNER_FOLDERS: &[&str] = &["WEB-INF/lib/", "BOOT-INF/lib/", "lib/"];
/// Most members that are read of one archive.
const MEMBERS_MAX: usize = 2000;

/// The packages of an archive.
pub(super) fn packages(host: &dyn Host, path: &str, size_bytes: u64) -> Described {
    let is_properties = |it: &str| it.starts_with(MAVEN_FOLDER) && it.ends_with(PROPERTIES);
    let inner = |it: &str| {
        let name = INNER_FOLDERS.iter().find_map(|folder| it.strip_prefix(folder))?;
        name.ends_with(".jar").then(|| from_name(name)).flatten()
    };
    let is_wanted = |it: &str| it == MANIFEST || is_properties(it) || inner(it).is_some();
    let mut members = zip::members(host, path, size_bytes, is_wanted)?;
    members.truncate(MEMBERS_MAX);
    let mut packages = Vec::new();
    let mut manifest = BTreeMap::new();
    for member in &members {
        if member.name == MANIFEST {
            manifest = attributes(&zip::content(host, path, member)?);
        } else if is_properties(&member.name) {
            packages.extend(coordinates(&zip::content(host, path, member)?, path));
        } else if let Some((name, version)) = inner(&member.name) {
            let place = format!("{path}!/{}", member.name);
            packages.push(bare(PackageManager::Maven, &name, &version, &place));
        }
    }
    let has_own = packages.iter().any(|it| it.place.as_deref() == Some(path));
    if !has_own {
        packages.extend(own(&manifest, path));
    } else if let [only] = packages.as_mut_slice() {
        add_manifest(only, &manifest);
    }
    Ok(packages)
}

/// The archive itself by its manifest and its name.
fn own(manifest: &BTreeMap<String, String>, path: &str) -> Option<InstalledPackage> {
    let attribute = |names: &[&str]| names.iter().find_map(|it| manifest.get(*it).cloned());
    let file = path.rsplit('/').next().unwrap_or(path);
    let (file_name, file_version) = from_name(file).unzip();
    let symbolic = attribute(&["Bundle-SymbolicName"]);
    let symbolic = symbolic.and_then(|it| line(it.split(';').next()?));
    let stated = attribute(&["Implementation-Version", "Bundle-Version", "Specification-Version"]);
    // What the file's name says is what its archive calls it.
    let name = file_name
        .or(symbolic)
        .or_else(|| attribute(&["Implementation-Title", "Automatic-Module-Name"]))?;
    let mut package = bare(PackageManager::Maven, &name, &file_version.or(stated)?, path);
    add_manifest(&mut package, manifest);
    Some(package)
}

fn add_manifest(package: &mut InstalledPackage, manifest: &BTreeMap<String, String>) {
    package.publisher =
        manifest.get("Implementation-Vendor").or_else(|| manifest.get("Bundle-Vendor")).cloned();
    package.licence = manifest.get("Bundle-License").cloned();
    package.summary = manifest.get("Bundle-Description").cloned();
}

/// `groupId:artifactId` and version.
fn coordinates(properties: &[u8], place: &str) -> Option<InstalledPackage> {
    let text = String::from_utf8_lossy(properties);
    let field = |name: &str| {
        let fields = text.lines().filter(|it| !it.starts_with('#'));
        let mut values = fields.filter_map(|it| it.split_once('='));
        line(values.find(|(it, _)| it.trim() == name)?.1)
    };
    let name = format!("{}:{}", field("groupId")?, field("artifactId")?);
    Some(bare(PackageManager::Maven, &name, &field("version")?, place))
}

/// The attributes of the manifest's main section; a line that starts with a blank goes on with the one before.
fn attributes(manifest: &[u8]) -> BTreeMap<String, String> {
    let text = String::from_utf8_lossy(manifest);
    let mut attributes = BTreeMap::new();
    let mut last: Option<String> = None;
    for text in text.lines() {
        if text.is_empty() {
            break;
        }
        if let Some(more) = text.strip_prefix(' ') {
            if let Some(value) = last.as_ref().and_then(|it| attributes.get_mut(it)) {
                let value: &mut String = value;
                value.push_str(more);
            }
            continue;
        }
        let Some((name, value)) = text.split_once(':') else { continue };
        if let Some(value) = line(value) {
            attributes.insert(name.to_owned(), value);
            last = Some(name.to_owned());
        }
    }
    attributes
}

/// `name-1.2.3.jar`: the version begins with the first digit behind a hyphen.
fn from_name(file: &str) -> Option<(String, String)> {
    let stem = file.rsplit_once('.')?.0;
    let at = stem.match_indices('-').map(|(at, _)| at).find(|at| {
        stem.get(at + 1..).is_some_and(|it| it.starts_with(|it: char| it.is_ascii_digit()))
    })?;
    let (name, version) = stem.split_at_checked(at)?;
    let version = version.strip_prefix('-')?;
    (!name.is_empty()).then(|| (name.to_owned(), version.to_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::MapHost;

    fn check(file: &str, members: &[(&str, &[u8], bool)]) -> Vec<String> {
        let path = format!("/opt/{file}");
        let bytes = zip::archive(members);
        let host = MapHost::new().file(&path, &bytes);
        let found = packages(&host, &path, bytes.len() as u64).unwrap();
        found
            .into_iter()
            .map(|it| format!("{} {} {}", it.name, it.version, it.place.unwrap()))
            .collect()
    }

    const POM: &[u8] = b"#Generated by Maven\nversion=2.17.1\ngroupId=org.apache.logging.log4j\nartifactId=log4j-core\n";

    #[test]
    fn coordinates_of_maven_count_first() {
        let found = check(
            "log4j-core.jar",
            &[
                (MANIFEST, b"Manifest-Version: 1.0\nBundle-Version: 9\n", true),
                ("META-INF/maven/org.apache.logging.log4j/log4j-core/pom.properties", POM, true),
            ],
        );
        assert_eq!(found, ["org.apache.logging.log4j:log4j-core 2.17.1 /opt/log4j-core.jar"]);
    }

    #[test]
    fn archives_inside_are_told_by_their_names() {
        let found = check(
            "app-1.0.war",
            &[("WEB-INF/lib/spring-core-6.1.2.jar", b"", false), ("WEB-INF/lib/x.jar", b"", false)],
        );
        let inner = "spring-core 6.1.2 /opt/app-1.0.war!/WEB-INF/lib/spring-core-6.1.2.jar";
        assert_eq!(found, [inner, "app 1.0 /opt/app-1.0.war"]);
    }

    #[test]
    fn the_manifest_counts_where_the_name_says_nothing() {
        let manifest =
            b"Manifest-Version: 1.0\r\nBundle-SymbolicName: org.exam\r\n ple.x;singleton:=true\r\n\
            Bundle-Version: 3.2.1\r\n\r\nName: other\r\nBundle-Version: 9\r\n";
        assert_eq!(
            check("x.jar", &[(MANIFEST, manifest, true)]),
            ["org.example.x 3.2.1 /opt/x.jar"]
        );
        assert_eq!(
            check("x.jar", &[(MANIFEST, b"Manifest-Version: 1.0\n", false)]),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_name_holds_name_and_version() {
        let of = |file| from_name(file).map(|(name, version)| format!("{name} {version}"));
        assert_eq!(of("guava-33.0.0-jre.jar").unwrap(), "guava 33.0.0-jre");
        assert_eq!(of("jakarta.el-api-5.0.1.jar").unwrap(), "jakarta.el-api 5.0.1");
        for file in ["x.jar", "x", "-1.jar", "x-.jar", ".jar", ""] {
            assert_eq!(of(file), None, "{file}");
        }
    }

    proptest! {
        #[test]
        fn hostile_texts_never_panic(text in "([A-Za-z-]{0,9}[:=]? ?\\PC{0,9}\r?\n){0,9}", name in "\\PC{0,12}") {
            let _ = attributes(text.as_bytes());
            let _ = coordinates(text.as_bytes(), "/x");
            let _ = from_name(&name);
        }
    }
}
