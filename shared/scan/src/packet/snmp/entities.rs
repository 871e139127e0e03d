//! What a device is made of: ENTITY-MIB (RFC 6933), and the printer's serial number (Printer-MIB,
//! RFC 3805).

use std::collections::BTreeMap;

use observation::latest::{Complaint, PhysicalEntity};

use super::{ObjectId, Tree, Value};
use crate::packet::text::clean;

/// Most parts that are kept of one device.
const ENTITIES_MAX: usize = 300;

const DESCR: &[u32] = &[1, 3, 6, 1, 2, 1, 47, 1, 1, 1, 1, 2];
const CONTAINED_IN: &[u32] = &[1, 3, 6, 1, 2, 1, 47, 1, 1, 1, 1, 4];
const CLASS: &[u32] = &[1, 3, 6, 1, 2, 1, 47, 1, 1, 1, 1, 5];
const NAME: &[u32] = &[1, 3, 6, 1, 2, 1, 47, 1, 1, 1, 1, 7];
const HARDWARE: &[u32] = &[1, 3, 6, 1, 2, 1, 47, 1, 1, 1, 1, 8];
const FIRMWARE: &[u32] = &[1, 3, 6, 1, 2, 1, 47, 1, 1, 1, 1, 9];
const SOFTWARE: &[u32] = &[1, 3, 6, 1, 2, 1, 47, 1, 1, 1, 1, 10];
const SERIAL: &[u32] = &[1, 3, 6, 1, 2, 1, 47, 1, 1, 1, 1, 11];
const MANUFACTURER: &[u32] = &[1, 3, 6, 1, 2, 1, 47, 1, 1, 1, 1, 12];
const MODEL: &[u32] = &[1, 3, 6, 1, 2, 1, 47, 1, 1, 1, 1, 13];

/// The columns of parts.
pub const ENTITY_COLUMNS: &[&[u32]] =
    &[DESCR, CONTAINED_IN, CLASS, NAME, HARDWARE, FIRMWARE, SOFTWARE, SERIAL, MANUFACTURER, MODEL];

/// prtGeneralSerialNumber.
const PRINTER_SERIAL: &[u32] = &[1, 3, 6, 1, 2, 1, 43, 5, 1, 1, 17];
/// hrDeviceDescr.
const DEVICE_DESCR: &[u32] = &[1, 3, 6, 1, 2, 1, 25, 3, 2, 1, 3];

/// The columns of a printer.
pub const PRINTER_COLUMNS: &[&[u32]] = &[PRINTER_SERIAL];

/// Classes that are kept even where they carry neither serial nor model: chassis, module, stack.
const KEPT_CLASSES: [u32; 3] = [3, 9, 11];

/// The parts of a device. Ports, sensors and containers without serial and model are left out: there
/// are hundreds, and the interfaces say what the ports are.
#[must_use]
pub fn entities(tree: &Tree) -> (Vec<PhysicalEntity>, Vec<Complaint>) {
    let mut parts: BTreeMap<u32, PhysicalEntity> = BTreeMap::new();
    let mut complaints = Vec::new();
    for column in ENTITY_COLUMNS {
        for (index, value) in tree.column(column) {
            let Ok([index]) = <[u32; 1]>::try_from(index) else { continue };
            let new = || PhysicalEntity { index, ..PhysicalEntity::default() };
            set(parts.entry(index).or_insert_with(new), column, value, &mut complaints);
        }
    }
    parts.retain(|_, part| is_kept(part));
    if parts.len() > ENTITIES_MAX {
        let problem = "more parts than are kept".to_owned();
        complaints.push(Complaint { place: "entities".to_owned(), problem });
    }
    (parts.into_values().take(ENTITIES_MAX).collect(), complaints)
}

fn is_kept(part: &PhysicalEntity) -> bool {
    part.serial.is_some()
        || part.model.is_some()
        || part.class_number.is_some_and(|it| KEPT_CLASSES.contains(&it))
}

fn set(part: &mut PhysicalEntity, column: &[u32], value: &Value, complaints: &mut Vec<Complaint>) {
    let number = || value.number().and_then(|it| u32::try_from(it).ok());
    let field = match column {
        CONTAINED_IN => {
            part.contained_in = number();
            return;
        }
        CLASS => {
            part.class_number = number();
            return;
        }
        DESCR => &mut part.description,
        NAME => &mut part.name,
        HARDWARE => &mut part.hardware,
        FIRMWARE => &mut part.firmware,
        SOFTWARE => &mut part.software,
        SERIAL => &mut part.serial,
        MANUFACTURER => &mut part.manufacturer,
        MODEL => &mut part.model,
        _ => return,
    };
    *field = text(value, complaints);
}

