//! An edited workbook and single statements, by the orders that the command line gives.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must stop"
)]

use std::io::{Cursor, Write};
use std::path::Path;

use data_encoding::BASE64;
use inventory::import::Take;
use kataster::command::{ImportReport, Order, Reply, execute};
use kataster::failure::{ExitCode, Failure};
use tempfile::TempDir;
use tests::loopback::Running;

const REGISTER: &str = include_str!("../../collector/inventory/src/register/example.toml");
const DESCRIPTION: &str = "Vom Angebot bis zur Auslieferung";

struct Scene {
    folder: TempDir,
    running: Running,
}

impl Scene {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let running = Running::start(&folder.path().join("collector")).await.unwrap();
        let scene = Self { folder, running };
        let text = REGISTER.to_owned();
        scene.order(Order::RegisterImport { text, language: "de".to_owned() }).await.unwrap();
        scene
    }

    async fn order(&self, order: Order) -> Result<Reply, Failure> {
        Box::pin(execute(&self.running.collector, "kerstin", order)).await
    }

    /// An export, read as bytes.
    async fn exported(&self, name: &str) -> Vec<u8> {
        let path = self.folder.path().join(name);
        let (language, time_zone) = ("de".to_owned(), "Europe/Berlin".to_owned());
        let order =
            Order::ExportWorkbook { profile: None, path: path.clone(), language, time_zone };
        self.order(order).await.unwrap();
        bytes_of(&path)
    }

    async fn import(&self, bytes: &[u8], dry_run: bool) -> Result<ImportReport, Failure> {
        let order = Order::ImportWorkbook {
            name: "mappe.xlsx".to_owned(),
            file: BASE64.encode(bytes),
            dry_run,
            clear_emptied: false,
            language: "en".to_owned(),
        };
        let Reply::Imported(report) = self.order(order).await? else { panic!("another reply") };
        Ok(*report)
    }

    async fn description(&self) -> String {
        let register = self.running.collector.store.register().await.unwrap();
        register.process[0].more.text("description").unwrap_or("-").to_owned()
    }

    async fn set(&self, text: &str) {
        let order = Order::RegisterSet {
            table: "process".to_owned(),
            identity: "GP001".to_owned(),
            fields: vec![("description".to_owned(), Some(text.to_owned()))],
            language: "en".to_owned(),
        };
        self.order(order).await.unwrap();
    }

    async fn undo(&self, name: &str) -> Result<Reply, Failure> {
        let (name, language) = (name.to_owned(), "en".to_owned());
        self.order(Order::Undo { name, language }).await
    }
}

