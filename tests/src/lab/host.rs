//! A host's first process: its own files over the machine's, its services, and their end.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};

use crate::lab::company::{Company, Host, Port, Service};
use crate::lab::shell::{program, read, run};
use crate::lab::sockets::{LISTENING, UNCONNECTED, local_port};
use crate::lab::truth;

/// Packages that every host has.
const BASE: &[&str] =
    &["base-files", "bash", "coreutils", "dpkg", "libc6", "openssl", "util-linux"];

/// Becomes a host and stays until standard input ends. All its processes end with it, as it is
/// the first of its PID namespace.
///
/// # Errors
/// What could not be set up.
pub fn be(name: &str, folder: &Path) -> anyhow::Result<()> {
    let company = Company::load()?;
    let host = company.host(name)?;
    own_files(host, folder)?;
    identity(&company, host)?;
    let services = company.services_of(host)?;
    for service in &services {
        set_up(host, service)?;
    }
    let mut running = Vec::new();
    for service in services.iter().filter(|it| !it.run.is_empty()) {
        running.push((*service, shell(host, service, &service.run)?.spawn()?));
    }
    wait_for_ports(host, &services, &mut running)?;
    std::fs::write(Path::new("/lab/state").join(name), "ready")?;
    reap_until_told()
}

/// An overlay over the machine's root, on memory, that becomes the root of this mount namespace.
fn own_files(host: &Host, folder: &Path) -> anyhow::Result<()> {
    let base = folder.join("hosts").join(&host.name);
    let [upper, work, root] = ["upper", "work", "root"].map(|it| base.join(it));
    for it in [&upper, &work, &root] {
        std::fs::create_dir_all(it)?;
    }
    let options = format!("lowerdir=/,upperdir={},workdir={}", upper.display(), work.display());
    let at = |below: &str| root.join(below).display().to_string();
    run("mount", &["-t", "overlay", "overlay", "-o", &options, &at("")])?;
    for below in ["proc", "sys", "dev", "run", "tmp", "lab", "usr/local/bin", ".machine"] {
        std::fs::create_dir_all(root.join(below))?;
    }
    run("mount", &["-t", "proc", "proc", &at("proc")])?;
    run("mount", &["-t", "sysfs", "sysfs", &at("sys")])?;
    run("mount", &["--rbind", "/dev", &at("dev")])?;
    run("mount", &["-t", "tmpfs", "-o", "mode=755", "run", &at("run")])?;
    run("mount", &["-t", "tmpfs", "-o", "mode=1777", "tmp", &at("tmp")])?;
    run("mount", &["--bind", &folder.join("shared").display().to_string(), &at("lab")])?;
    let programs = std::env::current_exe()?;
    let programs = programs.parent().context("this program has no folder")?;
    // The folder and not its files: what is built again while the lab stands is there at once.
    std::fs::create_dir_all(root.join("opt/kataster"))?;
    run("mount", &["--bind", &programs.display().to_string(), &at("opt/kataster")])?;
    for name in ["lab", "kataster", "kataster-agent"] {
        let link = root.join("usr/local/bin").join(name);
        // Whatever the machine itself has of that name is not what is tried here.
        let _ = std::fs::remove_file(&link);
        std::os::unix::fs::symlink(Path::new("/opt/kataster").join(name), link)?;
    }
    std::env::set_current_dir(&root)?;
    run("pivot_root", &[".", ".machine"])?;
    std::env::set_current_dir("/")?;
    run("umount", &["-l", "/.machine"])?;
    Ok(())
}

fn identity(company: &Company, host: &Host) -> anyhow::Result<()> {
    run("hostname", &[&host.name])?;
    std::fs::write("/etc/hostname", format!("{}\n", host.name))?;
    std::fs::write("/etc/machine-id", format!("{}\n", hex(&host.name, "machine", 32)))?;
    let boot = hex(&host.name, "boot", 32);
    let (a, b, c, d, e) = (&boot[..8], &boot[8..12], &boot[12..16], &boot[16..20], &boot[20..]);
    std::fs::write("/run/boot_id", format!("{a}-{b}-{c}-{d}-{e}\n"))?;
    run("mount", &["--bind", "/run/boot_id", "/proc/sys/kernel/random/boot_id"])?;
    let mut hosts = "127.0.0.1 localhost\n::1 localhost\n".to_owned();
    for other in &company.host {
        for address in other.nic.iter().filter_map(|it| it.v4) {
            hosts.push_str(&format!("{address} {0}.example.test {0}\n", other.name));
        }
    }
    std::fs::write("/etc/hosts", hosts)?;
    std::fs::write("/etc/resolv.conf", "nameserver 10.20.1.53\nsearch example.test\n")?;
    let wanted = packages(company, host)?;
    let all = read(Path::new("/var/lib/dpkg/status"))?;
    let stanzas = all
        .split("\n\n")
        .filter(|it| truth::field(it, "Package").is_some_and(|name| wanted.contains(name)));
    let kept: Vec<&str> = stanzas.collect();
    std::fs::write("/var/lib/dpkg/status", kept.join("\n\n") + "\n")?;
    Ok(())
}

