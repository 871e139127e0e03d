//! What to fill in next, and why: from the coarse to the fine, from what the register says and what was
//! observed. Every question names the command and the cell that answer it.

mod asks;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use self::asks::Stage;
use self::asks::{ASKS, Ask, What};
use super::Value as Shown;
use super::common_cells::system_text;
use super::sheet::Sheet;
use super::sheets::SHEETS;
use super::stated::{Stated, addresses, in_use};
use super::statement::field_of;
use super::view::View;
use crate::assess::{
    BalanceState, Bar, Documentation, DocumentationFacts, NotCounted, Used, documentation,
    licence_balances, products_to_decide,
};
use crate::asset::row_id::row_id;
use crate::asset::{Asset, AssetId, AssetKind};
use crate::register::{
    Cidr, Entry, FieldKind, Place, field_kind, is_identity, is_statement, keys_of,
};

/// Systems that are named of one question.
const EXAMPLES_MAX: usize = 5;

/// What to fill in next, and how far the company is documented.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Guide {
    /// How far the company is documented.
    pub documentation: Documentation,
    /// All questions that are open, the first one first.
    pub questions: Vec<Question>,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// Where it stands in the order.
    pub stage: Stage,
    /// The field that is asked for; its key is empty where an entry is to begin.
    pub place: Place,
    /// The question, in the reader's language.
    pub question: String,
    /// What the answer is good for, in the reader's language.
    pub why: String,
    /// How many systems, networks or entries the answer concerns.
    pub concerns: usize,
    /// Some of them.
    pub examples: Vec<String>,
    /// By how many tenths of a percent point the documentation rises.
    pub gain_tenths: u32,
    /// The command that answers it, with `…` and alternatives to be replaced.
    pub command: String,
    /// The cell of the workbook that answers it; none: only the command does.
    pub cell: Option<SheetCell>,
}

/// A cell of the workbook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetCell {
    /// The name on the tab.
    pub sheet: String,
    /// The id of the row; none: a new one.
    pub row: Option<String>,
    /// The heading of the column.
    pub column: String,
}

/// What to fill in next.
#[must_use]
pub fn guide(view: &View<'_>) -> Guide {
    let documentation = documentation_of(view);
    let asker = Asker { view, documentation: &documentation };
    let mut questions: Vec<Question> = ASKS.iter().flat_map(|it| asker.ask(it)).collect();
    questions.extend(asker.networks());
    questions.extend(asker.systems("owner", "owner_rule", Bar::Owners));
    questions.extend(asker.systems("room", "location_rule", Bar::Places));
    questions.extend(asker.providers());
    questions.extend(asker.servers_without_backup());
    questions.extend(asker.licences());
    questions.extend(asker.products());
    // Stable: within a stage the order in which they were asked.
    questions.sort_by_key(|it| it.stage);
    Guide { documentation, questions }
}

/// How far the company is documented.
#[must_use]
pub fn documentation_of(view: &View<'_>) -> Documentation {
    let snapshot = view.snapshot();
    let stated = Stated::of(&snapshot.register);
    let with = |is_stated: &dyn Fn(&Asset) -> bool| -> BTreeSet<AssetId> {
        in_use(&snapshot.assets).filter(|it| is_stated(it)).map(|it| it.id).collect()
    };
    let sheet = sheet_of("network.zone");
    let rows = sheet.map_or(&[][..], |it| view.rows(it));
    let has = |row: &super::Row, key: &str| {
        let at = sheet.and_then(|it| it.columns.iter().position(|column| column.key == key));
        let cell = at.and_then(|it| row.cells.get(it));
        cell.is_some_and(|it| matches!(it.value(), Shown::Text(text) if text != "–"))
    };
    let done = rows.iter().filter(|it| has(it, "network.zone") && has(it, "network.purpose"));
    documentation(&DocumentationFacts {
        register: &snapshot.register,
        assets: &snapshot.assets,
        placed: &with(&|it| stated.room(it).is_some()),
        owned: &with(&|it| stated.owner(it).is_some()),
        networks: (rows.len(), done.count()),
        open_conflicts: snapshot.conflicts.len(),
        now: snapshot.stamp.as_of,
    })
}