#[expect(clippy::disallowed_methods, reason = "a file of our own")]
fn bytes_of(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

/// The same workbook, in which a person wrote other text into a cell.
fn edited(workbook: &[u8], from: &str, to: &str) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(Cursor::new(workbook)).unwrap();
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for number in 0..archive.len() {
        let mut part = archive.by_index(number).unwrap();
        let name = part.name().unwrap().into_owned();
        let mut content = Vec::new();
        std::io::copy(&mut part, &mut content).unwrap();
        if name == "xl/sharedStrings.xml" {
            let text = String::from_utf8(content).unwrap();
            assert!(text.contains(from), "{from}");
            content = text.replace(from, to).into_bytes();
        }
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(&content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_is_taken_over_once_named_in_the_log_and_taken_back() {
    let scene = Scene::new().await;
    let workbook = scene.exported("a.xlsx").await;
    let unchanged = scene.import(&workbook, false).await.unwrap();
    assert_eq!((unchanged.import.as_deref(), unchanged.outcome.changes.len()), (None, 0));
    assert!(unchanged.failure().is_none());

    let mine = edited(&workbook, DESCRIPTION, "Mein Text");
    let tried = scene.import(&mine, true).await.unwrap();
    assert_eq!((tried.import, tried.outcome.changes.len()), (None, 1));
    assert_eq!(scene.description().await, DESCRIPTION);

    let taken = scene.import(&mine, false).await.unwrap();
    assert_eq!(taken.import.as_deref(), Some("I1"));
    assert_eq!(scene.description().await, "Mein Text");
    let store = scene.running.collector.store.as_ref();
    let (head, _) = store.event_head().await.unwrap();
    let event = store.events(head - 1, 1).await.unwrap().remove(0).event;
    assert_eq!((event.actor.as_str(), event.object.as_str()), ("kerstin", "process GP001"));
    assert_eq!(event.source, "workbook 1: Geschäftsprozesse D6");
    assert_eq!(event.before.as_deref(), Some(DESCRIPTION));

    let again = scene.import(&mine, false).await.unwrap();
    assert_eq!((again.import, again.outcome.changes.len(), again.outcome.already), (None, 0, 1));

    scene.undo("I1").await.unwrap();
    assert_eq!(scene.description().await, DESCRIPTION);
    assert_eq!(scene.undo("I1").await.unwrap_err().key, "undone-already");
    assert!(store.verify_events().await.unwrap().first_broken.is_none());
    scene.running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_keeps_the_registers_value_until_a_person_decides() {
    let scene = Scene::new().await;
    let workbook = scene.exported("a.xlsx").await;
    let mine = edited(&workbook, DESCRIPTION, "Mein Text");
    scene.set("Anderer Text").await;
    let report = scene.import(&mine, false).await.unwrap();
    assert_eq!(report.outcome.conflicts[0].id.as_deref(), Some("I1.1"));
    assert_eq!(report.failure().unwrap().exit_code, ExitCode::Conflict);
    assert_eq!(scene.description().await, "Anderer Text");
    let resolve =
        |take| Order::ImportResolve { name: "I1.1".to_owned(), take, language: "en".to_owned() };
    scene.order(resolve(Take::Workbook)).await.unwrap();
    assert_eq!(scene.description().await, "Mein Text");
    let twice = scene.order(resolve(Take::Register)).await.unwrap_err();
    assert_eq!(twice.key, "conflict-decided");
    // Taken back, it is open again; and what nobody has seen is not overwritten.
    let (event, _) = scene.running.collector.store.event_head().await.unwrap();
    scene.undo(&event.to_string()).await.unwrap();
    scene.set("Dritter Text").await;
    let unseen = scene.order(resolve(Take::Workbook)).await.unwrap_err();
    assert_eq!(unseen.key, "changed-since");
    scene.set("Anderer Text").await;
    scene.order(resolve(Take::Register)).await.unwrap();
    // The same file once more finds what was decided.
    let again = scene.import(&mine, false).await.unwrap();
    assert_eq!(again.import.as_deref(), Some("I1"));
    assert!(again.failure().is_none());
    scene.running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_was_changed_again_since_is_not_taken_back() {
    let scene = Scene::new().await;
    scene.set("Eins").await;
    let (event, _) = scene.running.collector.store.event_head().await.unwrap();
    scene.set("Zwei").await;
    let refused = scene.undo(&event.to_string()).await.unwrap_err();
    assert_eq!((refused.key.as_str(), refused.exit_code), ("changed-since", ExitCode::Conflict));
    assert_eq!(scene.description().await, "Zwei");
    scene.running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_mistake_stops_the_whole_import_and_foreign_files_are_refused() {
    let scene = Scene::new().await;
    let workbook = scene.exported("a.xlsx").await;
    let wrong = edited(&workbook, DESCRIPTION, "Mein Text");
    let wrong = edited(&wrong, "sehr hoch", "sehr hohc");
    let report = scene.import(&wrong, false).await.unwrap();
    assert!(!report.outcome.errors.is_empty());
    assert_eq!(report.failure().unwrap().exit_code, ExitCode::Failed);
    assert_eq!(scene.description().await, DESCRIPTION);
    let refused = scene.import(b"name;value\n", false).await.unwrap_err();
    assert_eq!(refused.key, "import-refused-no-workbook");
    scene.running.end().await;
}
