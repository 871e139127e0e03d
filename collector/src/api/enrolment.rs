//! Enrolment with a token, and renewal of a certificate that ran out.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, State};
use axum::response::Response;
use axum::routing::post;
use data_encoding::BASE64;
use observation::ContentHash;
use observation::latest::AgentId;
use observation::latest::protocol::{
    EnrolAnswer, EnrolRequest, ProblemCode, RenewAnswer, RenewExpiredRequest,
};
use pki::{ExpiredRenewal, Token};
use store::{EventDraft, NewAgent, TokenRefusal};
use uuid::Uuid;

use super::agents::{certificate_refusal, issue};
use super::body::{SMALL_BYTES_MAX, small};
use super::connection::Caller;
use super::limit::KnockLimit;
use super::reply::{Outcome, reply};
use crate::clock;
use crate::collector::Collector;
use crate::ingest::{self, Refusal};

/// Seconds after which an address that knocks too often may come back.
const KNOCK_RETRY_SECONDS: u64 = 30;
/// Characters of a host name that are kept (RFC 1035 allows 253).
const HOST_NAME_CHARACTERS_MAX: usize = 253;

#[derive(Clone)]
struct Enrolment {
    collector: Arc<Collector>,
    limit: Arc<KnockLimit>,
}

pub(crate) fn router(collector: Arc<Collector>) -> Router {
    Router::new()
        .route("/v1/enrol", post(enrol))
        .route("/v1/renew-expired", post(renew_expired))
        .with_state(Enrolment { collector, limit: Arc::default() })
}

async fn enrol(
    State(state): State<Enrolment>,
    Extension(caller): Extension<Caller>,
    body: Body,
) -> Response {
    let work = async {
        knock(&state, &caller)?;
        let request = small(body, SMALL_BYTES_MAX).await?;
        enrolled(&state.collector, &caller, request).await
    };
    reply(work.await)
}

async fn enrolled(
    collector: &Collector,
    caller: &Caller,
    request: EnrolRequest,
) -> Outcome<EnrolAnswer> {
    let now = clock::now();
    let agent = AgentId(Uuid::now_v7());
    let issued = collector.authority.issue_agent(&request.certificate_request, agent.0, now);
    let issued = issued.map_err(certificate_refusal)?;
    let host_name: String = request
        .host_name
        .chars()
        .filter(|it| !it.is_control())
        .take(HOST_NAME_CHARACTERS_MAX)
        .collect();
    let event = EventDraft {
        at: now,
        actor: format!("agent {agent}"),
        source: format!("enrolment from {}", caller.address.ip()),
        action: "agent_enrolled".to_owned(),
        object: format!("agent {agent}"),
        before: None,
        after: Some(host_name.clone()),
    };
    let new = NewAgent {
        id: agent,
        host_name,
        public_key_hash: ContentHash::from_bytes(issued.public_key_hash),
        certificate_not_after: issued.not_after,
        software_version: request.software_version.chars().take(64).collect(),
    };
    // A secret that is none is looked up like a wrong one, so that the answers take the same time.
    let secret = Token::hash_of_secret_text(&request.secret).unwrap_or_default();
    let secret = ContentHash::from_bytes(secret);
    match collector.store.enrol(request.token_id, secret, now, new, event).await? {
        Ok(record) => Ok(EnrolAnswer {
            agent,
            certificate_chain: issued.chain_pem,
            agent_address: collector.addresses.agents.clone(),
            name_key: BASE64.encode(&collector.name_key),
            kind: record.kind,
            schedule: collector.schedule,
        }),
        Err(TokenRefusal::KeyInUse) => {
            Err(Refusal::new(ProblemCode::KeyInUse, "this key is enrolled already; make a new one"))
        }
        Err(reason) => Err(token_refused(collector, caller, request.token_id, reason).await),
    }
}

/// One answer for every reason; the reason itself stands in the event log.
async fn token_refused(
    collector: &Collector,
    caller: &Caller,
    token: Uuid,
    reason: TokenRefusal,
) -> Refusal {
    let event = EventDraft {
        at: clock::now(),
        actor: format!("address {}", caller.address.ip()),
        source: "enrolment".to_owned(),
        action: "enrolment_refused".to_owned(),
        object: format!("token {token}"),
        before: None,
        after: Some(format!("{reason:?}")),
    };
    if let Err(error) = collector.store.append_event(event).await {
        tracing::error!(%error, "the refusal could not be logged");
    }
    Refusal::new(ProblemCode::TokenRefused, "the token is not valid here")
}

async fn renew_expired(
    State(state): State<Enrolment>,
    Extension(caller): Extension<Caller>,
    body: Body,
) -> Response {
    let work = async {
        knock(&state, &caller)?;
        let request = small(body, SMALL_BYTES_MAX).await?;
        renewed(&state.collector, request).await
    };
    reply(work.await)
}

async fn renewed(collector: &Collector, request: RenewExpiredRequest) -> Outcome<RenewAnswer> {
    let renewal = ExpiredRenewal {
        agent: request.agent.0,
        certificate: &request.certificate,
        certificate_request: &request.certificate_request,
        asked_at: request.asked_at,
        signature: &request.signature,
    };
    let checked = collector.authority.check_expired_renewal(&renewal, clock::now());
    let peer = checked.map_err(|error| {
        Refusal::new(ProblemCode::BadCertificateRequest, format!("not renewed: {error}"))
    })?;
    ingest::may_speak(collector, &peer).await?;
    issue(collector, &peer, &request.certificate_request).await
}

fn knock(state: &Enrolment, caller: &Caller) -> Outcome<()> {
    if state.limit.allows(caller.address.ip(), clock::now()) {
        return Ok(());
    }
    Err(Refusal::new(ProblemCode::Busy, "too many requests from this address")
        .retry_after(KNOCK_RETRY_SECONDS))
}
