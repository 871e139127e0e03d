//! Private networks over others (VPN) that the machine is set up for: WireGuard, OpenVPN, strongSwan,
//! NetworkManager. Of keys only the fingerprint of public ones leaves; private keys are passed over.

use data_encoding::BASE64;
use observation::ContentHash;
use observation::latest::{
    Absent, Cadence, Complaint, Fact, Gap, Platform, SourceId, VpnPeer, VpnProfile,
};

use crate::host::Ask;
use crate::sources::attribute::printable;
use crate::sources::context::Context;
use crate::sources::persons::Persons;
use crate::sources::{Found, Source, drop_ins, ini};

/// Private networks.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("network.vpn"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const NETWORK_MANAGER: &str = "/etc/NetworkManager/system-connections";
/// Where profiles stand: folder, ending, and who reads them.
const FOLDERS: &[(&str, &str, Reader)] = &[
    (NETWORK_MANAGER, "", of_network_manager),
    ("/etc/openvpn", ".conf", of_openvpn),
    ("/etc/openvpn/client", ".conf", of_openvpn),
    ("/etc/openvpn/server", ".conf", of_openvpn),
    ("/etc/swanctl/conf.d", ".conf", of_swanctl),
    ("/etc/wireguard", ".conf", of_wireguard),
];
/// Single files.
const FILES: &[(&str, Reader)] =
    &[("/etc/ipsec.conf", of_ipsec), ("/etc/swanctl/swanctl.conf", of_swanctl)];
/// Most peers of one profile; a reader takes one more, so that it is seen that there are more.
const PEERS_MAX: usize = 1_000;
/// Most profiles of one file; likewise.
const PROFILES_MAX: usize = 500;

/// Reads the profiles of a file; the first text is the name of the file without its ending.
type Reader = fn(&str, &str) -> Vec<VpnProfile>;

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let host = context.host;
    let persons = Persons::read_or_none(host, context.names);
    let mut found = Found::default();
    let mut gaps = Vec::new();
    let mut texts: Vec<(Reader, String, String)> = Vec::new();
    for (folder, ending, reader) in FOLDERS {
        match host.names(folder) {
            Ok(names) => {
                let count = names.iter().filter(|it| it.ends_with(ending)).count();
                more(&mut found, folder, "files", count, drop_ins::FILES_MAX);
            }
            Err(reason @ Absent::NotAllowed { .. }) => {
                gaps.push(Gap { field: String::new(), of: None, reason });
            }
            // What is no folder has no profiles.
            Err(_) => {}
        }
        let read = drop_ins::texts(host, drop_ins::paths(host, &[folder], ending), &mut gaps);
        texts.extend(read.into_iter().map(|(path, text)| (*reader, path, text)));
    }
    for (path, reader) in FILES {
        let read = drop_ins::texts(host, [(*path).to_owned()], &mut gaps);
        texts.extend(read.into_iter().map(|(path, text)| (*reader, path, text)));
    }
    for (reader, path, text) in texts {
        let file = path.rsplit('/').next().unwrap_or_default();
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        let profiles = reader(stem, &text);
        let folder = path.rsplit_once('/').map_or(&*path, |(folder, _)| folder);
        more(&mut found, folder, "profiles or more in one file", profiles.len(), PROFILES_MAX);
        for mut profile in profiles.into_iter().take(PROFILES_MAX) {
            let peers = profile.peers.len();
            more(&mut found, folder, "peers or more of one profile", peers, PEERS_MAX);
            profile.peers.truncate(PEERS_MAX);
            // A profile often bears the name of whom it was made for.
            let bare = persons.path(&format!("/{}", profile.name));
            profile.name = bare.trim_start_matches('/').to_owned();
            profile.place = match path.rsplit_once('/') {
                Some((folder, _)) if persons.path(&format!("/{stem}")) != format!("/{stem}") => {
                    folder.to_owned()
                }
                _ if profile.manager == "NetworkManager" => NETWORK_MANAGER.to_owned(),
                _ => path.clone(),
            };
            found.facts.push(Fact::VpnProfile(profile));
        }
    }
    for gap in gaps {
        found.gaps.push(Gap {
            field: "vpn_profile".to_owned(),
            of: None,
            reason: folder_of(gap.reason),
        });
    }
    if found.facts.is_empty() && found.gaps.is_empty() {
        let looked_at = FOLDERS.iter().map(|it| it.0).chain(FILES.iter().map(|it| it.0));
        return Err(Absent::NotHere { looked_at: looked_at.collect::<Vec<_>>().join(", ") });
    }
    Ok(found)
}

