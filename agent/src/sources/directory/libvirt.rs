//! Guests and reserved addresses of libvirt, from the files that it keeps (libvirt.org "Domain XML format",
//! "Network XML format"). Its daemon is not asked.

use observation::latest::{
    Absent, Cadence, Fact, MachineList, NamedMachine, Platform, SourceId, VirtualMachine,
};
use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};

use crate::host::{Ask, Host};
use crate::sources::context::Context;
use crate::sources::guests::{as_named, guest};
use crate::sources::{Found, Source, named};

const KEEPER: &str = "libvirt";
/// Definitions of guests, by the driver that runs them, and where it notes those that run.
const DRIVERS: &[(&str, &str)] = &[
    ("/etc/libvirt/qemu", "/run/libvirt/qemu"),
    ("/etc/libvirt/lxc", "/run/libvirt/lxc"),
    ("/etc/libvirt/libxl", "/run/libvirt/libxl"),
];
/// Definitions of networks.
const NETWORKS: &str = "/etc/libvirt/qemu/networks/*.xml";
/// Most events of one definition: a large one has some thousand.
const EVENTS_MAX: usize = 200_000;
/// Deepest nesting.
const DEPTH_MAX: usize = 64;

/// Guests and reservations.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("directory.libvirt"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let host = context.host;
    let mut found = Found::default();
    let mut is_here = false;
    for (folder, running) in DRIVERS {
        is_here |= host.status(folder).is_ok();
        for path in named::files(host, &format!("{folder}/*.xml")) {
            let Some(text) = named::read(host, &path, "virtual_machine", &mut found) else {
                continue;
            };
            match domain(&text, &path) {
                Ok(mut it) => {
                    it.starts_with_host = starts_with_host(host, folder, &path);
                    it.is_running = it.name.as_ref().and_then(|it| is_running(host, running, it));
                    found.facts.push(as_named(&it));
                    found.facts.push(Fact::VirtualMachine(it));
                }
                Err(problem) => found.complaints.push(named::complaint(&path, problem)),
            }
        }
    }
    if !is_here {
        return Err(Absent::NotHere { looked_at: "/etc/libvirt/qemu".to_owned() });
    }
    for path in named::files(host, NETWORKS) {
        let Some(text) = named::read(host, &path, "named_machine", &mut found) else { continue };
        match network(&text, &path) {
            Ok(machines) => found.facts.extend(machines.into_iter().map(Fact::NamedMachine)),
            Err(problem) => found.complaints.push(named::complaint(&path, problem)),
        }
    }
    Ok(found)
}

fn starts_with_host(host: &dyn Host, folder: &str, path: &str) -> Option<bool> {
    match host.link(&format!("{folder}/autostart/{}", named::base_name(path))) {
        Ok(_) => Some(true),
        Err(Absent::NotHere { .. }) => Some(false),
        Err(_) => None,
    }
}

/// A guest that runs has a file with its state.
fn is_running(host: &dyn Host, folder: &str, name: &str) -> Option<bool> {
    if name.contains('/') {
        return None;
    }
    match host.status(&format!("{folder}/{name}.xml")) {
        Ok(_) => Some(true),
        Err(Absent::NotHere { .. }) => Some(false),
        Err(_) => None,
    }
}

/// Walks through a document: `enter` for each element with the names of those around it, `text` for text.
fn walk(
    text: &str,
    mut enter: impl FnMut(&[String], &BytesStart<'_>),
    mut words: impl FnMut(&[String], &str),
) -> Result<(), &'static str> {
    const BROKEN: &str = "it is not well-formed XML";
    let mut reader = Reader::from_str(text);
    let mut path: Vec<String> = Vec::new();
    // The text of the element that was entered last.
    let mut said = String::new();
    for _ in 0..EVENTS_MAX {
        match reader.read_event().map_err(|_| BROKEN)? {
            Event::Start(element) => {
                if path.len() == DEPTH_MAX {
                    return Err("elements nest too deep");
                }
                enter(&path, &element);
                path.push(element.name().as_ref().to_owned());
                said.clear();
            }
            Event::Empty(element) => enter(&path, &element),
            Event::End(_) => {
                if !said.trim().is_empty() {
                    words(&path, said.trim());
                }
                said.clear();
                path.pop();
            }
            Event::Text(text) => said.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                Ok(Some(it)) => said.push(it),
                _ => said.push_str(resolve_predefined_entity(&reference).unwrap_or_default()),
            },
            Event::Eof if path.is_empty() => return Ok(()),
            Event::Eof => return Err(BROKEN),
            Event::CData(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_) => {}
        }
    }
    Err("it has too many elements")
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = element.try_get_attribute(name).ok()??;
    let value = quick_xml::escape::unescape(&attribute.value).ok()?.into_owned();
    (!value.is_empty()).then_some(value)
}

