//! What every order works with.

use inventory::asset::AssetId;
use jiff::Timestamp;
use store::{AccountRecord, EventDraft};
use wording::Language;

use super::order::Reply;
use crate::collector::Collector;
use crate::failure::{ExitCode, Failure};

/// What every order works with.
pub(super) struct Work<'a> {
    pub(super) collector: &'a Collector,
    /// Who acts, for the log of events.
    pub(super) actor: &'a str,
    /// The account that acts, if one does.
    pub(super) account: Option<&'a AccountRecord>,
    /// Whether it is certain that the account acts.
    pub(super) is_certain: bool,
    pub(super) now: Timestamp,
}

impl Work<'_> {
    /// An event of this order.
    pub(super) fn event(&self, action: &str, object: String) -> EventDraft {
        EventDraft {
            at: self.now,
            actor: self.actor.to_owned(),
            source: "command line".to_owned(),
            action: action.to_owned(),
            object,
            before: None,
            after: None,
        }
    }
}

/// The reply to an order that changed something.
pub(super) fn done(code: &str, object: String, count: u64) -> Reply {
    Reply::Done { code: code.to_owned(), object, count }
}

/// An asset as the event log names it.
pub(super) fn asset_object(id: AssetId) -> String {
    format!("asset {id}")
}

/// The language of a tag; German for any other.
pub(super) fn spoken(tag: &str) -> Language {
    Language::from_tag(tag).unwrap_or(Language::German)
}

/// Work that takes a while and must not hold up the listeners.
pub(super) async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    let task = tokio::task::spawn_blocking(work);
    task.await.map_err(|it| Failure::new(ExitCode::Failed, "internal", it.to_string()))
}
