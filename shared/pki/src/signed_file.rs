//! A report as a file, signed by the host that it speaks of: the file may travel by any hand.
//!
//! ```text
//! kataster-signed-report 1        the version of this form
//! MFkwEwYHKoZIzj0CAQ…             public key of the host (SubjectPublicKeyInfo, DER), base64
//! MEUCIQD…                        signature, base64 (ECDSA P-256 with SHA-256, ASN.1)
//! …                               the content, bytes to the end of the file
//! ```
//!
//! Signed is the first line, the second, and the content. Nothing of the content is looked at before
//! the signature has been checked.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use data_encoding::BASE64;
use uuid::{Builder, Uuid};
use x509_parser::prelude::FromDer;
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::agent_key::{AgentKey, KeyError};
use crate::fingerprint::Fingerprint;

/// The first line.
const MARK: &[u8] = b"kataster-signed-report 1";
/// What the first line of every version begins with.
const MARK_OF_ALL: &[u8] = b"kataster-signed-report ";
/// Longest line of the head; ours have at most 125 bytes.
const LINE_BYTES_MAX: usize = 1024;
/// Bytes that the head adds to the content, at most.
pub const SIGNED_FILE_HEAD_BYTES_MAX: usize = 3 * (LINE_BYTES_MAX + 1);

/// A file whose signature is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedFile<'a> {
    /// SHA-256 of the public key (SubjectPublicKeyInfo, DER).
    pub key: Fingerprint,
    /// What was signed.
    pub content: &'a [u8],
}

/// Why a file is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignedFileError {
    /// It is something else.
    #[error("this is no signed report of this product")]
    OtherFile,
    /// It is of a version that is not known here.
    #[error("the signed report is of a version that is not known here")]
    OtherVersion,
    /// It was changed, or the end is missing.
    #[error("the signature does not fit: the file was changed, or a part of it is missing")]
    BadSignature,
}

impl AgentKey {
    /// The content as a file that this key has signed.
    ///
    /// # Errors
    /// If signing fails.
    pub fn seal(&self, content: &[u8]) -> Result<Vec<u8>, KeyError> {
        let key = BASE64.encode(&self.public_key_der());
        let signature = BASE64.encode(&self.sign(&signed(key.as_bytes(), content))?);
        let head = [MARK, key.as_bytes(), signature.as_bytes()];
        let mut file = Vec::with_capacity(SIGNED_FILE_HEAD_BYTES_MAX + content.len());
        for line in head {
            file.extend_from_slice(line);
            file.push(b'\n');
        }
        file.extend_from_slice(content);
        Ok(file)
    }
}

impl<'a> SignedFile<'a> {
    /// Reads a file and checks its signature. Who has the key is for the caller to know.
    ///
    /// # Errors
    /// If it is none, or was changed.
    pub fn open(file: &'a [u8]) -> Result<Self, SignedFileError> {
        let (mark, rest) = line(file).ok_or(SignedFileError::OtherFile)?;
        if mark != MARK {
            let is_ours = mark.starts_with(MARK_OF_ALL);
            return Err(if is_ours {
                SignedFileError::OtherVersion
            } else {
                SignedFileError::OtherFile
            });
        }
        let (key, rest) = line(rest).ok_or(SignedFileError::BadSignature)?;
        let (signature, content) = line(rest).ok_or(SignedFileError::BadSignature)?;
        let bad = |_| SignedFileError::BadSignature;
        let der = BASE64.decode(key).map_err(bad)?;
        let signature = BASE64.decode(signature).map_err(bad)?;
        let (after, info) =
            SubjectPublicKeyInfo::from_der(&der).map_err(|_| SignedFileError::BadSignature)?;
        if !after.is_empty() {
            return Err(SignedFileError::BadSignature);
        }
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, info.raw)
            .verify(&signed(key, content), &signature)
            .map_err(|_| SignedFileError::BadSignature)?;
        Ok(Self { key: Fingerprint::of(&der), content })
    }

    /// The name of a host that is not enrolled: follows from its key, so that nobody else has it
    /// (RFC 9562, version 8).
    #[must_use]
    pub fn host_of(key: Fingerprint) -> Uuid {
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(key.0).for_each(|(to, from)| *to = from);
        Builder::from_custom_bytes(bytes).into_uuid()
    }
}

fn signed(key: &[u8], content: &[u8]) -> Vec<u8> {
    [MARK, b"\n", key, b"\n", content].concat()
}

/// The first line and what follows it.
fn line(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = text.iter().take(LINE_BYTES_MAX + 1).position(|it| *it == b'\n')?;
    let (line, rest) = text.split_at_checked(end)?;
    Some((line, rest.get(1..)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sealed(content: &[u8]) -> (AgentKey, Vec<u8>) {
        let key = AgentKey::generate().unwrap();
        let file = key.seal(content).unwrap();
        (key, file)
    }

    #[test]
    fn what_was_signed_comes_out_with_its_key() {
        for content in [&b""[..], b"\n\n", b"\x28\xb5\x2f\xfd any bytes"] {
            let (key, file) = sealed(content);
            let opened = SignedFile::open(&file).unwrap();
            assert_eq!(opened.content, content);
            assert_eq!(opened.key.0, key.public_key_hash());
            assert!(file.len() - content.len() <= SIGNED_FILE_HEAD_BYTES_MAX);
        }
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let (_, file) = sealed(b"a report");
        for at in 0..file.len() {
            let mut changed = file.clone();
            changed[at] ^= 1;
            assert!(SignedFile::open(&changed).is_err(), "byte {at}");
        }
        for end in 0..file.len() {
            assert!(SignedFile::open(&file[..end]).is_err(), "cut at {end}");
        }
        assert!(SignedFile::open(&[file, b"x".to_vec()].concat()).is_err());
    }

    #[test]
    fn a_signature_of_another_key_is_none() {
        let (_, file) = sealed(b"a report");
        let (other, _) = sealed(b"");
        let key = BASE64.encode(&other.public_key_der());
        let mut lines: Vec<&[u8]> = file.splitn(4, |it| *it == b'\n').collect();
        lines[1] = key.as_bytes();
        assert_eq!(SignedFile::open(&lines.join(&b'\n')), Err(SignedFileError::BadSignature));
    }

    #[test]
    fn other_files_and_versions_are_told_apart() {
        assert_eq!(SignedFile::open(b"PK\x03\x04\n"), Err(SignedFileError::OtherFile));
        assert_eq!(SignedFile::open(&[b'x'; 100_000]), Err(SignedFileError::OtherFile));
        let newer = b"kataster-signed-report 2\nx\ny\nz";
        assert_eq!(SignedFile::open(newer), Err(SignedFileError::OtherVersion));
    }

    #[test]
    fn a_host_without_enrolment_is_named_by_its_key() {
        let (key, _) = sealed(b"");
        let host = SignedFile::host_of(Fingerprint(key.public_key_hash()));
        assert_eq!(host.get_version_num(), 8);
        assert_eq!(host, SignedFile::host_of(Fingerprint(key.public_key_hash())));
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(SignedFile::open(&bytes).is_err());
            let ours = [MARK, b"\n", &bytes].concat();
            prop_assert!(SignedFile::open(&ours).is_err());
        }
    }
}
