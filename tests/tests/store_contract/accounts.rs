//! Accounts, failed passwords, and claims with whoever stands by them.

use inventory::register::{ClaimState, Edit, Place, Register, Value, Voice};
use store::{
    Access, AccountActor, AccountChange, AccountRecord, AccountRefusal, ClaimChanges,
    FAILED_NAMES_MAX, NewAccount, NewClaim, RegisterChange, Settlement, Store, StoreError,
    SystemUser,
};
use tests::store_material::{event, minute};

use super::super::on_each_store;

const REGISTER: &str = "[company]\nname = \"A\"\n\n[[role]]\nname = \"Geschäftsführung\"\n";

fn account(name: &str, access: Access) -> NewAccount {
    NewAccount {
        name: name.to_owned(),
        access,
        roles: Vec::new(),
        system_user: None,
        password: Some("$argon2id$…".to_owned()),
        created_at: minute(1),
    }
}

fn speaker(name: &str) -> NewAccount {
    NewAccount { roles: vec!["Geschäftsführung".to_owned()], ..account(name, Access::Viewer) }
}

fn by(name: &str) -> AccountActor {
    AccountActor::Account(name.to_owned())
}

/// The first account, or one that an admin makes.
async fn added(store: &dyn Store, account: NewAccount) -> Result<(), AccountRefusal> {
    let by = admin(store).await.map_or(AccountActor::FolderOwner, AccountActor::Account);
    store.add_account(account, by, event("account_added")).await.unwrap()
}

/// An admin, if there is one.
async fn admin(store: &dyn Store) -> Option<String> {
    let known = store.accounts().await.unwrap();
    let is_admin = |it: &AccountRecord| it.access == Access::Admin && it.removed_at.is_none();
    known.into_iter().find(is_admin).map(|it| it.name)
}

async fn changed(
    store: &dyn Store,
    name: &str,
    change: AccountChange,
) -> Result<(), AccountRefusal> {
    let events = vec![event("account_changed")];
    let by = by(&admin(store).await.unwrap());
    store.change_account(name.to_owned(), change, by, events).await.unwrap()
}

async fn removed(store: &dyn Store, name: &str) -> Result<(), AccountRefusal> {
    let by = by(&admin(store).await.unwrap());
    store.remove_account(name.to_owned(), by, event("account_removed")).await.unwrap()
}

/// A register in which somebody states by whom the documentation is released.
fn release(before: &Register, by: &str, confirmed_by: Option<&str>) -> RegisterChange {
    let place = Place::new("company", "", "released_by");
    let value = Some(Value::Text(by.to_owned()));
    let after = before.edited(&[Edit { place, value }]).unwrap();
    let fields = Register::field_changes(before, &after);
    let begun = Register::claims_begun(before, &after);
    let new = |begun| NewClaim {
        begun,
        claimed_by: "user kerstin".to_owned(),
        source: "command line".to_owned(),
        confirmed_by: confirmed_by.map(str::to_owned),
    };
    let claims = ClaimChanges { begun: begun.into_iter().map(new).collect(), settled: Vec::new() };
    RegisterChange {
        before: before.clone(),
        after,
        events: fields.iter().map(|_| event("released_by")).collect(),
        fields,
        kind: "register",
        object: "company".to_owned(),
        at: minute(2),
        import: None,
        undoes: None,
        actor: "user kerstin".to_owned(),
        claims,
    }
}

/// What an account decides of claim 1.
async fn settle(store: &dyn Store, state: ClaimState, by: &str) -> Result<(), StoreError> {
    let register = store.register().await.unwrap();
    let record = store.claims().await.unwrap().remove(0);
    let settled = vec![Settlement { number: 1, claim: record.claim, state, by: by.to_owned() }];
    let change = RegisterChange {
        after: register.clone(),
        fields: Vec::new(),
        events: Vec::new(),
        kind: "confirm",
        actor: format!("account {by}"),
        claims: ClaimChanges { begun: Vec::new(), settled },
        ..release(&register, "x", None)
    };
    store.change_register(change).await.map(|_| ())
}

async fn begin(store: &dyn Store) {
    let before = Register::parse(REGISTER).unwrap();
    let first = RegisterChange {
        before: Register::default(),
        after: before.clone(),
        claims: ClaimChanges::default(),
        ..release(&before, "x", None)
    };
    store.change_register(first).await.unwrap();
}

