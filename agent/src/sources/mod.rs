//! The sources, one file each, by domain. A source reads one thing of a host and says what it read.
//!
//! Sources are portable: they reach the machine through [`Host`] alone and never use one another.
//! What two of them need stands in a module of this folder itself.

pub mod context;

mod apk;
mod apt_config;
mod attribute;
mod blocks;
mod cgroup;
mod database_servers;
mod disk_log;
mod dnsmasq;
mod dpkg;
mod drop_ins;
mod elf;
mod extensions;
mod firmware_level;
mod glob;
mod guests;
mod homes;
mod ini;
mod kea;

mod languages;
pub(crate) mod links;
mod members;
mod mounts;
mod named;
mod owners;
mod packed;
mod pacman;
mod pem;
mod person_text;
mod persons;
mod pieces;
mod power_supply;
mod processes;
mod rpm;
pub mod samples;
mod secrets;
mod server_settings;
mod settings;
mod sockets;
mod sqlite;
mod sshd_config;
mod systemd;
mod sysv;
#[cfg(test)]
pub(crate) mod testing;
mod tls_files;
mod trace_table;
mod trees;
mod versions;
mod witness;
mod zip;

mod accounts;
mod certificates;
mod configuration;
mod directory;
mod firmware;
mod hardware;
mod licences;
mod network;
mod protection;
mod services;
mod software;
mod storage;
mod system;
mod updates;

use std::collections::HashSet;

use observation::latest::{
    Absent, Cadence, Complaint, Fact, Gap, OwnerPackage, Platform, SourceId,
};

use crate::host::Host;
pub use context::{Context, Memory, Options};

/// The last domain, in the order of ids, whose sources ask who owns a file: behind it the lists of files, megabytes
/// on a large machine, are let go before others need the memory.
const LAST_WITH_OWNERS: &str = "software";

/// One source.
pub struct Source {
    /// `domain.name`, equal to the path of its file.
    pub id: SourceId,
    /// Where it exists.
    pub platforms: &'static [Platform],
    /// Whether it takes part in the host hash.
    pub cadence: Cadence,
    /// Reads it.
    pub observe: fn(&Context<'_>) -> Result<Found, Absent>,
}

impl Source {
    /// Reads it, with no more in memory than it can need.
    ///
    /// # Errors
    /// Why there is nothing.
    pub fn read(&self, context: &Context<'_>) -> Result<Found, Absent> {
        let domain = self.id.as_str().split('.').next();
        if domain.is_some_and(|it| it > LAST_WITH_OWNERS) {
            context.memory.lists.forget();
        }
        (self.observe)(context)
    }
}

/// What a source found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// The statements.
    pub facts: Vec<Fact>,
    /// What it could not see.
    pub gaps: Vec<Gap>,
    /// What it could not understand.
    pub complaints: Vec<Complaint>,
}

/// All sources, sorted by id.
pub fn all() -> impl Iterator<Item = &'static Source> {
    // Sorted: the order of the domains is the order of the ids.
    let domains = [
        accounts::SOURCES,
        certificates::SOURCES,
        configuration::SOURCES,
        directory::SOURCES,
        firmware::SOURCES,
        hardware::SOURCES,
        licences::SOURCES,
        network::SOURCES,
        protection::SOURCES,
        services::SOURCES,
        software::SOURCES,
        storage::SOURCES,
        system::SOURCES,
        updates::SOURCES,
    ];
    domains.into_iter().flatten().copied()
}

/// The package that owns a file.
///
/// # Errors
/// *Not here* where no package owns it, else why the lists could not be read.
pub(crate) fn owner_of(host: &dyn Host, path: &str) -> Result<OwnerPackage, Absent> {
    let paths = HashSet::from([path.to_owned()]);
    owners::Owners::find(host, jiff::Timestamp::MIN, &owners::FileLists::default(), &paths).of(path)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use jiff::Timestamp;
    use observation::latest::NameKey;

    use super::testing::MapHost;
    use super::*;
    use crate::host::{Reply, Request};
    use crate::names::Names;

    const PROGRAM: &str = "/usr/sbin/sshd";
    const LIST: &str = "/var/lib/dpkg/info/openssh-server.list";

    /// A machine with one package that counts how often its list of files is read.
    struct Counting {
        machine: MapHost,
        readings: AtomicUsize,
    }

    impl Counting {
        fn new() -> Self {
            let status = "Package: openssh-server\nStatus: install ok installed\nVersion: 1\n";
            let machine = MapHost::new()
                .file("/var/lib/dpkg/status", status)
                .file(LIST, format!("{PROGRAM}\n"));
            Self { machine, readings: AtomicUsize::new(0) }
        }
    }

    impl Host for Counting {
        fn ask(&self, request: &Request) -> Result<Reply, Absent> {
            if matches!(request, Request::FilePart { path, .. } if path == LIST) {
                self.readings.fetch_add(1, Ordering::Relaxed);
            }
            self.machine.ask(request)
        }
    }

    /// A source that asks who owns a file.
    const fn asking(id: &'static str) -> Source {
        fn observe(context: &Context<'_>) -> Result<Found, Absent> {
            let paths = HashSet::from([PROGRAM.to_owned()]);
            let owner =
                owners::Owners::find(context.host, context.now, &context.memory.lists, &paths);
            let owner = owner.of(PROGRAM)?;
            assert_eq!(owner.name, "openssh-server");
            Ok(Found::default())
        }
        let id = SourceId::from_static(id);
        Source { id, platforms: &[Platform::Linux], cadence: Cadence::Steady, observe }
    }

    /// How often the list had been read after each of these sources of one run.
    fn readings_after(ids: &[&'static str]) -> Vec<usize> {
        let host = Counting::new();
        let names = Names::new(NameKey::Run, b"test");
        let memory = Memory::default();
        let context = Context {
            host: &host,
            now: Timestamp::UNIX_EPOCH,
            names: &names,
            options: Options::default(),
            memory: &memory,
        };
        let reading = |id: &&'static str| {
            asking(id).read(&context).unwrap();
            host.readings.load(Ordering::Relaxed)
        };
        ids.iter().map(reading).collect()
    }

    #[test]
    fn lists_of_files_are_read_once_up_to_the_last_domain_that_needs_them() {
        let ids = ["services.listeners", "services.units", "software.executables"];
        assert_eq!(readings_after(&ids), [1, 1, 1]);
    }

    #[test]
    fn behind_the_last_domain_that_needs_them_lists_of_files_are_let_go() {
        for next in ["storage.raid", "system.kernel", "updates.missing"] {
            // Who asks again reads again: nothing of the first reading is in memory any longer.
            assert_eq!(readings_after(&["software.executables", next]), [1, 2], "{next}");
        }
        // By the domain and not by letters alone.
        assert_eq!(readings_after(&["services.units", "software.zzz"]), [1, 1]);
    }

    #[test]
    fn sources_are_sorted_by_id_and_no_id_occurs_twice() {
        let ids: Vec<&str> = all().map(|it| it.id.as_str()).collect();
        let mut sorted = ids.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(ids, sorted);
    }
}
