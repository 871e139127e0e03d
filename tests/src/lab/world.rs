//! Builds the company inside the outer namespaces: bridges, cables, hosts.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::lab::company::{Company, Host, Nic};
use crate::lab::shell::{feed, program, read, run};
use crate::lab::truth;

/// Longest time until all daemons listen.
const READY_WAIT: Duration = Duration::from_secs(90);

/// The first process of the outer namespaces: builds, says `ready`, and stays until its standard
/// input ends.
///
/// # Errors
/// What could not be built; the namespaces vanish with the process.
pub fn inside(folder: &Path, wires: &[&str]) -> anyhow::Result<()> {
    let company = Company::load()?;
    prepare(folder, &company)?;
    for wire in wires {
        string(&company, wire).with_context(|| format!("wire {wire}"))?;
    }
    let mut running = Vec::new();
    for host in &company.host {
        running.push(start(folder, host)?);
    }
    wait_until_ready(folder, &company, &mut running)?;
    for host in &company.host {
        std::fs::write(folder.join("pids").join(&host.name), first_process(&running, &host.name)?)?;
    }
    let truth = truth::collect(folder, &company)?;
    std::fs::write(folder.join("truth.json"), serde_json::to_vec_pretty(&truth)?)?;
    writeln!(std::io::stdout(), "ready")?;
    // The end of standard input is the order to end, or the death of whoever gave orders.
    let mut rest = [0; 64];
    while std::io::stdin().lock().read(&mut rest)? > 0 {}
    Ok(())
}

fn prepare(folder: &Path, company: &Company) -> anyhow::Result<()> {
    for name in ["hosts", "shared/state", "shared/logs", "shared/meters", "pids"] {
        std::fs::create_dir_all(folder.join(name))?;
    }
    let hosts = folder.join("hosts").display().to_string();
    run("mount", &["-t", "tmpfs", "-o", "mode=755", "lab", &hosts])?;
    std::fs::create_dir_all("/run/netns")?;
    run("mount", &["-t", "tmpfs", "-o", "mode=755", "lab", "/run/netns"])?;
    let script = include_str!("../../lab/certificates.sh");
    let pki = folder.join("shared/pki").display().to_string();
    run("sh", &["-c", script, "certificates", &pki]).context("certificates")?;
    // The switch has no address of its own.
    std::fs::write("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1")?;
    std::fs::write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1")?;
    let mut orders = String::new();
    for segment in &company.segment {
        let bridge = bridge(&segment.name);
        writeln!(orders, "link add name {bridge} type bridge forward_delay 0 mcast_snooping 0")?;
        writeln!(orders, "link set dev {bridge} up")?;
    }
    feed("ip", &["-batch", "-"], &orders)?;
    let mut orders = String::new();
    for (index, host) in company.host.iter().enumerate() {
        run("ip", &["netns", "add", &namespace(host)])?;
        for (number, nic) in host.nic.iter().enumerate() {
            let port = format!("kl{index}-{number}");
            writeln!(
                orders,
                "link add name {port} type veth peer name eth{number} address {} netns {}",
                nic.mac,
                namespace(host)
            )?;
            writeln!(orders, "link set dev {port} master {} up", bridge(&nic.segment))?;
        }
    }
    feed("ip", &["-batch", "-"], &orders)?;
    company.host.iter().try_for_each(|host| configure(company, host))
}

fn bridge(segment: &str) -> String {
    format!("kl-{segment}")
}

fn namespace(host: &Host) -> String {
    format!("kl-{}", host.name)
}

/// Addresses, routes, forwarding and rules of a host, before its first process starts.
fn configure(company: &Company, host: &Host) -> anyhow::Result<()> {
    let namespace = namespace(host);
    let mut settings = "net.ipv6.conf.all.accept_dad=0\nnet.ipv6.conf.default.accept_dad=0\n\
        net.ipv4.ping_group_range=0 2147483647\n"
        .to_owned();
    for number in 0..host.nic.len() {
        writeln!(settings, "net.ipv6.conf.eth{number}.accept_dad=0")?;
        writeln!(settings, "net.ipv6.conf.eth{number}.accept_ra=0")?;
    }
    if host.is_router {
        settings.push_str("net.ipv4.ip_forward=1\nnet.ipv6.conf.all.forwarding=1\n");
    }
    feed("ip", &["netns", "exec", &namespace, "sysctl", "-q", "-p", "-"], &settings)?;
    let mut orders = "link set dev lo up\n".to_owned();
    for (number, nic) in host.nic.iter().enumerate() {
        writeln!(orders, "link set dev eth{number} up")?;
        let segment = company.segment(&nic.segment)?;
        if let Some(v4) = nic.v4 {
            let (length, broadcast) = (segment.v4.prefix_len(), segment.v4.broadcast());
            writeln!(orders, "addr add {v4}/{length} broadcast {broadcast} dev eth{number}")?;
        }
        if let Some(v6) = nic.v6 {
            let length = segment.v6.prefix_len();
            writeln!(orders, "addr add {v6}/{length} dev eth{number} nodad")?;
        }
    }
    if let Some(first) = host.nic.first().filter(|_| !host.is_router) {
        default_routes(company, first, &mut orders)?;
    }
    for route in &host.route {
        writeln!(orders, "route add {} via {}", route.to, route.via)?;
    }
    feed("ip", &["-n", &namespace, "-batch", "-"], &orders)?;
    if host.nft.is_empty() {
        return Ok(());
    }
    let rules = format!("table inet lab {{\n{}\n}}\n", host.nft);
    feed("ip", &["netns", "exec", &namespace, "nft", "-f", "-"], &rules).context(namespace)
}

