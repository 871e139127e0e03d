//! What may be touched.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use observation::latest::scan::{ScanJob, ScanProfile};
use thiserror::Error;

use super::ranges::Ranges;

/// Most IPv4 addresses of a scan that nobody allowed more: a /22.
pub(super) const ADDRESSES_MAX: u64 = 1 << 10;

/// The networks that a person named, without those that a person took out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    v4: Ranges,
    v6: Vec<Ipv6Net>,
    v6_excluded: Vec<Ipv6Net>,
    rate_pps: u32,
}

/// Why nothing is scanned.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PlanError {
    /// No network is named.
    #[error("no network is named")]
    NothingNamed,
    /// The exclusions leave nothing.
    #[error("the exclusions leave no address")]
    AllExcluded,
    /// More addresses than are scanned without a person's explicit word.
    #[error("{addresses} addresses are more than {ADDRESSES_MAX}: --allow-range allows them")]
    RangeTooLarge {
        /// How many.
        addresses: u64,
    },
    /// A network whose addresses belong to no single host.
    #[error("{0} holds addresses that belong to no host, or loopback beside others")]
    NotForHosts(IpNet),
    /// A rate of 0 never ends.
    #[error("a rate of 0 packets per second never ends")]
    RateZero,
}

impl PlanError {
    /// The code that the catalogue words.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NothingNamed => "nothing_named",
            Self::AllExcluded => "all_excluded",
            Self::RangeTooLarge { .. } => "range_too_large",
            Self::NotForHosts(_) => "not_for_hosts",
            Self::RateZero => "rate_zero",
        }
    }

    /// What it speaks of: a count, a network, or nothing.
    #[must_use]
    pub fn object(&self) -> String {
        match self {
            Self::RangeTooLarge { addresses } => addresses.to_string(),
            Self::NotForHosts(network) => network.to_string(),
            Self::NothingNamed | Self::AllExcluded | Self::RateZero => String::new(),
        }
    }
}

impl Scope {
    /// What this job may touch.
    ///
    /// # Errors
    /// The job names nothing, too much, or what is not for hosts.
    pub fn of(job: &ScanJob) -> Result<Self, PlanError> {
        if job.networks.is_empty() {
            return Err(PlanError::NothingNamed);
        }
        if let Some(network) = job.networks.iter().find(|it| !is_for_hosts(it)) {
            return Err(PlanError::NotForHosts(*network));
        }
        let rate_pps = job.rate_pps.unwrap_or_else(|| default_rate_pps(job.profile));
        if rate_pps == 0 {
            return Err(PlanError::RateZero);
        }
        let (v4, v6) = split(&job.networks);
        let (v4_excluded, v6_excluded) = split(&job.exclusions);
        let v4 = Ranges::of(&v4).without(&Ranges::of(&v4_excluded));
        let v6: Vec<Ipv6Net> = v6
            .into_iter()
            .filter(|it| !v6_excluded.iter().any(|excluded| excluded.contains(it)))
            .collect();
        if v4.is_empty() && v6.is_empty() {
            return Err(PlanError::AllExcluded);
        }
        let addresses = v4.count();
        if addresses > ADDRESSES_MAX && !job.allow_range {
            return Err(PlanError::RangeTooLarge { addresses });
        }
        Ok(Self { v4, v6, v6_excluded, rate_pps })
    }

    /// Whether this address may be touched.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => self.v4.contains(address),
            IpAddr::V6(address) => {
                self.v6.iter().any(|it| it.contains(&address))
                    && !self.v6_excluded.iter().any(|it| it.contains(&address))
            }
        }
    }

    /// Whether every address of this network may be touched.
    #[must_use]
    pub fn contains_all(&self, network: &Ipv6Net) -> bool {
        self.v6.iter().any(|it| it.contains(network))
            && !self.v6_excluded.iter().any(|it| it.contains(network) || network.contains(it))
    }

    /// The addresses that are asked without being learnt first: every IPv4 address, and of IPv6 those
    /// that are named singly. An IPv6 prefix is never swept.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> + '_ {
        self.v4.iter().map(IpAddr::from).chain(self.addresses_v6().map(IpAddr::from))
    }

    /// The IPv6 addresses that are named singly.
    pub fn addresses_v6(&self) -> impl Iterator<Item = Ipv6Addr> + '_ {
        self.v6.iter().filter(|it| it.prefix_len() == 128).map(Ipv6Net::addr)
    }

    /// The IPv4 addresses.
    #[must_use]
    pub fn ipv4(&self) -> &Ranges {
        &self.v4
    }

    /// How many IPv4 addresses.
    #[must_use]
    pub fn ipv4_count(&self) -> u64 {
        self.v4.count()
    }

    /// Packets per second.
    #[must_use]
    pub fn rate_pps(&self) -> u32 {
        self.rate_pps
    }
}

fn default_rate_pps(profile: ScanProfile) -> u32 {
    match profile {
        ScanProfile::Gentle => 1_000,
        ScanProfile::Normal => 2_000,
        ScanProfile::Deep => 20_000,
    }
}

/// Networks whose addresses are not those of single hosts.
const NOT_FOR_HOSTS: [Ipv4Net; 3] = [
    // "This network" (RFC 1122 §3.2.1.3).
    Ipv4Net::new_assert(Ipv4Addr::new(0, 0, 0, 0), 8),
    // Multicast (RFC 5771).
    Ipv4Net::new_assert(Ipv4Addr::new(224, 0, 0, 0), 4),
    // Reserved and broadcast (RFC 1112 §4, RFC 919).
    Ipv4Net::new_assert(Ipv4Addr::new(240, 0, 0, 0), 4),
];
const LOOPBACK: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8);