#[test]
fn the_first_account_is_an_admin_and_there_is_one_first() {
    on_each_store(|store| async move {
        let store = store.as_ref();
        let refused = added(store, account("anna", Access::Operator)).await;
        assert_eq!(refused, Err(AccountRefusal::FirstMustBeAdmin));
        assert_eq!(added(store, account("anna", Access::Admin)).await, Ok(()));
        let second = account("bert", Access::Admin);
        let second = store.add_account(second, AccountActor::FolderOwner, event("account_added"));
        assert_eq!(second.await.unwrap(), Err(AccountRefusal::NotFirst));
        assert_eq!(store.event_head().await.unwrap().0, 1, "what is refused is no event");
        let known = store.accounts().await.unwrap();
        assert_eq!((known.len(), known[0].has_password), (1, true));
        let kept = store.password_of("anna".to_owned()).await.unwrap();
        assert_eq!(kept.as_deref(), Some("$argon2id$…"));
    });
}

#[test]
fn the_last_admin_is_neither_removed_nor_lowered() {
    on_each_store(|store| async move {
        let store = store.as_ref();
        added(store, account("anna", Access::Admin)).await.unwrap();
        added(store, account("bert", Access::Operator)).await.unwrap();
        let lower = AccountChange { access: Some(Access::Viewer), ..AccountChange::default() };
        let raise = AccountChange { access: Some(Access::Admin), ..AccountChange::default() };
        assert_eq!(removed(store, "anna").await, Err(AccountRefusal::LastAdmin));
        assert_eq!(changed(store, "anna", lower.clone()).await, Err(AccountRefusal::LastAdmin));
        changed(store, "bert", raise).await.unwrap();
        removed(store, "anna").await.unwrap();
        assert_eq!(changed(store, "bert", lower).await, Err(AccountRefusal::LastAdmin));
    });
}

#[test]
fn whose_access_was_taken_away_meanwhile_changes_no_account() {
    on_each_store(|store| async move {
        let store = store.as_ref();
        for name in ["anna", "bert"] {
            added(store, account(name, Access::Admin)).await.unwrap();
        }
        let lower = AccountChange { access: Some(Access::Operator), ..AccountChange::default() };
        changed(store, "bert", lower.clone()).await.unwrap();
        added(store, account("gone", Access::Admin)).await.unwrap();
        removed(store, "gone").await.unwrap();
        let password =
            || AccountChange { password: Some("$x$".to_owned()), ..AccountChange::default() };
        for actor in [by("bert"), by("gone"), by("nobody"), AccountActor::FolderOwner] {
            let new = account("new", Access::Admin);
            let refused = store.add_account(new, actor.clone(), event("account_added"));
            assert!(refused.await.unwrap().is_err(), "{actor:?} adds");
            let events = vec![event("account_changed")];
            let refused =
                store.change_account("anna".to_owned(), lower.clone(), actor.clone(), events);
            assert_eq!(
                refused.await.unwrap(),
                Err(AccountRefusal::ActorMayNot),
                "{actor:?} changes"
            );
            let refused = store.remove_account("bert".to_owned(), actor, event("account_removed"));
            assert_eq!(refused.await.unwrap(), Err(AccountRefusal::ActorMayNot));
        }
        // The own password is everybody's; that of an admin also the folder owner's.
        let set = |name: &str, actor| {
            let events = vec![event("password_changed")];
            store.change_account(name.to_owned(), password(), actor, events)
        };
        assert_eq!(set("bert", by("bert")).await.unwrap(), Ok(()));
        assert_eq!(set("anna", by("bert")).await.unwrap(), Err(AccountRefusal::ActorMayNot));
        assert_eq!(set("anna", AccountActor::FolderOwner).await.unwrap(), Ok(()));
        let refused = set("bert", AccountActor::FolderOwner).await.unwrap();
        assert_eq!(refused, Err(AccountRefusal::ActorMayNot), "an admin gives it another");
    });
}

