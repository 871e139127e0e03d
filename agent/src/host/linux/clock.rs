//! Asks the kernel for the state of its clock (adjtimex(2)) without changing it.

#![expect(unsafe_code, reason = "adjtimex(2) has no safe wrapper")]

use std::io;

use observation::latest::Absent;

use super::super::ClockState;
use super::{absent, failed};

/// For reasons why it could not be asked.
const CALL: &str = "adjtimex(2)";

/// The state of the clock.
pub(super) fn state() -> Result<ClockState, Absent> {
    // SAFETY: `timex` is a plain structure of whole numbers, for which all zeros are a value.
    let mut clock: libc::timex = unsafe { std::mem::zeroed() };
    // No mode: nothing is set, which needs no right.
    clock.modes = 0;
    // SAFETY: the pointer is to a structure of the right kind that outlives the call.
    let state = unsafe { libc::adjtimex(&raw mut clock) };
    if state < 0 {
        return Err(absent(CALL, &io::Error::last_os_error()));
    }
    of(&clock).ok_or_else(|| failed(CALL, "its numbers are out of range"))
}

/// The kernel counts what is left of a correction in microseconds, or in nanoseconds where `STA_NANO` is set.
fn of(clock: &libc::timex) -> Option<ClockState> {
    let unit = if clock.status & libc::STA_NANO == 0 { 1_000 } else { 1 };
    Some(ClockState {
        is_synchronised: clock.status & libc::STA_UNSYNC == 0,
        offset_nanoseconds: wide(clock.offset).checked_mul(unit)?,
        maximum_error_microseconds: wide(clock.maxerror),
        estimated_error_microseconds: wide(clock.esterror),
    })
}

/// The kernel's long number has 32 or 64 bits.
fn wide<T: Into<i64>>(number: T) -> i64 {
    number.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(status: i32, offset: i32) -> ClockState {
        // SAFETY: as above.
        let mut clock: libc::timex = unsafe { std::mem::zeroed() };
        (clock.status, clock.offset) = (status, offset.into());
        (clock.maxerror, clock.esterror) = (16_000_000, 12);
        of(&clock).unwrap()
    }

    #[test]
    fn the_unit_of_the_offset_is_that_of_its_flag() {
        assert_eq!(clock(libc::STA_PLL, -250).offset_nanoseconds, -250_000);
        let nano = clock(libc::STA_PLL | libc::STA_NANO, -250);
        assert_eq!(nano.offset_nanoseconds, -250);
        assert_eq!(
            (nano.maximum_error_microseconds, nano.estimated_error_microseconds),
            (16_000_000, 12)
        );
        assert!(nano.is_synchronised);
    }

    #[test]
    fn a_clock_that_nothing_keeps_right_is_not_synchronised() {
        assert!(!clock(libc::STA_UNSYNC | libc::STA_PLL, 0).is_synchronised);
    }

    #[test]
    fn the_kernel_tells_the_state_of_its_clock_and_nothing_is_changed() {
        // A sandbox may forbid the call; then the reason must say so.
        match (state(), state()) {
            (Ok(before), Ok(after)) => {
                assert_eq!(before.is_synchronised, after.is_synchronised);
                assert!(before.maximum_error_microseconds >= 0);
            }
            (one, two) => {
                assert!(matches!(one, Err(Absent::NotAllowed { .. })), "{one:?}");
                assert_eq!(one, two);
            }
        }
    }
}