/// A list that is cut off says so. The name of a file may be that of a person, so the folder is told.
fn more(found: &mut Found, folder: &str, what: &str, count: usize, most: usize) {
    if count > most {
        let problem = format!("{count} {what}, of which the first {most} are told");
        found.complaints.push(Complaint { place: folder.to_owned(), problem });
    }
}

/// The reason with the folder in place of the file, whose name may be that of a person or a network.
fn folder_of(reason: Absent) -> Absent {
    let folder = |path: &str| {
        let is_folder = FOLDERS.iter().any(|it| it.0 == path);
        let parent = path.rsplit_once('/').map_or(path, |(folder, _)| folder);
        if is_folder { path.to_owned() } else { parent.to_owned() }
    };
    match reason {
        Absent::NotAllowed { what, needs } => Absent::NotAllowed { what: folder(&what), needs },
        Absent::Failed { doing, cause } => Absent::Failed { doing: folder(&doing), cause },
        other @ (Absent::NotHere { .. } | Absent::NotLookedAt { .. } | Absent::TimedOut { .. }) => {
            other
        }
    }
}

fn profile(name: &str, kind: &str, manager: &str) -> VpnProfile {
    VpnProfile {
        name: printable(name),
        kind: printable(kind),
        manager: manager.to_owned(),
        listen_port: None,
        addresses: Vec::new(),
        peers: Vec::new(),
        place: String::new(),
    }
}

const fn peer() -> VpnPeer {
    VpnPeer { host: None, port: None, transport: None, networks: Vec::new(), key_fingerprint: None }
}

/// `host:port`, `[2001:db8::1]:port`.
fn endpoint(text: &str) -> (Option<String>, Option<u16>) {
    let text = text.trim();
    if let Some((host, port)) = text.strip_prefix('[').and_then(|it| it.split_once(']')) {
        return (Some(printable(host)), port.trim_start_matches(':').parse().ok());
    }
    match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') => (Some(printable(host)), port.parse().ok()),
        _ => (Some(printable(text)).filter(|it| !it.is_empty()), None),
    }
}

fn list(text: &str, separators: &[char]) -> Vec<String> {
    text.split(separators).map(printable).filter(|it| !it.is_empty()).collect()
}

/// SHA-256 of the 32 bytes of a public key of WireGuard.
fn fingerprint(text: &str) -> Option<ContentHash> {
    let key = BASE64.decode(text.as_bytes()).ok().filter(|it| it.len() == 32)?;
    Some(ContentHash::of(&key))
}

