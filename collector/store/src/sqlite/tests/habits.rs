//! How agents reported of late.

use observation::latest::{Cadence, ReportNumber};

use super::{AGENT, TOKEN, agent, event, report, second, secret, token};
use crate::{AgentHabit, EventDraft, SqliteStore, Store};

const DAY: i64 = 86_400;

fn refusal(at: i64, why: &str) -> EventDraft {
    EventDraft {
        at: second(at),
        action: "report_refused".to_owned(),
        object: format!("agent {AGENT}"),
        after: Some(why.to_owned()),
        ..event()
    }
}

#[tokio::test]
async fn days_with_a_report_are_counted_and_the_newest_refusal_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("kataster.db")).unwrap();
    store.create_token(token(), event()).await.unwrap();
    store.enrol(TOKEN, secret(), second(1), agent(), event()).await.unwrap().unwrap();
    assert_eq!(store.agent_habits(14).await.unwrap(), []);
    // Two reports on each of the days 0, 2 and 20: the first two are too long ago.
    let mut sequence = 0;
    for day in [0, 2, 20, 21, 22] {
        for hour in [1, 2] {
            sequence += 1;
            let number = ReportNumber { epoch: 1, sequence };
            let text = format!("{{\"source\":\"a\",\"at\":{sequence}}}");
            let sections = [("a.source", Cadence::Volatile, text)];
            let at = second(day * DAY + hour * 60);
            store.append_report(report(number, at, &sections)).await.unwrap();
        }
    }
    store.append_event(refusal(30 * DAY, "older")).await.unwrap();
    store.append_event(refusal(31 * DAY, "newest")).await.unwrap();
    store.append_event(EventDraft { object: "agent".to_owned(), ..refusal(1, "x") }).await.unwrap();
    let refused = Some((second(31 * DAY), "newest".to_owned()));
    let expected = AgentHabit { agent: AGENT, report_days: 3, refused };
    assert_eq!(store.agent_habits(14).await.unwrap(), [expected]);
}
