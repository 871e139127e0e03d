//! Certificates (RFC 5280), read and not judged.

use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::hash::ContentHash;

/// One end-entity certificate with the place where it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// Where it was found.
    pub place: CertificatePlace,
    /// SHA-256 of its DER bytes.
    pub fingerprint: ContentHash,
    /// Subject, RFC 4514 text.
    pub subject: String,
    /// Issuer, RFC 4514 text.
    pub issuer: String,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// Subject alternative names.
    pub names: Vec<String>,
    /// Valid from.
    pub not_before: Option<Timestamp>,
    /// Valid until; none where the field is outside of what a calendar holds.
    pub not_after: Option<Timestamp>,
    /// Algorithm of the key (`RSA`, `EC P-256`, `Ed25519`).
    pub key_algorithm: Option<String>,
    /// Size of the key in bits.
    pub key_bits: Option<u32>,
    /// Algorithm of the signature.
    pub signature_algorithm: Option<String>,
    /// Whether issuer and subject are the same and the signature is its own.
    pub is_self_signed: Option<bool>,
    /// Certificates that came with it, itself included.
    pub chain_length: u32,
}

/// Where a certificate was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "found", rename_all = "snake_case")]
pub enum CertificatePlace {
    /// A listener showed it.
    Served {
        /// The address that was asked.
        address: IpAddr,
        /// The port that was asked.
        port: u16,
        /// The TLS version that was agreed (`TLS 1.3`).
        tls_version: Option<String>,
    },
    /// A file that the configuration of a listener names.
    File {
        /// The file.
        path: String,
        /// The listener whose configuration names it, `tcp/192.0.2.7:443`.
        listener: Option<String>,
    },
}
