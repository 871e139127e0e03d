//! The one door: every report, from whichever observer, is accepted here, exactly once.
//!
//! Who speaks is taken from the verified certificate, never from the body. An agent's state is read
//! from the store for every request, so that a revocation works at once on open connections.

mod accept;
mod appear;
mod carried;
mod decode;
mod disk;
mod reconcile;
mod refusal;
mod run_differences;
mod run_events;
mod scan;
mod scan_scope;
mod sightings;
mod skew;
mod tasks;
mod unpack;

pub use accept::{check_in, manifest, may_speak, upload};
pub use carried::{Admitted, admit_files, take_file};
pub use decode::{DecodeProblem, decode_request};
pub use disk::guard_disk;
pub use reconcile::{reconcile_pending, run as run_reconciling};
pub use refusal::{Refusal, chain};
pub(crate) use unpack::unpack;

pub use scan::{
    ScanOrder, ScanReceipt, TARGETS_PER_PART_MAX, accept_scan, begin_scan, end_scan, scan_report,
};
