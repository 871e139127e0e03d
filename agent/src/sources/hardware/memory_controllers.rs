//! Memory controllers that watch for errors, and the correction that is in force, from
//! `/sys/devices/system/edac` (`Documentation/driver-api/edac.rst`).

use std::collections::BTreeSet;

use observation::latest::{Absent, Cadence, Fact, MemoryController, Platform, SourceId};

use crate::host::{Ask, Host};
use crate::sources::context::Context;
use crate::sources::firmware_level::decimal;
use crate::sources::{Found, Source};

/// Memory controllers that watch for errors.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("hardware.memory_controllers"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const FOLDER: &str = "/sys/devices/system/edac/mc";
const MIB: u64 = 1024 * 1024;

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let names = context.host.names(FOLDER)?;
    let controllers = names.into_iter().filter(|it| is_controller(it));
    let facts = controllers.map(|it| Fact::MemoryController(controller(context.host, it)));
    Ok(Found { facts: facts.collect(), ..Found::default() })
}

fn is_controller(name: &str) -> bool {
    let number = name.strip_prefix("mc");
    number.is_some_and(|it| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit()))
}

fn controller(host: &dyn Host, name: String) -> MemoryController {
    let folder = format!("{FOLDER}/{name}");
    let parts = host.names(&folder).unwrap_or_default();
    // Drivers show modules, ranks or rows of chips; all of one controller have the same correction.
    let mode = |part: &String| {
        let file = match part {
            it if it.starts_with("dimm") || it.starts_with("rank") => "dimm_edac_mode",
            it if it.starts_with("csrow") => "edac_mode",
            _ => return None,
        };
        host.line(&format!("{folder}/{part}/{file}")).filter(|it| !it.is_empty())
    };
    let modes: BTreeSet<String> = parts.iter().filter_map(mode).collect();
    MemoryController {
        model: host.line(&format!("{folder}/mc_name")).filter(|it| !it.is_empty()),
        size_bytes: decimal::<u64>(host, &format!("{folder}/size_mb"))
            .filter(|it| *it > 0)
            .and_then(|it| it.checked_mul(MIB)),
        error_correction: modes.into_iter().collect(),
        name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    /// Constructed from `Documentation/ABI/testing/sysfs-devices-edac`.
    #[test]
    fn a_controller_states_its_correction() {
        let folder = format!("{FOLDER}/mc0");
        let host = MapHost::new()
            .file(&format!("{folder}/mc_name"), "skx_edac\n")
            .file(&format!("{folder}/size_mb"), "65536\n")
            .file(&format!("{folder}/dimm0/dimm_edac_mode"), "S4ECD4ED\n")
            .file(&format!("{folder}/dimm1/dimm_edac_mode"), "S4ECD4ED\n")
            .file(&format!("{folder}/csrow0/edac_mode"), "SECDED\n")
            .file(&format!("{FOLDER}/power/control"), "auto\n");
        let expected = MemoryController {
            name: "mc0".to_owned(),
            model: Some("skx_edac".to_owned()),
            size_bytes: Some(64 * 1024 * MIB),
            error_correction: vec!["S4ECD4ED".to_owned(), "SECDED".to_owned()],
        };
        assert_eq!(with_context(&host, observe).unwrap().facts, [Fact::MemoryController(expected)]);
    }

    #[test]
    fn a_folder_without_controllers_is_looked_at_and_empty() {
        let found = with_context(&MapHost::new().folder(FOLDER), observe).unwrap();
        assert_eq!(found, Found::default());
        let looked_at = FOLDER.to_owned();
        assert_eq!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { looked_at }));
    }
}
