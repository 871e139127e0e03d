//! Orders about the register.

use inventory::register::Register;
use store::EventDraft;
use wording::Language;

use super::order::Reply;
use super::work::{Work, done};
use crate::failure::{ExitCode, Failure};

pub(super) async fn import(
    work: &Work<'_>,
    text: &str,
    language: Language,
) -> Result<Reply, Failure> {
    let after = Register::parse(text).map_err(|error| {
        Failure::new(ExitCode::Failed, "register", "register.toml")
            .because(error.text(language.wording()))
    })?;
    let before = work.collector.store.register().await?;
    let differences = Register::differences(&before, &after);
    let events: Vec<EventDraft> = differences
        .into_iter()
        .map(|it| EventDraft {
            at: work.now,
            actor: work.actor.to_owned(),
            source: "register.toml".to_owned(),
            action: it.field,
            object: it.object,
            before: it.before,
            after: it.after,
        })
        .collect();
    let count = events.len() as u64;
    if count > 0 {
        work.collector.store.replace_register(after, events).await?;
    }
    Ok(done("register-imported", "register.toml".to_owned(), count))
}

pub(super) async fn export(work: &Work<'_>) -> Result<Reply, Failure> {
    Ok(Reply::Text(work.collector.store.register().await?.to_toml()))
}
