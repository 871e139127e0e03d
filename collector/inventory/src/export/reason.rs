//! Why a value is not there, and what a whole sheet could not look at, as sentences for the reader.

use std::cmp::Reverse;
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
            // A gap of a field without an object speaks of all objects. One of a whole speaks of its
            // parts, but not of those of another object: a listener that was left out says nothing
            // of those that were read.
            let speaks = |gap: &&Gap| {
                let is_whole =
                    || field.split_once('.').is_some_and(|(whole, _)| whole == gap.field);
                let is_same = of.is_none() || gap.of.as_deref() == of;
                (gap.field == field && (is_same || gap.of.is_none())) || (is_same && is_whole())
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
            words.text_with("absent-not-here", &[("place", looked_at.as_str().into())])
        }
        Absent::NotAllowed { what, needs } => words.text_with(
            "absent-not-allowed",
            &[("what", what.as_str().into()), ("needs", view.text(privilege(*needs)).into())],
        ),
        Absent::Failed { doing, cause } => words.text_with(
            "absent-failed",
            &[("doing", doing.as_str().into()), ("cause", cause.as_str().into())],
        ),
        Absent::TimedOut { doing, after_ms } => words.text_with(
            "absent-timed-out",
            &[("doing", doing.as_str().into()), ("after", after_ms.to_string().into())],
        ),
        Absent::NotLookedAt { why, what } => words.text_with(
            "absent-not-looked-at",
            &[("why", why_text(view, why).into()), ("what", what.as_str().into())],
        ),
    }
}

/// What the sheet's sources did not look at on the systems in use, with numbers: one sentence per
/// reason, that of the most systems first. A source that is not here on a system is said as well,
/// since the sheet then holds nothing of that system.
pub(super) fn gaps_of(view: &View<'_>, sources: &[&str]) -> Vec<String> {
    let assets = &view.snapshot().assets;
    let total = in_use(assets).count();
    if total == 0 {
        return vec![view.text("sheets-gap-no-system")];
    }
    let mut found: BTreeMap<(Why, Thing), Count<'_>> = BTreeMap::new();
    for asset in in_use(assets) {
        for source in sources {
            for (why, thing) in unseen(asset, source) {
                let count = found.entry((why, thing)).or_default();
                count.assets.insert(&asset.label.0);
                count.objects += 1;
            }
        }
    }
    // What the same systems lack for the same reason is one sentence.
    let mut sentences: BTreeMap<(Reverse<usize>, Why, BTreeSet<&str>), Things> = BTreeMap::new();
    for ((why, thing), count) in found {
        let key = (Reverse(count.assets.len()), why, count.assets);
        sentences.entry(key).or_default().push((thing, count.objects));
    }
    sentences
        .iter()
        .map(|((_, why, assets), things)| gap_sentence(view, why, assets, things, total))
        .collect()
}

/// Things with the number of objects that lack them.
type Things = Vec<(Thing, usize)>;

/// What was not seen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Thing {
    /// All that a source gives.
    Source(String),
    /// A field of some objects.
    Field(String),
}

/// A reason without what it speaks of, so that many become one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    NotAllowed(Privilege),
    Failed,
    TimedOut,
    NotUnderstood,
    NotRead,
    NotLookedAt(String),
    NotHere,
}

#[derive(Default)]
struct Count<'a> {
    assets: BTreeSet<&'a str>,
    objects: usize,
}

fn states<'a>(
    asset: &'a Asset,
    source: &str,
) -> impl DoubleEndedIterator<Item = &'a SourceState> + use<'a> {
    let source = source.to_owned();
    asset.sources.iter().filter(move |it| it.source.as_str() == source)
}

/// What one source did not see on one system; a field once per object.
fn unseen(asset: &Asset, source: &str) -> Vec<(Why, Thing)> {
    let whole = || Thing::Source(source.to_owned());
    let mut unseen = Vec::new();
    let mut is_read = false;
    for state in states(asset, source) {
        is_read = true;
        match &state.status {
            SourceStatus::Absent(reason) => unseen.push((Why::of(reason), whole())),
            SourceStatus::Read { gaps, complaints, .. } => {
                // A field that is not there on an object is a statement, not a gap.
                let gaps = gaps.iter().filter(|it| !matches!(it.reason, Absent::NotHere { .. }));
                unseen.extend(gaps.map(|it| (Why::of(&it.reason), Thing::Field(it.field.clone()))));
                unseen.extend(complaints.iter().map(|_| (Why::NotUnderstood, whole())));
            }
        }
    }
    if !is_read {
        unseen.push((Why::NotRead, whole()));
    }
    unseen
}

