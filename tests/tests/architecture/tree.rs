//! The source tree as text.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// A file, its path relative to the root of the workspace.
pub(crate) struct SourceFile {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// A broken rule.
pub(crate) struct Violation {
    pub(crate) path: String,
    pub(crate) line_number: usize,
    pub(crate) rule: String,
    pub(crate) remedy: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {} -> {}", self.path, self.line_number, self.rule, self.remedy)
    }
}

impl SourceFile {
    /// The lines that are code, with their numbers from 1; a comment at the end of a line counts as
    /// code, which errs on the safe side.
    pub(crate) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().map(|(index, line)| (index + 1, line));
        lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// The lines before the file's own tests.
    pub(crate) fn lines_before_tests(&self) -> usize {
        let lines: Vec<&str> = self.text.lines().collect();
        let is_test = |pair: &[&str]| pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod ");
        lines.windows(2).position(is_test).unwrap_or(lines.len())
    }

    pub(crate) fn is_below(&self, folder: &str) -> bool {
        self.path == folder || self.path.starts_with(&format!("{folder}/"))
    }

    pub(crate) fn violation(&self, line_number: usize, rule: String, remedy: String) -> Violation {
        Violation { path: self.path.clone(), line_number, rule, remedy }
    }
}

/// All Rust files of the workspace's crates.
pub(crate) fn sources() -> Vec<SourceFile> {
    let folders = ["agent", "collector", "shared", "tests/src"];
    folders.iter().flat_map(|it| below(&root().join(it), "rs")).collect()
}

/// The manifests of all crates.
pub(crate) fn manifests() -> Vec<SourceFile> {
    let folders = ["agent", "collector", "shared", "tests"];
    let all = folders.iter().flat_map(|it| below(&root().join(it), "toml"));
    all.filter(|it| it.path.ends_with("/Cargo.toml") && !it.path.contains("/fuzz/")).collect()
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn below(path: &Path, extension: &str) -> Vec<SourceFile> {
    if path.is_dir() {
        if path.ends_with("target") {
            return Vec::new();
        }
        let mut entries: Vec<PathBuf> =
            fs::read_dir(path).unwrap().map(|it| it.unwrap().path()).collect();
        entries.sort();
        return entries.iter().flat_map(|it| below(it, extension)).collect();
    }
    if path.extension().is_none_or(|it| it != extension) {
        return Vec::new();
    }
    let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
    vec![SourceFile { path: name, text: fs::read_to_string(path).unwrap() }]
}
