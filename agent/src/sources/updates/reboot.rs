//! Whether the machine waits for a restart: a package asked for it (Debian Policy's `reboot-required` convention), or a newer kernel
//! of the same flavour is installed than the one that runs.

use std::cmp::Ordering;

use observation::latest::{Absent, Cadence, Fact, Platform, RebootPending, SourceId};

use crate::host::Ask;
use crate::sources::context::Context;
use crate::sources::versions::compare;
use crate::sources::{Found, Source};

/// The mark of packages, with the list of those that asked.
const MARKS: &[&str] = &["/run/reboot-required", "/var/run/reboot-required"];
/// Where kernels are installed.
const BOOT_PATH: &str = "/boot";
const KERNEL_BEGINNING: &str = "vmlinuz-";
/// Most packages that are told.
const PACKAGES_MAX: usize = 100;

/// Whether a restart is pending.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("updates.reboot"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let host = context.host;
    let mark = MARKS.iter().find(|it| host.status(it).is_ok());
    let list = mark.and_then(|it| host.text(&format!("{it}.pkgs")).ok()).unwrap_or_default();
    let mut packages: Vec<String> = list
        .lines()
        .map(str::trim)
        .filter(|it| !it.is_empty())
        .take(PACKAGES_MAX)
        .map(str::to_owned)
        .collect();
    packages.sort();
    packages.dedup();
    let running = host.system_names().ok().map(|it| it.release);
    let installed = host.names(BOOT_PATH).unwrap_or_default();
    let newest = running.as_deref().and_then(|it| newest(it, &installed));
    let is_older = match (&running, &newest) {
        (Some(running), Some(newest)) => compare(newest, running) == Ordering::Greater,
        _ => false,
    };
    let fact = RebootPending {
        is_pending: mark.is_some() || is_older,
        packages,
        running_kernel: running,
        newest_kernel: newest,
    };
    Ok(Found { facts: vec![Fact::RebootPending(fact)], ..Found::default() })
}

/// The newest kernel of the running one's flavour; none where the running one is not among them, as in containers and
/// in machines whose kernel comes from outside.
fn newest(running: &str, names: &[String]) -> Option<String> {
    let releases = names.iter().filter_map(|it| it.strip_prefix(KERNEL_BEGINNING));
    let releases: Vec<&str> = releases.filter(|it| flavour(it) == flavour(running)).collect();
    if !releases.contains(&running) {
        return None;
    }
    releases.into_iter().max_by(|left, right| compare(left, right)).map(str::to_owned)
}

/// What follows the last number: `-amd64`, `-generic`, `.el9.x86_64` without its numbers.
fn flavour(release: &str) -> String {
    release.chars().filter(|it| !it.is_ascii_digit() && !matches!(it, '.' | '-' | '+')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Reply, Request, SystemNames};
    use crate::sources::testing::{MapHost, with_context};

    fn machine(running: &str, kernels: &[&str]) -> MapHost {
        let names = SystemNames {
            system: "Linux".to_owned(),
            node: "x".to_owned(),
            release: running.to_owned(),
            version: String::new(),
            machine: String::new(),
        };
        let host = MapHost::new().answer(Request::SystemNames, Ok(Reply::SystemNames(names)));
        kernels.iter().fold(host, |host, it| host.file(&format!("/boot/vmlinuz-{it}"), ""))
    }

    fn check(host: &MapHost) -> RebootPending {
        let found = with_context(host, observe).unwrap();
        let [Fact::RebootPending(it)] = &*found.facts else { panic!("{found:?}") };
        it.clone()
    }

    #[test]
    fn a_newer_kernel_of_the_same_flavour_waits() {
        let kernels = ["6.1.0-9-amd64", "6.1.0-28-amd64", "6.12.0-1-cloud-amd64", "memtest"];
        let found = check(&machine("6.1.0-9-amd64", &kernels));
        assert!(found.is_pending);
        assert_eq!(found.newest_kernel.as_deref(), Some("6.1.0-28-amd64"));
        assert!(!check(&machine("6.1.0-28-amd64", &kernels)).is_pending);
        let red_hat = ["5.14.0-427.el9.x86_64", "5.14.0-503.11.1.el9_5.x86_64"];
        assert!(!check(&machine(red_hat[1], &red_hat)).is_pending);
    }

    #[test]
    fn a_kernel_from_outside_is_not_compared() {
        let found = check(&machine("6.6.1-microvm", &["6.1.0-9-amd64"]));
        assert_eq!((found.is_pending, found.newest_kernel), (false, None));
        assert_eq!(found.running_kernel.as_deref(), Some("6.6.1-microvm"));
    }

    #[test]
    fn packages_that_asked_are_told() {
        let host = machine("1", &[])
            .file("/run/reboot-required", "*** System restart required ***\n")
            .file("/run/reboot-required.pkgs", "linux-image\nlibc6\n\nlibc6\n");
        let found = check(&host);
        assert!(found.is_pending);
        assert_eq!(found.packages, ["libc6", "linux-image"]);
    }

    #[test]
    fn a_machine_that_says_nothing_does_not_wait() {
        let found = check(&MapHost::new());
        assert!(!found.is_pending && found.packages.is_empty());
        assert_eq!(found.running_kernel, None);
    }
}
