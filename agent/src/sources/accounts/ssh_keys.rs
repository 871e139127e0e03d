//! Public keys that open accounts over SSH (sshd(8), AUTHORIZED_KEYS FILE FORMAT).
//!
//! Of a line leave kind, length and fingerprint of the key and the names of its options; never its comment,
//! nor what an option holds. The files stand in folders that users write: what is in them is foreign.

use std::collections::BTreeSet;

use data_encoding::BASE64;
use observation::ContentHash;
use observation::latest::{
    Absent, AuthorizedKey, Cadence, Complaint, Fact, Gap, Platform, SourceId,
};

use crate::host::Ask;
use crate::sources::context::Context;
use crate::sources::homes::RemotePlaces;
use crate::sources::persons::{PasswdEntry, Persons};
use crate::sources::{Found, Source, sshd_config};

/// Public keys that open accounts.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("accounts.ssh_keys"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

/// Where sshd looks unless its configuration says otherwise.
const PATTERNS: &str = ".ssh/authorized_keys .ssh/authorized_keys2";
/// Largest file: some thousand keys.
const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// Most keys of one file.
const KEYS_MAX: usize = 2_000;
/// Most files: accounts times patterns.
const FILES_MAX: usize = 2_000;
/// Most files in `%u`-less folders and patterns of one configuration.
const PATTERNS_MAX: usize = 8;

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let persons = Persons::read(context.host, context.names)?;
    let patterns = patterns(context);
    let away = RemotePlaces::read(context.host);
    let mut found = Found::default();
    let mut seen = BTreeSet::new();
    for entry in persons.entries() {
        for pattern in patterns.split_whitespace().take(PATTERNS_MAX) {
            let Some(path) = expanded(pattern, entry) else { continue };
            if seen.len() < FILES_MAX && seen.insert((path.clone(), entry.uid)) {
                read(context, &persons, entry, &path, &away, &mut found);
            }
        }
    }
    Ok(found)
}

/// Where sshd looks. `none` means nowhere.
fn patterns(context: &Context<'_>) -> String {
    let key = (None, "AuthorizedKeysFile".to_owned());
    let configured = sshd_config::read(context).ok().and_then(|mut it| it.values.remove(&key));
    match configured {
        Some(value) if value.text.eq_ignore_ascii_case("none") => String::new(),
        Some(value) => value.text,
        None => PATTERNS.to_owned(),
    }
}

/// The path for an account (sshd_config(5), TOKENS).
fn expanded(pattern: &str, entry: &PasswdEntry) -> Option<String> {
    let mut path = String::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '%' => match characters.next()? {
                'h' => path.push_str(&entry.home),
                'u' => path.push_str(&entry.name),
                'U' => path.push_str(&entry.uid.to_string()),
                '%' => path.push('%'),
                _ => return None,
            },
            it => path.push(it),
        }
    }
    let home = entry.home.trim_end_matches('/');
    Some(if path.starts_with('/') { path } else { format!("{home}/{path}") })
}

fn read(
    context: &Context<'_>,
    persons: &Persons<'_>,
    entry: &PasswdEntry,
    path: &str,
    away: &RemotePlaces,
    found: &mut Found,
) {
    let place = persons.path(path);
    let gap = |reason| Gap { field: "authorized_key".to_owned(), of: None, reason };
    if away.hold(path) {
        let (why, what) = ("remote_file_system".to_owned(), place.clone());
        return found.gaps.push(gap(Absent::NotLookedAt { why, what }));
    }
    let bytes = match context.host.bytes(path, FILE_BYTES_MAX) {
        Ok(bytes) => bytes,
        Err(Absent::NotHere { .. }) => return,
        Err(Absent::NotAllowed { needs, .. }) => {
            let what = place.clone();
            return found.gaps.push(gap(Absent::NotAllowed { what, needs }));
        }
        Err(_) => {
            let doing = format!("reading {place}");
            let cause = "it is no file of keys, or larger than any".to_owned();
            return found.gaps.push(gap(Absent::Failed { doing, cause }));
        }
    };
    for (index, line) in String::from_utf8_lossy(&bytes).lines().enumerate().take(KEYS_MAX) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match parse(line) {
            Some(key) => found.facts.push(Fact::AuthorizedKey(AuthorizedKey {
                account: persons.name(&entry.name),
                algorithm: key.algorithm,
                size_bits: key.size_bits,
                fingerprint: key.fingerprint,
                options: key.options,
                place: place.clone(),
            })),
            // A planted link may lead to any file: the line is not quoted.
            None => found.complaints.push(Complaint {
                place: format!("{place}, line {}", index + 1),
                problem: "not a key".to_owned(),
            }),
        }
    }
}

