//! Claims: statements that count only once a named account stands by them. A release, an acceptance,
//! an approval, a review or a protection need set by hand names a role; anyone can type that name
//! into a cell. The schema marks the keys; what stands in them is claimed until an account that
//! speaks for the role confirms it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use wording::Wording;

use super::Register;
use super::entry::{Entry, Value};
use super::index::{FieldChange, Index, Place};
use super::schema::{ClaimRule, Members, Speaker, tables};

/// The key under which a claim names the entries that belong to it.
const MEMBERS: &str = "members";
/// Who keeps the claims of a register that was there before claims were.
pub const ADOPTING_ACTOR: &str = "rule claims";

/// What stands between the name of a role and whatever else is written behind it.
const SEPARATORS: [char; 4] = [',', ';', '(', '\n'];

/// A statement that somebody must stand by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// The field that makes it.
    pub place: Place,
    /// What is claimed: keys of the entry with their values, the field's own first.
    pub parts: Vec<(String, Value)>,
    /// Whose word it is.
    pub voice: Voice,
}

/// Whose word a claim is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Voice {
    /// That of a role of the register.
    Role(String),
    /// That of the management, by the role that the register names.
    Management(String),
    /// That of the security officer, by the role that the register names.
    SecurityOfficer(String),
    /// That of an account with the access `admin`.
    Administrator,
    /// Nobody's: the entry names no role of the register.
    Nobody,
}

/// A claim as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClaimRecord {
    /// Counted from 1; people write `C7`.
    pub number: u64,
    /// What is claimed.
    pub claim: Claim,
    /// What is taken back when it is rejected.
    pub taken_back: Vec<FieldChange>,
    /// When it was made.
    pub claimed_at: Timestamp,
    /// Who made it, as the log of events names them.
    pub claimed_by: String,
    /// Through what: `command line`, `workbook 3: Cover C7`.
    pub source: String,
    /// What became of it.
    pub state: ClaimState,
    /// Who settled it.
    pub settled: Option<Settled>,
}

/// What became of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimState {
    /// Nobody has settled it.
    Open,
    /// An account stands by it.
    Confirmed,
    /// It was taken back.
    Rejected,
}

/// Who settled a claim, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// When.
    pub at: Timestamp,
    /// The account.
    pub by: String,
    /// The event that says so.
    pub event: u64,
    /// When the account had been given another password by whoever owns the data folder, if it had before this.
    #[serde(default)]
    pub after_recovery_at: Option<Timestamp>,
}

/// A claim that a change makes.
#[derive(Debug, Clone, PartialEq)]
pub struct BegunClaim {
    /// What is claimed.
    pub claim: Claim,
    /// What is taken back when it is rejected.
    pub taken_back: Vec<FieldChange>,
}

/// A claim that the register makes now, and how it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// What is claimed.
    pub claim: Claim,
    /// How it was kept; none: it was there before claims were, and nobody stands by it.
    pub record: Option<ClaimRecord>,
    /// The newest confirmation of the same value, before what it covers changed or it was withdrawn.
    #[serde(default)]
    pub lapsed: Option<Settled>,
}

impl Claim {
    /// The field that names whose word it is, where the entry has one for that.
    #[must_use]
    pub fn speaking_place(&self) -> Option<Place> {
        let Place { table, identity, key } = &self.place;
        let named = rule_of(table, key).and_then(speaking_key)?;
        Some(Place::new(table, identity, named))
    }

    /// What is claimed as one text: the value, and what else belongs to it.
    #[must_use]
    pub fn text(&self) -> String {
        let mut parts = self.parts.iter();
        let own = parts.next().map(|(_, value)| value.to_text()).unwrap_or_default();
        let more: Vec<String> =
            parts.map(|(key, value)| format!("{key}: {}", value.to_text())).collect();
        if more.is_empty() { own } else { format!("{own} ({})", more.join(", ")) }
    }
}

impl Voice {
    /// The role that it is.
    #[must_use]
    pub fn role(&self) -> Option<&str> {
        match self {
            Self::Role(role) | Self::Management(role) | Self::SecurityOfficer(role) => Some(role),
            Self::Administrator | Self::Nobody => None,
        }
    }

    /// For people: the role, or what stands for it.
    #[must_use]
    pub fn text(&self, words: &Wording) -> String {
        match self {
            Self::Role(role) | Self::Management(role) | Self::SecurityOfficer(role) => role.clone(),
            Self::Administrator => words.text("account-voice-administrator"),
            Self::Nobody => words.text("account-voice-nobody"),
        }
    }
}

