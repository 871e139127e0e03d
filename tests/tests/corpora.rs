//! The inputs that fuzzing found worth keeping are read again: no parser of network bytes fails on
//! them. Fuzzing itself is `tests/fuzz/run.sh`.

#![expect(clippy::indexing_slicing, reason = "a fault of a target is a panic")]

#[path = "../fuzz/src/targets.rs"]
mod targets;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// More would make the ordinary tests slow.
const FILES_MAX: usize = 200;
/// Of one input, in an unoptimised build on a busy machine.
const TIME_MAX: Duration = Duration::from_secs(10);

fn corpus() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus")
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test reads its corpus")]
fn every_kept_input_is_read_without_a_fault() {
    for target in targets::all() {
        // A new target has no corpus until it was fuzzed.
        target.run(&[]);
        let Ok(files) = fs::read_dir(corpus().join(&target.name)) else { continue };
        let files: Vec<PathBuf> = files.map(|it| it.unwrap().path()).collect();
        assert!(files.len() <= FILES_MAX, "{}: {}", target.name, files.len());
        for file in files {
            let started = Instant::now();
            target.run(&fs::read(&file).unwrap());
            assert!(started.elapsed() < TIME_MAX, "{} is slow", file.display());
        }
    }
}

#[test]
fn every_corpus_has_its_target() {
    let names: BTreeSet<String> = targets::all().into_iter().map(|it| it.name).collect();
    for folder in fs::read_dir(corpus()).unwrap() {
        let name = folder.unwrap().file_name().into_string().unwrap();
        assert!(names.contains(&name), "no target {name}");
    }
}
