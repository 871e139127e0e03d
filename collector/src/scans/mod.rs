//! Scans: what a person orders, plans and their times, and the runs.

mod request;

pub use request::{ScanRequest, networks, probes};
