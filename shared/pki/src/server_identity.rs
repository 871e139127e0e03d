//! The collector's own certificate, which is replaced while its listeners run.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use jiff::{SignedDuration, Timestamp};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::provider::provider;

/// Days for which the collector's own certificate is valid. Nobody can revoke it: for so long at most
/// somebody who stole its key from the memory of the collector can pass for the collector.
pub const SERVER_LIFE_DAYS: i64 = 30;

/// The collector's own certificate, chain and key. Clones are one: what replaces the certificate of one
/// replaces it in all, and in every TLS configuration that was made of them.
#[derive(Clone)]
pub struct ServerIdentity {
    shown: Arc<Shown>,
}

/// What a listener shows to whoever connects next.
struct Shown(RwLock<Held>);

#[derive(Clone)]
struct Held {
    certified: Arc<CertifiedKey>,
    /// Begin and end of the validity.
    validity: [Timestamp; 2],
}

impl ServerIdentity {
    /// Of a chain, the key of its first certificate and begin and end of its validity.
    ///
    /// # Errors
    /// If the key is none that TLS can sign with, or another certificate's.
    pub(crate) fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
        validity: [Timestamp; 2],
    ) -> Result<Self, rustls::Error> {
        let certified = Arc::new(CertifiedKey::from_der(chain, key, &provider())?);
        Ok(Self { shown: Arc::new(Shown(RwLock::new(Held { certified, validity }))) })
    }

    /// The end of the certificate's validity.
    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        let [_, end] = self.held().validity;
        end
    }

    /// Whether a new certificate is to be made: half of the life is over, or the clock was set back before
    /// its begin, so that nobody would accept it.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        let [begin, end] = self.held().validity;
        let half = SignedDuration::from_hours(SERVER_LIFE_DAYS * 24 / 2);
        now < begin || now >= end.saturating_sub(half).unwrap_or(begin)
    }

    /// Shows another certificate from the next connection on. Those that stand are not disturbed.
    pub fn replace_with(&self, fresh: &Self) {
        let held = fresh.held();
        *self.shown.0.write().unwrap_or_else(PoisonError::into_inner) = held;
    }

    pub(crate) fn resolver(&self) -> Arc<dyn ResolvesServerCert> {
        Arc::<Shown>::clone(&self.shown)
    }

    #[cfg(test)]
    pub(crate) fn certified(&self) -> Arc<CertifiedKey> {
        self.held().certified
    }

    fn held(&self) -> Held {
        self.shown.held()
    }
}

impl Shown {
    fn held(&self) -> Held {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.held().certified)
    }
}

// Neither shows the key.
impl fmt::Debug for Shown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Shown").finish_non_exhaustive()
    }
}

impl fmt::Debug for ServerIdentity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ServerIdentity").finish_non_exhaustive()
    }
}
