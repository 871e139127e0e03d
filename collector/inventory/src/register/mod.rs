//! The register: what people state and no machine can know.
//!
//! One model for the file `register.toml`, the command line and the workbook. Field names are the
//! keys of the file; an unknown key is refused, so that a slip of the pen is not lost in silence.

mod check;
mod cidr;
mod claim;
mod condition;
mod entry;
mod file;
mod index;
mod label;
mod lines;
mod pattern;
mod problem;
mod rated;
mod schema;
mod template;

use serde::{Deserialize, Serialize};

pub use cidr::{Cidr, CidrError};
pub use claim::{
    ADOPTING_ACTOR, BegunClaim, Claim, ClaimRecord, ClaimState, Settled, Standing, Voice,
    actor_text, claim_name, claim_object,
};
pub use condition::{Condition, Recogniser, Subject};
pub use entry::{Entry, Value};
pub use file::FILE_BYTES_MAX;
pub use index::{
    Edit, EditError, FieldChange, Index, Place, field_kind, is_identity, is_statement, keys_of,
    nearest_word, table_names,
};
pub use label::{key_label, table_label};
pub use pattern::Pattern;
pub use problem::{Mistake, Problem, RegisterError};
pub use rated::Rated;
pub use schema::Kind as FieldKind;
pub use template::{Template, TemplateUse};

/// Everything that people stated.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Register {
    /// The company.
    pub company: Company,
    /// Where normal ends and high begins.
    pub thresholds: Thresholds,
    /// Sites.
    pub site: Vec<Site>,
    /// Buildings.
    pub building: Vec<Building>,
    /// Rooms.
    pub room: Vec<Room>,
    /// Organisational units.
    pub unit: Vec<Unit>,
    /// Roles.
    pub role: Vec<Role>,
    /// Service providers.
    pub provider: Vec<Provider>,
    /// Kinds of information.
    pub information: Vec<Information>,
    /// Business processes.
    pub process: Vec<Process>,
    /// Applications.
    pub application: Vec<Application>,
    /// Network zones.
    pub zone: Vec<Zone>,
    /// Rules that place assets in rooms.
    pub location_rule: Vec<LocationRule>,
    /// Rules that give assets an owner.
    pub owner_rule: Vec<OwnerRule>,
    /// Contracts.
    pub contract: Vec<Entry>,
    /// Lines to the outside.
    pub line: Vec<Entry>,
    /// Domain names.
    pub domain: Vec<Entry>,
    /// Cloud services.
    pub cloud_service: Vec<Entry>,
    /// What the company may use.
    pub licence: Vec<Entry>,
    /// The plan of backups.
    pub backup: Vec<Entry>,
    /// Things that no agent sees.
    pub item: Vec<Entry>,
    /// Machines with controls.
    pub dossier: Vec<Entry>,
    /// Cables, panels and sockets.
    pub cable: Vec<Entry>,
    /// Where information is kept.
    pub storage: Vec<Entry>,
    /// Measures.
    pub measure: Vec<Entry>,
    /// Audits, reviews, incidents and the like.
    pub record: Vec<Entry>,
    /// Goals.
    pub goal: Vec<Entry>,
    /// Targets of figures.
    pub indicator: Vec<Entry>,
    /// Protection needs that people set instead of the computed ones.
    pub need: Vec<Entry>,
    /// Confirmed groups.
    pub group: Vec<Entry>,
    /// Decisions on building blocks.
    pub model: Vec<Entry>,
    /// Decisions on findings.
    pub finding: Vec<Entry>,
    /// Risks.
    pub risk: Vec<Entry>,
    /// What the company changed of the risk matrix.
    pub matrix: Vec<Entry>,
    /// Answers to questions of a framework.
    pub question: Vec<Entry>,
    /// Statements on systems.
    pub system: Vec<Entry>,
    /// Statements on networks.
    pub network: Vec<Entry>,
    /// Statements on connections.
    pub connection: Vec<Entry>,
    /// Statements on services.
    pub service: Vec<Entry>,
    /// Statements on software products.
    pub software: Vec<Entry>,
    /// Statements on firmware.
    pub firmware: Vec<Entry>,
    /// Statements on certificates.
    pub certificate: Vec<Entry>,
    /// Statements on accounts.
    pub account: Vec<Entry>,
    /// References that settings are compared with.
    pub setting: Vec<Entry>,
    /// Statements on details.
    pub detail: Vec<Entry>,
    /// Decisions on gaps of coverage.
    pub coverage: Vec<Entry>,
    /// Statements on agents.
    pub agent: Vec<Entry>,
    /// Statements on checks of quality.
    pub quality: Vec<Entry>,
    /// Reviews of changes.
    pub change: Vec<Entry>,
    /// Statements on rules of documentation.
    pub rule: Vec<Entry>,
    /// Statements on scans.
    pub scan: Vec<Entry>,
    /// The versions of the documentation.
    pub document: Vec<Entry>,
}

