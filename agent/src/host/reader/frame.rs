//! Frames on a stream: a length of four bytes, most significant first, then JSON.

use std::io::{self, Read, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Writes one value; one that is larger than `bytes_max` is refused before its first byte.
pub(super) fn write(
    stream: &mut impl Write,
    value: &impl Serialize,
    bytes_max: u32,
) -> io::Result<()> {
    let mut bytes = vec![0; 4];
    serde_json::to_writer(&mut bytes, value)?;
    let length = u32::try_from(bytes.len() - 4).ok().filter(|it| *it <= bytes_max);
    let length = length.ok_or_else(|| invalid("a message is too large"))?;
    if let Some(head) = bytes.first_chunk_mut() {
        *head = length.to_be_bytes();
    }
    stream.write_all(&bytes)
}

/// Reads one value; none where the other side closed between two. Memory is taken as bytes come, not as
/// the length promises.
#[expect(clippy::disallowed_methods, reason = "bounded by `take`")]
pub(super) fn read<T: DeserializeOwned>(
    stream: &mut impl Read,
    bytes_max: u32,
) -> io::Result<Option<T>> {
    let mut head = [0; 4];
    match stream.read(&mut head)? {
        0 => return Ok(None),
        count => stream.read_exact(head.get_mut(count..).unwrap_or_default())?,
    }
    let length = u32::from_be_bytes(head);
    if length > bytes_max {
        return Err(invalid("a message is too large"));
    }
    let mut bytes = Vec::new();
    stream.take(u64::from(length)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 != u64::from(length) {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "a message without its end"));
    }
    Ok(Some(serde_json::from_slice(&bytes)?))
}

fn invalid(text: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::Request;
    use super::*;

    fn written(value: &impl Serialize) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(&mut bytes, value, 1000).unwrap();
        bytes
    }

    #[test]
    fn what_is_written_is_read() {
        let request = Request::Link { path: "/proc/1/exe".to_owned() };
        let mut bytes = written(&request);
        bytes.extend(written(&Request::Rights));
        let mut stream = bytes.as_slice();
        assert_eq!(read(&mut stream, 1000).unwrap(), Some(request));
        assert_eq!(read(&mut stream, 1000).unwrap(), Some(Request::Rights));
        assert_eq!(read::<Request>(&mut stream, 1000).unwrap(), None);
    }

    #[test]
    fn a_length_that_is_too_large_takes_no_memory() {
        let error = read::<Request>(&mut [0xff; 8].as_slice(), 1000).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        let error = write(&mut Vec::new(), &"x".repeat(2000), 1000).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        // Within the limit, but the bytes never come.
        let error = read::<Request>(&mut [0, 0, 3, 0, b'"'].as_slice(), 1000).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = read::<Request>(&mut bytes.as_slice(), 1000);
            let mut framed = u32::try_from(bytes.len()).unwrap().to_be_bytes().to_vec();
            framed.extend(&bytes);
            let _ = read::<Request>(&mut framed.as_slice(), 1000);
        }
    }
}