/// The sheet that has a column.
fn sheet_of(column: &str) -> Option<&'static Sheet> {
    SHEETS.iter().find(|it| it.columns.iter().any(|it| it.key == column)).copied()
}

struct Asker<'v, 's> {
    view: &'v View<'s>,
    documentation: &'v Documentation,
}

/// What a question is about, before it is put into words.
struct Draft<'d> {
    stage: Stage,
    place: Place,
    keys: &'d [&'d str],
    question: String,
    why: String,
    concerned: Vec<String>,
    gain: Option<(Bar, usize)>,
    command: Option<String>,
    column: Option<&'d str>,
}

impl Asker<'_, '_> {
    fn ask(&self, ask: &Ask) -> Vec<Question> {
        let index = self.view.stated();
        match ask.what {
            What::Begin(code) => {
                if index.entries(ask.table).next().is_some() {
                    return Vec::new();
                }
                let command = self.beginning(ask.table, code);
                vec![self.question(Draft {
                    stage: ask.stage,
                    place: Place::new(ask.table, "", ""),
                    keys: &[],
                    question: self.view.text(&ask.message("guide-begin")),
                    why: self.view.text(&ask.message("guide-why")),
                    concerned: Vec::new(),
                    gain: None,
                    command: Some(command),
                    column: ask.column,
                })]
            }
            What::Keys(keys, is_asked) => {
                let nothing = [("", Entry::default())];
                let is_single = matches!(ask.table, "company" | "thresholds");
                let of: Vec<(&str, &Entry)> = index.entries(ask.table).collect();
                let none: Vec<(&str, &Entry)> =
                    nothing.iter().map(|(it, entry)| (*it, entry)).collect();
                // What stands once can be asked for before anything of it is stated.
                let entries = if is_single && of.is_empty() { none } else { of };
                let lacks = |entry: &Entry| keys.iter().any(|it| is_open(entry, it));
                let open = entries.into_iter().filter(|(_, it)| is_asked(it) && lacks(it));
                open.map(|(identity, entry)| self.about_entry(ask, keys, identity, entry)).collect()
            }
        }
    }

    fn about_entry(&self, ask: &Ask, keys: &[&str], identity: &str, entry: &Entry) -> Question {
        let open: Vec<&str> = keys.iter().copied().filter(|it| is_open(entry, it)).collect();
        let place = Place::new(ask.table, identity, open.first().copied().unwrap_or_default());
        let words = self.view.wording();
        let label = |key: &&str| crate::register::key_label(words, ask.table, key);
        let labels = open.iter().map(label).collect::<Vec<_>>().join(", ");
        let name = entry.text("name").filter(|it| *it != identity);
        let name = name.map_or_else(String::new, |it| format!(" ({it})"));
        let of = Place::new(ask.table, identity, "").label(words);
        self.question(Draft {
            stage: ask.stage,
            question: format!("{of}{name}: {labels}?"),
            why: self.view.text(&ask.message("guide-why")),
            concerned: Vec::new(),
            gain: ask.bar.map(|it| (it, 1)),
            command: None,
            column: ask.column,
            keys: &open,
            place,
        })
    }

    /// Networks that lie in no zone.
    fn networks(&self) -> Vec<Question> {
        let Some(sheet) = sheet_of("network.zone") else { return Vec::new() };
        let column = sheet.columns.iter().position(|it| it.key == "network.zone");
        let is_open = |row: &&super::Row| {
            let cell = column.and_then(|it| row.cells.get(it));
            cell.is_some_and(|it| *it.value() == Shown::Open)
        };
        let ask = |row: &super::Row| {
            let prefix = row.cells.get(1).map(|it| self.view.value_text(it.value()));
            let prefix = prefix.unwrap_or_default();
            let arguments = [("network", prefix.clone().into())];
            self.question(Draft {
                stage: Stage::Networks,
                place: Place::new("network", &row.id, "zone"),
                keys: &["zone"],
                question: self.view.wording().text_with("guide-question-network", &arguments),
                why: self.view.text("guide-why-network"),
                concerned: vec![prefix],
                gain: Some((Bar::Networks, 1)),
                command: None,
                column: Some("network.zone"),
            })
        };
        self.view.rows(sheet).iter().filter(is_open).map(ask).collect()
    }

