//! How much of what agents look for on a host they could read, and what would raise it.
//!
//! The definition stands in `deploy/docs/completeness.md`; the two must say the same.

use std::collections::BTreeMap;

use observation::latest::{Absent, Complaint, Gap, Privilege, SourceId};
use serde::{Deserialize, Serialize};

use crate::asset::{Asset, ObserverId, SourceState, SourceStatus};

/// Points of a source of no weight of its own.
const WEIGHT: u64 = 2;
/// Points of sources by the beginning of their name; the longest that fits counts. What identifies a
/// machine, what runs on it, who may work with it and how it is protected weighs most.
const WEIGHTS: &[(&str, u64)] = &[
    ("accounts.", 4),
    ("certificates.", 2),
    ("configuration.", 3),
    ("hardware.", 2),
    ("hardware.disks", 3),
    ("hardware.smbios", 6),
    ("network.interfaces", 4),
    ("protection.", 4),
    ("services.listeners", 6),
    ("services.units", 4),
    ("software.", 2),
    ("software.dpkg", 6),
    ("software.rpm", 6),
    ("system.host_name", 4),
    ("system.operating_system", 4),
];
/// Parts of a point: shares of fields are counted in them, so that sums are exact.
const POINT: u64 = 1_000;
/// A field that no object of a source shows costs this part of the source, in parts of a hundred.
const FIELD_PERCENT: u64 = 25;
/// However many fields are missing: a source that was read is worth the rest.
const GAPS_PERCENT_MAX: u64 = 75;
/// Steps that are told.
const STEPS_MAX: usize = 3;

/// How complete what agents read of a host is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completeness {
    /// 100 only where nothing is missing; rounded down.
    pub percent: u8,
    /// Sources that count: all that an agent looked at, except those that the configuration leaves out.
    pub sources: usize,
    /// Sources that were answered in full: read without gaps, or not here.
    pub answered: usize,
    /// What would raise it most, at most three, the best first.
    pub steps: Vec<Step>,
}

/// One thing that would raise it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What to do.
    pub remedy: Remedy,
    /// The sources that gain by it, sorted.
    pub sources: Vec<SourceId>,
    /// By how much it would rise, in percent; at least 1.
    pub gain_percent: u8,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remedy {
    /// Give the agent, or its privileged reader, this right.
    Right(Privilege),
    /// See why the source fails.
    Failure,
    /// See why the source does not come to its end in time.
    Slowness,
    /// See what it reads and cannot understand.
    Complaint,
}

/// The completeness of a host; none where no agent looked at anything.
///
/// A source that several agents of an asset read counts once, as the one read it that saw most.
#[must_use]
pub fn completeness(asset: &Asset) -> Option<Completeness> {
    let mut best: BTreeMap<&SourceId, Score<'_>> = BTreeMap::new();
    let own = asset.sources.iter().filter(|it| matches!(it.observer, ObserverId::Agent(_)));
    for score in own.filter_map(Score::of) {
        let is_better = best.get(&score.source).is_none_or(|it| it.lost() > score.lost());
        if is_better {
            best.insert(score.source, score);
        }
    }
    let total: u64 = best.values().map(|it| it.worth).sum();
    if total == 0 {
        return None;
    }
    let lost: u64 = best.values().map(Score::lost).sum();
    Some(Completeness {
        percent: percent_down(total - lost.min(total), total),
        sources: best.len(),
        answered: best.values().filter(|it| it.lost() == 0).count(),
        steps: steps(best.values(), total),
    })
}

/// What a source is worth and what of it is lost for which reason.
struct Score<'a> {
    source: &'a SourceId,
    worth: u64,
    losses: BTreeMap<Remedy, u64>,
}

impl<'a> Score<'a> {
    /// None for what was deliberately not looked at: it is no part of the measure.
    fn of(state: &'a SourceState) -> Option<Self> {
        let worth = weight(&state.source) * POINT;
        let losses = match &state.status {
            SourceStatus::Absent(reason) => match remedy(reason) {
                Answer::Missing(remedy) => BTreeMap::from([(remedy, worth)]),
                Answer::Given => BTreeMap::new(),
                Answer::NotAsked => return None,
            },
            SourceStatus::Read { facts, gaps, complaints } => {
                losses_of_parts(worth, *facts, gaps, complaints)
            }
        };
        Some(Self { source: &state.source, worth, losses })
    }

