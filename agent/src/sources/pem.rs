//! Certificates in the text form of RFC 7468.

use data_encoding::BASE64_MIME_PERMISSIVE;

/// The first certificate of a PEM file (RFC 7468) and how many there are. A private key in the same
/// file is passed over.
pub(crate) fn first_of_pem(text: &str) -> (Option<Vec<u8>>, usize) {
    let blocks = text.split("-----BEGIN CERTIFICATE-----").skip(1);
    let mut blocks = blocks.filter_map(|it| it.split("-----END CERTIFICATE-----").next());
    let first = blocks.next();
    let count = usize::from(first.is_some()) + blocks.count();
    (first.and_then(|it| BASE64_MIME_PERMISSIVE.decode(it.trim().as_bytes()).ok()), count)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_are_passed_over_and_certificates_counted() {
        let text = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n\
            -----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n\
            -----BEGIN CERTIFICATE-----\nBAUG\n-----END CERTIFICATE-----\n";
        assert_eq!(first_of_pem(text), (Some(vec![1, 2, 3]), 2));
        assert_eq!(first_of_pem("junk"), (None, 0));
    }

    proptest! {
        #[test]
        fn hostile_texts_never_panic(text in "(-----BEGIN CERTIFICATE-----|-----END CERTIFICATE-----|\\PC{0,9}){0,9}") {
            let _ = first_of_pem(&text);
        }
    }
}
