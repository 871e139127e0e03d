//! Scans: what a person orders, plans and their times, and the runs.

mod cron;
mod outcome;
mod overdue;
mod plan;
mod request;
mod run;
mod schedule;
mod show;
mod watch;
mod window;

pub use cron::{Cron, CronError};
pub use outcome::{
    AddressExplanation, AddressHolder, PlanRow, PlanStanding, RunRow, RunStanding, ScanChange,
    ScanOutcome,
};
pub use overdue::broken_off;
pub use plan::{PlanTimes, ScanPlan};
pub use request::{ScanRequest, networks, probes};
pub(crate) use run::STOPPING_TIME;
pub use run::{FinishedRun, RunOrder, check, end_left_behind, run};
pub use schedule::run_plans;
pub use show::{find, outcome, row};
pub use watch::{ScanEvent, Watch};
pub use window::Window;
