//! Whether somebody answers ARP for others.

use std::collections::HashMap;

/// Most addresses with one hardware address on a link that are believed by ARP alone. More is a router
/// or firewall that answers for a range (proxy ARP, RFC 1027), a load balancer, or a host with many
/// addresses: which of the addresses are alive shows only a second kind of answer.
const ADDRESSES_MAX: usize = 8;

/// Who answered with which hardware address.
#[derive(Debug, Default)]
pub(super) struct Neighbours {
    by_mac: HashMap<[u8; 6], Vec<usize>>,
}

/// What an answer means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// It stands for itself.
    Believed,
    /// This one needs a second answer.
    Doubted,
    /// This one and all these earlier ones do.
    DoubtedWith(Vec<usize>),
}

impl Neighbours {
    /// Member `member` answered with `mac`.
    pub(super) fn add(&mut self, member: usize, mac: [u8; 6]) -> Trust {
        let members = self.by_mac.entry(mac).or_default();
        members.push(member);
        match members.len() {
            0..=ADDRESSES_MAX => Trust::Believed,
            count if count == ADDRESSES_MAX + 1 => {
                Trust::DoubtedWith(members.iter().copied().filter(|it| *it != member).collect())
            }
            _ => Trust::Doubted,
        }
    }

    /// Hardware addresses that answered for too many, with the members they answered for, sorted.
    pub(super) fn doubted(&self) -> Vec<([u8; 6], &[usize])> {
        let many = self.by_mac.iter().filter(|(_, members)| members.len() > ADDRESSES_MAX);
        let mut many: Vec<_> = many.map(|(mac, members)| (*mac, members.as_slice())).collect();
        many.sort_unstable();
        many
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_machines_with_few_addresses_each_are_believed() {
        let mut neighbours = Neighbours::default();
        for member in 0..800 {
            assert_eq!(neighbours.add(member, [(member / 8) as u8; 6]), Trust::Believed);
        }
        assert!(neighbours.doubted().is_empty());
    }

    #[test]
    fn doubt_is_told_once_for_the_earlier_ones() {
        let mut neighbours = Neighbours::default();
        (0..8).for_each(|it| assert_eq!(neighbours.add(it, [7; 6]), Trust::Believed));
        assert_eq!(neighbours.add(8, [7; 6]), Trust::DoubtedWith((0..8).collect()));
        assert_eq!(neighbours.add(9, [7; 6]), Trust::Doubted);
        assert_eq!(neighbours.doubted().len(), 1);
    }
}
