//! The privileged reader as a process of its own, asked by a thread without rights.
//!
//! What needs root stays away without it: a thread can only give up rights that it has, and the account
//! without rights is none that a user namespace of an ordinary account knows. Where all tests must run
//! (.ci/run), that is a failure.

#![expect(clippy::unwrap_used, reason = "a test stops where its reader fails")]

use std::collections::BTreeSet;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use jiff::Timestamp;
use kataster_agent::host::{Ask, Host, Layered, LinuxHost, Reply, Request, grants};
use kataster_agent::names::Names;
use kataster_agent::report::{Identity, Selection, collect};
use kataster_agent::sources::{self, Context, Memory, Options};
use observation::latest::written::{Outcome, Report};
use observation::latest::{Absent, NameKey, ReportNumber};
use rustix::process::{Gid, Uid};

/// An account without rights under every distribution's number.
const NOBODY: u32 = 65_534;
/// One of the numbers that systemd gives to accounts of services (systemd.exec(5), `DynamicUser=`).
const DYNAMIC: &str = "61234";

/// Whether this is root. Where all tests must run, who is not may not pass.
fn is_root() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    assert!(is_root || std::env::var_os("KATASTER_WHOLE").is_none(), "not root");
    is_root
}

/// Does something in a thread that has no rights at all.
fn without_rights<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = thread::spawn(move || {
        let (user, group) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
        rustix::thread::set_thread_groups(&[]).unwrap();
        rustix::thread::set_thread_res_gid(group, group, group).unwrap();
        rustix::thread::set_thread_res_uid(user, user, user).unwrap();
        work()
    });
    thread.join().unwrap()
}

/// A reader as root.
#[expect(clippy::disallowed_methods, reason = "the reader is a process of its own")]
fn as_root() -> Command {
    Command::new(env!("CARGO_BIN_EXE_kataster-agent"))
}

/// A reader with account, groups and rights of its unit, as far as setpriv(1) gives them without systemd; its
/// restrictions of devices, system calls and writing are not there.
#[expect(clippy::disallowed_methods, reason = "the reader is a process of its own")]
fn as_in_its_unit() -> Command {
    let mut command = Command::new("setpriv");
    let rights = of_unit("AmbientCapabilities=");
    let rights: Vec<String> = rights
        .iter()
        .map(|it| format!("+{}", it.trim_start_matches("CAP_").to_lowercase()))
        .collect();
    let rights = format!("-all,{}", rights.join(","));
    for option in ["--inh-caps", "--ambient-caps", "--bounding-set"] {
        command.args([option, &rights]);
    }
    let passwd = LinuxHost.text("/etc/group").unwrap();
    let number = |group: &str| {
        let mut groups = passwd.lines().map(|it| it.split(':').collect::<Vec<_>>());
        // Not every machine has the group of the TPM; the package makes it.
        groups.find(|it| it.first() == Some(&group)).map(|it| (*it.get(2).unwrap()).to_owned())
    };
    let groups: Vec<String> =
        of_unit("SupplementaryGroups=").iter().filter_map(|it| number(it)).collect();
    command
        .args(["--reuid", DYNAMIC, "--regid", DYNAMIC, "--groups", &groups.join(",")])
        .arg("--no-new-privs")
        .arg(env!("CARGO_BIN_EXE_kataster-agent"));
    command
}

/// The words of a line of the reader's unit.
fn of_unit(key: &str) -> Vec<&'static str> {
    let unit = include_str!("../../deploy/systemd/kataster-agent-reader@.service");
    let value = unit.lines().find_map(|it| it.strip_prefix(key)).unwrap();
    value.split_whitespace().collect()
}

/// What the service manager does: a reader for each connection, with the connection as standard input.
fn open_the_door(account: &'static str) -> (tempfile::TempDir, PathBuf) {
    open_the_door_to(account, as_root)
}

fn open_the_door_to(
    account: &'static str,
    reader: fn() -> Command,
) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("reader.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    for (path, mode) in [(folder.path(), 0o755), (socket.as_path(), 0o666)] {
        std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    }
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = reader()
                .args(["reader", "--account", account])
                .stdin(Stdio::from(OwnedFd::from(stream.unwrap())))
                .stdout(Stdio::null())
                .spawn()
                .unwrap();
            thread::spawn(move || reader.wait());
        }
    });
    (folder, socket)
}

fn look(host: &dyn Host) -> Report {
    let names = Names::new(NameKey::Run, b"test");
    let options = Options { reports_connections: true, ..Options::default() };
    let context = Context {
        host,
        now: Timestamp::UNIX_EPOCH,
        names: &names,
        options,
        memory: &Memory::default(),
    };
    let number = ReportNumber { epoch: 0, sequence: 0 };
    collect(&context, Identity { agent: None, number }, Selection::All)
}

/// What a report could not see for want of rights.
fn refusals(report: &Report) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for section in &report.sections {
        let mut add = |reason: &Absent| {
            if let Absent::NotAllowed { what, .. } = reason {
                found.insert(format!("{}: {what}", section.body.source));
            }
        };
        match &section.body.outcome {
            Outcome::Absent { reason } => add(reason),
            Outcome::Read { gaps, .. } => gaps.iter().for_each(|it| add(&it.reason)),
        }
    }
    found
}

