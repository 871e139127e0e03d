//! A network namespace made by the test, with a link, an address, a route and a listener in it. Needs
//! unshare(1), ip(8) and either root or user namespaces; says so where one is missing.

#![expect(clippy::unwrap_used, reason = "a test stops where its tools fail")]
#![expect(
    clippy::disallowed_methods,
    reason = "the namespace is made by programs; the test runs itself"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};

use jiff::Timestamp;
use kataster_agent::host::{Ask, LinuxHost};
use kataster_agent::names::Names;
use kataster_agent::sources::{self, Context, Memory, Options};
use observation::latest::{Fact, NameKey, NetworkNamespace};

const INSIDE: &str = "KATASTER_NAMESPACE";
const NETWORK: &str = "ip link add va type veth peer name vb && ip addr add 192.0.2.7/24 dev va && \
    ip link set vb up && ip link set va up && ip route add default via 192.0.2.1 && exec \"$0\" \"$@\"";

/// Run in the namespace by the other test: holds a port until its input ends. Does nothing else.
#[test]
fn holds_a_port_in_a_namespace() {
    if std::env::var_os(INSIDE).is_none() {
        return;
    }
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    println!("port {}", listener.local_addr().unwrap().port());
    std::io::stdout().flush().unwrap();
    let _ = std::io::stdin().lock().read(&mut [0]);
}

fn start() -> Option<(Child, u16)> {
    let mut child = Command::new("unshare")
        .args(["-n", "sh", "-c", NETWORK])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "holds_a_port_in_a_namespace"])
        .env(INSIDE, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
    let port =
        lines.map_while(Result::ok).find_map(|it| it.rsplit_once("port ")?.1.trim().parse().ok());
    Some((child, port?))
}

fn namespaces() -> Vec<NetworkNamespace> {
    let names = Names::new(NameKey::Run, b"test");
    let options = Options { reports_connections: true, ..Options::default() };
    let context = Context {
        host: &LinuxHost,
        now: Timestamp::UNIX_EPOCH,
        names: &names,
        options,
        memory: &Memory::default(),
    };
    let source = sources::all().find(|it| it.id.as_str() == "network.namespaces").unwrap();
    let found = (source.observe)(&context).unwrap();
    let pick = |it| if let Fact::NetworkNamespace(it) = it { Some(it) } else { None };
    found.facts.into_iter().filter_map(pick).collect()
}

/// Runs the test below as root of a user namespace, which an ordinary account may be.
fn as_root_of_a_user_namespace() {
    let may = Command::new("unshare").args(["-Ur", "true"]).status().is_ok_and(|it| it.success());
    if !may {
        // Where all tests must run (.ci/run), what is missing is a failure and no reason to pass.
        assert!(std::env::var_os("KATASTER_WHOLE").is_none(), "neither root nor user namespaces");
        return;
    }
    let output = Command::new("unshare")
        .arg("-Ur")
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "links_addresses_routes_and_listeners_of_another_namespace_are_seen"])
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].map(|it| String::from_utf8_lossy(&it).into_owned());
    assert!(output.status.success() && said[0].contains("1 passed"), "{said:?}");
}

#[test]
fn links_addresses_routes_and_listeners_of_another_namespace_are_seen() {
    if !rustix::process::geteuid().is_root() {
        return as_root_of_a_user_namespace();
    }
    let Some((mut child, port)) = start() else {
        assert!(std::env::var_os("KATASTER_WHOLE").is_none(), "unshare or ip is missing");
        return;
    };
    let before = LinuxHost.links().unwrap();
    let found = namespaces();
    let ours = found.iter().find(|it| it.listeners.iter().any(|it| it.port == port));
    let ours = ours.cloned().expect("the listener in the namespace is not seen");
    drop(child.stdin.take());
    child.wait().unwrap();
    let va = ours.interfaces.iter().find(|it| it.name == "va").unwrap();
    assert_eq!(va.kind.as_deref(), Some("veth"));
    let addresses: Vec<String> = va.addresses.iter().map(|it| it.address.to_string()).collect();
    assert!(addresses.contains(&"192.0.2.7".to_owned()), "{addresses:?}");
    assert!(ours.interfaces.iter().any(|it| it.name == "vb"));
    let default = ours.routes.iter().find(|it| it.prefix_length == 0).unwrap();
    assert_eq!(default.gateway.unwrap().to_string(), "192.0.2.1");
    assert_eq!(default.interface.as_deref(), Some("va"));
    let listener = ours.listeners.iter().find(|it| it.port == port).unwrap();
    assert!(listener.process.as_deref().is_some_and(|it| it.starts_with("namespaces")));
    assert_eq!(LinuxHost.links().unwrap(), before, "this process is where it was");
}
