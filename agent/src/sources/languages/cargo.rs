//! Rust: what `cargo install` notes in `.crates.toml` beside the programs (`cargo::ops::common_for_install_and_uninstall`).

use observation::latest::PackageManager;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Described, bare};

#[derive(Deserialize)]
struct Notes {
    #[serde(default)]
    v1: std::collections::BTreeMap<String, IgnoredAny>,
}

/// The installed crates: keys of the form `name version (source)`.
pub(super) fn packages(notes: &[u8], place: &str) -> Described {
    let text = std::str::from_utf8(notes).map_err(|_| "it is not UTF-8")?;
    let notes: Notes = toml::from_str(text).map_err(|_| "it is not TOML of cargo's form")?;
    let packages = notes.v1.keys().map(|key| {
        let mut words = key.split(' ');
        let (name, version) = (words.next()?, words.next()?);
        (!name.is_empty() && !version.is_empty())
            .then(|| bare(PackageManager::Cargo, name, version, place))
    });
    packages.collect::<Option<Vec<_>>>().ok_or("a key is not name, version and source")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn installed_crates_are_the_keys() {
        // Real: cargo 1.95.
        let text = "[v1]\n\"cargo-deny 0.20.2 (registry+https://github.com/rust-lang/crates.io-index)\" = [\"cargo-deny\"]\n";
        let found = packages(text.as_bytes(), "/x").unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((&*found[0].name, &*found[0].version), ("cargo-deny", "0.20.2"));
        assert_eq!(packages(b"", "/x"), Ok(vec![]));
    }

    #[test]
    fn another_form_is_told() {
        for text in [&b"[v1]\n\"name\" = []\n"[..], b"v1 = 7\n", b"[", b"\xff"] {
            assert!(packages(text, "/x").is_err());
        }
    }

    proptest! {
        #[test]
        fn hostile_text_never_panics(text in "(\\[v1\\]\n)?(\"\\PC{0,9}\" = \\[\\]\n){0,3}") {
            let _ = packages(text.as_bytes(), "/x");
        }
    }
}
