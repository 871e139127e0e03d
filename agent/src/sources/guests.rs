//! A guest as its host defines it, and the same guest as a machine that should exist.

use observation::latest::{Fact, MachineList, VirtualMachine};

use crate::sources::named;

/// A guest of which nothing is known yet but where it is defined.
pub(crate) fn guest(keeper: &str, place: &str) -> VirtualMachine {
    VirtualMachine {
        keeper: keeper.to_owned(),
        place: place.to_owned(),
        kind: None,
        name: None,
        id: None,
        uuid: None,
        is_running: None,
        starts_with_host: None,
        memory_bytes: None,
        processors: None,
        macs: Vec::new(),
        disks: Vec::new(),
        operating_system: None,
    }
}

/// The guest as the list of guests names it; its UUID says which machine it is.
pub(crate) fn as_named(guest: &VirtualMachine) -> Fact {
    let mut machine = named::machine(MachineList::Guest, &guest.keeper, &guest.place);
    machine.name.clone_from(&guest.name);
    machine.macs.clone_from(&guest.macs);
    machine.id = guest.uuid.map(|it| it.to_string()).or_else(|| guest.id.clone());
    machine.operating_system.clone_from(&guest.operating_system);
    machine.is_active = guest.is_running;
    Fact::NamedMachine(machine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_uuid_comes_before_the_number() {
        let mut it = guest("proxmox", "p");
        it.id = Some("100".to_owned());
        let id = |it: &VirtualMachine| {
            let Fact::NamedMachine(it) = as_named(it) else { panic!("not named") };
            it.id
        };
        assert_eq!(id(&it).as_deref(), Some("100"));
        it.uuid = "6f0a8f44-0f2c-4cf5-9c31-5d2bb0b4a1de".parse().ok();
        assert_eq!(id(&it).as_deref(), Some("6f0a8f44-0f2c-4cf5-9c31-5d2bb0b4a1de"));
    }

    #[test]
    fn a_named_guest_says_what_the_guest_says_and_no_more() {
        let mut it = guest("libvirt", "/etc/libvirt/qemu/a.xml");
        let named = |it: &VirtualMachine| {
            let Fact::NamedMachine(it) = as_named(it) else { panic!("not named") };
            it
        };
        let unknown = named(&it);
        assert_eq!((unknown.list, &*unknown.keeper), (MachineList::Guest, "libvirt"));
        assert_eq!(unknown.place, "/etc/libvirt/qemu/a.xml");
        assert_eq!((unknown.name, unknown.id, unknown.is_active), (None, None, None));
        it.name = Some("mail".to_owned());
        it.macs = vec!["52:54:00:00:00:01".to_owned()];
        it.is_running = Some(false);
        it.operating_system = Some("l26".to_owned());
        let known = named(&it);
        assert_eq!((known.name.as_deref(), known.is_active), (Some("mail"), Some(false)));
        assert_eq!((known.macs, known.addresses), (it.macs, Vec::new()));
        assert_eq!(known.operating_system.as_deref(), Some("l26"));
    }
}
