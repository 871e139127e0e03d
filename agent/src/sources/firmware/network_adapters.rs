//! Firmware of network adapters, from their drivers (ETHTOOL_GDRVINFO).

use observation::latest::{Absent, Cadence, FirmwareComponent, Gap, Platform, SourceId};

use crate::host::Ask;
use crate::sources::attribute::printable;
use crate::sources::context::Context;
use crate::sources::firmware_level::level;
use crate::sources::{Found, Source};

/// Firmware of network adapters.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("firmware.network_adapters"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const FOLDER: &str = "/sys/class/net";
/// Words of drivers for firmware that they do not know or do not have.
const UNKNOWN: [&str; 3] = ["N/A", "n/a", "0.0.0"];

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let names = context.host.names(FOLDER)?;
    let mut found = Found::default();
    for name in names {
        // Adapters that are made by software have no device.
        if context.host.link(&format!("{FOLDER}/{name}/device")).is_err() {
            continue;
        }
        match context.host.network_driver(&name) {
            Ok(driver) => {
                let version = printable(&driver.firmware);
                if !version.is_empty() && !UNKNOWN.contains(&version.as_str()) {
                    let component = FirmwareComponent::NetworkAdapter;
                    found.facts.push(level(component, Some(name), None, version));
                }
            }
            Err(Absent::NotHere { .. }) => {}
            Err(reason) => {
                let field = "firmware.version".to_owned();
                found.gaps.push(Gap { field, of: Some(name), reason });
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use observation::latest::Fact;

    use super::*;
    use crate::host::{NetworkDriver, Reply, Request};
    use crate::sources::testing::{MapHost, with_context};

    fn host(firmware: &str) -> MapHost {
        let driver = NetworkDriver {
            driver: "igb".to_owned(),
            version: "6.1.0-18-amd64".to_owned(),
            firmware: firmware.to_owned(),
            bus: "0000:03:00.0".to_owned(),
        };
        let request = Request::NetworkDriver { interface: "eno1".to_owned() };
        MapHost::new()
            .link(&format!("{FOLDER}/eno1/device"), "../../../0000:03:00.0")
            .folder(&format!("{FOLDER}/lo"))
            .answer(request, Ok(Reply::NetworkDriver(driver)))
    }

    #[test]
    fn an_adapter_states_its_firmware() {
        let found = with_context(&host("3.25, 0x800005cf"), observe).unwrap();
        let expected = level(
            FirmwareComponent::NetworkAdapter,
            Some("eno1".to_owned()),
            None,
            "3.25, 0x800005cf".to_owned(),
        );
        assert_eq!(found.facts, [expected]);
        assert!(matches!(&found.facts[0], Fact::Firmware(_)));
    }

    #[test]
    fn a_driver_that_knows_none_says_nothing() {
        for firmware in ["", "N/A", " \u{0}"] {
            assert_eq!(with_context(&host(firmware), observe).unwrap(), Found::default());
        }
    }
}
