//! The agent: reads its host, keeps what it read, delivers it.
//!
//! Does not interpret: it sends what it read, bounded and typed; meaning is added by the collector.
//! The binary is a thin shell around this library. Modules use only those before them.

pub mod config;

pub mod host;

pub mod clock;

pub mod disk;

pub mod names;

pub mod sources;

pub mod home;

pub mod data_dir;

pub mod report;

pub mod spool;

pub mod kept;

pub mod deliver;

pub mod enrol;

pub mod scan_job;

pub mod hearing;

pub mod schedule;

pub mod service;

pub mod update;

pub mod agent;

pub mod carry;

pub mod failure;

pub mod print;

pub mod status;

pub mod difference;

pub mod doctor;

pub mod command;