    fn lost(&self) -> u64 {
        self.losses.values().sum()
    }
}

enum Answer {
    /// The thing is not there: an answer like any other.
    Given,
    /// Nobody wanted it looked at.
    NotAsked,
    Missing(Remedy),
}

const fn remedy(reason: &Absent) -> Answer {
    match reason {
        Absent::NotHere { .. } => Answer::Given,
        Absent::NotLookedAt { .. } => Answer::NotAsked,
        Absent::NotAllowed { needs, .. } => Answer::Missing(Remedy::Right(*needs)),
        Absent::Failed { .. } => Answer::Missing(Remedy::Failure),
        Absent::TimedOut { .. } => Answer::Missing(Remedy::Slowness),
    }
}

/// A field that some objects lack costs its part of the field's share; complaints count as one field.
fn losses_of_parts(
    worth: u64,
    facts: usize,
    gaps: &[Gap],
    complaints: &[Complaint],
) -> BTreeMap<Remedy, u64> {
    // For each field and remedy: the objects that lack it; none: all of them do.
    let mut lacking: BTreeMap<(&str, Remedy), Option<u64>> = BTreeMap::new();
    for gap in gaps {
        let Answer::Missing(remedy) = remedy(&gap.reason) else { continue };
        let count = lacking.entry((&gap.field, remedy)).or_insert(Some(0));
        *count = if gap.of.is_some() { count.map(|it| it + 1) } else { None };
    }
    if !complaints.is_empty() {
        lacking.insert(("", Remedy::Complaint), Some(complaints.len() as u64));
    }
    let mut losses: BTreeMap<Remedy, u64> = BTreeMap::new();
    for ((field, remedy), objects) in lacking {
        let share = worth * FIELD_PERCENT / 100;
        // What could not be understood stands beside what was; a field is lacking within it.
        let among = facts as u64 + if field.is_empty() { objects.unwrap_or(0) } else { 0 };
        let part = objects.map_or(share, |it| share * it.min(among.max(1)) / among.max(1));
        *losses.entry(remedy).or_default() += part.max(1);
    }
    let lost: u64 = losses.values().sum();
    let most = worth * GAPS_PERCENT_MAX / 100;
    if lost > most {
        losses.values_mut().for_each(|it| *it = *it * most / lost);
    }
    losses
}

fn weight(source: &SourceId) -> u64 {
    let fitting = WEIGHTS.iter().filter(|(name, _)| source.as_str().starts_with(name));
    fitting.max_by_key(|(name, _)| name.len()).map_or(WEIGHT, |(_, points)| *points)
}

/// What is lost, and the sources that lose it.
type Gain = (u64, Vec<SourceId>);

/// A right helps all sources that lack it; a failure is looked for source by source.
fn steps<'a>(scores: impl Iterator<Item = &'a Score<'a>>, total: u64) -> Vec<Step> {
    let mut gains: BTreeMap<(Remedy, Option<&SourceId>), Gain> = BTreeMap::new();
    for score in scores {
        for (remedy, lost) in &score.losses {
            let alone = (!matches!(remedy, Remedy::Right(_))).then_some(score.source);
            let gain = gains.entry((*remedy, alone)).or_default();
            gain.0 += lost;
            gain.1.push(score.source.clone());
        }
    }
    let mut gains: Vec<_> = gains.into_iter().collect();
    gains.sort_by(|left, right| right.1.0.cmp(&left.1.0).then_with(|| left.0.cmp(&right.0)));
    let step = |((remedy, _), (lost, sources)): ((Remedy, _), Gain)| Step {
        remedy,
        sources,
        gain_percent: percent_near(lost, total).max(1),
    };
    gains.into_iter().take(STEPS_MAX).map(step).collect()
}

fn percent_down(part: u64, whole: u64) -> u8 {
    u8::try_from(part * 100 / whole.max(1)).unwrap_or(100)
}

