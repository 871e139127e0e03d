//! Rows of what scans give. What servers count, what times they tell and in which words they greet is
//! left out: product, version and identity are told, and those only.

use observation::latest::{
    AddressSeen, OpenPort, PhysicalEntity, ReverseName, ServiceAnswer, SshHostKey, Statement,
    TlsVersions,
};

use super::{Row, one_of, text};
use crate::recognise::recognise;
use crate::reconcile::wire;

/// Statements that stay as they are until somebody changes the device.
const STEADY: [(Statement, &str); 12] = [
    (Statement::Build, "build"),
    (Statement::ComputerName, "computer_name"),
    (Statement::DomainName, "domain_name"),
    (Statement::DnsComputerName, "dns_computer_name"),
    (Statement::EngineId, "engine_id"),
    (Statement::Name, "name"),
    (Statement::Place, "place"),
    (Statement::Manufacturer, "manufacturer"),
    (Statement::Model, "model"),
    (Statement::Serial, "serial"),
    (Statement::Firmware, "firmware"),
    (Statement::Software, "software"),
];

/// The hardware address behind an address; none where nobody saw it. By which means the address was
/// seen says more of the scan than of the device.
pub(super) fn address_seen(it: &AddressSeen) -> Option<Row> {
    let mac = it.mac.as_ref()?.to_ascii_lowercase();
    Some(one_of("address_seen", it.address.to_string(), vec![("mac", Some(mac))]))
}

pub(super) fn open_port(it: &OpenPort) -> Row {
    one_of("open_port", format!("{}/{}", wire::transport(it.transport), it.port), Vec::new())
}

pub(super) fn answer(it: &ServiceAnswer) -> Row {
    let recognised = recognise(it);
    let mut fields = vec![
        ("protocol", Some(wire::service_protocol(it.protocol).to_owned())),
        ("product", recognised.product),
        ("version", recognised.version),
        ("dialect", it.statements.get(&Statement::Dialect).cloned()),
    ];
    fields.extend(STEADY.map(|(key, name)| (name, it.statements.get(&key).cloned())));
    let object = format!("{}/{}", wire::transport(it.transport), it.port);
    one_of("service_answer", object, fields)
}

pub(super) fn host_key(it: &SshHostKey) -> Row {
    let port = it.port.map(|it| format!("{it} ")).unwrap_or_default();
    let object = format!("{port}{}", it.algorithm);
    one_of("ssh_host_key", object, vec![("", Some(it.fingerprint.to_string()))])
}

pub(super) fn tls_versions(it: &TlsVersions) -> Row {
    let accepted = (!it.accepted.is_empty()).then(|| it.accepted.join(", "));
    one_of("tls_versions", it.port.to_string(), vec![("accepted", accepted)])
}

pub(super) fn reverse_name(it: &ReverseName) -> Row {
    one_of("reverse_name", it.address.to_string(), vec![("", Some(it.name.clone()))])
}

pub(super) fn entity(it: &PhysicalEntity) -> Row {
    let fields = vec![
        ("class_number", text(it.class_number)),
        ("name", it.name.clone()),
        ("manufacturer", it.manufacturer.clone()),
        ("model", it.model.clone()),
        ("serial", it.serial.clone()),
        ("hardware", it.hardware.clone()),
        ("firmware", it.firmware.clone()),
        ("software", it.software.clone()),
    ];
    one_of("physical_entity", it.index.to_string(), fields)
}

#[cfg(test)]
mod tests {
    use observation::ContentHash;
    use observation::latest::{Fact, SeenBy, ServiceProtocol, Transport};

    use crate::reconcile::rows::row;

    use super::*;

    fn answer(said: &[(Statement, &str)]) -> Fact {
        Fact::ServiceAnswer(ServiceAnswer {
            transport: Transport::Tcp,
            port: 25,
            protocol: ServiceProtocol::Smtp,
            is_encrypted: false,
            statements: said.iter().map(|(key, text)| (*key, (*text).to_owned())).collect(),
        })
    }

    #[test]
    fn a_greeting_with_the_time_in_it_does_not_change_with_the_time() {
        let greeting = |time: &str| format!("220 mail.example ESMTP Exim 4.96 {time}");
        let at = |time| row(&answer(&[(Statement::Banner, &greeting(time))]));
        assert_eq!(at("Tue, 03 Sep 2024 10:00:00"), at("Wed, 04 Sep 2024 10:00:00"));
        let told = at("Tue").and_then(|it| it.summary());
        assert_eq!(told.as_deref(), Some("protocol smtp, product Exim, version 4.96"));
    }

    #[test]
    fn another_adapter_at_an_address_is_a_change_and_another_means_is_none() {
        let seen = |means, mac: Option<&str>| {
            let mac = mac.map(str::to_owned);
            row(&Fact::AddressSeen(AddressSeen {
                address: "10.0.0.5".parse().unwrap(),
                means,
                mac,
            }))
        };
        assert_eq!(seen(SeenBy::IcmpEcho, None), None);
        let arp = seen(SeenBy::Arp, Some("02:00:00:00:00:0A"));
        assert_eq!(arp, seen(SeenBy::NeighbourTable, Some("02:00:00:00:00:0a")));
        assert_ne!(arp, seen(SeenBy::Arp, Some("02:00:00:00:00:0b")));
    }

    #[test]
    fn ports_keys_and_versions_are_rows_of_their_own() {
        let object = |fact| row(&fact).and_then(|it| it.object);
        let open = OpenPort { transport: Transport::Udp, port: 161 };
        assert_eq!(object(Fact::OpenPort(open)).as_deref(), Some("udp/161"));
        let key = SshHostKey {
            port: Some(22),
            algorithm: "ssh-ed25519".to_owned(),
            fingerprint: ContentHash::of(b"k"),
        };
        assert_eq!(object(Fact::SshHostKey(key)).as_deref(), Some("22 ssh-ed25519"));
        let versions = TlsVersions {
            port: 443,
            accepted: vec!["TLS 1.2".to_owned(), "TLS 1.3".to_owned()],
            refused: vec!["TLS 1.0".to_owned()],
        };
        let row = row(&Fact::TlsVersions(versions)).unwrap();
        assert_eq!(row.summary().as_deref(), Some("accepted TLS 1.2, TLS 1.3"));
    }
}
