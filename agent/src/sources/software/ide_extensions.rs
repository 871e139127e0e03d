//! Extensions of development environments in the homes of persons: Visual Studio Code and its relatives by their own list
//! (`extensions.json`), JetBrains programs by the folders of their plugins, whose versions stand in archives that are not opened.

use observation::latest::{
    Absent, Cadence, Complaint, Extension, Fact, Gap, Platform, SourceId, UserName,
};
use serde::Deserialize;

use crate::host::{Ask, Host};
use crate::sources::context::Context;
use crate::sources::extensions::{Homes, first, readable};
use crate::sources::persons::Persons;
use crate::sources::{Found, Source};

/// Programs with the folders of their extensions, below a home.
const CODE: &[(&str, &str)] = &[
    ("Code - OSS", ".vscode-oss/extensions"),
    ("Cursor", ".cursor/extensions"),
    ("Visual Studio Code", ".vscode/extensions"),
    ("Visual Studio Code", ".var/app/com.visualstudio.code/data/vscode/extensions"),
    ("Visual Studio Code Insiders", ".vscode-insiders/extensions"),
    ("Visual Studio Code Server", ".vscode-server/extensions"),
    ("VSCodium", ".var/app/com.vscodium.codium/data/codium/extensions"),
];
/// The list of the extensions in such a folder.
const LIST: &str = "extensions.json";
/// Largest list.
const LIST_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Folders of JetBrains programs (`PyCharm2025.1`), below a home; in each one folder or archive for each plugin.
const JETBRAINS: &str = ".local/share/JetBrains";
/// Folders beside those of the programs, and inside of them.
const NOT_PROGRAMS: &[&str] = &["Toolbox", "acp-agents", "consentOptions"];
/// Most extensions of a program of one person.
const EXTENSIONS_MAX: usize = 1000;

/// Extensions of development environments.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("software.ide_extensions"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let host = context.host;
    let persons = Persons::read(host, context.names)?;
    let homes = Homes::of(host, &persons);
    let mut found = Found::default();
    for (home, owner) in &homes.list {
        for (application, folder) in CODE {
            let path = format!("{home}/{folder}");
            let read = host.bytes(&format!("{path}/{LIST}"), LIST_BYTES_MAX);
            let Some(bytes) = readable(read, &persons, &path, &mut found) else { continue };
            let place = persons.path(&path);
            match code(&bytes, application, owner, &place) {
                Some(extensions) => {
                    let told = first(extensions, EXTENSIONS_MAX, &place, &mut found);
                    found.facts.extend(told.into_iter().map(Fact::Extension));
                }
                None => {
                    let problem = format!("{LIST} has another form");
                    found.complaints.push(Complaint { place, problem });
                }
            }
        }
        let path = format!("{home}/{JETBRAINS}");
        if let Some(programs) = readable(host.names(&path), &persons, &path, &mut found) {
            jetbrains(host, &programs, &path, &persons, owner, &mut found);
        }
    }
    homes.finish(found)
}

#[derive(Deserialize)]
struct Listed {
    identifier: Identifier,
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Identifier {
    id: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    /// `gallery`, `vsix` or `resource`.
    #[serde(default)]
    source: Option<String>,
}

/// The extensions of such a list; none where it has another form. Which ones are switched off stands in a
/// database of the program and is not known here.
fn code(bytes: &[u8], application: &str, owner: &UserName, place: &str) -> Option<Vec<Extension>> {
    let listed: Vec<Listed> = serde_json::from_slice(bytes).ok()?;
    let extension = |it: Listed| Extension {
        version: it.version,
        is_from_store: it.metadata.source.map(|it| it == "gallery"),
        ..empty(application, it.identifier.id, owner, place)
    };
    Some(listed.into_iter().map(extension).collect())
}

fn jetbrains(
    host: &dyn Host,
    programs: &[String],
    path: &str,
    persons: &Persons<'_>,
    owner: &UserName,
    found: &mut Found,
) {
    for program in programs.iter().filter(|it| !NOT_PROGRAMS.contains(&it.as_str())) {
        let folder = format!("{path}/{program}");
        let Some(plugins) = readable(host.names(&folder), persons, &folder, found) else {
            continue;
        };
        let place = persons.path(&folder);
        let plugins: Vec<String> = first(plugins, EXTENSIONS_MAX, &place, found)
            .into_iter()
            .filter_map(|it| plugin(host, &folder, &it))
            .collect();
        if plugins.is_empty() {
            continue;
        }
        let (why, what) = ("plugin_archive".to_owned(), place.clone());
        let (field, of) = ("extension.version".to_owned(), Some(place.clone()));
        found.gaps.push(Gap { field, of, reason: Absent::NotLookedAt { why, what } });
        found.facts.extend(
            plugins.into_iter().map(|it| Fact::Extension(empty(program, it, owner, &place))),
        );
    }
}

/// The name of a plugin: a folder with `lib`, or an archive.
fn plugin(host: &dyn Host, folder: &str, name: &str) -> Option<String> {
    if let Some(bare) = name.strip_suffix(".jar") {
        return Some(bare.to_owned());
    }
    let is_plugin = host.status(&format!("{folder}/{name}/lib")).is_ok_and(|it| it.is_folder);
    is_plugin.then(|| name.to_owned())
}

fn empty(application: &str, id: String, owner: &UserName, place: &str) -> Extension {
    Extension {
        application: application.to_owned(),
        id,
        name: None,
        version: None,
        is_enabled: None,
        is_from_store: None,
        permissions: Vec::new(),
        permissions_left_out: 0,
        owner: Some(owner.clone()),
        place: place.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    /// The form of Visual Studio Code 1.9x (`extensionsProfileScannerService.ts`), constructed.
    const CODE_LIST: &str = r#"[{"identifier":{"id":"ms-python.python","uuid":"f1f59ae4"},"version":"2026.2.0",
        "location":{"$mid":1,"fsPath":"/home/alice/.vscode/extensions/ms-python.python-2026.2.0","scheme":"file"},
        "relativeLocation":"ms-python.python-2026.2.0","metadata":{"installedTimestamp":1767225600000,"source":"gallery",
        "publisherDisplayName":"Microsoft","pinned":false}},
        {"identifier":{"id":"acme.own"},"version":"0.1.0","metadata":{"source":"vsix"}},
        {"identifier":{"id":"old.one"}}]"#;

