//! Which process holds a socket, and what kind of program it is. No number of a process, no
//! argument and no environment value leaves this module, and the latter two are never read.

use std::collections::{BTreeSet, HashMap, HashSet};

use observation::latest::{Absent, Privilege};

use crate::host::{Ask, Host, derived};
use crate::sources::cgroup::{self, Place};

/// Where processes are.
const PROC_PATH: &str = "/proc";
/// What the kernel writes behind the path of a program whose file is gone.
const DELETED_MARK: &str = " (deleted)";

/// A process, as far as this process may look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Process {
    /// Path of the program.
    pub(crate) executable: Option<String>,
    /// Whether the file of the program was replaced or removed since it started.
    pub(crate) is_replaced: bool,
    /// Effective user id.
    pub(crate) uid: Option<u32>,
    /// Unit and container.
    pub(crate) place: Place,
}

impl Process {
    /// Base name of the program.
    #[must_use]
    pub(crate) fn name(&self) -> Option<String> {
        let name = self.executable.as_deref()?.rsplit('/').next()?;
        (!name.is_empty()).then(|| name.to_owned())
    }
}

/// Who holds which socket.
#[derive(Debug, Default)]
pub(crate) struct Holders {
    by_inode: HashMap<u64, Process>,
    first_process: HashSet<u64>,
    is_complete: bool,
}

impl Holders {
    /// Looks for the holders of sockets.
    ///
    /// Of several holders the oldest number wins, so that a server is told by its main process and
    /// not by a worker; process 1 only where nobody else holds the socket.
    #[must_use]
    pub(crate) fn find(host: &dyn Host, wanted: &HashSet<u64>) -> Self {
        let mut holders = Self { is_complete: true, ..Self::default() };
        let mut missing: HashSet<u64> = wanted.iter().copied().filter(|it| *it != 0).collect();
        let (first, others): (Vec<_>, Vec<_>) = numbers(host).into_iter().partition(|it| *it == 1);
        for pid in others.into_iter().chain(first) {
            if missing.is_empty() {
                break;
            }
            holders.look_into(host, pid, &mut missing);
        }
        holders
    }

    fn look_into(&mut self, host: &dyn Host, pid: u32, missing: &mut HashSet<u64>) {
        let mut held = match host.sockets_of(pid) {
            Ok(held) => held,
            // It ended while we looked.
            Err(Absent::NotHere { .. }) => return,
            Err(_) => {
                self.is_complete = false;
                return;
            }
        };
        held.retain(|it| missing.remove(it));
        if held.is_empty() {
            return;
        }
        let process = describe(host, pid);
        if pid == 1 {
            self.first_process.extend(&held);
        }
        self.by_inode.extend(held.into_iter().map(|it| (it, process.clone())));
    }

    /// The holder of a socket, or why none is known.
    ///
    /// # Errors
    /// *Not allowed* where a process could not be looked into, *not here* where all could: then the
    /// kernel itself or a process beyond this namespace holds it.
    pub(crate) fn of(&self, inode: u64) -> Result<&Process, Absent> {
        self.by_inode.get(&inode).ok_or_else(|| match self.is_complete {
            true => Absent::NotHere { looked_at: "/proc/*/fd".to_owned() },
            false => Absent::NotAllowed { what: "/proc/*/fd".to_owned(), needs: Privilege::Ptrace },
        })
    }

    /// Whether only process 1 holds a socket.
    #[must_use]
    pub(crate) fn is_held_by_first_process(&self, inode: u64) -> bool {
        self.first_process.contains(&inode)
    }
}

/// The sockets of the observing process itself. They come and go with the observation: what listens
/// only because somebody looks is no part of what the machine is.
#[must_use]
pub(crate) fn own_sockets(host: &dyn Host) -> HashSet<u64> {
    let folder = format!("{PROC_PATH}/self/fd");
    let names = host.names(&folder).unwrap_or_default();
    let links = names.into_iter().filter_map(|it| host.link(&format!("{folder}/{it}")).ok());
    links.filter_map(|it| derived::socket_number(&it)).collect()
}

