//! The subscription of Red Hat systems: the certificates of the registered machine and of what it is entitled to. Their keys stand in
//! files of their own, which are not read.

use data_encoding::BASE64;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use observation::latest::{Absent, Cadence, Complaint, Fact, Licence, Platform, SourceId};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::host::Ask;
use crate::sources::context::Context;
use crate::sources::{Found, Source};

/// The certificate of the registered machine.
const CONSUMER_PATH: &str = "/etc/pki/consumer/cert.pem";
/// The certificates of entitlements, beside their keys.
const ENTITLEMENTS_PATH: &str = "/etc/pki/entitlement";
const KEY_ENDING: &str = "-key.pem";
/// Largest certificate: entitlements list thousands of paths.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Most entitlements.
const ENTITLEMENTS_MAX: usize = 100;
/// The frame of a certificate (RFC 7468).
const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// Subscriptions of Red Hat.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("licences.rhsm"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let host = context.host;
    let consumer = host.bytes(CONSUMER_PATH, FILE_BYTES_MAX);
    let names = host.names(ENTITLEMENTS_PATH).unwrap_or_default();
    let certificates = names.iter().filter(|it| it.ends_with(".pem") && !it.ends_with(KEY_ENDING));
    let paths: Vec<String> =
        certificates.take(ENTITLEMENTS_MAX).map(|it| format!("{ENTITLEMENTS_PATH}/{it}")).collect();
    let mut found = Found::default();
    let mut add = |bytes: &[u8], product: &str, state: &str, place: &str| match last_day(bytes) {
        Some(expires_on) => found.facts.push(Fact::Licence(Licence {
            product: product.to_owned(),
            channel: "rhsm".to_owned(),
            edition: None,
            state: Some(state.to_owned()),
            count: None,
            key_hash: None,
            key_tail: None,
            expires_on: Some(expires_on),
            place: place.to_owned(),
        })),
        None => found.complaints.push(Complaint {
            place: place.to_owned(),
            problem: "it is no certificate".to_owned(),
        }),
    };
    match &consumer {
        Ok(bytes) => add(bytes, "Red Hat registration", "registered", CONSUMER_PATH),
        Err(Absent::NotHere { .. }) if !paths.is_empty() => {}
        Err(reason) => return Err(reason.clone()),
    }
    for path in paths {
        if let Ok(bytes) = host.bytes(&path, FILE_BYTES_MAX) {
            add(&bytes, "Red Hat entitlement", "entitled", &path);
        }
    }
    Ok(found)
}

/// The last day of the first certificate in a file.
fn last_day(pem: &[u8]) -> Option<Date> {
    let text = String::from_utf8_lossy(pem);
    let body = text.split_once(BEGIN)?.1.split_once(END)?.0;
    let body: String = body.split_whitespace().collect();
    let der = BASE64.decode(body.as_bytes()).ok()?;
    let (_, certificate) = X509Certificate::from_der(&der).ok()?;
    let end = Timestamp::from_second(certificate.validity().not_after.timestamp()).ok()?;
    Some(TimeZone::UTC.to_datetime(end).date())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    /// Emulated: a certificate of ours, valid until 2036-01-01, made with openssl 3.0.
    const CERTIFICATE: &str = include_str!("samples/consumer.pem");

    #[test]
    fn certificates_are_told_and_keys_are_not_read() {
        let host = MapHost::new()
            .file(CONSUMER_PATH, CERTIFICATE)
            .file("/etc/pki/entitlement/123.pem", CERTIFICATE)
            .file("/etc/pki/entitlement/123-key.pem", "CANARY");
        let found = with_context(&host, observe).unwrap();
        let days: Vec<(String, Option<Date>)> = found
            .facts
            .iter()
            .map(|it| {
                if let Fact::Licence(it) = it {
                    (it.product.clone(), it.expires_on)
                } else {
                    panic!()
                }
            })
            .collect();
        let day = Some(jiff::civil::date(2036, 1, 1));
        let expected =
            [("Red Hat registration".to_owned(), day), ("Red Hat entitlement".to_owned(), day)];
        assert_eq!(days, expected);
        assert_eq!(found.complaints, []);
    }

    #[test]
    fn a_machine_that_is_not_registered_is_not_here() {
        let reason = with_context(&MapHost::new(), observe).unwrap_err();
        assert_eq!(reason, Absent::NotHere { looked_at: CONSUMER_PATH.to_owned() });
    }

    #[test]
    fn a_file_of_another_form_is_told() {
        for text in [
            "",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\n!",
        ] {
            let host = MapHost::new().file(CONSUMER_PATH, text);
            assert_eq!(with_context(&host, observe).unwrap().complaints.len(), 1, "{text}");
        }
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let text = format!("{BEGIN}\n{}\n{END}", BASE64.encode(&bytes));
            let _ = last_day(text.as_bytes());
            let _ = last_day(&bytes);
        }
    }
}
