//! What a reconciliation reads and what it leaves.

use inventory::asset::{AssetId, ObserverId};
use inventory::reconcile::{Decision, DecisionKind, Grouping, Identifier, IdentifierKind};
use store::Store;
use tests::store_material::{
    agent_id, enrol_agents, event, minute, named, report, serial, showing,
};
use uuid::Uuid;

use super::super::on_each_store;

fn observer(agent: u128) -> ObserverId {
    ObserverId::Agent(agent_id(agent))
}

fn observers(agents: &[u128]) -> Vec<ObserverId> {
    agents.iter().copied().map(observer).collect()
}

fn grouping(asset: u128, agents: &[u128]) -> Grouping {
    Grouping {
        asset: AssetId(Uuid::from_u128(asset)),
        members: observers(agents),
        links: Vec::new(),
    }
}

/// Agents 1 and 2 share a serial, 2 and 3 another, 4 is alone.
async fn four_reports(store: &dyn Store) {
    enrol_agents(store, 4).await.unwrap();
    for (agent, serials) in [(1, "a"), (2, "ab"), (3, "b"), (4, "d")] {
        let shown: Vec<_> = serials.chars().map(|it| serial(&it.to_string())).collect();
        let report = report(agent, 1, 1, &[named(&format!("host-{agent}"))]);
        store.append_report(showing(report, &shown)).await.unwrap();
    }
}

async fn candidates(store: &dyn Store, agents: &[u128]) -> Vec<ObserverId> {
    let found = store.candidates_for(observers(agents)).await.unwrap();
    found.into_iter().map(|it| it.observer).collect()
}

#[test]
fn candidates_are_closed_over_shared_identifiers_and_decisions() {
    on_each_store(|store| async move {
        four_reports(store.as_ref()).await;
        let store = store.as_ref();
        assert_eq!(candidates(store, &[1]).await, observers(&[1, 2, 3]));
        assert_eq!(candidates(store, &[4]).await, observers(&[4]));
        assert!(candidates(store, &[77]).await.is_empty());
        let decision = Decision {
            decided_at: minute(5),
            actor: "somebody".to_owned(),
            kind: DecisionKind::Merge,
            left: observer(4),
            right: observer(1),
        };
        store.decide(decision.clone(), event("merged")).await.unwrap();
        assert_eq!(candidates(store, &[4]).await, observers(&[1, 2, 3, 4]));
        assert_eq!(store.decisions(observers(&[1, 4])).await.unwrap(), [decision]);
        assert!(store.decisions(observers(&[2])).await.unwrap().is_empty());
        let with = store.observers_with(vec![serial("b"), serial("none")]).await.unwrap();
        assert_eq!(with, observers(&[2, 3]));
    });
}

/// More agents than an identifier can name.
const CROWD: u32 = 70;

#[test]
fn what_too_many_show_and_certificates_connect_nobody() {
    on_each_store(|store| async move {
        enrol_agents(store.as_ref(), CROWD).await.unwrap();
        let certificate =
            Identifier { kind: IdentifierKind::Certificate, text: "wildcard".to_owned() };
        for agent in 1..=u128::from(CROWD) {
            let own = serial(&format!("own {agent}"));
            let pair = serial(&format!("pair {}", agent / 2));
            let shown = [own, pair, serial("filler"), certificate.clone()];
            let report = report(agent, 1, 1, &[named("host")]);
            store.append_report(showing(report, &shown)).await.unwrap();
        }
        let found = store.candidates_for(observers(&[2])).await.unwrap();
        let members: Vec<ObserverId> = found.iter().map(|it| it.observer.clone()).collect();
        assert_eq!(members, observers(&[2, 3]));
        // What names nobody is not evidence; what does not connect still is.
        for member in found {
            let shows =
                |it: &Identifier| member.identifiers.iter().any(|its| its.identifier == *it);
            assert!(!shows(&serial("filler")) && shows(&certificate));
        }
        // Who is in one asset is looked at together, whatever joined them.
        store.commit(vec![grouping(1, &[2, 3, 40])], Vec::new()).await.unwrap();
        assert_eq!(candidates(store.as_ref(), &[2]).await, observers(&[2, 3, 40, 41]));
    });
}

#[test]
fn a_commit_unmarks_what_was_given_out_and_not_what_came_since() {
    on_each_store(|store| async move {
        four_reports(store.as_ref()).await;
        assert_eq!(store.unreconciled().await.unwrap(), observers(&[1, 2, 3, 4]));
        store.append_report(report(2, 2, 2, &[named("renamed")])).await.unwrap();
        let groupings = vec![grouping(1, &[1, 2, 3]), grouping(4, &[4])];
        store.commit(groupings.clone(), Vec::new()).await.unwrap();
        assert_eq!(store.unreconciled().await.unwrap(), observers(&[2]));
        store.commit(groupings, Vec::new()).await.unwrap();
        assert!(store.unreconciled().await.unwrap().is_empty());
    });
}

#[test]
fn an_absorbed_asset_is_found_under_its_old_names() {
    on_each_store(|store| async move {
        four_reports(store.as_ref()).await;
        let alone = (1..=4).map(|it| grouping(it, &[it])).collect();
        store.commit(alone, Vec::new()).await.unwrap();
        let assets = store.assets().await.unwrap();
        assert_eq!(assets.len(), 4);
        let second = assets.iter().find(|it| it.id.0.as_u128() == 2).unwrap().clone();
        assert!(second.label.0.starts_with("S-") && second.label.0.len() == 7);
        // First 2 goes into 3, then 3 into 1: one step leads from 2 to 1.
        store.commit(vec![grouping(3, &[2, 3])], Vec::new()).await.unwrap();
        store.commit(vec![grouping(1, &[1, 2, 3])], vec![event("joined")]).await.unwrap();
        assert_eq!(store.assets().await.unwrap().len(), 2);
        for name in [second.label.0.to_lowercase(), second.id.to_string()] {
            let found = store.find_asset(name).await.unwrap().unwrap();
            assert_eq!(found.members, observers(&[1, 2, 3]));
            assert_eq!(found.aliases, [2, 3].map(|it| AssetId(Uuid::from_u128(it))));
        }
        let one = store.find_asset(AssetId(Uuid::from_u128(1)).to_string()).await.unwrap().unwrap();
        assert_eq!(store.label_of(second.id).await.unwrap(), Some(one.label));
        // Parted again, it has its old label back.
        let parted = vec![grouping(1, &[1, 3]), grouping(2, &[2])];
        store.commit(parted, Vec::new()).await.unwrap();
        assert_eq!(store.label_of(second.id).await.unwrap(), Some(second.label));
        assert_eq!(store.agent(agent_id(2)).await.unwrap().unwrap().asset, Some(second.id));
    });
}

#[test]
fn committing_twice_changes_nothing() {
    on_each_store(|store| async move {
        four_reports(store.as_ref()).await;
        let groupings = vec![grouping(1, &[1, 2, 3]), grouping(4, &[4])];
        store.commit(groupings.clone(), Vec::new()).await.unwrap();
        let once = store.assets().await.unwrap();
        store.commit(groupings, Vec::new()).await.unwrap();
        assert_eq!(store.assets().await.unwrap(), once);
        for unknown in ["", "S-00000", "nonsense", "00000000-0000-0000-0000-00000000ffff"] {
            assert_eq!(store.find_asset(unknown.to_owned()).await.unwrap(), None);
        }
    });
}