fn gap_sentence(
    view: &View<'_>,
    why: &Why,
    assets: &BTreeSet<&str>,
    things: &[(Thing, usize)],
    total: usize,
) -> String {
    /// Up to this many systems are named.
    const NAMED_MAX: usize = 3;
    let words = view.wording();
    let (some, all) = (assets.len(), total);
    let which = if all > 1 && some <= NAMED_MAX {
        format!(" ({})", assets.iter().copied().collect::<Vec<_>>().join(", "))
    } else {
        String::new()
    };
    let thing = |(thing, objects): &(Thing, usize)| {
        let text = thing.text(view);
        // One per system says no more than the systems do.
        if *objects > some { format!("{text} ({objects} ×)") } else { text }
    };
    let things = things.iter().map(thing).collect::<Vec<_>>().join(", ");
    let arguments = [
        ("some", some.into()),
        ("all", all.into()),
        ("which", which.into()),
        ("things", things.into()),
        ("why", why.text(view).into()),
    ];
    words.text_with("sheets-gap", &arguments)
}

impl Thing {
    fn text(&self, view: &View<'_>) -> String {
        match self {
            Self::Source(source) => source_text(view, source),
            Self::Field(field) => field_text(view, field),
        }
    }
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
            Self::NotUnderstood => view.text("sheets-why-not-understood"),
            Self::NotRead => view.text("sheets-why-not-read"),
            Self::NotLookedAt(why) => {
                let why = why_text(view, why).into();
                view.wording().text_with("sheets-why-not-looked-at", &[("why", why)])
            }
        }
    }
}

const fn privilege(needs: Privilege) -> &'static str {
    match needs {
        Privilege::Root => "absent-privilege-root",
        Privilege::Ptrace => "absent-privilege-ptrace",
        Privilege::ReadAll => "absent-privilege-read-all",
        Privilege::Group => "absent-privilege-group",
    }
}

/// The words of a code, or the code itself where an agent knows more codes than this program.
fn words_of(view: &View<'_>, prefix: &str, code: &str) -> String {
    let key = format!("{prefix}{}", code.replace(['.', '_'], "-"));
    if view.wording().has(&key) { view.text(&key) } else { code.to_owned() }
}

/// The name of a source for people.
pub(super) fn source_text(view: &View<'_>, source: &str) -> String {
    words_of(view, "absent-source-", source)
}

fn field_text(view: &View<'_>, field: &str) -> String {
    words_of(view, "absent-field-", field)
}

fn why_text(view: &View<'_>, why: &str) -> String {
    words_of(view, "absent-not-looked-at-", why)
}

#[cfg(test)]
mod tests {
    use observation::latest::Complaint;
    use wording::Language;

    use super::*;
    use crate::export::cell::Value;
    use crate::export::sample;
    use crate::export::snapshot::Snapshot;

    fn check(snapshot: &Snapshot, sources: &[&str], expected: &[&str]) {
        let view = sample::view(snapshot, Language::English);
        assert_eq!(gaps_of(&view, sources), expected);
    }

    #[test]
    fn what_the_same_systems_lack_for_the_same_reason_is_one_sentence() {
        check(
            &sample::snapshot(),
            &["hardware.memory", "hardware.processor", "network.interfaces"],
            &[
                "3 of 3 systems (S-7K2QD, S-9M4TX, S-B5WZ3): memory, processor: not read by any agent",
            ],
        );
    }

    #[test]
    fn objects_are_counted_and_the_missing_right_is_named() {
        let mut snapshot = sample::snapshot();
        snapshot.assets.truncate(2);
        check(
            &snapshot,
            &["services.listeners"],
            &["1 of 2 systems (S-9M4TX): process behind the port (2 ×): not readable, needs the \
               rights of the administrator (root)"],
        );
    }

