//! Orders about claims: what waits for somebody's word, and that word.

use inventory::register::{
    ADOPTING_ACTOR, Claim, ClaimRecord, ClaimState, FieldChange, Place, Register, Standing, Voice,
    claim_name, claim_object,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Access, AccountRecord, ClaimChanges, EventDraft, NewClaim, Settlement};
use wording::Language;

use super::changes::{Change, mistakes};
use super::order::Reply;
use super::users;
use super::work::Work;
use crate::collector::Collector;
use crate::failure::{ExitCode, Failure};

/// A command about claims.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimOrder {
    /// Lists what nobody stands by.
    Pending,
    /// Stands by claims.
    Confirm {
        /// Their names (`C7`).
        names: Vec<String>,
    },
    /// Takes claims back.
    Reject {
        /// Their names (`C7`).
        names: Vec<String>,
        /// The language of mistakes.
        language: String,
    },
}

/// A claim, for people and programs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClaimRow {
    /// Its name (`C7`); none: it is from before claims were kept.
    pub claim: Option<String>,
    /// The field.
    #[serde(flatten)]
    pub place: Place,
    /// What is claimed.
    pub value: String,
    /// Whose word it is.
    pub voice: Voice,
    /// `open`, `confirmed`, `rejected`.
    pub state: ClaimState,
    /// Who claimed it, as the log of events names them.
    pub claimed_by: Option<String>,
    /// When.
    pub claimed_at: Option<Timestamp>,
    /// Through what.
    pub source: Option<String>,
    /// The account that settled it.
    pub settled_by: Option<String>,
    /// When.
    pub settled_at: Option<Timestamp>,
    /// When that account had been recovered by whoever owns the data folder, if it had before.
    #[serde(default)]
    pub after_recovery_at: Option<Timestamp>,
    /// The account that confirmed the value before what it covers was changed: it is to be confirmed again.
    #[serde(default)]
    pub confirmed_before_by: Option<String>,
    /// When.
    #[serde(default)]
    pub confirmed_before_at: Option<Timestamp>,
}

impl From<&ClaimRecord> for ClaimRow {
    fn from(record: &ClaimRecord) -> Self {
        Self {
            claim: Some(claim_name(record.number)),
            place: record.claim.place.clone(),
            value: record.claim.text(),
            voice: record.claim.voice.clone(),
            state: record.state,
            claimed_by: Some(record.claimed_by.clone()),
            claimed_at: Some(record.claimed_at),
            source: Some(record.source.clone()),
            settled_by: record.settled.as_ref().map(|it| it.by.clone()),
            settled_at: record.settled.as_ref().map(|it| it.at),
            after_recovery_at: record.settled.as_ref().and_then(|it| it.after_recovery_at),
            confirmed_before_by: None,
            confirmed_before_at: None,
        }
    }
}

impl From<&Standing> for ClaimRow {
    fn from(standing: &Standing) -> Self {
        let lapsed = standing.lapsed.as_ref();
        let confirmed_before_by = lapsed.map(|it| it.by.clone());
        let confirmed_before_at = lapsed.map(|it| it.at);
        match &standing.record {
            Some(record) => Self { confirmed_before_by, confirmed_before_at, ..Self::from(record) },
            None => Self {
                claim: None,
                place: standing.claim.place.clone(),
                value: standing.claim.text(),
                voice: standing.claim.voice.clone(),
                state: ClaimState::Open,
                claimed_by: None,
                claimed_at: None,
                source: None,
                settled_by: None,
                settled_at: None,
                after_recovery_at: None,
                confirmed_before_by,
                confirmed_before_at,
            },
        }
    }
}

pub(super) async fn execute(work: &Work<'_>, order: ClaimOrder) -> Result<Reply, Failure> {
    match order {
        ClaimOrder::Pending => pending(work).await,
        ClaimOrder::Confirm { names } => Box::pin(confirm(work, &names)).await,
        ClaimOrder::Reject { names, language } => {
            let language = Language::from_tag(&language).unwrap_or(Language::German);
            Box::pin(reject(work, &names, language)).await
        }
    }
}

async fn pending(work: &Work<'_>) -> Result<Reply, Failure> {
    let (_, standings) = standings(work.collector).await?;
    let open = standings.iter().filter(|it| !it.is_confirmed());
    let claims = open.map(ClaimRow::from).collect();
    Ok(Reply::Pending { claims, recoveries: users::recoveries(work.collector).await? })
}

/// The register with its claims and how they stand.
async fn standings(collector: &Collector) -> Result<(Register, Vec<Standing>), Failure> {
    let register = collector.store.register().await?;
    let records = collector.store.claims().await?;
    let standings = register.standings(&records);
    Ok((register, standings))
}

async fn confirm(work: &Work<'_>, names: &[String]) -> Result<Reply, Failure> {
    let account = own_account(work)?;
    let (register, standings) = standings(work.collector).await?;
    let claims = named(work, names, &standings).await?;
    for record in &claims {
        may_confirm(account, record, &standings)?;
    }
    let settled = settlements(&claims, ClaimState::Confirmed, account);
    let change =
        Change::new("confirm", &names.join(" "), register.clone(), register).settling(settled);
    work.keep(change, |_| "command line".to_owned()).await?;
    settled_rows(work, &claims).await
}

