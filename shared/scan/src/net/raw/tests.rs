//! Sweeps over a channel that does what a test wants.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::channel::{Frames, LinkChannel};
use super::*;
use crate::packet::frame::write_arp;
use crate::plan::Route;

const OUR_MAC: [u8; 6] = [2, 0, 0, 0, 0, 1];
const ARP: [u8; 2] = [8, 6];

/// What a channel is to do with frames: how many it takes.
type Take = Box<dyn FnMut(&[Vec<u8>]) -> io::Result<usize>>;

/// Answers ARP for everybody who listens, and lets the test decide what becomes of the other frames.
struct Played {
    take: Take,
    /// Whose next questions get no answer, and how many of them.
    deaf: BTreeMap<[u8; 4], usize>,
    answers: Vec<Vec<u8>>,
}

impl Played {
    fn hears(&mut self, question: &[u8]) -> bool {
        let left = question.get(38..42).and_then(|it| self.deaf.get_mut(it));
        left.is_none_or(|left| {
            let is_deaf = *left > 0;
            *left = left.saturating_sub(1);
            !is_deaf
        })
    }
}

impl LinkChannel for Played {
    fn send(&mut self, frames: &Frames, first: usize) -> io::Result<usize> {
        let frames = frames.from(first);
        let count = (self.take)(frames)?;
        for question in frames.iter().take(count).filter(|it| it.get(12..14) == Some(&ARP)) {
            if self.hears(question) {
                self.answers.push(arp_reply(question));
            }
        }
        Ok(count)
    }

    fn receive(&mut self, _: Duration, each: &mut dyn FnMut(&[u8])) -> io::Result<()> {
        self.answers.drain(..).for_each(|it| each(&it));
        Ok(())
    }
}

fn arp_reply(question: &[u8]) -> Vec<u8> {
    let (ours, theirs) = (&question[28..32], &question[38..42]);
    // Each its own: one that answers for many is doubted.
    let their_mac = [2, 9, 0, 0, theirs[2], theirs[3]];
    let mut body = [0; 28];
    body[..8].copy_from_slice(&[0, 1, 8, 0, 6, 4, 0, 2]);
    body[8..14].copy_from_slice(&their_mac);
    body[14..18].copy_from_slice(theirs);
    body[18..24].copy_from_slice(&OUR_MAC);
    body[24..28].copy_from_slice(ours);
    let mut frame = Vec::new();
    write_arp(&mut frame, their_mac, OUR_MAC, &body);
    frame
}

fn link() -> Link {
    Link {
        interface: "nowhere0".into(),
        index: 999_999,
        addresses: vec!["10.0.0.1/24".parse().unwrap()],
        mac: Some(OUR_MAC),
        is_loopback: false,
    }
}

fn around() -> Surroundings {
    let route = Route {
        network: "10.0.0.0/24".parse().unwrap(),
        gateway: None,
        interface: "nowhere0".into(),
        metric: 0,
    };
    Surroundings {
        links: vec![link()],
        routes: vec![route],
        has_raw_sockets: true,
        ..Surroundings::default()
    }
}

/// Lets a driver work over such a channel.
fn over<T>(
    control: &Control,
    take: impl FnMut(&[Vec<u8>]) -> io::Result<usize> + 'static,
    work: impl FnOnce(&mut Driver<'_, '_>) -> T,
) -> T {
    over_deaf(control, BTreeMap::new(), take, work)
}

fn over_deaf<T>(
    control: &Control,
    deaf: BTreeMap<[u8; 4], usize>,
    take: impl FnMut(&[Vec<u8>]) -> io::Result<usize> + 'static,
    work: impl FnOnce(&mut Driver<'_, '_>) -> T,
) -> T {
    let mut session = Session::new(100_000, control).unwrap();
    let channel = Played { take: Box::new(take), deaf, answers: Vec::new() };
    work(&mut Driver::over(Box::new(channel), &link(), &mut session))
}

fn sixteen() -> Vec<IpAddr> {
    (1..=16).map(|it| [10, 0, 0, it + 1].into()).collect()
}

fn sweep() -> Sweep {
    Sweep::neighbours(&sixteen(), RoundTrips::new(Duration::from_millis(1)))
}

#[test]
fn a_sweep_comes_to_its_end_and_counts_what_it_did() {
    let control = Control::default();
    assert!(over(&control, |it| Ok(it.len()), |it| it.run(&mut sweep(), 16)).unwrap());
    assert_eq!(control.progress(), (16, 16));
}

#[test]
fn a_queue_that_stays_full_does_not_keep_a_scan_from_stopping() {
    let control = Arc::new(Control::default());
    let hand = Arc::clone(&control);
    let full = move |_: &[Vec<u8>]| {
        hand.cancel();
        Ok(0)
    };
    assert!(!over(&control, full, |it| it.run(&mut sweep(), 16)).unwrap());
}

