//! Every recorded machine is replayed through all sources, and this machine is read twice.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its fixture fails")]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;

use jiff::Timestamp;
use kataster_agent::host::{Host, LinuxHost, RecordedHost, Reply, Request, Rights};
use kataster_agent::names::Names;
use kataster_agent::report::{Identity, Selection, collect};
use kataster_agent::sources::{Context, Memory, Options};
use observation::latest::{
    Absent, Cadence, Fact, FirmwareComponent, NameKey, Outcome, Report, ReportNumber,
};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/hosts")
}

#[expect(clippy::disallowed_methods, reason = "the fixtures are our own and small")]
fn text(path: &str) -> String {
    fs::read_to_string(folder().join(path)).unwrap()
}

fn recording(name: &str) -> RecordedHost {
    RecordedHost::from_json(&text(&format!("{name}/recording.json"))).unwrap()
}

fn report(host: &dyn Host) -> Report {
    let names = Names::new(NameKey::Run, b"test");
    let options = Options { reports_connections: true, ..Options::default() };
    let context = Context {
        host,
        now: Timestamp::UNIX_EPOCH,
        names: &names,
        options,
        memory: &Memory::default(),
    };
    let number = ReportNumber { epoch: 1, sequence: 1 };
    let written = collect(&context, Identity { agent: None, number }, Selection::All);
    // As the collector reads it.
    serde_json::from_slice(&serde_json::to_vec(&written).unwrap()).unwrap()
}

fn facts(report: &Report) -> Vec<&Fact> {
    let outcomes = report.sections.iter().map(|it| &it.body.outcome);
    outcomes
        .flat_map(|it| match it {
            Outcome::Read { facts, .. } => facts.as_slice(),
            Outcome::Absent { .. } => &[],
        })
        .collect()
}

fn outcome<'a>(report: &'a Report, source: &str) -> &'a Outcome {
    &report.sections.iter().find(|it| it.body.source.as_str() == source).unwrap().body.outcome
}

fn pick<'a, T>(report: &'a Report, choose: impl Fn(&'a Fact) -> Option<&'a T>) -> Vec<&'a T> {
    facts(report).into_iter().filter_map(choose).collect()
}

/// Picks the facts of one kind.
macro_rules! of_kind {
    ($report:expr, $kind:ident) => {
        pick($report, |it| if let Fact::$kind(it) = it { Some(it) } else { None })
    };
}

#[test]
fn every_recording_states_its_origin_and_no_source_fails_on_it() {
    let mut count = 0;
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_dir() {
            continue;
        }
        count += 1;
        let name = path.file_name().unwrap().to_str().unwrap();
        let origin = text(&format!("{name}/origin.toml"));
        let kinds = ["real", "emulated", "constructed"];
        assert!(kinds.iter().any(|it| origin.contains(&format!("origin = \"{it}\""))), "{name}");
        for section in report(&recording(name)).sections {
            let failed = matches!(
                &section.body.outcome,
                Outcome::Absent { reason: Absent::Failed { .. } | Absent::TimedOut { .. } }
            );
            assert!(!failed, "{name}: {:?}", section.body);
        }
    }
    assert!(count >= 2, "the recordings are gone");
}

#[test]
fn a_guest_with_smbios_states_machine_board_chassis_and_modules() {
    let report = report(&recording("debian-12-qemu"));
    let product = of_kind!(&report, SystemProduct)[0];
    assert_eq!(product.manufacturer.as_deref(), Some("Sample Maker"));
    assert_eq!(product.product.as_deref(), Some("Server R1"));
    assert!(product.serial.is_some() && product.uuid.is_some());
    assert_eq!(of_kind!(&report, BaseBoard)[0].product.as_deref(), Some("0ABC12"));
    assert!(of_kind!(&report, Chassis)[0].serial.is_some());
    let module = of_kind!(&report, MemoryModule)[0];
    assert_eq!(module.size_bytes, Some(2 * 1024 * 1024 * 1024));
    assert_eq!(module.manufacturer.as_deref(), Some("Sample Memory"));
    let bios = of_kind!(&report, Firmware)
        .into_iter()
        .find(|it| it.component == FirmwareComponent::Bios)
        .unwrap();
    assert_eq!(bios.version.as_deref(), Some("1.22.0"));
    assert_eq!(bios.released_on, Some(jiff::civil::date(2021, 9, 23)));
}

