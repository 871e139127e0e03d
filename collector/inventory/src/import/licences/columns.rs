//! What the columns of a list of licences are called, and the words for what a licence counts.

use super::table::Record;
use crate::assess::product_key;

/// The first records among which the headings stand: above them there may be a letter head.
const HEAD_RECORDS_MAX: usize = 20;
/// One word alone may be part of a letter head.
const HEADINGS_MIN: usize = 2;

/// Key of the register with the headings that mean it, as [`product_key`] folds them.
const HEADINGS: &[(&str, &[&str])] = &[
    ("code", &["code", "kürzel", "lizenz nr", "lizenznummer", "licence id", "license id", "id"]),
    (
        "product",
        &[
            "produkt",
            "produktname",
            "produkttitel",
            "produktbezeichnung",
            "artikel",
            "artikelbezeichnung",
            "bezeichnung",
            "software",
            "product",
            "product name",
            "product title",
            "name",
        ],
    ),
    ("edition", &["edition"]),
    ("version", &["version", "release"]),
    (
        "metric",
        &[
            "metrik",
            "lizenzmetrik",
            "lizenzart",
            "lizenztyp",
            "lizenzmodell",
            "metric",
            "licence metric",
            "license metric",
            "licence type",
            "license type",
            "licence model",
            "license model",
        ],
    ),
    (
        "entitled",
        &[
            "menge",
            "anzahl",
            "stück",
            "stückzahl",
            "berechtigt",
            "lizenzen",
            "lizenzen gesamt",
            "gesamtlizenzen",
            "anzahl lizenzen",
            "lizenzanzahl",
            "quantity",
            "qty",
            "seats",
            "entitled",
            "licences",
            "licenses",
            "total licences",
            "total licenses",
        ],
    ),
    ("access_licences", &["cal", "cals", "zugriffslizenzen", "access licences", "access licenses"]),
    (
        "assigned",
        &[
            "zugewiesen",
            "zugewiesene lizenzen",
            "assigned",
            "assigned licences",
            "assigned licenses",
        ],
    ),
    ("assigned_on", &["stand", "zugewiesen stand", "as of", "assigned as of"]),
    (
        "begins_on",
        &[
            "beginn",
            "laufzeitbeginn",
            "gültig ab",
            "gültig von",
            "kaufdatum",
            "begins on",
            "start",
            "start date",
            "valid from",
            "purchase date",
        ],
    ),
    (
        "runs_until",
        &[
            "ende",
            "laufzeitende",
            "läuft bis",
            "gültig bis",
            "ablaufdatum",
            "end",
            "end date",
            "runs until",
            "valid to",
            "valid until",
            "expiry date",
            "expiration date",
        ],
    ),
    ("contract", &["vertrag", "vertragsnummer", "contract", "contract number"]),
    (
        "proof",
        &[
            "nachweis",
            "beleg",
            "belegnummer",
            "rechnung",
            "rechnungsnummer",
            "auftragsnummer",
            "bestellnummer",
            "proof",
            "invoice",
            "invoice number",
            "order number",
        ],
    ),
    ("proof_sha256", &["sha 256", "sha256", "nachweis sha 256", "proof sha 256"]),
    (
        "provider",
        &["lieferant", "händler", "anbieter", "dienstleister", "supplier", "reseller", "provider"],
    ),
    (
        "cost_per_year_eur",
        &[
            "kosten pro jahr",
            "jahreskosten",
            "preis pro jahr",
            "cost per year",
            "annual cost",
            "cost per year eur",
            "kosten pro jahr eur",
        ],
    ),
    (
        "remark",
        &["bemerkung", "hinweis", "kommentar", "beschreibung", "remark", "comment", "notes"],
    ),
];

