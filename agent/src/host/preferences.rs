//! What the preferences of a Chromium browser say of its extensions, and nothing else of them: accounts, addresses and
//! habits stand beside.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `Preferences` or `Secure Preferences` of a profile.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Preferences {
    /// What concerns extensions.
    #[serde(default)]
    pub extensions: Extensions,
}

/// The part about extensions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Extensions {
    /// By id.
    #[serde(default)]
    pub settings: BTreeMap<String, ExtensionSetting>,
}

/// One extension (`extensions/browser/extension_prefs.cc` of Chromium). Values of unknown form are passed over.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ExtensionSetting {
    /// 1 on, 0 off; newer versions state reasons for being off alone.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub state: Value,
    /// Why it is off: a number of flags, or a list.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub disable_reasons: Value,
    /// How it came here: 1 by the user, 4 unpacked, 5 a part of the browser, 7 by policy (`manifest.mojom`).
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub location: Value,
    /// Whether it comes from the browser's store.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub from_webstore: Value,
    /// Its folder below `Extensions`, or an absolute path where it was loaded from elsewhere.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub path: Value,
    /// What it may do.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub active_permissions: Value,
    /// Its own description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<Manifest>,
}

/// Of `manifest.json` what names the extension.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Name, or `__MSG_key__`.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub name: Value,
    /// Version.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub version: Value,
    /// Whose words stand for the keys.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub default_locale: Value,
}

impl Preferences {
    /// Reads what concerns extensions.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// The same bytes without everything else; none where they are no JSON.
    pub(super) fn sifted(bytes: &[u8]) -> Option<Vec<u8>> {
        serde_json::to_vec(&Self::parse(bytes)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_preferences_only_extensions_are_shown() {
        let text = r#"{"account_info":[{"email":"CANARY"}],"extensions":{"settings":{"abc":{"state":1,"ack":"CANARY",
            "manifest":{"name":"x","version":"1","key":"CANARY"},"path":"abc/1_0"}},"theme":"CANARY"}}"#;
        let shown = String::from_utf8(Preferences::sifted(text.as_bytes()).unwrap()).unwrap();
        assert!(!shown.contains("CANARY"), "{shown}");
        let read = Preferences::parse(shown.as_bytes());
        assert_eq!(read, Preferences::parse(text.as_bytes()));
        assert_eq!(read.unwrap().extensions.settings["abc"].state, 1);
        assert_eq!(Preferences::sifted(b"{broken"), None);
        assert_eq!(Preferences::sifted(b"{}").unwrap(), br#"{"extensions":{"settings":{}}}"#);
    }
}
