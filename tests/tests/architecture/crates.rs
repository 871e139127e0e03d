//! Rules about crates, answered by Cargo itself: renamed and transitive dependencies included.

use std::process::Command;

use super::tree::{Violation, root};

/// Names of the packages below a package.
pub(crate) type Dependencies<'a> = &'a dyn Fn(&str) -> Vec<String>;

pub(crate) fn arrows(table: &[(&str, &[&str])], dependencies: Dependencies<'_>) -> Vec<Violation> {
    let ours: Vec<&str> = table.iter().map(|(folder, _)| package(folder)).collect();
    let mut violations = Vec::new();
    for (folder, allowed) in table {
        for name in dependencies(package(folder)) {
            let is_ours = ours.contains(&name.as_str()) && name != package(folder);
            if is_ours && !allowed.contains(&name.as_str()) {
                let rule = format!("{} must not depend on {name}", package(folder));
                let remedy = format!("allowed are {allowed:?}; or add it to CRATES and say why");
                violations.push(at(folder, rule, remedy));
            }
        }
    }
    violations
}

pub(crate) fn unreachable(
    table: &[(&str, &[&str], &str)],
    dependencies: Dependencies<'_>,
) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (folder, forbidden, why) in table {
        let reached = dependencies(package(folder));
        for name in forbidden.iter().filter(|it| reached.iter().any(|name| name == *it)) {
            let rule = format!("{} reaches {name}: {why}", package(folder));
            let remedy = format!("`cargo tree -p {} -i {name}` shows how", package(folder));
            violations.push(at(folder, rule, remedy));
        }
    }
    violations
}

pub(crate) fn homes(
    table: &[(&str, &[&str], &str)],
    crates: &[(&str, &[&str])],
    dependencies: Dependencies<'_>,
) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (folder, _) in crates {
        let named = dependencies(package(folder));
        for (library, homes, why) in table {
            if named.iter().any(|it| it == library) && !homes.contains(folder) {
                let rule = format!("{folder} names {library}: {why}");
                violations.push(at(folder, rule, format!("its home is {homes:?}")));
            }
        }
    }
    violations
}

pub(crate) fn direct_dependencies(name: &str) -> Vec<String> {
    tree(name, &["--depth=1"])
}

pub(crate) fn all_dependencies(name: &str) -> Vec<String> {
    tree(name, &[])
}

fn tree(name: &str, more: &[&str]) -> Vec<String> {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(root()).args(["tree", "--offline", "--locked", "--prefix=none"]);
    command.args(["--edges=normal,build", "--format={p}", "--package", name]).args(more);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter_map(|it| it.split(' ').next()).map(str::to_owned).collect()
}

/// The package of a folder.
fn package(folder: &str) -> &str {
    match folder {
        "agent" => "kataster-agent",
        "collector" => "kataster",
        _ => folder.rsplit('/').next().unwrap(),
    }
}

fn at(folder: &str, rule: String, remedy: String) -> Violation {
    Violation { path: format!("{folder}/Cargo.toml"), line_number: 1, rule, remedy }
}
