//! Sockets that wait for anybody, each as one chain: port, process, unit, package, container.
//!
//! A link of the chain that is missing has its own gap with the reason. What the kernel gives to UDP
//! clients is left out (see [`sockets::waiting`]). Sockets of other network namespaces are in none of the
//! tables that are read here: the source `network.namespaces` tells them.

use std::collections::HashSet;

use observation::latest::{Absent, Cadence, Fact, Gap, Listener, Platform, SourceId};

use crate::sources::context::Context;
use crate::sources::owners::Owners;
use crate::sources::persons::Persons;
use crate::sources::processes::{Holders, Process, own_sockets};
use crate::sources::sockets::{self, Socket};
use crate::sources::{Found, Source};

/// Listening sockets as chains.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("services.listeners"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let (all, complaints) = sockets::read(context.host)?;
    let (waiting, client_ports) = sockets::waiting(context.host, &all);
    let own = own_sockets(context.host);
    let (own, waiting): (Vec<&Socket>, Vec<&Socket>) =
        waiting.partition(|it| own.contains(&it.inode));
    let holders = Holders::find(context.host, &waiting.iter().map(|it| it.inode).collect());
    let programs: HashSet<String> = waiting
        .iter()
        .filter_map(|it| holders.of(it.inode).ok())
        .filter(|it| it.place.container.is_none() && !it.is_replaced)
        .filter_map(|it| it.executable.clone())
        .collect();
    let chain = Chain {
        holders,
        owners: Owners::find(context.host, context.now, &context.memory.lists, &programs),
        persons: Persons::read_or_none(context.host, context.names),
    };
    let mut found = Found { complaints, ..Found::default() };
    for socket in waiting {
        let (listener, gaps) = chain.follow(socket);
        found.facts.push(Fact::Listener(listener));
        found.gaps.extend(gaps);
    }
    found.gaps.extend(not_looked_at(client_ports, !own.is_empty()));
    Ok(found)
}

/// What this source leaves out on purpose.
fn not_looked_at(client_ports: (u16, u16), has_own: bool) -> Vec<Gap> {
    let gap = |why: &str, what: String| Gap {
        field: "listener".to_owned(),
        of: None,
        reason: Absent::NotLookedAt { why: why.to_owned(), what },
    };
    let (first, last) = client_ports;
    let mut gaps = vec![gap("client_ports", format!("udp/{first}-{last}"))];
    if has_own {
        gaps.push(gap("observing_process", "kataster".to_owned()));
    }
    gaps
}

/// What is needed to follow a socket to its package.
struct Chain<'a> {
    holders: Holders,
    owners: Owners,
    persons: Persons<'a>,
}

impl Chain<'_> {
    fn follow(&self, socket: &Socket) -> (Listener, Vec<Gap>) {
        let mut listener = Listener {
            transport: socket.transport,
            address: socket.local.ip(),
            port: socket.local.port(),
            binding: socket.binding(),
            process: None,
            executable: None,
            account: None,
            unit: None,
            package: None,
            container: None,
        };
        let mut gaps = Gaps { of: socket.label(), list: Vec::new() };
        match self.holders.of(socket.inode) {
            Ok(process) => self.add(process, &mut listener, &mut gaps),
            Err(reason) => gaps.add("listener.process", reason),
        }
        (listener, gaps.list)
    }

    fn add(&self, process: &Process, listener: &mut Listener, gaps: &mut Gaps) {
        listener.process = process.name();
        listener.executable = process.executable.as_deref().map(|it| self.persons.path(it));
        listener.container = process.place.container.clone();
        listener.unit = process.place.unit.as_deref().map(|it| self.persons.unit(it));
        if listener.unit.is_none() {
            let looked_at = "/proc/*/cgroup".to_owned();
            gaps.add("listener.unit", Absent::NotHere { looked_at });
        }
        if process.place.container.is_some() {
            // Numbers and paths of a container are not those of the host.
            gaps.not_looked_at("listener.account", "in_container", process);
            gaps.not_looked_at("listener.package", "in_container", process);
            return;
        }
        listener.account = process.uid.map(|it| self.persons.account(it));
        let Some(executable) = &process.executable else { return };
        if process.is_replaced {
            // The installed version is not the one that runs.
            gaps.not_looked_at("listener.package", "program_replaced", process);
            return;
        }
        match self.owners.of(executable) {
            Ok(owner) => listener.package = Some(owner),
            Err(reason) => gaps.add("listener.package", reason),
        }
    }
}

