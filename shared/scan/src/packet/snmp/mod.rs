//! What SNMP agents say: objects with names that are numbers (RFC 2578), in tables.
//!
//! Everything here is pure. The session that fetches the objects is a carrier in `net`.

pub mod engine;
pub mod entities;
pub mod interfaces;
pub mod neighbours;
pub mod walk;

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

/// Most numbers of a name (RFC 2578 §3.5).
const PARTS_MAX: usize = 128;
/// Most bytes that are kept of one value: texts have at most 255 (RFC 2579, DisplayString).
const VALUE_BYTES_MAX: usize = 1_024;

/// The name of an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(Vec<u32>);

impl ObjectId {
    /// From its numbers.
    #[must_use]
    pub fn new(parts: &[u32]) -> Self {
        Self(parts.to_vec())
    }

    /// Its numbers.
    #[must_use]
    pub fn parts(&self) -> &[u32] {
        &self.0
    }

    /// What follows `prefix` in it.
    #[must_use]
    pub fn below(&self, prefix: &[u32]) -> Option<&[u32]> {
        self.0.strip_prefix(prefix)
    }

    /// From the content of an `OBJECT IDENTIFIER` (ITU-T X.690 §8.19); none where it is malformed,
    /// longer than `PARTS_MAX` or has a number above 32 bits.
    #[must_use]
    pub fn from_ber(bytes: &[u8]) -> Option<Self> {
        let mut parts = Vec::new();
        let mut value: u32 = 0;
        let mut is_open = false;
        for byte in bytes {
            if !is_open && *byte == 0x80 {
                return None;
            }
            value = value.checked_mul(128)?.checked_add(u32::from(byte & 0x7f))?;
            is_open = byte & 0x80 != 0;
            if is_open {
                continue;
            }
            if parts.is_empty() {
                let first = (value / 40).min(2);
                parts.push(first);
                value -= first * 40;
            }
            parts.push(value);
            value = 0;
            if parts.len() > PARTS_MAX {
                return None;
            }
        }
        (!is_open && !parts.is_empty()).then_some(Self(parts))
    }

    /// The content of an `OBJECT IDENTIFIER`.
    #[must_use]
    pub fn to_ber(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let (head, tail) = self.0.split_at(self.0.len().min(2));
        let first = match head {
            [first, second] => first.saturating_mul(40).saturating_add(*second),
            [first] => first.saturating_mul(40),
            _ => 0,
        };
        for part in std::iter::once(&first).chain(tail) {
            for shift in [28, 21, 14, 7] {
                if part >> shift != 0 {
                    bytes.push(0x80 | u8::try_from((part >> shift) & 0x7f).unwrap_or_default());
                }
            }
            bytes.push(u8::try_from(part & 0x7f).unwrap_or_default());
        }
        bytes
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, part) in self.0.iter().enumerate() {
            let dot = if index == 0 { "" } else { "." };
            write!(formatter, "{dot}{part}")?;
        }
        Ok(())
    }
}

/// The value of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `INTEGER`.
    Integer(i64),
    /// Counters, gauges, time.
    Unsigned(u64),
    /// `OCTET STRING`.
    Bytes(Vec<u8>),
    /// `OBJECT IDENTIFIER`.
    ObjectId(ObjectId),
    /// `IpAddress`.
    Address(Ipv4Addr),
    /// There is no such object, or it is of a type that is not read.
    Missing,
    /// Nothing follows in the whole agent.
    End,
}

impl Value {
    /// Bytes, at most `VALUE_BYTES_MAX` of them.
    #[must_use]
    pub fn bytes(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.get(..VALUE_BYTES_MAX).unwrap_or(bytes).to_vec())
    }

    /// As a number that is not negative.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        match self {
            Self::Integer(value) => u64::try_from(*value).ok(),
            Self::Unsigned(value) => Some(*value),
            Self::Bytes(_) | Self::ObjectId(_) | Self::Address(_) | Self::Missing | Self::End => {
                None
            }
        }
    }

    /// As bytes.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            Self::Integer(_)
            | Self::Unsigned(_)
            | Self::ObjectId(_)
            | Self::Address(_)
            | Self::Missing
            | Self::End => None,
        }
    }
}

/// An object with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its name.
    pub id: ObjectId,
    /// Its value.
    pub value: Value,
}