impl Standing {
    /// Whether an account stands by it: only then it counts.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        self.record.as_ref().is_some_and(|it| it.state == ClaimState::Confirmed)
    }

    /// How it stands, in one sentence for people. `at` writes a moment.
    #[must_use]
    pub fn text(&self, words: &Wording, at: impl Fn(Timestamp) -> String) -> String {
        let Some(record) = &self.record else {
            return words.text("account-claim-from-before");
        };
        if record.state == ClaimState::Open
            && let Some(lapsed) = &self.lapsed
        {
            let arguments = [
                ("account", lapsed.by.clone().into()),
                ("at", at(lapsed.at).into()),
                ("actor", actor_text(words, &record.claimed_by).into()),
                ("source", record.source.clone().into()),
                ("claim", claim_name(record.number).into()),
            ];
            return words.text_with("account-claim-lapsed", &arguments);
        }
        if record.state == ClaimState::Open && record.claimed_by == ADOPTING_ACTOR {
            let said = words.text("account-claim-from-before");
            return format!("{said} ({})", claim_name(record.number));
        }
        if let (ClaimState::Confirmed, Some(settled)) = (record.state, &record.settled) {
            let role = record.claim.voice.role().unwrap_or("admin");
            let arguments = [
                ("account", settled.by.clone().into()),
                ("role", role.to_owned().into()),
                ("at", at(settled.at).into()),
                ("claim", claim_name(record.number).into()),
            ];
            let said = words.text_with("account-claim-confirmed", &arguments);
            let Some(recovered_at) = settled.after_recovery_at else { return said };
            let arguments = [("at", at(recovered_at).into())];
            let remark = words.text_with("account-claim-after-recovery", &arguments);
            return format!("{said}; {remark}");
        }
        let arguments = [
            ("actor", actor_text(words, &record.claimed_by).into()),
            ("at", at(record.claimed_at).into()),
            ("source", record.source.clone().into()),
            ("claim", claim_name(record.number).into()),
        ];
        words.text_with("account-claim-open", &arguments)
    }
}

/// The name of a claim: `C7`.
#[must_use]
pub fn claim_name(number: u64) -> String {
    format!("C{number}")
}

/// A claim as the event that settles it names it: `C7 risk R-001: state`.
#[must_use]
pub fn claim_object(number: u64, place: &Place) -> String {
    format!("{} {} {}: {}", claim_name(number), place.table, place.identity, place.key)
}

/// Whoever acted, for people: `account anna` and `user anna` are two.
#[must_use]
pub fn actor_text(words: &Wording, actor: &str) -> String {
    let (message, name) = match actor.split_once(' ') {
        Some(("account", name)) => ("account-actor-account", name),
        Some(("user", name)) => ("account-actor-user", name),
        Some(_) | None => return actor.to_owned(),
    };
    words.text_with(message, &[("name", name.to_owned().into())])
}

impl Register {
    /// Every claim that the register makes.
    #[must_use]
    pub fn claims(&self) -> Vec<Claim> {
        claims_of(&self.index())
    }

    /// The claims that a change makes: those that say another thing than before, or in another's name.
    #[must_use]
    pub fn claims_begun(before: &Self, after: &Self) -> Vec<BegunClaim> {
        let (earlier, index) = (before.index(), after.index());
        let known = claims_of(&earlier);
        let fresh = claims_of(&index).into_iter().filter(|it| !known.contains(it));
        let begun = |claim: Claim| {
            let taken_back = taken_back(&earlier, &index, &claim);
            BegunClaim { claim, taken_back }
        };
        fresh.map(begun).collect()
    }

    /// Every claim that the register makes, and how it stands by what was kept.
    #[must_use]
    pub fn standings(&self, records: &[ClaimRecord]) -> Vec<Standing> {
        let standing = |claim: Claim| {
            let same = records.iter().filter(|it| it.claim == claim);
            let newest = same.filter(|it| it.state != ClaimState::Rejected);
            let record = newest.max_by_key(|it| it.number).cloned();
            let is_confirmed = record.as_ref().is_some_and(|it| it.state == ClaimState::Confirmed);
            let earlier = records.iter().filter(|it| {
                it.state == ClaimState::Confirmed
                    && it.claim.place == claim.place
                    && it.claim.parts.first() == claim.parts.first()
            });
            let newest = earlier.max_by_key(|it| it.number).filter(|_| !is_confirmed);
            let lapsed = newest.and_then(|it| it.settled.clone());
            Standing { claim, record, lapsed }
        };
        self.claims().into_iter().map(standing).collect()
    }
}

/// What rejecting a claim changes back: the field itself; where that is as before, what else of the
/// entry was claimed anew; where the entry is as before, the field is not stated any more.
fn taken_back(before: &Index, after: &Index, claim: &Claim) -> Vec<FieldChange> {
    let Place { table, identity, key } = &claim.place;
    let value = |of: &Index, key: &str| of.value(table, identity, key).cloned();
    let change = |key: &str| FieldChange {
        place: Place::new(table, identity, key),
        before: value(before, key),
        after: value(after, key),
    };
    let own = change(key);
    if own.before != own.after {
        return vec![own];
    }
    let keys = claim_keys(table, key);
    let joined = changed_members(before, after, claim);
    let others: Vec<_> =
        keys.map(change).filter(|it| it.before != it.after).chain(joined).collect();
    if others.is_empty() { vec![FieldChange { before: None, ..own }] } else { others }
}

