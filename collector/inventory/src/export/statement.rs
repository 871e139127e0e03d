//! What people stated, in the cells that they may edit: which field of the register stands behind a
//! cell, and how its value looks there.

use super::cell::Cell;
use super::cell::Value as Shown;
use super::common_cells::not_applicable;
use super::list::List;
use super::sheet::Column;
use super::sheet::Row;
use super::sheet::Sheet;
use crate::register::FieldKind;
use crate::register::Index;
use crate::register::Place;
use crate::register::Value;
use crate::register::field_kind;
use crate::register::is_identity;
use wording::Language;
use wording::Wording;

/// The field behind the cell of a column that people fill; none: nothing can be stated there for
/// this row. `system.room` in the row `S-7K2QD` is the key `room` of the entry `S-7K2QD` of the table
/// `system`, unless the row says that it speaks of another entry.
#[must_use]
pub fn field_of(column: &Column, row: &Row) -> Option<Place> {
    if !column.is_editable() {
        return None;
    }
    let (table, key) = column.key.split_once('.')?;
    let other = row.about.as_ref().and_then(|about| {
        let (_, key) = about.keys.iter().find(|(suffix, _)| *suffix == key)?;
        Some(Place::new(about.table, &about.identity, key))
    });
    let place = other.unwrap_or_else(|| Place::new(table, &row.id, key));
    let can_be_stated =
        field_kind(&place.table, &place.key).is_some() && !is_identity(&place.table, &place.key);
    can_be_stated.then_some(place)
}

/// Puts what was stated into a row of a sheet. What a sheet itself proposes for a field stays where
/// nobody stated anything.
pub(super) fn fill(index: &Index, sheet: &Sheet, row: &mut Row) {
    for (number, column) in sheet.columns.iter().enumerate() {
        if !column.is_editable() {
            continue;
        }
        let place = field_of(column, row);
        let Some(cell) = row.cells.get_mut(number) else { continue };
        let stated = match place {
            None => matches!(cell.value(), Shown::Open).then(not_applicable),
            Some(place) => index.value(&place.table, &place.identity, &place.key).map(|value| {
                shown(list_of(column, &place), field_kind(&place.table, &place.key), value)
            }),
        };
        if let Some(stated) = stated {
            let target = cell.target().cloned().filter(|_| cell.value() == stated.value());
            *cell = stated.leading_to(target);
        }
    }
}

