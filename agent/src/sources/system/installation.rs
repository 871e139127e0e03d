//! The identity of this installation, hashed so that the identity itself never leaves the host.

use observation::ContentHash;
use observation::latest::{Absent, Cadence, Fact, InstallationId, Platform, SourceId};

use crate::host::{Ask, Host};
use crate::sources::context::Context;
use crate::sources::{Found, Source};

/// The identity of this installation.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("system.installation"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

/// machine-id(5), and where D-Bus keeps the same on systems without systemd.
const MACHINE_ID_PATHS: [&str; 2] = ["/etc/machine-id", "/var/lib/dbus/machine-id"];
const MACHINE_ID_DIGITS: usize = 32;
/// Makes the hash useless for recognising the machine elsewhere, as machine-id(5) asks.
const PREFIX: &str = "kataster machine-id\n";

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let [first, second] = MACHINE_ID_PATHS;
    let id = machine_id(context.host, first).or_else(|reason| {
        if matches!(reason, Absent::NotHere { .. }) {
            return machine_id(context.host, second).map_err(|_| reason);
        }
        Err(reason)
    })?;
    let hash = ContentHash::of(format!("{PREFIX}{id}").as_bytes());
    let fact = InstallationId { kind: "machine_id".to_owned(), hash };
    Ok(Found { facts: vec![Fact::InstallationId(fact)], ..Found::default() })
}

/// Images are shipped with an empty file or the word `uninitialized`: no identity yet.
fn machine_id(host: &dyn Host, path: &str) -> Result<String, Absent> {
    let text = host.text(path)?;
    let text = text.trim().to_ascii_lowercase();
    if text.is_empty() || text == "uninitialized" {
        return Err(Absent::NotHere { looked_at: path.to_owned() });
    }
    let is_hexadecimal = text.bytes().all(|it| it.is_ascii_hexdigit());
    let is_filler = text.bytes().all(|it| it == b'0');
    if text.len() != MACHINE_ID_DIGITS || !is_hexadecimal || is_filler {
        return Err(Absent::Failed {
            doing: format!("reading {path}"),
            cause: "it is not a machine id of 32 hexadecimal digits".to_owned(),
        });
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    const ID: &str = "0123456789abcdef0123456789abcdef";

    fn check(files: &[(&str, &str)]) -> Result<Found, Absent> {
        let host = files.iter().fold(MapHost::new(), |host, (path, text)| host.file(path, text));
        with_context(&host, observe)
    }

    #[test]
    fn the_identity_leaves_only_as_a_hash() {
        let found = check(&[("/etc/machine-id", &format!("{ID}\n"))]).unwrap();
        let text = serde_json::to_string(&found.facts).unwrap();
        assert!(!text.contains(ID));
        assert!(!text.contains(&ContentHash::of(ID.as_bytes()).to_string()));
        assert_eq!(check(&[("/etc/machine-id", ID)]), Ok(found));
    }

    #[test]
    fn an_image_that_never_booted_has_no_identity() {
        for text in ["", "\n", "uninitialized\n"] {
            assert!(matches!(check(&[("/etc/machine-id", text)]), Err(Absent::NotHere { .. })));
        }
        assert!(matches!(check(&[]), Err(Absent::NotHere { .. })));
    }

    #[test]
    fn the_file_of_d_bus_serves_where_there_is_no_other() {
        let fallback = check(&[("/var/lib/dbus/machine-id", ID)]);
        assert_eq!(fallback, check(&[("/etc/machine-id", ID)]));
        assert!(fallback.is_ok());
    }

    #[test]
    fn other_text_is_refused() {
        for text in ["0123", &"g".repeat(32), &"0".repeat(32), &"ä".repeat(16)] {
            let result = check(&[("/etc/machine-id", text), ("/var/lib/dbus/machine-id", ID)]);
            assert!(matches!(result, Err(Absent::Failed { .. })), "{text}");
        }
    }
}
