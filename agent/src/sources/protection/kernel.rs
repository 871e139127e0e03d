//! Lockdown, security modules and the switches of the kernel's command line that weaken or strengthen it.

use observation::latest::{Absent, Cadence, Fact, Gap, Platform, Setting, SettingOrigin, SourceId};

use crate::host::Ask;
use crate::sources::attribute::printable;
use crate::sources::context::Context;
use crate::sources::{Found, Source};

/// Lockdown, security modules, switches of the command line.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("protection.kernel"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const LOCKDOWN_PATH: &str = "/sys/kernel/security/lockdown";
const MODULES_PATH: &str = "/sys/kernel/security/lsm";
const COMMAND_LINE_PATH: &str = "/proc/cmdline";
/// Names of `Documentation/admin-guide/kernel-parameters.txt` that concern security. All others stay on
/// the host: a command line may carry addresses, keys of installers and names of persons.
const SWITCHES: [&str; 50] = [
    "amd_iommu",
    "apparmor",
    "audit",
    "debugfs",
    "enforcing",
    "fips",
    "gather_data_sampling",
    "ima_appraise",
    "ima_policy",
    "init_on_alloc",
    "init_on_free",
    "intel_iommu",
    "iommu",
    "ipv6.disable",
    "kpti",
    "kvm-intel.vmentry_l1d_flush",
    "l1tf",
    "lockdown",
    "lsm",
    "mds",
    "mitigations",
    "mmio_stale_data",
    "module.sig_enforce",
    "no_stf_barrier",
    "nokaslr",
    "nopti",
    "nosmap",
    "nosmep",
    "nosmt",
    "nospec_store_bypass_disable",
    "nospectre_v1",
    "nospectre_v2",
    "page_poison",
    "pti",
    "randomize_kstack_offset",
    "reg_file_data_sampling",
    "retbleed",
    "security",
    "selinux",
    "slab_nomerge",
    "spec_rstack_overflow",
    "spec_store_bypass_disable",
    "spectre_bhi",
    "spectre_v2",
    "spectre_v2_user",
    "srbds",
    "tsx",
    "tsx_async_abort",
    "usbcore.nousb",
    "vsyscall",
];

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let line = context.host.text(COMMAND_LINE_PATH)?;
    let mut found = Found::default();
    found.facts.extend(switches(&line));
    match context.host.text(LOCKDOWN_PATH) {
        Ok(text) => {
            found.facts.extend(chosen(&text).map(|it| running("lockdown", it, LOCKDOWN_PATH)))
        }
        Err(reason @ Absent::NotAllowed { .. }) => {
            found.gaps.push(Gap {
                field: "setting".to_owned(),
                of: Some("lockdown".to_owned()),
                reason,
            });
        }
        // A kernel without it locks nothing down.
        Err(_) => {}
    }
    if let Some(modules) = context.host.line(MODULES_PATH) {
        found.facts.push(running("lsm", printable(&modules), MODULES_PATH));
    }
    Ok(found)
}

/// The word in brackets: `none [integrity] confidentiality`.
fn chosen(text: &str) -> Option<String> {
    let (_, rest) = text.split_once('[')?;
    Some(printable(rest.split_once(']')?.0))
}

fn running(name: &str, value: String, place: &str) -> Fact {
    Fact::Setting(Setting {
        subject: "kernel".to_owned(),
        scope: None,
        name: name.to_owned(),
        value: Some(value),
        place: place.to_owned(),
        origin: SettingOrigin::Running,
    })
}

/// The switches that concern security. Behind `--` the words are for the first process.
fn switches(line: &str) -> Vec<Fact> {
    let words = line.split_ascii_whitespace().take_while(|it| *it != "--");
    let switch = |word: &str| {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        // The kernel takes `-` and `_` in names for the same.
        let same = |known: &&&str| known.replace('-', "_") == name.replace('-', "_");
        let name = SWITCHES.iter().find(same)?;
        Some(Fact::Setting(Setting {
            subject: "kernel".to_owned(),
            scope: Some("command line".to_owned()),
            name: (*name).to_owned(),
            value: Some(printable(value)).filter(|it| !it.is_empty()),
            place: COMMAND_LINE_PATH.to_owned(),
            origin: SettingOrigin::Configured,
        }))
    };
    words.filter_map(switch).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    fn said(found: &Found) -> Vec<(&str, Option<&str>)> {
        found
            .facts
            .iter()
            .map(|it| {
                if let Fact::Setting(it) = it {
                    (it.name.as_str(), it.value.as_deref())
                } else {
                    panic!("{it:?}")
                }
            })
            .collect()
    }

    #[test]
    fn only_switches_of_the_list_leave_the_host() {
        let line = "BOOT_IMAGE=/vmlinuz root=UUID=4711 ro mitigations=off nosmt apparmor=0 \
                    url=http://installer/CANARY kvm_intel.vmentry_l1d_flush=never -- selinux=1\n";
        let host = MapHost::new()
            .file(COMMAND_LINE_PATH, line)
            .file(LOCKDOWN_PATH, "none [integrity] confidentiality\n")
            .file(MODULES_PATH, "lockdown,capability,landlock,yama,apparmor,bpf");
        let found = with_context(&host, observe).unwrap();
        let expected = [
            ("mitigations", Some("off")),
            ("nosmt", None),
            ("apparmor", Some("0")),
            ("kvm-intel.vmentry_l1d_flush", Some("never")),
            ("lockdown", Some("integrity")),
            ("lsm", Some("lockdown,capability,landlock,yama,apparmor,bpf")),
        ];
        assert_eq!(said(&found), expected);
        assert!(!format!("{found:?}").contains("CANARY"));
    }

    #[test]
    fn a_kernel_without_lockdown_says_nothing_of_it() {
        let found =
            with_context(&MapHost::new().file(COMMAND_LINE_PATH, "quiet\n"), observe).unwrap();
        assert_eq!(found, Found::default());
        assert_eq!(chosen("none integrity"), None);
    }

    #[test]
    fn the_list_is_sorted() {
        assert!(SWITCHES.is_sorted());
    }

    proptest! {
        #[test]
        fn any_line_is_read_without_panic(line in "(mitigations|=|-|\\[|\\]| |\\PC){0,64}") {
            let _ = (switches(&line), chosen(&line));
        }
    }
}
