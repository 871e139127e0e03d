//! Values of our types as cells of a row, and back.

use std::net::IpAddr;

use inventory::asset::{AssetId, ObserverId, TargetId};
use jiff::Timestamp;
use observation::ContentHash;
use observation::latest::{AgentId, ReportNumber};
use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::model::StoreError;

/// A moment as microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Micros(pub(crate) Timestamp);

impl ToSql for Micros {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.as_microsecond().into())
    }
}

impl FromSql for Micros {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let micros = value.as_i64()?;
        Timestamp::from_microsecond(micros).map(Self).map_err(|_| FromSqlError::OutOfRange(micros))
    }
}

/// A hash as 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hash(pub(crate) ContentHash);

impl ToSql for Hash {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.as_bytes().as_slice().into())
    }
}

impl FromSql for Hash {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        <[u8; 32]>::column_result(value).map(|bytes| Self(ContentHash::from_bytes(bytes)))
    }
}

/// A UUID as 16 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Id(pub(crate) Uuid);

impl ToSql for Id {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.as_bytes().as_slice().into())
    }
}

impl FromSql for Id {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        <[u8; 16]>::column_result(value).map(|bytes| Self(Uuid::from_bytes(bytes)))
    }
}

impl From<AssetId> for Id {
    fn from(id: AssetId) -> Self {
        Self(id.0)
    }
}

impl From<AgentId> for Id {
    fn from(id: AgentId) -> Self {
        Self(id.0)
    }
}

/// An address as 4 or 16 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Address(pub(crate) IpAddr);

impl ToSql for Address {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let bytes = match self.0 {
            IpAddr::V4(it) => it.octets().to_vec(),
            IpAddr::V6(it) => it.octets().to_vec(),
        };
        Ok(bytes.into())
    }
}

impl FromSql for Address {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_blob()?.len() {
            4 => <[u8; 4]>::column_result(value).map(|it| Self(it.into())),
            _ => <[u8; 16]>::column_result(value).map(|it| Self(it.into())),
        }
    }
}

/// From where a scan looked: an agent's id, or nothing for the collector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Vantage(pub(crate) Option<AgentId>);

impl ToSql for Vantage {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.map(|it| it.0.as_bytes().to_vec()).unwrap_or_default().into())
    }
}

impl FromSql for Vantage {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        if value.as_blob()?.is_empty() {
            return Ok(Self(None));
        }
        Id::column_result(value).map(|it| Self(Some(AgentId(it.0))))
    }
}

/// A value as JSON text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Json<T>(pub(crate) T);

impl<T: Serialize> ToSql for Json<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let text = serde_json::to_string(&self.0);
        text.map(Into::into).map_err(|it| rusqlite::Error::ToSqlConversionFailure(it.into()))
    }
}

impl<T: DeserializeOwned> FromSql for Json<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let read = serde_json::from_str(value.as_str()?);
        read.map(Self).map_err(|error| FromSqlError::Other(Box::new(error)))
    }
}

/// One word of a closed list, as the catalogue and the wire write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word<T>(pub(crate) T);

impl<T: Serialize> ToSql for Word<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match serde_json::to_value(&self.0) {
            Ok(serde_json::Value::String(word)) => Ok(word.into()),
            Ok(other) => Err(rusqlite::Error::ToSqlConversionFailure(
                format!("{other} is not a word").into(),
            )),
            Err(error) => Err(rusqlite::Error::ToSqlConversionFailure(error.into())),
        }
    }
}

impl<T: DeserializeOwned> FromSql for Word<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let word = serde_json::Value::String(value.as_str()?.to_owned());
        serde_json::from_value(word).map(Self).map_err(|error| FromSqlError::Other(Box::new(error)))
    }
}

/// The text by which an observer is kept.
pub(crate) fn observer_name(observer: &ObserverId) -> String {
    match observer {
        ObserverId::Agent(agent) => format!("agent {agent}"),
        ObserverId::Target(target) => {
            let vantage =
                target.vantage.map_or_else(|| "collector".to_owned(), |it| it.to_string());
            format!("target {vantage} {} {}", target.address, target.since.as_microsecond())
        }
        ObserverId::Person(name) => format!("person {name}"),
    }
}

/// What [`observer_name`] wrote of a target, behind its first word.
fn target(text: &str) -> Option<TargetId> {
    let mut words = text.split(' ');
    let vantage = match words.next()? {
        "collector" => None,
        agent => Some(agent.parse().ok()?),
    };
    let address = words.next()?.parse().ok()?;
    let since = Timestamp::from_microsecond(words.next()?.parse().ok()?).ok()?;
    words.next().is_none().then_some(TargetId { vantage, address, since })
}

/// An observer by its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ObserverName(pub(crate) ObserverId);

impl FromSql for ObserverName {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let text = value.as_str()?;
        let agent = text.strip_prefix("agent ").and_then(|id| id.parse().ok());
        let person = || text.strip_prefix("person ").map(|it| ObserverId::Person(it.to_owned()));
        let target = || text.strip_prefix("target ").and_then(target).map(ObserverId::Target);
        agent
            .map(ObserverId::Agent)
            .or_else(target)
            .or_else(person)
            .map(Self)
            .ok_or_else(|| FromSqlError::Other(format!("'{text}' is no observer").into()))
    }
}

/// A report's place in its line, as two cells that sort alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Number {
    pub(crate) epoch: i64,
    pub(crate) sequence: i64,
}

impl Number {
    /// # Errors
    /// If a part is greater than 2^63 - 1: no agent counts that far.
    pub(crate) fn of(number: ReportNumber) -> Result<Self, StoreError> {
        let cell = |part: u64| {
            i64::try_from(part).map_err(|_| StoreError::Refused {
                problem: format!(
                    "the report number {}/{} is too large",
                    number.epoch, number.sequence
                ),
            })
        };
        Ok(Self { epoch: cell(number.epoch)?, sequence: cell(number.sequence)? })
    }

    /// From two neighbouring cells.
    pub(crate) fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<Self> {
        Ok(Self { epoch: row.get(first)?, sequence: row.get(first + 1)? })
    }

    /// From two neighbouring cells that are empty together.
    pub(crate) fn read_optional(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<Self>> {
        let epoch: Option<i64> = row.get(first)?;
        let sequence: Option<i64> = row.get(first + 1)?;
        Ok(epoch.zip(sequence).map(|(epoch, sequence)| Self { epoch, sequence }))
    }

    pub(crate) fn number(self) -> ReportNumber {
        ReportNumber { epoch: self.epoch.unsigned_abs(), sequence: self.sequence.unsigned_abs() }
    }
}

/// A count as a cell; more than 2^63 - 1 of anything does not exist here.
pub(crate) fn count_cell(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
