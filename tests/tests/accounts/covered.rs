//! What an approval covers, and who may say in whose name it is.

use kataster::command::{ClaimOrder, ClaimRow, Order, Reply};
use store::Access;

use super::super::{ADMIN, Scene, acting, key, rows};

const RISK: (&str, &str) = ("risk", "R-001");

impl Scene {
    async fn set_all(&self, by: &str, entry: (&str, &str), fields: &[(&str, &str)]) -> Reply {
        let field = |(key, value): &(&str, &str)| ((*key).to_owned(), Some((*value).to_owned()));
        let order = Order::RegisterSet {
            table: entry.0.to_owned(),
            identity: entry.1.to_owned(),
            fields: fields.iter().map(field).collect(),
            language: "en".to_owned(),
        };
        self.by(&acting(by), order).await.unwrap()
    }

    async fn pending_row(&self, key: &str) -> Option<ClaimRow> {
        let reply = self.by(&acting(ADMIN), Order::Claim(ClaimOrder::Pending)).await.unwrap();
        rows(reply).unwrap().into_iter().find(|it| it.place.key == key)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_whose_hours_changed_is_to_be_confirmed_again_whoever_changed_them() {
    let scene = Scene::new().await;
    let process = ("process", "GP001");
    scene.set_all("it", ("company", ""), &[("management", "Geschäftsführung")]).await;
    let management = scene.open("management").await;
    scene.confirm(&acting(ADMIN), &[&management]).await.unwrap();
    let approval = scene.open("approved_on").await;
    scene.confirm(&acting("gf"), &[&approval]).await.unwrap();
    assert_eq!(scene.pending_row("approved_on").await, None);
    scene.add(&acting(ADMIN), "gf2", Access::Operator, &["Geschäftsführung"]).await.unwrap();
    // Also whoever speaks for the management has not approved by changing a figure.
    for (by, hours) in [("it", "72"), ("gf2", "96")] {
        scene.set_all(by, process, &[("outage_hours", hours)]).await;
        let row = scene.pending_row("approved_on").await.unwrap();
        assert_eq!(row.confirmed_before_by.as_deref(), Some("gf"), "{row:?}");
        assert!(row.value.contains(&format!("outage_hours: {hours}")), "{row:?}");
    }
    scene.running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_makes_themselves_the_owner_of_a_risk_does_not_accept_it_in_the_same_order() {
    let scene = Scene::new().await;
    let own = [("owner", "IT-Leitung"), ("state", "accepted")];
    scene.set_all("it", RISK, &own).await;
    let claim = scene.open("state").await;
    scene.confirm(&acting("it"), &[&claim]).await.unwrap();
    // Said again without a change of the owner it is the owner's own word.
    scene.set_all("it", RISK, &[("state", "proposed")]).await;
    scene.set_all("it", RISK, &own).await;
    assert_eq!(scene.pending_row("state").await, None);
    scene
        .set_all(
            "it",
            ("finding", "B-00000001"),
            &[("accepted_by", "IT-Leitung"), ("status", "exception")],
        )
        .await;
    scene.open("status").await;
    scene.running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn software_is_approved_by_the_security_officer_whom_an_admin_stands_by() {
    let scene = Scene::new().await;
    scene.set_all("it", ("software", "W-00000001"), &[("approved", "yes")]).await;
    let claim = scene.open("approved").await;
    assert_eq!(key(scene.confirm(&acting("it"), &[&claim]).await), "claim-names-nobody");
    scene.set_all("it", ("company", ""), &[("security_officer", "IT-Leitung")]).await;
    let claim = scene.open("approved").await;
    assert_eq!(
        key(scene.confirm(&acting("it"), &[&claim]).await),
        "security-officer-not-confirmed"
    );
    let officer = scene.open("security_officer").await;
    assert_eq!(key(scene.confirm(&acting("it"), &[&officer]).await), "needs-admin");
    scene.confirm(&acting(ADMIN), &[&officer]).await.unwrap();
    assert_eq!(key(scene.confirm(&acting("gf"), &[&claim]).await), "not-the-role");
    scene.confirm(&acting("it"), &[&claim]).await.unwrap();
    scene.running.end().await;
}
