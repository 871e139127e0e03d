//! Plans: what is scanned again and again, and when.
//!
//! A time that was missed because the collector did not run is made up for once. A plan never runs
//! twice at the same time, and never outside of its window.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use observation::latest::AgentId;
use serde::{Deserialize, Serialize};

use super::cron::{Cron, CronError};
use super::request::ScanRequest;
use super::window::Window;
use crate::failure::{ExitCode, Failure};

/// Longest name of a plan.
const NAME_CHARS_MAX: usize = 64;

/// A plan as it is kept. It holds no secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanPlan {
    /// Its name, unique.
    pub name: String,
    /// What is scanned and how.
    pub request: ScanRequest,
    /// When, as it was typed.
    pub cron: String,
    /// Between which times of the day, as it was typed.
    pub window: Option<String>,
    /// The agent that scans; none: the collector.
    pub vantage: Option<AgentId>,
}

/// When a plan runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanTimes {
    cron: Cron,
    window: Option<Window>,
}

impl ScanPlan {
    /// Its times, and whether its name can be typed.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn times(&self) -> Result<PlanTimes, Failure> {
        let is_fine = |it: char| it.is_alphanumeric() || matches!(it, '-' | '_' | '.');
        let length = self.name.chars().count();
        if !(1..=NAME_CHARS_MAX).contains(&length) || !self.name.chars().all(is_fine) {
            return Err(Failure::new(ExitCode::Usage, "scan-plan-name", self.name.clone()));
        }
        let cron = self.cron.parse().map_err(|error: CronError| {
            Failure::new(ExitCode::Usage, "scan-cron", self.cron.clone()).because(error.to_string())
        })?;
        let window = self.window.as_deref().map(|text| {
            let wrong = |()| Failure::new(ExitCode::Usage, "scan-window", text);
            text.parse().map_err(wrong)
        });
        Ok(PlanTimes { cron, window: window.transpose()? })
    }
}

impl PlanTimes {
    /// When a plan runs next that ran last, or was made, at `last`. A time that was missed is `now`.
    /// `None`: never again.
    #[must_use]
    pub fn next_start(
        &self,
        last: Timestamp,
        now: Timestamp,
        zone: &TimeZone,
    ) -> Option<Timestamp> {
        let due = self.cron.next_after(last, zone)?.max(now);
        Some(self.window.map_or(due, |it| it.next_open(due, zone)))
    }

    /// When a plan is due that ran last, or was made, at `last`, and for which `planned` was noted. A
    /// clock that was ahead leaves a `last` that is still to come: then what was planned counts, if
    /// it is sooner, else the next time from `now` on.
    #[must_use]
    pub fn due(
        &self,
        last: Timestamp,
        planned: Option<Timestamp>,
        now: Timestamp,
        zone: &TimeZone,
    ) -> Option<Timestamp> {
        if last <= now {
            return self.next_start(last, now, zone);
        }
        let next = self.next_start(now, now, zone)?;
        let sooner = planned.filter(|it| *it <= next).map(|it| it.max(now));
        Some(sooner.map_or(next, |it| self.window.map_or(it, |window| window.next_open(it, zone))))
    }

    /// Whether a run may go on or begin now.
    #[must_use]
    pub fn is_open(&self, now: Timestamp, zone: &TimeZone) -> bool {
        self.window.is_none_or(|it| it.is_open(now, zone))
    }

    /// When a run that began at `start` must end. `None`: when it is done.
    #[must_use]
    pub fn end_of(&self, start: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        self.window.map(|it| it.next_close(start, zone))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(name: &str, cron: &str, window: Option<&str>) -> ScanPlan {
        ScanPlan {
            name: name.to_owned(),
            request: ScanRequest::default(),
            cron: cron.to_owned(),
            window: window.map(str::to_owned),
            vantage: None,
        }
    }

    fn next(cron: &str, window: Option<&str>, last: &str, now: &str) -> String {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let times = plan("office", cron, window).times().unwrap();
        let next = times.next_start(last.parse().unwrap(), now.parse().unwrap(), &zone).unwrap();
        next.to_string()
    }

    #[test]
    fn a_plan_runs_at_its_time() {
        let (last, now) = ("2026-11-24T01:00:00Z", "2026-11-24T08:00:00Z");
        assert_eq!(next("0 2 * * *", None, last, now), "2026-11-25T01:00:00Z");
    }

    #[test]
    fn what_was_missed_is_made_up_for_once() {
        // Three nights without a collector.
        let (last, now) = ("2026-11-20T01:00:00Z", "2026-11-24T08:00:00Z");
        assert_eq!(next("0 2 * * *", None, last, now), now);
        // After that the next time is the ordinary one.
        assert_eq!(next("0 2 * * *", None, now, now), "2026-11-25T01:00:00Z");
    }

    #[test]
    fn what_was_missed_waits_for_the_window() {
        let (last, now) = ("2026-11-20T01:00:00Z", "2026-11-24T08:00:00Z");
        assert_eq!(next("0 2 * * *", Some("22:00-05:00"), last, now), "2026-11-24T21:00:00Z");
    }

    #[test]
    fn a_clock_that_was_ahead_silences_no_plan() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let times = plan("office", "0 2 * * *", None).times().unwrap();
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        let (ahead, now) = (at("2031-01-01T00:00:00Z"), at("2026-11-24T08:00:00Z"));
        let far = Some(at("2031-01-01T01:00:00Z"));
        let due = times.due(ahead, far, now, &zone);
        assert_eq!(due, Some(at("2026-11-25T01:00:00Z")));
        let later = at("2026-11-25T01:00:03Z");
        assert_eq!(times.due(ahead, due, later, &zone), Some(later), "it is due, not a day later");
        assert_eq!(times.due(later, due, later, &zone), Some(at("2026-11-26T01:00:00Z")));
    }

    #[test]
    fn a_run_ends_with_its_window() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let times = plan("office", "0 23 * * *", Some("22:00-05:00")).times().unwrap();
        let start: Timestamp = "2026-11-24T22:00:00Z".parse().unwrap();
        assert_eq!(times.end_of(start, &zone), Some("2026-11-25T04:00:00Z".parse().unwrap()));
        let always = plan("office", "0 23 * * *", None).times().unwrap();
        assert_eq!(always.end_of(start, &zone), None);
    }

    #[test]
    fn mistakes_say_which_statement_is_wrong() {
        let key = |plan: ScanPlan| plan.times().unwrap_err().key;
        assert_eq!(key(plan("", "0 2 * * *", None)), "scan-plan-name");
        assert_eq!(key(plan("a b", "0 2 * * *", None)), "scan-plan-name");
        assert_eq!(key(plan("office", "0 2 * *", None)), "scan-cron");
        assert_eq!(key(plan("office", "0 2 * * *", Some("22-5"))), "scan-window");
    }

    #[test]
    fn a_plan_is_read_as_it_was_written() {
        let plan = plan("Büro-1", "0 2 * * *", Some("22:00-05:00"));
        let text = serde_json::to_string(&plan).unwrap();
        assert_eq!(serde_json::from_str::<ScanPlan>(&text).unwrap(), plan);
    }
}
