//! Orders that change the register: a file, single fields, an edited workbook, and the way back.

use data_encoding::BASE64;
use inventory::export::View;
use inventory::import::{self, Candidate, Conflict, ExportBase, Options, Outcome, ReadBook, Take};
use inventory::register::{
    Edit, EditError, Entry, FieldChange, Place, Register, Value, is_identity, keys_of,
};
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use observation::ContentHash;
use serde::{Deserialize, Serialize};
use store::{ChangeSetRecord, EventDraft, ImportRecord, KeptImport, RegisterChange, Settlement};
use uuid::Uuid;
use wording::{Language, Wording};

use super::claims::{self, ClaimRow};
use super::order::Reply;
use super::print::instant;
use super::work::{Work, done, in_background};
use crate::failure::{ExitCode, Failure};
use crate::snapshot;
use crate::workbook;

/// How long a change can be taken back.
const UNDO_TIME: SignedDuration = SignedDuration::from_hours(90 * 24);
/// Imports that a list shows.
pub(super) const IMPORTS_SHOWN_MAX: u32 = 100;

/// An import, for people and programs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ImportReport {
    /// Its name (`I3`); none: nothing was kept of it.
    pub import: Option<String>,
    /// Whether it only tried.
    pub dry_run: bool,
    /// Statements of it that count only once an account stands by them.
    #[serde(default)]
    pub claims: Vec<ClaimRow>,
    /// What it found.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// Entries of a table of the register, for programs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ShownTable {
    /// The table.
    pub table: String,
    /// Its entries, or the one that was asked for.
    pub entries: Vec<ShownEntry>,
}

/// An entry of the register, for programs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ShownEntry {
    /// Its identity; empty where the table stands once.
    pub identity: String,
    /// What is stated.
    pub fields: Entry,
    /// Which of it counts only once an account stands by it, and whether one does.
    pub claims: Vec<ClaimRow>,
}

/// An import in a list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ImportRow {
    /// Its name (`I3`).
    pub import: String,
    /// When.
    pub at: jiff::Timestamp,
    /// Who imported.
    pub actor: String,
    /// The name of the file.
    pub file_name: String,
    /// Fields that it changed.
    pub changes: usize,
    /// Conflicts that nobody decided yet.
    pub open_conflicts: usize,
    /// Rows that nobody accepted yet.
    pub open_candidates: usize,
}

/// A workbook to be imported.
pub(super) struct Incoming<'f> {
    pub(super) name: String,
    /// The file, base64.
    pub(super) file: &'f str,
    pub(super) dry_run: bool,
    pub(super) clear_emptied: bool,
    pub(super) language: Language,
}

impl ImportReport {
    /// How the process ends that asked for it.
    #[must_use]
    pub fn failure(&self) -> Option<Failure> {
        let name = self.import.clone().unwrap_or_default();
        if !self.outcome.errors.is_empty() {
            let count = self.outcome.errors.len().to_string();
            return Some(Failure::new(ExitCode::Failed, "import-errors", count));
        }
        let conflicts = self.outcome.open_conflicts().count();
        (conflicts > 0).then(|| {
            Failure::new(ExitCode::Conflict, "import-conflicts", conflicts.to_string())
                .because(name)
        })
    }
}

// The whole register.

pub(super) async fn import_register(
    work: &Work<'_>,
    text: &str,
    language: Language,
) -> Result<Reply, Failure> {
    let after = Register::parse(text).map_err(|error| {
        Failure::new(ExitCode::Failed, "register", "register.toml")
            .because(error.text(language.wording()))
    })?;
    let before = work.collector.store.register().await?;
    let object = "register.toml".to_owned();
    let change = Change::new("register", &object, before, after);
    let count = work.change(change, |_| object.clone()).await?;
    Ok(done("register-imported", object, count))
}

pub(super) async fn export_register(work: &Work<'_>) -> Result<Reply, Failure> {
    Ok(Reply::Text(work.collector.store.register().await?.to_toml()))
}

// Single entries.

