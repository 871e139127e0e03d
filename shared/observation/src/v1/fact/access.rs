//! By what somebody gets in: keys of SSH, domains, logins.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::account::UserName;
use crate::hash::ContentHash;

/// One public key that opens an account over SSH (sshd(8), AUTHORIZED_KEYS FILE FORMAT). Its comment, which
/// names persons, is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizedKey {
    /// The account that it opens.
    pub account: UserName,
    /// Kind of key (`ssh-ed25519`).
    pub algorithm: String,
    /// Length of the key, where the kind of key has one.
    pub size_bits: Option<u32>,
    /// SHA-256 of the key, the one that ssh-keygen shows in another alphabet.
    pub fingerprint: ContentHash,
    /// Names of its options (`from`, `command`, `restrict`), sorted; never what they hold.
    pub options: Vec<String>,
    /// The file, without a person's name.
    pub place: String,
}

/// The domain or directory that the machine belongs to, as one program on it has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DomainMembership {
    /// What it is.
    pub kind: DomainKind,
    /// Its name (`ad.example.com`, `FIRMA`).
    pub domain: String,
    /// Its Kerberos realm (RFC 4120).
    pub realm: Option<String>,
    /// Servers that are named for it; empty where they are found by DNS.
    pub servers: Vec<String>,
    /// The program that ties the machine to it (`sssd`, `samba`, `krb5`, `himmelblau`).
    pub joined_with: String,
    /// Whether the machine has a key of its own for it (a keytab is there).
    pub has_machine_key: Option<bool>,
    /// The file.
    pub place: String,
}

/// What a domain is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DomainKind {
    /// Microsoft Active Directory or Samba in its place.
    ActiveDirectory,
    /// Microsoft Entra ID.
    EntraId,
    /// FreeIPA.
    FreeIpa,
    /// A Kerberos realm of which nothing else is known.
    Kerberos,
    /// A directory that speaks LDAP.
    Ldap,
    /// A Windows domain before Active Directory.
    NtDomain,
    /// Something else that the program knows.
    Other,
}

/// The logins of one account that the system still remembers. Volatile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastLogin {
    /// The account.
    pub account: UserName,
    /// The last one.
    pub last_at: Timestamp,
    /// Whether the last one came over the network.
    pub is_remote: Option<bool>,
    /// How many since `since`, where they are counted.
    pub count: Option<u32>,
    /// Since when they are counted.
    pub since: Option<Timestamp>,
}