#[test]
fn without_rights_the_agent_sees_with_the_reader_what_root_sees() {
    if !is_root() {
        return;
    }
    let (_folder, socket) = open_the_door("nobody");
    let of_root = look(&LinuxHost);
    let alone = without_rights(|| look(&LinuxHost));
    let together = without_rights(move || look(&Layered::new(Some(&socket))));
    let refused_alone = refusals(&alone);
    assert!(refused_alone.iter().any(|it| it.contains("/etc/shadow")), "{refused_alone:?}");
    assert!(!alone.observer.is_privileged && together.observer.is_privileged);
    let more: Vec<String> = refusals(&together).difference(&refusals(&of_root)).cloned().collect();
    assert!(
        more.is_empty(),
        "root may read these and the reader does not: add a grant to host/grants.rs, or a narrow \
         request: {more:#?}"
    );
}

/// What the kernel shows to user 0 and no right opens; `doctor` says so (agent/src/doctor/closed.rs).
const OF_USER_0: &str = "configuration.kernel: /proc/sys/";

#[test]
fn with_the_rights_of_its_unit_the_reader_sees_what_root_sees_but_for_what_is_told() {
    if !is_root() {
        return;
    }
    let (_folder, socket) = open_the_door_to("nobody", as_in_its_unit);
    let of_root = look(&LinuxHost);
    let together = without_rights(move || look(&Layered::new(Some(&socket))));
    assert!(together.observer.is_privileged, "the reader did not start");
    let more: Vec<String> = refusals(&together).difference(&refusals(&of_root)).cloned().collect();
    let untold: Vec<&String> = more.iter().filter(|it| !it.starts_with(OF_USER_0)).collect();
    assert!(untold.is_empty(), "neither granted nor told by doctor: {untold:#?}");
    // Which settings those are depends on the kernel; there is none that has none.
    assert!(more.contains(&format!("{OF_USER_0}vm/mmap_rnd_bits")), "{more:?}");
}

#[test]
fn a_stranger_is_sent_away_and_loses_only_depth() {
    if !is_root() {
        return;
    }
    let (_folder, socket) = open_the_door("daemon");
    let guards = without_rights(move || Layered::new(Some(&socket)).password_guards());
    assert!(matches!(guards, Err(Absent::NotAllowed { .. })), "{guards:?}");
}

#[test]
fn the_reader_delivers_no_file_that_no_grant_names() {
    if !is_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "CANARY").unwrap();
    std::fs::set_permissions(&secret, PermissionsExt::from_mode(0o600)).unwrap();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let (_folder, socket) = open_the_door("nobody");
    let answers = without_rights(move || {
        let host = Layered::new(Some(&socket));
        let paths = [secret.to_str().unwrap(), "/etc/shadow", "/proc/1/environ"];
        let ask = |path: &&str| host.bytes(path, 1000);
        (paths.iter().map(ask).collect::<Vec<_>>(), host.password_guards())
    });
    assert!(answers.0.iter().all(|it| matches!(it, Err(Absent::NotAllowed { .. }))), "{answers:?}");
    assert!(answers.1.is_ok_and(|it| !it.guards.is_empty()));
}

/// Notes what is asked.
struct Listening<H>(H, std::sync::Mutex<Vec<Request>>);

impl<H: Host> Host for Listening<H> {
    fn ask(&self, request: &Request) -> Result<Reply, Absent> {
        self.1.lock().unwrap().push(request.clone());
        self.0.ask(request)
    }
}

#[test]
fn what_root_alone_may_read_is_asked_only_where_a_grant_names_it() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/hosts");
    for entry in std::fs::read_dir(fixtures).unwrap() {
        let path = entry.unwrap().path().join("recording.json");
        if !path.is_file() {
            continue;
        }
        #[expect(clippy::disallowed_methods, reason = "the fixtures are our own and small")]
        let text = std::fs::read_to_string(&path).unwrap();
        let machine = kataster_agent::host::RecordedHost::from_json(&text).unwrap();
        let host = Listening(machine, std::sync::Mutex::default());
        look(&host);
        let passwd = host.0.text("/etc/passwd").unwrap_or_default();
        let homes = passwd.lines().filter_map(|it| it.split(':').nth(5).map(str::to_owned));
        let homes: Vec<String> = homes.collect();
        for request in host.1.into_inner().unwrap() {
            let is_kept_in =
                !grants::is_closed(&request) || grants::grant_of(&request, &homes).is_some();
            assert!(is_kept_in, "{}: no grant in host/grants.rs for {request:?}", path.display());
        }
    }
}

#[test]
fn every_grant_and_service_names_sources_that_exist() {
    let ids: BTreeSet<&str> = sources::all().map(|it| it.id.as_str()).collect();
    let of_grants = grants::grants().flat_map(|it| it.sources.iter().map(|id| (it.pattern, id)));
    let of_services =
        grants::SERVICES.iter().flat_map(|it| it.sources.iter().map(|id| (it.request, id)));
    for (what, id) in of_grants.chain(of_services) {
        assert!(ids.contains(id), "{what} is granted to {id}, which is no source");
    }
}
