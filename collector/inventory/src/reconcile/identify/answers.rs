//! What answers over the network show of an identity.

use observation::latest::{
    AddressSeen, Certificate, CertificatePlace, PhysicalEntity, ServiceAnswer, ServiceProtocol,
    SshHostKey, Statement,
};
use uuid::Uuid;

use super::{identifier, of_address};
use crate::recognise::{
    canonical_mac, host_name_text, is_virtual_router_mac, link_mac, serial_text, usable_uuid,
};
use crate::reconcile::evidence::{Identifier, IdentifierKind};

/// entPhysicalClass of a chassis (RFC 6933).
const CLASS_CHASSIS: u32 = 3;

/// A shorter serial number without a maker is shared by too many.
const SERIAL_CHARACTERS_MIN: usize = 6;

/// The address with its hardware address: that of an adapter, or that of a cluster.
pub(super) fn of_address_seen(seen: &AddressSeen) -> Vec<Identifier> {
    let Some(mac) = seen.mac.as_deref() else {
        return of_address(seen.address).into_iter().collect();
    };
    if is_virtual_router_mac(mac) {
        let text = format!("{} {}", seen.address, mac.to_lowercase());
        return vec![identifier(IdentifierKind::VirtualAddress, text)];
    }
    of_mac(mac).into_iter().chain(of_address(seen.address)).collect()
}

/// Whether it can be unplugged is not seen from outside, so that it never stands for the machine
/// alone: see the weights of `compare`.
fn of_mac(mac: &str) -> Vec<Identifier> {
    let permanent = canonical_mac(mac).map(|it| identifier(IdentifierKind::PermanentMac, it));
    let on_link = link_mac(mac).map(|it| identifier(IdentifierKind::LinkMac, it));
    permanent.into_iter().chain(on_link).collect()
}

/// A certificate that stands for one name or more, not for a whole domain.
pub(super) fn of_certificate(certificate: &Certificate) -> Option<Identifier> {
    let is_served = match certificate.place {
        CertificatePlace::Served { .. } => true,
        CertificatePlace::File { .. } => false,
    };
    let is_wildcard = certificate.names.iter().any(|it| it.starts_with('*'))
        || certificate.subject.contains("*.");
    (is_served && !is_wildcard)
        .then(|| identifier(IdentifierKind::Certificate, certificate.fingerprint.to_string()))
}

pub(super) fn of_host_key(key: &SshHostKey) -> Identifier {
    let text = format!("{}/{}", key.algorithm.to_lowercase(), key.fingerprint);
    identifier(IdentifierKind::SshHostKey, text)
}

/// The serial number of the chassis; modules are carried to the next one.
pub(super) fn of_entity(entity: &PhysicalEntity) -> Option<Identifier> {
    let serial = entity.serial.as_deref().filter(|_| entity.class_number == Some(CLASS_CHASSIS));
    serial.and_then(of_serial)
}

pub(super) fn of_serial(serial: &str) -> Option<Identifier> {
    let serial = serial_text(serial)?.to_lowercase();
    let is_long = serial.chars().filter(|it| it.is_alphanumeric()).count() >= SERIAL_CHARACTERS_MIN;
    is_long.then(|| identifier(IdentifierKind::DeviceSerial, serial))
}

pub(super) fn of_service(answer: &ServiceAnswer) -> Vec<Identifier> {
    let said = |statement| answer.statements.get(&statement).map(String::as_str);
    let serial = said(Statement::Serial).and_then(of_serial);
    let serial = serial.or_else(|| of_serial(printer_serial(said(Statement::DeviceId)?)?));
    let engine = said(Statement::EngineId).and_then(engine_id);
    let engine = engine.map(|it| identifier(IdentifierKind::SnmpEngineId, it));
    let uuid = said(Statement::DeviceUuid).and_then(|it| device_uuid(answer.protocol, it));
    let mac = said(Statement::Mac).map(of_mac).unwrap_or_default();
    let named = windows_names(answer);
    let single = [serial, engine, uuid].into_iter().flatten();
    single.chain(mac).chain(named).collect()
}

/// `SN:` or `SERN:` in an IEEE 1284 device id.
fn printer_serial(device_id: &str) -> Option<&str> {
    let fields = device_id.split(';').filter_map(|it| it.split_once(':'));
    let mut serials = fields.filter(|(key, _)| {
        let key = key.trim();
        ["SN", "SERN", "SERIALNUMBER"].iter().any(|it| key.eq_ignore_ascii_case(it))
    });
    serials.next().map(|(_, serial)| serial)
}

