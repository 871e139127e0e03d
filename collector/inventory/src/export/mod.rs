//! The workbook as declared data: sheets, columns, cells and the network plan. No file format here.

mod snapshot;

pub use crate::reconcile::{ChangeEntry, ChangeKind};
pub use snapshot::{AgentSummary, ExportStamp, Snapshot};
