//! Lists as resellers and the Microsoft 365 admin centre write them, and hostile ones.

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::assess::{BalanceState, licence_balances};

const TODAY: Date = date(2026, 11, 28);
const REGISTER: &str = "[[provider]]\ncode = \"D001\"\nname = \"Softwarehaus Muster\"\n\
    [[contract]]\ncode = \"V001\"\nname = \"Rahmenvertrag\"\nnumber = \"RV-7\"\n";
/// The columns that programs which read the list of the Microsoft 365 admin centre know.
const MICROSOFT: &str = "Product Title,Total Licenses,Expired Licenses,Assigned licenses,Status messages\n\
    Microsoft 365 Business Standard,25,0,27,\nVisio Plan 2,3,1,2,\n";
const RESELLER: &str = "Softwarehaus Muster;;;;;;\n\
    Produkt;Edition;Lizenzart;Menge;Gültig bis;Lieferant;Kosten pro Jahr;Rechnungsnummer;Vertragsnummer;Farbe\n\
    CAD Pro;Standard;pro Gerät;1.200;31.12.2027;softwarehaus muster;1.234,50 €;RE-1;rv-7;rot\n\
    \"Büro; Paket\";;je Person;5;;Fremd AG;;RE-2;;\n";

fn register() -> Register {
    Register::parse(REGISTER).unwrap()
}

fn read_at(list: &[u8], register: &Register, last: &BTreeMap<Place, String>) -> Outcome {
    let words = Language::English.wording();
    read_licences("list.csv", list, LicenceContext { register, last, today: TODAY, words })
}

fn read(list: &str) -> Outcome {
    read_at(list.as_bytes(), &register(), &BTreeMap::new())
}

/// The register after a list.
fn after(outcome: &mut Outcome, register: &Register) -> Register {
    let words = Language::English.wording();
    outcome.applied_to(register, words).unwrap_or_else(|| panic!("{:?}", outcome.errors))
}

fn field<'a>(register: &'a Register, product: &str, key: &str) -> Option<&'a Value> {
    let entry = register.licence.iter().find(|it| it.text("product") == Some(product)).unwrap();
    entry.value(key)
}

#[test]
fn a_resellers_list_becomes_entitlements() {
    let mut outcome = read(RESELLER);
    let register = after(&mut outcome, &register());
    let text = |product: &str, key: &str| field(&register, product, key).map(Value::to_text);
    for (key, value) in [
        ("edition", "Standard"),
        ("metric", "device"),
        ("entitled", "1200"),
        ("runs_until", "2027-12-31"),
        ("provider", "D001"),
        ("cost_per_year_eur", "1234.5"),
        ("proof", "RE-1"),
        ("contract", "V001"),
    ] {
        assert_eq!(text("CAD Pro", key).as_deref(), Some(value), "{key}");
    }
    assert_eq!(text("Büro; Paket", "metric").as_deref(), Some("user"));
    assert_eq!(text("Büro; Paket", "provider"), None);
    assert!(text("CAD Pro", "source").unwrap().starts_with("list.csv, SHA-256 "));
    assert!(
        outcome.warnings.iter().any(|it| it.text.contains("Fremd AG")),
        "{:?}",
        outcome.warnings
    );
    assert_eq!(outcome.ignored.len(), 1);
    assert_eq!(outcome.ignored[0].spot.cell.as_deref(), Some("J2"));
}

#[test]
fn the_list_of_the_admin_centre_is_known_by_its_headings() {
    let mut outcome = read(MICROSOFT);
    let register = after(&mut outcome, &register());
    let text =
        |key: &str| field(&register, "Microsoft 365 Business Standard", key).map(Value::to_text);
    assert_eq!(text("metric").as_deref(), Some("subscription"));
    assert_eq!(
        (text("entitled").as_deref(), text("assigned").as_deref()),
        (Some("25"), Some("27"))
    );
    assert_eq!(text("assigned_on").as_deref(), Some("2026-11-28"));
    assert!(text("source").unwrap().starts_with("Microsoft 365, list.csv, SHA-256 "));
    assert_eq!(outcome.warnings.len(), 1, "one is over");
    let balances = licence_balances(&register, &[], TODAY);
    let states: Vec<BalanceState> = balances.iter().map(|it| it.state()).collect();
    assert_eq!(states, [BalanceState::Short, BalanceState::Surplus]);
}

