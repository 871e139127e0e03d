//! Wireless networks that the machine knows: NetworkManager, wpa_supplicant, iwd. Never a key. Where a machine
//! was is told by them, so they are read only where somebody switched it on or the machine is a server.

use observation::latest::{Absent, Cadence, Fact, Gap, Platform, SourceId, WirelessNetwork};

use crate::host::{Ask, Host};
use crate::sources::attribute::printable;
use crate::sources::context::Context;
use crate::sources::{Found, Source, drop_ins, ini};

/// Wireless networks that the machine knows.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("network.wireless"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const NETWORK_MANAGER: &[&str] = &[
    "/etc/NetworkManager/system-connections",
    "/run/NetworkManager/system-connections",
    "/usr/lib/NetworkManager/system-connections",
];
const WPA_FOLDER: &str = "/etc/wpa_supplicant";
const IWD_FOLDER: &str = "/var/lib/iwd";
/// Most networks of one program.
const NETWORKS_MAX: usize = 2_000;

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    if !context.options.reports_wireless {
        let (why, what) = ("switched_off".to_owned(), "network.wireless".to_owned());
        return Err(Absent::NotLookedAt { why, what });
    }
    let host = context.host;
    let mut found = Found::default();
    let mut is_there = false;
    for (folder, ending, read) in [
        (NETWORK_MANAGER, "", of_network_manager as fn(&str, &str) -> Vec<WirelessNetwork>),
        (&[WPA_FOLDER], ".conf", of_wpa_supplicant),
        (&[IWD_FOLDER], "", of_iwd),
    ] {
        is_there |= folder.iter().any(|it| !matches!(host.status(it), Err(Absent::NotHere { .. })));
        is_there |= add(host, folder, ending, read, &mut found);
    }
    if !is_there {
        let looked_at = [NETWORK_MANAGER.join(", ").as_str(), WPA_FOLDER, IWD_FOLDER].join(", ");
        return Err(Absent::NotHere { looked_at });
    }
    Ok(found)
}

fn add(
    host: &dyn Host,
    folders: &[&str],
    ending: &str,
    read: fn(&str, &str) -> Vec<WirelessNetwork>,
    found: &mut Found,
) -> bool {
    let mut gaps = Vec::new();
    for folder in folders {
        if let Err(reason @ Absent::NotAllowed { .. }) = host.names(folder) {
            gaps.push(Gap { field: String::new(), of: None, reason });
        }
    }
    let texts = drop_ins::texts(host, drop_ins::paths(host, folders, ending), &mut gaps);
    let networks = texts.iter().flat_map(|(path, text)| read(path, text));
    found.facts.extend(networks.take(NETWORKS_MAX).map(Fact::WirelessNetwork));
    let is_there = !gaps.is_empty();
    // The names of these files are those of networks; the folder says enough.
    let folder = folders.first().copied().unwrap_or_default();
    for gap in gaps {
        let reason = match gap.reason {
            Absent::NotAllowed { needs, .. } => {
                Absent::NotAllowed { what: folder.to_owned(), needs }
            }
            other @ (Absent::Failed { .. }
            | Absent::NotHere { .. }
            | Absent::NotLookedAt { .. }
            | Absent::TimedOut { .. }) => other,
        };
        found.gaps.push(Gap { field: "wireless_network".to_owned(), of: None, reason });
    }
    is_there
}

/// nm-settings-keyfile(5): the name is text, or numbers with semicolons where it is none.
fn of_network_manager(_: &str, text: &str) -> Vec<WirelessNetwork> {
    let value = |sections: &[&str], key: &str| {
        sections.iter().find_map(|it| ini::last(text, it, key)).filter(|it| !it.is_empty())
    };
    let wireless = ["wifi", "802-11-wireless"];
    let Some(name) = value(&wireless, "ssid") else { return Vec::new() };
    let security = value(&["wifi-security", "802-11-wireless-security"], "key-mgmt");
    vec![WirelessNetwork {
        ssid: printable(&numbers(name).unwrap_or_else(|| name.to_owned())),
        security: Some(printable(security.unwrap_or("none"))),
        is_hidden: Some(value(&wireless, "hidden") == Some("true")),
        joins_by_itself: Some(value(&["connection"], "autoconnect") != Some("false")),
        manager: "NetworkManager".to_owned(),
    }]
}

