//! Requests and bodies as they come: bounded before they are understood.

use observation::latest::{Outcome, SectionBody};
use observation::limits::{FACTS_PER_SECTION_MAX, FIELD_BYTES_MAX, JSON_DEPTH_MAX};
use serde::de::DeserializeOwned;

/// What is wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeProblem {
    /// Nested deeper than any of ours.
    #[error("the JSON text is nested deeper than {JSON_DEPTH_MAX} levels")]
    TooDeep,
    /// A text longer than any of ours.
    #[error("a text is longer than {FIELD_BYTES_MAX} bytes")]
    TooLong,
    /// More facts than any section of ours.
    #[error("there are more than {FACTS_PER_SECTION_MAX} facts")]
    TooMany,
    /// Not what the path takes.
    #[error("the JSON text is not what is taken here: {0}")]
    Unreadable(String),
}

/// A request from its JSON text.
///
/// # Errors
/// If the text is nested too deep or not what the path takes.
pub fn decode_request<T: DeserializeOwned>(text: &[u8]) -> Result<T, DecodeProblem> {
    if shape(text).depth > JSON_DEPTH_MAX {
        return Err(DecodeProblem::TooDeep);
    }
    serde_json::from_slice(text).map_err(|error| DecodeProblem::Unreadable(error.to_string()))
}

/// A section body within the limits of the wire, and how many facts of it are not understood here.
///
/// # Errors
/// If it exceeds a limit or is no section body.
pub(super) fn decode_body(text: &[u8]) -> Result<(SectionBody, usize), DecodeProblem> {
    let shape = shape(text);
    if shape.depth > JSON_DEPTH_MAX {
        return Err(DecodeProblem::TooDeep);
    }
    if shape.string_bytes > FIELD_BYTES_MAX {
        return Err(DecodeProblem::TooLong);
    }
    let (body, skipped) = SectionBody::from_canonical_bytes(text)
        .map_err(|error| DecodeProblem::Unreadable(error.to_string()))?;
    match &body.outcome {
        Outcome::Read { facts, .. } if facts.len() + skipped > FACTS_PER_SECTION_MAX => {
            Err(DecodeProblem::TooMany)
        }
        Outcome::Read { .. } | Outcome::Absent { .. } => Ok((body, skipped)),
    }
}

/// Whether a body that was read as part of a larger request keeps the limits of the wire.
///
/// # Errors
/// The limit that it exceeds.
pub(super) fn check_body(body: &SectionBody, text: &[u8]) -> Result<(), DecodeProblem> {
    let shape = shape(text);
    if shape.depth > JSON_DEPTH_MAX {
        return Err(DecodeProblem::TooDeep);
    }
    if shape.string_bytes > FIELD_BYTES_MAX {
        return Err(DecodeProblem::TooLong);
    }
    match &body.outcome {
        Outcome::Read { facts, .. } if facts.len() > FACTS_PER_SECTION_MAX => {
            Err(DecodeProblem::TooMany)
        }
        Outcome::Read { .. } | Outcome::Absent { .. } => Ok(()),
    }
}

/// What a JSON text makes of memory and stack.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Shape {
    /// The deepest nesting of brackets outside of strings.
    depth: usize,
    /// The longest string; an escape counts as one byte, so that escaped text is not punished.
    string_bytes: usize,
}

/// Looks at each byte once and keeps nothing, so that no text can exhaust the stack before it is
/// refused.
fn shape(text: &[u8]) -> Shape {
    let (mut depth, mut length, mut found) = (0_usize, 0_usize, Shape::default());
    let (mut is_string, mut is_escaped) = (false, false);
    for byte in text {
        match byte {
            _ if is_escaped => (is_escaped, length) = (false, length + 1),
            b'\\' if is_string => is_escaped = true,
            b'"' => {
                is_string = !is_string;
                found.string_bytes = found.string_bytes.max(length);
                length = 0;
            }
            _ if is_string => length += 1,
            b'[' | b'{' => {
                depth += 1;
                found.depth = found.depth.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
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
        assert_eq!(shape(text.as_bytes()), Shape { depth: 1, string_bytes: 1001 });
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

    fn body_of(facts: &str) -> Vec<u8> {
        format!(r#"{{"source":"a.b","outcome":{{"read":{{"facts":[{facts}]}}}}}}"#).into_bytes()
    }

    #[test]
    fn a_body_beyond_a_limit_of_the_wire_is_refused() {
        let wordy = format!(r#"{{"fact":"{}"}}"#, "x".repeat(FIELD_BYTES_MAX + 1));
        assert_eq!(decode_body(&body_of(&wordy)), Err(DecodeProblem::TooLong));
        let deep = format!("{}{}", "[".repeat(40), "]".repeat(40));
        assert_eq!(decode_body(&body_of(&deep)), Err(DecodeProblem::TooDeep));
        let many = vec!["1"; FACTS_PER_SECTION_MAX + 1].join(",");
        assert_eq!(decode_body(&body_of(&many)), Err(DecodeProblem::TooMany));
        let just = format!(r#"{{"fact":"{}"}}"#, "\\n".repeat(FIELD_BYTES_MAX));
        assert_eq!(decode_body(&body_of(&just)).map(|it| it.1), Ok(1));
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(decode_body(&bytes).is_err());
        }
    }
}