/// The company.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Company {
    /// Name.
    pub name: Option<String>,
    /// How many people work there.
    pub employees: Option<u32>,
    /// Sector.
    pub sector: Option<String>,
    /// What the ISMS covers.
    pub scope: Option<String>,
    /// How the documentation is classified.
    pub classification: Option<Classification>,
    /// Frameworks that apply, such as `grundschutz`.
    pub frameworks: Vec<String>,
    /// The role that answers for information security.
    pub security_officer: Option<String>,
    /// Whatever else is stated.
    #[serde(flatten)]
    pub more: Entry,
}

/// How a document is classified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Classification {
    /// Public.
    Public,
    /// Internal.
    Internal,
    /// Confidential.
    Confidential,
    /// Strictly confidential.
    StrictlyConfidential,
}

/// Where normal ends and high begins.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Thresholds {
    /// Damage in euros up to which the need is normal.
    pub damage_normal_eur: Option<u64>,
    /// Damage in euros up to which the need is high.
    pub damage_high_eur: Option<u64>,
    /// Outage in hours that is tolerable at normal need.
    pub outage_normal_hours: Option<f64>,
    /// Outage in hours that is tolerable at high need.
    pub outage_high_hours: Option<f64>,
}

/// Protection need; its absence means: not assessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Normal.
    Normal,
    /// High.
    High,
    /// Very high.
    VeryHigh,
}

/// A site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Site {
    /// Short code, unique among sites.
    pub code: String,
    /// Name.
    pub name: String,
    /// Postal address.
    pub address: Option<String>,
    /// Whatever else is stated.
    #[serde(flatten)]
    pub more: Entry,
}

/// A building.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Building {
    /// Short code, unique among buildings.
    pub code: String,
    /// Code of its site.
    pub site: String,
    /// Name.
    pub name: String,
    /// Whatever else is stated.
    #[serde(flatten)]
    pub more: Entry,
}

/// A room.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Room {
    /// Short code, unique among rooms.
    pub code: String,
    /// Code of its building.
    pub building: String,
    /// Name.
    pub name: String,
    /// How the room is secured.
    pub security_zone: Option<SecurityZone>,
    /// How it is entered (key, code, card).
    pub access: Option<String>,
    /// Whether power is uninterruptible.
    pub ups: Option<bool>,
    /// Whatever else is stated.
    #[serde(flatten)]
    pub more: Entry,
}

/// How a room is secured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecurityZone {
    /// Open to everybody.
    Public,
    /// For staff.
    Internal,
    /// For few.
    Secured,
    /// For named persons.
    HighlySecured,
}

/// An organisational unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unit {
    /// Short code, unique among units.
    pub code: String,
    /// Name.
    pub name: String,
    /// The role that leads it.
    pub head: Option<String>,
    /// Whatever else is stated.
    #[serde(flatten)]
    pub more: Entry,
}

