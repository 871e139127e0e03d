//! Reports and what is read from them.

use inventory::asset::ObserverId;
use observation::ContentHash;
use observation::latest::{Cadence, SectionBody};
use store::{AppendedReport, IncomingReport, ReportReceipt, Store, StoreError};
use tests::store_material::{
    agent_id, enrol_agents, event, host_hash, minute, named, packages, receipt, report, section,
    serial, showing,
};
use uuid::Uuid;

use super::super::on_each_store;

const KEPT: AppendedReport = AppendedReport { was_repeated: false };
const REPEATED: AppendedReport = AppendedReport { was_repeated: true };

fn observer(agent: u128) -> ObserverId {
    ObserverId::Agent(agent_id(agent))
}

/// What an agent's sources said at a moment.
async fn at(store: &dyn Store, agent: u128, minutes: i64) -> Vec<SectionBody> {
    let members = store.observations(vec![observer(agent)], minute(minutes)).await.unwrap();
    members.into_iter().flat_map(|it| it.sections).map(|it| it.body).collect()
}

/// First and last minute of each body of an agent.
async fn spans(store: &dyn Store, agent: u128) -> Vec<(ContentHash, i64, i64)> {
    let spans = store.section_history(vec![observer(agent)]).await.unwrap();
    let minutes = |at: jiff::Timestamp| at.duration_since(minute(0)).as_mins();
    spans
        .into_iter()
        .map(|it| (it.hash, minutes(it.first_observed_at), minutes(it.last_observed_at)))
        .collect()
}

#[test]
fn a_report_is_kept_exactly_once() {
    on_each_store(|store| async move {
        enrol_agents(store.as_ref(), 1).await.unwrap();
        let report = IncomingReport {
            events: vec![event("complaint")],
            ..report(1, 1, 5, &[named("alpha"), packages(&["nginx=1.22"])])
        };
        let head = store.event_head().await.unwrap().0;
        assert_eq!(store.append_report(report.clone()).await.unwrap(), KEPT);
        assert_eq!(store.append_report(report).await.unwrap(), REPEATED);
        assert_eq!(store.event_head().await.unwrap().0, head + 1);
        let expected = [packages(&["nginx=1.22"]), named("alpha")];
        assert_eq!(at(store.as_ref(), 1, 5).await, expected);
        let agent = store.agent(agent_id(1)).await.unwrap().unwrap();
        assert_eq!(agent.last_seen_at, Some(minute(5)));
        assert_eq!(agent.last_number.map(|it| it.sequence), Some(1));
    });
}

#[test]
fn bodies_that_are_here_need_not_come_again() {
    on_each_store(|store| async move {
        enrol_agents(store.as_ref(), 2).await.unwrap();
        let bodies = [named("alpha"), packages(&["nginx=1.22"])];
        let hashes: Vec<ContentHash> = bodies.iter().map(SectionBody::hash).collect();
        assert_eq!(store.missing_bodies(hashes.clone()).await.unwrap(), hashes);
        let mut without = report(2, 1, 6, &bodies);
        for section in &mut without.sections {
            section.body = None;
        }
        let refused = store.append_report(without.clone()).await;
        assert!(matches!(refused, Err(StoreError::Refused { .. })), "{refused:?}");
        store.append_report(report(1, 1, 5, &bodies)).await.unwrap();
        assert!(store.missing_bodies(hashes.clone()).await.unwrap().is_empty());
        assert_eq!(store.append_report(without).await.unwrap(), KEPT);
        assert_eq!(at(store.as_ref(), 2, 6).await.len(), 2);
        let kept = store.section_body(hashes[0]).await.unwrap();
        assert_eq!(kept, Some(bodies[0].canonical_bytes()));
    });
}

#[test]
fn a_refused_report_leaves_nothing_behind() {
    on_each_store(|store| async move {
        enrol_agents(store.as_ref(), 1).await.unwrap();
        let good = report(1, 1, 5, &[named("alpha"), packages(&["nginx=1.22"])]);
        let mut other_body = good.clone();
        other_body.sections[1].body = Some(b"{}".to_vec());
        let mut twice = good.clone();
        twice.sections.push(good.sections[0].clone());
        let mut other_hash = good.clone();
        other_hash.host_hash = ContentHash::of(b"something else");
        let mut stranger = good.clone();
        stranger.receipt.observer = observer(9);
        let mut endless = good.clone();
        endless.receipt.number.sequence = u64::MAX;
        for bad in [other_body, twice, other_hash, stranger, endless] {
            let refused = store.append_report(bad).await;
            assert!(matches!(refused, Err(StoreError::Refused { .. })), "{refused:?}");
        }
        let hashes = vec![named("alpha").hash()];
        assert_eq!(store.missing_bodies(hashes.clone()).await.unwrap(), hashes);
        assert!(spans(store.as_ref(), 1).await.is_empty());
        assert_eq!(store.append_report(good).await.unwrap(), KEPT);
    });
}

