//! The database of a Samba domain, as far as it says which computers are in the domain.
//!
//! The same file holds the hashes of everybody's passwords. The privileged reader therefore never hands it on: it
//! writes a file of the same form with nothing but the records of computers and of these nothing but a few
//! attributes.

pub mod ldb;
pub mod tdb;

/// What is read of a computer's record.
pub const ATTRIBUTES: &[&str] = &[
    "cn",
    "dNSHostName",
    "isDeleted",
    "lastLogonTimestamp",
    "objectClass",
    "objectGUID",
    "operatingSystem",
    "operatingSystemVersion",
    "userAccountControl",
];
/// Most computers.
pub const COMPUTERS_MAX: usize = 50_000;
/// Longest value that is handed on: a name of 256 characters in UTF-8, four times over.
const VALUE_BYTES_MAX: usize = 4096;
/// A key that says nothing of its record; whoever reads the file looks at its begin alone.
const KEY: &[u8] = b"GUID=";

/// Whether the record under a key is an object of the directory, and not of the index.
#[must_use]
pub fn is_object(key: &[u8]) -> bool {
    // Records of the index begin with `DN=@`.
    key.starts_with(KEY) || (key.starts_with(b"DN=") && key.get(3) != Some(&b'@'))
}

/// A database with the computers of a database alone. A record that cannot be read becomes one without a form, so
/// that whoever reads the file knows. Of a file that is no such database nothing is handed on.
pub(super) fn computers(bytes: &[u8]) -> Result<Vec<u8>, &'static str> {
    let Ok(database) = tdb::Database::new(bytes) else { return Ok(Vec::new()) };
    let mut records = Vec::new();
    database.each(|key, data| {
        if is_object(key) && records.len() < COMPUTERS_MAX {
            match computer(data) {
                Ok(Some(record)) => records.push(record),
                Ok(None) => {}
                Err(_) => records.push(vec![0; 8]),
            }
        }
    })?;
    written(&records).ok_or("it is larger than its form allows")
}

/// The record of a computer with the attributes that are wanted, in the older form of LDB; none: it is another
/// object's.
fn computer(record: &[u8]) -> Result<Option<Vec<u8>>, &'static str> {
    let mut attributes: Vec<(&str, Vec<&[u8]>)> = Vec::new();
    ldb::each(record, ATTRIBUTES, |name, value| {
        if value.len() > VALUE_BYTES_MAX {
            return;
        }
        match attributes.last_mut().filter(|it| it.0 == name) {
            Some((_, values)) => values.push(value),
            None => attributes.push((name, vec![value])),
        }
    })?;
    let has = |name: &str, value: &[u8]| {
        attributes.iter().any(|it| it.0 == name && it.1.contains(&value))
    };
    if !has("objectClass", b"computer") || has("isDeleted", b"TRUE") {
        return Ok(None);
    }
    let mut written = Vec::new();
    // No name: the place in the tree is not looked at.
    for number in [ldb::FORM_1, length(attributes.len())] {
        written.extend(number.to_le_bytes());
    }
    written.push(0);
    for (name, values) in attributes {
        written.extend(name.as_bytes());
        written.push(0);
        written.extend(length(values.len()).to_le_bytes());
        for value in values {
            written.extend(length(value.len()).to_le_bytes());
            written.extend(value);
            written.push(0);
        }
    }
    Ok(Some(written))
}

/// A TDB file of one chain; none: an offset would not fit into its four bytes.
fn written(records: &[Vec<u8>]) -> Option<Vec<u8>> {
    let first = tdb::TABLE_AT + 4;
    let mut file = vec![0; first];
    let mut put = |at: usize, bytes: &[u8]| {
        if let Some(place) = file.get_mut(at..at + bytes.len()) {
            place.copy_from_slice(bytes);
        }
    };
    put(0, tdb::MAGIC);
    put(tdb::VERSION_AT, &tdb::VERSION.to_le_bytes());
    put(tdb::CHAINS_AT, &1_u32.to_le_bytes());
    if !records.is_empty() {
        put(tdb::TABLE_AT, &length(first).to_le_bytes());
    }
    for (index, record) in records.iter().enumerate() {
        let room = KEY.len() + record.len();
        let behind = u32::try_from(file.len() + tdb::RECORD_HEAD + room).ok()?;
        let next = if index + 1 == records.len() { 0 } else { behind };
        let head = [next, length(room), length(KEY.len()), length(record.len()), 0];
        for number in head.into_iter().chain([tdb::RECORD_MAGIC]) {
            file.extend(number.to_le_bytes());
        }
        file.extend(KEY);
        file.extend(record);
    }
    Some(file)
}

