//! Rows of the parts of a machine. What they count by themselves is left out.

use observation::latest::{
    Battery, CoolingDevice, Device, ExpansionSlot, ManagementController, MemoryArray,
    MemoryController, Monitor, OnboardDevice, PortConnector, PowerSupply, ProcessorCache,
    ProcessorSocket, ProcessorVulnerability, TrustedPlatformModule, VoltageProbe,
};

use super::{Row, one_of, only, text, truth};
use crate::recognise::device_names;

pub(super) fn battery(it: &Battery) -> Row {
    let fields = vec![
        ("manufacturer", it.manufacturer.clone()),
        ("model", it.model.clone()),
        ("serial", it.serial.clone()),
        ("chemistry", it.chemistry.clone()),
        ("design_milliwatt_hours", text(it.design_milliwatt_hours)),
        ("design_milliampere_hours", text(it.design_milliampere_hours)),
        ("design_millivolts", text(it.design_millivolts)),
        ("manufactured_on", it.manufactured_on.clone()),
    ];
    one_of("battery", it.name.clone(), fields)
}

pub(super) fn cooling_device(it: &CoolingDevice) -> Row {
    let fields = vec![
        ("kind_number", text(it.kind_number)),
        ("status_number", text(it.status_number)),
        ("group", text(it.group)),
        ("nominal_rpm", text(it.nominal_rpm)),
    ];
    one_of("cooling_device", it.description.clone().unwrap_or_default(), fields)
}

/// Numbers with the names that the lists of PCI and USB know; what the device itself says comes first.
pub(super) fn device(it: &Device) -> Row {
    let names = device_names(it);
    let number = |of: Option<u16>| of.map(|it| format!("{it:04x}"));
    let pair =
        |of: Option<u16>, and: Option<u16>| Some(format!("{}:{}", number(of)?, number(and)?));
    let fields = vec![
        ("class", names.class),
        ("vendor", it.vendor.clone().or(names.vendor)),
        ("product", it.product.clone().or(names.product)),
        ("subsystem", names.subsystem),
        ("id", pair(it.vendor_id, it.device_id)),
        ("subsystem_id", pair(it.subsystem_vendor_id, it.subsystem_device_id)),
        ("revision", it.revision.clone()),
        ("serial", it.serial.clone()),
        ("drivers", (!it.drivers.is_empty()).then(|| it.drivers.join(", "))),
    ];
    one_of("device", format!("{} {}", it.bus, it.address), fields)
}

pub(super) fn expansion_slot(it: &ExpansionSlot) -> Row {
    let fields = vec![
        ("kind_number", text(it.kind_number)),
        ("width_number", text(it.width_number)),
        ("usage", it.usage_number.map(slot_usage)),
        ("length_number", text(it.length_number)),
        ("address", it.address.clone()),
    ];
    one_of("expansion_slot", it.designation.clone().unwrap_or_default(), fields)
}

/// DSP0134 §7.10.3.
fn slot_usage(number: u8) -> String {
    match number {
        3 => "free".to_owned(),
        4 => "in use".to_owned(),
        5 => "unavailable".to_owned(),
        other => other.to_string(),
    }
}

pub(super) fn management_controller(it: &ManagementController) -> Row {
    let address = it.address.map(|address| match it.prefix_length {
        Some(length) => format!("{address}/{length}"),
        None => address.to_string(),
    });
    let fields = vec![
        ("interface_number", text(it.interface_number)),
        ("specification", it.specification.clone()),
        ("firmware", it.firmware.clone()),
        ("manufacturer_id", text(it.manufacturer_id)),
        ("product_id", text(it.product_id)),
        ("guid", it.guid.clone()),
        ("address", address),
        ("gateway", text(it.gateway)),
        ("mac", it.mac.clone()),
        ("address_source_number", text(it.address_source_number)),
    ];
    match it.channel {
        Some(channel) => one_of("management_controller", format!("channel {channel}"), fields),
        None => only("management_controller", fields),
    }
}