#[test]
fn a_known_host_hash_lengthens_what_it_stands_for() {
    on_each_store(|store| async move {
        enrol_agents(store.as_ref(), 1).await.unwrap();
        let bodies = [named("alpha"), packages(&["nginx=1.22"])];
        let hash = host_hash(&bodies);
        assert_eq!(store.confirm_host_hash(receipt(1, 1, 5), hash).await.unwrap(), None);
        let first = showing(report(1, 1, 5, &bodies), &[serial("a")]);
        store.append_report(first).await.unwrap();
        for (sequence, at) in [(2, 10), (3, 20), (4, 30)] {
            let answer = store.confirm_host_hash(receipt(1, sequence, at), hash).await.unwrap();
            assert_eq!(answer, Some(KEPT));
        }
        let again = store.confirm_host_hash(receipt(1, 3, 20), hash).await.unwrap();
        assert_eq!(again, Some(REPEATED));
        let history = spans(store.as_ref(), 1).await;
        assert!(history.iter().all(|it| (it.1, it.2) == (5, 30)), "{history:?}");
        let evidence = store.candidates_for(vec![observer(1)]).await.unwrap();
        assert_eq!(evidence[0].identifiers[0].last_seen_at, minute(30));
        assert_eq!(evidence[0].last_received_at, minute(30));
        // What comes after a row of repetitions finds them written out.
        store.append_report(report(1, 5, 40, &[named("beta")])).await.unwrap();
        let names: Vec<_> = spans(store.as_ref(), 1).await;
        assert!(names.contains(&(named("alpha").hash(), 5, 30)), "{names:?}");
        assert!(names.contains(&(named("beta").hash(), 40, 40)), "{names:?}");
    });
}

#[test]
fn a_host_hash_of_another_agent_or_another_start_is_not_known() {
    on_each_store(|store| async move {
        enrol_agents(store.as_ref(), 2).await.unwrap();
        let bodies = [named("alpha")];
        store.append_report(report(1, 1, 5, &bodies)).await.unwrap();
        let hash = host_hash(&bodies);
        assert_eq!(store.confirm_host_hash(receipt(2, 1, 6), hash).await.unwrap(), None);
        let boot = Some(Uuid::from_u128(4));
        let restarted = ReportReceipt { boot, ..receipt(1, 2, 6) };
        assert_eq!(store.confirm_host_hash(restarted, hash).await.unwrap(), None);
    });
}

#[test]
fn going_back_to_a_former_state_is_a_change_too() {
    on_each_store(|store| async move {
        enrol_agents(store.as_ref(), 1).await.unwrap();
        store.append_report(report(1, 1, 1, &[named("alpha")])).await.unwrap();
        store.append_report(report(1, 2, 2, &[named("beta")])).await.unwrap();
        let hash = host_hash(&[named("alpha")]);
        assert_eq!(store.confirm_host_hash(receipt(1, 3, 3), hash).await.unwrap(), Some(KEPT));
        let (alpha, beta) = (named("alpha").hash(), named("beta").hash());
        assert_eq!(spans(store.as_ref(), 1).await, [(alpha, 1, 1), (beta, 2, 2), (alpha, 3, 3)]);
    });
}

#[test]
fn a_late_report_adds_to_the_history_and_overwrites_nothing() {
    on_each_store(|store| async move {
        enrol_agents(store.as_ref(), 1).await.unwrap();
        for (sequence, name) in [(1, "alpha"), (5, "alpha"), (3, "beta")] {
            let at = i64::try_from(sequence).unwrap();
            store.append_report(report(1, sequence, at, &[named(name)])).await.unwrap();
        }
        let (alpha, beta) = (named("alpha").hash(), named("beta").hash());
        assert_eq!(spans(store.as_ref(), 1).await, [(alpha, 1, 1), (beta, 3, 3), (alpha, 5, 5)]);
        let agent = store.agent(agent_id(1)).await.unwrap().unwrap();
        assert_eq!(agent.last_number.map(|it| it.sequence), Some(5));
        assert_eq!(at(store.as_ref(), 1, 9).await, [named("alpha")]);
        let newest = store.newest_sections(agent_id(1)).await.unwrap();
        assert_eq!(newest, [(named("alpha").source, alpha)]);
    });
}

