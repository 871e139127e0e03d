//! What every back end of the store must do. Each test runs on each of [`STORES`].

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test stops where its store fails, and says which store it is"
)]

mod store_contract {
    mod accounts;
    mod assets;
    mod care;
    mod carried;
    mod changes;
    mod enrolment;
    mod reports;
    mod scans;
}

use std::path::Path;
use std::sync::Arc;

use store::{SqliteStore, Store};
use tempfile::TempDir;

/// A back end: its name and how to open it in a folder.
type BackEnd = (&'static str, fn(&Path) -> Arc<dyn Store>);

/// All back ends.
const STORES: &[BackEnd] =
    &[("sqlite", |folder| Arc::new(SqliteStore::open(folder.join("kataster.db")).unwrap()))];

/// Runs a test on a fresh store of each kind. The folder holds the store and nothing else.
fn on_each_store<F>(test: impl Fn(Arc<dyn Store>) -> F)
where
    F: Future<Output = ()>,
{
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for (name, open) in STORES {
        let folder = TempDir::new().unwrap();
        println!("store {name}");
        runtime.block_on(test(open(folder.path())));
    }
}
