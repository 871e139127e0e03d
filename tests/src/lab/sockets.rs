//! The kernel's tables of sockets.

/// A connection that is open on both sides, in `/proc/net/tcp`.
pub(crate) const ESTABLISHED: &str = "01";
/// A TCP port that waits for connections.
pub(crate) const LISTENING: &str = "0A";
/// A UDP port that waits for datagrams, in `/proc/net/udp`.
pub(crate) const UNCONNECTED: &str = "07";

/// The local port of a line, if its socket is in a state.
pub(crate) fn local_port(line: &str, state: &str) -> Option<u16> {
    let mut words = line.split_whitespace().skip(1);
    let (local, _, now) = (words.next()?, words.next()?, words.next()?);
    let port = local.rsplit(':').next().filter(|_| now == state)?;
    u16::from_str_radix(port, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listening_port_is_read_from_the_kernels_table() {
        let line = "   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000";
        assert_eq!(local_port(line, LISTENING), Some(22));
        assert_eq!(local_port(line, ESTABLISHED), None);
        assert_eq!(local_port("", LISTENING), None);
    }
}
