//! An agent and its collector: the way there, handing over what waits, and a certificate that has to be new.

use std::time::Duration;

use observation::latest::protocol::AgentKind;
use pki::{TlsFailure, client_config_for_agent};

use super::{Agent, AgentError};
use crate::config::Config;
use crate::data_dir::Enrolment;
use crate::deliver::backoff::full_jitter;
use crate::deliver::network::{HttpNetwork, NetworkError};
use crate::deliver::{Caller, DeliverError, Delivered, deliver};
use crate::enrol::{EnrolError, renew, renew_expired};
use crate::kept::Delivery;

/// How often one delivery is tried when a person waits for it.
const ATTEMPTS: u32 = 4;
/// First and longest wait between these attempts.
const ATTEMPT_WAITS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(8));

impl Agent {
    /// The way to the collector with the present certificate.
    ///
    /// # Errors
    /// If the enrolment is damaged.
    pub fn network(&self) -> Result<HttpNetwork, AgentError> {
        Self::network_of(&self.enrolment, &self.config)
    }

    /// The way to the collector with the certificate of an enrolment.
    ///
    /// # Errors
    /// If the enrolment is damaged.
    pub fn network_of(enrolment: &Enrolment, config: &Config) -> Result<HttpNetwork, AgentError> {
        let identity = enrolment.identity().map_err(AgentError::Enrolment)?;
        let address = config.collector.as_ref().unwrap_or(&enrolment.agent_address);
        Ok(HttpNetwork::new(address, client_config_for_agent(&identity)?)?)
    }

    /// Hands over what waits, once. What was achieved is in `delivered` even if it ended early.
    ///
    /// # Errors
    /// Why it ended early.
    pub async fn deliver(&mut self, delivered: &mut Delivered) -> Result<(), AgentError> {
        let result = match self.attempt(delivered).await {
            Err(AgentError::Deliver(error)) if says_expired(&error) || self.may_be_why(&error) => {
                self.renew_late().await?;
                self.attempt(delivered).await
            }
            other => other,
        };
        let kept = self.remember_epoch();
        self.log_complaints();
        if delivered.refused > 0 {
            let text = "the collector took some reports for unusable; they are set aside";
            self.status.note(self.clock.now(), text.to_owned());
        }
        if let Some(skew) = delivered.skew {
            self.status.clock_ahead_seconds = Some(skew.as_secs());
        }
        if delivered.acknowledged > 0 {
            self.status.last_delivery = Some(Delivery {
                at: self.clock.now(),
                reports: delivered.acknowledged,
                bytes: delivered.bytes_sent as u64,
            });
        }
        let followed = self.follow(&delivered.tasks);
        result.and(kept).and(followed)
    }

    /// Hands over what waits and tries again a few times if nobody answers.
    ///
    /// # Errors
    /// Why it did not work in the end.
    pub async fn deliver_patiently(&mut self) -> Result<Delivered, AgentError> {
        let mut delivered = Delivered::default();
        let mut failures = 0;
        loop {
            let error = match self.deliver(&mut delivered).await {
                // What one round had no time for.
                Ok(()) if self.has_reports() => continue,
                Ok(()) => return Ok(delivered),
                Err(error) => error,
            };
            failures += 1;
            let is_worth_it = matches!(
                error,
                AgentError::Deliver(
                    DeliverError::Network(
                        NetworkError::Unreachable { .. } | NetworkError::TimedOut { .. }
                    ) | DeliverError::Later { after_seconds: None | Some(0..=8), .. }
                )
            );
            if failures >= ATTEMPTS || !is_worth_it {
                return Err(error);
            }
            let (base, cap) = ATTEMPT_WAITS;
            tokio::time::sleep(full_jitter(self.clock.as_ref(), failures, base, cap)).await;
        }
    }

    /// The refusal of an expired certificate may arrive as a mere broken connection. The collector's
    /// clock decides, so ours alone is no reason to think so.
    pub(super) fn may_be_why(&self, error: &DeliverError) -> bool {
        matches!(error, DeliverError::Network(_))
            && self.certificate_not_after().is_some_and(|it| self.clock.now() >= it)
    }

    async fn attempt(&mut self, delivered: &mut Delivered) -> Result<(), AgentError> {
        let network = self.network()?;
        let is_watched = self.kind() == AgentKind::Client;
        let home_revision = is_watched.then(|| self.enrolment.home.revision());
        let caller = Caller { agent: self.id(), home_revision };
        deliver(&mut self.spool, caller, &network, self.clock.as_ref(), delivered).await?;
        Ok(())
    }

    pub(super) fn address(&self) -> String {
        self.config.collector.clone().unwrap_or_else(|| self.enrolment.agent_address.clone())
    }

    /// Gets a new certificate, in the way that fits its age.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn renew(&mut self) -> Result<(), AgentError> {
        // Whether it ran out, the collector's clock decides: ours may be years off.
        match renew(&self.enrolment, &self.address()).await {
            Ok(renewed) => self.take(renewed),
            Err(EnrolError::Conversation(error))
                if says_expired(&error) || self.may_be_why(&error) =>
            {
                self.renew_late().await
            }
            Err(error) => Err(AgentError::Renew(error)),
        }
    }

    async fn renew_late(&mut self) -> Result<(), AgentError> {
        let renewed = renew_expired(&self.enrolment, self.clock.now()).await;
        self.take(renewed.map_err(AgentError::Renew)?)
    }
}

fn says_expired(error: &DeliverError) -> bool {
    matches!(
        error,
        DeliverError::Network(NetworkError::Tls { failure: TlsFailure::OwnCertificateExpired, .. })
    )
}
