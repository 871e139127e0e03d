//! Keeps the architecture: which crate and which module may use which, how plugins are registered,
//! and which words must not appear below a folder.
//!
//! Reads the tree as text and asks `cargo tree`. Each rule is a pure function over the files, and
//! each has a test here that breaks it on purpose. A message names file, line, rule and remedy.
//! Known limit: a glob re-export can still carry a name upward; reviews watch `pub use …::*`.

#![expect(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that cannot read the tree must stop"
)]

mod architecture {
    pub(crate) mod crates;
    pub(crate) mod rules;
    pub(crate) mod tables;
    pub(crate) mod tree;
}

use architecture::tree::{SourceFile, Violation};
use architecture::{crates, rules, tables, tree};

fn assert_kept(violations: &[Violation]) {
    let text: Vec<String> = violations.iter().map(ToString::to_string).collect();
    assert!(violations.is_empty(), "{} violations\n{}", text.len(), text.join("\n"));
}

#[test]
fn crates_use_only_the_crates_below_them() {
    assert_kept(&crates::arrows(tables::CRATES, &crates::direct_dependencies));
}

#[test]
fn pure_crates_reach_no_io_and_the_agent_stays_small() {
    assert_kept(&crates::unreachable(tables::UNREACHABLE, &crates::all_dependencies));
}

#[test]
fn some_libraries_have_one_home() {
    assert_kept(&crates::homes(tables::HOMES, tables::CRATES, &crates::direct_dependencies));
}

#[test]
fn modules_use_only_the_modules_before_them() {
    assert_kept(&rules::module_order(&tree::sources(), tables::LAYERS));
}

#[test]
fn every_plugin_is_registered_under_its_own_name() {
    assert_kept(&rules::registration(&tree::sources(), tables::PLUGINS));
}

#[test]
fn plugins_do_not_know_each_other() {
    assert_kept(&rules::siblings(&tree::sources(), tables::PLUGINS));
}

#[test]
fn forbidden_words_stay_out() {
    assert_kept(&rules::forbidden_words(&tree::sources(), tables::FORBIDDEN));
}

#[test]
fn words_with_one_home_stay_there() {
    assert_kept(&rules::word_homes(&tree::sources(), tables::WORD_HOMES));
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    assert_kept(&rules::lints(&tree::manifests()));
}

#[test]
fn files_fit_into_a_head() {
    assert_kept(&rules::file_length(&tree::sources()));
}

/// One file of an invented tree.
fn file(path: &str, text: &str) -> SourceFile {
    SourceFile { path: path.to_owned(), text: text.to_owned() }
}

fn assert_caught(violations: &[Violation], at: &str, says: &str) {
    let text: Vec<String> = violations.iter().map(ToString::to_string).collect();
    assert_eq!(violations.len(), 1, "{text:?}");
    assert!(text[0].starts_with(at), "{text:?}");
    assert!(text[0].contains(says), "{text:?}");
}

#[test]
fn an_arrow_upward_is_caught() {
    let dependencies = |_: &str| vec!["observation".to_owned(), "store".to_owned()];
    let table = [
        ("collector/inventory", &["observation"][..]),
        ("collector/store", &["observation", "store"]),
    ];
    assert_caught(
        &crates::arrows(&table, &dependencies),
        "collector/inventory/Cargo.toml",
        "store",
    );
}

#[test]
fn an_unreachable_crate_that_is_reached_is_caught() {
    let dependencies = |_: &str| vec!["serde".to_owned(), "tokio".to_owned()];
    let table = [("collector/inventory", &["tokio"][..], "the core does no IO")];
    let found = crates::unreachable(&table, &dependencies);
    assert_caught(&found, "collector/inventory/Cargo.toml", "the core does no IO");
}

#[test]
fn a_library_outside_its_home_is_caught() {
    let dependencies = |name: &str| match name {
        "kataster-agent" => vec!["sysinfo".to_owned()],
        "kataster" => vec!["sysinfo".to_owned()],
        _ => Vec::new(),
    };
    let crates = [("agent", &[][..]), ("collector", &[])];
    let homes = [("sysinfo", &["agent"][..], "only the host door asks it")];
    let found = crates::homes(&homes, &crates, &dependencies);
    assert_caught(&found, "collector/Cargo.toml", "only the host door asks it");
}

#[test]
fn a_module_that_uses_a_later_one_is_caught() {
    let layers = [("x/src", &["asset", "export"][..])];
    for line in ["use crate::export::Sheet;", "let a = crate::export::new();", "use super::export;"]
    {
        let files = [file("x/src/asset.rs", &format!("\n{line}\n"))];
        assert_caught(&rules::module_order(&files, &layers), "x/src/asset.rs:2", "export");
    }
    let files = [file("x/src/export/mod.rs", "use crate::asset::Asset;\n")];
    assert_kept(&rules::module_order(&files, &layers));
}

