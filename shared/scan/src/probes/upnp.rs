//! The description of a UPnP device (UPnP Device Architecture 1.1 §2.3): maker, model, serial number.
//!
//! Asked only where `ssdp` was told of it, at the address that told.

use observation::latest::{ServiceProtocol, Statement};
use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;

use super::{Conversation, End, Method, Probe, Reading, Step, Stream, Subject};
use crate::packet::http::{answer, is_http};
use crate::packet::statements::Statements;
use crate::packet::text::TEXT_CHARS_MAX;

/// The probe.
pub(super) const PROBE: Probe = Probe {
    id: "scan.upnp",
    method: Method::Stream(Stream { ports: &[], tls_ports: &[], recognises, begin }),
};

/// Elements that are looked at; a description with all its services has some hundred.
const ELEMENTS_MAX: usize = 5000;
/// `root`, `device`, field: deeper lie icons, services and devices inside the device.
const FIELD_DEPTH: usize = 3;
/// A text longer than this is cut before it is cleaned.
const TEXT_BYTES_MAX: usize = TEXT_CHARS_MAX * 8;

/// Nobody is asked who was not named by `ssdp`.
fn recognises(_first: &[u8]) -> bool {
    false
}

fn begin(subject: &Subject) -> Box<dyn Conversation> {
    Box::new(Description { subject: subject.clone() })
}

struct Description {
    subject: Subject,
}

impl Conversation for Description {
    fn open(&mut self) -> Vec<u8> {
        let path = match self.subject.argument.as_str() {
            "" => "/",
            path => path,
        };
        let host = self.subject.authority();
        format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: Kataster\r\n\
             Accept-Encoding: identity\r\nConnection: close\r\n\r\n"
        )
        .into_bytes()
    }

    fn read(&mut self, received: &[u8]) -> Step {
        if !is_http(received) && received.len() > 7 {
            return Step::Done;
        }
        match answer(received) {
            Some(answer) if answer.is_whole => Step::Done,
            Some(_) | None => Step::More,
        }
    }

    fn finish(self: Box<Self>, received: &[u8], _why: End) -> Reading {
        let Some(answer) = answer(received).filter(|it| it.status == 200) else {
            return Reading::default();
        };
        let mut said = self.subject.statements();
        if !describe(&String::from_utf8_lossy(&answer.body), &mut said) {
            return Reading::default();
        }
        // The server's own words too: who asks this port for `/` may be told something else.
        if let Some(server) = answer.header("server") {
            said.say(Statement::Server, server);
        }
        self.subject.answer(ServiceProtocol::Http, said)
    }
}

fn statement(field: &str) -> Option<Statement> {
    Some(match field {
        "UDN" => Statement::DeviceUuid,
        "deviceType" => Statement::DeviceType,
        "friendlyName" => Statement::Name,
        "manufacturer" => Statement::Manufacturer,
        "modelDescription" => Statement::Description,
        "modelName" => Statement::Model,
        "modelNumber" => Statement::ModelNumber,
        "serialNumber" => Statement::Serial,
        _ => return None,
    })
}

/// Reads the outermost device; whether there is one. A text that breaks off keeps what came before.
fn describe(text: &str, said: &mut Statements) -> bool {
    let mut reader = Reader::from_str(text);
    reader.config_mut().allow_dangling_amp = true;
    let mut place = Place::default();
    for _ in 0..ELEMENTS_MAX {
        match reader.read_event() {
            Ok(Event::Start(start)) => place.enter(start.local_name().into_inner()),
            Ok(Event::End(_)) => place.leave(said),
            Ok(Event::Text(text)) => place.add(&text),
            Ok(Event::CData(text)) => place.add(&text),
            // What a document declares itself is never expanded, only what XML itself defines.
            Ok(Event::GeneralRef(reference)) => match reference.resolve_char_ref() {
                Ok(Some(character)) => place.add(character.encode_utf8(&mut [0; 4])),
                Ok(None) => place.add(resolve_predefined_entity(&reference).unwrap_or_default()),
                Err(_) => {}
            },
            Ok(Event::Empty(_) | Event::Decl(_) | Event::PI(_) | Event::Comment(_)) => {}
            Ok(Event::DocType(_)) => {}
            Ok(Event::Eof) => return place.has_device,
            Err(_) => {
                if place.has_device {
                    said.complain("the description is broken");
                }
                return place.has_device;
            }
        }
    }
    said.complain("the description is too long");
    place.has_device
}

/// Where in the document we are.
#[derive(Debug, Default)]
struct Place {
    depth: usize,
    is_root: bool,
    is_in_device: bool,
    has_device: bool,
    field: Option<Statement>,
    text: String,
}

impl Place {
    fn enter(&mut self, name: &str) {
        self.depth += 1;
        match self.depth {
            1 => self.is_root = name == "root",
            2 => {
                self.is_in_device = self.is_root && name == "device";
                self.has_device |= self.is_in_device;
            }
            FIELD_DEPTH if self.is_in_device => {
                self.field = statement(name);
                self.text.clear();
            }
            _ => {}
        }
    }

