//! A network: an address and the length of its prefix (RFC 4632, RFC 4291).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A network, its address without host bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr {
    address: IpAddr,
    prefix_length: u8,
}

/// The text is not a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CidrError {
    /// Not of the form `10.20.20.0/24`.
    Form,
    /// The address has bits behind the prefix; the network that was probably meant.
    HostBits(Cidr),
}

impl Cidr {
    /// The network of an address; none if the prefix is longer than the address.
    #[must_use]
    pub fn of(address: IpAddr, prefix_length: u8) -> Option<Self> {
        let address = match address {
            IpAddr::V4(it) => {
                let host_bits = 32_u32.checked_sub(prefix_length.into())?;
                let mask = u32::MAX.checked_shl(host_bits).unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from_bits(it.to_bits() & mask))
            }
            IpAddr::V6(it) => {
                let host_bits = 128_u32.checked_sub(prefix_length.into())?;
                let mask = u128::MAX.checked_shl(host_bits).unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from_bits(it.to_bits() & mask))
            }
        };
        Some(Self { address, prefix_length })
    }

    /// The network's address.
    #[must_use]
    pub const fn address(&self) -> IpAddr {
        self.address
    }

    /// The length of its prefix.
    #[must_use]
    pub const fn prefix_length(&self) -> u8 {
        self.prefix_length
    }

    /// Whether an address lies in it. An IPv4 address in IPv6 clothes counts as IPv4.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.address.is_ipv4()
            && Self::of(address, self.prefix_length).as_ref() == Some(self)
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.address, self.prefix_length)
    }
}

impl FromStr for Cidr {
    type Err = CidrError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (address, length) = text.split_once('/').ok_or(CidrError::Form)?;
        let address: IpAddr = address.parse().map_err(|_| CidrError::Form)?;
        let is_plain = !length.is_empty() && length.bytes().all(|it| it.is_ascii_digit());
        let length: u8 = length.parse().ok().filter(|_| is_plain).ok_or(CidrError::Form)?;
        let network = Self::of(address, length).ok_or(CidrError::Form)?;
        if network.address == address { Ok(network) } else { Err(CidrError::HostBits(network)) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cidr(text: &str) -> Cidr {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_knows_its_addresses() {
        let office = cidr("10.20.20.0/24");
        assert!(office.contains("10.20.20.255".parse().unwrap()));
        assert!(office.contains("::ffff:10.20.20.1".parse().unwrap()));
        assert!(!office.contains("10.20.21.0".parse().unwrap()));
        assert!(!office.contains("fd00::1".parse().unwrap()));
        assert!(cidr("0.0.0.0/0").contains("198.51.100.1".parse().unwrap()));
        assert!(!cidr("0.0.0.0/0").contains("2001:db8::1".parse().unwrap()));
        assert!(cidr("2001:db8::/32").contains("2001:db8:ffff::1".parse().unwrap()));
        assert!(cidr("192.0.2.1/32").contains("192.0.2.1".parse().unwrap()));
    }

    #[test]
    fn host_bits_are_a_mistake_with_a_proposal() {
        assert_eq!(
            "10.20.20.7/24".parse::<Cidr>(),
            Err(CidrError::HostBits(cidr("10.20.20.0/24")))
        );
    }

    #[test]
    fn other_texts_are_no_network() {
        for text in [
            "",
            "10.0.0.0",
            "10.0.0.0/33",
            "fd00::/129",
            "10.0.0/8",
            "a/8",
            "10.0.0.0/+8",
            "10.0.0.0/-1",
            "10.0.0.0/08x",
            "/",
            "10.0.0.0/999",
        ] {
            assert_eq!(text.parse::<Cidr>(), Err(CidrError::Form), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_address_lies_in_its_network(bits: u128, length in 0_u8..=128) {
            let address = IpAddr::V6(Ipv6Addr::from_bits(bits));
            let network = Cidr::of(address, length).unwrap();
            prop_assert_eq!(network.to_string().parse::<Cidr>().unwrap(), network);
            if !matches!(address.to_canonical(), IpAddr::V4(_)) {
                prop_assert!(network.contains(address));
            }
        }

        #[test]
        fn no_text_makes_it_panic(text: String) {
            let _ = text.parse::<Cidr>();
        }
    }
}
