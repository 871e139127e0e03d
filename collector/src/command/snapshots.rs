//! Snapshots: all sheets as they were at a moment, kept, shown, compared and proved.

use inventory::export::{Frozen, FrozenSheet, SheetDifference, View, freeze};
use jiff::tz::TimeZone;
use observation::ContentHash;
use serde::{Deserialize, Serialize};
use store::{NewSnapshot, SNAPSHOT_BYTES_MAX, SnapshotRecord, Store};
use wording::Language;

use super::order::Reply;
use super::work::{Work, done, in_background, spoken};
use crate::failure::{ExitCode, Failure};
use crate::snapshot;

/// Longest name of a snapshot, in letters.
const NAME_LETTERS_MAX: usize = 80;
/// What snapshots are called in events.
const OBJECT: &str = "snapshot";

/// What can be done with snapshots. Names are `SP3`, `3` or what people called them.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SnapshotOrder {
    /// Takes one.
    Create {
        /// Its name; none: the moment.
        name: Option<String>,
        /// The language of its texts.
        language: String,
        /// The time zone of its times.
        time_zone: String,
    },
    /// Lists all.
    List,
    /// Shows the rows of one.
    Show {
        /// Which.
        name: String,
        /// The key of a sheet; none: how many rows each has.
        sheet: Option<String>,
    },
    /// What differs between two.
    Differences {
        /// The earlier one.
        from: String,
        /// The later one; none: the present.
        to: Option<String>,
        /// The time zone of the present.
        time_zone: String,
    },
    /// Proves that they are what they were.
    Verify {
        /// Which; none: all.
        name: Option<String>,
    },
}

/// What snapshots say.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SnapshotReply {
    /// All, the oldest first.
    All(Vec<SnapshotRecord>),
    /// The rows of one.
    One(ShownSnapshot),
    /// What differs between two.
    Compared(Comparison),
}

/// Two snapshots and what differs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Comparison {
    /// The earlier one.
    pub from: SnapshotRecord,
    /// The later one; none: the present.
    pub to: Option<SnapshotRecord>,
    /// What differs.
    pub sheets: Vec<SheetDifference>,
}

/// A snapshot and its sheets.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ShownSnapshot {
    /// The snapshot.
    pub snapshot: SnapshotRecord,
    /// Its sheets with their rows.
    pub sheets: Vec<ShownSheet>,
}

/// A sheet of a snapshot.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ShownSheet {
    /// Its key.
    pub sheet: String,
    /// How many rows it has.
    pub count: usize,
    /// The keys of its columns.
    pub columns: Vec<String>,
    /// The rows, where one sheet was asked for.
    pub rows: Vec<Vec<String>>,
}

pub(super) async fn execute(work: &Work<'_>, order: SnapshotOrder) -> Result<Reply, Failure> {
    match order {
        SnapshotOrder::Create { name, language, time_zone } => {
            Box::pin(create(work, name, &language, time_zone)).await
        }
        SnapshotOrder::List => {
            Ok(reply(SnapshotReply::All(work.collector.store.snapshots().await?)))
        }
        SnapshotOrder::Show { name, sheet } => show(work, &name, sheet.as_deref()).await,
        SnapshotOrder::Differences { from, to, time_zone } => {
            Box::pin(differences(work, &from, to.as_deref(), time_zone)).await
        }
        SnapshotOrder::Verify { name } => verify(work, name.as_deref()).await,
    }
}

fn reply(said: SnapshotReply) -> Reply {
    Reply::Snapshots(Box::new(said))
}

async fn create(
    work: &Work<'_>,
    name: Option<String>,
    language: &str,
    time_zone: String,
) -> Result<Reply, Failure> {
    let name = name.unwrap_or_else(|| work.now.strftime("%Y-%m-%d %H:%M:%S").to_string());
    let is_number = !name.is_empty() && number_of(&name).is_some();
    if name.trim().is_empty() || name.chars().count() > NAME_LETTERS_MAX || is_number {
        return Err(Failure::new(ExitCode::Usage, "snapshot-name", name));
    }
    let (body, rows) = present(work, spoken(language), time_zone).await?;
    if body.len() > SNAPSHOT_BYTES_MAX {
        return Err(Failure::new(ExitCode::Failed, "snapshot-too-large", name));
    }
    let new = NewSnapshot {
        name: name.clone(),
        taken_at: work.now,
        actor: work.actor.to_owned(),
        language: spoken(language).tag().to_owned(),
        rows,
        body,
    };
    let event = work.event("snapshot_taken", format!("{OBJECT} {name}"));
    match work.collector.store.keep_snapshot(new, event).await? {
        Some(kept) => Ok(done("snapshot-taken", title(&kept), kept.rows)),
        None => Err(Failure::new(ExitCode::Conflict, "snapshot-name-taken", name)),
    }
}

