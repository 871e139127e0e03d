//! Where voltages are measured, and what cools (DSP0134 §7.27, §7.28).

use observation::latest::{CoolingDevice, VoltageProbe};

use super::table::Structure;

/// What a number of 16 bits says where the firmware does not know.
const UNKNOWN_WORD: u16 = 0x8000;
/// What an enumeration says where the firmware does not know.
const UNKNOWN: u8 = 2;

/// A voltage probe. Voltages count from −32.767 V to 32.767 V.
pub(super) fn voltage(structure: &Structure<'_>) -> VoltageProbe {
    let millivolts = |at: usize| word(structure, at).map(u16::cast_signed);
    VoltageProbe {
        description: structure.text(0x04),
        location_number: low_bits(structure, 0x05),
        status_number: high_bits(structure, 0x05),
        nominal_millivolts: millivolts(0x14),
        minimum_millivolts: millivolts(0x08),
        maximum_millivolts: millivolts(0x06),
        resolution_tenth_millivolts: word(structure, 0x0a),
        tolerance_millivolts: word(structure, 0x0c),
        accuracy_hundredth_percent: word(structure, 0x0e),
    }
}

/// A cooling device.
pub(super) fn cooling(structure: &Structure<'_>) -> CoolingDevice {
    CoolingDevice {
        description: structure.text(0x0e),
        kind_number: low_bits(structure, 0x06),
        status_number: high_bits(structure, 0x06),
        // 0 says that it belongs to no group.
        group: structure.byte(0x07).filter(|it| *it != 0),
        nominal_rpm: word(structure, 0x0c),
    }
}

fn word(structure: &Structure<'_>, at: usize) -> Option<u16> {
    structure.word(at).filter(|it| *it != UNKNOWN_WORD)
}

/// The lower five bits: a place or a kind.
fn low_bits(structure: &Structure<'_>, at: usize) -> Option<u8> {
    structure.byte(at).map(|it| it & 0x1f).filter(|it| *it != UNKNOWN && *it != 0)
}

/// The upper three bits: a status.
fn high_bits(structure: &Structure<'_>, at: usize) -> Option<u8> {
    structure.byte(at).map(|it| it >> 5).filter(|it| *it != UNKNOWN && *it != 0)
}