/// A value of the register as a cell.
fn shown(list: Option<List>, kind: Option<FieldKind>, value: &Value) -> Cell {
    match value {
        Value::YesNo(is_so) => Cell::yes_or_no(*is_so),
        Value::Whole(number) => Cell::number(as_decimal(*number)),
        Value::Decimal(number) => Cell::number(*number),
        Value::Texts(texts) if texts.is_empty() => Cell::open(),
        Value::Texts(texts) => Cell::lines(texts.iter().cloned()),
        Value::Text(text) if kind == Some(FieldKind::Day) => {
            text.parse().map_or_else(|_| Cell::text(text), Cell::date)
        }
        Value::Text(text) if matches!(kind, Some(FieldKind::Choice(_))) => choice(list, text),
        Value::Text(text) => Cell::text(text.as_str()),
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
const fn as_decimal(number: i64) -> f64 {
    number as f64
}

fn choice(list: Option<List>, code: &str) -> Cell {
    let known = list.and_then(|list| {
        let (code, _) = list.codes().iter().find(|(it, _)| *it == code)?;
        Some(Cell::choice(list, code))
    });
    known.unwrap_or_else(|| Cell::text(code))
}

/// The list of a field's words, where the column offers none because its rows differ.
#[must_use]
pub fn list_of(column: &Column, place: &Place) -> Option<List> {
    match (place.table.as_str(), place.key.as_str()) {
        ("company", "classification") => Some(List::Classification),
        _ => column.list,
    }
}

/// The code that a word of a list means, in either language; codes mean themselves.
#[must_use]
pub fn canonical_choice(list: List, word: &str) -> Option<&'static str> {
    let same = |it: &str| it.to_lowercase() == word.to_lowercase();
    let means = |(code, message): &(&str, &str)| {
        let mut languages = [Language::German, Language::English].into_iter();
        same(code) || languages.any(|it| same(&it.wording().text(message)))
    };
    list.codes().iter().find(|it| means(it)).map(|(code, _)| *code)
}

/// A value of a field for people: the word that a code means, and every other text as it is.
#[must_use]
pub fn code_text(place: &Place, text: &str, words: &Wording) -> String {
    let kind = field_kind(&place.table, &place.key);
    let list = if let Some(FieldKind::Choice(codes)) = kind {
        List::ALL.iter().find(|it| it.offers(codes)).copied()
    } else {
        (kind == Some(FieldKind::YesNo)).then_some(List::YesNo)
    };
    let message = list.and_then(|it| it.message(text));
    message.map_or_else(|| text.to_owned(), |it| words.text(it))
}

/// What a cell by hand says, in no language and no format: what an import compares. Empty: nothing
/// is stated there.
#[must_use]
pub fn canonical(value: &Shown) -> String {
    match value {
        Shown::Text(text) => text.clone(),
        Shown::Number(number) => number.to_string(),
        Shown::Date(day) => day.to_string(),
        Shown::Instant(at) => at.to_string(),
        Shown::Choice(_, code) => (*code).to_owned(),
        Shown::Formula { result, .. } => canonical(result),
        Shown::Open | Shown::Unknown(_) | Shown::NotAssessed | Shown::NoData | Shown::Nothing => {
            String::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::export::sample;
    use crate::export::sheet::Kind;
    use crate::export::sheets::SHEETS;
    use crate::register::Register;

    /// The list that a column needs for a kind of field, as the codes that it must offer.
    fn check_fits(column: &Column, kind: FieldKind) {
        let codes = || -> BTreeSet<&str> {
            let list = column.list.unwrap_or_else(|| panic!("{} needs a list", column.key));
            list.codes().iter().map(|(code, _)| *code).collect()
        };
        match kind {
            FieldKind::Choice(words) => {
                assert_eq!(codes(), words.iter().copied().collect(), "{}", column.key);
            }
            FieldKind::YesNo => assert_eq!(column.list, Some(List::YesNo), "{}", column.key),
            FieldKind::Day => assert_eq!(column.kind, Kind::Date, "{}", column.key),
            FieldKind::Whole { .. } | FieldKind::Hours | FieldKind::Amount => {
                assert!(matches!(column.kind, Kind::Number | Kind::Ordinal), "{}", column.key);
            }
            FieldKind::Reference(table) => {
                let list = column.list.map(List::key);
                assert_eq!(list, Some(table), "{} offers entries of {table}", column.key);
            }
            FieldKind::Text
            | FieldKind::Texts
            | FieldKind::References(_)
            | FieldKind::Networks
            | FieldKind::Condition
            | FieldKind::Recognisers
            | FieldKind::Sha256 => {
                assert_eq!((column.kind, column.list), (Kind::Text, None), "{}", column.key);
            }
        }
    }

    #[test]
    fn behind_every_column_by_hand_stands_a_field_of_its_kind() {
        for sheet in SHEETS {
            for column in sheet.columns.iter().filter(|it| it.is_editable()) {
                let (table, key) = column.key.split_once('.').unwrap();
                // These speak of entries of other tables, row by row.
                if matches!(sheet.key, "organisation" | "networks" | "cover" | "lines") {
                    continue;
                }
                let kind = field_kind(table, key);
                check_fits(column, kind.unwrap_or_else(|| panic!("{} is no field", column.key)));
            }
        }
    }

    #[test]
    fn codes_are_shown_as_words() {
        let words = Language::German.wording();
        let status = Place::new("system", "S-7K2QD", "status");
        assert_eq!(code_text(&status, "reserve", words), "Reserve");
        assert_eq!(code_text(&Place::new("room", "R001", "ups"), "yes", words), "ja");
        assert_eq!(code_text(&Place::new("room", "R001", "name"), "yes", words), "yes");
    }

    #[test]
    fn rows_that_speak_of_other_entries_lead_to_fields() {
        let snapshot = sample::snapshot();
        let view = sample::view(&snapshot, Language::English);
        for sheet in SHEETS.iter().filter(|it| matches!(it.key, "organisation" | "cover" | "lines"))
        {
            for row in view.rows(sheet).iter().filter(|it| it.about.is_some()) {
                let places = sheet.columns.iter().filter_map(|it| field_of(it, row));
                assert!(places.count() > 0, "{}: {}", sheet.key, row.id);
            }
        }
    }

    #[test]
    fn what_is_stated_stands_in_its_cell() {
        let mut snapshot = sample::snapshot();
        let text = "[[system]]\nid = \"S-7K2QD\"\npurpose = \"=ERP\"\nstatus = \"reserve\"\nwarranty_until = \"2027-01-31\"\nroom = \"R002\"\n\
            [[building]]\ncode = \"GB001\"\nsite = \"ST1\"\nname = \"G\"\n[[site]]\ncode = \"ST1\"\nname = \"S\"\nremark = \"Nord\"\n\
            [[room]]\ncode = \"R002\"\nbuilding = \"GB001\"\nname = \"R\"\nups = false\n\
            [company]\nname = \"A\"\nnext_review_on = \"2027-06-30\"\n";
        snapshot.register = Register::parse(text).unwrap();
        let view = sample::view(&snapshot, Language::German);
        let cell = |sheet: &str, row: &str, key: &str| {
            let sheet = SHEETS.iter().find(|it| it.key == sheet).unwrap();
            let at = sheet.columns.iter().position(|it| it.key == key).unwrap();
            let row = view.rows(sheet).iter().find(|it| it.id == row).unwrap();
            view.value_text(row.cells[at].value())
        };
        assert_eq!(cell("systems", "S-7K2QD", "system.purpose"), "=ERP");
        assert_eq!(cell("systems", "S-7K2QD", "system.status"), "Reserve");
        assert_eq!(cell("systems", "S-7K2QD", "system.warranty_until"), "31.01.2027");
        assert_eq!(cell("systems", "S-7K2QD", "system.room"), "R002");
        assert_eq!(cell("systems", "S-7K2QD", "system.inventory_number"), "");
        assert_eq!(cell("organisation", "ST1", "organisation.remark"), "Nord");
        assert_eq!(cell("organisation", "ST1", "organisation.ups"), "–");
        assert_eq!(cell("organisation", "R002", "organisation.ups"), "nein");
        assert_eq!(cell("organisation", "R002", "organisation.parent"), "GB001");
        assert_eq!(cell("cover", "company", "cover.stated"), "A");
        assert_eq!(cell("cover", "next_review", "cover.stated"), "30.06.2027");
    }
}
