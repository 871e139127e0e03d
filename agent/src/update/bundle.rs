//! An update as one file: what it is, who says so, and the program.
//!
//! ```text
//! kataster-update 1                              the version of this form
//! {"product":"kataster-agent","version":…}       the manifest, one line of JSON
//! signature 7b1f0c… MEUCIQ…                      key id and Ed25519 signature (RFC 8032), base64; one to sixteen lines
//!                                                an empty line
//! …                                              the program, packed with Zstandard (RFC 8878), to the end
//! ```
//!
//! Signed are the first line and the manifest, each with its line break. The manifest is not looked at
//! before enough signatures have been checked; the packed program is not unpacked before its size and
//! SHA-256 have been compared with the manifest; and no more of a file is read than what was checked so
//! far allows.

use std::collections::BTreeMap;
use std::io::{self, Read};

use aws_lc_rs::digest::{self, SHA256};
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use data_encoding::{BASE64, HEXLOWER};
use jiff::{SignedDuration, Timestamp};
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::config::UpdateConfig;
use crate::host::{LIBC, OWN_PROCESSOR, OWN_SYSTEM};
use crate::update::Refusal;

/// The first line.
const MARK: &str = "kataster-update 1\n";
/// What the first line of every version begins with.
const MARK_OF_ALL: &[u8] = b"kataster-update ";
/// Longest head: mark, manifest and signatures.
pub const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Longest manifest; ours have about 500 bytes.
const MANIFEST_BYTES_MAX: usize = 4096;
/// Most signatures.
const SIGNATURES_MAX: usize = 16;
/// Largest packed program.
const PACKED_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Largest program; the agent has at most 8 MiB.
const PROGRAM_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Largest window of the unpacker, as a power of two: 16 MiB.
const WINDOW_LOG_MAX: u32 = 24;
/// How far a manifest may come from the future: clocks of two machines differ a little.
const AHEAD_MAX: SignedDuration = SignedDuration::from_hours(24);
/// Bytes of the key's hash that name it.
const KEY_ID_BYTES: usize = 8;
/// What this program is called in manifests.
pub const PRODUCT: &str = "kataster-agent";

/// What an update is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`PRODUCT`].
    pub product: String,
    /// The version (Semantic Versioning 2.0.0).
    pub version: String,
    /// The operating system, as `std::env::consts::OS`.
    pub os: String,
    /// The processor, as `std::env::consts::ARCH`.
    pub architecture: String,
    /// The C library that the program was built with: `gnu` or `musl`.
    pub libc: String,
    /// Size of the program.
    pub size_bytes: u64,
    /// SHA-256 of the program, lower-case hex.
    pub sha256: String,
    /// Size of the packed program.
    pub packed_size_bytes: u64,
    /// SHA-256 of the packed program, lower-case hex.
    pub packed_sha256: String,
    /// When it was made.
    pub created: Timestamp,
    /// From when on it is not taken any more.
    pub expires: Timestamp,
}

/// The program that an update would replace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// Its version.
    pub version: Version,
    /// Its operating system.
    pub os: String,
    /// Its processor.
    pub architecture: String,
    /// Its C library.
    pub libc: String,
}

/// Whose signatures count, and how many are needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    keys: BTreeMap<String, [u8; 32]>,
    threshold: usize,
}

/// An update whose signatures were checked. Its program was not read yet.
#[derive(Debug)]
pub struct Bundle<R> {
    /// What it is.
    pub manifest: Manifest,
    /// The part of the packed program that was read with the head, and the rest.
    begin: Vec<u8>,
    rest: R,
}

/// A packed program of which size and hash were compared with the manifest.
#[derive(Debug)]
pub struct Packed {
    /// What it is.
    pub manifest: Manifest,
    bytes: Vec<u8>,
}

/// What a key is called: the beginning of its SHA-256, as lower-case hex.
#[must_use]
pub fn key_id(public_key: &[u8; 32]) -> String {
    let hash = digest::digest(&SHA256, public_key);
    HEXLOWER.encode(hash.as_ref().get(..KEY_ID_BYTES).unwrap_or_default())
}

impl Manifest {
    /// What is signed.
    ///
    /// # Errors
    /// Never, for this type; the library's.
    pub fn signed_bytes(&self) -> serde_json::Result<Vec<u8>> {
        let line = serde_json::to_string(self)?;
        Ok(format!("{MARK}{line}\n").into_bytes())
    }

