//! Node.js: the `package.json` of each package below a `node_modules` folder
//! (<https://docs.npmjs.com/cli/configuring-npm/package-json>).

use observation::latest::{InstalledPackage, PackageManager};
use serde::Deserialize;
use serde_json::Value;

use super::{bare, line};

/// The folder that packages lie in.
const FOLDER: &str = "node_modules";

/// What is read of a description; fields of another form than documented count as not stated.
#[derive(Deserialize)]
struct Description {
    #[serde(default)]
    name: Value,
    #[serde(default)]
    version: Value,
    #[serde(default)]
    description: Value,
    #[serde(default)]
    homepage: Value,
    #[serde(default)]
    license: Value,
    #[serde(default)]
    licenses: Value,
    #[serde(default)]
    author: Value,
}

/// The `node_modules` folder that a package's own folder lies in, by itself or in the folder of a scope
/// (`@scope/name`); none for other folders.
pub(super) fn place(folder: &str) -> Option<&str> {
    let (above, name) = folder.rsplit_once('/')?;
    let is_place = |it: &str| it.rsplit('/').next() == Some(FOLDER);
    if name.starts_with('@') || name.starts_with('.') {
        return None;
    }
    if is_place(above) {
        return Some(above);
    }
    let (outer, scope) = above.rsplit_once('/')?;
    (scope.starts_with('@') && is_place(outer)).then_some(outer)
}

/// The package; none where the description has no name or version, as in folders of tests.
pub(super) fn package(json: &[u8], place: &str) -> Result<Option<InstalledPackage>, &'static str> {
    let json = json.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(json);
    let it: Description =
        serde_json::from_slice(json).map_err(|_| "it is not JSON of a package")?;
    let text = |value: &Value| value.as_str().and_then(line);
    let (Some(name), Some(version)) = (text(&it.name), text(&it.version)) else { return Ok(None) };
    let mut package = bare(PackageManager::Npm, &name, &version, place);
    package.summary = text(&it.description);
    package.home_page = text(&it.homepage);
    package.licence = licence(&it.license).or_else(|| licence(&it.licenses));
    package.publisher = text(&it.author).or_else(|| text(it.author.get("name")?));
    // A person's address behind the name is not needed.
    let without_address = |it: String| line(it.split(['<', '(']).next()?);
    package.publisher = package.publisher.and_then(without_address);
    Ok(Some(package))
}

/// A text, an object with the type, or a list of either, as older packages have it.
fn licence(value: &Value) -> Option<String> {
    if let Some(list) = value.as_array() {
        let names: Vec<String> = list.iter().filter_map(licence_name).collect();
        return (!names.is_empty()).then(|| names.join(", "));
    }
    licence_name(value)
}

fn licence_name(value: &Value) -> Option<String> {
    line(value.as_str().or_else(|| value.get("type")?.as_str())?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(json: &str) -> Option<InstalledPackage> {
        package(json.as_bytes(), "/x").unwrap()
    }

    #[test]
    fn only_folders_directly_below_node_modules_are_packages() {
        for (folder, expected) in [
            ("/opt/node_modules/x", Some("/opt/node_modules")),
            ("/opt/node_modules/@types/node", Some("/opt/node_modules")),
            ("/a/node_modules/x/node_modules/y", Some("/a/node_modules/x/node_modules")),
            (
                "/a/node_modules/.pnpm/x@1/node_modules/x",
                Some("/a/node_modules/.pnpm/x@1/node_modules"),
            ),
            ("/opt/node_modules/x/esm", None),
            ("/opt/node_modules/@types", None),
            ("/opt/node_modules", None),
            ("/opt/my_node_modules/x", None),
            ("", None),
        ] {
            assert_eq!(place(folder), expected, "{folder}");
        }
    }

    #[test]
    fn a_description_is_a_package() {
        let found = check(
            r#"{"name":"express","version":"4.19.2","description":"Fast\nframework","license":"MIT",
            "author":"TJ Example <tj@example.org>","homepage":"https://expressjs.com/","x":[1,{}]}"#,
        )
        .unwrap();
        assert_eq!((&*found.name, &*found.version), ("express", "4.19.2"));
        assert_eq!(found.publisher.as_deref(), Some("TJ Example"));
        assert_eq!(found.summary.as_deref(), Some("Fast"));
        assert_eq!(found.licence.as_deref(), Some("MIT"));
    }

    #[test]
    fn licences_of_older_packages_are_read_too() {
        let licence =
            |text: &str| check(&format!(r#"{{"name":"a","version":"1",{text}}}"#)).unwrap().licence;
        assert_eq!(licence(r#""license":{"type":"BSD","url":"x"}"#).as_deref(), Some("BSD"));
        let list = r#""licenses":[{"type":"MIT"},"ISC",7]"#;
        assert_eq!(licence(list).as_deref(), Some("MIT, ISC"));
        assert_eq!(licence(r#""license":7"#), None);
    }

    #[test]
    fn a_description_without_name_or_version_is_no_package() {
        for json in ["{}", r#"{"type":"module"}"#, r#"{"name":"a"}"#, r#"{"name":1,"version":"1"}"#]
        {
            assert_eq!(check(json), None);
        }
        for json in ["", "[", "7", "{\"name\":"] {
            assert!(package(json.as_bytes(), "/x").is_err(), "{json}");
        }
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), folder in "[/@a.]{0,20}") {
            let _ = package(&bytes, "/x");
            let _ = place(&folder);
        }
    }
}
