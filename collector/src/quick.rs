//! From nothing to a workbook of this machine: collector on loopback, agent of this machine enrolled
//! over mutual TLS, report, reconciling, workbook.
//!
//! The only place where the collector uses the agent's library.

use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use inventory::asset::{Asset, SourceStatus};
use kataster_agent::agent::deliver_once;
use kataster_agent::config::Config as AgentConfig;
use kataster_agent::data_dir::DataDir;
use kataster_agent::enrol::enrol;
use observation::latest::protocol::AgentKind;
use observation::latest::scan::SnmpCredential;
use observation::latest::{Absent, Gap};
use pki::Token;
use wording::{Language, Wording};

use crate::clock;
use crate::collector::Collector;
use crate::command::{Order, Reply, ScanOrder, check_writable, execute, execute_watched};
use crate::config::Config;
use crate::failure::{ExitCode, Failure};
use crate::ingest::{chain, reconcile_pending};
use crate::scans::{ScanOutcome, ScanRequest, Watch};
use crate::serve::{host_name, start};

/// How long the token of this run may be used.
const TOKEN_SECONDS: i64 = 600;
/// How often the spinner turns.
const TICK: Duration = Duration::from_millis(120);

/// What a person asked for.
#[derive(Debug, Clone)]
pub struct Quick {
    /// Where the workbook goes.
    pub out: PathBuf,
    /// A folder that is kept; none: one that is removed at the end.
    pub data_dir: Option<PathBuf>,
    /// A register to be imported first.
    pub register: Option<String>,
    /// The language of the workbook.
    pub language: Language,
    /// The IANA time zone of the workbook.
    pub time_zone: String,
    /// Who asks.
    pub actor: String,
    /// What is scanned too, and what SNMP may be asked with.
    pub scan: Option<(ScanRequest, Vec<SnmpCredential>)>,
}

/// What was found and written.
#[derive(Debug)]
pub struct Found {
    /// The files.
    pub written: Vec<PathBuf>,
    /// The assets.
    pub assets: Vec<Asset>,
    /// What the scan found, where one was ordered.
    pub scan: Option<Box<ScanOutcome>>,
}

/// Does all of it.
///
/// # Errors
/// What went wrong, for a person.
pub async fn quick(request: &Quick, watch: &Watch) -> Result<Found, Failure> {
    check_writable(&request.out)?;
    let temporary = TemporaryFolder::unless(request.data_dir.as_deref())?;
    let folder = request.data_dir.clone().unwrap_or_else(|| temporary.path());
    let steps = Steps::new(request.language.wording());
    steps.now("command-quick-starting");
    let running = start(&folder, &Config::loopback()).await?;
    let found = work(&running.collector, request, &folder, &steps, watch).await;
    running.stop().await;
    steps.end();
    found
}

async fn work(
    collector: &Collector,
    request: &Quick,
    folder: &Path,
    steps: &Steps,
    watch: &Watch,
) -> Result<Found, Failure> {
    if let Some(text) = &request.register {
        let language = request.language.tag().to_owned();
        let order = Order::RegisterImport { text: text.clone(), language };
        execute(collector, &request.actor, order).await?;
    }
    let agent_folder = folder.join("agent");
    steps.now("command-quick-enrolling");
    enrol_this_machine(collector, &request.actor, &agent_folder).await?;
    steps.now("command-quick-observing");
    let config = AgentConfig {
        collector: Some(collector.addresses.agents.clone()),
        // The person at the machine asked.
        reports_connections: Some(true),
        ..AgentConfig::default()
    };
    deliver_once(&agent_folder, config).await.map_err(|error| {
        Failure::new(ExitCode::Failed, "quick-agent", "").because(chain(&error))
    })?;
    let scan = match &request.scan {
        Some((wanted, snmp)) => {
            // The scan has a bar of its own.
            steps.pause();
            let run = ScanOrder::Run { request: wanted.clone(), snmp: snmp.clone() };
            let order = Order::Scan(run);
            let done = execute_watched(collector, &request.actor, order, watch).await?;
            let Reply::Scanned(outcome) = done else {
                return Err(Failure::new(ExitCode::Failed, "internal", "scan"));
            };
            Some(outcome)
        }
        None => None,
    };
    steps.now("command-quick-reconciling");
    reconcile_pending(collector, clock::now()).await?;
    steps.now("command-quick-writing");
    let order = Order::ExportWorkbook {
        profile: None,
        path: request.out.clone(),
        language: request.language.tag().to_owned(),
        time_zone: request.time_zone.clone(),
    };
    let Reply::Written { paths: written, .. } = execute(collector, &request.actor, order).await?
    else {
        return Err(Failure::new(ExitCode::Failed, "internal", "export"));
    };
    let Reply::Assets(assets) = execute(collector, &request.actor, Order::AssetList).await? else {
        return Err(Failure::new(ExitCode::Failed, "internal", "assets"));
    };
    Ok(Found { written, assets, scan })
}