#[test]
fn a_guest_with_an_nvme_disk_states_its_firmware() {
    let report = report(&recording("debian-12-qemu"));
    let disks = of_kind!(&report, Disk);
    let disk = disks.iter().find(|it| it.name == "nvme0n1").unwrap();
    assert_eq!(disk.bus.as_deref(), Some("nvme"));
    assert!(disk.firmware.is_some() && disk.serial.is_some());
    assert_eq!(disk.size_bytes, Some(3 * 1024 * 1024 * 1024));
    let other = disks.iter().find(|it| it.name == "vda").unwrap();
    assert_eq!(other.serial, None, "the name of a virtual disk is no serial");
    assert_eq!(disks.len(), 2, "optical drives and loop devices are no disks");
}

#[test]
fn a_booted_systemd_is_the_init_system() {
    let report = report(&recording("debian-12-qemu"));
    let init = of_kind!(&report, InitSystem)[0];
    assert_eq!((&*init.name, init.version.as_deref()), ("systemd", Some("252")));
    let system = of_kind!(&report, OperatingSystem)[0];
    assert_eq!(system.id.as_deref(), Some("debian"));
    assert!(system.version_detail.as_deref().unwrap().starts_with("12."));
    let name = of_kind!(&report, HostName)[0];
    assert_eq!((&*name.name, name.domain.as_deref()), ("sample", Some("site.example")));
}

#[test]
fn a_machine_without_smbios_and_systemd_says_so_and_invents_nothing() {
    let report = report(&recording("debian-12-microvm"));
    let Outcome::Absent { reason: Absent::NotHere { looked_at } } =
        outcome(&report, "hardware.smbios")
    else {
        panic!("there is no SMBIOS on it")
    };
    assert_eq!(looked_at, "/sys/firmware/dmi/tables/DMI");
    assert_eq!(of_kind!(&report, InitSystem)[0].name, "init");
    let disks = of_kind!(&report, Disk);
    assert_eq!(disks.len(), 1);
    assert_eq!((disks[0].serial.as_deref(), disks[0].is_rotational), (None, None));
    assert_eq!(disks[0].size_bytes, Some(274_877_906_944));
    for interface in of_kind!(&report, NetworkInterface) {
        assert_eq!(interface.speed_mbps, None, "{}", interface.name);
    }
    assert_eq!(of_kind!(&report, OperatingSystem)[0].installed_at, None);
    assert_eq!(of_kind!(&report, Kernel)[0].architecture, "x86_64");
    let origins: Vec<&str> =
        of_kind!(&report, VirtualisationHint).iter().map(|it| &*it.origin).collect();
    assert!(origins.contains(&"dockerenv") && origins.contains(&"cpu_flag_hypervisor"));
}

#[test]
fn without_root_the_guest_still_reports_and_says_what_root_would_add() {
    let rights = Rights { user: 1_000, reads_all: false, traces_all: false };
    let refuse = |host: RecordedHost, path: &str| {
        let request = Request::File { path: path.to_owned(), bytes_max: 0 };
        let needs = observation::latest::Privilege::Root;
        host.with(&request, Err(Absent::NotAllowed { what: path.to_owned(), needs }))
    };
    let host = recording("debian-12-qemu").with(&Request::Rights, Ok(Reply::Rights(rights)));
    let host = refuse(host, "/sys/firmware/dmi/tables/DMI")
        .with_file("/sys/class/dmi/id/sys_vendor", "Sample Maker\n");
    let report = report(&host);
    assert!(!report.observer.is_privileged);
    assert_eq!(of_kind!(&report, SystemProduct)[0].manufacturer.as_deref(), Some("Sample Maker"));
    let Outcome::Read { gaps, .. } = outcome(&report, "hardware.smbios") else { panic!("absent") };
    assert!(gaps.iter().any(|it| it.field == "system_product.serial"));
}