/// The units that have a process, or none where not all processes can be seen.
#[must_use]
pub(crate) fn places(host: &dyn Host) -> Option<Vec<Place>> {
    // With the mount option hidepid, process 1 is hidden like all others.
    host.text("/proc/1/cgroup").ok()?;
    let texts = numbers(host)
        .into_iter()
        .filter_map(|pid| host.text(&format!("{PROC_PATH}/{pid}/cgroup")).ok());
    Some(texts.map(|it| cgroup::parse(&it)).collect())
}

/// The paths of all running programs that this process may see.
#[must_use]
pub(crate) fn executables(host: &dyn Host) -> BTreeSet<String> {
    let links = numbers(host)
        .into_iter()
        .filter_map(|pid| host.link(&format!("{PROC_PATH}/{pid}/exe")).ok());
    links.map(|it| strip_deleted(&it).0.to_owned()).collect()
}

/// A network namespace other than that of this process, seen through its oldest process.
#[derive(Debug, Clone)]
pub(crate) struct OtherNetwork {
    /// Number of the process. Not to leave the host.
    pub(crate) process_number: u32,
    /// The process.
    pub(crate) process: Process,
}

/// The network namespaces of the machine.
#[derive(Debug, Default)]
pub(crate) struct OtherNetworks {
    /// All but that of this process, in the order of their oldest processes.
    pub(crate) others: Vec<OtherNetwork>,
    /// Number of processes that may not be looked at.
    pub(crate) hidden: usize,
}

/// Looks for network namespaces other than this process's own: their sockets and links are in none of
/// the tables that it reads.
///
/// # Errors
/// Why not even the own one can be told.
pub(crate) fn other_networks(host: &dyn Host) -> Result<OtherNetworks, Absent> {
    let own = host.link("/proc/self/ns/net")?;
    let mut found = OtherNetworks::default();
    let mut seen = HashSet::from([own]);
    for process_number in numbers(host) {
        match host.link(&format!("{PROC_PATH}/{process_number}/ns/net")) {
            Ok(namespace) => {
                if seen.insert(namespace) {
                    let process = describe(host, process_number);
                    found.others.push(OtherNetwork { process_number, process });
                }
            }
            // It ended while we looked.
            Err(Absent::NotHere { .. }) => {}
            Err(_) => found.hidden += 1,
        }
    }
    Ok(found)
}

/// Where the tables of each network namespace stand that this process can reach, its own first.
#[must_use]
pub(crate) fn network_namespaces(host: &dyn Host) -> Vec<String> {
    let mut folders = vec![format!("{PROC_PATH}/net")];
    let Ok(own) = host.link("/proc/self/ns/net") else { return folders };
    let mut seen = HashSet::from([own]);
    for pid in numbers(host) {
        let Ok(namespace) = host.link(&format!("{PROC_PATH}/{pid}/ns/net")) else { continue };
        if seen.insert(namespace) {
            folders.push(format!("{PROC_PATH}/{pid}/net"));
        }
    }
    folders
}

fn numbers(host: &dyn Host) -> Vec<u32> {
    let names = host.names(PROC_PATH).unwrap_or_default();
    let mut numbers: Vec<u32> = names.iter().filter_map(|it| it.parse().ok()).collect();
    numbers.sort_unstable();
    numbers
}

fn describe(host: &dyn Host, pid: u32) -> Process {
    let base = format!("{PROC_PATH}/{pid}");
    let link = host.link(&format!("{base}/exe")).ok();
    let stripped = link.as_deref().map(strip_deleted);
    Process {
        executable: stripped.map(|(path, _)| path.to_owned()),
        is_replaced: stripped.is_some_and(|(_, is_deleted)| is_deleted),
        uid: host.text(&format!("{base}/status")).ok().and_then(|it| effective_user(&it)),
        place: host
            .text(&format!("{base}/cgroup"))
            .map(|it| cgroup::parse(&it))
            .unwrap_or_default(),
    }
}

fn strip_deleted(target: &str) -> (&str, bool) {
    match target.strip_suffix(DELETED_MARK) {
        Some(path) => (path, true),
        None => (target, false),
    }
}

