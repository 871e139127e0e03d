//! Which versions of TLS a port agrees to, the ones that nobody should speak any more included.
//!
//! The questions are [`crate::packet::tls_hello`]'s and are carried by `net`; here is the pure reading
//! of what came back.

use observation::latest::{Complaint, Fact, TlsVersions};

use super::{Method, Probe, Reading};
use crate::packet::tls_hello::{Answer, Version};

/// The source of versions.
pub const ID: &str = "scan.tls_versions";

/// Versions of TLS.
pub const PROBE: Probe = Probe { id: ID, method: Method::Session };

/// Reads what a port answered to each version. A version without clear answer is in neither list and
/// complained about: silence is no refusal.
#[must_use]
pub fn read(port: u16, answers: &[(Version, Answer)]) -> Reading {
    let said = |what: Answer| {
        let names = answers.iter().filter(move |it| it.1 == what).map(|it| it.0.name().to_owned());
        names.collect::<Vec<_>>()
    };
    let (accepted, refused) = (said(Answer::Accepted), said(Answer::Refused));
    let complaints = answers
        .iter()
        .filter(|it| matches!(it.1, Answer::More | Answer::NotTls))
        .map(|(version, _)| Complaint {
            place: format!("tcp/{port}"),
            problem: format!("no clear answer to {}", version.name()),
        })
        .collect();
    // Who agreed to nothing was not shown to speak TLS at all.
    let facts = match accepted.is_empty() {
        true => Vec::new(),
        false => vec![Fact::TlsVersions(TlsVersions { port, accepted, refused })],
    };
    Reading { facts, complaints, follow_ups: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agreed_and_refused_versions_are_told_apart_from_silence() {
        let reading = read(
            443,
            &[
                (Version::Ssl30, Answer::More),
                (Version::Tls10, Answer::Refused),
                (Version::Tls11, Answer::NotTls),
                (Version::Tls12, Answer::Accepted),
                (Version::Tls13, Answer::Accepted),
            ],
        );
        let expected = TlsVersions {
            port: 443,
            accepted: vec!["TLS 1.2".to_owned(), "TLS 1.3".to_owned()],
            refused: vec!["TLS 1.0".to_owned()],
        };
        assert_eq!(reading.facts, [Fact::TlsVersions(expected)]);
        let problems: Vec<&str> = reading.complaints.iter().map(|it| it.problem.as_str()).collect();
        assert_eq!(problems, ["no clear answer to SSL 3.0", "no clear answer to TLS 1.1"]);
    }

    #[test]
    fn refusals_alone_prove_nothing() {
        assert_eq!(read(443, &[(Version::Tls12, Answer::Refused)]).facts, []);
        assert_eq!(read(443, &[]), Reading::default());
    }
}
