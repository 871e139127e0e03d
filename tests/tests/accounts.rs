//! Accounts and claims by the orders that the command line gives: who may, who may not, and who only
//! says so.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on must stop")]

mod accounts {
    mod certainty;
    mod covered;
    mod log;
    mod recovery;
}

use std::io::{Cursor, Write};
use std::path::Path;

use data_encoding::BASE64;
use inventory::register::ClaimState;
use kataster::accounts::{Caller, Secret, SignIn, Witness};
use kataster::command::{ClaimOrder, ClaimRow, Order, Reply, UserOrder, adopt_claims, execute_as};
use kataster::failure::{ExitCode, Failure};
use kataster::scans::Watch;
use store::{Access, SqliteStore, Store, SystemUser};
use tempfile::TempDir;
use tests::loopback::{Running, now};

const REGISTER: &str = r#"
[company]
name = "Musterbau"
reviewed_by = "IT-Leitung"

[[role]]
name = "Geschäftsführung"

[[role]]
name = "IT-Leitung"

[[process]]
code = "GP001"
name = "Auftrag"
approved_on = "2026-09-01"
"#;
const ADMIN: &str = "admin";
const LINKED_UID: u32 = 4_000_000_001;

struct Scene {
    folder: TempDir,
    running: Running,
}

fn caller(uid: u32) -> Caller {
    let user = SystemUser { uid, name: Some(format!("u{uid}")) };
    Caller { user, witness: Witness::Kernel, sign_in: None }
}

fn password(name: &str) -> Secret {
    Secret::new(format!("Kennwort von {}", name.len()))
}

/// The operating-system user that an account of this company is linked to. Only where passwords matter
/// are they used: each costs some tenths of a second.
fn uid_of(name: &str) -> u32 {
    4_000_000_100 + name.bytes().map(u32::from).sum::<u32>()
}

/// Somebody whose operating-system user is linked to an account.
fn acting(name: &str) -> Caller {
    let user = SystemUser { uid: uid_of(name), name: None };
    Caller { user, witness: Witness::Kernel, sign_in: None }
}

/// Somebody with an account that may change the register and speaks for no role.
fn somebody() -> Caller {
    acting("buero")
}

/// Somebody who signs in as an account.
fn signed_in(name: &str) -> Caller {
    let sign_in = SignIn { name: name.to_owned(), password: password(name) };
    Caller { sign_in: Some(sign_in), ..caller(7) }
}

