//! How far the clock may be off, by the word of the kernel.

use observation::latest::{Absent, Cadence, ClockError, Fact, Platform, SourceId};

use crate::host::Ask;
use crate::sources::context::Context;
use crate::sources::{Found, Source};

/// How far the clock may be off.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("system.clock_error"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Volatile,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let state = context.host.clock_state()?;
    let fact = Fact::ClockError(ClockError {
        offset_nanoseconds: state.offset_nanoseconds,
        maximum_error_microseconds: state.maximum_error_microseconds,
        estimated_error_microseconds: state.estimated_error_microseconds,
    });
    Ok(Found { facts: vec![fact], ..Found::default() })
}

#[cfg(test)]
mod tests {
    use observation::latest::Privilege;

    use super::*;
    use crate::host::{ClockState, Reply, Request};
    use crate::sources::testing::{MapHost, with_context};

    #[test]
    fn the_numbers_are_those_of_the_kernel() {
        // Constructed from adjtimex(2): a clock that nothing keeps right.
        let state = ClockState {
            is_synchronised: false,
            offset_nanoseconds: -1_250,
            maximum_error_microseconds: 16_000_000,
            estimated_error_microseconds: 12,
        };
        let host = MapHost::new().answer(Request::ClockState, Ok(Reply::ClockState(state)));
        let expected = ClockError {
            offset_nanoseconds: -1_250,
            maximum_error_microseconds: 16_000_000,
            estimated_error_microseconds: 12,
        };
        let found = with_context(&host, observe).unwrap();
        assert_eq!(found.facts, [Fact::ClockError(expected)]);
    }

    #[test]
    fn a_call_that_is_forbidden_is_not_allowed() {
        let reason = Absent::NotAllowed { what: "adjtimex(2)".to_owned(), needs: Privilege::Root };
        let host = MapHost::new().answer(Request::ClockState, Err(reason.clone()));
        assert_eq!(with_context(&host, observe), Err(reason));
    }
}
