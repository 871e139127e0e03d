//! Which members speak of the present.

use std::collections::BTreeSet;
use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use observation::latest::{Fact, Outcome};

use super::{MemberObservations, door};
use crate::asset::ObserverId;
use crate::reconcile::compare::is_same_link;

/// How long a line of scan results that was not seen again stands beside lines that were. Longer than
/// one scan lasts, shorter than the time between two nightly ones. What we give up: a device that was
/// given another address within this time shows both for so long.
const SCAN_LASTS: SignedDuration = SignedDuration::from_hours(6);

/// The same for a line on another link: links are scanned by different plans, some of them weekly.
const PLANS_LIE_APART: SignedDuration = SignedDuration::from_hours(24 * 8);

/// Members that nobody replaced.
///
/// - An agent is replaced by an agent that began to speak when it had fallen silent.
/// - A line of scans is replaced by the next line of its address; by later lines of its place that
///   show the asset elsewhere; and by an agent that names its addresses and not this one any more.
pub(in crate::reconcile) fn present<'a>(
    members: &[&'a MemberObservations],
) -> Vec<&'a MemberObservations> {
    let agents: Vec<&MemberObservations> =
        members.iter().copied().filter(|it| door(&it.observer).is_none()).collect();
    let was_silent = |it: &MemberObservations, others: &[&MemberObservations]| {
        others.iter().any(|other| other.first_received_at > it.last_received_at)
    };
    let agents: Vec<&MemberObservations> =
        agents.iter().copied().filter(|it| !was_silent(it, &agents)).collect();
    let own = own_addresses(&agents);
    let is_present = |it: &&MemberObservations| match &it.observer {
        ObserverId::Agent(_) | ObserverId::Person(_) => {
            agents.iter().any(|agent| agent.observer == it.observer)
        }
        ObserverId::Target(target) => {
            let is_given_up = own.as_ref().is_some_and(|(since, addresses)| {
                since.duration_since(it.last_received_at) > SCAN_LASTS
                    && !addresses.contains(&target.address)
            });
            !is_given_up && !was_left_behind(it, members)
        }
    };
    members.iter().copied().filter(is_present).collect()
}

/// The addresses that living agents name, and when they last did.
fn own_addresses(agents: &[&MemberObservations]) -> Option<(Timestamp, BTreeSet<IpAddr>)> {
    let mut named: Option<(Timestamp, BTreeSet<IpAddr>)> = None;
    for section in agents.iter().flat_map(|it| &it.sections) {
        let Outcome::Read { facts, .. } = &section.body.outcome else { continue };
        for fact in facts {
            if let Fact::NetworkInterface(interface) = fact {
                let (latest, addresses) =
                    named.get_or_insert((section.last_observed_at, BTreeSet::new()));
                *latest = (*latest).max(section.last_observed_at);
                addresses.extend(interface.addresses.iter().map(|it| it.address));
            }
        }
    }
    named
}

fn was_left_behind(line: &MemberObservations, members: &[&MemberObservations]) -> bool {
    let Some((vantage, address)) = door(&line.observer) else { return false };
    members.iter().any(|other| match door(&other.observer) {
        Some(its) if its == (vantage, address) => other.first_received_at > line.last_received_at,
        Some((its, elsewhere)) if its == vantage => {
            let limit = if is_same_link(elsewhere, address) { SCAN_LASTS } else { PLANS_LIE_APART };
            other.last_received_at.duration_since(line.last_received_at) > limit
        }
        Some(_) | None => false,
    })
}
