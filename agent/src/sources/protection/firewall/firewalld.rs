//! What firewalld is set to (firewalld.conf(5), firewalld.zone(5), firewalld.service(5)).
//!
//! Only the default zone is read: interfaces that no other zone names are in it.

use observation::latest::{
    Absent, FirewallKind, FirewallPolicy, FirewallState, OpenToAny, Transport,
};

use crate::host::{Ask, Host};

const CONFIGURATION_PATH: &str = "/etc/firewalld/firewalld.conf";
/// Files of the administrator go before those of the package.
const FOLDERS: [&str; 2] = ["/etc/firewalld", "/usr/lib/firewalld"];
/// The zone that is the default where the configuration names none.
const ZONE: &str = "public";
/// Most bytes of a zone or service.
const FILE_BYTES_MAX: u64 = 256 * 1024;
/// Most services of a zone that are looked up.
const SERVICES_MAX: usize = 200;

/// What its configuration says. `has_table` is whether its table is in the kernel; none: unknown.
pub(super) fn state(host: &dyn Host, has_table: Option<bool>) -> Result<FirewallState, Absent> {
    let text = host.text(CONFIGURATION_PATH)?;
    let named = text.lines().rev().find_map(|it| it.trim().strip_prefix("DefaultZone="));
    let zone = named.map(str::trim).filter(|it| is_name(it)).unwrap_or(ZONE);
    let zone_file = file(host, "zones", zone)?;
    let (mut rule_count, mut open_to_any, mut services) = (0_u32, Vec::new(), 0);
    let mut target = "default".to_owned();
    for (tag, attributes) in elements(&zone_file) {
        match tag {
            "zone" => target = value(attributes, "target").unwrap_or("default").to_lowercase(),
            "port" => open_to_any.extend(open(attributes)),
            "service" if services < SERVICES_MAX => {
                services += 1;
                let Some(name) = value(attributes, "name").filter(|it| is_name(it)) else {
                    continue;
                };
                let service = file(host, "services", name).unwrap_or_default();
                let ports = elements(&service).filter(|it| it.0 == "port");
                // A service with a destination holds for packets to one address alone.
                let has_destination = elements(&service).any(|it| it.0 == "destination");
                open_to_any.extend(ports.filter_map(|it| open(it.1)).filter(|_| !has_destination));
            }
            "rule" | "source-port" | "protocol" | "forward-port" | "masquerade" => {}
            _ => continue,
        }
        rule_count += u32::from(tag != "zone");
    }
    if target == "accept" {
        open_to_any.push(OpenToAny { transport: None, first_port: 0, last_port: u16::MAX });
    }
    Ok(FirewallState {
        kind: FirewallKind::Firewalld,
        is_active: has_table,
        policies: vec![FirewallPolicy {
            hook: "input".to_owned(),
            family: None,
            table: Some(zone.to_owned()),
            policy: target.trim_matches('%').to_owned(),
        }],
        rule_count: Some(rule_count),
        open_to_any,
    })
}

/// A zone or service by its name, as text without comments.
fn file(host: &dyn Host, kind: &str, name: &str) -> Result<String, Absent> {
    let mut answer = Err(Absent::NotHere { looked_at: format!("{kind}/{name}.xml") });
    for folder in FOLDERS {
        answer = host.bytes(&format!("{folder}/{kind}/{name}.xml"), FILE_BYTES_MAX);
        if !matches!(answer, Err(Absent::NotHere { .. })) {
            break;
        }
    }
    Ok(without_comments(&String::from_utf8_lossy(&answer?)))
}

/// A name of a zone or service leads to no other folder.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_".contains(&it))
}

fn without_comments(text: &str) -> String {
    let mut rest = text;
    let mut kept = String::new();
    while let Some((before, comment)) = rest.split_once("<!--") {
        kept.push_str(before);
        rest = comment.split_once("-->").map_or("", |it| it.1);
    }
    kept.push_str(rest);
    kept
}

/// The elements that open, with the text of their attributes. firewalld's files are flat and small; that
/// is all of XML that they need.
fn elements(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split('<').skip(1).filter_map(|it| {
        let (inside, _) = it.split_once('>')?;
        let inside = inside.trim_end_matches('/').trim_end();
        let (tag, attributes) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
        (!tag.is_empty() && !tag.starts_with(['/', '?', '!'])).then_some((tag, attributes))
    })
}

