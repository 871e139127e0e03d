//! Which ports are asked, and which never are.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use observation::latest::scan::{ProbeSelection, ScanProfile};

use crate::probes::Method;
use crate::probes::PROBES;

/// TCP ports that show that a host is there: where servers, Windows clients, printers and network
/// devices answer, commonest first.
pub const DISCOVERY: &[u16] = &[443, 445, 22, 80, 3389, 135, 139, 8080, 631, 23, 5985, 53];

/// Printing ports (RFC 1179, and raw printing of up to eight queues): a byte that arrives becomes
/// paper. They see a TCP handshake of a sweep at most, never a connection of ours, never a byte.
const PRINT: &[RangeInclusive<u16>] = &[515..=515, 9100..=9107];
/// Those of them that every sweep looks at: one tells a printer.
const PRINT_SWEPT: [u16; 2] = [515, 9100];

/// Ports of industrial devices: they are asked only in networks that are marked as such, because
/// controllers have failed over a few connections, and nobody looks for office IT there.
const OT: &[(RangeInclusive<u16>, &str)] = &[
    (102..=102, "ISO transport of controllers (S7, MMS, ICCP)"),
    (502..=502, "Modbus/TCP: few sessions, kept by half-closed connections"),
    (789..=789, "Red Lion Crimson"),
    (802..=802, "Modbus/TCP security"),
    (1089..=1091, "Foundation Fieldbus HSE"),
    (1541..=1541, "Foxboro I/A"),
    (1911..=1911, "Niagara Fox"),
    (1962..=1962, "PCWorx"),
    (2222..=2222, "EtherNet/IP I/O"),
    (2404..=2404, "IEC 60870-5-104"),
    (2455..=2455, "CODESYS"),
    (4712..=4713, "IEEE C37.118 synchrophasors"),
    (4840..=4843, "OPC UA"),
    (4911..=4911, "Niagara Fox over TLS"),
    (5006..=5007, "MELSEC"),
    (5094..=5094, "HART-IP"),
    (9600..=9600, "FINS"),
    (11740..=11743, "CODESYS gateway"),
    (18245..=18246, "GE SRTP"),
    (19999..=20000, "DNP3"),
    (20547..=20547, "ProConOS"),
    (34962..=34964, "PROFINET"),
    (34980..=34980, "EtherCAT"),
    (44818..=44818, "EtherNet/IP explicit messages"),
    (47808..=47823, "BACnet"),
    (55000..=55003, "FL-net"),
];

/// The 1,000 commonest TCP ports. Own list: registered services of the IANA registry that companies
/// run, ports that products are known to listen on by default (databases, management consoles,
/// backup, monitoring, hypervisors, cameras, telephony), the ranges where systems count upwards from
/// a default (web applications, display servers, dynamic RPC of Windows), without printing by bytes
/// being sent and without OT. It is not derived from measurements of the internet.
const COMMON: &[RangeInclusive<u16>] = include!("common_ports.in");

/// In which profile a port is first asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// Ports that probes know.
    Gentle,
    /// The 1,000 commonest.
    Normal,
    /// All others.
    Deep,
}

impl Tier {
    /// The tiers that a profile asks.
    #[must_use]
    pub fn of_profile(profile: ScanProfile) -> &'static [Self] {
        match profile {
            ScanProfile::Gentle => &[Self::Gentle],
            ScanProfile::Normal => &[Self::Gentle, Self::Normal],
            ScanProfile::Deep => &[Self::Gentle, Self::Normal, Self::Deep],
        }
    }

    /// The source of the facts about open ports of this tier.
    #[must_use]
    pub fn ports_source(self) -> &'static str {
        match self {
            Self::Gentle => "scan.ports",
            Self::Normal => "scan.ports_normal",
            Self::Deep => "scan.ports_deep",
        }
    }
}

/// The tier of a port.
#[must_use]
pub fn tier(port: u16) -> Tier {
    if is_gentle(port) {
        Tier::Gentle
    } else if COMMON.iter().any(|it| it.contains(&port)) {
        Tier::Normal
    } else {
        Tier::Deep
    }
}

fn is_gentle(port: u16) -> bool {
    let is_known = PROBES.iter().any(|it| match &it.method {
        Method::Stream(it) => it.ports.contains(&port) || it.tls_ports.contains(&port),
        Method::Packet | Method::Datagram(_) | Method::Session => false,
    });
    is_known || DISCOVERY.contains(&port) || PRINT_SWEPT.contains(&port) || is_ot(port)
}

/// Whether bytes sent to this port may be printed.
#[must_use]
pub fn is_print(port: u16) -> bool {
    PRINT.iter().any(|it| it.contains(&port))
}

/// Whether this port is one of industrial devices.
#[must_use]
pub fn is_ot(port: u16) -> bool {
    OT.iter().any(|(it, _)| it.contains(&port))
}