async fn reject(work: &Work<'_>, names: &[String], language: Language) -> Result<Reply, Failure> {
    let account = own_account(work)?;
    let (register, standings) = standings(work.collector).await?;
    let claims = named(work, names, &standings).await?;
    for record in &claims {
        if account.access != Access::Admin {
            speaks(account, record)?;
        }
    }
    let mut fields: Vec<FieldChange> = Vec::new();
    for field in claims.iter().flat_map(|it| &it.taken_back) {
        if !fields.iter().any(|it| it.place == field.place) {
            fields.push(field.clone());
        }
    }
    let after = register.taken_back(&fields).map_err(|error| {
        Failure::new(ExitCode::Conflict, "claim-changed-since", names.join(" "))
            .because(mistakes(&error, language.wording()))
    })?;
    let settled = settlements(&claims, ClaimState::Rejected, account);
    let change = Change::new("reject", &names.join(" "), register, after).settling(settled);
    work.keep(change, |_| "command line".to_owned()).await?;
    settled_rows(work, &claims).await
}

/// Without an account nothing can be settled: the word of whoever opens the folder is nobody's.
fn own_account<'w>(work: &Work<'w>) -> Result<&'w AccountRecord, Failure> {
    work.account.ok_or_else(|| Failure::new(ExitCode::Refused, "needs-account", own_name(work)))
}

/// The name of whoever acts, without what it is the name of.
pub(super) fn own_name<'w>(work: &Work<'w>) -> &'w str {
    bare_name(work.actor)
}

/// The name in what the log of events says of an actor: `kerstin` of `user kerstin`.
pub(super) fn bare_name(actor: &str) -> &str {
    actor.split_once(' ').map_or(actor, |(_, name)| name)
}

/// The claims of these names that stand open.
async fn named(
    work: &Work<'_>,
    names: &[String],
    standings: &[Standing],
) -> Result<Vec<ClaimRecord>, Failure> {
    let records = work.collector.store.claims().await?;
    let mut found: Vec<ClaimRecord> = Vec::new();
    for name in names {
        let number = number_of(name);
        let record = records.iter().find(|it| Some(it.number) == number);
        let record = record
            .ok_or_else(|| Failure::new(ExitCode::NothingFound, "no-claim", name.as_str()))?;
        if record.state != ClaimState::Open {
            return Err(Failure::new(ExitCode::Conflict, "claim-settled", name.as_str()));
        }
        if !standings.iter().any(|it| it.record.as_ref() == Some(record)) {
            return Err(Failure::new(ExitCode::Conflict, "claim-superseded", name.as_str()));
        }
        if !found.contains(record) {
            found.push(record.clone());
        }
    }
    Ok(found)
}

fn number_of(name: &str) -> Option<u64> {
    name.strip_prefix(['C', 'c'])?.parse().ok()
}

/// Whether the account's word is the one that a claim needs.
fn speaks(account: &AccountRecord, record: &ClaimRecord) -> Result<(), Failure> {
    let voice = &record.claim.voice;
    if account.speaks_for(voice) {
        return Ok(());
    }
    let name = claim_name(record.number);
    Err(match voice {
        Voice::Role(role) | Voice::Management(role) | Voice::SecurityOfficer(role) => {
            Failure::new(ExitCode::Refused, "not-the-role", name).because(role.as_str())
        }
        Voice::Administrator => Failure::new(ExitCode::Refused, "needs-admin", &account.name),
        Voice::Nobody => Failure::new(ExitCode::Refused, "claim-names-nobody", name),
    })
}

fn may_confirm(
    account: &AccountRecord,
    record: &ClaimRecord,
    standings: &[Standing],
) -> Result<(), Failure> {
    speaks(account, record)?;
    if is_grounded(&record.claim.voice, standings) {
        return Ok(());
    }
    let name = claim_name(record.number);
    Err(match record.claim.voice {
        Voice::SecurityOfficer(_) => {
            Failure::new(ExitCode::Refused, "security-officer-not-confirmed", name)
        }
        Voice::Management(_) | Voice::Role(_) | Voice::Administrator | Voice::Nobody => {
            Failure::new(ExitCode::Refused, "management-not-confirmed", name)
        }
    })
}

/// Whether it is settled whose word a claim is. Who the management or the security officer is can be typed by anyone
/// who may change the register: before an `admin` stands by that, nothing is approved in their name.
fn is_grounded(voice: &Voice, standings: &[Standing]) -> bool {
    let key = match voice {
        Voice::Role(_) | Voice::Administrator | Voice::Nobody => return true,
        Voice::Management(_) => "management",
        Voice::SecurityOfficer(_) => "security_officer",
    };
    let place = Place::new("company", "", key);
    standings.iter().any(|it| it.claim.place == place && it.is_confirmed())
}

