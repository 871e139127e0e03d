//! Lists of licences that are imported.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use inventory::import::{LicenceContext, Outcome, last_said, read_licences};
use inventory::register::Place;
use jiff::tz::TimeZone;
use observation::ContentHash;
use wording::Language;

use super::changes::{IMPORTS_SHOWN_MAX, ReadFile, finish_import, outcome_of};
use super::order::Reply;
use super::work::{Work, in_background};
use crate::failure::{ExitCode, Failure};

/// A list to be imported.
pub(super) struct IncomingList<'f> {
    pub(super) name: String,
    /// The file, base64.
    pub(super) file: &'f str,
    pub(super) dry_run: bool,
    pub(super) language: Language,
    /// The zone whose day it is, by its IANA name.
    pub(super) time_zone: String,
}

pub(super) async fn import_licences(
    work: &Work<'_>,
    incoming: IncomingList<'_>,
) -> Result<Reply, Failure> {
    let IncomingList { name, file, dry_run, language, time_zone } = incoming;
    let bytes = BASE64
        .decode(file.as_bytes())
        .map_err(|it| Failure::new(ExitCode::Failed, "internal", it.to_string()))?;
    let file_hash = ContentHash::of(&bytes);
    let zone = TimeZone::get(&time_zone).unwrap_or(TimeZone::UTC);
    let today = work.now.to_zoned_datetime(zone).date();
    let before = work.collector.store.register().await?;
    let last = said_before(work).await?;
    let (register, file_name) = (before.clone(), name.clone());
    let (outcome, after) = in_background(move || {
        let words = language.wording();
        let context = LicenceContext { register: &register, last: &last, today, words };
        let mut outcome = read_licences(&file_name, &bytes, context);
        let after = outcome.applied_to(&register, words);
        (outcome, after)
    })
    .await?;
    finish_import(work, ReadFile { name, file_hash, dry_run, before, after, outcome }, source).await
}

/// What the lists before this one said of each field.
async fn said_before(work: &Work<'_>) -> Result<BTreeMap<Place, String>, Failure> {
    let records = work.collector.store.imports(IMPORTS_SHOWN_MAX).await?;
    let mut kept = Vec::new();
    // They come the newest first.
    for record in records.iter().rev() {
        kept.push((record.file_name.as_str(), outcome_of(record)?));
    }
    Ok(last_said(kept.iter().map(|(name, outcome)| (*name, outcome))))
}

/// Where in the list a field stands, for the log.
fn source(outcome: &Outcome, place: &Place) -> String {
    let change = outcome.changes.iter().find(|it| it.place == *place);
    let spot = change.map(|it| &it.spot);
    let file = spot.map_or("", |it| it.sheet.as_str());
    match spot.and_then(|it| it.cell.as_ref()) {
        Some(cell) => format!("licence list: {file} {cell}"),
        None => format!("licence list: {file}").trim_end().to_owned(),
    }
}