#[test]
fn windows_1252_is_read_like_utf_8() {
    let bytes: Vec<u8> = RESELLER
        .chars()
        .map(|it| match it {
            '€' => 0x80,
            _ => u8::try_from(u32::from(it)).unwrap(),
        })
        .collect();
    let plain = read(RESELLER);
    let other = read_at(&bytes, &register(), &BTreeMap::new());
    let values = |it: &Outcome| -> Vec<_> {
        let own = it.changes.iter().filter(|it| it.place.key != "source");
        own.map(|it| (it.place.clone(), it.after.clone())).collect()
    };
    assert_eq!(values(&plain), values(&other));
}

#[test]
fn the_same_list_again_changes_nothing_and_the_next_one_only_what_is_new() {
    let mut first = read(MICROSOFT);
    let mut register = after(&mut first, &register());
    let last = last_said([("list.csv", &first)]);
    let again = read_at(MICROSOFT.as_bytes(), &register, &last);
    assert_eq!((again.changes.len(), again.conflicts.len(), again.errors.len()), (0, 0, 0));
    assert_eq!(again.already, 8);
    let next = MICROSOFT.replace("Standard,25,0,27", "Standard,30,0,27");
    let mut next = read_at(next.as_bytes(), &register, &last);
    let keys: Vec<&str> = next.changes.iter().map(|it| it.place.key.as_str()).collect();
    assert_eq!(keys, ["entitled", "source"]);
    register = after(&mut next, &register);
    assert_eq!(register.licence.len(), 2);
}

#[test]
fn what_a_person_changed_since_is_a_conflict_and_stays() {
    let mut first = read(MICROSOFT);
    let register = after(&mut first, &register());
    let last = last_said([("list.csv", &first)]);
    let code = first.changes[0].place.identity.clone();
    let place = Place::new(TABLE, &code, "entitled");
    let edit = crate::register::Edit { place, value: Some(Value::Whole(28)) };
    let register = register.edited(&[edit]).unwrap();
    let next = MICROSOFT.replace("Standard,25,0,27", "Standard,30,0,27");
    let next = read_at(next.as_bytes(), &register, &last);
    assert_eq!((next.changes.len(), next.conflicts.len()), (0, 1));
    let conflict = &next.conflicts[0];
    assert_eq!(conflict.base.as_deref(), Some("25"));
    assert_eq!(
        (conflict.workbook.as_deref(), conflict.register.as_deref()),
        (Some("30"), Some("28"))
    );
    assert_eq!(conflict.spot.cell.as_deref(), Some("B2"));
    // Once it is settled for the register, the same word of the list is no news.
    let last = last_said([("list.csv", &first), ("list.csv", &next)]);
    let again = MICROSOFT.replace("Standard,25,0,27", "Standard,30,0,27");
    let again = read_at(again.as_bytes(), &register, &last);
    assert_eq!((again.changes.len(), again.conflicts.len()), (0, 0));
}

#[test]
fn what_a_workbook_said_is_the_word_of_a_person() {
    let mut first = read(MICROSOFT);
    let register = after(&mut first, &register());
    let spot = Spot { sheet: "Lizenzbilanz".to_owned(), ..Spot::default() };
    let change = CellChange { spot, ..first.changes[0].clone() };
    let workbook = Outcome { changes: vec![change], ..Outcome::default() };
    assert!(last_said([("mappe.xlsx", &workbook)]).is_empty());
    let next = MICROSOFT.replace("Standard,25,0,27", "Standard,30,0,27");
    let next = read_at(next.as_bytes(), &register, &BTreeMap::new());
    assert_eq!((next.changes.len(), next.conflicts.len()), (0, 1));
}

#[test]
fn after_it_was_taken_back_the_same_list_can_be_read_again() {
    let first = read(MICROSOFT);
    let again = read_at(MICROSOFT.as_bytes(), &register(), &last_said([("list.csv", &first)]));
    assert_eq!(again.changes.len(), first.changes.len());
}

#[test]
fn records_of_the_same_words_are_two_entitlements_and_codes_are_kept() {
    let text = "Produkt;Menge;Code\nA;1;\nA;2;\nB;3;L-B\n";
    let mut outcome = read(text);
    let register = after(&mut outcome, &register());
    assert_eq!(register.licence.len(), 3);
    assert!(register.index().has(TABLE, "L-B"));
    let twice = read("Produkt;Menge;Code\nA;1;X\nB;2;X\n");
    assert!(twice.errors[0].text.contains('X'), "{:?}", twice.errors);
    assert_eq!(twice.errors[0].spot.cell.as_deref(), Some("C3"));
}