/// An engine id as lower-case hexadecimal digits. `None` where it only repeats an address that the
/// next device may have, and where it was left as delivered.
fn engine_id(text: &str) -> Option<String> {
    const FORM_IPV4: u8 = 1;
    const FORM_IPV6: u8 = 2;
    const FORM_MAC: u8 = 3;
    const BYTES: std::ops::RangeInclusive<usize> = 9..=32;
    let digits = text.trim().trim_start_matches("0x").to_ascii_lowercase();
    let digits: String = digits.chars().filter(char::is_ascii_hexdigit).collect();
    let bytes = data_encoding::HEXLOWER.decode(digits.as_bytes()).ok()?;
    let [_, _, _, _, form, rest @ ..] = bytes.as_slice() else { return None };
    let is_one_byte = rest.iter().all(|it| Some(it) == rest.first());
    let says_address = [FORM_IPV4, FORM_IPV6].contains(form);
    let is_foreign_mac = *form == FORM_MAC && canonical_mac(digits.get(10..22)?).is_none();
    let names_one =
        BYTES.contains(&bytes.len()) && !is_one_byte && !says_address && !is_foreign_mac;
    names_one.then_some(digits)
}

/// The id that a device keeps, with the protocol that it stands in.
fn device_uuid(protocol: ServiceProtocol, text: &str) -> Option<Identifier> {
    let scope = match protocol {
        ServiceProtocol::Smb => "smb",
        // A description that a device of the home gives over HTTP (UPnP) is asked after SSDP named it.
        ServiceProtocol::Ssdp | ServiceProtocol::Http => "upnp",
        ServiceProtocol::Ipp => "printer",
        ServiceProtocol::Dns
        | ServiceProtocol::Ftp
        | ServiceProtocol::Imap
        | ServiceProtocol::Mdns
        | ServiceProtocol::Modbus
        | ServiceProtocol::Mysql
        | ServiceProtocol::Netbios
        | ServiceProtocol::Pop3
        | ServiceProtocol::Postgresql
        | ServiceProtocol::Rdp
        | ServiceProtocol::Redis
        | ServiceProtocol::Smtp
        | ServiceProtocol::Snmp
        | ServiceProtocol::Ssh
        | ServiceProtocol::Telnet
        | ServiceProtocol::Tls
        | ServiceProtocol::Unknown => return None,
    };
    let bare = text.trim().to_ascii_lowercase();
    let bare = bare.trim_start_matches("urn:").trim_start_matches("uuid:");
    let bare = bare.split("::").next().unwrap_or_default();
    let uuid = usable_uuid(bare.parse::<Uuid>().ok()?)?;
    if is_spelt(uuid) {
        return None;
    }
    Some(identifier(IdentifierKind::DeviceUuid, format!("{scope}/{}", uuid.hyphenated())))
}

/// Whether the bytes are letters filled up with zeros: Samba puts its host's name there.
fn is_spelt(uuid: Uuid) -> bool {
    let mut said = uuid.as_bytes().iter().filter(|it| **it != 0);
    said.all(|it| it.is_ascii_graphic())
}

/// The names in an NTLM challenge or in a NetBIOS node status.
fn windows_names(answer: &ServiceAnswer) -> Vec<Identifier> {
    let said = |statement| answer.statements.get(&statement).and_then(|it| host_name_text(it));
    if !matches!(
        answer.protocol,
        ServiceProtocol::Smb | ServiceProtocol::Rdp | ServiceProtocol::Netbios
    ) {
        return Vec::new();
    }
    let dns = said(Statement::DnsComputerName)
        .filter(|it| it.contains('.') && !it.starts_with("localhost."))
        .map(|it| format!("dns/{it}"));
    let netbios = said(Statement::ComputerName).map(|name| {
        // A machine outside of a domain gives its own name or the work group's instead.
        match said(Statement::DomainName).filter(|it| *it != name) {
            Some(domain) => format!("netbios/{domain}\\{name}"),
            None => format!("netbios/{name}"),
        }
    });
    let names = [dns, netbios].into_iter().flatten();
    names.map(|it| identifier(IdentifierKind::NtlmName, it)).collect()
}

#[cfg(test)]
mod tests {
    use observation::ContentHash;
    use observation::latest::{
        Fact, NetworkPath, OpenPort, Outcome, SectionBody, SeenBy, SourceId, Transport,
    };
    use proptest::prelude::*;

    use super::*;
    use crate::reconcile::identify::{identify, identify_target};

    fn body(source: &str, facts: Vec<Fact>) -> SectionBody {
        let outcome = Outcome::Read { facts, gaps: Vec::new(), complaints: Vec::new() };
        SectionBody { source: SourceId::new(source), outcome }
    }

    fn check(fact: Fact, expected: &[(IdentifierKind, &str)]) {
        let found = identify([&body("scan.test", vec![fact])]);
        let found: Vec<_> = found.iter().map(|it| (it.kind, it.text.as_str())).collect();
        assert_eq!(found, expected);
    }