/// wg-quick(8): one `[Interface]`, many `[Peer]`.
fn of_wireguard(name: &str, text: &str) -> Vec<VpnProfile> {
    let mut found = profile(name, "wireguard", "wg-quick");
    let mut lines = text.lines().map(|it| it.split('#').next().unwrap_or_default().trim());
    let mut is_peer = false;
    for line in lines.by_ref() {
        if line.starts_with('[') {
            is_peer = line.eq_ignore_ascii_case("[peer]");
            if is_peer && found.peers.len() <= PEERS_MAX {
                found.peers.push(peer());
            }
            continue;
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        let value = value.trim();
        match (is_peer, key.trim().to_ascii_lowercase().as_str(), found.peers.last_mut()) {
            (false, "address", _) => found.addresses.extend(list(value, &[','])),
            (false, "listenport", _) => found.listen_port = value.parse().ok(),
            (true, "publickey", Some(peer)) => peer.key_fingerprint = fingerprint(value),
            (true, "allowedips", Some(peer)) => peer.networks.extend(list(value, &[','])),
            (true, "endpoint", Some(peer)) => (peer.host, peer.port) = endpoint(value),
            _ => {}
        }
    }
    vec![found]
}

/// openvpn(8): words by lines; keys stand in blocks of `<…>` or in files of their own.
fn of_openvpn(name: &str, text: &str) -> Vec<VpnProfile> {
    let mut found = profile(name, "openvpn", "openvpn");
    let (mut protocol, mut port, mut is_server) = (None, None, false);
    let mut block: Option<String> = None;
    for line in text.lines().map(str::trim) {
        if let Some(end) = &block {
            if line == end {
                block = None;
            }
            continue;
        }
        // A block of a connection holds plain lines.
        if let Some(tag) = line.strip_prefix('<').and_then(|it| it.strip_suffix('>')) {
            if tag != "connection" && tag != "/connection" {
                block = Some(format!("</{tag}>"));
            }
            continue;
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        match *words {
            ["remote", host, ref rest @ ..] if found.peers.len() <= PEERS_MAX => {
                let port = rest.first().and_then(|it| it.parse().ok());
                let transport = rest.get(1).map(|it| printable(it));
                found.peers.push(VpnPeer {
                    host: Some(printable(host)),
                    port,
                    transport,
                    ..peer()
                });
            }
            ["proto", it, ..] => protocol = Some(printable(it)),
            ["port" | "lport" | "rport", it, ..] => port = it.parse().ok(),
            ["server" | "server-ipv6" | "ifconfig", ref rest @ ..] => {
                is_server |= words.first().is_some_and(|it| it.starts_with("server"));
                found.addresses.push(printable(&rest.join(" ")));
            }
            ["mode", "server", ..] => is_server = true,
            _ => {}
        }
    }
    for peer in &mut found.peers {
        peer.port = peer.port.or(port);
        peer.transport = peer.transport.take().or_else(|| protocol.clone());
    }
    if is_server {
        // openvpn(8): 1194 where nothing else is said.
        found.listen_port = port.or(Some(1194));
    }
    let says_anything = is_server || !found.peers.is_empty() || !found.addresses.is_empty();
    says_anything.then_some(found).into_iter().collect()
}

/// ipsec.conf(5): `conn NAME` and indented `key=value` lines.
fn of_ipsec(_: &str, text: &str) -> Vec<VpnProfile> {
    let mut profiles: Vec<VpnProfile> = Vec::new();
    let mut is_conn = false;
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default();
        let is_indented = line.starts_with(char::is_whitespace);
        let line = line.trim();
        if !is_indented && !line.is_empty() {
            let name = line.strip_prefix("conn ").map(str::trim);
            is_conn = name.is_some_and(|it| it != "%default");
            if let Some(name) = name.filter(|_| is_conn && profiles.len() <= PROFILES_MAX) {
                let mut found = profile(name, "ipsec", "strongswan");
                found.peers.push(peer());
                profiles.push(found);
            }
        } else if let (true, Some((key, value))) = (is_conn, line.split_once('=')) {
            let Some(found) = profiles.last_mut() else { continue };
            let value = ini::unquoted(value.trim());
            match (key.trim(), found.peers.last_mut()) {
                ("right", Some(peer)) if !value.starts_with('%') => {
                    peer.host = Some(printable(value))
                }
                ("rightsubnet", Some(peer)) => peer.networks = list(value, &[',']),
                ("leftsubnet" | "leftsourceip", _) => found.addresses.extend(list(value, &[','])),
                _ => {}
            }
        }
    }
    profiles
}

/// swanctl.conf(5): `connections { NAME { remote_addrs = … children { … } } }`.
fn of_swanctl(_: &str, text: &str) -> Vec<VpnProfile> {
    let mut profiles: Vec<VpnProfile> = Vec::new();
    let mut blocks: Vec<String> = Vec::new();
    let lines = text.lines().map(|it| it.split('#').next().unwrap_or_default());
    let text = lines.collect::<Vec<_>>().join("\n").replace('{', "{\n").replace('}', "\n}\n");
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_suffix('{') {
            blocks.push(name.trim().to_owned());
            if let [top, name] = &*blocks
                && top == "connections"
                && profiles.len() <= PROFILES_MAX
            {
                let mut found = profile(name, "ipsec", "strongswan");
                found.peers.push(peer());
                profiles.push(found);
            }
        } else if line == "}" {
            blocks.pop();
        } else if let Some((key, value)) = line.split_once('=') {
            let is_connection = blocks.first().is_some_and(|it| it == "connections");
            let Some(found) = profiles.last_mut().filter(|_| is_connection) else { continue };
            match (key.trim(), found.peers.last_mut()) {
                ("remote_addrs", Some(peer)) => peer.host = Some(printable(value)),
                ("remote_ts", Some(peer)) => peer.networks.extend(list(value, &[','])),
                ("remote_port", Some(peer)) => peer.port = value.trim().parse().ok(),
                ("local_ts" | "vips", _) => found.addresses.extend(list(value, &[','])),
                _ => {}
            }
        }
    }
    profiles
}

