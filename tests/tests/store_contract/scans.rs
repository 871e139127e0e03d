//! Scans: lines, runs, parts, plans, credentials.

use std::net::IpAddr;

use inventory::asset::{ObserverId, TargetId};
use inventory::reconcile::{Identifier, IdentifierKind, TimedIdentifier};
use jiff::Timestamp;
use observation::latest::scan::{
    ScanEnd, ScanFigures, ScanJob, ScanRemark, SnmpAccess, SnmpCredential, Vantage, VantageLink,
};
use observation::latest::{AgentId, Cadence, Fact, OpenPort, SectionBody, SourceId, Transport};
use store::{
    AppendedPart, CredentialRecord, IncomingPart, IncomingTarget, IncomingTargets, ScanPlanRecord,
    ScanRunRecord, ScanRunState, Store, StoreError,
};
use tests::store_material::{agent_id, body, enrol_agents, event, minute, section};
use uuid::Uuid;

use super::super::on_each_store;

const RUN: Uuid = Uuid::from_u128(1);

fn job() -> ScanJob {
    let access = SnmpAccess::V2c { community: "geheim".to_owned() };
    ScanJob {
        run: RUN,
        networks: vec!["10.0.0.0/24".parse().unwrap()],
        snmp: vec![SnmpCredential { scope: Vec::new(), access }],
        ..ScanJob::default()
    }
}

fn run(id: u128, vantage: Option<AgentId>) -> ScanRunRecord {
    ScanRunRecord {
        id: Uuid::from_u128(id),
        plan: None,
        vantage,
        job: job(),
        ordered_by: "anna".to_owned(),
        ordered_at: minute(i64::try_from(id).unwrap()),
        started_at: None,
        finished_at: None,
        state: if vantage.is_none() { ScanRunState::Running } else { ScanRunState::Waiting },
        remarks: Vec::new(),
        figures: None,
        seen_from: None,
        done: Vec::new(),
        targets: 0,
    }
}

fn ports(open: &[u16]) -> SectionBody {
    let port = |port: &u16| Fact::OpenPort(OpenPort { transport: Transport::Tcp, port: *port });
    body("scan.ports", open.iter().map(port).collect())
}

fn mac(text: &str) -> Identifier {
    Identifier { kind: IdentifierKind::LinkMac, text: text.to_owned() }
}

fn target(last: u8, at: i64, open: &[u16], shown: &str) -> IncomingTarget {
    IncomingTarget {
        address: IpAddr::from([10, 0, 0, last]),
        sections: vec![section(&ports(open), at, Cadence::Volatile)],
        identifiers: vec![TimedIdentifier {
            identifier: mac(shown),
            first_seen_at: minute(at),
            last_seen_at: minute(at),
        }],
    }
}

/// A line goes on while one identifier stays: the real rule is the inventory's.
fn goes_on(known: &[TimedIdentifier], shown: &[Identifier], _: Timestamp, _: Timestamp) -> bool {
    known.iter().any(|it| shown.contains(&it.identifier))
}

fn found(vantage: Option<AgentId>, at: i64, targets: Vec<IncomingTarget>) -> IncomingTargets {
    IncomingTargets {
        vantage,
        started_at: minute(at),
        sent_at: minute(at),
        received_at: minute(at),
        targets,
        goes_on,
        events: vec![event("part")],
    }
}

fn part(run: u128, part: u32, at: i64, targets: Vec<IncomingTarget>) -> IncomingPart {
    IncomingPart {
        run: Uuid::from_u128(run),
        part,
        found: found(None, at, targets),
        started_at: minute(at),
        seen_from: vantage(),
        end: None,
    }
}

fn vantage() -> Vantage {
    Vantage {
        agent: None,
        software_version: "1".to_owned(),
        links: Vec::new(),
        gateways: vec![IpAddr::from([10, 0, 0, 1])],
        has_raw_sockets: true,
    }
}

fn ending(mut part: IncomingPart, is_complete: bool) -> IncomingPart {
    let end = ScanEnd {
        finished_at: part.started_at,
        is_complete,
        remarks: vec![ScanRemark { code: "proxy_arp".to_owned(), what: "10.0.0.0/25".to_owned() }],
        figures: ScanFigures { addresses: 254, answered: 2, ..ScanFigures::default() },
        done: Vec::new(),
    };
    part.end = Some((end, minute(99)));
    part
}

