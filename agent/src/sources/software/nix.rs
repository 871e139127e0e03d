//! The packages of Nix profiles: those of the system, of the accounts, and of the users. `manifest.json` is written by
//! `nix profile` (versions 1 to 3), `manifest.nix` by `nix-env`; what only the store holds is no package that somebody
//! installed.

use std::collections::BTreeSet;

use observation::latest::{
    Absent, AccountKind, Cadence, Complaint, Fact, Gap, InstalledPackage, PackageManager, Platform,
    SourceId, UserName,
};
use serde_json::Value;

use crate::host::{Ask, Host};
use crate::sources::context::Context;
use crate::sources::persons::Persons;
use crate::sources::{Found, Source};

/// The store; without it there is no Nix.
const STORE: &str = "/nix/store";
/// The profiles of the system and of accounts.
const DEFAULT_PROFILE: &str = "/nix/var/nix/profiles/default";
const ACCOUNTS: &str = "/nix/var/nix/profiles/per-user";
/// Profiles below a home, today's and the older place.
const PERSONAL: &[&str] = &[".local/state/nix/profiles/profile", ".nix-profile"];
/// The system of NixOS, whose packages stand in no manifest.
const NIXOS: &str = "/run/current-system";
/// Largest manifest.
const MANIFEST_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Most packages of a profile.
const PACKAGES_MAX: usize = 10_000;
/// Most steps of links from a profile to the store.
const STEPS_MAX: usize = 8;
/// Words behind the names of outputs that are not the main one.
const OUTPUTS: &[&str] = &["bin", "dev", "doc", "info", "lib", "man", "out"];
/// Digits of the hash before the name of a package in the store.
const HASH_DIGITS: usize = 32;

/// Packages of Nix profiles.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("software.nix"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let host = context.host;
    host.status(STORE)?;
    let persons = Persons::read_or_none(host, context.names);
    let mut found = Found::default();
    if host.status(NIXOS).is_ok() {
        let (why, what) = ("nix_system".to_owned(), NIXOS.to_owned());
        let (field, reason) = ("installed_package".to_owned(), Absent::NotLookedAt { why, what });
        found.gaps.push(Gap { field, of: None, reason });
    }
    let mut seen = BTreeSet::new();
    for (profile, owner) in profiles(host, &persons) {
        // A user may make a link lead anywhere: only what ends in the store is read, where root alone writes.
        let place = match generation(host, &profile) {
            Ok(it) if seen.insert((it.clone(), owner.clone())) => it,
            Err(Absent::NotAllowed { needs, .. }) => {
                let what = persons.path(&profile);
                let (field, of) = ("installed_package".to_owned(), Some(what.clone()));
                let reason = Absent::NotAllowed { what, needs };
                found.gaps.push(Gap { field, of, reason });
                continue;
            }
            Ok(_) | Err(_) => continue,
        };
        match store_paths(host, &place) {
            Ok(paths) => {
                let shown = owner.is_some().then(|| persons.path(&profile));
                let packages =
                    paths.iter().filter_map(|it| package(it, owner.as_ref(), shown.as_deref()));
                found.facts.extend(packages.map(Fact::InstalledPackage));
            }
            Err(problem) => {
                let problem = problem.to_owned();
                found.complaints.push(Complaint { place, problem });
            }
        }
    }
    Ok(found)
}

/// Profiles with the account that they belong to; none: the machine's.
fn profiles(host: &dyn Host, persons: &Persons<'_>) -> Vec<(String, Option<UserName>)> {
    let mut profiles = vec![(DEFAULT_PROFILE.to_owned(), None)];
    let accounts = host.names(ACCOUNTS).unwrap_or_default();
    profiles.extend(
        accounts.iter().map(|it| (format!("{ACCOUNTS}/{it}/profile"), Some(persons.name(it)))),
    );
    let people = persons.entries().iter();
    let people =
        people.filter(|it| matches!(persons.kind(it), AccountKind::Person | AccountKind::Root));
    for person in people {
        let home = person.home.trim_end_matches('/');
        let owner = persons.name(&person.name);
        profiles.extend(PERSONAL.iter().map(|it| (format!("{home}/{it}"), Some(owner.clone()))));
    }
    profiles
}

/// Where in the store the present generation of a profile is.
fn generation(host: &dyn Host, profile: &str) -> Result<String, Absent> {
    let mut place = profile.to_owned();
    for _ in 0..STEPS_MAX {
        if place.strip_prefix(STORE).is_some_and(|it| it.starts_with('/'))
            && !place.contains("/../")
        {
            return Ok(place);
        }
        let target = host.link(&place)?;
        place = match (target.starts_with('/'), place.rsplit_once('/')) {
            (false, Some((folder, _))) => format!("{folder}/{target}"),
            _ => target,
        };
    }
    Err(Absent::Failed {
        doing: format!("reading {profile}"),
        cause: "its links lead to no end".to_owned(),
    })
}

