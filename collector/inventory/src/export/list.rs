//! The drop-downs: closed lists of codes with their words, and lists made from the register.

use super::view::View;
use crate::register::Entry;

/// A list of allowed values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum List {
    /// Answers to a question of a framework.
    Answer,
    /// Applications of the register.
    Application,
    /// Kind of asset.
    AssetKind,
    /// Entries of `[[building]]` of the register.
    Building,
    /// Classification of a document.
    Classification,
    /// Entries of `[[cloud_service]]` of the register.
    CloudService,
    /// Entries of `[[contract]]` of the register.
    Contract,
    /// Kinds of contracts.
    ContractKind,
    /// What becomes of a finding.
    FindingStatus,
    /// How often a threat is expected.
    Frequency,
    /// Entries of `[[goal]]` of the register.
    Goal,
    /// Kinds of goals.
    GoalKind,
    /// How much damage it would do.
    Impact,
    /// Information of the register.
    Information,
    /// Entries of `[[item]]` of the register.
    Item,
    /// Kinds of things that no agent sees.
    ItemKind,
    /// Whether an asset is in use.
    Lifecycle,
    /// Entries of `[[measure]]` of the register.
    Measure,
    /// How far a measure is.
    MeasureStatus,
    /// What a licence counts.
    Metric,
    /// Protection need.
    Need,
    /// Why a protection need was set otherwise.
    NeedGround,
    /// Whether information speaks of persons.
    PersonalData,
    /// Whether an agreement under Art. 28 GDPR exists or is not needed.
    ProcessingAgreement,
    /// Providers of the register.
    Provider,
    /// Kinds of records.
    RecordKind,
    /// How a restore went.
    RestoreResult,
    /// State of a change that somebody looked at.
    Review,
    /// How bad a risk is.
    RiskCategory,
    /// How far the decision on a risk is.
    RiskState,
    /// Roles of the register.
    Role,
    /// Rooms of the register.
    Room,
    /// How a room is secured.
    SecurityZone,
    /// Entries of `[[site]]` of the register.
    Site,
    /// Kinds of places where information is kept.
    StorageKind,
    /// How a risk is treated.
    Treatment,
    /// Entries of `[[unit]]` of the register.
    Unit,
    /// Yes or no.
    YesNo,
    /// Yes, no, or still to be checked.
    YesNoCheck,
    /// Yes, partly or no.
    YesPartlyNo,
    /// Zones of the register.
    Zone,
}

/// Codes with their messages.
type Codes = &'static [(&'static str, &'static str)];

