//! An enrolled agent's key with its certificate.

use std::fmt;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use uuid::Uuid;

use crate::agent_key::AgentKey;
use crate::authority::certificate_pem;
use crate::fingerprint::Fingerprint;
use crate::peer::Peer;

/// Largest chain, PEM. Ours have about 1,500 bytes.
const CHAIN_BYTES_MAX: usize = 64 * 1024;

/// An enrolled agent's key with its certificate and the authority that made it.
pub struct AgentIdentity {
    key: AgentKey,
    certificate: CertificateDer<'static>,
    authority: CertificateDer<'static>,
    peer: Peer,
}

/// Why key and chain are no identity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// The chain is not an agent's certificate followed by the authority's.
    #[error("the chain is not an agent's certificate followed by its authority's")]
    NotAChain,
    /// The certificate is for another key.
    #[error("the certificate is for another key")]
    OtherKey,
    /// The authority is not the one that was expected.
    #[error("the certificate comes from authority {found}, expected was {expected}")]
    OtherAuthority {
        /// The fingerprint that a person handed over.
        expected: Fingerprint,
        /// The one in the chain.
        found: Fingerprint,
    },
}

impl AgentIdentity {
    /// Joins a key with the chain that was issued for it.
    ///
    /// # Errors
    /// If they do not belong together.
    pub fn new(key: AgentKey, chain_pem: &str) -> Result<Self, IdentityError> {
        if chain_pem.len() > CHAIN_BYTES_MAX {
            return Err(IdentityError::NotAChain);
        }
        let mut chain = CertificateDer::pem_slice_iter(chain_pem.as_bytes());
        let (Some(Ok(certificate)), Some(Ok(authority)), None) =
            (chain.next(), chain.next(), chain.next())
        else {
            return Err(IdentityError::NotAChain);
        };
        let peer = Peer::from_certificate(&certificate).map_err(|_| IdentityError::NotAChain)?;
        if peer.public_key_hash != key.public_key_hash() {
            return Err(IdentityError::OtherKey);
        }
        Ok(Self { key, certificate, authority, peer })
    }

    /// The same, from the authority that is expected and no other.
    ///
    /// # Errors
    /// If they do not belong together.
    pub fn from_authority(
        key: AgentKey,
        chain_pem: &str,
        expected: Fingerprint,
    ) -> Result<Self, IdentityError> {
        let identity = Self::new(key, chain_pem)?;
        let found = identity.authority_fingerprint();
        if found != expected {
            return Err(IdentityError::OtherAuthority { expected, found });
        }
        Ok(identity)
    }

    /// The key.
    #[must_use]
    pub const fn key(&self) -> &AgentKey {
        &self.key
    }

    /// The agent's id.
    #[must_use]
    pub const fn agent(&self) -> Uuid {
        self.peer.agent
    }

    /// What the certificate says.
    #[must_use]
    pub const fn peer(&self) -> &Peer {
        &self.peer
    }

    /// The agent's certificate alone, PEM.
    #[must_use]
    pub fn certificate_pem(&self) -> String {
        certificate_pem(&self.certificate)
    }

    /// By this the collector is known.
    #[must_use]
    pub fn authority_fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.authority)
    }

    pub(crate) const fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    pub(crate) const fn authority(&self) -> &CertificateDer<'static> {
        &self.authority
    }
}

impl fmt::Debug for AgentIdentity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AgentIdentity").field("peer", &self.peer).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::Authority;

    fn issue(name: &str, key: &AgentKey) -> (Authority, String) {
        let now = "2026-07-01T12:00:00Z".parse().unwrap();
        let authority = Authority::create(name, now).unwrap();
        let request = key.certificate_request().unwrap();
        let chain = authority.issue_agent(&request, Uuid::from_u128(1), now).unwrap().chain_pem;
        (authority, chain)
    }

    #[test]
    fn key_and_chain_that_belong_together_are_an_identity() {
        let key = AgentKey::generate().unwrap();
        let (authority, chain) = issue("A", &key);
        let identity = AgentIdentity::from_authority(key, &chain, authority.fingerprint()).unwrap();
        assert_eq!(identity.agent(), Uuid::from_u128(1));
    }

    #[test]
    fn another_key_or_authority_is_noticed() {
        let key = AgentKey::generate().unwrap();
        let (_, chain) = issue("A", &key);
        let found = AgentIdentity::new(AgentKey::generate().unwrap(), &chain);
        assert_eq!(found.err(), Some(IdentityError::OtherKey));
        let found = AgentIdentity::from_authority(key, &chain, Fingerprint::of(b"other"));
        assert!(matches!(found.err(), Some(IdentityError::OtherAuthority { .. })));
    }

    #[test]
    fn a_chain_that_is_cut_or_too_long_is_none() {
        let key = AgentKey::generate().unwrap();
        let (authority, chain) = issue("A", &key);
        let pem = key.to_pem();
        let longer = format!("{chain}{}", authority.certificate_pem());
        for text in ["", &chain[..chain.len() / 2], &longer, &"x".repeat(CHAIN_BYTES_MAX + 1)] {
            let key = AgentKey::from_pem(&pem).unwrap();
            assert_eq!(AgentIdentity::new(key, text).err(), Some(IdentityError::NotAChain));
        }
    }
}
