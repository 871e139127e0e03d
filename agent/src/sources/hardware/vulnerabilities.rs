//! What the kernel says of the weaknesses of processors, from `/sys/devices/system/cpu/vulnerabilities`.

use observation::latest::{Absent, Cadence, Fact, Platform, ProcessorVulnerability, SourceId};

use crate::host::Ask;
use crate::sources::attribute::Attributes;
use crate::sources::context::Context;
use crate::sources::{Found, Source};

/// Weaknesses of processors.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("hardware.vulnerabilities"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const FOLDER: &str = "/sys/devices/system/cpu/vulnerabilities";

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let names = context.host.names(FOLDER)?;
    let mut attributes = Attributes::new(context.host);
    let mut found = Found::default();
    for name in names {
        let path = format!("{FOLDER}/{name}");
        if let Some(state) = attributes.line(&path, "processor_vulnerability", Some(&name)) {
            found.facts.push(Fact::ProcessorVulnerability(ProcessorVulnerability { name, state }));
        }
    }
    found.gaps = attributes.gaps;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    /// Texts of a real kernel 6.1 on an Intel Xeon.
    #[test]
    fn each_weakness_has_the_words_of_the_kernel() {
        let mitigated = "Mitigation: Retpolines; IBPB: conditional; STIBP: disabled; RSB filling";
        let host = MapHost::new()
            .file(&format!("{FOLDER}/meltdown"), "Mitigation: PTI\n")
            .file(
                &format!("{FOLDER}/mds"),
                "Vulnerable: Clear CPU buffers attempted, no microcode\n",
            )
            .file(&format!("{FOLDER}/spectre_v2"), format!("{mitigated}\n"))
            .forbid(&format!("{FOLDER}/srbds"));
        let found = with_context(&host, observe).unwrap();
        let said: Vec<(&str, &str)> = found
            .facts
            .iter()
            .map(|it| {
                if let Fact::ProcessorVulnerability(it) = it {
                    (it.name.as_str(), it.state.as_str())
                } else {
                    panic!("{it:?}")
                }
            })
            .collect();
        let expected = [
            ("mds", "Vulnerable: Clear CPU buffers attempted, no microcode"),
            ("meltdown", "Mitigation: PTI"),
            ("spectre_v2", mitigated),
        ];
        assert_eq!(said, expected);
        assert_eq!(found.gaps.len(), 1);
    }

    #[test]
    fn a_kernel_that_does_not_say_is_not_here() {
        let looked_at = FOLDER.to_owned();
        assert_eq!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { looked_at }));
    }
}
