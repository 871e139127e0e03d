//! The collector: one ingest door, one inventory, one workbook.
//!
//! The library holds everything; the binary is the command line in front of it. Start at
//! [`collector::Collector`], which every command and every request works through. Modules use only
//! those before them.

pub mod clock;

pub mod data_folder;

pub mod config;

pub mod active_runs;

pub mod credentials;

pub mod collector;

pub mod ingest;

pub mod api;

pub mod failure;

pub mod accounts;

pub mod backup;

pub mod workbook;

pub mod snapshot;

pub mod scans;

pub mod command;

pub mod control;

pub mod progress;

pub mod serve;

pub mod quick;

pub mod summary;

pub mod arguments;

pub mod application;
