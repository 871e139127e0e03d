//! How often one address may knock at the enrolment listener.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;

use jiff::Timestamp;

/// Knocks that one address may save up.
const BURST: f64 = 20.0;
/// Knocks per second that one address earns.
const PER_SECOND: f64 = 2.0;
/// Addresses that are remembered; when there are more, all are forgotten at once.
const ADDRESSES_MAX: usize = 10_000;

/// A bucket of tokens per address. IPv6 counts per /64, the smallest network that a host is given.
#[derive(Debug, Default)]
pub(crate) struct KnockLimit {
    buckets: Mutex<HashMap<IpAddr, (f64, Timestamp)>>,
}

impl KnockLimit {
    /// Whether this address may knock now.
    pub(crate) fn allows(&self, address: IpAddr, now: Timestamp) -> bool {
        // A poisoned lock holds counts only: go on with them.
        let mut buckets = self.buckets.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if buckets.len() >= ADDRESSES_MAX {
            buckets.clear();
        }
        let (saved, since) = buckets.entry(network(address)).or_insert((BURST, now));
        let earned = now.duration_since(*since).as_secs_f64().max(0.0) * PER_SECOND;
        *saved = (*saved + earned).min(BURST);
        *since = now;
        let is_allowed = *saved >= 1.0;
        if is_allowed {
            *saved -= 1.0;
        }
        is_allowed
    }
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) & !u128::from(u64::MAX)).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_knocks_at_once_are_cut_and_time_heals() {
        let limit = KnockLimit::default();
        let now: Timestamp = "2026-11-24T00:00:00Z".parse().unwrap();
        let address = "127.0.0.1".parse().unwrap();
        let allowed = (0..1000).filter(|_| limit.allows(address, now)).count();
        assert_eq!(allowed, 20);
        assert!(limit.allows("127.0.0.2".parse().unwrap(), now));
        let later = now.checked_add(jiff::SignedDuration::from_secs(1)).unwrap();
        assert!(limit.allows(address, later));
    }

    #[test]
    fn a_clock_that_goes_back_earns_nothing_and_breaks_nothing() {
        let limit = KnockLimit::default();
        let now: Timestamp = "2026-11-24T00:00:00Z".parse().unwrap();
        let address = "::1".parse().unwrap();
        while limit.allows(address, now) {}
        assert!(!limit.allows(address, "2016-11-24T00:00:00Z".parse().unwrap()));
    }
}
