//! The workbook comes back: what a person changed in it, merged field by field with what the register
//! says now.
//!
//! Three texts meet in every field that people fill: what the export showed (*base*), what the workbook
//! says (*mine*) and what the register says now (*theirs*). Only what differs from the base was changed
//! by somebody; what both sides changed differently is a conflict, and the register keeps its value
//! until a person decides. Nothing is deleted, and one mistake anywhere stops the whole import.

mod base;
mod book;
mod find;
mod licences;
mod merge;
mod outcome;
#[cfg(test)]
mod tests;
mod value;

pub use base::{BaseWriter, ExportBase};
pub use book::{ReadBook, ReadCell, ReadSheet, cell_name};
pub use licences::{LICENCE_BYTES_MAX, LicenceContext, last_said, read_licences};
pub use merge::{Options, merge};
pub use outcome::{Candidate, CellChange, Conflict, Outcome, Remark, Spot, Take};
pub use value::read_text;
