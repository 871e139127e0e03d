//! Is it a virtual machine, a container, or hardware of its own?

use observation::latest::VirtualisationHint;

use super::platforms::platforms;
use crate::asset::VirtualMachine;

/// Origins of hints, as agents name them.
const CPU_FLAG: &str = "cpu_flag_hypervisor";
const HYPERVISOR: &str = "hypervisor_type";
/// A file that container tools leave behind, also in images of machines: it says nothing alone.
const DOCKER_FILE: &str = "dockerenv";

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
    let processor_tells = hints.iter().any(|it| it.origin == CPU_FLAG && is_yes(&it.text));
    let is_other_hint =
        |it: &&VirtualisationHint| it.origin != CPU_FLAG && it.origin != DOCKER_FILE;
    let hint_texts = hints.iter().filter(is_other_hint).map(|it| it.text.as_str());
    let texts: Vec<&str> = hint_texts.chain(names.iter().map(String::as_str)).collect();
    let fitting = platforms().platform.iter().find(|entry| {
        (processor_tells || !entry.also_hardware) && texts.iter().any(|text| entry.fits(text))
    });
    if let Some(entry) = fitting {
        return Some(VirtualMachine { is_virtual: true, platform: Some(entry.name.clone()) });
    }
    if processor_tells {
        let named = hints.iter().find(|it| it.origin == HYPERVISOR && is_yes(&it.text));
        let platform = named.map(|it| it.text.to_uppercase());
        return Some(VirtualMachine { is_virtual: true, platform });
    }
    let has_doubt = hints.iter().any(|it| it.origin != CPU_FLAG && is_yes(&it.text));
    (!names.is_empty() && !has_doubt)
        .then_some(VirtualMachine { is_virtual: false, platform: None })
}

/// Whether a hint speaks of a container beyond doubt. The file that Docker leaves behind does not.
#[must_use]
pub fn is_container_hint(hint: &VirtualisationHint) -> bool {
    container_of(hint).is_some()
}

fn container_of(hint: &VirtualisationHint) -> Option<String> {
    if hint.origin == DOCKER_FILE {
        return None;
    }
    platforms().container.iter().find(|it| it.fits(&hint.text)).map(|it| it.name.clone())
}

fn is_yes(text: &str) -> bool {
    !matches!(text.trim().to_lowercase().as_str(), "" | "0" | "no" | "none" | "false" | "absent")
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
        check(&[cpu, (HYPERVISOR, "xen")], &[], Some((true, Some("Xen"))));
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
        check(&[(DOCKER_FILE, "/.dockerenv")], &[], None);
        check(&[(DOCKER_FILE, "/.dockerenv"), (CPU_FLAG, "hypervisor")], &[], Some((true, None)));
        // It is no proof of a container, but reason enough not to claim the opposite.
        check(&[(DOCKER_FILE, "/.dockerenv")], &["Dell Inc. OptiPlex 7090"], None);
    }

    #[test]
    fn a_control_group_names_the_container() {
        check(&[("cgroup", "0::/docker/3f2a")], &["Dell Inc."], Some((true, Some("Docker"))));
        check(&[("cgroup", "0::/lxc.payload.web")], &[], Some((true, Some("LXC"))));
    }

    #[test]
    fn nothing_read_is_nothing_known() {
        check(&[], &[], None);
        check(&[], &["LENOVO 20XW"], Some((false, None)));
    }
}
