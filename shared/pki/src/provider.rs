//! The one cryptographic provider.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

/// A TLS configuration could not be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsConfigError {
    /// rustls refuses the certificate, the key or the versions.
    #[error("making the TLS configuration for {purpose}")]
    Rustls {
        /// Whom the configuration is for.
        purpose: &'static str,
        /// The cause.
        source: rustls::Error,
    },
    /// The authority cannot be used as the root of trust.
    #[error("using the authority's certificate as the root of trust")]
    Verifier {
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Makes aws-lc-rs the provider of this process. Later calls change nothing.
pub fn install_provider() {
    // The error says that one is installed already, which is what we want.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

/// The provider that every configuration of this crate names, installed or not.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}
