//! Load generator for the engine of packets, to be run inside network namespaces of its own
//! (`tests/benchmarks/discovery.sh` makes them): what rate it reaches and what it finds, as JSON lines.
//!
//! `discover CIDR [RATE]` · `ports CIDR [RATE] [PORTS]` · `flood CIDR PACKETS`: SYN sweep without pace
//! beside a loop that does nothing but send one SYN in batches, to addresses where nobody is.

use std::io::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use observation::latest::scan::{ProbeSelection, ScanFigures, ScanJob, ScanProfile};
use scan::net::raw::{Control, Tempo, discover, plain_send, scan_ports};
use scan::net::surroundings;
use scan::plan::{Plan, Scope, Surroundings};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [mode, network, rest @ ..] = arguments.as_slice() else {
        bail!("see the head of the file")
    };
    let number = |at: usize, default: u32| rest.get(at).map_or(Ok(default), |it| it.parse());
    let job = ScanJob {
        networks: vec![network.parse()?],
        profile: ScanProfile::Deep,
        probes: ProbeSelection::Discovery,
        rate_pps: Some(number(0, 20_000)?),
        allow_range: true,
        ..ScanJob::default()
    };
    let around = surroundings::read()?;
    let plan = Plan::of(&Scope::of(&job)?, &job, &around)?;
    match mode.as_str() {
        "discover" => discovered(&plan),
        "ports" => ports(&plan, &around, number(1, 1_000)?),
        "flood" => flood(&plan, &around, number(0, 1_000_000)?),
        other => bail!("no mode {other}"),
    }
}

fn discovered(plan: &Plan) -> Result<()> {
    let began = Instant::now();
    let discovery = discover(plan, &Control::default())?;
    let remarks: Vec<String> =
        discovery.remarks.iter().map(|it| format!("{} {}", it.code, it.what)).collect();
    let longest = discovery.found.iter().filter_map(|it| it.round_trip).max();
    let more = serde_json::json!({
        "found": discovery.found.len(),
        "with_mac": discovery.found.iter().filter(|it| it.mac.is_some()).count(),
        "remarks": remarks,
        "longest_ms": longest.map(|it| it.as_secs_f64() * 1e3),
        "complete": discovery.is_complete,
    });
    tell("discover", began.elapsed(), &discovery.figures, more)
}

fn ports(plan: &Plan, around: &Surroundings, count: u32) -> Result<()> {
    let found = discover(plan, &Control::default())?.found;
    let count = usize::try_from(count)?;
    let mut ports = scan::plan::ports::of(ScanProfile::Deep, &ProbeSelection::All, false);
    ports.truncate(count);
    let hosts: Vec<_> = found.iter().map(|it| (it.address, ports.clone())).collect();
    let began = Instant::now();
    let swept = scan_ports(&hosts, around, tempo(plan.rate_pps()), &Control::default())?;
    let open: usize = swept.hosts.iter().map(|it| it.1.open.len()).sum();
    let more =
        serde_json::json!({ "hosts": hosts.len(), "open": open, "complete": swept.is_complete });
    tell("ports", began.elapsed(), &swept.figures, more)
}

fn flood(plan: &Plan, around: &Surroundings, packets: u32) -> Result<()> {
    let first = plan.scope().addresses().next().context("an address")?;
    let began = Instant::now();
    let sent = plain_send(first, around, packets.into())?;
    let figures = ScanFigures { packets_sent: sent, ..ScanFigures::default() };
    tell("plain", began.elapsed(), &figures, serde_json::json!({}))?;
    let addresses: Vec<_> = plan.scope().addresses().take(200).collect();
    let each = usize::try_from(packets)? / addresses.len().max(1) / 2;
    let ports: Vec<u16> = (1..=u16::MAX).take(each).collect();
    let hosts: Vec<_> = addresses.into_iter().map(|it| (it, ports.clone())).collect();
    let began = Instant::now();
    let swept = scan_ports(&hosts, around, tempo(u32::MAX), &Control::default())?;
    tell("engine", began.elapsed(), &swept.figures, serde_json::json!({}))
}

fn tempo(rate_pps: u32) -> Tempo {
    Tempo { rate_pps, profile: ScanProfile::Deep }
}

fn tell(what: &str, time: Duration, figures: &ScanFigures, more: serde_json::Value) -> Result<()> {
    let usage = cpu_seconds();
    let line = serde_json::json!({
        "what": what,
        "seconds": (time.as_secs_f64() * 1e4).round() / 1e4,
        "packets": figures.packets_sent,
        "matched": figures.packets_matched,
        "packets_per_second": (figures.packets_sent as f64 / time.as_secs_f64()).round(),
        "cpu_seconds_of_process": usage,
        "more": more,
    });
    writeln!(std::io::stdout().lock(), "{line}")?;
    Ok(())
}

/// Processor time of this process so far, user and system, from `/proc/self/stat` (proc(5)).
#[expect(clippy::disallowed_methods, reason = "bounded by `take`")]
fn cpu_seconds() -> Option<f64> {
    let mut stat = String::new();
    let file = std::fs::File::open("/proc/self/stat").ok()?;
    std::io::Read::read_to_string(&mut std::io::Read::take(file, 4096), &mut stat).ok()?;
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_ascii_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|it| it.parse::<f64>().ok());
    Some((ticks(11)? + ticks(12)?) / 100.0)
}
