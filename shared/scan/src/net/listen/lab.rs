//! A real lldpd in a network namespace, heard in another: needs root, ip and lldpd.

use std::os::fd::AsFd as _;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use observation::latest::LinkProtocol;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::linux::hear;

/// lldpd introduces itself once a second here.
const LISTEN_TIME: Duration = Duration::from_secs(12);

/// Two namespaces with a cable between them, and the daemon in the second.
struct Lab {
    ours: String,
    theirs: String,
    folder: PathBuf,
    daemon: Option<Child>,
}

#[expect(clippy::disallowed_methods, reason = "the test builds its network and starts its daemon")]
fn run(program: &str, arguments: &[&str]) {
    let status = Command::new(program).args(arguments).status().unwrap();
    assert!(status.success(), "{program} {arguments:?}");
}

impl Lab {
    #[expect(clippy::disallowed_methods, reason = "the test starts the daemon that it hears")]
    fn build() -> Self {
        let number = std::process::id();
        let (ours, theirs) = (format!("hear-a-{number}"), format!("hear-b-{number}"));
        let folder = std::env::temp_dir().join(format!("hear-{number}"));
        std::fs::create_dir_all(&folder).unwrap();
        for name in [&ours, &theirs] {
            run("ip", &["netns", "add", name]);
        }
        let mut lab = Self { ours, theirs, folder, daemon: None };
        let (ours, theirs) = (lab.ours.as_str(), lab.theirs.as_str());
        let cable = ["veth-a", "type", "veth", "peer", "name", "veth-b", "netns", theirs];
        run("ip", &[&["-n", ours, "link", "add"], &cable[..]].concat());
        run("ip", &["-n", ours, "link", "set", "veth-a", "up"]);
        run("ip", &["-n", theirs, "link", "set", "veth-b", "up"]);
        run("ip", &["-n", theirs, "addr", "add", "192.0.2.2/24", "dev", "veth-b"]);
        let socket = lab.folder.join("socket");
        let daemon = Command::new("ip")
            .args(["netns", "exec", theirs, "lldpd", "-d", "-l", "-ccc", "-M", "1"])
            .args(["-I", "veth-b", "-S", "Laborswitch", "-u"])
            .arg(&socket)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        lab.daemon = Some(daemon);
        let socket = socket.display().to_string();
        for _ in 0..50 {
            std::thread::sleep(Duration::from_millis(100));
            let order = ["-u", &socket, "configure", "lldp", "tx-interval", "1"];
            let command = [&["netns", "exec", &lab.theirs, "lldpcli"], &order[..]].concat();
            if Command::new("ip").args(command).output().unwrap().status.success() {
                return lab;
            }
        }
        panic!("lldpd takes no orders");
    }
}

impl Drop for Lab {
    #[expect(clippy::disallowed_methods, reason = "the test takes its network down")]
    fn drop(&mut self) {
        if let Some(daemon) = &mut self.daemon {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
        for name in [&self.ours, &self.theirs] {
            let _ = Command::new("ip").args(["netns", "del", name]).status();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn a_real_lldpd_is_heard_in_both_languages() {
    let lab = Lab::build();
    let namespace = std::fs::File::open(format!("/run/netns/{}", lab.ours)).unwrap();
    // Namespaces are a thread's: the one that listens is moved, the test stays.
    let listening = std::thread::spawn(move || {
        move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
        hear(LISTEN_TIME, &AtomicBool::new(false)).unwrap()
    });
    let hearing = listening.join().unwrap();
    assert_eq!(hearing.failure, None);
    for protocol in [LinkProtocol::Lldp, LinkProtocol::Cdp] {
        let found = hearing.heard.iter().find(|it| it.neighbour.protocol == protocol).unwrap();
        assert!(found.ttl_seconds > 0);
        let it = &found.neighbour;
        assert_eq!(it.interface, "veth-a", "{it:?}");
        assert_eq!(it.system_description.as_deref(), Some("Laborswitch"));
        assert_eq!(it.management_addresses.first().unwrap().to_string(), "192.0.2.2");
    }
}
