//! What was acknowledged is there after `kill -9`, once.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use store::{SqliteStore, Store, StoreError};
use tempfile::TempDir;
use tests::store_material::{enrol_agents, host_hash, minute, named, receipt, report};

use crate::runtime;

/// Says to this test, started again as a process of its own, where to write.
const FOLDER: &str = "KATASTER_TEST_KILL_FOLDER";
const AGENTS: u32 = 8;
const KILLS: usize = 12;
/// Acknowledgements that are awaited before each kill, so that it hits work under way.
const ACKNOWLEDGED_BEFORE_KILL: usize = 40;

/// Reports without end; each acknowledgement becomes a line.
async fn write_until_killed(folder: &Path) {
    let store = Arc::new(SqliteStore::open(folder.join("kataster.db")).unwrap());
    let mut agents = tokio::task::JoinSet::new();
    for agent in 1..=u128::from(AGENTS) {
        let store = Arc::clone(&store);
        agents.spawn(async move {
            let id = tests::store_material::agent_id(agent);
            let known = store.agent(id).await.unwrap().unwrap().last_number;
            for sequence in known.map_or(1, |it| it.sequence + 1).. {
                send(store.as_ref(), agent, sequence).await.unwrap();
                println!("ack {agent} {sequence}");
            }
        });
    }
    agents.join_all().await;
}

/// Every fourth report is a change, the others repeat it.
async fn send(store: &dyn Store, agent: u128, sequence: u64) -> Result<bool, StoreError> {
    let at = i64::try_from(sequence).unwrap();
    let bodies = [named(&format!("host-{agent}-{}", sequence / 4))];
    let receipt = receipt(agent, sequence, at);
    if let Some(kept) = store.confirm_host_hash(receipt, host_hash(&bodies)).await? {
        return Ok(kept.was_repeated);
    }
    Ok(store.append_report(report(agent, sequence, at, &bodies)).await?.was_repeated)
}

/// Lets the process write, kills it, and gives what it had acknowledged.
fn run_and_kill(folder: &Path) -> BTreeSet<(u128, u64)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["store_faults::kills::nothing_acknowledged_is_lost_or_doubled", "--exact"])
        .arg("--nocapture")
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = child.stdout.take().unwrap();
    let (mut text, mut buffer, mut lines) = (Vec::new(), [0_u8; 4096], 0);
    loop {
        let length = output.read(&mut buffer).unwrap();
        assert!(length > 0, "the process ended by itself");
        lines += buffer[..length].iter().filter(|it| **it == b'\n').count();
        text.extend_from_slice(&buffer[..length]);
        if lines >= ACKNOWLEDGED_BEFORE_KILL {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    output.read_to_end(&mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    // The last line may have been cut by the kill.
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole
        .lines()
        .filter_map(|line| {
            let (agent, sequence) = line.strip_prefix("ack ")?.split_once(' ')?;
            Some((agent.parse().ok()?, sequence.parse().ok()?))
        })
        .collect()
}

#[test]
fn nothing_acknowledged_is_lost_or_doubled() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return runtime().block_on(write_until_killed(Path::new(&folder)));
    }
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("kataster.db");
    let store = SqliteStore::open(&path).unwrap();
    runtime().block_on(enrol_agents(&store, AGENTS)).unwrap();
    drop(store);
    let mut acknowledged = BTreeSet::new();
    for _ in 0..KILLS {
        let new = run_and_kill(folder.path());
        assert!(new.is_disjoint(&acknowledged), "a report was taken twice");
        acknowledged.extend(new);
    }
    let store = SqliteStore::open(&path).unwrap();
    runtime().block_on(async {
        for (agent, sequence) in &acknowledged {
            assert!(send(&store, *agent, *sequence).await.unwrap(), "{agent} {sequence} is lost");
        }
        assert_eq!(store.verify_events().await.unwrap().first_broken, None);
        let backup = folder.path().join("verified.db");
        store.backup_to(backup).await.unwrap();
        let last = store.agents().await.unwrap().into_iter().filter_map(|it| it.last_seen_at).max();
        assert!(last > Some(minute(1)));
    });
    println!("{} reports acknowledged before {KILLS} kills", acknowledged.len());
}