/// Real, effective, saved and file system id stand in this order.
fn effective_user(status: &str) -> Option<u32> {
    let line = status.lines().find_map(|it| it.strip_prefix("Uid:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::testing::MapHost;

    const NGINX: &str = "/system.slice/nginx.service";

    #[test]
    fn the_main_process_stands_for_its_workers() {
        let host = MapHost::new().process(700, "nginx", "/usr/sbin/nginx", NGINX, &[4, 5]).process(
            701,
            "worker",
            "/usr/sbin/worker",
            NGINX,
            &[4, 5],
        );
        let holders = Holders::find(&host, &HashSet::from([5]));
        let process = holders.of(5).unwrap();
        assert_eq!(process.name().as_deref(), Some("nginx"));
        assert_eq!(process.place.unit.as_deref(), Some("nginx.service"));
        assert_eq!(process.uid, Some(0));
        assert!(!holders.is_held_by_first_process(5));
    }

    #[test]
    fn process_1_is_named_only_where_nobody_else_holds_the_socket() {
        let host = MapHost::new()
            .process(1, "systemd", "/usr/lib/systemd/systemd", "/init.scope", &[4, 5])
            .process(700, "sshd", "/usr/sbin/sshd", "/system.slice/ssh.service", &[5]);
        let holders = Holders::find(&host, &HashSet::from([4, 5]));
        assert_eq!(holders.of(5).unwrap().name().as_deref(), Some("sshd"));
        assert!(holders.is_held_by_first_process(4));
    }

    #[test]
    fn a_socket_without_holder_is_not_allowed_or_not_here() {
        let complete = MapHost::new().process(700, "a", "/a", "/", &[]);
        let reason = Holders::find(&complete, &HashSet::from([9])).of(9).unwrap_err();
        assert!(matches!(reason, Absent::NotHere { .. }));
        let partial = MapHost::new().process(700, "a", "/a", "/", &[]).forbid("/proc/700/fd");
        let reason = Holders::find(&partial, &HashSet::from([9])).of(9).unwrap_err();
        let expected =
            Absent::NotAllowed { what: "/proc/*/fd".to_owned(), needs: Privilege::Ptrace };
        assert_eq!(reason, expected);
    }

    #[test]
    fn a_process_whose_sockets_have_names_but_no_targets_is_not_allowed() {
        let host = MapHost::new().process(1, "tini", "/tini", "/", &[9]).forbid("/proc/1/fd/0");
        let reason = Holders::find(&host, &HashSet::from([9])).of(9).unwrap_err();
        assert!(matches!(reason, Absent::NotAllowed { .. }));
    }

    #[test]
    fn a_program_whose_file_was_replaced_is_known_as_such() {
        let host = MapHost::new().process(7, "a", "/usr/sbin/a (deleted)", "/", &[4]);
        let holders = Holders::find(&host, &HashSet::from([4]));
        let process = holders.of(4).unwrap();
        assert_eq!(process.executable.as_deref(), Some("/usr/sbin/a"));
        assert!(process.is_replaced);
    }

    #[test]
    fn each_other_network_is_seen_once() {
        let host = MapHost::new()
            .link("/proc/self/ns/net", "net:[1]")
            .process(700, "a", "/usr/sbin/a", "/", &[])
            .process(701, "b", "/usr/sbin/b", "/", &[])
            .process(702, "c", "/usr/sbin/c", "/", &[])
            .process(703, "d", "/usr/sbin/d", "/", &[])
            .link("/proc/701/ns/net", "net:[2]")
            .link("/proc/702/ns/net", "net:[2]")
            .forbid("/proc/703/ns");
        let networks = other_networks(&host).unwrap();
        assert_eq!(networks.others.len(), 1);
        assert_eq!(networks.others[0].process_number, 701);
        assert_eq!((networks.others[0].process.name().as_deref(), networks.hidden), (Some("b"), 1));
    }

    #[test]
    fn hidden_processes_make_the_units_unknown() {
        let host = MapHost::unprivileged().process(700, "a", "/usr/sbin/a", NGINX, &[]);
        assert_eq!(places(&host), None);
        let host = host.process(1, "systemd", "/s", "/init.scope", &[]);
        assert_eq!(places(&host).unwrap().len(), 2);
    }

    #[test]
    fn the_effective_user_is_the_second() {
        assert_eq!(effective_user("Uid:\t1000\t33\t1\t1\n"), Some(33));
        assert_eq!(effective_user("Uid:\n"), None);
    }
}
