//! A snapshot of all sheets: what stood in every cell at one moment, so that it can be shown again, compared with
//! another, and proved unchanged by its hash.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::sheet::{Kind, Layout, Sheet};
use super::sheets::in_order;
use super::view::View;

/// Sheets that speak of the export itself, and not of the company.
const LEFT_OUT: &[&str] = &["changes", "cover", "network_plan", "traceability"];

/// All cells of a snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frozen {
    /// The sheets, in the order of the workbook.
    pub sheets: Vec<FrozenSheet>,
}

/// The cells of a sheet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrozenSheet {
    /// Its key.
    pub sheet: String,
    /// The keys of its columns.
    pub columns: Vec<String>,
    /// Columns that move by themselves, such as when something was last heard of.
    pub moving: Vec<String>,
    /// Its rows.
    #[serde(skip)]
    pub rows: Vec<FrozenRow>,
}

/// The id of a row and the text of each of its cells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrozenRow(pub String, pub Vec<String>);

/// What stands in one line of a kept snapshot: a sheet, or a row of the sheet above.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Sheet(FrozenSheet),
    Row(FrozenRow),
}

/// What differs in a sheet between two snapshots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetDifference {
    /// The key of the sheet.
    pub sheet: String,
    /// Rows that came: id and what the row shows.
    pub added: Vec<FrozenRow>,
    /// Rows that went.
    pub removed: Vec<FrozenRow>,
    /// Cells that changed.
    pub changed: Vec<CellDifference>,
}

/// What differs in a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellDifference {
    /// The id of its row.
    pub id: String,
    /// The key of its column.
    pub column: String,
    /// What it said.
    pub before: String,
    /// What it says.
    pub after: String,
}

/// All cells in the language of the view, one JSON value per line, and how many rows there are.
#[must_use]
pub fn freeze(view: &View<'_>) -> (Vec<u8>, u64) {
    let (mut lines, mut count) = (Vec::new(), 0);
    for sheet in in_order() {
        if sheet.layout == Layout::Hidden || LEFT_OUT.contains(&sheet.key) {
            continue;
        }
        line(&mut lines, &head(sheet));
        for row in view.passing(sheet) {
            let texts = row.cells.iter().map(|it| view.value_text(it.value())).collect();
            line(&mut lines, &FrozenRow(row.id.clone(), texts));
            count += 1;
        }
    }
    (lines, count)
}

fn head(sheet: &Sheet) -> FrozenSheet {
    let key = |it: &super::sheet::Column| it.key.to_owned();
    FrozenSheet {
        sheet: sheet.key.to_owned(),
        columns: sheet.columns.iter().map(key).collect(),
        moving: sheet.columns.iter().filter(|it| it.kind == Kind::Instant).map(key).collect(),
        rows: Vec::new(),
    }
}

fn line(lines: &mut Vec<u8>, line: &impl Serialize) {
    // Texts and lists always have a form in JSON, and memory always takes it.
    drop(serde_json::to_writer(&mut *lines, line));
    lines.push(b'\n');
}

impl Frozen {
    /// Reads what [`freeze`] wrote.
    ///
    /// # Errors
    /// If it is something else.
    pub fn read(lines: &[u8]) -> Result<Self, serde_json::Error> {
        let mut frozen = Self::default();
        for line in serde_json::Deserializer::from_slice(lines).into_iter() {
            match line? {
                Line::Sheet(sheet) => frozen.sheets.push(sheet),
                Line::Row(row) => {
                    if let Some(sheet) = frozen.sheets.last_mut() {
                        sheet.rows.push(row);
                    }
                }
            }
        }
        Ok(frozen)
    }

    /// What differs in `later`, sheet by sheet; sheets without a difference are left out. Columns are told by their
    /// keys: one that only one of the two has is no difference.
    #[must_use]
    pub fn differences(&self, later: &Self) -> Vec<SheetDifference> {
        let nothing = FrozenSheet::default();
        let keys = later.sheets.iter().map(|it| it.sheet.as_str());
        let gone = self.sheets.iter().map(|it| it.sheet.as_str());
        let gone = gone.filter(|key| later.sheet(key).is_none());
        let difference = |key: &str| {
            let (before, after) = (self.sheet(key), later.sheet(key));
            before.unwrap_or(&nothing).difference(after.unwrap_or(&nothing), key)
        };
        keys.chain(gone).map(difference).filter(|it| !it.is_empty()).collect()
    }

    /// The sheet of this key.
    fn sheet(&self, key: &str) -> Option<&FrozenSheet> {
        self.sheets.iter().find(|it| it.sheet == key)
    }
}