fn percent_near(part: u64, whole: u64) -> u8 {
    u8::try_from((part * 200 + whole) / (whole * 2).max(1)).unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use observation::latest::AgentId;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::assess::sample;

    fn state(source: &'static str, status: SourceStatus) -> SourceState {
        SourceState {
            observer: ObserverId::Agent(AgentId(Uuid::from_u128(1))),
            source: SourceId::from_static(source),
            observed_at: Timestamp::UNIX_EPOCH,
            duration_ms: 1,
            status,
        }
    }

    fn read(facts: usize, gaps: Vec<Gap>) -> SourceStatus {
        SourceStatus::Read { facts, gaps, complaints: Vec::new() }
    }

    fn gap(field: &str, of: Option<&str>, reason: Absent) -> Gap {
        Gap { field: field.to_owned(), of: of.map(str::to_owned), reason }
    }

    fn root() -> Absent {
        Absent::NotAllowed { what: "/x".to_owned(), needs: Privilege::Root }
    }

    fn failed() -> Absent {
        Absent::Failed { doing: "reading".to_owned(), cause: "EIO".to_owned() }
    }

    fn not_here() -> Absent {
        Absent::NotHere { looked_at: "/x".to_owned() }
    }

    fn of(sources: Vec<SourceState>) -> Option<Completeness> {
        let mut asset = sample::asset(1, "host");
        asset.sources = sources;
        completeness(&asset)
    }

    fn percent(sources: Vec<SourceState>) -> u8 {
        of(sources).unwrap().percent
    }

    #[test]
    fn what_was_read_or_is_not_here_is_answered() {
        let not_asked =
            Absent::NotLookedAt { why: "switched_off".to_owned(), what: "x".to_owned() };
        let all = of(vec![
            state("hardware.smbios", read(3, Vec::new())),
            state("software.rpm", SourceStatus::Absent(not_here())),
            state("network.connections", SourceStatus::Absent(not_asked)),
        ]);
        let all = all.unwrap();
        assert_eq!((all.percent, all.sources, all.answered), (100, 2, 2));
        assert_eq!(all.steps, []);
    }

    #[test]
    fn a_source_that_gave_nothing_costs_its_weight() {
        let sources = |reason| {
            vec![
                state("hardware.smbios", SourceStatus::Absent(reason)),
                state("system.host_name", read(1, Vec::new())),
            ]
        };
        // 6 of 10 points.
        assert_eq!(percent(sources(root())), 40);
        assert_eq!(percent(sources(failed())), 40);
        let timed_out = Absent::TimedOut { doing: "x".to_owned(), after_ms: 5 };
        assert_eq!(percent(sources(timed_out)), 40);
    }

    #[test]
    fn a_field_costs_a_quarter_and_of_some_objects_their_part() {
        let listeners = |gaps| vec![state("services.listeners", read(4, gaps))];
        assert_eq!(percent(listeners(vec![gap("listener.process", None, root())])), 75);
        assert_eq!(percent(listeners(vec![gap("listener.process", Some("tcp/22"), root())])), 93);
        // The absence of a thing is an answer.
        assert_eq!(percent(listeners(vec![gap("listener.unit", Some("tcp/22"), not_here())])), 100);
        let fields = ["a", "b", "c", "d", "e"].map(|it| gap(it, None, root()));
        assert_eq!(percent(listeners(fields.to_vec())), 25);
    }

    #[test]
    fn what_was_not_understood_counts_beside_what_was() {
        let complaint = Complaint { place: "line 1".to_owned(), problem: "no name".to_owned() };
        let status = SourceStatus::Read { facts: 1, gaps: Vec::new(), complaints: vec![complaint] };
        let found = of(vec![state("software.dpkg", status)]).unwrap();
        // Half of a quarter.
        assert_eq!(found.percent, 87);
        assert_eq!(found.steps.first().unwrap().remedy, Remedy::Complaint);
    }

    #[test]
    fn a_right_is_one_step_over_all_sources_and_the_greatest_gain_comes_first() {
        let found = of(vec![
            state("accounts.accounts", read(1, vec![gap("account.password", None, root())])),
            state("hardware.disks", SourceStatus::Absent(failed())),
            state("hardware.smbios", SourceStatus::Absent(root())),
            state("network.routes", SourceStatus::Absent(failed())),
            state("system.init", SourceStatus::Absent(failed())),
            state("system.kernel", read(1, Vec::new())),
        ]);
        let found = found.unwrap();
        let steps: Vec<(Remedy, usize, u8)> =
            found.steps.iter().map(|it| (it.remedy, it.sources.len(), it.gain_percent)).collect();
        // 19 points: 7 by the right, 3 and 2 by what failed; the fourth is not told.
        assert_eq!(
            steps,
            [
                (Remedy::Right(Privilege::Root), 2, 37),
                (Remedy::Failure, 1, 16),
                (Remedy::Failure, 1, 11)
            ]
        );
        assert_eq!((found.percent, found.sources, found.answered), (26, 6, 1));
    }

    #[test]
    fn a_small_loss_is_never_a_hundred_percent() {
        let gaps = vec![gap("listener.unit", Some("tcp/22"), root())];
        let sources = vec![
            state("services.listeners", read(10_000, gaps)),
            state("hardware.smbios", read(1, Vec::new())),
        ];
        let found = of(sources).unwrap();
        assert_eq!((found.percent, found.answered), (99, 1));
        assert_eq!(found.steps.first().unwrap().gain_percent, 1);
    }

    #[test]
    fn the_agent_that_saw_most_counts_and_scans_do_not() {
        let blind = state("hardware.smbios", SourceStatus::Absent(root()));
        let seeing = SourceState {
            observer: ObserverId::Agent(AgentId(Uuid::from_u128(2))),
            ..state("hardware.smbios", read(1, Vec::new()))
        };
        for order in [vec![blind.clone(), seeing.clone()], vec![seeing, blind.clone()]] {
            assert_eq!(percent(order), 100);
        }
        let of_person = SourceState { observer: ObserverId::Person("anna".to_owned()), ..blind };
        assert_eq!(of(vec![of_person]), None);
        assert_eq!(of(Vec::new()), None);
    }

    #[test]
    fn the_longest_name_gives_the_weight() {
        let points = |name: &'static str| weight(&SourceId::from_static(name));
        assert_eq!(points("hardware.smbios"), 6);
        assert_eq!(points("hardware.usb"), 2);
        assert_eq!(points("of_tomorrow.any"), WEIGHT);
    }

    /// The page for people says the same as the constants.
    #[test]
    fn the_page_names_every_weight() {
        let page = include_str!("../../../../deploy/docs/completeness.md");
        for (name, points) in WEIGHTS {
            let shown = if name.ends_with('.') { format!("{name}*") } else { (*name).to_owned() };
            assert!(page.contains(&format!("| `{shown}` | {points} |")), "{shown} | {points}");
        }
        assert!(page.contains(&format!("| all others | {WEIGHT} |")));
        assert!(page.contains(&format!("{FIELD_PERCENT} %")));
        assert!(page.contains(&format!("{GAPS_PERCENT_MAX} %")));
    }

    proptest! {
        #[test]
        fn it_stays_within_bounds(
            reads in prop::collection::vec((0_usize..50, 0_usize..80, 0_u8..6, any::<bool>()), 0..12)
        ) {
            const NAMES: [&str; 12] = [
                "accounts.a", "certificates.b", "hardware.c", "hardware.disks", "hardware.smbios",
                "network.d", "services.listeners", "services.units", "software.dpkg", "system.e",
                "system.host_name", "other.f",
            ];
            let sources = reads.iter().zip(NAMES).map(|((facts, gaps, fields, is_whole), name)| {
                let gaps = (0..*gaps).map(|it| {
                    let field = format!("f{}", it % (usize::from(*fields) + 1));
                    let object = it.to_string();
                    gap(&field, (!is_whole).then_some(object.as_str()), root())
                });
                state(name, read(*facts, gaps.collect()))
            });
            if let Some(found) = of(sources.collect()) {
                prop_assert!(found.percent <= 100 && found.answered <= found.sources);
                prop_assert_eq!(found.percent == 100, found.answered == found.sources);
                prop_assert_eq!(found.steps.is_empty(), found.percent == 100);
                prop_assert!(found.steps.iter().all(|it| (1..=100).contains(&it.gain_percent)));
            }
        }
    }
}
