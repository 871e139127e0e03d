//! The workbook as declared data: sheets, columns, cells and the network plan. No file format here.

mod snapshot;

pub use snapshot::{AgentSummary, ChangeEntry, ChangeKind, ExportStamp, Snapshot};
