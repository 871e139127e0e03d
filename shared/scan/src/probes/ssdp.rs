//! SSDP (UPnP Device Architecture 1.1 §1.3.2): a device's own search, sent to its address alone.
//!
//! The description that it points at is asked for by `upnp`, and only on the very address that
//! answered: a location elsewhere is told and not followed. Devices built with libupnp answer from a
//! port of their own choice.

use std::net::IpAddr;

use observation::latest::{ServiceProtocol, Statement};

use super::{Conversation, Datagram, End, FollowUp, Method, Probe, Reading, Step, Subject};
use crate::packet::http::{HttpAnswer, answer};
use crate::packet::statements::Statements;

/// The probe.
pub(super) const PROBE: Probe = Probe {
    id: "scan.ssdp",
    method: Method::Datagram(Datagram { port: 1900, is_answered_from_any_port: true, begin }),
};

/// Who asks for the description.
const DESCRIPTION_PROBE: &str = "scan.upnp";
/// A media server beside a router beside a printer: more root devices at one address are not asked.
const LOCATIONS_MAX: usize = 4;
/// Datagrams that are looked at.
const ANSWERS_MAX: usize = 32;
/// Longest path that is asked for.
const PATH_BYTES_MAX: usize = 1024;

fn begin(subject: &Subject) -> Box<dyn Conversation> {
    let said = subject.udp_statements();
    Box::new(Search { subject: subject.clone(), said, answers: 0, follow_ups: Vec::new() })
}

struct Search {
    subject: Subject,
    said: Statements,
    answers: usize,
    follow_ups: Vec<FollowUp>,
}

impl Conversation for Search {
    fn open(&mut self) -> Vec<u8> {
        let host = self.subject.authority();
        // A search to one address needs no MX (§1.3.2), but libupnp and MiniDLNA drop one without.
        format!(
            "M-SEARCH * HTTP/1.1\r\nHOST: {host}\r\nMAN: \"ssdp:discover\"\r\n\
             MX: 1\r\nST: upnp:rootdevice\r\n\r\n"
        )
        .into_bytes()
    }

    fn read(&mut self, received: &[u8]) -> Step {
        let Some(answer) = answer(received).filter(|it| it.status == 200) else {
            return Step::More;
        };
        self.answers += 1;
        self.answered(&answer);
        if self.answers >= ANSWERS_MAX { Step::Done } else { Step::More }
    }

    fn finish(self: Box<Self>, _received: &[u8], _why: End) -> Reading {
        if self.answers == 0 {
            return Reading::default();
        }
        let mut reading = self.subject.udp_answer(ServiceProtocol::Ssdp, self.said);
        reading.follow_ups = self.follow_ups;
        reading
    }
}

impl Search {
    fn answered(&mut self, answer: &HttpAnswer<'_>) {
        if let Some(server) = answer.header("server") {
            self.said.say(Statement::Server, server);
        }
        if let Some(id) = answer.header("usn").and_then(device_id) {
            self.said.say(Statement::DeviceUuid, id);
        }
        let Some(location) = answer.header("location") else { return };
        self.said.say(Statement::Location, location);
        match place(location) {
            None => self.said.complain("its location is no address of HTTP"),
            Some((host, ..)) if host != self.subject.address => {
                self.said.complain(&format!("its location leads elsewhere: {host}"));
            }
            Some((_, port, path)) => self.follow(port, path),
        }
    }

    fn follow(&mut self, port: u16, argument: String) {
        let follow_up = FollowUp { probe: DESCRIPTION_PROBE, port, is_encrypted: false, argument };
        if self.follow_ups.len() < LOCATIONS_MAX && !self.follow_ups.contains(&follow_up) {
            self.follow_ups.push(follow_up);
        }
    }
}

/// `uuid:2fac1234-…::upnp:rootdevice` (§1.3.3).
fn device_id(name: &[u8]) -> Option<&[u8]> {
    let id = name.strip_prefix(b"uuid:")?;
    let end = id.windows(2).position(|it| it == b"::").unwrap_or(id.len());
    id.get(..end)
}

