//! Does an address still belong to the device that it belonged to?

use jiff::{SignedDuration, Timestamp};

use super::evidence::{Identifier, IdentifierKind, TimedIdentifier};

/// A line that shows nothing to compare goes on after a silence of this length: monthly scans of a
/// printer that only answers echo requests make one line.
const SILENCE_MAX: SignedDuration = SignedDuration::from_hours(24 * 35);

/// What a device keeps while it has an address, and how much a change of it speaks against the same
/// device. Serial number and Windows name outweigh the adapter: a docking station serves one laptop
/// after another.
const WEIGHTS: [(IdentifierKind, u8); 7] = [
    (IdentifierKind::DeviceSerial, 5),
    (IdentifierKind::NtlmName, 5),
    (IdentifierKind::SnmpEngineId, 4),
    (IdentifierKind::SshHostKey, 4),
    (IdentifierKind::LinkMac, 4),
    (IdentifierKind::DeviceUuid, 3),
    (IdentifierKind::Certificate, 1),
];

/// Whether a line of scan results goes on with what a scan shows, or a new one begins because another
/// device has the address.
///
/// `known` is what the line showed up to now, last at `last_seen_at`; `shown` is what `now` shows.
/// What is not shown says nothing: a device may answer less than it did.
///
/// What we give up: a device that shows nothing but its presence and is replaced by another such
/// one stays one line.
#[must_use]
pub fn continues(
    known: &[TimedIdentifier],
    shown: &[Identifier],
    last_seen_at: Timestamp,
    now: Timestamp,
) -> bool {
    let known: Vec<&Identifier> = known.iter().map(|it| &it.identifier).collect();
    let shown: Vec<&Identifier> = shown.iter().collect();
    // The active member of a cluster changes; its address stays what it is.
    let cluster = IdentifierKind::VirtualAddress;
    if likeness(cluster, texts(&known, cluster), texts(&shown, cluster)) == Likeness::Same {
        return true;
    }
    let (mut same, mut different) = (0, 0);
    for (kind, weight) in WEIGHTS {
        match likeness(kind, texts(&known, kind), texts(&shown, kind)) {
            Likeness::Same => same += weight,
            Likeness::Different => different += weight,
            Likeness::Unknown => {}
        }
    }
    if same == 0 && different == 0 {
        return now.duration_since(last_seen_at) <= SILENCE_MAX;
    }
    same > 0 && same >= different
}

/// How two observers' identifiers of one kind compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Likeness {
    /// At least one is the same.
    Same,
    /// Both show comparable ones, and none is the same.
    Different,
    /// One of them shows none, or none that could be compared.
    Unknown,
}

/// Compares what two show of one kind. Host keys are compared by algorithm, Windows names by system
/// of names: one probe asks for this and another for that. Nothing is collected: this is done for
/// every pair of lines of a device.
pub(super) fn likeness<'a>(
    kind: IdentifierKind,
    one: impl Iterator<Item = &'a str>,
    other: impl Iterator<Item = &'a str> + Clone,
) -> Likeness {
    let mut is_comparable = false;
    for mine in one {
        for theirs in other.clone() {
            if mine == theirs {
                return Likeness::Same;
            }
            is_comparable |= form(kind, mine) == form(kind, theirs);
        }
    }
    if is_comparable { Likeness::Different } else { Likeness::Unknown }
}

/// Texts of one kind can be compared where their forms are the same.
pub(super) fn form(kind: IdentifierKind, text: &str) -> &str {
    let has_forms = matches!(
        kind,
        IdentifierKind::SshHostKey | IdentifierKind::NtlmName | IdentifierKind::DeviceUuid
    );
    let form = if has_forms { text.split('/').next() } else { None };
    form.unwrap_or_default()
}