    #[test]
    fn many_systems_are_counted_and_not_named() {
        let mut snapshot = sample::snapshot();
        let controller = snapshot.assets[2].clone();
        snapshot.assets.extend([controller.clone(), controller]);
        for (number, asset) in snapshot.assets.iter_mut().enumerate() {
            asset.label.0 = format!("S-{number}");
        }
        check(&snapshot, &["accounts.groups"], &["4 of 5 systems: groups: not read by any agent"]);
    }

    #[test]
    fn the_only_system_is_not_a_plural() {
        let mut snapshot = sample::snapshot();
        snapshot.assets.truncate(1);
        check(&snapshot, &["system.boot"], &["1 of 1 system: system start: not read by any agent"]);
        check(&snapshot, &["software.dpkg"], &[]);
        snapshot.assets.clear();
        check(&snapshot, &["software.dpkg"], &["No system in use has reported."]);
    }

    #[test]
    fn what_was_not_understood_is_told_and_unknown_codes_show_themselves() {
        let mut snapshot = sample::snapshot();
        snapshot.assets.truncate(1);
        let state =
            snapshot.assets[0].sources.iter_mut().find(|it| it.source.as_str() == "software.dpkg");
        let gap = Gap {
            field: "package.colour".to_owned(),
            of: None,
            reason: Absent::NotLookedAt { why: "too_bright".to_owned(), what: "x".to_owned() },
        };
        let complaint = Complaint { place: "line 3".to_owned(), problem: "no name".to_owned() };
        state.unwrap().status = SourceStatus::Read {
            facts: 1,
            gaps: vec![gap],
            complaints: vec![complaint.clone(), complaint],
        };
        check(
            &snapshot,
            &["software.dpkg"],
            &[
                "1 of 1 system: packages (dpkg) (2 ×): not understood in parts",
                "1 of 1 system: package.colour: not looked at: too_bright",
            ],
        );
    }

    #[test]
    fn absence_that_says_something_is_none_and_all_else_is_unknown() {
        let mut snapshot = sample::snapshot();
        let of = "tcp/0.0.0.0:22";
        let state = snapshot.assets[1]
            .sources
            .iter_mut()
            .find(|it| it.source.as_str() == "services.listeners");
        if let SourceStatus::Read { gaps, .. } = &mut state.unwrap().status {
            gaps.push(Gap {
                field: "listener.unit".to_owned(),
                of: Some(of.to_owned()),
                reason: Absent::NotHere { looked_at: "/proc/*/cgroup".to_owned() },
            });
        }
        let view = sample::view(&snapshot, Language::English);
        let asset = &snapshot.assets[1];
        let cell = |field, of| none_or_missing(&view, asset, "services.listeners", field, Some(of));
        assert_eq!(*cell("listener.unit", of).value(), Value::Nothing);
        let unknown = |cell: Cell| matches!(cell.value(), Value::Unknown(_));
        assert!(unknown(cell("listener.unit", "tcp/0.0.0.0:80")));
        assert!(unknown(cell("listener.process", of)));
        assert!(unknown(missing(&view, asset, "services.listeners", "listener.unit", Some(of))));
    }

    #[test]
    fn every_reason_is_a_sentence() {
        let text = |it: &str| it.to_owned();
        let snapshot = sample::snapshot();
        for language in [Language::German, Language::English] {
            let view = sample::view(&snapshot, language);
            for reason in [
                Absent::NotHere { looked_at: text("/x") },
                Absent::NotAllowed { what: text("/x"), needs: Privilege::Ptrace },
                Absent::NotAllowed { what: text("/x"), needs: Privilege::ReadAll },
                Absent::NotAllowed { what: text("/x"), needs: Privilege::Group },
                Absent::Failed { doing: text("reading /x"), cause: text("EIO") },
                Absent::TimedOut { doing: text("asking /x"), after_ms: 500 },
                Absent::NotLookedAt { why: text("switched_off"), what: text("/x") },
            ] {
                let sentence = sentence(&view, &reason);
                assert!(sentence.contains("/x") && !sentence.contains('⟨'), "{sentence}");
            }
        }
    }
}