/// The entries of a table, or one of them: as the file writes them, with a remark at each claim, or
/// as data.
pub(super) async fn show(
    work: &Work<'_>,
    table: &str,
    identity: Option<&str>,
    as_data: bool,
    language: Language,
) -> Result<Reply, Failure> {
    let store = work.collector.store.as_ref();
    let register = store.register().await?;
    let standings = register.standings(&store.claims().await?);
    let words = language.wording();
    let of = |place: &Place| standings.iter().find(|it| it.claim.place == *place);
    let remark = |place: &Place| of(place).map(|it| it.text(words, instant));
    let Some(text) = register.table_text(table, identity, remark) else {
        let object = identity.map_or_else(|| table.to_owned(), |it| format!("{table} {it}"));
        return Err(Failure::new(ExitCode::NothingFound, "no-entry", object));
    };
    if !as_data {
        return Ok(Reply::Text(text));
    }
    let index = register.index();
    let wanted = index.entries(table).filter(|(it, _)| identity.is_none_or(|own| own == *it));
    let entry = |(identity, entry): (&str, &Entry)| ShownEntry {
        identity: identity.to_owned(),
        fields: entry.clone(),
        claims: standings
            .iter()
            .filter(|it| it.claim.place.table == table && it.claim.place.identity == identity)
            .map(ClaimRow::from)
            .collect(),
    };
    let entries = wanted.map(entry).collect();
    Ok(Reply::Entries(ShownTable { table: table.to_owned(), entries }))
}

/// Sets or removes keys of an entry, which begins where it does not exist.
pub(super) async fn set(
    work: &Work<'_>,
    table: &str,
    identity: &str,
    fields: &[(String, Option<String>)],
    language: Language,
) -> Result<Reply, Failure> {
    let before = work.collector.store.register().await?;
    let index = before.index();
    let mut edits = Vec::new();
    for (key, text) in fields {
        let place = Place::new(table, identity, key);
        let value = match text {
            None => None,
            Some(text) => {
                let read = import::read_text(&place, text, &index, language);
                read.map_err(|it| not_set(&format!("{key}: {it}")))?
            }
        };
        edits.push(Edit { place, value });
    }
    let after = before.edited(&edits).map_err(|it| not_set(&mistakes(&it, language.wording())))?;
    let object = format!("{table} {identity}").trim_end().to_owned();
    let own_words = edits.into_iter().map(|it| it.place).collect();
    let change = Change { own_words, ..Change::new("register", &object, before, after) };
    let count = work.change(change, command_line).await?;
    let claims = claims::begun_now(work).await?;
    let names: Vec<String> = claims.into_iter().filter_map(|it| it.claim).collect();
    if names.is_empty() {
        return Ok(done("register-set", object, count));
    }
    Ok(done("register-set-claimed", format!("{object} ({})", names.join(", ")), count))
}

/// Takes an entry out.
pub(super) async fn remove(
    work: &Work<'_>,
    table: &str,
    identity: &str,
    language: Language,
) -> Result<Reply, Failure> {
    let before = work.collector.store.register().await?;
    let after = before.without(table, identity);
    let after = after.map_err(|it| not_set(&mistakes(&it, language.wording())))?;
    let object = format!("{table} {identity}");
    let count = work.change(Change::new("register", &object, before, after), command_line).await?;
    Ok(done("register-removed", object, count))
}

fn not_set(cause: &str) -> Failure {
    Failure::new(ExitCode::Failed, "register-set", "").because(cause)
}

/// The mistakes with the fields that they concern, one per line.
pub(super) fn mistakes(error: &EditError, words: &Wording) -> String {
    let line = |(place, mistake): &(Option<Place>, inventory::register::Mistake)| match place {
        None => mistake.text(words),
        Some(it) => format!("{}: {}", it.label(words), mistake.text(words)),
    };
    error.problems.iter().map(line).collect::<Vec<_>>().join("\n")
}

// A workbook that comes back.

