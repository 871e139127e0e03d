//! Replaces names of hosts and persons and all addresses, consistently over the whole recording.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use kataster_agent::host::{Exchange, LinkState, Reply, Request, RouteState};

const HOST_NAME: &str = "sample";
/// Files of addresses and names that no other file repeats in this form.
const HOSTS_PATH: &str = "/etc/hosts";
const RESOLVER_FILES: [&str; 2] = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"];
/// Places whose pieces are kept.
const PACKAGE_DATABASES: &[&str] =
    &["/snap/", "/usr/lib/sysimage/rpm/", "/usr/share/rpm/", "/var/lib/apt/", "/var/lib/rpm/"];
const PASSWD_PATH: &str = "/etc/passwd";
const SHADOW_PATH: &str = "/etc/shadow";
const LOGIN_DEFS_PATH: &str = "/etc/login.defs";
const MOUNTINFO_PATHS: [&str; 2] = ["/proc/1/mountinfo", "/proc/self/mountinfo"];
const PERSON_UIDS: std::ops::RangeInclusive<u32> = 1000..=60_000;

/// The same exchanges with every name and address replaced, and `texts` at last.
pub(crate) fn everything(exchanges: Vec<Exchange>, texts: &[(String, String)]) -> Vec<Exchange> {
    let mut addresses = Addresses::default();
    let own_name = own_name(&exchanges);
    let persons = persons(&exchanges);
    let replaced = exchanges.into_iter().filter_map(|mut exchange| {
        match (&exchange.request, &mut exchange.reply) {
            // A certificate names people and places; a constructed one serves better.
            (Request::ServedCertificate { .. }, Ok(_)) => return None,
            // What lies in homes and products is told by trees, parts and hashes that nobody can read over
            // before checking them in; the databases of package managers name no person.
            (Request::FileHash { .. } | Request::Tree { .. }, _) => return None,
            (Request::FilePart { path, .. }, _)
                if !PACKAGE_DATABASES.iter().any(|it| path.starts_with(it)) =>
            {
                return None;
            }
            (Request::File { path, .. }, Ok(Reply::File(bytes))) => {
                let text = String::from_utf8_lossy(bytes).into_owned();
                if let Some(new) = file(path, &text, &own_name, &mut addresses) {
                    *bytes = new.into_bytes();
                }
            }
            (_, Ok(reply)) => addresses.replace_in(reply, &own_name),
            (_, Err(_)) => {}
        }
        rewrite(&exchange, |text| {
            let text = hardware_addresses(text);
            let text = persons.iter().fold(text, |text, (old, new)| words(&text, old, new));
            texts.iter().fold(text, |text, (old, new)| text.replace(old, new))
        })
    });
    replaced.collect()
}

