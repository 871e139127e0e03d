//! Why a value is not there, and what a whole sheet could not look at, as sentences for the reader.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use observation::latest::Absent;
use observation::latest::Gap;
use observation::latest::Privilege;

use super::cell::Cell;
use super::stated::in_use;
use super::view::View;
use crate::asset::Asset;
use crate::asset::SourceState;
use crate::asset::SourceStatus;

/// A field that has no value: not known, with the reason that its source gave. `of` names the object
/// where a source speaks of several.
pub(super) fn missing(
    view: &View<'_>,
    asset: &Asset,
    source: &str,
    field: &str,
    of: Option<&str>,
) -> Cell {
    Cell::unknown(match reason_of(asset, source, field, of) {
        Missing::NotRead => view.text("sheets-reason-not-read"),
        Missing::NotStated => view.text("sheets-reason-not-stated"),
        Missing::For(reason) => sentence(view, reason),
    })
}

/// The same for a field whose absence says something: a process outside of every unit has none.
pub(super) fn none_or_missing(
    view: &View<'_>,
    asset: &Asset,
    source: &str,
    field: &str,
    of: Option<&str>,
) -> Cell {
    match reason_of(asset, source, field, of) {
        Missing::For(Absent::NotHere { .. }) => Cell::nothing(),
        Missing::For(_) | Missing::NotRead | Missing::NotStated => {
            missing(view, asset, source, field, of)
        }
    }
}

enum Missing<'a> {
    NotRead,
    NotStated,
    For(&'a Absent),
}

fn reason_of<'a>(asset: &'a Asset, source: &str, field: &str, of: Option<&str>) -> Missing<'a> {
    match states(asset, source).next_back().map(|it| &it.status) {
        None => Missing::NotRead,
        Some(SourceStatus::Absent(reason)) => Missing::For(reason),
        Some(SourceStatus::Read { gaps, .. }) => {
            // A gap without an object speaks of all of them, and that of a whole of its parts.
            let speaks = |gap: &&Gap| {
                let is_part = || field.split_once('.').is_some_and(|(whole, _)| whole == gap.field);
                (gap.field == field || is_part())
                    && (of.is_none() || gap.of.is_none() || gap.of.as_deref() == of)
            };
            gaps.iter().find(speaks).map_or(Missing::NotStated, |gap| Missing::For(&gap.reason))
        }
    }
}

/// A text, or why it is missing.
pub(super) fn text_or_missing(text: Option<&str>, missing: impl FnOnce() -> Cell) -> Cell {
    match text {
        Some(text) if !text.is_empty() => Cell::text(text),
        Some(_) | None => missing(),
    }
}

/// Yes or no, or why it is missing.
pub(super) fn yes_no_or_missing(is_so: Option<bool>, missing: impl FnOnce() -> Cell) -> Cell {
    is_so.map_or_else(missing, Cell::yes_or_no)
}

/// A reason as a sentence.
pub(super) fn sentence(view: &View<'_>, reason: &Absent) -> String {
    let words = view.wording();
    match reason {
        Absent::NotHere { looked_at } => {
            words.text_with("sheets-reason-not-here", &[("place", looked_at.as_str().into())])
        }
        Absent::NotAllowed { what, needs } => words.text_with(
            "sheets-reason-not-allowed",
            &[("what", what.as_str().into()), ("needs", view.text(privilege(*needs)).into())],
        ),
        Absent::Failed { doing, cause } => words.text_with(
            "sheets-reason-failed",
            &[("doing", doing.as_str().into()), ("cause", cause.as_str().into())],
        ),
        Absent::TimedOut { doing, after_ms } => words.text_with(
            "sheets-reason-timed-out",
            &[("doing", doing.as_str().into()), ("after", after_ms.to_string().into())],
        ),
        Absent::NotLookedAt { why, what } => words.text_with(
            "sheets-reason-not-looked-at",
            &[("why", why_text(view, why).into()), ("what", what.as_str().into())],
        ),
    }
}

/// What the sheet's sources did not look at on the systems in use, with numbers: one sentence each,
/// the most frequent first. A source that is not here on a system is said as well, since the sheet
/// then holds nothing of that system.
pub(super) fn gaps_of(view: &View<'_>, sources: &[&str]) -> Vec<String> {
    let assets = &view.snapshot().assets;
    let total = in_use(assets).count();
    let mut found: BTreeMap<Kind, Count> = BTreeMap::new();
    for asset in in_use(assets) {
        for source in sources {
            for (kind, objects) in kinds_of(asset, source) {
                let count = found.entry(kind).or_default();
                count.assets.insert(asset.label.0.clone());
                count.objects += objects;
            }
        }
    }
    let mut ordered: Vec<(Kind, Count)> = found.into_iter().collect();
    ordered.sort_by_key(|(_, count)| std::cmp::Reverse(count.assets.len()));
    ordered.iter().map(|(kind, count)| kind.sentence(view, count, total)).collect()
}