impl List {
    /// All lists, in the order of the hidden sheet.
    pub const ALL: &'static [Self] = &[
        Self::Answer,
        Self::Application,
        Self::AssetKind,
        Self::Building,
        Self::Classification,
        Self::CloudService,
        Self::Contract,
        Self::ContractKind,
        Self::FindingStatus,
        Self::Frequency,
        Self::Goal,
        Self::GoalKind,
        Self::Impact,
        Self::Information,
        Self::Item,
        Self::ItemKind,
        Self::Lifecycle,
        Self::Measure,
        Self::MeasureStatus,
        Self::Metric,
        Self::Need,
        Self::NeedGround,
        Self::PersonalData,
        Self::ProcessingAgreement,
        Self::Provider,
        Self::RecordKind,
        Self::RestoreResult,
        Self::Review,
        Self::RiskCategory,
        Self::RiskState,
        Self::Role,
        Self::Room,
        Self::SecurityZone,
        Self::Site,
        Self::StorageKind,
        Self::Treatment,
        Self::Unit,
        Self::YesNo,
        Self::YesNoCheck,
        Self::YesPartlyNo,
        Self::Zone,
    ];

    /// The stable name, part of the defined name `L_…`.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Application => "application",
            Self::AssetKind => "asset_kind",
            Self::Building => "building",
            Self::Classification => "classification",
            Self::CloudService => "cloud_service",
            Self::Contract => "contract",
            Self::ContractKind => "contract_kind",
            Self::FindingStatus => "finding_status",
            Self::Frequency => "frequency",
            Self::Goal => "goal",
            Self::GoalKind => "goal_kind",
            Self::Impact => "impact",
            Self::Information => "information",
            Self::Item => "item",
            Self::ItemKind => "item_kind",
            Self::Lifecycle => "lifecycle",
            Self::Measure => "measure",
            Self::MeasureStatus => "measure_status",
            Self::Metric => "metric",
            Self::Need => "need",
            Self::NeedGround => "need_ground",
            Self::PersonalData => "personal_data",
            Self::ProcessingAgreement => "processing_agreement",
            Self::Provider => "provider",
            Self::RecordKind => "record_kind",
            Self::RestoreResult => "restore_result",
            Self::Review => "review",
            Self::RiskCategory => "risk_category",
            Self::RiskState => "risk_state",
            Self::Role => "role",
            Self::Room => "room",
            Self::SecurityZone => "security_zone",
            Self::Site => "site",
            Self::StorageKind => "storage_kind",
            Self::Treatment => "treatment",
            Self::Unit => "unit",
            Self::YesNo => "yes_no",
            Self::YesNoCheck => "yes_no_check",
            Self::YesPartlyNo => "yes_partly_no",
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
            Self::Metric => METRIC,
            Self::ContractKind => CONTRACT_KIND,
            Self::ProcessingAgreement => PROCESSING_AGREEMENT,
            Self::YesPartlyNo => YES_PARTLY_NO,
            Self::RestoreResult => RESTORE_RESULT,
            Self::ItemKind => ITEM_KIND,
            Self::StorageKind => STORAGE_KIND,
            Self::MeasureStatus => MEASURE_STATUS,
            Self::RecordKind => RECORD_KIND,
            Self::GoalKind => GOAL_KIND,
            Self::NeedGround => NEED_GROUND,
            Self::FindingStatus => FINDING_STATUS,
            Self::Frequency => FREQUENCY,
            Self::Impact => IMPACT,
            Self::Treatment => TREATMENT,
            Self::RiskCategory => RISK_CATEGORY,
            Self::RiskState => RISK_STATE,
            Self::Answer => ANSWER,
            Self::Application
            | Self::Contract
            | Self::Site
            | Self::Building
            | Self::CloudService
            | Self::Item
            | Self::Measure
            | Self::Goal
            | Self::Unit
            | Self::Information
            | Self::Provider
            | Self::Role
            | Self::Room
            | Self::Zone => &[],
        }
    }

    /// Whether it offers exactly these codes.
    #[must_use]
    pub fn offers(self, words: &[&str]) -> bool {
        let codes = self.codes();
        codes.len() == words.len() && codes.iter().all(|(code, _)| words.contains(code))
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
            Self::Site => register.site.iter().map(|it| it.code.clone()).collect(),
            Self::Building => register.building.iter().map(|it| it.code.clone()).collect(),
            Self::Unit => register.unit.iter().map(|it| it.code.clone()).collect(),
            Self::Contract => codes_of(&register.contract),
            Self::CloudService => codes_of(&register.cloud_service),
            Self::Item => codes_of(&register.item),
            Self::Measure => codes_of(&register.measure),
            Self::Goal => codes_of(&register.goal),
            Self::AssetKind
            | Self::Classification
            | Self::Lifecycle
            | Self::Need
            | Self::PersonalData
            | Self::Review
            | Self::SecurityZone
            | Self::YesNo
            | Self::YesNoCheck
            | Self::Metric
            | Self::ContractKind
            | Self::ProcessingAgreement
            | Self::YesPartlyNo
            | Self::RestoreResult
            | Self::ItemKind
            | Self::StorageKind
            | Self::MeasureStatus
            | Self::RecordKind
            | Self::GoalKind
            | Self::NeedGround
            | Self::FindingStatus
            | Self::Frequency
            | Self::Impact
            | Self::Treatment
            | Self::RiskCategory
            | Self::RiskState
            | Self::Answer => self.codes().iter().map(|(_, message)| view.text(message)).collect(),
        }
    }
}

