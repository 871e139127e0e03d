//! What enrolled agents may ask.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::post;
use observation::ContentHash;
use observation::latest::AgentId;
use observation::latest::protocol::{
    CarryRequest, HelloAnswer, HelloRequest, ProblemCode, RenewAnswer, RenewRequest,
};
use pki::{AuthorityError, Peer};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::body::{CARRY_BYTES_MAX, MANIFEST_BYTES_MAX, SMALL_BYTES_MAX, large, small};
use super::connection::Caller;
use super::reply::{Outcome, reply};
use crate::clock;
use crate::collector::Collector;
use crate::ingest::{self, Refusal};

/// Uploads that are taken in at once: each may fill twice the largest unpacked request. The memory
/// is the process's, and so is the limit.
static UPLOADS: Semaphore = Semaphore::const_new(4);
/// An upload waits this long for its turn before it is told to come back.
const TURN_TIMEOUT: Duration = Duration::from_secs(20);
/// Seconds after which it may come back.
const TURN_RETRY_SECONDS: u64 = 30;

pub(crate) fn router(collector: Arc<Collector>) -> Router {
    Router::new()
        .route("/v1/carry", post(carry))
        .route("/v1/check-in", post(check_in))
        .route("/v1/hello", post(hello))
        .route("/v1/manifest", post(manifest))
        .route("/v1/renew", post(renew))
        .route("/v1/scan-report", post(scan_report))
        .route("/v1/upload", post(upload))
        .with_state(collector)
}

async fn check_in(
    State(collector): State<Arc<Collector>>,
    Extension(caller): Extension<Caller>,
    body: Body,
) -> Response {
    let work = async {
        let peer = peer(&caller)?;
        let request = small(body, SMALL_BYTES_MAX).await?;
        let mut answer = ingest::check_in(&collector, peer, request, clock::now()).await?;
        // Behind a load balancer it is the balancer's, which is no address of the agent: it learns
        // nothing from it.
        answer.seen_from = Some(caller.address.ip().to_canonical());
        Ok(answer)
    };
    reply(work.await)
}

async fn hello(
    State(collector): State<Arc<Collector>>,
    Extension(caller): Extension<Caller>,
    body: Body,
) -> Response {
    let work = async {
        let peer = peer(&caller)?;
        let request: HelloRequest = small(body, SMALL_BYTES_MAX).await?;
        if request.agent.0 != peer.agent {
            let title = "the body speaks for another agent than the certificate";
            return Err(Refusal::new(ProblemCode::WrongAgent, title));
        }
        ingest::may_speak(&collector, peer).await?;
        Ok(HelloAnswer { server_time: clock::now() })
    };
    reply(work.await)
}

/// The connection is the carrier's; whose report it is, the signature inside says.
async fn carry(
    State(collector): State<Arc<Collector>>,
    Extension(caller): Extension<Caller>,
    body: Body,
) -> Response {
    let work = async {
        let peer = peer(&caller)?;
        ingest::may_speak(&collector, peer).await?;
        ingest::guard_disk(&collector)?;
        let _turn = turn().await?;
        let request: CarryRequest = small(body, CARRY_BYTES_MAX).await?;
        let carrier = format!("agent {}", peer.agent);
        ingest::take_file(&collector, &carrier, &request.file, clock::now()).await
    };
    reply(work.await)
}

async fn manifest(
    State(collector): State<Arc<Collector>>,
    Extension(caller): Extension<Caller>,
    body: Body,
) -> Response {
    let work = async {
        let peer = peer(&caller)?;
        let request = small(body, MANIFEST_BYTES_MAX).await?;
        ingest::manifest(&collector, peer, request, clock::now()).await
    };
    reply(work.await)
}

async fn upload(
    State(collector): State<Arc<Collector>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let work = async {
        let peer = peer(&caller)?;
        // Revoked agents are not worth unpacking for.
        ingest::may_speak(&collector, peer).await?;
        ingest::guard_disk(&collector)?;
        let _turn = turn().await?;
        let request = large(&headers, body).await?;
        ingest::upload(&collector, peer, request, clock::now()).await
    };
    reply(work.await)
}

async fn scan_report(
    State(collector): State<Arc<Collector>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let work = async {
        let peer = peer(&caller)?;
        ingest::may_speak(&collector, peer).await?;
        ingest::guard_disk(&collector)?;
        let _turn = turn().await?;
        let report = large(&headers, body).await?;
        ingest::scan_report(&collector, peer, report, clock::now()).await
    };
    reply(work.await)
}

async fn turn() -> Outcome<SemaphorePermit<'static>> {
    let busy = || {
        Refusal::new(ProblemCode::Busy, "too many reports at once").retry_after(TURN_RETRY_SECONDS)
    };
    match timeout(TURN_TIMEOUT, UPLOADS.acquire()).await {
        Ok(Ok(permit)) => Ok(permit),
        Ok(Err(_)) | Err(_) => Err(busy()),
    }
}

async fn renew(
    State(collector): State<Arc<Collector>>,
    Extension(caller): Extension<Caller>,
    body: Body,
) -> Response {
    let work = async {
        let peer = peer(&caller)?;
        ingest::may_speak(&collector, peer).await?;
        let request: RenewRequest = small(body, SMALL_BYTES_MAX).await?;
        issue(&collector, peer, &request.certificate_request).await
    };
    reply(work.await)
}

/// A new certificate for the enrolled key of an agent that may speak. Another key is another
/// enrolment: an agent that never got the answer would be locked out with its old key.
pub(crate) async fn issue(
    collector: &Collector,
    peer: &Peer,
    certificate_request: &str,
) -> Outcome<RenewAnswer> {
    let agent = AgentId(peer.agent);
    let issued = collector.authority.issue_agent(certificate_request, agent.0, clock::now());
    let issued = issued.map_err(certificate_refusal)?;
    if issued.public_key_hash != peer.public_key_hash {
        let title = "a renewal is for the enrolled key; enrol again to change it";
        return Err(Refusal::new(ProblemCode::BadCertificateRequest, title));
    }
    let key = ContentHash::from_bytes(issued.public_key_hash);
    collector.store.set_agent_key(agent, key, issued.not_after).await?;
    Ok(RenewAnswer { certificate_chain: issued.chain_pem })
}

/// What the other end is told when no certificate can be made.
pub(crate) fn certificate_refusal(error: AuthorityError) -> Refusal {
    match error {
        AuthorityError::Request(error) => Refusal::new(
            ProblemCode::BadCertificateRequest,
            format!("the certificate request is refused: {error}"),
        ),
        AuthorityError::NotAnAuthority { .. }
        | AuthorityError::BadServerName(_)
        | AuthorityError::NoRandomNumbers
        | AuthorityError::Failed { .. } => {
            tracing::error!(%error, "issuing a certificate failed");
            Refusal::new(ProblemCode::Internal, "the collector cannot issue a certificate")
        }
    }
}

fn peer(caller: &Caller) -> Outcome<&Peer> {
    let missing = || Refusal::new(ProblemCode::WrongAgent, "no certificate was shown");
    caller.peer.as_ref().ok_or_else(missing)
}
