//! Reads fields from foreign bytes, one after another; what is not there is none, never a panic.

/// Bytes with a place in them.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// At the beginning of `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// `length` bytes of `bytes` from `offset`: how protocols point at what stands elsewhere.
    #[must_use]
    pub fn at(bytes: &'a [u8], offset: usize, length: usize) -> Option<&'a [u8]> {
        bytes.get(offset..)?.get(..length)
    }

    /// The next `count` bytes.
    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    /// Passes over `count` bytes.
    pub fn skip(&mut self, count: usize) -> Option<()> {
        self.take(count).map(|_| ())
    }

    /// What was not read.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    /// The next byte.
    pub fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// The next two bytes, most significant first.
    pub fn be16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    /// The next two bytes, least significant first.
    pub fn le16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    /// The next four bytes, most significant first.
    pub fn be32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    /// The next four bytes, least significant first.
    pub fn le32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_follow_one_another() {
        let mut reader = Reader::new(&[1, 2, 3, 4, 5, 6, 0, 0, 0, 7]);
        assert_eq!(reader.u8(), Some(1));
        assert_eq!(reader.be16(), Some(0x0203));
        assert_eq!(reader.le16(), Some(0x0504));
        assert_eq!(reader.le32(), Some(6));
        assert_eq!(reader.skip(1), Some(()));
        assert_eq!(reader.skip(1), None);
    }

    #[test]
    fn what_is_not_there_is_none_and_takes_nothing() {
        let mut reader = Reader::new(&[1, 2, 3]);
        assert_eq!(reader.be32(), None);
        assert_eq!(reader.take(usize::MAX), None);
        assert_eq!(reader.rest(), [1, 2, 3]);
        assert_eq!(reader.array(), Some([1, 2, 3]));
        assert_eq!(reader.u8(), None);
    }

    #[test]
    fn what_is_pointed_at_must_lie_inside() {
        let bytes = [1, 2, 3, 4];
        assert_eq!(Reader::at(&bytes, 1, 2), Some([2, 3].as_slice()));
        assert_eq!(Reader::at(&bytes, 3, 2), None);
        assert_eq!(Reader::at(&bytes, usize::MAX, usize::MAX), None);
    }
}
