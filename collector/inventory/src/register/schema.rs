//! The tables and keys of `register.toml` as data: checking, writing and comparing all read this one
//! list. A test holds it against the model.

/// One table of the file.
pub(super) struct Table {
    /// Its key in the file.
    pub name: &'static str,
    /// Whether it can stand more than once (`[[site]]`).
    pub is_list: bool,
    /// The key that names an entry; rules have none and are counted instead.
    pub identity: Option<&'static str>,
    /// Its keys, in the order in which they are written.
    pub keys: &'static [Key],
}

/// One key of a table.
pub(super) struct Key {
    /// The key.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether an entry is useless without it.
    pub is_required: bool,
}

/// What a key holds.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// Text.
    Text,
    /// A list of texts.
    Texts,
    /// A whole number within bounds.
    Whole { min: i64, max: i64 },
    /// Hours; fractions are allowed.
    Hours,
    /// `true` or `false`.
    YesNo,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// The identity of an entry of another table.
    Reference(&'static str),
    /// A list of such identities.
    References(&'static str),
    /// A list of networks.
    Networks,
    /// A condition on assets.
    Condition,
    /// A list of what an application is recognised by.
    Recognisers,
}

/// A protection need.
pub(super) const LEVELS: &[&str] = &["normal", "high", "very_high"];

/// What a zone may reach without being a zone of the company.
pub(super) const OUTSIDE: &str = "internet";

const COUNT: Kind = Kind::Whole { min: 0, max: i64::MAX };

const fn key(name: &'static str, kind: Kind) -> Key {
    Key { name, kind, is_required: false }
}

const fn required(name: &'static str, kind: Kind) -> Key {
    Key { name, kind, is_required: true }
}

const fn list(name: &'static str, identity: &'static str, keys: &'static [Key]) -> Table {
    Table { name, is_list: true, identity: Some(identity), keys }
}

/// All tables, in the order in which they are written: what others refer to comes first.
pub(super) const TABLES: &[Table] = &[
    Table {
        name: "company",
        is_list: false,
        identity: None,
        keys: &[
            key("name", Kind::Text),
            key("employees", Kind::Whole { min: 0, max: u32::MAX as i64 }),
            key("sector", Kind::Text),
            key("scope", Kind::Text),
            key(
                "classification",
                Kind::Choice(&["public", "internal", "confidential", "strictly_confidential"]),
            ),
            key("frameworks", Kind::Texts),
            key("security_officer", Kind::Text),
        ],
    },
    Table {
        name: "thresholds",
        is_list: false,
        identity: None,
        keys: &[
            key("damage_normal_eur", COUNT),
            key("damage_high_eur", COUNT),
            key("outage_normal_hours", Kind::Hours),
            key("outage_high_hours", Kind::Hours),
        ],
    },
    list(
        "site",
        "code",
        &[required("code", Kind::Text), required("name", Kind::Text), key("address", Kind::Text)],
    ),
    list(
        "building",
        "code",
        &[
            required("code", Kind::Text),
            required("site", Kind::Reference("site")),
            required("name", Kind::Text),
        ],
    ),
    list(
        "room",
        "code",
        &[
            required("code", Kind::Text),
            required("building", Kind::Reference("building")),
            required("name", Kind::Text),
            key(
                "security_zone",
                Kind::Choice(&["public", "internal", "secured", "highly_secured"]),
            ),
            key("access", Kind::Text),
            key("ups", Kind::YesNo),
        ],
    ),
    list(
        "unit",
        "code",
        &[
            required("code", Kind::Text),
            required("name", Kind::Text),
            key("head", Kind::Reference("role")),
        ],
    ),
    list("role", "name", &[required("name", Kind::Text), key("deputy", Kind::Reference("role"))]),
    list(
        "provider",
        "code",
        &[
            required("code", Kind::Text),
            required("name", Kind::Text),
            key("service", Kind::Text),
            key("processing_agreement", Kind::YesNo),
            key("remote_access", Kind::YesNo),
        ],
    ),
    list(
        "information",
        "code",
        &[
            required("code", Kind::Text),
            required("name", Kind::Text),
            key("personal_data", Kind::Choice(&["no", "yes", "special"])),
            key("data_subjects", Kind::Text),
            key("count", COUNT),
            key("processing_record", Kind::Text),
            key("confidentiality", Kind::Choice(LEVELS)),
            key("integrity", Kind::Choice(LEVELS)),
            key("availability", Kind::Choice(LEVELS)),
            key("scenario", Kind::Text),
            key("reason", Kind::Text),
        ],
    ),
    list(
        "process",
        "code",
        &[
            required("code", Kind::Text),
            required("name", Kind::Text),
            key("owner", Kind::Reference("role")),
            key("outage_hours", Kind::Hours),
            key("confidentiality", Kind::Choice(LEVELS)),
            key("integrity", Kind::Choice(LEVELS)),
            key("availability", Kind::Choice(LEVELS)),
            key("reason", Kind::Text),
            key("applications", Kind::References("application")),
        ],
    ),
    list(
        "application",
        "code",
        &[
            required("code", Kind::Text),
            required("name", Kind::Text),
            key("recognise", Kind::Recognisers),
            key("information", Kind::References("information")),
        ],
    ),
    list(
        "zone",
        "name",
        &[
            required("name", Kind::Text),
            key("networks", Kind::Networks),
            key("vlan", Kind::Whole { min: 1, max: 4094 }),
            key("purpose", Kind::Text),
            key("may_reach", Kind::References("zone")),
            key("ot", Kind::YesNo),
        ],
    ),
    Table {
        name: "location_rule",
        is_list: true,
        identity: None,
        keys: &[required("when", Kind::Condition), required("room", Kind::Reference("room"))],
    },
    Table {
        name: "owner_rule",
        is_list: true,
        identity: None,
        keys: &[required("when", Kind::Condition), required("owner", Kind::Reference("role"))],
    },
];

/// The table of this name.
pub(super) fn table(name: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.name == name)
}

