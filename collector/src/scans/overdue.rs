//! Runs of agents that nobody would end: the window of their plan closed, the plan was removed, or the
//! agent is silent.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use observation::latest::scan::ScanRemark;
use store::{
    AgentRecord, AgentState, RunUnderWay, ScanPlanRecord, ScanRunRecord, ScanRunState, StoreError,
};

use super::plan::ScanPlan;
use crate::active_runs::StopReason;
use crate::collector::Collector;
use crate::ingest::end_scan;

/// How long nothing may be heard of a run. An agent gives up a part after 24 hours.
const SILENCE_MAX: SignedDuration = SignedDuration::from_hours(48);
/// The remark of a run whose agent is silent.
const SILENT: &str = "agent_silent";

/// What a run becomes that does not end by itself.
#[must_use]
pub fn broken_off(run: &ScanRunRecord) -> ScanRunState {
    match run.started_at {
        Some(_) => ScanRunState::Partial,
        None => ScanRunState::Failed,
    }
}

/// Ends the runs of agents that are over, and says which others agents may have.
pub(super) async fn end_overdue(collector: &Collector, now: Timestamp) -> Result<(), StoreError> {
    let under_way = collector.store.scans_under_way().await?;
    let of_agents: Vec<RunUnderWay> =
        under_way.into_iter().filter(|it| it.run.vantage.is_some()).collect();
    let mut allowed = BTreeMap::new();
    if !of_agents.is_empty() {
        let agents = collector.store.agents().await?;
        let plans = collector.store.scan_plans().await?;
        let zone = &collector.scanning.zone;
        for it in of_agents {
            let standing = standing(&it, &agents, &plans, zone);
            if let Some(code) = why_over(&it, standing, now) {
                end(collector, &it.run, code, now).await;
            } else if let Standing::Open { closes_at } = standing {
                allowed.insert(it.run.id, closes_at);
            }
        }
    }
    collector.active_runs.allow_only(allowed);
    Ok(())
}

/// Where a run stands by its agent and its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// The agent is gone or may not speak any more.
    NoAgent,
    /// The plan was removed.
    NoPlan,
    /// It may go on, until its window closes if it has one.
    Open { closes_at: Option<Timestamp> },
}

fn standing(
    under_way: &RunUnderWay,
    agents: &[AgentRecord],
    plans: &[ScanPlanRecord],
    zone: &TimeZone,
) -> Standing {
    let run = &under_way.run;
    let agent = agents.iter().find(|it| Some(it.id) == run.vantage);
    if agent.is_none_or(|it| it.state == AgentState::Revoked) {
        return Standing::NoAgent;
    }
    let Some(plan) = run.plan else { return Standing::Open { closes_at: None } };
    let Some(record) = plans.iter().find(|it| it.id == plan) else { return Standing::NoPlan };
    // A plan that cannot be read begins nothing; what it began has no window any more.
    let plan: Option<ScanPlan> = serde_json::from_str(&record.document).ok();
    let times = plan.and_then(|it| it.times().ok());
    Standing::Open { closes_at: times.and_then(|it| it.end_of(run.ordered_at, zone)) }
}

/// The remark with which a run is to be ended; none: it goes on.
fn why_over(under_way: &RunUnderWay, standing: Standing, now: Timestamp) -> Option<&'static str> {
    let heard = under_way.last_part_at.unwrap_or(under_way.run.ordered_at);
    match standing {
        Standing::NoAgent => Some(SILENT),
        Standing::NoPlan => Some(StopReason::Stopped.code()),
        Standing::Open { closes_at: Some(at) } if at <= now => {
            Some(StopReason::WindowClosed.code())
        }
        Standing::Open { .. } if now.duration_since(heard) >= SILENCE_MAX => Some(SILENT),
        Standing::Open { .. } => None,
    }
}

async fn end(collector: &Collector, run: &ScanRunRecord, code: &str, now: Timestamp) {
    let remark = ScanRemark { code: code.to_owned(), what: String::new() };
    let ended = end_scan(collector, run.id, broken_off(run), vec![remark], "collector", now).await;
    match ended {
        Ok(_) => tracing::info!(run = %run.id, code, "the run of an agent was ended"),
        Err(refusal) => {
            tracing::warn!(run = %run.id, why = refusal.title, "a run could not be ended");
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::request::ScanRequest;
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// A run that was ordered at midnight.
    fn run(last_part: Option<&str>) -> RunUnderWay {
        let run = ScanRunRecord {
            id: Uuid::from_u128(1),
            plan: None,
            vantage: None,
            job: ScanRequest::default().job(Uuid::from_u128(1), Vec::new()),
            ordered_by: "plan branch".to_owned(),
            ordered_at: at("2026-11-24T00:00:00Z"),
            started_at: last_part.map(at),
            finished_at: None,
            state: ScanRunState::Running,
            remarks: Vec::new(),
            figures: None,
            seen_from: None,
            done: Vec::new(),
            targets: 0,
        };
        RunUnderWay { run, last_part_at: last_part.map(at) }
    }

    fn check(run: &RunUnderWay, standing: Standing, now: &str, expected: Option<&str>) {
        assert_eq!(why_over(run, standing, at(now)), expected, "{standing:?} {now}");
    }

    #[test]
    fn a_run_of_which_nothing_is_heard_for_two_days_is_over() {
        let open = Standing::Open { closes_at: None };
        let (waiting, under_way) = (run(None), run(Some("2026-11-25T12:00:00Z")));
        check(&waiting, open, "2026-11-25T23:59:59Z", None);
        check(&waiting, open, "2026-11-26T00:00:00Z", Some("agent_silent"));
        check(&under_way, open, "2026-11-27T11:00:00Z", None);
        check(&under_way, open, "2026-11-27T12:00:00Z", Some("agent_silent"));
    }

    #[test]
    fn a_run_ends_with_its_window_its_plan_or_its_agent() {
        let run = run(None);
        let night = Standing::Open { closes_at: Some(at("2026-11-24T05:00:00Z")) };
        check(&run, night, "2026-11-24T04:59:59Z", None);
        check(&run, night, "2026-11-24T05:00:00Z", Some("window_closed"));
        check(&run, Standing::NoPlan, "2026-11-24T00:00:01Z", Some("stopped"));
        check(&run, Standing::NoAgent, "2026-11-24T00:00:01Z", Some("agent_silent"));
    }

    #[test]
    fn a_run_that_never_gave_anything_has_failed() {
        assert_eq!(broken_off(&run(None).run), ScanRunState::Failed);
        let begun = run(Some("2026-11-24T01:00:00Z"));
        assert_eq!(broken_off(&begun.run), ScanRunState::Partial);
    }
}