pub(super) async fn import_workbook(
    work: &Work<'_>,
    incoming: Incoming<'_>,
) -> Result<Reply, Failure> {
    let Incoming { name, file, dry_run, clear_emptied, language } = incoming;
    let bytes = BASE64
        .decode(file.as_bytes())
        .map_err(|it| Failure::new(ExitCode::Failed, "internal", it.to_string()))?;
    let file_hash = ContentHash::of(&bytes);
    let book = in_background(move || workbook::read(&bytes)).await?.map_err(|error| {
        let key = format!("import-refused-{}", error.code);
        Failure::new(ExitCode::Failed, &key, name.clone()).because(error.detail)
    })?;
    let store = work.collector.store.as_ref();
    let base = base_of(work, &book).await?;
    let present = snapshot::present(store, work.now).await?;
    let before = present.register.clone();
    let options = Options { clear_emptied };
    let register = before.clone();
    let (outcome, after) = in_background(move || {
        let meta = book.meta();
        let spoken = meta.get("language").and_then(|it| Language::from_tag(it));
        let zone = meta.get("time_zone").and_then(|it| TimeZone::get(it).ok());
        let view = View::new(&present, spoken.unwrap_or(language), zone.unwrap_or(TimeZone::UTC));
        let words = language.wording();
        let mut outcome = import::merge(&book, base.as_ref(), &view, words, options);
        let after = outcome.applied_to(&register, words);
        (outcome, after)
    })
    .await?;
    let read = ReadFile { name, file_hash, dry_run, before, after, outcome };
    finish_import(work, read, source).await
}

/// A file that was read and compared with the register.
pub(super) struct ReadFile {
    pub(super) name: String,
    pub(super) file_hash: ContentHash,
    pub(super) dry_run: bool,
    pub(super) before: Register,
    /// None: something is wrong with it.
    pub(super) after: Option<Register>,
    pub(super) outcome: Outcome,
}

/// Keeps what a file changes, with one event per field, unless it only tries or changes nothing.
pub(super) async fn finish_import(
    work: &Work<'_>,
    read: ReadFile,
    source: fn(&Outcome, &Place) -> String,
) -> Result<Reply, Failure> {
    let ReadFile { name, file_hash, dry_run, before, after, outcome } = read;
    let unkept = |outcome| {
        let claims = Vec::new();
        Reply::Imported(Box::new(ImportReport { import: None, dry_run, claims, outcome }))
    };
    let Some(after) = after.filter(|_| !dry_run) else { return Ok(unkept(outcome)) };
    let is_settled = before == after;
    if is_settled && outcome.conflicts.is_empty() && outcome.candidates.is_empty() {
        return Ok(unkept(outcome));
    }
    if is_settled && let Some(known) = known(work, file_hash, &outcome).await? {
        return Ok(Reply::Imported(Box::new(known)));
    }
    let kept = KeptImport::New {
        actor: work.actor.to_owned(),
        file_name: name.clone(),
        file_hash,
        outcome: as_json(&outcome)?,
    };
    let change = Change { import: Some(kept), ..Change::new("import", &name, before, after) };
    let number = work.keep(change, |place| source(&outcome, place)).await?.import;
    let import = number.map(import_name);
    let outcome = named(outcome, number);
    let claims = claims::begun_now(work).await?;
    Ok(Reply::Imported(Box::new(ImportReport { import, dry_run, claims, outcome })))
}

/// The import of the same file that found the same: with what was decided of it.
async fn known(
    work: &Work<'_>,
    file_hash: ContentHash,
    outcome: &Outcome,
) -> Result<Option<ImportReport>, Failure> {
    let earlier = work.collector.store.imports(IMPORTS_SHOWN_MAX).await?;
    let Some(record) = earlier.iter().find(|it| it.file_hash == file_hash) else {
        return Ok(None);
    };
    let Outcome { candidates, conflicts, .. } = outcome_of(record)?;
    let is_known = |it: &Conflict| {
        conflicts.iter().any(|kept| kept.place == it.place && kept.workbook == it.workbook)
    };
    if !outcome.conflicts.iter().all(is_known) {
        return Ok(None);
    }
    let outcome = Outcome { candidates, conflicts, ..outcome.clone() };
    let outcome = named(outcome, Some(record.number));
    let import = Some(import_name(record.number));
    Ok(Some(ImportReport { import, dry_run: false, claims: Vec::new(), outcome }))
}

fn import_name(number: u64) -> String {
    format!("I{number}")
}

/// Where in the workbook a field was changed, for the log.
fn source(outcome: &Outcome, place: &Place) -> String {
    let change = outcome.changes.iter().find(|it| it.place == *place);
    let spot = change.map(|it| &it.spot);
    let export = outcome.export_number.map_or_else(String::new, |it| format!(" {it}"));
    match spot.and_then(|it| it.cell.as_ref().map(|cell| format!("{} {cell}", it.sheet))) {
        Some(cell) => format!("workbook{export}: {cell}"),
        None => format!("workbook{export}"),
    }
}