    fn machine() -> MapHost {
        MapHost::new().file(
            "/etc/passwd",
            "root:x:0:0::/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n",
        )
    }

    fn extensions(found: &Found) -> Vec<(&str, &str, Option<&str>, Option<bool>)> {
        let facts = found.facts.iter();
        let picked =
            facts.filter_map(|it| if let Fact::Extension(it) = it { Some(it) } else { None });
        picked
            .map(|it| (&*it.application, &*it.id, it.version.as_deref(), it.is_from_store))
            .collect()
    }

    #[test]
    fn the_list_of_visual_studio_code_is_read() {
        let host = machine().file("/home/alice/.vscode/extensions/extensions.json", CODE_LIST);
        let found = with_context(&host, observe).unwrap();
        let application = "Visual Studio Code";
        let expected = [
            (application, "ms-python.python", Some("2026.2.0"), Some(true)),
            (application, "acme.own", Some("0.1.0"), Some(false)),
            (application, "old.one", None, None),
        ];
        assert_eq!(extensions(&found), expected);
        assert!(!format!("{found:?}").contains("alice"), "{found:?}");
    }

    #[test]
    fn plugins_of_jetbrains_are_told_without_versions() {
        let base = "/home/alice/.local/share/JetBrains";
        let host = machine()
            .file(&format!("{base}/PyCharm2025.1/rust/lib/rust.jar"), "")
            .file(&format!("{base}/PyCharm2025.1/small.jar"), "")
            .file(&format!("{base}/PyCharm2025.1/notes.txt"), "")
            .file(&format!("{base}/Toolbox/apps/lib/x"), "")
            .folder(&format!("{base}/GoLand2025.1"));
        let found = with_context(&host, observe).unwrap();
        let program = "PyCharm2025.1";
        let expected = [(program, "rust", None, None), (program, "small", None, None)];
        assert_eq!((extensions(&found), found.gaps.len()), (expected.to_vec(), 1));
    }

    #[test]
    fn what_cannot_be_read_is_said_without_the_name_of_a_person() {
        let host = machine()
            .file("/root/.cursor/extensions/extensions.json", "{}")
            .forbid("/home/alice/.vscode/extensions/extensions.json");
        let found = with_context(&host, observe).unwrap();
        assert_eq!((found.facts.len(), found.complaints.len(), found.gaps.len()), (0, 1, 1));
        assert!(!format!("{found:?}").contains("alice"), "{found:?}");
        let reason = with_context(&machine(), observe).unwrap_err();
        assert!(matches!(reason, Absent::NotHere { .. }));
    }

    proptest! {
        #[test]
        fn hostile_lists_never_panic(text in "\\PC{0,60}", id in "\\PC{0,12}") {
            let owner = UserName::Clear("x".to_owned());
            let _ = code(text.as_bytes(), "a", &owner, "/x");
            let listed = serde_json::json!([{"identifier": {"id": id}, "metadata": {"source": text}}]);
            let read = code(listed.to_string().as_bytes(), "a", &owner, "/x").unwrap();
            prop_assert_eq!(&read[0].id, &id);
        }
    }
}
