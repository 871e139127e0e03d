//! Whether something keeps the clock right, by the word of the kernel. How far it is off stands in
//! `system.clock_error`, because it moves by itself.

use observation::latest::{Absent, Cadence, ClockSynchronisation, Fact, Platform, SourceId};

use crate::host::Ask;
use crate::sources::context::Context;
use crate::sources::{Found, Source};

/// Whether something keeps the clock right.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("system.clock"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let is_synchronised = context.host.clock_state()?.is_synchronised;
    let fact = Fact::ClockSynchronisation(ClockSynchronisation { is_synchronised });
    Ok(Found { facts: vec![fact], ..Found::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{ClockState, Reply, Request};
    use crate::sources::testing::{MapHost, with_context};

    fn check(is_synchronised: bool, offset_nanoseconds: i64) -> Found {
        let state = ClockState {
            is_synchronised,
            offset_nanoseconds,
            maximum_error_microseconds: offset_nanoseconds,
            estimated_error_microseconds: 0,
        };
        let host = MapHost::new().answer(Request::ClockState, Ok(Reply::ClockState(state)));
        with_context(&host, observe).unwrap()
    }

    #[test]
    fn what_moves_by_itself_does_not_change_the_statement() {
        let fact = Fact::ClockSynchronisation(ClockSynchronisation { is_synchronised: true });
        assert_eq!(check(true, 5).facts, [fact]);
        assert_eq!(check(true, 5), check(true, -7_000));
        assert_ne!(check(true, 5), check(false, 5));
    }

    #[test]
    fn a_kernel_that_does_not_answer_is_no_clock_that_is_wrong() {
        let reason = with_context(&MapHost::new(), observe).unwrap_err();
        assert!(matches!(reason, Absent::NotHere { .. }));
    }
}
