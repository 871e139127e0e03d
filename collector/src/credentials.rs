//! What services may be asked with: kept sealed, opened for a scan and for nothing else.
//!
//! The key stands in a file of the data folder, beside the database and not in it: a copy of the
//! database opens nothing. A backup holds that file under its passphrase, or not at all.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use jiff::Timestamp;
use observation::latest::scan::{SnmpAccess, SnmpCredential};
use store::{CredentialRecord, EventDraft, Store, StoreError};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::data_folder::{CREDENTIAL_KEY_BYTES, DataFolder, DataFolderError};

/// Most bytes of one credential.
const CREDENTIAL_BYTES_MAX: usize = 64 * 1024;

/// A credential cannot be kept or opened.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// The file with the key cannot be used.
    #[error(transparent)]
    Folder(#[from] DataFolderError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Sealed with another key, or changed: the two cannot be told apart.
    #[error(
        "the credential {0} does not open with the key of this data folder; enter it again (a backup without passphrase holds no key)"
    )]
    DoesNotOpen(Uuid),
    /// Nothing of ours is so long.
    #[error("the credential is longer than {CREDENTIAL_BYTES_MAX} bytes")]
    TooLong,
    /// The provider failed.
    #[error("the system gave no random numbers")]
    NoRandomNumbers,
}

/// Keeps credentials sealed, for the scans of a plan alone. What they are is in no event.
///
/// # Errors
/// If the key cannot be read or made, or the store fails.
pub async fn keep(
    store: &dyn Store,
    folder: &DataFolder,
    plan: Uuid,
    credentials: &[SnmpCredential],
    actor: &str,
    now: Timestamp,
) -> Result<(), CredentialError> {
    for credential in credentials {
        let id = Uuid::now_v7();
        let networks: Vec<String> = credential.scope.iter().map(ToString::to_string).collect();
        let record = CredentialRecord {
            id,
            plan: Some(plan),
            scope: networks.join(", "),
            kind: kind(&credential.access).to_owned(),
            sealed: seal(&key_or_new(folder)?, id, credential)?,
            created_at: now,
        };
        let event = EventDraft {
            at: now,
            actor: actor.to_owned(),
            source: "scan".to_owned(),
            action: "credential_kept".to_owned(),
            object: format!("credential {id}"),
            before: None,
            after: Some(format!("{}: {}", record.kind, record.scope)),
        };
        store.put_credential(record, event).await?;
    }
    Ok(())
}

/// The credentials of a plan.
#[derive(Debug, Default)]
pub struct Kept {
    /// Those that its scans may use.
    pub opened: Vec<SnmpCredential>,
    /// How many do not open: a backup without passphrase holds no key.
    pub closed: usize,
}

/// The credentials that the scans of a plan may use.
///
/// # Errors
/// If the file with the key is damaged, or the store fails.
pub async fn of_plan(
    store: &dyn Store,
    folder: &DataFolder,
    plan: Uuid,
) -> Result<Kept, CredentialError> {
    let key = folder.credential_key()?.map(Key);
    let mut kept = Kept::default();
    for record in store.credentials().await? {
        if record.plan.is_some_and(|it| it != plan) {
            continue;
        }
        let opened = match &key {
            Some(key) => open(key, &record),
            None => Err(CredentialError::DoesNotOpen(record.id)),
        };
        match opened {
            Ok(credential) => kept.opened.push(credential),
            Err(error) => {
                tracing::warn!(%error, "scanning without a credential");
                kept.closed += 1;
            }
        }
    }
    Ok(kept)
}

const fn kind(access: &SnmpAccess) -> &'static str {
    match access {
        SnmpAccess::V1 { .. } => "snmp_v1",
        SnmpAccess::V2c { .. } => "snmp_v2c",
        SnmpAccess::V3 { .. } => "snmp_v3",
    }
}

/// A key that opens and seals.
struct Key(Zeroizing<[u8; CREDENTIAL_KEY_BYTES]>);

impl Key {
    fn prepared(&self) -> Result<LessSafeKey, CredentialError> {
        let key = UnboundKey::new(&AES_256_GCM, self.0.as_slice());
        key.map(LessSafeKey::new).map_err(|_| CredentialError::NoRandomNumbers)
    }
}

/// The key to seal with, made when there is none. To open, none is ever made: it would open nothing.
fn key_or_new(folder: &DataFolder) -> Result<Key, CredentialError> {
    if let Some(key) = folder.credential_key()? {
        return Ok(Key(key));
    }
    let mut key = Zeroizing::new([0; CREDENTIAL_KEY_BYTES]);
    getrandom::fill(key.as_mut_slice()).map_err(|_| CredentialError::NoRandomNumbers)?;
    folder.keep_credential_key(&key)?;
    Ok(Key(key))
}

