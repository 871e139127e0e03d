//! .NET: the libraries that an application's `*.deps.json` names
//! (<https://github.com/dotnet/sdk/blob/main/documentation/specs/runtime-configuration-file.md>).

use std::collections::BTreeMap;

use observation::latest::PackageManager;
use serde::Deserialize;

use super::{Described, bare};

#[derive(Deserialize)]
struct Dependencies {
    libraries: BTreeMap<String, Library>,
}

#[derive(Deserialize)]
struct Library {
    r#type: String,
}

/// The packages; the application's own projects and the parts of the runtime are none.
pub(super) fn packages(json: &[u8], place: &str) -> Described {
    let json = json.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(json);
    let found: Dependencies =
        serde_json::from_slice(json).map_err(|_| "it is not JSON of .NET's form")?;
    let packages = found.libraries.iter().filter(|(_, it)| it.r#type == "package");
    let packages = packages.map(|(key, _)| {
        let (name, version) = key.split_once('/')?;
        (!name.is_empty() && !version.is_empty())
            .then(|| bare(PackageManager::Nuget, name, version, place))
    });
    packages.collect::<Option<Vec<_>>>().ok_or("a library is not name and version")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn packages_are_told_and_projects_are_not() {
        // Constructed from the specification.
        let json = "\u{feff}{\"runtimeTarget\":{\"name\":\".NETCoreApp,Version=v8.0\"},\"libraries\":{\
            \"App/1.0.0\":{\"type\":\"project\",\"serviceable\":false},\
            \"Newtonsoft.Json/13.0.3\":{\"type\":\"package\",\"serviceable\":true,\"sha512\":\"x\"}}}";
        let found = packages(json.as_bytes(), "/opt/app/App.deps.json").unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((&*found[0].name, &*found[0].version), ("Newtonsoft.Json", "13.0.3"));
        assert_eq!(packages(b"{\"libraries\":{}}", "/x"), Ok(vec![]));
    }

    #[test]
    fn another_form_is_told() {
        for json in [
            "",
            "{}",
            "[]",
            r#"{"libraries":{"a":{"type":"package"}}}"#,
            r#"{"libraries":{"a/":{"type":"package"}}}"#,
        ] {
            assert!(packages(json.as_bytes(), "/x").is_err(), "{json}");
        }
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = packages(&bytes, "/x");
        }
    }
}
