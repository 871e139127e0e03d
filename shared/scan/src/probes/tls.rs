//! What a TLS handshake shows: the certificate of a server and the version that was agreed.
//!
//! The handshake itself is a session of `net`; here is the pure reading of what came of it.

use std::net::IpAddr;

use observation::latest::{CertificatePlace, Complaint, Fact};

use super::{Method, Probe, Reading};
use crate::packet::certificate;

/// The source of certificates that servers show.
pub const ID: &str = "scan.tls";

/// Certificates of servers.
pub const PROBE: Probe = Probe { id: ID, method: Method::Session };

/// Reads the chain of a handshake, in its order, DER.
#[must_use]
pub fn read(address: IpAddr, port: u16, chain: &[Vec<u8>], version: Option<&str>) -> Reading {
    let Some(own) = chain.first() else { return Reading::default() };
    let tls_version = version.map(str::to_owned);
    let place = CertificatePlace::Served { address, port, tls_version };
    let length = u32::try_from(chain.len()).unwrap_or(u32::MAX);
    let complaint = |problem: String| {
        let problem = format!("its certificate: {problem}");
        Complaint { place: format!("tcp/{port}"), problem }
    };
    match certificate::read_with_problems(own, place, length) {
        Ok((read, problems)) => Reading {
            facts: vec![Fact::Certificate(read)],
            complaints: problems.into_iter().map(complaint).collect(),
            follow_ups: Vec::new(),
        },
        Err(error) => {
            Reading { complaints: vec![complaint(error.to_string())], ..Reading::default() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_names_the_port_that_showed_it() {
        let made = rcgen::generate_simple_self_signed(["mail.example".to_owned()]).unwrap();
        let chain = [made.cert.der().to_vec()];
        let reading = read([192, 0, 2, 7].into(), 993, &chain, Some("TLS 1.3"));
        let [Fact::Certificate(certificate)] = &reading.facts[..] else { panic!() };
        assert_eq!(certificate.names, ["mail.example"]);
        let CertificatePlace::Served { port, tls_version, .. } = &certificate.place else {
            panic!()
        };
        assert_eq!((*port, tls_version.as_deref()), (993, Some("TLS 1.3")));
    }

    #[test]
    fn a_name_that_had_to_be_escaped_is_complained_about() {
        let made =
            rcgen::generate_simple_self_signed(["a.example\0.b.example".to_owned()]).unwrap();
        let reading = read([192, 0, 2, 7].into(), 443, &[made.cert.der().to_vec()], None);
        let [complaint] = &reading.complaints[..] else { panic!("{reading:?}") };
        assert_eq!(complaint.problem, "its certificate: 1 control characters escaped");
    }

    #[test]
    fn what_is_no_certificate_is_complained_about() {
        let reading = read([192, 0, 2, 7].into(), 443, &[vec![0x30, 0x84]], None);
        assert!(reading.facts.is_empty());
        assert_eq!(reading.complaints.len(), 1);
    }
}
