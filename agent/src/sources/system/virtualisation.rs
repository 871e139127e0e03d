//! What speaks for a virtual machine or container. Hints only: the agent does not conclude, since
//! each of them can mislead (a stray `/.dockerenv` makes no container).

use observation::latest::{Absent, Cadence, Fact, Platform, SourceId, VirtualisationHint};

use crate::host::{Ask, Host};
use crate::sources::attribute::printable;
use crate::sources::context::Context;
use crate::sources::{Found, Source};

/// What speaks for a virtual machine or container.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("system.virtualisation"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const CPUINFO_PATH: &str = "/proc/cpuinfo";
const CGROUP_PATH: &str = "/proc/1/cgroup";
const VIRTIO_FOLDER: &str = "/sys/bus/virtio/devices";
const CLOCK_PATH: &str = "/sys/devices/system/clocksource/clocksource0/available_clocksource";
/// Clocks that only a hypervisor offers.
const HYPERVISOR_CLOCKS: [&str; 4] =
    ["hyperv_clocksource_msr", "hyperv_clocksource_tsc_page", "kvm-clock", "xen"];
/// Files whose first line names what runs the machine, with the origin of the hint.
const LINES: [(&str, &str); 4] = [
    ("dmi_product", "/sys/class/dmi/id/product_name"),
    ("dmi_vendor", "/sys/class/dmi/id/sys_vendor"),
    ("hypervisor_type", "/sys/hypervisor/type"),
    ("systemd_container", "/run/systemd/container"),
];
/// Files that container programs leave, with the origin of the hint.
const MARKS: [(&str, &str); 2] =
    [("containerenv", "/run/.containerenv"), ("dockerenv", "/.dockerenv")];
/// Where process 1 is when the machine is its own.
const OWN_GROUPS: [&str; 2] = ["/", "/init.scope"];

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let host = context.host;
    let mut hints = Vec::new();
    let mut hint = |origin: &str, text: String| {
        hints.push(VirtualisationHint { origin: origin.to_owned(), text });
    };
    if host.text(CPUINFO_PATH).is_ok_and(|it| has_hypervisor_flag(&it)) {
        hint("cpu_flag_hypervisor", "hypervisor".to_owned());
    }
    for (origin, path) in LINES {
        if let Some(line) = host.line(path) {
            hint(origin, printable(&line));
        }
    }
    for (origin, path) in MARKS {
        if host.status(path).is_ok() {
            hint(origin, path.to_owned());
        }
    }
    for group in groups(host) {
        hint("cgroup", group);
    }
    for clock in clocks(host) {
        hint("clocksource", clock);
    }
    if host.names(VIRTIO_FOLDER).is_ok_and(|it| !it.is_empty()) {
        hint("virtio_devices", VIRTIO_FOLDER.to_owned());
    }
    let facts = hints.into_iter().map(Fact::VirtualisationHint).collect();
    Ok(Found { facts, ..Found::default() })
}

fn has_hypervisor_flag(cpuinfo: &str) -> bool {
    cpuinfo
        .lines()
        .filter_map(|line| line.split_once(':'))
        .filter(|(name, _)| name.trim() == "flags")
        .any(|(_, flags)| flags.split_ascii_whitespace().any(|it| it == "hypervisor"))
}

/// The control groups of process 1 other than those of a machine of its own.
fn groups(host: &dyn Host) -> Vec<String> {
    let text = host.text(CGROUP_PATH).unwrap_or_default();
    let paths = text.lines().filter_map(|line| line.splitn(3, ':').nth(2)).map(printable);
    let mut paths: Vec<String> = paths.filter(|it| !OWN_GROUPS.contains(&&**it)).collect();
    paths.sort_unstable();
    paths.dedup();
    paths
}

fn clocks(host: &dyn Host) -> Vec<String> {
    let line = host.line(CLOCK_PATH).unwrap_or_default();
    let clocks = line.split_ascii_whitespace().filter(|it| HYPERVISOR_CLOCKS.contains(it));
    clocks.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    fn check(host: &MapHost) -> Vec<(String, String)> {
        let found = with_context(host, observe).unwrap();
        let hint = |it| {
            if let Fact::VirtualisationHint(it) = it { Some((it.origin, it.text)) } else { None }
        };
        found.facts.into_iter().filter_map(hint).collect()
    }

    fn origins(host: &MapHost) -> Vec<String> {
        check(host).into_iter().map(|it| it.0).collect()
    }

    #[test]
    fn a_stray_mark_of_docker_is_one_hint_beside_others() {
        let host = MapHost::new()
            .file(CPUINFO_PATH, "processor : 0\nflags : fpu hypervisor lahf_lm\n")
            .file("/.dockerenv", "")
            .file(CGROUP_PATH, "3:cpu:/\n0::/init.scope\n")
            .file(CLOCK_PATH, "kvm-clock tsc acpi_pm\n")
            .file("/sys/bus/virtio/devices/virtio0", "");
        let expected = ["cpu_flag_hypervisor", "dockerenv", "clocksource", "virtio_devices"];
        assert_eq!(origins(&host), expected);
    }

    #[test]
    fn a_container_shows_in_the_group_of_its_first_process() {
        let host = MapHost::new().file(CGROUP_PATH, "2:cpu:/docker/0a1b\n1:pids:/docker/0a1b\n");
        assert_eq!(check(&host), [("cgroup".to_owned(), "/docker/0a1b".to_owned())]);
    }

    #[test]
    fn a_flag_that_only_looks_alike_is_none() {
        let host = MapHost::new().file(CPUINFO_PATH, "flags : hypervisors\nbugs : hypervisor\n");
        assert_eq!(check(&host), []);
    }

    #[test]
    fn a_machine_without_hints_says_nothing() {
        assert_eq!(check(&MapHost::new().folder(VIRTIO_FOLDER)), []);
    }
}
