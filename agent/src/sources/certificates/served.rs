//! Certificates that the listeners of this machine serve.
//!
//! A TCP listener bound to loopback or to every address is asked over loopback. One bound to another
//! address alone is never contacted: its certificate is read from the file that its configuration
//! names. Looking must change nothing, so three kinds of listeners are not asked: those that process
//! 1 keeps for services it would start on the first connection, printers, which would print what we
//! say, and protocols that begin in plain text, which would only fill their logs.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use observation::latest::{
    Absent, Binding, Cadence, Certificate, CertificatePlace, Complaint, Fact, Gap, Platform,
    SourceId, Transport,
};
use scan::packet::certificate;

use crate::host::{Ask, Host, Reply, Request, ServedCertificate};
use crate::sources::context::Context;
use crate::sources::pem::first_of_pem;
use crate::sources::persons::Persons;
use crate::sources::processes::{Holders, own_sockets};
use crate::sources::sockets::{self, Socket};
use crate::sources::tls_files::{self, Named};
use crate::sources::{Found, Source, systemd};

/// Listeners asked at the same time.
const ASKING_MAX: usize = 8;
/// Time for all listeners together; who was not asked by then is not asked.
const TOTAL_LIMIT: Duration = Duration::from_secs(3);
/// Largest certificate file.
const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// LPD (RFC 1179) and raw printing.
const PRINT_PORTS: &[u16] = &[515, 9100, 9101, 9102, 9103, 9104, 9105, 9106, 9107];
/// Protocols whose conversation begins in plain text, and where TLS, if at all, comes later: FTP,
/// SSH, telnet, SMTP, DNS, POP3, portmapper, SMB, IMAP, submission, NFS, MySQL, PostgreSQL, Redis,
/// memcached.
const PLAIN_FIRST_PORTS: &[u16] =
    &[21, 22, 23, 25, 53, 110, 111, 139, 143, 445, 587, 2049, 3306, 5432, 6379, 11_211];

/// Served certificates.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("certificates.served"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let (all, _) = sockets::read(context.host)?;
    let own = own_sockets(context.host);
    let mut listeners: Vec<&Socket> = all
        .iter()
        .filter(|it| it.transport == Transport::Tcp && it.is_waiting())
        .filter(|it| !own.contains(&it.inode))
        .collect();
    listeners.sort_by_key(|it| it.local);
    listeners.dedup_by_key(|it| it.local);
    let caution = Caution::new(context.host, &listeners);
    let mut found = Found::default();
    let mut to_ask = Vec::new();
    let mut not_asked = Vec::new();
    for listener in listeners {
        match caution.address_to_ask(listener) {
            Ok(address) => to_ask.push((listener, address)),
            Err(why) => not_asked.push((listener, why)),
        }
    }
    for (listener, address, answer) in ask_all(context.host, &to_ask) {
        match answer {
            Ok(served) => add_served(listener, address, &served, &mut found),
            Err(reason) => found.gaps.push(gap(listener, reason)),
        }
    }
    if !not_asked.is_empty() {
        let persons = Persons::read_or_none(context.host, context.names);
        let named = tls_files::read(context.host);
        for (listener, why) in not_asked {
            let files: Vec<&Named> = named.iter().filter(|it| it.is_for(listener.local)).collect();
            if files.is_empty() {
                let reason = Absent::NotLookedAt { why: why.to_owned(), what: listener.label() };
                found.gaps.push(gap(listener, reason));
            }
            for file in files {
                add_file(context.host, listener, file, &persons, &mut found);
            }
        }
    }
    Ok(found)
}

/// Which listeners are better not asked.
struct Caution {
    holders: Holders,
    socket_ports: BTreeSet<u16>,
    /// The account of a first process that is not systemd; its sockets cannot be told otherwise.
    first_process_uid: Option<u32>,
}

