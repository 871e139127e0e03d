//! HTTP (RFC 9110), in clear or inside TLS: what the server and its first page say of themselves.
//!
//! One GET for `/`. A redirect within the same address is followed once; another host is never asked.

use std::net::IpAddr;

use observation::latest::{ServiceProtocol, Statement};

use super::{Conversation, End, FollowUp, Method, Probe, Reading, Step, Stream, Subject};
use crate::packet::html::{generator, is_head_whole, title};
use crate::packet::http::{HttpAnswer, answer, broken_answer, is_http};
use crate::packet::lines::find;
use crate::packet::statements::Statements;

/// The probe.
pub(super) const PROBE: Probe = Probe {
    id: "scan.http",
    method: Method::Stream(Stream {
        ports: PORTS,
        tls_ports: TLS_PORTS,
        recognises: is_http,
        begin,
    }),
};

const PORTS: &[u16] =
    &[80, 8080, 8000, 8008, 8081, 8088, 8888, 3000, 5000, 5985, 7080, 8090, 9000, 9090, 10000];
const TLS_PORTS: &[u16] = &[443, 8443, 4443, 5001, 5986, 6443, 7443, 8006, 8834, 9443, 10443];

/// Enough of a page for its head.
const PAGE_BYTES_MAX: usize = 32 * 1024;
/// Longest path that is asked for.
const PATH_BYTES_MAX: usize = 1024;
/// The status of a server that heard clear text where it expects TLS.
const BAD_REQUEST: u16 = 400;
/// What such a server writes: nginx, Apache, Go, Tomcat, CherryPy.
const TLS_IS_WANTED: [&str; 5] = [
    "plain http request was sent to https port",
    "speaking plain http to an ssl",
    "http request to an https server",
    "combination of host and port requires tls",
    "this server only speaks https",
];

fn begin(subject: &Subject) -> Box<dyn Conversation> {
    Box::new(Http { subject: subject.clone() })
}

struct Http {
    subject: Subject,
}