    /// The file of an update, from signatures over [`Manifest::signed_bytes`] by key id.
    ///
    /// # Errors
    /// As [`Manifest::signed_bytes`].
    pub fn file(
        &self,
        signatures: &[(String, Vec<u8>)],
        packed: &[u8],
    ) -> serde_json::Result<Vec<u8>> {
        let mut file = self.signed_bytes()?;
        for (key, signature) in signatures {
            let line = format!("signature {key} {}\n", BASE64.encode(signature));
            file.extend_from_slice(line.as_bytes());
        }
        file.push(b'\n');
        file.extend_from_slice(packed);
        Ok(file)
    }

    /// Whether this machine may take it: its product, strictly newer, built for it, and in time by the
    /// clock of this machine. Where the clock is years off nothing is taken, whichever way it is off;
    /// the collector's clock is not asked, for it has no word in updates.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, machine: &Machine, now: Timestamp) -> Result<(), Refusal> {
        let other = |what: &'static str, found: &str, own: &str| {
            let (found, own) = (found.to_owned(), own.to_owned());
            if found == own { Ok(()) } else { Err(Refusal::OtherMachine { what, found, own }) }
        };
        other("product", &self.product, PRODUCT)?;
        other("operating system", &self.os, &machine.os)?;
        other("processor", &self.architecture, &machine.architecture)?;
        other("C library", &self.libc, &machine.libc)?;
        let version = self.version()?;
        if version.cmp_precedence(&machine.version).is_le() {
            let own = machine.version.to_string();
            return Err(Refusal::NotNewer { found: self.version.clone(), own });
        }
        if now >= self.expires {
            return Err(Refusal::Expired { expires: self.expires, now });
        }
        if self.created.duration_since(now) > AHEAD_MAX {
            return Err(Refusal::FromTheFuture { created: self.created, now });
        }
        if self.packed_size_bytes > PACKED_BYTES_MAX || self.size_bytes > PROGRAM_BYTES_MAX {
            return Err(Refusal::TooLarge);
        }
        Ok(())
    }

    /// The version in its order.
    ///
    /// # Errors
    /// If it is none.
    pub fn version(&self) -> Result<Version, Refusal> {
        Version::parse(&self.version).map_err(|_| Refusal::Damaged { what: "version" })
    }
}

impl Machine {
    /// This program.
    ///
    /// # Errors
    /// If it has no version that can be compared.
    pub fn own() -> Result<Self, Refusal> {
        let version = Version::parse(env!("CARGO_PKG_VERSION"))
            .map_err(|_| Refusal::Damaged { what: "version" })?;
        Ok(Self {
            version,
            os: OWN_SYSTEM.to_owned(),
            architecture: OWN_PROCESSOR.to_owned(),
            libc: LIBC.to_owned(),
        })
    }
}

impl Trust {
    /// The keys of the configuration.
    ///
    /// # Errors
    /// If there are none, or fewer than are needed.
    pub fn new(config: Option<&UpdateConfig>) -> Result<Self, Refusal> {
        let Some(config) = config else { return Err(Refusal::NoKeys) };
        let keys: BTreeMap<_, _> = config.keys.iter().map(|it| (key_id(&it.0), it.0)).collect();
        let threshold = usize::try_from(config.threshold.get()).unwrap_or(usize::MAX);
        if keys.is_empty() {
            return Err(Refusal::NoKeys);
        }
        if keys.len() < threshold {
            return Err(Refusal::FewKeys { keys: keys.len(), threshold });
        }
        Ok(Self { keys, threshold })
    }

    /// Enough different keys have signed; a second signature of one key, a wrong one and one of a
    /// stranger do not count.
    fn check(&self, signed: &[u8], signatures: &[(&str, Vec<u8>)]) -> Result<(), Refusal> {
        let has_signed = |(id, key): &(&String, &[u8; 32])| {
            let public = UnparsedPublicKey::new(&ED25519, key.as_slice());
            signatures
                .iter()
                .filter(|(by, _)| by == id)
                .any(|(_, signature)| public.verify(signed, signature).is_ok())
        };
        let right = self.keys.iter().filter(has_signed).count();
        if right < self.threshold {
            return Err(Refusal::Signatures { right, threshold: self.threshold });
        }
        Ok(())
    }
}