    /// Systems without an owner or a place, by the network that one rule could answer for.
    fn systems(&self, key: &str, rule_table: &str, bar: Bar) -> Vec<Question> {
        let snapshot = self.view.snapshot();
        let stated = Stated::of(&snapshot.register);
        let mut groups: BTreeMap<Option<String>, Vec<&Asset>> = BTreeMap::new();
        for asset in in_use(&snapshot.assets) {
            let known = if key == "owner" { stated.owner(asset) } else { stated.room(asset) };
            if known.is_none() {
                groups.entry(self.network_of(asset)).or_default().push(asset);
            }
        }
        let rules = self.view.stated().entries(rule_table).count();
        let column = format!("system.{key}");
        let ask = |(network, assets): (&Option<String>, &Vec<&Asset>)| {
            let rule = format!("{rule_table}/{:03}", rules + 1);
            let first = assets.first().map_or("", |it| it.label.0.as_str());
            let value = self.placeholder("system", key);
            let command = match network {
                Some(network) => {
                    set(&rule, &[("when", &format!("network={network}")), (key, &value)])
                }
                None => set(&format!("system/{first}"), &[(key, &value)]),
            };
            let arguments = [
                ("count", assets.len().into()),
                ("network", network.clone().unwrap_or_default().into()),
            ];
            let where_at = if network.is_some() { "-in-network" } else { "" };
            let question = self
                .view
                .wording()
                .text_with(&format!("guide-question-system-{key}{where_at}"), &arguments);
            self.question(Draft {
                stage: Stage::Systems,
                place: Place::new("system", first, key),
                keys: &[],
                question,
                why: self.view.text(&format!("guide-why-system-{key}")),
                concerned: assets.iter().map(|it| system_text(it)).collect(),
                gain: Some((bar, assets.len())),
                command: Some(command),
                column: Some(&column),
            })
        };
        let mut questions: Vec<Question> = groups.iter().map(ask).collect();
        questions.sort_by_key(|it| std::cmp::Reverse(it.concerns));
        questions
    }

    /// The first network of a zone that a system lies in, as the zone states it; else the first network that
    /// the system has itself.
    fn network_of(&self, asset: &Asset) -> Option<String> {
        let own = addresses(asset);
        let zones = self.view.snapshot().register.zone.iter();
        let mut networks = zones.flat_map(|it| &it.networks);
        let holds = |text: &str| {
            let network = text.parse::<Cidr>().ok();
            network.is_some_and(|it| own.iter().any(|address| it.contains(*address)))
        };
        let of_zone = networks.find(|it| holds(it)).cloned();
        of_zone.or_else(|| {
            let all = asset.interfaces.iter().flat_map(|it| &it.value.addresses);
            let wide = all.filter(|(address, length)| {
                let most = if address.is_ipv4() { 32 } else { 128 };
                own.contains(address) && (1..most).contains(length)
            });
            let networks = wide.filter_map(|(address, length)| Cidr::of(*address, *length));
            networks.min().map(|it| it.to_string())
        })
    }

    /// Providers with whom no contract is stated.
    fn providers(&self) -> Vec<Question> {
        let register = &self.view.snapshot().register;
        let index = self.view.stated();
        let has_contract =
            |code: &str| index.entries("contract").any(|(_, it)| it.text("provider") == Some(code));
        let code = register.next_code("contract");
        let without = register.provider.iter().filter(|it| !has_contract(&it.code));
        without
            .map(|it| {
                let arguments = [("provider", format!("{} ({})", it.code, it.name).into())];
                self.question(Draft {
                    stage: Stage::Agreements,
                    place: Place::new("contract", &code, "provider"),
                    keys: &[],
                    question: self.view.wording().text_with("guide-question-contract", &arguments),
                    why: self.view.text("guide-why-contract"),
                    concerned: vec![it.name.clone()],
                    gain: None,
                    command: Some(set(
                        &format!("contract/{code}"),
                        &[("name", "…"), ("provider", &it.code)],
                    )),
                    column: Some("contract.provider"),
                })
            })
            .collect()
    }

