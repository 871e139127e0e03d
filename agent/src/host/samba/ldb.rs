//! A record of an LDB database (lib/ldb, common/ldb_pack.c), in both forms that Samba writes: a name, and
//! attributes with values.

use super::tdb::number;

/// The form of Samba up to 4.10 and of databases without an index by GUID.
pub(super) const FORM_1: u32 = 0x2601_1967;
/// The form of Samba since 4.11: lengths stand before the values.
const FORM_2: u32 = 0x2601_1968;
/// Most attributes of a record, most values of one.
const ATTRIBUTES_MAX: u32 = 2_000;
const VALUES_MAX: u32 = 100_000;

/// Hands over each value of the attributes that are wanted. The others, passwords among them, are passed
/// over.
///
/// # Errors
/// If the record is cut off or has another form.
pub fn each<'a>(
    record: &'a [u8],
    wanted: &[&str],
    mut visit: impl FnMut(&'a str, &'a [u8]),
) -> Result<(), &'static str> {
    let form = number(record, 0).ok_or(CUT)?;
    let count = number(record, 4).ok_or(CUT)?;
    if count > ATTRIBUTES_MAX {
        return Err("a record has too many attributes");
    }
    let mut bytes = Bytes { bytes: record, at: 8 };
    match form {
        FORM_1 => first(&mut bytes, count, wanted, &mut visit),
        FORM_2 => second(&mut bytes, count, wanted, &mut visit),
        _ => Err("a record has another form"),
    }
}

const CUT: &str = "a record is cut off";

/// `name\0`, then `attribute\0`, count, and for each value length, value, `\0`.
fn first<'a>(
    bytes: &mut Bytes<'a>,
    count: u32,
    wanted: &[&str],
    visit: &mut dyn FnMut(&'a str, &'a [u8]),
) -> Result<(), &'static str> {
    bytes.text()?;
    for _ in 0..count {
        let name = bytes.text()?;
        let values = bytes.number()?;
        for _ in 0..values.min(VALUES_MAX) {
            let length = bytes.number()?;
            let value = bytes.value(length)?;
            if wanted.contains(&name) {
                visit(name, value);
            }
        }
    }
    Ok(())
}

/// Lengths before texts; all attributes with the lengths of their values come before all values.
fn second<'a>(
    bytes: &mut Bytes<'a>,
    count: u32,
    wanted: &[&str],
    visit: &mut dyn FnMut(&'a str, &'a [u8]),
) -> Result<(), &'static str> {
    // The name, and the same in its canonical form.
    for _ in 0..2 {
        let length = bytes.number()?;
        bytes.value(length)?;
    }
    // Counted from where the count itself stands.
    let begin = bytes.at;
    let to_values = usize::try_from(bytes.number()?).map_err(|_| CUT)?;
    let mut values = Bytes { bytes: bytes.bytes, at: begin.saturating_add(to_values) };
    for _ in 0..count {
        let length = bytes.number()?;
        let name = std::str::from_utf8(bytes.value(length)?).map_err(|_| "a name is no text")?;
        let count = bytes.number()?;
        let width = *bytes.take(1)?.first().ok_or(CUT)?;
        for _ in 0..count.min(VALUES_MAX) {
            let length = bytes.length(width)?;
            let value = values.value(length)?;
            if wanted.contains(&name) {
                visit(name, value);
            }
        }
    }
    Ok(())
}

