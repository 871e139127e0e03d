//! The agent's private key. It is made on the host and never leaves it.

use std::fmt;

use data_encoding::BASE64;
use jiff::Timestamp;
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PublicKeyData, SigningKey};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject;
use uuid::Uuid;
use zeroize::{Zeroize, Zeroizing};

use crate::fingerprint::Fingerprint;

/// Largest PEM text of a key that is looked at.
const KEY_BYTES_MAX: usize = 8 * 1024;

/// An ECDSA P-256 key.
pub struct AgentKey {
    pair: KeyPair,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The text is no PEM of a PKCS #8 key.
    #[error("the private key cannot be read: it must be PEM, PKCS #8")]
    Unreadable,
    /// The key is of another kind.
    #[error("the private key is not ECDSA P-256")]
    OtherKind,
    /// The library failed.
    #[error("{doing}")]
    Failed {
        /// The operation.
        doing: &'static str,
        /// The cause.
        source: rcgen::Error,
    },
}

impl AgentKey {
    /// A new key.
    ///
    /// # Errors
    /// If the system gives no random numbers.
    pub fn generate() -> Result<Self, KeyError> {
        let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)
            .map_err(|source| KeyError::Failed { doing: "making a private key", source })?;
        Ok(Self { pair })
    }

    /// A key that was kept.
    ///
    /// # Errors
    /// If the text is no such key.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        if pem.len() > KEY_BYTES_MAX {
            return Err(KeyError::Unreadable);
        }
        let der =
            PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| KeyError::Unreadable)?;
        let pair = KeyPair::from_pkcs8_der_and_sign_algo(&der, &PKCS_ECDSA_P256_SHA256)
            .map_err(|_| KeyError::OtherKind)?;
        Ok(Self { pair })
    }

    /// The key, to be kept where only its owner can read it.
    #[must_use]
    pub fn to_pem(&self) -> Zeroizing<String> {
        Zeroizing::new(self.pair.serialize_pem())
    }

    /// The key for rustls.
    pub(crate) fn to_der(&self) -> PrivatePkcs8KeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.pair.serialize_der())
    }

    /// SHA-256 of the public key (SubjectPublicKeyInfo, DER).
    #[must_use]
    pub fn public_key_hash(&self) -> [u8; 32] {
        Fingerprint::of(&self.pair.subject_public_key_info()).0
    }

    /// A PKCS #10 request, PEM, that shows the possession of the key and asks for nothing else.
    ///
    /// # Errors
    /// If signing fails.
    pub fn certificate_request(&self) -> Result<String, KeyError> {
        let failed = |source| KeyError::Failed { doing: "making a certificate request", source };
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name = rcgen::DistinguishedName::new();
        parameters.serialize_request(&self.pair).and_then(|it| it.pem()).map_err(failed)
    }

    /// The signature, base64, that goes with a renewal after the certificate ran out.
    ///
    /// # Errors
    /// If signing fails.
    pub fn sign_renewal(
        &self,
        agent: Uuid,
        asked_at: Timestamp,
        certificate_request: &str,
    ) -> Result<String, KeyError> {
        let message = renewal_message(agent, asked_at, certificate_request);
        Ok(BASE64.encode(&self.sign(&message)?))
    }

    /// The public key (SubjectPublicKeyInfo, DER).
    #[must_use]
    pub fn public_key_der(&self) -> Vec<u8> {
        self.pair.subject_public_key_info()
    }

    /// A signature; the message says by its first line what it is for.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.pair.sign(message).map_err(|source| KeyError::Failed { doing: "signing", source })
    }
}

/// What a late renewal signs. The first line keeps the signature from meaning anything else.
pub(crate) fn renewal_message(
    agent: Uuid,
    asked_at: Timestamp,
    certificate_request: &str,
) -> Vec<u8> {
    format!("kataster renew-expired 1\n{agent}\n{asked_at}\n{certificate_request}").into_bytes()
}

impl Drop for AgentKey {
    fn drop(&mut self) {
        self.pair.zeroize();
    }
}

impl fmt::Debug for AgentKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AgentKey").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_key_is_the_same_key() {
        let key = AgentKey::generate().unwrap();
        let again = AgentKey::from_pem(&key.to_pem()).unwrap();
        assert_eq!(again.public_key_hash(), key.public_key_hash());
        assert_ne!(AgentKey::generate().unwrap().public_key_hash(), key.public_key_hash());
    }

    #[test]
    fn other_keys_are_refused() {
        let other = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap().serialize_pem();
        assert!(matches!(AgentKey::from_pem(&other), Err(KeyError::OtherKind)));
        for text in ["", "-----BEGIN PRIVATE KEY-----", &"x".repeat(100_000)] {
            assert!(matches!(AgentKey::from_pem(text), Err(KeyError::Unreadable)));
        }
    }

    #[test]
    fn debug_output_keeps_the_key() {
        assert_eq!(format!("{:?}", AgentKey::generate().unwrap()), "AgentKey { .. }");
    }
}
