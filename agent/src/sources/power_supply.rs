//! Batteries of the machine itself, from `/sys/class/power_supply` (`Documentation/ABI/testing/sysfs-class-power`).

use observation::latest::{Absent, Battery, BatteryWear};

use crate::host::{Ask, Host};
use crate::sources::attribute::printable;
use crate::sources::firmware_level::decimal;

const FOLDER: &str = "/sys/class/power_supply";
/// The kernel counts in millionths.
const MICRO: u64 = 1000;
/// Words of drivers for a text that they do not know.
const UNKNOWN: [&str; 2] = ["Unknown", "0"];

/// The names of the batteries that feed the machine; those of mice and headsets are left out.
///
/// # Errors
/// Why the folder cannot be read.
pub(crate) fn batteries(host: &dyn Host) -> Result<Vec<String>, Absent> {
    let line = |name: &str, file: &str| host.line(&format!("{FOLDER}/{name}/{file}"));
    let mut names = host.names(FOLDER)?;
    names.retain(|name| {
        line(name, "type").as_deref() == Some("Battery")
            && line(name, "scope").as_deref() != Some("Device")
            && line(name, "present").as_deref() != Some("0")
    });
    Ok(names)
}

/// What stays as it is.
pub(crate) fn battery(host: &dyn Host, name: &str) -> Battery {
    let text = |file: &str| {
        let text = printable(&host.line(&format!("{FOLDER}/{name}/{file}"))?);
        (!text.is_empty() && !UNKNOWN.contains(&text.as_str())).then_some(text)
    };
    let date = ["manufacture_year", "manufacture_month", "manufacture_day"].map(text);
    let date: Option<Vec<String>> = date.into_iter().collect();
    Battery {
        name: name.to_owned(),
        manufacturer: text("manufacturer"),
        model: text("model_name"),
        serial: text("serial_number"),
        chemistry: text("technology"),
        design_milliwatt_hours: thousandth(host, name, "energy_full_design"),
        design_milliampere_hours: thousandth(host, name, "charge_full_design"),
        design_millivolts: thousandth(host, name, "voltage_min_design"),
        manufactured_on: date.map(|it| it.join("-")),
    }
}

/// What moves.
pub(crate) fn wear(host: &dyn Host, name: &str) -> BatteryWear {
    let cycles = decimal(host, &format!("{FOLDER}/{name}/cycle_count"));
    let health = host.line(&format!("{FOLDER}/{name}/health"));
    BatteryWear {
        name: name.to_owned(),
        full_milliwatt_hours: thousandth(host, name, "energy_full"),
        full_milliampere_hours: thousandth(host, name, "charge_full"),
        // 0 and -1 are how a battery says that it does not count.
        cycles: cycles.filter(|it| *it > 0),
        health: health.filter(|it| !it.is_empty() && it != "Unknown"),
    }
}

fn thousandth(host: &dyn Host, name: &str, file: &str) -> Option<u32> {
    let number: u64 = decimal(host, &format!("{FOLDER}/{name}/{file}"))?;
    u32::try_from(number / MICRO).ok().filter(|it| *it > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::testing::MapHost;

    /// Constructed after the documentation of the kernel, with the words of a notebook's battery.
    fn host() -> MapHost {
        let file = |host: MapHost, name: &str, text: &str| {
            host.file(&format!("{FOLDER}/BAT0/{name}"), format!("{text}\n"))
        };
        let mut host = MapHost::new()
            .file(&format!("{FOLDER}/AC/type"), "Mains\n")
            .file(&format!("{FOLDER}/hidpp_battery_0/type"), "Battery\n")
            .file(&format!("{FOLDER}/hidpp_battery_0/scope"), "Device\n");
        for (name, text) in [
            ("type", "Battery"),
            ("present", "1"),
            ("manufacturer", "SMP"),
            ("model_name", "02DL008"),
            ("serial_number", " 4711"),
            ("technology", "Li-poly"),
            ("energy_full_design", "50500000"),
            ("energy_full", "45120000"),
            ("voltage_min_design", "11520000"),
            ("cycle_count", "212"),
        ] {
            host = file(host, name, text);
        }
        host
    }

    #[test]
    fn the_battery_of_the_machine_is_read_and_that_of_a_mouse_is_not() {
        let host = host();
        assert_eq!(batteries(&host).unwrap(), ["BAT0"]);
        let battery = battery(&host, "BAT0");
        assert_eq!(battery.serial.as_deref(), Some("4711"));
        assert_eq!(battery.design_milliwatt_hours, Some(50_500));
        assert_eq!(
            (battery.design_millivolts, battery.design_milliampere_hours),
            (Some(11_520), None)
        );
    }

    #[test]
    fn wear_is_what_moves_and_zero_cycles_are_not_counted() {
        let expected = BatteryWear {
            name: "BAT0".to_owned(),
            full_milliwatt_hours: Some(45_120),
            cycles: Some(212),
            ..BatteryWear::default()
        };
        assert_eq!(wear(&host(), "BAT0"), expected);
        let host = host().file(&format!("{FOLDER}/BAT0/cycle_count"), "0\n");
        assert_eq!(wear(&host, "BAT0").cycles, None);
    }
}
