//! Does a key still speak for the machine that it was enrolled on?

use std::collections::BTreeSet;

use super::evidence::{Identifier, IdentifierKind, QuarantineReason, ReportTrace, TimedIdentifier};

/// Kinds that name the machine itself. The installation is left out: a copied key travels with it.
const HARDWARE: [IdentifierKind; 6] = [
    IdentifierKind::SystemUuid,
    IdentifierKind::SystemSerial,
    IdentifierKind::BoardSerial,
    IdentifierKind::ChassisSerial,
    IdentifierKind::PermanentMac,
    IdentifierKind::DiskSerial,
];

/// Fewer kinds of hardware that differ are a repair.
const DIFFERING_KINDS_MIN: usize = 2;

/// Why the agent may not go on speaking with its key; `None`: it may.
///
/// `known` is what the agent showed up to now, `last` its report with the greatest number;
/// `shown` and `this` are those of the report that has arrived.
///
/// A new main board is no other machine as long as a disk stays, for the key lies on the disk. What
/// we give up: a disk that is moved to other hardware takes its key along unnoticed; the changed
/// serial numbers stand among the changes.
#[must_use]
pub fn verdict(
    known: &[TimedIdentifier],
    last: Option<&ReportTrace>,
    shown: &[Identifier],
    this: &ReportTrace,
) -> Option<QuarantineReason> {
    if is_another_machine(known, shown) {
        return Some(QuarantineReason::AnotherMachine);
    }
    let is_second_line = last.is_some_and(|last| is_second_line(known, last, this));
    is_second_line.then_some(QuarantineReason::TwoLines)
}

/// Nothing of the hardware agrees with anything the key ever showed, and enough of it differs.
fn is_another_machine(known: &[TimedIdentifier], shown: &[Identifier]) -> bool {
    let mut differing = 0;
    for kind in HARDWARE {
        let before: BTreeSet<&str> = known
            .iter()
            .filter(|it| it.identifier.kind == kind)
            .map(|it| it.identifier.text.as_str())
            .collect();
        let mut now =
            shown.iter().filter(|it| it.kind == kind).map(|it| it.text.as_str()).peekable();
        if before.is_empty() || now.peek().is_none() {
            continue;
        }
        if now.any(|it| before.contains(it)) {
            return false;
        }
        differing += 1;
    }
    differing >= DIFFERING_KINDS_MIN
}

