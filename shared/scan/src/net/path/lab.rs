//! In network namespaces of its own: a scanner, two routers, two hosts, one of which drops ICMP.

use std::fs::File;
use std::process::Command;

use rustix::fd::AsFd;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::*;

const BUILD: &str = "
set -e
for n in s r1 r2 h; do ip netns add snmp-path-$n; ip -n snmp-path-$n link set lo up; done
join() { ip link add snmp-va type veth peer name snmp-vb; ip link set snmp-va netns snmp-path-$1 name $2; ip link set snmp-vb netns snmp-path-$3 name $4
  ip -n snmp-path-$1 addr add $5 dev $2; ip -n snmp-path-$3 addr add $6 dev $4; ip -n snmp-path-$1 link set $2 up; ip -n snmp-path-$3 link set $4 up; }
join s e0 r1 e0 10.81.0.2/24 10.81.0.1/24
join r1 e1 r2 e0 10.82.0.1/24 10.82.0.2/24
join r2 e1 h e0 10.83.0.1/24 10.83.0.10/24
for i in $(seq 11 110); do ip -n snmp-path-h addr add 10.83.0.$i/24 dev e0; done
ip -n snmp-path-h addr add 10.83.0.200/24 dev e0
ip -n snmp-path-s route add default via 10.81.0.1
ip -n snmp-path-r1 route add 10.83.0.0/24 via 10.82.0.2
ip -n snmp-path-r2 route add default via 10.82.0.1
ip -n snmp-path-h route add default via 10.83.0.1
for r in r1 r2; do ip netns exec snmp-path-$r sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=100000; done
ip netns exec snmp-path-h sysctl -qw net.ipv4.icmp_echo_ignore_all=0
";
const REMOVE: &str = "for n in s r1 r2 h; do ip netns del snmp-path-$n 2>/dev/null || true; done";

struct Network;

#[expect(clippy::disallowed_methods, reason = "the test makes the network that it looks at")]
fn shell(script: &str) {
    assert!(Command::new("sh").args(["-c", script]).status().unwrap().success());
}

impl Network {
    fn new() -> Self {
        shell(REMOVE);
        let network = Self;
        shell(BUILD);
        network
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        shell(REMOVE);
    }
}

/// Runs in one of the namespaces, with all threads that it starts.
fn inside<T: Send>(name: &str, work: impl FnOnce() -> T + Send) -> T {
    let place = File::open(format!("/run/netns/snmp-path-{name}")).unwrap();
    std::thread::scope(|scope| {
        let thread = scope.spawn(move || {
            move_into_link_name_space(place.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
            work()
        });
        thread.join().unwrap()
    })
}

fn target(address: &str, open_tcp_port: Option<u16>) -> PathTarget {
    let connections = Arc::new(Semaphore::new(1));
    PathTarget { address: address.parse().unwrap(), open_tcp_port, connections }
}

fn trace(targets: &[PathTarget]) -> Ways {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    super::trace(targets, &tests::shared(2_000), runtime.handle())
}

fn hops(path: &NetworkPath) -> Vec<String> {
    path.hops.iter().map(|it| it.map_or_else(|| "*".to_owned(), |it| it.to_string())).collect()
}

#[test]
fn ways_lead_through_routers() {
    let _network = Network::new();
    let ways = inside("s", || {
        trace(&[target("10.81.0.1", None), target("10.82.0.2", None), target("10.83.0.10", None)])
    });
    assert_eq!(ways.remarks, []);
    let found: Vec<Vec<String>> = ways.paths.iter().map(hops).collect();
    assert_eq!(
        found,
        [
            vec!["10.81.0.1".to_owned()],
            vec!["10.81.0.1".to_owned(), "10.82.0.2".to_owned()],
            vec!["10.81.0.1".to_owned(), "10.82.0.2".to_owned(), "10.83.0.10".to_owned()],
        ]
    );
    a_hundred_ways_take_seconds();
    a_host_that_drops_icmp_is_reached_by_its_open_port();
    without_answer_the_way_ends_at_the_last_router();
}

fn a_hundred_ways_take_seconds() {
    let targets: Vec<PathTarget> =
        (11..=110).map(|it| target(&format!("10.83.0.{it}"), None)).collect();
    let began = Instant::now();
    let ways = inside("s", || trace(&targets));
    let elapsed = began.elapsed();
    println!("100 ways in {elapsed:?}");
    assert_eq!(ways.paths.len(), 100);
    assert!(ways.paths.iter().all(|it| it.is_complete && it.hops.len() == 3), "{ways:?}");
    assert!(elapsed < Duration::from_secs(10), "{elapsed:?}");
}

fn a_host_that_drops_icmp_is_reached_by_its_open_port() {
    shell("ip netns exec snmp-path-h sysctl -qw net.ipv4.icmp_echo_ignore_all=1");
    let listener = inside("h", || std::net::TcpListener::bind("10.83.0.200:8022").unwrap());
    let ways = inside("s", || trace(&[target("10.83.0.200", Some(8_022))]));
    assert_eq!(hops(&ways.paths[0]), ["10.81.0.1", "10.82.0.2", "10.83.0.200"], "{ways:?}");
    drop(listener);
}

fn without_answer_the_way_ends_at_the_last_router() {
    // 9100 prints whatever it is sent: not even a connection.
    let listener = inside("h", || std::net::TcpListener::bind("10.83.0.200:9100").unwrap());
    listener.set_nonblocking(true).unwrap();
    let ways = inside("s", || trace(&[target("10.83.0.200", Some(9_100))]));
    assert!(!ways.paths[0].is_complete);
    assert_eq!(hops(&ways.paths[0]), ["10.81.0.1", "10.82.0.2"]);
    assert!(listener.accept().is_err());
}
