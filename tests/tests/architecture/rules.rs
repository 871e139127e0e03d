//! Rules about the text of the files.

use super::tables::{FILE_LINES_MAX, Plugins};
use super::tree::{SourceFile, Violation};

pub(crate) fn module_order(files: &[SourceFile], layers: &[(&str, &[&str])]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (folder, order) in layers {
        for file in files.iter().filter(|it| it.is_below(folder)) {
            let Some(module) = module_of(file, folder) else { continue };
            let Some(rank) = order.iter().position(|it| *it == module) else {
                let rule = format!("module {module} has no place in the order of {folder}");
                violations.push(file.violation(1, rule, "add it to LAYERS".to_owned()));
                continue;
            };
            violations.extend(upward_uses(file, folder, order, rank));
        }
    }
    violations
}

/// The first module below the folder; none for the roots of the crate.
fn module_of<'a>(file: &'a SourceFile, folder: &str) -> Option<&'a str> {
    let rest = file.path.strip_prefix(folder)?.strip_prefix('/')?;
    let first = rest.split('/').next()?;
    let module = first.strip_suffix(".rs").unwrap_or(first);
    (!["lib", "main", "bin"].contains(&module)).then_some(module)
}

fn upward_uses(file: &SourceFile, folder: &str, order: &[&str], rank: usize) -> Vec<Violation> {
    let mut violations = Vec::new();
    // `super::` names a sibling of the file's module only from directly below the folder.
    let depth = file.path[folder.len() + 1..].split('/').count();
    for (line_number, line) in file.code() {
        if line.contains("use crate::{") {
            let rule = "a grouped use of the crate's modules hides arrows".to_owned();
            violations.push(file.violation(line_number, rule, "one `use` per module".to_owned()));
        }
        let own = words_after(line, "crate::");
        let near = words_after(line, "super::").filter(|_| depth == 1);
        for used in own.chain(near) {
            if order[rank + 1..].contains(&used) {
                let rule = format!("{} must not use {used}, which comes after it", order[rank]);
                let remedy = format!("the order is {order:?} (LAYERS)");
                violations.push(file.violation(line_number, rule, remedy));
            }
        }
    }
    violations
}

/// The word after each occurrence of a marker that is not part of a longer word.
fn words_after<'a>(line: &'a str, marker: &'a str) -> impl Iterator<Item = &'a str> {
    let is_start = |at: usize| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|it| !it.is_alphanumeric() && it != '_')
    };
    let starts = line.match_indices(marker).filter(move |(at, _)| is_start(*at));
    starts.filter_map(move |(at, _)| {
        line[at + marker.len()..].split(|it: char| !it.is_alphanumeric() && it != '_').next()
    })
}

pub(crate) fn registration(files: &[SourceFile], plugins: &[Plugins]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for folder in plugins {
        let path = format!("{}/mod.rs", folder.folder);
        let Some(registry) = files.iter().find(|it| it.path == path) else { continue };
        for file in plugin_files(files, folder) {
            violations.extend(unregistered(file, registry, folder));
        }
        violations.extend(unsorted(registry, folder));
    }
    violations
}

fn plugin_files<'a>(
    files: &'a [SourceFile],
    plugins: &'a Plugins,
) -> impl Iterator<Item = &'a SourceFile> {
    files.iter().filter(|it| {
        let rest = it.path.strip_prefix(plugins.folder).and_then(|it| it.strip_prefix('/'));
        rest.is_some_and(|it| !it.contains('/') && it != "mod.rs")
    })
}

fn plugin_name(file: &SourceFile) -> &str {
    let name = file.path.rsplit('/').next().unwrap();
    name.strip_suffix(".rs").unwrap()
}

fn unregistered(file: &SourceFile, registry: &SourceFile, plugins: &Plugins) -> Vec<Violation> {
    let name = plugin_name(file);
    let mut violations = Vec::new();
    let needed = [format!("mod {name};"), format!("&{name}::{},", plugins.item)];
    // rustfmt puts a short list on one line; its last entry then ends the list.
    let text =
        registry.text.replace(&format!("::{}]", plugins.item), &format!("::{},]", plugins.item));
    for line in needed.iter().filter(|it| !text.contains(*it)) {
        let rule = format!("{name} is not registered");
        let remedy = format!("add `{line}` to {}", registry.path);
        violations.push(file.violation(1, rule, remedy));
    }
    if let Some(prefix) = plugins.prefix {
        let id = format!("\"{prefix}.{name}\"");
        if !file.text.contains(&id) {
            let rule = "file name and id differ".to_owned();
            violations.push(file.violation(1, rule, format!("the id is {id}")));
        }
    }
    violations
}