    fn add(&mut self, text: &str) {
        if self.depth == FIELD_DEPTH && self.field.is_some() && self.text.len() < TEXT_BYTES_MAX {
            self.text.push_str(text);
        }
    }

    fn leave(&mut self, said: &mut Statements) {
        if self.depth == FIELD_DEPTH
            && let Some(field) = self.field.take()
        {
            let text = self.text.trim();
            let id = text.strip_prefix("uuid:").filter(|_| field == Statement::DeviceUuid);
            let text = id.unwrap_or(text);
            said.say(field, text.as_bytes());
        }
        self.depth = self.depth.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::replay::{play_hostile, said, subject, talk_with};
    use super::*;

    const DESCRIPTION: &str = "<?xml version=\"1.0\"?>\n\
        <root xmlns=\"urn:schemas-upnp-org:device-1-0\"><specVersion><major>1</major></specVersion>\
        <device><deviceType>urn:schemas-upnp-org:device:InternetGatewayDevice:1</deviceType>\
        <friendlyName>Router &amp; Telefon &#x31;&other;</friendlyName>\
        <manufacturer>Muster</manufacturer><modelName><![CDATA[Box <7>]]></modelName>\
        <modelNumber> 7590 </modelNumber><serialNumber>00-11</serialNumber>\
        <UDN>uuid:2fac1234-31f8-11b4-a222-08002b34c003</UDN>\
        <iconList><icon><modelName>wrong</modelName></icon></iconList>\
        <deviceList><device><modelName>inner</modelName><serialNumber>2</serialNumber></device>\
        </deviceList></device></root>";

    fn ask(body: &str) -> Reading {
        let bytes = format!(
            "HTTP/1.1 200 OK\r\nServer: x/1\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        talk_with(
            &PROBE,
            Subject { argument: "/d.xml".to_owned(), ..subject(49152) },
            &[bytes.as_bytes()],
        )
    }

    #[test]
    fn the_outermost_device_is_described() {
        let reading = ask(DESCRIPTION);
        for (what, text) in [
            (Statement::DeviceType, "urn:schemas-upnp-org:device:InternetGatewayDevice:1"),
            (Statement::Name, "Router & Telefon 1"),
            (Statement::Manufacturer, "Muster"),
            (Statement::Model, "Box <7>"),
            (Statement::ModelNumber, "7590"),
            (Statement::Serial, "00-11"),
            (Statement::DeviceUuid, "2fac1234-31f8-11b4-a222-08002b34c003"),
            (Statement::Server, "x/1"),
        ] {
            assert_eq!(said(&reading, what), Some(text));
        }
        assert_eq!(reading.complaints, []);
        assert_eq!(reading.follow_ups, []);
    }

    #[test]
    fn entities_of_the_document_are_not_expanded() {
        let bomb = "<!DOCTYPE root [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">\
                    <!ENTITY f SYSTEM \"file:///etc/passwd\">]>\
                    <root><device><modelName>x&b;&f;y</modelName></device></root>";
        assert_eq!(said(&ask(bomb), Statement::Model), Some("xy"));
    }

    #[test]
    fn depth_and_length_are_bounded() {
        let read = |text: &str| {
            let mut said = subject(80).statements();
            assert!(describe(text, &mut said));
            said
        };
        let deep = format!("<root><device><modelName>m</modelName>{}", "<a>".repeat(20_000));
        let deep = read(&deep);
        assert_eq!(deep.get(Statement::Model), Some("m"));
        assert_eq!(deep.into_parts().1[0].problem, "the description is too long");
        let long = format!("<root><device><serialNumber>{}", "1".repeat(50_000));
        let long = read(&format!("{long}</serialNumber></device></root>"));
        assert_eq!(long.get(Statement::Serial).unwrap().len(), TEXT_CHARS_MAX);
        assert_eq!(long.into_parts().1.len(), 1);
    }

    #[test]
    fn a_broken_description_keeps_what_came_before() {
        let reading = ask("<root><device><modelName>m</modelName></root><serialNumber>1");
        assert_eq!(said(&reading, Statement::Model), Some("m"));
        assert_eq!(said(&reading, Statement::Serial), None);
        assert_eq!(reading.complaints[0].problem, "the description is broken");
    }

    #[test]
    fn another_page_is_no_description() {
        for body in ["", "<html><device><modelName>m</modelName></device></html>", "<root/>", "{}"]
        {
            assert_eq!(ask(body), Reading::default(), "{body}");
        }
        let missing = [b"HTTP/1.1 404 Not Found\r\n\r\n".as_slice()];
        assert_eq!(talk_with(&PROBE, subject(80), &missing), Reading::default());
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..120),
            text in "(<[/!?]?(root|device|modelName|UDN|a)>?|&#?x?[0-9a;]{0,8}|[\\PC])*",
        ) {
            play_hostile(&PROBE, std::slice::from_ref(&bytes), 80);
            let _ = describe(&text, &mut subject(80).statements());
            let _ = describe(&format!("<root><device>{text}"), &mut subject(80).statements());
        }
    }
}
