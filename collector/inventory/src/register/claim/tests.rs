use wording::Language;

use super::super::index::Edit;
use super::*;

const REGISTER: &str = r#"
[company]
management = "Geschäftsführung"
released_by = "Geschäftsführung, 27.11.2026"

[[role]]
name = "Geschäftsführung"

[[role]]
name = "IT"

[[role]]
name = "IT-Leitung"

[[process]]
code = "GP001"
name = "Auftrag"
approved_on = "2026-09-01"

[[risk]]
code = "R-001"
owner = "IT-Leitung"
state = "accepted"
accepted_until = "2027-09-01"

[[risk]]
code = "R-002"
state = "proposed"
"#;

fn register() -> Register {
    Register::parse(REGISTER).unwrap()
}

fn with(
    register: &Register,
    table: &str,
    identity: &str,
    key: &str,
    value: Option<&str>,
) -> Register {
    let value = value.map(|it| Value::Text(it.to_owned()));
    register.edited(&[Edit { place: Place::new(table, identity, key), value }]).unwrap()
}

fn named(claims: &[Claim]) -> Vec<(String, String)> {
    let text = |it: &Claim| {
        let Place { table, identity, key } = &it.place;
        (format!("{table}/{identity}/{key}"), format!("{:?}", it.voice))
    };
    claims.iter().map(text).collect()
}

fn begun(before: &Register, after: &Register) -> Vec<String> {
    let begun = Register::claims_begun(before, after);
    begun.iter().map(|it| format!("{} {}", it.claim.place.key, it.claim.text())).collect()
}

fn record(number: u64, claim: &Claim, state: ClaimState) -> ClaimRecord {
    ClaimRecord {
        number,
        claim: claim.clone(),
        taken_back: Vec::new(),
        claimed_at: Timestamp::UNIX_EPOCH,
        claimed_by: "user kerstin".to_owned(),
        source: "command line".to_owned(),
        state,
        settled: (state != ClaimState::Open).then(|| Settled {
            at: Timestamp::UNIX_EPOCH,
            by: "anna".to_owned(),
            event: 1,
        }),
    }
}

#[test]
fn a_claim_is_the_word_of_the_role_that_it_names() {
    let expected = [
        ("company//management", "Administrator"),
        ("company//released_by", "Role(\"Geschäftsführung\")"),
        ("process/GP001/approved_on", "Management(\"Geschäftsführung\")"),
        ("risk/R-001/state", "Role(\"IT-Leitung\")"),
    ];
    let expected = expected.map(|(place, voice)| (place.to_owned(), voice.to_owned()));
    assert_eq!(named(&register().claims()), expected, "a proposed risk claims nothing");
}

#[test]
fn only_the_whole_name_of_a_role_at_the_beginning_is_that_role() {
    let index = register().index();
    for (text, role) in [
        ("Geschäftsführung", Some("Geschäftsführung")),
        (" geschäftsführung , A. Muster", Some("Geschäftsführung")),
        ("Geschäftsführung am 27.11.2026", Some("Geschäftsführung")),
        ("Geschäftsführung 27.11.2026", Some("Geschäftsführung")),
        ("IT-Leitung (Vertretung)", Some("IT-Leitung")),
        ("IT", Some("IT")),
        ("IT-Abteilung", None),
        ("IT Abteilung", None),
        ("Geschäftsführungsassistenz", None),
        ("in Vertretung: Geschäftsführung", None),
        ("", None),
    ] {
        assert_eq!(role_in(&index, text).as_deref(), role, "{text}");
    }
}

