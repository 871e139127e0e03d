//! Starting the collector, and the server that runs until somebody ends it.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use pki::{server_config_for_agents, server_config_for_enrolment};
use store::SqliteStore;
use store::Store;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Mutex, Notify, watch};
use tokio::task::JoinHandle;

use crate::active_runs::ActiveRuns;
use crate::api::Listeners;
use crate::clock;
use crate::collector::{Collector, NAME_KEY_BYTES, SCHEDULE};
use crate::command::adopt_claims;
use crate::config::{Addresses, Config, Scanning};
use crate::control;
use crate::data_folder::DataFolder;
use crate::failure::{ExitCode, Failure};
use crate::ingest::{chain, run_reconciling};
use crate::scans::{end_left_behind, run_plans};

/// A collector that serves, until it is stopped.
pub struct Running {
    /// The collector.
    pub collector: Arc<Collector>,
    stop: watch::Sender<bool>,
    listening: JoinHandle<()>,
    reconciling: JoinHandle<()>,
    controlling: JoinHandle<std::io::Result<()>>,
    planning: JoinHandle<()>,
}

/// Opens a data folder for commands, without listening.
///
/// # Errors
/// If the folder is locked or damaged.
pub async fn open(path: &Path, config: &Config) -> Result<Collector, Failure> {
    let (agents, enrolment) = (config.agents.port(), config.enrolment.port());
    let addresses = config.addresses(&host_name(), agents, enrolment);
    open_with(DataFolder::open(path)?, addresses, config.scanning(), clock::now()).await
}

async fn open_with(
    folder: DataFolder,
    addresses: Addresses,
    scanning: Scanning,
    now: Timestamp,
) -> Result<Collector, Failure> {
    let authority = folder.authority(now)?;
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(folder.database())?);
    let mut fresh = vec![0; NAME_KEY_BYTES];
    getrandom::fill(&mut fresh)
        .map_err(|it| Failure::new(ExitCode::Failed, "internal", "").because(it.to_string()))?;
    let name_key = store.setting_or_insert("name_key", fresh).await?;
    let collector = Collector {
        store,
        authority,
        addresses,
        name_key,
        schedule: SCHEDULE,
        reconcile_bell: Notify::new(),
        active_runs: ActiveRuns::default(),
        scanner: Mutex::default(),
        plan_bell: Notify::new(),
        scanning,
        folder,
    };
    end_left_behind(&collector).await?;
    adopt_claims(&collector, now).await?;
    Ok(collector)
}

/// Starts a collector: both listeners, reconciling, the control socket.
///
/// # Errors
/// If the folder, a port or the socket cannot be had.
pub async fn start(path: &Path, config: &Config) -> Result<Running, Failure> {
    let folder = DataFolder::open(path)?;
    let listeners = Listeners::bind(config.agents, config.enrolment).await.map_err(|error| {
        Failure::new(ExitCode::Conflict, "listen", error.address.to_string()).because(chain(&error))
    })?;
    let (agents, enrolment) = listeners.addresses().map_err(|it| internal(&it))?;
    let host_name = host_name();
    let addresses = config.addresses(&host_name, agents.port(), enrolment.port());
    let now = clock::now();
    let collector = Arc::new(open_with(folder, addresses, config.scanning(), now).await?);
    let names = config.certificate_names(&host_name);
    let identity = collector.authority.issue_server(&names, now).map_err(|error| {
        Failure::new(ExitCode::Failed, "server-names", names.join(", ")).because(chain(&error))
    })?;
    let agents_tls = server_config_for_agents(&collector.authority, &identity);
    let agents_tls = agents_tls.map_err(|it| internal(&it))?;
    let enrolment_tls = server_config_for_enrolment(&identity).map_err(|it| internal(&it))?;
    let (stop, stopped) = watch::channel(false);
    let serving =
        listeners.serve(Arc::clone(&collector), agents_tls, enrolment_tls, stopped.clone());
    Ok(Running {
        listening: tokio::spawn(serving),
        reconciling: tokio::spawn(run_reconciling(Arc::clone(&collector))),
        controlling: tokio::spawn(control::serve(Arc::clone(&collector), stopped.clone())),
        planning: tokio::spawn(run_plans(Arc::clone(&collector), stopped)),
        collector,
        stop,
    })
}

/// Works in a data folder without listening to agents. Other commands reach the collector through its
/// control socket meanwhile: a scan takes minutes.
///
/// # Errors
/// Those of the work.
pub async fn with_control<T, W: Future<Output = Result<T, Failure>>>(
    collector: Arc<Collector>,
    work: impl FnOnce(Arc<Collector>) -> W,
) -> Result<T, Failure> {
    let (stop, stopped) = watch::channel(false);
    let controlling = tokio::spawn(control::serve(Arc::clone(&collector), stopped));
    let done = work(Arc::clone(&collector)).await;
    let _ = stop.send(true);
    // What somebody else began meanwhile keeps what it found.
    collector.active_runs.end();
    // Without a socket the work is done all the same.
    let _ = controlling.await;
    done
}

impl Running {
    /// Lets requests end that were begun, then ends.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        // What a scan found so far is kept.
        self.collector.active_runs.end();
        let _ = self.planning.await;
        let _ = self.listening.await;
        let _ = self.controlling.await;
        self.reconciling.abort();
        let _ = self.reconciling.await;
    }
}

/// `kataster serve`: until SIGTERM or SIGINT.
///
/// # Errors
/// If the collector cannot be started.
pub async fn serve(path: &Path, config: &Config) -> Result<(), Failure> {
    let mut terminate = signal(SignalKind::terminate()).map_err(|it| internal(&it))?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|it| internal(&it))?;
    let running = start(path, config).await?;
    let addresses = &running.collector.addresses;
    tracing::info!(
        folder = %path.display(),
        agents = %addresses.agents,
        enrolment = %addresses.enrolment,
        authority = %running.collector.authority.fingerprint(),
        "the collector is running; it ends on SIGTERM or Ctrl-C"
    );
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("ending: requests that were begun are finished first");
    running.stop().await;
    Ok(())
}

/// The machine's own name.
#[must_use]
pub fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

fn internal(error: &(dyn std::error::Error + 'static)) -> Failure {
    Failure::new(ExitCode::Failed, "internal", "").because(chain(error))
}
