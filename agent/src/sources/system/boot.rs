//! The present start of the operating system. Volatile.

use jiff::Timestamp;
use observation::latest::{Absent, Boot, Cadence, Fact, Platform, SourceId};

use crate::host::Ask;
use crate::sources::context::Context;
use crate::sources::{Found, Source};

/// The present start of the operating system.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("system.boot"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Volatile,
    observe,
};

const BOOT_ID_PATH: &str = "/proc/sys/kernel/random/boot_id";

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let id = context.host.line(BOOT_ID_PATH).and_then(|it| it.parse().ok());
    let figures = context.host.figures();
    let started_seconds = figures.as_ref().ok().and_then(|it| it.started_seconds);
    let started_at = started_seconds.and_then(|it| Timestamp::from_second(it).ok());
    if id.is_none() && started_at.is_none() {
        return Err(figures
            .err()
            .unwrap_or(Absent::NotHere { looked_at: BOOT_ID_PATH.to_owned() }));
    }
    Ok(Found { facts: vec![Fact::Boot(Boot { id, started_at })], ..Found::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Figures, Reply, Request};
    use crate::sources::testing::{MapHost, with_context};

    fn host(started_seconds: Option<i64>) -> MapHost {
        let figures = Figures { memory_bytes: None, started_seconds, cores: None };
        MapHost::new().answer(Request::Figures, Ok(Reply::Figures(figures)))
    }

    #[test]
    fn a_start_has_an_identity_and_a_time() {
        let id = "3f0a3ae0-6f23-4a7c-9d9a-0d2f6f0f0001";
        let host = host(Some(1_700_000_000)).file(BOOT_ID_PATH, format!("{id}\n"));
        let boot =
            Boot { id: id.parse().ok(), started_at: Some("2023-11-14T22:13:20Z".parse().unwrap()) };
        assert_eq!(with_context(&host, observe).unwrap().facts, [Fact::Boot(boot)]);
    }

    #[test]
    fn a_time_outside_of_the_calendar_is_none() {
        let host = host(Some(i64::MAX)).file(BOOT_ID_PATH, "not a uuid");
        let looked_at = BOOT_ID_PATH.to_owned();
        assert_eq!(with_context(&host, observe), Err(Absent::NotHere { looked_at }));
    }
}
