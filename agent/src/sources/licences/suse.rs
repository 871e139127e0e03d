//! Products of SUSE: the descriptions in `/etc/products.d`, and whether the machine is registered. The credentials are
//! not read.

use observation::latest::{Absent, Cadence, Complaint, Fact, Licence, Platform, SourceId};

use crate::host::Ask;
use crate::sources::context::Context;
use crate::sources::{Found, Source};

/// Where products are described.
const PRODUCTS_PATH: &str = "/etc/products.d";
const ENDING: &str = ".prod";
/// What a registration leaves.
const CREDENTIALS_PATH: &str = "/etc/zypp/credentials.d/SCCcredentials";

/// Products of SUSE.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("licences.suse"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let host = context.host;
    let names = host.names(PRODUCTS_PATH)?;
    let state = match host.status(CREDENTIALS_PATH) {
        Ok(_) => Some("registered"),
        Err(Absent::NotHere { .. }) => Some("not registered"),
        Err(_) => None,
    };
    let mut found = Found::default();
    for name in names.iter().filter(|it| it.ends_with(ENDING)) {
        let place = format!("{PRODUCTS_PATH}/{name}");
        let text = host.text(&place).unwrap_or_default();
        let Some(product) = element(&text, "summary").or_else(|| element(&text, "name")) else {
            let problem = "it does not name a product".to_owned();
            found.complaints.push(Complaint { place, problem });
            continue;
        };
        found.facts.push(Fact::Licence(Licence {
            product,
            channel: "suse".to_owned(),
            edition: element(&text, "version"),
            state: state.map(str::to_owned),
            count: None,
            key_hash: None,
            key_tail: None,
            // The end of life in the description is that of the product, not of a subscription.
            expires_on: None,
            place,
        }));
    }
    Ok(found)
}

/// The text of the first element of a name: the product's own elements stand before those that name others.
fn element(xml: &str, name: &str) -> Option<String> {
    let after = xml.split_once(&format!("<{name}>"))?.1;
    let text = after.split_once('<')?.0.trim();
    (!text.is_empty()).then(|| text.replace("&amp;", "&"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    /// Constructed from libzypp's description of the file.
    const SLES: &str = "<?xml version=\"1.0\"?>\n<product schemeversion=\"0\">\n<vendor>SUSE</vendor>\n<name>SLES</name>\n\
        <version>15.5</version>\n<summary>SUSE Linux Enterprise Server 15 SP5</summary>\n\
        <upgrades><upgrade><name>other</name></upgrade></upgrades>\n</product>\n";

    fn licences(host: &MapHost) -> Vec<Licence> {
        let found = with_context(host, observe).unwrap();
        found
            .facts
            .into_iter()
            .map(|it| if let Fact::Licence(it) = it { it } else { panic!() })
            .collect()
    }

    #[test]
    fn a_product_is_told_with_its_registration() {
        let host = MapHost::new()
            .file("/etc/products.d/SLES.prod", SLES)
            .file("/etc/products.d/README", "x")
            .file("/etc/products.d/baseproduct", SLES);
        let found = licences(&host);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].product, "SUSE Linux Enterprise Server 15 SP5");
        assert_eq!(
            (found[0].edition.as_deref(), found[0].state.as_deref()),
            (Some("15.5"), Some("not registered"))
        );
        let host = host.file(CREDENTIALS_PATH, "username=SCC_x\npassword=CANARY\n");
        let found = licences(&host);
        assert_eq!(found[0].state.as_deref(), Some("registered"));
        assert!(!format!("{found:?}").contains("CANARY"));
    }

    #[test]
    fn a_file_of_another_form_is_told() {
        let host = MapHost::new().file("/etc/products.d/x.prod", "<product><name></name>");
        assert_eq!(with_context(&host, observe).unwrap().complaints.len(), 1);
        assert!(matches!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { .. })));
    }

    proptest! {
        #[test]
        fn hostile_text_never_panics(text in "(<name>|</name>|<|\\PC{0,5}){0,9}") {
            let _ = element(&text, "name");
        }
    }
}
