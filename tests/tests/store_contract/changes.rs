//! Changes of the register as wholes, imports, and what exports showed.

use inventory::register::{Edit, Place, Register, Value};
use observation::ContentHash;
use store::{ClaimChanges, KeptImport, RegisterChange, StoreError};
use tests::store_material::{event, minute};
use uuid::Uuid;

use super::super::on_each_store;

fn register() -> Register {
    Register::parse("[company]\nname = \"Beispiel GmbH\"\n").unwrap()
}

fn change(before: &Register, name: &str, import: Option<KeptImport>) -> RegisterChange {
    let place = Place::new("company", "", "name");
    let value = Some(Value::Text(name.to_owned()));
    let after = before.edited(&[Edit { place, value }]).unwrap();
    let fields = Register::field_changes(before, &after);
    let events = fields.iter().map(|_| event("name")).collect();
    RegisterChange {
        before: before.clone(),
        after,
        fields,
        kind: "import",
        object: "c.xlsx".to_owned(),
        at: minute(1),
        events,
        import,
        undoes: None,
        actor: "tester".to_owned(),
        claims: ClaimChanges::default(),
    }
}

/// The first register of a company.
fn begin() -> RegisterChange {
    let (before, after) = (Register::default(), register());
    let fields = Register::field_changes(&before, &after);
    let (kind, object, at) = ("register", "register.toml".to_owned(), minute(0));
    let events = vec![event("begun")];
    let (actor, claims) = ("tester".to_owned(), ClaimChanges::default());
    let (import, undoes) = (None, None);
    RegisterChange {
        before,
        after,
        fields,
        kind,
        object,
        at,
        events,
        import,
        undoes,
        actor,
        claims,
    }
}

fn new_import() -> Option<KeptImport> {
    Some(KeptImport::New {
        actor: "kerstin".to_owned(),
        file_name: "c.xlsx".to_owned(),
        file_hash: ContentHash::of(b"c"),
        outcome: "{}".to_owned(),
    })
}

#[test]
fn the_register_comes_back_as_it_was_stated() {
    on_each_store(|store| async move {
        assert_eq!(store.register().await.unwrap(), Register::default());
        let text = include_str!("../../../collector/inventory/src/register/example.toml");
        let after = Register::parse(text).unwrap();
        let change = RegisterChange { after: after.clone(), ..begin() };
        store.change_register(change).await.unwrap();
        assert_eq!(store.register().await.unwrap(), after);
        assert_eq!(store.event_head().await.unwrap().0, 1);
    });
}

#[test]
fn a_change_is_kept_with_its_events_and_its_import() {
    on_each_store(|store| async move {
        store.change_register(begin()).await.unwrap();
        let change = change(&register(), "Neu", new_import());
        let kept = store.change_register(change.clone()).await.unwrap();
        assert_eq!((kept.change_set, kept.import), (Some(2), Some(1)));
        assert_eq!(store.register().await.unwrap(), change.after);
        let set = store.change_set_of_import(1).await.unwrap().unwrap();
        assert_eq!((set.first_event, set.last_event, set.undone_by), (2, 2, None));
        assert_eq!(set.fields, change.fields);
        assert_eq!(store.change_set_of(2).await.unwrap(), Some(set));
        assert_eq!(store.change_set_of(1).await.unwrap().unwrap().kind, "register");
        assert_eq!(store.change_set_of(3).await.unwrap(), None);
        let record = store.import(1).await.unwrap().unwrap();
        assert_eq!((record.actor.as_str(), record.outcome.as_str()), ("kerstin", "{}"));
        assert_eq!(store.imports(5).await.unwrap(), [record]);
        assert_eq!(store.import(2).await.unwrap(), None);
    });
}

#[test]
fn a_change_from_another_register_is_refused_and_leaves_nothing_behind() {
    on_each_store(|store| async move {
        let change = change(&register(), "Neu", new_import());
        let error = store.change_register(change).await.unwrap_err();
        assert!(matches!(error, StoreError::Refused { .. }), "{error}");
        assert_eq!(store.register().await.unwrap(), Register::default());
        assert_eq!(store.imports(5).await.unwrap(), []);
        assert_eq!(store.event_head().await.unwrap().0, 0);
    });
}

#[test]
fn a_change_is_taken_back_once() {
    on_each_store(|store| async move {
        store.change_register(begin()).await.unwrap();
        store.change_register(change(&register(), "Neu", None)).await.unwrap();
        let now = store.register().await.unwrap();
        let undo =
            RegisterChange { kind: "undo", undoes: Some(2), ..change(&now, "Beispiel GmbH", None) };
        store.change_register(undo).await.unwrap();
        assert_eq!(store.change_set_of(2).await.unwrap().unwrap().undone_by, Some(3));
        let now = store.register().await.unwrap();
        let again = RegisterChange { undoes: Some(2), ..change(&now, "Dritter", None) };
        let error = store.change_register(again).await.unwrap_err();
        assert!(matches!(error, StoreError::Refused { .. }), "{error}");
        assert_eq!(store.register().await.unwrap(), now);
    });
}

#[test]
fn what_was_decided_of_an_import_replaces_its_outcome() {
    on_each_store(|store| async move {
        store
            .change_register(RegisterChange {
                before: Register::default(),
                ..change(&Register::default(), "Neu", new_import())
            })
            .await
            .unwrap();
        let now = store.register().await.unwrap();
        let outcome = "{\"a\":1}".to_owned();
        let was = "{}".to_owned();
        let decided = Some(KeptImport::Decided { number: 1, was, outcome: outcome.clone() });
        // Nothing changes in the register where the register's value holds.
        let nothing = RegisterChange {
            after: now.clone(),
            fields: Vec::new(),
            events: Vec::new(),
            ..change(&now, "Neu", decided)
        };
        let kept = store.change_register(nothing).await.unwrap();
        assert_eq!((kept.change_set, kept.import), (None, Some(1)));
        assert_eq!(store.import(1).await.unwrap().unwrap().outcome, outcome);
    });
}

#[test]
fn what_an_export_showed_is_found_by_its_id() {
    on_each_store(|store| async move {
        let id = Uuid::from_u128(7);
        let export = store.record_export(id, minute(1), event("exported")).await.unwrap();
        assert_eq!(store.export_base(id).await.unwrap(), None);
        let body = vec![b'x'; 100_000];
        store.keep_export_base(export.number, body.clone()).await.unwrap();
        assert_eq!(store.export_base(id).await.unwrap(), Some(body));
        assert_eq!(store.export_base(Uuid::from_u128(8)).await.unwrap(), None);
    });
}