impl Scene {
    /// A company with an admin, its management and an operator.
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let running = Running::start(&folder.path().join("collector")).await.unwrap();
        let scene = Self { folder, running };
        let language = "en".to_owned();
        let order = Order::RegisterImport { text: REGISTER.to_owned(), language };
        scene.by(&caller(1), order).await.unwrap();
        scene.add(&caller(1), ADMIN, Access::Admin, &[]).await.unwrap();
        scene.add(&acting(ADMIN), "gf", Access::Viewer, &["Geschäftsführung"]).await.unwrap();
        scene.add(&acting(ADMIN), "it", Access::Operator, &["it-leitung"]).await.unwrap();
        scene.add(&acting(ADMIN), "buero", Access::Operator, &[]).await.unwrap();
        scene
    }

    async fn by(&self, caller: &Caller, order: Order) -> Result<Reply, Failure> {
        let watch = Watch::default();
        Box::pin(execute_as(&self.running.collector, caller, order, &watch)).await
    }

    async fn add(
        &self,
        caller: &Caller,
        name: &str,
        access: Access,
        roles: &[&str],
    ) -> Result<Reply, Failure> {
        let order = UserOrder::Add {
            name: name.to_owned(),
            access,
            roles: roles.iter().map(|it| (*it).to_owned()).collect(),
            system_user: Some(uid_of(name).to_string()),
            password: None,
        };
        self.by(caller, Order::User(order)).await
    }

    /// Gives an account a password.
    async fn give_password(&self, name: &str) {
        let (name, password) = (name.to_owned(), password(name));
        let order = Order::User(UserOrder::Password { name, password });
        self.by(&acting(ADMIN), order).await.unwrap();
    }

    /// What an account may speak for from now on, and no more.
    async fn role(&self, name: &str, add: &[&str], remove: &[&str], uid: Option<u32>) {
        let owned = |it: &[&str]| it.iter().map(|it| (*it).to_owned()).collect();
        let order = UserOrder::Role {
            name: name.to_owned(),
            access: None,
            add: owned(add),
            remove: owned(remove),
            system_user: uid.map(|it| it.to_string()),
        };
        self.by(&acting(ADMIN), Order::User(order)).await.unwrap();
    }

    async fn set(&self, caller: &Caller, entry: (&str, &str), key: &str, value: Option<&str>) {
        let order = Order::RegisterSet {
            table: entry.0.to_owned(),
            identity: entry.1.to_owned(),
            fields: vec![(key.to_owned(), value.map(str::to_owned))],
            language: "en".to_owned(),
        };
        self.by(caller, order).await.unwrap();
    }

    async fn confirm(&self, caller: &Caller, names: &[&str]) -> Result<Vec<ClaimRow>, Failure> {
        let names = names.iter().map(|it| (*it).to_owned()).collect();
        rows(self.by(caller, Order::Claim(ClaimOrder::Confirm { names })).await?)
    }

    async fn reject(&self, caller: &Caller, names: &[&str]) -> Result<Vec<ClaimRow>, Failure> {
        let names = names.iter().map(|it| (*it).to_owned()).collect();
        let language = "en".to_owned();
        rows(self.by(caller, Order::Claim(ClaimOrder::Reject { names, language })).await?)
    }

    /// Key and name of every claim that nobody stands by.
    async fn pending(&self) -> Vec<(String, String)> {
        let reply = self.by(&somebody(), Order::Claim(ClaimOrder::Pending)).await.unwrap();
        let named = |it: ClaimRow| (it.place.key, it.claim.unwrap_or_default());
        rows(reply).unwrap().into_iter().map(named).collect()
    }

    /// The name of the one claim of this key that nobody stands by.
    async fn open(&self, key: &str) -> String {
        let pending = self.pending().await;
        let mut own = pending.into_iter().filter(|(it, _)| it == key);
        own.next().unwrap_or_else(|| panic!("nothing is claimed of {key}")).1
    }

    async fn released_by(&self) -> Option<String> {
        let register = self.running.collector.store.register().await.unwrap();
        register.company.more.text("released_by").map(str::to_owned)
    }

    async fn export(&self, name: &str) -> Vec<u8> {
        let path = self.folder.path().join(name);
        let (language, time_zone) = ("de".to_owned(), "Europe/Berlin".to_owned());
        let order =
            Order::ExportWorkbook { profile: None, path: path.clone(), language, time_zone };
        self.by(&somebody(), order).await.unwrap();
        bytes_of(&path)
    }

    async fn last_actor(&self) -> (String, String) {
        let store = self.running.collector.store.as_ref();
        let (head, _) = store.event_head().await.unwrap();
        let event = store.events(head - 1, 1).await.unwrap().remove(0).event;
        (event.actor, event.action)
    }
}

fn rows(reply: Reply) -> Result<Vec<ClaimRow>, Failure> {
    let (Reply::Claims(rows) | Reply::Pending { claims: rows, .. }) = reply else {
        panic!("another reply: {reply:?}")
    };
    Ok(rows)
}

fn key<T: std::fmt::Debug>(result: Result<T, Failure>) -> String {
    result.unwrap_err().key
}