/// `84;101;115;116;` is `Test`.
fn numbers(text: &str) -> Option<String> {
    let numbers = text.strip_suffix(';')?.split(';').map(|it| it.trim().parse::<u8>());
    let bytes: Vec<u8> = numbers.collect::<Result<_, _>>().ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// wpa_supplicant.conf(5): `network={` blocks; a name in quotes is text, else hexadecimal.
fn of_wpa_supplicant(_: &str, text: &str) -> Vec<WirelessNetwork> {
    let mut networks = Vec::new();
    let mut open: Option<WirelessNetwork> = None;
    for line in text.lines().map(str::trim) {
        if line.replace(' ', "").starts_with("network={") {
            open = Some(WirelessNetwork {
                ssid: String::new(),
                // What holds where nothing is said.
                security: None,
                is_hidden: Some(false),
                joins_by_itself: Some(true),
                manager: "wpa_supplicant".to_owned(),
            });
        } else if line == "}" {
            networks.extend(open.take().filter(|it| !it.ssid.is_empty()));
        } else if let (Some(network), Some((key, value))) = (&mut open, line.split_once('=')) {
            let value = value.trim();
            match key.trim() {
                "ssid" => network.ssid = printable(&wpa_name(value)),
                "key_mgmt" => network.security = Some(printable(value)),
                "scan_ssid" => network.is_hidden = Some(value == "1"),
                "disabled" => network.joins_by_itself = Some(value == "0"),
                _ => {}
            }
        }
    }
    networks
}

fn wpa_name(value: &str) -> String {
    if let Some(text) = value.strip_prefix('"').and_then(|it| it.strip_suffix('"')) {
        return text.to_owned();
    }
    let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(value.as_bytes());
    bytes.map_or_else(|_| value.to_owned(), |it| String::from_utf8_lossy(&it).into_owned())
}

/// iwd.network(5): the file's name is the network's, `=` and hexadecimal where it is no plain text; its ending
/// is the kind.
fn of_iwd(path: &str, text: &str) -> Vec<WirelessNetwork> {
    let name = path.rsplit('/').next().unwrap_or_default();
    let Some((name, kind)) = name.rsplit_once('.') else { return Vec::new() };
    if !["psk", "open", "8021x"].contains(&kind) {
        return Vec::new();
    }
    let encoded = name
        .strip_prefix('=')
        .and_then(|it| data_encoding::HEXLOWER_PERMISSIVE.decode(it.as_bytes()).ok());
    let name =
        encoded.map_or_else(|| name.to_owned(), |it| String::from_utf8_lossy(&it).into_owned());
    let value = |key: &str| ini::last(text, "Settings", key);
    vec![WirelessNetwork {
        ssid: printable(&name),
        security: Some(kind.to_owned()),
        is_hidden: Some(value("Hidden") == Some("true")),
        joins_by_itself: Some(value("AutoConnect") != Some("false")),
        manager: "iwd".to_owned(),
    }]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::Options;
    use crate::sources::testing::{MapHost, with_context};

    /// Constructed from nm-settings-keyfile(5).
    const OFFICE: &str = "[connection]\nid=Office\ntype=wifi\n\n[wifi]\nssid=Firma GmbH\nhidden=true\n\n\
        [wifi-security]\nkey-mgmt=wpa-eap\n[802-1x]\nidentity=CANARY\npassword=CANARY\n";

    fn check(host: &MapHost) -> Result<Found, Absent> {
        with_context(host, |context| {
            let options = Options { reports_wireless: true, ..context.options };
            let Context { host, now, names, memory, .. } = *context;
            observe(&Context { host, now, names, options, memory })
        })
    }

    fn lines(host: &MapHost) -> Vec<String> {
        let found = check(host).unwrap();
        assert!(!format!("{found:?}").contains("CANARY"));
        let line = |it: &Fact| {
            let Fact::WirelessNetwork(it) = it else { panic!("{it:?}") };
            let (hidden, joins) = (it.is_hidden == Some(true), it.joins_by_itself == Some(true));
            format!("{} {:?} {hidden} {joins}", it.ssid, it.security.as_deref().unwrap_or("-"))
        };
        found.facts.iter().map(line).collect()
    }

    #[test]
    fn each_program_names_its_networks_and_no_key() {
        let host = MapHost::new()
            .file("/etc/NetworkManager/system-connections/Office.nmconnection", OFFICE)
            .file(
                "/etc/NetworkManager/system-connections/b",
                "[connection]\nautoconnect=false\n[wifi]\nssid=84;195;164;\n",
            )
            .file("/etc/NetworkManager/system-connections/lan", "[connection]\ntype=ethernet\n")
            .file(
                "/etc/wpa_supplicant/wpa_supplicant-wlan0.conf",
                "ctrl_interface=/run\nnetwork={\n ssid=\"Home\"\n psk=\"CANARY\"\n key_mgmt=WPA-PSK\n}\n\
                 network = {\n ssid=54c3a4\n scan_ssid=1\n disabled=1\n}\nnetwork={\n psk=CANARY\n}\n",
            )
            .file("/var/lib/iwd/Guest.open", "")
            .file("/var/lib/iwd/=54c3a4.psk", "[Security]\nPassphrase=CANARY\n")
            .file("/var/lib/iwd/x.known", "");
        let mut lines = lines(&host);
        lines.sort();
        assert_eq!(
            lines,
            [
                "Firma GmbH \"wpa-eap\" true true",
                "Guest \"open\" false true",
                "Home \"WPA-PSK\" false true",
                "Tä \"-\" true false",
                "Tä \"none\" false false",
                "Tä \"psk\" false true",
            ]
        );
    }

    #[test]
    fn where_somebody_was_is_told_only_where_it_is_switched_on() {
        let reason = with_context(&MapHost::new(), observe).unwrap_err();
        assert!(matches!(reason, Absent::NotLookedAt { why, .. } if why == "switched_off"));
        assert!(matches!(check(&MapHost::new()), Err(Absent::NotHere { .. })));
    }

    #[test]
    fn a_missing_right_is_said_without_the_name_of_a_network() {
        let path = "/etc/NetworkManager/system-connections/Secret Place.nmconnection";
        let found = check(&MapHost::unprivileged().file(path, "").forbid(path)).unwrap();
        assert_eq!(found.gaps.len(), 1);
        assert!(!format!("{found:?}").contains("Secret Place"));
        let found = check(&MapHost::unprivileged().forbid(IWD_FOLDER)).unwrap();
        assert_eq!(found.gaps.len(), 1);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "((network=\\{|ssid=|\\[wifi\\])|[};\"= \n]|\\PC){0,60}") {
            let _ = (of_network_manager("", &text), of_wpa_supplicant("", &text), of_iwd(&text, &text));
        }
    }
}