/// The TCP ports that are swept, commonest first. Printing ports are among them: a sweep sends them no
/// byte, and [`is_print`] keeps everybody else away.
#[must_use]
pub fn of(profile: ScanProfile, selection: &ProbeSelection, is_ot_network: bool) -> Vec<u16> {
    let mut ports: Vec<u16> = match selection {
        ProbeSelection::Discovery => return Vec::new(),
        ProbeSelection::All => {
            let known = DISCOVERY.iter().chain(&PRINT_SWEPT).copied();
            known.chain(known_to_probes(|_| true)).collect()
        }
        ProbeSelection::Only(names) => {
            known_to_probes(|id| names.iter().any(|it| id.strip_prefix("scan.") == Some(it)))
                .collect()
        }
    };
    if is_ot_network {
        ports.extend(OT.iter().flat_map(|(it, _)| it.clone()));
    }
    match profile {
        ScanProfile::Gentle => {}
        ScanProfile::Normal => ports.extend(COMMON.iter().cloned().flatten()),
        ScanProfile::Deep => {
            ports.extend(COMMON.iter().cloned().flatten());
            ports.extend(1..=u16::MAX);
        }
    }
    let mut seen = BTreeSet::new();
    ports.retain(|it| (is_ot_network || !is_ot(*it)) && seen.insert(*it));
    ports
}

fn known_to_probes(chosen: impl Fn(&str) -> bool) -> impl Iterator<Item = u16> {
    PROBES.iter().filter(move |it| chosen(it.id)).flat_map(|it| match &it.method {
        Method::Stream(it) => it.ports.iter().chain(it.tls_ports).copied().collect(),
        Method::Packet | Method::Datagram(_) | Method::Session => Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROFILES: [ScanProfile; 3] =
        [ScanProfile::Gentle, ScanProfile::Normal, ScanProfile::Deep];

    #[test]
    fn the_common_list_holds_a_thousand_ports_in_order_and_none_of_industry() {
        let all: Vec<u16> = COMMON.iter().cloned().flatten().collect();
        assert!(all.is_sorted_by(|a, b| a < b), "sorted and without repetition");
        let ot: Vec<&u16> = all.iter().filter(|it| is_ot(**it)).collect();
        assert!(ot.is_empty(), "{ot:?}");
        assert_eq!(all.len(), 1_000);
    }

    #[test]
    fn each_profile_asks_what_the_gentler_one_asks_and_nothing_twice() {
        let mut before = BTreeSet::new();
        for profile in PROFILES {
            let ports = of(profile, &ProbeSelection::All, false);
            let set: BTreeSet<u16> = ports.iter().copied().collect();
            assert_eq!(set.len(), ports.len());
            assert!(set.is_superset(&before));
            before = set;
        }
        assert_eq!(before.len() + (1..=u16::MAX).filter(|it| is_ot(*it)).count(), 65_535);
    }

    #[test]
    fn industrial_ports_are_asked_only_where_a_network_is_marked() {
        for profile in PROFILES {
            assert!(of(profile, &ProbeSelection::All, false).iter().all(|it| !is_ot(*it)));
            assert!(of(profile, &ProbeSelection::All, true).contains(&502));
        }
        for port in [102, 502, 1911, 2404, 4840, 20000, 44818, 47808] {
            assert!(is_ot(port), "{port}");
        }
    }

    #[test]
    fn printing_ports_are_known_to_everybody() {
        let print: Vec<u16> = (0..=u16::MAX).filter(|it| is_print(*it)).collect();
        assert_eq!(print, [515, 9100, 9101, 9102, 9103, 9104, 9105, 9106, 9107]);
        let is_told = |it: &&&crate::probes::Probe| match &it.method {
            Method::Stream(it) => it.ports.iter().chain(it.tls_ports).any(|it| is_print(*it)),
            Method::Datagram(it) => is_print(it.port),
            Method::Packet | Method::Session => false,
        };
        let telling: Vec<&str> = PROBES.iter().filter(is_told).map(|it| it.id).collect();
        assert_eq!(telling, [""; 0], "no probe sends a byte to a printing port");
    }

    #[test]
    fn discovery_alone_asks_no_port_and_chosen_probes_only_theirs() {
        assert!(of(ScanProfile::Deep, &ProbeSelection::Discovery, true).is_empty());
        let none = ProbeSelection::Only(vec!["no_such_probe".into()]);
        assert!(of(ScanProfile::Gentle, &none, false).is_empty());
    }

    #[test]
    fn a_port_belongs_to_the_first_profile_that_asks_it() {
        for profile in PROFILES {
            let tiers = Tier::of_profile(profile);
            let strays: Vec<u16> = of(profile, &ProbeSelection::All, true)
                .into_iter()
                .filter(|it| !tiers.contains(&tier(*it)))
                .collect();
            assert_eq!(strays, [0_u16; 0], "{profile:?}");
        }
    }
}