#[test]
fn volatile_sections_do_not_change_the_host_hash() {
    let before = report(&recording("debian-12-qemu"));
    let space = kataster_agent::host::Space { total_bytes: 1, available_bytes: 1 };
    let boot = "/proc/sys/kernel/random/boot_id";
    let host = recording("debian-12-qemu")
        .with_file(boot, "3f0a3ae0-6f23-4a7c-9d9a-0d2f6f0f0001\n")
        .with(&Request::Neighbours, Ok(Reply::Neighbours(Vec::new())));
    let after = report(&host);
    assert_eq!(before.host_hash(), after.host_hash());
    assert_ne!(outcome(&before, "system.boot"), outcome(&after, "system.boot"));
    // A file system of another size is another machine.
    let request = Request::Space { path: "/".to_owned() };
    let grown = report(&host.with(&request, Ok(Reply::Space(space))));
    assert_ne!(before.host_hash(), grown.host_hash());
}

/// This machine, but for its processes and sockets, which stand still: other tests and people start
/// and end programs all the time, and no machine under test is ever idle.
#[derive(Default)]
struct WithoutBustle {
    kept: Mutex<BTreeMap<Request, Result<Reply, Absent>>>,
}

impl Host for WithoutBustle {
    fn ask(&self, request: &Request) -> Result<Reply, Absent> {
        let is_bustle = match request {
            Request::File { path, .. }
            | Request::Folder { path, .. }
            | Request::Link { path }
            | Request::Status { path } => {
                let rest = path.strip_prefix("/proc").map(|it| it.trim_start_matches('/'));
                let is_process = rest.is_some_and(|it| {
                    it.is_empty()
                        || it.starts_with("net/")
                        || it.starts_with(|it: char| it.is_ascii_digit())
                });
                is_process || path.starts_with("/sys/fs/cgroup")
            }
            // Other programs work below homes and install packages meanwhile.
            Request::FileHash { .. }
            | Request::FilePart { .. }
            | Request::NetworkOf { .. }
            | Request::ServedCertificate { .. }
            | Request::SocketsOf { .. }
            | Request::Tree { .. } => true,
            Request::Space { .. }
            | Request::SystemNames
            | Request::Rights
            | Request::Links
            | Request::Routes
            | Request::Neighbours
            | Request::Figures
            | Request::Firewall
            | Request::PasswordGuards
            | Request::SampledConnections
            | Request::HeardOnLinks
            | Request::DiskHealth { .. }
            | Request::FwupdDevices
            | Request::LuksHeader { .. }
            | Request::ManagementNetwork
            | Request::NetworkDriver { .. }
            | Request::ClockState
            | Request::TpmProperties => false,
        };
        if !is_bustle {
            return LinuxHost.ask(request);
        }
        let mut kept = self.kept.lock().unwrap();
        kept.entry(request.clone()).or_insert_with(|| LinuxHost.ask(request)).clone()
    }
}

#[test]
fn two_runs_on_this_machine_give_the_same_host_hash() {
    let bodies = |report: &Report| -> BTreeMap<String, String> {
        let steady = report.sections.iter().filter(|it| it.cadence == Cadence::Steady);
        steady.map(|it| (it.body.source.to_string(), it.body.hash().to_string())).collect()
    };
    let host = WithoutBustle::default();
    let (first, second) = (report(&host), report(&host));
    assert_eq!(bodies(&first), bodies(&second));
    assert_eq!(first.host_hash(), second.host_hash());
}

#[test]
fn a_listener_of_the_guest_is_a_chain_from_port_to_package() {
    let report = report(&recording("debian-12-qemu"));
    let listeners = of_kind!(&report, Listener);
    let nginx = listeners.iter().find(|it| it.port == 443).unwrap();
    assert_eq!(nginx.process.as_deref(), Some("nginx"));
    assert_eq!(nginx.unit.as_deref(), Some("nginx.service"));
    assert!(nginx.package.as_ref().is_some_and(|it| it.name.starts_with("nginx")));
    assert!(listeners.iter().any(|it| it.port == 22 && it.unit.as_deref() == Some("ssh.service")));
}
