use proptest::prelude::*;

use super::*;
use crate::sources::testing::{MapHost, with_context};

/// The form of Firefox 140 (`XPIDatabase.sys.mjs`), shortened from a real file of a distribution and completed by hand.
const FIREFOX: &str = r#"{"schemaVersion":37,"addons":[
  {"id":"formautofill@mozilla.org","version":"1.0","type":"extension","defaultLocale":{"name":"Form Autofill"},
   "active":true,"sourceURI":null,"userPermissions":{"permissions":[],"origins":[]},"location":"app-system-defaults"},
  {"id":"uBlock0@raymondhill.net","version":"1.62.0","type":"extension","defaultLocale":{"name":"uBlock Origin"},
   "active":true,"userDisabled":false,"path":"/home/alice/.mozilla/firefox/abcd1234.alice/extensions/u.xpi",
   "sourceURI":"https://addons.mozilla.org/firefox/downloads/file/1/u.xpi",
   "userPermissions":{"permissions":["tabs","storage","tabs"],"origins":["<all_urls>"]},"location":"app-profile"},
  {"id":"own@firma.example","version":"0.1","type":"extension","defaultLocale":{"name":null},"active":false,
   "sourceURI":"file:///tmp/own.xpi","userPermissions":null,"location":"app-profile"},
  {"id":"dark@theme","version":"1","type":"theme","active":true,"location":"app-profile"}]}"#;

/// Constructed from `extension_prefs.cc` and `pref_names.h` of Chromium.
const CHROME: &str = r#"{"account_info":[{"email":"CANARY"}],"extensions":{"settings":{
  "cjpalhdlnbpafiamejdnhcphjbkeiagm":{"active_permissions":{"api":["tabs",{"fileSystem":["write"]}],
    "explicit_host":["<all_urls>"],"manifest_permissions":[],"scriptable_host":["https://*/*"]},"from_webstore":true,
    "location":1,"manifest":{"default_locale":"en","name":"__MSG_ExtName__","version":"1.62.0"},
    "path":"cjpalhdlnbpafiamejdnhcphjbkeiagm/1.62.0_0","state":1},
  "mhjfbmdgcfjbbpaeojofohoefgiehjai":{"location":5,"manifest":{"name":"PDF Viewer","version":"1"},"path":"/opt/pdf"},
  "own":{"disable_reasons":[1],"from_webstore":false,"location":4,"manifest":{"name":"Own","version":"0.1"},
    "path":"/home/alice/own"},
  "gone":{"location":1,"state":0}}}}"#;

const PROFILE: &str = "/home/alice/.config/google-chrome/Default";

fn machine() -> MapHost {
    MapHost::new().file("/etc/passwd", "alice:x:1000:1000::/home/alice:/bin/sh\n")
}

fn extensions(found: &Found) -> Vec<&Extension> {
    let facts = found.facts.iter();
    facts.filter_map(|it| if let Fact::Extension(it) = it { Some(it) } else { None }).collect()
}

#[test]
fn extensions_of_firefox_that_a_person_added_are_told() {
    let host = machine()
        .file("/home/alice/.mozilla/firefox/profiles.ini", "")
        .file("/home/alice/.mozilla/firefox/abcd1234.alice/extensions.json", FIREFOX);
    let found = with_context(&host, observe).unwrap();
    let [block, own] = *extensions(&found) else { panic!("{found:?}") };
    assert_eq!((&*block.application, block.name.as_deref()), ("Firefox", Some("uBlock Origin")));
    assert_eq!((block.version.as_deref(), block.is_enabled), (Some("1.62.0"), Some(true)));
    assert_eq!((block.is_from_store, own.is_from_store), (Some(true), Some(false)));
    assert_eq!(block.permissions, ["<all_urls>", "storage", "tabs"]);
    assert_eq!((own.name.as_deref(), own.is_enabled), (None, Some(false)));
    assert!(block.place.ends_with("/.mozilla/firefox/abcd1234"), "{}", block.place);
    assert!(!format!("{found:?}").contains("alice"), "{found:?}");
    assert_eq!((found.gaps, found.complaints), (vec![], vec![]));
}