impl<R: Read> Bundle<R> {
    /// Reads the head of a file and checks its signatures.
    ///
    /// # Errors
    /// If it cannot be read, is no update, or was not signed by those who are trusted.
    pub fn open(mut file: R, trust: &Trust) -> Result<Self, Refusal> {
        let head = read_at_most(&mut file, HEAD_BYTES_MAX as u64)?;
        if !head.starts_with(MARK.as_bytes()) {
            let is_ours = head.starts_with(MARK_OF_ALL);
            return Err(if is_ours { Refusal::OtherForm } else { Refusal::OtherFile });
        }
        let after_mark = head.get(MARK.len()..).unwrap_or_default();
        let (line, mut rest) = line(after_mark, MANIFEST_BYTES_MAX)?;
        let signed = head.get(..MARK.len() + line.len() + 1).unwrap_or_default();
        let mut signatures = Vec::new();
        loop {
            let (signature, after) = self::line(rest, MANIFEST_BYTES_MAX)?;
            rest = after;
            if signature.is_empty() {
                break;
            }
            signatures.push(signature_of(signature)?);
            if signatures.len() > SIGNATURES_MAX {
                return Err(Refusal::Damaged { what: "signatures" });
            }
        }
        trust.check(signed, &signatures)?;
        let manifest =
            serde_json::from_slice(line).map_err(|_| Refusal::Damaged { what: "manifest" })?;
        Ok(Self { manifest, begin: rest.to_vec(), rest: file })
    }

    /// Reads the packed program and compares it with the manifest. To be asked after
    /// [`Manifest::check`], which bounds it.
    ///
    /// # Errors
    /// If it cannot be read or is another file.
    pub fn packed(mut self) -> Result<Packed, Refusal> {
        let size = self.manifest.packed_size_bytes;
        if size > PACKED_BYTES_MAX {
            return Err(Refusal::TooLarge);
        }
        let mut bytes = std::mem::take(&mut self.begin);
        let missing = size.saturating_sub(bytes.len() as u64);
        bytes.extend(read_at_most(&mut self.rest, missing.saturating_add(1))?);
        let hash = HEXLOWER.encode(digest::digest(&SHA256, &bytes).as_ref());
        if bytes.len() as u64 != size || hash != self.manifest.packed_sha256 {
            return Err(Refusal::OtherContent);
        }
        Ok(Packed { manifest: self.manifest, bytes })
    }
}

impl Packed {
    /// The program, unpacked while it is read, never more than one byte longer than it should be.
    ///
    /// # Errors
    /// If the unpacker refuses.
    pub fn unpack(&self) -> io::Result<Measured<impl Read + '_>> {
        let mut decoder = zstd::Decoder::new(self.bytes.as_slice())?;
        decoder.window_log_max(WINDOW_LOG_MAX)?;
        Ok(Measured::new(decoder.take(self.manifest.size_bytes.saturating_add(1))))
    }

    /// Whether what was measured is the program of the manifest.
    ///
    /// # Errors
    /// If not.
    pub fn compare<R: Read>(&self, measured: Measured<R>) -> Result<(), Refusal> {
        let (size, hash) = measured.finish();
        let is_same = size == self.manifest.size_bytes && hash == self.manifest.sha256;
        if is_same { Ok(()) } else { Err(Refusal::OtherContent) }
    }
}

/// Counts and hashes what passes through.
pub struct Measured<R> {
    inner: R,
    size: u64,
    hash: digest::Context,
}

impl<R: Read> Measured<R> {
    /// Nothing has passed yet.
    pub fn new(inner: R) -> Self {
        Self { inner, size: 0, hash: digest::Context::new(&SHA256) }
    }

    /// How many bytes passed, and their SHA-256 in lower-case hex.
    #[must_use]
    pub fn finish(self) -> (u64, String) {
        (self.size, HEXLOWER.encode(self.hash.finish().as_ref()))
    }
}

impl<R: Read> Read for Measured<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hash.update(buffer.get(..count).unwrap_or_default());
        self.size = self.size.saturating_add(count as u64);
        Ok(count)
    }
}

#[expect(clippy::disallowed_methods, reason = "bounded by `take`")]
fn read_at_most(file: &mut impl Read, bytes_max: u64) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    file.take(bytes_max).read_to_end(&mut bytes).map_err(Refusal::Read)?;
    Ok(bytes)
}

/// The first line and what follows it.
fn line(text: &[u8], bytes_max: usize) -> Result<(&[u8], &[u8]), Refusal> {
    let damaged = Refusal::Damaged { what: "head" };
    let end = text.iter().take(bytes_max + 1).position(|it| *it == b'\n');
    let Some((line, rest)) = end.and_then(|it| text.split_at_checked(it)) else {
        return Err(damaged);
    };
    Ok((line, rest.get(1..).ok_or(damaged)?))
}

fn signature_of(line: &[u8]) -> Result<(&str, Vec<u8>), Refusal> {
    let parts = std::str::from_utf8(line).ok().and_then(|it| it.strip_prefix("signature "));
    let (key, signature) =
        parts.and_then(|it| it.split_once(' ')).ok_or(Refusal::Damaged { what: "signatures" })?;
    let signature = BASE64.decode(signature.as_bytes());
    Ok((key, signature.map_err(|_| Refusal::Damaged { what: "signatures" })?))
}

#[cfg(test)]
pub(crate) mod tests;
