//! Is it a virtual machine, a container, or hardware of its own?

use observation::latest::VirtualisationHint;

use super::platforms::platforms;
use crate::asset::VirtualMachine;

/// The source that reads the hints. Where it was not read, nobody looked for a hypervisor.
pub const VIRTUALISATION_SOURCE: &str = "system.virtualisation";

/// Origins of hints, as agents name them.
const CPU_FLAG: &str = "cpu_flag_hypervisor";
const CONTROL_GROUP: &str = "cgroup";
const CONTAINER_MANAGER: &str = "systemd_container";
/// Every machine has a maker and a model: these hints speak against nothing.
const MAKERS: [&str; 2] = ["dmi_product", "dmi_vendor"];
/// Files and drivers that are found on machines of their own, too: they say nothing alone.
const STRAY: [&str; 3] = ["containerenv", "dockerenv", "virtio_devices"];

/// What hints and names of makers and models say together; `None`: not enough to say anything.
///
/// `names` are maker and model of system, board and firmware, empty where none could be read.
/// Hardware of its own is concluded only where names were read, none is a hypervisor's, and no hint
/// speaks against it.
#[must_use]
pub fn conclude(hints: &[VirtualisationHint], names: &[String]) -> Option<VirtualMachine> {
    if let Some(runtime) = hints.iter().find_map(container_of) {
        return Some(VirtualMachine { is_virtual: true, platform: Some(runtime) });
    }
    let processor_tells = hints.iter().any(|it| it.origin == CPU_FLAG);
    let speaks = |it: &&VirtualisationHint| {
        let origin = it.origin.as_str();
        origin != CPU_FLAG && origin != CONTROL_GROUP && !STRAY.contains(&origin)
    };
    let hint_texts = hints.iter().filter(speaks).map(|it| it.text.as_str());
    let texts: Vec<&str> = names.iter().map(String::as_str).chain(hint_texts).collect();
    let fitting = platforms().platform.iter().find(|entry| {
        (processor_tells || !entry.also_hardware) && texts.iter().any(|text| entry.fits(text))
    });
    if let Some(entry) = fitting {
        return Some(VirtualMachine { is_virtual: true, platform: Some(entry.name.clone()) });
    }
    if processor_tells {
        return Some(VirtualMachine { is_virtual: true, platform: None });
    }
    let has_doubt = hints.iter().any(|it| !MAKERS.contains(&it.origin.as_str()));
    (!names.is_empty() && !has_doubt)
        .then_some(VirtualMachine { is_virtual: false, platform: None })
}

/// Whether a hint speaks of a container beyond doubt. The file that Docker leaves behind does not.
#[must_use]
pub fn is_container_hint(hint: &VirtualisationHint) -> bool {
    container_of(hint).is_some()
}

fn container_of(hint: &VirtualisationHint) -> Option<String> {
    let known = || platforms().container.iter().find(|it| it.fits(&hint.text));
    let known_name = || known().map(|it| it.name.clone());
    match hint.origin.as_str() {
        CONTROL_GROUP => known_name(),
        CONTAINER_MANAGER => known_name().or_else(|| Some(hint.text.clone())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(hints: &[(&str, &str)], names: &[&str], expected: Option<(bool, Option<&str>)>) {
        let hints: Vec<VirtualisationHint> = hints
            .iter()
            .map(|(origin, text)| VirtualisationHint {
                origin: (*origin).to_owned(),
                text: (*text).to_owned(),
            })
            .collect();
        let names: Vec<String> = names.iter().map(|it| (*it).to_owned()).collect();
        let found = conclude(&hints, &names);
        let found = found.as_ref().map(|it| (it.is_virtual, it.platform.as_deref()));
        assert_eq!(found, expected, "{hints:?} {names:?}");
    }

    #[test]
    fn makers_of_hypervisors_are_known() {
        let cpu = (CPU_FLAG, "hypervisor");
        check(&[cpu], &["VMware, Inc."], Some((true, Some("VMware"))));
        check(&[cpu], &["QEMU Standard PC (Q35 + ICH9, 2009)"], Some((true, Some("KVM/QEMU"))));
        check(&[cpu], &["Microsoft Corporation Virtual Machine"], Some((true, Some("Hyper-V"))));
        check(&[], &["innotek GmbH VirtualBox"], Some((true, Some("VirtualBox"))));
        check(&[cpu, ("hypervisor_type", "xen")], &[], Some((true, Some("Xen"))));
        check(&[cpu, ("clocksource", "kvm-clock")], &[], Some((true, Some("KVM"))));
    }

    #[test]
    fn a_maker_of_both_is_no_hypervisor_without_the_processors_word() {
        check(&[], &["Microsoft Corporation Surface Laptop 5"], Some((false, None)));
        check(&[], &["Amazon EC2 m5.metal"], Some((false, None)));
        check(
            &[(CPU_FLAG, "hypervisor")],
            &["Amazon EC2 t3.micro"],
            Some((true, Some("Amazon EC2"))),
        );
    }

    #[test]
    fn a_micro_machine_is_virtual_and_its_platform_unknown() {
        check(&[(CPU_FLAG, "hypervisor")], &[], Some((true, None)));
    }

    #[test]
    fn a_stray_docker_file_alone_says_nothing() {
        check(&[("dockerenv", "/.dockerenv")], &[], None);
        check(&[("dockerenv", "/.dockerenv"), (CPU_FLAG, "hypervisor")], &[], Some((true, None)));
        // It is no proof of a container, but reason enough not to claim the opposite.
        check(&[("dockerenv", "/.dockerenv")], &["Dell Inc. OptiPlex 7090"], None);
    }

    #[test]
    fn a_control_group_names_the_container() {
        check(&[("cgroup", "0::/docker/3f2a")], &["Dell Inc."], Some((true, Some("Docker"))));
        check(&[("cgroup", "/lxc.payload.web")], &[], Some((true, Some("LXC"))));
        check(&[("systemd_container", "podman")], &[], Some((true, Some("Podman"))));
        check(&[("systemd_container", "newcomer")], &[], Some((true, Some("newcomer"))));
    }

    #[test]
    fn nothing_read_is_nothing_known() {
        check(&[], &[], None);
        check(&[], &["LENOVO 20XW"], Some((false, None)));
        let maker = [("dmi_vendor", "LENOVO"), ("dmi_product", "20XW")];
        check(&maker, &["LENOVO 20XW"], Some((false, None)));
        check(&[("virtio_devices", "/sys/bus/virtio/devices")], &["LENOVO 20XW"], None);
    }
}
