//! The list of pools in `zpool.cache`: names and values in the external data representation (RFC 4506) as
//! the OpenZFS library `libnvpair` writes them. Bounded in depth and number.

/// A pool as the cache describes it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Pool {
    pub(super) name: String,
    pub(super) id: Option<u64>,
    /// How the disks are joined, each kind once (`mirror`, `raidz2`, `disk`).
    pub(super) kinds: Vec<String>,
    /// Paths of the disks.
    pub(super) disks: Vec<String>,
}

/// Encoding "external data representation", and three bytes of no interest.
const HEAD: u8 = 1;
const HEAD_BYTES: usize = 4;
/// Kinds of values.
const UINT64: u32 = 8;
const STRING: u32 = 9;
const LIST: u32 = 19;
const LIST_ARRAY: u32 = 20;
/// Cache, pool, tree of devices, groups, disks, spares being replaced: real ones have seven.
const DEPTH_MAX: u8 = 16;
const VALUES_MAX: usize = 200_000;
const TEXT_BYTES_MAX: usize = 4_096;
/// Kinds of devices that hold no disks of their own choosing.
const ROOT: &str = "root";
/// Devices that hold data.
const LEAVES: [&str; 2] = ["disk", "file"];

/// A value that is wanted.
enum Value {
    Number(u64),
    Text(String),
    Lists(Vec<Vec<(String, Value)>>),
}

/// The pools; none where the bytes are no such list.
pub(super) fn pools(bytes: &[u8]) -> Option<Vec<Pool>> {
    if bytes.first() != Some(&HEAD) {
        return None;
    }
    let mut reader = Reader { bytes: bytes.get(HEAD_BYTES..)?, values_left: VALUES_MAX };
    let list = reader.list(0)?;
    let pool = |(name, value): (String, Value)| {
        let Value::Lists(lists) = value else { return None };
        Some(pool(name, lists.first()?))
    };
    Some(list.into_iter().filter_map(pool).collect())
}

fn pool(name: String, values: &[(String, Value)]) -> Pool {
    let mut pool = Pool { name, ..Pool::default() };
    for (key, value) in values {
        match (key.as_str(), value) {
            ("pool_guid", Value::Number(number)) => pool.id = Some(*number),
            ("vdev_tree", Value::Lists(lists)) => {
                lists.iter().for_each(|it| devices(it, &mut pool))
            }
            _ => {}
        }
    }
    pool
}