    /// Servers that no plan of backups names.
    fn servers_without_backup(&self) -> Option<Question> {
        let snapshot = self.view.snapshot();
        let entries = || self.view.stated().entries("backup");
        let (code, _) = entries().next()?;
        let named: BTreeSet<String> =
            entries().flat_map(|(_, it)| it.texts("systems")).map(|it| it.to_lowercase()).collect();
        let is_named = |asset: &Asset| {
            let name = asset.name.as_ref().map(|it| it.value.to_lowercase());
            named.contains(&asset.label.0.to_lowercase())
                || name.is_some_and(|it| named.contains(&it))
        };
        let is_server = |asset: &&Asset| {
            matches!(
                asset.kind.as_ref().map(|it| it.value),
                Some(AssetKind::Server | AssetKind::Hypervisor | AssetKind::Storage)
            )
        };
        let open: Vec<&Asset> =
            in_use(&snapshot.assets).filter(is_server).filter(|it| !is_named(it)).collect();
        if open.is_empty() {
            return None;
        }
        let arguments = [("count", open.len().into())];
        Some(self.question(Draft {
            stage: Stage::Backups,
            place: Place::new("backup", code, "systems"),
            keys: &["systems"],
            question: self.view.wording().text_with("guide-question-backup-systems", &arguments),
            why: self.view.text("guide-why-backup-systems"),
            concerned: open.iter().map(|it| system_text(it)).collect(),
            gain: None,
            command: None,
            column: Some("backup.systems"),
        }))
    }

    /// Entitlements that cannot be compared with their use.
    fn licences(&self) -> Vec<Question> {
        let snapshot = self.view.snapshot();
        let today = self.view.day(snapshot.stamp.as_of);
        let balances = licence_balances(&snapshot.register, &snapshot.assets, today);
        let mut questions = Vec::new();
        for balance in &balances {
            let key = match (balance.state(), balance.used) {
                (BalanceState::EntitledNotStated, _) => "entitled",
                (BalanceState::NotCounted, Used::NotCounted(reason)) => match reason {
                    NotCounted::MetricNotStated => "metric",
                    NotCounted::NotRecognised => "packages",
                    NotCounted::UsersNotSeen
                    | NotCounted::ConcurrentNotSeen
                    | NotCounted::AssignmentNotStated => "assigned",
                    // Nobody can answer these but an agent.
                    NotCounted::NoSoftwareRead | NotCounted::CoresNotKnown(_) => continue,
                },
                (
                    BalanceState::Even
                    | BalanceState::Surplus
                    | BalanceState::Short
                    | BalanceState::Free
                    | BalanceState::NotCounted,
                    _,
                ) => continue,
            };
            let is_lacking = |it: &&String| self.view.stated().value("licence", it, key).is_none();
            let code = balance.codes.iter().find(is_lacking).or_else(|| balance.codes.first());
            let place = Place::new("licence", code.map_or("", String::as_str), key);
            let label = place.label(self.view.wording());
            let column = format!("licence.{key}");
            questions.push(self.question(Draft {
                stage: Stage::Licences,
                keys: &[key],
                question: format!("{label}? ({})", balance.product),
                why: self.view.text("guide-why-licence"),
                concerned: vec![balance.product.clone()],
                gain: None,
                command: None,
                column: Some(&column),
                place,
            }));
        }
        questions
    }

    /// The products on the most systems, of which nobody decided whether they are wanted.
    fn products(&self) -> Vec<Question> {
        let snapshot = self.view.snapshot();
        let open = products_to_decide(&snapshot.register, &snapshot.assets);
        let open = open.into_iter().filter(|it| !it.is_decided);
        open.map(|it| {
            let arguments = [("product", it.name.into()), ("count", it.systems.into())];
            self.question(Draft {
                stage: Stage::Licences,
                place: Place::new("software", &row_id('W', &[it.manager, it.name]), "approved"),
                keys: &["approved"],
                question: self.view.wording().text_with("guide-question-product", &arguments),
                why: self.view.text("guide-why-product"),
                concerned: vec![it.name.to_owned()],
                gain: Some((Bar::Software, 1)),
                command: None,
                column: Some("software.approved"),
            })
        })
        .collect()
    }

