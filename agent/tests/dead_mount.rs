//! A file system of which the server never answers, mounted where sources read: a run ends all the same.
//! Needs unshare(1), mount(8) and /dev/fuse, and user namespaces where it is not root; says so where one is
//! missing.

#![expect(
    clippy::disallowed_methods,
    reason = "the namespace is made by programs; the test runs itself"
)]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use kataster_agent::host::{Apart, Hanging, Host, LinuxHost, Patience, Reply, Request};
use kataster_agent::names::Names;
use kataster_agent::report::{Identity, Selection, collect};
use kataster_agent::sources::{self, Context, Memory, Options};
use observation::latest::written::{Outcome, Report};
use observation::latest::{Absent, NameKey, ReportNumber};

const INSIDE: &str = "KATASTER_DEAD_MOUNT";
/// Whoever opens `/dev/fuse`, mounts it and reads nothing from it is a server that never answers: every
/// question waits for its first word (FUSE_INIT, fuse(4)).
const DEAD: &str = "exec 3<>/dev/fuse && exec 4<>/dev/fuse && \
    options=rootmode=40000,user_id=0,group_id=0,allow_other && \
    mount -i -t fuse -o fd=3,$options dead /etc/ssh && \
    mount -i -t fuse -o fd=4,$options dead /home && exec \"$0\" \"$@\"";

/// This machine with less patience than a service has.
struct Impatient(Apart);

impl Host for Impatient {
    fn ask(&self, request: &Request) -> Result<Reply, Absent> {
        self.0.host.ask(request)
    }

    fn apart(&self) -> Option<Apart> {
        Some(self.0.clone())
    }
}

fn look(host: &dyn Host) -> Report {
    let names = Names::new(NameKey::Run, b"test");
    let options = Options::default();
    let memory = Memory::default();
    let context =
        Context { host, now: Timestamp::UNIX_EPOCH, names: &names, options, memory: &memory };
    let number = ReportNumber { epoch: 0, sequence: 0 };
    collect(&context, Identity { agent: None, number }, Selection::All)
}

fn late(report: &Report) -> Vec<(&str, &str)> {
    let late = report.sections.iter().filter_map(|it| match &it.body.outcome {
        Outcome::Absent { reason: Absent::TimedOut { doing, .. } } => {
            Some((it.body.source.as_str(), doing.as_str()))
        }
        Outcome::Read { .. } | Outcome::Absent { .. } => None,
    });
    late.collect()
}

/// Run in the namespace by the other test. Does nothing else.
#[test]
fn a_run_ends_beside_dead_mounts() {
    if std::env::var_os(INSIDE).is_none() {
        return;
    }
    let limit = Duration::from_millis(500);
    let patience = Patience { short: limit, long: Duration::from_secs(60), source: limit * 1_000 };
    let hanging = Arc::new(Hanging::default());
    let apart = Apart { host: Arc::new(LinuxHost), hanging: Arc::clone(&hanging), patience };
    let host = Impatient(apart);
    let begun = Instant::now();
    let first = look(&host);
    let sources = sources::all().count();
    assert_eq!(first.sections.len(), sources);
    let found = late(&first);
    assert!(found.iter().any(|it| it.0 == "configuration.sshd"), "{found:?}");
    assert!(
        found.iter().all(|it| it.1.contains("/etc/ssh") || it.1.contains("/home")),
        "{found:?}"
    );
    assert!(found.len() < sources / 3, "{found:?}");
    let hung = hanging.count();
    assert!((1..=2).contains(&hung), "one thread for each mount: {hung}");
    let again = look(&host);
    assert_eq!((late(&again), hanging.count()), (found, hung), "threads pile up");
    assert!(begun.elapsed() < Duration::from_secs(120), "{:?}", begun.elapsed());
}

#[test]
fn dead_mounts_do_not_stop_a_run() {
    let is_whole = std::env::var_os("KATASTER_WHOLE").is_some();
    let has_all = ["/dev/fuse", "/etc/ssh", "/home"].iter().all(|it| Path::new(it).exists());
    if !has_all {
        // Where all tests must run (.ci/run), what is missing is a failure and no reason to pass.
        assert!(!is_whole, "no /dev/fuse, /etc/ssh or /home");
        return;
    }
    let namespace = if rustix::process::geteuid().is_root() { "-m" } else { "-Urm" };
    let run = Command::new("unshare")
        .args([namespace, "sh", "-c", DEAD])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "a_run_ends_beside_dead_mounts"])
        .env(INSIDE, "1")
        .output();
    match run {
        Err(error) => assert!(!is_whole, "unshare: {error}"),
        Ok(run) => {
            let said = [run.stdout, run.stderr].map(|it| String::from_utf8_lossy(&it).into_owned());
            let [output, errors] = &said;
            // Without udev the device is root's alone.
            let is_refused =
                ["mount:", "unshare:", "/dev/fuse"].iter().any(|it| errors.contains(it));
            if !is_whole && is_refused && !output.contains("running 1 test") {
                return;
            }
            assert!(output.contains("1 passed"), "{output}\n{errors}");
        }
    }
}
