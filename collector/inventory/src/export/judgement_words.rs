//! The words of judgements: what would raise the completeness of a host, and how an agent does.

use jiff::Timestamp;
use observation::latest::{Privilege, SourceId};
use wording::Wording;

use crate::assess::{HealthReason, HealthState, Remedy, Step, Why};

/// Sources that are named of one step; more are counted.
const SOURCES_NAMED_MAX: usize = 3;

/// One thing that would raise the completeness, with what it would bring.
#[must_use]
pub fn step_text(wording: &Wording, step: &Step) -> String {
    let message = match step.remedy {
        Remedy::Right(_) => "assess-step-right",
        Remedy::Failure => "assess-step-failure",
        Remedy::Slowness => "assess-step-slowness",
        Remedy::Complaint => "assess-step-complaint",
    };
    let needs = match step.remedy {
        Remedy::Right(needs) => wording.text(privilege(needs)),
        Remedy::Failure | Remedy::Slowness | Remedy::Complaint => String::new(),
    };
    let arguments = [
        ("needs", needs.into()),
        ("sources", sources(wording, &step.sources).into()),
        ("gain", step.gain_percent.into()),
    ];
    wording.text_with(message, &arguments)
}

fn sources(wording: &Wording, sources: &[SourceId]) -> String {
    let named = sources.iter().take(SOURCES_NAMED_MAX);
    let mut texts: Vec<String> = named.map(|it| source(wording, it)).collect();
    if let Some(more) = sources.len().checked_sub(SOURCES_NAMED_MAX).filter(|it| *it > 0) {
        texts.push(wording.text_with("sheets-and-more", &[("count", more.into())]));
    }
    texts.join(", ")
}

fn source(wording: &Wording, source: &SourceId) -> String {
    let key = format!("absent-source-{}", source.as_str().replace(['.', '_'], "-"));
    if wording.has(&key) { wording.text(&key) } else { source.to_string() }
}

/// How an agent does.
#[must_use]
pub fn health_state_text(wording: &Wording, state: HealthState) -> String {
    wording.text(match state {
        HealthState::Silent => "assess-health-silent",
        HealthState::NeverReported => "assess-health-never-reported",
        HealthState::Refused => "assess-health-refused",
        HealthState::Impaired => "assess-health-impaired",
        HealthState::NotEnrolled => "assess-health-not-enrolled",
        HealthState::Well => "assess-health-well",
        HealthState::Revoked => "assess-health-revoked",
    })
}

/// The likely reason.
#[must_use]
pub fn health_reason_text(wording: &Wording, reason: HealthReason) -> String {
    wording.text(match reason {
        HealthReason::AwaitsApproval => "assess-reason-awaits-approval",
        HealthReason::Quarantined => "assess-reason-quarantined",
        HealthReason::CertificateExpired => "assess-reason-certificate-expired",
        HealthReason::ClockOff => "assess-reason-clock-off",
        HealthReason::TurnedAway => "assess-reason-turned-away",
        HealthReason::AgentStopped => "assess-reason-agent-stopped",
        HealthReason::Off => "assess-reason-off",
        HealthReason::LongAbsence => "assess-reason-long-absence",
        HealthReason::VpnOnly => "assess-reason-vpn-only",
        HealthReason::SourcesFail => "assess-reason-sources-fail",
    })
}

/// One piece of evidence; `show` writes moments.
#[must_use]
pub fn why_text(wording: &Wording, why: &Why, show: impl Fn(Timestamp) -> String) -> String {
    let at = |at: &Timestamp| ("at", show(*at).into());
    let with = |message, arguments: &[_]| wording.text_with(message, arguments);
    match why {
        Why::LastHeard { at: moment, missed } => {
            with("assess-why-last-heard", &[at(moment), ("missed", (*missed as f64).into())])
        }
        Why::Enrolled { at: moment } => with("assess-why-enrolled", &[at(moment)]),
        Why::CertificateEnded { at: moment } => with("assess-why-certificate", &[at(moment)]),
        Why::Skew { seconds } => {
            with("assess-why-skew", &[("minutes", (seconds / 60).to_string().into())])
        }
        Why::TurnedAway { at: moment, code } => {
            with("assess-why-turned-away", &[at(moment), ("code", code.as_str().into())])
        }
        Why::SeenByOthers { at: moment, address } => {
            with("assess-why-seen", &[at(moment), ("address", address.to_string().into())])
        }
        Why::AskedInVain { at: moment, address } => {
            with("assess-why-asked", &[at(moment), ("address", address.to_string().into())])
        }
        Why::SeenByNobody => with("assess-why-unseen", &[]),
        Why::Habit { days, of } => {
            with("assess-why-habit", &[("days", (*days).into()), ("of", (*of).into())])
        }
        Why::Outside => with("assess-why-outside", &[]),
        Why::SourcesFailed { failed, of } => {
            with("assess-why-sources", &[("failed", (*failed).into()), ("of", (*of).into())])
        }
    }
}