/// The known word that a slip of the pen may have meant.
pub(super) fn nearest<'a>(typed: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    let candidates = known.map(|word| (distance(&typed, &word.to_lowercase()), word));
    let (distance, word) = candidates.min_by_key(|(distance, _)| *distance)?;
    (distance <= word.chars().count() / 2).then_some(word)
}

/// Insertions, removals, replacements and swaps of neighbours (optimal string alignment). Long texts
/// are cut: a key of a thousand letters is nobody's slip of the pen.
fn distance(left: &str, right: &str) -> usize {
    const LETTERS_MAX: usize = 64;
    let left: Vec<char> = left.chars().take(LETTERS_MAX).collect();
    let right: Vec<char> = right.chars().take(LETTERS_MAX).collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    let at = |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX - 1);
    for (row, from) in left.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, to) in right.iter().enumerate() {
            let replaced = at(&last, column) + usize::from(from != to);
            let mut best = replaced.min(at(&last, column + 1) + 1).min(at(&current, column) + 1);
            let swapped = row > 0
                && column > 0
                && left.get(row - 1) == Some(to)
                && right.get(column - 1) == Some(from);
            if swapped {
                best = best.min(at(&before_last, column - 1) + 1);
            }
            current.push(best);
        }
        before_last = std::mem::replace(&mut last, current);
    }
    at(&last, right.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_finds_the_word_that_was_meant() {
        let known = ["name", "security_zone", "access", "ups"];
        for (typed, meant) in [
            ("nmae", Some("name")),
            ("Name", Some("name")),
            ("security-zone", Some("security_zone")),
            ("acess", Some("access")),
            ("upss", Some("ups")),
            ("colour_of_the_door", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, known.into_iter()), meant, "{typed}");
        }
        assert_eq!(nearest(&"x".repeat(100_000), known.into_iter()), None);
    }

    #[test]
    fn every_reference_names_a_table_with_an_identity() {
        for table in TABLES {
            for key in table.keys {
                if let Kind::Reference(to) | Kind::References(to) = key.kind {
                    assert!(super::table(to).unwrap().identity.is_some(), "{}", key.name);
                }
            }
        }
    }
}
