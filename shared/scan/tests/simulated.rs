//! The engine on simulated networks, in virtual time: `networks/*.toml` say who is there, what is lost
//! and how long it takes; here they answer.

#[cfg(test)]
mod simulation {
    use std::collections::{BTreeMap, BTreeSet};
    use std::net::{IpAddr, Ipv4Addr};
    use std::time::Duration;

    use observation::latest::scan::{ProbeSelection, ScanJob, ScanProfile};
    use scan::engine::{
        AllNodes, Answered, Ask, Budget, Discovered, HOST_RATE_MAX_PPS, Heard, Next, PortAnswer,
        PortHost, PortSweep, Question, RoundTrips, Sweep, Target,
    };
    use scan::plan::{Link, LinkPlan, Plan, Ranges, Route, Scope, Surroundings};
    use serde::Deserialize;

    const WINDOW: Duration = Duration::from_millis(10);
    const FLOOR: Duration = Duration::from_millis(40);
    const EVER: Duration = Duration::from_secs(600);
    const ROUTER: [u8; 6] = [2, 0xaa, 0, 0, 0, 1];

    #[derive(Debug, Clone, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Network {
        networks: Vec<ipnet::IpNet>,
        #[serde(default)]
        exclusions: Vec<ipnet::IpNet>,
        rate_pps: u32,
        delay_ms: u64,
        loss_percent: f64,
        way: Way,
        echo_per_second: Option<u64>,
        found: usize,
        #[serde(default)]
        remarks: Vec<String>,
        proxy_silent: Option<usize>,
        seconds_max: Option<f64>,
        #[serde(default)]
        hosts: Vec<Hosts>,
    }

    #[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Way {
        Link,
        Router,
    }

    #[derive(Debug, Clone, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Hosts {
        first: Ipv4Addr,
        count: u32,
        mac: Option<String>,
        delay_ms: Option<u64>,
        #[serde(default = "neighbour")]
        answers: Vec<String>,
    }

    fn neighbour() -> Vec<String> {
        vec!["neighbour".into()]
    }

    impl Hosts {
        fn has(&self, address: Ipv4Addr) -> bool {
            let first = self.first.to_bits();
            (first..first + self.count).contains(&address.to_bits())
        }

        fn mac(&self, address: Ipv4Addr) -> [u8; 6] {
            let [a, b, c, d] = address.octets();
            let Some(mac) = &self.mac else { return [2, 0, a, b, c, d] };
            let octets = mac.split(':').map(|it| u8::from_str_radix(it, 16).unwrap());
            octets.collect::<Vec<u8>>().try_into().unwrap()
        }

        fn answer(&self, question: Question) -> Option<Answered> {
            let has = |what: &str| self.answers.iter().any(|it| it == what);
            match question {
                Question::Neighbour => has("neighbour").then_some(Answered::Neighbour),
                Question::Echo => has("echo").then_some(Answered::Echo),
                Question::Syn(port) => {
                    let is_open = has(&port.to_string());
                    (is_open || has("refuses")).then_some(Answered::Syn { port, is_open })
                }
                Question::AllNodes => None,
            }
        }
    }

    fn load(name: &str) -> Network {
        let path = format!("{}/tests/networks/{name}.toml", env!("CARGO_MANIFEST_DIR"));
        #[expect(clippy::disallowed_methods, reason = "a file of this test")]
        let text = std::fs::read_to_string(path).unwrap();
        toml::from_str(&text).unwrap()
    }

    fn job(networks: &[&str], exclusions: &[&str]) -> ScanJob {
        ScanJob {
            networks: networks.iter().map(|it| it.parse().unwrap()).collect(),
            exclusions: exclusions.iter().map(|it| it.parse().unwrap()).collect(),
            profile: ScanProfile::Deep,
            probes: ProbeSelection::Discovery,
            allow_range: true,
            ..ScanJob::default()
        }
    }

    fn plan(network: &Network) -> Plan {
        let job = ScanJob {
            networks: network.networks.clone(),
            exclusions: network.exclusions.clone(),
            rate_pps: Some(network.rate_pps),
            ..job(&[], &[])
        };
        let around = Surroundings {
            links: vec![Link {
                interface: "eth0".into(),
                index: 2,
                addresses: vec!["10.255.0.2/24".parse().unwrap()],
                mac: Some([2, 0, 0, 0, 0, 1]),
                is_loopback: false,
            }],
            routes: vec![Route {
                network: "10.0.0.0/8".parse().unwrap(),
                gateway: (network.way == Way::Router).then_some([10, 255, 0, 1].into()),
                interface: "eth0".into(),
                metric: 0,
            }],
            has_raw_sockets: true,
            ..Surroundings::default()
        };
        Plan::of(&Scope::of(&job).unwrap(), &job, &around).unwrap()
    }

    fn sweep(entry: &LinkPlan, seed: u64) -> Sweep {
        let trips = RoundTrips::new(FLOOR);
        let near = &entry.on_link;
        if near.count() > 0 {
            let all: Vec<IpAddr> = near.iter().collect();
            return Sweep::on_link(&all, None, trips, seed);
        }
        let behind = entry.routed.iter().flat_map(|it| it.targets.iter());
        let targets: Vec<Target> =
            behind.map(|address| Target { address, router: ROUTER }).collect();
        Sweep::routed(&targets, trips, seed)
    }

    /// Random numbers for the losses: a linear congruential generator is enough.
    struct Dice(u64);

    impl Dice {
        fn is_lost(&mut self, percent: f64) -> bool {
            self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            ((self.0 >> 33) as f64 / f64::from(1_u32 << 31)) * 100.0 < percent
        }
    }

    /// The network's side: when which answers arrive.
    struct World<'a> {
        network: &'a Network,
        dice: Dice,
        under_way: BTreeMap<(Duration, usize), Heard>,
        count: usize,
        echoes: Vec<Duration>,
    }

    impl World<'_> {
        fn take(&mut self, now: Duration, ask: Ask) {
            let IpAddr::V4(address) = ask.address else { panic!("{ask:?}") };
            let loss = self.network.loss_percent;
            if self.dice.is_lost(loss) || ask.question == Question::Echo && !self.may_echo(now) {
                return;
            }
            for hosts in self.network.hosts.iter().filter(|it| it.has(address)) {
                let Some(answered) = hosts.answer(ask.question) else { continue };
                if self.dice.is_lost(loss) {
                    continue;
                }
                let delay = Duration::from_millis(hosts.delay_ms.unwrap_or(self.network.delay_ms));
                let mac = match self.network.way {
                    Way::Link => hosts.mac(address),
                    Way::Router => ROUTER,
                };
                self.count += 1;
                let heard = Heard { address: ask.address, answered, mac };
                self.under_way.insert((now + 2 * delay, self.count), heard);
            }
        }

        fn may_echo(&mut self, now: Duration) -> bool {
            let Some(most) = self.network.echo_per_second else { return true };
            self.echoes.retain(|it| *it + Duration::from_secs(1) > now);
            let may = (self.echoes.len() as u64) < most;
            self.echoes.extend(may.then_some(now));
            may
        }
    }

    enum Machine<'a> {
        Sweep(&'a mut Sweep),
        Ports(&'a mut PortSweep),
    }

    impl Machine<'_> {
        fn next(&mut self, now: Duration) -> Next {
            match self {
                Self::Sweep(it) => it.next(now),
                Self::Ports(it) => it.next(now),
            }
        }

        fn hear(&mut self, now: Duration, heard: Heard) -> bool {
            match self {
                Self::Sweep(it) => it.hear(now, heard),
                Self::Ports(it) => it.hear(now, heard),
            }
        }
    }

    /// Runs to the end, or until `until`: what was asked and when, and when it ended.
    fn carry(
        mut machine: Machine<'_>,
        network: &Network,
        seed: u64,
        until: Duration,
    ) -> (Vec<(Duration, Ask)>, Duration) {
        let mut budget = Budget::new(network.rate_pps);
        let dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let (under_way, echoes) = (BTreeMap::new(), Vec::new());
        let mut world = World { network, dice, under_way, count: 0, echoes };
        let (mut asked, mut now) = (Vec::new(), Duration::ZERO);
        while now < until {
            while let Some(first) = world.under_way.first_entry().filter(|it| it.key().0 <= now) {
                machine.hear(now, first.remove());
            }
            let mut left = budget.allowed(now);
            let mut wake = None;
            while left > 0 && wake.is_none() {
                match machine.next(now) {
                    Next::Ask(ask) => {
                        world.take(now, ask);
                        asked.push((now, ask));
                        budget.spend(now, 1);
                        left -= 1;
                    }
                    Next::Wait(until) => {
                        assert!(until > now, "waits for the past");
                        wake = Some(until);
                    }
                    Next::Done => return (asked, now),
                }
            }
            let wake = wake.unwrap_or_else(|| budget.next_at(now));
            let arrival = world.under_way.first_key_value().map(|it| it.0.0);
            now = arrival.map_or(wake, |it| it.min(wake)).max(now + Duration::from_nanos(1));
        }
        (asked, now)
    }

    /// Everything that happened.
    struct Run {
        found: Vec<Discovered>,
        remarks: Vec<String>,
        asked: Vec<(Duration, Ask)>,
        done: Ranges,
        end: Duration,
    }

    fn run(network: &Network, plan: &Plan, seed: u64, until: Duration) -> Run {
        let [entry] = plan.links.as_slice() else { panic!("{plan:?}") };
        let mut sweep = sweep(entry, seed);
        let (asked, end) = carry(Machine::Sweep(&mut sweep), network, seed, until);
        Run {
            found: sweep.found().to_vec(),
            remarks: sweep.remarks().iter().map(|it| format!("{} {}", it.code, it.what)).collect(),
            asked,
            done: Ranges::of_addresses(sweep.done()),
            end,
        }
    }

    /// What holds in every network, whatever is lost.
    fn check(network: &Network, run: &Run) {
        for (_, ask) in &run.asked {
            assert!(network.networks.iter().any(|it| it.contains(&ask.address)), "{ask:?}");
            assert!(!network.exclusions.iter().any(|it| it.contains(&ask.address)), "{ask:?}");
        }
        let times: Vec<Duration> = run.asked.iter().map(|it| it.0).collect();
        let most = (f64::from(network.rate_pps) * WINDOW.as_secs_f64()).max(1.0) as usize;
        for (index, from) in times.iter().enumerate() {
            let in_window = times.partition_point(|it| *it < *from + WINDOW) - index;
            assert!(in_window <= most, "{in_window} packets in 10 ms from {from:?}");
        }
        let different: BTreeSet<IpAddr> = run.found.iter().map(|it| it.address).collect();
        assert_eq!(different.len(), run.found.len(), "nobody is found twice");
    }

    fn all_found_with_every_seed(name: &str) {
        let network = load(name);
        let plan = plan(&network);
        for seed in 1..=20 {
            let run = run(&network, &plan, seed, EVER);
            check(&network, &run);
            assert_eq!(run.found.len(), network.found, "{name}, seed {seed}");
            let (proxies, others): (Vec<String>, Vec<String>) =
                run.remarks.into_iter().partition(|it| it.starts_with("proxy_arp"));
            assert_eq!(others, network.remarks, "{name}, seed {seed}");
            let silent =
                network.proxy_silent.map(|it| format!("proxy_arp 02:ff:00:00:00:01 ({it})"));
            assert_eq!(proxies, Vec::from_iter(silent), "{name}, seed {seed}");
            if let Some(most) = network.seconds_max {
                assert!(run.end.as_secs_f64() <= most, "{name}, seed {seed}: {:?}", run.end);
            }
        }
    }

    #[test]
    fn a_segment_with_loss_is_found_whole() {
        all_found_with_every_seed("segment");
    }

    #[test]
    fn hosts_behind_a_router_are_found_whatever_they_drop() {
        all_found_with_every_seed("behind_a_router");
    }

    #[test]
    fn somebody_who_answers_arp_for_all_brings_nobody_to_life() {
        all_found_with_every_seed("proxy_arp");
    }

    #[test]
    fn an_address_behind_a_proxy_has_no_hardware_address() {
        let network = load("proxy_arp");
        let run = run(&network, &plan(&network), 1, EVER);
        let with_mac = run.found.iter().filter(|it| it.mac.is_some());
        let mut with_mac: Vec<String> = with_mac.map(|it| it.address.to_string()).collect();
        with_mac.sort();
        assert_eq!(with_mac, ["10.3.0.60", "10.3.0.61"]);
    }

    #[test]
    fn rationed_echo_replies_are_made_up_for_by_tcp() {
        all_found_with_every_seed("slow_icmp");
    }

    #[test]
    fn where_nobody_is_it_ends_soon_and_leaves_exclusions_alone() {
        all_found_with_every_seed("nobody");
    }

    #[test]
    fn two_machines_with_one_address_are_said_and_repeated_answers_are_not() {
        all_found_with_every_seed("two_with_one_address");
    }

    #[test]
    fn each_question_goes_out_at_most_four_times() {
        let network = load("segment");
        let run = run(&network, &plan(&network), 3, EVER);
        let mut times: BTreeMap<IpAddr, usize> = BTreeMap::new();
        run.asked.iter().for_each(|(_, ask)| *times.entry(ask.address).or_default() += 1);
        assert!(times.values().all(|it| *it <= 4));
    }

    #[test]
    fn packets_in_a_row_go_to_different_networks() {
        let mut network = load("slow_icmp");
        network.networks = vec!["10.4.0.0/22".parse().unwrap()];
        let run = run(&network, &plan(&network), 1, EVER);
        let third = |ask: &Ask| match ask.address {
            IpAddr::V4(it) => it.octets()[2],
            IpAddr::V6(_) => panic!(),
        };
        let same = run.asked[..1000].windows(2).filter(|it| third(&it[0].1) == third(&it[1].1));
        assert_eq!(same.count(), 0);
    }

    #[test]
    fn an_interrupted_sweep_goes_on_where_it_was() {
        for name in ["segment", "behind_a_router"] {
            let network = load(name);
            let plan = plan(&network);
            let first = run(&network, &plan, 5, Duration::from_millis(60));
            assert!(!first.found.is_empty() && first.found.len() < network.found, "{name}");
            assert_eq!(first.done.count(), first.found.len() as u64);
            let second = run(&network, &plan.clone().without(&first.done), 6, EVER);
            let again = Ranges::of_addresses(second.asked.iter().map(|it| it.1.address));
            assert!(again.within(&first.done).is_empty(), "{name}");
            assert_eq!(first.found.len() + second.found.len(), network.found, "{name}");
            let all = first.done.and(&second.done);
            assert_eq!(all.count(), plan.estimate().addresses, "{name}");
        }
    }

    #[test]
    fn open_and_closed_ports_are_found_with_loss_and_silent_ones_stay_silent() {
        let mut network = load("behind_a_router");
        network.hosts[0].answers = vec!["22".into(), "443".into(), "refuses".into()];
        let ports: Vec<u16> = (1..=500).collect();
        let host = |last: u8, ports: &[u16]| PortHost {
            address: IpAddr::from([10, 2, 0, last]),
            mac: ROUTER,
            ports: ports.to_vec(),
        };
        for seed in 1..=20 {
            let hosts = vec![host(20, &ports), host(100, &ports), host(200, &[80, 81])];
            let mut sweep = PortSweep::new(hosts, RoundTrips::new(FLOOR), seed);
            let (asked, _) = carry(Machine::Ports(&mut sweep), &network, seed, EVER);
            let of = |ports: &[(u16, PortAnswer)], wanted| -> Vec<u16> {
                ports.iter().filter(|it| it.1 == wanted).map(|it| it.0).collect()
            };
            let seen: Vec<(Vec<u16>, usize)> = sweep
                .results()
                .map(|(_, it)| (of(&it, PortAnswer::Open), of(&it, PortAnswer::Closed).len()))
                .collect();
            let expected = [(vec![22, 443], 498), (vec![445], 0), (vec![80], 0)];
            assert_eq!(seen, expected, "seed {seed}");
            let third = asked.iter().filter(|it| it.1.address == IpAddr::from([10, 2, 0, 200]));
            let questions: BTreeSet<Question> = third.map(|it| it.1.question).collect();
            assert_eq!(questions, BTreeSet::from([Question::Syn(80), Question::Syn(81)]));
        }
    }

    /// Lets a sweep ask, at no rate, until it waits; what it asked.
    fn ask_all(sweep: &mut Sweep, now: Duration) -> Vec<Ask> {
        std::iter::from_fn(|| match sweep.next(now) {
            Next::Ask(ask) => Some(ask),
            Next::Wait(_) | Next::Done => None,
        })
        .collect()
    }

    fn addresses(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|it| it.parse().unwrap()).collect()
    }

    fn found(sweep: &Sweep) -> Vec<String> {
        sweep.found().iter().map(|it| format!("{} {:?}", it.address, it.means)).collect()
    }

    #[test]
    fn all_nodes_are_asked_in_each_network_twice_and_those_in_scope_are_found() {
        let networks = vec!["2001:db8:1::/64".parse().unwrap(), "2001:db8:2::/64".parse().unwrap()];
        let job = job(&["2001:db8:1::/64", "2001:db8:2::/64"], &["2001:db8:2::bad/128"]);
        let all_nodes = AllNodes { scope: Scope::of(&job).unwrap(), networks };
        let mut sweep = Sweep::on_link(&[], Some(all_nodes), RoundTrips::new(FLOOR), 1);
        let hear = |sweep: &mut Sweep, address: &str, answered| {
            let heard = Heard { address: address.parse().unwrap(), answered, mac: [2; 6] };
            sweep.hear(Duration::from_millis(1), heard)
        };
        assert!(!hear(&mut sweep, "2001:db8:1::7", Answered::AllNodes), "not asked yet");
        let mut asked = ask_all(&mut sweep, Duration::ZERO);
        assert!(hear(&mut sweep, "2001:db8:2::7", Answered::AllNodes));
        assert!(!hear(&mut sweep, "2001:db8:2::bad", Answered::AllNodes), "excluded");
        assert!(!hear(&mut sweep, "2001:db8:3::7", Answered::AllNodes), "not named");
        asked.extend(ask_all(&mut sweep, Duration::from_secs(1)));
        assert!(hear(&mut sweep, "2001:db8:1::9", Answered::AllNodes));
        let asked: Vec<String> = asked.iter().map(|it| it.address.to_string()).collect();
        let once = ["2001:db8:1::", "2001:db8:2::"];
        assert_eq!(asked, [once, once].concat());
        assert_eq!(sweep.next(Duration::from_secs(9)), Next::Done);
        assert_eq!(found(&sweep), ["2001:db8:2::7 MulticastEcho", "2001:db8:1::9 MulticastEcho"]);
    }

    #[test]
    fn privacy_addresses_make_no_proxy_of_a_silent_machine() {
        let mut all: Vec<String> = (1..=9).map(|it| format!("2001:db8::{it}")).collect();
        all.push("10.1.0.7".into());
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let mut sweep = Sweep::on_link(&addresses(&all), None, RoundTrips::new(FLOOR), 1);
        ask_all(&mut sweep, Duration::ZERO);
        for address in addresses(&all) {
            sweep.hear(FLOOR, Heard { address, answered: Answered::Neighbour, mac: [2; 6] });
        }
        assert_eq!(sweep.found().len(), 10);
        assert_eq!(sweep.remarks(), []);
    }

    #[test]
    fn a_router_that_answers_for_others_and_for_itself_in_another_way_stays_found() {
        let mut all: Vec<String> = (1..=20).map(|it| format!("10.1.0.{it}")).collect();
        all.push("2001:db8::1".into());
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let job = job(&["10.1.0.0/24", "2001:db8::/64"], &[]);
        let networks = vec!["2001:db8::/64".parse().unwrap()];
        let all_nodes = AllNodes { scope: Scope::of(&job).unwrap(), networks };
        let mut sweep =
            Sweep::on_link(&addresses(&all), Some(all_nodes), RoundTrips::new(FLOOR), 1);
        ask_all(&mut sweep, Duration::ZERO);
        let mut hear = |address: &IpAddr, answered| {
            sweep.hear(FLOOR, Heard { address: *address, answered, mac: ROUTER });
        };
        let (near, router) = addresses(&all).split_last().map(|it| (it.1.to_vec(), *it.0)).unwrap();
        hear(&router, Answered::AllNodes);
        near.iter().for_each(|it| hear(it, Answered::Neighbour));
        assert_eq!(found(&sweep), ["2001:db8::1 MulticastEcho"]);
    }

    #[test]
    fn one_host_gets_no_more_packets_than_it_bears_even_if_all_others_are_done() {
        let mut network = load("behind_a_router");
        (network.rate_pps, network.loss_percent) = (50_000, 0.0);
        network.hosts[0].answers = vec!["refuses".into()];
        let ports: Vec<u16> = (1..=2_000).collect();
        let host = |last: u8| PortHost {
            address: IpAddr::from([10, 2, 0, last]),
            mac: ROUTER,
            ports: ports.clone(),
        };
        // The second one is not there.
        let mut sweep = PortSweep::new(vec![host(20), host(99)], RoundTrips::new(FLOOR), 1);
        let (asked, end) = carry(Machine::Ports(&mut sweep), &network, 1, EVER);
        let silent: Vec<Duration> = asked
            .iter()
            .filter(|it| it.1.address == IpAddr::from([10, 2, 0, 99]))
            .map(|it| it.0)
            .collect();
        assert_eq!(silent.len(), 4_000);
        let most = usize::try_from(HOST_RATE_MAX_PPS).unwrap() / 10;
        for (index, from) in silent.iter().enumerate() {
            let until = *from + Duration::from_millis(100);
            let count = silent.partition_point(|it| *it < until) - index;
            // A tenth of a second touches eleven windows of 10 ms.
            assert!(count <= most + most / 10, "{count} packets in 100 ms from {from:?}");
        }
        assert!(end < Duration::from_millis(1_200), "{end:?}");
    }

    #[test]
    fn answers_that_nobody_asked_for_are_ignored() {
        let network = load("segment");
        let mut sweep = sweep(&plan(&network).links[0], 1);
        let mut hear = |address: [u8; 4], answered| {
            let heard = Heard { address: address.into(), answered, mac: [2, 0, 0, 0, 0, 9] };
            sweep.hear(Duration::from_millis(1), heard)
        };
        assert!(!hear([10, 1, 0, 10], Answered::Neighbour), "not asked yet");
        assert!(!hear([192, 0, 2, 1], Answered::Neighbour), "not in scope");
        assert!(!hear([10, 1, 0, 10], Answered::Echo), "another question");
        assert!(!hear([10, 1, 0, 10], Answered::AllNodes), "nobody asked all");
        assert!(sweep.found().is_empty());
    }
}
