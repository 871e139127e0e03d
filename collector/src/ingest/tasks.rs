//! Work that waits for an agent.

use inventory::register::Register;
use ipnet::IpNet;
use jiff::Timestamp;
use observation::latest::protocol::{Task, home_revision};
use observation::limits::HOME_NETWORKS_MAX;
use store::{AgentRecord, ScanRunRecord, StoreError};

use crate::collector::Collector;

/// Most scans that one answer hands over.
const SCANS_MAX: usize = 8;

/// What a person said the agent's host is, and the scans that it is to do: those of plans only while
/// their window is open. Jobs for agents hold no secrets.
pub(super) async fn tasks(
    collector: &Collector,
    record: &AgentRecord,
    now: Timestamp,
) -> Result<Vec<Task>, StoreError> {
    let mut tasks = vec![Task::SetKind { kind: record.kind }];
    let waiting = collector.store.waiting_scans(record.id).await?.into_iter();
    let is_allowed =
        |it: &ScanRunRecord| it.plan.is_none() || collector.active_runs.is_allowed(it.id, now);
    let given = waiting.filter(is_allowed).take(SCANS_MAX);
    tasks.extend(given.map(|it| Task::Scan { job: Box::new(it.job) }));
    Ok(tasks)
}

/// The networks that the register names now, for an agent that knows others.
pub(super) async fn home_networks(
    collector: &Collector,
    known: Option<u64>,
) -> Result<Option<Task>, StoreError> {
    // Servers do not ask, and cost no look into the register.
    let Some(known) = known else { return Ok(None) };
    let networks = networks_of(&collector.store.register().await?);
    Ok((home_revision(&networks) != known).then_some(Task::SetHomeNetworks { networks }))
}

/// The networks of all zones. One of everything says nothing about where a machine is.
fn networks_of(register: &Register) -> Vec<IpNet> {
    let named = register.zone.iter().flat_map(|it| &it.networks);
    let networks = named.filter_map(|it| it.parse::<IpNet>().ok()).map(|it| it.trunc());
    let mut networks: Vec<IpNet> = networks.filter(|it| it.prefix_len() > 0).collect();
    networks.sort_unstable();
    networks.dedup();
    networks.truncate(HOME_NETWORKS_MAX);
    networks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(list: &str) -> Vec<String> {
        let text = format!("[[zone]]\nname = \"a\"\nnetworks = [{list}]\n");
        let register: Register = toml::from_str(&text).unwrap();
        networks_of(&register).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn agents_are_told_each_network_once_and_in_order() {
        let list = "\"2001:db8::/48\", \"10.2.0.0/16\", \"10.1.0.7/24\", \"10.2.0.0/16\"";
        assert_eq!(networks(list), ["10.1.0.0/24", "10.2.0.0/16", "2001:db8::/48"]);
    }

    #[test]
    fn a_network_of_everything_and_what_is_none_are_left_out() {
        assert_eq!(networks("\"0.0.0.0/0\", \"::/0\", \"office\""), Vec::<String>::new());
    }
}
