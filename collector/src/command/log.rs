//! The log of events, as an auditor reads it: what changed, when, by whom, through what.

use std::io::{self, Write};

use inventory::register::{actor_text, field_kind, key_label};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{EventFilter, LoggedEvent};
use wording::Wording;

use super::order::Reply;
use super::print::{clean, instant, table_of};
use super::work::Work;
use crate::failure::Failure;

/// Most events of one page.
pub const LOG_EVENTS_MAX: u32 = 1_000;
/// Characters of a value that a table shows; JSON has all of them.
const VALUE_CHARACTERS_MAX: usize = 120;

/// Which events are asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct LogOrder {
    /// Those after this number; 0: from the first one on.
    pub after: u64,
    /// Those from this moment on.
    pub since: Option<Timestamp>,
    /// Those of this object: `risk R-001`, `risk/R-001`, `account anna`; or of a kind of objects: `risk`.
    pub object: Option<String>,
    /// So many at most, and never more than [`LOG_EVENTS_MAX`].
    pub limit: u32,
}

/// A page of the log, oldest event first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LogPage {
    /// Its events.
    pub events: Vec<LogRow>,
    /// What is to be given as `after` for the next page; none: this is the last one.
    pub next: Option<u64>,
}

/// An event, for people and programs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LogRow {
    /// Counted from 1.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// Who: `account anna`, `user kerstin`, `rule reconcile`.
    pub actor: String,
    /// Through what.
    pub source: String,
    /// What was done: a code, or the key of the register that changed.
    pub kind: String,
    /// To what.
    pub object: String,
    /// What it was.
    pub before: Option<String>,
    /// What it became.
    pub after: Option<String>,
    /// Whether what it was and became was deleted since; the chain knows only hashes of it.
    pub is_forgotten: bool,
}

impl From<LoggedEvent> for LogRow {
    fn from(logged: LoggedEvent) -> Self {
        let (record, is_forgotten) = (logged.record, logged.is_forgotten);
        let event = record.event;
        Self {
            number: record.number,
            at: event.at,
            actor: event.actor,
            source: event.source,
            kind: event.action,
            object: event.object,
            before: event.before,
            after: event.after,
            is_forgotten,
        }
    }
}

pub(super) async fn execute(work: &Work<'_>, order: LogOrder) -> Result<Reply, Failure> {
    let LogOrder { after, since, object, limit } = order;
    let object = object.map(|it| it.replacen('/', " ", 1).trim().to_owned());
    let limit = limit.clamp(1, LOG_EVENTS_MAX);
    let filter = EventFilter { after, since, object, limit };
    let page = work.collector.store.event_page(filter).await?;
    let last = page.events.last().map(|it| it.record.number);
    let events = page.events.into_iter().map(LogRow::from).collect();
    Ok(Reply::Log(LogPage { events, next: last.filter(|_| page.is_cut) }))
}

pub(super) fn print(out: &mut dyn Write, page: &LogPage, wording: &Wording) -> io::Result<()> {
    if page.events.is_empty() {
        return writeln!(out, "{}", wording.text("account-log-empty"));
    }
    let columns = ["event", "at", "actor", "kind", "object", "change", "source"];
    let mut table = table_of(wording, "account-column", &columns);
    for row in &page.events {
        table.add_row([
            row.number.to_string(),
            instant(row.at),
            clean(&actor_text(wording, &row.actor)),
            clean(&kind(row, wording)),
            clean(&row.object),
            clean(&change(row, wording)),
            clean(&row.source),
        ]);
    }
    writeln!(out, "{table}")?;
    let Some(next) = page.next else { return Ok(()) };
    let arguments = [("event", next.to_string().into())];
    writeln!(out, "{}", wording.text_with("account-log-more", &arguments))
}

/// The key that changed, as the register calls it; else the code of what was done.
fn kind(row: &LogRow, wording: &Wording) -> String {
    let table = row.object.split(' ').next().unwrap_or_default();
    match field_kind(table, &row.kind) {
        Some(_) => key_label(wording, table, &row.kind),
        None => row.kind.clone(),
    }
}

fn change(row: &LogRow, wording: &Wording) -> String {
    if row.is_forgotten {
        return wording.text("account-log-forgotten");
    }
    match (&row.before, &row.after) {
        (None, None) => String::new(),
        (before, after) => format!("{} → {}", shortened(before), shortened(after)),
    }
}

/// The beginning of a value; nothing where nothing was stated.
fn shortened(value: &Option<String>) -> String {
    let Some(value) = value else { return "–".to_owned() };
    let mut characters = value.chars();
    let mut text: String = characters.by_ref().take(VALUE_CHARACTERS_MAX).collect();
    if characters.next().is_some() {
        text.push('…');
    }
    text
}
