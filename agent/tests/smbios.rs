//! SMBIOS tables give what dmidecode reads in them, field by field; and no change to a table breaks the
//! reader or takes long. The tables and what dmidecode says of them are made by
//! `tests/fixtures/smbios/make.py`.

#[cfg(test)]
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a table speaks of a few kinds of facts, and asks for two files"
)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
    use std::path::PathBuf;
    use std::time::Duration;

    use jiff::Timestamp;
    use kataster_agent::host::{Host, Reply, Request};
    use kataster_agent::names::Names;
    use kataster_agent::sources::{Context, Found, Memory, Options, all};
    use observation::latest::{
        Absent, Fact, FirmwareComponent, ManagementInterface, ManagementProtocol, NameKey,
    };

    /// Where --dump-bin puts the table; the entry point stands at 0.
    const TABLE_AT: usize = 32;
    const TABLES: [&str; 3] = ["constructed", "constructed-old", "qemu"];
    /// What dmidecode says instead of a value.
    const NOTHING: [&str; 9] = [
        "Not Specified",
        "Unknown",
        "None",
        "Not Provided",
        "Unspecified",
        "Unknown Or Non-rotating",
        "<OUT OF SPEC>",
        "No Module Installed",
        "Not Present",
    ];
    /// What an inventory does not ask: addresses of code, settings of a start, handles that tie
    /// structures together, electrical limits, free words of the maker.
    const NOT_REPORTED: [&str; 61] = [
        "Address",
        "Array Handle",
        "Associated Components",
        "Associativity",
        "Base Address",
        "Boot-up State",
        "Cache Size",
        "Characteristics",
        "Chassis Handle",
        "Contained Elements",
        "Contained Object Handles",
        "Error Information Handle",
        "Features",
        "Firmware ID",
        "Flags",
        "Host IP Address Format",
        "I2C Slave Address",
        "ID",
        "Image Size",
        "Input Voltage Range Switching",
        "Installed SRAM Type",
        "L1 Cache Handle",
        "L2 Cache Handle",
        "L3 Cache Handle",
        "Location In Chassis",
        "Lock",
        "Logical Size",
        "Lowest Supported Firmware Version",
        "Maximum Error",
        "Maximum Voltage",
        "Memory Operating Mode Capability",
        "Memory Subsystem Controller Manufacturer ID",
        "Memory Subsystem Controller Product ID",
        "Minimum Voltage",
        "Module Manufacturer ID",
        "Module Product ID",
        "NV Storage Device",
        "Non-Volatile Size",
        "OEM Information",
        "OEM-specific Information",
        "Operational Mode",
        "Power Supply State",
        "ROM Size",
        "Redfish Service IP Address Format",
        "Register Spacing",
        "Runtime Size",
        "SBDS Version",
        "Security Status",
        "Set",
        "Signature",
        "Speed of the cache",
        "State",
        "String 1",
        "String 2",
        "Supported SRAM Types",
        "System Type",
        "Thermal State",
        "Type Detail",
        "Volatile Size",
        "Voltage",
        "Wake-up Type",
    ];

    struct Tables {
        entry_point: Vec<u8>,
        table: Vec<u8>,
    }

    impl Host for Tables {
        fn ask(&self, request: &Request) -> Result<Reply, Absent> {
            match request {
                Request::File { path, .. } if path.ends_with("/tables/DMI") => {
                    Ok(Reply::File(self.table.clone()))
                }
                Request::File { path, .. } if path.ends_with("/smbios_entry_point") => {
                    Ok(Reply::File(self.entry_point.clone()))
                }
                other => Err(Absent::NotHere { looked_at: format!("{other:?}") }),
            }
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the fixtures are our own and small")]
    fn fixture(name: &str) -> Vec<u8> {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/smbios");
        fs::read(folder.join(name)).unwrap()
    }

    fn tables(name: &str) -> Tables {
        let bytes = fixture(&format!("{name}.bin"));
        let (entry_point, table) = bytes.split_at(TABLE_AT);
        Tables { entry_point: entry_point.to_vec(), table: table.to_vec() }
    }

    fn read(host: &Tables) -> Found {
        let names = Names::new(NameKey::Run, b"test");
        let options = Options { reports_connections: false, ..Options::default() };
        let context = Context {
            host,
            now: Timestamp::UNIX_EPOCH,
            names: &names,
            options,
            memory: &Memory::default(),
        };
        let source = all().find(|it| it.id.as_str() == "hardware.smbios").unwrap();
        (source.observe)(&context).unwrap()
    }

    /// The type of a structure, and keys of dmidecode with our values.
    type Said = (u8, Vec<(&'static str, Option<String>)>);
    type Fields = BTreeMap<String, Option<String>>;

    /// Structures of one type in the order of the table.
    fn dmidecode(name: &str) -> Vec<(u8, Fields)> {
        let text = String::from_utf8(fixture(&format!("{name}.txt"))).unwrap();
        let mut structures: Vec<(u8, Fields)> = Vec::new();
        let mut kind = 0;
        for line in text.lines() {
            if let Some((_, rest)) = line.split_once("DMI type ") {
                kind = rest.split_once(',').unwrap().0.parse().unwrap();
            } else if line.ends_with("Information")
                || line.ends_with("Device")
                || line.starts_with(char::is_alphabetic)
            {
                // A title: type 10 has several in one structure.
                if !line.starts_with('\t') {
                    structures.push((kind, Fields::new()));
                }
            }
            let below = line.strip_prefix("\t\t").filter(|_| kind == 42);
            let field = line.strip_prefix('\t').filter(|it| !it.starts_with('\t'));
            if let Some((key, value)) = below.or(field).and_then(|it| it.split_once(':')) {
                // A host interface has several protocols, and each of them fields of the same names.
                if (kind, key) == (42, "Protocol ID") {
                    structures.push((kind, Fields::new()));
                }
                structures.last_mut().unwrap().1.insert(key.to_owned(), value_of(value));
            }
        }
        structures.retain(|(_, fields)| !fields.is_empty());
        structures
    }

    /// A number in the unit of the wire, a text, or nothing.
    fn value_of(text: &str) -> Option<String> {
        let text = text.trim();
        if text.is_empty() || NOTHING.contains(&text) {
            return None;
        }
        let Some((number, unit)) = text.split_once(' ') else { return Some(text.to_owned()) };
        let scaled = |factor: f64| {
            let number: f64 = number.parse().ok()?;
            Some(format!("{}", number * factor))
        };
        let scaled = match unit {
            "kB" => scaled(1024.0),
            "MB" => scaled(1024.0 * 1024.0),
            "GB" => scaled(1024.0 * 1024.0 * 1024.0),
            "TB" => scaled(1024.0 * 1024.0 * 1024.0 * 1024.0),
            "V" => scaled(1000.0),
            "MT/s" | "MHz" | "bits" | "mWh" | "mV" | "W" | "U" => scaled(1.0),
            _ => None,
        };
        scaled.or_else(|| Some(text.to_owned()))
    }

    fn text<T: ToString>(value: Option<T>) -> Option<String> {
        value.map(|it| it.to_string())
    }

    /// The word that dmidecode has for a number: those that the tables use.
    fn word<T: Into<u32>>(value: Option<T>, words: &[(u32, &str)]) -> Option<String> {
        let number = value?.into();
        let word = words.iter().find(|it| it.0 == number);
        Some(word.map_or_else(|| format!("number {number}"), |it| it.1.to_owned()))
    }

    fn truth(value: Option<bool>, yes: &str, no: &str) -> Option<String> {
        value.map(|it| if it { yes } else { no }.to_owned())
    }

    const CHASSIS: &[(u32, &str)] = &[(1, "Other"), (6, "Mini Tower"), (23, "Rack Mount Chassis")];
    const PROCESSOR: &[(u32, &str)] = &[(3, "Central Processor")];
    const FAMILY: &[(u32, &str)] =
        &[(1, "Other"), (0xb2, "Pentium 4"), (0xb3, "Xeon"), (0x101, "ARMv8")];
    const UPGRADE: &[(u32, &str)] = &[(1, "Other"), (4, "ZIF Socket"), (0x3f, "Socket LGA4677")];
    const CORRECTION: &[(u32, &str)] =
        &[(3, "None"), (4, "Parity"), (5, "Single-bit ECC"), (6, "Multi-bit ECC")];
    const CONNECTOR: &[(u32, &str)] =
        &[(9, "DB-9 female"), (0x0b, "RJ-45"), (18, "Access Bus (USB)")];
    const PORT: &[(u32, &str)] = &[(16, "USB"), (0x1f, "Network Port"), (0xff, "Other")];
    const SLOT: &[(u32, &str)] = &[(6, "PCI"), (0xb6, "PCI Express 3 x16")];
    const WIDTH: &[(u32, &str)] = &[(5, "32-bit"), (0x0b, "x8"), (0x0d, "x16")];
    const USAGE: &[(u32, &str)] = &[(3, "Available"), (4, "In Use")];
    const LENGTH: &[(u32, &str)] = &[(3, "Short"), (4, "Long")];
    const LOCATION: &[(u32, &str)] = &[(1, "Other"), (3, "System Board Or Motherboard")];
    const USE: &[(u32, &str)] = &[(3, "System Memory"), (7, "Cache Memory")];
    const FORM: &[(u32, &str)] = &[(9, "DIMM")];
    const TECHNOLOGY: &[(u32, &str)] = &[(3, "DRAM")];
    const ONBOARD: &[(u32, &str)] = &[(3, "Video"), (5, "Ethernet")];
    const INTERFACE: &[(u32, &str)] = &[(1, "KCS (Keyboard Control Style)")];
    const SUPPLY: &[(u32, &str)] = &[(3, "OK")];
    const PROBE: &[(u32, &str)] = &[(7, "Motherboard"), (10, "Power Unit")];
    const COOLER: &[(u32, &str)] = &[(3, "Fan"), (17, "Passive Cooling")];
    const STATUS: &[(u32, &str)] = &[(3, "OK"), (4, "Non-critical"), (5, "Critical")];
    const HOST_INTERFACE: &[(u32, &str)] =
        &[(2, "KCS: Keyboard Controller Style"), (0x40, "Network")];
    /// 4 and 5 are younger than this dmidecode.
    const HOST_DEVICE: &[(u32, &str)] = &[(2, "USB"), (3, "PCI/PCIe")];
    const HOST_PROTOCOL: &[(u32, &str)] =
        &[(2, "02 (IPMI)"), (3, "03 (MCTP)"), (4, "04 (Redfish over IP)")];
    const ASSIGNMENT: &[(u32, &str)] = &[(1, "Static"), (2, "DHCP"), (3, "AutoConf")];

    /// What a fact says, under the keys of dmidecode, with the type of its structure.
    fn said(fact: &Fact) -> Option<Said> {
        of_machine(fact)
            .or_else(|| of_processor(fact))
            .or_else(|| of_memory(fact))
            .or_else(|| of_part(fact))
            .or_else(|| of_supply(fact))
            .or_else(|| of_sensor(fact))
    }

    fn of_machine(fact: &Fact) -> Option<Said> {
        Some(match fact {
            Fact::Firmware(it) if it.component == FirmwareComponent::Bios => {
                let date = it.released_on.map(|it| it.strftime("%m/%d/%Y").to_string());
                let fields = vec![
                    ("Vendor", it.vendor.clone()),
                    ("Version", it.version.clone()),
                    ("Release Date", date),
                    ("BIOS Revision", it.revision.clone()),
                ];
                (0, fields)
            }
            Fact::Firmware(it) if it.component == FirmwareComponent::Other => {
                let fields = vec![
                    ("Firmware Component Name", it.device.clone()),
                    ("Firmware Version", it.version.clone()),
                    ("Manufacturer", it.vendor.clone()),
                    ("Release Date", text(it.released_on)),
                ];
                (45, fields)
            }
            Fact::SystemProduct(it) => {
                let fields = vec![
                    ("Manufacturer", it.manufacturer.clone()),
                    ("Product Name", it.product.clone()),
                    ("Version", it.version.clone()),
                    ("Serial Number", it.serial.clone()),
                    ("UUID", text(it.uuid)),
                    ("SKU Number", it.sku.clone()),
                    ("Family", it.family.clone()),
                ];
                (1, fields)
            }
            Fact::BaseBoard(it) => {
                let fields = vec![
                    ("Manufacturer", it.manufacturer.clone()),
                    ("Product Name", it.product.clone()),
                    ("Version", it.version.clone()),
                    ("Serial Number", it.serial.clone()),
                    ("Asset Tag", it.asset_tag.clone()),
                ];
                (2, fields)
            }
            Fact::Chassis(it) => {
                let fields = vec![
                    ("Manufacturer", it.manufacturer.clone()),
                    ("Type", word(it.kind_number, CHASSIS)),
                    ("Version", it.version.clone()),
                    ("Serial Number", it.serial.clone()),
                    ("Asset Tag", it.asset_tag.clone()),
                    ("Height", text(it.height_units)),
                    ("Number Of Power Cords", text(it.power_cords)),
                    ("SKU Number", it.sku.clone()),
                ];
                (3, fields)
            }
            _ => return None,
        })
    }

    fn of_processor(fact: &Fact) -> Option<Said> {
        Some(match fact {
            Fact::ProcessorSocket(it) => {
                let status = match (it.is_populated?, it.status_number) {
                    (false, _) => "Unpopulated".to_owned(),
                    (true, Some(1)) => "Populated, Enabled".to_owned(),
                    (true, other) => format!("{other:?}"),
                };
                let fields = vec![
                    ("Socket Designation", it.socket.clone()),
                    ("Type", word(it.kind_number, PROCESSOR)),
                    ("Family", word(it.family_number, FAMILY)),
                    ("Manufacturer", it.manufacturer.clone()),
                    ("Version", it.model.clone()),
                    ("External Clock", text(it.bus_mhz)),
                    ("Max Speed", text(it.maximum_mhz)),
                    ("Current Speed", text(it.current_mhz)),
                    ("Status", Some(status)),
                    ("Upgrade", word(it.upgrade_number, UPGRADE)),
                    ("Serial Number", it.serial.clone()),
                    ("Asset Tag", it.asset_tag.clone()),
                    ("Part Number", it.part_number.clone()),
                    ("Core Count", text(it.cores)),
                    ("Core Enabled", text(it.cores_enabled)),
                    ("Thread Count", text(it.threads)),
                ];
                (4, fields)
            }
            Fact::ProcessorCache(it) => {
                let level = it.level.map(|it| format!("Level {it}"));
                let fields = vec![
                    ("Socket Designation", it.designation.clone()),
                    ("Configuration", level),
                    ("Installed Size", text(it.installed_bytes)),
                    ("Maximum Size", text(it.maximum_bytes)),
                    (
                        "Error Correction Type",
                        word(it.error_correction_number, CORRECTION).filter(|it| it != "None"),
                    ),
                ];
                (7, fields)
            }
            _ => return None,
        })
    }

    fn of_memory(fact: &Fact) -> Option<Said> {
        Some(match fact {
            Fact::MemoryArray(it) => {
                let correction = word(it.error_correction_number, CORRECTION);
                let fields = vec![
                    ("Location", word(it.location_number, LOCATION)),
                    ("Use", word(it.use_number, USE)),
                    ("Error Correction Type", correction.filter(|it| it != "None")),
                    ("Maximum Capacity", text(it.maximum_bytes)),
                    ("Number Of Devices", text(it.slots)),
                ];
                (16, fields)
            }
            Fact::MemoryModule(it) => {
                let fields = vec![
                    ("Total Width", text(it.total_width_bits)),
                    ("Data Width", text(it.data_width_bits)),
                    ("Size", text(it.size_bytes)),
                    ("Form Factor", word(it.form_factor_number, FORM)),
                    ("Locator", it.slot.clone()),
                    ("Bank Locator", it.bank.clone()),
                    ("Type", it.kind.clone()),
                    ("Speed", text(it.speed_mts)),
                    ("Manufacturer", it.manufacturer.clone()),
                    ("Serial Number", it.serial.clone()),
                    ("Asset Tag", it.asset_tag.clone()),
                    ("Part Number", it.part_number.clone()),
                    ("Rank", text(it.ranks)),
                    ("Configured Memory Speed", text(it.configured_speed_mts)),
                    ("Configured Voltage", text(it.configured_millivolts)),
                    ("Memory Technology", word(it.technology_number, TECHNOLOGY)),
                    ("Firmware Version", it.firmware.clone()),
                ];
                (17, fields)
            }
            _ => return None,
        })
    }

    fn of_part(fact: &Fact) -> Option<Said> {
        Some(match fact {
            Fact::PortConnector(it) => {
                let fields = vec![
                    ("Internal Reference Designator", it.internal_designation.clone()),
                    ("Internal Connector Type", word(it.internal_connector_number, CONNECTOR)),
                    ("External Reference Designator", it.external_designation.clone()),
                    ("External Connector Type", word(it.external_connector_number, CONNECTOR)),
                    ("Port Type", word(it.kind_number, PORT)),
                ];
                (8, fields)
            }
            Fact::ExpansionSlot(it) => {
                let kind = word(it.kind_number, SLOT)?;
                let kind = word(it.width_number, WIDTH).map(|width| format!("{width} {kind}"));
                let fields = vec![
                    ("Designation", it.designation.clone()),
                    ("Type", kind),
                    ("Current Usage", word(it.usage_number, USAGE)),
                    ("Length", word(it.length_number, LENGTH)),
                    ("Bus Address", it.address.clone()),
                ];
                (9, fields)
            }
            Fact::OnboardDevice(it) => {
                let kind = word(it.kind_number, ONBOARD);
                let status = truth(it.is_enabled, "Enabled", "Disabled");
                if it.instance.is_none() {
                    let fields = vec![
                        ("Type", kind),
                        ("Status", status),
                        ("Description", it.designation.clone()),
                    ];
                    return Some((10, fields));
                }
                let fields = vec![
                    ("Reference Designation", it.designation.clone()),
                    ("Type", kind),
                    ("Status", status),
                    ("Type Instance", text(it.instance)),
                    ("Bus Address", it.address.clone()),
                ];
                (41, fields)
            }
            Fact::Battery(it) => (22, of_battery(it)),
            _ => return None,
        })
    }

    fn of_supply(fact: &Fact) -> Option<Said> {
        Some(match fact {
            Fact::ManagementController(it) => {
                let fields = vec![
                    ("Interface Type", word(it.interface_number, INTERFACE)),
                    ("Specification Version", it.specification.clone()),
                ];
                (38, fields)
            }
            Fact::PowerSupply(it) => {
                let status = word(it.status_number, SUPPLY).map(|it| format!("Present, {it}"));
                let fields = vec![
                    ("Power Unit Group", text(it.group)),
                    ("Location", it.location.clone()),
                    ("Name", it.name.clone()),
                    ("Manufacturer", it.manufacturer.clone()),
                    ("Serial Number", it.serial.clone()),
                    ("Asset Tag", it.asset_tag.clone()),
                    ("Model Part Number", it.part_number.clone()),
                    ("Revision", it.revision.clone()),
                    ("Max Power Capacity", text(it.maximum_watts)),
                    ("Status", status.filter(|_| it.is_present == Some(true))),
                    ("Plugged", truth(it.is_plugged, "Yes", "No")),
                    ("Hot Replaceable", truth(it.is_hot_replaceable, "Yes", "No")),
                ];
                (39, fields)
            }
            Fact::TrustedPlatformModule(it) => {
                let fields = vec![
                    ("Vendor ID", it.manufacturer.clone()),
                    ("Specification Version", it.specification.clone()),
                    ("Firmware Revision", it.firmware.clone()),
                    ("Description", it.model.clone()),
                ];
                (43, fields)
            }
            _ => return None,
        })
    }

    fn of_sensor(fact: &Fact) -> Option<Said> {
        let per_hundred = |it: u16| format!("{:.2}%", f64::from(it) / 100.0);
        Some(match fact {
            Fact::VoltageProbe(it) => {
                let resolution = it.resolution_tenth_millivolts.map(|it| f64::from(it) / 10.0);
                let fields = vec![
                    ("Description", it.description.clone()),
                    ("Location", word(it.location_number, PROBE)),
                    ("Status", word(it.status_number, STATUS)),
                    ("Maximum Value", text(it.maximum_millivolts)),
                    ("Minimum Value", text(it.minimum_millivolts)),
                    ("Resolution", text(resolution)),
                    ("Tolerance", text(it.tolerance_millivolts)),
                    ("Accuracy", it.accuracy_hundredth_percent.map(per_hundred)),
                    ("Nominal Value", text(it.nominal_millivolts)),
                ];
                (26, fields)
            }
            Fact::CoolingDevice(it) => {
                let fields = vec![
                    ("Description", it.description.clone()),
                    ("Type", word(it.kind_number, COOLER)),
                    ("Status", word(it.status_number, STATUS)),
                    ("Cooling Unit Group", text(it.group)),
                    ("Nominal Speed", it.nominal_rpm.map(|it| format!("{it} rpm"))),
                ];
                (27, fields)
            }
            _ => return None,
        })
    }

    /// A host interface and each of its protocols.
    fn of_host_interface(it: &ManagementInterface) -> Vec<Said> {
        let number = |of: Option<u16>| of.map(|it| format!("{it:#06x}"));
        // What dmidecode does not know it reads as a number of the maker.
        let device = it.device_number.filter(|it| *it < 4);
        let known = |of: Option<u16>| number(of.filter(|_| device.is_some()));
        let is_usb = device == Some(2);
        let mut fields = vec![
            ("Host Interface Type", word(it.kind_number, HOST_INTERFACE)),
            ("Device Type", word(device, HOST_DEVICE)),
            (if is_usb { "idVendor" } else { "VendorID" }, known(it.vendor_id)),
            (if is_usb { "idProduct" } else { "DeviceID" }, known(it.device_id)),
            ("SubVendorID", known(it.subsystem_vendor_id)),
            ("SubDeviceID", known(it.subsystem_device_id)),
        ];
        fields.retain(|it| it.1.is_some() || it.0 == "Device Type");
        let protocols = it.protocols.iter().filter(|_| it.kind_number == Some(0x40));
        std::iter::once((42, fields)).chain(protocols.map(|it| (42, of_protocol(it)))).collect()
    }

    fn of_protocol(it: &ManagementProtocol) -> Vec<(&'static str, Option<String>)> {
        let mut fields = vec![
            ("Protocol ID", word(Some(it.protocol_number), HOST_PROTOCOL)),
            ("Service UUID", text(it.service_uuid)),
            ("Host IP Assignment Type", word(it.host_assignment_number, ASSIGNMENT)),
            ("Redfish Service IP Discovery Type", word(it.service_discovery_number, ASSIGNMENT)),
            ("Redfish Service Port", text(it.service_port)),
            ("Redfish Service Vlan", text(it.service_vlan_id)),
            ("Redfish Service Hostname", it.service_host_name.clone()),
        ];
        let names = |address: IpAddr| match address {
            IpAddr::V4(_) => {
                let service = ["IPv4 Redfish Service Address", "IPv4 Redfish Service Mask"];
                (["IPv4 Address", "IPv4 Mask"], service)
            }
            IpAddr::V6(_) => {
                let service = ["IPv6 Redfish Service Address", "IPv6 Redfish Service Mask"];
                (["IPv6 Address", "IPv6 Mask"], service)
            }
        };
        if let Some((address, length)) = it.host_address.zip(it.host_prefix_length) {
            let ([name, mask], _) = names(address);
            fields.extend([(name, text(Some(address))), (mask, mask_of(address, length))]);
        }
        if let Some((address, length)) = it.service_address.zip(it.service_prefix_length) {
            let (_, [name, mask]) = names(address);
            fields.extend([(name, text(Some(address))), (mask, mask_of(address, length))]);
        }
        fields
    }

    fn mask_of(address: IpAddr, length: u8) -> Option<String> {
        let length = u32::from(length);
        Some(match address {
            IpAddr::V4(_) => Ipv4Addr::from_bits(!(u32::MAX >> length)).to_string(),
            IpAddr::V6(_) => Ipv6Addr::from_bits(!(u128::MAX >> length)).to_string(),
        })
    }

    fn of_battery(it: &observation::latest::Battery) -> Vec<(&'static str, Option<String>)> {
        // A smart battery states serial number, date and chemistry in fields of its own.
        let is_smart = it.chemistry.as_deref() == Some("LION");
        let chemistry = match it.chemistry.as_deref() {
            Some("Li-ion") => Some("Lithium Ion".to_owned()),
            other => other.map(str::to_owned),
        };
        let names = if is_smart {
            ["SBDS Serial Number", "SBDS Manufacture Date", "SBDS Chemistry"]
        } else {
            ["Serial Number", "Manufacture Date", "Chemistry"]
        };
        vec![
            ("Location", Some(it.name.clone())),
            ("Manufacturer", it.manufacturer.clone()),
            ("Name", it.model.clone()),
            (names[0], it.serial.clone()),
            (names[1], it.manufactured_on.clone()),
            (names[2], chemistry),
            ("Design Capacity", text(it.design_milliwatt_hours)),
            ("Design Voltage", text(it.design_millivolts)),
        ]
    }

    /// How many fields of one table are equal; panics at the first that is not.
    fn compare(name: &str) -> usize {
        let found = read(&tables(name));
        let mut ours: Vec<Said> = Vec::new();
        for fact in &found.facts {
            match fact {
                // One structure of dmidecode with two facts.
                Fact::Firmware(it) if it.component == FirmwareComponent::EmbeddedController => {
                    let bios = ours.iter_mut().find(|it| it.0 == 0).unwrap();
                    bios.1.push(("Firmware Revision", it.version.clone()));
                }
                Fact::ManagementInterface(it) => ours.extend(of_host_interface(it)),
                other => ours.extend(said(other)),
            }
        }
        let mut compared = 0;
        for (kind, fields) in dmidecode(name) {
            // Texts of the maker, where arrays of memory are addressed, the state of the last start.
            if [11, 19, 20, 32].contains(&kind) {
                continue;
            }
            let at = ours.iter().position(|it| it.0 == kind);
            let (_, said) =
                ours.remove(at.unwrap_or_else(|| panic!("{name}: no fact of type {kind}")));
            for (key, theirs) in fields {
                let ours = said.iter().find(|it| it.0 == key);
                let Some((_, value)) = ours else {
                    let key = match (kind, key.as_str()) {
                        (7, "Speed") => "Speed of the cache",
                        (2 | 39, "Type") | (7, "Location") => continue,
                        (0 | 22, _) if theirs.is_none() => continue,
                        // Numbers of a kind of device that this dmidecode does not know.
                        (42, "Vendor ID") => continue,
                        (_, key) => key,
                    };
                    assert!(
                        NOT_REPORTED.contains(&key),
                        "{name}, type {kind}: {key} is not reported"
                    );
                    continue;
                };
                let theirs = match (kind, key.as_str(), theirs) {
                    // dmidecode writes where the cache sits before its level.
                    (7, "Configuration", Some(it)) => it.rsplit(", ").next().map(str::to_owned),
                    (0, "Release Date", Some(it)) if it == "11/24/99" => {
                        Some("11/24/1999".to_owned())
                    }
                    (42, "Redfish Service Vlan", Some(it)) if it == "0" => None,
                    (_, _, it) => it,
                };
                assert_eq!(value, &theirs, "{name}, type {kind}, {key}");
                compared += 1;
            }
        }
        assert_eq!(ours, [], "{name}: facts that dmidecode does not know");
        compared
    }

    #[test]
    fn every_field_of_every_table_is_what_dmidecode_reads() {
        let counts: Vec<usize> = TABLES.iter().map(|it| compare(it)).collect();
        println!("fields equal: {counts:?}");
        assert!(counts.iter().sum::<usize>() > 250, "{counts:?}");
    }

    /// xorshift64*: the same tables in every run.
    struct Random(u64);

    impl Random {
        fn below(&mut self, limit: usize) -> usize {
            self.0 ^= self.0 >> 12;
            self.0 ^= self.0 << 25;
            self.0 ^= self.0 >> 27;
            let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
            usize::try_from(number).unwrap() % limit
        }
    }

    /// Time of this thread alone, whatever else the machine does.
    fn processor_time() -> Duration {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Duration::try_from(time).unwrap()
    }

    fn mutate(table: &mut Vec<u8>, random: &mut Random) {
        for _ in 0..=random.below(12) {
            let at = random.below(table.len());
            match random.below(5) {
                0 => table[at] = u8::try_from(random.below(256)).unwrap(),
                1 => table[at] ^= 1 << random.below(8),
                2 => table[at] = [0x00, 0xff, 0x7f, 0x80][random.below(4)],
                3 => table.truncate(at + 1),
                _ => {
                    let end = at + random.below(table.len() - at);
                    let piece = table[at..end].to_vec();
                    let place = random.below(table.len());
                    table.splice(place..place, piece);
                }
            }
        }
    }

    #[test]
    fn a_hundred_thousand_changed_tables_are_read_quickly_and_without_panic() {
        let origins: Vec<Tables> = TABLES.iter().map(|it| tables(it)).collect();
        let mut random = Random(0x6b61_7461_7374_6572);
        let mut times = Vec::with_capacity(100_000);
        for number in 0..100_000 {
            let origin = &origins[number % origins.len()];
            let mut table = origin.table.clone();
            mutate(&mut table, &mut random);
            let changed = Tables { entry_point: origin.entry_point.clone(), table };
            let started = processor_time();
            let found = read(&changed);
            times.push(processor_time() - started);
            assert!(found.facts.len() <= changed.table.len());
        }
        times.sort_unstable();
        let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
        println!("processor time: median {median:?}, worst {worst:?}");
        assert!(worst < Duration::from_millis(5), "{worst:?}");
    }

    /// The largest table that is read, full of the smallest structures.
    #[test]
    fn the_largest_table_is_read_in_a_moment() {
        let mut table = Vec::new();
        while table.len() < 1024 * 1024 - 128 {
            let number = u8::try_from(table.len() / 100 % 251).unwrap();
            table.extend([17, 0x1c, number, 0]);
            table.extend([number; 0x18]);
            table.extend([b'a', number | 1, 0, 0]);
        }
        let started = processor_time();
        let found = read(&Tables { entry_point: Vec::new(), table });
        let took = processor_time() - started;
        println!("{} facts of 1 MiB: {took:?}", found.facts.len());
        assert!(found.facts.len() > 10_000);
        assert!(took < Duration::from_secs(5), "{took:?}");
    }
}
