//! Compressed bytes of others: bounded as they unpack.

use std::io::Read;

use observation::latest::protocol::ProblemCode;
use observation::limits::REQUEST_UNPACKED_BYTES_MAX;

use super::refusal::Refusal;

/// Largest window of a zstd frame, as a power of two: 8 MiB.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;
/// A body unpacks to at most this many times its size; JSON of ours stays below 30.
const RATIO_MAX: usize = 200;
/// Small bodies may unpack to this whatever the ratio.
const RATIO_FREE_BYTES: usize = 1024 * 1024;

/// Unpacks one zstd frame within bounds.
///
/// # Errors
/// If it is none, or unpacks to more than allowed.
pub(crate) fn unpack(bytes: &[u8]) -> Result<Vec<u8>, Refusal> {
    let broken = |_| Refusal::new(ProblemCode::BadRequest, "the body is no zstd frame");
    let limit =
        bytes.len().saturating_mul(RATIO_MAX).clamp(RATIO_FREE_BYTES, REQUEST_UNPACKED_BYTES_MAX);
    let mut decoder = zstd::Decoder::new(bytes).map_err(broken)?.single_frame();
    decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(broken)?;
    let mut text = Vec::new();
    #[expect(clippy::disallowed_methods, reason = "bounded by `take`")]
    decoder.take(limit as u64 + 1).read_to_end(&mut text).map_err(broken)?;
    if text.len() > limit {
        return Err(Refusal::new(ProblemCode::TooLarge, "the body unpacks to more than allowed"));
    }
    Ok(text)
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
