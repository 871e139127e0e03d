//! Whatever goes wrong, a person reads what happened, why that is likely and what to do.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test that cannot read the tree must stop"
)]

use std::fs;
use std::path::{Path, PathBuf};

use wording::Language;

/// The texts that a key of [`kataster::failure::Failure`] needs.
const ENDINGS: [&str; 3] = ["", "-why", "-next"];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    let below = |path: PathBuf| if path.is_dir() { sources(&path) } else { vec![path] };
    entries.flat_map(below).filter(|it| it.extension().is_some_and(|it| it == "rs")).collect()
}

/// The first text after each exit code: the key of the failure.
fn failure_keys(text: &str) -> Vec<String> {
    let after = text.split("(ExitCode::").skip(1);
    let keys = after.filter_map(|it| {
        let (_, rest) = it.split_once(',')?;
        let rest = rest.trim_start().strip_prefix('"')?;
        rest.split_once('"').map(|(key, _)| key.to_owned())
    });
    keys.collect()
}

#[test]
fn every_failure_is_explained_in_both_languages() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../collector/src");
    let texts = sources(&folder).into_iter().map(|it| fs::read_to_string(it).unwrap());
    let keys: Vec<String> = texts.flat_map(|it| failure_keys(&it)).collect();
    assert!(keys.len() > 30 && keys.contains(&"locked".to_owned()), "{keys:?}");
    for language in [Language::German, Language::English] {
        for (key, ending) in keys.iter().flat_map(|key| ENDINGS.map(|it| (key, it))) {
            let message = format!("command-failure-{key}{ending}");
            assert!(language.wording().has(&message), "{language:?}: {message} is missing");
        }
    }
}
