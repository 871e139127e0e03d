//! Extensions of web browsers and of Thunderbird in the profiles of persons: what they are, whether they are on, whether they
//! come from the maker's store and what they may do. Parts of the browser itself are left out.

use std::collections::BTreeSet;

use observation::latest::{
    Absent, Cadence, Complaint, Extension, Fact, Platform, SourceId, UserName,
};
use serde::Deserialize;
use serde_json::Value;

use crate::host::{Ask, ExtensionSetting, Host, Preferences};
use crate::sources::context::Context;
use crate::sources::extensions::{
    Homes, PERMISSION_BYTES_MAX, PERMISSIONS_MAX, first, gap, readable,
};
use crate::sources::persons::Persons;
use crate::sources::{Found, Source};

/// Mozilla's programs with the folders of their profiles, below a home.
const MOZILLA: &[(&str, &str)] = &[
    ("Firefox", ".mozilla/firefox"),
    ("Firefox", ".config/mozilla/firefox"),
    ("Firefox", "snap/firefox/common/.mozilla/firefox"),
    ("Firefox", ".var/app/org.mozilla.firefox/.mozilla/firefox"),
    ("LibreWolf", ".librewolf"),
    ("Thunderbird", ".thunderbird"),
    ("Thunderbird", "snap/thunderbird/common/.thunderbird"),
];
/// Chromium and its relatives with the folders of their profiles, below a home.
const CHROMIUM: &[(&str, &str)] = &[
    ("Brave", ".config/BraveSoftware/Brave-Browser"),
    ("Chromium", ".config/chromium"),
    ("Chromium", "snap/chromium/common/chromium"),
    ("Chromium", ".var/app/org.chromium.Chromium/config/chromium"),
    ("Google Chrome", ".config/google-chrome"),
    ("Google Chrome", ".var/app/com.google.Chrome/config/google-chrome"),
    ("Microsoft Edge", ".config/microsoft-edge"),
    ("Vivaldi", ".config/vivaldi"),
];
/// Files of a Chromium profile that may hold the extensions; the second one where preferences are guarded.
const PREFERENCES: &[&str] = &["Preferences", "Secure Preferences"];
/// Largest file.
const BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Most profiles of a program of one person.
const PROFILES_MAX: usize = 64;
/// Most extensions of a profile.
const EXTENSIONS_MAX: usize = 500;
/// Where extensions lie that belong to the program itself (`XPIProvider`), by the beginning of the word.
const OWN_PLACES: &[&str] = &["app-builtin", "app-system-addons", "app-system-defaults"];
/// The store of Mozilla's programs.
const MOZILLA_STORES: &[&str] = &["https://addons.mozilla.org/", "https://addons.thunderbird.net/"];
/// Parts of the browser itself: `kComponent` and `kExternalComponent` of Chromium.
const COMPONENTS: [u64; 2] = [5, 10];
/// Characters before the point in the name of a profile of Mozilla; what follows is a person's choice.
const SALT_CHARS: usize = 8;

/// Extensions of web browsers.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("software.browser_extensions"),
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
        for (programs, is_mozilla) in [(MOZILLA, true), (CHROMIUM, false)] {
            for (application, folder) in programs {
                let root = format!("{home}/{folder}");
                let Some(profiles) = readable(host.names(&root), &persons, &root, &mut found)
                else {
                    continue;
                };
                let shown_root = persons.path(&root);
                for profile in first(profiles, PROFILES_MAX, &shown_root, &mut found) {
                    let profile = &profile;
                    let place = persons.path(&format!("{root}/{}", shown(profile, is_mozilla)));
                    let it =
                        Profile { application, path: format!("{root}/{profile}"), place, owner };
                    if is_mozilla {
                        it.mozilla(host, &mut found)
                    } else {
                        it.chromium(host, &mut found)
                    }
                }
            }
        }
    }
    homes.finish(found)
}

/// The name of a profile, without the part that a person chose.
fn shown(profile: &str, is_mozilla: bool) -> &str {
    let salt = profile.split('.').next().unwrap_or_default();
    if is_mozilla && salt.len() == SALT_CHARS {
        return salt;
    }
    let is_numbered = profile.strip_prefix("Profile ").is_some_and(|it| it.parse::<u16>().is_ok());
    if profile == "Default" || is_numbered { profile } else { "…" }
}

struct Profile<'a> {
    application: &'a str,
    path: String,
    place: String,
    owner: &'a UserName,
}

/// `extensions.json`, as far as it is needed.
#[derive(Deserialize)]
struct AddOns {
    addons: Vec<AddOn>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AddOn {
    id: String,
    #[serde(default)]
    version: Option<String>,
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    location: String,
    #[serde(default)]
    active: Option<bool>,
    #[serde(rename = "sourceURI", default)]
    source: Option<String>,
    #[serde(default)]
    default_locale: Option<Locale>,
    #[serde(default)]
    user_permissions: Option<Permissions>,
}

#[derive(Deserialize)]
struct Locale {
    #[serde(default)]
    name: Option<String>,
}

#[derive(Deserialize)]
struct Permissions {
    #[serde(default)]
    permissions: Vec<String>,
    #[serde(default)]
    origins: Vec<String>,
}

impl Profile<'_> {
    fn mozilla(&self, host: &dyn Host, found: &mut Found) {
        let bytes = match host.bytes(&format!("{}/extensions.json", self.path), BYTES_MAX) {
            Ok(bytes) => bytes,
            // Other files lie beside the profiles.
            Err(Absent::NotHere { .. }) => return,
            Err(reason) => return found.gaps.push(gap(&self.place, reason)),
        };
        let Ok(read) = serde_json::from_slice::<AddOns>(&bytes) else {
            return self.complain("extensions.json has another form", found);
        };
        let is_own = |it: &AddOn| OWN_PLACES.iter().any(|own| it.location.starts_with(own));
        let chosen = read.addons.into_iter().filter(|it| it.kind == "extension" && !is_own(it));
        for it in first(chosen.collect(), EXTENSIONS_MAX, &self.place, found) {
            let permissions = it.user_permissions.map(|it| [it.permissions, it.origins].concat());
            let is_store = |it: String| MOZILLA_STORES.iter().any(|store| it.starts_with(store));
            add(
                Extension {
                    name: it.default_locale.and_then(|it| it.name),
                    version: it.version,
                    is_enabled: it.active,
                    is_from_store: it.source.map(is_store),
                    ..self.empty(it.id)
                },
                permissions.unwrap_or_default(),
                found,
            );
        }
    }

