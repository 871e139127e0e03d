//! Requests and bodies as they come: bounded before they are understood.

use observation::limits::JSON_DEPTH_MAX;
use serde::de::DeserializeOwned;

/// What is wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeProblem {
    /// Nested deeper than any of ours.
    #[error("the JSON text is nested deeper than {JSON_DEPTH_MAX} levels")]
    TooDeep,
    /// Not what the path takes.
    #[error("the JSON text is not what this path takes: {0}")]
    Unreadable(String),
}

/// A request from its JSON text.
///
/// # Errors
/// If the text is nested too deep or not what the path takes.
pub fn decode_request<T: DeserializeOwned>(text: &[u8]) -> Result<T, DecodeProblem> {
    if depth(text) > JSON_DEPTH_MAX {
        return Err(DecodeProblem::TooDeep);
    }
    serde_json::from_slice(text).map_err(|error| DecodeProblem::Unreadable(error.to_string()))
}

/// The deepest nesting of brackets outside of strings. Looks at each byte once and keeps nothing,
/// so that no text can exhaust the stack before it is refused.
fn depth(text: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut is_string, mut is_escaped) = (false, false);
    for byte in text {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_string => is_escaped = true,
            b'"' => is_string = !is_string,
            _ if is_string => {}
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn two_hundred_thousand_brackets_are_refused_and_the_stack_holds() {
        let text = "[".repeat(200_000);
        assert_eq!(decode_request::<Value>(text.as_bytes()), Err(DecodeProblem::TooDeep));
    }

    #[test]
    fn brackets_in_strings_do_not_count() {
        let text = format!("[\"\\\"{}\"]", "[".repeat(1000));
        assert_eq!(depth(text.as_bytes()), 1);
        assert!(decode_request::<Value>(text.as_bytes()).is_ok());
    }

    #[test]
    fn a_key_that_stands_twice_is_refused() {
        let text = br#"{"certificate_request":"a","certificate_request":"b"}"#;
        let result = decode_request::<observation::latest::protocol::RenewRequest>(text);
        assert!(matches!(result, Err(DecodeProblem::Unreadable(_))), "{result:?}");
    }

    #[test]
    fn foreign_bytes_are_refused() {
        for text in [&b""[..], b"\xff\xfe", b"null", b"{", b"1e999"] {
            let result = decode_request::<observation::latest::protocol::RenewRequest>(text);
            assert!(matches!(result, Err(DecodeProblem::Unreadable(_))), "{result:?}");
        }
    }
}