fn default_routes(company: &Company, nic: &Nic, orders: &mut String) -> anyhow::Result<()> {
    let segment = company.segment(&nic.segment)?;
    if let (Some(gateway), Some(_)) = (segment.gateway4, nic.v4) {
        writeln!(orders, "route add default via {gateway}")?;
    }
    if let (Some(gateway), Some(_)) = (segment.gateway6, nic.v6) {
        writeln!(orders, "route add default via {gateway}")?;
    }
    Ok(())
}

/// Puts a cable with delay and loss between an interface of a host and its bridge.
fn string(company: &Company, wire: &str) -> anyhow::Result<()> {
    let mut words = wire.split(':');
    let mut word = || words.next().context("HOST:INTERFACE:MILLISECONDS:PERCENT");
    let (name, number, delay, loss) = (word()?, word()?, word()?, word()?);
    let index = company.host.iter().position(|it| it.name == name).context("no such host")?;
    let host = company.host(name)?;
    let nic = host.nic.get(number.parse::<usize>()?).context("no such interface")?;
    let (port, near, far) = (
        format!("kl{index}-{number}"),
        format!("klw{index}-{number}"),
        format!("klx{index}-{number}"),
    );
    let bridge = bridge(&nic.segment);
    let orders = format!(
        "link set dev {port} nomaster\nlink add name {near} type veth peer name {far}\n\
         link set dev {near} up\nlink set dev {far} master {bridge} up\n"
    );
    feed("ip", &["-batch", "-"], &orders)?;
    // Whatever leaves towards the wire must be a frame as on a cable: whole, with its checksums.
    let off = ["tx", "off", "tso", "off", "gso", "off"];
    run("ethtool", &[&["-K", &far][..], &off].concat())?;
    let interface = format!("eth{number}");
    let inner = ["netns", "exec", &namespace(host), "ethtool", "-K", &interface];
    run("ip", &[&inner[..], &off].concat())?;
    let mut pump = program(&std::env::current_exe()?.display().to_string());
    pump.args(["wire", &port, &near, delay, loss]).stdin(Stdio::null()).spawn()?;
    Ok(())
}

/// A host's `unshare`; its child is the host's first process.
struct Running {
    name: String,
    unshare: Child,
    // Its end is the host's order to end.
    _orders: Option<ChildStdin>,
}

fn start(folder: &Path, host: &Host) -> anyhow::Result<Running> {
    let log = std::fs::File::create(folder.join("shared/logs").join(&host.name))?;
    let mut command = program("nsenter");
    command.arg(format!("--net=/run/netns/{}", namespace(host)));
    command.args(["unshare", "--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child=KILL"]);
    command.args(["--propagation", "private"]).arg(std::env::current_exe()?);
    command.arg("host").arg(&host.name).arg(folder);
    command.stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log);
    let mut unshare = command.spawn().context("nsenter did not start")?;
    let orders = unshare.stdin.take();
    Ok(Running { name: host.name.clone(), unshare, _orders: orders })
}

fn wait_until_ready(
    folder: &Path,
    company: &Company,
    running: &mut [Running],
) -> anyhow::Result<()> {
    let start = Instant::now();
    let state = |host: &Host| folder.join("shared/state").join(&host.name);
    loop {
        let waiting: Vec<&str> =
            company.host.iter().filter(|it| !state(it).exists()).map(|it| &*it.name).collect();
        if waiting.is_empty() {
            return Ok(());
        }
        for it in running.iter_mut() {
            if let Some(status) = it.unshare.try_wait()? {
                anyhow::bail!("{} ended ({status}): {}", it.name, said(folder, &it.name));
            }
        }
        let late = start.elapsed() > READY_WAIT;
        anyhow::ensure!(
            !late,
            "not ready: {waiting:?}\n{}",
            said(folder, waiting.first().unwrap_or(&""))
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn said(folder: &Path, host: &str) -> String {
    let text = read(&folder.join("shared/logs").join(host)).unwrap_or_default();
    let lines: Vec<&str> = text.lines().rev().take(15).collect();
    lines.into_iter().rev().collect::<Vec<&str>>().join("\n")
}

/// The id, within the outer PID namespace, of a host's first process.
fn first_process(running: &[Running], name: &str) -> anyhow::Result<String> {
    let host = running.iter().find(|it| it.name == name).context("not started")?;
    child_of(host.unshare.id())
}

/// The id of the only child of a process.
pub(crate) fn child_of(parent: u32) -> anyhow::Result<String> {
    let path = PathBuf::from(format!("/proc/{parent}/task/{parent}/children"));
    let children = read(&path)?;
    let first = children.split_whitespace().next();
    Ok(first.with_context(|| format!("process {parent} has no child"))?.to_owned())
}
