//! Orders about what is to be stated: what comes next, what is due, templates for trades.

use inventory::export::{self, Due, Guide, View};
use inventory::register::{Place, Template};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use wording::Language;

use super::changes::{Change, mistakes};
use super::order::Reply;
use super::work::Work;
use crate::failure::{ExitCode, Failure};
use crate::snapshot;

/// Events that are read at once to find those of a change.
const EVENTS_AT_ONCE: u32 = 1_000;

/// A command about what is to be stated.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuideOrder {
    /// What to fill in next.
    Next {
        /// Questions at most; none: all.
        limit: Option<usize>,
        /// The language of questions.
        language: String,
        /// The zone of days, by its IANA name.
        time_zone: String,
    },
    /// What is due.
    Due {
        /// Days ahead.
        days: u16,
        /// The language of what is due.
        language: String,
        /// The zone of days, by its IANA name.
        time_zone: String,
    },
    /// Lists templates.
    TemplateList {
        /// The language of titles.
        language: String,
    },
    /// Shows a template.
    TemplateShow {
        /// Its name.
        name: String,
    },
    /// Takes the proposals of a template into the register.
    TemplateApply {
        /// Its name.
        name: String,
        /// The language of mistakes.
        language: String,
    },
}

/// What comes back.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuideReply {
    /// What to fill in next.
    Next(NextQuestions),
    /// What is due.
    Due(DueList),
    /// Templates.
    Templates(Vec<TemplateRow>),
    /// A template was taken.
    Applied(AppliedTemplate),
}

/// What to fill in next.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NextQuestions {
    /// Questions that are open, those beyond the limit too.
    pub open: usize,
    /// The figure, and the questions within the limit.
    #[serde(flatten)]
    pub guide: Guide,
}

/// What is due.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DueList {
    /// Days ahead that were looked.
    pub days: u16,
    /// What is due, the earliest first.
    pub due: Vec<Due>,
}

/// A template in a list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TemplateRow {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub title: String,
    /// Entries that it proposes.
    pub entries: usize,
}

/// What a template did.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AppliedTemplate {
    /// Its name.
    pub name: String,
    /// Entries that began.
    pub added: Vec<Place>,
    /// Proposals that were there already, each with the entry that stays as it is.
    pub kept: Vec<(Place, String)>,
    /// An event by which it is taken back as a whole; none: nothing was changed.
    pub event: Option<u64>,
}

pub(super) async fn execute(work: &Work<'_>, order: GuideOrder) -> Result<Reply, Failure> {
    let reply = match order {
        GuideOrder::Next { limit, language, time_zone } => {
            let mut guide = viewed(work, &language, &time_zone, export::guide).await?;
            let open = guide.questions.len();
            guide.questions.truncate(limit.unwrap_or(open));
            GuideReply::Next(NextQuestions { open, guide })
        }
        GuideOrder::Due { days, language, time_zone } => {
            let due = viewed(work, &language, &time_zone, move |it| export::due(it, days)).await?;
            GuideReply::Due(DueList { days, due })
        }
        GuideOrder::TemplateList { language } => GuideReply::Templates(list(spoken(&language))),
        GuideOrder::TemplateShow { name } => {
            return Ok(Reply::Text(named(&name)?.proposals.to_toml()));
        }
        GuideOrder::TemplateApply { name, language } => {
            GuideReply::Applied(apply(work, &name, spoken(&language)).await?)
        }
    };
    Ok(Reply::Guide(Box::new(reply)))
}

/// What can be seen of the company as it is now.
async fn viewed<T: Send + 'static>(
    work: &Work<'_>,
    language: &str,
    time_zone: &str,
    look: impl FnOnce(&View<'_>) -> T + Send + 'static,
) -> Result<T, Failure> {
    let present = snapshot::present(work.collector.store.as_ref(), work.now).await?;
    let language = spoken(language);
    let zone = TimeZone::get(time_zone).unwrap_or(TimeZone::UTC);
    super::work::in_background(move || look(&View::new(&present, language, zone))).await
}

fn spoken(tag: &str) -> Language {
    Language::from_tag(tag).unwrap_or(Language::German)
}

fn list(language: Language) -> Vec<TemplateRow> {
    let row = |it: &Template| TemplateRow {
        name: it.name.to_owned(),
        title: it.title(language).to_owned(),
        entries: it.count(),
    };
    Template::all().iter().map(row).collect()
}

fn named(name: &str) -> Result<Template, Failure> {
    Template::named(name).ok_or_else(|| {
        let known: Vec<&str> = Template::all().iter().map(|it| it.name).collect();
        Failure::new(ExitCode::NothingFound, "no-template", name).because(known.join(", "))
    })
}

async fn apply(
    work: &Work<'_>,
    name: &str,
    language: Language,
) -> Result<AppliedTemplate, Failure> {
    let template = named(name)?;
    let store = work.collector.store.as_ref();
    let before = store.register().await?;
    let used = template.used_on(&before);
    let mut applied =
        AppliedTemplate { name: name.to_owned(), added: used.added, kept: used.kept, event: None };
    if used.edits.is_empty() {
        return Ok(applied);
    }
    let after = before.edited(&used.edits).map_err(|it| {
        Failure::new(ExitCode::Failed, "register-set", "")
            .because(mistakes(&it, language.wording()))
    })?;
    let source = format!("template {name}");
    let (head, _) = store.event_head().await?;
    let own = source.clone();
    work.keep(Change::new("template", name, before, after), move |_| own.clone()).await?;
    let since = store.events(head, EVENTS_AT_ONCE).await?;
    applied.event = since.iter().find(|it| it.event.source == source).map(|it| it.number);
    Ok(applied)
}
