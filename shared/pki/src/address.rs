//! `host:port`, as it stands in tokens and configuration.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Longest host name (RFC 1035 §2.3.4).
const HOST_BYTES_MAX: usize = 253;

/// Why a text is not an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// There is no `:port`.
    #[error("{0:?} has no port: write host:port, such as collector.example:8443")]
    NoPort(String),
    /// The port is no number from 1 to 65535.
    #[error("the port in {0:?} is no number from 1 to 65535")]
    BadPort(String),
    /// The host is neither a name nor an address.
    #[error("the host in {0:?} is neither a name, an IPv4 address nor an IPv6 address in brackets")]
    BadHost(String),
}

/// Checks that `text` is `name:port`, `192.0.2.1:port` or `[2001:db8::1]:port`, and nothing that
/// would mean something else inside a URL.
///
/// # Errors
/// What is wrong with it.
pub fn check_address(text: &str) -> Result<(), AddressError> {
    let shown = || text.chars().take(HOST_BYTES_MAX).collect::<String>();
    let (host, port) = text.rsplit_once(':').ok_or_else(|| AddressError::NoPort(shown()))?;
    let is_port = port.bytes().all(|it| it.is_ascii_digit())
        && port.parse::<u16>().is_ok_and(|number| number > 0);
    let is_host = match host.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
        Some(inner) => inner.parse::<Ipv6Addr>().is_ok(),
        None => host.parse::<Ipv4Addr>().is_ok() || is_name(host),
    };
    match (is_host, is_port) {
        (true, true) => Ok(()),
        (false, _) => Err(AddressError::BadHost(shown())),
        (true, false) => Err(AddressError::BadPort(shown())),
    }
}

fn is_name(host: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-' || it == b'_')
    };
    // A last label of digits only would be read as a (broken) IPv4 address by a URL parser.
    let ends_like_a_name = host
        .rsplit('.')
        .next()
        .is_some_and(|label| label.bytes().any(|it| it.is_ascii_alphabetic()));
    host.len() <= HOST_BYTES_MAX && ends_like_a_name && host.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_with_a_port_are_accepted() {
        for text in ["collector.example:8443", "localhost:1", "127.0.0.1:65535", "[::1]:8443"] {
            assert_eq!(check_address(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn anything_that_means_more_inside_a_url_is_refused() {
        let texts = [
            "user@host:1",
            "host/path:1",
            "ho st:1",
            "host#:1",
            "host?:1",
            "[::1:1",
            "::1:1",
            ":1",
            "host%:1",
            "127.1:1",
            "0x7f.1:1",
            "1:2:3",
            "a..b:1",
            "\u{202e}host:1",
        ];
        for text in texts {
            assert!(matches!(check_address(text), Err(AddressError::BadHost(_))), "{text}");
        }
    }

    #[test]
    fn a_port_must_be_a_number_in_range() {
        for text in ["host:0", "host:65536", "host:", "host:+5", "host:a"] {
            assert!(matches!(check_address(text), Err(AddressError::BadPort(_))), "{text}");
        }
        assert!(matches!(check_address("host"), Err(AddressError::NoPort(_))));
    }
}