/// The gaps of one listener.
struct Gaps {
    of: String,
    list: Vec<Gap>,
}

impl Gaps {
    fn add(&mut self, field: &str, reason: Absent) {
        self.list.push(Gap { field: field.to_owned(), of: Some(self.of.clone()), reason });
    }

    fn not_looked_at(&mut self, field: &str, why: &str, process: &Process) {
        let what = process.name().unwrap_or_default();
        self.add(field, Absent::NotLookedAt { why: why.to_owned(), what });
    }
}

#[cfg(test)]
mod tests {
    use observation::latest::{
        Binding, OwnerPackage, PackageManager, Privilege, Transport, UserName,
    };

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    const HEAD: &str = "  sl  local_address rem_address\n";
    /// 0.0.0.0:443, number 41; 127.0.0.1:5432, number 42; an established one that is no listener.
    const TCP: &str = "0: 00000000:01BB 00000000:0000 0A 0:0 00:0 0 0 0 41 1\n\
        1: 0100007F:1538 00000000:0000 0A 0:0 00:0 0 101 0 42 1\n\
        2: 0100007F:1538 0100007F:C350 01 0:0 00:0 0 101 0 43 1\n";
    const NGINX: &str = "/system.slice/nginx.service";
    const HTTPS: &str = "tcp/0.0.0.0:443";

    fn machine(host: MapHost) -> MapHost {
        let passwd = "root:x:0:0::/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n";
        let status = "Package: nginx\nStatus: install ok installed\nVersion: 1.22.1-9\n";
        host.file("/proc/net/tcp", format!("{HEAD}{TCP}"))
            .file("/proc/net/udp", HEAD)
            .file("/etc/passwd", passwd)
            .file("/var/lib/dpkg/status", status)
            .file("/var/lib/dpkg/info/nginx.list", "/usr/sbin/nginx\n")
    }

    fn listeners(found: &Found) -> Vec<&Listener> {
        let mut listeners = Vec::new();
        for fact in &found.facts {
            let Fact::Listener(listener) = fact else { panic!("{fact:?}") };
            listeners.push(listener);
        }
        listeners
    }

