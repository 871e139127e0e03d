//! Machine, board, enclosure, firmware, memory, sockets, slots and power supplies, from the tables of SMBIOS (DSP0134).
//!
//! The tables are for root alone; without the right, the kernel's excerpt in `/sys/class/dmi/id`
//! gives everything but serial numbers and modules.

mod excerpt;
mod host_interface;
mod parts;
mod records;
mod sensors;
mod table;

use observation::latest::{Absent, Cadence, Fact, Gap, Platform, SourceId};

use crate::host::Ask;
use crate::sources::context::Context;
use crate::sources::{Found, Source};

/// Machine, board, enclosure, firmware and memory modules.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("hardware.smbios"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const TABLE_PATH: &str = "/sys/firmware/dmi/tables/DMI";
const ENTRY_POINT_PATH: &str = "/sys/firmware/dmi/tables/smbios_entry_point";
/// Real tables have 1–40 KiB.
const TABLE_BYTES_MAX: u64 = 1024 * 1024;
const ENTRY_POINT_BYTES_MAX: u64 = 256;
/// What only the tables hold, for the reason why it is missing.
const FIELDS_OF_TABLE: [&str; 11] = [
    "base_board.serial",
    "chassis.serial",
    "cooling_device",
    "expansion_slot",
    "management_interface",
    "memory_module",
    "power_supply",
    "processor_socket",
    "system_product.serial",
    "system_product.uuid",
    "voltage_probe",
];

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let entry_point = context.host.bytes(ENTRY_POINT_PATH, ENTRY_POINT_BYTES_MAX);
    match context.host.bytes(TABLE_PATH, TABLE_BYTES_MAX) {
        Ok(bytes) => Ok(read(&bytes, entry_point.ok().as_deref().and_then(table::version))),
        Err(reason) => match excerpt::read(context.host) {
            Some(facts) => Ok(Found { facts, gaps: gaps(&reason), ..Found::default() }),
            None => Err(reason),
        },
    }
}

fn gaps(reason: &Absent) -> Vec<Gap> {
    let gap = |field: &&str| Gap { field: (*field).to_owned(), of: None, reason: reason.clone() };
    FIELDS_OF_TABLE.iter().map(gap).collect()
}

fn read(bytes: &[u8], version: Option<table::Version>) -> Found {
    let (structures, problems) = table::structures(bytes);
    let mut found = Found::default();
    for structure in &structures {
        records::read(structure, version, &mut found);
    }
    found.complaints.extend(problems);
    records::complain_about_twins(&mut found);
    if !found.facts.iter().any(|it| matches!(it, Fact::SystemProduct(_))) {
        let reason = Absent::NotHere { looked_at: format!("{TABLE_PATH}, type 1") };
        found.gaps.push(Gap { field: "system_product".to_owned(), of: None, reason });
    }
    found
}

#[cfg(test)]
mod tests;