async fn base_of(work: &Work<'_>, book: &ReadBook) -> Result<Option<ExportBase>, Failure> {
    let meta = book.meta();
    let Some(id) = meta.get("export_id").and_then(|it| it.parse::<Uuid>().ok()) else {
        return Ok(None);
    };
    let Some(body) = work.collector.store.export_base(id).await? else { return Ok(None) };
    // One of an earlier form is as good as none: the import warns that it has nothing to compare with.
    let base = in_background(move || ExportBase::read(&body)).await?;
    Ok(base
        .inspect_err(|error| tracing::warn!(export = %id, %error, "its base cannot be read"))
        .ok())
}

fn as_json(outcome: &Outcome) -> Result<String, Failure> {
    serde_json::to_string(outcome)
        .map_err(|it| Failure::new(ExitCode::Failed, "internal", it.to_string()))
}

/// The outcome with names for its conflicts and candidates.
fn named(mut outcome: Outcome, import: Option<u64>) -> Outcome {
    let Some(import) = import else { return outcome };
    for (number, conflict) in (1..).zip(&mut outcome.conflicts) {
        conflict.id = Some(format!("I{import}.{number}"));
    }
    for (number, candidate) in (1..).zip(&mut outcome.candidates) {
        candidate.id = Some(format!("I{import}.n{number}"));
    }
    outcome
}

pub(super) async fn list_imports(work: &Work<'_>) -> Result<Reply, Failure> {
    let mut rows = Vec::new();
    for record in work.collector.store.imports(IMPORTS_SHOWN_MAX).await? {
        let outcome = outcome_of(&record)?;
        rows.push(ImportRow {
            import: import_name(record.number),
            at: record.at,
            actor: record.actor,
            file_name: record.file_name,
            changes: outcome.changes.iter().filter(|it| it.applied).count(),
            open_conflicts: outcome.open_conflicts().count(),
            open_candidates: outcome.candidates.iter().filter(|it| it.accepted.is_none()).count(),
        });
    }
    Ok(Reply::Imports(rows))
}

pub(super) async fn show_import(work: &Work<'_>, name: &str) -> Result<Reply, Failure> {
    let record = import_named(work, name).await?;
    let outcome = named(outcome_of(&record)?, Some(record.number));
    let import = Some(import_name(record.number));
    let claims = Vec::new();
    Ok(Reply::Imported(Box::new(ImportReport { import, dry_run: false, claims, outcome })))
}

pub(super) fn outcome_of(record: &ImportRecord) -> Result<Outcome, Failure> {
    serde_json::from_str(&record.outcome).map_err(|error| {
        let object = import_name(record.number);
        Failure::new(ExitCode::Failed, "damaged", object).because(error.to_string())
    })
}

/// The import of a name such as `I3`, or of the import that `I3.1` belongs to.
async fn import_named(work: &Work<'_>, name: &str) -> Result<ImportRecord, Failure> {
    let number = import_number(name);
    let record = match number {
        Some(number) => work.collector.store.import(number).await?,
        None => None,
    };
    record.ok_or_else(|| Failure::new(ExitCode::NothingFound, "no-import", name))
}

fn import_number(name: &str) -> Option<u64> {
    let digits = name.strip_prefix(['I', 'i'])?;
    digits.split('.').next()?.parse().ok()
}

/// The place in its list that `I3.7` or `I3.n7` names, counted from 0.
fn place_in(name: &str, mark: &str) -> Option<usize> {
    let (_, rest) = name.split_once('.')?;
    rest.strip_prefix(mark)?.parse::<usize>().ok()?.checked_sub(1)
}

