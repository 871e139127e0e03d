//! The company in network namespaces, documented by agents and a scan as a user would do it, and
//! compared with the truth. Needs root and the daemons that `.ci/run` installs.

#[path = "lab/book.rs"]
mod book;

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use inventory::export::NetworkDocument;
use tests::lab::compare::{Comparison, compare, of_document};
use tests::lab::door::Lab;
use tests::lab::meter::Count;
use tests::lab::truth::{SCANNER, Truth};

/// The network of a company changes while it is looked at; a lab does not. What may be missing is
/// what a later version has to learn.
const SHARES: &[(&str, f64)] = &[
    ("hosts", 0.99),
    ("silent hosts", 1.0),
    ("addresses", 0.99),
    ("MACs", 0.95),
    ("hops", 1.0),
    ("services", 0.97),
    ("products", 0.92),
    ("versions", 0.85),
    ("links", 0.95),
];
/// The host with an agent in a segment that the collector reaches through two routers.
const AGENT_IN_DMZ: &str = "mail01";
/// How long an agent may take for its scans.
const AGENT_WAIT: Duration = Duration::from_secs(180);
const CONFIG: &str = "names = [\"10.20.1.5\"]\n";
const CREDENTIALS: &str = r#"
[[snmp]]
version = "v2c"
community = "kl-read"
scope = ["10.20.0.0/16", "10.30.0.0/16"]

[[snmp]]
version = "v3"
user = "kluser"
auth = "sha"
auth_password = "kl-auth-password"
priv = "aes"
priv_password = "kl-priv-password"
scope = ["10.20.1.0/24"]
"#;

#[test]
fn agents_and_a_scan_document_the_company_and_harm_nothing() -> anyhow::Result<()> {
    let programs = build_programs()?;
    let folder = tempfile::tempdir()?;
    let start = Instant::now();
    let lab = Lab::build(&programs, folder.path(), &[])?;
    say(&format!("the lab stands after {:.1} s", start.elapsed().as_secs_f64()))?;
    let truth = lab.truth()?;
    serve(&lab)?;
    enrol(&lab, &truth)?;
    say(&format!("agents have reported after {:.1} s", start.elapsed().as_secs_f64()))?;
    plan_for_agent(&lab)?;
    let document = scan(&lab, &truth)?;
    say(&format!("the scan is done after {:.1} s", start.elapsed().as_secs_f64()))?;
    let result = compare(&truth, &of_document(&document));
    say(&result.to_string())?;
    let mut wrong = shortcomings(&result)?;
    wrong.extend(scanned_by_agent(&lab)?);
    say(&format!("the agent's scan is done after {:.1} s", start.elapsed().as_secs_f64()))?;
    wrong.extend(harm(&lab)?);
    wrong.extend(export(&lab, &truth)?);
    say(&format!("everything is compared after {:.1} s", start.elapsed().as_secs_f64()))?;
    anyhow::ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// The programs that a user runs, beside `lab` itself.
fn build_programs() -> anyhow::Result<std::path::PathBuf> {
    let lab = Path::new(env!("CARGO_BIN_EXE_lab")).to_owned();
    let mut build = command(env!("CARGO"));
    build.args(["build", "--locked", "--quiet", "-p", "kataster", "-p", "kataster-agent"]);
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    anyhow::ensure!(build.status()?.success(), "the programs cannot be built");
    Ok(lab)
}

#[expect(clippy::disallowed_methods, reason = "a test of programs")]
fn command(name: &str) -> Command {
    Command::new(name)
}

fn say(text: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stderr(), "{text}")?)
}

