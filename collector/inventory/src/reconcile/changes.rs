//! What differs between two moments, row by row.
//!
//! Seeing less is no change: a source that is absent at either moment, an object that a gap names,
//! and a field that could not be read say neither that something came nor that it went.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use jiff::Timestamp;
use observation::latest::{Fact, Gap, Outcome, SourceId};
use serde::{Deserialize, Serialize};

use super::assemble::{Chosen, Door, chosen, door, present};
use super::evidence::MemberObservations;
use super::rows::{Row, row};
use crate::asset::{AssetId, AssetLabel, ObserverId};

/// The field of the entry that says that an asset as a whole is new or gone.
pub const WHOLE_ASSET: &str = "asset";

/// One difference between two moments.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ChangeEntry {
    /// When it was observed.
    pub at: Timestamp,
    /// What kind of change.
    pub kind: ChangeKind,
    /// The asset.
    pub asset: Option<AssetId>,
    /// The asset's label, or the key of the register entry.
    pub label: AssetLabel,
    /// What changed: a field or an object such as `software.dpkg: nginx`.
    pub field: String,
    /// Before.
    pub before: Option<String>,
    /// After.
    pub after: Option<String>,
    /// The source or the actor.
    pub source: String,
    /// What the field is made of, where a fact changed: for words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<ChangedRow>,
}

/// The row that changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ChangedRow {
    /// The kind of fact, as on the wire.
    pub kind: String,
    /// Which one of several, behind the address that a scan asked; none where a host has one.
    pub object: Option<String>,
    /// The field that changed; none where the whole came or went.
    pub field: Option<String>,
}

/// What kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// New.
    Added,
    /// Gone.
    Removed,
    /// Different.
    Changed,
    /// By a person.
    Stated,
}

/// What changed of one asset between two moments, oldest first.
///
/// Each source is taken as the asset shows it at that moment. An asset that was not observed before
/// gives one entry of the field [`WHOLE_ASSET`], not one for each of its rows.
#[must_use]
pub fn changes(
    asset: AssetId,
    label: &AssetLabel,
    before: &[MemberObservations],
    after: &[MemberObservations],
) -> Vec<ChangeEntry> {
    let entry = |said: Said| ChangeEntry {
        at: said.at,
        kind: said.kind,
        asset: Some(asset),
        label: label.clone(),
        field: said.field,
        before: said.before,
        after: said.after,
        source: said.source,
        row: said.row,
    };
    let mut entries: Vec<ChangeEntry> = match (sections(before), sections(after)) {
        (old, new) if old.is_empty() || new.is_empty() => {
            whole(before, after).into_iter().map(entry).collect()
        }
        (old, new) => {
            let both = old.iter().filter_map(|(key, old)| Some((old, new.get(key)?)));
            both.flat_map(|(old, new)| of_source(old, new)).map(entry).collect()
        }
    };
    entries.sort();
    entries
}

/// What one entry says, whichever asset it is of.
struct Said {
    at: Timestamp,
    kind: ChangeKind,
    field: String,
    before: Option<String>,
    after: Option<String>,
    source: String,
    row: Option<ChangedRow>,
}

fn sections(members: &[MemberObservations]) -> BTreeMap<(SourceId, Option<Door>), Chosen<'_>> {
    let members: Vec<&MemberObservations> = members.iter().collect();
    let found = chosen(&present(&members));
    found.into_iter().map(|it| (it.key(), it)).collect()
}

fn whole(before: &[MemberObservations], after: &[MemberObservations]) -> Option<Said> {
    let (kind, at) = match (before.is_empty(), after.is_empty()) {
        (true, false) => (ChangeKind::Added, after.iter().map(|it| it.first_received_at).min()?),
        (false, true) => (ChangeKind::Removed, before.iter().map(|it| it.last_received_at).max()?),
        (true, true) | (false, false) => return None,
    };
    let source = "reconcile".to_owned();
    let field = WHOLE_ASSET.to_owned();
    Some(Said { at, kind, field, before: None, after: None, source, row: None })
}

