//! Keeps what a source found within the limits of the wire, and says what was cut.

use observation::latest::written::Outcome;
use observation::latest::{Absent, Complaint, Fact, FactText, Form as _, Gap, SourceId};
use observation::limits::{
    COMPLAINTS_PER_SECTION_MAX, FACTS_PER_SECTION_MAX, FIELD_BYTES_MAX, SECTION_BODY_BYTES_MAX,
};
use serde_json::Value;

use crate::sources::Found;

/// Room that facts leave for gaps, complaints and the frame of a section.
const FACT_BYTES_MAX: usize = SECTION_BODY_BYTES_MAX / 2;
/// Most gaps in a section: with the longest fields they still fit beside the facts.
const GAPS_MAX: usize = 5_000;
/// Longest text in a gap or complaint, which quote foreign input only to find it again.
const QUOTE_BYTES_MAX: usize = 512;

/// The outcome of a source that was read: in canonical order, without repetition, bounded.
pub(super) fn outcome(source: &SourceId, found: Found) -> Outcome {
    let mut complaints = found.complaints;
    let facts = facts(source, found.facts, &mut complaints);
    let gaps = gaps(source, found.gaps, &mut complaints);
    Outcome::Read { facts, gaps, complaints: bounded_complaints(source, complaints) }
}

/// A reason with texts of bounded length.
pub(super) fn absent(reason: Absent) -> Absent {
    match reason {
        Absent::NotHere { looked_at } => Absent::NotHere { looked_at: quote(looked_at) },
        Absent::NotAllowed { what, needs } => Absent::NotAllowed { what: quote(what), needs },
        Absent::Failed { doing, cause } => {
            Absent::Failed { doing: quote(doing), cause: quote(cause) }
        }
        Absent::TimedOut { doing, after_ms } => Absent::TimedOut { doing: quote(doing), after_ms },
        Absent::NotLookedAt { why, what } => {
            Absent::NotLookedAt { why: quote(why), what: quote(what) }
        }
    }
}

fn facts(source: &SourceId, facts: Vec<Fact>, complaints: &mut Vec<Complaint>) -> Vec<FactText> {
    let mut written: Vec<FactText> =
        facts.into_iter().filter_map(|fact| bounded_fact(source, &fact, complaints)).collect();
    FactText::canonicalise(&mut written);
    let count = written.len();
    let mut bytes_left = FACT_BYTES_MAX;
    let kept: Vec<FactText> = written
        .into_iter()
        .take(FACTS_PER_SECTION_MAX)
        .map_while(|fact| {
            bytes_left = bytes_left.checked_sub(fact.text().len() + 1)?;
            Some(fact)
        })
        .collect();
    if kept.len() < count {
        let problem = format!("{} facts are left out: too many", count - kept.len());
        complaints.push(Complaint { place: source.to_string(), problem });
    }
    kept
}

/// The text of a fact. Where it is short as a whole, no field of it can be long.
fn bounded_fact(
    source: &SourceId,
    fact: &Fact,
    complaints: &mut Vec<Complaint>,
) -> Option<FactText> {
    let text = FactText::of(fact).ok()?;
    if text.text().len() <= FIELD_BYTES_MAX {
        return Some(text);
    }
    let mut value: Value = serde_json::from_str(text.text()).ok()?;
    let cut = cut_texts(&mut value);
    if cut == 0 {
        return Some(text);
    }
    let beginning: String = text.text().chars().take(80).collect();
    let problem = format!("{cut} fields longer than {FIELD_BYTES_MAX} bytes are cut: {beginning}");
    complaints.push(Complaint { place: source.to_string(), problem });
    FactText::from_text(value.to_string()).ok()
}

