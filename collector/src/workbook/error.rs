//! What can go wrong while writing a workbook.

use rust_xlsxwriter::XlsxError;

/// The workbook could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WorkbookError {
    /// The path cannot be written.
    #[error("writing {path}: does the folder exist, and may it be written?")]
    Unwritable {
        /// The path.
        path: String,
        /// The cause.
        source: std::io::Error,
    },
    /// A sheet could not be made: a mistake of ours.
    #[error("making the sheet {sheet}")]
    Sheet {
        /// The sheet.
        sheet: String,
        /// The cause.
        source: XlsxError,
    },
    /// The network plan could not be drawn: a mistake of ours.
    #[error("drawing the network plan: {problem}")]
    Picture {
        /// What is wrong.
        problem: String,
    },
}
