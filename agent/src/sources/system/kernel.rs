//! The running kernel.

use observation::latest::{Absent, Cadence, Fact, Kernel, Platform, SourceId};

use crate::host::Ask;
use crate::sources::attribute::printable;
use crate::sources::context::Context;
use crate::sources::{Found, Source};

/// The running kernel.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("system.kernel"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let names = context.host.system_names()?;
    let kernel = Kernel {
        name: printable(&names.system),
        release: printable(&names.release),
        version: Some(printable(&names.version)).filter(|it| !it.is_empty()),
        architecture: printable(&names.machine),
    };
    Ok(Found { facts: vec![Fact::Kernel(kernel)], ..Found::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Reply, Request, SystemNames};
    use crate::sources::testing::{MapHost, with_context};

    #[test]
    fn the_architecture_is_the_machines_own() {
        let names = SystemNames {
            system: "Linux".to_owned(),
            node: "alpha".to_owned(),
            release: "6.1.0-28-amd64".to_owned(),
            version: "#1 SMP PREEMPT_DYNAMIC Debian 6.1.119-1 (2024-11-22)".to_owned(),
            machine: "x86_64".to_owned(),
        };
        let host = MapHost::new().answer(Request::SystemNames, Ok(Reply::SystemNames(names)));
        let found = with_context(&host, observe).unwrap();
        let Fact::Kernel(kernel) = &found.facts[0] else { panic!("another fact") };
        assert_eq!((&*kernel.release, &*kernel.architecture), ("6.1.0-28-amd64", "x86_64"));
        assert!(kernel.version.as_deref().unwrap().contains("6.1.119-1"));
    }
}
