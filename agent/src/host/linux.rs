//! Linux answers from its own files and kernel.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the door to the machine that every other module must go through"
)]

mod block_device;
mod clock;
mod disk_health;
mod figures;
mod fwupd;
mod guarded;
mod luks;
mod management;
mod name_space;
mod netlink;
mod netlink_wire;
mod network_driver;
mod nf_tables;
mod parts;
mod rights;
mod routing;
mod tpm;
mod tree;
mod walk;

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;

use observation::latest::{Absent, Privilege};

pub use guarded::GuardedHost;

use super::{
    Apart, Host, LinkAddress, LinkState, NeighbourState, PathStatus, Reply, Request, Rights,
    RouteState, Space, SystemNames,
};
use super::{derived, served};

/// Most bytes of the kernel's statement about this process.
const STATUS_BYTES_MAX: u64 = 64 * 1024;
/// Nanoseconds of a second.
const NANOSECONDS_PER_SECOND: i64 = 1_000_000_000;

/// Room for files whose size the kernel does not tell, such as those of `/proc`.
const ROOM_BYTES: u64 = 1024;
/// Tables of TCP below `/proc/net` and `/proc/<pid>/net`.
const TCP_TABLES: &[&str] = &["/net/tcp", "/net/tcp6"];
/// Least bytes that the kernel gives at once of a table with more lines (seq_file.c fills at least a page), less the
/// longest line, which has 181 bytes.
const TABLE_PIECE_BYTES_MIN: usize = 4096 - 256;
/// Most bytes of a table that are read at once.
const TABLE_PIECE_BYTES: usize = 16 * 1024;

/// The machine that this process runs on.
#[derive(Debug, Default)]
pub struct LinuxHost;

impl Host for LinuxHost {
    fn ask(&self, request: &Request) -> Result<Reply, Absent> {
        match request {
            Request::File { path, bytes_max } => read_file(path, *bytes_max).map(Reply::File),
            Request::FileHash { path, bytes_max } => {
                parts::hash(path, *bytes_max).map(Reply::FileHash)
            }
            Request::FilePart { path, offset, bytes_max, follows_links } => {
                parts::read_part(path, *offset, *bytes_max, *follows_links).map(Reply::FilePart)
            }
            Request::Folder { path, names_max } => read_folder(path, *names_max).map(Reply::Folder),
            Request::Link { path } => read_link(path).map(Reply::Link),
            Request::Status { path } => path_status(path).map(Reply::Status),
            Request::Space { path } => space(path).map(Reply::Space),
            Request::SystemNames => Ok(Reply::SystemNames(system_names())),
            Request::Rights => rights().map(Reply::Rights),
            Request::Tree { path, depth_max, entries_max, marks } => {
                tree::tree(path, *depth_max, *entries_max, marks).map(Reply::Tree)
            }
            Request::Links => links().map(Reply::Links),
            Request::Routes => routes().map(Reply::Routes),
            Request::Neighbours => neighbours().map(Reply::Neighbours),
            Request::HeardOnLinks => Err(super::ears::not_listening()),
            Request::SampledConnections => Err(super::ears::not_sampling()),
            Request::Figures => figures::figures().map(Reply::Figures),
            Request::ServedCertificate { address, port } => {
                served::served_certificate(*address, *port).map(Reply::ServedCertificate)
            }
            Request::Firewall => nf_tables::rule_set().map(Reply::Firewall),
            Request::NetworkOf { process } => {
                name_space::network_of(*process).map(Reply::NetworkOf)
            }
            Request::PasswordGuards => derived::password_guards(self),
            Request::SocketsOf { process } => derived::sockets_of(self, *process),
            Request::DiskHealth { disk } => disk_health::log(disk).map(Reply::DiskHealth),
            Request::FwupdDevices => fwupd::devices().map(Reply::FwupdDevices),
            Request::LuksHeader { device } => luks::header(device).map(Reply::LuksHeader),
            Request::ManagementNetwork => management::network().map(Reply::ManagementNetwork),
            Request::NetworkDriver { interface } => {
                network_driver::driver(interface).map(Reply::NetworkDriver)
            }
            Request::ClockState => clock::state().map(Reply::ClockState),
            Request::TpmProperties => tpm::properties().map(Reply::TpmProperties),
        }
    }

    fn apart(&self) -> Option<Apart> {
        Some(Apart::new(Arc::new(Self), Arc::default()))
    }
}

fn read_file(path: &str, bytes_max: u64) -> Result<Vec<u8>, Absent> {
    let absent = |error: &io::Error| absent(path, error);
    let metadata = fs::metadata(path).map_err(|it| absent(&it))?;
    let kind = metadata.file_type();
    // A pipe or device planted in place of a file would block or never end.
    if kind.is_fifo() || kind.is_socket() || kind.is_char_device() || kind.is_block_device() {
        return Err(failed(path, "it is not a regular file"));
    }
    // With room for the whole file and the look at its end, the kernel is asked twice and not a dozen times.
    let room = metadata.len().min(bytes_max).saturating_add(1).max(ROOM_BYTES);
    let mut bytes = Vec::with_capacity(usize::try_from(room).unwrap_or_default());
    let file = fs::File::open(path).map_err(|it| absent(&it))?;
    if path.starts_with("/proc/") && TCP_TABLES.iter().any(|it| path.ends_with(it)) {
        read_table(file, bytes_max, &mut bytes).map_err(|it| absent(&it))?;
    } else {
        file.take(bytes_max + 1).read_to_end(&mut bytes).map_err(|it| absent(&it))?;
    }
    if bytes.len() as u64 > bytes_max {
        return Err(failed(path, &format!("it is larger than {bytes_max} bytes")));
    }
    Ok(bytes)
}

