//! The authority, enrolment tokens, keys and TLS configurations.
//!
//! The only crate that makes certificates or TLS configurations. It keeps nothing: keys and
//! certificates go in and out as PEM, time is an argument, and what is stored where is the
//! business of collector and agent.
//!
//! A host's clock is believed unless it cannot be right: outside the life of the agent's own certificate
//! and the time in which that could still be renewed, the collector's certificate is judged by the life of
//! the agent's own: there must be a moment at which both are valid. What that gives up is written at the verifier in `client.rs`. Enrolment and late
//! renewal always go by the host's clock: they hand out or prove more than a report does.
//!
//! All keys are ECDSA P-256, all connections TLS 1.3. Start at [`Authority`] for the collector's
//! side and at [`Token`], [`AgentKey`] and [`AgentIdentity`] for the agent's.

mod provider;

mod fingerprint;

mod address;

mod token;

mod peer;

mod agent_key;

mod server_identity;

mod authority;

mod identity;

mod signed_file;

mod server;

mod client;

mod failure;

#[cfg(test)]
mod handshakes;

pub use address::{AddressError, check_address};
pub use agent_key::{AgentKey, KeyError};
pub use authority::{
    AGENT_LIFE_DAYS, Authority, AuthorityError, CertificateRequestError, ExpiredRenewal,
    IssuedCertificate, LATE_RENEWAL_DAYS, RenewalError,
};
pub use client::{client_config_for_agent, client_config_for_enrolment};
pub use failure::{TlsFailure, tls_failure};
pub use fingerprint::{Fingerprint, FingerprintTextError};
pub use identity::{AgentIdentity, IdentityError};
pub use peer::{Peer, PeerError};
pub use provider::{TlsConfigError, install_provider};
pub use server::{server_config_for_agents, server_config_for_enrolment};
pub use server_identity::{SERVER_LIFE_DAYS, ServerIdentity};
pub use signed_file::{SIGNED_FILE_HEAD_BYTES_MAX, SignedFile, SignedFileError};
pub use token::{Token, TokenError};
