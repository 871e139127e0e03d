//! Who is at the other end, read from the certificate that TLS has verified.

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use uuid::Uuid;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use crate::fingerprint::Fingerprint;

/// Largest certificate that is looked at. Ours have about 500 bytes.
pub(crate) const CERTIFICATE_BYTES_MAX: usize = 16 * 1024;

/// An agent, by its certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// The agent's id: the common name that the authority wrote.
    pub agent: Uuid,
    /// SHA-256 of the public key (SubjectPublicKeyInfo, DER).
    pub public_key_hash: [u8; 32],
    /// The certificate's serial number, hexadecimal.
    pub serial: String,
    /// The end of its validity.
    pub not_after: Timestamp,
}

/// Why a certificate names no agent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeerError {
    /// It cannot be read.
    #[error("the certificate cannot be read")]
    Unreadable,
    /// It names no agent.
    #[error("the certificate names no agent")]
    NoAgent,
}

impl Peer {
    /// Reads the agent from a certificate. Does not verify it: that is what TLS did.
    ///
    /// # Errors
    /// If it is unreadable or its common name is not one agent's id.
    pub fn from_certificate(der: &[u8]) -> Result<Self, PeerError> {
        if der.len() > CERTIFICATE_BYTES_MAX {
            return Err(PeerError::Unreadable);
        }
        let (rest, certificate) =
            X509Certificate::from_der(der).map_err(|_| PeerError::Unreadable)?;
        if !rest.is_empty() {
            return Err(PeerError::Unreadable);
        }
        let mut names = certificate.subject().iter_common_name();
        let (Some(name), None) = (names.next(), names.next()) else {
            return Err(PeerError::NoAgent);
        };
        let text = name.as_str().map_err(|_| PeerError::NoAgent)?;
        let not_after = certificate.validity().not_after.timestamp();
        Ok(Self {
            agent: Uuid::try_parse(text).map_err(|_| PeerError::NoAgent)?,
            public_key_hash: Fingerprint::of(certificate.public_key().raw).0,
            serial: HEXLOWER.encode(certificate.raw_serial()),
            not_after: Timestamp::from_second(not_after).map_err(|_| PeerError::Unreadable)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            prop_assert!(Peer::from_certificate(&bytes).is_err());
        }
    }

    #[test]
    fn a_huge_certificate_is_not_looked_at() {
        let bytes = vec![0x30; CERTIFICATE_BYTES_MAX + 1];
        assert_eq!(Peer::from_certificate(&bytes), Err(PeerError::Unreadable));
    }
}