/// What makes a row the same row at both moments.
type Key = (&'static str, Option<String>);

fn of_source(old: &Chosen<'_>, new: &Chosen<'_>) -> Vec<Said> {
    if old.section.body == new.section.body {
        return Vec::new();
    }
    let (old_rows, new_rows) = (rows(old), rows(new));
    let (old_gaps, new_gaps) = (own_gaps(old, new), own_gaps(new, old));
    let keys: BTreeSet<&Key> = old_rows.keys().chain(new_rows.keys()).collect();
    let nothing = BTreeSet::new();
    let mut said = Vec::new();
    for key in keys {
        let befores = old_rows.get(key).unwrap_or(&nothing);
        let afters = new_rows.get(key).unwrap_or(&nothing);
        let one_each = (befores.len(), afters.len()) == (1, 1);
        match (befores.first(), afters.first()) {
            (Some(before), Some(after)) if one_each => said.extend(of_row(old, new, before, after)),
            (Some(_) | None, Some(_) | None) => {
                let gone = befores.difference(afters).filter(|it| !hides(&new_gaps, it, None));
                said.extend(gone.map(|it| came_or_went(new, ChangeKind::Removed, it)));
                let came = afters.difference(befores).filter(|it| !hides(&old_gaps, it, None));
                said.extend(came.map(|it| came_or_went(new, ChangeKind::Added, it)));
            }
        }
    }
    said
}

fn rows(chosen: &Chosen<'_>) -> BTreeMap<Key, BTreeSet<Row>> {
    let mut rows: BTreeMap<Key, BTreeSet<Row>> = BTreeMap::new();
    for row in facts(chosen).iter().filter_map(row) {
        rows.entry((row.kind, row.object.clone())).or_default().insert(row);
    }
    rows
}

fn of_row(old: &Chosen<'_>, new: &Chosen<'_>, before: &Row, after: &Row) -> Vec<Said> {
    let (old_gaps, new_gaps) = (own_gaps(old, new), own_gaps(new, old));
    let pairs = before.fields.iter().zip(&after.fields);
    let differing = pairs.filter(|((name, before_text), (_, after_text))| {
        let was_hidden = before_text.is_none() && hides(&old_gaps, before, Some(name));
        let is_hidden = after_text.is_none() && hides(&new_gaps, after, Some(name));
        before_text != after_text && !was_hidden && !is_hidden
    });
    let said = differing.map(|((name, before_text), (_, after_text))| Said {
        at: new.section.first_observed_at,
        kind: ChangeKind::Changed,
        field: field(&new.section.source, address_of(&new.evidence.observer), after, Some(name)),
        before: before_text.clone(),
        after: after_text.clone(),
        source: new.section.source.to_string(),
        row: Some(changed_row(new, after, Some(name))),
    });
    said.collect()
}

fn came_or_went(new: &Chosen<'_>, kind: ChangeKind, row: &Row) -> Said {
    let text = row.summary();
    let is_removed = kind == ChangeKind::Removed;
    let (before, after) = if is_removed { (text, None) } else { (None, text) };
    Said {
        at: new.section.first_observed_at,
        kind,
        field: field(&new.section.source, address_of(&new.evidence.observer), row, None),
        before,
        after,
        source: new.section.source.to_string(),
        row: Some(changed_row(new, row, None)),
    }
}

fn changed_row(chosen: &Chosen<'_>, row: &Row, name: Option<&str>) -> ChangedRow {
    let asked = address_of(&chosen.evidence.observer).map(|it| it.to_string());
    let object: Vec<&str> = asked.iter().chain(&row.object).map(String::as_str).collect();
    ChangedRow {
        kind: row.kind.to_owned(),
        object: (!object.is_empty()).then(|| object.join(" ")),
        field: name.filter(|it| !it.is_empty()).map(str::to_owned),
    }
}

/// The address that was asked, where it was a scan.
pub(super) fn address_of(observer: &ObserverId) -> Option<IpAddr> {
    door(observer).map(|(_, address)| address)
}

/// `software.dpkg: nginx`, `hardware.disks: sda: firmware`, `system.host_name: name`,
/// `scan.tcp: 10.0.0.5: tcp/22`.
pub(super) fn field(
    source: &SourceId,
    asked: Option<IpAddr>,
    row: &Row,
    name: Option<&str>,
) -> String {
    let asked = asked.map(|it| it.to_string());
    let parts = [Some(source.as_str()), asked.as_deref(), row.object.as_deref(), name];
    let said: Vec<&str> = parts.into_iter().flatten().filter(|it| !it.is_empty()).collect();
    said.join(": ")
}

/// Gaps of this section that the other one does not have. What neither could see changed nothing.
fn own_gaps<'a>(chosen: &Chosen<'a>, other: &Chosen<'_>) -> Vec<&'a Gap> {
    gaps(chosen).iter().filter(|it| !gaps(other).contains(it)).collect()
}

/// Whether a gap says that this row, or this field of it, could not be seen. A gap names a field as
/// `listener.process`, a kind as `certificate`, and the object where it is not all of them.
fn hides(gaps: &[&Gap], row: &Row, name: Option<&str>) -> bool {
    gaps.iter().any(|gap| {
        let (kind, field) = match gap.field.split_once('.') {
            Some((kind, field)) => (kind, Some(field)),
            None => (gap.field.as_str(), None),
        };
        let is_of_field = match (name, field) {
            (_, None) => true,
            (Some(name), Some(field)) => name.starts_with(field),
            (None, Some(_)) => false,
        };
        kind == row.kind && is_of_field && gap.of.as_deref().is_none_or(|it| names(it, row))
    })
}

/// Whether a gap's object is this row's. A certificate was asked for at another address than the one
/// its listener is bound to, and at the same port.
fn names(object: &str, row: &Row) -> bool {
    let Some(own) = row.object.as_deref() else { return false };
    let port = |it: &str| it.rsplit_once(':').map(|(_, port)| port.to_owned());
    own == object || (row.kind == "certificate" && port(own).is_some() && port(own) == port(object))
}

fn facts<'a>(chosen: &Chosen<'a>) -> &'a [Fact] {
    match &chosen.section.body.outcome {
        Outcome::Read { facts, .. } => facts,
        Outcome::Absent { .. } => &[],
    }
}

