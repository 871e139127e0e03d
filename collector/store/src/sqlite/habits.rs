//! How agents reported of late, and when they were turned away.

use std::collections::BTreeMap;

use observation::latest::AgentId;
use rusqlite::Connection;

use super::cell::{Id, Micros};
use super::problem::Doing;
use crate::model::{AgentHabit, StoreError};

const DOING: &str = "reading the habits of agents";
/// Reports before the last one that are looked at: more than fourteen days of one each quarter of an hour
/// and one each hour. Bounds what is read of an agent that reports far more often.
const REPORTS_MAX: i64 = 2_000;
const DAY_MICROS: i64 = 86_400_000_000;

/// For each agent that reported, the days of the last `days` before its last report on which one came.
/// With the newest refusal that the log of events holds.
pub(crate) fn habits(connection: &Connection, days: u32) -> Result<Vec<AgentHabit>, StoreError> {
    let mut habits: BTreeMap<AgentId, AgentHabit> = BTreeMap::new();
    let none = |agent| AgentHabit { agent, report_days: 0, refused: None };
    let mut statement = connection
        .prepare_cached(
            "SELECT agent.id, count(DISTINCT report.received_at / ?1) FROM agent \
             JOIN observer ON observer.number = agent.observer \
             JOIN report ON report.observer = agent.observer \
               AND report.epoch = observer.last_epoch \
               AND report.sequence > observer.last_sequence - ?2 \
             WHERE report.received_at > observer.last_received_at - ?1 * ?3 \
             GROUP BY agent.id",
        )
        .doing(DOING)?;
    let rows = statement.query_map((DAY_MICROS, REPORTS_MAX, days), |row| {
        Ok((AgentId(row.get::<_, Id>(0)?.0), row.get::<_, u32>(1)?))
    });
    for row in rows.doing(DOING)? {
        let (agent, report_days) = row.doing(DOING)?;
        habits.entry(agent).or_insert_with(|| none(agent)).report_days = report_days.min(days);
    }
    let mut statement = connection
        .prepare_cached(
            "SELECT event.object, event.at, event_value.after FROM event \
             LEFT JOIN event_value ON event_value.event = event.number \
             WHERE event.number IN (SELECT max(number) FROM event \
               WHERE action = 'report_refused' AND object LIKE 'agent %' GROUP BY object)",
        )
        .doing(DOING)?;
    let rows = statement.query_map([], |row| {
        let object: String = row.get(0)?;
        let why: Option<String> = row.get(2)?;
        Ok((object, row.get::<_, Micros>(1)?.0, why.unwrap_or_default()))
    });
    for row in rows.doing(DOING)? {
        let (object, at, why) = row.doing(DOING)?;
        let id = object.strip_prefix("agent ").and_then(|it| it.parse().ok()).map(AgentId);
        if let Some(agent) = id {
            habits.entry(agent).or_insert_with(|| none(agent)).refused = Some((at, why));
        }
    }
    Ok(habits.into_values().collect())
}
