//! Settings of the kernel (sysctl): what is in force, and what stands in files and is not in force.
//!
//! Running values are those of `/proc/sys`. Of the files (sysctl.d(5), sysctl.conf(5)) only values that
//! differ from the running one are said, under the subject `sysctl.d`: most often a change that waits for a
//! restart, or one that something took back.

use std::collections::{BTreeMap, BTreeSet};

use observation::latest::{Absent, Cadence, Fact, Gap, Platform, SourceId};

use crate::host::{Ask, Host};
use crate::sources::context::Context;
use crate::sources::drop_ins;
use crate::sources::settings::{configured, running};
use crate::sources::{Found, Source, glob};

/// Settings of the kernel.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("configuration.kernel"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const ROOT: &str = "/proc/sys";
/// The folders of files, the strongest first.
const FOLDERS: &[&str] = &[
    "/etc/sysctl.d",
    "/run/sysctl.d",
    "/usr/local/lib/sysctl.d",
    "/usr/lib/sysctl.d",
    "/lib/sysctl.d",
];
/// The older file; what it says goes last.
const OLD_PATH: &str = "/etc/sysctl.conf";
/// Most keys of the files that are compared.
const KEYS_MAX: usize = 1_000;
/// Longest value of a key: all that matter are numbers and short lists.
const VALUE_BYTES_MAX: u64 = 4_096;

/// Keys that matter for the security of the kernel, of files and of the network; documented in the kernel's
/// `admin-guide/sysctl` and `networking/ip-sysctl`. None of them moves by itself.
const KEYS: &[&str] = &[
    "dev.tty.ldisc_autoload",
    "fs.protected_fifos",
    "fs.protected_hardlinks",
    "fs.protected_regular",
    "fs.protected_symlinks",
    "fs.suid_dumpable",
    "kernel.apparmor_restrict_unprivileged_userns",
    "kernel.core_uses_pid",
    "kernel.ctrl-alt-del",
    "kernel.dmesg_restrict",
    "kernel.io_uring_disabled",
    "kernel.kexec_load_disabled",
    "kernel.kptr_restrict",
    "kernel.modules_disabled",
    "kernel.panic",
    "kernel.panic_on_oops",
    "kernel.perf_event_paranoid",
    "kernel.randomize_va_space",
    "kernel.sysrq",
    "kernel.unprivileged_bpf_disabled",
    "kernel.unprivileged_userns_clone",
    "kernel.yama.ptrace_scope",
    "net.bridge.bridge-nf-call-ip6tables",
    "net.bridge.bridge-nf-call-iptables",
    "net.core.bpf_jit_harden",
    "net.core.default_qdisc",
    "net.ipv4.conf.all.accept_redirects",
    "net.ipv4.conf.all.accept_source_route",
    "net.ipv4.conf.all.arp_announce",
    "net.ipv4.conf.all.arp_ignore",
    "net.ipv4.conf.all.forwarding",
    "net.ipv4.conf.all.log_martians",
    "net.ipv4.conf.all.rp_filter",
    "net.ipv4.conf.all.secure_redirects",
    "net.ipv4.conf.all.send_redirects",
    "net.ipv4.conf.default.accept_redirects",
    "net.ipv4.conf.default.accept_source_route",
    "net.ipv4.conf.default.log_martians",
    "net.ipv4.conf.default.rp_filter",
    "net.ipv4.conf.default.secure_redirects",
    "net.ipv4.conf.default.send_redirects",
    "net.ipv4.icmp_echo_ignore_all",
    "net.ipv4.icmp_echo_ignore_broadcasts",
    "net.ipv4.icmp_ignore_bogus_error_responses",
    "net.ipv4.ip_forward",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_nonlocal_bind",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_congestion_control",
    "net.ipv4.tcp_rfc1337",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_timestamps",
    "net.ipv6.conf.all.accept_ra",
    "net.ipv6.conf.all.accept_redirects",
    "net.ipv6.conf.all.accept_source_route",
    "net.ipv6.conf.all.disable_ipv6",
    "net.ipv6.conf.all.forwarding",
    "net.ipv6.conf.all.use_tempaddr",
    "net.ipv6.conf.default.accept_ra",
    "net.ipv6.conf.default.accept_redirects",
    "net.ipv6.conf.default.accept_source_route",
    "net.ipv6.conf.default.disable_ipv6",
    "net.ipv6.conf.default.use_tempaddr",
    "net.netfilter.nf_conntrack_max",
    "user.max_user_namespaces",
    "vm.max_map_count",
    "vm.mmap_min_addr",
    "vm.mmap_rnd_bits",
    "vm.overcommit_memory",
    "vm.panic_on_oom",
    "vm.swappiness",
    "vm.unprivileged_userfaultfd",
];

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let host = context.host;
    host.status(ROOT)?;
    let mut found = Found::default();
    for key in KEYS {
        match value(host, key) {
            Ok(value) => {
                let setting = running("sysctl", key, &value, &path_of(key));
                found.facts.push(Fact::Setting(setting));
            }
            // Not every kernel has every key.
            Err(Absent::NotHere { .. }) => {}
            Err(reason) => {
                let (field, of) = ("setting".to_owned(), Some(format!("sysctl: {key}")));
                found.gaps.push(Gap { field, of, reason });
            }
        }
    }
    add_differences(host, &mut found);
    Ok(found)
}

