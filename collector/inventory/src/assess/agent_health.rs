//! Whether an agent does its work, and the likely reason where it does not.
//!
//! A reason is told only where evidence speaks for it, and the evidence is told with it. Where nothing
//! speaks for one, the reason is not known.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// A server that missed more than so many reports of its own schedule is silent.
pub const MISSED_INTERVALS_MAX: u64 = 3;
/// A workplace is switched off at night, at weekends and on public holidays: it is silent after this.
pub const WORKPLACE_SILENCE: SignedDuration = SignedDuration::from_hours(4 * 24);
/// An agent that was enrolled and has not reported after this never began.
const FIRST_REPORT_TIME: SignedDuration = SignedDuration::from_hours(1);
/// A workplace that reported on so many of the last [`HABIT_DAYS`] days and then fell silent is away.
const HABIT_DAYS_MIN: u32 = 6;
/// The days before the silence in which reports are counted.
pub const HABIT_DAYS: u32 = 14;
/// An absence of more than six weeks is no holiday any more.
const ABSENCE_MAX: SignedDuration = SignedDuration::from_hours(42 * 24);
/// A clock that is further off makes certificates and times doubtful.
const SKEW_SECONDS_MAX: i64 = 300;
/// At least this part of the sources, in percent, failed: the agent is broken, not the one or other source.
const FAILED_PERCENT_MIN: usize = 30;
/// Fewer failed sources say nothing of the agent.
const FAILED_MIN: usize = 3;

/// What is known of an agent. Times are the collector's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentEvidence {
    /// Now.
    pub now: Timestamp,
    /// Whether it may speak: `waiting`, `approved`, `revoked`, `quarantined`; none: a package of it is
    /// installed and no agent enrolled.
    pub state: Option<String>,
    /// Whether a person said that the host is a server.
    pub is_server: bool,
    /// When it enrolled.
    pub enrolled_at: Option<Timestamp>,
    /// When its last report came.
    pub last_seen_at: Option<Timestamp>,
    /// Until when its certificate holds.
    pub certificate_not_after: Option<Timestamp>,
    /// How far its clock was ahead at its last report.
    pub clock_skew_seconds: Option<i64>,
    /// Seconds between two of its reports, by its schedule.
    pub interval_seconds: u64,
    /// Days with a report among the last [`HABIT_DAYS`] before its last one.
    pub report_days: Option<u32>,
    /// Sources of its last report that an answer was expected of.
    pub sources: usize,
    /// Those that failed or took too long.
    pub failed_sources: usize,
    /// When it was last turned away, and why, as a code of the protocol.
    pub refused: Option<(Timestamp, String)>,
    /// When a scan or the neighbour table of another host last saw one of its addresses, and which.
    pub seen_by_others: Option<(Timestamp, IpAddr)>,
    /// When a scan last asked one of its addresses, with or without an answer.
    pub asked_at: Option<(Timestamp, IpAddr)>,
    /// Whether all addresses that it last reported lie outside of the networks that the register names;
    /// none: the register names none, or it reported no address.
    pub is_outside: Option<bool>,
}

/// The judgement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentHealth {
    /// What is the matter.
    pub state: HealthState,
    /// Since when, where that is known.
    pub since: Option<Timestamp>,
    /// The likely reason; none where all is well or nothing speaks for one.
    pub reason: Option<HealthReason>,
    /// What speaks for it.
    pub why: Vec<Why>,
}

/// What is the matter with an agent. The most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthState {
    /// It reported and does not any more.
    Silent,
    /// Enrolled, and never reported.
    NeverReported,
    /// It speaks and is turned away, or a person must decide.
    Refused,
    /// It reports, and much of what it reads fails.
    Impaired,
    /// Installed and never enrolled.
    NotEnrolled,
    /// It reports, as its schedule says.
    Well,
    /// A person revoked it.
    Revoked,
}