fn settlements(
    claims: &[ClaimRecord],
    state: ClaimState,
    account: &AccountRecord,
) -> Vec<Settlement> {
    let settlement = |it: &ClaimRecord| Settlement {
        number: it.number,
        claim: it.claim.clone(),
        state,
        by: account.name.clone(),
    };
    claims.iter().map(settlement).collect()
}

/// The same claims as they are kept by now.
async fn settled_rows(work: &Work<'_>, claims: &[ClaimRecord]) -> Result<Reply, Failure> {
    let records = work.collector.store.claims().await?;
    let settled = records.iter().filter(|it| claims.iter().any(|own| own.number == it.number));
    Ok(Reply::Claims(settled.map(ClaimRow::from).collect()))
}

/// Checks what is kept of settled claims against the log: there alone it cannot be changed unseen.
pub(super) async fn check_against_log(work: &Work<'_>) -> Result<(), Failure> {
    let store = work.collector.store.as_ref();
    for record in store.claims().await?.iter().filter(|it| it.state != ClaimState::Open) {
        let number = record.settled.as_ref().map_or(0, |it| it.event);
        let event = store.events(number.saturating_sub(1), 1).await?.pop();
        if !event.is_some_and(|it| it.number == number && says(&it.event, record)) {
            let name = claim_name(record.number);
            return Err(Failure::new(ExitCode::Failed, "claims-changed", name));
        }
    }
    Ok(())
}

/// Whether an event says that a claim was settled as it is kept. Texts may have been forgotten.
fn says(event: &EventDraft, record: &ClaimRecord) -> bool {
    let (action, text) = match record.state {
        ClaimState::Confirmed => ("claim_confirmed", &event.after),
        ClaimState::Rejected => ("claim_rejected", &event.before),
        ClaimState::Open => return false,
    };
    let own = record.claim.text();
    let by = record.settled.as_ref().map(|it| format!("account {}", it.by));
    event.action == action
        && event.object == claim_object(record.number, &record.claim.place)
        && Some(&event.actor) == by.as_ref()
        && text.as_ref().is_none_or(|it| *it == own)
}

/// The claims that began with this order.
pub(super) async fn begun_now(work: &Work<'_>) -> Result<Vec<ClaimRow>, Failure> {
    let records = work.collector.store.claims().await?;
    let own = records.iter().filter(|it| it.claimed_at == work.now && it.claimed_by == work.actor);
    Ok(own.filter(|it| it.state == ClaimState::Open).map(ClaimRow::from).collect())
}

impl Work<'_> {
    /// What a change does to claims.
    pub(super) async fn claims_of(
        &self,
        change: &Change,
        source: impl Fn(&Place) -> String,
    ) -> Result<ClaimChanges, Failure> {
        let mut begun = Register::claims_begun(&change.before, &change.after);
        if begun.is_empty() {
            return Ok(ClaimChanges { begun: Vec::new(), settled: change.settled.clone() });
        }
        let records = self.collector.store.claims().await?;
        let standings = change.after.standings(&records);
        if change.kind == "reject" {
            // What stood before the rejected claim stands again as it did.
            let stood = |claim: &Claim| {
                standings.iter().any(|it| it.claim == *claim && it.record.is_some())
            };
            begun.retain(|it| !stood(&it.claim));
        }
        // Who says in the same breath that the word is theirs has not been asked for it.
        let fields = Register::field_changes(&change.before, &change.after);
        let names_itself = |claim: &Claim| {
            let place = claim.speaking_place();
            place.is_some_and(|it| fields.iter().any(|field| field.place == it))
        };
        let new = |begun: inventory::register::BegunClaim| NewClaim {
            claimed_by: self.actor.to_owned(),
            source: source(&begun.claim.place),
            confirmed_by: self
                .account
                .filter(|_| self.is_certain)
                .filter(|_| change.own_words.contains(&begun.claim.place))
                .filter(|_| !names_itself(&begun.claim))
                .filter(|it| it.speaks_for(&begun.claim.voice))
                .filter(|_| is_grounded(&begun.claim.voice, &standings))
                .map(|it| it.name.clone()),
            begun,
        };
        let begun = begun.into_iter().map(new).collect();
        Ok(ClaimChanges { begun, settled: change.settled.clone() })
    }
}

/// Keeps the claims of a register that was there before claims were: nobody stands by them.
///
/// # Errors
/// If the store fails.
pub async fn adopt_claims(collector: &Collector, now: Timestamp) -> Result<(), Failure> {
    let (register, standings) = standings(collector).await?;
    let unknown = standings.iter().filter(|it| it.record.is_none());
    let known: Vec<_> = unknown.map(|it| it.claim.clone()).collect();
    if known.is_empty() {
        return Ok(());
    }
    let begun = Register::claims_begun(&Register::default(), &register);
    let new = |begun| NewClaim {
        begun,
        claimed_by: ADOPTING_ACTOR.to_owned(),
        source: "register".to_owned(),
        confirmed_by: None,
    };
    let begun = begun.into_iter().filter(|it| known.contains(&it.claim));
    collector.store.adopt_claims(begun.map(new).collect(), now).await?;
    Ok(())
}
