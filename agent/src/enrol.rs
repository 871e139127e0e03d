//! Enrolment, and a new certificate before or after the present one runs out.

use std::sync::Arc;

use data_encoding::BASE64;
use jiff::Timestamp;
use observation::latest::protocol::{
    EnrolAnswer, EnrolRequest, RenewAnswer, RenewExpiredRequest, RenewRequest,
};
use pki::{
    AgentIdentity, AgentKey, KeyError, TlsConfigError, Token, client_config_for_agent,
    client_config_for_enrolment,
};

use crate::data_dir::{DataDir, DataDirError, Enrolment, Terms};
use crate::deliver::network::{HttpNetwork, Network, NetworkError};
use crate::deliver::{DeliverError, ask_once};
use crate::spool::{BYTES_MAX, NumberError, Spool};

/// Longest host name that is sent.
const HOST_NAME_CHARACTERS_MAX: usize = 253;

/// Why there is no (new) certificate.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// There is an enrolment already.
    #[error("this agent is enrolled already, as {agent}")]
    AlreadyEnrolled {
        /// Its id.
        agent: String,
    },
    /// The folder refuses.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// There is no key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// There is no TLS.
    #[error(transparent)]
    Tls(#[from] TlsConfigError),
    /// The collector cannot be asked or refuses.
    #[error(transparent)]
    Conversation(#[from] DeliverError),
    /// What the collector answered does not fit what was asked.
    #[error("the collector's answer cannot be used: {problem}")]
    BadAnswer {
        /// Why.
        problem: String,
    },
    /// No epoch could be begun.
    #[error(transparent)]
    Number(#[from] NumberError),
}

impl From<NetworkError> for EnrolError {
    fn from(error: NetworkError) -> Self {
        Self::Conversation(error.into())
    }
}

/// Makes a key on this host, has it certified with a token, and keeps the enrolment.
///
/// Nothing is sent before the collector has shown the authority that the token names.
///
/// # Errors
/// Why the agent is not enrolled. What was there before is still there.
pub async fn enrol(
    data: &DataDir,
    token: &Token,
    host_name: &str,
    replaces: bool,
) -> Result<Enrolment, EnrolError> {
    let network =
        HttpNetwork::new(token.address(), client_config_for_enrolment(token.authority())?)?;
    enrol_over(&network, data, token, host_name, replaces).await
}

/// [`enrol`] over any network.
///
/// # Errors
/// As [`enrol`].
pub async fn enrol_over(
    network: &dyn Network,
    data: &DataDir,
    token: &Token,
    host_name: &str,
    replaces: bool,
) -> Result<Enrolment, EnrolError> {
    // An enrolment that cannot be read may be replaced when a person says so.
    let old = match data.enrolment() {
        Err(error) if !replaces => return Err(error.into()),
        found => found.unwrap_or(None),
    };
    if let Some(old) = old.as_ref().filter(|_| !replaces) {
        return Err(EnrolError::AlreadyEnrolled { agent: old.agent.to_string() });
    }
    // The numbers of the new identity are reserved first: a folder that cannot be written must not
    // cost the token.
    let last_epoch = old.map_or(0, |it| it.epoch);
    let mut spool = Spool::open(Arc::new(data.spool()), BYTES_MAX, last_epoch);
    spool.begin_epoch()?;
    let key = AgentKey::generate()?;
    let request = EnrolRequest {
        token_id: token.id(),
        secret: token.secret_text(),
        certificate_request: key.certificate_request()?,
        host_name: host_name.chars().take(HOST_NAME_CHARACTERS_MAX).collect(),
        software_version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let answer: EnrolAnswer = ask_once(network, "/v1/enrol", &request).await?;
    let bad = |problem: String| EnrolError::BadAnswer { problem };
    pki::check_address(&answer.agent_address).map_err(|it| bad(it.to_string()))?;
    let copy = AgentKey::from_pem(&key.to_pem())?;
    AgentIdentity::from_authority(copy, &answer.certificate_chain, token.authority())
        .map_err(|it| bad(it.to_string()))?;
    BASE64.decode(answer.name_key.as_bytes()).map_err(|it| bad(format!("name_key: {it}")))?;
    let terms = Terms {
        agent_address: answer.agent_address,
        enrolment_address: token.address().to_owned(),
        name_key: answer.name_key,
        kind: answer.kind,
        schedule: answer.schedule,
    };
    let enrolment =
        Enrolment::new(&key, answer.certificate_chain, answer.agent, terms, spool.epoch());
    enrolment.identity().map_err(bad)?;
    data.keep(&enrolment)?;
    // What waits belongs to the identity that ends here.
    spool.clear();
    Ok(enrolment)
}

/// A new certificate for the same key, asked for with the present one.
///
/// # Errors
/// Why there is none; the present one is still kept.
pub async fn renew(enrolment: &Enrolment, address: &str) -> Result<Enrolment, EnrolError> {
    let identity = identity(enrolment)?;
    let network = HttpNetwork::new(address, client_config_for_agent(&identity)?)?;
    let request = RenewRequest { certificate_request: identity.key().certificate_request()? };
    let answer: RenewAnswer = ask_once(&network, "/v1/renew", &request).await?;
    accept(enrolment, answer)
}

/// A new certificate for the same key after the present one ran out, signed with that key.
///
/// # Errors
/// Why there is none.
pub async fn renew_expired(enrolment: &Enrolment, now: Timestamp) -> Result<Enrolment, EnrolError> {
    let identity = identity(enrolment)?;
    let tls = client_config_for_enrolment(identity.authority_fingerprint())?;
    let network = HttpNetwork::new(&enrolment.enrolment_address, tls)?;
    let request = expired_request(&identity, enrolment, now)?;
    let answer: RenewAnswer = ask_once(&network, "/v1/renew-expired", &request).await?;
    accept(enrolment, answer)
}

fn expired_request(
    identity: &AgentIdentity,
    enrolment: &Enrolment,
    now: Timestamp,
) -> Result<RenewExpiredRequest, EnrolError> {
    let certificate_request = identity.key().certificate_request()?;
    let signature = identity.key().sign_renewal(enrolment.agent.0, now, &certificate_request)?;
    Ok(RenewExpiredRequest {
        agent: enrolment.agent,
        certificate: identity.certificate_pem(),
        certificate_request,
        asked_at: now,
        signature,
    })
}

fn identity(enrolment: &Enrolment) -> Result<AgentIdentity, EnrolError> {
    enrolment.identity().map_err(|problem| EnrolError::BadAnswer { problem })
}

fn accept(enrolment: &Enrolment, answer: RenewAnswer) -> Result<Enrolment, EnrolError> {
    enrolment.renewed(answer.certificate_chain).map_err(|problem| EnrolError::BadAnswer { problem })
}

#[cfg(test)]
mod tests;
