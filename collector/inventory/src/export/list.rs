//! The drop-downs: closed lists of codes with their words, and lists made from the register.

use super::view::View;

/// A list of allowed values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum List {
    /// Applications of the register.
    Application,
    /// Kind of asset.
    AssetKind,
    /// Classification of a document.
    Classification,
    /// Information of the register.
    Information,
    /// Whether an asset is in use.
    Lifecycle,
    /// Protection need.
    Need,
    /// Whether information speaks of persons.
    PersonalData,
    /// Providers of the register.
    Provider,
    /// State of a change that somebody looked at.
    Review,
    /// Roles of the register.
    Role,
    /// Rooms of the register.
    Room,
    /// How a room is secured.
    SecurityZone,
    /// Yes or no.
    YesNo,
    /// Yes, no, or still to be checked.
    YesNoCheck,
    /// Zones of the register.
    Zone,
}

/// Codes with their messages.
type Codes = &'static [(&'static str, &'static str)];

impl List {
    /// All lists, in the order of the hidden sheet.
    pub const ALL: &'static [Self] = &[
        Self::Application,
        Self::AssetKind,
        Self::Classification,
        Self::Information,
        Self::Lifecycle,
        Self::Need,
        Self::PersonalData,
        Self::Provider,
        Self::Review,
        Self::Role,
        Self::Room,
        Self::SecurityZone,
        Self::YesNo,
        Self::YesNoCheck,
        Self::Zone,
    ];

    /// The stable name, part of the defined name `L_…`.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::AssetKind => "asset_kind",
            Self::Classification => "classification",
            Self::Information => "information",
            Self::Lifecycle => "lifecycle",
            Self::Need => "need",
            Self::PersonalData => "personal_data",
            Self::Provider => "provider",
            Self::Review => "review",
            Self::Role => "role",
            Self::Room => "room",
            Self::SecurityZone => "security_zone",
            Self::YesNo => "yes_no",
            Self::YesNoCheck => "yes_no_check",
            Self::Zone => "zone",
        }
    }

    /// The codes of a closed list with their messages; empty for one of the register.
    #[must_use]
    pub const fn codes(self) -> Codes {
        match self {
            Self::AssetKind => ASSET_KIND,
            Self::Classification => CLASSIFICATION,
            Self::Lifecycle => LIFECYCLE,
            Self::Need => NEED,
            Self::PersonalData => PERSONAL_DATA,
            Self::Review => REVIEW,
            Self::SecurityZone => SECURITY_ZONE,
            Self::YesNo => YES_NO,
            Self::YesNoCheck => YES_NO_CHECK,
            Self::Application
            | Self::Information
            | Self::Provider
            | Self::Role
            | Self::Room
            | Self::Zone => &[],
        }
    }

    /// The message of a code of a closed list.
    #[must_use]
    pub fn message(self, code: &str) -> Option<&'static str> {
        self.codes().iter().find(|(it, _)| *it == code).map(|(_, message)| *message)
    }

    /// What the drop-down offers, as shown.
    #[must_use]
    pub fn entries(self, view: &View<'_>) -> Vec<String> {
        let register = &view.snapshot().register;
        match self {
            Self::Application => register.application.iter().map(|it| it.code.clone()).collect(),
            Self::Information => register.information.iter().map(|it| it.code.clone()).collect(),
            Self::Provider => register.provider.iter().map(|it| it.code.clone()).collect(),
            Self::Role => register.role.iter().map(|it| it.name.clone()).collect(),
            Self::Room => register.room.iter().map(|it| it.code.clone()).collect(),
            Self::Zone => register.zone.iter().map(|it| it.name.clone()).collect(),
            Self::AssetKind
            | Self::Classification
            | Self::Lifecycle
            | Self::Need
            | Self::PersonalData
            | Self::Review
            | Self::SecurityZone
            | Self::YesNo
            | Self::YesNoCheck => {
                self.codes().iter().map(|(_, message)| view.text(message)).collect()
            }
        }
    }
}

const ASSET_KIND: Codes = &[
    ("server", "workbook-kind-server"),
    ("client", "workbook-kind-client"),
    ("laptop", "workbook-kind-laptop"),
    ("network_device", "workbook-kind-network-device"),
    ("router", "workbook-kind-router"),
    ("switch", "workbook-kind-switch"),
    ("firewall", "workbook-kind-firewall"),
    ("access_point", "workbook-kind-access-point"),
    ("hypervisor", "workbook-kind-hypervisor"),
    ("camera", "workbook-kind-camera"),
    ("power_supply", "workbook-kind-power-supply"),
    ("printer", "workbook-kind-printer"),
    ("telephone", "workbook-kind-telephone"),
    ("mobile_device", "workbook-kind-mobile-device"),
    ("storage", "workbook-kind-storage"),
    ("control", "workbook-kind-control"),
    ("unknown", "workbook-unknown"),
];
const CLASSIFICATION: Codes = &[
    ("public", "workbook-classification-public"),
    ("internal", "workbook-classification-internal"),
    ("confidential", "workbook-classification-confidential"),
    ("strictly_confidential", "workbook-classification-strictly-confidential"),
];
const LIFECYCLE: Codes =
    &[("operating", "workbook-lifecycle-operating"), ("retired", "workbook-lifecycle-retired")];
const NEED: Codes = &[
    ("normal", "workbook-need-normal"),
    ("high", "workbook-need-high"),
    ("very_high", "workbook-need-very-high"),
];
const PERSONAL_DATA: Codes = &[
    ("no", "workbook-no"),
    ("yes", "workbook-yes"),
    ("special", "workbook-personal-data-special"),
];
const REVIEW: Codes = &[
    ("noted", "workbook-review-noted"),
    ("check", "workbook-review-check"),
    ("confirmed", "workbook-review-confirmed"),
];
const SECURITY_ZONE: Codes = &[
    ("public", "workbook-security-zone-public"),
    ("internal", "workbook-security-zone-internal"),
    ("secured", "workbook-security-zone-secured"),
    ("highly_secured", "workbook-security-zone-highly-secured"),
];
const YES_NO: Codes = &[("yes", "workbook-yes"), ("no", "workbook-no")];
const YES_NO_CHECK: Codes =
    &[("yes", "workbook-yes"), ("no", "workbook-no"), ("check", "workbook-check")];

#[cfg(test)]
mod tests {
    use wording::Language;

    use super::*;

    #[test]
    fn every_code_has_a_word_in_both_languages() {
        for list in List::ALL {
            for (code, message) in list.codes() {
                for language in [Language::German, Language::English] {
                    assert!(language.wording().has(message), "{}: {code}", list.key());
                }
            }
        }
    }
}