/// A role; names of persons are not needed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Role {
    /// Name, unique among roles.
    pub name: String,
    /// The role that stands in for it.
    pub deputy: Option<String>,
    /// Whatever else is stated.
    #[serde(flatten)]
    pub more: Entry,
}

/// A service provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Provider {
    /// Short code, unique among providers.
    pub code: String,
    /// Name.
    pub name: String,
    /// What it does.
    pub service: Option<String>,
    /// Whether an agreement under Art. 28 GDPR exists.
    pub processing_agreement: Option<bool>,
    /// Whether it has remote access.
    pub remote_access: Option<bool>,
    /// Whatever else is stated.
    #[serde(flatten)]
    pub more: Entry,
}

/// A kind of information.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Information {
    /// Short code, unique among information.
    pub code: String,
    /// Name.
    pub name: String,
    /// Whether it speaks of persons.
    pub personal_data: Option<PersonalData>,
    /// Of whom.
    pub data_subjects: Option<String>,
    /// Of how many, roughly.
    pub count: Option<u64>,
    /// Number in the record of processing activities (Art. 30 GDPR).
    pub processing_record: Option<String>,
    /// Need for confidentiality.
    pub confidentiality: Option<Level>,
    /// Need for integrity.
    pub integrity: Option<Level>,
    /// Need for availability.
    pub availability: Option<Level>,
    /// The damage scenario that decides.
    pub scenario: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Whatever else is stated.
    #[serde(flatten)]
    pub more: Entry,
}

/// Whether information speaks of persons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonalData {
    /// No.
    No,
    /// Yes.
    Yes,
    /// Special categories (Art. 9 GDPR).
    Special,
}

/// A business process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Process {
    /// Short code, unique among processes.
    pub code: String,
    /// Name.
    pub name: String,
    /// The role that answers for it.
    pub owner: Option<String>,
    /// Tolerable outage.
    pub outage_hours: Option<f64>,
    /// Need for confidentiality.
    pub confidentiality: Option<Level>,
    /// Need for integrity.
    pub integrity: Option<Level>,
    /// Need for availability.
    pub availability: Option<Level>,
    /// Why.
    pub reason: Option<String>,
    /// Codes of the applications it uses.
    #[serde(default)]
    pub applications: Vec<String>,
    /// Whatever else is stated.
    #[serde(flatten)]
    pub more: Entry,
}

/// An application.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Application {
    /// Short code, unique among applications.
    pub code: String,
    /// Name.
    pub name: String,
    /// What it is recognised by: `service:NAME`, `port:NUMBER@HOST`, `package:NAME*`.
    #[serde(default)]
    pub recognise: Vec<String>,
    /// Codes of the information it handles.
    #[serde(default)]
    pub information: Vec<String>,
    /// Whatever else is stated.
    #[serde(flatten)]
    pub more: Entry,
}

/// A network zone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Zone {
    /// Name, unique among zones.
    pub name: String,
    /// Its networks (`10.20.20.0/24`).
    #[serde(default)]
    pub networks: Vec<String>,
    /// VLAN id.
    pub vlan: Option<u16>,
    /// What it is for.
    pub purpose: Option<String>,
    /// Names of the zones it may reach.
    #[serde(default)]
    pub may_reach: Vec<String>,
    /// Whether plant controls live in it.
    #[serde(default)]
    pub ot: bool,
    /// Whatever else is stated.
    #[serde(flatten)]
    pub more: Entry,
}

/// Places assets in a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocationRule {
    /// Condition: `name=PC-*`, `network=10.20.20.0/24`, several joined by spaces.
    pub when: String,
    /// Code of the room.
    pub room: String,
}

/// Gives assets an owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnerRule {
    /// Condition, as in [`LocationRule::when`].
    pub when: String,
    /// Name of the role.
    pub owner: String,
}