/// The packages in a host's database: the real ones of its services and a base.
///
/// # Errors
/// If the host names an unknown service.
pub fn packages(company: &Company, host: &Host) -> anyhow::Result<BTreeSet<String>> {
    let mut wanted: BTreeSet<String> = BASE.iter().map(|it| (*it).to_owned()).collect();
    wanted.extend(host.packages.iter().cloned());
    for service in company.services_of(host)? {
        wanted.extend(service.package.iter().cloned());
        wanted.extend(service.needs.iter().cloned());
    }
    Ok(wanted)
}

/// `length` hexadecimal digits that are the same in every run.
fn hex(host: &str, what: &str, length: usize) -> String {
    let digest = Sha256::digest(format!("{what} of {host}"));
    let mut text: String = digest.iter().map(|it| format!("{it:02x}")).collect();
    text.truncate(length);
    text
}

fn shell(host: &Host, service: &Service, script: &str) -> anyhow::Result<std::process::Command> {
    let log = Path::new("/lab/logs").join(format!("{}-{}", host.name, service.name));
    let log = File::options().create(true).append(true).open(log)?;
    let address = host.nic.iter().find_map(|it| it.v4).map(|it| it.to_string());
    let mut command = program("sh");
    command.args(["-e", "-c", script]).stdin(Stdio::null());
    command.env_clear().env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    command.env("HOME", "/root").env("LANG", "C.UTF-8").env("LAB_HOST", &host.name);
    command.env("LAB_V4", address.unwrap_or_default()).env("LAB_PKI", "/lab/pki");
    command.stdout(log.try_clone()?).stderr(log);
    Ok(command)
}

fn set_up(host: &Host, service: &Service) -> anyhow::Result<()> {
    if let Some(binary) = &service.binary {
        let package = service.package.as_deref().unwrap_or("?");
        let is_there = Path::new(binary).exists();
        anyhow::ensure!(is_there, "{binary} is missing: install the package {package}");
    }
    if service.setup.is_empty() {
        return Ok(());
    }
    let status = shell(host, service, &service.setup)?.status()?;
    let log = format!("/lab/logs/{}-{}", host.name, service.name);
    anyhow::ensure!(status.success(), "setup of {}: {}", service.name, tail(&log));
    Ok(())
}

fn tail(path: &str) -> String {
    let text = read(Path::new(path)).unwrap_or_default();
    text.lines().rev().take(8).collect::<Vec<&str>>().join(" | ")
}

/// Waits until all ports of the services are open, without touching them.
fn wait_for_ports(
    host: &Host,
    services: &[&Service],
    running: &mut [(&Service, Child)],
) -> anyhow::Result<()> {
    loop {
        let (tcp, udp) = (open("tcp", LISTENING)?, open("udp", UNCONNECTED)?);
        let is_open = |port: &Port| {
            let table = if port.proto == "udp" { &udp } else { &tcp };
            table.contains(&port.port)
        };
        if services.iter().flat_map(|it| &it.port).all(is_open) {
            return Ok(());
        }
        for (service, child) in running.iter_mut() {
            let log = format!("/lab/logs/{}-{}", host.name, service.name);
            let ended = child.try_wait()?.is_some();
            anyhow::ensure!(!ended, "{} ended: {}", service.name, tail(&log));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn open(proto: &str, state: &str) -> anyhow::Result<BTreeSet<u16>> {
    let mut ports = BTreeSet::new();
    for table in [proto.to_owned(), format!("{proto}6")] {
        let text = read(&PathBuf::from(format!("/proc/net/{table}")))?;
        ports.extend(text.lines().skip(1).filter_map(|line| local_port(line, state)));
    }
    Ok(ports)
}

/// Collects ended processes until standard input ends.
fn reap_until_told() -> anyhow::Result<()> {
    std::thread::spawn(|| {
        loop {
            let ended = rustix::process::wait(rustix::process::WaitOptions::empty());
            if ended.is_err() {
                std::thread::sleep(Duration::from_millis(200));
            }
        }
    });
    let mut rest = [0; 64];
    while std::io::stdin().lock().read(&mut rest)? > 0 {}
    Ok(())
}
