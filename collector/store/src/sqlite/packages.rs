//! Interned packages: each distinct package once, and for each body the set of its packages.
//!
//! A set is one small cell, not a row per package: a host that changes one package writes a page,
//! where rows sorted by package would dirty a page for each of its thousand packages. What we give
//! up is an index from package to body: who asks for a package has all sets read (about 2 kB per
//! body, so 20 MB for ten thousand hosts). When an observer had a package follows from the spans of
//! the bodies, so it cannot disagree with them. Reconsider when questions become more frequent than
//! reports.

use std::borrow::Cow;

use observation::latest::PackageManager;
use rusqlite::{Connection, OptionalExtension};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::cell::Word;
use super::problem::{Doing, damaged};
use crate::model::StoreError;

/// What identifies a package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PackageName {
    manager: PackageManager,
    name: String,
    version: String,
    architecture: Option<String>,
}

/// As much of a body as is needed to find packages in it. Fields of other facts may share a name
/// with these and hold anything.
#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    outcome: Outcome<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Outcome<'a> {
    Read {
        #[serde(borrow)]
        facts: Vec<Statement<'a>>,
    },
    Absent {
        #[serde(rename = "reason")]
        _reason: IgnoredAny,
    },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Statement<'a> {
    Package(#[serde(borrow)] Package<'a>),
    Other(IgnoredAny),
}

#[derive(Deserialize)]
struct Package<'a> {
    fact: PackageFact,
    manager: PackageManager,
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    version: Cow<'a, str>,
    #[serde(borrow, default)]
    architecture: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum PackageFact {
    InstalledPackage,
}

/// The packages that a body lists, sorted.
pub(crate) fn listed(bytes: &[u8]) -> Vec<PackageName> {
    const MARK: &[u8] = br#""fact":"installed_package""#;
    if !bytes.windows(MARK.len()).any(|window| window == MARK) {
        return Vec::new();
    }
    let Ok(Body { outcome: Outcome::Read { facts } }) = serde_json::from_slice(bytes) else {
        return Vec::new();
    };
    let package = |statement| match statement {
        Statement::Package(Package {
            fact: PackageFact::InstalledPackage,
            manager,
            name,
            version,
            architecture,
        }) => Some(PackageName {
            manager,
            name: name.into_owned(),
            version: version.into_owned(),
            architecture: architecture.map(Cow::into_owned),
        }),
        Statement::Other(_) => None,
    };
    let mut packages: Vec<PackageName> = facts.into_iter().filter_map(package).collect();
    packages.sort();
    packages.dedup();
    packages
}

/// Keeps the packages of a new body.
pub(crate) fn keep(
    connection: &Connection,
    body: i64,
    packages: &[PackageName],
) -> Result<(), StoreError> {
    const DOING: &str = "keeping packages";
    if packages.is_empty() {
        return Ok(());
    }
    let mut find = connection
        .prepare_cached(
            "SELECT number FROM package \
             WHERE name = ?1 AND version = ?2 AND manager = ?3 AND architecture = ?4",
        )
        .doing(DOING)?;
    let mut make = connection
        .prepare_cached(
            "INSERT INTO package (name, version, manager, architecture) VALUES (?1, ?2, ?3, ?4) \
             RETURNING number",
        )
        .doing(DOING)?;
    let mut numbers = Vec::with_capacity(packages.len());
    for package in packages {
        let architecture = package.architecture.as_deref().unwrap_or_default();
        let key = (&package.name, &package.version, Word(package.manager), architecture);
        let known = find.query_row(key, |row| row.get::<_, i64>(0)).optional();
        numbers.push(match known.doing(DOING)? {
            Some(number) => number,
            None => make.query_row(key, |row| row.get(0)).doing(DOING)?,
        });
    }
    connection
        .prepare_cached("INSERT INTO package_set VALUES (?1, ?2)")
        .and_then(|mut it| it.execute((body, packed(numbers))))
        .doing(DOING)?;
    Ok(())
}

/// Numbers as a cell: sorted, each as its distance from the one before, seven bits to a byte.
fn packed(mut numbers: Vec<i64>) -> Vec<u8> {
    numbers.sort_unstable();
    let mut bytes = Vec::with_capacity(numbers.len() * 2);
    let mut before = 0;
    for number in numbers {
        let mut distance = number.abs_diff(before);
        before = number;
        while distance > 0x7F {
            bytes.push(0x80 | low_bits(distance));
            distance >>= 7;
        }
        bytes.push(low_bits(distance));
    }
    bytes
}

fn low_bits(number: u64) -> u8 {
    u8::try_from(number & 0x7F).unwrap_or(0x7F)
}

/// The numbers in a cell.
pub(crate) fn unpacked(bytes: &[u8]) -> Result<Vec<i64>, StoreError> {
    let broken = || damaged("reading packages", "a set of packages has another form");
    let mut numbers = Vec::with_capacity(bytes.len());
    let (mut before, mut distance, mut shift) = (0_i64, 0_i64, 0_u32);
    for byte in bytes {
        // Eight groups of seven bits are more packages than there can be rows.
        if shift > 49 {
            return Err(broken());
        }
        distance |= i64::from(byte & 0x7F) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            before = before.checked_add(distance).ok_or_else(broken)?;
            numbers.push(before);
            (distance, shift) = (0, 0);
        }
    }
    if shift == 0 { Ok(numbers) } else { Err(broken()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::*;

    fn names(json: &str) -> Vec<String> {
        let listed = listed(json.as_bytes());
        listed.into_iter().map(|it| format!("{} {}", it.name, it.version)).collect()
    }

    #[test]
    fn packages_are_found_among_other_facts() {
        let json = r#"{"source":"software.dpkg","outcome":{"read":{"facts":[
            {"fact":"hologram","name":7,"version":[]},
            {"fact":"installed_package","manager":"dpkg","name":"z\u006cib","version":"1","size_bytes":3},
            {"fact":"installed_package","manager":"dpkg","name":"acl","version":"2","architecture":null},
            {"fact":"installed_package","manager":"dpkg","name":"acl","version":"2"},
            {"fact":"installed_package","manager":"not yet known","name":"x","version":"1"},
            {"fact":"installed_package","name":"without manager"}]}}}"#;
        assert_eq!(names(&json.replace("\n            ", "")), ["acl 2", "zlib 1"]);
    }

    #[test]
    fn what_lists_no_packages_has_none() {
        for json in [
            "",
            "{",
            "null",
            r#""fact":"installed_package""#,
            r#"{"outcome":{"absent":{"reason":"\"fact\":\"installed_package\""}}}"#,
            r#"{"outcome":{"read":{"facts":{"fact":"installed_package"}}}}"#,
        ] {
            assert!(names(json).is_empty(), "{json}");
        }
    }

    proptest! {
        #[test]
        fn a_set_comes_back_as_it_was(numbers in proptest::collection::btree_set(0..1_i64 << 50, 0..50)) {
            let numbers: Vec<i64> = numbers.into_iter().collect();
            let mut shuffled = numbers.clone();
            shuffled.reverse();
            prop_assert_eq!(unpacked(&packed(shuffled)).unwrap(), numbers);
        }

        #[test]
        fn any_bytes_are_a_set_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            drop(unpacked(&bytes));
        }
    }
}