    fn seen(address: &str, mac: Option<&str>) -> Fact {
        Fact::AddressSeen(AddressSeen {
            address: address.parse().unwrap(),
            means: SeenBy::Arp,
            mac: mac.map(str::to_owned),
        })
    }

    fn answer(protocol: ServiceProtocol, said: &[(Statement, &str)]) -> Fact {
        Fact::ServiceAnswer(ServiceAnswer {
            transport: Transport::Tcp,
            port: 1,
            protocol,
            is_encrypted: false,
            statements: said.iter().map(|(key, text)| (*key, (*text).to_owned())).collect(),
        })
    }

    fn certificate(place: CertificatePlace, name: &str) -> Fact {
        Fact::Certificate(Certificate {
            place,
            fingerprint: ContentHash::of(b"1"),
            subject: "CN=a".to_owned(),
            issuer: "CN=a".to_owned(),
            serial: "1".to_owned(),
            names: vec![name.to_owned()],
            not_before: None,
            not_after: None,
            key_algorithm: None,
            key_bits: None,
            signature_algorithm: None,
            is_self_signed: None,
            chain_length: 1,
        })
    }

    #[test]
    fn an_address_shows_itself_and_the_adapter_behind_it() {
        check(seen("10.0.0.5", None), &[(IdentifierKind::Address, "10.0.0.5")]);
        check(
            seen("10.0.0.5", Some("00:1B:21:AA:BB:CC")),
            &[
                (IdentifierKind::PermanentMac, "001b21aabbcc"),
                (IdentifierKind::LinkMac, "001b21aabbcc"),
                (IdentifierKind::Address, "10.0.0.5"),
            ],
        );
        check(
            seen("fe80::1", Some("02:00:00:00:00:07")),
            &[(IdentifierKind::LinkMac, "020000000007")],
        );
        check(seen("127.0.0.1", None), &[]);
    }

    #[test]
    fn the_address_of_a_cluster_names_none_of_its_members() {
        let expected = [(IdentifierKind::VirtualAddress, "10.0.0.1 00:00:5e:00:01:0a")];
        check(seen("10.0.0.1", Some("00:00:5E:00:01:0A")), &expected);
        let bodies = [body("scan.arp", vec![seen("10.0.0.1", Some("00:00:5e:00:01:0a"))])];
        let found = identify_target("10.0.0.1".parse().unwrap(), &bodies);
        assert!(found.iter().all(|it| it.kind == IdentifierKind::VirtualAddress), "{found:?}");
    }

    #[test]
    fn a_target_shows_its_address_even_where_no_probe_says_so() {
        let open = Fact::OpenPort(OpenPort { transport: Transport::Tcp, port: 22 });
        let found = identify_target("10.0.0.5".parse().unwrap(), &[body("scan.tcp", vec![open])]);
        assert_eq!(found, [identifier(IdentifierKind::Address, "10.0.0.5".to_owned())]);
        assert_eq!(identify_target("::1".parse().unwrap(), &[]), []);
    }

    #[test]
    fn a_host_key_is_the_same_in_a_file_and_on_a_port() {
        let key = |port| {
            Fact::SshHostKey(SshHostKey {
                port,
                algorithm: "ssh-ed25519".to_owned(),
                fingerprint: ContentHash::of(b"key"),
            })
        };
        assert_eq!(
            identify([&body("network.ssh_host_keys", vec![key(None)])]),
            identify([&body("scan.ssh", vec![key(Some(22)), key(Some(2222))])]),
        );
    }

    #[test]
    fn only_certificates_that_a_port_shows_for_single_names_count() {
        let served = || CertificatePlace::Served {
            address: "10.0.0.5".parse().unwrap(),
            port: 443,
            tls_version: None,
        };
        let fingerprint = ContentHash::of(b"1").to_string();
        check(
            certificate(served(), "www.example"),
            &[(IdentifierKind::Certificate, fingerprint.as_str())],
        );
        check(certificate(served(), "*.example"), &[]);
        let file = CertificatePlace::File { path: "/x".to_owned(), listener: None };
        check(certificate(file, "www.example"), &[]);
        let of_agent = body("services.certificates", vec![certificate(served(), "www.example")]);
        assert_eq!(identify([&of_agent]), []);
    }

    #[test]
    fn serial_numbers_of_chassis_and_printers_count_without_their_maker() {
        let chassis = |class, serial: &str| {
            Fact::PhysicalEntity(PhysicalEntity {
                class_number: Some(class),
                serial: Some(serial.to_owned()),
                ..PhysicalEntity::default()
            })
        };
        check(chassis(3, "FOC1234X0AB"), &[(IdentifierKind::DeviceSerial, "foc1234x0ab")]);
        check(chassis(9, "FOC1234X0AB"), &[]);
        check(chassis(3, "0000000"), &[]);
        check(chassis(3, "A1B2"), &[]);
        let device = "MFG:HP;MDL:LaserJet M402dn;SN:PHB8K12345;";
        check(
            answer(ServiceProtocol::Ipp, &[(Statement::DeviceId, device)]),
            &[(IdentifierKind::DeviceSerial, "phb8k12345")],
        );
    }

