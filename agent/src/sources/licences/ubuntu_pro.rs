//! The subscription of Ubuntu Pro, as its client last wrote it for everybody (`pro status --format json`). The token stands in another
//! file, which is not read.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use observation::latest::{Absent, Cadence, Complaint, Fact, Licence, Platform, SourceId};
use serde_json::Value;

use crate::host::Ask;
use crate::sources::context::Context;
use crate::sources::{Found, Source};

/// What the client last said.
const STATUS_PATH: &str = "/var/lib/ubuntu-advantage/status.json";
/// Largest file.
const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// Most services.
const SERVICES_MAX: usize = 100;

/// The subscription of Ubuntu Pro.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("licences.ubuntu_pro"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let bytes = context.host.bytes(STATUS_PATH, FILE_BYTES_MAX)?;
    let mut found = Found::default();
    match licences(&bytes) {
        Some(licences) => found.facts.extend(licences.into_iter().map(Fact::Licence)),
        None => found.complaints.push(Complaint {
            place: STATUS_PATH.to_owned(),
            problem: "it is not JSON of the client's form".to_owned(),
        }),
    }
    Ok(found)
}

/// The subscription, and each service that is switched on with it.
fn licences(json: &[u8]) -> Option<Vec<Licence>> {
    let said: Value = serde_json::from_slice(json).ok()?;
    let is_attached = said.get("attached")?.as_bool()?;
    let contract = said.get("contract");
    let text = |of: Option<&Value>, name: &str| {
        let text = of?.get(name)?.as_str()?.trim();
        (!text.is_empty() && text != "n/a").then(|| text.to_owned())
    };
    let expires_on =
        if is_attached { text(Some(&said), "expires").and_then(|it| day(&it)) } else { None };
    let licence = |product: String, edition, state: &str| Licence {
        product,
        channel: "ubuntu_pro".to_owned(),
        edition,
        state: Some(state.to_owned()),
        count: None,
        key_hash: None,
        key_tail: None,
        expires_on,
        place: STATUS_PATH.to_owned(),
    };
    let edition = text(contract, "tech_support_level").or_else(|| text(contract, "name"));
    let state = if is_attached { "attached" } else { "unattached" };
    let mut licences =
        vec![licence("Ubuntu Pro".to_owned(), edition.filter(|_| is_attached), state)];
    let services = said.get("services").and_then(Value::as_array).map(Vec::as_slice);
    for service in services.unwrap_or_default().iter().take(SERVICES_MAX) {
        let (name, status) = (text(Some(service), "name"), text(Some(service), "status"));
        if let (Some(name), Some("enabled")) = (name, status.as_deref()) {
            licences.push(licence(format!("Ubuntu Pro {name}"), None, "enabled"));
        }
    }
    Some(licences)
}

/// The day of an instant; the year 9999 of contracts without end is none.
fn day(text: &str) -> Option<Date> {
    let moment: Timestamp = text.parse().ok()?;
    Some(TimeZone::UTC.to_datetime(moment).date()).filter(|it| it.year() < 9999)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    fn check(json: &str) -> Vec<(String, Option<String>, Option<Date>)> {
        let licences = licences(json.as_bytes()).unwrap();
        licences.into_iter().map(|it| (it.product, it.state, it.expires_on)).collect()
    }

    fn row(
        product: &str,
        state: &str,
        day: Option<Date>,
    ) -> (String, Option<String>, Option<Date>) {
        (product.to_owned(), Some(state.to_owned()), day)
    }

    /// Constructed from the client's documentation.
    const ATTACHED: &str = r#"{"attached":true,"expires":"2027-05-01T00:00:00+00:00",
        "account":{"name":"CANARY"},"contract":{"name":"x","tech_support_level":"essential"},
        "services":[{"name":"esm-infra","status":"enabled"},{"name":"fips","status":"disabled"},
        {"name":"livepatch","status":"n/a"}]}"#;

    #[test]
    fn a_subscription_is_told_with_the_services_that_are_on() {
        let day = Some(jiff::civil::date(2027, 5, 1));
        let expected =
            [row("Ubuntu Pro", "attached", day), row("Ubuntu Pro esm-infra", "enabled", day)];
        assert_eq!(check(ATTACHED), expected);
        let found = licences(ATTACHED.as_bytes()).unwrap();
        assert_eq!(found[0].edition.as_deref(), Some("essential"));
        assert!(!format!("{found:?}").contains("CANARY"));
    }

    #[test]
    fn a_machine_without_subscription_says_so() {
        let json = r#"{"attached":false,"expires":"n/a","contract":{"tech_support_level":"n/a"},"services":null}"#;
        assert_eq!(check(json), [row("Ubuntu Pro", "unattached", None)]);
        let endless = r#"{"attached":true,"expires":"9999-12-31T00:00:00+00:00"}"#;
        assert_eq!(check(endless), [row("Ubuntu Pro", "attached", None)]);
    }

    #[test]
    fn another_form_is_told_and_another_machine_is_not_here() {
        let host = MapHost::new().file(STATUS_PATH, "[]");
        assert_eq!(with_context(&host, observe).unwrap().complaints.len(), 1);
        assert!(matches!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { .. })));
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "\\PC{0,20}") {
            let _ = licences(&bytes);
            let _ = day(&text);
        }
    }
}