/// All objects that were fetched from one agent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree(BTreeMap<ObjectId, Value>);

impl Tree {
    /// Adds an object; what is missing stays so.
    pub fn add(&mut self, row: Row) {
        if !matches!(row.value, Value::Missing | Value::End) {
            self.0.insert(row.id, row.value);
        }
    }

    /// Whether nothing was fetched.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One object.
    #[must_use]
    pub fn get(&self, parts: &[u32]) -> Option<&Value> {
        self.0.get(&ObjectId::new(parts))
    }

    /// One cell of a table.
    #[must_use]
    pub fn cell(&self, column: &[u32], index: &[u32]) -> Option<&Value> {
        self.get(&[column, index].concat())
    }

    /// A column of a table: the index of each row with its value, in the order of the indexes.
    pub fn column<'a>(
        &'a self,
        column: &'a [u32],
    ) -> impl Iterator<Item = (&'a [u32], &'a Value)> + 'a {
        let rows = self.0.range(ObjectId::new(column)..);
        rows.map_while(move |(id, value)| id.below(column).map(|index| (index, value)))
            .filter(|(index, _)| !index.is_empty())
    }
}

impl Extend<Row> for Tree {
    fn extend<T: IntoIterator<Item = Row>>(&mut self, rows: T) {
        rows.into_iter().for_each(|it| self.add(it));
    }
}

impl FromIterator<Row> for Tree {
    fn from_iter<T: IntoIterator<Item = Row>>(rows: T) -> Self {
        let mut tree = Self::default();
        tree.extend(rows);
        tree
    }
}

/// A hardware address as text; none where it is empty, all zero or of another length.
#[must_use]
pub fn mac(bytes: &[u8]) -> Option<String> {
    let is_mac = bytes.len() == 6 && bytes.iter().any(|it| *it != 0);
    is_mac.then(|| bytes.iter().map(|it| format!("{it:02x}")).collect::<Vec<_>>().join(":"))
}

/// An address in an index: its type, its length, its bytes (RFC 4001 §4), and what follows.
#[must_use]
pub fn indexed_address(index: &[u32]) -> Option<(IpAddr, &[u32])> {
    let (kind, rest) = index.split_first()?;
    let (length, rest) = rest.split_first()?;
    let (bytes, rest) = rest.split_at_checked(usize::try_from(*length).ok()?)?;
    let bytes: Vec<u8> = bytes.iter().map(|it| u8::try_from(*it).ok()).collect::<Option<_>>()?;
    // With a zone index (types 3 and 4) four bytes follow, which mean something on the device only.
    let address = match (kind, bytes.as_slice()) {
        (1, four) => IpAddr::from(<[u8; 4]>::try_from(four).ok()?),
        (3, [four @ .., _, _, _, _]) => IpAddr::from(<[u8; 4]>::try_from(four).ok()?),
        (2, sixteen) => IpAddr::from(<[u8; 16]>::try_from(sixteen).ok()?),
        (4, [sixteen @ .., _, _, _, _]) => IpAddr::from(<[u8; 16]>::try_from(sixteen).ok()?),
        _ => return None,
    };
    Some((address, rest))
}