    #[test]
    fn an_engine_id_that_repeats_an_address_or_nothing_names_nobody() {
        let engine = |text| answer(ServiceProtocol::Snmp, &[(Statement::EngineId, text)]);
        let made = "80001f8880a3b1c2d3e4f5a6b7c8d9e0";
        check(engine(made), &[(IdentifierKind::SnmpEngineId, made)]);
        check(
            engine("0x80:00:00:09:03:00:1B:21:AA:BB:CC"),
            &[(IdentifierKind::SnmpEngineId, "8000000903001b21aabbcc")],
        );
        for silent in [
            "8000000001c0a80101",
            "80000009030000000000000",
            "8000000903000000000000",
            "8000000903020000000001",
            "80001f8804",
            "8000000905ffffffffffff",
            "",
            "zz",
        ] {
            check(engine(silent), &[]);
        }
    }

    #[test]
    fn ids_that_devices_keep_are_read_through_their_dressing() {
        let uuid = "4509a320-00a0-008f-00b6-002507510eca";
        let upnp = format!("{}/{uuid}", "upnp");
        for dressed in ["uuid:4509A320-00A0-008F-00B6-002507510ECA::upnp:rootdevice", uuid] {
            check(
                answer(ServiceProtocol::Ssdp, &[(Statement::DeviceUuid, dressed)]),
                &[(IdentifierKind::DeviceUuid, upnp.as_str())],
            );
        }
        let printer = "urn:uuid:4509a320-00a0-008f-00b6-002507510eca";
        check(
            answer(ServiceProtocol::Ipp, &[(Statement::DeviceUuid, printer)]),
            &[(IdentifierKind::DeviceUuid, format!("printer/{uuid}").as_str())],
        );
        // "fileserver" in bytes.
        let spelt = "66696c65-7365-7276-6572-000000000000";
        for silent in [spelt, "00000000-0000-0000-0000-000000000000", "device-7"] {
            check(answer(ServiceProtocol::Smb, &[(Statement::DeviceUuid, silent)]), &[]);
        }
    }

    #[test]
    fn a_windows_machine_is_named_with_its_domain() {
        let of_domain = [
            (Statement::ComputerName, "SRV1"),
            (Statement::DomainName, "CORP"),
            (Statement::DnsComputerName, "srv1.corp.example"),
        ];
        check(
            answer(ServiceProtocol::Smb, &of_domain),
            &[
                (IdentifierKind::NtlmName, "dns/srv1.corp.example"),
                (IdentifierKind::NtlmName, "netbios/corp\\srv1"),
            ],
        );
        for (name, domain) in [("PC-7", "WORKGROUP"), ("PC-7", "PC-7")] {
            let alone = [
                (Statement::ComputerName, name),
                (Statement::DomainName, domain),
                (Statement::DnsComputerName, "pc-7"),
            ];
            check(
                answer(ServiceProtocol::Rdp, &alone),
                &[(IdentifierKind::NtlmName, "netbios/pc-7")],
            );
        }
        check(answer(ServiceProtocol::Netbios, &[(Statement::ComputerName, "NAS")]), &[]);
        check(answer(ServiceProtocol::Http, &[(Statement::ComputerName, "SRV1")]), &[]);
    }

    #[test]
    fn paths_and_ports_show_no_identity() {
        let target = "10.0.0.5".parse().unwrap();
        let path = NetworkPath { target, hops: vec![Some(target)], is_complete: true };
        check(Fact::NetworkPath(path), &[]);
    }

    proptest! {
        #[test]
        fn any_statement_is_read_without_panic(text in ".{0,80}") {
            for protocol in [ServiceProtocol::Smb, ServiceProtocol::Ssdp, ServiceProtocol::Snmp] {
                let said = [
                    Statement::Serial, Statement::DeviceId, Statement::EngineId, Statement::Mac,
                    Statement::DeviceUuid, Statement::ComputerName, Statement::DomainName,
                    Statement::DnsComputerName,
                ];
                let said: Vec<_> = said.into_iter().map(|it| (it, text.as_str())).collect();
                let found = identify([&body("scan.test", vec![answer(protocol, &said)])]);
                prop_assert!(found.iter().all(|it| !it.text.is_empty()));
            }
        }

        #[test]
        fn any_engine_id_is_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let text = data_encoding::HEXLOWER.encode(&bytes);
            let kept = engine_id(&text);
            prop_assert!(kept.is_none_or(|it| it == text));
        }
    }
}
