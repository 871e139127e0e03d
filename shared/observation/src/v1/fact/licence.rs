//! Licences and subscriptions. Never a key: only what tells one key from another.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// One licence or subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Licence {
    /// What it is for.
    pub product: String,
    /// How it is sold or handed out (`ubuntu_pro`, `rhsm`, `suse`, `proxmox`, `flexlm`).
    pub channel: String,
    /// Edition, level or vendor, as written.
    pub edition: Option<String>,
    /// State in the words of its manager.
    pub state: Option<String>,
    /// How many it is good for; none: not stated.
    pub count: Option<u64>,
    /// HMAC-SHA-256 of the key under the secret that also makes pseudonyms, hexadecimal: tells keys apart, and a
    /// short key cannot be guessed from it.
    pub key_hash: Option<String>,
    /// The key's last five characters.
    pub key_tail: Option<String>,
    /// Last day.
    pub expires_on: Option<Date>,
    /// File that says so.
    pub place: String,
}