impl Conversation for Http {
    fn open(&mut self) -> Vec<u8> {
        let path = match self.subject.argument.as_str() {
            "" => "/",
            path => path,
        };
        format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nUser-Agent: Kataster\r\nAccept: */*\r\n\
             Accept-Encoding: identity\r\nConnection: close\r\n\r\n",
            self.host()
        )
        .into_bytes()
    }

    fn read(&mut self, received: &[u8]) -> Step {
        if !is_http(received) && received.len() > 7 {
            return Step::Done;
        }
        let Some(answer) = answer(received) else { return Step::More };
        let is_large = answer.body.len() >= PAGE_BYTES_MAX;
        // Why a request is bad stands below the head of the page.
        let is_reason_awaited = !self.subject.is_encrypted && answer.status == BAD_REQUEST;
        let is_enough = match is_reason_awaited {
            true => self.is_tls_wanted(&answer),
            false => is_head_whole(&answer.body),
        };
        if answer.is_whole || is_large || is_enough { Step::Done } else { Step::More }
    }

    fn finish(self: Box<Self>, received: &[u8], _why: End) -> Reading {
        let mut said = self.subject.statements();
        let Some(answer) = answer(received).or_else(|| {
            said.complain("the head of the answer is cut off or against the rules of HTTP");
            broken_answer(received)
        }) else {
            return Reading::default();
        };
        if self.is_tls_wanted(&answer) {
            return Reading { follow_ups: vec![self.inside_tls()], ..Reading::default() };
        }
        self.say(&mut said, &answer);
        let location = answer.header("location").unwrap_or_default();
        let follow_up = self.same_address(location);
        let mut reading = self.subject.answer(ServiceProtocol::Http, said);
        // One step: what was reached by a redirect leads nowhere.
        if self.subject.argument.is_empty() && (300..400).contains(&answer.status) {
            reading.follow_ups.extend(follow_up);
        }
        reading
    }
}

impl Http {
    /// The field that names us the address that we ask; nothing resolves a name for it.
    fn host(&self) -> String {
        let address = match self.subject.address {
            IpAddr::V4(it) => it.to_string(),
            IpAddr::V6(it) => format!("[{it}]"),
        };
        match (self.subject.port, self.subject.is_encrypted) {
            (80, false) | (443, true) => address,
            (port, _) => format!("{address}:{port}"),
        }
    }

    /// Whether the server says that it speaks TLS on this very port. That is no service in clear.
    fn is_tls_wanted(&self, answer: &HttpAnswer<'_>) -> bool {
        let says = || TLS_IS_WANTED.iter().any(|it| find(&answer.body, it).is_some());
        !self.subject.is_encrypted && answer.status == BAD_REQUEST && says()
    }

    /// The same question inside TLS.
    fn inside_tls(&self) -> FollowUp {
        let argument = self.subject.argument.clone();
        FollowUp { probe: PROBE.id, port: self.subject.port, is_encrypted: true, argument }
    }

    fn say(&self, said: &mut Statements, answer: &HttpAnswer<'_>) {
        for (what, header) in [
            (Statement::Server, "server"),
            (Statement::Location, "location"),
            (Statement::PoweredBy, "x-powered-by"),
        ] {
            said.say(what, answer.header(header).unwrap_or_default());
        }
        said.say_list(Statement::Authenticate, answer.all("www-authenticate"));
        // The answer to the first question is the one that counts.
        if self.subject.argument.is_empty() {
            said.say(Statement::Status, answer.status.to_string().as_bytes());
        }
        // The page of a redirect says that it is one.
        if (300..400).contains(&answer.status) {
            return;
        }
        let is_packed = answer
            .header("content-encoding")
            .is_some_and(|it| !it.eq_ignore_ascii_case(b"identity"));
        if is_packed {
            said.complain("the page is packed, though it was asked for as it is");
            return;
        }
        let page = answer.body.get(..PAGE_BYTES_MAX).unwrap_or(&answer.body);
        said.say(Statement::Title, title(page).unwrap_or_default().as_bytes());
        said.say(Statement::Generator, generator(page).unwrap_or_default().as_bytes());
    }

    /// The question that a redirect leads to, if it leads to the address that answered.
    fn same_address(&self, location: &[u8]) -> Option<FollowUp> {
        let location = std::str::from_utf8(location).ok()?.trim();
        let (port, is_encrypted, path) = match location.split_once("://") {
            Some((scheme, rest)) => {
                let slash = rest.find(['/', '?', '#']).unwrap_or(rest.len());
                let (authority, path) = rest.split_at_checked(slash)?;
                let (port, is_encrypted) = self.port_of(scheme, authority)?;
                (port, is_encrypted, path)
            }
            // A path, unless it begins with the name of a host (RFC 3986 §4.2).
            None if location.starts_with("//") => return None,
            None => (self.subject.port, self.subject.is_encrypted, location),
        };
        let path = path.split('#').next().unwrap_or_default();
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let is_sound = path.len() <= PATH_BYTES_MAX && path.bytes().all(|it| it.is_ascii_graphic());
        // To where it was already is a circle.
        let was_here = (self.subject.port, self.subject.is_encrypted);
        let is_new = (port, is_encrypted) != was_here || path != "/";
        let follow_up = FollowUp { probe: PROBE.id, port, is_encrypted, argument: path };
        (is_sound && is_new).then_some(follow_up)
    }

    /// The port that an absolute redirect names, and whether it is asked inside TLS; none, if it
    /// names another host, or another port that is none of the web. On its own port a server may
    /// lead from clear text to TLS (Cockpit), and never back.
    fn port_of(&self, scheme: &str, authority: &str) -> Option<(u16, bool)> {
        let is_tls = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        let default = if is_tls { 443 } else { 80 };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
            _ => (authority, default),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let is_same = host.parse() == Ok(self.subject.address);
        let is_same_way = match port == self.subject.port {
            true => is_tls || !self.subject.is_encrypted,
            false if is_tls => TLS_PORTS.contains(&port),
            false => PORTS.contains(&port),
        };
        (is_same && is_same_way).then_some((port, is_tls))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::replay::{answer, play_hostile, said, subject, talk, talk_with};
    use super::*;

    const PAGE: &[u8] = b"HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nX-Powered-By: PHP/8.2\r\nConnection: close\r\n\r\n<html><head><title>Start &amp; more</title><meta name=generator content=\"Hugo 0.111\"></head><body>x";

    fn redirect(location: &str) -> Vec<FollowUp> {
        let answer =
            format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
        talk(&PROBE, &[answer.as_bytes()]).follow_ups
    }

    fn follow(port: u16, is_encrypted: bool, path: &str) -> Vec<FollowUp> {
        vec![FollowUp { probe: "scan.http", port, is_encrypted, argument: path.to_owned() }]
    }

    #[test]
    fn head_and_page_are_kept_in_the_servers_words() {
        let reading = talk(&PROBE, &[PAGE]);
        assert_eq!(answer(&reading).protocol, ServiceProtocol::Http);
        for (what, expected) in [
            (Statement::Status, Some("200")),
            (Statement::Server, Some("nginx/1.22.1")),
            (Statement::PoweredBy, Some("PHP/8.2")),
            (Statement::Title, Some("Start & more")),
            (Statement::Generator, Some("Hugo 0.111")),
            (Statement::Location, None),
        ] {
            assert_eq!(said(&reading, what), expected, "{what:?}");
        }
    }

    #[test]
    fn the_request_names_the_address_and_us() {
        let mut subject = subject(8080);
        subject.address = "2001:db8::7".parse().unwrap();
        let request = String::from_utf8(begin(&subject).open()).unwrap();
        assert!(request.starts_with("GET / HTTP/1.1\r\nHost: [2001:db8::7]:8080\r\n"), "{request}");
        assert!(request.contains("User-Agent: Kataster\r\n"), "{request}");
    }

    #[test]
    fn a_redirect_within_the_address_is_one_more_question() {
        assert_eq!(redirect("/login?a=b#c"), follow(80, false, "/login?a=b"));
        assert_eq!(redirect("index.html"), follow(80, false, "/index.html"));
        assert_eq!(redirect("https://127.0.0.1/ui"), follow(443, true, "/ui"));
        assert_eq!(redirect("https://127.0.0.1"), follow(443, true, "/"));
        assert_eq!(redirect("http://127.0.0.1:8080/"), follow(8080, false, "/"));
    }

    #[test]
    fn a_redirect_goes_on_in_the_way_that_it_names_and_never_from_tls_to_clear_text() {
        let from = |is_encrypted, location: &str| {
            let answer = format!("HTTP/1.1 301 x\r\nLocation: {location}\r\n\r\n");
            let subject = Subject { is_encrypted, ..subject(9090) };
            talk_with(&PROBE, subject, &[answer.as_bytes()]).follow_ups
        };
        assert_eq!(from(true, "/login"), follow(9090, true, "/login"));
        assert_eq!(from(true, "https://127.0.0.1:9090/ui"), follow(9090, true, "/ui"));
        assert_eq!(from(false, "https://127.0.0.1:9090/"), follow(9090, true, "/"));
        assert_eq!(from(true, "http://127.0.0.1:9090/"), []);
        assert_eq!(from(true, "http://127.0.0.1:9090/a"), []);
    }

    /// As nginx 1.22, Apache 2.4, Go 1.22, Tomcat 10 and CherryPy 18 write it, taken from their sources.
    #[test]
    fn a_server_that_wants_tls_is_no_server_in_clear() {
        for page in [
            "<html>\r\n<head><title>400 The plain HTTP request was sent to HTTPS port</title></head>\r\n<body>",
            "<html><head>\n<title>400 Bad Request</title>\n</head><body>\n<p>Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />",
            "Client sent an HTTP request to an HTTPS server.\n",
            "Bad Request\r\nThis combination of host and port requires TLS.\r\n",
            "The client sent a plain HTTP request, but this server only speaks HTTPS on this port.",
        ] {
            let answer = format!("HTTP/1.1 400 Bad Request\r\nServer: x/1\r\n\r\n{page}");
            let expected = Reading { follow_ups: follow(80, true, ""), ..Reading::default() };
            let conversation = begin(&subject(80));
            assert_eq!(conversation.finish(answer.as_bytes(), End::Closed), expected, "{page}");
            let inside = Subject { is_encrypted: true, ..subject(80) };
            assert!(!talk_with(&PROBE, inside, &[answer.as_bytes()]).facts.is_empty(), "{page}");
        }
        let other = b"HTTP/1.1 400 Bad Request\r\nServer: x/1\r\n\r\n<title>no host</title>";
        assert_eq!(said(&talk(&PROBE, &[other]), Statement::Status), Some("400"));
    }

    #[test]
    fn a_redirect_elsewhere_is_told_and_not_followed() {
        for location in [
            "https://example.org/",
            "http://127.0.0.2/",
            "//127.0.0.1/x",
            "http://127.0.0.1@192.0.2.1/",
            "http://127.0.0.1:9100/",
            "http://127.0.0.1:443/",
            "ftp://127.0.0.1/",
            "/",
            "/a\tb",
            "/a b",
            "http://127.0.0.1:99999/",
        ] {
            assert_eq!(redirect(location), [], "{location}");
        }
    }

    #[test]
    fn what_a_redirect_led_to_leads_no_further_and_keeps_the_first_status() {
        let subject = Subject { argument: "/login".to_owned(), ..subject(80) };
        let conversation = begin(&subject);
        let bytes = b"HTTP/1.1 302 Found\r\nLocation: /next\r\n\r\n<title>302 Found</title>";
        let reading = conversation.finish(bytes, End::Closed);
        assert_eq!(reading.follow_ups, []);
        assert_eq!(said(&reading, Statement::Status), None);
        assert_eq!(said(&reading, Statement::Title), None);
    }

    #[test]
    fn every_kind_of_authentication_is_kept() {
        let reading = talk(&PROBE, &[b"HTTP/1.1 401 no\r\nWWW-Authenticate: Negotiate\r\nWWW-Authenticate: Basic realm=\"NAS\"\r\n\r\n"]);
        assert_eq!(said(&reading, Statement::Authenticate), Some("Negotiate, Basic realm=\"NAS\""));
    }

    #[test]
    fn a_head_that_never_ends_still_gives_its_status() {
        let head =
            [b"HTTP/1.1 200 OK\r\nServer: x\r\n".as_slice(), &b"A: b\r\n".repeat(500)].concat();
        let reading = talk(&PROBE, &[&head]);
        assert_eq!(said(&reading, Statement::Server), Some("x"));
        assert_eq!(reading.complaints.len(), 1);
    }

    #[test]
    fn a_packed_page_is_not_read() {
        let reading =
            talk(&PROBE, &[b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n<title>x</title>"]);
        assert_eq!(said(&reading, Statement::Title), None);
        assert_eq!(reading.complaints.len(), 1);
    }

    #[test]
    fn another_protocol_is_none() {
        assert_eq!(talk(&PROBE, &[b"SSH-2.0-OpenSSH_9.2p1\r\n"]).facts, []);
        assert_eq!(talk(&PROBE, &[b"\x15\x03\x01\x00\x02\x02\x0a"]).facts, []);
        assert_eq!(talk(&PROBE, &[b""]).facts, []);
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            play_hostile(&PROBE, std::slice::from_ref(&bytes), 80);
            play_hostile(&PROBE, &[[b"HTTP/1.1 302 x\r\nLocation:", bytes.as_slice()].concat()], 80);
        }

        #[test]
        fn nothing_leads_to_another_port_than_those_of_the_web(
            location in "(http|https)://127\\.0\\.0\\.1(:[0-9]{1,6})?(/[a-z]{0,3})?",
        ) {
            for follow in redirect(&location) {
                prop_assert!(PORTS.contains(&follow.port) || TLS_PORTS.contains(&follow.port));
            }
        }
    }
}