#[test]
fn an_interface_that_goes_down_is_named_and_takes_nothing_back() {
    let (mut discovery, mut trips) = (Discovery::default(), RoundTrips::new(Duration::ZERO));
    let mut sent = 0;
    // What leaves first is answered before the next frames fail.
    let once = move |frames: &[Vec<u8>]| {
        sent += 1;
        if sent > 1 { Err(io::Error::from(io::ErrorKind::NetworkDown)) } else { Ok(frames.len()) }
    };
    let error = over(&Control::default(), once, |driver| {
        // More than leave together.
        let targets = Ranges::of([&"10.0.0.0/22".parse().unwrap()]);
        let targets: Vec<IpAddr> = targets.iter().map(IpAddr::V4).collect();
        let mut sweep = Sweep::on_link(&targets, None, RoundTrips::new(Duration::ZERO), 1);
        driver.sweep(&mut sweep, targets.len() as u64, &mut trips, &mut discovery)
    });
    assert!(error.unwrap_err().to_string().ends_with("on nowhere0"));
    assert!(!discovery.found.is_empty());
}

#[test]
fn a_sweep_of_ports_that_is_stopped_says_of_nobody_that_it_is_whole() {
    let control = Arc::new(Control::default());
    let hand = Arc::clone(&control);
    let until_a_port_is_asked = move |frames: &[Vec<u8>]| {
        if frames.iter().any(|it| it.get(12..14) != Some(&ARP)) {
            hand.cancel();
        }
        Ok(frames.len())
    };
    let ports: Vec<u16> = (1..=60_000).collect();
    let addresses = sixteen();
    // More than one group, of which the later ones are never asked.
    let hosts: Vec<IpAddr> = addresses.iter().cycle().take(40).copied().collect();
    let ways: Vec<Way<'_>> =
        hosts.iter().map(|it| Way { address: *it, ports: &ports, next: *it }).collect();
    let tempo = Tempo { rate_pps: 100_000, profile: ScanProfile::Deep };
    let mut found = PortsFound::default();
    over(&control, until_a_port_is_asked, |it| it.scan_link(&ways, tempo, &mut found)).unwrap();
    assert!(!found.hosts.is_empty() && found.hosts.len() < ways.len());
    assert!(found.hosts.iter().all(|it| !it.1.is_whole), "{:?}", found.hosts);
}

#[test]
fn a_host_that_was_asked_everything_is_whole() {
    let ways =
        [Way { address: [10, 0, 0, 9].into(), ports: &[22, 80], next: [10, 0, 0, 9].into() }];
    let tempo = Tempo { rate_pps: 100_000, profile: ScanProfile::Deep };
    let mut found = PortsFound::default();
    let all = |frames: &[Vec<u8>]| Ok(frames.len());
    over(&Control::default(), all, |it| it.scan_link(&ways, tempo, &mut found)).unwrap();
    assert_eq!(found.hosts, [(ways[0].address, Swept { open: Vec::new(), is_whole: true })]);
}

#[test]
fn a_host_that_does_not_answer_at_first_is_looked_for_again_after_the_others() {
    let sleeper = [10, 0, 0, 9];
    let gone = [10, 0, 0, 10];
    let way = |it: [u8; 4]| Way { address: it.into(), ports: &[22], next: it.into() };
    let ways = [way(sleeper), way(gone), way([10, 0, 0, 11])];
    // Both rounds of the first look stay without answer.
    let deaf = BTreeMap::from([(sleeper, 2), (gone, usize::MAX)]);
    let tempo = Tempo { rate_pps: 100_000, profile: ScanProfile::Deep };
    let mut found = PortsFound { is_complete: true, ..PortsFound::default() };
    let all = |frames: &[Vec<u8>]| Ok(frames.len());
    over_deaf(&Control::default(), deaf, all, |it| it.scan_link(&ways, tempo, &mut found)).unwrap();
    let asked: Vec<IpAddr> = found.hosts.iter().map(|it| it.0).collect();
    assert_eq!(asked, [ways[2].address, ways[0].address]);
    assert_eq!(found.remarks, [remark("no_way", "10.0.0.10".to_owned())]);
    assert!(found.is_complete, "who left the link is not there to be asked");
}

#[test]
fn an_interface_that_does_not_open_is_a_remark_and_not_the_end() {
    use observation::latest::scan::ScanJob;
    let job = ScanJob {
        networks: vec!["10.0.0.0/28".parse().unwrap()],
        profile: ScanProfile::Deep,
        ..ScanJob::default()
    };
    let plan = Plan::of(&crate::plan::Scope::of(&job).unwrap(), &job, &around()).unwrap();
    let discovery = discover(&plan, &Control::default()).unwrap();
    assert!(!discovery.is_complete && discovery.done.is_empty());
    assert_eq!(discovery.remarks[0].code, "raw_failed");
    let tempo = Tempo { rate_pps: 1_000, profile: ScanProfile::Deep };
    let hosts = [([10, 0, 0, 9].into(), vec![22])];
    let found = scan_ports(&hosts, &around(), tempo, &Control::default()).unwrap();
    assert!(!found.is_complete && found.hosts.is_empty());
    assert_eq!(found.remarks[0].code, "raw_failed");
    assert!(found.remarks[0].what.contains("nowhere0"), "{:?}", found.remarks);
}
