//! How many decisions of a person document a company: the questions of `register next` are answered as they
//! come, and every value that somebody has to think of is counted.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on must stop")]

use inventory::export::{Question, Snapshot, View, guide};
use inventory::import::read_text;
use inventory::register::{Edit, Place, Register, Template};
use jiff::tz::TimeZone;
use tests::company;
use wording::Language;

/// Systems of a company of 60 people: workplaces, servers and what else has an address.
const SYSTEMS: u32 = 75;
const PACKAGES: u32 = 120;
/// What the issue asks for.
const PERCENT: u8 = 85;
const DECISIONS_MAX: usize = 150;

/// The words of a command as a POSIX shell parts them.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_quoted = false;
    for letter in command.chars() {
        match letter {
            '\'' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(String::new()),
            _ => words.last_mut().unwrap().push(letter),
        }
    }
    words
}

/// What the person types: the command with a value in the place of what is open, and how many values.
fn answered(register: &Register, question: &Question) -> (Vec<Edit>, usize) {
    let words = words(&question.command);
    let [_, _, _, entry, fields @ ..] = words.as_slice() else { panic!("{}", question.command) };
    let (table, identity) = entry.split_once('/').unwrap_or((entry, ""));
    let index = register.index();
    let edit = |field: &String| {
        let (key, value) = field.split_once('=').unwrap();
        let value = value.split('|').next().unwrap().replace('…', "8");
        let place = Place::new(table, identity, key);
        let value = read_text(&place, &value, &index, Language::German).unwrap();
        Edit { place, value }
    };
    (fields.iter().map(edit).collect(), fields.len())
}

/// Whether the answer counts in the figure, or something that counts cannot be answered without it.
fn is_needed(question: &Question) -> bool {
    let begins = ["site", "building", "room", "role", "zone"];
    question.gain_tenths > 0
        || question.place.key.is_empty() && begins.contains(&question.place.table.as_str())
}

#[test]
fn a_company_of_sixty_is_documented_in_few_decisions() {
    let nothing = Register::default();
    let mut snapshot =
        Snapshot { register: nothing, ..company::snapshot(SYSTEMS, PACKAGES).unwrap() };
    // The template is the first decision.
    let template = Template::named("manufacturer").unwrap();
    let used = template.used_on(&snapshot.register);
    snapshot.register = snapshot.register.edited(&used.edits).unwrap();
    let mut decisions = 1;
    loop {
        let view = View::new(&snapshot, Language::German, TimeZone::UTC);
        let found = guide(&view);
        let percent = found.documentation.percent.unwrap();
        if percent >= PERCENT {
            println!("{percent} % after {decisions} decisions");
            break;
        }
        let bars = &found.documentation.bars;
        let question = found.questions.iter().find(|it| is_needed(it));
        let question = question.unwrap_or_else(|| panic!("{percent} %, {decisions}: {bars:?}"));
        let (edits, count) = answered(&snapshot.register, question);
        let after = snapshot.register.edited(&edits);
        let after = after.unwrap_or_else(|it| panic!("{}: {it}", question.command));
        assert_ne!(after, snapshot.register, "{}", question.command);
        decisions += count;
        snapshot.register = after;
        assert!(decisions <= DECISIONS_MAX, "{percent} % after {decisions}: {bars:?}");
    }
}