    fn question(&self, draft: Draft<'_>) -> Question {
        let Draft { stage, place, keys, question, why, concerned, gain, command, column } = draft;
        let command = command.unwrap_or_else(|| {
            let fields: Vec<(&str, String)> =
                keys.iter().map(|it| (*it, self.placeholder(&place.table, it))).collect();
            let fields: Vec<(&str, &str)> =
                fields.iter().map(|(key, it)| (*key, it.as_str())).collect();
            let entry = match place.identity.as_str() {
                "" => place.table.clone(),
                identity => format!("{}/{identity}", place.table),
            };
            set(&entry, &fields)
        });
        Question {
            stage,
            question,
            why,
            concerns: concerned.len().max(1),
            examples: concerned.into_iter().take(EXAMPLES_MAX).collect(),
            gain_tenths: gain.map_or(0, |(bar, count)| self.documentation.gain_tenths(bar, count)),
            command,
            cell: column.and_then(|it| self.cell(it, &place)),
            place,
        }
    }

    /// The command that begins an entry: with all that it cannot be without.
    fn beginning(&self, table: &str, code: &str) -> String {
        let needed: Vec<(&str, String)> = keys_of(table)
            .into_iter()
            .filter(|it| !is_identity(table, it) && is_needed(table, it))
            .map(|it| (it, self.placeholder(table, it)))
            .collect();
        let mut fields: Vec<(&str, &str)> =
            needed.iter().map(|(key, it)| (*key, it.as_str())).collect();
        // Whatever is named by its name alone is begun by stating it.
        if fields.is_empty() {
            fields.push(("name", code));
        }
        set(&format!("{table}/{code}"), &fields)
    }

    /// What stands in a command for a value that only a person knows.
    fn placeholder(&self, table: &str, key: &str) -> String {
        let open = || "…".to_owned();
        match field_kind(table, key) {
            Some(FieldKind::Choice(words)) => words.join("|"),
            Some(FieldKind::YesNo) => "yes|no".to_owned(),
            Some(FieldKind::Reference(to) | FieldKind::References(to)) => {
                let first = self.view.stated().entries(to).next();
                first.map_or_else(open, |(identity, _)| identity.to_owned())
            }
            Some(FieldKind::Day) => self.view.day(self.view.snapshot().stamp.as_of).to_string(),
            Some(FieldKind::Recognisers) => "package:…".to_owned(),
            Some(
                FieldKind::Text
                | FieldKind::Texts
                | FieldKind::Whole { .. }
                | FieldKind::Hours
                | FieldKind::Amount
                | FieldKind::Networks
                | FieldKind::Condition
                | FieldKind::Sha256,
            )
            | None => open(),
        }
    }

    /// The cell of a column that holds a field; the sheet with a new row, where an entry is to begin.
    fn cell(&self, key: &str, place: &Place) -> Option<SheetCell> {
        let sheet = sheet_of(key)?;
        let column = sheet.columns.iter().find(|it| it.key == key)?;
        let holds = |row: &&super::Row| field_of(column, row).as_ref() == Some(place);
        let is_new = place.key.is_empty()
            || !(is_statement(&place.table)
                || self.view.stated().has(&place.table, &place.identity)
                || place.identity.is_empty());
        let row =
            if is_new { None } else { Some(self.view.rows(sheet).iter().find(holds)?.id.clone()) };
        Some(SheetCell {
            sheet: self.view.text(sheet.title),
            row,
            column: self.view.text(column.message),
        })
    }
}

/// Whether a key is not stated, or an empty list.
fn is_open(entry: &Entry, key: &str) -> bool {
    match entry.value(key) {
        None => true,
        Some(crate::register::Value::Texts(texts)) => texts.is_empty(),
        Some(_) => false,
    }
}