/// An IPv4 address at the beginning of an index, and what follows.
#[must_use]
pub fn indexed_v4(index: &[u32]) -> Option<(Ipv4Addr, &[u32])> {
    let (bytes, rest) = index.split_at_checked(4)?;
    let bytes: Vec<u8> = bytes.iter().map(|it| u8::try_from(*it).ok()).collect::<Option<_>>()?;
    Some((<[u8; 4]>::try_from(bytes).ok()?.into(), rest))
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A tree from lines such as `1.3.6.1.2.1.1.5.0 = STRING core`, the way `snmpwalk -On` prints.
    pub(crate) fn tree(text: &str) -> Tree {
        text.lines().filter(|it| !it.trim().is_empty()).map(row).collect()
    }

    fn row(line: &str) -> Row {
        let (id, value) = line.trim().split_once(" = ").unwrap();
        let (kind, value) = value.split_once(' ').unwrap_or((value, ""));
        let object = |text: &str| {
            let parts = text.trim_start_matches('.').split('.');
            ObjectId(parts.map(|it| it.parse().unwrap()).collect())
        };
        let value = match kind {
            "INTEGER" => Value::Integer(value.parse().unwrap()),
            "Gauge32" | "Counter32" => Value::Unsigned(value.parse().unwrap()),
            "STRING" => Value::Bytes(value.as_bytes().to_vec()),
            "HEX" => Value::Bytes(data_encoding::HEXLOWER.decode(value.as_bytes()).unwrap()),
            "OID" => Value::ObjectId(object(value)),
            "IP" => Value::Address(value.parse().unwrap()),
            "MISSING" => Value::Missing,
            _ => panic!("{line}"),
        };
        Row { id: object(id), value }
    }

    #[test]
    fn names_travel_as_the_standard_says() {
        let sys_descr = ObjectId::new(&[1, 3, 6, 1, 2, 1, 1, 1, 0]);
        assert_eq!(sys_descr.to_ber(), [0x2b, 6, 1, 2, 1, 1, 1, 0]);
        assert_eq!(ObjectId::from_ber(&[0x2b, 6, 1, 2, 1, 1, 1, 0]), Some(sys_descr));
        let enterprise = ObjectId::new(&[1, 3, 6, 1, 4, 1, 8072, 3, 2, 10]);
        assert_eq!(ObjectId::from_ber(&enterprise.to_ber()), Some(enterprise));
        let joint = ObjectId::new(&[2, 999, 3]);
        assert_eq!(joint.to_ber(), [0x88, 0x37, 3]);
        assert_eq!(ObjectId::from_ber(&[0x88, 0x37, 3]), Some(joint));
    }

    #[test]
    fn malformed_names_are_none() {
        for bytes in
            [&[][..], &[0x2b, 0x86], &[0x2b, 0x80, 1], &[0x2b, 0xff, 0xff, 0xff, 0xff, 0x7f]]
        {
            assert_eq!(ObjectId::from_ber(bytes), None, "{bytes:?}");
        }
        assert_eq!(ObjectId::from_ber(&[1; 60_000]), None);
    }

    #[test]
    fn a_column_ends_where_the_next_begins() {
        let tree = tree(
            "1.3.5.1 = INTEGER 1\n1.3.5.2.7 = INTEGER 2\n1.3.6.1 = INTEGER 3\n1.3.5 = INTEGER 9",
        );
        let column: Vec<_> = tree.column(&[1, 3, 5]).map(|it| it.0).collect();
        assert_eq!(column, [&[1][..], &[2, 7]]);
        assert_eq!(tree.cell(&[1, 3, 5], &[2, 7]), Some(&Value::Integer(2)));
    }

    #[test]
    fn addresses_in_an_index_have_a_type_and_a_length() {
        let v4 = indexed_address(&[1, 4, 10, 0, 0, 1, 99]).unwrap();
        assert_eq!(v4, ("10.0.0.1".parse().unwrap(), &[99][..]));
        let mut v6 = vec![4, 20, 0xfe, 0x80];
        v6.extend([0; 13]);
        v6.extend([1, 0, 0, 0, 2]);
        assert_eq!(indexed_address(&v6).unwrap().0, "fe80::1".parse::<IpAddr>().unwrap());
        for bad in
            [&[][..], &[1], &[1, 4, 1, 2, 3], &[1, 4, 1, 2, 3, 256], &[1, 3, 1, 2, 3], &[9, 1, 1]]
        {
            assert_eq!(indexed_address(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_hardware_address_has_six_bytes_that_are_not_all_zero() {
        assert_eq!(mac(&[0, 27, 33, 170, 187, 204]).as_deref(), Some("00:1b:21:aa:bb:cc"));
        assert_eq!(mac(&[0; 6]), None);
        assert_eq!(mac(b"12345678"), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            first in 0u32..2, second in 0u32..40, rest in proptest::collection::vec(any::<u32>(), 0..60),
        ) {
            let id = ObjectId([vec![first, second], rest].concat());
            prop_assert_eq!(ObjectId::from_ber(&id.to_ber()), Some(id));
        }

        #[test]
        fn any_bytes_are_a_name_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Some(id) = ObjectId::from_ber(&bytes) {
                prop_assert!(id.parts().len() <= PARTS_MAX + 1);
                prop_assert_eq!(id.to_ber(), bytes);
            }
        }

        #[test]
        fn any_index_is_an_address_or_none(index in proptest::collection::vec(0u32..300, 0..40)) {
            let _ = indexed_address(&index);
            let _ = indexed_v4(&index);
        }
    }
}
