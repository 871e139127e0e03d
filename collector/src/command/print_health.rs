//! Agents with their health, for people: a line for each, and below it what speaks for the reason.

use std::io::{self, Write};

use inventory::assess::{AgentJudgement, HealthState};
use inventory::export::{health_reason_text, health_state_text, step_text, why_text};
use wording::Wording;

use super::print::{clean, instant, table};

pub(super) fn agents(
    out: &mut dyn Write,
    list: &[AgentJudgement],
    wording: &Wording,
) -> io::Result<()> {
    let columns = ["host", "state", "reason", "last-seen", "complete", "agent"];
    let mut lines = table(wording, &columns);
    for it in list {
        let reason = it.health.reason.map(|it| health_reason_text(wording, it));
        let none = || "–".to_owned();
        lines.add_row([
            clean(&it.host_name),
            health_state_text(wording, it.health.state),
            reason.unwrap_or_else(none),
            it.last_seen_at.map_or_else(|| wording.text("command-never"), instant),
            it.completeness.as_ref().map_or_else(none, |it| format!("{} %", it.percent)),
            it.agent.map_or_else(none, |it| it.to_string()),
        ]);
    }
    writeln!(out, "{lines}")?;
    list.iter().try_for_each(|it| grounds(out, it, wording))
}

/// What speaks for the judgement, and what would raise the completeness; nothing of an agent that is well and
/// saw everything.
fn grounds(out: &mut dyn Write, it: &AgentJudgement, wording: &Wording) -> io::Result<()> {
    let steps = it.completeness.iter().flat_map(|it| &it.steps);
    let said = it.health.why.iter().map(|it| why_text(wording, it, instant));
    let said: Vec<String> = said.chain(steps.map(|it| step_text(wording, it))).collect();
    if said.is_empty() && it.health.state == HealthState::Well {
        return Ok(());
    }
    writeln!(out, "\n{}: {}", clean(&it.host_name), health_state_text(wording, it.health.state))?;
    said.iter().try_for_each(|it| writeln!(out, "  {}", clean(it)))
}

#[cfg(test)]
mod tests {
    use inventory::assess::{AgentHealth, Completeness, HealthReason, Remedy, Step, Why};
    use jiff::Timestamp;
    use observation::latest::{AgentId, Privilege, SourceId};
    use uuid::Uuid;
    use wording::Language;

    use super::*;

    fn judgement(state: HealthState, why: Vec<Why>) -> AgentJudgement {
        AgentJudgement {
            agent: Some(AgentId(Uuid::from_u128(1))),
            host_name: "srv\u{1b}1".to_owned(),
            asset: None,
            is_server: Some(true),
            enrolled_at: Some(Timestamp::UNIX_EPOCH),
            last_seen_at: Some(Timestamp::UNIX_EPOCH),
            software_version: None,
            health: AgentHealth {
                state,
                since: None,
                reason: (!why.is_empty()).then_some(HealthReason::Off),
                why,
            },
            completeness: None,
        }
    }

    fn printed(list: &[AgentJudgement]) -> String {
        let mut out = Vec::new();
        agents(&mut out, list, Language::German.wording()).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_silent_agent_is_told_with_its_grounds() {
        let address = "10.0.0.5".parse().unwrap();
        let why = vec![
            Why::LastHeard { at: Timestamp::UNIX_EPOCH, missed: 7 },
            Why::AskedInVain { at: Timestamp::UNIX_EPOCH, address },
        ];
        let text = printed(&[judgement(HealthState::Silent, why)]);
        for expected in [
            "verstummt",
            "ausgeschaltet oder nicht erreichbar",
            "  letzter Bericht 1970-01-01 00:00:00 UTC; 7 Berichte ausgeblieben",
            "  ein Scan fragte 10.0.0.5 1970-01-01 00:00:00 UTC: keine Antwort",
        ] {
            assert!(text.contains(expected), "{expected} in\n{text}");
        }
        assert!(!text.contains('\u{1b}') && !text.contains('⟨'), "{text}");
    }

    #[test]
    fn an_agent_that_is_well_is_one_line_unless_something_would_raise_it() {
        let mut well = judgement(HealthState::Well, Vec::new());
        assert_eq!(printed(std::slice::from_ref(&well)).trim_end().lines().count(), 2);
        let step = Step {
            remedy: Remedy::Right(Privilege::Root),
            sources: vec![SourceId::from_static("hardware.smbios")],
            gain_percent: 18,
        };
        well.completeness =
            Some(Completeness { percent: 82, sources: 20, answered: 17, steps: vec![step] });
        let text = printed(&[well]);
        assert!(text.contains("82 %") && text.contains("+18 %"), "{text}");
    }
}