#[test]
fn a_product_that_is_stated_already_is_told() {
    let text =
        format!("{REGISTER}[[licence]]\ncode = \"L-1\"\nproduct = \"cad-pro\"\nentitled = 1\n");
    let register = Register::parse(&text).unwrap();
    let outcome = read_at(b"Produkt;Menge\nCAD Pro;2\n", &register, &BTreeMap::new());
    assert!(outcome.warnings[0].text.contains("L-1"), "{:?}", outcome.warnings);
}

#[test]
fn mistakes_are_told_with_line_and_column_and_nothing_is_taken_over() {
    for (list, cell, expected) in [
        ("Produkt;Menge\nA;viel\n", "B2", "viel"),
        ("Produkt;Menge\nA;-1\n", "B2", "-1"),
        ("Produkt;Menge\nA;2,5\n", "B2", "2,5"),
        ("Produkt;Menge\n\nB;1\n;3\n", "A4", "product"),
        ("Produkt;Menge;Lizenzart\nA;1;pro Mond\n", "C2", "pro Mond"),
        ("Produkt;Menge;Gültig bis\nA;1;31.02.2027\n", "C2", "31.02.2027"),
        ("Produkt;Menge;Gültig bis\nA;1;03/04/2027\n", "C2", "03/04/2027"),
        ("Produkt;Menge;Anzahl\nA;1;2\n", "C1", "twice"),
        ("Produkt;Menge\nA;1;x\n", "C2", "heading"),
        ("Produkt;Menge\n\"A;1\n", "A2", "quotation"),
        ("Produkt;Edition\nA;x\n", "A1", "quantity"),
        ("Edition;Menge\nA;1\n", "A1", "product"),
        ("Produkt;Menge;SHA-256\nA;1;abc\n", "C2", "SHA-256"),
        ("nothing of the kind\n", "A1", "heading"),
        ("", "A1", "heading"),
    ] {
        let mut outcome = read(list);
        let after = outcome.applied_to(&register(), Language::English.wording());
        assert!(after.is_none(), "{list:?}");
        let error = &outcome.errors[0];
        assert_eq!(error.spot.cell.as_deref(), Some(cell), "{list:?}: {error:?}");
        assert!(error.text.contains(expected), "{list:?}: {}", error.text);
    }
}

#[test]
fn days_are_read_where_they_read_one_way() {
    for (text, day) in [
        ("31/12/2027", "2027-12-31"),
        ("12/31/2027", "2027-12-31"),
        ("05/05/2027", "2027-05-05"),
        ("2027-08-01T00:00:00Z", "2027-08-01"),
        ("31.12.27", "2027-12-31"),
    ] {
        let outcome = read(&format!("Product,Quantity,End date\nA,1,{text}\n"));
        let found = outcome.changes.iter().find(|it| it.place.key == "runs_until");
        assert_eq!(found.unwrap().after.as_deref(), Some(day), "{text}");
    }
}

#[test]
fn what_looks_like_a_formula_stays_text() {
    let mut outcome = read("Produkt;Menge;Bemerkung\n=cmd|'/c calc'!A1;1;@x\n");
    let register = after(&mut outcome, &register());
    assert_eq!(register.licence[0].text("product"), Some("=cmd|'/c calc'!A1"));
}

proptest! {
    /// Whatever stands below known headings: the register is whole afterwards, or nothing is taken over.
    #[test]
    fn a_hostile_list_gives_a_whole_register_or_a_reason(
        rows in proptest::collection::vec(
            proptest::collection::vec("[a-z0-9\";,.=€ä\u{1}\u{202e}\n/-]{0,8}", 0..6), 0..8),
        separator in proptest::sample::select(vec![';', ',', '\t']),
    ) {
        let joined = |row: &Vec<String>| row.join(&separator.to_string());
        let head = ["Produkt", "Menge", "Metrik", "Gültig bis", "Code"].join(&separator.to_string());
        let body: Vec<String> = rows.iter().map(joined).collect();
        let list = format!("{head}\n{}", body.join("\n"));
        let mut outcome = read(&list);
        let had_errors = !outcome.errors.is_empty();
        let register = outcome.applied_to(&register(), Language::English.wording());
        prop_assert_eq!(register.is_none(), !outcome.errors.is_empty());
        if had_errors {
            prop_assert!(register.is_none());
        }
        if let Some(register) = register {
            prop_assert_eq!(Register::parse(&register.to_toml()).unwrap(), register);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let outcome = read_at(&bytes, &register(), &BTreeMap::new());
        prop_assert!(outcome.errors.is_empty() || outcome.edits().is_empty());
    }
}