struct Bytes<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Bytes<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], &'static str> {
        let end = self.at.checked_add(length).ok_or(CUT)?;
        let taken = self.bytes.get(self.at..end).ok_or(CUT)?;
        self.at = end;
        Ok(taken)
    }

    fn number(&mut self) -> Result<u32, &'static str> {
        let number = number(self.bytes, self.at).ok_or(CUT)?;
        self.at += 4;
        Ok(number)
    }

    fn length(&mut self, width: u8) -> Result<u32, &'static str> {
        let bytes = self.take(usize::from(width))?;
        match bytes {
            [one] => Ok((*one).into()),
            [one, two] => Ok(u16::from_le_bytes([*one, *two]).into()),
            [one, two, three, four] => Ok(u32::from_le_bytes([*one, *two, *three, *four])),
            _ => Err("a length has an unknown width"),
        }
    }

    /// A value and the zero behind it.
    fn value(&mut self, length: u32) -> Result<&'a [u8], &'static str> {
        let value = self.take(usize::try_from(length).map_err(|_| CUT)?)?;
        self.take(1)?;
        Ok(value)
    }

    /// A text that ends with a zero.
    fn text(&mut self) -> Result<&'a str, &'static str> {
        let rest = self.bytes.get(self.at..).ok_or(CUT)?;
        let length = rest.iter().position(|it| *it == 0).ok_or(CUT)?;
        let text = self.take(length)?;
        self.take(1)?;
        std::str::from_utf8(text).map_err(|_| "a name is no text")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tdb::Database;
    use super::*;

    const FILES: [&[u8]; 2] = [
        include_bytes!("../../../../tests/fixtures/servers/samba/domain.ldb"),
        include_bytes!("../../../../tests/fixtures/servers/samba/plain.ldb"),
    ];

    fn records(file: &[u8]) -> Vec<Vec<u8>> {
        let mut records = Vec::new();
        let database = Database::new(file).unwrap();
        database.each(|_, data| records.push(data.to_vec())).unwrap();
        records
    }

    #[test]
    fn both_forms_have_the_same_meaning() {
        for (file, expected) in FILES.into_iter().zip(["VM", "OLD01"]) {
            let mut names = Vec::new();
            for record in records(file) {
                each(&record, &["cn"], |_, value| {
                    names.push(String::from_utf8_lossy(value).into_owned())
                })
                .unwrap();
            }
            assert!(names.iter().any(|it| it == expected), "{names:?}");
        }
    }

    #[test]
    fn cut_records_and_other_forms_are_said() {
        for file in FILES {
            let record = records(file).into_iter().max_by_key(Vec::len).unwrap();
            assert!(each(&record[..record.len() - 2], &["x"], |_, _| {}).is_err());
            assert!(each(&record[..20], &["x"], |_, _| {}).is_err());
        }
        assert_eq!(each(b"12345678", &[], |_, _| {}), Err("a record has too many attributes"));
        assert_eq!(each(b"1234\0\0\0\0", &[], |_, _| {}), Err("a record has another form"));
        assert!(each(b"", &[], |_, _| {}).is_err());
    }

    type Attributes = Vec<(String, Vec<Vec<u8>>)>;

    fn number_of(length: usize) -> [u8; 4] {
        u32::try_from(length).unwrap().to_le_bytes()
    }

    /// As ldb_pack_data_v1 of common/ldb_pack.c puts it together.
    fn in_first_form(attributes: &Attributes) -> Vec<u8> {
        let mut record = FORM_1.to_le_bytes().to_vec();
        record.extend(number_of(attributes.len()));
        record.extend(b"CN=X,DC=test\0");
        for (name, values) in attributes {
            record.extend(name.as_bytes());
            record.push(0);
            record.extend(number_of(values.len()));
            for value in values {
                record.extend(number_of(value.len()));
                record.extend(value);
                record.push(0);
            }
        }
        record
    }

    /// As ldb_pack_data_v2 does, with lengths of one, two or four bytes.
    fn in_second_form(attributes: &Attributes, width: usize) -> Vec<u8> {
        let mut record = FORM_2.to_le_bytes().to_vec();
        record.extend(number_of(attributes.len()));
        for name in ["CN=X,DC=test", "test/X"] {
            record.extend(number_of(name.len()));
            record.extend(name.as_bytes());
            record.push(0);
        }
        let mut heads = Vec::new();
        for (name, values) in attributes {
            heads.extend(number_of(name.len()));
            heads.extend(name.as_bytes());
            heads.push(0);
            heads.extend(number_of(values.len()));
            heads.push(u8::try_from(width).unwrap());
            heads.extend(values.iter().flat_map(|it| number_of(it.len())[..width].to_vec()));
        }
        record.extend(number_of(heads.len() + 4));
        record.extend(heads);
        for value in attributes.iter().flat_map(|it| &it.1) {
            record.extend(value);
            record.push(0);
        }
        record
    }

    fn values_of(record: &[u8], wanted: &str) -> Result<Vec<Vec<u8>>, &'static str> {
        let mut values = Vec::new();
        each(record, &[wanted], |name, value| {
            assert_eq!(name, wanted);
            values.push(value.to_vec());
        })?;
        Ok(values)
    }

    #[test]
    fn values_are_handed_over_one_by_one_and_only_those_that_are_wanted() {
        let text = |it: &str| it.as_bytes().to_vec();
        let attributes = vec![
            ("objectClass".to_owned(), vec![text("top"), text("computer")]),
            ("unicodePwd".to_owned(), vec![text("CANARY")]),
            ("cn".to_owned(), vec![text("")]),
            ("none".to_owned(), vec![]),
        ];
        let records = [
            in_first_form(&attributes),
            in_second_form(&attributes, 1),
            in_second_form(&attributes, 2),
            in_second_form(&attributes, 4),
        ];
        for record in records {
            assert_eq!(values_of(&record, "objectClass").unwrap(), [text("top"), text("computer")]);
            assert_eq!(values_of(&record, "cn").unwrap(), [text("")]);
            assert_eq!(values_of(&record, "none").unwrap(), Vec::<Vec<u8>>::new());
            // Names are those of the database, and not parts of them.
            assert_eq!(values_of(&record, "object").unwrap(), Vec::<Vec<u8>>::new());
            let mut seen = Vec::new();
            each(&record, &["cn", "objectClass"], |name, _| seen.push(name)).unwrap();
            assert_eq!(seen, ["objectClass", "objectClass", "cn"]);
        }
    }

    #[test]
    fn a_record_that_is_cut_anywhere_is_said() {
        let attributes = vec![("cn".to_owned(), vec![b"PC-1".to_vec(), b"PC-2".to_vec()])];
        for record in [in_first_form(&attributes), in_second_form(&attributes, 1)] {
            for length in 0..record.len() {
                assert!(values_of(&record[..length], "cn").is_err(), "{length}");
            }
        }
    }

    #[test]
    fn lengths_of_another_width_are_said() {
        let attributes = vec![("cn".to_owned(), vec![b"a".to_vec()])];
        for width in [0, 3, 5, 255] {
            let mut record = in_second_form(&attributes, 1);
            let at = record.iter().rposition(|it| *it == 1).unwrap() - 1;
            record[at] = width;
            assert!(values_of(&record, "cn").is_err(), "{width}");
        }
    }

    proptest! {
        #[test]
        fn both_forms_give_back_what_was_put_in(
            attributes in proptest::collection::vec(
                ("[a-zA-Z]{1,12}", proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..5)),
                0..6,
            ),
            wanted in "[a-zA-Z]{1,2}",
        ) {
            let expected: Vec<Vec<u8>> =
                attributes.iter().filter(|it| it.0 == wanted).flat_map(|it| it.1.clone()).collect();
            prop_assert_eq!(values_of(&in_first_form(&attributes), &wanted), Ok(expected.clone()));
            for width in [1, 2, 4] {
                prop_assert_eq!(values_of(&in_second_form(&attributes, width), &wanted), Ok(expected.clone()));
            }
        }

        #[test]
        fn mutated_records_never_panic(at in 0_usize..80, bytes in proptest::collection::vec(any::<u8>(), 1..6)) {
            for file in FILES {
                for mut record in records(file) {
                    if let Some(place) = record.get_mut(at..at + bytes.len()) {
                        place.copy_from_slice(&bytes);
                    }
                    let _ = each(&record, &["cn"], |_, _| {});
                }
            }
        }
    }
}