/// The likely reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthReason {
    /// It waits for the approval of a person.
    AwaitsApproval,
    /// Two machines speak with its key, or another one does.
    Quarantined,
    /// Its certificate ran out.
    CertificateExpired,
    /// Its clock is far off.
    ClockOff,
    /// The collector turned it away.
    TurnedAway,
    /// The host is alive; the agent on it does not run or cannot reach the collector.
    AgentStopped,
    /// The host is off or cannot be reached.
    Off,
    /// A workplace that reported day by day is away: a holiday, an illness, a spare device.
    LongAbsence,
    /// It was outside of all networks of the company when it last reported: reached by VPN only.
    VpnOnly,
    /// Many of its sources fail.
    SourcesFail,
}

/// One piece of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Why {
    /// It was last heard of then, so many of its intervals ago.
    LastHeard {
        /// When.
        at: Timestamp,
        /// Intervals that passed since.
        missed: u64,
    },
    /// It enrolled then.
    Enrolled {
        /// When.
        at: Timestamp,
    },
    /// Its certificate ended then.
    CertificateEnded {
        /// When.
        at: Timestamp,
    },
    /// Its clock was so far ahead (negative: behind).
    Skew {
        /// By how much.
        seconds: i64,
    },
    /// It was turned away.
    TurnedAway {
        /// When.
        at: Timestamp,
        /// The code of the protocol.
        code: String,
    },
    /// A scan or another host's neighbour table saw its address after its last report.
    SeenByOthers {
        /// When.
        at: Timestamp,
        /// Which address.
        address: IpAddr,
    },
    /// A scan asked its address after its last report, and nothing answered.
    AskedInVain {
        /// When.
        at: Timestamp,
        /// Which address.
        address: IpAddr,
    },
    /// No scan and no neighbour table saw it since its last report; no scan asked it.
    SeenByNobody,
    /// It had reported on so many of the last days before.
    Habit {
        /// Days with a report.
        days: u32,
        /// Of so many.
        of: u32,
    },
    /// None of its last addresses is in a network of the register.
    Outside,
    /// So many of its sources failed.
    SourcesFailed {
        /// How many.
        failed: usize,
        /// Of so many.
        of: usize,
    },
}

/// How an agent does.
#[must_use]
pub fn agent_health(it: &AgentEvidence) -> AgentHealth {
    let health = |state, since, reason, why| AgentHealth { state, since, reason, why };
    match it.state.as_deref() {
        None => return health(HealthState::NotEnrolled, None, None, Vec::new()),
        Some("revoked") => {
            let since = it.refused.as_ref().map(|(at, _)| *at);
            return health(HealthState::Revoked, None, None, turned_away(it, since));
        }
        Some("waiting") => {
            let reason = Some(HealthReason::AwaitsApproval);
            return health(HealthState::Refused, it.enrolled_at, reason, enrolled(it));
        }
        Some("quarantined") => {
            let since = it.refused.as_ref().map(|(at, _)| *at);
            let reason = Some(HealthReason::Quarantined);
            return health(HealthState::Refused, None, reason, turned_away(it, since));
        }
        Some(_) => {}
    }
    let Some(last_seen_at) = it.last_seen_at else { return never_reported(it) };
    if it.now.duration_since(last_seen_at) > patience(it) {
        return silent(it, last_seen_at);
    }
    reporting(it)
}

/// How long a silence of this agent says nothing.
fn patience(it: &AgentEvidence) -> SignedDuration {
    let seconds = it.interval_seconds.saturating_mul(MISSED_INTERVALS_MAX);
    let missed = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
    if it.is_server { missed } else { missed.max(WORKPLACE_SILENCE) }
}

fn never_reported(it: &AgentEvidence) -> AgentHealth {
    let is_new = it.enrolled_at.is_some_and(|at| it.now.duration_since(at) <= FIRST_REPORT_TIME);
    let (reason, more) = barred(it, it.enrolled_at).unwrap_or((None, Vec::new()));
    let why = [enrolled(it), more].concat();
    let state = if is_new { HealthState::Well } else { HealthState::NeverReported };
    AgentHealth { state, since: it.enrolled_at, reason, why }
}

