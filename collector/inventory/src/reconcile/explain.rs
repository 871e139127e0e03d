//! The raw fact behind a value, and the reason behind a merge.

use std::collections::BTreeSet;

use jiff::Timestamp;
use observation::ContentHash;
use observation::latest::{Outcome, SourceId};
use serde::{Deserialize, Serialize};
use wording::Wording;

use super::assemble::{chosen, present};
use super::changes::{address_of, field};
use super::evidence::{IdentifierKind, Link, MemberObservations};
use super::rows::row;
use crate::asset::{Evidence, ObserverId};

/// One fact as it was sent, with the body that holds it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RawFact {
    /// The source.
    pub source: SourceId,
    /// Who saw it.
    pub observer: ObserverId,
    /// When it was last confirmed, by corrected time.
    pub observed_at: Timestamp,
    /// The body that holds it.
    pub body: ContentHash,
    /// What it speaks of, named as in [`super::ChangeEntry::field`]: `software.dpkg: nginx`.
    pub field: String,
    /// Whether the asset shows it: another member's word about the source may be newer.
    pub is_shown: bool,
    /// The fact, as JSON text.
    pub json: String,
}

/// All facts of these members, as they were sent, by source.
#[must_use]
pub fn raw_facts(members: &[MemberObservations]) -> Vec<RawFact> {
    let all: Vec<&MemberObservations> = members.iter().collect();
    let shown: BTreeSet<(SourceId, ObserverId)> = chosen(&present(&all))
        .into_iter()
        .map(|it| (it.evidence.source, it.evidence.observer))
        .collect();
    let mut raw = Vec::new();
    for member in members {
        for section in &member.sections {
            let Outcome::Read { facts, .. } = &section.body.outcome else { continue };
            let body = section.body.hash();
            let is_shown = shown.contains(&(section.source.clone(), member.observer.clone()));
            raw.extend(facts.iter().map(|fact| RawFact {
                source: section.source.clone(),
                observer: member.observer.clone(),
                observed_at: section.last_observed_at,
                body,
                field: match row(fact) {
                    Some(row) => field(&section.source, address_of(&member.observer), &row, None),
                    None => section.source.to_string(),
                },
                is_shown,
                json: serde_json::to_string(fact).unwrap_or_default(),
            }));
        }
    }
    raw.sort();
    raw
}

/// The facts that a value rests on: those of the section that its evidence names.
#[must_use]
pub fn raw_facts_behind(evidence: &Evidence, members: &[MemberObservations]) -> Vec<RawFact> {
    let is_behind = |it: &RawFact| it.source == evidence.source && it.observer == evidence.observer;
    let mut raw = raw_facts(members);
    raw.retain(is_behind);
    raw
}

/// One line that says why two observers are one asset or are not.
#[must_use]
pub fn explain_link(link: &Link, wording: &Wording) -> String {
    let kinds: BTreeSet<IdentifierKind> = link.agreeing.iter().map(|it| it.kind).collect();
    let mut said = vec![wording.text(&format!("asset-link-{}", link.reason.replace('_', "-")))];
    if !kinds.is_empty() {
        let names: Vec<String> = kinds.iter().map(|it| kind_name(*it, wording)).collect();
        said.push(wording.text_with("asset-link-agrees", &[("what", names.join(", ").into())]));
    }
    if !link.differing.is_empty() {
        let names: Vec<String> = link.differing.iter().map(|it| kind_name(*it, wording)).collect();
        said.push(wording.text_with("asset-link-differs", &[("what", names.join(", ").into())]));
    }
    said.push(wording.text_with("asset-link-score", &[("score", link.score.into())]));
    said.join(" ")
}

/// The name of a kind of identifier, for people.
#[must_use]
pub fn kind_name(kind: IdentifierKind, wording: &Wording) -> String {
    let key = match kind {
        IdentifierKind::SystemUuid => "asset-identifier-system-uuid",
        IdentifierKind::SystemSerial => "asset-identifier-system-serial",
        IdentifierKind::BoardSerial => "asset-identifier-board-serial",
        IdentifierKind::ChassisSerial => "asset-identifier-chassis-serial",
        IdentifierKind::Installation => "asset-identifier-installation",
        IdentifierKind::PermanentMac => "asset-identifier-permanent-mac",
        IdentifierKind::DiskSerial => "asset-identifier-disk-serial",
        IdentifierKind::SshHostKey => "asset-identifier-ssh-host-key",
        IdentifierKind::Certificate => "asset-identifier-certificate",
        IdentifierKind::SnmpEngineId => "asset-identifier-snmp-engine-id",
        IdentifierKind::NtlmName => "asset-identifier-ntlm-name",
        IdentifierKind::DeviceUuid => "asset-identifier-device-uuid",
        IdentifierKind::DeviceSerial => "asset-identifier-device-serial",
        IdentifierKind::LinkMac => "asset-identifier-link-mac",
        IdentifierKind::Address => "asset-identifier-address",
        IdentifierKind::VirtualAddress => "asset-identifier-virtual-address",
        IdentifierKind::Boot => "asset-identifier-boot",
    };
    wording.text(key)
}

