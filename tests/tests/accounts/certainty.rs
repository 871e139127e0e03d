//! That a user of the system is linked to an account is no proof that the account acts, unless the kernel says
//! which user it is.

use std::path::Path;
use std::sync::Arc;

use kataster::accounts::{Caller, Witness, own, witness_of_peers};
use kataster::command::{ClaimOrder, Order, UserOrder};
use kataster::control;
use kataster::scans::Watch;
use store::Access;
use tokio::sync::watch;

use super::super::{Scene, acting, key, password, signed_in, somebody};

/// Somebody whose own process says that they are the linked user: `unshare --map-user` does that.
fn pretending(name: &str) -> Caller {
    Caller { witness: Witness::Process, ..acting(name) }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_only_says_that_they_are_the_linked_user_settles_nothing() {
    let scene = Scene::new().await;
    scene.set(&somebody(), ("company", ""), "released_by", Some("Geschäftsführung")).await;
    let name = scene.open("released_by").await;
    assert_eq!(key(scene.confirm(&pretending("gf"), &[&name]).await), "needs-password");
    assert_eq!(key(scene.reject(&pretending("gf"), &[&name]).await), "needs-password");
    assert_eq!(scene.open("released_by").await, name, "nothing was settled");
    scene.give_password("gf").await;
    let with_password = Caller { witness: Witness::Process, ..signed_in("gf") };
    scene.confirm(&with_password, &[&name]).await.unwrap();
    scene.running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_only_says_that_they_are_the_linked_admin_changes_no_account() {
    let scene = Scene::new().await;
    let by = pretending(super::super::ADMIN);
    let added = scene.add(&by, "neu", Access::Admin, &[]).await;
    assert_eq!(key(added), "needs-password");
    for order in [
        UserOrder::Remove { name: "gf".to_owned() },
        UserOrder::Password { name: "gf".to_owned(), password: password("gf") },
        UserOrder::Role {
            name: "gf".to_owned(),
            access: Some(Access::Admin),
            add: Vec::new(),
            remove: Vec::new(),
            system_user: None,
        },
    ] {
        assert_eq!(key(scene.by(&by, Order::User(order)).await), "needs-password");
    }
    scene.by(&by, Order::User(UserOrder::List)).await.unwrap();
    scene.running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_only_says_that_they_are_the_linked_user_claims_in_their_own_role() {
    let scene = Scene::new().await;
    scene.set(&pretending("it"), ("company", ""), "released_by", Some("IT-Leitung")).await;
    scene.open("released_by").await;
    scene.running.end().await;
}

/// The order of a person at the control socket of a running collector.
async fn at_socket(folder: &Path, order: Order) -> Result<(), String> {
    let request = control::Request { sign_in: None, order };
    let asked = control::ask(folder, &request, &Watch::default()).await.unwrap();
    asked.unwrap().map(|_| ()).map_err(|it| it.key)
}

#[tokio::test(flavor = "multi_thread")]
async fn at_a_running_collector_the_kernel_says_which_user_it_is() {
    let scene = Scene::new().await;
    scene.set(&somebody(), ("company", ""), "released_by", Some("Geschäftsführung")).await;
    let names = vec![scene.open("released_by").await];
    scene.role("gf", &[], &[], Some(own().uid)).await;
    let collector = Arc::clone(&scene.running.collector);
    let folder = collector.folder.path().to_owned();
    let (stop, stopped) = watch::channel(false);
    let serving = tokio::spawn(control::serve(collector, stopped));
    while !folder.join("control.sock").exists() {
        tokio::task::yield_now().await;
    }
    // Where this test runs in a user namespace, so does its collector, and trusts no numbers of users.
    let expected = match witness_of_peers() {
        Witness::Kernel => Ok(()),
        Witness::Process => Err("needs-password".to_owned()),
    };
    let confirm = Order::Claim(ClaimOrder::Confirm { names });
    assert_eq!(at_socket(&folder, confirm).await, expected);
    stop.send(true).unwrap();
    serving.await.unwrap().unwrap();
    scene.running.end().await;
}
