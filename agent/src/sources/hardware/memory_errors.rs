//! Memory errors that controllers counted since the start, from `/sys/devices/system/edac`.

use observation::latest::{Absent, Cadence, Fact, MemoryErrors, Platform, SourceId};

use crate::host::Ask;
use crate::sources::context::Context;
use crate::sources::firmware_level::decimal;
use crate::sources::{Found, Source};

/// Memory errors since the start.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("hardware.memory_errors"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Volatile,
    observe,
};

const FOLDER: &str = "/sys/devices/system/edac/mc";

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let names = context.host.names(FOLDER)?;
    let errors =
        |name: String| {
            let count = |file: &str| decimal(context.host, &format!("{FOLDER}/{name}/{file}"));
            let (corrected, uncorrected) = (count("ce_count"), count("ue_count"));
            (corrected.is_some() || uncorrected.is_some())
                .then_some(Fact::MemoryErrors(MemoryErrors { corrected, uncorrected, name }))
        };
    Ok(Found { facts: names.into_iter().filter_map(errors).collect(), ..Found::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    #[test]
    fn a_controller_states_what_it_counted_and_other_folders_nothing() {
        let host = MapHost::new()
            .file(&format!("{FOLDER}/mc0/ce_count"), "3\n")
            .file(&format!("{FOLDER}/mc0/ue_count"), "0\n")
            .file(&format!("{FOLDER}/power/control"), "auto\n");
        let errors =
            MemoryErrors { name: "mc0".to_owned(), corrected: Some(3), uncorrected: Some(0) };
        assert_eq!(with_context(&host, observe).unwrap().facts, [Fact::MemoryErrors(errors)]);
    }
}