fn devices(values: &[(String, Value)], pool: &mut Pool) {
    let text = |key: &str| {
        values.iter().find_map(|it| match it {
            (name, Value::Text(text)) if name == key => Some(text.as_str()),
            _ => None,
        })
    };
    let parity = values.iter().find_map(|it| match it {
        (name, Value::Number(number)) if name == "nparity" => Some(*number),
        _ => None,
    });
    let kind = text("type").unwrap_or_default();
    if LEAVES.contains(&kind) {
        pool.disks.extend(text("path").map(str::to_owned));
    } else if kind != ROOT {
        let kind = match parity {
            Some(parity) if kind == "raidz" => format!("{kind}{parity}"),
            _ => kind.to_owned(),
        };
        if !pool.kinds.contains(&kind) {
            pool.kinds.push(kind);
        }
    }
    for (name, value) in values {
        if let ("children", Value::Lists(lists)) = (name.as_str(), value) {
            lists.iter().for_each(|it| devices(it, pool));
        }
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    values_left: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(count)?;
        self.bytes = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    /// A length, bytes, and zeros up to a multiple of four.
    fn text(&mut self) -> Option<String> {
        let length = usize::try_from(self.number()?).ok().filter(|it| *it <= TEXT_BYTES_MAX)?;
        let bytes = self.take(length.next_multiple_of(4))?;
        Some(String::from_utf8_lossy(bytes.get(..length)?).into_owned())
    }

    /// Version, flags, then pairs until one of size zero.
    fn list(&mut self, depth: u8) -> Option<Vec<(String, Value)>> {
        let depth = Some(depth + 1).filter(|it| *it <= DEPTH_MAX)?;
        self.take(8)?;
        let mut values = Vec::new();
        loop {
            let before = self.bytes;
            let size = usize::try_from(self.number()?).ok()?;
            self.number()?;
            if size == 0 {
                return Some(values);
            }
            self.values_left = self.values_left.checked_sub(1)?;
            let (name, value) = self.pair(depth)?;
            // The size counts from before itself; a value that nobody wants is left behind by it.
            self.bytes = before.get(size..).filter(|it| it.len() <= before.len())?;
            values.extend(value.map(|it| (name, it)));
        }
    }

    fn pair(&mut self, depth: u8) -> Option<(String, Option<Value>)> {
        let name = self.text()?;
        let (kind, count) = (self.number()?, self.number()?);
        let value = match kind {
            UINT64 => {
                let bytes = self.take(8)?.try_into().ok()?;
                Some(Value::Number(u64::from_be_bytes(bytes)))
            }
            STRING => Some(Value::Text(self.text()?)),
            LIST => Some(Value::Lists(vec![self.list(depth)?])),
            LIST_ARRAY => {
                let mut lists = Vec::new();
                for _ in 0..count {
                    self.values_left = self.values_left.checked_sub(1)?;
                    lists.push(self.list(depth)?);
                }
                Some(Value::Lists(lists))
            }
            _ => None,
        };
        Some((name, value))
    }
}

/// A cache as OpenZFS writes it, written here after `libnvpair`.
#[cfg(test)]
pub(super) mod sample {
    fn text(text: &str) -> Vec<u8> {
        let mut bytes = u32::try_from(text.len()).unwrap().to_be_bytes().to_vec();
        bytes.extend(text.as_bytes());
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn pair(name: &str, kind: u32, count: u32, value: &[u8]) -> Vec<u8> {
        let content = [&text(name)[..], &kind.to_be_bytes(), &count.to_be_bytes(), value].concat();
        let size = u32::try_from(content.len() + 8).unwrap().to_be_bytes();
        [&size[..], &size, &content].concat()
    }

    fn list(pairs: &[Vec<u8>]) -> Vec<u8> {
        [&[0, 0, 0, 0, 0, 0, 0, 1][..], &pairs.concat(), &[0; 8]].concat()
    }

    fn disk(path: &str) -> Vec<u8> {
        list(&[pair("type", 9, 1, &text("disk")), pair("path", 9, 1, &text(path))])
    }

    pub(in crate::sources::storage::pools) fn cache() -> Vec<u8> {
        let disks = [disk("/dev/sda1"), disk("/dev/sdb1")].concat();
        let mirror = list(&[
            pair("type", 9, 1, &text("mirror")),
            pair("is_log", 8, 1, &0_u64.to_be_bytes()),
            pair("odd", 1, 0, &[]),
            pair("children", 20, 2, &disks),
        ]);
        let tree = list(&[pair("type", 9, 1, &text("root")), pair("children", 20, 1, &mirror)]);
        let tank = list(&[
            pair("name", 9, 1, &text("tank")),
            pair("pool_guid", 8, 1, &4_711_u64.to_be_bytes()),
            pair("hostname", 9, 1, &text("CANARY")),
            pair("vdev_tree", 19, 1, &tree),
        ]);
        [&[1, 1, 0, 0][..], &list(&[pair("tank", 19, 1, &tank)])].concat()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cache_names_pools_and_disks() {
        let expected = Pool {
            name: "tank".to_owned(),
            id: Some(4_711),
            kinds: vec!["mirror".to_owned()],
            disks: vec!["/dev/sda1".to_owned(), "/dev/sdb1".to_owned()],
        };
        assert_eq!(pools(&sample::cache()), Some(vec![expected]));
    }

    #[test]
    fn a_cut_cache_is_none() {
        let cache = sample::cache();
        for end in 0..cache.len() {
            assert_eq!(pools(&cache[..end]), None, "{end}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = pools(&[&[1, 1, 0, 0][..], &bytes].concat());
        }

        #[test]
        fn a_changed_cache_never_panics(
            changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        ) {
            let mut cache = sample::cache();
            for (index, byte) in changes {
                let at = index.index(cache.len());
                cache[at] = byte;
            }
            let _ = pools(&cache);
        }
    }
}
