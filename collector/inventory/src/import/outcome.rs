//! What an import would do, or did.

use serde::{Deserialize, Serialize};
use wording::Wording;

use crate::register::{Edit, Place, Register, Value};

/// A cell of the workbook, for people.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Spot {
    /// The name on the tab.
    pub sheet: String,
    /// The row, counted from 1; none where the whole tab or file is meant.
    pub row: Option<u32>,
    /// The cell: `D7`.
    pub cell: Option<String>,
    /// The key of the column: `process.owner`.
    pub key: Option<String>,
}

/// A field that a person changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CellChange {
    /// Where.
    #[serde(flatten)]
    pub spot: Spot,
    /// The field of the register.
    pub place: Place,
    /// What the register says; none: nothing.
    pub before: Option<String>,
    /// What the workbook says; none: the cell was emptied.
    pub after: Option<String>,
    /// The same as the register keeps it.
    pub value: Option<Value>,
    /// Whether it is taken over. What was emptied is not, unless that was asked for.
    pub applied: bool,
}

/// A field that was changed on both sides, and differently.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conflict {
    /// Names the conflict once the import is kept: `3.1`.
    pub id: Option<String>,
    /// Where.
    #[serde(flatten)]
    pub spot: Spot,
    /// The field of the register.
    pub place: Place,
    /// What the export had shown.
    pub base: Option<String>,
    /// What the workbook says.
    pub workbook: Option<String>,
    /// What the register says: this holds until a person decides.
    pub register: Option<String>,
    /// What the workbook says, as the register would keep it.
    pub value: Option<Value>,
    /// What the register stated of the field when the conflict was found.
    #[serde(default)]
    pub stated: Option<Value>,
    /// What a person decided.
    pub taken: Option<Take>,
}

/// How a conflict was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Take {
    /// The workbook's value.
    Workbook,
    /// The register's value.
    Register,
}

/// A row without an id: something that may be new.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Names the candidate once the import is kept: `3.n1`.
    pub id: Option<String>,
    /// Where.
    #[serde(flatten)]
    pub spot: Spot,
    /// The table that it would stand in.
    pub table: String,
    /// Its identity, where the row gives it one.
    pub identity: Option<String>,
    /// Keys with what the row says.
    pub values: Vec<(String, Value)>,
    /// Entries that may be the same: their name is the same.
    pub similar: Vec<String>,
    /// The entry that it became.
    pub accepted: Option<String>,
}

/// Something to know, with its cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// Where.
    #[serde(flatten)]
    pub spot: Spot,
    /// What, in the language of the person who imports.
    pub text: String,
}

/// Everything that an import found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The number of the export that was edited; none: the workbook does not say.
    pub export_number: Option<u64>,
    /// Changes of people.
    pub changes: Vec<CellChange>,
    /// Changes on both sides.
    pub conflicts: Vec<Conflict>,
    /// Rows that may be new.
    pub candidates: Vec<Candidate>,
    /// What was changed in vain, and tabs that mean nothing here.
    pub ignored: Vec<Remark>,
    /// Mistakes: one of them, and nothing is applied.
    pub errors: Vec<Remark>,
    /// What a person should know of the import as a whole.
    pub warnings: Vec<Remark>,
    /// Fields that say already what the workbook says.
    pub already: u64,
}

impl Outcome {
    /// The changes that are taken over.
    #[must_use]
    pub fn edits(&self) -> Vec<Edit> {
        let taken = self.changes.iter().filter(|it| it.applied);
        taken.map(|it| Edit { place: it.place.clone(), value: it.value.clone() }).collect()
    }

    /// The register after the changes that are taken over; none: it would not be a whole one, and the
    /// mistakes stand among the errors, at their cells.
    #[must_use]
    pub fn applied_to(&mut self, register: &Register, words: &Wording) -> Option<Register> {
        if !self.errors.is_empty() {
            return None;
        }
        let error = match register.edited(&self.edits()) {
            Ok(after) => return Some(after),
            Err(error) => error,
        };
        for (place, mistake) in error.problems {
            let change = self.changes.iter().find(|it| Some(&it.place) == place.as_ref());
            let spot = change.map_or_else(Spot::default, |it| it.spot.clone());
            self.errors.push(Remark { spot, text: mistake.text(words) });
        }
        None
    }

    /// Conflicts that nobody decided yet.
    pub fn open_conflicts(&self) -> impl Iterator<Item = &Conflict> {
        self.conflicts.iter().filter(|it| it.taken.is_none())
    }
}