    fn reason<'a>(found: &'a Found, field: &str) -> Option<&'a Absent> {
        let gap = found.gaps.iter().find(|it| it.field == field && it.of.as_deref() == Some(HTTPS));
        gap.map(|it| &it.reason)
    }

    #[test]
    fn a_listener_is_one_chain_from_port_to_package() {
        let host = machine(MapHost::new()).process(700, "nginx", "/usr/sbin/nginx", NGINX, &[41]);
        let found = with_context(&host, observe).unwrap();
        let expected = Listener {
            transport: Transport::Tcp,
            address: "0.0.0.0".parse().unwrap(),
            port: 443,
            binding: Binding::All,
            process: Some("nginx".to_owned()),
            executable: Some("/usr/sbin/nginx".to_owned()),
            account: Some(UserName::Clear("root".to_owned())),
            unit: Some("nginx.service".to_owned()),
            package: Some(OwnerPackage {
                manager: PackageManager::Dpkg,
                name: "nginx".to_owned(),
                version: "1.22.1-9".to_owned(),
            }),
            container: None,
        };
        assert_eq!(listeners(&found)[0], &expected);
        assert_eq!(listeners(&found).len(), 2);
        assert_eq!(reason(&found, "listener.package"), None);
    }

    #[test]
    fn without_rights_the_port_stays_and_says_what_is_missing() {
        let host = machine(MapHost::unprivileged())
            .process(700, "nginx", "/usr/sbin/nginx", NGINX, &[41])
            .forbid("/proc/700/fd");
        let found = with_context(&host, observe).unwrap();
        assert_eq!(listeners(&found)[0].port, 443);
        assert_eq!(listeners(&found)[0].process, None);
        let expected =
            Absent::NotAllowed { what: "/proc/*/fd".to_owned(), needs: Privilege::Ptrace };
        assert_eq!(reason(&found, "listener.process"), Some(&expected));
    }

    #[test]
    fn a_program_in_a_container_is_not_looked_up_in_the_hosts_packages() {
        let id = "0123456789abcdef0123456789abcdef";
        let group = format!("/system.slice/docker-{id}.scope");
        let host = machine(MapHost::new()).process(700, "nginx", "/usr/sbin/nginx", &group, &[41]);
        let found = with_context(&host, observe).unwrap();
        let listener = listeners(&found)[0];
        assert_eq!(listener.package, None);
        assert_eq!(listener.account, None);
        assert_eq!(listener.container.as_ref().map(|it| &*it.id), Some(id));
        let expected =
            Absent::NotLookedAt { why: "in_container".to_owned(), what: "nginx".to_owned() };
        assert_eq!(reason(&found, "listener.package"), Some(&expected));
    }

    #[test]
    fn the_version_of_a_replaced_program_is_not_claimed() {
        let program = "/usr/sbin/nginx (deleted)";
        let host = machine(MapHost::new()).process(700, "nginx", program, NGINX, &[41]);
        let found = with_context(&host, observe).unwrap();
        assert_eq!(listeners(&found)[0].package, None);
        let expected =
            Absent::NotLookedAt { why: "program_replaced".to_owned(), what: "nginx".to_owned() };
        assert_eq!(reason(&found, "listener.package"), Some(&expected));
    }

    #[test]
    fn a_program_below_a_home_folder_does_not_name_the_person() {
        let group = "/system.slice/srv@alice.service";
        let host = machine(MapHost::new()).process(700, "srv", "/home/alice/srv", group, &[41]);
        let found = with_context(&host, observe).unwrap();
        let text = serde_json::to_string(&found.facts).unwrap();
        assert!(!text.contains("alice"), "{text}");
        assert!(matches!(reason(&found, "listener.package"), Some(Absent::NotHere { .. })));
    }

    #[test]
    fn neither_arguments_nor_environment_nor_numbers_of_processes_leave_the_host() {
        let host = machine(MapHost::new())
            .process(31_337, "nginx", "/usr/sbin/nginx", NGINX, &[41])
            .process(31_338, "x", "/usr/sbin/x", "/", &[]);
        let found = with_context(&host, observe).unwrap();
        let text = format!("{found:?}");
        assert!(!text.contains("CANARY") && !text.contains("3133"), "{text}");
    }

    #[test]
    fn a_port_that_is_open_only_because_somebody_looks_is_left_out_and_said() {
        let host = machine(MapHost::new()).link("/proc/self/fd/7", "socket:[41]");
        let found = with_context(&host, observe).unwrap();
        assert!(listeners(&found).iter().all(|it| it.port != 443));
        let why = |it: &Gap| matches!(&it.reason, Absent::NotLookedAt { why, .. } if why == "observing_process");
        assert!(found.gaps.iter().any(why), "{:?}", found.gaps);
    }

    #[test]
    fn what_is_left_out_is_said() {
        let found = with_context(&machine(MapHost::new()), observe).unwrap();
        let reason = Absent::NotLookedAt {
            why: "client_ports".to_owned(),
            what: "udp/32768-60999".to_owned(),
        };
        let expected = Gap { field: "listener".to_owned(), of: None, reason };
        assert!(found.gaps.contains(&expected), "{:?}", found.gaps);
    }

    #[test]
    fn a_machine_without_the_kernels_tables_is_not_here() {
        let reason = with_context(&MapHost::new(), observe).unwrap_err();
        assert_eq!(reason, Absent::NotHere { looked_at: "/proc/net/tcp".to_owned() });
    }
}
