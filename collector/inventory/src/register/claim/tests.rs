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
            after_recovery_at: None,
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
    let distribution = with(&before, "company", "", "distribution", Some("alle"));
    assert_eq!(begun(&before, &distribution).len(), 1, "that is another release");
    let remark = with(&before, "role", "IT", "remark", Some("extern"));
    assert_eq!(begun(&before, &remark), Vec::<String>::new(), "no claim speaks of it");
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
    assert_eq!(keys, ["management", "released_by", "approved_on"]);
    assert_eq!(begun[2].claim.voice, Voice::Management("IT".to_owned()));
    let without = with(&before, "company", "", "management", None);
    assert_eq!(without.claims()[1].voice, Voice::Nobody);
}

/// What each claim covers: a change of any of it makes the confirmation void.
#[test]
fn a_change_of_anything_that_an_approval_covers_makes_it_a_claim_again() {
    let whole = Register::parse(include_str!("../example.toml")).unwrap();
    let check = |table: &str, identity: &str, key: &str, covered: &[(&str, &str)]| {
        for (changed, value) in covered {
            let after = with(&whole, table, identity, changed, Some(value));
            let begun = Register::claims_begun(&whole, &after);
            let own = begun.iter().find(|it| it.claim.place == Place::new(table, identity, key));
            let own = own.unwrap_or_else(|| panic!("{table}.{key} does not cover {changed}"));
            let back = after.taken_back(&own.taken_back).unwrap();
            assert_eq!(back, whole, "rejecting takes {changed} back, not the approval");
        }
    };
    let process = [
        ("name", "Anderes"),
        ("owner", "IT-Leitung"),
        ("description", "kurz"),
        ("confidentiality", "high"),
        ("integrity", "normal"),
        ("availability", "normal"),
        ("authenticity", "high"),
        ("reason", "anders"),
    ];
    check("process", "GP001", "approved_on", &process);
    let company = [("name", "Neu GmbH"), ("scope", "nur Büro"), ("classification", "public")];
    check("company", "", "released_by", &company);
    check("company", "", "reviewed_by", &company);
    check("group", "C001", "confirmed_by", &[("name", "Alle")]);
    let risk = [
        ("frequency", "rare"),
        ("impact", "limited"),
        ("existing_measures", "keine"),
        ("reason", "anders"),
        ("residual_frequency", "medium"),
    ];
    check("risk", "R-001", "state", &risk);
    check(
        "finding",
        "B-00000001",
        "status",
        &[("reason", "anders"), ("exception_until", "2040-01-01")],
    );
    let need = whole.need.first().unwrap().text("id").unwrap().to_owned();
    check("need", &need, "level", &[("ground", "other"), ("decided_on", "2020-01-01")]);
}

#[test]
fn numbers_of_hours_and_references_are_covered_too() {
    let before = register();
    for (key, value) in [
        ("outage_hours", Value::Decimal(72.0)),
        ("recovery_time_hours", Value::Decimal(1.5)),
        ("recovery_point_hours", Value::Decimal(0.5)),
    ] {
        let place = Place::new("process", "GP001", key);
        let after = before.edited(&[Edit { place, value: Some(value) }]).unwrap();
        let begun = Register::claims_begun(&before, &after);
        assert_eq!(begun.len(), 1, "{key}");
        assert_eq!(begun[0].claim.place.key, "approved_on");
    }
}

#[test]
fn who_puts_a_system_into_a_confirmed_group_makes_it_a_claim_again() {
    let group = with(&register(), "group", "C001", "confirmed_by", Some("IT-Leitung"));
    let joined = with(&group, "system", "S-7K2QD", "group", Some("C001"));
    let claim = Register::claims_begun(&group, &joined).remove(0);
    assert_eq!(claim.claim.text(), "IT-Leitung (members: S-7K2QD)");
    let back = joined.taken_back(&claim.taken_back).unwrap();
    assert_eq!(back.claims(), group.claims(), "rejecting takes the system out");
    let other = with(&group, "system", "S-7K2QD", "group", Some("C002"));
    assert!(Register::claims_begun(&group, &other).is_empty());
    assert!(!Register::claims_begun(&joined, &group).is_empty(), "also who takes it out");
}

#[test]
fn approved_software_reviewed_risks_and_confirmed_changes_are_claims() {
    let mut after = with(&register(), "company", "", "security_officer", Some("IT"));
    let mut voice = |table: &str, identity: &str, key: &str, value: &str| {
        let before = after.clone();
        after = with(&before, table, identity, key, Some(value));
        let begun = Register::claims_begun(&before, &after);
        begun.first().map(|it| it.claim.voice.clone())
    };
    let officer = Some(Voice::SecurityOfficer("IT".to_owned()));
    assert_eq!(voice("software", "W-00000001", "approved", "check"), None);
    assert_eq!(voice("software", "W-00000001", "approved", "yes"), officer);
    assert_eq!(voice("change", "C-00000001", "review", "noted"), None);
    assert_eq!(voice("change", "C-00000001", "review", "confirmed"), officer);
    let owner = Some(Voice::Role("IT-Leitung".to_owned()));
    assert_eq!(voice("risk", "R-001", "state", "reviewed"), owner);
    assert_eq!(voice("company", "", "security_officer", "IT-Leitung"), Some(Voice::Administrator));
}

#[test]
fn what_was_confirmed_and_changed_since_is_to_be_confirmed_again() {
    let before = register();
    let confirmed: Vec<ClaimRecord> = (1..)
        .zip(before.claims())
        .map(|(number, it)| record(number, &it, ClaimState::Confirmed))
        .collect();
    assert!(before.standings(&confirmed).iter().all(|it| it.lapsed.is_none()));
    let after = with(&before, "process", "GP001", "availability", Some("high"));
    let again = Register::claims_begun(&before, &after).remove(0).claim;
    let mut records = confirmed.clone();
    records.push(record(99, &again, ClaimState::Open));
    let standings = after.standings(&records);
    let approval = standings.iter().find(|it| it.claim.place.key == "approved_on").unwrap();
    assert!(!approval.is_confirmed());
    for (language, expected) in
        [(Language::German, "erneut zu bestätigen"), (Language::English, "to be confirmed again")]
    {
        let said = approval.text(language.wording(), |_| "heute".to_owned());
        assert!(said.contains(expected) && said.contains("anna"), "{said}");
    }
    records.push(record(100, &again, ClaimState::Confirmed));
    let standings = after.standings(&records);
    assert!(standings.iter().all(|it| it.lapsed.is_none()), "by now it is confirmed again");
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
    let approval = back(&before, &managed, 2);
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
        let mut recovered = record(7, &claim, ClaimState::Confirmed);
        recovered.settled.as_mut().unwrap().after_recovery_at = Some(Timestamp::UNIX_EPOCH);
        let after = register.standings(&[recovered]).remove(1).text(words, |_| "heute".to_owned());
        assert!(after.starts_with(&said) && after.len() > said.len() + 20, "{after}");
        let old = ClaimRecord {
            claimed_by: ADOPTING_ACTOR.to_owned(),
            ..record(7, &claim, ClaimState::Open)
        };
        let said = register.standings(&[old]).remove(1).text(words, |_| "heute".to_owned());
        let before = words.text("account-claim-from-before");
        assert_eq!(said, format!("{before} (C7)"), "not claimed by anybody");
        assert_ne!(actor_text(words, "user anna"), actor_text(words, "account anna"));
        assert_eq!(actor_text(words, "rule reconcile"), "rule reconcile");
    }
}