/// What resellers write for what a licence counts, beside the words of the program, folded.
const METRICS: &[(&str, &[&str])] = &[
    ("device", &["gerät", "geräte", "pro gerät", "per device", "devices", "arbeitsplatz"]),
    (
        "user",
        &["benutzer", "nutzer", "pro benutzer", "pro nutzer", "per user", "users", "named user"],
    ),
    ("concurrent", &["floating", "gleichzeitige nutzer", "concurrent user", "concurrent users"]),
    ("core", &["kern", "kerne", "pro kern", "per core", "cores"]),
    ("server_and_cal", &["server cal", "server und cal", "server mit cal"]),
    ("subscription", &["abo", "miete", "subscriptions"]),
    ("free", &["frei", "kostenlos", "freeware", "open source"]),
];

/// The headings by which the list of the Microsoft 365 admin centre is told.
const MICROSOFT: [&str; 2] = ["product title", "total licenses"];
/// Its column of what is over already.
const MICROSOFT_EXPIRED: &str = "expired licenses";

/// The head of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    /// The number of the record of headings.
    pub(super) record: usize,
    /// Place in a record and key of the register.
    pub(super) columns: Vec<(usize, &'static str)>,
    /// Places of headings that mean nothing here.
    pub(super) unknown: Vec<usize>,
    /// A place whose key stands further left already.
    pub(super) doubled: Option<usize>,
    /// Whether it is the list of the Microsoft 365 admin centre.
    pub(super) is_microsoft: bool,
    /// The place of what is over already, in that list.
    pub(super) expired: Option<usize>,
}

/// The head; none: nothing that looks like one stands near the beginning.
pub(super) fn head(records: &[Record]) -> Option<Head> {
    let found = records.iter().take(HEAD_RECORDS_MAX).enumerate().map(|(at, it)| of(at, it));
    found.into_iter().find(|it| it.columns.len() >= HEADINGS_MIN)
}

fn of(record: usize, headings: &Record) -> Head {
    let folded: Vec<String> = headings.fields.iter().map(|it| product_key(it)).collect();
    let is_microsoft = MICROSOFT.iter().all(|it| folded.iter().any(|own| own == it));
    let expired = folded.iter().position(|it| is_microsoft && it == MICROSOFT_EXPIRED);
    let mut head = Head {
        record,
        columns: Vec::new(),
        unknown: Vec::new(),
        doubled: None,
        is_microsoft,
        expired,
    };
    for (at, heading) in folded.iter().enumerate().filter(|(at, _)| Some(*at) != expired) {
        let known = HEADINGS.iter().find(|(_, words)| words.contains(&heading.as_str()));
        match known {
            Some((key, _)) if head.columns.iter().any(|(_, it)| it == key) => {
                head.doubled = head.doubled.or(Some(at));
            }
            Some((key, _)) => head.columns.push((at, key)),
            None if heading.is_empty() => {}
            None => head.unknown.push(at),
        }
    }
    head
}

/// The code of the metric that a reseller's word means; none: not known.
pub(super) fn metric(word: &str) -> Option<&'static str> {
    let word = product_key(word);
    METRICS.iter().find(|(_, words)| words.contains(&word.as_str())).map(|(code, _)| *code)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::register::keys_of;

    #[test]
    fn every_heading_is_folded_means_one_key_and_that_key_exists() {
        let keys = keys_of("licence");
        let mut seen = BTreeSet::new();
        for (key, words) in HEADINGS {
            assert!(keys.contains(key), "{key}");
            for word in *words {
                assert_eq!(product_key(word), *word);
                assert!(seen.insert(word), "{word}");
            }
        }
        for (_, words) in METRICS {
            assert!(words.iter().all(|it| product_key(it) == *it));
        }
    }

    #[test]
    fn the_head_may_stand_below_others() {
        let record = |line: usize, text: &str| Record {
            line,
            fields: text.split(';').map(str::to_owned).collect(),
        };
        let records = [
            record(0, "Händler GmbH;;"),
            record(1, "Ihre Lizenzen: Stand;;"),
            record(2, "Produkt;Menge;Farbe;Anzahl"),
        ];
        let head = head(&records).unwrap();
        assert_eq!(
            (head.record, head.columns.as_slice()),
            (2, &[(0, "product"), (1, "entitled")][..])
        );
        assert_eq!((head.unknown, head.doubled), (vec![2], Some(3)));
    }
}