#[test]
fn the_past_is_read_as_it_was() {
    on_each_store(|store| async move {
        enrol_agents(store.as_ref(), 1).await.unwrap();
        for (sequence, name) in [(1, "alpha"), (2, "beta")] {
            let at = i64::try_from(sequence * 10).unwrap();
            store.append_report(report(1, sequence, at, &[named(name)])).await.unwrap();
        }
        assert!(at(store.as_ref(), 1, 9).await.is_empty());
        assert_eq!(at(store.as_ref(), 1, 10).await, [named("alpha")]);
        assert_eq!(at(store.as_ref(), 1, 19).await, [named("alpha")]);
        assert_eq!(at(store.as_ref(), 1, 20).await, [named("beta")]);
        let members = store.observations(vec![observer(1)], minute(15)).await.unwrap();
        assert_eq!(members[0].last_received_at, minute(10));
    });
}

#[test]
fn volatile_sections_alone_say_nothing_about_steady_ones() {
    on_each_store(|store| async move {
        enrol_agents(store.as_ref(), 1).await.unwrap();
        let steady = [named("alpha")];
        store.append_report(report(1, 1, 1, &steady)).await.unwrap();
        let connections = tests::store_material::body("network.connections", Vec::new());
        let volatile = IncomingReport {
            sections: vec![section(&connections, 2, Cadence::Volatile)],
            ..report(1, 2, 2, &[])
        };
        store.append_report(volatile).await.unwrap();
        let hash = host_hash(&steady);
        assert_eq!(store.confirm_host_hash(receipt(1, 3, 3), hash).await.unwrap(), Some(KEPT));
        let history = spans(store.as_ref(), 1).await;
        assert_eq!(history, [(steady[0].hash(), 1, 3), (connections.hash(), 2, 2)]);
    });
}

#[test]
fn a_clock_that_is_ahead_is_corrected_and_never_leads_past_receipt() {
    let sent = ReportReceipt { sent_at: minute(1000), received_at: minute(10), ..receipt(1, 1, 0) };
    assert_eq!(sent.corrected(minute(997)), minute(7));
    assert_eq!(sent.corrected(minute(1005)), minute(10));
    let far = ReportReceipt { sent_at: jiff::Timestamp::MIN, ..sent };
    assert_eq!(far.corrected(jiff::Timestamp::MAX), minute(10));
}

#[test]
fn who_had_a_package_and_when_is_known() {
    on_each_store(|store| async move {
        enrol_agents(store.as_ref(), 2).await.unwrap();
        store.append_report(report(1, 1, 1, &[packages(&["ssl=3.0", "zlib=1"])])).await.unwrap();
        store.append_report(report(1, 2, 2, &[packages(&["ssl=3.1", "zlib=1"])])).await.unwrap();
        store.append_report(report(2, 1, 3, &[packages(&["zlib=1"])])).await.unwrap();
        let found = store.package_history("ssl".to_owned()).await.unwrap();
        let short: Vec<_> =
            found.iter().map(|it| (it.version.as_str(), it.first_observed_at)).collect();
        assert_eq!(short, [("3.0", minute(1)), ("3.1", minute(2))]);
        assert_eq!(store.package_history("zlib".to_owned()).await.unwrap().len(), 3);
    });
}

#[test]
fn facts_of_a_newer_agent_are_kept_in_the_bytes() {
    on_each_store(|store| async move {
        enrol_agents(store.as_ref(), 1).await.unwrap();
        let bytes = br#"{"source":"system.host_name","outcome":{"read":{"facts":[{"fact":"host_name","name":"alpha","domain":null},{"fact":"hologram","depth":3}]}}}"#.to_vec();
        let mut newer = report(1, 1, 1, &[named("alpha")]);
        newer.sections[0].head.hash = ContentHash::of(&bytes);
        newer.sections[0].body = Some(bytes.clone());
        newer.host_hash = ContentHash::of_all([ContentHash::of(&bytes)]);
        store.append_report(newer).await.unwrap();
        assert_eq!(at(store.as_ref(), 1, 1).await, [named("alpha")]);
        assert_eq!(store.section_body(ContentHash::of(&bytes)).await.unwrap(), Some(bytes));
    });
}
