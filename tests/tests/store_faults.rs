//! The SQLite store against damaged files, foreign hands, old schemas and sudden death.

#![expect(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test stops where its store fails; it changes whole files and starts itself as another process"
)]

mod store_faults {
    pub(crate) mod backups;
    pub(crate) mod chain;
    pub(crate) mod damage;
    pub(crate) mod kills;
    pub(crate) mod schema;
}

use std::path::Path;

use inventory::asset::{AssetId, ObserverId};
use inventory::reconcile::Grouping;
use store::{SqliteStore, Store, StoreError};
use tests::store_material::{
    agent_id, enrol_agents, event, host_hash, minute, named, packages, receipt, report, serial,
    showing,
};
use uuid::Uuid;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Two agents with reports, repetitions and assets.
async fn fill(store: &dyn Store) {
    enrol_agents(store, 2).await.unwrap();
    for agent in [1, 2] {
        let name = format!("host-{agent}");
        let many: Vec<String> = (0..200).map(|it| format!("package-{it}={agent}.{it}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let bodies = [named(&name), packages(&many)];
        let first = showing(report(agent, 1, 1, &bodies), &[serial(&name)]);
        store.append_report(first).await.unwrap();
        let hash = host_hash(&bodies);
        store.confirm_host_hash(receipt(agent, 2, 2), hash).await.unwrap().unwrap();
    }
    let alone = |agent| Grouping {
        asset: AssetId(Uuid::from_u128(agent)),
        members: vec![ObserverId::Agent(agent_id(agent))],
        links: Vec::new(),
    };
    store.commit(vec![alone(1), alone(2)], vec![event("reconciled")]).await.unwrap();
}

/// Everything that can be read, as one text.
async fn read_all(store: &dyn Store) -> Result<String, StoreError> {
    let observers: Vec<ObserverId> =
        [1, 2].map(|agent| ObserverId::Agent(agent_id(agent))).to_vec();
    let mut agents = store.agents().await?;
    // The order of enrolment within one minute is that of the ids; nothing else is left to chance.
    agents.sort_by_key(|it| it.id);
    Ok(format!(
        "{agents:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        store.tokens().await?,
        store.assets().await?,
        store.observations(observers.clone(), minute(99)).await?,
        store.section_history(observers.clone()).await?,
        store.candidates_for(observers).await?,
        store.register().await?,
        store.package_history("package-7".to_owned()).await?,
        store.verify_events().await?,
    ))
}

/// A database with something in it, closed.
fn filled(path: &Path) {
    let store = SqliteStore::open(path).unwrap();
    runtime().block_on(fill(&store));
}
