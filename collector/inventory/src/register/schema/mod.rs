//! The tables and keys of `register.toml` as data: checking, writing and comparing all read this one
//! list. A test holds it against the model.

mod agreements;
mod company;
mod observed;
mod steering;
mod things;

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
    /// Whether it states a release, an acceptance, an approval or a review, and who must stand by it.
    pub claim: Option<ClaimRule>,
}

/// Of a key whose value is a claim until somebody stands by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ClaimRule {
    /// Whose word it is.
    pub speaker: Speaker,
    /// The words that make it a claim; none: any value does.
    pub words: &'static [&'static str],
    /// Keys of the same entry that say what is claimed: who changes one of them claims anew.
    pub extent: &'static [&'static str],
    /// Entries of another table that belong to what is claimed: who adds or removes one claims anew.
    pub members: Option<Members>,
}

/// Entries of another table that name an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Members {
    /// Their table.
    pub table: &'static str,
    /// The key in which they name it.
    pub key: &'static str,
}

/// Whose word a claim is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaker {
    /// The role that the value begins with.
    Named,
    /// The role that another key of the entry names.
    Key(&'static str),
    /// The role that is the management of the company.
    Management,
    /// The role that is the company's security officer.
    SecurityOfficer,
    /// Whoever administers the accounts.
    Administrator,
}

impl Table {
    /// Whether its entries only say something of things that are known from elsewhere.
    pub(super) fn is_statement(&self) -> bool {
        self.identity == Some("id")
    }
}

/// What a key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A list of texts.
    Texts,
    /// A whole number within bounds.
    Whole {
        /// The least.
        min: i64,
        /// The most.
        max: i64,
    },
    /// Hours; fractions are allowed.
    Hours,
    /// An amount from 0 on; fractions are allowed.
    Amount,
    /// A day, as text: `2026-11-27`.
    Day,
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
    /// The SHA-256 of a document, 64 hexadecimal digits.
    Sha256,
}

/// A protection need.
pub(super) const LEVELS: &[&str] = &["normal", "high", "very_high"];

/// What a zone may reach without being a zone of the company.
pub(super) const OUTSIDE: &str = "internet";

const COUNT: Kind = Kind::Whole { min: 0, max: i64::MAX };

const fn key(name: &'static str, kind: Kind) -> Key {
    Key { name, kind, is_required: false, claim: None }
}

const fn required(name: &'static str, kind: Kind) -> Key {
    Key { name, kind, is_required: true, claim: None }
}

/// The same key, whose every value is a claim.
const fn claimed(key: Key, speaker: Speaker) -> Key {
    claimed_with(key, speaker, &[])
}

/// The same key, whose every value is a claim about what other keys say.
const fn claimed_with(key: Key, speaker: Speaker, extent: &'static [&'static str]) -> Key {
    claimed_words(key, &[], speaker, extent)
}

/// The same key, of which these words are a claim about what other keys say.
const fn claimed_words(
    key: Key,
    words: &'static [&'static str],
    speaker: Speaker,
    extent: &'static [&'static str],
) -> Key {
    Key { claim: Some(ClaimRule { speaker, words, extent, members: None }), ..key }
}

const fn text(name: &'static str) -> Key {
    key(name, Kind::Text)
}

const fn texts(name: &'static str) -> Key {
    key(name, Kind::Texts)
}

const fn day(name: &'static str) -> Key {
    key(name, Kind::Day)
}

const fn amount(name: &'static str) -> Key {
    key(name, Kind::Amount)
}

const fn yes_no(name: &'static str) -> Key {
    key(name, Kind::YesNo)
}

const fn choice(name: &'static str, words: &'static [&'static str]) -> Key {
    key(name, Kind::Choice(words))
}

const fn level(name: &'static str) -> Key {
    choice(name, LEVELS)
}

/// A key that names a role.
const fn role(name: &'static str) -> Key {
    key(name, Kind::Reference("role"))
}

/// A key that names an entry of another table.
const fn reference(name: &'static str, table: &'static str) -> Key {
    key(name, Kind::Reference(table))
}

/// A key that names entries of another table.
const fn references(name: &'static str, table: &'static str) -> Key {
    key(name, Kind::References(table))
}

const fn list(name: &'static str, identity: &'static str, keys: &'static [Key]) -> Table {
    Table { name, is_list: true, identity: Some(identity), keys }
}

/// A table that stands once.
const fn single(name: &'static str, keys: &'static [Key]) -> Table {
    Table { name, is_list: false, identity: None, keys }
}

/// A table whose entries have a code.
const fn coded(name: &'static str, keys: &'static [Key]) -> Table {
    list(name, "code", keys)
}

const CODE: Key = required("code", Kind::Text);
const NAME: Key = required("name", Kind::Text);
const REMARK: Key = text("remark");
const OWNER: Key = role("owner");

/// All tables, in the order in which they are written: what others refer to comes first.
pub(super) fn tables() -> impl Iterator<Item = &'static Table> + Clone {
    [company::TABLES, agreements::TABLES, things::TABLES, steering::TABLES, observed::TABLES]
        .into_iter()
        .flatten()
}

/// The table of this name.
pub(super) fn table(name: &str) -> Option<&'static Table> {
    tables().find(|table| table.name == name)
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
    fn a_claim_rests_on_keys_of_its_own_table_and_on_a_role() {
        for table in tables() {
            let kind = |name: &str| table.keys.iter().find(|it| it.name == name).map(|it| it.kind);
            for key in table.keys {
                let Some(rule) = key.claim else { continue };
                assert!(rule.extent.iter().all(|it| kind(it).is_some()), "{}", key.name);
                if let Speaker::Key(name) = rule.speaker {
                    assert_eq!(kind(name), Some(Kind::Reference("role")), "{}", key.name);
                }
                assert!(!rule.extent.contains(&key.name), "{}", key.name);
                if let Kind::Choice(words) = key.kind {
                    assert!(rule.words.iter().all(|it| words.contains(it)), "{}", key.name);
                }
                if let Some(members) = rule.members {
                    let table = super::table(members.table).unwrap();
                    assert!(table.keys.iter().any(|it| it.name == members.key), "{}", key.name);
                }
            }
        }
    }

    #[test]
    fn every_reference_names_a_table_with_an_identity() {
        for table in tables() {
            for key in table.keys {
                if let Kind::Reference(to) | Kind::References(to) = key.kind {
                    assert!(super::table(to).unwrap().identity.is_some(), "{}", key.name);
                }
            }
        }
    }
}