#[test]
fn extensions_of_chromium_are_told_with_their_names() {
    let messages = r#"{"extname":{"message":"uBlock Origin","description":"x"}}"#;
    let folder = "Extensions/cjpalhdlnbpafiamejdnhcphjbkeiagm/1.62.0_0/_locales/en";
    let host = machine()
        .file(&format!("{PROFILE}/Secure Preferences"), CHROME)
        .file(&format!("{PROFILE}/Preferences"), r#"{"extensions":{"theme":{}}}"#)
        .file(&format!("{PROFILE}/{folder}/messages.json"), messages)
        .file("/home/alice/.config/google-chrome/Local State", "{}");
    let found = with_context(&host, observe).unwrap();
    let [block, own] = *extensions(&found) else { panic!("{found:?}") };
    assert_eq!(
        (block.name.as_deref(), block.version.as_deref()),
        (Some("uBlock Origin"), Some("1.62.0"))
    );
    assert_eq!((block.is_enabled, block.is_from_store), (Some(true), Some(true)));
    assert_eq!(block.permissions, ["<all_urls>", "fileSystem", "https://*/*", "tabs"]);
    assert_eq!(
        (own.name.as_deref(), own.is_enabled, own.is_from_store),
        (Some("Own"), Some(false), Some(false))
    );
    let text = format!("{found:?}");
    assert!(!text.contains("alice") && !text.contains("CANARY"), "{text}");
}

#[test]
fn a_folder_that_leads_elsewhere_gives_no_name() {
    let planted = CHROME.replace("cjpalhdlnbpafiamejdnhcphjbkeiagm/1.62.0_0", "../../../../secret");
    let host = machine().file(&format!("{PROFILE}/Preferences"), planted).file(
        "/home/alice/secret/_locales/en/messages.json",
        r#"{"ExtName":{"message":"CANARY"}}"#,
    );
    let found = with_context(&host, observe).unwrap();
    assert_eq!(extensions(&found)[0].name, None);
}

#[test]
fn many_permissions_are_counted() {
    let all: Vec<String> =
        (0..PERMISSIONS_MAX + 7).map(|it| format!("\"https://{it}/*\"")).collect();
    let long = format!("\"{}\"", "x".repeat(PERMISSION_BYTES_MAX + 1));
    let text = FIREFOX.replace("\"<all_urls>\"", &[all, vec![long]].concat().join(","));
    let host = machine().file("/home/alice/.thunderbird/abcd1234.x/extensions.json", text);
    let found = with_context(&host, observe).unwrap();
    let first = extensions(&found)[0];
    assert_eq!((first.permissions.len(), first.permissions_left_out), (PERMISSIONS_MAX, 9));
    assert_eq!(first.application, "Thunderbird");
}

#[test]
fn names_of_profiles_that_a_person_chose_stay_here() {
    for (name, is_mozilla, expected) in [
        ("abcd1234.default-release", true, "abcd1234"),
        ("alice", true, "…"),
        ("Default", false, "Default"),
        ("Profile 12", false, "Profile 12"),
        ("Profile Alice", false, "…"),
    ] {
        assert_eq!(shown(name, is_mozilla), expected);
    }
}

#[test]
fn what_cannot_be_read_is_said() {
    let host = machine()
        .file("/home/alice/.mozilla/firefox/abcd1234.x/extensions.json", "[]")
        .file("/home/alice/.config/chromium/Default/Preferences", "broken")
        .forbid("/home/alice/.config/vivaldi");
    let found = with_context(&host, observe).unwrap();
    assert_eq!((found.facts.len(), found.complaints.len(), found.gaps.len()), (0, 2, 1));
    assert!(!format!("{found:?}").contains("alice"));
    let mounts = "30 1 0:40 / /home/alice rw - nfs4 server:/home rw\n";
    let remote = machine().file("/proc/self/mountinfo", mounts);
    let found = with_context(&remote, observe).unwrap();
    assert_eq!((found.facts.len(), found.gaps.len()), (0, 1));
    let reason = with_context(&machine(), observe).unwrap_err();
    assert!(matches!(reason, Absent::NotHere { .. }));
}

proptest! {
    #[test]
    fn hostile_profiles_never_panic(
        text in "\\PC{0,60}",
        value in "(null|1|-1|true|\"\\PC{0,4}\"|\\[\\]|\\{\\}|\\[1\\]|\\{\"a\":1\\})",
        key in "(state|location|path|from_webstore|disable_reasons|active_permissions|manifest)",
    ) {
        let setting = format!("{{\"extensions\":{{\"settings\":{{\"a\":{{\"path\":\"x\",\"{key}\":{value}}}}}}}}}");
        let add_on = format!("{{\"addons\":[{{\"id\":\"a\",\"type\":\"extension\",\"{key}\":{value}}}]}}");
        for (preferences, add_ons) in [(setting, add_on), (text.clone(), text)] {
            let host = machine()
                .file(&format!("{PROFILE}/Preferences"), preferences)
                .file("/home/alice/.mozilla/firefox/abcd1234.x/extensions.json", add_ons);
            let _ = with_context(&host, observe);
        }
    }
}