async fn state(store: &dyn Store) -> ScanRunState {
    store.scan_run(RUN).await.unwrap().unwrap().state
}

async fn seen(store: &dyn Store, observers: Vec<ObserverId>, at: i64) -> Vec<SectionBody> {
    let members = store.observations(observers, minute(at)).await.unwrap();
    members.into_iter().flat_map(|it| it.sections).map(|it| it.body).collect()
}

#[test]
fn a_part_is_kept_once_and_its_answer_is_the_same() {
    on_each_store(|store| async move {
        store.begin_scan(run(1, None), event("scan_started")).await.unwrap();
        let targets = vec![target(5, 1, &[22], "a"), target(6, 1, &[80], "b")];
        let first = store.append_scan(part(1, 0, 1, targets.clone())).await.unwrap();
        assert_eq!(first, AppendedPart { was_repeated: false, targets: 2, lines_begun: 2 });
        let head = store.event_head().await.unwrap().0;
        let again = store.append_scan(part(1, 0, 9, targets)).await.unwrap();
        assert_eq!(again, AppendedPart { was_repeated: true, ..first });
        assert_eq!(store.event_head().await.unwrap().0, head);
        let observers = store.scan_observers(RUN).await.unwrap();
        assert_eq!(seen(store.as_ref(), observers.clone(), 9).await, [ports(&[22]), ports(&[80])]);
        assert_eq!(store.unreconciled().await.unwrap(), observers);
        let run = store.scan_run(RUN).await.unwrap().unwrap();
        assert_eq!((run.targets, run.started_at), (2, Some(minute(1))));
        assert_eq!(run.seen_from, Some(vantage()));
    });
}

#[test]
fn a_line_goes_on_while_the_rule_says_so_and_else_another_begins() {
    on_each_store(|store| async move {
        store.begin_scan(run(1, None), event("scan_started")).await.unwrap();
        for (number, at, mac) in [(0, 1, "a"), (1, 10, "a"), (2, 20, "b"), (3, 30, "b")] {
            let targets = vec![target(5, at, &[22], mac)];
            store.append_scan(part(1, number, at, targets)).await.unwrap();
        }
        let lines = store.lines_of_address(IpAddr::from([10, 0, 0, 5])).await.unwrap();
        let times: Vec<_> = lines.iter().map(|it| (it.target.since, it.last_received_at)).collect();
        assert_eq!(times, [(minute(1), Some(minute(10))), (minute(20), Some(minute(30)))]);
        let source = SourceId::from_static("scan.ports");
        let newest = store.lines_from(None, source.clone()).await.unwrap();
        assert_eq!(newest.len(), 1);
        assert_eq!(newest[0].target, lines[1].target);
        assert_eq!(newest[0].body, Some(ports(&[22]).hash()));
        assert!(store.lines_from(Some(agent_id(1)), source).await.unwrap().is_empty());
    });
}

#[test]
fn the_same_address_from_two_places_is_two_lines() {
    on_each_store(|store| async move {
        enrol_agents(store.as_ref(), 1).await.unwrap();
        let agent = agent_id(1);
        store.begin_scan(run(1, None), event("scan_started")).await.unwrap();
        store.append_scan(part(1, 0, 1, vec![target(5, 1, &[22], "a")])).await.unwrap();
        let seen = found(Some(agent), 2, vec![target(5, 2, &[22], "a")]);
        store.append_sightings(seen).await.unwrap();
        let lines = store.lines_of_address(IpAddr::from([10, 0, 0, 5])).await.unwrap();
        let places: Vec<_> = lines.iter().map(|it| it.target.vantage).collect();
        assert_eq!(places, [None, Some(agent)]);
        let observers = lines.into_iter().map(|it| ObserverId::Target(it.target)).collect();
        let evidence = store.candidates_for(observers).await.unwrap();
        assert_eq!(evidence.len(), 2, "a shared identifier connects them");
    });
}

