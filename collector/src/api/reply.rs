//! Answers: JSON, or a problem after RFC 9457.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use observation::latest::protocol::ProblemCode;
use serde::Serialize;

use crate::ingest::Refusal;

/// What a handler gives.
pub(crate) type Outcome<T> = Result<T, Refusal>;

/// The answer that a handler's outcome becomes.
pub(crate) fn reply<T: Serialize>(outcome: Outcome<T>) -> Response {
    match outcome.and_then(|it| json(StatusCode::OK, "application/json", &it)) {
        Ok(response) => response,
        Err(refusal) => refused(&refusal),
    }
}

/// The answer to a request that took too long.
pub(crate) fn too_slow() -> Response {
    StatusCode::REQUEST_TIMEOUT.into_response()
}

fn refused(refusal: &Refusal) -> Response {
    let status =
        StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let problem = json(status, "application/problem+json", &refusal.problem());
    let mut response = problem.unwrap_or_else(|_| status.into_response());
    if let Some(seconds) = refusal.retry_after_seconds {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

fn json<T: Serialize>(
    status: StatusCode,
    kind: &'static str,
    value: &T,
) -> Result<Response, Refusal> {
    let text = serde_json::to_vec(value)
        .map_err(|_| Refusal::new(ProblemCode::Internal, "the answer cannot be written"))?;
    Ok((status, [(header::CONTENT_TYPE, kind)], text).into_response())
}