fn text(value: &Value, complaints: &mut Vec<Complaint>) -> Option<String> {
    let cleaned = clean(value.as_bytes()?);
    complaints.extend(cleaned.complaint("entities"));
    (!cleaned.text.is_empty()).then_some(cleaned.text)
}

/// The first printer of a device: its number among the host's devices, and its serial number.
#[must_use]
pub fn printer(tree: &Tree) -> Option<(u32, &[u8])> {
    tree.column(PRINTER_SERIAL).find_map(|(index, value)| {
        // The second number counts printers of the device; there is one.
        let [device, _] = <[u32; 2]>::try_from(index).ok()?;
        Some((device, value.as_bytes()?))
    })
}

/// The object that describes a device of the host.
#[must_use]
pub fn device_description(device: u32) -> ObjectId {
    ObjectId::new(&[DEVICE_DESCR, &[device]].concat())
}

#[cfg(test)]
mod tests {
    use super::super::tests::tree;
    use super::*;

    /// Constructed after a stack member with one module, a sensor and a port.
    const STACK: &str = "
        1.3.6.1.2.1.47.1.1.1.1.2.1 = STRING Switch chassis
        1.3.6.1.2.1.47.1.1.1.1.4.1 = INTEGER 0
        1.3.6.1.2.1.47.1.1.1.1.5.1 = INTEGER 3
        1.3.6.1.2.1.47.1.1.1.1.9.1 = STRING 16.10.1
        1.3.6.1.2.1.47.1.1.1.1.11.1 = STRING FOC1234X0YZ
        1.3.6.1.2.1.47.1.1.1.1.12.1 = STRING Muster
        1.3.6.1.2.1.47.1.1.1.1.13.1 = STRING S-48P
        1.3.6.1.2.1.47.1.1.1.1.5.2 = INTEGER 8
        1.3.6.1.2.1.47.1.1.1.1.2.2 = STRING Temperature
        1.3.6.1.2.1.47.1.1.1.1.5.3 = INTEGER 10
        1.3.6.1.2.1.47.1.1.1.1.11.3 = STRING
        1.3.6.1.2.1.47.1.1.1.1.5.4 = INTEGER 9
        1.3.6.1.2.1.47.1.1.1.1.4.4 = INTEGER 1
        1.3.6.1.2.1.47.1.1.1.1.2.5.5 = STRING not of this table
    ";

    #[test]
    fn chassis_and_modules_are_kept_and_sensors_are_not() {
        let (parts, complaints) = entities(&tree(STACK));
        assert_eq!(complaints, []);
        let [chassis, module] = parts.as_slice() else { panic!("{parts:?}") };
        assert_eq!(chassis.serial.as_deref(), Some("FOC1234X0YZ"));
        assert_eq!(chassis.firmware.as_deref(), Some("16.10.1"));
        assert_eq!((chassis.contained_in, chassis.class_number), (Some(0), Some(3)));
        assert_eq!((module.index, module.contained_in), (4, Some(1)));
    }

    #[test]
    fn texts_are_cleaned_and_bounded() {
        let (parts, complaints) = entities(&tree("1.3.6.1.2.1.47.1.1.1.1.11.1 = HEX 411b42"));
        assert_eq!(parts[0].serial.as_deref(), Some("A\\u{1b}B"));
        assert_eq!(complaints.len(), 1);
    }

    #[test]
    fn more_parts_than_are_kept_are_told() {
        let lines: Vec<String> =
            (0..400).map(|it| format!("1.3.6.1.2.1.47.1.1.1.1.5.{it} = INTEGER 9")).collect();
        let (parts, complaints) = entities(&tree(&lines.join("\n")));
        assert_eq!((parts.len(), complaints.len()), (ENTITIES_MAX, 1));
    }

    #[test]
    fn a_printer_has_a_serial_number() {
        let device = tree("1.3.6.1.2.1.43.5.1.1.17.1.1 = STRING VNB3K12345");
        assert_eq!(printer(&device), Some((1, b"VNB3K12345".as_slice())));
        assert_eq!(device_description(1).to_string(), "1.3.6.1.2.1.25.3.2.1.3.1");
        assert_eq!(printer(&tree("1.3.6.1.2.1.43.5.1.1.17.1 = INTEGER 1")), None);
    }
}
