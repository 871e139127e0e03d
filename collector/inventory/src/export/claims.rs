//! Claims in the workbook: beside what is stated stands whether somebody stands by it.

use super::cell::Cell;
use super::view::View;
use crate::register::Standing;
use crate::register::key_label;

/// How the claims of an entry stand, one line each.
pub(super) fn claims(view: &View<'_>, table: &str, identity: &str) -> Cell {
    let own = view.snapshot().claims.iter().filter(|it| {
        let place = &it.claim.place;
        place.table == table && place.identity == identity
    });
    let line = |it: &Standing| {
        let place = &it.claim.place;
        let field = key_label(view.wording(), &place.table, &place.key);
        format!("{field}: {}", it.text(view.wording(), |at| view.instant_text(at)))
    };
    Cell::lines(own.map(line))
}

#[cfg(test)]
mod tests {
    use wording::Language;

    use crate::export::cell::Value;
    use crate::export::sample;
    use crate::export::sheets::SHEETS;
    use crate::register::ClaimRecord;
    use crate::register::ClaimState;
    use crate::register::Register;
    use crate::register::Settled;

    fn check(state: ClaimState, expected: &str) {
        let mut snapshot = sample::nothing();
        snapshot.register = Register::parse(include_str!("../register/example.toml")).unwrap();
        let known = snapshot.register.claims();
        let claim = known.into_iter().find(|it| it.place.key == "released_by").unwrap();
        let record = ClaimRecord {
            number: 4,
            claim,
            taken_back: Vec::new(),
            claimed_at: sample::seen_at(),
            claimed_by: "user kerstin".to_owned(),
            source: "workbook 1: Deckblatt C15".to_owned(),
            state,
            settled: (state == ClaimState::Confirmed).then(|| Settled {
                at: sample::seen_at(),
                by: "anna".to_owned(),
                event: 9,
                after_recovery_at: None,
            }),
        };
        snapshot.claims = snapshot.register.standings(&[record]);
        let view = sample::view(&snapshot, Language::English);
        let cover = SHEETS.iter().find(|it| it.key == "cover").unwrap();
        let row = view.rows(cover).iter().find(|it| it.id == "claims").unwrap();
        let Value::Text(text) = row.cells[1].value() else { panic!("{row:?}") };
        assert!(text.contains(expected), "{text}");
        assert!(text.contains("before confirmations were kept like this; not confirmed"), "{text}");
        let released = view.rows(cover).iter().find(|it| it.id == "released_by").unwrap();
        assert_eq!(*released.cells[2].value(), Value::Text("Geschäftsführung".to_owned()));
    }

    #[test]
    fn a_release_that_nobody_stands_by_says_so_beside_its_value() {
        check(
            ClaimState::Open,
            "Released by: claimed by system user kerstin on 24 Nov 2026 08:00 \
             (workbook 1: Deckblatt C15), not confirmed (C4)",
        );
        check(ClaimState::Confirmed, "Released by: confirmed by account anna (Geschäftsführung)");
    }
}
