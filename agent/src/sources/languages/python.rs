//! Python: the core metadata beside an installed distribution, fields as in mail headers
//! (<https://packaging.python.org/en/latest/specifications/core-metadata/>).

use observation::latest::{InstalledPackage, PackageManager};

use super::{bare, line};

/// Bytes of the metadata that are read: the fields stand at its start, the description behind them.
pub(super) const HEAD_BYTES: u64 = 16 * 1024;

/// The package; none without name or version.
pub(super) fn package(metadata: &[u8], place: &str) -> Option<InstalledPackage> {
    let text = String::from_utf8_lossy(metadata);
    let fields: Vec<(&str, &str)> = text
        .lines()
        .take_while(|it| !it.is_empty())
        .filter(|it| !it.starts_with([' ', '\t']))
        .filter_map(|it| it.split_once(':'))
        .collect();
    let field = |name: &str| {
        let value = fields.iter().find(|(it, _)| it.eq_ignore_ascii_case(name))?.1;
        line(value)
    };
    let classified = || {
        let mut classes = fields.iter().filter(|(name, _)| *name == "Classifier");
        let licence = classes.find_map(|(_, it)| it.trim().strip_prefix("License ::"))?;
        line(licence.rsplit("::").next()?)
    };
    let mut package = bare(PackageManager::Python, &field("Name")?, &field("Version")?, place);
    package.publisher = field("Author").or_else(|| field("Maintainer"));
    package.summary = field("Summary");
    package.home_page = field("Home-page");
    package.licence = field("License-Expression").or_else(|| field("License")).or_else(classified);
    Some(package)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The head of a real file: requests 2.34.2, shortened.
    const REQUESTS: &str = "Metadata-Version: 2.4\nName: requests\nVersion: 2.34.2\n\
        Summary: Python HTTP for Humans.\nLicense: Apache-2.0\n\
        Classifier: License :: OSI Approved :: Apache Software License\n\
        Requires-Dist: charset_normalizer<4,>=2\n\n# Requests\nName: other\n";

    fn licence(fields: &str) -> Option<String> {
        package(format!("Name: a\nVersion: 1\n{fields}").as_bytes(), "/x").unwrap().licence
    }

    #[test]
    fn fields_stand_before_the_description() {
        let found = package(REQUESTS.as_bytes(), "/opt/v/lib").unwrap();
        assert_eq!((&*found.name, &*found.version), ("requests", "2.34.2"));
        assert_eq!(found.summary.as_deref(), Some("Python HTTP for Humans."));
        assert_eq!(found.place.as_deref(), Some("/opt/v/lib"));
        assert_eq!(found.licence.as_deref(), Some("Apache-2.0"));
        assert_eq!(found.publisher, None);
    }

    #[test]
    fn the_licence_is_the_expression_else_the_text_else_the_class() {
        let class = "Classifier: License :: OSI Approved :: MIT License\n";
        assert_eq!(
            licence(&format!("License: MIT\nLicense-Expression: MIT-0\n{class}")).unwrap(),
            "MIT-0"
        );
        assert_eq!(licence(&format!("License: UNKNOWN\n{class}")).unwrap(), "MIT License");
        // A whole licence as text: its first line, the others are continuations.
        assert_eq!(licence("License: Copyright X\n  All rights\n").unwrap(), "Copyright X");
        assert_eq!(licence("Classifier: Topic :: X\n"), None);
    }

    #[test]
    fn metadata_without_name_or_version_is_no_package() {
        for text in
            ["", "Name: a\n", "Version: 1\n", "Name:\nVersion: 1\n", "\nName: a\nVersion: 1"]
        {
            assert_eq!(package(text.as_bytes(), "/x"), None, "{text}");
        }
        assert!(package(b"Name: a\r\nVersion: 1\r\n", "/x").is_some());
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = package(&bytes, "/x");
        }

        #[test]
        fn hostile_fields_never_panic(text in "((Name|Version|License|Classifier):?\\PC{0,9}\n){0,9}") {
            let _ = package(text.as_bytes(), "/x");
        }
    }
}
