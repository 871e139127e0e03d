//! The workbook as declared data: sheets, columns, cells and the network plan. No file format here.

mod cell;
mod claims;
mod clean;
mod common_cells;
mod detail_words;
mod due;
mod frozen;
mod guide;
mod judgement_words;
mod list;
mod network_document;
mod plan;
mod profile;
mod reason;
mod register_rows;
mod relation;
mod risk_category;
#[cfg(test)]
pub(crate) mod sample;
mod sheet;
mod sheets;
mod snapshot;
mod stated;
mod statement;
mod tile;
mod view;

use crate::asset::row_id;

pub use crate::reconcile::{ChangeEntry, ChangeKind, ChangedRow};
pub use cell::{Cell, Target, Value};
pub use clean::clean;
pub use detail_words::{change_text, change_value, field_text, field_texts, kind_text, value_text};
pub use due::{DUE_DAYS, Due, DueKind, due};
pub use frozen::{CellDifference, Frozen, FrozenRow, FrozenSheet, SheetDifference, freeze};
pub use guide::{Guide, Question, SheetCell, Stage, documentation_of, guide};
pub use judgement_words::{health_reason_text, health_state_text, step_text, why_text};
pub use list::List;
pub use network_document::{
    DOCUMENT_FORMAT, DeviceEntry, DeviceKind, DocumentFrame, GapEntry, LinkEntry, LinkEvidence,
    NetworkDocument, RunEntry, SeenAs, ServiceEntry, SubnetEntry, SubnetEvidence, network_document,
};
pub use plan::{NodeKind, Plan, PlanNode};
pub use profile::{Profile, sheets_of};
pub use sheet::{
    About, Column, EVIDENCE_COLUMNS, Kind, Layout, Origin, PassingRows, Row, RowEvidence, Rows,
    Sheet, no_gaps,
};
pub use sheets::{LINKED, SHEETS, in_order};
pub use snapshot::{AgentSummary, ExportStamp, ScanSummary, Snapshot};
pub use statement::{canonical, canonical_choice, code_text, field_of, list_of};
pub use tile::{Tile, Tone, tiles};
pub use view::{View, names_a_host};