pub(super) async fn resolve(
    work: &Work<'_>,
    name: &str,
    take: Take,
    language: Language,
) -> Result<Reply, Failure> {
    let record = import_named(work, name).await?;
    let mut outcome = outcome_of(&record)?;
    let missing = || Failure::new(ExitCode::NothingFound, "no-conflict", name);
    let at = place_in(name, "").ok_or_else(missing)?;
    let conflict = outcome.conflicts.get_mut(at).ok_or_else(missing)?;
    if conflict.taken.is_some() {
        return Err(Failure::new(ExitCode::Conflict, "conflict-decided", name));
    }
    conflict.taken = Some(take);
    let stated = conflict.stated.clone();
    let edit = Edit { place: conflict.place.clone(), value: conflict.value.clone() };
    let before = work.collector.store.register().await?;
    let place = &edit.place;
    let present = before.index();
    let present = present.value(&place.table, &place.identity, &place.key);
    if take == Take::Workbook && present != stated.as_ref() {
        let said = present.map_or_else(String::new, Value::to_text);
        let words = language.wording();
        return Err(Failure::new(ExitCode::Conflict, "changed-since", name)
            .because(format!("{}: {said}", place.label(words))));
    }
    let after = match take {
        Take::Register => before.clone(),
        Take::Workbook => {
            before.edited(&[edit]).map_err(|it| not_set(&mistakes(&it, language.wording())))?
        }
    };
    work.decide(&record, &outcome, Change::new("resolve", name, before, after)).await?;
    Ok(done("conflict-resolved", name.to_owned(), 1))
}

/// Makes an entry of a row that had no id.
pub(super) async fn accept(
    work: &Work<'_>,
    name: &str,
    identity: Option<String>,
    language: Language,
) -> Result<Reply, Failure> {
    let record = import_named(work, name).await?;
    let mut outcome = outcome_of(&record)?;
    let missing = || Failure::new(ExitCode::NothingFound, "no-candidate", name);
    let at = place_in(name, "n").ok_or_else(missing)?;
    let candidate = outcome.candidates.get_mut(at).ok_or_else(missing)?;
    if candidate.accepted.is_some() {
        return Err(Failure::new(ExitCode::Conflict, "candidate-accepted", name));
    }
    let before = work.collector.store.register().await?;
    let identity = identity
        .or_else(|| candidate.identity.clone())
        .unwrap_or_else(|| before.next_code(&candidate.table));
    if before.index().has(&candidate.table, &identity) {
        return Err(Failure::new(ExitCode::Conflict, "entry-exists", identity));
    }
    let after = before
        .edited(&edits_of(candidate, &identity))
        .map_err(|it| not_set(&mistakes(&it, language.wording())))?;
    candidate.accepted = Some(identity.clone());
    work.decide(&record, &outcome, Change::new("accept", name, before, after)).await?;
    Ok(done("candidate-accepted", identity, 1))
}

fn edits_of(candidate: &Candidate, identity: &str) -> Vec<Edit> {
    let edit = |(key, value): &(String, Value)| Edit {
        place: Place::new(&candidate.table, identity, key),
        value: Some(value.clone()),
    };
    // A name alone is an entry too.
    let keys = keys_of(&candidate.table).into_iter();
    let own = keys.filter(|key| is_identity(&candidate.table, key)).map(|key| Edit {
        place: Place::new(&candidate.table, identity, key),
        value: Some(Value::Text(identity.to_owned())),
    });
    own.chain(candidate.values.iter().map(edit)).collect()
}

// The way back.

/// Takes back the change that an event belongs to, or a whole import (`I3`).
pub(super) async fn undo(
    work: &Work<'_>,
    name: &str,
    language: Language,
) -> Result<Reply, Failure> {
    let store = work.collector.store.as_ref();
    let found = match (import_number(name), name.parse::<u64>()) {
        (Some(import), _) => store.change_set_of_import(import).await?,
        (None, Ok(event)) => store.change_set_of(event).await?,
        (None, Err(_)) => None,
    };
    let set = found.ok_or_else(|| Failure::new(ExitCode::NothingFound, "no-change", name))?;
    if set.undone_by.is_some() {
        return Err(Failure::new(ExitCode::Conflict, "undone-already", name));
    }
    if work.now.duration_since(set.at) > UNDO_TIME {
        return Err(Failure::new(ExitCode::Refused, "too-late-to-undo", name));
    }
    let before = store.register().await?;
    let after = before.taken_back(&set.fields).map_err(|error| {
        Failure::new(ExitCode::Conflict, "changed-since", name)
            .because(mistakes(&error, language.wording()))
    })?;
    let reopened = reopened(work, &set).await?;
    let change = Change {
        undoes: Some(set.number),
        import: reopened,
        ..Change::new("undo", name, before, after)
    };
    let count = work.change(change, |_| format!("undo {name}")).await?;
    Ok(done("undone", name.to_owned(), count))
}