#[test]
fn the_later_observation_counts_whichever_run_brings_it() {
    on_each_store(|store| async move {
        store.begin_scan(run(1, None), event("scan_started")).await.unwrap();
        store.begin_scan(run(2, None), event("scan_started")).await.unwrap();
        store.append_scan(part(2, 0, 20, vec![target(5, 20, &[80], "a")])).await.unwrap();
        // A run that began earlier, looked earlier and is delivered later.
        let mut late = part(1, 0, 30, vec![target(5, 10, &[22], "a")]);
        late.found.started_at = minute(5);
        store.append_scan(late).await.unwrap();
        let lines = store.lines_of_address(IpAddr::from([10, 0, 0, 5])).await.unwrap();
        let observer = vec![ObserverId::Target(lines[0].target.clone())];
        assert_eq!(seen(store.as_ref(), observer.clone(), 40).await, [ports(&[80])]);
        assert_eq!(seen(store.as_ref(), observer, 15).await, [ports(&[22])]);
    });
}

#[test]
fn two_parts_that_saw_an_address_at_the_same_moment_are_both_kept() {
    on_each_store(|store| async move {
        store.begin_scan(run(1, None), event("scan_started")).await.unwrap();
        for number in 0..2 {
            let targets = vec![target(5, 1, &[22 + u16::try_from(number).unwrap()], "a")];
            store.append_scan(part(1, number, 1, targets)).await.unwrap();
        }
        let observers = store.scan_observers(RUN).await.unwrap();
        assert_eq!(seen(store.as_ref(), observers, 2).await, [ports(&[23])]);
    });
}

#[test]
fn a_run_ends_with_its_last_part_or_because_somebody_says_so() {
    on_each_store(|store| async move {
        store.begin_scan(run(1, None), event("scan_started")).await.unwrap();
        assert_eq!(state(store.as_ref()).await, ScanRunState::Running);
        store.append_scan(ending(part(1, 0, 1, Vec::new()), true)).await.unwrap();
        let ended = store.scan_run(RUN).await.unwrap().unwrap();
        assert_eq!((ended.state, ended.finished_at), (ScanRunState::Complete, Some(minute(99))));
        assert_eq!(ended.figures.map(|it| it.addresses), Some(254));
        assert_eq!(ended.remarks[0].code, "proxy_arp");
        let end = || (minute(100), ScanRunState::Failed, Vec::new(), event("scan_ended"));
        let (at, failed, remarks, event_) = end();
        assert!(!store.end_scan(RUN, at, failed, remarks, event_).await.unwrap(), "it is over");
        let second = Uuid::from_u128(2);
        store.begin_scan(run(2, None), event("scan_started")).await.unwrap();
        let (at, failed, remarks, event_) = end();
        assert!(store.end_scan(second, at, failed, remarks, event_).await.unwrap());
        // What comes after the end is kept and changes no state.
        let late = ending(part(2, 7, 3, vec![target(9, 3, &[], "z")]), true);
        store.append_scan(late).await.unwrap();
        let ended = store.scan_run(second).await.unwrap().unwrap();
        assert_eq!((ended.state, ended.targets), (ScanRunState::Failed, 1));
        let newest = store.scan_runs(1).await.unwrap();
        assert_eq!(newest.iter().map(|it| it.id).collect::<Vec<_>>(), [second]);
    });
}

#[test]
fn a_part_of_no_run_or_from_another_place_leaves_nothing_behind() {
    on_each_store(|store| async move {
        enrol_agents(store.as_ref(), 1).await.unwrap();
        store.begin_scan(run(1, Some(agent_id(1))), event("scan_ordered")).await.unwrap();
        for wrong in [9, 1] {
            let part = part(wrong, 0, 1, vec![target(5, 1, &[22], "a")]);
            let refused = store.append_scan(part).await;
            assert!(matches!(refused, Err(StoreError::Refused { .. })), "{refused:?}");
        }
        let mut twice = part(1, 0, 1, vec![target(5, 1, &[22], "a")]);
        twice.found.vantage = Some(agent_id(1));
        let section = twice.found.targets[0].sections[0].clone();
        twice.found.targets[0].sections.push(section);
        let refused = store.append_scan(twice).await;
        assert!(matches!(refused, Err(StoreError::Refused { .. })), "{refused:?}");
        assert!(store.lines_of_address(IpAddr::from([10, 0, 0, 5])).await.unwrap().is_empty());
    });
}