#[test]
fn a_removed_account_leaves_its_name_and_nothing_that_opens_it() {
    on_each_store(|store| async move {
        let store = store.as_ref();
        added(store, account("anna", Access::Admin)).await.unwrap();
        let user = Some(SystemUser { uid: 1000, name: Some("kerstin".to_owned()) });
        let kerstin = NewAccount { system_user: user.clone(), ..speaker("kerstin") };
        added(store, kerstin.clone()).await.unwrap();
        removed(store, "kerstin").await.unwrap();
        assert_eq!(removed(store, "kerstin").await, Err(AccountRefusal::NoSuchAccount));
        assert_eq!(added(store, kerstin.clone()).await, Err(AccountRefusal::NameTaken));
        assert_eq!(store.password_of("kerstin".to_owned()).await.unwrap(), None);
        let known = store.accounts().await.unwrap().remove(1);
        assert!(known.removed_at.is_some() && known.roles.is_empty(), "{known:?}");
        // Its user of the operating system is free for another.
        let other = NewAccount { name: "k2".to_owned(), ..kerstin };
        assert_eq!(added(store, other.clone()).await, Ok(()));
        let third = NewAccount { name: "k3".to_owned(), ..other };
        assert_eq!(added(store, third).await, Err(AccountRefusal::SystemUserTaken));
        let link = AccountChange { system_user: Some(user), ..AccountChange::default() };
        assert_eq!(changed(store, "anna", link).await, Err(AccountRefusal::SystemUserTaken));
    });
}

#[test]
fn an_account_that_nobody_could_use_is_refused() {
    on_each_store(|store| async move {
        let store = store.as_ref();
        let bare = NewAccount { password: None, ..account("anna", Access::Admin) };
        assert_eq!(added(store, bare.clone()).await, Err(AccountRefusal::Unusable));
        let user = Some(SystemUser { uid: 1000, name: None });
        added(store, NewAccount { system_user: user, ..bare }).await.unwrap();
        let unlink = AccountChange { system_user: Some(None), ..AccountChange::default() };
        assert_eq!(changed(store, "anna", unlink.clone()).await, Err(AccountRefusal::Unusable));
        let both = AccountChange { password: Some("$argon2id$".to_owned()), ..unlink };
        assert_eq!(changed(store, "anna", both).await, Ok(()));
    });
}

#[test]
fn failed_passwords_are_counted_by_name_and_bounded() {
    on_each_store(|store| async move {
        let store = store.as_ref();
        let fail = |name: &str, at| {
            let event = store::EventDraft { at: minute(at), ..event("sign_in_failed") };
            store.note_failed_sign_in(name.to_owned(), event)
        };
        fail("anna", 1).await.unwrap();
        fail("anna", 2).await.unwrap();
        let failed = store.failed_sign_ins("anna".to_owned()).await.unwrap().unwrap();
        assert_eq!((failed.count, failed.last_at), (2, minute(2)));
        assert_eq!(store.event_head().await.unwrap().0, 2);
        for number in 0..i64::from(FAILED_NAMES_MAX) {
            fail(&format!("n{number}"), 3 + number).await.unwrap();
        }
        assert_eq!(store.failed_sign_ins("anna".to_owned()).await.unwrap(), None, "the oldest");
        store.forget_failed_sign_ins("n5".to_owned()).await.unwrap();
        assert_eq!(store.failed_sign_ins("n5".to_owned()).await.unwrap(), None);
    });
}

#[test]
fn failed_passwords_of_yesterday_are_no_row_with_those_of_today() {
    on_each_store(|store| async move {
        let store = store.as_ref();
        let day = 24 * 60;
        for (at, count) in [(1, 1), (2, 2), (2 + day - 1, 3), (1 + 2 * day, 1), (2 + 2 * day, 2)] {
            let event = store::EventDraft { at: minute(at), ..event("sign_in_failed") };
            store.note_failed_sign_in("anna".to_owned(), event).await.unwrap();
            let failed = store.failed_sign_ins("anna".to_owned()).await.unwrap().unwrap();
            assert_eq!(failed.count, count, "minute {at}");
        }
    });
}