/// nm-settings-keyfile(5): type `vpn` with the name of its plugin, or type `wireguard`.
fn of_network_manager(_: &str, text: &str) -> Vec<VpnProfile> {
    let value =
        |section: &str, key: &str| ini::last(text, section, key).filter(|it| !it.is_empty());
    let name = value("connection", "id").unwrap_or_default();
    match value("connection", "type") {
        Some("vpn") => {
            let service = value("vpn", "service-type").unwrap_or_default();
            let kind = service.rsplit('.').next().unwrap_or_default();
            let mut found = profile(name, kind, "NetworkManager");
            let remote = ["remote", "gateway", "address", "right", "IPSec gateway"];
            let remote = remote.into_iter().find_map(|it| value("vpn", it));
            for text in list(remote.unwrap_or_default(), &[',', ' ']) {
                // The transport may stand behind the port.
                let text = text.trim_end_matches(":udp").trim_end_matches(":tcp").to_owned();
                let (host, port) = endpoint(&text);
                let port = port.or_else(|| value("vpn", "port")?.parse().ok());
                found.peers.push(VpnPeer { host, port, ..peer() });
            }
            vec![found]
        }
        Some("wireguard") => {
            let mut found = profile(name, "wireguard", "NetworkManager");
            found.listen_port = value("wireguard", "listen-port").and_then(|it| it.parse().ok());
            found.addresses = value("ipv4", "address1").map(printable).into_iter().collect();
            let mut section = "";
            for line in ini::lines(text) {
                let Some(key) = line.section.strip_prefix("wireguard-peer.") else { continue };
                if section != line.section && found.peers.len() <= PEERS_MAX {
                    found.peers.push(VpnPeer { key_fingerprint: fingerprint(key), ..peer() });
                }
                section = line.section;
                match (line.key, found.peers.last_mut()) {
                    ("endpoint", Some(peer)) => (peer.host, peer.port) = endpoint(line.value),
                    ("allowed-ips", Some(peer)) => peer.networks = list(line.value, &[';']),
                    _ => {}
                }
            }
            vec![found]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    const KEY: &str = "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=";
    const PASSWD: &str = "alice:x:1000:1000::/home/alice:/bin/sh\n";

    fn check(files: &[(&str, &str)]) -> Vec<VpnProfile> {
        let host = MapHost::new().file("/etc/passwd", PASSWD);
        let host = files.iter().fold(host, |host, (path, text)| host.file(path, text));
        let found = with_context(&host, observe).unwrap();
        let text = format!("{found:?}");
        assert!(!text.contains("CANARY") && !text.contains("alice"), "{text}");
        let profile = |it| {
            let Fact::VpnProfile(it) = it else { panic!("{it:?}") };
            it
        };
        found.facts.into_iter().map(profile).collect()
    }

    /// Constructed from wg-quick(8) and wg(8).
    #[test]
    fn a_network_of_wireguard_names_its_ends_and_no_private_key() {
        let text = format!(
            "[Interface]\nAddress = 10.7.0.2/24, fd00::2/64\nPrivateKey = CANARY=\nListenPort=51820\n\
             PostUp = echo CANARY\n[Peer]\nPublicKey = {KEY}\nPresharedKey = CANARY=\n\
             AllowedIPs = 10.7.0.0/24,192.0.2.0/24 # x\nEndpoint = vpn.firma.example:51820\n\
             [peer]\nEndpoint=[2001:db8::1]:7\nPublicKey = short\n"
        );
        let profiles = check(&[("/etc/wireguard/wg0.conf", &text)]);
        let expected = VpnProfile {
            listen_port: Some(51820),
            addresses: vec!["10.7.0.2/24".to_owned(), "fd00::2/64".to_owned()],
            peers: vec![
                VpnPeer {
                    host: Some("vpn.firma.example".to_owned()),
                    port: Some(51820),
                    networks: vec!["10.7.0.0/24".to_owned(), "192.0.2.0/24".to_owned()],
                    key_fingerprint: fingerprint(KEY),
                    ..peer()
                },
                VpnPeer { host: Some("2001:db8::1".to_owned()), port: Some(7), ..peer() },
            ],
            place: "/etc/wireguard/wg0.conf".to_owned(),
            ..profile("wg0", "wireguard", "wg-quick")
        };
        assert_eq!(profiles, [expected]);
        assert!(profiles[0].peers[0].key_fingerprint.is_some());
    }

    /// Constructed from openvpn(8).
    #[test]
    fn openvpn_is_client_or_server() {
        let client = "client\nproto udp\nremote vpn1 1195 tcp\nremote vpn2\nport 1200\n\
            <key>\nremote CANARY\n</key>\nauth-user-pass /CANARY\n";
        let server = "server 10.8.0.0 255.255.255.0\nproto udp\n;port 1\nsecret CANARY\n";
        let profiles = check(&[
            ("/etc/openvpn/client/alice.conf", client),
            ("/etc/openvpn/server/s.conf", server),
            ("/etc/openvpn/empty.conf", "# nothing\n"),
        ]);
        assert_eq!(profiles.len(), 2);
        assert!(profiles[0].name.starts_with("p-"));
        assert_eq!(profiles[0].place, "/etc/openvpn/client");
        let ends: Vec<_> =
            profiles[0].peers.iter().map(|it| (it.port, it.transport.as_deref())).collect();
        assert_eq!(ends, [(Some(1195), Some("tcp")), (Some(1200), Some("udp"))]);
        assert_eq!(profiles[1].listen_port, Some(1194));
        assert_eq!(profiles[1].addresses, ["10.8.0.0 255.255.255.0"]);
    }

    /// Constructed from ipsec.conf(5) and swanctl.conf(5).
    #[test]
    fn strongswan_is_read_in_both_of_its_ways() {
        let old = "config setup\n  right=CANARY\nconn %default\n  right=CANARY\nconn office\n\
            \tleftsubnet=10.1.0.0/16\n  right=vpn.firma.example\n  rightsubnet=10.2.0.0/16,10.3.0.0/16\n\
            conn road\n  right=%any\n";
        let new = "connections { net { remote_addrs = 192.0.2.1\n children { a {\n remote_ts = 10.9.0.0/16\n}}}}\n\
            secrets { ike { secret = CANARY } }\n";
        let profiles = check(&[("/etc/ipsec.conf", old), ("/etc/swanctl/conf.d/x.conf", new)]);
        let said: Vec<_> = profiles
            .iter()
            .map(|it| (it.name.as_str(), it.peers[0].host.as_deref(), it.peers[0].networks.len()))
            .collect();
        let mut said = said;
        said.sort_unstable();
        assert_eq!(
            said,
            [
                ("net", Some("192.0.2.1"), 1),
                ("office", Some("vpn.firma.example"), 2),
                ("road", None, 0)
            ]
        );
    }

    /// Constructed from nm-settings-keyfile(5).
    #[test]
    fn network_manager_names_plugin_and_gateway() {
        let folder = "/etc/NetworkManager/system-connections";
        let vpn = "[connection]\nid=Firma\ntype=vpn\n[vpn]\nremote=vpn1:1194:udp, vpn2\nport=443\n\
            service-type=org.freedesktop.NetworkManager.openvpn\nusername=CANARY\n[vpn-secrets]\npassword=CANARY\n";
        let wireguard = format!(
            "[connection]\nid=wg\ntype=wireguard\n[wireguard]\nprivate-key=CANARY\n\
             [wireguard-peer.{KEY}]\nendpoint=h:1\nallowed-ips=10.0.0.0/8;\n[ipv4]\naddress1=10.0.0.2/8\n"
        );
        let profiles = check(&[
            (&format!("{folder}/Firma.nmconnection"), vpn),
            (&format!("{folder}/wg.nmconnection"), &wireguard),
            (&format!("{folder}/lan.nmconnection"), "[connection]\ntype=ethernet\n"),
        ]);
        assert_eq!(profiles.len(), 2);
        assert_eq!((&*profiles[0].kind, &*profiles[0].place), ("openvpn", folder));
        let ends: Vec<_> =
            profiles[0].peers.iter().map(|it| (it.host.as_deref(), it.port)).collect();
        assert_eq!(ends, [(Some("vpn1"), Some(1194)), (Some("vpn2"), Some(443))]);
        assert_eq!(profiles[1].peers[0].key_fingerprint, fingerprint(KEY));
        assert_eq!(profiles[1].peers[0].networks, ["10.0.0.0/8"]);
    }

    #[test]
    fn lists_that_are_cut_off_say_so_without_the_name_of_a_file() {
        let peers = "[Peer]\nEndpoint=h:1\n".repeat(PEERS_MAX + 1);
        let conns: String =
            (0..=PROFILES_MAX).map(|it| format!("conn c{it}\n  right=h\n")).collect();
        let host = MapHost::new()
            .file("/etc/passwd", PASSWD)
            .file("/etc/wireguard/alice.conf", format!("[Interface]\n{peers}"))
            .file("/etc/ipsec.conf", conns);
        let found = with_context(&host, observe).unwrap();
        assert_eq!(found.facts.len(), 1 + PROFILES_MAX);
        let Fact::VpnProfile(wireguard) = &found.facts[0] else { panic!("{found:?}") };
        assert_eq!(wireguard.peers.len(), PEERS_MAX);
        let places: Vec<&str> = found.complaints.iter().map(|it| &*it.place).collect();
        assert_eq!(places, ["/etc/wireguard", "/etc"]);
        assert!(!format!("{found:?}").contains("alice"));
        let mut many = MapHost::new();
        for number in 0..=drop_ins::FILES_MAX {
            many = many.file(&format!("/etc/openvpn/client/{number:04}.conf"), "remote h\n");
        }
        let found = with_context(&many, observe).unwrap();
        assert_eq!((found.facts.len(), found.complaints.len()), (drop_ins::FILES_MAX, 1));
        assert_eq!(found.complaints[0].problem, "501 files, of which the first 500 are told");
    }

    #[test]
    fn without_the_right_the_folder_is_named_and_no_file() {
        let path = "/etc/openvpn/client/alice.conf";
        let host = MapHost::unprivileged().file(path, "").forbid(path).forbid("/etc/wireguard");
        let found = with_context(&host, observe).unwrap();
        assert_eq!(found.gaps.len(), 2);
        assert!(!format!("{found:?}").contains("alice"));
        assert!(matches!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { .. })));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(
            text in "((\\[Peer\\]|Endpoint=|remote |conn |connections \\{|\\[connection\\]|type=vpn)|[{}=:,\\]\\[ \n]|\\PC){0,60}"
        ) {
            for (_, _, reader) in FOLDERS {
                let _ = reader("x", &text);
            }
            let _ = of_ipsec("x", &text);
        }
    }
}
