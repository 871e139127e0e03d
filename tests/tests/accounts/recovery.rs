//! The way back when the last admin's password is lost, and how it is seen.

use inventory::register::ClaimState;
use kataster::accounts::{Secret, SignIn};
use kataster::command::{ClaimOrder, Form, Order, Reply, UserOrder, print, recover};
use kataster::failure::Failure;
use store::Access;
use wording::Language;

use super::super::{ADMIN, Scene, acting, caller, key, signed_in};

const NEW: &str = "ein anderes Wort";

impl Scene {
    async fn recover(&self, name: &str, password: &str) -> Result<Reply, Failure> {
        let collector = &self.running.collector;
        recover(collector, "user kerstin", name, Secret::new(password)).await
    }

    async fn shown(&self, order: Order) -> String {
        let reply = self.by(&acting(ADMIN), order).await.unwrap();
        let mut text = Vec::new();
        print(&mut text, &reply, Form::Table, Language::English.wording()).unwrap();
        String::from_utf8(text).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_password_of_an_admin_is_replaced_and_everybody_sees_it() {
    let scene = Scene::new().await;
    scene.give_password(ADMIN).await;
    let listed = scene.shown(Order::User(UserOrder::List)).await;
    assert!(!listed.contains("recover") && !listed.contains("old one"), "{listed}");
    scene.recover(ADMIN, NEW).await.unwrap();
    assert_eq!(
        scene.last_actor().await,
        ("user kerstin".to_owned(), "account_recovered".to_owned())
    );
    assert_eq!(key(scene.by(&signed_in(ADMIN), Order::AgentList).await), "sign-in", "the old one");
    let sign_in = SignIn { name: ADMIN.to_owned(), password: Secret::new(NEW) };
    let again = kataster::accounts::Caller { sign_in: Some(sign_in), ..caller(7) };
    scene.by(&again, Order::AgentList).await.unwrap();
    for order in [Order::User(UserOrder::List), Order::Claim(ClaimOrder::Pending)] {
        let shown = scene.shown(order).await;
        let first = shown.lines().next().unwrap();
        assert!(first.contains("admin") && first.contains("kerstin"), "{shown}");
    }
    scene.running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_recovered_account_confirms_says_so() {
    let scene = Scene::new().await;
    scene.role(ADMIN, &["IT-Leitung"], &[], None).await;
    let claim = scene.open("reviewed_by").await;
    scene.recover(ADMIN, NEW).await.unwrap();
    let confirmed = scene.confirm(&acting(ADMIN), &[&claim]).await.unwrap().remove(0);
    assert_eq!(confirmed.state, ClaimState::Confirmed);
    assert!(confirmed.after_recovery_at.is_some());
    let show = Order::RegisterShow {
        table: "company".to_owned(),
        identity: None,
        as_data: false,
        language: "en".to_owned(),
    };
    let shown = scene.shown(show).await;
    assert!(shown.contains("after the account was recovered"), "{shown}");
    scene.by(&acting(ADMIN), Order::AuditVerify).await.unwrap();
    scene.running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_admins_are_recovered_and_only_with_a_password_that_is_one() {
    let scene = Scene::new().await;
    assert_eq!(key(scene.recover("it", NEW).await), "recover-not-admin");
    assert_eq!(key(scene.recover("nobody", NEW).await), "no-account");
    assert_eq!(key(scene.recover(ADMIN, "kurz").await), "password-too-short");
    scene.add(&acting(ADMIN), "gone", Access::Admin, &[]).await.unwrap();
    let gone = UserOrder::Remove { name: "gone".to_owned() };
    scene.by(&acting(ADMIN), Order::User(gone)).await.unwrap();
    assert_eq!(key(scene.recover("gone", NEW).await), "no-account");
    assert!(scene.running.collector.store.recoveries().await.unwrap().is_empty());
    scene.running.end().await;
}
