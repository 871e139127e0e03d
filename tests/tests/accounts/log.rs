//! The log of events, as an auditor reads it.

use kataster::command::{Form, LogOrder, LogPage, Order, Reply, print};
use store::Access;
use wording::Language;

use super::super::{ADMIN, Scene, acting, key, somebody};

impl Scene {
    async fn log(&self, order: LogOrder) -> LogPage {
        let reply = self.by(&acting(ADMIN), Order::AuditLog(order)).await.unwrap();
        let Reply::Log(page) = reply else { panic!("another reply: {reply:?}") };
        page
    }
}

fn of(object: &str) -> LogOrder {
    LogOrder { object: Some(object.to_owned()), limit: 100, ..LogOrder::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_reads_what_changed_of_an_object_and_who_confirmed_it() {
    let scene = Scene::new().await;
    for state in ["proposed", "accepted"] {
        scene.set(&somebody(), ("risk", "R-001"), "state", Some(state)).await;
    }
    scene.set(&somebody(), ("risk", "R-0011"), "state", Some("proposed")).await;
    scene.set(&somebody(), ("risk", "R-001"), "owner", Some("IT-Leitung")).await;
    let claim = scene.open("state").await;
    scene.confirm(&acting("it"), &[&claim]).await.unwrap();
    let page = scene.log(of("risk/R-001")).await;
    let said: Vec<_> = page
        .events
        .iter()
        .filter(|it| ["state", "owner", "claim_confirmed"].contains(&it.kind.as_str()))
        .map(|it| (it.actor.as_str(), it.kind.as_str(), it.before.as_deref(), it.after.as_deref()))
        .collect();
    let by = "account buero";
    let whole = "accepted (owner: IT-Leitung)";
    assert_eq!(
        said,
        [
            (by, "state", None, Some("proposed")),
            (by, "state", Some("proposed"), Some("accepted")),
            (by, "owner", None, Some("IT-Leitung")),
            ("account it", "claim_confirmed", None, Some(whole)),
        ]
    );
    assert!(page.events.is_sorted_by_key(|it| it.number) && page.next.is_none());
    assert!(scene.log(of("risk")).await.events.iter().any(|it| it.object == "risk R-0011"));
    let mut text = Vec::new();
    let wording = Language::German.wording();
    print(&mut text, &Reply::Log(page), Form::Table, wording).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("Konto buero") && text.contains("proposed → accepted"), "{text}");
    assert!(!text.contains('⟨'), "{text}");
    scene.running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_comes_in_pages_that_join_without_a_gap() {
    let scene = Scene::new().await;
    let all = scene.log(LogOrder { limit: u32::MAX, ..LogOrder::default() }).await;
    assert!(all.events.len() > 5 && all.next.is_none());
    let (mut after, mut joined) = (0, Vec::new());
    loop {
        let page = scene.log(LogOrder { after, limit: 2, ..LogOrder::default() }).await;
        assert!(page.events.len() <= 2);
        joined.extend(page.events.into_iter().map(|it| it.number));
        let Some(next) = page.next else { break };
        after = next;
    }
    let numbers: Vec<u64> = (1..).take(all.events.len()).collect();
    assert_eq!(joined, numbers);
    let last = all.events.last().unwrap();
    let since = Some(last.at);
    let page = scene.log(LogOrder { since, limit: 100, ..LogOrder::default() }).await;
    assert!(page.events.iter().all(|it| it.at >= last.at) && !page.events.is_empty());
    scene.running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_for_auditors() {
    let scene = Scene::new().await;
    let order = || Order::AuditLog(of("company"));
    assert_eq!(key(scene.by(&acting("gf"), order()).await), "access", "a viewer");
    scene.add(&acting(ADMIN), "pruefer", Access::Auditor, &[]).await.unwrap();
    scene.by(&acting("pruefer"), order()).await.unwrap();
    scene.running.end().await;
}