fn domain(text: &str, place: &str) -> Result<VirtualMachine, &'static str> {
    let mut it = guest(KEEPER, place);
    let mut values: Vec<(String, String)> = Vec::new();
    let (mut kind, mut system, mut memory_unit) = (None, None, None);
    let (mut macs, mut disks) = (Vec::new(), Vec::new());
    let mut is_removable = false;
    walk(
        text,
        |path, element| {
            let name = element.name();
            let around: Vec<&str> = path.iter().map(String::as_str).collect();
            match (&*around, name.as_ref()) {
                ([], "domain") => kind = attribute(element, "type"),
                (["domain"], "memory") => memory_unit = attribute(element, "unit"),
                ([.., "interface"], "mac") => {
                    macs.extend(attribute(element, "address").as_deref().and_then(named::mac));
                }
                (["domain", "devices"], "disk") => {
                    let device = attribute(element, "device");
                    is_removable = matches!(device.as_deref(), Some("cdrom" | "floppy"));
                }
                (["domain", "devices", "disk"], "source") if !is_removable => {
                    disks.extend(disk(element));
                }
                ([.., "libosinfo:libosinfo"], "libosinfo:os") => system = attribute(element, "id"),
                _ => {}
            }
        },
        |path, text| {
            if let [domain, name] = path
                && domain == "domain"
            {
                values.push((name.clone(), text.to_owned()));
            }
        },
    )?;
    let value = |name: &str| values.iter().find(|it| it.0 == name).map(|it| it.1.clone());
    it.kind = kind;
    it.name = value("name");
    it.id.clone_from(&it.name);
    it.uuid = value("uuid").and_then(|it| it.parse().ok());
    it.memory_bytes = value("memory").and_then(|it| bytes(&it, memory_unit.as_deref()));
    it.processors = value("vcpu").and_then(|it| it.parse().ok());
    (it.macs, it.disks, it.operating_system) = (macs, disks, system);
    if it.name.is_none() && it.uuid.is_none() {
        return Err("it defines no guest");
    }
    Ok(it)
}

fn disk(source: &BytesStart<'_>) -> Option<String> {
    let named = ["file", "dev", "dir", "name"].into_iter().find_map(|it| attribute(source, it));
    named.or_else(|| {
        Some(format!("{}/{}", attribute(source, "pool")?, attribute(source, "volume")?))
    })
}

/// Units of "Memory Allocation"; KiB where there is none.
fn bytes(text: &str, unit: Option<&str>) -> Option<u64> {
    let factor: u64 = match unit.unwrap_or("KiB") {
        "b" | "bytes" => 1,
        "KB" => 1_000,
        "k" | "KiB" => 1 << 10,
        "MB" => 1_000_000,
        "M" | "MiB" => 1 << 20,
        "GB" => 1_000_000_000,
        "G" | "GiB" => 1 << 30,
        "TB" => 1_000_000_000_000,
        "T" | "TiB" => 1 << 40,
        _ => return None,
    };
    text.parse::<u64>().ok()?.checked_mul(factor)
}

