//! IPP (RFC 8011): what a printer says of itself.
//!
//! `Get-Printer-Attributes` alone is asked, which reads and prints nothing; the raw print ports are
//! never touched. First at the place that IPP Everywhere names, then at the server's root.

use observation::latest::{ServiceProtocol, Statement};

use super::{Conversation, End, Method, Probe, Reading, Step, Stream, Subject};
use crate::packet::http::{HttpAnswer, answer, is_http};
use crate::packet::ipp;
use crate::packet::statements::Statements;

/// The probe.
pub(super) const PROBE: Probe = Probe {
    id: "scan.ipp",
    method: Method::Stream(Stream { ports: &[631], tls_ports: &[], recognises, begin }),
};

/// In the order of the questions.
const PATHS: [&str; 2] = ["/ipp/print", "/"];
/// A status from here on is a refusal (RFC 8011 §4.1.6).
const REFUSED: u16 = 0x0400;

/// Attributes and what they say; the first that a printer has counts.
const WANTED: [(&str, Statement); 9] = [
    ("printer-make-and-model", Statement::Model),
    ("printer-name", Statement::Name),
    ("printer-dns-sd-name", Statement::Name),
    ("printer-info", Statement::Description),
    ("printer-location", Statement::Place),
    ("printer-firmware-string-version", Statement::Firmware),
    ("printer-uuid", Statement::DeviceUuid),
    ("printer-device-id", Statement::DeviceId),
    ("printer-serial-number", Statement::Serial),
];

/// Its server never speaks first.
fn recognises(_first: &[u8]) -> bool {
    false
}

fn begin(subject: &Subject) -> Box<dyn Conversation> {
    let said = subject.statements();
    Box::new(Printer { subject: subject.clone(), said, path: 0, is_proven: false })
}

struct Printer {
    subject: Subject,
    said: Statements,
    /// Which of [`PATHS`] is asked.
    path: usize,
    is_proven: bool,
}

impl Conversation for Printer {
    fn open(&mut self) -> Vec<u8> {
        self.question().unwrap_or_default()
    }

    fn read(&mut self, received: &[u8]) -> Step {
        let received = behind_empty_lines(received);
        if !is_http(received) && received.len() > 7 {
            return Step::Done;
        }
        match answer(received) {
            Some(answer) if answer.is_whole || is_complete(&answer) => {
                if self.heard(&answer) || answer.header("connection").is_some_and(is_close) {
                    return Step::Done;
                }
                // What is left of this answer would be taken for the beginning of the next.
                if !answer.is_whole {
                    return Step::More;
                }
                self.path += 1;
                self.question().map_or(Step::Done, Step::Send)
            }
            Some(_) | None => Step::More,
        }
    }

    fn finish(mut self: Box<Self>, received: &[u8], why: End) -> Reading {
        // An answer whose length nobody told ends with the connection.
        if why != End::Done
            && let Some(answer) = answer(behind_empty_lines(received))
        {
            self.heard(&answer);
        }
        if !self.is_proven {
            return Reading::default();
        }
        self.subject.answer(ServiceProtocol::Ipp, self.said)
    }
}

impl Printer {
    fn question(&self) -> Option<Vec<u8>> {
        let path = PATHS.get(self.path)?;
        let host = self.subject.authority();
        let scheme = if self.subject.is_encrypted { "ipps" } else { "ipp" };
        let wanted = WANTED.map(|it| it.0);
        let body = ipp::question(&format!("{scheme}://{host}{path}"), &wanted);
        let length = body.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: Kataster\r\n\
             Content-Type: application/ipp\r\nContent-Length: {length}\r\n\r\n"
        );
        Some([head.as_bytes(), &body].concat())
    }

    /// Takes in one answer; whether it told of the printer.
    fn heard(&mut self, answer: &HttpAnswer<'_>) -> bool {
        let Some(read) = ipp::answer(&answer.body).filter(|_| answer.status == 200) else {
            return false;
        };
        self.is_proven = true;
        if let Some(server) = answer.header("server") {
            self.said.say(Statement::Server, server);
        }
        for (name, what) in WANTED {
            let Some(found) = read.attributes.iter().find(|it| it.name == name.as_bytes()) else {
                continue;
            };
            let value = found.value.trim_ascii();
            self.said.say(what, value.strip_prefix(b"urn:uuid:").unwrap_or(value));
        }
        read.status < REFUSED
    }
}

/// Some servers end an answer with a line too many (RFC 9112 §2.2).
fn behind_empty_lines(mut bytes: &[u8]) -> &[u8] {
    while let [b'\r' | b'\n', rest @ ..] = bytes {
        bytes = rest;
    }
    bytes
}