pub(super) fn memory_array(it: &MemoryArray) -> Row {
    let object = format!("use {}", it.use_number.map_or_else(String::new, |it| it.to_string()));
    let fields = vec![
        ("location_number", text(it.location_number)),
        ("error_correction", it.error_correction_number.map(error_correction)),
        ("maximum_bytes", text(it.maximum_bytes)),
        ("slots", text(it.slots)),
    ];
    one_of("memory_array", object, fields)
}

/// DSP0134 §7.17.3.
fn error_correction(number: u8) -> String {
    match number {
        3 => "none".to_owned(),
        4 => "parity".to_owned(),
        5 => "single-bit ECC".to_owned(),
        6 => "multi-bit ECC".to_owned(),
        7 => "CRC".to_owned(),
        other => other.to_string(),
    }
}

pub(super) fn memory_controller(it: &MemoryController) -> Row {
    let fields = vec![
        ("model", it.model.clone()),
        ("size_bytes", text(it.size_bytes)),
        ("error_correction", joined(&it.error_correction)),
    ];
    one_of("memory_controller", it.name.clone(), fields)
}

pub(super) fn monitor(it: &Monitor) -> Row {
    let size = it.width_millimetres.zip(it.height_millimetres);
    let fields = vec![
        ("manufacturer", it.manufacturer_code.clone()),
        ("model", it.model.clone()),
        ("product_code", it.product_code.map(|it| format!("{it:04x}"))),
        ("serial", it.serial.clone()),
        ("week", text(it.week)),
        ("year", text(it.year)),
        ("size_millimetres", size.map(|(width, height)| format!("{width}x{height}"))),
        ("resolution", it.resolution.clone()),
    ];
    one_of("monitor", it.connector.clone(), fields)
}

pub(super) fn onboard_device(it: &OnboardDevice) -> Row {
    let fields = vec![
        ("kind_number", text(it.kind_number)),
        ("instance", text(it.instance)),
        ("is_enabled", truth(it.is_enabled)),
        ("address", it.address.clone()),
    ];
    one_of("onboard_device", it.designation.clone().unwrap_or_default(), fields)
}

pub(super) fn port_connector(it: &PortConnector) -> Row {
    let names = [it.external_designation.as_deref(), it.internal_designation.as_deref()];
    let name: Vec<&str> = names.into_iter().flatten().collect();
    let fields = vec![
        ("kind_number", text(it.kind_number)),
        ("external_connector_number", text(it.external_connector_number)),
        ("internal_connector_number", text(it.internal_connector_number)),
    ];
    one_of("port_connector", name.join(" / "), fields)
}

pub(super) fn power_supply(it: &PowerSupply) -> Row {
    let names = [it.location.as_deref(), it.name.as_deref()];
    let name: Vec<&str> = names.into_iter().flatten().collect();
    let fields = vec![
        ("manufacturer", it.manufacturer.clone()),
        ("part_number", it.part_number.clone()),
        ("serial", it.serial.clone()),
        ("asset_tag", it.asset_tag.clone()),
        ("revision", it.revision.clone()),
        ("maximum_watts", text(it.maximum_watts)),
        ("status_number", text(it.status_number)),
        ("is_present", truth(it.is_present)),
        ("is_plugged", truth(it.is_plugged)),
        ("is_hot_replaceable", truth(it.is_hot_replaceable)),
    ];
    one_of("power_supply", name.join(" "), fields)
}

pub(super) fn processor_cache(it: &ProcessorCache) -> Row {
    let fields = vec![
        ("level", text(it.level)),
        ("installed_bytes", text(it.installed_bytes)),
        ("maximum_bytes", text(it.maximum_bytes)),
        ("error_correction_number", text(it.error_correction_number)),
    ];
    one_of("processor_cache", it.designation.clone().unwrap_or_default(), fields)
}