fn store_paths(host: &dyn Host, place: &str) -> Result<Vec<String>, &'static str> {
    let read = |name: &str| host.bytes(&format!("{place}/{name}"), MANIFEST_BYTES_MAX);
    match read("manifest.json") {
        Ok(bytes) => of_json(&bytes).ok_or("its manifest is not one of nix profile"),
        Err(Absent::NotHere { .. }) => match read("manifest.nix") {
            Ok(bytes) => Ok(of_expression(&String::from_utf8_lossy(&bytes))),
            // A profile in which nothing was ever installed.
            Err(Absent::NotHere { .. }) => Ok(Vec::new()),
            Err(_) => Err("its manifest cannot be read"),
        },
        Err(_) => Err("its manifest cannot be read"),
    }
}

/// The store paths of the active elements: a list, since version 3 an object.
fn of_json(bytes: &[u8]) -> Option<Vec<String>> {
    let manifest: Value = serde_json::from_slice(bytes).ok()?;
    let elements: Vec<&Value> = match manifest.get("elements")? {
        Value::Array(list) => list.iter().collect(),
        Value::Object(named) => named.values().collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
    };
    let is_active = |it: &&Value| it.get("active").and_then(Value::as_bool).unwrap_or(true);
    let paths = elements.into_iter().filter(is_active).filter_map(|it| {
        // The outputs of one element (`-man`, `-dev`) are one package; the shortest is the main one.
        let paths = it.get("storePaths")?.as_array()?.iter().filter_map(Value::as_str);
        paths.min_by_key(|it| it.len()).map(str::to_owned)
    });
    Some(paths.take(PACKAGES_MAX).collect())
}

/// The same of the expression that `nix-env` writes.
fn of_expression(text: &str) -> Vec<String> {
    let paths = text.split("outPath = \"").skip(1).filter_map(|it| it.split('"').next());
    let all: BTreeSet<&str> = paths.filter(|it| it.starts_with(STORE)).take(PACKAGES_MAX).collect();
    // An output of another is named like it, with a word behind.
    let name = |it: &'_ str| it.get(STORE.len() + 1 + HASH_DIGITS..).map(str::to_owned);
    let names: BTreeSet<String> = all.iter().filter_map(|it| name(it)).collect();
    let is_output = |it: &str| {
        let own = name(it).unwrap_or_default();
        let main = OUTPUTS.iter().filter_map(|it| own.strip_suffix(it)?.strip_suffix('-'));
        main.into_iter().any(|it| names.contains(it))
    };
    all.iter().filter(|it| !is_output(it)).map(|it| (*it).to_owned()).collect()
}