impl SheetDifference {
    fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

impl FrozenSheet {
    fn difference(&self, later: &Self, sheet: &str) -> SheetDifference {
        let before: BTreeMap<&str, &FrozenRow> =
            self.rows.iter().map(|it| (it.0.as_str(), it)).collect();
        let after: BTreeMap<&str, &FrozenRow> =
            later.rows.iter().map(|it| (it.0.as_str(), it)).collect();
        let only = |these: &BTreeMap<&str, &FrozenRow>, those: &BTreeMap<&str, &FrozenRow>| {
            let missing = these.iter().filter(|(id, _)| !those.contains_key(*id));
            missing.map(|(_, row)| (*row).clone()).collect()
        };
        let places = self.shared_columns(later);
        let changed = before.iter().filter_map(|(id, row)| Some((row, after.get(id)?)));
        let changed = changed.flat_map(|(before, after)| {
            places.iter().filter_map(|(column, left, right)| {
                let (left, right) = (before.1.get(*left)?, after.1.get(*right)?);
                (left != right).then(|| CellDifference {
                    id: before.0.clone(),
                    column: (*column).to_owned(),
                    before: left.clone(),
                    after: right.clone(),
                })
            })
        });
        SheetDifference {
            sheet: sheet.to_owned(),
            changed: changed.collect(),
            added: only(&after, &before),
            removed: only(&before, &after),
        }
    }

    /// Columns that both have and that do not move by themselves, with their places.
    fn shared_columns<'a>(&'a self, later: &Self) -> Vec<(&'a str, usize, usize)> {
        let steady = self.columns.iter().enumerate().filter(|(_, it)| !self.moving.contains(it));
        let shared = steady.filter_map(|(left, key)| {
            let right = later.columns.iter().position(|it| it == key)?;
            Some((key.as_str(), left, right))
        });
        shared.collect()
    }
}

#[cfg(test)]
mod tests {
    use wording::Language;

    use super::*;
    use crate::export::{Snapshot, sample};
    use crate::register::Register;

    fn frozen(snapshot: &Snapshot) -> Frozen {
        let (lines, count) = freeze(&sample::view(snapshot, Language::English));
        let frozen = Frozen::read(&lines).unwrap();
        assert_eq!(frozen.sheets.iter().map(|it| it.rows.len() as u64).sum::<u64>(), count);
        frozen
    }

    #[test]
    fn a_snapshot_differs_from_itself_in_nothing_and_keeps_every_cell() {
        let now = frozen(&sample::snapshot());
        assert_eq!(now.differences(&now), []);
        let systems = now.sheets.iter().find(|it| it.sheet == "systems").unwrap();
        assert!(systems.rows.iter().any(|it| it.1.iter().any(|it| it == "srv-erp")));
        assert!(systems.rows.iter().all(|it| it.1.len() == systems.columns.len()));
        assert!(!now.sheets.iter().any(|it| LEFT_OUT.contains(&it.sheet.as_str())));
    }

    #[test]
    fn what_came_went_and_changed_is_told_cell_by_cell() {
        let before = sample::snapshot();
        let mut after = before.clone();
        after.assets.remove(0);
        let text = toml_of(&before).replace("Auftrag und Fertigung", "Fertigung");
        after.register = Register::parse(&text).unwrap();
        let all = frozen(&before).differences(&frozen(&after));
        let of = |key: &str| all.iter().find(|it| it.sheet == key).unwrap();
        assert_eq!(of("systems").removed.len(), 1);
        assert_eq!(
            of("processes").changed.iter().find(|it| it.column == "process.name"),
            Some(&CellDifference {
                id: "GP001".to_owned(),
                column: "process.name".to_owned(),
                before: "Auftrag und Fertigung".to_owned(),
                after: "Fertigung".to_owned(),
            })
        );
        let back = frozen(&after).differences(&frozen(&before));
        assert_eq!(back.iter().find(|it| it.sheet == "systems").unwrap().added.len(), 1);
    }

    fn toml_of(snapshot: &Snapshot) -> String {
        snapshot.register.to_toml()
    }

    #[test]
    fn that_time_passes_is_no_difference() {
        let before = sample::snapshot();
        let mut after = before.clone();
        for asset in &mut after.assets {
            asset.last_seen_at += jiff::SignedDuration::from_secs(60);
        }
        assert_eq!(frozen(&before).differences(&frozen(&after)), []);
    }

    #[test]
    fn what_is_no_snapshot_is_refused() {
        assert!(Frozen::read(b"{\"a\": 1}").is_err());
        assert!(Frozen::read(b"[1, 2").is_err());
        assert_eq!(Frozen::read(b"").unwrap(), Frozen::default());
        // A row above every sheet belongs to none.
        assert_eq!(Frozen::read(b"[\"x\", []]").unwrap(), Frozen::default());
    }
}