#[test]
fn an_agent_finds_its_waiting_runs_until_the_first_part_comes() {
    on_each_store(|store| async move {
        enrol_agents(store.as_ref(), 2).await.unwrap();
        let agent = agent_id(1);
        store.begin_scan(run(1, Some(agent)), event("scan_ordered")).await.unwrap();
        assert_eq!(store.waiting_scans(agent).await.unwrap().len(), 1);
        assert!(store.waiting_scans(agent_id(2)).await.unwrap().is_empty());
        let mut first = part(1, 0, 5, Vec::new());
        first.found.vantage = Some(agent);
        store.append_scan(first).await.unwrap();
        assert!(store.waiting_scans(agent).await.unwrap().is_empty());
        assert_eq!(state(store.as_ref()).await, ScanRunState::Running);
    });
}

#[test]
fn secrets_of_a_job_are_not_kept() {
    on_each_store(|store| async move {
        store.begin_scan(run(1, None), event("scan_started")).await.unwrap();
        let kept = store.scan_run(RUN).await.unwrap().unwrap();
        assert!(kept.job.snmp.is_empty());
        assert_eq!(kept.job, ScanJob { snmp: Vec::new(), ..job() });
    });
}

fn plan(id: u128, name: &str) -> ScanPlanRecord {
    ScanPlanRecord {
        id: Uuid::from_u128(id),
        name: name.to_owned(),
        document: "{\"cron\":\"0 2 * * *\"}".to_owned(),
        created_at: minute(1),
        last_run: None,
        last_run_at: None,
        next_run_at: Some(minute(50)),
    }
}

#[test]
fn plans_are_kept_by_name_and_take_their_credentials_with_them() {
    on_each_store(|store| async move {
        store.add_plan(plan(2, "office"), event("plan_made")).await.unwrap();
        store.add_plan(plan(1, "Branch"), event("plan_made")).await.unwrap();
        let refused = store.add_plan(plan(3, "office"), event("plan_made")).await;
        assert!(matches!(refused, Err(StoreError::Refused { .. })), "{refused:?}");
        assert_eq!(store.scan_plans().await.unwrap(), [plan(1, "Branch"), plan(2, "office")]);
        let credential = |id: u128, plan: u128| CredentialRecord {
            id: Uuid::from_u128(id),
            plan: Some(Uuid::from_u128(plan)),
            scope: "10.0.0.0/24".to_owned(),
            kind: "snmp_v3".to_owned(),
            sealed: vec![1, 2, 3],
            created_at: minute(2),
        };
        for (id, plan) in [(10, 1), (11, 1), (12, 2)] {
            store.put_credential(credential(id, plan), event("credential_kept")).await.unwrap();
        }
        assert_eq!(store.credentials().await.unwrap()[2], credential(12, 2));
        let remove = |id| store.remove_credential(Uuid::from_u128(id), event("credential_gone"));
        assert!(remove(11).await.unwrap() && !remove(11).await.unwrap());
        let remove = |id| store.remove_plan(Uuid::from_u128(id), event("plan_removed"));
        assert!(remove(1).await.unwrap() && !remove(1).await.unwrap());
        assert_eq!(store.credentials().await.unwrap(), [credential(12, 2)]);
        assert_eq!(store.scan_plans().await.unwrap().len(), 1);
    });
}

#[test]
fn an_end_that_knows_nothing_of_the_place_leaves_what_is_known() {
    on_each_store(|store| async move {
        store.begin_scan(run(1, None), event("scan_started")).await.unwrap();
        let mut first = part(1, 0, 1, Vec::new());
        let network = "10.0.0.9/24".parse().unwrap();
        first.seen_from.links =
            vec![VantageLink { interface: "eth0".to_owned(), network, mac: None }];
        let place = first.seen_from.clone();
        store.append_scan(first).await.unwrap();
        store.append_scan(ending(part(1, 1, 2, Vec::new()), false)).await.unwrap();
        assert_eq!(store.scan_run(RUN).await.unwrap().unwrap().seen_from, Some(place));
    });
}