fn codes_of(entries: &[Entry]) -> Vec<String> {
    entries.iter().filter_map(|it| it.text("code")).map(str::to_owned).collect()
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
const LIFECYCLE: Codes = &[
    ("planned", "register-word-planned"),
    ("operating", "workbook-lifecycle-operating"),
    ("reserve", "register-word-reserve"),
    ("maintenance", "register-word-under-maintenance"),
    ("retired", "workbook-lifecycle-retired"),
    ("disposed", "register-word-disposed"),
];
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
const METRIC: Codes = &[
    ("device", "register-word-device"),
    ("user", "register-word-user"),
    ("concurrent", "register-word-concurrent"),
    ("core", "register-word-core"),
    ("server_and_cal", "register-word-server-and-cal"),
    ("subscription", "register-word-subscription"),
    ("free", "register-word-free"),
];
const CONTRACT_KIND: Codes = &[
    ("maintenance", "register-word-maintenance"),
    ("support", "register-word-support"),
    ("hosting", "register-word-hosting"),
    ("line", "register-word-line"),
    ("licence", "register-word-licence"),
    ("insurance", "register-word-insurance"),
    ("leasing", "register-word-leasing"),
    ("service", "register-word-service"),
    ("other", "register-word-other"),
];
const PROCESSING_AGREEMENT: Codes =
    &[("yes", "workbook-yes"), ("no", "workbook-no"), ("not_needed", "register-word-not-needed")];
const YES_PARTLY_NO: Codes =
    &[("yes", "workbook-yes"), ("partly", "register-word-partly"), ("no", "workbook-no")];
const RESTORE_RESULT: Codes = &[
    ("passed", "register-word-passed"),
    ("partly", "register-word-partly"),
    ("failed", "register-word-failed"),
];
const ITEM_KIND: Codes = &[
    ("paper_archive", "register-word-paper-archive"),
    ("safe", "register-word-safe"),
    ("spare", "register-word-spare"),
    ("dongle", "register-word-dongle"),
    ("isolated_machine", "register-word-isolated-machine"),
    ("leased_device", "register-word-leased-device"),
    ("removable_media", "register-word-removable-media"),
    ("mobile_device", "register-word-mobile-device"),
    ("other", "register-word-other"),
];
const STORAGE_KIND: Codes = &[
    ("share", "register-word-share"),
    ("database", "register-word-database"),
    ("mailbox", "register-word-mailbox"),
    ("cloud", "register-word-cloud"),
    ("removable_media", "register-word-removable-media"),
    ("local", "register-word-local"),
    ("paper", "register-word-paper"),
];
const MEASURE_STATUS: Codes = &[
    ("planned", "register-word-planned"),
    ("in_progress", "register-word-in-progress"),
    ("done", "register-word-done"),
    ("dropped", "register-word-dropped"),
];
const RECORD_KIND: Codes = &[
    ("audit", "register-word-audit"),
    ("management_review", "register-word-management-review"),
    ("incident", "register-word-incident"),
    ("feedback", "register-word-feedback"),
    ("hand_over", "register-word-hand-over"),
    ("return", "register-word-return"),
    ("disposal", "register-word-disposal"),
    ("training", "register-word-training"),
    ("exercise", "register-word-exercise"),
];
const GOAL_KIND: Codes =
    &[("business", "register-word-business"), ("security", "register-word-security")];
const NEED_GROUND: Codes = &[
    ("distribution", "register-word-distribution"),
    ("not_essential", "register-word-not-essential"),
    ("accumulation", "register-word-accumulation"),
    ("other", "register-word-other"),
];
const FINDING_STATUS: Codes = &[
    ("open", "register-word-open"),
    ("in_progress", "register-word-in-progress"),
    ("done", "register-word-done"),
    ("exception", "register-word-exception"),
];
const FREQUENCY: Codes = &[
    ("rare", "register-word-rare"),
    ("medium", "register-word-medium"),
    ("frequent", "register-word-frequent"),
    ("very_frequent", "register-word-very-frequent"),
];
const IMPACT: Codes = &[
    ("negligible", "register-word-negligible"),
    ("limited", "register-word-limited"),
    ("considerable", "register-word-considerable"),
    ("existential", "register-word-existential"),
];
const TREATMENT: Codes = &[
    ("avoid", "register-word-avoid"),
    ("reduce", "register-word-reduce"),
    ("transfer", "register-word-transfer"),
    ("accept", "register-word-accept"),
];
const RISK_CATEGORY: Codes = &[
    ("low", "register-word-low"),
    ("medium", "register-word-medium"),
    ("high", "workbook-need-high"),
    ("very_high", "workbook-need-very-high"),
];
const RISK_STATE: Codes = &[
    ("proposed", "register-word-proposed"),
    ("reviewed", "register-word-reviewed"),
    ("accepted", "register-word-accepted"),
    ("rejected", "register-word-rejected"),
];
const ANSWER: Codes = &[
    ("met", "register-word-met"),
    ("partly", "register-word-partly"),
    ("not_met", "register-word-not-met"),
    ("not_applicable", "register-word-not-applicable"),
];

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
