//! Main memory that the operating system can use.

use observation::latest::{Absent, Cadence, Fact, Memory, Platform, SourceId};

use crate::host::Ask;
use crate::sources::context::Context;
use crate::sources::{Found, Source};

/// Main memory that the operating system can use.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("hardware.memory"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let total_bytes = context.host.figures()?.memory_bytes.ok_or_else(|| Absent::Failed {
        doing: "reading the size of main memory".to_owned(),
        cause: "the system does not state it".to_owned(),
    })?;
    Ok(Found { facts: vec![Fact::Memory(Memory { total_bytes })], ..Found::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Figures, Reply, Request};
    use crate::sources::testing::{MapHost, with_context};

    fn check(memory_bytes: Option<u64>) -> Result<Found, Absent> {
        let figures = Figures { memory_bytes, started_seconds: None, cores: None };
        let host = MapHost::new().answer(Request::Figures, Ok(Reply::Figures(figures)));
        with_context(&host, observe)
    }

    #[test]
    fn the_size_is_what_the_system_states() {
        let fact = Fact::Memory(Memory { total_bytes: 8_319_000_576 });
        assert_eq!(check(Some(8_319_000_576)).unwrap().facts, [fact]);
    }

    #[test]
    fn an_unknown_size_is_a_failure_and_not_zero() {
        assert!(matches!(check(None), Err(Absent::Failed { .. })));
    }
}