/// Whether an entry is begun with this key: what it cannot be without.
fn is_needed(table: &str, key: &str) -> bool {
    matches!((table, key), (_, "name") | ("building", "site") | ("room", "building"))
}

/// `kataster register set site/ST1 name=…`.
fn set(entry: &str, fields: &[(&str, &str)]) -> String {
    let fields = fields.iter().map(|(key, value)| shell_word(&format!("{key}={value}")));
    let words = std::iter::once(shell_word(entry)).chain(fields).collect::<Vec<_>>().join(" ");
    format!("kataster register set {words}")
}

/// A word as a POSIX shell takes it (XCU §2.2.2).
fn shell_word(word: &str) -> String {
    let is_plain = |it: char| it.is_alphanumeric() || "/=._:-@%+,…".contains(it);
    if word.chars().all(is_plain) {
        return word.to_owned();
    }
    // What would be a line or an escape of the terminal is none in a command either.
    let shown: String = word.chars().map(|it| if it.is_control() { '·' } else { it }).collect();
    format!("'{}'", shown.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use wording::Language;

    use super::*;
    use crate::export::{Snapshot, sample};
    use crate::register::Register;

    fn of(snapshot: &Snapshot) -> Guide {
        guide(&sample::view(snapshot, Language::German))
    }

    fn stating(text: &str) -> Snapshot {
        Snapshot { register: Register::parse(text).unwrap(), ..sample::snapshot() }
    }

    #[test]
    fn who_stated_nothing_is_asked_for_the_company_first() {
        let found = of(&sample::nothing());
        assert_eq!(found.questions[0].command, "kataster register set company name=…");
        let cell = found.questions[0].cell.as_ref().unwrap();
        assert_eq!((cell.sheet.as_str(), cell.row.as_deref()), ("Deckblatt", Some("company")));
        let stages: Vec<Stage> = found.questions.iter().map(|it| it.stage).collect();
        assert!(stages.is_sorted());
        assert_eq!(found.documentation.percent, None);
    }

    #[test]
    fn every_question_and_reason_is_a_sentence_of_both_languages() {
        let full = stating(include_str!("../../register/example.toml"));
        for snapshot in [sample::nothing(), sample::snapshot(), full] {
            for language in [Language::German, Language::English] {
                for it in guide(&sample::view(&snapshot, language)).questions {
                    for text in [&it.question, &it.why, &it.command] {
                        assert!(!text.is_empty() && !text.contains('⟨'), "{text}");
                    }
                }
            }
        }
        for ask in ASKS {
            for words in [Language::German.wording(), Language::English.wording()] {
                assert!(words.has(&ask.message("guide-why")), "{}", ask.message("guide-why"));
                if matches!(ask.what, What::Begin(_)) {
                    assert!(
                        words.has(&ask.message("guide-begin")),
                        "{}",
                        ask.message("guide-begin")
                    );
                }
            }
        }
    }

    #[test]
    fn every_ask_is_of_keys_and_columns_that_exist() {
        for ask in ASKS {
            if let Some(column) = ask.column {
                assert!(sheet_of(column).is_some(), "{column}");
            }
            match ask.what {
                What::Begin(_) => assert!(!keys_of(ask.table).is_empty(), "{}", ask.table),
                What::Keys(keys, _) => {
                    assert!(
                        keys.iter().all(|it| field_kind(ask.table, it).is_some()),
                        "{}",
                        ask.table
                    );
                }
            }
        }
    }

    #[test]
    fn an_answered_question_is_asked_no_more() {
        let snapshot = sample::snapshot();
        let before = of(&snapshot);
        let asked =
            |guide: &Guide, place: &Place| guide.questions.iter().any(|it| it.place == *place);
        let place = Place::new("role", "Geschäftsführung", "deputy");
        assert!(asked(&before, &place));
        let edit = crate::register::Edit {
            place: place.clone(),
            value: Some(crate::register::Value::Text("IT-Leitung".to_owned())),
        };
        let register = snapshot.register.edited(&[edit]).unwrap();
        let after = of(&Snapshot { register, ..sample::snapshot() });
        assert!(!asked(&after, &place));
        assert_eq!(after.questions.len(), before.questions.len() - 1);
    }

    #[test]
    fn needs_are_one_question_and_say_what_they_bring() {
        let found = of(&sample::snapshot());
        let place = Place::new("information", "I-CAD", "confidentiality");
        let question = found.questions.iter().find(|it| it.place == place).unwrap();
        assert_eq!(
            question.command,
            "kataster register set information/I-CAD 'confidentiality=normal|high|very_high' 'integrity=normal|high|very_high' 'availability=normal|high|very_high'"
        );
        assert!(question.gain_tenths > 0);
        assert_eq!(question.cell.as_ref().unwrap().row.as_deref(), Some("I-CAD"));
    }

    #[test]
    fn systems_of_one_network_are_one_question_that_a_rule_answers() {
        let mut snapshot = sample::snapshot();
        snapshot.register.owner_rule.clear();
        let found = of(&snapshot);
        let owners: Vec<&Question> = found
            .questions
            .iter()
            .filter(|it| it.place.table == "system" && it.place.key == "owner")
            .collect();
        let with_rule = owners.iter().find(|it| it.command.contains("owner_rule/001")).unwrap();
        assert!(with_rule.command.contains("when=network=10.20."), "{}", with_rule.command);
        let concerned: usize = owners.iter().map(|it| it.concerns).sum();
        assert_eq!(concerned, in_use(&snapshot.assets).count());
        // What the command says is taken by the register.
        let (_, rest) = with_rule.command.split_once("owner_rule/001 ").unwrap();
        let edits: Vec<crate::register::Edit> = rest
            .split(' ')
            .map(|it| {
                let (key, value) = it.trim_matches('\'').split_once('=').unwrap();
                let value = Some(crate::register::Value::Text(value.to_owned()));
                crate::register::Edit { place: Place::new("owner_rule", "001", key), value }
            })
            .collect();
        let register = snapshot.register.edited(&edits).unwrap();
        let after = of(&Snapshot { register, ..snapshot.clone() });
        assert!(after.documentation.percent > found.documentation.percent);
    }

    #[test]
    fn providers_without_a_contract_and_servers_without_backup_are_asked_for() {
        let found = of(&sample::snapshot());
        let contracts = found.questions.iter().filter(|it| it.place.table == "contract");
        assert_eq!(contracts.count(), 2);
        let mut text = include_str!("../sample.toml").to_owned();
        text += "[[backup]]\ncode = \"SI1\"\nname = \"Täglich\"\n";
        let found = of(&stating(&text));
        let place = Place::new("backup", "SI1", "systems");
        let question = found.questions.iter().find(|it| it.place == place).unwrap();
        assert!(question.examples[0].contains("srv-erp"), "{:?}", question.examples);
    }

    #[test]
    fn licences_that_cannot_be_compared_ask_for_what_is_missing() {
        let text = "[[licence]]\ncode = \"L1\"\nproduct = \"Mail\"\nmetric = \"subscription\"\nentitled = 3\n";
        let found = of(&stating(text));
        let question = found.questions.iter().find(|it| it.place.table == "licence").unwrap();
        assert_eq!(question.place.key, "assigned");
        assert_eq!(question.command, "kataster register set licence/L1 assigned=…");
        assert_eq!(question.cell.as_ref().unwrap().sheet, "Lizenzbilanz");
    }

    #[test]
    fn a_hostile_name_stays_one_word_of_the_command() {
        assert_eq!(shell_word("role/Büro; rm -rf ~"), "'role/Büro; rm -rf ~'");
        assert_eq!(shell_word("a'b$(c)"), "'a'\\''b$(c)'");
        assert_eq!(shell_word("a\u{1b}[2Jb\n"), "'a·[2Jb·'");
    }

    #[test]
    fn it_is_the_same_every_time() {
        let snapshot = sample::snapshot();
        assert_eq!(of(&snapshot), of(&snapshot));
    }
}