/// The message that names a right.
pub(super) const fn privilege(needs: Privilege) -> &'static str {
    match needs {
        Privilege::Root => "absent-privilege-root",
        Privilege::Ptrace => "absent-privilege-ptrace",
        Privilege::ReadAll => "absent-privilege-read-all",
        Privilege::Group => "absent-privilege-group",
    }
}

#[cfg(test)]
mod tests {
    use wording::Language;

    use super::*;

    fn step(remedy: Remedy, sources: &[&'static str]) -> Step {
        let sources = sources.iter().map(|it| SourceId::from_static(it)).collect();
        Step { remedy, sources, gain_percent: 18 }
    }

    #[test]
    fn a_step_says_what_to_do_and_what_it_brings() {
        let text = |it: &Step| step_text(Language::English.wording(), it);
        let smbios = ["hardware.smbios", "accounts.accounts"];
        assert_eq!(
            text(&step(Remedy::Right(Privilege::Root), &smbios)),
            "run the reader with the rights of the administrator (root): +18 % (maker, model, serial \
             number and BIOS (SMBIOS), accounts)"
        );
        let many = ["a.b", "c.d", "e.f", "g.h", "i.j"];
        assert_eq!(
            text(&step(Remedy::Failure, &many)),
            "find out why it fails: a.b, c.d, e.f, and 2 more: +18 %"
        );
    }

    #[test]
    fn every_state_reason_and_ground_has_words_in_both_languages() {
        let (at, address) = (Timestamp::UNIX_EPOCH, std::net::Ipv4Addr::LOCALHOST.into());
        let grounds = [
            Why::LastHeard { at, missed: 4 },
            Why::Enrolled { at },
            Why::CertificateEnded { at },
            Why::Skew { seconds: -4000 },
            Why::TurnedAway { at, code: "x".to_owned() },
            Why::SeenByOthers { at, address },
            Why::AskedInVain { at, address },
            Why::SeenByNobody,
            Why::Habit { days: 9, of: 14 },
            Why::Outside,
            Why::SourcesFailed { failed: 6, of: 20 },
        ];
        let states = [
            HealthState::Silent,
            HealthState::NeverReported,
            HealthState::Refused,
            HealthState::Impaired,
            HealthState::NotEnrolled,
            HealthState::Well,
            HealthState::Revoked,
        ];
        let reasons = [
            HealthReason::AwaitsApproval,
            HealthReason::Quarantined,
            HealthReason::CertificateExpired,
            HealthReason::ClockOff,
            HealthReason::TurnedAway,
            HealthReason::AgentStopped,
            HealthReason::Off,
            HealthReason::LongAbsence,
            HealthReason::VpnOnly,
            HealthReason::SourcesFail,
        ];
        for language in [Language::German, Language::English] {
            let words = language.wording();
            let grounds = grounds.iter().map(|it| why_text(words, it, |at| at.to_string()));
            let states = states.iter().map(|it| health_state_text(words, *it));
            let reasons = reasons.iter().map(|it| health_reason_text(words, *it));
            for text in grounds.chain(states).chain(reasons) {
                assert!(!text.contains('⟨') && !text.contains('{'), "{text}");
            }
        }
    }

    #[test]
    fn every_step_is_a_sentence_in_both_languages() {
        for language in [Language::German, Language::English] {
            for remedy in [
                Remedy::Right(Privilege::Root),
                Remedy::Right(Privilege::Ptrace),
                Remedy::Right(Privilege::ReadAll),
                Remedy::Right(Privilege::Group),
                Remedy::Failure,
                Remedy::Slowness,
                Remedy::Complaint,
            ] {
                let text = step_text(language.wording(), &step(remedy, &["system.kernel"]));
                assert!(text.contains("+18") && !text.contains('⟨'), "{text}");
            }
        }
    }
}