impl Caution {
    fn new(host: &dyn Host, listeners: &[&Socket]) -> Self {
        let is_systemd = host.status("/run/systemd/system").is_ok();
        Self {
            holders: Holders::find(host, &listeners.iter().map(|it| it.inode).collect()),
            socket_ports: systemd::socket_ports(host),
            first_process_uid: (!is_systemd)
                .then(|| host.status("/proc/1").ok().map(|it| it.owner))
                .flatten(),
        }
    }

    /// The loopback address under which the listener answers, or why it is not asked.
    fn address_to_ask(&self, listener: &Socket) -> Result<IpAddr, &'static str> {
        let address = match listener.binding() {
            Binding::Address => return Err("bound_elsewhere"),
            Binding::Loopback => listener.local.ip(),
            Binding::All if listener.local.is_ipv4() => Ipv4Addr::LOCALHOST.into(),
            Binding::All => Ipv6Addr::LOCALHOST.into(),
        };
        let port = listener.local.port();
        if self.may_start_something(listener) {
            Err("first_process")
        } else if PRINT_PORTS.contains(&port) {
            Err("print_port")
        } else if PLAIN_FIRST_PORTS.contains(&port) {
            Err("plain_text_first")
        } else {
            Ok(address)
        }
    }

    /// Process 1 keeps sockets for services that it starts on the first connection.
    fn may_start_something(&self, listener: &Socket) -> bool {
        if self.holders.is_held_by_first_process(listener.inode) {
            return true;
        }
        self.holders.of(listener.inode).is_err()
            && (self.socket_ports.contains(&listener.local.port())
                || self.first_process_uid == Some(listener.uid))
    }
}

type Answer<'a> = (&'a Socket, IpAddr, Result<ServedCertificate, Absent>);

/// Asks several listeners at a time; each thread ends with the scope.
fn ask_all<'a>(host: &dyn Host, to_ask: &[(&'a Socket, IpAddr)]) -> Vec<Answer<'a>> {
    let start = Instant::now();
    let next = AtomicUsize::new(0);
    let answers: Mutex<Vec<Answer<'a>>> = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..to_ask.len().min(ASKING_MAX) {
            scope.spawn(|| {
                while let Some((listener, address)) =
                    to_ask.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    let answer = ask(host, *address, listener, start);
                    let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
                    answers.push((listener, *address, answer));
                }
            });
        }
    });
    answers.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn ask(
    host: &dyn Host,
    address: IpAddr,
    listener: &Socket,
    start: Instant,
) -> Result<ServedCertificate, Absent> {
    let doing = || format!("asking {} for its certificate", listener.label());
    if start.elapsed() > TOTAL_LIMIT {
        let after_ms = u64::try_from(TOTAL_LIMIT.as_millis()).unwrap_or(u64::MAX);
        return Err(Absent::TimedOut { doing: doing(), after_ms });
    }
    let port = listener.local.port();
    let reply = host.ask(&Request::ServedCertificate { address, port })?;
    if let Reply::ServedCertificate(served) = reply {
        return Ok(served);
    }
    Err(Absent::Failed { doing: doing(), cause: "another kind of answer".to_owned() })
}

fn add_served(listener: &Socket, address: IpAddr, served: &ServedCertificate, found: &mut Found) {
    let Some(first) = served.chain.first().and_then(|it| BASE64.decode(it.as_bytes()).ok()) else {
        let looked_at = listener.label();
        found.gaps.push(gap(listener, Absent::NotHere { looked_at }));
        return;
    };
    let place = CertificatePlace::Served {
        address,
        port: listener.local.port(),
        tls_version: served.tls_version.clone(),
    };
    add(&first, place, served.chain.len(), &listener.label(), found);
}

