//! What running services are kept from, as their units and the additions to them state it (systemd.exec(5)).
//! Nothing is weighed: which setting a service should have is not the agent's to say.

use std::collections::BTreeSet;

use observation::latest::{
    Absent, Cadence, Complaint, Fact, Platform, Privilege, ServiceHardening, SourceId,
};

use crate::host::Ask;
use crate::sources::context::Context;
use crate::sources::persons::Persons;
use crate::sources::{Found, Source, processes, systemd};

/// Exists where systemd was booted, see sd_booted(3).
const BOOTED_PATH: &str = "/run/systemd/system";
/// Most lines of one setting; the longest lists of system calls take a dozen.
const LINES_MAX: usize = 64;
/// Most bytes of one line; all system calls there are take 6,000.
const LINE_BYTES_MAX: usize = 8 * 1024;

/// What running services are kept from.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("services.hardening"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    if context.host.status(BOOTED_PATH).is_err() {
        return Err(Absent::NotHere { looked_at: BOOTED_PATH.to_owned() });
    }
    let Some(places) = processes::places(context.host) else {
        let what = "/proc/*/cgroup".to_owned();
        return Err(Absent::NotAllowed { what, needs: Privilege::Root });
    };
    let running: BTreeSet<String> = places.into_iter().filter_map(|it| it.unit).collect();
    let persons = Persons::read_or_none(context.host, context.names);
    let mut found = Found::default();
    for (unit, text) in systemd::texts_of_running(context.host, &running) {
        let assignments = systemd::assignments(&text, "Service");
        let mut stated = Stated { assignments: &assignments, is_cut: false };
        let service = persons.unit(&unit);
        let fact = stated.hardening(service.clone());
        found.facts.push(Fact::ServiceHardening(Box::new(fact)));
        if stated.is_cut {
            let problem = "a setting has more lines, or longer ones, than are read".to_owned();
            found.complaints.push(Complaint { place: service, problem });
        }
    }
    Ok(found)
}

/// What a unit and its additions assign, in the order in which it applies.
struct Stated<'a> {
    assignments: &'a [(String, String)],
    is_cut: bool,
}

impl<'a> Stated<'a> {
    fn hardening(&mut self, service: String) -> ServiceHardening {
        ServiceHardening {
            service,
            has_dynamic_user: self.truth("DynamicUser"),
            no_new_privileges: self.truth("NoNewPrivileges"),
            protect_system: self.word("ProtectSystem"),
            protect_home: self.word("ProtectHome"),
            protect_proc: self.word("ProtectProc"),
            protect_clock: self.truth("ProtectClock"),
            protect_control_groups: self.word("ProtectControlGroups"),
            protect_host_name: self.word("ProtectHostname"),
            protect_kernel_logs: self.truth("ProtectKernelLogs"),
            protect_kernel_modules: self.truth("ProtectKernelModules"),
            protect_kernel_tunables: self.truth("ProtectKernelTunables"),
            private_tmp: self.word("PrivateTmp"),
            private_devices: self.truth("PrivateDevices"),
            private_network: self.truth("PrivateNetwork"),
            private_users: self.word("PrivateUsers"),
            capability_bounding_set: self.set("CapabilityBoundingSet"),
            ambient_capabilities: self.lines("AmbientCapabilities"),
            restrict_address_families: self.lines("RestrictAddressFamilies"),
            restrict_namespaces: self.lines("RestrictNamespaces"),
            restrict_realtime: self.truth("RestrictRealtime"),
            restrict_suid_sgid: self.truth("RestrictSUIDSGID"),
            lock_personality: self.truth("LockPersonality"),
            memory_deny_write_execute: self.truth("MemoryDenyWriteExecute"),
            system_call_filter: self.lines("SystemCallFilter"),
            system_call_architectures: self.lines("SystemCallArchitectures"),
            device_policy: self.word("DevicePolicy"),
            ip_address_deny: self.lines("IPAddressDeny"),
            file_mode_mask: self.word("UMask"),
        }
    }

    fn values(&self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.assignments.iter().filter(move |it| it.0 == key).map(|it| it.1.as_str())
    }

    /// The last value that is a truth; systemd passes over the others.
    fn truth(&self, key: &'a str) -> Option<bool> {
        self.values(key).filter_map(truth).last()
    }

    /// The last value; an empty one takes back what was said before.
    fn word(&mut self, key: &'a str) -> Option<String> {
        let value = self.values(key).last().filter(|it| !it.is_empty())?;
        self.bounded(value)
    }

    /// All values since the last empty one, which takes back what was said before.
    fn lines(&mut self, key: &'a str) -> Option<Vec<String>> {
        self.set(key).filter(|it| !it.is_empty())
    }

