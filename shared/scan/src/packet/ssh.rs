//! Messages of the SSH transport layer before encryption begins (RFC 4253 §6, §7).

/// Longest packet that an implementation must take (RFC 4253 §6.1).
const PACKET_BYTES_MAX: usize = 35_000;

/// SSH_MSG_DISCONNECT.
pub const DISCONNECT: u8 = 1;
/// SSH_MSG_KEXINIT.
pub const KEXINIT: u8 = 20;
/// SSH_MSG_KEXDH_INIT and SSH_MSG_KEX_ECDH_INIT (RFC 5656 §7.1).
pub const KEX_INIT: u8 = 30;
/// SSH_MSG_KEXDH_REPLY and SSH_MSG_KEX_ECDH_REPLY.
pub const KEX_REPLY: u8 = 31;

/// The start of a stream of packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packet<'a> {
    /// More bytes are needed.
    Incomplete,
    /// A whole one, and the number of bytes it took.
    Whole {
        /// Message number and what follows it.
        payload: &'a [u8],
        /// Bytes of the packet.
        length: usize,
    },
    /// Not a packet.
    Broken,
}

/// Reads the packet that `bytes` begin with.
#[must_use]
pub fn packet(bytes: &[u8]) -> Packet<'_> {
    let Some((head, rest)) = bytes.split_first_chunk::<4>() else { return Packet::Incomplete };
    let length = u32::from_be_bytes(*head) as usize;
    if !(2..=PACKET_BYTES_MAX).contains(&length) {
        return Packet::Broken;
    }
    let Some(body) = rest.get(..length) else { return Packet::Incomplete };
    let padding = body.first().map_or(0, |it| usize::from(*it));
    match body.get(1..length.saturating_sub(padding)) {
        Some(payload) if !payload.is_empty() => Packet::Whole { payload, length: length + 4 },
        _ => Packet::Broken,
    }
}

/// Puts a payload into a packet; the padding is of zeros, for nothing is secret here.
#[must_use]
pub fn pack(payload: &[u8]) -> Vec<u8> {
    // The whole is a multiple of eight bytes, at least four of them padding.
    let padding = 4 + (8 - (payload.len() + 5 + 4) % 8) % 8;
    let mut bytes = length(payload.len() + padding + 1).to_vec();
    bytes.push(u8::try_from(padding).unwrap_or(4));
    bytes.extend_from_slice(payload);
    bytes.resize(bytes.len() + padding, 0);
    bytes
}

/// A `string` (RFC 4251 §5).
#[must_use]
pub fn string(bytes: &[u8]) -> Vec<u8> {
    [&length(bytes.len()), bytes].concat()
}

fn length(count: usize) -> [u8; 4] {
    u32::try_from(count).unwrap_or(u32::MAX).to_be_bytes()
}

/// Takes the `string` that `bytes` begin with; gives it and what follows.
#[must_use]
pub fn take_string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_be_bytes(*head) as usize)
}

/// Names of a `name-list` of SSH_MSG_KEXINIT: key exchange (0), host keys (1), ….
#[must_use]
pub fn name_list(payload: &[u8], number: usize) -> Option<Vec<&[u8]>> {
    // The message number and a cookie of 16 bytes come first.
    let mut rest = payload.get(17..)?;
    for _ in 0..number {
        rest = take_string(rest)?.1;
    }
    let (list, _) = take_string(rest)?;
    Some(list.split(|it| *it == b',').collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lengths_that_cannot_be_are_broken_before_their_bytes_come() {
        for length in [0_u32, 1, 35_001, u32::MAX] {
            assert_eq!(packet(&length.to_be_bytes()), Packet::Broken);
        }
        assert_eq!(packet(&[0, 0, 0]), Packet::Incomplete);
        // More padding than packet.
        assert_eq!(packet(&[0, 0, 0, 3, 9, 1, 1]), Packet::Broken);
    }

    #[test]
    fn a_list_ends_where_its_length_says() {
        let lists = [string(b"a,b"), string(b""), string(b"c")].concat();
        let payload = [&[0; 17][..], &lists].concat();
        assert_eq!(name_list(&payload, 0), Some(vec![b"a".as_slice(), b"b"]));
        assert_eq!(name_list(&payload, 2), Some(vec![b"c".as_slice()]));
        assert_eq!(name_list(&payload, 3), None);
    }

    proptest! {
        #[test]
        fn what_is_packed_is_read_again(payload in proptest::collection::vec(any::<u8>(), 1..300)) {
            let packed = pack(&payload);
            prop_assert_eq!(packed.len() % 8, 0);
            prop_assert!(packed[4] >= 4);
            let whole = Packet::Whole { payload: &payload, length: packed.len() };
            prop_assert_eq!(packet(&packed), whole);
            prop_assert_eq!(packet(&packed[..packed.len() - 1]), Packet::Incomplete);
        }

        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = packet(&bytes);
            let _ = name_list(&bytes, 1);
            let _ = take_string(&bytes);
        }
    }
}