fn add_file(
    host: &dyn Host,
    listener: &Socket,
    file: &Named,
    persons: &Persons<'_>,
    found: &mut Found,
) {
    let shown = persons.path(&file.path);
    match host.bytes(&file.path, FILE_BYTES_MAX) {
        Ok(bytes) => {
            let (first, count) = first_of_pem(&String::from_utf8_lossy(&bytes));
            let place =
                CertificatePlace::File { path: shown.clone(), listener: Some(listener.label()) };
            add(&first.unwrap_or_default(), place, count, &shown, found);
        }
        Err(Absent::NotAllowed { needs, .. }) => {
            found.gaps.push(gap(listener, Absent::NotAllowed { what: shown, needs }));
        }
        Err(Absent::NotHere { .. }) => {
            found.gaps.push(gap(listener, Absent::NotHere { looked_at: shown }));
        }
        Err(Absent::Failed { cause, .. }) => {
            let doing = format!("reading {shown}");
            found.gaps.push(gap(listener, Absent::Failed { doing, cause }));
        }
        Err(reason @ (Absent::TimedOut { .. } | Absent::NotLookedAt { .. })) => {
            found.gaps.push(gap(listener, reason));
        }
    }
}

fn add(der: &[u8], place: CertificatePlace, chain_length: usize, at: &str, found: &mut Found) {
    let chain_length = u32::try_from(chain_length).unwrap_or(u32::MAX);
    match certificate::read(der, place, chain_length) {
        Ok(certificate) => {
            let certificate: Certificate = certificate;
            found.facts.push(Fact::Certificate(certificate));
        }
        Err(error) => found
            .complaints
            .push(Complaint { place: at.to_owned(), problem: format!("certificate: {error}") }),
    }
}

fn gap(listener: &Socket, reason: Absent) -> Gap {
    Gap { field: "certificate".to_owned(), of: Some(listener.label()), reason }
}

#[cfg(test)]
mod tests {
    use observation::latest::Privilege;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    /// Constructed for these tests with openssl: CN=example.org, EC P-256, self-signed.
    const PEM: &str = include_str!("served.pem");

    fn table(lines: &[&str]) -> String {
        let lines: Vec<String> = lines
            .iter()
            .enumerate()
            .map(|(index, it)| {
                format!("{index}: {it} 00000000:0000 0A 0:0 00:0 0 0 0 {} 1", index + 40)
            })
            .collect();
        format!("head\n{}\n", lines.join("\n"))
    }

    fn machine(lines: &[&str]) -> MapHost {
        MapHost::new().file("/proc/net/tcp", table(lines))
    }

    fn asked(
        port: u16,
        answer: Result<ServedCertificate, Absent>,
    ) -> (Request, Result<Reply, Absent>) {
        let request = Request::ServedCertificate { address: Ipv4Addr::LOCALHOST.into(), port };
        (request, answer.map(Reply::ServedCertificate))
    }

    fn served() -> ServedCertificate {
        let der = first_of_pem(PEM).0.unwrap();
        ServedCertificate {
            chain: vec![BASE64.encode(&der)],
            tls_version: Some("TLS 1.3".to_owned()),
        }
    }

    fn check(host: &MapHost) -> (Vec<Certificate>, Found) {
        let found = with_context(host, observe).unwrap();
        let certificates = found.facts.iter().map(|it| {
            let Fact::Certificate(certificate) = it else { panic!("{it:?}") };
            certificate.clone()
        });
        (certificates.collect(), found)
    }

    fn why(found: &Found) -> Vec<&str> {
        found
            .gaps
            .iter()
            .map(|it| {
                let Absent::NotLookedAt { why, .. } = &it.reason else { panic!("{it:?}") };
                why.as_str()
            })
            .collect()
    }

    #[test]
    fn a_listener_of_all_addresses_is_asked_over_loopback() {
        let (request, reply) = asked(443, Ok(served()));
        let (certificates, found) = check(&machine(&["00000000:01BB"]).answer(request, reply));
        let place = CertificatePlace::Served {
            address: Ipv4Addr::LOCALHOST.into(),
            port: 443,
            tls_version: Some("TLS 1.3".to_owned()),
        };
        assert_eq!(certificates[0].place, place);
        assert_eq!(certificates[0].names, ["example.org"]);
        assert_eq!(found.gaps, []);
    }