/// Reads a table of TCP up to the piece that is not full, which is the last: to say that nothing follows, the kernel
/// would look once more through all places for connections, a quarter of a million on a large machine.
fn read_table(mut table: impl Read, bytes_max: u64, bytes: &mut Vec<u8>) -> io::Result<()> {
    let mut buffer = [0; TABLE_PIECE_BYTES];
    loop {
        let count = match table.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        bytes.extend_from_slice(buffer.get(..count).unwrap_or_default());
        if count < TABLE_PIECE_BYTES_MIN || bytes.len() as u64 > bytes_max {
            return Ok(());
        }
    }
}

fn read_folder(path: &str, names_max: usize) -> Result<Vec<String>, Absent> {
    let mut names = Vec::new();
    for entry in fs::read_dir(path).map_err(|it| absent(path, &it))? {
        let entry = entry.map_err(|it| absent(path, &it))?;
        if names.len() == names_max {
            return Err(failed(path, &format!("it holds more than {names_max} entries")));
        }
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.sort_unstable();
    Ok(names)
}

fn read_link(path: &str) -> Result<String, Absent> {
    let target = fs::read_link(path).map_err(|it| absent(path, &it))?;
    Ok(target.to_string_lossy().into_owned())
}

fn path_status(path: &str) -> Result<PathStatus, Absent> {
    let metadata = fs::metadata(Path::new(path)).map_err(|it| absent(path, &it))?;
    Ok(PathStatus {
        is_folder: metadata.is_dir(),
        is_executable: metadata.is_file() && metadata.permissions().mode() & 0o111 != 0,
        size_bytes: metadata.len(),
        owner: metadata.uid(),
        modified_seconds: metadata.mtime(),
        changed_nanoseconds: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
    })
}

/// A time of the kernel as one number, up to the year 2262.
fn nanoseconds(seconds: i64, rest: i64) -> i64 {
    seconds.saturating_mul(NANOSECONDS_PER_SECOND).saturating_add(rest)
}

fn system_names() -> SystemNames {
    let names = rustix::system::uname();
    let text = |it: &std::ffi::CStr| it.to_string_lossy().into_owned();
    SystemNames {
        system: text(names.sysname()),
        node: text(names.nodename()),
        release: text(names.release()),
        version: text(names.version()),
        machine: text(names.machine()),
    }
}

fn space(path: &str) -> Result<Space, Absent> {
    let found = rustix::fs::statvfs(path).map_err(|it| absent(path, &it.into()))?;
    let bytes = |blocks: u64| blocks.saturating_mul(found.f_frsize);
    Ok(Space { total_bytes: bytes(found.f_blocks), available_bytes: bytes(found.f_bavail) })
}

fn rights() -> Result<Rights, Absent> {
    const STATUS: &str = "/proc/self/status";
    // Rights are those of the thread that asks; Linux before 3.17 tells those of the first one alone.
    let bytes = read_file("/proc/thread-self/status", STATUS_BYTES_MAX)
        .or_else(|_| read_file(STATUS, STATUS_BYTES_MAX))?;
    rights::parse(&String::from_utf8_lossy(&bytes))
        .ok_or_else(|| failed(STATUS, "it does not state the user"))
}

fn links() -> Result<Vec<LinkState>, Absent> {
    let entries = netlink::dump(routing::RTM_GETLINK, &routing::links_body())?;
    let mut links: Vec<LinkState> = entries.iter().filter_map(|it| routing::link(it)).collect();
    let addresses = netlink::dump(routing::RTM_GETADDR, &[0; 8])?;
    for (index, address) in addresses.iter().filter_map(|it| routing::address(it)) {
        if let Some(link) = links.iter_mut().find(|it| it.index == index) {
            link.addresses.push(address);
        }
    }
    Ok(links)
}

fn routes() -> Result<Vec<RouteState>, Absent> {
    let entries = netlink::dump(routing::RTM_GETROUTE, &[0; 12])?;
    Ok(entries.iter().filter_map(|it| routing::routes(it)).flatten().collect())
}

fn neighbours() -> Result<Vec<NeighbourState>, Absent> {
    let entries = netlink::dump(routing::RTM_GETNEIGH, &[0; 12])?;
    Ok(entries.iter().filter_map(|it| routing::neighbour(it)).collect())
}

/// *Not here*, *not allowed* or *failed*, by the error of the system.
fn absent(path: &str, error: &io::Error) -> Absent {
    let kind = error.kind();
    if matches!(kind, io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) {
        return Absent::NotHere { looked_at: path.to_owned() };
    }
    if kind == io::ErrorKind::PermissionDenied {
        return Absent::NotAllowed { what: path.to_owned(), needs: Privilege::Root };
    }
    failed(path, &error.to_string())
}

fn failed(path: &str, cause: &str) -> Absent {
    Absent::Failed { doing: format!("reading {path}"), cause: cause.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::Ask;
    use super::*;

    fn file(path: &str, bytes_max: u64) -> Result<Reply, Absent> {
        LinuxHost.ask(&Request::File { path: path.to_owned(), bytes_max })
    }

    #[test]
    fn a_file_is_read_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ten");
        fs::write(&path, "0123456789").unwrap();
        let path = path.to_str().unwrap();
        assert_eq!(file(path, 10), Ok(Reply::File(b"0123456789".to_vec())));
        assert!(matches!(file(path, 9), Err(Absent::Failed { .. })));
        assert_eq!(LinuxHost.status(path).unwrap().size_bytes, 10);
    }

    /// Gives a page at once, whole lines alone, as the kernel does, and says how often it was asked.
    struct Table {
        lines: usize,
        asked: usize,
    }

    impl Read for &mut Table {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            const LINE: usize = 150;
            self.asked += 1;
            let count = self.lines.min(4096.min(buffer.len()) / LINE);
            self.lines -= count;
            buffer[..count * LINE].fill(b'x');
            Ok(count * LINE)
        }
    }

    #[test]
    fn a_table_is_read_whole_and_its_end_is_not_asked_for() {
        let read = |lines: usize, bytes_max: u64| {
            let (mut table, mut bytes) = (Table { lines, asked: 0 }, Vec::new());
            read_table(&mut table, bytes_max, &mut bytes).unwrap();
            (bytes.len() / 150, table.asked)
        };
        assert_eq!(read(2, u64::MAX), (2, 1));
        assert_eq!(read(27, u64::MAX), (27, 2), "a full page");
        assert_eq!(read(100, u64::MAX), (100, 4));
        // What is too long ends.
        assert_eq!(read(1_000_000, 10_000), (81, 3));
    }

    #[test]
    fn a_listener_of_this_process_stands_in_the_table() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let connections: Vec<_> = (0..60)
            .map(|_| std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap())
            .collect();
        let whole = fs::read_to_string("/proc/net/tcp").unwrap();
        let Ok(Reply::File(bytes)) = file("/proc/net/tcp", 1024 * 1024) else { panic!("not read") };
        let port = format!(":{:04X} ", listener.local_addr().unwrap().port());
        let count = |it: &str| it.matches(&port).count();
        assert!(count(&whole) > connections.len());
        assert_eq!(count(&String::from_utf8(bytes).unwrap()), count(&whole));
    }

    #[test]
    fn devices_are_not_read() {
        for path in ["/dev/null", "/dev/zero"] {
            assert!(matches!(file(path, 10), Err(Absent::Failed { .. })), "{path}");
        }
    }

    #[test]
    fn a_missing_path_is_not_here_whatever_was_asked_of_it() {
        let path = "/nonexistent/kataster";
        let looked_at = path.to_owned();
        let expected = Absent::NotHere { looked_at };
        assert_eq!(file(path, 10), Err(expected.clone()));
        assert_eq!(LinuxHost.names(path), Err(expected.clone()));
        assert_eq!(LinuxHost.link(path), Err(expected.clone()));
        assert_eq!(LinuxHost.space(path), Err(expected));
    }

    #[test]
    fn a_folder_with_too_many_names_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b", "a"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let path = folder.path().to_str().unwrap().to_owned();
        let ask = |names_max| LinuxHost.ask(&Request::Folder { path: path.clone(), names_max });
        assert_eq!(ask(2), Ok(Reply::Folder(vec!["a".to_owned(), "b".to_owned()])));
        assert!(matches!(ask(1), Err(Absent::Failed { .. })));
    }

    #[test]
    fn the_kernel_states_rights_names_and_figures() {
        assert_eq!(LinuxHost.rights().unwrap().user, rustix::process::geteuid().as_raw());
        assert_eq!(LinuxHost.system_names().unwrap().system, "Linux");
        assert!(LinuxHost.figures().unwrap().memory_bytes > Some(1024 * 1024));
        let space = LinuxHost.space("/").unwrap();
        assert!(space.available_bytes <= space.total_bytes);
    }

    #[test]
    fn the_kernel_lists_its_links_where_it_may_be_asked() {
        // A sandbox may forbid the socket; then the reason must say so.
        match LinuxHost.links() {
            Ok(links) => assert!(links.iter().any(|it| it.hardware_type == 772), "{links:?}"),
            Err(reason) => assert!(!matches!(reason, Absent::Failed { .. }), "{reason:?}"),
        }
        for is_read in [LinuxHost.routes().is_ok(), LinuxHost.neighbours().is_ok()] {
            assert_eq!(is_read, LinuxHost.links().is_ok());
        }
    }
}
