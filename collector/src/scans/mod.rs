//! Scans: what a person orders, plans and their times, and the runs.

mod cron;
mod request;
mod window;

pub use cron::{Cron, CronError};
pub use request::{ScanRequest, networks, probes};
pub use window::Window;