fn unsorted(registry: &SourceFile, plugins: &Plugins) -> Vec<Violation> {
    // Sheets stand in the order of the workbook, which their own test keeps.
    if plugins.prefix.is_none() && registry.text.contains("in the order of the workbook") {
        return Vec::new();
    }
    let item = format!("::{},", plugins.item);
    let listed: Vec<(usize, &str)> =
        registry.code().filter(|(_, line)| line.trim_end().ends_with(&item)).collect();
    let pairs = listed.windows(2).filter(|pair| pair[0].1.trim() > pair[1].1.trim());
    pairs
        .map(|pair| {
            let rule = "the list of plugins is not sorted".to_owned();
            registry.violation(pair[1].0, rule, format!("move `{}` up", pair[1].1.trim()))
        })
        .collect()
}

pub(crate) fn siblings(files: &[SourceFile], plugins: &[Plugins]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for folder in plugins {
        let names: Vec<&str> = plugin_files(files, folder).map(plugin_name).collect();
        let last = folder.folder.rsplit('/').next().unwrap();
        for file in plugin_files(files, folder) {
            for other in names.iter().filter(|it| **it != plugin_name(file)) {
                let paths = [format!("super::{other}"), format!("{last}::{other}")];
                for (line_number, line) in file.code() {
                    let uses = |path: &String| {
                        words_after(line, path.strip_suffix(other).unwrap()).any(|it| it == *other)
                    };
                    if paths.iter().any(uses) {
                        let rule = format!("{} uses its sibling {other}", plugin_name(file));
                        let remedy = "move what both need above the folder".to_owned();
                        violations.push(file.violation(line_number, rule, remedy));
                    }
                }
            }
        }
    }
    violations
}

pub(crate) fn forbidden_words(
    files: &[SourceFile],
    table: &[(&str, &[&str], &str, &str)],
) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (folder, exempt, word, why) in table {
        let concerned = |it: &&SourceFile| {
            it.is_below(folder) && !exempt.iter().any(|exempt| it.is_below(exempt))
        };
        for file in files.iter().filter(concerned) {
            for (line_number, _) in file.code().filter(|(_, line)| line.contains(word)) {
                let rule = format!("`{word}` must not stand below {folder}");
                violations.push(file.violation(line_number, rule, (*why).to_owned()));
            }
        }
    }
    violations
}

pub(crate) fn word_homes(files: &[SourceFile], table: &[(&str, &[&str], &str)]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (word, homes, why) in table {
        let outside = |it: &&SourceFile| !homes.iter().any(|home| it.is_below(home));
        for file in files.iter().filter(outside) {
            for (line_number, _) in file.code().filter(|(_, line)| line.contains(word)) {
                let rule = format!("`{word}` belongs to {homes:?}");
                violations.push(file.violation(line_number, rule, (*why).to_owned()));
            }
        }
    }
    violations
}

pub(crate) fn lints(manifests: &[SourceFile]) -> Vec<Violation> {
    let without = manifests.iter().filter(|it| !it.text.contains("[lints]\nworkspace = true"));
    let missing = |file: &SourceFile| {
        let remedy = "add `[lints]` with `workspace = true`".to_owned();
        file.violation(1, "the crate does not take the workspace's lints".to_owned(), remedy)
    };
    without.map(missing).collect()
}

pub(crate) fn file_length(files: &[SourceFile]) -> Vec<Violation> {
    let long = files.iter().filter(|it| it.lines_before_tests() > FILE_LINES_MAX);
    let too_long = |file: &SourceFile| {
        let rule = format!("the file has more than {FILE_LINES_MAX} lines before its tests");
        file.violation(FILE_LINES_MAX + 1, rule, "split it by concern".to_owned())
    };
    long.map(too_long).collect()
}
