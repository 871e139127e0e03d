//! The commands: what can be ordered, how it is executed, how the reply is shown.
//!
//! An [`Order`] is executed by the one [`Collector`](crate::collector::Collector), in a running
//! server behind its control socket or in this process with the data folder under its lock.

mod assets;
mod changes;
mod claims;
mod execute;
mod guide;
mod licences;
mod log;
mod order;
mod permit;
mod print;
mod print_accounts;
mod print_details;
mod print_guide;
mod print_health;
mod print_import;
mod print_scans;
mod print_snapshots;
mod scans;
mod snapshots;
mod users;
mod work;

pub use changes::{ImportReport, ImportRow};
pub use claims::{ClaimOrder, ClaimRow, adopt_claims};
pub use execute::{check_writable, execute, execute_as, execute_watched};
pub use guide::{AppliedTemplate, DueList, GuideOrder, GuideReply, NextQuestions, TemplateRow};
pub use log::{LOG_EVENTS_MAX, LogOrder, LogPage, LogRow};
pub use order::{AssetExplanation, AssetHistory, Order, Reply, ScanOrder};
pub use print::{Form, print};
pub(crate) use print::{clean, table};
pub(crate) use print_scans::document as print_document;
pub use snapshots::{Comparison, ShownSheet, ShownSnapshot, SnapshotOrder, SnapshotReply};
pub use users::{AccountRow, UserOrder, recover};