    #[test]
    fn what_is_better_not_asked_is_not_asked_and_said() {
        // Raw printing, PostgreSQL, and one bound to 192.0.2.7 alone.
        let host = machine(&["00000000:238C", "0100007F:1538", "070200C0:01BB"]);
        let (certificates, found) = check(&host);
        assert_eq!(certificates, []);
        let mut reasons = why(&found);
        reasons.sort_unstable();
        assert_eq!(reasons, ["bound_elsewhere", "plain_text_first", "print_port"]);
    }

    #[test]
    fn a_socket_that_process_1_keeps_is_not_asked_because_that_would_start_a_service() {
        let known = machine(&["00000000:01BB"]).process(1, "systemd", "/s", "/init.scope", &[40]);
        assert_eq!(why(&check(&known).1), ["first_process"]);
        let by_unit = machine(&["00000000:01BB"])
            .folder("/run/systemd/system")
            .file("/usr/lib/systemd/system/a.socket", "[Socket]\nListenStream=443\n")
            .link("/etc/systemd/system/sockets.target.wants/a.socket", "/x/a.socket");
        assert_eq!(why(&check(&by_unit).1), ["first_process"]);
        // A first process of another kind that cannot be looked into, under the socket's account.
        let hidden =
            machine(&["00000000:01BB"]).process(1, "tini", "/tini", "/", &[]).forbid("/proc/1/fd");
        assert_eq!(why(&check(&hidden).1), ["first_process"]);
    }

    #[test]
    fn the_file_of_a_listener_elsewhere_is_read() {
        let host = machine(&["070200C0:01BB"])
            .file(
                "/etc/nginx/conf.d/a.conf",
                "server { listen 443 ssl; ssl_certificate /home/al/a.pem; }",
            )
            .file(
                "/home/al/a.pem",
                format!(
                    "-----BEGIN PRIVATE KEY-----\nCANARY\n-----END PRIVATE KEY-----\n{PEM}{PEM}"
                ),
            );
        let (certificates, found) = check(&host);
        assert_eq!(certificates[0].chain_length, 2);
        let CertificatePlace::File { path, listener } = &certificates[0].place else { panic!() };
        assert!(!path.contains("/al/"), "{path}");
        assert_eq!(listener.as_deref(), Some("tcp/192.0.2.7:443"));
        assert!(!format!("{found:?}").contains("CANARY"));
    }

    #[test]
    fn a_file_that_may_not_be_read_or_is_none_is_said() {
        let configured = || {
            machine(&["070200C0:01BB"]).file(
                "/etc/nginx/conf.d/a.conf",
                "server { listen 443 ssl; ssl_certificate /a.pem; }",
            )
        };
        let (_, found) = check(&configured().forbid("/a.pem"));
        let expected = Absent::NotAllowed { what: "/a.pem".to_owned(), needs: Privilege::Root };
        assert_eq!(found.gaps[0].reason, expected);
        let (_, found) = check(&configured());
        assert!(matches!(found.gaps[0].reason, Absent::NotHere { .. }));
        let (_, found) = check(&configured().file("/a.pem", "-----BEGIN CERTIFICATE-----\nüü\n"));
        assert_eq!(found.complaints.len(), 1);
    }

    #[test]
    fn a_listener_without_tls_has_its_reason_and_many_are_all_asked() {
        let lines: Vec<String> = (8000..8040).map(|it| format!("0100007F:{it:04X}")).collect();
        let mut host = machine(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        for port in 8000..8040 {
            let absent = Absent::NotHere { looked_at: format!("TLS on {port}") };
            let (request, reply) = asked(port, Err(absent));
            host = host.answer(request, reply);
        }
        let (certificates, found) = check(&host);
        assert_eq!((certificates.len(), found.gaps.len()), (0, 40));
    }

    #[test]
    fn hostile_answers_are_complaints() {
        for chain in [vec![], vec!["***".to_owned()], vec![BASE64.encode(&[0xff; 200])]] {
            let (request, reply) = asked(443, Ok(ServedCertificate { chain, tls_version: None }));
            let (certificates, found) = check(&machine(&["00000000:01BB"]).answer(request, reply));
            assert_eq!(certificates, []);
            assert_eq!(found.gaps.len() + found.complaints.len(), 1);
        }
    }
}
