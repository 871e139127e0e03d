//! The subscription of Proxmox products: a file of the key, a checksum, and what the shop last said, as base64 of JSON.

use data_encoding::{BASE64, BASE64_NOPAD};
use jiff::civil::Date;
use observation::latest::{Absent, Cadence, Complaint, Fact, Licence, Platform, SourceId};
use serde_json::Value;

use crate::host::Ask;
use crate::names::Names;
use crate::sources::context::Context;
use crate::sources::secrets::tail;
use crate::sources::{Found, Source};

/// Virtual Environment, Backup Server, Mail Gateway.
const PLACES: &[(&str, &str)] = &[
    ("/etc/subscription", "Proxmox VE"),
    ("/etc/proxmox-backup/subscription", "Proxmox Backup Server"),
    ("/etc/pmg/subscription", "Proxmox Mail Gateway"),
];
/// Largest file.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// Subscriptions of Proxmox.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("licences.proxmox"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let mut found = Found::default();
    let mut reason = None;
    for (place, product) in PLACES {
        match context.host.bytes(place, FILE_BYTES_MAX) {
            Ok(bytes) => {
                match licence(&String::from_utf8_lossy(&bytes), product, place, context.names) {
                    Ok(it) => found.facts.push(Fact::Licence(it)),
                    Err(problem) => found.complaints.push(Complaint {
                        place: (*place).to_owned(),
                        problem: problem.to_owned(),
                    }),
                }
            }
            Err(Absent::NotHere { .. }) => {}
            Err(other) => reason = Some(other),
        }
    }
    if found == Found::default() {
        let places: Vec<&str> = PLACES.iter().map(|(place, _)| *place).collect();
        return Err(reason.unwrap_or(Absent::NotHere { looked_at: places.join(", ") }));
    }
    Ok(found)
}

fn licence(text: &str, product: &str, place: &str, names: &Names) -> Result<Licence, &'static str> {
    let mut lines = text.lines().map(str::trim);
    let key = lines.next().filter(|it| !it.is_empty()).ok_or("it has no key")?;
    let packed = lines.nth(1).unwrap_or_default();
    let json = BASE64.decode(packed.as_bytes());
    let json = json.or_else(|_| BASE64_NOPAD.decode(packed.as_bytes()));
    let said: Value = json
        .ok()
        .and_then(|it| serde_json::from_slice(&it).ok())
        .ok_or("what the shop said is not base64 of JSON")?;
    let text =
        |name: &str| Some(said.get(name)?.as_str()?.trim().to_owned()).filter(|it| !it.is_empty());
    Ok(Licence {
        product: product.to_owned(),
        channel: "proxmox".to_owned(),
        edition: text("productname"),
        state: text("status"),
        count: None,
        key_hash: Some(names.secret(key)),
        key_tail: tail(key),
        expires_on: text("nextduedate").and_then(|it| it.parse::<Date>().ok()),
        place: place.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    /// Constructed from Proxmox's own reader of the file.
    fn file(json: &str) -> String {
        format!("pve2c-0123456789\nchecksum\n{}\n", BASE64.encode(json.as_bytes()))
    }

    #[test]
    fn a_subscription_is_told_without_its_key() {
        let json = r#"{"status":"Active","productname":"Proxmox VE Community Subscription 2 CPUs/year",
            "nextduedate":"2027-03-01","key":"pve2c-0123456789","serverid":"CANARY"}"#;
        let host = MapHost::new().file("/etc/subscription", file(json));
        let found = with_context(&host, observe).unwrap();
        let text = format!("{found:?}");
        assert!(!text.contains("0123456789") && !text.contains("CANARY"), "{text}");
        let [Fact::Licence(it)] = &*found.facts else { panic!("{found:?}") };
        assert_eq!((it.state.as_deref(), it.key_tail.as_deref()), (Some("Active"), Some("56789")));
        assert_eq!(it.expires_on, Some(jiff::civil::date(2027, 3, 1)));
        assert_eq!(it.key_hash.as_ref().unwrap().len(), 64);
    }

    #[test]
    fn a_broken_file_is_told_and_a_missing_one_is_not_here() {
        for text in ["", "\n", "key\nsum\n!!!\n", "key\nsum\n"] {
            let host = MapHost::new().file("/etc/pmg/subscription", text);
            assert_eq!(with_context(&host, observe).unwrap().complaints.len(), 1, "{text:?}");
        }
        assert!(matches!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { .. })));
        let closed = MapHost::new().forbid("/etc/subscription");
        assert!(matches!(with_context(&closed, observe), Err(Absent::NotAllowed { .. })));
    }

    proptest! {
        #[test]
        fn hostile_text_never_panics(text in "\\PC{0,20}\n\\PC{0,9}\n[A-Za-z0-9+/=]{0,40}\n?") {
            let host = MapHost::new().file("/etc/subscription", text);
            let _ = with_context(&host, observe);
        }
    }
}
