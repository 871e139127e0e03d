//! Snapshots of all sheets: taken, shown, compared and proved, by the orders that the command line gives.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on must stop")]

use kataster::command::{Comparison, Order, Reply, SnapshotOrder, SnapshotReply, execute};
use kataster::failure::{ExitCode, Failure};
use tempfile::TempDir;
use tests::loopback::Running;

const REGISTER: &str = include_str!("../../collector/inventory/src/register/example.toml");

struct Scene {
    _folder: TempDir,
    running: Running,
}

impl Scene {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let running = Running::start(&folder.path().join("collector")).await.unwrap();
        let scene = Self { _folder: folder, running };
        let text = REGISTER.to_owned();
        scene.order(Order::RegisterImport { text, language: "de".to_owned() }).await.unwrap();
        scene
    }

    async fn order(&self, order: Order) -> Result<Reply, Failure> {
        Box::pin(execute(&self.running.collector, "kerstin", order)).await
    }

    async fn snapshot(&self, order: SnapshotOrder) -> Result<Reply, Failure> {
        self.order(Order::Snapshot(order)).await
    }

    async fn said(&self, order: SnapshotOrder) -> Result<SnapshotReply, Failure> {
        let Reply::Snapshots(said) = self.snapshot(order).await? else { panic!("another reply") };
        Ok(*said)
    }

    async fn take(&self, name: &str, language: &str) -> Result<Reply, Failure> {
        let (name, language) = (Some(name.to_owned()), language.to_owned());
        self.snapshot(SnapshotOrder::Create { name, language, time_zone: zone() }).await
    }

    async fn compare(&self, from: &str, to: Option<&str>) -> Result<Comparison, Failure> {
        let (from, to) = (from.to_owned(), to.map(str::to_owned));
        let order = SnapshotOrder::Differences { from, to, time_zone: zone() };
        let SnapshotReply::Compared(it) = self.said(order).await? else { panic!("another reply") };
        Ok(it)
    }

    async fn verify(&self) -> Result<Reply, Failure> {
        self.snapshot(SnapshotOrder::Verify { name: None }).await
    }

    async fn rename(&self, name: &str) {
        let order = Order::RegisterSet {
            table: "process".to_owned(),
            identity: "GP001".to_owned(),
            fields: vec![("name".to_owned(), Some(name.to_owned()))],
            language: "en".to_owned(),
        };
        self.order(order).await.unwrap();
    }

    fn database(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.running.collector.folder.database()).unwrap()
    }
}

fn zone() -> String {
    "Europe/Berlin".to_owned()
}

fn code(refused: Result<impl Sized, Failure>) -> (ExitCode, String) {
    let Err(failure) = refused else { panic!("it was not refused") };
    (failure.exit_code, failure.key.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_keeps_what_was_and_says_what_changed() {
    let scene = Scene::new().await;
    scene.take("Audit", "de").await.unwrap();
    let nothing = scene.compare("Audit", None).await.unwrap();
    assert_eq!(nothing.sheets, []);
    scene.rename("Fertigung").await;
    let now = scene.compare("SP1", None).await.unwrap();
    let cell = now.sheets.iter().flat_map(|it| &it.changed);
    let cell = cell.into_iter().find(|it| it.column == "process.name").unwrap();
    assert_eq!((cell.id.as_str(), cell.after.as_str()), ("GP001", "Fertigung"));
    // What was is still shown as it was.
    let order = SnapshotOrder::Show { name: "1".to_owned(), sheet: Some("processes".to_owned()) };
    let SnapshotReply::One(shown) = scene.said(order).await.unwrap() else { panic!() };
    let rows: Vec<&Vec<String>> = shown.sheets.iter().flat_map(|it| &it.rows).collect();
    assert!(rows.iter().any(|it| it.contains(&cell.before)), "{rows:?}");
    scene.take("Später", "de").await.unwrap();
    let between = scene.compare("Audit", Some("Später")).await.unwrap();
    assert_eq!(between.sheets, now.sheets);
    assert_eq!(scene.compare("Später", Some("SP2")).await.unwrap().sheets, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_refused_and_nothing_is_overwritten() {
    let scene = Scene::new().await;
    scene.take("Audit", "de").await.unwrap();
    let refused = |key: &str, exit: ExitCode| (exit, key.to_owned());
    assert_eq!(
        code(scene.take("Audit", "de").await),
        refused("snapshot-name-taken", ExitCode::Conflict)
    );
    for name in ["", "  ", "7", "SP7", &"x".repeat(81)] {
        assert_eq!(
            code(scene.take(name, "de").await),
            refused("snapshot-name", ExitCode::Usage),
            "{name}"
        );
    }
    scene.take("English", "en").await.unwrap();
    let languages = scene.compare("Audit", Some("English")).await;
    assert_eq!(code(languages), refused("snapshot-languages", ExitCode::Usage));
    let unknown = scene.compare("Nobody", None).await;
    assert_eq!(code(unknown), refused("no-snapshot", ExitCode::NothingFound));
    let sheet = Some("nothing".to_owned());
    let order = SnapshotOrder::Show { name: "Audit".to_owned(), sheet };
    assert_eq!(code(scene.snapshot(order).await), refused("no-sheet", ExitCode::NothingFound));
    let SnapshotReply::All(list) = scene.said(SnapshotOrder::List).await.unwrap() else {
        panic!("another reply")
    };
    assert_eq!(list.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["Audit", "English"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_that_somebody_changed_is_found_out() {
    let scene = Scene::new().await;
    scene.take("Audit", "de").await.unwrap();
    scene.rename("Fertigung").await;
    scene.take("Other", "de").await.unwrap();
    scene.verify().await.unwrap();
    // Body and hash of another in its place: they fit each other, and not the event.
    let sql = "UPDATE snapshot SET (body, length, hash) = \
               (SELECT body, length, hash FROM snapshot WHERE number = 1) WHERE number = 2";
    scene.database().execute(sql, []).unwrap();
    let changed = (ExitCode::Failed, "snapshot-changed".to_owned());
    assert_eq!(code(scene.verify().await), changed);
    scene.database().execute("UPDATE snapshot SET body = x'00' WHERE number = 1", []).unwrap();
    assert!(scene.verify().await.is_err());
}
