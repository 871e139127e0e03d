//! Asks listeners of this machine for their certificates, over loopback and nowhere else.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use data_encoding::BASE64;
use observation::latest::Absent;
use scan::net::tls::{self, AskError};

use super::ServedCertificate;

/// Time for one listener. Loopback answers in a fraction of it unless the machine is busy, and then the
/// answer should still be the same; a listener that waits for words of
/// its own protocol costs all of it.
const LISTENER_LIMIT: Duration = Duration::from_secs(1);

/// The certificate that a listener shows.
pub(super) fn served_certificate(address: IpAddr, port: u16) -> Result<ServedCertificate, Absent> {
    let socket = SocketAddr::new(address, port);
    if !address.is_loopback() {
        let (why, what) = ("bound_elsewhere".to_owned(), socket.to_string());
        return Err(Absent::NotLookedAt { why, what });
    }
    let doing = format!("asking tcp/{socket} for its certificate");
    match tls::served_certificate(socket, LISTENER_LIMIT) {
        Ok(served) => Ok(ServedCertificate {
            chain: served.chain.iter().map(|it| BASE64.encode(it)).collect(),
            tls_version: served.version.map(str::to_owned),
        }),
        Err(AskError::NotTls) => Err(Absent::NotHere { looked_at: format!("TLS on tcp/{socket}") }),
        Err(AskError::TimedOut { limit }) => {
            let after_ms = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
            Err(Absent::TimedOut { doing, after_ms })
        }
        Err(AskError::Connect { source, .. }) => {
            Err(Absent::Failed { doing, cause: source.to_string() })
        }
        Err(error @ AskError::Refused { .. }) => {
            Err(Absent::Failed { doing, cause: error.to_string() })
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use super::*;

    #[test]
    fn only_loopback_is_ever_asked() {
        let reason = served_certificate("192.0.2.7".parse().unwrap(), 443).unwrap_err();
        let what = "192.0.2.7:443".to_owned();
        assert_eq!(reason, Absent::NotLookedAt { why: "bound_elsewhere".to_owned(), what });
    }

    #[test]
    fn a_listener_of_another_protocol_serves_no_certificate() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || drop(listener.accept()));
        let reason = served_certificate(address.ip(), address.port()).unwrap_err();
        assert!(matches!(reason, Absent::NotHere { .. }), "{reason:?}");
    }
}