#[test]
fn a_module_that_nobody_ordered_is_caught() {
    let layers = [("x/src", &["asset"][..])];
    let files = [file("x/src/asset.rs", ""), file("x/src/stray.rs", "")];
    assert_caught(&rules::module_order(&files, &layers), "x/src/stray.rs:1", "LAYERS");
}

#[test]
fn a_grouped_use_is_caught() {
    let layers = [("x/src", &["asset", "export"][..])];
    let files = [file("x/src/asset.rs", "use crate::{asset::A, export::B};\n")];
    assert_caught(&rules::module_order(&files, &layers), "x/src/asset.rs:1", "one `use` per");
}

#[test]
fn an_unregistered_plugin_is_caught() {
    let plugins = [tables::Plugins { folder: "p", item: "SOURCE", prefix: Some("d") }];
    let own = "pub(super) const SOURCE: Source = Source { id: SourceId::from_static(\"d.one\") };";
    let files = [file("p/mod.rs", "mod one;\n"), file("p/one.rs", own)];
    assert_caught(&rules::registration(&files, &plugins), "p/one.rs:1", "&one::SOURCE,");
    let files = [file("p/mod.rs", "&one::SOURCE,\n"), file("p/one.rs", own)];
    assert_caught(&rules::registration(&files, &plugins), "p/one.rs:1", "mod one;");
}

#[test]
fn a_plugin_under_another_name_is_caught() {
    let plugins = [tables::Plugins { folder: "p", item: "SOURCE", prefix: Some("d") }];
    let own = "pub(super) const SOURCE: Source = Source { id: SourceId::from_static(\"d.two\") };";
    let files = [file("p/mod.rs", "mod one;\n&one::SOURCE,\n"), file("p/one.rs", own)];
    assert_caught(&rules::registration(&files, &plugins), "p/one.rs:1", "\"d.one\"");
}

#[test]
fn an_unsorted_list_is_caught() {
    let plugins = [tables::Plugins { folder: "p", item: "SHEET", prefix: None }];
    let registry = "mod a;\nmod b;\n&b::SHEET,\n&a::SHEET,\n";
    let files = [file("p/mod.rs", registry), file("p/a.rs", ""), file("p/b.rs", "")];
    assert_caught(&rules::registration(&files, &plugins), "p/mod.rs:4", "sorted");
}

#[test]
fn a_plugin_that_uses_its_sibling_is_caught() {
    let plugins = [tables::Plugins { folder: "p", item: "SOURCE", prefix: None }];
    for line in ["use super::two::parse;", "crate::p::two::parse();"] {
        let files = [file("p/one.rs", line), file("p/two.rs", ""), file("p/mod.rs", "")];
        assert_caught(&rules::siblings(&files, &plugins), "p/one.rs:1", "sibling two");
    }
}

#[test]
fn a_forbidden_word_is_caught_and_a_comment_is_not() {
    let table = [("a/src", &[][..], "std::process", "through the host door")];
    let files = [file("a/src/x.rs", "// std::process is forbidden\nstd::process::exit(1);\n")];
    assert_caught(&rules::forbidden_words(&files, &table), "a/src/x.rs:2", "host door");
    let table = [("a/src", &["a/src/door"][..], "std::process", "through the host door")];
    assert_kept(&rules::forbidden_words(&[file("a/src/door/x.rs", "std::process")], &table));
}

#[test]
fn a_word_outside_its_home_is_caught() {
    let table = [("rusqlite", &["collector/store"][..], "only the store knows SQL")];
    let files = [
        file("collector/src/x.rs", "use rusqlite::Connection;"),
        file("collector/store/src/y.rs", "rusqlite"),
    ];
    assert_caught(&rules::word_homes(&files, &table), "collector/src/x.rs:1", "knows SQL");
}

#[test]
fn a_crate_without_the_lints_is_caught() {
    let good = file("a/Cargo.toml", "[package]\n[lints]\nworkspace = true\n");
    let bad = file("b/Cargo.toml", "[package]\n");
    assert_caught(&rules::lints(&[good, bad]), "b/Cargo.toml:1", "workspace = true");
}

#[test]
fn a_file_of_a_thousand_lines_is_caught_and_its_tests_do_not_count() {
    let long = "x\n".repeat(1000);
    assert_caught(&rules::file_length(&[file("a/src/x.rs", &long)]), "a/src/x.rs:801", "800");
    let tested = format!("x\n#[cfg(test)]\nmod tests {{\n{long}}}\n");
    assert_kept(&rules::file_length(&[file("a/src/x.rs", &tested)]));
}
