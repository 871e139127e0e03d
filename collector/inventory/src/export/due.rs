//! What is due: contracts, licences, domains, certificates, reviews and measures, with the days that are left.

use jiff::civil::Date;
use jiff::{Timestamp, Unit};
use serde::{Deserialize, Serialize};

use super::stated::in_use;
use super::view::View;
use crate::asset::row_id::row_id;
use crate::asset::{Asset, CertificateDescription};
use crate::register::{Entry, Place, key_label, table_label};

/// Days ahead that are looked, unless somebody says otherwise.
pub const DUE_DAYS: u16 = 180;
/// What is renewed more often than it is looked ahead is due once this part of its time is left, as clients of
/// ACME do it: a third.
const SHORT_LIVED_PART: i64 = 3;

/// What kind of thing is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DueKind {
    /// A contract: notice, or its end.
    Contract,
    /// A licence or subscription.
    Licence,
    /// A domain name.
    Domain,
    /// A certificate.
    Certificate,
    /// A review of a document or decision, or the end of an exception.
    Review,
    /// A measure.
    Measure,
}

impl DueKind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Contract,
        Self::Licence,
        Self::Domain,
        Self::Certificate,
        Self::Review,
        Self::Measure,
    ];

    /// Its word in the catalogue.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::Contract => "guide-due-contract",
            Self::Licence => "guide-due-licence",
            Self::Domain => "guide-due-domain",
            Self::Certificate => "guide-due-certificate",
            Self::Review => "guide-due-review",
            Self::Measure => "guide-due-measure",
        }
    }
}

/// Something that is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// The day.
    pub on: Date,
    /// Days until then; below 0 once it is past.
    pub days_left: i64,
    /// What kind of thing.
    pub kind: DueKind,
    /// The field of the register, or the statement on what was observed, with an empty key.
    pub place: Place,
    /// What it is, in the reader's language.
    pub what: String,
    /// What happens on that day, in the reader's language.
    pub event: String,
    /// The role that answers for it.
    pub owner: Option<String>,
}

/// Days of the register that end something: table, key, kind, and whether an entry is still meant.
type Watched = (&'static str, &'static str, DueKind, fn(&Entry) -> bool);

const WATCHED: &[Watched] = &[
    ("contract", "notice_by", DueKind::Contract, |_| true),
    // What goes on by itself has its end again and again: its notice counts.
    ("contract", "ends_on", DueKind::Contract, |it| it.is("renews") != Some(true)),
    ("provider", "contract_until", DueKind::Contract, |_| true),
    ("licence", "runs_until", DueKind::Licence, |_| true),
    ("domain", "expires_on", DueKind::Domain, |_| true),
    ("company", "next_review_on", DueKind::Review, |_| true),
    ("need", "review_on", DueKind::Review, |_| true),
    ("finding", "exception_until", DueKind::Review, |it| it.text("status") == Some("exception")),
    ("risk", "accepted_until", DueKind::Review, |it| it.text("state") == Some("accepted")),
    ("measure", "due_on", DueKind::Measure, |it| {
        !matches!(it.text("status"), Some("done" | "dropped"))
    }),
];

/// What is due within so many days, and what is past, the earliest first.
#[must_use]
pub fn due(view: &View<'_>, days: u16) -> Vec<Due> {
    let today = view.day(view.snapshot().stamp.as_of);
    let mut found: Vec<Due> = WATCHED.iter().flat_map(|it| stated(view, it, today, days)).collect();
    let assets = in_use(&view.snapshot().assets);
    found.extend(assets.flat_map(|it| certificates(view, it, today, days)));
    found.sort_by(|left, right| {
        (left.on, left.kind, &left.place).cmp(&(right.on, right.kind, &right.place))
    });
    // A certificate that several ports show is one.
    found.dedup_by(|left, right| left.place == right.place);
    found
}

fn stated(view: &View<'_>, watched: &Watched, today: Date, days: u16) -> Vec<Due> {
    let (table, key, kind, is_meant) = *watched;
    let words = view.wording();
    let mut found = Vec::new();
    for (identity, entry) in view.stated().entries(table).filter(|(_, it)| is_meant(it)) {
        let Some(on) = entry.day(key) else { continue };
        let days_left = days_between(today, on);
        // A contract may want to be remembered earlier than others.
        let own = entry.number("reminder_days").filter(|_| key == "notice_by").unwrap_or(0.0);
        let ahead = f64::from(days).max(own);
        if f64::from(i32::try_from(days_left).unwrap_or(i32::MAX)) > ahead {
            continue;
        }
        let name = entry.text("name").or_else(|| entry.text("product"));
        let name =
            name.filter(|it| *it != identity).map_or_else(String::new, |it| format!(" ({it})"));
        let owner = entry.text("owner").or_else(|| entry.text("decided_by"));
        found.push(Due {
            on,
            days_left,
            kind,
            place: Place::new(table, identity, key),
            what: format!("{} {identity}{name}", table_label(words, table))
                .trim()
                .replace("  ", " "),
            event: key_label(words, table, key),
            owner: owner.map(str::to_owned),
        });
    }
    found
}