/// The import of which a decision is taken back, with the decision open again.
async fn reopened(work: &Work<'_>, set: &ChangeSetRecord) -> Result<Option<KeptImport>, Failure> {
    if !matches!(set.kind.as_str(), "resolve" | "accept") {
        return Ok(None);
    }
    let record = import_named(work, &set.object).await?;
    let mut outcome = outcome_of(&record)?;
    let conflict = place_in(&set.object, "").and_then(|at| outcome.conflicts.get_mut(at));
    if let Some(conflict) = conflict {
        conflict.taken = None;
    }
    let candidate = place_in(&set.object, "n").and_then(|at| outcome.candidates.get_mut(at));
    if let Some(candidate) = candidate {
        candidate.accepted = None;
    }
    let was = record.outcome.clone();
    Ok(Some(KeptImport::Decided { number: record.number, was, outcome: as_json(&outcome)? }))
}

// What all of them share.

/// A change of the register with what belongs to it.
pub(super) struct Change {
    pub(super) kind: &'static str,
    object: String,
    pub(super) before: Register,
    pub(super) after: Register,
    import: Option<KeptImport>,
    undoes: Option<u64>,
    /// What the account that acts says itself: of that alone counts at once what it claims in its own role, and not
    /// what others claimed and this change only touches.
    pub(super) own_words: Vec<Place>,
    /// Claims that it settles.
    pub(super) settled: Vec<Settlement>,
}

impl Change {
    pub(super) fn new(kind: &'static str, object: &str, before: Register, after: Register) -> Self {
        Self {
            kind,
            object: object.to_owned(),
            before,
            after,
            import: None,
            undoes: None,
            own_words: Vec::new(),
            settled: Vec::new(),
        }
    }

    /// The same change, which settles these claims.
    pub(super) fn settling(mut self, settled: Vec<Settlement>) -> Self {
        self.settled = settled;
        self
    }
}

fn command_line(_: &Place) -> String {
    "command line".to_owned()
}

impl Work<'_> {
    /// Keeps a change with one event per field, and gives how many there were.
    async fn change(
        &self,
        change: Change,
        source: impl Fn(&Place) -> String,
    ) -> Result<u64, Failure> {
        let fields = Register::field_changes(&change.before, &change.after).len() as u64;
        if fields > 0 {
            self.keep(change, source).await?;
        }
        Ok(fields)
    }

    /// Keeps what was decided of an import.
    async fn decide(
        &self,
        record: &ImportRecord,
        outcome: &Outcome,
        change: Change,
    ) -> Result<(), Failure> {
        let was = record.outcome.clone();
        let outcome = as_json(outcome)?;
        let kept = KeptImport::Decided { number: record.number, was, outcome };
        let object = change.object.clone();
        let change = Change { import: Some(kept), ..change };
        self.keep(change, |_| format!("workbook: {object}")).await?;
        Ok(())
    }

    pub(super) async fn keep(
        &self,
        change: Change,
        source: impl Fn(&Place) -> String,
    ) -> Result<store::ChangedRegister, Failure> {
        let claims = self.claims_of(&change, &source).await?;
        let Change { kind, object, before, after, import, undoes, .. } = change;
        let fields = Register::field_changes(&before, &after);
        let text = |value: &Option<Value>| value.as_ref().map(Value::to_text);
        let event = |it: &FieldChange| EventDraft {
            at: self.now,
            actor: self.actor.to_owned(),
            source: source(&it.place),
            action: it.place.key.clone(),
            object: format!("{} {}", it.place.table, it.place.identity).trim_end().to_owned(),
            before: text(&it.before),
            after: text(&it.after),
        };
        let events = fields.iter().map(event).collect();
        let change = RegisterChange {
            before,
            after,
            fields,
            kind,
            object,
            at: self.now,
            events,
            import,
            undoes,
            actor: self.actor.to_owned(),
            claims,
        };
        Ok(self.collector.store.change_register(change).await?)
    }
}