fn silent(it: &AgentEvidence, since: Timestamp) -> AgentHealth {
    let passed = u64::try_from(it.now.duration_since(since).as_secs()).unwrap_or(0);
    let missed = passed / it.interval_seconds.max(1);
    let mut why = vec![Why::LastHeard { at: since, missed }];
    let (reason, more) = barred(it, Some(since)).unwrap_or_else(|| out_of_reach(it, since));
    why.extend(more);
    AgentHealth { state: HealthState::Silent, since: Some(since), reason, why }
}

type Judged = (Option<HealthReason>, Vec<Why>);

/// What keeps an agent out that would speak.
fn barred(it: &AgentEvidence, since: Option<Timestamp>) -> Option<Judged> {
    let refusal = turned_away(it, since);
    // A certificate ends under a silent agent too: it is the reason only where both came together, or where
    // the agent was turned away since.
    let ended = it.certificate_not_after.filter(|at| *at < it.now);
    if let Some(at) = ended
        && (!refusal.is_empty() || since.is_none_or(|since| is_near(since, at)))
    {
        let why = [vec![Why::CertificateEnded { at }], refusal].concat();
        return Some((Some(HealthReason::CertificateExpired), why));
    }
    if !refusal.is_empty() {
        return Some((Some(HealthReason::TurnedAway), refusal));
    }
    None
}

/// Whether a certificate ended within a day of the last report: then the silence follows from it.
fn is_near(last_seen_at: Timestamp, ended_at: Timestamp) -> bool {
    ended_at.duration_since(last_seen_at).abs() <= SignedDuration::from_hours(24)
}

/// Why nothing comes of an agent that nobody turned away: what others saw decides first.
fn out_of_reach(it: &AgentEvidence, since: Timestamp) -> Judged {
    let is_later = |at: Timestamp| at > since;
    if let Some((at, address)) = it.seen_by_others.filter(|(at, _)| is_later(*at)) {
        let mut why = vec![Why::SeenByOthers { at, address }];
        // A scan that came after the sighting and got no answer: it was alive then and is not now.
        if let Some((asked_at, asked)) = it.asked_at.filter(|(asked_at, _)| *asked_at > at) {
            why.push(Why::AskedInVain { at: asked_at, address: asked });
            return (Some(HealthReason::Off), why);
        }
        return (Some(HealthReason::AgentStopped), why);
    }
    if !it.is_server
        && it.now.duration_since(since) <= ABSENCE_MAX
        && let Some(days) = it.report_days.filter(|it| *it >= HABIT_DAYS_MIN)
    {
        return (Some(HealthReason::LongAbsence), vec![Why::Habit { days, of: HABIT_DAYS }]);
    }
    if let Some((at, address)) = it.asked_at.filter(|(at, _)| is_later(*at)) {
        return (Some(HealthReason::Off), vec![Why::AskedInVain { at, address }]);
    }
    if it.is_outside == Some(true) {
        return (Some(HealthReason::VpnOnly), vec![Why::Outside]);
    }
    // That nobody saw it is too little for a reason: perhaps nobody looked.
    (None, vec![Why::SeenByNobody])
}

fn reporting(it: &AgentEvidence) -> AgentHealth {
    let well = |reason, why| AgentHealth { state: HealthState::Well, since: None, reason, why };
    let failed = it.failed_sources;
    if failed >= FAILED_MIN && failed * 100 >= it.sources * FAILED_PERCENT_MIN {
        let why = vec![Why::SourcesFailed { failed, of: it.sources }];
        let reason = Some(HealthReason::SourcesFail);
        return AgentHealth { state: HealthState::Impaired, since: None, reason, why };
    }
    if let Some(seconds) = it.clock_skew_seconds.filter(|it| it.abs() > SKEW_SECONDS_MAX) {
        let why = vec![Why::Skew { seconds }];
        let reason = Some(HealthReason::ClockOff);
        return AgentHealth { state: HealthState::Impaired, since: None, reason, why };
    }
    if it.is_outside == Some(true) {
        return well(Some(HealthReason::VpnOnly), vec![Why::Outside]);
    }
    well(None, Vec::new())
}

fn enrolled(it: &AgentEvidence) -> Vec<Why> {
    it.enrolled_at.map(|at| Why::Enrolled { at }).into_iter().collect()
}