/// Enrols an agent of this machine, unless the folder holds one that this collector knows.
async fn enrol_this_machine(
    collector: &Collector,
    actor: &str,
    agent_folder: &Path,
) -> Result<(), Failure> {
    let failed = |error: &(dyn std::error::Error + 'static)| {
        Failure::new(ExitCode::Failed, "quick-agent", "").because(chain(error))
    };
    let data = DataDir::open(agent_folder).map_err(|it| failed(&it))?;
    if let Ok(Some(known)) = data.enrolment()
        && collector.store.agent(known.agent).await?.is_some()
    {
        return Ok(());
    }
    let order = Order::TokenCreate {
        kind: AgentKind::Server,
        uses_max: 1,
        valid_seconds: TOKEN_SECONDS,
        label: Some("quick".to_owned()),
        needs_approval: false,
    };
    let Reply::Token { text, .. } = execute(collector, actor, order).await? else {
        return Err(Failure::new(ExitCode::Failed, "internal", "token"));
    };
    let token: Token = text.parse().map_err(|it: pki::TokenError| failed(&it))?;
    enrol(&data, &token, &host_name(), true).await.map_err(|it| failed(&it))?;
    Ok(())
}

/// A folder that is removed again, readable by its owner only.
struct TemporaryFolder(Option<PathBuf>);

impl TemporaryFolder {
    fn unless(given: Option<&Path>) -> Result<Self, Failure> {
        if given.is_some() {
            return Ok(Self(None));
        }
        let name = format!("kataster-{}", uuid::Uuid::now_v7());
        let path = std::env::temp_dir().join(name);
        let made = std::fs::create_dir(&path);
        made.map_err(|error| {
            let object = path.display().to_string();
            Failure::new(ExitCode::Failed, "data-folder", object).because(error.to_string())
        })?;
        Ok(Self(Some(path)))
    }

    fn path(&self) -> PathBuf {
        self.0.clone().unwrap_or_default()
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // What cannot be removed stays readable by its owner only.
            let _ = std::fs::remove_dir_all(path);
        }
    }
}

/// The spinner on a terminal; nothing elsewhere.
struct Steps {
    bar: ProgressBar,
    wording: &'static Wording,
}

impl Steps {
    fn new(wording: &'static Wording) -> Self {
        // indicatif draws on the error stream and only if that is a terminal.
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
            bar.set_style(style);
        }
        Self { bar, wording }
    }

    fn now(&self, key: &str) {
        self.bar.enable_steady_tick(TICK);
        self.bar.set_message(self.wording.text(key));
    }

    fn pause(&self) {
        self.bar.disable_steady_tick();
        self.bar.set_message("");
    }

    fn end(&self) {
        self.bar.finish_and_clear();
    }
}

/// The lines that are missing from an asset and why, most frequent first: `(what, reason, count)`.
#[must_use]
pub fn missing(asset: &Asset) -> Vec<(String, Absent, usize)> {
    let mut found: Vec<(String, Absent, usize)> = Vec::new();
    let mut count = |what: &str, reason: &Absent| {
        let reason = essence(reason);
        match found.iter_mut().find(|it| it.0 == what && it.1 == reason) {
            Some(entry) => entry.2 += 1,
            None => found.push((what.to_owned(), reason, 1)),
        }
    };
    for source in &asset.sources {
        match &source.status {
            SourceStatus::Absent(reason) => count(source.source.as_str(), reason),
            SourceStatus::Read { gaps, .. } => {
                gaps.iter().for_each(|Gap { field, reason, .. }| count(field, reason));
            }
        }
    }
    found.sort_by(|left, right| right.2.cmp(&left.2).then_with(|| left.0.cmp(&right.0)));
    found
}

/// The reason without the object, so that equal reasons count together.
fn essence(reason: &Absent) -> Absent {
    match reason {
        Absent::NotHere { .. } => Absent::NotHere { looked_at: String::new() },
        Absent::NotAllowed { needs, .. } => {
            Absent::NotAllowed { what: String::new(), needs: *needs }
        }
        Absent::Failed { .. } => Absent::Failed { doing: String::new(), cause: String::new() },
        Absent::TimedOut { after_ms, .. } => {
            Absent::TimedOut { doing: String::new(), after_ms: *after_ms }
        }
        Absent::NotLookedAt { why, .. } => {
            Absent::NotLookedAt { why: why.clone(), what: String::new() }
        }
    }
}