/// A command that must succeed; what it printed.
fn run(lab: &Lab, host: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let output = lab.command(host)?.args(arguments).stdin(Stdio::null()).output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    anyhow::ensure!(output.status.success(), "{host}: {}: {said}", arguments.join(" "));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Starts the collector and waits until it says that it runs.
fn serve(lab: &Lab) -> anyhow::Result<()> {
    std::fs::write(lab.shared().join("kataster.toml"), CONFIG)?;
    let credentials = lab.shared().join("credentials.toml");
    std::fs::write(&credentials, CREDENTIALS)?;
    std::fs::set_permissions(&credentials, std::fs::Permissions::from_mode(0o600))?;
    let path = lab.shared().join("logs/kataster-serve");
    let log = File::create(&path)?;
    let mut serve = lab.command(SCANNER)?;
    serve.args(["kataster", "--lang", "en", "--config", "/lab/kataster.toml", "serve"]);
    let mut serve = serve.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()?;
    let start = Instant::now();
    while !run(lab, SCANNER, &["cat", "/lab/logs/kataster-serve"])?.contains("is running") {
        let is_there = serve.try_wait()?.is_none() && start.elapsed() < Duration::from_secs(20);
        anyhow::ensure!(is_there, "the collector does not listen, see {}", path.display());
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// Makes every host with an agent known, and has it report once.
fn enrol(lab: &Lab, truth: &Truth) -> anyhow::Result<()> {
    let hosts: Vec<&str> =
        truth.hosts.iter().filter(|it| it.has_agent).map(|it| it.name.as_str()).collect();
    let uses = hosts.len().to_string();
    let token = ["kataster", "agent", "token", "create", "--kind", "server", "--uses", &uses];
    run(lab, SCANNER, &[&token[..], &["--out", "/lab/token"]].concat())?;
    for host in hosts {
        run(lab, host, &["kataster-agent", "enrol", "--token-file", "/lab/token"])?;
        run(lab, host, &["kataster-agent", "once"])?;
    }
    Ok(())
}

/// The scan as a user orders it. Partial is no failure here: hosts that say nothing on an open port
/// are part of the lab.
fn scan(lab: &Lab, truth: &Truth) -> anyhow::Result<NetworkDocument> {
    let mut scan = lab.command(SCANNER)?;
    scan.args(["kataster", "--lang", "en", "scan", "run"]).args(&truth.networks);
    scan.args(["--exclude"]).args(&truth.excluded).args(["--profile", "normal", "--allow-range"]);
    scan.args(["--credentials", "/lab/credentials.toml", "-o", "json"]);
    let output = scan.stdin(Stdio::null()).output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let is_usable = matches!(output.status.code(), Some(0 | 3));
    anyhow::ensure!(is_usable, "scan run: {:?}: {said}", output.status.code());
    std::fs::write(lab.shared().join("scan.json"), &output.stdout)?;
    serde_json::from_slice(&output.stdout).context(said)
}

/// Plans that an agent in another segment is to carry out: one that its own configuration permits, and
/// one that it does not. They are due with the next minute, while the collector scans itself.
fn plan_for_agent(lab: &Lab) -> anyhow::Result<()> {
    let agents = run(lab, SCANNER, &["kataster", "agent", "list", "-o", "json"])?;
    let agents: Vec<serde_json::Value> = serde_json::from_str(&agents)?;
    let agent = agents
        .iter()
        .find(|it| it.pointer("/host_name").and_then(|it| it.as_str()) == Some(AGENT_IN_DMZ));
    let agent = agent.and_then(|it| it.pointer("/id")?.as_str()).context("no agent in the DMZ")?;
    for (name, network) in [("dmz", "10.20.3.0/24"), ("foreign", "10.20.4.0/24")] {
        let add = ["kataster", "scan", "plan", "add", name, network, "--cron", "* * * * *"];
        run(lab, SCANNER, &[&add[..], &["--vantage", agent]].concat())?;
    }
    let permits = "[scan]\nnetworks = [\"10.20.3.0/24\"]\n";
    Ok(std::fs::write(lab.shared().join("agent.toml"), permits)?)
}

/// Lets the agent take its jobs; what it did not do as it should. It asks for them with its reports,
/// and the next one after its first is a quarter of an hour away: it starts when they are due.
fn scanned_by_agent(lab: &Lab) -> anyhow::Result<Vec<String>> {
    let plans = ["dmz", "foreign"];
    wait_for_runs(lab, plans, |it| it.state == "waiting")?;
    let mut agent = lab.command(AGENT_IN_DMZ)?;
    agent.args(["kataster-agent", "run", "--config", "/lab/agent.toml"]).stdin(Stdio::null());
    let log = File::create(lab.shared().join("logs/kataster-agent-run"))?;
    let mut agent = agent.stdout(log.try_clone()?).stderr(log).spawn()?;
    let ended = wait_for_runs(lab, plans, |it| it.state != "waiting" && it.state != "running");
    agent.kill()?;
    agent.wait()?;
    let [own, foreign] = ended?;
    for name in plans {
        run(lab, SCANNER, &["kataster", "scan", "plan", "remove", name])?;
    }
    let mut wrong = Vec::new();
    if (own.state.as_str(), foreign.state.as_str(), foreign.targets) != ("complete", "partial", 0) {
        wrong.push(format!("runs of the agent: {own:?} {foreign:?}"));
    }
    let shown = run(lab, SCANNER, &["kataster", "scan", "show", &own.id, "-o", "json"])?;
    let document: NetworkDocument = serde_json::from_str(&shown)?;
    // Seen from its own segment a host has a hardware address and no station in between.
    let is_near = document
        .devices
        .iter()
        .any(|it| it.name == "web01" && it.macs == ["52:54:00:20:03:10"] && it.hops == Some(1));
    if !is_near {
        wrong.push(format!("the agent did not see web01 beside it: {shown}"));
    }
    Ok(wrong)
}

#[derive(Debug)]
struct AgentRun {
    plan: String,
    id: String,
    state: String,
    targets: u64,
}

fn runs(lab: &Lab) -> anyhow::Result<Vec<AgentRun>> {
    let listed = run(lab, SCANNER, &["kataster", "scan", "list", "-o", "json"])?;
    let rows: Vec<serde_json::Value> = serde_json::from_str(&listed)?;
    let of_plan = |row: &serde_json::Value| {
        let text = |at| Some(row.pointer(at)?.as_str()?.to_owned());
        let targets = row.pointer("/targets")?.as_u64()?;
        let (plan, id, state) = (text("/plan")?, text("/run/id")?, text("/run/state")?);
        Some(AgentRun { plan, id, state, targets })
    };
    Ok(rows.iter().filter_map(of_plan).collect())
}

/// Waits until each of both plans has a run of the kind wanted.
fn wait_for_runs(
    lab: &Lab,
    plans: [&str; 2],
    is_wanted: impl Fn(&AgentRun) -> bool,
) -> anyhow::Result<[AgentRun; 2]> {
    let start = Instant::now();
    loop {
        let mut listed = runs(lab)?;
        listed.retain(&is_wanted);
        let mut take = |plan: &str| {
            let position = listed.iter().position(|it| it.plan == plan)?;
            Some(listed.swap_remove(position))
        };
        let [first, second] = plans.map(&mut take);
        if let (Some(first), Some(second)) = (first, second) {
            return Ok([first, second]);
        }
        anyhow::ensure!(start.elapsed() < AGENT_WAIT, "not as wanted: {:?}", runs(lab)?);
        std::thread::sleep(Duration::from_millis(500));
    }
}

fn shortcomings(result: &Comparison) -> anyhow::Result<Vec<String>> {
    let mut wrong = Vec::new();
    for (name, share) in SHARES {
        let measure = result.measure(name)?;
        if measure.share() < *share {
            wrong.push(format!("{name}: {} of {}", measure.right, measure.of));
        }
    }
    let none = [
        ("stands there twice", &result.duplicates),
        ("is several hosts", &result.merged),
        ("does not exist", &result.invented),
        ("wrong version", &result.wrong_versions),
        ("wrong link", &result.wrong_links),
    ];
    for (what, list) in none {
        wrong.extend(list.iter().map(|it| format!("{what}: {it}")));
    }
    Ok(wrong)
}

/// What the meters say that a scan must not do.
fn harm(lab: &Lab) -> anyhow::Result<Vec<String>> {
    let mut harm = Vec::new();
    let mut check = |is_fine: bool, what: String| {
        if !is_fine {
            harm.push(what);
        }
    };
    for entry in std::fs::read_dir(lab.shared().join("meters"))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let count: Count = serde_json::from_reader(File::open(entry.path())?)?;
        check(count.at_once_max <= 4, format!("{name}: too many at once: {count:?}"));
        check(count.foreign_messages == 0, format!("{name}: not its protocol: {count:?}"));
        check(count.left == 0 && count.reset == 0, format!("{name}: not closed: {count:?}"));
        let is_silent = name.ends_with("-print") || name.ends_with("-modbus");
        check(count.bytes == 0 || !is_silent, format!("{name}: bytes: {count:?}"));
        let is_open_to_scans = !name.ends_with("-modbus");
        check(count.connections == 0 || is_open_to_scans, format!("{name}: asked: {count:?}"));
    }
    // Everything from the scanner to other segments passes rt-a.
    for (host, counter) in [("quiet01", "touched"), ("rt-a", "strayed")] {
        let said = run(lab, host, &["nft", "list", "counter", "inet", "lab", counter])?;
        check(said.contains("packets 0 "), format!("{host} {counter}: {said}"));
    }
    Ok(harm)
}

/// Exports the workbook and reads it back.
fn export(lab: &Lab, truth: &Truth) -> anyhow::Result<Vec<String>> {
    let path = "/lab/kataster.xlsx";
    run(lab, SCANNER, &["kataster", "--lang", "en", "export", "workbook", "--out", path])?;
    book::compare(&lab.shared().join("kataster.xlsx"), truth)
}