/// Address, port and path of `http://192.0.2.1:49152/desc.xml`. A name instead of an address is none:
/// nobody is asked what it stands for.
fn place(location: &[u8]) -> Option<(IpAddr, u16, String)> {
    let location = std::str::from_utf8(location).ok()?;
    let (scheme, rest) = location.split_once("://")?;
    if !scheme.eq_ignore_ascii_case("http") {
        return None;
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end)?;
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            (host, port.strip_prefix(':'))
        }
        None => authority.split_once(':').map_or((authority, None), |(host, it)| (host, Some(it))),
    };
    let port = port.map_or(Some(80), |it| it.parse().ok().filter(|it| *it != 0))?;
    let path = path.split('#').next().unwrap_or_default();
    let is_sound = path.len() < PATH_BYTES_MAX && path.bytes().all(|it| it.is_ascii_graphic());
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    is_sound.then_some((host.parse().ok()?, port, path))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::replay::{play_hostile, said, subject, talk};
    use super::*;

    fn found(location: &str) -> Vec<u8> {
        format!(
            "HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=1800\r\nST: upnp:rootdevice\r\n\
             USN: uuid:2fac1234-31f8-11b4-a222-08002b34c003::upnp:rootdevice\r\nEXT:\r\n\
             SERVER: Debian/12 UPnP/1.1 MiniDLNA/1.3.0\r\nLOCATION: {location}\r\n\r\n"
        )
        .into_bytes()
    }

    #[test]
    fn a_device_tells_its_software_its_id_and_where_its_description_lies() {
        let reading = talk(&PROBE, &[&found("http://127.0.0.1:8200/rootDesc.xml?a=b#c")]);
        let server = said(&reading, Statement::Server);
        assert_eq!(server, Some("Debian/12 UPnP/1.1 MiniDLNA/1.3.0"));
        let id = said(&reading, Statement::DeviceUuid);
        assert_eq!(id, Some("2fac1234-31f8-11b4-a222-08002b34c003"));
        let argument = "/rootDesc.xml?a=b".to_owned();
        let expected =
            FollowUp { probe: DESCRIPTION_PROBE, port: 8200, is_encrypted: false, argument };
        assert_eq!(reading.follow_ups, [expected]);
        assert_eq!(reading.complaints, []);
    }

    #[test]
    fn the_search_is_one_that_strict_devices_take() {
        let Method::Datagram(datagram) = PROBE.method else { panic!() };
        assert!(datagram.is_answered_from_any_port);
        let search = String::from_utf8(begin(&subject(1900)).open()).unwrap();
        assert!(search.starts_with("M-SEARCH * HTTP/1.1\r\nHOST: 127.0.0.1:1900\r\n"), "{search}");
        assert!(search.contains("\r\nMX: 1\r\n"), "{search}");
    }

    #[test]
    fn a_location_elsewhere_is_told_and_not_followed() {
        for location in [
            "http://192.0.2.7:80/a",
            "http://[2001:db8::1]/a",
            "http://127.0.0.1@192.0.2.7/a",
            "http://printer.example/a",
            "http://localhost/a",
            "https://127.0.0.1/a",
            "http://127.0.0.1:0/a",
            "http://127.0.0.1:99999/a",
            "http://127.0.0.1/a b",
            "file:///etc/passwd",
            "//127.0.0.1/a",
            "",
        ] {
            let reading = talk(&PROBE, &[&found(location)]);
            assert_eq!(reading.follow_ups, [], "{location}");
            assert_eq!(reading.complaints.len(), 1, "{location}");
        }
    }

    #[test]
    fn a_location_without_path_is_the_root() {
        let reading = talk(&PROBE, &[&found("HTTP://127.0.0.1")]);
        assert_eq!(
            (reading.follow_ups[0].port, reading.follow_ups[0].argument.as_str()),
            (80, "/")
        );
    }

    #[test]
    fn a_flood_of_locations_is_bounded() {
        let answers: Vec<Vec<u8>> =
            (1..100).map(|it| found(&format!("http://127.0.0.1:{it}/"))).collect();
        let answers: Vec<&[u8]> = answers.iter().map(Vec::as_slice).collect();
        assert_eq!(talk(&PROBE, &answers).follow_ups.len(), LOCATIONS_MAX);
        let same = found("http://127.0.0.1:1/");
        assert_eq!(talk(&PROBE, &[&same, &same]).follow_ups.len(), 1);
    }

    #[test]
    fn what_is_no_answer_is_no_device() {
        let question = b"M-SEARCH * HTTP/1.1\r\nST: ssdp:all\r\n\r\n".as_slice();
        for bytes in [question, b"HTTP/1.1 500 No\r\n\r\n", b"HTTP/1.1 200 OK\r\nSERVER: cut", b""]
        {
            assert_eq!(talk(&PROBE, &[bytes]), Reading::default());
        }
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic_and_lead_nowhere_else(
            pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..90), 0..4),
            location in "(http://)?[\\PC]{0,40}",
        ) {
            play_hostile(&PROBE, &pieces, 1900);
            play_hostile(&PROBE, &[found(&location)], 1900);
        }
    }
}
