//! The body of a request: bounded as it comes and as it unpacks, then read as JSON.

use std::io::Read;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use observation::latest::protocol::ProblemCode;
use observation::limits::{REQUEST_BYTES_MAX, REQUEST_UNPACKED_BYTES_MAX};
use serde::de::DeserializeOwned;

use crate::ingest::{Refusal, decode_request};

/// Largest body of a request that carries no sections.
pub(crate) const SMALL_BYTES_MAX: usize = 64 * 1024;
/// Largest manifest.
pub(crate) const MANIFEST_BYTES_MAX: usize = 256 * 1024;
/// Largest window of a zstd frame, as a power of two: 8 MiB.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;
/// A body unpacks to at most this many times its size; JSON of ours stays below 30.
const RATIO_MAX: usize = 200;
/// Small bodies may unpack to this whatever the ratio.
const RATIO_FREE_BYTES: usize = 1024 * 1024;

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

/// Unpacks one zstd frame within bounds.
fn unpack(bytes: &[u8]) -> Result<Vec<u8>, Refusal> {
    let broken = |_| Refusal::new(ProblemCode::BadRequest, "the body is no zstd frame");
    let limit =
        bytes.len().saturating_mul(RATIO_MAX).clamp(RATIO_FREE_BYTES, REQUEST_UNPACKED_BYTES_MAX);
    let mut decoder = zstd::Decoder::new(bytes).map_err(broken)?.single_frame();
    decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(broken)?;
    let mut text = Vec::new();
    #[expect(clippy::disallowed_methods, reason = "bounded by `take`")]
    decoder.take(limit as u64 + 1).read_to_end(&mut text).map_err(broken)?;
    if text.len() > limit {
        return Err(too_large("the body unpacks to more than allowed"));
    }
    Ok(text)
}

fn too_large(title: &str) -> Refusal {
    Refusal::new(ProblemCode::TooLarge, title)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(result: Result<Vec<u8>, Refusal>) -> Option<ProblemCode> {
        result.err().map(|it| it.code)
    }

    #[test]
    fn an_honest_body_unpacks() {
        let text = b"{\"a\":1}".repeat(1000);
        let packed = zstd::encode_all(text.as_slice(), 3).unwrap();
        assert_eq!(unpack(&packed).unwrap(), text);
    }

    #[test]
    fn a_bomb_is_stopped_at_the_limit() {
        let packed = zstd::encode_all(std::io::repeat(b'0').take(300_000_000), 3).unwrap();
        assert!(packed.len() < 100_000, "{}", packed.len());
        assert_eq!(code(unpack(&packed)), Some(ProblemCode::TooLarge));
    }

    #[test]
    fn a_window_of_two_gigabytes_is_refused() {
        let mut encoder = zstd::Encoder::new(Vec::new(), 19).unwrap();
        encoder.window_log(27).unwrap();
        encoder.long_distance_matching(true).unwrap();
        std::io::copy(&mut std::io::repeat(b'x').take(20_000_000), &mut encoder).unwrap();
        let packed = encoder.finish().unwrap();
        assert_eq!(code(unpack(&packed)), Some(ProblemCode::BadRequest));
    }

    #[test]
    fn cut_and_foreign_bytes_are_refused() {
        let packed = zstd::encode_all(&b"hello hello hello"[..], 3).unwrap();
        for bytes in [&packed[..packed.len() - 3], b"", b"\x1f\x8b", b"not zstd at all"] {
            assert_eq!(code(unpack(bytes)), Some(ProblemCode::BadRequest), "{bytes:?}");
        }
    }
}