    /// The same, where to be empty is a statement of its own.
    fn set(&mut self, key: &'a str) -> Option<Vec<String>> {
        let values: Vec<&str> = self.values(key).collect();
        let first = values.iter().rposition(|it| it.is_empty()).map_or(0, |at| at + 1);
        let lines = values.get(first..).unwrap_or_default();
        self.is_cut |= lines.len() > LINES_MAX;
        let kept = lines.iter().take(LINES_MAX).filter_map(|it| self.bounded(it)).collect();
        (!values.is_empty()).then_some(kept)
    }

    fn bounded(&mut self, value: &str) -> Option<String> {
        let is_short = value.len() <= LINE_BYTES_MAX;
        self.is_cut |= !is_short;
        is_short.then(|| value.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

/// What systemd takes for yes and no (`parse_boolean`).
fn truth(value: &str) -> Option<bool> {
    let is_one_of = |words: &[&str]| words.iter().any(|it| value.eq_ignore_ascii_case(it));
    if is_one_of(&["1", "yes", "y", "true", "t", "on"]) {
        return Some(true);
    }
    is_one_of(&["0", "no", "n", "false", "f", "off"]).then_some(false)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    /// Real: of the packages chrony 4.3-2+deb12u3, redis-server 5:7.0.15-1~deb12u10 and postgresql-common
    /// 248+deb12u2 of Debian 12.
    const CHRONY: &str = include_str!("samples/chrony.service");
    const REDIS: &str = include_str!("samples/redis-server.service");
    const POSTGRESQL: &str = include_str!("samples/postgresql@.service");
    /// Our own.
    const AGENT: &str = include_str!("../../../../deploy/systemd/kataster-agent.service");

    fn booted() -> MapHost {
        MapHost::new()
            .file(
                "/etc/passwd",
                "root:x:0:0::/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n",
            )
            .folder(BOOTED_PATH)
            .process(1, "systemd", "/s", "/init.scope", &[])
    }

    fn with(host: MapHost, number: u32, unit: &str, text: &str) -> MapHost {
        host.process(number, "x", "/x", &format!("/system.slice/{unit}"), &[])
            .file(&format!("/usr/lib/systemd/system/{unit}"), text)
    }

    fn check(host: &MapHost) -> (Vec<ServiceHardening>, usize) {
        let found = with_context(host, observe).unwrap();
        let facts = found.facts.into_iter().map(|it| {
            let Fact::ServiceHardening(it) = it else { panic!("{it:?}") };
            *it
        });
        (facts.collect(), found.complaints.len())
    }

    fn of(text: &str) -> ServiceHardening {
        check(&with(booted(), 7, "a.service", text)).0.remove(0)
    }

    fn strings(lines: &[&str]) -> Option<Vec<String>> {
        Some(lines.iter().map(|it| (*it).to_owned()).collect())
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn chrony_is_read_as_it_stands_and_a_later_line_counts() {
        let expected = ServiceHardening {
            service: "a.service".to_owned(),
            // Said twice: yes, and further down no.
            no_new_privileges: Some(false),
            protect_system: some("strict"),
            protect_home: some("yes"),
            protect_proc: some("invisible"),
            protect_control_groups: some("yes"),
            protect_host_name: some("yes"),
            protect_kernel_logs: Some(true),
            protect_kernel_modules: Some(true),
            protect_kernel_tunables: Some(true),
            private_tmp: some("yes"),
            capability_bounding_set: strings(&[
                "~CAP_AUDIT_CONTROL CAP_AUDIT_READ CAP_AUDIT_WRITE",
                "~CAP_BLOCK_SUSPEND CAP_KILL CAP_LEASE CAP_LINUX_IMMUTABLE",
                "~CAP_MAC_ADMIN CAP_MAC_OVERRIDE CAP_MKNOD CAP_SYS_ADMIN",
                "~CAP_SYS_BOOT CAP_SYS_CHROOT CAP_SYS_MODULE CAP_SYS_PACCT",
                "~CAP_SYS_PTRACE CAP_SYS_RAWIO CAP_SYS_TTY_CONFIG CAP_WAKE_ALARM",
            ]),
            restrict_address_families: strings(&["AF_INET AF_INET6 AF_UNIX", "AF_NETLINK"]),
            restrict_namespaces: strings(&["yes"]),
            restrict_suid_sgid: Some(true),
            lock_personality: Some(true),
            memory_deny_write_execute: Some(true),
            system_call_filter: strings(&[
                "~@cpu-emulation @debug @module @mount @obsolete @raw-io @reboot @swap",
            ]),
            system_call_architectures: strings(&["native"]),
            device_policy: some("closed"),
            ..ServiceHardening::default()
        };
        assert_eq!(of(CHRONY), expected);
    }

    #[test]
    fn redis_gives_up_all_capabilities_which_is_not_the_same_as_saying_nothing() {
        let redis = of(REDIS);
        assert_eq!(redis.capability_bounding_set, Some(Vec::new()));
        assert_eq!(
            redis.system_call_filter,
            strings(&["@system-service", "~ @privileged @resources"])
        );
        assert_eq!((redis.protect_clock, redis.private_devices), (Some(true), Some(true)));
        assert_eq!((redis.file_mode_mask, redis.private_users), (some("007"), some("true")));
        assert_eq!((redis.has_dynamic_user, redis.ip_address_deny), (None, None));
    }

    #[test]
    fn a_service_that_states_nothing_is_told_all_the_same() {
        let host = booted()
            .process(7, "postgres", "/p", "/system.slice/postgresql@15-main.service", &[])
            .file("/usr/lib/systemd/system/postgresql@.service", POSTGRESQL);
        let service = "postgresql@15-main.service".to_owned();
        assert_eq!(check(&host).0, [ServiceHardening { service, ..ServiceHardening::default() }]);
    }

    #[test]
    fn our_own_service_says_what_its_unit_says() {
        let agent = of(AGENT);
        assert_eq!(agent.capability_bounding_set, Some(Vec::new()));
        assert_eq!(agent.no_new_privileges, Some(true));
        assert_eq!(agent.protect_home, some("read-only"));
        assert_eq!(agent.system_call_filter.unwrap()[0], "@system-service");
    }

    #[test]
    fn what_an_administrator_adds_counts_and_an_empty_value_takes_back() {
        let host = with(booted(), 7, "a.service", REDIS).file(
            "/etc/systemd/system/a.service.d/own.conf",
            "[Service]\nProtectHome=\nSystemCallFilter=\nSystemCallFilter=@basic-io \\\n  @file-system\n\
             CapabilityBoundingSet=CAP_CHOWN\nNoNewPrivileges=perhaps\nDynamicUser=on\n",
        );
        let (found, complaints) = check(&host);
        assert_eq!(found[0].protect_home, None);
        assert_eq!(found[0].system_call_filter, strings(&["@basic-io @file-system"]));
        assert_eq!(found[0].capability_bounding_set, strings(&["CAP_CHOWN"]));
        // A value that is neither yes nor no is passed over.
        assert_eq!(found[0].no_new_privileges, Some(true));
        assert_eq!((found[0].has_dynamic_user, complaints), (Some(true), 0));
    }

    #[test]
    fn settings_of_other_sections_do_not_count() {
        let found = of("[Unit]\nProtectHome=yes\n[Service]\n[Install]\nPrivateTmp=yes\n");
        assert_eq!((found.protect_home, found.private_tmp), (None, None));
    }

    #[test]
    fn services_that_do_not_run_or_end_by_themselves_are_left_out() {
        let host = with(booted(), 7, "once.service", "[Service]\nType=oneshot\n")
            .file("/usr/lib/systemd/system/idle.service", CHRONY);
        assert_eq!(check(&host), (Vec::new(), 0));
    }

    #[test]
    fn endless_lists_are_cut_and_that_is_said() {
        let lines = "SystemCallFilter=read\n".repeat(LINES_MAX + 1);
        let (found, complaints) =
            check(&with(booted(), 7, "a.service", &format!("[Service]\n{lines}")));
        assert_eq!(
            (found[0].system_call_filter.as_ref().unwrap().len(), complaints),
            (LINES_MAX, 1)
        );
        let long = format!("[Service]\nProtectSystem={}\n", "x".repeat(LINE_BYTES_MAX + 1));
        let (found, complaints) = check(&with(booted(), 7, "a.service", &long));
        assert_eq!((found[0].protect_system.clone(), complaints), (None, 1));
    }

    #[test]
    fn no_person_is_named_by_an_instance() {
        let host = booted()
            .process(7, "sync", "/x", "/system.slice/sync@alice.service", &[])
            .file("/etc/systemd/system/sync@.service", "[Service]\nUMask=077\n");
        let (found, _) = check(&host);
        assert_eq!(found[0].file_mode_mask, some("077"));
        assert!(!format!("{found:?}").contains("alice"));
    }

    #[test]
    fn a_machine_without_systemd_or_with_hidden_processes_says_which() {
        let reason = with_context(&MapHost::new(), observe).unwrap_err();
        assert!(matches!(reason, Absent::NotHere { .. }));
        let hidden = MapHost::new().folder(BOOTED_PATH);
        let reason = with_context(&hidden, observe).unwrap_err();
        assert!(matches!(reason, Absent::NotAllowed { .. }));
    }

    proptest! {
        #[test]
        fn any_unit_is_read_without_panic(
            text in "((ProtectHome|SystemCallFilter|PrivateTmp|CapabilityBoundingSet)=|[\\[\\]\\\\~\n ]|\\PC){0,80}",
        ) {
            let _ = of(&format!("[Service]\n{text}"));
        }
    }
}