/// Cuts every long text and says how many there were. The depth is that of our own types.
fn cut_texts(value: &mut Value) -> usize {
    match value {
        Value::String(text) if text.len() > FIELD_BYTES_MAX => {
            cut(text, FIELD_BYTES_MAX);
            1
        }
        Value::Array(values) => values.iter_mut().map(cut_texts).sum(),
        Value::Object(fields) => fields.values_mut().map(cut_texts).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

fn gaps(source: &SourceId, gaps: Vec<Gap>, complaints: &mut Vec<Complaint>) -> Vec<Gap> {
    let mut gaps: Vec<Gap> = gaps
        .into_iter()
        .map(|it| Gap { field: quote(it.field), of: it.of.map(quote), reason: absent(it.reason) })
        .collect();
    gaps.sort();
    gaps.dedup();
    if gaps.len() > GAPS_MAX {
        let problem = format!("{} gaps are left out: too many", gaps.len() - GAPS_MAX);
        complaints.push(Complaint { place: source.to_string(), problem });
        gaps.truncate(GAPS_MAX);
    }
    gaps
}

fn bounded_complaints(source: &SourceId, complaints: Vec<Complaint>) -> Vec<Complaint> {
    let mut kept: Vec<Complaint> = complaints
        .into_iter()
        .map(|it| Complaint { place: quote(it.place), problem: quote(it.problem) })
        .collect();
    kept.sort();
    kept.dedup();
    if kept.len() > COMPLAINTS_PER_SECTION_MAX {
        let left_out = kept.len() - (COMPLAINTS_PER_SECTION_MAX - 1);
        kept.truncate(COMPLAINTS_PER_SECTION_MAX - 1);
        let problem = format!("{left_out} more complaints");
        kept.push(Complaint { place: source.to_string(), problem });
        kept.sort();
    }
    kept
}

fn quote(mut text: String) -> String {
    cut(&mut text, QUOTE_BYTES_MAX);
    text
}

/// Cuts at a character boundary; the ellipsis shows it.
fn cut(text: &mut String, bytes_max: usize) {
    const ELLIPSIS: char = '…';
    if text.len() <= bytes_max {
        return;
    }
    text.truncate(text.floor_char_boundary(bytes_max.saturating_sub(ELLIPSIS.len_utf8())));
    text.push(ELLIPSIS);
}

#[cfg(test)]
mod tests {
    use observation::latest::{InitSystem, Privilege, Resolver};

    use super::*;

    const SOURCE: SourceId = SourceId::from_static("test.source");

    fn init(name: String) -> Fact {
        Fact::InitSystem(InitSystem { name, version: None })
    }

    fn check(found: Found) -> (Vec<Fact>, Vec<Gap>, Vec<Complaint>) {
        match outcome(&SOURCE, found) {
            Outcome::Read { facts, gaps, complaints } => {
                let facts = facts.iter().map(|it| serde_json::from_str(it.text()).unwrap());
                (facts.collect(), gaps, complaints)
            }
            Outcome::Absent { .. } => panic!("absent"),
        }
    }

    #[test]
    fn a_field_of_a_megabyte_is_cut_and_complained_about() {
        let facts = vec![init("ä".repeat(500_000)), init("short".to_owned())];
        let (facts, _, complaints) = check(Found { facts, ..Found::default() });
        let Fact::InitSystem(long) = &facts[1] else { panic!("another fact") };
        assert!(long.name.len() <= FIELD_BYTES_MAX);
        assert!(long.name.ends_with('…'));
        assert_eq!(complaints.len(), 1);
        assert!(complaints[0].problem.starts_with("1 fields longer than 4096 bytes are cut"));
    }

    #[test]
    fn a_long_list_of_short_texts_is_not_cut() {
        let resolver = Resolver {
            address: "192.0.2.1".parse().unwrap(),
            configured_in: "/etc/resolv.conf".to_owned(),
            search_domains: (0..1_000).map(|it| format!("site{it}.example")).collect(),
        };
        let facts = vec![Fact::Resolver(resolver)];
        let (kept, _, complaints) = check(Found { facts: facts.clone(), ..Found::default() });
        assert_eq!((kept, complaints), (facts, vec![]));
    }

    #[test]
    fn too_many_facts_are_left_out_with_their_number() {
        let facts = (0..FACTS_PER_SECTION_MAX + 7).map(|it| init(it.to_string())).collect();
        let (facts, _, complaints) = check(Found { facts, ..Found::default() });
        assert_eq!(facts.len(), FACTS_PER_SECTION_MAX);
        assert_eq!(complaints[0].problem, "7 facts are left out: too many");
    }

    #[test]
    fn a_body_never_grows_over_its_limit() {
        let long = "x".repeat(FIELD_BYTES_MAX);
        let facts = (0..2_100).map(|it| init(format!("{it} {long}"))).collect();
        let reason = Absent::NotAllowed { what: long, needs: Privilege::Root };
        let gaps = (0..2 * GAPS_MAX)
            .map(|it| Gap { field: it.to_string(), of: None, reason: reason.clone() })
            .collect();
        let outcome = outcome(&SOURCE, Found { facts, gaps, complaints: vec![] });
        let text = serde_json::to_string(&outcome).unwrap();
        assert!(text.len() <= SECTION_BODY_BYTES_MAX, "{}", text.len());
    }

    #[test]
    fn complaints_beyond_the_limit_are_counted() {
        let complaint = |it: usize| Complaint { place: "x".to_owned(), problem: it.to_string() };
        let complaints = (0..200).map(complaint).collect();
        let (_, _, complaints) = check(Found { complaints, ..Found::default() });
        assert_eq!(complaints.len(), COMPLAINTS_PER_SECTION_MAX);
        assert!(complaints.iter().any(|it| it.problem == "151 more complaints"));
    }

    #[test]
    fn a_reason_keeps_its_kind_and_its_beginning() {
        let what = "/x".repeat(1_000);
        let reason = absent(Absent::NotAllowed { what, needs: Privilege::Ptrace });
        let Absent::NotAllowed { what, needs: Privilege::Ptrace } = reason else { panic!("other") };
        assert!(what.starts_with("/x/x") && what.len() <= QUOTE_BYTES_MAX);
    }
}
