#![expect(clippy::disallowed_methods, reason = "tests read small files of their own")]

use std::fs;

use store::StoreError;

use super::archive::Header;
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

fn good(_: &Path) -> Result<(), StoreError> {
    Ok(())
}

#[test]
fn the_key_comes_back_with_its_passphrase_and_only_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let passphrase = Passphrase::new("correct horse battery").unwrap();
    let (path, authority) = backup(folder.path(), Some(&passphrase));
    let target = folder.path().join("data");
    let unsaid = restore(&path, &target, KeyChoice::Unsaid, &good);
    assert!(matches!(unsaid, Err(BackupError::Seal(SealError::NeedsPassphrase))));
    let other = Passphrase::new("incorrect horse battery").unwrap();
    let wrong = restore(&path, &target, KeyChoice::Open(&other), &good);
    assert!(matches!(wrong, Err(BackupError::Seal(SealError::WrongPassphrase))));
    assert!(!target.exists());
    let restored = restore(&path, &target, KeyChoice::Open(&passphrase), &good).unwrap();
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
    assert!(!restore(&path, &target, KeyChoice::Unsaid, &good).unwrap().has_key);
    assert!(target.join("kataster.sqlite").exists());
    assert!(!target.join("authority.key").exists() && !target.join("authority.pem").exists());
}

#[test]
fn nothing_that_is_there_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = backup(folder.path(), None);
    let target = folder.path().join("data");
    fs::create_dir(&target).unwrap();
    fs::write(target.join("notes"), "mine").unwrap();
    let found = restore(&path, &target, KeyChoice::Unsaid, &good);
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
    let found = restore(&path, &target, KeyChoice::Unsaid, &good);
    assert!(matches!(found, Err(BackupError::Archive { .. })));
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().path()).collect();
    assert_eq!(names, [path]);
}

#[test]
fn a_database_that_does_not_verify_is_not_put_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = backup(folder.path(), None);
    let target = folder.path().join("data");
    let bad = |_: &Path| Err(StoreError::Damaged { doing: "checking", problem: "no".into() });
    let found = restore(&path, &target, KeyChoice::Unsaid, &bad);
    assert!(matches!(found, Err(BackupError::Store(_))));
    assert!(!target.exists());
}
