#![expect(clippy::disallowed_methods, reason = "tests read small files of their own")]

use std::fs;

use store::{EventDraft, SqliteStore, Store, StoreError};

use super::archive::Header;
use super::restore::restore_with;
use super::*;

/// A backup as `create` writes it, of an invented database.
fn backup(folder: &Path, key: Option<&Passphrase>) -> (PathBuf, pki::Authority) {
    let now = "2026-07-01T12:00:00Z".parse().unwrap();
    let authority = pki::Authority::create("A", now).unwrap();
    let database = b"invented".repeat(1000);
    let certificate = authority.certificate_pem();
    let sealed = key.map(|it| {
        seal::seal_at(seal::CHEAP, authority.key_pem().as_bytes(), certificate.as_bytes(), it)
            .unwrap()
    });
    let header = Header {
        created_at: now,
        software_version: "1".into(),
        certificate,
        key: sealed,
        credential_key: None,
        database_bytes: database.len() as u64,
        database_hash: observation::ContentHash::of(&database),
    };
    let mut bytes = Vec::new();
    archive::write_header(&mut bytes, &header).unwrap();
    bytes.extend_from_slice(&database);
    let path = folder.join("backup");
    fs::write(&path, bytes).unwrap();
    (path, authority)
}

fn good(from: &Path, to: &Path) -> Result<(), StoreError> {
    fs::copy(from, to).unwrap();
    Ok(())
}

#[test]
fn the_key_comes_back_with_its_passphrase_and_only_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let passphrase = Passphrase::new("correct horse battery").unwrap();
    let (path, authority) = backup(folder.path(), Some(&passphrase));
    let target = folder.path().join("data");
    let unsaid = restore_with(&path, &target, KeyChoice::Unsaid, &good);
    assert!(matches!(unsaid, Err(BackupError::Seal(SealError::NeedsPassphrase))));
    let other = Passphrase::new("incorrect horse battery").unwrap();
    let wrong = restore_with(&path, &target, KeyChoice::Open(&other), &good);
    assert!(matches!(wrong, Err(BackupError::Seal(SealError::WrongPassphrase))));
    assert!(!target.exists());
    let restored = restore_with(&path, &target, KeyChoice::Open(&passphrase), &good).unwrap();
    assert!(restored.has_key);
    let open = crate::data_folder::DataFolder::open(&target).unwrap();
    let again = open.authority("2026-07-02T00:00:00Z".parse().unwrap()).unwrap();
    assert_eq!(again.fingerprint(), authority.fingerprint());
}

#[test]
fn without_a_passphrase_there_is_no_private_key_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = backup(folder.path(), None);
    let target = folder.path().join("data");
    assert!(!restore_with(&path, &target, KeyChoice::Unsaid, &good).unwrap().has_key);
    assert!(target.join("kataster.sqlite").exists());
    assert!(!target.join("authority.key").exists() && !target.join("authority.pem").exists());
}

#[tokio::test]
async fn the_key_of_the_credentials_goes_with_the_passphrase_and_only_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let now = "2026-07-01T12:00:00Z".parse().unwrap();
    let data = crate::data_folder::DataFolder::open(&folder.path().join("old")).unwrap();
    let authority = data.authority(now).unwrap();
    let store = SqliteStore::open(data.database()).unwrap();
    data.keep_credential_key(b"0123456789abcdefghijklmnopqrstuv").unwrap();
    let passphrase = Passphrase::new("correct horse battery").unwrap();
    for (name, given) in [("with", Some(&passphrase)), ("without", None)] {
        let out = folder.path().join(format!("{name}.backup"));
        create(&store, &authority, data.path(), &out, given, now).await.unwrap();
        let bytes = fs::read(&out).unwrap();
        assert!(!bytes.windows(10).any(|it| it == b"0123456789"), "{name}");
        let target = folder.path().join(name);
        let choice = given.map_or(KeyChoice::Unsaid, KeyChoice::Open);
        restore(&out, &target, choice).unwrap();
        let restored = crate::data_folder::DataFolder::open(&target).unwrap();
        let key = restored.credential_key().unwrap();
        let expected = given.map(|_| b"0123456789abcdefghijklmnopqrstuv".as_slice());
        assert_eq!(key.as_ref().map(|it| it.as_slice()), expected, "{name}");
    }
}

#[test]
fn nothing_that_is_there_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = backup(folder.path(), None);
    let target = folder.path().join("data");
    fs::create_dir(&target).unwrap();
    fs::write(target.join("notes"), "mine").unwrap();
    let found = restore_with(&path, &target, KeyChoice::Unsaid, &good);
    assert!(matches!(found, Err(BackupError::Exists(_))));
    assert_eq!(fs::read(target.join("notes")).unwrap(), b"mine");
}

#[test]
fn a_damaged_backup_leaves_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = backup(folder.path(), None);
    let mut bytes = fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&path, bytes).unwrap();
    let target = folder.path().join("data");
    let found = restore_with(&path, &target, KeyChoice::Unsaid, &good);
    assert!(matches!(found, Err(BackupError::Archive { .. })));
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().path()).collect();
    assert_eq!(names, [path]);
}

#[test]
fn a_database_that_does_not_verify_is_not_put_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = backup(folder.path(), None);
    let target = folder.path().join("data");
    let bad =
        |_: &Path, _: &Path| Err(StoreError::Damaged { doing: "checking", problem: "no".into() });
    let found = restore_with(&path, &target, KeyChoice::Unsaid, &bad);
    assert!(matches!(found, Err(BackupError::Store(_))));
    assert!(!target.exists());
}

#[tokio::test]
async fn a_real_installation_comes_back_with_its_events_and_its_authority() {
    let folder = tempfile::tempdir().unwrap();
    let now = "2026-07-01T12:00:00Z".parse().unwrap();
    let out = folder.path().join("kataster.backup");
    let authority = {
        let data = crate::data_folder::DataFolder::open(&folder.path().join("old")).unwrap();
        let authority = data.authority(now).unwrap();
        let store = SqliteStore::open(data.database()).unwrap();
        let event = EventDraft {
            at: now,
            actor: "test".into(),
            source: "test".into(),
            action: "tested".into(),
            object: "backup".into(),
            before: None,
            after: None,
        };
        store.append_event(event).await.unwrap();
        let made = create(&store, &authority, data.path(), &out, None, now).await.unwrap();
        assert!(!made.has_key);
        let again = create(&store, &authority, data.path(), &out, None, now).await;
        assert!(matches!(again, Err(BackupError::Exists(_))));
        authority
    };
    let text = fs::read(&out).unwrap();
    let key = authority.key_pem();
    let secret = key.lines().nth(1).unwrap().as_bytes();
    assert!(!text.windows(secret.len()).any(|it| it == secret));
    let names: Vec<_> =
        fs::read_dir(folder.path().join("old")).unwrap().map(|it| it.unwrap()).collect();
    assert!(!names.iter().any(|it| it.file_name().to_string_lossy().starts_with("backup-")));
    let target = folder.path().join("new");
    restore(&out, &target, KeyChoice::Unsaid).unwrap();
    let store = SqliteStore::open(target.join("kataster.sqlite")).unwrap();
    assert_eq!(store.events(0, 10).await.unwrap()[0].event.action, "tested");
}