/// `<host mac='…' name='…' ip='…'/>` of DHCP; `<host ip='…'><hostname>…` of DNS.
fn network(text: &str, place: &str) -> Result<Vec<NamedMachine>, &'static str> {
    let mut machines = Vec::new();
    let enter = |path: &[String], element: &BytesStart<'_>| {
        let is_reserved = path.last().is_some_and(|it| it == "dhcp");
        if !is_reserved || element.name().as_ref() != "host" {
            return;
        }
        let value = |name: &str| attribute(element, name);
        let mut machine = named::machine(MachineList::DhcpReservation, KEEPER, place);
        machine.name = value("name").as_deref().and_then(named::host_name);
        machine.macs.extend(value("mac").as_deref().and_then(named::mac));
        machine.addresses.extend(value("ip").as_deref().and_then(named::address));
        machines.push(machine);
    };
    walk(text, enter, |_, _| {})?;
    Ok(machines)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    /// Written by virsh 9.0 with libvirt's driver for tests, from a definition of our own.
    const DOMAIN: &str = include_str!("../../../../tests/fixtures/servers/libvirt/domain.xml");
    /// Debian's default network with a reservation.
    const NETWORK: &str = "<network>\n  <name>default</name>\n  <bridge name=\"virbr0\"/>\n  <forward/>\n  <ip address=\"192.168.122.1\" netmask=\"255.255.255.0\">\n    <dhcp>\n      \
        <range start=\"192.168.122.2\" end=\"192.168.122.254\"/>\n      <host mac='52:54:00:12:34:57' name='db' ip='192.168.122.9'/>\n    </dhcp>\n  </ip>\n</network>\n";

    #[test]
    fn guests_and_reservations_are_read() {
        let host = MapHost::new()
            .file("/etc/libvirt/qemu/mail.xml", DOMAIN)
            .link("/etc/libvirt/qemu/autostart/mail.xml", "/etc/libvirt/qemu/mail.xml")
            .file("/run/libvirt/qemu/mail & more.xml", "")
            .file("/etc/libvirt/qemu/networks/default.xml", NETWORK);
        let found = with_context(&host, observe).unwrap();
        let [Fact::NamedMachine(named), Fact::VirtualMachine(it), Fact::NamedMachine(reserved)] =
            &*found.facts
        else {
            panic!("{found:?}");
        };
        assert_eq!(it.uuid, "4dea22b3-1d52-d8f3-2516-782e98ab3fa0".parse().ok());
        assert_eq!(it.memory_bytes, Some(2 << 30));
        assert_eq!(
            (it.processors, it.is_running, it.starts_with_host),
            (Some(2), Some(true), Some(true))
        );
        assert_eq!(it.disks, ["/var/lib/libvirt/images/mail.qcow2", "default-pool/data"]);
        assert_eq!(it.macs, ["52:54:00:12:34:56"]);
        assert_eq!(it.operating_system.as_deref(), Some("http://debian.org/debian/12"));
        assert_eq!(named.id, it.uuid.map(|it| it.to_string()));
        assert_eq!(reserved.name.as_deref(), Some("db"));
        assert!(!format!("{found:?}").contains("CANARY"));
    }

    #[test]
    fn broken_definitions_are_said() {
        for text in ["", "<domain>", "<domain/>", "<a></b>", &"<a>".repeat(100)] {
            assert!(domain(text, "p").is_err(), "{text}");
        }
        let host = MapHost::new().file("/etc/libvirt/qemu/a.xml", "<domain>");
        assert_eq!(with_context(&host, observe).unwrap().complaints.len(), 1);
        assert!(matches!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { .. })));
    }

    #[test]
    fn memory_has_units() {
        assert_eq!(bytes("1", None), Some(1024));
        assert_eq!(bytes("1", Some("GB")), Some(1_000_000_000));
        assert_eq!(bytes("99999999999999999999", None), None);
        assert_eq!(bytes(&u64::MAX.to_string(), None), None);
        assert_eq!(bytes("1", Some("x")), None);
    }

    /// Real: the network of Debian's libvirt-daemon-config-network 9.0.0-4, as it is.
    #[test]
    fn the_network_of_debian_reserves_nothing() {
        let text = include_str!("samples/libvirt-default.xml");
        assert_eq!(network(text, "p"), Ok(Vec::new()));
        let host = MapHost::new()
            .folder("/etc/libvirt/qemu")
            .file("/etc/libvirt/qemu/networks/default.xml", text)
            .file("/etc/libvirt/qemu/networks/broken.xml", "<network><ip>");
        let found = with_context(&host, observe).unwrap();
        assert_eq!((found.facts.len(), found.complaints.len()), (0, 1));
    }

    /// Constructed from "Domain XML format".
    #[test]
    fn each_part_of_a_definition_is_taken_from_its_place() {
        let it = |inside: &str| {
            domain(&format!("<domain type='kvm'><name>a</name>{inside}</domain>"), "p").unwrap()
        };
        assert_eq!(it("").kind.as_deref(), Some("kvm"));
        assert_eq!(it("<metadata><name>no</name></metadata>").name.as_deref(), Some("a"));
        assert_eq!(it("<description>&lt;name&gt;</description>").name.as_deref(), Some("a"));
        let disk = |device: &str, source: &str| {
            it(&format!(
                "<devices><disk type='file' device='{device}'><source {source}/></disk></devices>"
            ))
            .disks
        };
        assert_eq!(disk("disk", "file='/a &amp; b'"), ["/a & b"]);
        assert_eq!(disk("lun", "dev='/dev/sdb'"), ["/dev/sdb"]);
        assert_eq!(disk("disk", "protocol='rbd' name='pool/image'"), ["pool/image"]);
        assert_eq!(disk("disk", "pool='p'"), [""; 0], "half of a name is none");
        for removable in ["cdrom", "floppy"] {
            assert_eq!(disk(removable, "file='/x.iso'"), [""; 0]);
        }
        let macs = it("<devices><interface><mac address='52:54:00:AA:BB:CC'/></interface>\
            <interface><mac address='nonsense'/></interface><mac address='52:54:00:00:00:01'/></devices>").macs;
        assert_eq!(macs, ["52:54:00:aa:bb:cc"]);
        assert_eq!(
            it("<memory unit='GiB'>3</memory><vcpu placement='static'>4</vcpu>").memory_bytes,
            Some(3 << 30)
        );
        assert_eq!(it("<vcpu>many</vcpu>").processors, None);
    }

    #[test]
    fn a_definition_that_grows_without_end_is_refused() {
        let deep = "<a>".repeat(DEPTH_MAX + 1);
        assert_eq!(domain(&deep, "p"), Err("elements nest too deep"));
        let wide = format!("<domain>{}</domain>", "<a/>".repeat(EVENTS_MAX));
        assert_eq!(domain(&wide, "p"), Err("it has too many elements"));
    }

    #[test]
    fn guests_of_each_driver_are_read_with_their_state() {
        for (folder, running) in DRIVERS {
            let host = MapHost::new()
                .file(&format!("{folder}/a.xml"), "<domain type='x'><name>a</name></domain>")
                .file(&format!("{folder}/b.xml"), "<domain type='x'><name>b</name></domain>")
                .file(&format!("{running}/b.xml"), "<domstatus/>")
                .link(&format!("{folder}/autostart/a.xml"), &format!("{folder}/a.xml"));
            let found = with_context(&host, observe).unwrap();
            let guests = found.facts.iter().filter_map(|it| {
                let Fact::VirtualMachine(it) = it else { return None };
                Some((it.name.as_deref()?, it.is_running?, it.starts_with_host?))
            });
            assert_eq!(guests.collect::<Vec<_>>(), [("a", false, true), ("b", true, false)]);
        }
    }

    #[test]
    fn each_unit_of_memory_has_its_factor() {
        for (unit, expected) in [
            ("b", 1),
            ("bytes", 1),
            ("KB", 1_000),
            ("k", 1 << 10),
            ("KiB", 1 << 10),
            ("MB", 1_000_000),
            ("M", 1 << 20),
            ("MiB", 1 << 20),
            ("GB", 1_000_000_000),
            ("G", 1 << 30),
            ("TB", 1_000_000_000_000),
            ("T", 1 << 40),
            ("TiB", 1 << 40),
        ] {
            assert_eq!(bytes("3", Some(unit)), Some(3 * expected), "{unit}");
        }
        for text in ["", "-1", "1.5", "1 "] {
            assert_eq!(bytes(text, None), None, "{text}");
        }
    }

    /// Constructed from "Network XML format".
    #[test]
    fn reservations_are_those_of_dhcp_alone() {
        let of = |inside: &str| {
            let text =
                format!("<network><name>n</name><ip address='192.0.2.1'>{inside}</ip></network>");
            network(&text, "p").unwrap()
        };
        let host = "<host mac='52:54:00:00:00:0A' name='a.' ip='192.0.2.9'/>";
        let machines =
            of(&format!("<dhcp>{host}<host id='0:3:0:1' name='six' ip='2001:db8::6'/></dhcp>"));
        assert_eq!(machines.len(), 2);
        assert_eq!(
            (machines[0].name.as_deref(), &*machines[0].macs[0]),
            (Some("a"), "52:54:00:00:00:0a")
        );
        assert_eq!((machines[1].macs.len(), machines[1].addresses.len()), (0, 1));
        assert_eq!(of(host), [], "outside of DHCP");
        assert_eq!(
            of("<dhcp><range start='192.0.2.2' end='192.0.2.9'/><bootp file='x'/></dhcp>"),
            []
        );
    }

    #[test]
    fn a_name_that_leads_elsewhere_is_not_looked_for() {
        let host = MapHost::new().file("/run/libvirt/x.xml", "");
        assert_eq!(is_running(&host, "/run/libvirt/qemu", "../x"), None);
        assert_eq!(is_running(&host, "/run/libvirt", "x"), Some(true));
        assert_eq!(is_running(&host, "/run/libvirt", "y"), Some(false));
    }

    /// Entities that a document defines itself are not filled in: neither those that grow without end nor files.
    #[test]
    fn planted_entities_stay_what_they_are() {
        let planted = "<!DOCTYPE d [<!ENTITY a \"lol\"><!ENTITY b \"&a;&a;&a;&a;\">\
            <!ENTITY c SYSTEM \"file:///etc/shadow\">]>\
            <domain type='kvm'><name>x&b;&c;y</name><uuid>&c;</uuid></domain>";
        let it = domain(planted, "p").unwrap();
        assert_eq!((it.name.as_deref(), it.uuid), (Some("xy"), None));
        let planted = planted.replace("<name>x&b;&c;y</name>", "<name>&#x41;&#66;&lt;</name>");
        assert_eq!(domain(&planted, "p").unwrap().name.as_deref(), Some("AB<"));
    }

    /// Constructed from "Domain XML format": a definition may say the same thing twice and contradict itself.
    #[test]
    fn the_first_of_contradicting_values_counts() {
        let it = domain(
            "<domain type='kvm'><name>a</name><name>b</name><vcpu>2</vcpu><vcpu>4</vcpu></domain>",
            "p",
        );
        let it = it.unwrap();
        assert_eq!((it.name.as_deref(), it.processors), (Some("a"), Some(2)));
        let uuid = "<domain><uuid>not one</uuid></domain>";
        assert_eq!(domain(uuid, "p"), Err("it defines no guest"));
    }

    proptest! {
        /// A definition that is cut off, as in the middle of being written, is complained about and never half a
        /// guest.
        #[test]
        fn a_cut_definition_is_no_guest(at in 0_usize..100_000) {
            let whole = DOMAIN.trim_end();
            let at = at % whole.len();
            prop_assume!(whole.is_char_boundary(at));
            prop_assert!(domain(&whole[..at], "p").is_err());
        }

        /// Whatever name a guest has, it comes back from the document.
        #[test]
        fn each_name_comes_back(name in "[a-zA-Z0-9<>&'\"äé._-]{1,30}") {
            let text = quick_xml::escape::escape(&name);
            let it = domain(&format!("<domain type='kvm'><name>{text}</name></domain>"), "p");
            prop_assert_eq!(it.unwrap().name, Some(name));
        }

        #[test]
        fn hostile_documents_never_panic(text in "(<domain>|</domain>|<name>|<disk device='|<source file=|[<>/&;'\"a!\\[é-]){0,40}") {
            let _ = domain(&text, "p");
            let _ = network(&text, "p");
        }
    }
}