fn gaps<'a>(chosen: &Chosen<'a>) -> &'a [Gap] {
    match &chosen.section.body.outcome {
        Outcome::Read { gaps, .. } => gaps,
        Outcome::Absent { .. } => &[],
    }
}

#[cfg(test)]
mod tests {
    use observation::latest::{
        Absent, AgentId, FreeSpace, InstalledPackage, Kernel, PackageManager, Privilege,
        SectionBody,
    };
    use observation::latest::{Disk, Service};
    use uuid::Uuid;

    use super::*;
    use crate::reconcile::ObservedSection;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(hour * 3600).unwrap()
    }

    fn section(source: &str, hour: i64, outcome: Outcome) -> ObservedSection {
        ObservedSection {
            source: SourceId::new(source),
            first_observed_at: at(hour),
            last_observed_at: at(hour),
            duration_ms: 0,
            body: SectionBody { source: SourceId::new(source), outcome },
        }
    }

    fn read(source: &str, hour: i64, facts: Vec<Fact>, gaps: Vec<Gap>) -> ObservedSection {
        section(source, hour, Outcome::Read { facts, gaps, complaints: Vec::new() })
    }

    fn host(hour: i64, sections: Vec<ObservedSection>) -> Vec<MemberObservations> {
        vec![MemberObservations {
            observer: ObserverId::Agent(AgentId(Uuid::from_u128(1))),
            first_received_at: at(0),
            last_received_at: at(hour),
            sections,
        }]
    }

    fn package(name: &str, version: &str) -> Fact {
        Fact::InstalledPackage(InstalledPackage {
            manager: PackageManager::Rpm,
            name: name.to_owned(),
            version: version.to_owned(),
            architecture: None,
            source_name: None,
            source_version: None,
            publisher: None,
            summary: None,
            category: None,
            home_page: None,
            size_bytes: None,
            installed_at: None,
        })
    }

    fn disk(serial: Option<&str>) -> Fact {
        let serial = serial.map(str::to_owned);
        Fact::Disk(Disk { name: "sda".to_owned(), serial, ..Disk::default() })
    }

    fn gap(field: &str, of: Option<&str>) -> Gap {
        let reason = Absent::NotAllowed { what: "x".to_owned(), needs: Privilege::Root };
        Gap { field: field.to_owned(), of: of.map(str::to_owned), reason }
    }

    fn differences(
        before: &[MemberObservations],
        after: &[MemberObservations],
    ) -> Vec<ChangeEntry> {
        changes(AssetId(Uuid::from_u128(1)), &AssetLabel("S-7K2QD".to_owned()), before, after)
    }

    /// Kind, field, before, after of each difference of one source.
    fn check(
        (before, before_gaps): (Vec<Fact>, Vec<Gap>),
        (after, after_gaps): (Vec<Fact>, Vec<Gap>),
        expected: &[(ChangeKind, &str, Option<&str>, Option<&str>)],
    ) {
        let before = host(1, vec![read("a.source", 1, before, before_gaps)]);
        let after = host(2, vec![read("a.source", 2, after, after_gaps)]);
        let found = differences(&before, &after);
        let texts: Vec<_> = found
            .iter()
            .map(|it| (it.kind, it.field.as_str(), it.before.as_deref(), it.after.as_deref()))
            .collect();
        assert_eq!(texts, expected);
        assert!(found.iter().all(|it| it.at == at(2) && it.source == "a.source"));
    }

    #[test]
    fn packages_come_go_and_change_by_name() {
        check(
            (vec![package("gone", "1"), package("nginx", "1"), package("same", "1")], vec![]),
            (vec![package("nginx", "2"), package("new", "3"), package("same", "1")], vec![]),
            &[
                (ChangeKind::Added, "a.source: new", None, Some("3")),
                (ChangeKind::Removed, "a.source: gone", Some("1"), None),
                (ChangeKind::Changed, "a.source: nginx", Some("1"), Some("2")),
            ],
        );
    }

    #[test]
    fn several_versions_of_one_name_stay_apart() {
        check(
            (vec![package("kernel", "5"), package("kernel", "6")], vec![]),
            (vec![package("kernel", "6"), package("kernel", "7")], vec![]),
            &[
                (ChangeKind::Added, "a.source: kernel", None, Some("7")),
                (ChangeKind::Removed, "a.source: kernel", Some("5"), None),
            ],
        );
    }

    #[test]
    fn what_a_host_has_once_changes_field_by_field() {
        let kernel = |release: &str| {
            Fact::Kernel(Kernel { release: release.to_owned(), ..Kernel::default() })
        };
        check(
            (vec![kernel("6.1")], vec![]),
            (vec![kernel("6.2")], vec![]),
            &[(ChangeKind::Changed, "a.source: release", Some("6.1"), Some("6.2"))],
        );
    }

    #[test]
    fn a_field_that_could_not_be_read_did_not_change() {
        let hidden = vec![gap("disk.serial", Some("sda"))];
        check((vec![disk(Some("X"))], vec![]), (vec![disk(None)], hidden.clone()), &[]);
        check((vec![disk(None)], hidden), (vec![disk(Some("X"))], vec![]), &[]);
        check(
            (vec![disk(None)], vec![]),
            (vec![disk(Some("X"))], vec![]),
            &[(ChangeKind::Changed, "a.source: sda: serial", None, Some("X"))],
        );
    }

    #[test]
    fn an_object_that_a_gap_names_did_not_go() {
        let hidden = vec![gap("disk", Some("sda"))];
        check((vec![disk(Some("X"))], vec![]), (vec![], hidden), &[]);
        let of_another = vec![gap("disk", Some("sdb"))];
        check(
            (vec![disk(Some("X"))], vec![]),
            (vec![], of_another),
            &[(ChangeKind::Removed, "a.source: sda", Some("serial X"), None)],
        );
    }

    #[test]
    fn what_neither_look_could_see_does_not_hide_what_both_could() {
        let standing = vec![gap("disk", None), gap("disk.serial", None)];
        check(
            (vec![disk(Some("X"))], standing.clone()),
            (vec![], standing),
            &[(ChangeKind::Removed, "a.source: sda", Some("serial X"), None)],
        );
    }

    #[test]
    fn a_gap_of_another_kind_hides_nothing() {
        check(
            (vec![disk(Some("X"))], vec![]),
            (vec![disk(None)], vec![gap("system_product.serial", None)]),
            &[(ChangeKind::Changed, "a.source: sda: serial", Some("X"), None)],
        );
    }

    #[test]
    fn a_certificate_that_did_not_answer_this_time_is_not_gone() {
        let served = Fact::Certificate(observation::latest::Certificate {
            place: observation::latest::CertificatePlace::Served {
                address: std::net::Ipv4Addr::LOCALHOST.into(),
                port: 443,
                tls_version: None,
            },
            fingerprint: observation::ContentHash::of(b"1"),
            subject: "CN=a".to_owned(),
            issuer: "CN=a".to_owned(),
            serial: "1".to_owned(),
            names: vec![],
            not_before: None,
            not_after: None,
            key_algorithm: None,
            key_bits: None,
            signature_algorithm: None,
            is_self_signed: None,
            chain_length: 1,
        });
        let silent = vec![gap("certificate", Some("tcp/0.0.0.0:443"))];
        check((vec![served.clone()], vec![]), (vec![], silent), &[]);
        let other = vec![gap("certificate", Some("tcp/0.0.0.0:8443"))];
        let before = host(1, vec![read("a.source", 1, vec![served], vec![])]);
        let after = host(2, vec![read("a.source", 2, vec![], other)]);
        assert_eq!(differences(&before, &after).len(), 1);
    }

    #[test]
    fn a_source_that_became_absent_removes_nothing_and_one_that_came_adds_nothing() {
        let reason = Absent::Failed { doing: "reading".to_owned(), cause: "gone".to_owned() };
        let seen = host(1, vec![read("a.source", 1, vec![package("a", "1")], vec![])]);
        let blind = host(2, vec![section("a.source", 2, Outcome::Absent { reason })]);
        let other = host(2, vec![read("b.source", 2, vec![package("b", "1")], vec![])]);
        for (before, after) in [(&seen, &blind), (&blind, &seen), (&seen, &other)] {
            assert_eq!(differences(before, after), []);
        }
    }

    #[test]
    fn what_moves_by_itself_is_no_change() {
        let free = |available_bytes| {
            Fact::FreeSpace(FreeSpace { mounted_at: "/".to_owned(), available_bytes })
        };
        check((vec![free(1)], vec![]), (vec![free(2)], vec![]), &[]);
        let service = |is_running| {
            Fact::Service(Service {
                name: "a".to_owned(),
                description: None,
                start_mode: None,
                is_running,
                account: None,
                executable: None,
                package: None,
            })
        };
        check((vec![service(Some(true))], vec![]), (vec![service(Some(false))], vec![]), &[]);
    }

    #[test]
    fn a_new_asset_is_one_entry_and_so_is_one_that_went() {
        let seen = host(1, vec![read("a.source", 1, vec![package("a", "1")], vec![])]);
        let came = differences(&[], &seen);
        assert_eq!(came.len(), 1);
        assert_eq!((came[0].kind, came[0].field.as_str()), (ChangeKind::Added, WHOLE_ASSET));
        let went = differences(&seen, &[]);
        assert_eq!((went.len(), went[0].kind, went[0].at), (1, ChangeKind::Removed, at(1)));
        assert_eq!(differences(&[], &[]), []);
        assert_eq!(differences(&seen, &seen), []);
    }
}
