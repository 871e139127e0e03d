//! Which addresses a run may speak of.

use std::net::IpAddr;

use ipnet::IpNet;
use observation::latest::scan::{ScanJob, Vantage, VantageLink};

/// Shortest prefix of an IPv6 link whose devices may show themselves (RFC 4291 §2.5.4 has 64).
const LINK_PREFIX_MIN: u8 = 64;

/// Whether a run may say something of an address: it was named and not excluded, or it is an IPv6
/// address on a link of the scanner that was named by one of its networks. An IPv6 link is never
/// swept: its devices answer to all, under addresses that nobody could have named.
pub(super) fn may_speak_of(address: IpAddr, job: &ScanJob, vantage: &Vantage) -> bool {
    let is_in = |networks: &[IpNet]| networks.iter().any(|it| it.contains(&address));
    if is_in(&job.exclusions) {
        return false;
    }
    is_in(&job.networks) || shows_itself(address, job, &vantage.links)
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
    use observation::latest::scan::{ProbeSelection, ScanProfile};
    use uuid::Uuid;

    use super::*;

    fn job(networks: &[&str], exclusions: &[&str]) -> ScanJob {
        let parse = |it: &[&str]| it.iter().map(|it| it.parse().unwrap()).collect();
        ScanJob {
            run: Uuid::nil(),
            networks: parse(networks),
            exclusions: parse(exclusions),
            ot_networks: Vec::new(),
            profile: ScanProfile::Gentle,
            probes: ProbeSelection::All,
            rate_pps: None,
            allow_range: false,
            snmp: Vec::new(),
            done: Vec::new(),
        }
    }

    fn vantage(links: &[(&str, &str)]) -> Vantage {
        let link = |(interface, network): &(&str, &str)| VantageLink {
            interface: (*interface).to_owned(),
            network: network.parse().unwrap(),
            mac: None,
        };
        Vantage {
            agent: None,
            software_version: "1".to_owned(),
            links: links.iter().map(link).collect(),
            gateways: Vec::new(),
            has_raw_sockets: true,
        }
    }

    fn may(address: &str, job: &ScanJob, links: &[(&str, &str)]) -> bool {
        may_speak_of(address.parse().unwrap(), job, &vantage(links))
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
}
