//! The collector: one ingest door, one inventory, one workbook.
//!
//! The library holds everything; the binary is the command line in front of it. Start at
//! [`collector::Collector`], which every command and every request works through.

pub mod collector;

pub mod data_folder;

pub mod ingest;

pub mod api;

pub mod backup;

pub mod clock;

pub mod workbook;
