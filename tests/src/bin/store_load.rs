//! How fast the store takes reports, and how large it becomes.
//!
//! `store_load FOLDER [AGENTS] [PACKAGES] [ROUNDS]`: each agent sends one report with packages, then
//! repeats it by its host hash in each round, then changes one package. Prints rate, processor time
//! per report and bytes per host.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "the figures are this program's answer; the kernel's file is small"
)]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use observation::ContentHash;
use observation::latest::SectionBody;
use store::{IncomingReport, SqliteStore, Store};
use tests::store_material::{enrol_agents, host_hash, named, packages, receipt, report};
use tokio::task::JoinSet;

/// Requests under way at once, as of that many connections.
const PARALLEL: u128 = 64;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = arguments.first().context("a folder is needed")?;
    let number = |index: usize, default: u32| {
        arguments.get(index).map_or(Ok(default), |it| it.parse::<u32>())
    };
    let (agents, listed, rounds) = (number(1, 200)?, number(2, 1100)?, number(3, 20)?);
    let path = Path::new(folder).join("load.db");
    let store = Arc::new(SqliteStore::open(&path)?);
    enrol_agents(store.as_ref(), agents).await?;

    let bodies = move |agent: u128, change: u32| {
        // Hosts of a company share nine packages of ten.
        let list: Vec<String> = (0..listed)
            .map(|it| match it % 10 {
                0 => format!("package-{it}=1.{agent}.{}", if it == 0 { change } else { 0 }),
                _ => format!("package-{it}=2.{it}"),
            })
            .collect();
        let list: Vec<&str> = list.iter().map(String::as_str).collect();
        vec![named(&format!("host-{agent}")), packages(&list)]
    };
    let first = move |agent| vec![full(agent, 1, &bodies(agent, 0))];
    measure("new host", &store, agents, first).await?;
    println!("  {} bytes per host", size(&path)? / u64::from(agents));
    let again = move |agent: u128| {
        let hash = host_hash(&bodies(agent, 0));
        (2..2 + rounds).map(|sequence| (sequence, Step::Hash(hash))).collect()
    };
    measure("repetition", &store, agents, again).await?;
    let changed = move |agent| vec![full(agent, 2 + rounds, &bodies(agent, 1))];
    measure("one package changed", &store, agents, changed).await?;
    println!("  {} bytes per host", size(&path)? / u64::from(agents));
    Ok(())
}

/// One thing that an agent sends, under its sequence.
enum Step {
    Full(Box<IncomingReport>),
    Hash(ContentHash),
}

/// An agent and what it sends.
type Sender = (u128, Vec<(u32, Step)>);

fn full(agent: u128, sequence: u32, bodies: &[SectionBody]) -> (u32, Step) {
    let report = report(agent, u64::from(sequence), i64::from(sequence), bodies);
    (sequence, Step::Full(Box::new(report)))
}

/// Sends what each agent has to send, some agents at a time, and prints what it cost.
async fn measure(
    name: &str,
    store: &Arc<SqliteStore>,
    agents: u32,
    steps: impl Fn(u128) -> Vec<(u32, Step)>,
) -> anyhow::Result<()> {
    let mut work: Vec<Vec<Sender>> = (0..PARALLEL).map(|_| Vec::new()).collect();
    let mut count = 0_u32;
    for agent in 1..=u128::from(agents) {
        let steps = steps(agent);
        count += u32::try_from(steps.len())?;
        if let Some(line) = work.get_mut(usize::try_from(agent % PARALLEL)?) {
            line.push((agent, steps));
        }
    }
    let (began, processor) = (Instant::now(), processor_time()?);
    let mut lines = JoinSet::new();
    for line in work {
        let store = Arc::clone(store);
        lines.spawn(async move {
            for (agent, steps) in line {
                for (sequence, step) in steps {
                    send(store.as_ref(), agent, sequence, step).await?;
                }
            }
            anyhow::Ok(())
        });
    }
    while let Some(line) = lines.join_next().await {
        line??;
    }
    let (took, used) = (began.elapsed(), processor_time()?.saturating_sub(processor));
    println!(
        "{name}: {count} reports, {:.0} per second, {} µs of processor each",
        f64::from(count) / took.as_secs_f64(),
        (used / count.max(1)).as_micros()
    );
    Ok(())
}

async fn send(store: &dyn Store, agent: u128, sequence: u32, step: Step) -> anyhow::Result<()> {
    let (number, at) = (u64::from(sequence), i64::from(sequence));
    match step {
        Step::Full(report) => {
            store.append_report(*report).await?;
        }
        Step::Hash(hash) => {
            let known = store.confirm_host_hash(receipt(agent, number, at), hash).await?;
            known.context("the host hash is not known")?;
        }
    }
    Ok(())
}

fn size(path: &Path) -> anyhow::Result<u64> {
    let connection = rusqlite::Connection::open(path)?;
    let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
    let bytes: i64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
    Ok(u64::try_from(pages * bytes)?)
}

/// The processor time of this process up to now, from the kernel's clock of processes (proc(5):
/// fields 14 and 15, in hundredths of a second).
fn processor_time() -> anyhow::Result<Duration> {
    let text = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split(' ').collect();
    let ticks = |index: usize| fields.get(index).and_then(|it| it.parse::<u64>().ok());
    let (user, system) = ticks(12).zip(ticks(13)).context("/proc/self/stat has another form")?;
    Ok(Duration::from_millis((user + system) * 10))
}
