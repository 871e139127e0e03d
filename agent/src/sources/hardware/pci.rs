//! Devices on the PCI bus with their drivers, from `/sys/bus/pci`. The collector knows their names.

use observation::latest::{Absent, Cadence, Device, Fact, Platform, SourceId};

use crate::host::{Ask, Host};
use crate::sources::context::Context;
use crate::sources::firmware_level::{hexadecimal, target_name};
use crate::sources::{Found, Source};

/// Devices on the PCI bus.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("hardware.pci"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const FOLDER: &str = "/sys/bus/pci/devices";

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let names = context.host.names(FOLDER)?;
    let facts = names.into_iter().map(|it| Fact::Device(device(context.host, it))).collect();
    Ok(Found { facts, ..Found::default() })
}

fn device(host: &dyn Host, address: String) -> Device {
    let number = |file: &str| hexadecimal(host, &format!("{FOLDER}/{address}/{file}"));
    // All ones is what a bus says where nothing answers.
    let id = |file: &str| {
        number(file).and_then(|it| u16::try_from(it).ok()).filter(|it| *it != u16::MAX)
    };
    Device {
        bus: "pci".to_owned(),
        class: number("class"),
        vendor_id: id("vendor"),
        device_id: id("device"),
        subsystem_vendor_id: id("subsystem_vendor").filter(|it| *it != 0),
        subsystem_device_id: id("subsystem_device").filter(|it| *it != 0),
        revision: number("revision").map(|it| format!("{it:02x}")),
        vendor: None,
        product: None,
        serial: None,
        drivers: target_name(host, &format!("{FOLDER}/{address}/driver")).into_iter().collect(),
        address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    /// Values of a real network adapter of this project's own build machine (QEMU, virtio).
    #[test]
    fn a_device_states_its_numbers_and_its_driver() {
        let folder = format!("{FOLDER}/0000:00:03.0");
        let host = MapHost::new()
            .file(&format!("{folder}/class"), "0x020000\n")
            .file(&format!("{folder}/vendor"), "0x1af4\n")
            .file(&format!("{folder}/device"), "0x1041\n")
            .file(&format!("{folder}/subsystem_vendor"), "0x1af4\n")
            .file(&format!("{folder}/subsystem_device"), "0x0001\n")
            .file(&format!("{folder}/revision"), "0x01\n")
            .link(&format!("{folder}/driver"), "../../../bus/pci/drivers/virtio-pci");
        let expected = Device {
            bus: "pci".to_owned(),
            address: "0000:00:03.0".to_owned(),
            class: Some(0x02_0000),
            vendor_id: Some(0x1af4),
            device_id: Some(0x1041),
            subsystem_vendor_id: Some(0x1af4),
            subsystem_device_id: Some(1),
            revision: Some("01".to_owned()),
            drivers: vec!["virtio-pci".to_owned()],
            ..Device::default()
        };
        assert_eq!(with_context(&host, observe).unwrap().facts, [Fact::Device(expected)]);
    }

    #[test]
    fn a_device_that_does_not_answer_has_no_numbers() {
        let folder = format!("{FOLDER}/0000:01:00.0");
        let host = MapHost::new()
            .file(&format!("{folder}/vendor"), "0xffff\n")
            .file(&format!("{folder}/subsystem_vendor"), "0x0000\n")
            .file(&format!("{folder}/class"), "nonsense\n");
        let facts = with_context(&host, observe).unwrap().facts;
        let [Fact::Device(device)] = &facts[..] else { panic!("{facts:?}") };
        assert_eq!(
            (device.vendor_id, device.subsystem_vendor_id, device.class),
            (None, None, None)
        );
        assert_eq!(device.drivers, Vec::<String>::new());
    }

    #[test]
    fn a_machine_without_the_bus_says_not_here() {
        let looked_at = FOLDER.to_owned();
        assert_eq!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { looked_at }));
    }
}