/// Nonce and sealed bytes, bound to the id: no credential can be put in another's place.
fn seal(key: &Key, id: Uuid, credential: &SnmpCredential) -> Result<Vec<u8>, CredentialError> {
    let text = serde_json::to_vec(credential).map_err(|_| CredentialError::TooLong)?;
    let mut text = Zeroizing::new(text);
    if text.len() > CREDENTIAL_BYTES_MAX {
        return Err(CredentialError::TooLong);
    }
    let mut nonce = [0; NONCE_LEN];
    getrandom::fill(&mut nonce).map_err(|_| CredentialError::NoRandomNumbers)?;
    // Random and of 96 bits: below 2^32 credentials none repeats (NIST SP 800-38D §8.3).
    let once = Nonce::assume_unique_for_key(nonce);
    let tag = key.prepared()?.seal_in_place_separate_tag(once, Aad::from(id.as_bytes()), &mut text);
    let tag = tag.map_err(|_| CredentialError::NoRandomNumbers)?;
    Ok([nonce.as_slice(), text.as_slice(), tag.as_ref()].concat())
}

fn open(key: &Key, record: &CredentialRecord) -> Result<SnmpCredential, CredentialError> {
    let bad = || CredentialError::DoesNotOpen(record.id);
    let (nonce, sealed) = record.sealed.split_first_chunk::<NONCE_LEN>().ok_or_else(bad)?;
    let mut bytes = Zeroizing::new(sealed.to_vec());
    let once = Nonce::assume_unique_for_key(*nonce);
    let aad = Aad::from(record.id.as_bytes());
    let text = key.prepared()?.open_in_place(once, aad, &mut bytes).map_err(|_| bad())?;
    serde_json::from_slice(text).map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "tests read small files of their own")]

    use std::fs;
    use std::os::unix::fs::MetadataExt;

    use observation::latest::scan::{SnmpAuthentication, SnmpPrivacy};
    use store::SqliteStore;

    use super::*;

    const SECRET: &str = "correct horse battery staple";

    fn now() -> Timestamp {
        "2026-07-01T12:00:00Z".parse().unwrap()
    }

    fn credential() -> SnmpCredential {
        SnmpCredential {
            scope: vec!["10.0.0.0/24".parse().unwrap()],
            access: SnmpAccess::V3 {
                user: "reader".to_owned(),
                auth: Some(SnmpAuthentication::Sha256),
                auth_password: Some(SECRET.to_owned()),
                privacy: Some(SnmpPrivacy::Aes128),
                privacy_password: Some(SECRET.to_owned()),
            },
        }
    }

    fn event() -> EventDraft {
        EventDraft {
            at: now(),
            actor: "test".to_owned(),
            source: "test".to_owned(),
            action: "plan_made".to_owned(),
            object: "plan".to_owned(),
            before: None,
            after: None,
        }
    }

    async fn plan(store: &dyn Store, id: u128) -> Uuid {
        let id = Uuid::from_u128(id);
        let plan = store::ScanPlanRecord {
            id,
            name: id.to_string(),
            document: "{}".to_owned(),
            created_at: now(),
            last_run: None,
            last_run_at: None,
            next_run_at: None,
        };
        store.add_plan(plan, event()).await.unwrap();
        id
    }

    #[tokio::test]
    async fn a_credential_opens_for_its_plan_and_stands_in_clear_nowhere() {
        let place = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(&place.path().join("data")).unwrap();
        let store = SqliteStore::open(folder.database()).unwrap();
        let (plan, other) = (plan(&store, 1).await, plan(&store, 2).await);
        keep(&store, &folder, plan, &[credential()], "test", now()).await.unwrap();
        let found = of_plan(&store, &folder, plan).await.unwrap();
        assert!(found.opened == [credential()] && found.closed == 0);
        let none = of_plan(&store, &folder, other).await.unwrap();
        assert!(none.opened.is_empty() && none.closed == 0);
        let events = format!("{:?}", store.events(0, 100).await.unwrap());
        assert!(!events.contains("horse") && !events.contains("reader"), "{events}");
        for file in fs::read_dir(folder.path()).unwrap() {
            let bytes = fs::read(file.unwrap().path()).unwrap();
            let has = |text: &str| bytes.windows(text.len()).any(|it| it == text.as_bytes());
            assert!(!has("horse") && !has("reader"));
        }
        let mode = fs::metadata(folder.path().join("credential.key")).unwrap().mode() & 0o777;
        assert_eq!(mode, 0o600);
        store.remove_plan(plan, event()).await.unwrap();
        assert!(store.credentials().await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn without_its_key_or_in_anothers_place_a_credential_opens_nothing() {
        let place = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(&place.path().join("data")).unwrap();
        let store = SqliteStore::open(folder.database()).unwrap();
        let plan = plan(&store, 1).await;
        keep(&store, &folder, plan, &[credential()], "test", now()).await.unwrap();
        let record = store.credentials().await.unwrap().remove(0);
        let own = key_or_new(&folder).unwrap();
        let moved = CredentialRecord { id: Uuid::from_u128(7), ..record.clone() };
        let mut changed = record.clone();
        *changed.sealed.last_mut().unwrap() ^= 1;
        let cut = CredentialRecord { sealed: vec![1; 5], ..record.clone() };
        for bad in [moved, changed, cut] {
            assert!(matches!(open(&own, &bad), Err(CredentialError::DoesNotOpen(_))));
        }
        fs::remove_file(folder.path().join("credential.key")).unwrap();
        let lost = of_plan(&store, &folder, plan).await.unwrap();
        assert!(lost.opened.is_empty() && lost.closed == 1);
        assert_eq!(folder.credential_key().unwrap(), None, "opening makes no key");
    }
}