/// `/nix/store/HASH-NAME-VERSION`: the version begins at the first hyphen that no letter follows, as Nix itself parts
/// names (`builtins.parseDrvName`).
fn package(path: &str, owner: Option<&UserName>, place: Option<&str>) -> Option<InstalledPackage> {
    let entry = path.strip_prefix(STORE)?.strip_prefix('/')?.split('/').next()?;
    let name = entry.get(HASH_DIGITS..)?.strip_prefix('-')?;
    let mut hyphens = name.match_indices('-').map(|(at, _)| at);
    let at = hyphens.find(|at| {
        name.get(at + 1..).is_some_and(|it| it.starts_with(|it: char| !it.is_ascii_alphabetic()))
    });
    let (name, version) = match at {
        Some(at) => (name.get(..at)?, name.get(at + 1..)?),
        None => (name, ""),
    };
    Some(InstalledPackage {
        manager: PackageManager::Nix,
        name: Some(name.to_owned()).filter(|it| !it.is_empty())?,
        version: version.to_owned(),
        architecture: None,
        source_name: None,
        source_version: None,
        publisher: None,
        summary: None,
        category: None,
        home_page: None,
        size_bytes: None,
        installed_at: None,
        place: place.map(str::to_owned),
        owner: owner.cloned(),
        licence: None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    const HASH: &str = "wbhg2ga8f3h87s9h5k0slxk0m81m4cxl";

    fn store(name: &str) -> String {
        format!("{STORE}/{HASH}-{name}")
    }

    /// From the manual of Nix (manifest.json), of today's version and of version 1.
    fn json(version: u32, names: &[&str]) -> String {
        let element = |name: &&str| {
            format!(
                "{{\"active\": true, \"attrPath\": \"legacyPackages.x86_64-linux.x\", \"originalUrl\": \"flake:nixpkgs\",\
                 \"storePaths\": [\"{path}-man\", \"{path}\"], \"uri\": \"github:NixOS/nixpkgs/13d0\"}}",
                path = store(name)
            )
        };
        let elements: Vec<String> = names.iter().map(element).collect();
        if version < 3 {
            return format!("{{\"version\": {version}, \"elements\": [{}]}}", elements.join(","));
        }
        let named: Vec<String> =
            elements.iter().enumerate().map(|(index, it)| format!("\"e{index}\": {it}")).collect();
        format!("{{\"version\": {version}, \"elements\": {{{}}}}}", named.join(","))
    }

    fn machine() -> MapHost {
        MapHost::new().folder(STORE).file("/etc/passwd", "alice:x:1000:1000::/home/alice:/bin/sh\n")
    }

    fn names(found: &Found) -> Vec<String> {
        let line = |it: &Fact| {
            let Fact::InstalledPackage(it) = it else { panic!("{it:?}") };
            format!("{} {} {}", it.name, it.version, it.owner.is_some())
        };
        let mut names: Vec<String> = found.facts.iter().map(line).collect();
        names.sort();
        names
    }

    #[test]
    fn packages_of_all_profiles_are_facts() {
        let profile = ".local/state/nix/profiles";
        let host = machine()
            .link(DEFAULT_PROFILE, "default-2-link")
            .link("/nix/var/nix/profiles/default-2-link", &store("profile"))
            .file(&format!("{}/manifest.json", store("profile")), json(3, &["zoom-us-5.3.469"]))
            .link(&format!("/home/alice/{profile}/profile"), "profile-7-link")
            .link(&format!("/home/alice/{profile}/profile-7-link"), &store("own"))
            .link("/home/alice/.nix-profile", &format!("/home/alice/{profile}/profile"))
            .file(
                &format!("{}/manifest.json", store("own")),
                json(1, &["hello-2.12.1", "gnu-time"]),
            );
        let found = with_context(&host, observe).unwrap();
        assert_eq!(names(&found), ["gnu-time  true", "hello 2.12.1 true", "zoom-us 5.3.469 false"]);
        assert!(!format!("{found:?}").contains("alice"));
        assert_eq!((found.complaints, found.gaps), (vec![], vec![]));
    }

    #[test]
    fn what_nix_env_wrote_is_read_too() {
        let text = format!(
            "[ {{ meta = {{ }}; name = \"hello-2.12.1\"; out = {{ outPath = \"{0}\"; }}; outPath = \"{0}\"; \
             outputs = [ \"out\" ]; system = \"x86_64-linux\"; type = \"derivation\"; }} {{ name = \"git-2.44.0\"; \
             man = {{ outPath = \"{1}-man\"; }}; outPath = \"{1}\"; }} ]",
            store("hello-2.12.1"),
            store("git-2.44.0")
        );
        let host = machine()
            .link(DEFAULT_PROFILE, &store("env"))
            .file(&format!("{}/manifest.nix", store("env")), text);
        let found = with_context(&host, observe).unwrap();
        assert_eq!(names(&found), ["git 2.44.0 false", "hello 2.12.1 false"]);
    }

    #[test]
    fn a_link_out_of_the_store_is_not_followed() {
        let host = machine()
            .link("/home/alice/.nix-profile", "/home/bob/secret")
            .file("/home/bob/secret/manifest.json", json(1, &["x-1"]));
        assert_eq!(with_context(&host, observe).unwrap().facts, []);
        let host = machine()
            .link("/home/alice/.nix-profile", "/nix/store/../../home/bob")
            .file("/home/bob/manifest.json", json(1, &["x-1"]));
        assert_eq!(with_context(&host, observe).unwrap().facts, []);
        let host = machine().link("/home/alice/.nix-profile", ".nix-profile");
        assert_eq!(with_context(&host, observe).unwrap().facts, []);
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let host = machine()
            .link(DEFAULT_PROFILE, &store("p"))
            .file(&format!("{}/manifest.json", store("p")), "{}")
            .folder(NIXOS)
            .forbid("/home/alice/.nix-profile");
        let found = with_context(&host, observe).unwrap();
        assert_eq!((found.facts.len(), found.complaints.len(), found.gaps.len()), (0, 1, 2));
        assert!(!format!("{:?}", found.gaps).contains("alice"));
        let reason = with_context(&MapHost::new(), observe).unwrap_err();
        assert_eq!(reason, Absent::NotHere { looked_at: STORE.to_owned() });
    }

    #[test]
    fn names_are_parted_as_nix_parts_them() {
        let of = |name: &str| package(&store(name), None, None).map(|it| (it.name, it.version));
        let some = |name: &str, version: &str| Some((name.to_owned(), version.to_owned()));
        assert_eq!(of("hello-2.12.1"), some("hello", "2.12.1"));
        assert_eq!(of("python3.11-numpy-1.26.4"), some("python3.11-numpy", "1.26.4"));
        assert_eq!(of("source"), some("source", ""));
        assert_eq!(of("a-b-0-unstable-2024"), some("a-b", "0-unstable-2024"));
        assert_eq!(package("/nix/store/short", None, None), None);
        assert_eq!(package("/home/x", None, None), None);
        assert_eq!(of("-1"), None);
    }

    proptest! {
        #[test]
        fn hostile_manifests_never_panic(text in "\\PC{0,80}", name in "\\PC{0,20}") {
            let _ = of_json(text.as_bytes());
            let _ = of_json(format!("{{\"elements\": [{{\"storePaths\": [\"{name}\"]}}]}}").as_bytes());
            let _ = of_expression(&format!("outPath = \"{text}"));
            let _ = of_expression(&format!("outPath = \"/nix/store/{text}\"outPath = \"/nix/store/{name}\""));
            let _ = package(&store(&name), None, None);
            let _ = package(&format!("/nix/store/{text}"), None, None);
        }
    }
}
