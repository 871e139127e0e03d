//! Licence lists, templates, and what is to be stated next or is due, by the orders that the command line gives.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on must stop")]

use data_encoding::BASE64;
use inventory::register::{Register, Value};
use kataster::command::{
    AppliedTemplate, Form, GuideOrder, GuideReply, ImportReport, Order, Reply, execute, print,
};
use kataster::failure::{ExitCode, Failure};
use tempfile::TempDir;
use tests::loopback::Running;
use wording::Language;

const LIST: &str = "Product Title,Total Licenses,Expired Licenses,Assigned licenses\n\
    Microsoft 365 Business Standard,25,0,27\nVisio Plan 2,3,0,2\n";

struct Scene {
    running: Running,
    _folder: TempDir,
}

impl Scene {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let running = Running::start(&folder.path().join("collector")).await.unwrap();
        Self { running, _folder: folder }
    }

    async fn order(&self, order: Order) -> Result<Reply, Failure> {
        Box::pin(execute(&self.running.collector, "kerstin", order)).await
    }

    async fn register(&self) -> Register {
        self.running.collector.store.register().await.unwrap()
    }

    async fn import(&self, list: &str, dry_run: bool) -> ImportReport {
        let order = Order::ImportLicences {
            name: "lizenzen.csv".to_owned(),
            file: BASE64.encode(list.as_bytes()),
            dry_run,
            language: "en".to_owned(),
            time_zone: "Europe/Berlin".to_owned(),
        };
        let Reply::Imported(report) = self.order(order).await.unwrap() else { panic!() };
        *report
    }

    async fn set(&self, entry: (&str, &str), key: &str, value: &str) {
        let order = Order::RegisterSet {
            table: entry.0.to_owned(),
            identity: entry.1.to_owned(),
            fields: vec![(key.to_owned(), Some(value.to_owned()))],
            language: "en".to_owned(),
        };
        self.order(order).await.unwrap();
    }

    async fn undo(&self, name: &str) -> Result<Reply, Failure> {
        let (name, language) = (name.to_owned(), "en".to_owned());
        self.order(Order::Undo { name, language }).await
    }

    async fn guide(&self, order: GuideOrder) -> GuideReply {
        let reply = self.order(Order::Guide(order)).await.unwrap();
        for form in [Form::Table, Form::Json] {
            for language in [Language::German, Language::English] {
                let mut shown = Vec::new();
                print(&mut shown, &reply, form, language.wording()).unwrap();
                let shown = String::from_utf8(shown).unwrap();
                assert!(!shown.is_empty() && !shown.contains('⟨'), "{shown}");
            }
        }
        let Reply::Guide(reply) = reply else { panic!() };
        *reply
    }

    async fn apply(&self, name: &str) -> AppliedTemplate {
        let (name, language) = (name.to_owned(), "de".to_owned());
        let reply = self.guide(GuideOrder::TemplateApply { name, language }).await;
        let GuideReply::Applied(applied) = reply else { panic!() };
        applied
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_licence_list_is_imported_once_and_taken_back_as_a_whole() {
    let scene = Scene::new().await;
    let tried = scene.import(LIST, true).await;
    assert_eq!((tried.import.as_deref(), tried.outcome.errors.len()), (None, 0));
    assert!(scene.register().await.licence.is_empty());

    let taken = scene.import(LIST, false).await;
    assert_eq!(taken.import.as_deref(), Some("I1"));
    assert_eq!(scene.register().await.licence.len(), 2);
    let events = scene.running.collector.store.events(0, 100).await.unwrap();
    let source = "licence list: lizenzen.csv B2";
    assert!(events.iter().any(|it| it.event.source == source && it.event.actor == "kerstin"));

    let again = scene.import(LIST, false).await;
    assert_eq!((again.import, again.outcome.changes.len()), (None, 0));

    scene.undo("I1").await.unwrap();
    assert!(scene.register().await.licence.is_empty());
    let anew = scene.import(LIST, false).await;
    assert_eq!(anew.import.as_deref(), Some("I2"));
    assert_eq!(scene.register().await.licence.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn next_months_list_is_taken_and_a_persons_change_is_a_conflict_that_is_settled() {
    let scene = Scene::new().await;
    let first = scene.import(LIST, false).await;
    let code = first.outcome.changes[0].place.identity.clone();
    scene.set(("licence", &code), "entitled", "26").await;
    let next = LIST.replace("Standard,25,0,27", "Standard,30,0,29");
    let report = scene.import(&next, false).await;
    assert_eq!(report.outcome.conflicts.len(), 1);
    assert!(report.failure().is_some_and(|it| it.exit_code == ExitCode::Conflict));
    let stated = |register: &Register, key: &str| {
        register.index().value("licence", &code, key).map(Value::to_text)
    };
    let register = scene.register().await;
    assert_eq!(stated(&register, "entitled").as_deref(), Some("26"));
    assert_eq!(stated(&register, "assigned").as_deref(), Some("29"));
    let name = report.outcome.conflicts[0].id.clone().unwrap();
    let take = inventory::import::Take::Workbook;
    scene.order(Order::ImportResolve { name, take, language: "en".to_owned() }).await.unwrap();
    assert_eq!(stated(&scene.register().await, "entitled").as_deref(), Some("30"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_list_changes_nothing_and_names_line_and_column() {
    let scene = Scene::new().await;
    let report = scene.import("Produkt;Menge\nA;1\nB;viel\n", false).await;
    assert_eq!(report.outcome.errors[0].spot.cell.as_deref(), Some("B3"));
    assert!(report.failure().is_some_and(|it| it.exit_code == ExitCode::Failed));
    assert_eq!(scene.register().await, Register::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_is_one_change_that_overwrites_nothing_and_is_taken_back() {
    let scene = Scene::new().await;
    scene.set(("process", "GP1"), "name", "Fertigung").await;
    let before = scene.register().await;
    let applied = scene.apply("manufacturer").await;
    assert!(applied.kept.iter().any(|(_, own)| own == "GP1"));
    let register = scene.register().await;
    assert_eq!(register.process.iter().find(|it| it.code == "GP1"), before.process.first());
    assert!(register.process.iter().all(|it| it.availability.is_none()));
    let again = scene.apply("manufacturer").await;
    assert_eq!((again.added.len(), again.event), (0, None));
    let event = applied.event.unwrap().to_string();
    scene.undo(&event).await.unwrap();
    assert_eq!(scene.register().await, before);
    let (name, language) = ("crafts".to_owned(), "de".to_owned());
    let order = Order::Guide(GuideOrder::TemplateApply { name, language });
    assert!(scene.order(order).await.is_err_and(|it| it.key == "no-template"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_next_and_what_is_due_is_said() {
    let scene = Scene::new().await;
    let (language, time_zone) = (|| "de".to_owned(), || "Europe/Berlin".to_owned());
    let next = |limit| GuideOrder::Next { limit, language: language(), time_zone: time_zone() };
    let GuideReply::Next(found) = scene.guide(next(Some(3))).await else { panic!() };
    assert_eq!(found.guide.questions.len(), 3);
    assert!(found.open > 20, "{}", found.open);
    scene.set(("company", ""), "name", "Musterbau").await;
    let GuideReply::Next(after) = scene.guide(next(None)).await else { panic!() };
    assert_eq!(after.open, found.open - 1);

    let due = |days| GuideOrder::Due { days, language: language(), time_zone: time_zone() };
    let GuideReply::Due(list) = scene.guide(due(180)).await else { panic!() };
    assert!(list.due.is_empty());
    scene.set(("company", ""), "next_review_on", "2020-01-31").await;
    let GuideReply::Due(list) = scene.guide(due(180)).await else { panic!() };
    assert_eq!((list.due.len(), list.due[0].days_left < 0), (1, true));
    let order = GuideOrder::TemplateList { language: language() };
    let GuideReply::Templates(list) = scene.guide(order).await else { panic!() };
    assert_eq!(list.len(), 5);
}