fn certificates(view: &View<'_>, asset: &Asset, today: Date, days: u16) -> Vec<Due> {
    let due = |it: &CertificateDescription| {
        let end = it.not_after?;
        let on = view.day(end);
        let days_left = days_between(today, on);
        if days_left > ahead_of(it.not_before, end, days) {
            return None;
        }
        let fingerprint = it.fingerprint.to_string();
        let id = row_id('Z', &[&asset.label.0, &it.place, &fingerprint]);
        let owner = view.stated().value("certificate", &id, "owner");
        let subject = if it.subject.is_empty() { it.names.join(", ") } else { it.subject.clone() };
        Some(Due {
            on,
            days_left,
            kind: DueKind::Certificate,
            what: format!("{subject} ({}, {})", view.name_of(asset), it.place),
            event: view.text("sheets-column-valid-until"),
            owner: owner.map(crate::register::Value::to_text),
            place: Place::new("certificate", &id, ""),
        })
    };
    asset.certificates.iter().filter_map(|it| due(&it.value)).collect()
}

/// How many days before its end a certificate is due.
fn ahead_of(not_before: Option<Timestamp>, not_after: Timestamp, days: u16) -> i64 {
    const SECONDS_PER_DAY: i64 = 24 * 60 * 60;
    let lifetime = not_before.map(|it| (not_after.as_second() - it.as_second()) / SECONDS_PER_DAY);
    match lifetime {
        Some(lifetime) if lifetime <= i64::from(days) => lifetime / SHORT_LIVED_PART,
        Some(_) | None => i64::from(days),
    }
}

fn days_between(from: Date, to: Date) -> i64 {
    from.until((Unit::Day, to)).map_or(0, |it| i64::from(it.get_days()))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use wording::Language;

    use super::*;
    use crate::export::{Snapshot, sample};
    use crate::register::{Register, field_kind};

    fn of(text: &str, days: u16) -> Vec<Due> {
        let register = Register::parse(text).unwrap();
        let mut snapshot = Snapshot { register, ..sample::snapshot() };
        for asset in &mut snapshot.assets {
            asset.certificates.clear();
        }
        due(&sample::view(&snapshot, Language::German), days)
    }

    fn today() -> Date {
        let snapshot = sample::snapshot();
        sample::view(&snapshot, Language::German).day(snapshot.stamp.as_of)
    }

    fn day(days: i64) -> String {
        today().checked_add(SignedDuration::from_hours(days * 24)).unwrap().to_string()
    }

    #[test]
    fn every_day_that_is_watched_is_one_of_the_register() {
        for (table, key, kind, _) in WATCHED {
            assert_eq!(
                field_kind(table, key),
                Some(crate::register::FieldKind::Day),
                "{table}.{key}"
            );
            assert!(DueKind::ALL.contains(kind));
        }
        for kind in DueKind::ALL {
            for words in [Language::German.wording(), Language::English.wording()] {
                assert!(words.has(kind.message()));
            }
        }
    }

    #[test]
    fn what_is_due_within_the_time_is_listed_the_earliest_first_with_what_is_past() {
        let text = format!(
            "[[contract]]\ncode = \"V1\"\nname = \"Pflege\"\nnotice_by = \"{}\"\n\
             [[contract]]\ncode = \"V2\"\nname = \"B\"\nnotice_by = \"{}\"\n\
             [[licence]]\ncode = \"L1\"\nproduct = \"CAD\"\nruns_until = \"{}\"\n\
             [company]\nnext_review_on = \"{}\"\n",
            day(180),
            day(181),
            day(-3),
            day(0)
        );
        let found = of(&text, DUE_DAYS);
        let lines: Vec<(i64, &str, &str)> =
            found.iter().map(|it| (it.days_left, it.what.as_str(), it.event.as_str())).collect();
        assert_eq!(
            lines,
            [
                (-3, "Lizenz L1 (CAD)", "Läuft bis"),
                (0, "Unternehmen", "Nächste Prüfung am"),
                (180, "Vertrag V1 (Pflege)", "Kündigen bis"),
            ]
        );
        assert_eq!(of(&text, 0).len(), 2);
    }

    #[test]
    fn a_contract_may_want_to_be_remembered_earlier() {
        let text = format!(
            "[[contract]]\ncode = \"V1\"\nname = \"A\"\nnotice_by = \"{}\"\nreminder_days = 300\n",
            day(250)
        );
        assert_eq!(of(&text, DUE_DAYS).len(), 1);
    }

    #[test]
    fn what_is_done_or_goes_on_is_not_due() {
        let soon = day(10);
        let text = format!(
            "[[contract]]\ncode = \"V1\"\nname = \"A\"\nends_on = \"{soon}\"\nrenews = true\n\
             [[measure]]\ncode = \"M1\"\nname = \"B\"\ndue_on = \"{soon}\"\nstatus = \"done\"\n\
             [[measure]]\ncode = \"M2\"\nname = \"C\"\ndue_on = \"{soon}\"\nstatus = \"planned\"\n"
        );
        let found = of(&text, DUE_DAYS);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].kind, DueKind::Measure);
    }

    #[test]
    fn a_certificate_that_is_renewed_often_is_due_in_its_last_third() {
        let at = |days: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(days * 24);
        assert_eq!(ahead_of(Some(at(0)), at(90), 180), 30);
        assert_eq!(ahead_of(Some(at(0)), at(365), 180), 180);
        assert_eq!(ahead_of(None, at(90), 180), 180);
    }

    #[test]
    fn certificates_of_systems_in_use_are_listed() {
        let snapshot = sample::snapshot();
        let view = sample::view(&snapshot, Language::English);
        let all: usize = in_use(&snapshot.assets).map(|it| it.certificates.len()).sum();
        let found = due(&view, u16::MAX);
        let certificates = found.iter().filter(|it| it.kind == DueKind::Certificate).count();
        assert!(certificates > 0 && certificates <= all, "{certificates} of {all}");
    }
}
