//! Starting the collector, and the server that runs until somebody ends it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use pki::{Authority, ServerIdentity, server_config_for_agents, server_config_for_enrolment};
use store::SqliteStore;
use store::Store;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Mutex, Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

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

/// How often is looked whether the collector's certificate is to be replaced. Clocks are set and machines
/// sleep, so it is not waited for one moment.
const CERTIFICATE_LOOK: Duration = Duration::from_secs(60);

/// A collector that serves, until it is stopped.
pub struct Running {
    /// The collector.
    pub collector: Arc<Collector>,
    stop: watch::Sender<bool>,
    listening: JoinHandle<()>,
    reconciling: JoinHandle<()>,
    controlling: JoinHandle<std::io::Result<()>>,
    planning: JoinHandle<()>,
    certifying: JoinHandle<()>,
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
    let certifying = keep_certificate(Arc::clone(&collector), identity, names);
    Ok(Running {
        certifying: tokio::spawn(certifying),
        listening: tokio::spawn(serving),
        reconciling: tokio::spawn(run_reconciling(Arc::clone(&collector))),
        controlling: tokio::spawn(control::serve(Arc::clone(&collector), stopped.clone())),
        planning: tokio::spawn(run_plans(Arc::clone(&collector), stopped)),
        collector,
        stop,
    })
}

/// Replaces the certificate that the listeners show before it runs out, with a new key each time.
async fn keep_certificate(collector: Arc<Collector>, identity: ServerIdentity, names: Vec<String>) {
    let mut looks = tokio::time::interval(CERTIFICATE_LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        renew_if_due(&collector.authority, &identity, &names, clock::now());
    }
}

/// Whether a new certificate was made.
fn renew_if_due(
    authority: &Authority,
    identity: &ServerIdentity,
    names: &[String],
    now: Timestamp,
) -> bool {
    if !identity.is_due(now) {
        return false;
    }
    match authority.issue_server(names, now) {
        Ok(fresh) => {
            identity.replace_with(&fresh);
            tracing::info!(until = %fresh.not_after(), "the collector shows a new certificate");
            true
        }
        // The present one has half of its life before it.
        Err(error) => {
            tracing::warn!(cause = chain(&error), "no new certificate; tried again in a minute");
            false
        }
    }
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
        self.certifying.abort();
        self.reconciling.abort();
        let _ = self.certifying.await;
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

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn over_a_year_the_listeners_always_show_a_certificate_with_half_its_life_before_it() {
        pki::install_provider();
        let start: Timestamp = "2026-07-01T12:00:00Z".parse().unwrap();
        let authority = Authority::create("A", start).unwrap();
        let names = ["localhost".to_owned()];
        let identity = authority.issue_server(&names, start).unwrap();
        let half = SignedDuration::from_hours(pki::SERVER_LIFE_DAYS * 12);
        let mut renewals = 0;
        for hour in 0..365 * 24 {
            let now = start + SignedDuration::from_hours(hour);
            renewals += u32::from(renew_if_due(&authority, &identity, &names, now));
            assert!(identity.not_after() - half > now, "{now}");
        }
        assert_eq!(renewals, 24);
        // A clock that was wrong at the start and is set: at once one that counts.
        let wrong: Timestamp = "1970-01-02T00:00:00Z".parse().unwrap();
        assert!(renew_if_due(&authority, &identity, &names, wrong));
        assert!(renew_if_due(&authority, &identity, &names, start));
        assert!(!renew_if_due(&authority, &identity, &names, start));
        // What cannot be made leaves the present one where it is.
        let late = start + half;
        assert!(!renew_if_due(&authority, &identity, &["a b".to_owned()], late));
        assert_eq!(identity.not_after(), start + half + half);
    }
}