#[test]
fn who_changes_what_is_claimed_or_in_whose_name_claims_anew() {
    let before = register();
    assert_eq!(begun(&before, &before), Vec::<String>::new());
    let later = with(&before, "risk", "R-001", "accepted_until", Some("2035-01-01"));
    let claim = "state accepted (owner: IT-Leitung, accepted_until: 2035-01-01)";
    assert_eq!(begun(&before, &later), [claim]);
    let other = with(&before, "risk", "R-001", "owner", Some("IT"));
    assert_eq!(begun(&before, &other).len(), 1);
    let reason = with(&before, "risk", "R-001", "reason", Some("Aufwand"));
    assert_eq!(begun(&before, &reason), Vec::<String>::new(), "the reason is no part of it");
    let withdrawn = with(&before, "company", "", "released_by", None);
    assert_eq!(begun(&before, &withdrawn), Vec::<String>::new());
    assert_eq!(begun(&withdrawn, &before).len(), 1, "said again is claimed again");
}

#[test]
fn another_management_makes_every_approval_of_the_old_one_a_claim() {
    let before = register();
    let after = with(&before, "company", "", "management", Some("IT"));
    let begun = Register::claims_begun(&before, &after);
    let keys: Vec<&str> = begun.iter().map(|it| it.claim.place.key.as_str()).collect();
    assert_eq!(keys, ["management", "approved_on"]);
    assert_eq!(begun[1].claim.voice, Voice::Management("IT".to_owned()));
    let without = with(&before, "company", "", "management", None);
    assert_eq!(without.claims()[1].voice, Voice::Nobody);
}

#[test]
fn rejecting_takes_back_the_field_or_what_was_claimed_anew_or_the_statement() {
    let back = |before: &Register, after: &Register, number: usize| -> Register {
        let begun = Register::claims_begun(before, after).remove(number);
        after.taken_back(&begun.taken_back).unwrap()
    };
    let before = register();
    let other = with(&before, "company", "", "released_by", Some("IT"));
    assert_eq!(back(&before, &other, 0), before);
    let later = with(&before, "risk", "R-001", "accepted_until", Some("2035-01-01"));
    assert_eq!(back(&before, &later, 0), before);
    // What others approved is not brought back by who says which role is the management.
    let managed = with(&before, "company", "", "management", Some("IT"));
    let approval = back(&before, &managed, 1);
    assert_eq!(approval.process[0].more.text("approved_on"), None);
}

#[test]
fn a_claim_stands_by_the_newest_that_said_the_same_and_was_not_rejected() {
    let register = register();
    let claim = register.claims().remove(1);
    let other = Claim { voice: Voice::Nobody, ..claim.clone() };
    let check = |records: &[ClaimRecord], confirmed: bool, number: Option<u64>| {
        let standing = register.standings(records).remove(1);
        assert_eq!(standing.is_confirmed(), confirmed);
        assert_eq!(standing.record.map(|it| it.number), number);
    };
    let of = |number, state| record(number, &claim, state);
    check(&[], false, None);
    check(&[record(1, &other, ClaimState::Confirmed)], false, None);
    check(&[of(1, ClaimState::Confirmed)], true, Some(1));
    check(&[of(1, ClaimState::Confirmed), of(2, ClaimState::Open)], false, Some(2));
    check(&[of(1, ClaimState::Confirmed), of(2, ClaimState::Rejected)], true, Some(1));
    check(&[of(1, ClaimState::Rejected)], false, None);
}

#[test]
fn people_read_whose_word_it_is_and_that_nobody_stands_by_it() {
    let register = register();
    let claim = register.claims().remove(1);
    for (language, open, confirmed) in [
        (Language::German, "nicht bestätigt", "bestätigt"),
        (Language::English, "not confirmed", "confirmed"),
    ] {
        let words = language.wording();
        let text = |state| {
            let records = [record(7, &claim, state)];
            register.standings(&records).remove(1).text(words, |_| "heute".to_owned())
        };
        let said = text(ClaimState::Open);
        assert!(said.contains(open) && said.contains("C7") && said.contains("kerstin"), "{said}");
        let said = text(ClaimState::Confirmed);
        assert!(said.contains(confirmed) && said.contains("anna"), "{said}");
        assert!(!said.contains(open) && !said.contains('⟨'), "{said}");
        assert_ne!(actor_text(words, "user anna"), actor_text(words, "account anna"));
        assert_eq!(actor_text(words, "rule reconcile"), "rule reconcile");
    }
}