/// All cells as they are now.
async fn present(
    work: &Work<'_>,
    language: Language,
    time_zone: String,
) -> Result<(Vec<u8>, u64), Failure> {
    let mut snapshot = snapshot::present(work.collector.store.as_ref(), work.now).await?;
    snapshot.stamp.time_zone = time_zone;
    in_background(move || {
        let zone = TimeZone::get(&snapshot.stamp.time_zone).unwrap_or(TimeZone::UTC);
        freeze(&View::new(&snapshot, language, zone))
    })
    .await
}

async fn show(work: &Work<'_>, name: &str, sheet: Option<&str>) -> Result<Reply, Failure> {
    let (snapshot, frozen) = read(work, name).await?;
    let is_known = |key: &str| frozen.sheets.iter().any(|it| it.sheet == key);
    if let Some(sheet) = sheet.filter(|it| !is_known(it)) {
        let known: Vec<&str> = frozen.sheets.iter().map(|it| it.sheet.as_str()).collect();
        let failure = Failure::new(ExitCode::NothingFound, "no-sheet", sheet);
        return Err(failure.because(known.join(", ")));
    }
    let is_asked = |it: &FrozenSheet| sheet.is_none_or(|key| it.sheet == key);
    let sheets = frozen.sheets.into_iter().filter(is_asked);
    let shown = sheets.map(|it| ShownSheet {
        sheet: it.sheet,
        count: it.rows.len(),
        columns: it.columns,
        rows: if sheet.is_some() {
            it.rows.into_iter().map(|it| it.1).collect()
        } else {
            Vec::new()
        },
    });
    Ok(reply(SnapshotReply::One(ShownSnapshot { snapshot, sheets: shown.collect() })))
}

async fn differences(
    work: &Work<'_>,
    from: &str,
    to: Option<&str>,
    time_zone: String,
) -> Result<Reply, Failure> {
    let (from, before) = read(work, from).await?;
    let (to, after) = match to {
        Some(name) => {
            let (record, frozen) = read(work, name).await?;
            (Some(record), frozen)
        }
        None => {
            let (body, _) = present(work, spoken(&from.language), time_zone).await?;
            (None, understood(body, "").await?)
        }
    };
    if let Some(to) = to.as_ref().filter(|it| it.language != from.language) {
        let object = format!("{}, {}", title(&from), title(to));
        return Err(Failure::new(ExitCode::Usage, "snapshot-languages", object));
    }
    let sheets = in_background(move || before.differences(&after)).await?;
    Ok(reply(SnapshotReply::Compared(Comparison { from, to, sheets })))
}

async fn verify(work: &Work<'_>, name: Option<&str>) -> Result<Reply, Failure> {
    let store = work.collector.store.as_ref();
    let records = match name {
        Some(name) => vec![find(store, name).await?],
        None => store.snapshots().await?,
    };
    // The event proves the snapshot only as far as the chain proves the event.
    if let Some(number) = store.verify_events().await?.first_broken {
        return Err(Failure::new(ExitCode::Failed, "chain-broken", number.to_string()));
    }
    for record in &records {
        let body = store.snapshot_body(record.number).await?.unwrap_or_default();
        let event = store.events(record.event.saturating_sub(1), 1).await?.pop();
        let said = event.filter(|it| it.event.object == format!("{OBJECT} {}", record.name));
        let said = said.and_then(|it| it.event.after);
        let hash = ContentHash::of(&body);
        if said.as_deref() != Some(hash.to_string().as_str()) || hash != record.hash {
            return Err(Failure::new(ExitCode::Failed, "snapshot-changed", title(record)));
        }
    }
    let count = u64::try_from(records.len()).unwrap_or(u64::MAX);
    Ok(done("snapshots-whole", String::new(), count))
}

async fn read(work: &Work<'_>, name: &str) -> Result<(SnapshotRecord, Frozen), Failure> {
    let store = work.collector.store.as_ref();
    let record = find(store, name).await?;
    let body = store.snapshot_body(record.number).await?.unwrap_or_default();
    let frozen = understood(body, &title(&record)).await?;
    Ok((record, frozen))
}

async fn understood(body: Vec<u8>, name: &str) -> Result<Frozen, Failure> {
    let read = in_background(move || Frozen::read(&body)).await?;
    read.map_err(|it| {
        Failure::new(ExitCode::Failed, "snapshot-changed", name).because(it.to_string())
    })
}

async fn find(store: &dyn Store, name: &str) -> Result<SnapshotRecord, Failure> {
    let all = store.snapshots().await?;
    let number = number_of(name);
    let found = all.into_iter().find(|it| it.name == name || Some(it.number) == number);
    found.ok_or_else(|| Failure::new(ExitCode::NothingFound, "no-snapshot", name))
}

/// The number behind `SP3` or `3`.
fn number_of(name: &str) -> Option<u64> {
    name.strip_prefix("SP").unwrap_or(name).parse().ok()
}

/// Number and name, as people read them.
pub(super) fn title(record: &SnapshotRecord) -> String {
    format!("SP{} ({})", record.number, record.name)
}