fn length(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Records of a domain that samba-tool 4.17 provisioned: the controller, two computers and a user.
    const DOMAIN: &[u8] = include_bytes!("../../../tests/fixtures/servers/samba/domain.ldb");
    /// Written by ldbadd: a computer and a user in the older form.
    const PLAIN: &[u8] = include_bytes!("../../../tests/fixtures/servers/samba/plain.ldb");

    fn objects(bytes: &[u8]) -> Vec<Vec<(String, Vec<u8>)>> {
        let mut objects = Vec::new();
        let take = |key: &[u8], data: &[u8]| {
            let mut object = Vec::new();
            let read = ldb::each(data, ATTRIBUTES, |name, value| {
                object.push((name.to_owned(), value.to_vec()));
            });
            if is_object(key) && read.is_ok() {
                objects.push(object);
            }
        };
        tdb::Database::new(bytes).unwrap().each(take).unwrap();
        objects
    }

    fn contains(bytes: &[u8], text: &[u8]) -> bool {
        bytes.windows(text.len()).any(|it| it == text)
    }

    #[test]
    fn computers_stay_as_they_are_and_nothing_else_is_handed_on() {
        for (file, expected) in [(DOMAIN, 3), (PLAIN, 1)] {
            let is_computer = |it: &Vec<(String, Vec<u8>)>| {
                it.contains(&("objectClass".to_owned(), b"computer".to_vec()))
            };
            let mut before: Vec<_> = objects(file).into_iter().filter(is_computer).collect();
            let sifted = computers(file).unwrap();
            let mut after = objects(&sifted);
            before.sort();
            after.sort();
            assert_eq!((after.len(), &after), (expected, &before));
            // What is sifted already is sifted to the same.
            assert_eq!(computers(&sifted).unwrap(), sifted);
        }
    }

    #[test]
    fn neither_passwords_nor_persons_are_handed_on() {
        assert!(contains(DOMAIN, b"unicodePwd") && contains(DOMAIN, b"anna"));
        let sifted = computers(DOMAIN).unwrap();
        for secret in ["unicodePwd", "supplementalCredentials", "ntPwdHistory", "anna", "DN="] {
            assert!(!contains(&sifted, secret.as_bytes()), "{secret}");
        }
        // The hash of a password itself, wherever it would stand.
        let mut hashes = Vec::new();
        let take = |_: &[u8], data: &[u8]| {
            let _ = ldb::each(data, &["unicodePwd"], |_, value| hashes.push(value.to_vec()));
        };
        tdb::Database::new(DOMAIN).unwrap().each(take).unwrap();
        assert!(!hashes.is_empty() && hashes.iter().all(|it| !contains(&sifted, it)));
    }

    #[test]
    fn other_files_give_nothing_and_cut_ones_are_said() {
        assert_eq!(computers(b"LMDB"), Ok(Vec::new()));
        assert_eq!(computers(b""), Ok(Vec::new()));
        assert!(computers(&DOMAIN[..DOMAIN.len() - 1000]).is_err());
        let nobody = written(&[]).unwrap();
        assert_eq!(computers(&nobody), Ok(nobody));
        // A record that cannot be read stays one.
        let broken = written(&[vec![7; 20]]).unwrap();
        assert_eq!(computers(&broken), Ok(written(&[vec![0; 8]]).unwrap()));
    }

    proptest! {
        #[test]
        fn mutated_files_never_panic(changes in proptest::collection::vec((0..DOMAIN.len(), any::<u8>()), 1..20)) {
            let mut bytes = DOMAIN.to_vec();
            for (at, byte) in changes {
                bytes[at] = byte;
            }
            if let Ok(sifted) = computers(&bytes) {
                prop_assert!(sifted.is_empty() || tdb::Database::new(&sifted).is_ok());
            }
        }
    }
}
