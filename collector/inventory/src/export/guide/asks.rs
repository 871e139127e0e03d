//! What the company can be asked, from the coarse to the fine: data, with what each answer is good for in
//! the catalogue (`guide-why-…`).

use crate::assess::Bar;
use crate::register::{Entry, Value};

/// The order in which a company is described.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The company as a whole.
    Company,
    /// Sites, buildings, rooms.
    Sites,
    /// Units and roles.
    Units,
    /// Business processes.
    Processes,
    /// Kinds of information.
    Information,
    /// Applications.
    Applications,
    /// Networks and zones.
    Networks,
    /// Systems: whose and where.
    Systems,
    /// Providers, contracts, lines, domains, cloud services.
    Agreements,
    /// Backups.
    Backups,
    /// Licences and products.
    Licences,
    /// Reviews and goals.
    Steering,
}

/// One thing to ask.
pub(super) struct Ask {
    pub(super) stage: Stage,
    pub(super) table: &'static str,
    pub(super) what: What,
    /// The column of the workbook that answers it.
    pub(super) column: Option<&'static str>,
    /// The bar that the answer fills.
    pub(super) bar: Option<Bar>,
}

/// What of a table is asked.
#[derive(Clone, Copy)]
pub(super) enum What {
    /// Its first entry, such as this one.
    Begin(&'static str),
    /// These keys of every entry that lacks one of them and that it is asked of.
    Keys(&'static [&'static str], fn(&Entry) -> bool),
}

const NEEDS: &[&str] = &["confidentiality", "integrity", "availability"];

const fn begin(
    stage: Stage,
    table: &'static str,
    code: &'static str,
    column: Option<&'static str>,
) -> Ask {
    Ask { stage, table, what: What::Begin(code), column, bar: None }
}

const fn each(
    stage: Stage,
    table: &'static str,
    keys: &'static [&'static str],
    column: Option<&'static str>,
) -> Ask {
    Ask { stage, table, what: What::Keys(keys, |_| true), column, bar: None }
}

impl Ask {
    const fn filling(self, bar: Bar) -> Self {
        Self { bar: Some(bar), ..self }
    }

    const fn only(self, of: fn(&Entry) -> bool) -> Self {
        match self.what {
            What::Begin(_) => self,
            What::Keys(keys, _) => Self { what: What::Keys(keys, of), ..self },
        }
    }

    /// What is said of it in the catalogue.
    pub(super) fn message(&self, domain: &str) -> String {
        let table = self.table.replace('_', "-");
        match self.what {
            What::Begin(_) => format!("{domain}-{table}"),
            What::Keys(keys, _) => {
                let key = keys.first().map_or(String::new(), |it| it.replace('_', "-"));
                format!("{domain}-{table}-{key}")
            }
        }
    }
}

fn speaks_of_persons(entry: &Entry) -> bool {
    matches!(entry.text("personal_data"), Some("yes" | "special"))
}

/// Who ends by itself needs no notice.
fn goes_on(entry: &Entry) -> bool {
    entry.value("renews") == Some(&Value::YesNo(true)) || entry.day("ends_on").is_some()
}

/// All of them. Systems, networks and licences are asked after by what was observed, beside these.
pub(super) const ASKS: &[Ask] = &[
    each(Stage::Company, "company", &["name"], Some("cover.stated")),
    each(Stage::Company, "company", &["scope"], Some("cover.stated")),
    each(Stage::Company, "company", &["sector"], None),
    each(Stage::Company, "company", &["employees"], None),
    each(Stage::Company, "company", &["management"], None),
    each(Stage::Company, "company", &["security_officer"], Some("cover.stated")),
    each(Stage::Company, "company", &["classification"], Some("cover.stated")),
    each(Stage::Company, "thresholds", &["damage_normal_eur", "damage_high_eur"], None),
    each(Stage::Company, "thresholds", &["outage_normal_hours", "outage_high_hours"], None),
    begin(Stage::Sites, "site", "ST1", Some("organisation.name")),
    each(Stage::Sites, "site", &["address"], Some("organisation.address")),
    begin(Stage::Sites, "building", "GB001", Some("organisation.name")),
    begin(Stage::Sites, "room", "R001", Some("organisation.name")),
    each(Stage::Sites, "room", &["security_zone"], Some("organisation.security_zone")),
    begin(Stage::Units, "unit", "OE1", Some("organisation.name")),
    begin(Stage::Units, "role", "IT-Leitung", Some("role.deputy")),
    each(Stage::Units, "unit", &["head"], Some("organisation.head")),
    each(Stage::Units, "role", &["deputy"], Some("role.deputy")),
    begin(Stage::Processes, "process", "GP001", Some("process.name")),
    each(Stage::Processes, "process", &["owner"], Some("process.owner")),
    each(Stage::Processes, "process", NEEDS, Some("process.confidentiality")).filling(Bar::Needs),
    each(Stage::Processes, "process", &["outage_hours"], Some("process.outage_hours")),
    each(Stage::Processes, "process", &["applications"], Some("process.applications")),
    begin(Stage::Information, "information", "I-01", Some("information.name")),
    each(Stage::Information, "information", NEEDS, Some("information.confidentiality"))
        .filling(Bar::Needs),
    each(Stage::Information, "information", &["personal_data"], Some("information.personal_data")),
    each(
        Stage::Information,
        "information",
        &["processing_record"],
        Some("information.processing_record"),
    )
    .only(speaks_of_persons),
    begin(Stage::Applications, "application", "A001", Some("application.name")),
    each(Stage::Applications, "application", &["recognise"], Some("application.recognise")),
    each(
        Stage::Applications,
        "application",
        &["owner_business"],
        Some("application.owner_business"),
    ),
    each(Stage::Applications, "application", &["information"], Some("application.information")),
    begin(Stage::Networks, "zone", "Büro", Some("network.zone")),
    each(Stage::Networks, "zone", &["purpose"], Some("network.purpose")).filling(Bar::Networks),
    begin(Stage::Agreements, "provider", "D001", Some("provider.name")),
    each(
        Stage::Agreements,
        "provider",
        &["processing_agreement"],
        Some("provider.processing_agreement"),
    ),
    each(Stage::Agreements, "provider", &["remote_access"], Some("provider.remote_access")),
    each(Stage::Agreements, "contract", &["owner"], Some("contract.owner")),
    each(Stage::Agreements, "contract", &["notice_by"], Some("contract.notice_by")).only(goes_on),
    begin(Stage::Agreements, "line", "LTG1", Some("outside.name")),
    each(Stage::Agreements, "line", &["fault_hotline"], Some("outside.fault_hotline")),
    each(Stage::Agreements, "domain", &["expires_on"], Some("outside.expires_on")),
    each(
        Stage::Agreements,
        "cloud_service",
        &["data_location"],
        Some("cloud_service.data_location"),
    ),
    each(
        Stage::Agreements,
        "cloud_service",
        &["second_factor"],
        Some("cloud_service.second_factor"),
    ),
    each(Stage::Agreements, "cloud_service", &["exit_plan"], Some("cloud_service.exit_plan")),
    begin(Stage::Backups, "backup", "SI1", Some("backup.name")),
    each(Stage::Backups, "backup", &["target"], Some("backup.target")),
    each(Stage::Backups, "backup", &["offline_copy"], Some("backup.offline_copy")),
    each(Stage::Backups, "backup", &["restore_tested_on"], Some("backup.restore_tested_on")),
    each(Stage::Steering, "company", &["next_review_on"], Some("cover.stated")),
    begin(Stage::Steering, "goal", "Z1", None),
];