/// The value of a key in one line.
fn value(host: &dyn Host, key: &str) -> Result<String, Absent> {
    let bytes = host.bytes(&path_of(key), VALUE_BYTES_MAX)?;
    Ok(one_line(&String::from_utf8_lossy(&bytes)))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A dot in a key is a slash in the path; a slash in a key is a dot in a name (`net.ipv4.conf.eth0/7.x`).
fn path_of(key: &str) -> String {
    let swapped = key.chars().map(|it| match it {
        '.' => '/',
        '/' => '.',
        it => it,
    });
    format!("{ROOT}/{}", swapped.collect::<String>())
}

fn add_differences(host: &dyn Host, found: &mut Found) {
    let mut paths = drop_ins::paths(host, FOLDERS, ".conf");
    if !paths.iter().any(|it| host.link(it).is_ok_and(|it| it.ends_with("/sysctl.conf"))) {
        paths.push(OLD_PATH.to_owned());
    }
    let texts = drop_ins::texts(host, paths, &mut found.gaps);
    for (key, (wanted, place)) in wanted(&texts) {
        // What the kernel does not have, and what may not be read, cannot differ.
        let Ok(is) = value(host, &key) else { continue };
        if is != wanted {
            found.facts.push(Fact::Setting(configured("sysctl.d", &key, &wanted, &place)));
        }
    }
}

/// What the files want: key, value and file. The last line on a key holds; an explicit key goes before a
/// pattern, wherever it stands (sysctl.d(5)).
fn wanted(texts: &[(String, String)]) -> BTreeMap<String, (String, String)> {
    let mut explicit = BTreeMap::new();
    let mut patterns: Vec<(String, String, &String)> = Vec::new();
    let mut exempt = BTreeSet::new();
    let lines = texts.iter().flat_map(|(path, text)| text.lines().map(move |line| (path, line)));
    for (path, line) in lines.take(KEYS_MAX * 100) {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        let (key, value) = match line.split_once('=') {
            Some((key, value)) => (key.trim().trim_start_matches('-'), Some(value)),
            None => match line.strip_prefix('-') {
                Some(key) => (key.trim(), None),
                None => continue,
            },
        };
        let key = dotted(key);
        match value.map(one_line) {
            None => {
                exempt.insert(key);
            }
            Some(value) if glob::has_wildcard(&key) => patterns.push((key, value, path)),
            Some(value) if explicit.len() < KEYS_MAX => {
                explicit.insert(key, (value, path.clone()));
            }
            Some(_) => {}
        }
    }
    for (pattern, value, path) in patterns.into_iter().rev() {
        for key in KEYS.iter().filter(|it| fits(&pattern, it) && !exempt.contains(**it)) {
            explicit.entry((*key).to_owned()).or_insert_with(|| (value.clone(), path.clone()));
        }
    }
    explicit
}

/// Where the first separator is a slash, slashes separate and dots are part of names.
fn dotted(key: &str) -> String {
    match key.find(['.', '/']).and_then(|at| key.get(at..=at)) {
        Some("/") => path_of(key).chars().skip(ROOT.len() + 1).collect(),
        _ => key.to_owned(),
    }
}

/// A star stands for one part of a key only.
fn fits(pattern: &str, key: &str) -> bool {
    let (patterns, parts) = (pattern.split('.'), key.split('.'));
    patterns.clone().count() == parts.clone().count()
        && patterns.zip(parts).all(|(pattern, part)| glob::fits(pattern, part))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::settings::lines;
    use crate::sources::testing::{MapHost, with_context};

    /// Real: the files of `/proc/sys` on Debian 12, kernel 6.18, behind `==` and the key.
    const RAW: &str = include_str!("samples/sysctl/raw");
    /// Real: `sysctl -n` of the same keys at the same time, as `key = value`.
    const TRUTH: &str = include_str!("samples/sysctl/truth");
    /// Real: `sysctl --system --dry-run` on the files of `samples/sysctl/files`.
    const ORDER: &str = include_str!("samples/sysctl/order");

    fn machine() -> MapHost {
        let mut host = MapHost::new();
        for entry in RAW.split("== ").skip(1) {
            let (key, raw) = entry.split_once('\n').unwrap();
            host = host.file(&path_of(key), raw);
        }
        host
    }

    #[test]
    fn keys_are_sorted() {
        assert!(KEYS.is_sorted_by(|left, right| left < right));
    }

    #[test]
    fn running_values_are_those_of_sysctl() {
        let found = with_context(&machine(), observe).unwrap();
        let mut truth: Vec<String> =
            TRUTH.lines().map(|it| format!("sysctl {}", one_line(it))).collect();
        truth.sort();
        assert!(truth.len() >= 50, "{}", truth.len());
        assert_eq!(lines(&found.facts), truth);
    }

    #[test]
    fn files_hold_in_the_order_of_sysctl() {
        let files = [
            ("/etc/sysctl.d/10-a.conf", include_str!("samples/sysctl/files/etc/10-a.conf")),
            ("/etc/sysctl.d/90-b.conf", include_str!("samples/sysctl/files/etc/90-b.conf")),
            ("/usr/lib/sysctl.d/10-a.conf", include_str!("samples/sysctl/files/lib/10-a.conf")),
            ("/usr/lib/sysctl.d/50-c.conf", include_str!("samples/sysctl/files/lib/50-c.conf")),
        ];
        let host = files.iter().fold(MapHost::new(), |host, (path, text)| host.file(path, text));
        let texts =
            drop_ins::texts(&host, drop_ins::paths(&host, FOLDERS, ".conf"), &mut Vec::new());
        let ours: BTreeMap<String, String> =
            wanted(&texts).into_iter().map(|(key, (value, _))| (key, value)).collect();
        let theirs: BTreeMap<String, String> = ORDER
            .lines()
            .filter_map(|it| it.split_once(" = "))
            .map(|(key, value)| (key.to_owned(), one_line(value)))
            .collect();
        assert_eq!(ours, theirs);
        assert!(ours.len() >= 5, "{ours:?}");
    }

    #[test]
    fn a_file_that_is_not_in_force_is_said_with_its_place() {
        let host = machine()
            .file("/proc/sys/net/ipv4/conf/eth0.7/rp_filter", "0\n")
            .file(
                "/etc/sysctl.d/50-x.conf",
                "kernel.dmesg_restrict = 7\n-kernel.sysrq=438\nkernel.none = 1\n\
                 net/ipv4/conf/eth0.7/rp_filter = 1\nnet.ipv4.conf.*.log_martians = 1\n\
                 -net.ipv4.conf.default.log_martians\nkernel.sysrq\n",
            )
            .file(OLD_PATH, "kernel.dmesg_restrict = 8\n");
        let found = with_context(&host, observe).unwrap();
        let lines: Vec<String> =
            lines(&found.facts).into_iter().filter(|it| it.starts_with("sysctl.d")).collect();
        assert_eq!(
            lines[..3],
            [
                "sysctl.d kernel.dmesg_restrict = 8",
                "sysctl.d net.ipv4.conf.all.log_martians = 1",
                "sysctl.d net.ipv4.conf.eth0/7.rp_filter = 1",
            ]
        );
        assert!(!lines.iter().any(|it| it.contains("default")));
    }

    #[test]
    fn the_older_file_behind_a_link_counts_once_and_in_its_place() {
        let host = MapHost::new()
            .file("/proc/sys/kernel/sysrq", "1\n")
            .file(OLD_PATH, "kernel.sysrq = 3\n")
            .link("/etc/sysctl.d/10-sysctl.conf", "/etc/sysctl.conf")
            .file("/etc/sysctl.d/20-x.conf", "kernel.sysrq = 1\n");
        let found = with_context(&host, observe).unwrap();
        assert_eq!(lines(&found.facts), ["sysctl kernel.sysrq = 1"]);
    }

    #[test]
    fn a_key_that_needs_a_right_is_a_gap() {
        let host = MapHost::unprivileged().forbid("/proc/sys/fs/protected_fifos");
        let found = with_context(&host, observe).unwrap();
        assert_eq!(found.gaps[0].of.as_deref(), Some("sysctl: fs.protected_fifos"));
        assert!(matches!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { .. })));
    }

    proptest! {
        #[test]
        fn any_file_is_read_without_panic(text in "([a-z.*/=#; \n-]|\\PC){0,80}") {
            let _ = wanted(&[("/x".to_owned(), text)]);
        }
    }
}
