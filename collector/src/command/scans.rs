//! Orders about scans.

use super::order::{Order, Reply};
use super::work::Work;
use crate::failure::{ExitCode, Failure};
use crate::scans::Watch;

pub(super) async fn execute(
    _work: &Work<'_>,
    _order: Order,
    _watch: &Watch,
) -> Result<Reply, Failure> {
    Err(Failure::new(ExitCode::Failed, "internal", "scan"))
}