#[test]
fn a_recovery_is_in_the_chain_and_marks_what_the_account_confirms_afterwards() {
    on_each_store(|store| async move {
        let store = store.as_ref();
        begin(store).await;
        added(store, account("anna", Access::Admin)).await.unwrap();
        let both = NewAccount { access: Access::Admin, ..speaker("gf") };
        added(store, both).await.unwrap();
        let before = store.register().await.unwrap();
        store.change_register(release(&before, "Geschäftsführung", Some("gf"))).await.unwrap();
        assert_eq!(store.recoveries().await.unwrap(), []);
        let password =
            AccountChange { password: Some("$new$".to_owned()), ..AccountChange::default() };
        let object = "account gf".to_owned();
        let said = store::EventDraft { object, ..event(store::RECOVERED) };
        let owner = AccountActor::FolderOwner;
        let changed = store.change_account("gf".to_owned(), password, owner, vec![said]);
        assert_eq!(changed.await.unwrap(), Ok(()));
        let recovery = store.recoveries().await.unwrap().remove(0);
        assert_eq!((recovery.account.as_str(), recovery.by.as_str()), ("gf", "tester"));
        let before = store.register().await.unwrap();
        store.change_register(release(&before, "Geschäftsführung, neu", Some("gf"))).await.unwrap();
        let claims = store.claims().await.unwrap();
        let marks: Vec<_> =
            claims.into_iter().map(|it| it.settled.unwrap().after_recovery_at).collect();
        assert_eq!(marks, [None, Some(recovery.at)]);
    });
}

#[test]
fn a_claim_is_open_until_an_account_with_the_role_confirms_it_in_the_chain() {
    on_each_store(|store| async move {
        let store = store.as_ref();
        begin(store).await;
        added(store, account("anna", Access::Admin)).await.unwrap();
        added(store, speaker("gf")).await.unwrap();
        let before = store.register().await.unwrap();
        store.change_register(release(&before, "Geschäftsführung", None)).await.unwrap();
        let record = store.claims().await.unwrap().remove(0);
        assert_eq!((record.number, record.state), (1, ClaimState::Open));
        assert_eq!(record.claim.voice, Voice::Role("Geschäftsführung".to_owned()));
        let refused = settle(store, ClaimState::Confirmed, "anna").await.unwrap_err();
        assert!(matches!(refused, StoreError::Refused { .. }), "an admin is no management");
        settle(store, ClaimState::Confirmed, "gf").await.unwrap();
        let record = store.claims().await.unwrap().remove(0);
        let settled = record.settled.unwrap();
        assert_eq!((record.state, settled.by.as_str()), (ClaimState::Confirmed, "gf"));
        let said = store.events(settled.event - 1, 1).await.unwrap().remove(0).event;
        assert_eq!((said.actor.as_str(), said.action.as_str()), ("account gf", "claim_confirmed"));
        assert_eq!(said.object, "C1 company : released_by");
        let again = settle(store, ClaimState::Rejected, "gf").await.unwrap_err();
        assert!(matches!(again, StoreError::Refused { .. }), "{again}");
        assert!(store.verify_events().await.unwrap().first_broken.is_none());
    });
}

#[test]
fn whose_role_was_taken_away_meanwhile_confirms_nothing() {
    on_each_store(|store| async move {
        let store = store.as_ref();
        begin(store).await;
        added(store, account("anna", Access::Admin)).await.unwrap();
        for name in ["gf", "gone"] {
            added(store, speaker(name)).await.unwrap();
        }
        let before = store.register().await.unwrap();
        let roles_removed = vec!["Geschäftsführung".to_owned()];
        let change = AccountChange { roles_removed, ..AccountChange::default() };
        changed(store, "gf", change).await.unwrap();
        removed(store, "gone").await.unwrap();
        // The claim is made in its own name, and stays a claim all the same.
        store.change_register(release(&before, "Geschäftsführung", Some("gf"))).await.unwrap();
        assert_eq!(store.claims().await.unwrap()[0].state, ClaimState::Open);
        for by in ["gf", "gone", "nobody"] {
            assert!(settle(store, ClaimState::Confirmed, by).await.is_err(), "{by}");
            assert!(settle(store, ClaimState::Rejected, by).await.is_err(), "{by}");
        }
        settle(store, ClaimState::Rejected, "anna").await.unwrap();
    });
}

#[test]
fn claims_from_before_are_kept_once_and_stand_open() {
    on_each_store(|store| async move {
        let store = store.as_ref();
        let register = Register::parse(REGISTER).unwrap();
        let change = release(&register, "Geschäftsführung", None);
        let claims = change.claims.begun;
        assert_eq!(store.adopt_claims(claims.clone(), minute(3)).await.unwrap(), 1);
        assert_eq!(store.adopt_claims(claims, minute(4)).await.unwrap(), 0);
        assert_eq!(store.claims().await.unwrap()[0].state, ClaimState::Open);
        assert_eq!(store.event_head().await.unwrap().0, 1);
    });
}
