//! The public keys by which an SSH server shows who it is (sshd(8)): a scan sees the same.

use data_encoding::BASE64;
use observation::ContentHash;
use observation::latest::{Absent, Cadence, Complaint, Fact, Gap, Platform, SourceId, SshHostKey};

use crate::host::Ask;
use crate::sources::attribute::printable;
use crate::sources::context::Context;
use crate::sources::{Found, Source};

/// The public keys of the host's SSH server.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("network.ssh_host_keys"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const FOLDER: &str = "/etc/ssh";
const SETTINGS: &str = "/etc/ssh/sshd_config";
/// A key of 16,384 bits takes a sixth of it.
const KEY_BYTES_MAX: u64 = 16 * 1024;
/// Far more than any server has.
const KEYS_MAX: usize = 100;

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let names = context.host.names(FOLDER)?;
    let mut found = Found::default();
    let settings = context.host.text(SETTINGS).unwrap_or_default();
    let mut paths = configured(&settings);
    if paths.is_empty() {
        let is_key = |it: &&String| it.starts_with("ssh_host_") && it.ends_with("_key.pub");
        paths = names.iter().filter(is_key).map(|it| format!("{FOLDER}/{it}")).collect();
    }
    paths.truncate(KEYS_MAX);
    for path in paths {
        match context.host.bytes(&path, KEY_BYTES_MAX) {
            Ok(text) => match parse(&String::from_utf8_lossy(&text)) {
                Some(key) => found.facts.push(Fact::SshHostKey(key)),
                None => found.complaints.push(Complaint {
                    place: path,
                    problem: "it is no public key in one line".to_owned(),
                }),
            },
            // A server also starts where a key that its settings name does not exist.
            Err(Absent::NotHere { .. }) => {}
            Err(reason) => {
                found.gaps.push(Gap { field: "ssh_host_key".to_owned(), of: Some(path), reason });
            }
        }
    }
    Ok(found)
}

/// The public halves of the keys that the settings name (sshd_config(5), `HostKey`).
fn configured(settings: &str) -> Vec<String> {
    let paths = settings.lines().filter_map(|line| {
        let mut words = line.split(['=', ' ', '\t']).filter(|it| !it.is_empty());
        let is_host_key = words.next()?.eq_ignore_ascii_case("HostKey");
        let path = words.next().filter(|_| is_host_key)?.trim_matches('"');
        path.starts_with('/').then(|| format!("{}.pub", path.trim_end_matches(".pub")))
    });
    paths.collect()
}

/// `ssh-ed25519 AAAA… comment`; the comment names a person or a machine and is not read.
fn parse(text: &str) -> Option<SshHostKey> {
    let mut words = text.split_ascii_whitespace();
    let (algorithm, blob) = (words.next()?, words.next()?);
    let blob = BASE64.decode(blob.as_bytes()).ok()?;
    // The key names its algorithm itself (RFC 4253 §6.6).
    let (length, rest) = blob.split_first_chunk::<4>()?;
    let own = rest.get(..u32::from_be_bytes(*length) as usize)?;
    (own == algorithm.as_bytes()).then(|| SshHostKey {
        port: None,
        algorithm: printable(algorithm),
        fingerprint: ContentHash::of(&blob),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    /// Made with ssh-keygen for this test; `ssh-keygen -lf` shows
    /// `SHA256:ndZZbWvd1p9nGPJgqZ1oZXYjJN6LijbyRmGPC89WDHk`.
    const ED25519: &str = include_str!("ssh_host_ed25519_key.pub");
    const FINGERPRINT: &str = "9dd6596d6bddd69f6718f260a99d6865762324de8b8a36f246618f0bcf560c79";

    fn keys(host: &MapHost) -> (Vec<SshHostKey>, Vec<Complaint>) {
        let found = with_context(host, observe).unwrap();
        let key = |it| {
            let Fact::SshHostKey(it) = it else { panic!("another fact") };
            it
        };
        (found.facts.into_iter().map(key).collect(), found.complaints)
    }

    #[test]
    fn the_fingerprint_is_what_ssh_keygen_shows_and_a_scan_sees() {
        let host = MapHost::new()
            .file("/etc/ssh/ssh_host_ed25519_key.pub", ED25519)
            .file("/etc/ssh/ssh_host_ed25519_key", "CANARY")
            .file("/etc/ssh/ssh_config", "");
        let (keys, complaints) = keys(&host);
        assert_eq!(keys.len(), 1);
        assert_eq!(keys[0].fingerprint.to_string(), FINGERPRINT);
        assert_eq!((keys[0].algorithm.as_str(), keys[0].port), ("ssh-ed25519", None));
        assert_eq!(complaints, []);
    }

    #[test]
    fn settings_that_name_keys_count_alone() {
        let host = MapHost::new()
            .file("/etc/ssh/ssh_host_rsa_key.pub", "old")
            .file("/srv/keys/own.pub", ED25519)
            .file(SETTINGS, "Port 22\n#HostKey /x\nhostkey=\"/srv/keys/own\"\nHostKey /gone\n");
        let (keys, complaints) = keys(&host);
        assert_eq!((keys.len(), complaints.len()), (1, 0));
    }

    #[test]
    fn a_host_without_ssh_has_no_such_folder_and_one_without_keys_has_none() {
        let absent = with_context(&MapHost::new(), observe).unwrap_err();
        assert!(matches!(absent, Absent::NotHere { .. }), "{absent:?}");
        assert_eq!(keys(&MapHost::new().file("/etc/ssh/ssh_config", "")), (vec![], vec![]));
    }

    #[test]
    fn a_file_that_is_no_key_costs_only_itself() {
        let host = MapHost::new()
            .file("/etc/ssh/ssh_host_dsa_key.pub", "-----BEGIN OPENSSH PRIVATE KEY-----\n")
            .file("/etc/ssh/ssh_host_ecdsa_key.pub", "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIA== x")
            .file("/etc/ssh/ssh_host_ed25519_key.pub", ED25519);
        let (keys, complaints) = keys(&host);
        assert_eq!((keys.len(), complaints.len()), (1, 2));
    }

    #[test]
    fn a_key_that_may_not_be_read_is_a_gap() {
        let host = MapHost::unprivileged().forbid("/etc/ssh/ssh_host_rsa_key.pub");
        let found = with_context(&host, observe).unwrap();
        assert_eq!(found.gaps.len(), 1);
    }

    proptest! {
        #[test]
        fn hostile_text_never_panics(text in "(ssh-rsa|[a-zA-Z0-9+/=]{0,20}|HostKey| |\"|\n){0,9}") {
            let _ = (parse(&text), configured(&text));
        }
    }
}