pub(super) fn processor_socket(it: &ProcessorSocket) -> Row {
    let fields = vec![
        ("is_populated", truth(it.is_populated)),
        ("status_number", text(it.status_number)),
        ("manufacturer", it.manufacturer.clone()),
        ("model", it.model.clone()),
        ("serial", it.serial.clone()),
        ("asset_tag", it.asset_tag.clone()),
        ("part_number", it.part_number.clone()),
        ("maximum_mhz", text(it.maximum_mhz)),
        ("cores", text(it.cores)),
        ("cores_enabled", text(it.cores_enabled)),
        ("threads", text(it.threads)),
    ];
    one_of("processor_socket", it.socket.clone().unwrap_or_default(), fields)
}

pub(super) fn processor_vulnerability(it: &ProcessorVulnerability) -> Row {
    let fields = vec![("", Some(it.state.clone()))];
    one_of("processor_vulnerability", it.name.clone(), fields)
}

pub(super) fn trusted_platform_module(it: &TrustedPlatformModule) -> Row {
    let fields = vec![
        ("specification", it.specification.clone()),
        ("manufacturer", it.manufacturer.clone()),
        ("model", it.model.clone()),
        ("firmware", it.firmware.clone()),
        ("banks", joined(&it.banks)),
        ("is_enabled", truth(it.is_enabled)),
        ("is_owned", truth(it.is_owned)),
    ];
    match &it.name {
        Some(name) => one_of("trusted_platform_module", name.clone(), fields),
        None => only("trusted_platform_module", fields),
    }
}

pub(super) fn voltage_probe(it: &VoltageProbe) -> Row {
    let fields = vec![
        ("location_number", text(it.location_number)),
        ("status_number", text(it.status_number)),
        ("nominal_millivolts", text(it.nominal_millivolts)),
        ("minimum_millivolts", text(it.minimum_millivolts)),
        ("maximum_millivolts", text(it.maximum_millivolts)),
    ];
    one_of("voltage_probe", it.description.clone().unwrap_or_default(), fields)
}

fn joined(texts: &[String]) -> Option<String> {
    (!texts.is_empty()).then(|| texts.join(", "))
}

#[cfg(test)]
mod tests {
    use observation::latest::Fact;

    use super::*;
    use crate::reconcile::rows::row;

    fn summary(fact: &Fact) -> String {
        row(fact).unwrap().summary().unwrap()
    }

    #[test]
    fn a_pci_device_has_the_names_of_the_public_list() {
        let device = Device {
            bus: "pci".to_owned(),
            address: "0000:00:1f.6".to_owned(),
            class: Some(0x02_00_00),
            vendor_id: Some(0x8086),
            device_id: Some(0x100e),
            drivers: vec!["e1000".to_owned()],
            ..Device::default()
        };
        let text = summary(&Fact::Device(device));
        assert!(text.contains("class Ethernet controller"), "{text}");
        assert!(text.contains("vendor Intel Corporation"), "{text}");
        assert!(text.contains("82540EM Gigabit Ethernet Controller"), "{text}");
        assert!(text.contains("id 8086:100e, drivers e1000"), "{text}");
    }

    #[test]
    fn what_a_usb_device_says_of_itself_comes_before_the_list() {
        let device = Device {
            bus: "usb".to_owned(),
            address: "1-4".to_owned(),
            vendor_id: Some(0x046d),
            device_id: Some(0xc52b),
            product: Some("USB Receiver".to_owned()),
            ..Device::default()
        };
        let text = summary(&Fact::Device(device));
        assert!(
            text.starts_with("vendor Logitech, Inc., product USB Receiver, id 046d:c52b"),
            "{text}"
        );
    }

    #[test]
    fn unknown_numbers_stay_numbers() {
        let device = Device {
            bus: "pci".to_owned(),
            address: "0000:00:01.0".to_owned(),
            vendor_id: Some(0xfff7),
            device_id: Some(0x0001),
            ..Device::default()
        };
        assert_eq!(summary(&Fact::Device(device)), "id fff7:0001");
        let array = MemoryArray { error_correction_number: Some(9), ..MemoryArray::default() };
        assert_eq!(summary(&Fact::MemoryArray(array)), "error_correction 9");
    }
}
