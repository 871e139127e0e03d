//! Which addresses a run may speak of.

use std::net::IpAddr;

use ipnet::IpNet;
use observation::latest::AgentId;
use observation::latest::scan::{ScanJob, VantageLink};

/// Shortest prefix of an IPv6 link whose devices may show themselves (RFC 4291 §2.5.4 has 64).
const LINK_PREFIX_MIN: u8 = 64;

/// Whether a run may say something of an address: it was named and not excluded, or it is an IPv6
/// address on a link of the collector's own scanner that was named by one of its networks. An IPv6
/// link is never swept: its devices answer to all, under addresses that nobody could have named.
///
/// An agent's word for its links would open every address there is: it speaks of what was named, and
/// an IPv6 prefix at its site is named in the plan. The price: without that, its scans show IPv4 only.
pub(super) fn may_speak_of(
    address: IpAddr,
    job: &ScanJob,
    vantage: Option<AgentId>,
    links: &[VantageLink],
) -> bool {
    let is_in = |networks: &[IpNet]| networks.iter().any(|it| it.contains(&address));
    if is_in(&job.exclusions) {
        return false;
    }
    is_in(&job.networks) || (vantage.is_none() && shows_itself(address, job, links))
}

fn shows_itself(address: IpAddr, job: &ScanJob, links: &[VantageLink]) -> bool {
    let IpAddr::V6(six) = address else { return false };
    let is_named = |link: &VantageLink| {
        let of_interface = links.iter().filter(|it| it.interface == link.interface);
        of_interface
            .map(|it| it.network)
            .any(|it| job.networks.iter().any(|named| meet(*named, it)))
    };
    let is_on = |link: &VantageLink| {
        let is_link = link.network.prefix_len() >= LINK_PREFIX_MIN;
        six.is_unicast_link_local() || (is_link && link.network.contains(&address))
    };
    links.iter().any(|link| is_on(link) && is_named(link))
}

/// Whether two networks have an address in common.
fn meet(one: IpNet, other: IpNet) -> bool {
    one.contains(&other.network()) || other.contains(&one.network())
}

#[cfg(test)]
mod tests {

    use uuid::Uuid;

    use super::*;

    fn job(networks: &[&str], exclusions: &[&str]) -> ScanJob {
        let parse = |it: &[&str]| it.iter().map(|it| it.parse().unwrap()).collect();
        ScanJob { networks: parse(networks), exclusions: parse(exclusions), ..ScanJob::default() }
    }

    fn links(links: &[(&str, &str)]) -> Vec<VantageLink> {
        let link = |(interface, network): &(&str, &str)| VantageLink {
            interface: (*interface).to_owned(),
            network: network.parse().unwrap(),
            mac: None,
        };
        links.iter().map(link).collect()
    }

    fn may(address: &str, job: &ScanJob, of: &[(&str, &str)]) -> bool {
        may_speak_of(address.parse().unwrap(), job, None, &links(of))
    }

    #[test]
    fn what_was_named_and_not_excluded_may_be_spoken_of() {
        let job = job(&["10.0.0.0/24"], &["10.0.0.64/26"]);
        assert!(may("10.0.0.1", &job, &[]));
        assert!(!may("10.0.0.65", &job, &[]));
        assert!(!may("10.0.1.1", &job, &[]));
        assert!(!may("fe80::1", &job, &[]));
    }

    #[test]
    fn devices_of_a_named_link_show_themselves_by_ipv6() {
        let links = [("eth0", "10.0.0.9/24"), ("eth0", "fd00:1::9/64"), ("eth1", "fd00:2::9/64")];
        let named = job(&["10.0.0.0/24"], &["fd00:1::bad/128"]);
        assert!(may("fe80::1", &named, &links));
        assert!(may("fd00:1::5", &named, &links));
        assert!(!may("fd00:1::bad", &named, &links), "exclusions always hold");
        assert!(!may("fd00:2::5", &named, &links), "its link was not named");
        assert!(!may("10.0.1.5", &named, &links));
        assert!(!may("fe80::1", &job(&["192.0.2.0/24"], &[]), &links), "no link was named");
    }

    #[test]
    fn a_claimed_link_as_wide_as_the_world_opens_nothing() {
        let links = [("eth0", "10.0.0.9/24"), ("eth0", "::/0"), ("eth0", "0.0.0.0/0")];
        let job = job(&["10.0.0.0/24"], &[]);
        assert!(!may("2001:db8::1", &job, &links));
        assert!(!may("192.0.2.1", &job, &links));
    }

    #[test]
    fn an_agents_word_for_its_links_opens_nothing() {
        let of = links(&[("eth0", "10.0.0.9/24"), ("eth0", "2001:db8:7::9/64")]);
        let agent = Some(AgentId(Uuid::from_u128(7)));
        let may = |address: &str, networks: &[&str]| {
            may_speak_of(address.parse().unwrap(), &job(networks, &[]), agent, &of)
        };
        assert!(may("10.0.0.5", &["10.0.0.0/24"]));
        assert!(!may("2001:db8:7::5", &["10.0.0.0/24"]));
        assert!(!may("fe80::5", &["10.0.0.0/24"]));
        assert!(may("2001:db8:7::5", &["10.0.0.0/24", "2001:db8:7::/64"]));
    }
}