/// That it was turned away, where that was not before `since`.
fn turned_away(it: &AgentEvidence, since: Option<Timestamp>) -> Vec<Why> {
    let refused = it.refused.as_ref().filter(|(at, _)| since.is_none_or(|it| *at >= it));
    let why = refused.map(|(at, code)| Why::TurnedAway { at: *at, code: code.clone() });
    why.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::sample::at;

    /// A server that reports every hour and was heard of half an hour ago.
    fn server() -> AgentEvidence {
        AgentEvidence {
            now: at(1000),
            state: Some("approved".to_owned()),
            is_server: true,
            enrolled_at: Some(at(0)),
            last_seen_at: Some(at(1000) - SignedDuration::from_mins(30)),
            certificate_not_after: Some(at(2000)),
            clock_skew_seconds: Some(2),
            interval_seconds: 3600,
            report_days: Some(HABIT_DAYS),
            sources: 20,
            failed_sources: 0,
            refused: None,
            seen_by_others: None,
            asked_at: None,
            is_outside: None,
        }
    }

    /// The same server, silent for ten hours.
    fn silent_server() -> AgentEvidence {
        AgentEvidence { last_seen_at: Some(at(990)), ..server() }
    }

    fn address() -> IpAddr {
        "10.0.0.5".parse().unwrap()
    }

    fn check(it: &AgentEvidence, state: HealthState, reason: Option<HealthReason>) -> Vec<Why> {
        let found = agent_health(it);
        assert_eq!((found.state, found.reason), (state, reason), "{found:?}");
        found.why
    }

    #[test]
    fn an_agent_that_reports_is_well() {
        assert_eq!(check(&server(), HealthState::Well, None), []);
    }

    #[test]
    fn three_missed_reports_of_a_server_are_forgiven_and_four_are_silence() {
        let heard = |hours: i64| AgentEvidence { last_seen_at: Some(at(1000 - hours)), ..server() };
        check(&heard(3), HealthState::Well, None);
        let why = check(&heard(4), HealthState::Silent, None);
        assert_eq!(why, [Why::LastHeard { at: at(996), missed: 4 }, Why::SeenByNobody]);
        let slow = AgentEvidence { interval_seconds: 86_400, ..heard(60) };
        check(&slow, HealthState::Well, None);
        assert_eq!(agent_health(&heard(4)).since, Some(at(996)));
    }

    #[test]
    fn a_workplace_may_sleep_over_a_long_weekend() {
        let heard = |hours: i64, report_days| AgentEvidence {
            is_server: false,
            report_days,
            last_seen_at: Some(at(1000 - hours)),
            ..server()
        };
        check(&heard(90, Some(10)), HealthState::Well, None);
        let why =
            check(&heard(100, Some(10)), HealthState::Silent, Some(HealthReason::LongAbsence));
        assert!(why.contains(&Why::Habit { days: 10, of: HABIT_DAYS }), "{why:?}");
        check(&heard(100, Some(2)), HealthState::Silent, None);
        check(&heard(43 * 24, Some(10)), HealthState::Silent, None);
        check(&heard(100, None), HealthState::Silent, None);
    }

    #[test]
    fn a_host_that_others_see_has_a_stopped_agent() {
        let seen =
            |hour| AgentEvidence { seen_by_others: Some((at(hour), address())), ..silent_server() };
        let why = check(&seen(995), HealthState::Silent, Some(HealthReason::AgentStopped));
        assert!(why.contains(&Why::SeenByOthers { at: at(995), address: address() }), "{why:?}");
        // What was seen before the last report says nothing of now.
        check(&seen(980), HealthState::Silent, None);
        // Seen alive also outweighs the habit of a workplace.
        let away = AgentEvidence { is_server: false, last_seen_at: Some(at(800)), ..seen(995) };
        check(&away, HealthState::Silent, Some(HealthReason::AgentStopped));
    }

    #[test]
    fn a_host_that_a_scan_asked_in_vain_is_off() {
        let asked = AgentEvidence { asked_at: Some((at(996), address())), ..silent_server() };
        let why = check(&asked, HealthState::Silent, Some(HealthReason::Off));
        assert!(why.contains(&Why::AskedInVain { at: at(996), address: address() }), "{why:?}");
        let alive_before = AgentEvidence { seen_by_others: Some((at(993), address())), ..asked };
        check(&alive_before, HealthState::Silent, Some(HealthReason::Off));
        let alive_after =
            AgentEvidence { seen_by_others: Some((at(997), address())), ..alive_before };
        check(&alive_after, HealthState::Silent, Some(HealthReason::AgentStopped));
        let too_early = AgentEvidence { asked_at: Some((at(980), address())), ..silent_server() };
        check(&too_early, HealthState::Silent, None);
    }

    #[test]
    fn a_certificate_that_ended_with_the_reports_is_the_reason() {
        let ended = |hour| AgentEvidence {
            certificate_not_after: Some(at(hour)),
            last_seen_at: Some(at(600)),
            ..server()
        };
        check(&ended(601), HealthState::Silent, Some(HealthReason::CertificateExpired));
        // It ended long after the silence began: that is no reason for it.
        check(&ended(900), HealthState::Silent, None);
        let refused = AgentEvidence {
            refused: Some((at(950), "certificate-expired".to_owned())),
            ..ended(900)
        };
        let why = check(&refused, HealthState::Silent, Some(HealthReason::CertificateExpired));
        assert_eq!(why.len(), 3, "{why:?}");
    }

    #[test]
    fn whoever_is_turned_away_is_refused() {
        let refused = AgentEvidence {
            refused: Some((at(995), "out-of-order".to_owned())),
            ..silent_server()
        };
        check(&refused, HealthState::Silent, Some(HealthReason::TurnedAway));
        let once = AgentEvidence { refused: Some((at(980), "busy".to_owned())), ..silent_server() };
        check(&once, HealthState::Silent, None);
    }

    #[test]
    fn what_a_person_decides_or_must_decide_comes_first() {
        let of = |state: &str| AgentEvidence { state: Some(state.to_owned()), ..silent_server() };
        check(&of("waiting"), HealthState::Refused, Some(HealthReason::AwaitsApproval));
        check(&of("quarantined"), HealthState::Refused, Some(HealthReason::Quarantined));
        check(&of("revoked"), HealthState::Revoked, None);
        let package =
            AgentEvidence { state: None, enrolled_at: None, last_seen_at: None, ..server() };
        check(&package, HealthState::NotEnrolled, None);
    }

    #[test]
    fn an_agent_that_never_reported_is_given_an_hour() {
        let enrolled =
            |hour| AgentEvidence { enrolled_at: Some(at(hour)), last_seen_at: None, ..server() };
        check(&enrolled(1000), HealthState::Well, None);
        let why = check(&enrolled(990), HealthState::NeverReported, None);
        assert_eq!(why, [Why::Enrolled { at: at(990) }]);
        let refused =
            AgentEvidence { refused: Some((at(995), "too-large".to_owned())), ..enrolled(990) };
        check(&refused, HealthState::NeverReported, Some(HealthReason::TurnedAway));
    }

    #[test]
    fn many_failed_sources_impair_and_single_ones_do_not() {
        let failing =
            |failed_sources, sources| AgentEvidence { failed_sources, sources, ..server() };
        check(&failing(6, 20), HealthState::Impaired, Some(HealthReason::SourcesFail));
        check(&failing(5, 20), HealthState::Well, None);
        check(&failing(2, 2), HealthState::Well, None);
        check(&failing(0, 0), HealthState::Well, None);
    }

    #[test]
    fn a_clock_that_is_off_and_a_place_outside_are_told_of_agents_that_report() {
        let skewed = AgentEvidence { clock_skew_seconds: Some(-4000), ..server() };
        let why = check(&skewed, HealthState::Impaired, Some(HealthReason::ClockOff));
        assert_eq!(why, [Why::Skew { seconds: -4000 }]);
        let outside = AgentEvidence { is_outside: Some(true), ..server() };
        check(&outside, HealthState::Well, Some(HealthReason::VpnOnly));
        let silent = AgentEvidence { is_outside: Some(true), ..silent_server() };
        check(&silent, HealthState::Silent, Some(HealthReason::VpnOnly));
    }
}
