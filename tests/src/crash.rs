//! Agents post while their collector is killed again and again: what it acknowledged must be there
//! afterwards, once.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use inventory::asset::ObserverId;
use jiff::SignedDuration;
use observation::ContentHash;
use observation::latest::AgentId;
use observation::latest::protocol::UploadAnswer;
use serde::{Deserialize, Serialize};
use store::{SqliteStore, Store};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::loopback::{Running, Speaker, TokenTerms, body, number};

/// The argument that makes the program the collector.
pub const COLLECTOR: &str = "--collector";
/// Reports that must be acknowledged between two kills, so that each kill hits work under way.
const REPORTS_BETWEEN_KILLS: u64 = 4;
/// Longest wait for another collector before a report is sent again to the present one.
const PATIENCE: Duration = Duration::from_secs(1);
/// A run in which nothing is acknowledged for so long has failed.
const STANDSTILL: Duration = Duration::from_secs(30);

/// What a started collector says of itself, in one line.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Started {
    agents: SocketAddr,
    token: String,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// How often the collector was killed.
    pub kills: u64,
    /// Reports that were answered with 200.
    pub acknowledged: u64,
    /// Of these, those whose earlier answer was lost and that were recognised.
    pub recognised: u64,
    /// Acknowledged and not there.
    pub lost: u64,
    /// There more than once.
    pub duplicated: u64,
}

/// The collector's side: serves until its input ends.
///
/// # Errors
/// If it cannot start.
pub async fn serve(folder: &Path) -> anyhow::Result<()> {
    let running = Running::start(folder).await?;
    let terms =
        TokenTerms { uses_max: 1000, life: SignedDuration::from_hours(24), needs_approval: false };
    let token = running.token(terms).await?.to_text();
    let started = serde_json::to_string(&Started { agents: running.agents, token })?;
    writeln!(std::io::stdout(), "{started}")?;
    let wait = || BufReader::new(std::io::stdin()).read_line(&mut String::new());
    tokio::task::spawn_blocking(wait).await??;
    running.end().await;
    Ok(())
}

/// A collector as a process of its own; killed when dropped.
pub struct Process {
    child: Child,
    started: Started,
}

