//! Batteries with their design capacity, from `/sys/class/power_supply`.

use observation::latest::{Absent, Cadence, Fact, Platform, SourceId};

use crate::sources::context::Context;
use crate::sources::power_supply::{batteries, battery};
use crate::sources::{Found, Source};

/// Batteries with their design capacity.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("hardware.batteries"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let names = batteries(context.host)?;
    let facts = names.iter().map(|it| Fact::Battery(battery(context.host, it))).collect();
    Ok(Found { facts, ..Found::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    #[test]
    fn a_machine_on_the_mains_has_none() {
        let host = MapHost::new().file("/sys/class/power_supply/AC/type", "Mains\n");
        assert_eq!(with_context(&host, observe), Ok(Found::default()));
    }

    #[test]
    fn a_battery_is_one_fact() {
        let host = MapHost::new().file("/sys/class/power_supply/BAT0/type", "Battery\n");
        let found = with_context(&host, observe).unwrap();
        assert!(matches!(&found.facts[..], [Fact::Battery(it)] if it.name == "BAT0"));
    }
}
