//! The body of a request: bounded as it comes and as it unpacks, then read as JSON.

use axum::body::Body;
use axum::http::{HeaderMap, header};
use observation::latest::protocol::ProblemCode;
use observation::limits::REQUEST_BYTES_MAX;
use serde::de::DeserializeOwned;

use crate::ingest::{Refusal, decode_request, unpack};

/// Largest body of a request that carries no sections.
pub(crate) const SMALL_BYTES_MAX: usize = 64 * 1024;
/// Largest request with a signed file in base64.
pub(crate) const CARRY_BYTES_MAX: usize = REQUEST_BYTES_MAX / 3 * 4 + SMALL_BYTES_MAX;
/// Largest manifest.
pub(crate) const MANIFEST_BYTES_MAX: usize = 256 * 1024;
/// A request of at most `bytes_max` bytes, not compressed.
pub(crate) async fn small<T: DeserializeOwned>(body: Body, bytes_max: usize) -> Result<T, Refusal> {
    let bytes = collect(body, bytes_max).await?;
    decode_request(&bytes).map_err(|it| Refusal::new(ProblemCode::BadRequest, it.to_string()))
}

/// An upload: zstd or plain. Unpacking and reading happen outside the event loop.
pub(crate) async fn large<T: DeserializeOwned + Send + 'static>(
    headers: &HeaderMap,
    body: Body,
) -> Result<T, Refusal> {
    let encoding = headers.get(header::CONTENT_ENCODING).map(|it| it.as_bytes().to_vec());
    let is_packed = match encoding.as_deref() {
        None | Some(b"identity") => false,
        Some(b"zstd") => true,
        Some(_) => {
            let title = "the body must be zstd-compressed once, or plain";
            return Err(Refusal::new(ProblemCode::BadRequest, title));
        }
    };
    let bytes = collect(body, REQUEST_BYTES_MAX).await?;
    let read = move || {
        let text = if is_packed { unpack(&bytes)? } else { bytes };
        decode_request(&text).map_err(|it| Refusal::new(ProblemCode::BadRequest, it.to_string()))
    };
    let internal = |_| Refusal::new(ProblemCode::Internal, "reading the body failed");
    tokio::task::spawn_blocking(read).await.map_err(internal)?
}

async fn collect(body: Body, bytes_max: usize) -> Result<Vec<u8>, Refusal> {
    match axum::body::to_bytes(body, bytes_max).await {
        Ok(bytes) => Ok(bytes.into()),
        Err(_) => Err(too_large("the body is larger than allowed, or broke off")),
    }
}

fn too_large(title: &str) -> Refusal {
    Refusal::new(ProblemCode::TooLarge, title)
}