impl Process {
    #[expect(clippy::disallowed_methods, reason = "a process is what is killed here")]
    /// Starts `program` as the collector of a data folder.
    ///
    /// # Errors
    /// If it does not come up.
    pub fn start(program: &Path, folder: &Path) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        command.arg(COLLECTOR).arg(folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().context("starting the collector")?;
        let output = child.stdout.take().context("the collector has no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let started = serde_json::from_str(&line).with_context(|| format!("it said {line:?}"))?;
        Ok(Self { child, started })
    }

    /// The agents' listener.
    #[must_use]
    pub const fn agents(&self) -> SocketAddr {
        self.started.agents
    }

    /// An agent that has just enrolled.
    ///
    /// # Errors
    /// If it could not.
    pub async fn speaker(&self) -> anyhow::Result<Speaker> {
        let enrolled = Speaker::enrol(&self.started.token.parse()?, self.started.agents).await?;
        enrolled.map_err(|it| anyhow::anyhow!("not enrolled: {it:?}"))
    }

    /// Processor time that it has used, from `/proc` in ticks of 10 ms (proc(5), `utime`, `stime`).
    ///
    /// # Errors
    /// If the system does not say.
    #[expect(clippy::disallowed_methods, reason = "one line of the kernel")]
    pub fn cpu_seconds(&self) -> anyhow::Result<f64> {
        let line = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let fields = line.rsplit(')').next().unwrap_or_default().split_whitespace();
        let ticks = fields.skip(11).take(2).map(str::parse::<u32>);
        Ok(ticks.sum::<Result<u32, _>>().map(f64::from)? / 100.0)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // SIGKILL; it may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What all posting agents share.
struct Shared {
    address: watch::Receiver<SocketAddr>,
    /// Rung with every acknowledgement.
    bell: Notify,
    is_over: AtomicBool,
    acknowledged: AtomicU64,
    recognised: AtomicU64,
}

/// Kills a collector `kills` times under `agents` posting agents and counts what is missing.
///
/// # Errors
/// If something other than a killed collector stands in the way.
pub async fn run(program: PathBuf, kills: u64, agents: u64) -> anyhow::Result<Outcome> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("collector");
    let mut process = Process::start(&program, &data)?;
    let (publish, address) = watch::channel(process.started.agents);
    let shared = Arc::new(Shared {
        address,
        bell: Notify::new(),
        is_over: AtomicBool::new(false),
        acknowledged: AtomicU64::new(0),
        recognised: AtomicU64::new(0),
    });
    let mut posting = JoinSet::new();
    for _ in 0..agents {
        posting.spawn(post(process.speaker().await?, Arc::clone(&shared)));
    }
    for _ in 0..kills {
        progress(&shared).await?;
        drop(process);
        process = Process::start(&program, &data)?;
        publish.send(process.started.agents)?;
    }
    progress(&shared).await?;
    shared.is_over.store(true, Ordering::SeqCst);
    let mut sent = Vec::new();
    while let Some(one) = posting.join_next().await {
        sent.push(one??);
    }
    drop(process);
    let (lost, duplicated) = compare(&data, &sent).await?;
    Ok(Outcome {
        kills,
        acknowledged: shared.acknowledged.load(Ordering::SeqCst),
        recognised: shared.recognised.load(Ordering::SeqCst),
        lost,
        duplicated,
    })
}

/// Waits until work is under way.
async fn progress(shared: &Shared) -> anyhow::Result<()> {
    let wanted = shared.acknowledged.load(Ordering::SeqCst) + REPORTS_BETWEEN_KILLS;
    let waiting = async {
        while shared.acknowledged.load(Ordering::SeqCst) < wanted {
            shared.bell.notified().await;
        }
    };
    tokio::time::timeout(STANDSTILL, waiting).await.context("nothing is acknowledged any more")
}

/// Posts one report after the other, each until it is acknowledged. Gives their bodies.
async fn post(
    speaker: Speaker,
    shared: Arc<Shared>,
) -> anyhow::Result<(AgentId, Vec<ContentHash>)> {
    let mut speaker = speaker;
    let mut address = shared.address.clone();
    let mut sent = Vec::new();
    while !shared.is_over.load(Ordering::SeqCst) {
        let sequence = sent.len() as u64 + 1;
        let bodies = [body("system.init", &format!("{} {sequence}", speaker.agent))];
        loop {
            let report = speaker.report(number(sequence), &bodies);
            match speaker.upload(&report).await {
                Ok(answer) if answer.status == 200 => {
                    let answer: UploadAnswer = answer.read()?;
                    shared.acknowledged.fetch_add(1, Ordering::SeqCst);
                    shared.bell.notify_one();
                    shared.recognised.fetch_add(answer.was_repeated.into(), Ordering::SeqCst);
                    break;
                }
                Ok(answer) => anyhow::bail!("report {sequence} refused: {answer:?}"),
                // There is no collector: it is somewhere else soon.
                Err(_) => {
                    let _ = tokio::time::timeout(PATIENCE, address.changed()).await;
                    speaker = speaker.again(*address.borrow_and_update())?;
                }
            }
        }
        sent.push(bodies.iter().map(observation::latest::SectionBody::hash).collect::<Vec<_>>());
    }
    Ok((speaker.agent, sent.concat()))
}

/// Counts what was acknowledged and is not there, and what is there more than once.
async fn compare(data: &Path, sent: &[(AgentId, Vec<ContentHash>)]) -> anyhow::Result<(u64, u64)> {
    let store = SqliteStore::open(data.join("kataster.sqlite"))?;
    let (mut lost, mut duplicated) = (0, 0);
    for (agent, hashes) in sent {
        let spans = store.section_history(vec![ObserverId::Agent(*agent)]).await?;
        for hash in hashes {
            let is_kept = store.section_body(*hash).await?.is_some();
            match spans.iter().filter(|it| it.hash == *hash).count() {
                1 if is_kept => {}
                0 | 1 => lost += 1,
                _ => duplicated += 1,
            }
        }
    }
    Ok((lost, duplicated))
}