/// The value of an attribute, in either kind of quotes.
fn value<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = attributes;
    loop {
        let (key, behind) = rest.split_once('=')?;
        let behind = behind.trim_start();
        let quote = behind.chars().next().filter(|it| matches!(it, '"' | '\''))?;
        let (value, after) = behind.get(1..)?.split_once(quote)?;
        if key.trim() == name {
            return Some(value);
        }
        rest = after;
    }
}

fn open(attributes: &str) -> Option<OpenToAny> {
    let transport = match value(attributes, "protocol")? {
        "tcp" => Transport::Tcp,
        "udp" => Transport::Udp,
        _ => return None,
    };
    let ports = value(attributes, "port")?;
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    Some(OpenToAny {
        transport: Some(transport),
        first_port: first.parse().ok()?,
        last_port: last.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::MapHost;

    /// Real: firewalld 1.3.3 of Debian 12.
    const PUBLIC: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<zone>\n  <short>Public</short>\n  \
        <description>For use in public areas.</description>\n  <service name=\"ssh\"/>\n  \
        <service name=\"dhcpv6-client\"/>\n  <forward/>\n</zone>\n";
    /// Real, as above.
    const SSH: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<service>\n  <short>SSH</short>\n  \
        <port protocol=\"tcp\" port=\"22\"/>\n</service>\n";
    /// Real, as above.
    const DHCP: &str = "<service>\n  <short>DHCPv6 Client</short>\n  <port protocol=\"udp\" port=\"546\"/>\n  \
        <destination ipv6=\"fe80::/64\"/>\n</service>\n";

    fn machine(configuration: &str) -> MapHost {
        MapHost::new()
            .file(CONFIGURATION_PATH, configuration)
            .file("/usr/lib/firewalld/zones/public.xml", PUBLIC)
            .file("/usr/lib/firewalld/services/ssh.xml", SSH)
            .file("/usr/lib/firewalld/services/dhcpv6-client.xml", DHCP)
    }

    fn ports(state: &FirewallState) -> Vec<(Option<Transport>, u16, u16)> {
        state.open_to_any.iter().map(|it| (it.transport, it.first_port, it.last_port)).collect()
    }

    #[test]
    fn services_of_the_default_zone_are_open() {
        let state = state(&machine("# x\nDefaultZone=public\n"), Some(true)).unwrap();
        assert_eq!(ports(&state), [(Some(Transport::Tcp), 22, 22)]);
        assert_eq!((state.is_active, state.rule_count), (Some(true), Some(2)));
        let policy = &state.policies[0];
        assert_eq!((policy.table.as_deref(), &*policy.policy), (Some("public"), "default"));
    }

    #[test]
    fn the_administrators_zone_goes_before_that_of_the_package() {
        let zone = "<zone target='%%REJECT%%'><!-- <port port=\"1\" protocol=\"tcp\"/> -->\
            <port protocol='udp' port='5000-5010'/><port port=\"x\" protocol=\"tcp\"/>\
            <rule family=\"ipv4\"><accept/></rule></zone>";
        let host = machine("").file("/etc/firewalld/zones/public.xml", zone);
        let state = state(&host, None).unwrap();
        assert_eq!(ports(&state), [(Some(Transport::Udp), 5000, 5010)]);
        assert_eq!(&*state.policies[0].policy, "reject");
        assert_eq!((state.is_active, state.rule_count), (None, Some(3)));
    }

    #[test]
    fn a_zone_that_accepts_is_open_to_everything() {
        let host = machine("DefaultZone=trusted\n")
            .file("/usr/lib/firewalld/zones/trusted.xml", "<zone target=\"ACCEPT\"></zone>");
        assert_eq!(ports(&state(&host, None).unwrap()), [(None, 0, u16::MAX)]);
    }

    #[test]
    fn names_do_not_lead_elsewhere_and_what_is_missing_is_said() {
        let host = machine("DefaultZone=../../shadow\n");
        assert_eq!(state(&host, None).unwrap().policies[0].table.as_deref(), Some("public"));
        let reason = state(&machine("DefaultZone=none\n"), None).unwrap_err();
        assert!(matches!(reason, Absent::NotHere { looked_at } if looked_at.contains("none.xml")));
        assert!(state(&MapHost::new(), None).is_err());
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(zone in "(<|>|/|!--|-->|port|service|zone|=|\"|'| |name|protocol|tcp|\\PC){0,60}") {
            let host = machine("").file("/etc/firewalld/zones/public.xml", &zone);
            let _ = state(&host, None);
        }
    }
}
