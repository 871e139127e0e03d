//! The row of the clock. How far it is off moves by itself and has none.

use observation::latest::ClockSynchronisation;

use super::{Row, only, truth};

pub(super) fn synchronisation(it: &ClockSynchronisation) -> Row {
    only("clock_synchronisation", vec![("is_synchronised", truth(Some(it.is_synchronised)))])
}

#[cfg(test)]
mod tests {
    use observation::latest::{ClockError, Fact};

    use super::*;
    use crate::reconcile::rows::row;

    #[test]
    fn that_a_clock_runs_free_is_told_and_how_far_it_is_off_is_not() {
        let free = Fact::ClockSynchronisation(ClockSynchronisation { is_synchronised: false });
        assert_eq!(row(&free).unwrap().summary().unwrap(), "is_synchronised no");
        let error = ClockError {
            offset_nanoseconds: 1,
            maximum_error_microseconds: 2,
            estimated_error_microseconds: 3,
        };
        assert_eq!(row(&Fact::ClockError(error)), None);
    }
}
