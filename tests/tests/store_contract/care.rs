//! Register, events, exports, settings.

use store::{ChainVerdict, EventDraft, StoreError};
use tempfile::TempDir;
use tests::store_material::{event, minute};
use uuid::Uuid;

use super::super::on_each_store;

#[test]
fn events_form_a_chain() {
    on_each_store(|store| async move {
        assert_eq!(store.event_head().await.unwrap(), (0, None));
        let drafts: Vec<EventDraft> = (0..5)
            .map(|number| EventDraft { before: Some(format!("{number}")), ..event("changed") })
            .collect();
        for draft in &drafts {
            store.append_event(draft.clone()).await.unwrap();
        }
        let events = store.events(1, 3).await.unwrap();
        assert_eq!(events.iter().map(|it| it.number).collect::<Vec<_>>(), [2, 3, 4]);
        assert_eq!(events[0].event, drafts[1]);
        assert_eq!(events[1].previous, Some(events[0].hash));
        let whole = ChainVerdict { events: 5, first_broken: None, forgotten: 0 };
        assert_eq!(store.verify_events().await.unwrap(), whole);
        assert_eq!(store.event_head().await.unwrap().0, 5);
    });
}

#[test]
fn exports_are_counted_and_know_the_one_before() {
    on_each_store(|store| async move {
        assert_eq!(store.last_export().await.unwrap(), None);
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let first = store.record_export(one, minute(1), event("exported")).await.unwrap();
        assert_eq!((first.number, first.previous), (1, None));
        let second = store.record_export(two, minute(2), event("exported")).await.unwrap();
        assert_eq!((second.number, second.previous), (2, Some((one, minute(1)))));
        assert_eq!(store.last_export().await.unwrap(), Some(second));
    });
}

#[test]
fn a_setting_is_made_once() {
    on_each_store(|store| async move {
        assert_eq!(store.setting("name_key").await.unwrap(), None);
        let first = store.setting_or_insert("name_key", vec![1]).await.unwrap();
        let second = store.setting_or_insert("name_key", vec![2]).await.unwrap();
        assert_eq!((first, second), (vec![1], vec![1]));
        assert_eq!(store.setting("name_key").await.unwrap(), Some(vec![1]));
    });
}

#[test]
fn a_backup_is_verified_and_never_overwrites() {
    on_each_store(|store| async move {
        store.append_event(event("something")).await.unwrap();
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("backup");
        assert_eq!(store.backup_to(path.clone()).await.unwrap().events, 1);
        let again = store.backup_to(path).await;
        assert!(matches!(again, Err(StoreError::Open { .. })), "{again:?}");
        let nowhere = store.backup_to(folder.path().join("no/such/folder")).await;
        assert!(nowhere.is_err());
    });
}