fn is_for_hosts(network: &IpNet) -> bool {
    match network {
        IpNet::V4(network) => {
            let overlaps = |it: &Ipv4Net| it.contains(network) || network.contains(it);
            let is_mixed = network.contains(&LOOPBACK) && *network != LOOPBACK;
            !NOT_FOR_HOSTS.iter().any(overlaps) && !is_mixed
        }
        IpNet::V6(network) => {
            let (first, is_single) = (network.network(), network.prefix_len() == 128);
            let holds_multicast = network.prefix_len() < 8 || first.is_multicast();
            let holds_loopback = first.is_unspecified() && (!is_single || network.addr() == first);
            !holds_multicast && !holds_loopback
        }
    }
}

fn split(networks: &[IpNet]) -> (Vec<Ipv4Net>, Vec<Ipv6Net>) {
    let (mut v4, mut v6) = (Vec::new(), Vec::new());
    for network in networks {
        match network {
            IpNet::V4(network) => v4.push(network.trunc()),
            IpNet::V6(network) => v6.push(network.trunc()),
        }
    }
    (v4, v6)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn job(networks: &[&str], exclusions: &[&str]) -> ScanJob {
        ScanJob {
            networks: networks.iter().map(|it| it.parse().unwrap()).collect(),
            exclusions: exclusions.iter().map(|it| it.parse().unwrap()).collect(),
            ..ScanJob::default()
        }
    }

    fn refused(networks: &[&str]) -> PlanError {
        Scope::of(&job(networks, &[])).unwrap_err()
    }

    #[test]
    fn nothing_named_is_refused() {
        assert_eq!(refused(&[]).code(), "nothing_named");
    }

    #[test]
    fn a_22_is_allowed_and_one_address_more_names_count_and_flag() {
        assert_eq!(Scope::of(&job(&["10.0.0.0/22"], &[])).unwrap().ipv4_count(), 1024);
        let error = refused(&["10.0.0.0/22", "10.9.9.9/32"]);
        assert_eq!(error, PlanError::RangeTooLarge { addresses: 1025 });
        assert_eq!(error.object(), "1025");
        assert!(error.to_string().contains("--allow-range"));
        let allowed = ScanJob { allow_range: true, ..job(&["10.0.0.0/8"], &[]) };
        assert_eq!(Scope::of(&allowed).unwrap().ipv4_count(), 1 << 24);
    }

    #[test]
    fn exclusions_count_and_cut() {
        let scope = Scope::of(&job(&["10.0.0.0/21"], &["10.0.4.0/22", "10.0.0.7/32"])).unwrap();
        assert_eq!(scope.ipv4_count(), 1023);
        assert!(!scope.contains("10.0.0.7".parse().unwrap()));
        assert!(scope.contains("10.0.0.8".parse().unwrap()));
        assert!(!scope.contains("10.0.4.0".parse().unwrap()));
        let all = Scope::of(&job(&["10.0.0.0/24"], &["10.0.0.0/16"]));
        assert_eq!(all.unwrap_err().code(), "all_excluded");
    }

    #[test]
    fn what_is_not_for_single_hosts_is_refused() {
        for network in [
            "224.0.0.251/32",
            "0.0.0.0/0",
            "0.0.0.0/32",
            "255.255.255.255/32",
            "126.0.0.0/7",
            "240.0.0.0/8",
            "ff02::1/128",
            "ff00::/8",
            "::/0",
            "::/128",
            "::/64",
            "fe00::/7",
        ] {
            let error = refused(&[network]);
            assert_eq!(error, PlanError::NotForHosts(network.parse().unwrap()), "{network}");
        }
        for network in ["127.0.0.1/32", "127.0.0.0/8", "::1/128", "fe80::/64", "2001:db8::/32"] {
            let asked = ScanJob { allow_range: true, ..job(&[network], &[]) };
            assert!(Scope::of(&asked).is_ok(), "{network}");
        }
    }

    #[test]
    fn an_ipv6_prefix_may_be_touched_but_is_never_listed() {
        let scope = Scope::of(&job(
            &["2001:db8::/64", "2001:db8:1::5/128", "10.0.0.1/32"],
            &["2001:db8::bad/128"],
        ))
        .unwrap();
        let listed: Vec<String> = scope.addresses().map(|it| it.to_string()).collect();
        assert_eq!(listed, ["10.0.0.1", "2001:db8:1::5"]);
        assert!(scope.contains("2001:db8::77".parse().unwrap()));
        assert!(!scope.contains("2001:db8::bad".parse().unwrap()));
        assert!(!scope.contains_all(&"2001:db8::/64".parse().unwrap()));
        assert!(scope.contains_all(&"2001:db8:0:0:8000::/65".parse().unwrap()));
    }

    #[test]
    fn rates_follow_the_profile_unless_a_person_says_otherwise() {
        let rate = |profile, rate_pps| {
            Scope::of(&ScanJob { profile, rate_pps, ..job(&["10.0.0.1/32"], &[]) })
                .map(|it| it.rate_pps())
        };
        assert_eq!(rate(ScanProfile::Gentle, None), Ok(1_000));
        assert_eq!(rate(ScanProfile::Normal, None), Ok(2_000));
        assert_eq!(rate(ScanProfile::Deep, None), Ok(20_000));
        assert_eq!(rate(ScanProfile::Gentle, Some(7)), Ok(7));
        assert_eq!(rate(ScanProfile::Gentle, Some(0)), Err(PlanError::RateZero));
    }
}