/// One line.
#[derive(Debug, PartialEq)]
struct Key {
    algorithm: String,
    size_bits: Option<u32>,
    fingerprint: ContentHash,
    options: Vec<String>,
}

fn parse(line: &str) -> Option<Key> {
    if let Some(key) = key(line, Vec::new()) {
        return Some(key);
    }
    let (options, rest) = options(line)?;
    key(rest.trim_start(), options)
}

fn key(text: &str, options: Vec<String>) -> Option<Key> {
    let mut words = text.split_whitespace();
    let algorithm = words.next()?;
    let blob = BASE64.decode(words.next()?.as_bytes()).ok()?;
    let mut rest = blob.as_slice();
    // The key itself begins with the name of its kind (RFC 4253 §6.6).
    if field(&mut rest)? != algorithm.as_bytes() {
        return None;
    }
    Some(Key {
        algorithm: algorithm.to_owned(),
        size_bits: size_bits(algorithm, rest),
        fingerprint: ContentHash::of(&blob),
        options,
    })
}

/// Length of a key by its kind: of RSA and DSA that of the modulus, else that of the curve.
fn size_bits(algorithm: &str, mut rest: &[u8]) -> Option<u32> {
    match algorithm {
        "ssh-rsa" => {
            field(&mut rest)?;
            bits(field(&mut rest)?)
        }
        "ssh-dss" => bits(field(&mut rest)?),
        "ssh-ed25519" | "sk-ssh-ed25519@openssh.com" => Some(256),
        "ssh-ed448" => Some(456),
        "sk-ecdsa-sha2-nistp256@openssh.com" => Some(256),
        it => it.strip_prefix("ecdsa-sha2-nistp")?.parse().ok(),
    }
}

/// A string of RFC 4251 §5: four bytes of length before it.
fn field<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, behind) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (field, behind) = behind.split_at_checked(length)?;
    *rest = behind;
    Some(field)
}

/// Bits of a positive number without leading zeros.
fn bits(number: &[u8]) -> Option<u32> {
    let begin = number.iter().position(|it| *it != 0)?;
    let number = number.get(begin..)?;
    let whole = u32::try_from(number.len()).ok()?.checked_mul(8)?;
    Some(whole - number.first()?.leading_zeros())
}