    fn chromium(&self, host: &dyn Host, found: &mut Found) {
        let mut seen = BTreeSet::new();
        for name in PREFERENCES {
            let bytes = match host.bytes(&format!("{}/{name}", self.path), BYTES_MAX) {
                Ok(bytes) => bytes,
                Err(Absent::NotHere { .. }) => continue,
                Err(reason) => {
                    found.gaps.push(gap(&self.place, reason));
                    continue;
                }
            };
            let Some(read) = Preferences::parse(&bytes) else {
                self.complain("its preferences have another form", found);
                continue;
            };
            let settings = read.extensions.settings.into_iter().collect();
            for (id, it) in first(settings, EXTENSIONS_MAX, &self.place, found) {
                let is_part = it.location.as_u64().is_some_and(|it| COMPONENTS.contains(&it));
                // What was removed leaves an entry without a folder.
                if is_part || it.path.as_str().is_none_or(str::is_empty) || !seen.insert(id.clone())
                {
                    continue;
                }
                let extension = Extension {
                    name: self.name(host, &it),
                    version: text(it.manifest.as_ref().map(|it| &it.version)),
                    is_enabled: is_enabled(&it),
                    is_from_store: it.from_webstore.as_bool(),
                    ..self.empty(id)
                };
                add(extension, granted(&it.active_permissions), found);
            }
        }
    }

    /// The name; where the manifest has a key in its place, the words of the extension's own language.
    fn name(&self, host: &dyn Host, it: &ExtensionSetting) -> Option<String> {
        let manifest = it.manifest.as_ref()?;
        let name = text(Some(&manifest.name))?;
        let Some(key) = name.strip_prefix("__MSG_").and_then(|it| it.strip_suffix("__")) else {
            return Some(name);
        };
        let (folder, locale) = (text(Some(&it.path))?, text(Some(&manifest.default_locale))?);
        let is_plain = |it: &str| !it.starts_with('/') && !it.split('/').any(|it| it == "..");
        if !is_plain(&folder) || locale.contains('/') || !is_plain(&locale) {
            return None;
        }
        let path = format!("{}/Extensions/{folder}/_locales/{locale}/messages.json", self.path);
        let words: Value = serde_json::from_slice(&host.bytes(&path, BYTES_MAX).ok()?).ok()?;
        let mut words = words.as_object()?.iter();
        let (_, message) = words.find(|(it, _)| it.eq_ignore_ascii_case(key))?;
        text(message.get("message"))
    }

    fn empty(&self, id: String) -> Extension {
        Extension {
            application: self.application.to_owned(),
            id,
            name: None,
            version: None,
            is_enabled: None,
            is_from_store: None,
            permissions: Vec::new(),
            permissions_left_out: 0,
            owner: Some(self.owner.clone()),
            place: self.place.clone(),
        }
    }

    fn complain(&self, problem: &str, found: &mut Found) {
        let (place, problem) = (self.place.clone(), problem.to_owned());
        found.complaints.push(Complaint { place, problem });
    }
}

/// Adds an extension with as many permissions as are told.
fn add(extension: Extension, permissions: Vec<String>, found: &mut Found) {
    let all: BTreeSet<String> =
        permissions.into_iter().filter(|it| it.len() <= PERMISSION_BYTES_MAX).collect();
    let left_out = all.len().saturating_sub(PERMISSIONS_MAX);
    found.facts.push(Fact::Extension(Extension {
        permissions: all.into_iter().take(PERMISSIONS_MAX).collect(),
        permissions_left_out: u32::try_from(left_out).unwrap_or(u32::MAX),
        ..extension
    }));
}

fn text(value: Option<&Value>) -> Option<String> {
    value?.as_str().map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned)
}

fn is_enabled(it: &ExtensionSetting) -> Option<bool> {
    if let Some(state) = it.state.as_u64() {
        return Some(state == 1);
    }
    match &it.disable_reasons {
        Value::Null => Some(true),
        Value::Number(flags) => Some(flags.as_u64() == Some(0)),
        Value::Array(reasons) => Some(reasons.is_empty()),
        Value::Bool(_) | Value::String(_) | Value::Object(_) => None,
    }
}

/// Programming interfaces and places that it may use.
fn granted(permissions: &Value) -> Vec<String> {
    let lists = ["api", "explicit_host", "scriptable_host"];
    let lists = lists.into_iter().filter_map(|it| permissions.get(it)?.as_array());
    // A permission with values of its own is an object with its name.
    let name = |it: &Value| match it {
        Value::String(it) => Some(it.clone()),
        Value::Object(it) => it.keys().next().cloned(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
    };
    lists.flatten().filter_map(name).collect()
}

#[cfg(test)]
mod tests;
