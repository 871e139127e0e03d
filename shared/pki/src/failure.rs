//! What went wrong in a handshake, in terms that a person can act on.

use std::error::Error;
use std::{fmt, io};

use jiff::Timestamp;
use rustls::{AlertDescription, CertificateError};

/// What went wrong in a handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsFailure {
    /// The other end shows a certificate of an authority that is not ours.
    OtherAuthority,
    /// The other end's certificate is not for the name or address that was called.
    OtherName,
    /// By our clock the other end's certificate is not valid yet or no longer: seconds since 1970
    /// of our clock and of the boundary that it misses.
    ClockOrExpiry {
        /// Our clock.
        now: u64,
        /// The end, or the beginning, of the certificate's validity.
        boundary: u64,
    },
    /// The other end says that our certificate ran out.
    OwnCertificateExpired,
    /// The other end refuses our certificate or the handshake.
    Refused {
        /// The alert.
        alert: String,
    },
    /// The other end does not speak our TLS, or no TLS.
    NotOurTls {
        /// The cause.
        cause: String,
    },
}

impl fmt::Display for TlsFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherAuthority => formatter.write_str("its certificate is of another authority"),
            Self::OtherName => formatter.write_str("its certificate is for another name"),
            Self::ClockOrExpiry { now, boundary } => {
                let (now, boundary) = (moment(*now), moment(*boundary));
                let side = if now < boundary { "begins" } else { "ended" };
                write!(formatter, "its certificate {side} at {boundary}, and here it is {now}")
            }
            Self::OwnCertificateExpired => {
                formatter.write_str("it says that the certificate of this agent has run out")
            }
            Self::Refused { alert } => {
                write!(formatter, "it refuses this agent's certificate or handshake ({alert})")
            }
            Self::NotOurTls { cause } => formatter.write_str(cause),
        }
    }
}

/// Seconds since 1970 as a time that people read.
fn moment(seconds: u64) -> Timestamp {
    let second = i64::try_from(seconds).unwrap_or(i64::MAX);
    Timestamp::from_second(second).unwrap_or(Timestamp::MAX)
}

/// The TLS failure at the bottom of a chain of errors, if there is one.
#[must_use]
pub fn tls_failure(error: &(dyn Error + 'static)) -> Option<TlsFailure> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<rustls::Error>() {
            return Some(read(found));
        }
        // io::Error passes over its own content when asked for its source.
        let inside = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match inside {
            Some(inside) => Some(inside),
            None => error.source(),
        };
    }
    None
}

#[expect(clippy::wildcard_enum_match_arm, reason = "rustls' errors are open; the rest is one case")]
fn read(error: &rustls::Error) -> TlsFailure {
    match error {
        rustls::Error::InvalidCertificate(certificate) => read_certificate(certificate),
        rustls::Error::AlertReceived(AlertDescription::CertificateExpired) => {
            TlsFailure::OwnCertificateExpired
        }
        rustls::Error::AlertReceived(alert) => TlsFailure::Refused { alert: format!("{alert:?}") },
        other => TlsFailure::NotOurTls { cause: other.to_string() },
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "rustls' errors are open; the rest is one case")]
fn read_certificate(error: &CertificateError) -> TlsFailure {
    match error {
        CertificateError::ExpiredContext { time, not_after } => {
            TlsFailure::ClockOrExpiry { now: time.as_secs(), boundary: not_after.as_secs() }
        }
        CertificateError::NotValidYetContext { time, not_before } => {
            TlsFailure::ClockOrExpiry { now: time.as_secs(), boundary: not_before.as_secs() }
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            TlsFailure::OtherName
        }
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            TlsFailure::OtherAuthority
        }
        other => TlsFailure::NotOurTls { cause: other.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_failure_is_found_below_other_errors() {
        let inner = rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let outer = io::Error::other(io::Error::other(inner));
        assert_eq!(tls_failure(&outer), Some(TlsFailure::OtherAuthority));
        assert_eq!(tls_failure(&io::Error::other("no TLS")), None);
    }

    #[test]
    fn a_clock_is_told_in_times_that_people_read() {
        let failure = TlsFailure::ClockOrExpiry { now: 1_800_000_000, boundary: 1_700_000_000 };
        let text =
            "its certificate ended at 2023-11-14T22:13:20Z, and here it is 2027-01-15T08:00:00Z";
        assert_eq!(failure.to_string(), text);
        let failure = TlsFailure::ClockOrExpiry { now: 0, boundary: u64::MAX };
        assert!(failure.to_string().starts_with("its certificate begins at"), "{failure}");
    }

    #[test]
    fn an_alert_about_our_own_certificate_is_told_apart() {
        let error = rustls::Error::AlertReceived(AlertDescription::CertificateExpired);
        assert_eq!(tls_failure(&error), Some(TlsFailure::OwnCertificateExpired));
        let error = rustls::Error::AlertReceived(AlertDescription::UnknownCA);
        assert!(matches!(tls_failure(&error), Some(TlsFailure::Refused { .. })));
    }
}