/// The names of the options that a line begins with, sorted, and the rest behind them.
fn options(line: &str) -> Option<(Vec<String>, &str)> {
    let mut names = BTreeSet::new();
    let mut name = String::new();
    let (mut is_value, mut is_quoted, mut is_escaped) = (false, false, false);
    for (at, character) in line.char_indices() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ if is_quoted => {}
            ',' | ' ' | '\t' => {
                names.insert(std::mem::take(&mut name));
                is_value = false;
                if character != ',' {
                    let is_name = |it: &String| {
                        !it.is_empty()
                            && it.chars().all(|it| it.is_ascii_alphanumeric() || it == '-')
                    };
                    let all_are_names = names.iter().all(is_name);
                    return all_are_names.then(|| {
                        (names.into_iter().collect(), line.get(at..).unwrap_or_default())
                    });
                }
            }
            '=' => is_value = true,
            it if !is_value => name.extend(it.to_lowercase()),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use observation::latest::UserName;
    use proptest::prelude::*;

    use super::*;
    use crate::sources::mounts::MOUNTINFO_PATH;
    use crate::sources::testing::{MapHost, with_context};

    /// Real: made by ssh-keygen of OpenSSH 9.2; the truth is its `-lf`.
    const KEYS: &str = include_str!("samples/authorized_keys");
    const TRUTH: &str = include_str!("samples/authorized_keys.truth");
    const PASSWD: &str = "root:x:0:0::/root:/bin/sh\nbackup:x:34:34::/var/backups:/bin/sh\n\
        alice:x:1000:1000::/home/alice:/bin/sh\n";

    fn machine() -> MapHost {
        MapHost::new().file("/etc/passwd", PASSWD)
    }

    fn check(host: &MapHost) -> (Vec<AuthorizedKey>, Found) {
        let found = with_context(host, observe).unwrap();
        let key = |it: &Fact| {
            let Fact::AuthorizedKey(it) = it else { panic!("{it:?}") };
            it.clone()
        };
        (found.facts.iter().map(key).collect(), found)
    }

    #[test]
    fn length_and_fingerprint_are_those_of_ssh_keygen() {
        let (keys, found) = check(&machine().file("/home/alice/.ssh/authorized_keys", KEYS));
        let ours: Vec<String> = keys
            .iter()
            .map(|it| {
                let hash = data_encoding::HEXLOWER.decode(it.fingerprint.to_string().as_bytes());
                let hash = data_encoding::BASE64_NOPAD.encode(&hash.unwrap());
                format!("{} SHA256:{hash}", it.size_bits.unwrap())
            })
            .collect();
        let theirs: Vec<String> =
            TRUTH.lines().map(|it| it.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(ours, theirs);
        assert_eq!((found.gaps.len(), found.complaints.len()), (0, 0));
        let text = format!("{found:?}");
        assert!(!text.contains("alice") && !text.contains("CANARY"), "{text}");
        assert!(matches!(keys[0].account, UserName::Pseudonym(_)));
    }

    #[test]
    fn options_are_named_and_what_they_hold_stays_here() {
        let key = KEYS.lines().nth(2).unwrap();
        let line = format!(
            "restrict,from=\"192.0.2.7,*.CANARY\",Command=\"say \\\"CANARY, x\\\"\",pty {key}\n"
        );
        let (keys, found) = check(&machine().file("/root/.ssh/authorized_keys", &line));
        assert_eq!(keys[0].options, ["command", "from", "pty", "restrict"]);
        assert_eq!(keys[0].account, UserName::Clear("root".to_owned()));
        assert!(!format!("{found:?}").contains("CANARY"));
    }

    #[test]
    fn files_stand_where_sshd_looks() {
        let key = KEYS.lines().next().unwrap();
        let host = machine()
            .file("/etc/ssh/sshd_config", "AuthorizedKeysFile /etc/ssh/keys/%u-%U%% %h/k\n")
            .file("/etc/ssh/keys/alice-1000%", key)
            .file("/var/backups/k", key)
            .file("/home/alice/.ssh/authorized_keys", key);
        let (keys, _) = check(&host);
        let places: Vec<&str> = keys.iter().map(|it| it.place.as_str()).collect();
        assert_eq!(places.len(), 2, "{places:?}");
        assert!(places.contains(&"/var/backups/k"));
        let host = host.file("/etc/ssh/sshd_config", "AuthorizedKeysFile none\n");
        assert_eq!(check(&host).0, []);
    }

    #[test]
    fn a_planted_link_to_another_file_shows_nothing_of_it() {
        let host = machine()
            .file("/etc/shadow", "root:$y$CANARY:1\nx y\n")
            .link("/home/alice/.ssh/authorized_keys", "/etc/shadow");
        let (keys, found) = check(&host);
        assert_eq!((keys.len(), found.complaints.len()), (0, 2));
        assert!(!format!("{found:?}").contains("CANARY"));
    }

    #[test]
    fn what_was_not_read_is_said_without_names() {
        let line = "30 1 0:40 / /home rw - nfs4 server:/home rw\n\
                    31 1 0:41 / /srv rw - autofs systemd-1 rw\n";
        let (_, found) = check(&machine().file(MOUNTINFO_PATH, line));
        assert_eq!(found.gaps.len(), 2, "{:?}", found.gaps);
        assert!(matches!(&found.gaps[0].reason, Absent::NotLookedAt { .. }));
        let (_, found) = check(&machine().forbid("/home/alice"));
        assert!(matches!(&found.gaps[0].reason, Absent::NotAllowed { .. }));
        let large = " ".repeat(2 * 1024 * 1024);
        let (_, found) = check(&machine().file("/home/alice/.ssh/authorized_keys", large));
        assert!(matches!(&found.gaps[0].reason, Absent::Failed { .. }));
        assert!(!format!("{found:?}").contains("alice"), "{found:?}");
    }

    proptest! {
        #[test]
        fn any_line_is_read_without_panic(line in "((ssh-rsa|AAAA|from=)|[ \",=\\\\]|\\PC){0,40}") {
            let _ = parse(&line);
        }

        #[test]
        fn any_blob_is_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let mut blob = vec![0, 0, 0, 7];
            blob.extend(b"ssh-rsa");
            blob.extend(bytes);
            let _ = parse(&format!("ssh-rsa {}", BASE64.encode(&blob)));
        }
    }
}
