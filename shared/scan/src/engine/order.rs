//! An order that spreads.

/// A permutation of `0..count` that jumps: neighbours in it are far apart, so that packets spread over
/// networks and hosts. It needs no memory and is the same for the same seed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order {
    count: u64,
    stride: u64,
    offset: u64,
}

impl Order {
    pub(super) fn new(count: u64, seed: u64) -> Self {
        let count = count.max(1);
        // The golden ratio's jumps spread most evenly; coprime to the count they visit everything.
        let mut stride = ((count as f64 * 0.618_033_988_75) as u64).max(1);
        while gcd(stride, count) != 1 {
            stride += 1;
        }
        Self { count, stride, offset: seed % count }
    }

    pub(super) fn at(&self, position: u64) -> u64 {
        let jumped = u128::from(position) * u128::from(self.stride) + u128::from(self.offset);
        (jumped % u128::from(self.count)) as u64
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn neighbours_in_the_order_lie_in_different_networks() {
        let order = Order::new(1024, 7);
        let networks: Vec<u64> = (0..8).map(|it| order.at(it) / 256).collect();
        assert!(networks.windows(2).all(|it| it[0] != it[1]), "{networks:?}");
    }

    proptest! {
        #[test]
        fn everything_is_visited_once(count in 1_u64..3_000, seed in any::<u64>()) {
            let order = Order::new(count, seed);
            let mut seen: Vec<u64> = (0..count).map(|it| order.at(it)).collect();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..count).collect::<Vec<_>>());
        }
    }
}
