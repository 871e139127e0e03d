//! Devices on the USB with the texts that they state themselves, from `/sys/bus/usb`.
//!
//! Root hubs are parts of their controller, which is a PCI device.

use std::collections::{BTreeMap, BTreeSet};

use observation::latest::{Absent, Cadence, Device, Fact, Platform, SourceId};

use crate::host::{Ask, Host};
use crate::sources::attribute::printable;
use crate::sources::context::Context;
use crate::sources::firmware_level::{hexadecimal, target_name};
use crate::sources::{Found, Source};

/// Devices on the USB.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("hardware.usb"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const FOLDER: &str = "/sys/bus/usb/devices";
/// What the kernel calls root hubs.
const ROOT_HUB: &str = "usb";

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let names = context.host.names(FOLDER)?;
    let mut drivers: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for name in &names {
        // `1-4:1.0` is the first interface of the device `1-4`.
        let Some((device, _)) = name.split_once(':') else { continue };
        let driver = target_name(context.host, &format!("{FOLDER}/{name}/driver"));
        drivers.entry(device).or_default().extend(driver);
    }
    let devices = names.iter().filter(|it| !it.contains(':') && !it.starts_with(ROOT_HUB));
    let fact = |name: &String| {
        let drivers = drivers.get(name.as_str()).cloned().unwrap_or_default();
        Fact::Device(device(context.host, name, drivers.into_iter().collect()))
    };
    Ok(Found { facts: devices.map(fact).collect(), ..Found::default() })
}

fn device(host: &dyn Host, name: &str, drivers: Vec<String>) -> Device {
    let path = |file: &str| format!("{FOLDER}/{name}/{file}");
    let number = |file: &str| hexadecimal(host, &path(file));
    let text =
        |file: &str| host.line(&path(file)).map(|it| printable(&it)).filter(|it| !it.is_empty());
    let parts = [number("bDeviceClass"), number("bDeviceSubClass"), number("bDeviceProtocol")];
    let class = parts.into_iter().try_fold(0, |class, part| Some(class << 8 | part? & 0xff));
    Device {
        bus: "usb".to_owned(),
        address: name.to_owned(),
        class,
        vendor_id: number("idVendor").and_then(|it| it.try_into().ok()),
        device_id: number("idProduct").and_then(|it| it.try_into().ok()),
        subsystem_vendor_id: None,
        subsystem_device_id: None,
        revision: text("bcdDevice"),
        vendor: text("manufacturer"),
        product: text("product"),
        serial: text("serial"),
        drivers,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    /// Constructed from the kernel's `Documentation/ABI/testing/sysfs-bus-usb`.
    fn host() -> MapHost {
        let folder = format!("{FOLDER}/1-4");
        MapHost::new()
            .file(&format!("{FOLDER}/usb1/idVendor"), "1d6b\n")
            .file(&format!("{folder}/idVendor"), "046d\n")
            .file(&format!("{folder}/idProduct"), "c52b\n")
            .file(&format!("{folder}/bcdDevice"), "1211\n")
            .file(&format!("{folder}/bDeviceClass"), "ef\n")
            .file(&format!("{folder}/bDeviceSubClass"), "02\n")
            .file(&format!("{folder}/bDeviceProtocol"), "01\n")
            .file(&format!("{folder}/manufacturer"), "Logitech\n")
            .file(&format!("{folder}/product"), "USB Receiver\u{7}\n")
            .file(&format!("{folder}/serial"), "\n")
            .link(&format!("{FOLDER}/1-4:1.0/driver"), "../../../bus/usb/drivers/usbhid")
            .link(&format!("{FOLDER}/1-4:1.1/driver"), "../../../bus/usb/drivers/usbhid")
            .folder(&format!("{FOLDER}/1-4:1.2"))
    }

    #[test]
    fn a_device_has_its_own_texts_and_the_drivers_of_its_interfaces() {
        let expected = Device {
            bus: "usb".to_owned(),
            address: "1-4".to_owned(),
            class: Some(0xef_02_01),
            vendor_id: Some(0x046d),
            device_id: Some(0xc52b),
            revision: Some("1211".to_owned()),
            vendor: Some("Logitech".to_owned()),
            product: Some("USB Receiver\u{fffd}".to_owned()),
            drivers: vec!["usbhid".to_owned()],
            ..Device::default()
        };
        assert_eq!(with_context(&host(), observe).unwrap().facts, [Fact::Device(expected)]);
    }

    #[test]
    fn a_machine_without_usb_says_not_here() {
        let looked_at = FOLDER.to_owned();
        assert_eq!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { looked_at }));
    }
}
