//! PHP: what Composer notes in `vendor/composer/installed.json`: a list of packages (Composer 1) or an object that holds
//! it (Composer 2).

use observation::latest::PackageManager;
use serde::Deserialize;
use serde_json::Value;

use super::{Described, bare, line};

#[derive(Deserialize)]
#[serde(untagged)]
enum Notes {
    Two { packages: Vec<Value> },
    One(Vec<Value>),
}

/// The packages.
pub(super) fn packages(json: &[u8], place: &str) -> Described {
    let notes: Notes =
        serde_json::from_slice(json).map_err(|_| "it is not JSON of Composer's form")?;
    let (Notes::Two { packages } | Notes::One(packages)) = notes;
    let packages = packages.iter().map(|it| {
        let text = |name: &str| it.get(name)?.as_str().and_then(line);
        let mut package = bare(PackageManager::Composer, &text("name")?, &text("version")?, place);
        package.summary = text("description");
        package.home_page = text("homepage");
        package.category = text("type");
        package.licence = it.get("license").and_then(|licence| {
            let names = licence.as_array()?.iter().filter_map(Value::as_str);
            line(&names.collect::<Vec<_>>().join(", "))
        });
        Some(package)
    });
    packages.collect::<Option<Vec<_>>>().ok_or("a package has no name or version")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Constructed from Composer's documentation of `installed.json`.
    const PACKAGE: &str = r#"{"name":"monolog/monolog","version":"3.5.0","version_normalized":"3.5.0.0",
        "type":"library","license":["MIT","BSD-3-Clause"],"description":"Logs","homepage":"https://example.org"}"#;

    #[test]
    fn both_forms_hold_packages() {
        let two = format!(r#"{{"packages":[{PACKAGE}],"dev":true,"dev-package-names":[]}}"#);
        for json in [two, format!("[{PACKAGE}]")] {
            let found = packages(json.as_bytes(), "/srv/vendor").unwrap();
            assert_eq!((&*found[0].name, &*found[0].version), ("monolog/monolog", "3.5.0"));
            assert_eq!(found[0].licence.as_deref(), Some("MIT, BSD-3-Clause"));
            assert_eq!(found[0].category.as_deref(), Some("library"));
        }
        assert_eq!(packages(b"[]", "/x"), Ok(vec![]));
    }

    #[test]
    fn another_form_is_told() {
        for json in [&b"{}"[..], b"", b"[{}]", br#"[{"name":"a"}]"#, b"[7]", b"{\"packages\":{}}"] {
            assert!(packages(json, "/x").is_err());
        }
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = packages(&bytes, "/x");
        }
    }
}