/// One kind of gap, the same on many systems.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// Nobody read the source there.
    NotRead(String),
    /// The source gave nothing.
    Absent(String, Why),
    /// The source could not see a field.
    Gap(String, Why),
    /// The source did not understand something.
    Complaint(String),
}

/// A reason without what it speaks of, so that many become one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    NotHere,
    NotAllowed(Privilege),
    Failed,
    TimedOut,
    NotLookedAt(String),
}

#[derive(Default)]
struct Count {
    assets: BTreeSet<String>,
    objects: usize,
}

fn states<'a>(
    asset: &'a Asset,
    source: &str,
) -> impl DoubleEndedIterator<Item = &'a SourceState> + use<'a> {
    let source = source.to_owned();
    asset.sources.iter().filter(move |it| it.source.as_str() == source)
}

fn kinds_of(asset: &Asset, source: &str) -> Vec<(Kind, usize)> {
    let mut kinds: BTreeMap<Kind, usize> = BTreeMap::new();
    let mut is_read = false;
    for state in states(asset, source) {
        is_read = true;
        match &state.status {
            SourceStatus::Absent(reason) => {
                kinds.insert(Kind::Absent(source.to_owned(), Why::of(reason)), 0);
            }
            SourceStatus::Read { gaps, complaints, .. } => {
                // A field that is not there on an object is a statement, not a gap.
                let unseen = gaps.iter().filter(|it| !matches!(it.reason, Absent::NotHere { .. }));
                for gap in unseen {
                    *kinds
                        .entry(Kind::Gap(gap.field.clone(), Why::of(&gap.reason)))
                        .or_default() += 1;
                }
                if !complaints.is_empty() {
                    kinds.insert(Kind::Complaint(source.to_owned()), complaints.len());
                }
            }
        }
    }
    if !is_read {
        kinds.insert(Kind::NotRead(source.to_owned()), 0);
    }
    kinds.into_iter().collect()
}

impl Why {
    fn of(reason: &Absent) -> Self {
        match reason {
            Absent::NotHere { .. } => Self::NotHere,
            Absent::NotAllowed { needs, .. } => Self::NotAllowed(*needs),
            Absent::Failed { .. } => Self::Failed,
            Absent::TimedOut { .. } => Self::TimedOut,
            Absent::NotLookedAt { why, .. } => Self::NotLookedAt(why.clone()),
        }
    }

    fn text(&self, view: &View<'_>) -> String {
        match self {
            Self::NotHere => view.text("sheets-why-not-here"),
            Self::NotAllowed(needs) => {
                let needs = view.text(privilege(*needs)).into();
                view.wording().text_with("sheets-why-not-allowed", &[("needs", needs)])
            }
            Self::Failed => view.text("sheets-why-failed"),
            Self::TimedOut => view.text("sheets-why-timed-out"),
            Self::NotLookedAt(why) => {
                let why = why_text(view, why).into();
                view.wording().text_with("sheets-why-not-looked-at", &[("why", why)])
            }
        }
    }
}

impl Kind {
    fn sentence(&self, view: &View<'_>, count: &Count, total: usize) -> String {
        let (thing, why) = match self {
            Self::NotRead(source) => (source_text(view, source), view.text("sheets-why-not-read")),
            Self::Absent(source, why) => (source_text(view, source), why.text(view)),
            Self::Gap(field, why) => (field_text(view, field), why.text(view)),
            Self::Complaint(source) => {
                (source_text(view, source), view.text("sheets-why-not-understood"))
            }
        };
        let message = if count.objects > 1 { "sheets-gap-counted" } else { "sheets-gap" };
        view.wording().text_with(
            message,
            &[
                ("some", count.assets.len().into()),
                ("all", total.into()),
                ("thing", thing.into()),
                ("objects", count.objects.into()),
                ("why", why.into()),
            ],
        )
    }
}

const fn privilege(needs: Privilege) -> &'static str {
    match needs {
        Privilege::Root => "sheets-privilege-root",
        Privilege::Ptrace => "sheets-privilege-ptrace",
        Privilege::ReadAll => "sheets-privilege-read-all",
        Privilege::Group => "sheets-privilege-group",
    }
}

/// The words of a code, or the code itself where an agent knows more codes than this program.
fn words_of(view: &View<'_>, prefix: &str, code: &str) -> String {
    let key = format!("{prefix}{}", code.replace(['.', '_'], "-"));
    if view.wording().has(&key) { view.text(&key) } else { code.to_owned() }
}

/// The name of a source for people.
pub(super) fn source_text(view: &View<'_>, source: &str) -> String {
    words_of(view, "sheets-source-", source)
}

fn field_text(view: &View<'_>, field: &str) -> String {
    words_of(view, "sheets-field-", field)
}

fn why_text(view: &View<'_>, why: &str) -> String {
    words_of(view, "sheets-not-looked-at-", why)
}