/// A machine starts anew and never goes back to an earlier start; one number stands for one start.
fn is_second_line(known: &[TimedIdentifier], last: &ReportTrace, this: &ReportTrace) -> bool {
    let (Some(last_boot), Some(this_boot)) = (last.boot, this.boot) else { return false };
    if last_boot == this_boot {
        return false;
    }
    let text = this_boot.hyphenated().to_string();
    let was_shown_before = known
        .iter()
        .any(|it| it.identifier.kind == IdentifierKind::Boot && it.identifier.text == text);
    match this.number.cmp(&last.number) {
        std::cmp::Ordering::Equal => true,
        // Another start after the last one is a restart; an earlier one is a second machine.
        std::cmp::Ordering::Greater => was_shown_before,
        // A report that was long on its way shows an earlier start, not one that came later.
        std::cmp::Ordering::Less => !was_shown_before && this.observed_at > last.observed_at,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use observation::latest::ReportNumber;
    use uuid::Uuid;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn identifier(kind: IdentifierKind, text: &str) -> Identifier {
        Identifier { kind, text: text.to_owned() }
    }

    fn known(shown: &[Identifier]) -> Vec<TimedIdentifier> {
        let timed = |it: &Identifier| TimedIdentifier {
            identifier: it.clone(),
            first_seen_at: at(0),
            last_seen_at: at(100),
        };
        shown.iter().map(timed).collect()
    }

    fn machine(number: u8) -> Vec<Identifier> {
        vec![
            identifier(IdentifierKind::SystemUuid, &format!("u{number}")),
            identifier(IdentifierKind::SystemSerial, &format!("s{number}")),
            identifier(IdentifierKind::Installation, "copied"),
            identifier(IdentifierKind::PermanentMac, &format!("m{number}")),
            identifier(IdentifierKind::DiskSerial, &format!("d{number}")),
        ]
    }

    fn trace(sequence: u64, boot: u128, second: i64) -> ReportTrace {
        ReportTrace {
            number: ReportNumber { epoch: 1, sequence },
            boot: Some(Uuid::from_u128(boot)),
            observed_at: at(second),
        }
    }

    fn with_boots(boots: &[u128]) -> Vec<TimedIdentifier> {
        let text = |it: &u128| Uuid::from_u128(*it).hyphenated().to_string();
        let shown: Vec<Identifier> =
            boots.iter().map(|it| identifier(IdentifierKind::Boot, &text(it))).collect();
        known(&shown)
    }

    #[test]
    fn a_key_in_a_copied_image_is_noticed() {
        let found = verdict(&known(&machine(1)), None, &machine(2), &trace(2, 2, 200));
        assert_eq!(found, Some(QuarantineReason::AnotherMachine));
    }

    #[test]
    fn the_same_machine_and_the_first_report_may_speak() {
        assert_eq!(verdict(&known(&machine(1)), None, &machine(1), &trace(2, 1, 200)), None);
        assert_eq!(verdict(&[], None, &machine(1), &trace(1, 1, 0)), None);
    }

    #[test]
    fn a_repair_is_no_other_machine() {
        let new_board: Vec<Identifier> = machine(2)
            .into_iter()
            .filter(|it| it.kind != IdentifierKind::DiskSerial)
            .chain([identifier(IdentifierKind::DiskSerial, "d1")])
            .collect();
        assert_eq!(verdict(&known(&machine(1)), None, &new_board, &trace(2, 2, 200)), None);
        let only_disk = [identifier(IdentifierKind::DiskSerial, "d9")];
        assert_eq!(verdict(&known(&machine(1)), None, &only_disk, &trace(2, 2, 200)), None);
    }

    #[test]
    fn losing_the_right_to_read_is_no_other_machine() {
        let without_root = [identifier(IdentifierKind::Installation, "copied")];
        assert_eq!(verdict(&known(&machine(1)), None, &without_root, &trace(2, 2, 200)), None);
    }

    #[test]
    fn a_restart_is_one_line() {
        let last = trace(5, 1, 100);
        assert_eq!(verdict(&with_boots(&[1]), Some(&last), &[], &trace(6, 2, 200)), None);
        assert_eq!(verdict(&with_boots(&[1]), Some(&last), &[], &trace(6, 1, 200)), None);
    }

    #[test]
    fn going_back_to_an_earlier_start_is_a_second_line() {
        let found = verdict(&with_boots(&[1, 2]), Some(&trace(6, 2, 200)), &[], &trace(7, 1, 300));
        assert_eq!(found, Some(QuarantineReason::TwoLines));
    }

    #[test]
    fn one_number_from_two_starts_is_a_second_line() {
        let last = trace(6, 1, 200);
        let found = verdict(&with_boots(&[1]), Some(&last), &[], &trace(6, 2, 201));
        assert_eq!(found, Some(QuarantineReason::TwoLines));
        let behind = verdict(&with_boots(&[1]), Some(&last), &[], &trace(4, 2, 300));
        assert_eq!(behind, Some(QuarantineReason::TwoLines));
    }

    #[test]
    fn a_report_that_was_long_on_its_way_is_no_second_line() {
        let last = trace(9, 2, 200);
        assert_eq!(verdict(&with_boots(&[2]), Some(&last), &[], &trace(4, 1, 100)), None);
        assert_eq!(verdict(&with_boots(&[1, 2]), Some(&last), &[], &trace(4, 1, 100)), None);
        let unknown = ReportTrace { boot: None, ..trace(10, 1, 300) };
        assert_eq!(verdict(&with_boots(&[2]), Some(&last), &[], &unknown), None);
    }
}