/// Of the entries that belong to what is claimed: how those changed that came or went.
fn changed_members(before: &Index, after: &Index, claim: &Claim) -> Vec<FieldChange> {
    let Place { table, identity, key } = &claim.place;
    let Some(rule) = rule_of(table, key).and_then(|it| it.members) else { return Vec::new() };
    let mut names: Vec<String> =
        [before, after].into_iter().flat_map(|it| members(it, rule, identity)).collect();
    names.sort();
    names.dedup();
    let value = |of: &Index, name: &str| of.value(rule.table, name, rule.key).cloned();
    let change = |name: String| FieldChange {
        before: value(before, &name),
        after: value(after, &name),
        place: Place::new(rule.table, &name, rule.key),
    };
    names.into_iter().map(change).filter(|it| it.before != it.after).collect()
}

/// The entries that name an entry, sorted.
fn members(index: &Index, rule: Members, identity: &str) -> Vec<String> {
    let naming = index.entries(rule.table).filter(|(_, it)| it.text(rule.key) == Some(identity));
    let mut names: Vec<String> = naming.map(|(name, _)| name.to_owned()).collect();
    names.sort();
    names
}

/// What makes this key a claim.
fn rule_of(table: &str, key: &str) -> Option<ClaimRule> {
    let table = tables().find(|it| it.name == table)?;
    table.keys.iter().find(|it| it.name == key)?.claim
}

/// The key of its entry that names whose word it is.
fn speaking_key(rule: ClaimRule) -> Option<&'static str> {
    match rule.speaker {
        Speaker::Key(name) => Some(name),
        Speaker::Named
        | Speaker::Management
        | Speaker::SecurityOfficer
        | Speaker::Administrator => None,
    }
}

/// The other keys that a claim of this key rests on.
fn claim_keys(table: &str, key: &str) -> impl Iterator<Item = &'static str> {
    let rule = rule_of(table, key);
    let speaker = rule.and_then(speaking_key);
    speaker.into_iter().chain(rule.into_iter().flat_map(|it| it.extent).copied())
}

fn claims_of(index: &Index) -> Vec<Claim> {
    let mut claims = Vec::new();
    for table in tables() {
        let marked = table.keys.iter().filter_map(|it| Some((it.name, it.claim?)));
        for (key, rule) in marked {
            for (identity, entry) in index.entries(table.name) {
                let place = Place::new(table.name, identity, key);
                claims.extend(claim_of(index, place, entry, rule));
            }
        }
    }
    claims
}

fn claim_of(index: &Index, place: Place, entry: &Entry, rule: ClaimRule) -> Option<Claim> {
    let value = entry.value(&place.key)?;
    let text = value.to_text();
    if !rule.words.is_empty() && !rule.words.contains(&text.as_str()) {
        return None;
    }
    let role = |text: &str| role_in(index, text).map_or(Voice::Nobody, Voice::Role);
    let voice = match rule.speaker {
        Speaker::Named => role(&text),
        Speaker::Key(key) => entry.text(key).map_or(Voice::Nobody, role),
        Speaker::Administrator => Voice::Administrator,
        Speaker::Management => of_company(index, "management", Voice::Management),
        Speaker::SecurityOfficer => of_company(index, "security_officer", Voice::SecurityOfficer),
    };
    let others = claim_keys(&place.table, &place.key);
    let others = others.filter_map(|it| Some((it.to_owned(), entry.value(it)?.clone())));
    let names = rule.members.map(|it| members(index, it, &place.identity)).unwrap_or_default();
    let joined = Some(names).filter(|it| !it.is_empty());
    let joined = joined.map(|it| (MEMBERS.to_owned(), Value::Texts(it)));
    let own = std::iter::once((place.key.clone(), value.clone()));
    let parts = own.chain(others).chain(joined).collect();
    Some(Claim { place, parts, voice })
}

/// The word of the role that a key of the company names.
fn of_company(index: &Index, key: &str, voice: fn(String) -> Voice) -> Voice {
    let named = index.value("company", "", key).map(Value::to_text);
    named.and_then(|it| role_in(index, &it)).map_or(Voice::Nobody, voice)
}

/// The role of the register that a text begins with: `Geschäftsführung, 27.11.2026`. What follows the
/// name must not be able to belong to it, or a role `IT` would speak for `IT-Leitung`.
fn role_in(index: &Index, text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let begins = |role: &&str| {
        let Some(rest) = text.strip_prefix(&role.to_lowercase()) else { return false };
        let after = rest.trim_start_matches([' ', '\t']);
        let is_date = after.len() < rest.len()
            && (after.starts_with(|it: char| it.is_ascii_digit())
                || after.starts_with("am ")
                || after.starts_with("on "));
        after.is_empty() || after.starts_with(SEPARATORS) || is_date
    };
    let roles = index.entries("role").map(|(name, _)| name).filter(begins);
    roles.max_by_key(|it| it.len()).map(str::to_owned)
}

#[cfg(test)]
mod tests;