/// Through JSON, so that every text of every kind of answer is reached.
fn rewrite(exchange: &Exchange, change: impl Fn(&str) -> String) -> Option<Exchange> {
    fn walk(value: &mut serde_json::Value, change: &impl Fn(&str) -> String) {
        use serde_json::Value;
        match value {
            Value::String(text) if !text.starts_with("base64:") => *text = change(text),
            Value::Array(values) => values.iter_mut().for_each(|it| walk(it, change)),
            Value::Object(fields) => fields.values_mut().for_each(|it| walk(it, change)),
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    let mut value = serde_json::to_value(exchange).ok()?;
    walk(&mut value, &change);
    serde_json::from_value(value).ok()
}

fn own_name(exchanges: &[Exchange]) -> String {
    let name = exchanges.iter().find_map(|it| match &it.reply {
        Ok(Reply::SystemNames(names)) => Some(names.node.clone()),
        _ => None,
    });
    name.unwrap_or_default()
}

/// Login names of persons with their replacements.
fn persons(exchanges: &[Exchange]) -> Vec<(String, String)> {
    let mut persons = Vec::new();
    for exchange in exchanges {
        let (Request::File { path, .. }, Ok(Reply::File(bytes))) =
            (&exchange.request, &exchange.reply)
        else {
            continue;
        };
        if path == PASSWD_PATH {
            for line in String::from_utf8_lossy(bytes).lines() {
                let mut fields = line.split(':');
                let (Some(name), Some(uid)) = (fields.next(), fields.nth(1)) else { continue };
                if uid.parse().is_ok_and(|it: u32| PERSON_UIDS.contains(&it)) {
                    persons.push((name.to_owned(), format!("person{}", persons.len() + 1)));
                }
            }
        }
    }
    persons
}

/// Files with a form of their own; none for all others.
fn file(path: &str, text: &str, own_name: &str, addresses: &mut Addresses) -> Option<String> {
    if RESOLVER_FILES.contains(&path) {
        let lines = text.lines().filter_map(|line| resolver_line(line, addresses));
        return Some(lines.map(|it| it + "\n").collect());
    }
    match path {
        "/etc/hostname" => Some(format!("{HOST_NAME}\n")),
        HOSTS_PATH => Some(
            text.lines()
                .filter(|line| line.contains("localhost") || line.contains(own_name))
                .map(|line| words(line, own_name, HOST_NAME) + "\n")
                .collect(),
        ),
        PASSWD_PATH => Some(text.lines().map(without_comment).collect()),
        LOGIN_DEFS_PATH => Some(
            text.lines().filter(|it| it.contains("ID_M")).map(|it| format!("{it}\n")).collect(),
        ),
        // Memory mounted at a place of its own says something of the place and nothing else.
        _ if MOUNTINFO_PATHS.contains(&path) => Some(
            text.lines()
                .filter(|it| !(it.contains(" /mnt/") && it.contains(" - tmpfs ")))
                .map(|it| format!("{it}\n"))
                .collect(),
        ),
        SHADOW_PATH => Some(text.lines().map(without_password).collect()),
        _ => None,
    }
}

fn resolver_line(line: &str, addresses: &mut Addresses) -> Option<String> {
    let (key, value) = line.split_once(char::is_whitespace)?;
    match key {
        "nameserver" => {
            let address = value.trim().parse().ok()?;
            Some(format!("{key} {}", addresses.replacement(address)))
        }
        "search" | "domain" => Some(format!("{key} site.example")),
        _ => None,
    }
}

/// The fifth field of passwd(5) holds the person's name and telephone.
fn without_comment(line: &str) -> String {
    let fields: Vec<&str> = line.split(':').collect();
    let kept = fields.iter().enumerate().map(|(index, it)| if index == 4 { "" } else { it });
    kept.collect::<Vec<_>>().join(":") + "\n"
}

/// The kind of state stays, the hash goes.
fn without_password(line: &str) -> String {
    let fields = line.split(':').enumerate().map(|(index, field)| match index {
        1 if field.starts_with('$') => "$y$j9T$replaced$replaced",
        _ => field,
    });
    fields.collect::<Vec<_>>().join(":") + "\n"
}

/// Replaces whole words only.
fn words(text: &str, old: &str, new: &str) -> String {
    if old.is_empty() {
        return text.to_owned();
    }
    let is_word = |it: char| it.is_alphanumeric() || it == '_';
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(old) {
        let is_whole = !before.chars().next_back().is_some_and(is_word)
            && !after.chars().next().is_some_and(is_word);
        result.push_str(before);
        result.push_str(if is_whole { new } else { old });
        rest = after;
    }
    result + rest
}

/// Keeps the maker's half of each hardware address and replaces the other.
fn hardware_addresses(text: &str) -> String {
    const LENGTH: usize = 17;
    let mut result = text.to_owned();
    for start in 0..text.len().saturating_sub(LENGTH - 1) {
        let Some(word) = text.get(start..start + LENGTH) else { continue };
        let is_address = word.split(':').count() == 6
            && word.split(':').all(|it| it.len() == 2 && u8::from_str_radix(it, 16).is_ok())
            && !["00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"].contains(&word);
        if is_address {
            let sum = word.bytes().fold(7_u32, |sum, it| sum.wrapping_mul(31) + u32::from(it));
            let [_, a, b, c] = sum.to_be_bytes();
            let new = format!("{}{a:02x}:{b:02x}:{c:02x}", word.get(..9).unwrap_or_default());
            result.replace_range(start..start + LENGTH, &new);
        }
    }
    result
}

/// Gives each network a documentation network.
#[derive(Default)]
struct Addresses {
    networks: BTreeMap<[u8; 3], u8>,
    prefixes: BTreeMap<[u16; 4], u16>,
    hosts: BTreeMap<[u16; 4], u16>,
}

impl Addresses {
    fn replacement(&mut self, address: IpAddr) -> IpAddr {
        match address {
            IpAddr::V4(it) if it.is_loopback() || it.is_unspecified() || it.is_link_local() => {
                address
            }
            IpAddr::V4(it) => IpAddr::V4(self.replacement_v4(it)),
            IpAddr::V6(it) if it.is_loopback() || it.is_unspecified() => address,
            IpAddr::V6(it) => IpAddr::V6(self.replacement_v6(it)),
        }
    }

    fn replacement_v4(&mut self, address: Ipv4Addr) -> Ipv4Addr {
        let [a, b, c, host] = address.octets();
        let next = u8::try_from(self.networks.len()).unwrap_or(u8::MAX);
        match *self.networks.entry([a, b, c]).or_insert(next) {
            0 => Ipv4Addr::new(192, 0, 2, host),
            1 => Ipv4Addr::new(198, 51, 100, host),
            2 => Ipv4Addr::new(203, 0, 113, host),
            other => Ipv4Addr::new(10, 255, other, host),
        }
    }

    /// The second half may be made from the hardware address.
    fn replacement_v6(&mut self, address: Ipv6Addr) -> Ipv6Addr {
        let [a, b, c, d, e, f, g, h] = address.segments();
        let next = u16::try_from(self.hosts.len() + 1).unwrap_or(u16::MAX);
        let host = if [e, f, g, h] == [0; 4] {
            0
        } else {
            *self.hosts.entry([e, f, g, h]).or_insert(next)
        };
        if address.is_unicast_link_local() {
            return Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, host);
        }
        let next = u16::try_from(self.prefixes.len()).unwrap_or(u16::MAX);
        let prefix = *self.prefixes.entry([a, b, c, d]).or_insert(next);
        Ipv6Addr::new(0x2001, 0xdb8, 0, prefix, 0, 0, 0, host)
    }

    fn replace_in(&mut self, reply: &mut Reply, own_name: &str) {
        match reply {
            Reply::SystemNames(names) => names.node = words(&names.node, own_name, HOST_NAME),
            Reply::Links(links) => self.replace_in_links(links),
            Reply::Routes(routes) => self.replace_in_routes(routes),
            Reply::NetworkOf(network) => {
                self.replace_in_links(&mut network.links);
                self.replace_in_routes(&mut network.routes);
            }
            Reply::Neighbours(neighbours) => {
                for neighbour in neighbours {
                    neighbour.address = self.replacement(neighbour.address);
                }
            }
            Reply::ManagementNetwork(network) => {
                for address in [&mut network.address, &mut network.gateway].into_iter().flatten() {
                    *address = self.replacement(*address);
                }
            }
            Reply::HeardOnLinks(heard) => {
                for address in heard.iter_mut().flat_map(|it| &mut it.management_addresses) {
                    *address = self.replacement(*address);
                }
            }
            Reply::SampledConnections(sampled) => {
                for (talk, _) in &mut sampled.lines {
                    talk.peer = self.replacement(talk.peer);
                    talk.local = self.replacement(talk.local);
                }
            }
            Reply::DiskHealth(_)
            | Reply::FwupdDevices(_)
            | Reply::LuksHeader(_)
            | Reply::NetworkDriver(_)
            | Reply::ClockState(_)
            | Reply::TpmProperties(_)
            | Reply::File(_)
            | Reply::FileHash(_)
            | Reply::FilePart(_)
            | Reply::Folder(_)
            | Reply::Tree(_)
            | Reply::Link(_)
            | Reply::Status(_)
            | Reply::Space(_)
            | Reply::Rights(_)
            | Reply::Figures(_)
            | Reply::ServedCertificate(_)
            | Reply::Firewall(_)
            | Reply::PasswordGuards(_)
            | Reply::SocketsOf(_) => {}
        }
    }

    fn replace_in_links(&mut self, links: &mut [LinkState]) {
        for address in links.iter_mut().flat_map(|it| &mut it.addresses) {
            address.address = self.replacement(address.address);
        }
    }

    fn replace_in_routes(&mut self, routes: &mut [RouteState]) {
        for route in routes {
            route.destination = self.replacement(route.destination);
            route.gateway = route.gateway.map(|it| self.replacement(it));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file_of(path: &str, text: &str) -> Exchange {
        Exchange {
            request: Request::File { path: path.to_owned(), bytes_max: 0 },
            reply: Ok(Reply::File(text.as_bytes().to_vec())),
        }
    }

    #[test]
    fn a_person_disappears_from_files_and_paths() {
        let link = Exchange {
            request: Request::Link { path: "/proc/7/exe".to_owned() },
            reply: Ok(Reply::Link("/home/alice/bin/tool".to_owned())),
        };
        let exchanges = vec![
            file_of(PASSWD_PATH, "alice:x:1000:1000:Alice A,,:/home/alice:/bin/sh\n"),
            file_of(SHADOW_PATH, "alice:$y$j9T$secret$hash:1:0:9:7:::\ndaemon:*:1:::::\n"),
            link,
        ];
        let text = format!("{:?}", everything(exchanges, &[]));
        assert!(!text.contains("alice") && !text.contains("Alice") && !text.contains("secret"));
        assert!(text.contains("/home/person1/bin/tool"));
    }

    #[test]
    fn addresses_keep_their_networks_and_hardware_addresses_their_maker() {
        let mut addresses = Addresses::default();
        let mut check = |text: &str| addresses.replacement(text.parse().unwrap()).to_string();
        assert_eq!(check("10.1.2.3"), "192.0.2.3");
        assert_eq!(check("10.1.2.1"), "192.0.2.1");
        assert_eq!(check("10.1.3.1"), "198.51.100.1");
        assert_eq!(check("127.0.0.1"), "127.0.0.1");
        assert_eq!(check("2a00:1:2:3:5054:ff:fe12:3456"), "2001:db8::1");
        assert_eq!(check("fe80::5054:ff:fe12:3456"), "fe80::1");
        let new = hardware_addresses("at 52:54:00:12:34:56,");
        assert!(new.starts_with("at 52:54:00:") && !new.contains("12:34:56"), "{new}");
    }

    #[test]
    fn only_whole_words_are_names() {
        assert_eq!(words("vm vms /vm/ avm", "vm", "sample"), "sample vms /sample/ avm");
    }

    #[test]
    fn the_files_of_names_and_resolvers_are_written_anew() {
        let names = kataster_agent::host::SystemNames {
            system: "Linux".to_owned(),
            node: "alpha".to_owned(),
            release: String::new(),
            version: String::new(),
            machine: String::new(),
        };
        let own = Exchange { request: Request::SystemNames, reply: Ok(Reply::SystemNames(names)) };
        let exchanges = vec![
            own,
            file_of(
                HOSTS_PATH,
                "127.0.0.1 localhost\n127.0.1.1 alpha.corp.test alpha\n10.0.0.9 nas\n",
            ),
            file_of("/etc/resolv.conf", "# by x\nsearch corp.test\nnameserver 10.0.0.53\n"),
        ];
        let text =
            format!("{:?}", everything(exchanges, &[("corp.test".into(), "a.example".into())]));
        assert!(!text.contains("alpha") && !text.contains("corp") && !text.contains("nas"));
    }
}