#[cfg(test)]
mod tests {
    use observation::latest::{AgentId, Fact, HostName, SectionBody};
    use uuid::Uuid;
    use wording::Language;

    use super::*;
    use crate::asset::{AssetId, AssetLabel, Lifecycle};
    use crate::reconcile::{AssetFrame, Identifier, ObservedSection, assemble, link_reason};

    fn member(number: u128, hour: i64, name: &str) -> MemberObservations {
        let at = Timestamp::from_second(hour * 3600).unwrap();
        let source = SourceId::from_static("system.host_name");
        let fact = Fact::HostName(HostName { name: name.to_owned(), domain: None });
        let outcome = Outcome::Read { facts: vec![fact], gaps: Vec::new(), complaints: Vec::new() };
        MemberObservations {
            observer: ObserverId::Agent(AgentId(Uuid::from_u128(number))),
            first_received_at: Timestamp::UNIX_EPOCH,
            last_received_at: at,
            sections: vec![ObservedSection {
                source: source.clone(),
                first_observed_at: at,
                last_observed_at: at,
                duration_ms: 0,
                body: SectionBody { source, outcome },
            }],
        }
    }

    #[test]
    fn the_raw_fact_behind_a_value_is_the_one_that_the_asset_shows() {
        let members = [member(1, 1, "old"), member(2, 2, "new")];
        let frame = AssetFrame {
            id: AssetId(Uuid::from_u128(1)),
            label: AssetLabel("S-7K2QD".to_owned()),
            lifecycle: Lifecycle::Operating,
            stated_kind: None,
        };
        let name = assemble(frame, &members).unwrap().name.unwrap();
        let raw = raw_facts_behind(&name.evidence, &members);
        let [raw] = raw.as_slice() else { panic!("{raw:?}") };
        assert_eq!(raw.json, r#"{"fact":"host_name","name":"new","domain":null}"#);
        assert_eq!(raw.body, members[1].sections[0].body.hash());
        assert_eq!((raw.field.as_str(), raw.is_shown), ("system.host_name", true));
        let shown: Vec<bool> = raw_facts(&members).iter().map(|it| it.is_shown).collect();
        assert_eq!(shown, [false, true]);
    }

    #[test]
    fn every_reason_and_kind_has_words() {
        use link_reason as reason;
        let kinds = [
            IdentifierKind::SystemUuid,
            IdentifierKind::SystemSerial,
            IdentifierKind::BoardSerial,
            IdentifierKind::ChassisSerial,
            IdentifierKind::Installation,
            IdentifierKind::PermanentMac,
            IdentifierKind::DiskSerial,
            IdentifierKind::SshHostKey,
            IdentifierKind::Certificate,
            IdentifierKind::SnmpEngineId,
            IdentifierKind::NtlmName,
            IdentifierKind::DeviceUuid,
            IdentifierKind::DeviceSerial,
            IdentifierKind::LinkMac,
            IdentifierKind::Address,
            IdentifierKind::VirtualAddress,
            IdentifierKind::Boot,
        ];
        let reasons = [
            reason::PERSON,
            reason::DECISIONS_CONTRADICT,
            reason::STRONG_EVIDENCE,
            reason::SAME_START,
            reason::SAME_HARDWARE,
            reason::ALIVE_TOGETHER,
            reason::SHARED_KERNEL,
            reason::OUTWEIGHED,
            reason::TOO_WEAK,
            reason::CONTRADICTS_MEMBER,
            reason::SAME_DEVICE,
            reason::SAME_ADDRESS,
            reason::COPIED_IDENTITY,
            reason::ADDRESS_CONFLICT,
            reason::VIRTUAL_ADDRESS,
        ];
        let agreeing = |kind: &IdentifierKind| Identifier { kind: *kind, text: "x".to_owned() };
        for language in [Language::German, Language::English] {
            for code in reasons {
                let link = Link {
                    left: member(1, 1, "a").observer,
                    right: member(2, 1, "a").observer,
                    is_joined: true,
                    score: -3,
                    agreeing: kinds.iter().map(agreeing).collect(),
                    differing: kinds.to_vec(),
                    reason: code.to_owned(),
                };
                let text = explain_link(&link, language.wording());
                assert!(!text.contains('⟨') && text.contains("-3"), "{text}");
            }
        }
    }
}