fn is_complete(answer: &HttpAnswer<'_>) -> bool {
    ipp::answer(&answer.body).is_some_and(|it| it.is_whole)
}

fn is_close(value: &[u8]) -> bool {
    value.eq_ignore_ascii_case(b"close")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::replay::{play_hostile, said, talk};
    use super::*;
    use crate::packet::ipp::examples;

    fn http(head: &str, body: &[u8]) -> Vec<u8> {
        let length = body.len();
        [format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\n\r\n").as_bytes(), body].concat()
    }

    fn printer() -> Vec<u8> {
        examples::answer(
            0,
            &[
                (0x41, "printer-make-and-model", b"HP Color LaserJet M454dn"),
                (0x42, "printer-dns-sd-name", b"Empfang"),
                (0x41, "printer-location", b"Halle 2"),
                (0x41, "printer-firmware-string-version", b"2409081_033523"),
                (0x45, "printer-uuid", b"urn:uuid:564e4341-3930-3334-3835-40b034e1f1ab"),
                (0x41, "printer-device-id", b"MFG:HP;MDL:M454dn;SN:VNC1;"),
            ],
        )
    }

    #[test]
    fn a_printer_tells_model_place_firmware_and_id() {
        let reading = talk(&PROBE, &[&http("200 OK\r\nServer: HP HTTP Server", &printer())]);
        for (what, text) in [
            (Statement::Model, "HP Color LaserJet M454dn"),
            (Statement::Name, "Empfang"),
            (Statement::Place, "Halle 2"),
            (Statement::Firmware, "2409081_033523"),
            (Statement::DeviceUuid, "564e4341-3930-3334-3835-40b034e1f1ab"),
            (Statement::DeviceId, "MFG:HP;MDL:M454dn;SN:VNC1;"),
            (Statement::Server, "HP HTTP Server"),
        ] {
            assert_eq!(said(&reading, what), Some(text));
        }
        assert_eq!(reading.complaints, []);
    }

    #[test]
    fn the_root_is_asked_where_the_usual_place_is_not() {
        let missing = http("404 Not Found", b"<html>");
        let refused = http("200 OK", &examples::answer(0x0406, &[]));
        for first in [missing, refused] {
            let reading = talk(&PROBE, &[&first, &http("200 OK", &printer())]);
            assert_eq!(said(&reading, Statement::Place), Some("Halle 2"));
        }
    }

    #[test]
    fn the_end_of_a_first_answer_in_chunks_does_not_spoil_the_second() {
        let refused = examples::answer(0x0406, &[]);
        for end in ["0\r\n\r\n", "0\r\n\r\n\r\n"] {
            let head = format!(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n",
                refused.len()
            );
            let first = [head.as_bytes(), &refused, b"\r\n", end.as_bytes()].concat();
            let reading = talk(&PROBE, &[&first, &http("200 OK", &printer())]);
            assert_eq!(said(&reading, Statement::Place), Some("Halle 2"));
        }
    }

    #[test]
    fn a_server_that_refuses_everywhere_speaks_ipp_still() {
        let refused = http("200 OK\r\nServer: CUPS/2.4 IPP/2.1", &examples::answer(0x0406, &[]));
        let reading = talk(&PROBE, &[&refused, &refused, &refused]);
        assert_eq!(said(&reading, Statement::Server), Some("CUPS/2.4 IPP/2.1"));
        assert_eq!(said(&reading, Statement::Model), None);
    }

    #[test]
    fn an_answer_that_ends_with_the_connection_is_read() {
        let bytes = [b"HTTP/1.0 200 OK\r\n\r\n".as_slice(), &printer()[..110]].concat();
        let reading = talk(&PROBE, &[&bytes]);
        assert_eq!(said(&reading, Statement::Model), Some("HP Color LaserJet M454dn"));
    }

    #[test]
    fn what_speaks_no_ipp_is_no_printer() {
        let page = http("200 OK\r\nConnection: close", b"<html>hello</html>");
        for first in [&page[..], b"SSH-2.0-x\r\n", b"", &http("426 Upgrade Required", b"")] {
            assert_eq!(talk(&PROBE, &[first]), Reading::default());
        }
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            play_hostile(&PROBE, std::slice::from_ref(&bytes), 631);
            play_hostile(&PROBE, &[http("200 OK", &bytes)], 631);
            let framed = [&[1, 1, 0, 0, 0, 0, 0, 1, 4][..], &bytes].concat();
            play_hostile(&PROBE, &[http("200 OK", &framed)], 631);
        }
    }
}