#[test]
fn a_plan_knows_its_newest_run_and_its_times() {
    on_each_store(|store| async move {
        store.add_plan(plan(7, "office"), event("plan_made")).await.unwrap();
        let of_plan = ScanRunRecord { plan: Some(Uuid::from_u128(7)), ..run(1, None) };
        store.begin_scan(of_plan.clone(), event("scan_started")).await.unwrap();
        let begun = ScanPlanRecord {
            last_run: Some(of_plan.id),
            last_run_at: Some(of_plan.ordered_at),
            ..plan(7, "office")
        };
        assert_eq!(store.scan_plans().await.unwrap(), std::slice::from_ref(&begun));
        let id = Uuid::from_u128(7);
        assert!(store.note_plan_times(id, None, Some(minute(60))).await.unwrap());
        let noted = ScanPlanRecord { next_run_at: Some(minute(60)), ..begun };
        assert_eq!(store.scan_plans().await.unwrap(), std::slice::from_ref(&noted));
        assert!(store.note_plan_times(id, Some(minute(9)), None).await.unwrap());
        let noted = ScanPlanRecord { last_run_at: Some(minute(9)), next_run_at: None, ..noted };
        assert_eq!(store.scan_plans().await.unwrap(), [noted]);
    });
}

#[test]
fn a_plan_that_was_removed_does_not_come_back_and_begins_nothing() {
    on_each_store(|store| async move {
        store.add_plan(plan(7, "office"), event("plan_made")).await.unwrap();
        let id = Uuid::from_u128(7);
        assert!(store.remove_plan(id, event("plan_removed")).await.unwrap());
        assert!(!store.note_plan_times(id, Some(minute(9)), Some(minute(60))).await.unwrap());
        let late = ScanRunRecord { plan: Some(id), ..run(1, None) };
        let refused = store.begin_scan(late, event("scan_started")).await;
        assert!(matches!(refused, Err(StoreError::Refused { .. })), "{refused:?}");
        assert_eq!(store.scan_plans().await.unwrap(), []);
        assert_eq!(store.scan_runs(9).await.unwrap(), []);
    });
}

#[test]
fn runs_that_are_not_over_are_listed_with_their_newest_part() {
    on_each_store(|store| async move {
        enrol_agents(store.as_ref(), 1).await.unwrap();
        let agent = Some(agent_id(1));
        for (id, vantage) in [(1, None), (2, agent), (3, None)] {
            store.begin_scan(run(id, vantage), event("scan_started")).await.unwrap();
        }
        store.append_scan(part(1, 0, 4, Vec::new())).await.unwrap();
        let mut broken_off = ending(part(1, 1, 5, Vec::new()), false);
        let rest = vec!["10.0.0.0/25".parse().unwrap()];
        if let Some((end, _)) = &mut broken_off.end {
            end.done.clone_from(&rest);
        }
        store.append_scan(part(1, 1, 5, Vec::new())).await.unwrap();
        store.append_scan(ending(part(3, 0, 6, Vec::new()), true)).await.unwrap();
        let under_way = store.scans_under_way().await.unwrap();
        let shown: Vec<_> =
            under_way.iter().map(|it| (it.run.id.as_u128(), it.last_part_at)).collect();
        assert_eq!(shown, [(1, Some(minute(5))), (2, None)]);
        let listed = store.scan_runs(9).await.unwrap();
        assert!(listed.iter().all(|it| it.seen_from.is_none()), "lists leave out what is long");
        assert_eq!(store.scan_run(RUN).await.unwrap().unwrap().seen_from, Some(vantage()));
        // What a scanner is done with is kept also where somebody had ended its run.
        store
            .end_scan(RUN, minute(6), ScanRunState::Partial, Vec::new(), event("scan_ended"))
            .await
            .unwrap();
        broken_off.part = 2;
        store.append_scan(broken_off).await.unwrap();
        assert_eq!(store.scan_run(RUN).await.unwrap().unwrap().done, rest);
        assert!(store.scan_runs(9).await.unwrap().iter().all(|it| it.done.is_empty()));
    });
}

#[test]
fn a_line_has_its_name_back_after_reading() {
    on_each_store(|store| async move {
        let six: IpAddr = "fe80::1".parse().unwrap();
        let agent = agent_id(1);
        let mut at = target(5, 1, &[], "a");
        at.address = six;
        store.append_sightings(found(Some(agent), 1, vec![at])).await.unwrap();
        let expected = TargetId { vantage: Some(agent), address: six, since: minute(1) };
        assert_eq!(store.unreconciled().await.unwrap(), [ObserverId::Target(expected)]);
    });
}