fn texts<'a>(
    shown: &[&'a Identifier],
    kind: IdentifierKind,
) -> impl Iterator<Item = &'a str> + Clone {
    shown.iter().filter(move |it| it.kind == kind).map(|it| it.text.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: IdentifierKind = IdentifierKind::LinkMac;
    const KEY: IdentifierKind = IdentifierKind::SshHostKey;
    const NAME: IdentifierKind = IdentifierKind::NtlmName;
    const CLUSTER: IdentifierKind = IdentifierKind::VirtualAddress;

    type Shown<'a> = &'a [(IdentifierKind, &'a str)];

    fn at(day: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + day * 86_400).unwrap()
    }

    fn goes_on(known: Shown<'_>, shown: Shown<'_>, days: i64) -> bool {
        let identifier =
            |it: &(IdentifierKind, &str)| Identifier { kind: it.0, text: it.1.to_owned() };
        let known: Vec<TimedIdentifier> = known
            .iter()
            .map(|it| TimedIdentifier {
                identifier: identifier(it),
                first_seen_at: at(0),
                last_seen_at: at(1),
            })
            .collect();
        let shown: Vec<Identifier> = shown.iter().map(identifier).collect();
        continues(&known, &shown, at(1), at(1 + days))
    }

    #[test]
    fn the_same_device_goes_on_however_long_it_was_silent() {
        assert!(goes_on(&[(MAC, "m")], &[(MAC, "m")], 400));
        assert!(goes_on(&[(KEY, "ed/k"), (MAC, "m")], &[(KEY, "ed/k")], 400));
    }

    #[test]
    fn an_address_that_another_device_was_given_begins_a_new_line() {
        assert!(!goes_on(&[(MAC, "m1")], &[(MAC, "m2")], 1));
        assert!(!goes_on(&[(KEY, "ed/k1")], &[(KEY, "ed/k2")], 1));
        assert!(!goes_on(&[(MAC, "m1"), (KEY, "ed/k1")], &[(MAC, "m2"), (KEY, "ed/k2")], 1));
    }

    #[test]
    fn showing_less_is_no_other_device() {
        assert!(goes_on(&[(MAC, "m"), (KEY, "ed/k")], &[], 1));
        assert!(goes_on(&[], &[(MAC, "m")], 1));
    }

    #[test]
    fn nothing_to_compare_holds_for_a_month() {
        assert!(goes_on(&[], &[], 31));
        assert!(!goes_on(&[], &[], 36));
        assert!(!goes_on(&[(KEY, "rsa/k1")], &[(KEY, "ed/k2")], 36));
    }

    #[test]
    fn a_new_adapter_or_a_new_installation_is_the_same_device() {
        assert!(goes_on(&[(MAC, "m1"), (KEY, "ed/k")], &[(MAC, "m2"), (KEY, "ed/k")], 1));
        assert!(goes_on(&[(MAC, "m"), (KEY, "ed/k1")], &[(MAC, "m"), (KEY, "ed/k2")], 1));
    }

    #[test]
    fn the_next_laptop_at_a_docking_station_is_another_device() {
        let name = |it| (NAME, it);
        let (one, other) = ([(MAC, "m"), name("dns/a.x")], [(MAC, "m"), name("dns/b.x")]);
        assert!(!goes_on(&one, &other, 1));
    }

    #[test]
    fn keys_of_different_algorithms_and_names_of_different_systems_do_not_differ() {
        assert!(goes_on(&[(KEY, "rsa/k1")], &[(KEY, "ed/k2")], 1));
        assert!(goes_on(&[(NAME, "dns/a.x")], &[(NAME, "netbios/x\\a")], 1));
    }

    #[test]
    fn a_cluster_that_changed_its_active_member_goes_on() {
        let vip = (CLUSTER, "10.0.0.1 00:00:5e:00:01:01");
        assert!(goes_on(&[vip, (KEY, "ed/k1")], &[vip, (KEY, "ed/k2")], 1));
    }

    #[test]
    fn a_certificate_alone_is_too_little_to_hold_against_a_host_key() {
        let certificate = (IdentifierKind::Certificate, "c");
        assert!(!goes_on(&[certificate, (KEY, "ed/k1")], &[certificate, (KEY, "ed/k2")], 1));
    }
}
