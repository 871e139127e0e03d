//! Sets of IPv4 addresses as sorted ranges.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::{Ipv4Net, Ipv4Subnets};

/// A set of IPv4 addresses: sorted, disjoint, inclusive ranges. As small for a /8 as for one address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ranges(Vec<(u32, u32)>);

impl Ranges {
    /// The addresses of these networks.
    pub fn of<'a>(networks: impl IntoIterator<Item = &'a Ipv4Net>) -> Self {
        let bounds = |it: &Ipv4Net| (it.network().to_bits(), it.broadcast().to_bits());
        Self::merged(networks.into_iter().map(bounds).collect())
    }

    /// The IPv4 addresses among these.
    pub fn of_addresses(addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        let bits = addresses.into_iter().filter_map(|it| match it {
            IpAddr::V4(it) => Some((it.to_bits(), it.to_bits())),
            IpAddr::V6(_) => None,
        });
        Self::merged(bits.collect())
    }

    /// One address.
    #[must_use]
    pub fn one(address: Ipv4Addr) -> Self {
        Self(vec![(address.to_bits(), address.to_bits())])
    }

    fn merged(mut bounds: Vec<(u32, u32)>) -> Self {
        bounds.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::new();
        for (first, last) in bounds {
            match merged.last_mut() {
                Some(before) if first <= before.1.saturating_add(1) => {
                    before.1 = before.1.max(last);
                }
                Some(_) | None => merged.push((first, last)),
            }
        }
        Self(merged)
    }

    /// Those in either.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self::merged(self.0.iter().chain(&other.0).copied().collect())
    }

    /// Those in both. Both lists are walked once, for one of them may hold thousands of ranges.
    #[must_use]
    pub fn within(&self, other: &Self) -> Self {
        let mut common = Vec::new();
        let (mut ours, mut theirs) = (self.0.iter().peekable(), other.0.iter().peekable());
        while let (Some((first, last)), Some((other_first, other_last))) =
            (ours.peek(), theirs.peek())
        {
            let (from, to) = (*first.max(other_first), *last.min(other_last));
            if from <= to {
                common.push((from, to));
            }
            if last < other_last {
                ours.next()
            } else {
                theirs.next()
            };
        }
        Self(common)
    }

    /// Those that are not in the other.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        self.within(&other.all_others())
    }

    /// The whole address space but these.
    fn all_others(&self) -> Self {
        let mut others = Vec::new();
        let mut next = Some(0);
        for (first, last) in &self.0 {
            if let (Some(from), Some(to)) = (next, first.checked_sub(1))
                && from <= to
            {
                others.push((from, to));
            }
            next = last.checked_add(1);
        }
        others.extend(next.map(|from| (from, u32::MAX)));
        Self(others)
    }

    /// The networks that make up this set, each as large as it can be.
    #[must_use]
    pub fn networks(&self) -> Vec<Ipv4Net> {
        let of = |(first, last): &(u32, u32)| {
            Ipv4Subnets::new(Ipv4Addr::from_bits(*first), Ipv4Addr::from_bits(*last), 0)
        };
        self.0.iter().flat_map(of).collect()
    }

    /// How many.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.iter().map(|(first, last)| u64::from(last - first) + 1).sum()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it is one of them.
    #[must_use]
    pub fn contains(&self, address: Ipv4Addr) -> bool {
        let bits = address.to_bits();
        let after = self.0.partition_point(|(first, _)| *first <= bits);
        after.checked_sub(1).and_then(|it| self.0.get(it)).is_some_and(|(_, last)| bits <= *last)
    }

    /// All, in order.
    pub fn iter(&self) -> impl Iterator<Item = Ipv4Addr> + '_ {
        self.0.iter().flat_map(|(first, last)| (*first..=*last).map(Ipv4Addr::from_bits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ranges(networks: &[&str]) -> Ranges {
        let networks: Vec<Ipv4Net> = networks.iter().map(|it| it.parse().unwrap()).collect();
        Ranges::of(&networks)
    }

    #[test]
    fn overlapping_and_adjacent_networks_are_one_range() {
        let set = ranges(&["10.0.0.128/25", "10.0.0.0/25", "10.0.0.64/26"]);
        assert_eq!(set, ranges(&["10.0.0.0/24"]));
        assert_eq!(set.count(), 256);
    }

    #[test]
    fn the_whole_address_space_does_not_overflow() {
        let all = ranges(&["0.0.0.0/0"]);
        assert_eq!(all.count(), 1 << 32);
        assert!(all.contains(Ipv4Addr::BROADCAST) && all.contains(Ipv4Addr::UNSPECIFIED));
        assert!(all.without(&all).is_empty());
        assert_eq!(all.without(&ranges(&["255.255.255.255/32"])).count(), (1 << 32) - 1);
    }

    #[test]
    fn a_hole_leaves_both_sides() {
        let set = ranges(&["10.0.0.0/29"]).without(&ranges(&["10.0.0.3/32"]));
        let left: Vec<String> = set.iter().map(|it| it.to_string()).collect();
        assert_eq!(
            left,
            ["10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.4", "10.0.0.5", "10.0.0.6", "10.0.0.7"]
        );
    }

    fn some_networks() -> impl Strategy<Value = Vec<Ipv4Net>> {
        let network = (0_u32..2048, 22_u8..=32)
            .prop_map(|(low, length)| Ipv4Net::new((0x0a00_0000 + low).into(), length).unwrap());
        proptest::collection::vec(network, 0..6)
    }

    proptest! {
        #[test]
        fn set_operations_agree_with_membership(a in some_networks(), b in some_networks()) {
            let is_in = |all: &[Ipv4Net], it: &Ipv4Addr| all.iter().any(|net| net.contains(it));
            let (first, second) = (Ranges::of(&a), Ranges::of(&b));
            let (both, minus) = (first.within(&second), first.without(&second));
            let either = first.and(&second);
            for bits in 0x0a00_0000_u32 - 2..0x0a00_0000 + 4096 {
                let it = Ipv4Addr::from_bits(bits);
                prop_assert_eq!(first.contains(it), is_in(&a, &it));
                prop_assert_eq!(both.contains(it), is_in(&a, &it) && is_in(&b, &it));
                prop_assert_eq!(minus.contains(it), is_in(&a, &it) && !is_in(&b, &it));
                prop_assert_eq!(either.contains(it), is_in(&a, &it) || is_in(&b, &it));
            }
            let listed: Vec<_> = minus.iter().collect();
            prop_assert_eq!(listed.len() as u64, minus.count());
            prop_assert!(listed.is_sorted());
            let networks = minus.networks();
            prop_assert_eq!(Ranges::of(&networks), minus);
        }
    }
}