#[expect(clippy::disallowed_methods, reason = "a file of our own")]
fn bytes_of(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

/// The text of a part of a workbook, and the workbook with another text in all its parts.
fn edited(workbook: &[u8], from: &str, to: &str) -> (String, Vec<u8>) {
    let mut archive = zip::ZipArchive::new(Cursor::new(workbook)).unwrap();
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut words = String::new();
    for number in 0..archive.len() {
        let mut part = archive.by_index(number).unwrap();
        let name = part.name().unwrap().into_owned();
        let mut content = Vec::new();
        std::io::copy(&mut part, &mut content).unwrap();
        if name == "xl/sharedStrings.xml" {
            words = String::from_utf8(content).unwrap();
            content = words.replace(from, to).into_bytes();
        }
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(&content).unwrap();
    }
    (words, writer.finish().unwrap().into_inner())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cell_that_names_the_management_releases_nothing() {
    let scene = Scene::new().await;
    let workbook = scene.export("a.xlsx").await;
    let (_, typed) = edited(&workbook, ">IT-Leitung<", ">Geschäftsführung, 28.11.2026<");
    let order = Order::ImportWorkbook {
        name: "a.xlsx".to_owned(),
        file: BASE64.encode(&typed),
        dry_run: false,
        clear_emptied: false,
        language: "en".to_owned(),
    };
    // Even the uploader who speaks for the role has not said it in their own name.
    scene.role("it", &["Geschäftsführung"], &[], None).await;
    let Reply::Imported(report) = scene.by(&acting("it"), order).await.unwrap() else {
        panic!("another reply")
    };
    assert_eq!(report.claims.len(), 1, "{:?}", report.outcome);
    let claim = &report.claims[0];
    assert_eq!((claim.place.key.as_str(), claim.state), ("reviewed_by", ClaimState::Open));
    assert_eq!(claim.claimed_by.as_deref(), Some("account it"), "the uploader, not the cell");
    assert!(claim.source.as_ref().unwrap().starts_with("workbook 1: "), "{claim:?}");
    let name = claim.claim.clone().unwrap();
    let (words, _) = edited(&scene.export("b.xlsx").await, "", "");
    assert!(words.contains(&format!("nicht bestätigt ({name})")), "beside the value");
    scene.confirm(&acting("gf"), &[&name]).await.unwrap();
    let (words, _) = edited(&scene.export("c.xlsx").await, "", "");
    assert!(words.contains("bestätigt von Konto gf (Geschäftsführung)"));
    assert!(!words.contains(&format!("nicht bestätigt ({name})")));
    scene.running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rejecting_takes_the_claimed_value_back_and_what_stood_stands() {
    let scene = Scene::new().await;
    let released = ("company", "");
    scene.set(&somebody(), released, "released_by", Some("Geschäftsführung")).await;
    let first = scene.open("released_by").await;
    assert_eq!(key(scene.confirm(&acting("it"), &[&first]).await), "not-the-role");
    assert_eq!(key(scene.confirm(&acting(ADMIN), &[&first]).await), "not-the-role");
    assert_eq!(key(scene.confirm(&caller(1), &[&first]).await), "needs-account");
    scene.confirm(&acting("gf"), &[&first]).await.unwrap();
    assert_eq!(scene.last_actor().await, ("account gf".to_owned(), "claim_confirmed".to_owned()));
    assert_eq!(key(scene.confirm(&acting("gf"), &[&first]).await), "claim-settled");

    scene.set(&somebody(), released, "released_by", Some("IT-Leitung")).await;
    let second = scene.open("released_by").await;
    assert_eq!(key(scene.reject(&acting("gf"), &[&second]).await), "not-the-role");
    let settled = scene.reject(&acting("it"), &[&second]).await.unwrap();
    assert_eq!(settled[0].state, ClaimState::Rejected);
    assert_eq!(scene.last_actor().await, ("account it".to_owned(), "claim_rejected".to_owned()));
    assert_eq!(scene.released_by().await.as_deref(), Some("Geschäftsführung"));
    let pending = scene.pending().await;
    assert!(!pending.iter().any(|(key, _)| key == "released_by"), "still confirmed: {pending:?}");
    scene.by(&acting(ADMIN), Order::AuditVerify).await.unwrap();
    scene.running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_withdrawn_or_moved_is_a_claim_again() {
    let scene = Scene::new().await;
    let released = ("company", "");
    let gf = acting("gf");
    scene.set(&somebody(), released, "released_by", Some("Geschäftsführung")).await;
    let first = scene.open("released_by").await;
    scene.confirm(&gf, &[&first]).await.unwrap();
    scene.set(&somebody(), released, "released_by", None).await;
    let (withdrawn, _) = scene.running.collector.store.event_head().await.unwrap();
    let (name, language) = (withdrawn.to_string(), "en".to_owned());
    scene.by(&somebody(), Order::Undo { name, language }).await.unwrap();
    assert_eq!(scene.released_by().await.as_deref(), Some("Geschäftsführung"));
    let again = scene.open("released_by").await;
    assert_ne!(again, first, "who takes a withdrawal back does not release");
    scene.set(&somebody(), released, "released_by", Some("IT-Leitung")).await;
    assert_eq!(key(scene.confirm(&gf, &[&again]).await), "claim-superseded");
    assert_eq!(key(scene.confirm(&gf, &["C99"]).await), "no-claim");
    assert_eq!(key(scene.confirm(&gf, &["99"]).await), "no-claim");
    scene.running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_speaks_for_the_role_says_it_and_it_counts() {
    let scene = Scene::new().await;
    let released = ("company", "");
    scene.set(&acting("it"), released, "released_by", Some("IT-Leitung")).await;
    assert!(!scene.pending().await.iter().any(|(key, _)| key == "released_by"));
    scene.set(&acting("it"), released, "released_by", Some("Geschäftsführung")).await;
    scene.open("released_by").await;
    // Text that names no role is nobody's word, and an admin can clear it away.
    scene.set(&acting("it"), released, "released_by", Some("Herr Muster")).await;
    let name = scene.open("released_by").await;
    assert_eq!(key(scene.confirm(&acting("gf"), &[&name]).await), "claim-names-nobody");
    scene.reject(&acting(ADMIN), &[&name]).await.unwrap();
    assert_eq!(scene.released_by().await.as_deref(), Some("Geschäftsführung"));
    scene.running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_touches_what_others_claimed_does_not_confirm_it() {
    let scene = Scene::new().await;
    let document = ("document", "D-N1");
    scene.set(&somebody(), document, "released", Some("IT-Leitung")).await;
    let first = scene.open("released").await;
    // Its version belongs to what is claimed: the claim begins anew, and is still nobody's word.
    scene.set(&acting("it"), document, "version", Some("1.2")).await;
    let again = scene.open("released").await;
    assert_ne!(again, first);
    scene.confirm(&acting("it"), &[&again]).await.unwrap();
    scene.set(&acting("it"), document, "version", Some("1.3")).await;
    scene.open("released").await;
    scene.running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_change_the_register_does_not_make_themselves_the_management() {
    let scene = Scene::new().await;
    let it = acting("it");
    scene.set(&it, ("company", ""), "management", Some("IT-Leitung")).await;
    let approval = scene.open("approved_on").await;
    assert_eq!(key(scene.confirm(&it, &[&approval]).await), "management-not-confirmed");
    let management = scene.open("management").await;
    assert_eq!(key(scene.confirm(&it, &[&management]).await), "needs-admin");
    scene.set(&it, ("process", "GP001"), "approved_on", Some("2026-10-01")).await;
    scene.open("approved_on").await;
    scene.reject(&acting(ADMIN), &[&management]).await.unwrap();
    scene.set(&it, ("company", ""), "management", Some("Geschäftsführung")).await;
    let management = scene.open("management").await;
    scene.confirm(&acting(ADMIN), &[&management]).await.unwrap();
    let approval = scene.open("approved_on").await;
    assert_eq!(key(scene.confirm(&it, &[&approval]).await), "not-the-role");
    scene.confirm(&acting("gf"), &[&approval]).await.unwrap();
    scene.running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_was_taken_away_and_an_account_that_was_removed_confirm_nothing() {
    let scene = Scene::new().await;
    scene.set(&somebody(), ("company", ""), "released_by", Some("Geschäftsführung")).await;
    let name = scene.open("released_by").await;
    scene.give_password("gf").await;
    scene.role("gf", &[], &["Geschäftsführung"], None).await;
    assert_eq!(key(scene.confirm(&signed_in("gf"), &[&name]).await), "not-the-role");
    assert_eq!(key(scene.confirm(&acting("gf"), &[&name]).await), "not-the-role");
    let gone = UserOrder::Remove { name: "gf".to_owned() };
    scene.by(&acting(ADMIN), Order::User(gone)).await.unwrap();
    assert_eq!(key(scene.confirm(&acting("gf"), &[&name]).await), "needs-account");
    assert_eq!(key(scene.confirm(&signed_in("gf"), &[&name]).await), "sign-in");
    assert_eq!(
        key(scene.add(&acting(ADMIN), "gf", Access::Admin, &[]).await),
        "account-name-taken"
    );
    scene.running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_made_and_changed_by_admins_alone() {
    let scene = Scene::new().await;
    let add = |caller: Caller| {
        let scene = &scene;
        async move { key(scene.add(&caller, "neu", Access::Admin, &[]).await) }
    };
    assert_eq!(add(caller(1)).await, "needs-account");
    assert_eq!(add(acting("it")).await, "access");
    let more = UserOrder::Role {
        name: "it".to_owned(),
        access: Some(Access::Admin),
        add: Vec::new(),
        remove: Vec::new(),
        system_user: None,
    };
    assert_eq!(key(scene.by(&acting("it"), Order::User(more)).await), "access");
    let other = |name: &str| {
        let password = Secret::new("ein anderes Wort");
        Order::User(UserOrder::Password { name: name.to_owned(), password })
    };
    assert_eq!(key(scene.by(&acting("it"), other(ADMIN)).await), "needs-admin");
    assert_eq!(key(scene.by(&caller(1), other(ADMIN)).await), "needs-account");
    scene.give_password("it").await;
    scene.by(&signed_in("it"), Order::AgentList).await.unwrap();
    scene.by(&acting("it"), other("it")).await.unwrap();
    assert_eq!(key(scene.by(&signed_in("it"), Order::AgentList).await), "sign-in", "the old one");
    let gone = UserOrder::Remove { name: ADMIN.to_owned() };
    assert_eq!(key(scene.by(&acting(ADMIN), Order::User(gone)).await), "last-admin");
    scene.running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_does_what_its_access_allows() {
    let scene = Scene::new().await;
    let set = Order::RegisterSet {
        table: "company".to_owned(),
        identity: String::new(),
        fields: vec![("sector".to_owned(), Some("Handwerk".to_owned()))],
        language: "en".to_owned(),
    };
    let refused = scene.by(&acting("gf"), set.clone()).await.unwrap_err();
    assert_eq!((refused.key.as_str(), refused.exit_code), ("access", ExitCode::Refused));
    assert_eq!(refused.cause.as_deref(), Some("operator"));
    scene.by(&acting("gf"), Order::AssetList).await.unwrap();
    scene.by(&acting("it"), set).await.unwrap();
    assert_eq!(scene.last_actor().await, ("account it".to_owned(), "sector".to_owned()));
    scene.running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_that_of_the_account_which_the_system_user_is_linked_to() {
    let scene = Scene::new().await;
    let uid = LINKED_UID;
    scene.role("it", &[], &[], Some(uid)).await;
    let user = SystemUser { uid, name: None };
    let nameless = Caller { user, witness: Witness::Kernel, sign_in: None };
    scene.set(&nameless, ("company", ""), "sector", Some("Handwerk")).await;
    assert_eq!(scene.last_actor().await.0, "account it");
    // The number belongs to somebody else by now.
    assert_eq!(key(scene.by(&caller(uid), Order::AssetList).await), "needs-account");
    scene.running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_account_was_removed_or_unlinked_can_do_less_than_before_and_not_more() {
    let scene = Scene::new().await;
    let viewer = acting("gf");
    scene.by(&viewer, Order::AssetList).await.unwrap();
    let export = Order::RegisterExport;
    let set = Order::RegisterSet {
        table: "company".to_owned(),
        identity: String::new(),
        fields: vec![("sector".to_owned(), None)],
        language: "en".to_owned(),
    };
    let refused = async |by: &Caller| {
        for order in [Order::AssetList, export.clone(), set.clone(), Order::TokenList] {
            assert_eq!(key(scene.by(by, order).await), "needs-account");
        }
        scene.by(by, Order::User(UserOrder::List)).await.unwrap();
    };
    // The user of the system was renamed, its number is the same.
    refused(&caller(uid_of("gf"))).await;
    scene.give_password("gf").await;
    let unlink = UserOrder::Role {
        name: "gf".to_owned(),
        access: None,
        add: Vec::new(),
        remove: Vec::new(),
        system_user: Some(String::new()),
    };
    scene.by(&acting(ADMIN), Order::User(unlink)).await.unwrap();
    refused(&viewer).await;
    let gone = UserOrder::Remove { name: "gf".to_owned() };
    scene.by(&acting(ADMIN), Order::User(gone)).await.unwrap();
    refused(&viewer).await;
    scene.running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_passwords_are_counted_written_down_and_made_to_wait() {
    let scene = Scene::new().await;
    let wrong = |name: &str| {
        let sign_in = SignIn { name: name.to_owned(), password: Secret::new("falsch falsch") };
        Caller { sign_in: Some(sign_in), ..caller(7) }
    };
    for name in ["gf", "it"] {
        scene.give_password(name).await;
    }
    for name in ["gf", "nobody", "Not A Name; secret"] {
        for _ in 0..5 {
            assert_eq!(key(scene.by(&wrong(name), Order::AgentList).await), "sign-in", "{name}");
        }
        assert_eq!(key(scene.by(&wrong(name), Order::AgentList).await), "sign-in-waits", "{name}");
    }
    let refused = scene.by(&wrong("Anna\u{7}"), Order::AgentList).await.unwrap_err();
    assert_eq!(refused.object, "Anna", "whoever typed a name reads that name");
    // The right one waits too, or the wait would tell it from the wrong ones.
    assert_eq!(key(scene.by(&signed_in("gf"), Order::AgentList).await), "sign-in-waits");
    scene.by(&signed_in("it"), Order::AgentList).await.unwrap();
    let store = scene.running.collector.store.as_ref();
    let events = store.events(0, 1000).await.unwrap();
    let failed: Vec<_> = events.iter().filter(|it| it.event.action == "sign_in_failed").collect();
    assert_eq!(failed.len(), 15);
    assert!(failed.iter().all(|it| it.event.actor == "user u7"));
    let text = format!("{events:?}");
    assert!(text.contains("account gf") && !text.contains("secret") && !text.contains("falsch"));
    scene.running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_name_costs_as_much_as_a_wrong_password() {
    let scene = Scene::new().await;
    let time = async |name: &str| {
        let sign_in = SignIn { name: name.to_owned(), password: Secret::new("falsch falsch") };
        let caller = Caller { sign_in: Some(sign_in), ..caller(7) };
        let begun = now();
        assert_eq!(key(scene.by(&caller, Order::AgentList).await), "sign-in");
        now().duration_since(begun).as_secs_f64()
    };
    scene.give_password("gf").await;
    let (mut known, mut unknown) = (f64::MAX, f64::MAX);
    for _ in 0..3 {
        known = known.min(time("gf").await);
        unknown = unknown.min(time("nobody").await);
    }
    let ratio = known / unknown;
    assert!((0.5..2.0).contains(&ratio), "known {known} s, unknown {unknown} s");
    scene.running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_that_the_log_knows_nothing_of_is_found() {
    let scene = Scene::new().await;
    scene.set(&somebody(), ("company", ""), "released_by", Some("Geschäftsführung")).await;
    let path = scene.running.collector.folder.database();
    let sql = "UPDATE claim SET state = 'confirmed', settled_at = 1, settled_by = 'gf', \
               settled_event = (SELECT max(number) FROM event)";
    rusqlite::Connection::open(&path).unwrap().execute(sql, []).unwrap();
    let found = scene.by(&acting(ADMIN), Order::AuditVerify).await;
    assert_eq!(key(found), "claims-changed");
    scene.running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_that_was_moved_to_another_field_is_found() {
    let scene = Scene::new().await;
    let claim = scene.open("reviewed_by").await;
    scene.confirm(&acting("it"), &[&claim]).await.unwrap();
    scene.by(&acting(ADMIN), Order::AuditVerify).await.unwrap();
    let path = scene.running.collector.folder.database();
    let connection = rusqlite::Connection::open(&path).unwrap();
    for (from, to) in [
        (r#""key":"reviewed_by""#, r#""key":"released_by""#),
        (r#""table":"company""#, r#""table":"document""#),
        (r#""identity":"""#, r#""identity":"D-N1""#),
    ] {
        let moved =
            "UPDATE claim SET document = replace(document, ?1, ?2) WHERE state = 'confirmed'";
        connection.execute(moved, [from, to]).unwrap();
        let found = scene.by(&acting(ADMIN), Order::AuditVerify).await;
        assert_eq!(key(found), "claims-changed", "{to}");
        connection.execute(moved, [to, from]).unwrap();
        scene.by(&acting(ADMIN), Order::AuditVerify).await.unwrap();
    }
    scene.running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_and_claims_come_back_with_a_backup_and_old_registers_claim() {
    let scene = Scene::new().await;
    scene.give_password("gf").await;
    let copy = scene.folder.path().join("copy.db");
    scene.running.collector.store.backup_to(copy.clone()).await.unwrap();
    let restored = SqliteStore::open(&copy).unwrap();
    let names: Vec<String> =
        restored.accounts().await.unwrap().into_iter().map(|it| it.name).collect();
    assert_eq!(names, [ADMIN, "buero", "gf", "it"]);
    assert!(restored.password_of("gf".to_owned()).await.unwrap().is_some());
    assert_eq!(
        restored.claims().await.unwrap(),
        scene.running.collector.store.claims().await.unwrap()
    );
    drop(restored);
    // As if the register had been there before claims were.
    let path = scene.running.collector.folder.database();
    rusqlite::Connection::open(&path).unwrap().execute("DELETE FROM claim", []).unwrap();
    assert!(scene.pending().await.iter().all(|(_, name)| name.is_empty()));
    adopt_claims(&scene.running.collector, now()).await.unwrap();
    let pending = scene.pending().await;
    assert!(!pending.is_empty() && pending.iter().all(|(_, name)| name.starts_with('C')));
    scene.by(&acting(ADMIN), Order::AuditVerify).await.unwrap();
    scene.running.end().await;
}
