//! Against net-snmp's own daemon, on the loopback, with a configuration and a folder of its own.

use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::Arc;

use observation::latest::scan::{ProbeSelection, SnmpAccess, SnmpAuthentication, SnmpPrivacy};
use tokio::sync::Semaphore;

use super::super::pace::Pace;
use super::super::stop::Stop;
use super::*;

const PATIENCE: Patience =
    Patience { answer: Duration::from_millis(700), tries: 2, device: Duration::from_secs(60) };

/// Protocols of users; each user is called by them.
const USERS: [(&str, &str, SnmpAuthentication, SnmpPrivacy); 7] = [
    ("MD5", "DES", SnmpAuthentication::Md5, SnmpPrivacy::Des),
    ("SHA", "AES", SnmpAuthentication::Sha1, SnmpPrivacy::Aes128),
    ("SHA-224", "AES", SnmpAuthentication::Sha224, SnmpPrivacy::Aes128),
    ("SHA-256", "AES", SnmpAuthentication::Sha256, SnmpPrivacy::Aes128),
    ("SHA-384", "AES-192", SnmpAuthentication::Sha384, SnmpPrivacy::Aes192),
    ("SHA-512", "AES-256", SnmpAuthentication::Sha512, SnmpPrivacy::Aes256),
    ("SHA", "AES-256", SnmpAuthentication::Sha1, SnmpPrivacy::Aes256),
];

struct Daemon {
    child: Child,
    folder: PathBuf,
    at: SocketAddr,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[expect(clippy::disallowed_methods, reason = "the test starts the daemon that it speaks with")]
fn daemon() -> Daemon {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let at = socket.local_addr().unwrap();
    drop(socket);
    let folder = std::env::temp_dir().join(format!("snmp-daemon-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut configuration = format!(
        "agentAddress udp:{at}\nrocommunity labor 127.0.0.1\nsysName kern\nsysLocation Keller\n"
    );
    for (auth, privacy, ..) in USERS {
        let user = format!("{auth}-{privacy}");
        configuration += &format!(
            "createUser {user} {auth} authentic1 {privacy} privately1\nrouser {user} authpriv\n"
        );
    }
    let path = folder.join("snmpd.conf");
    std::fs::write(&path, configuration).unwrap();
    let child = Command::new("snmpd")
        .args(["-f", "-Lf"])
        .arg(folder.join("log"))
        .arg("-C")
        .arg("-c")
        .arg(&path)
        .arg("-p")
        .arg(folder.join("pid"))
        .env("SNMP_PERSISTENT_DIR", &folder)
        .spawn()
        .unwrap();
    Daemon { child, folder, at }
}

fn credential(access: SnmpAccess) -> SnmpCredential {
    SnmpCredential { scope: vec!["127.0.0.1/32".parse().unwrap()], access }
}

fn user(index: usize, auth_password: &str, privacy_password: &str) -> SnmpCredential {
    let (auth_name, privacy_name, auth, privacy) = USERS[index];
    credential(SnmpAccess::V3 {
        user: format!("{auth_name}-{privacy_name}"),
        auth: Some(auth),
        auth_password: Some(auth_password.to_owned()),
        privacy: Some(privacy),
        privacy_password: Some(privacy_password.to_owned()),
    })
}

async fn notes_of(at: SocketAddr, credential: SnmpCredential) -> Vec<Note> {
    let shared = Shared {
        selection: ProbeSelection::All,
        snmp: Vec::new(),
        pace: Pace::new(1_000_000),
        sockets: Semaphore::new(8),
        connections: 0.into(),
        stop: Arc::new(Stop::default()),
    };
    ask(at, &[credential], &shared, PATIENCE).await
}

fn name(notes: &[Note]) -> Option<String> {
    let said = notes.iter().filter_map(|it| match &it.learnt {
        Learnt::Said(reading) => Some(&reading.facts),
        Learnt::Gap(_) | Learnt::Nothing(_) => None,
    });
    said.flatten().find_map(|it| {
        let Fact::ServiceAnswer(answer) = it else { return None };
        answer.statements.get(&Statement::Name).cloned()
    })
}

fn interfaces(notes: &[Note]) -> usize {
    let said = notes.iter().filter_map(|it| match &it.learnt {
        Learnt::Said(reading) => Some(&reading.facts),
        Learnt::Gap(_) | Learnt::Nothing(_) => None,
    });
    said.flatten().filter(|it| matches!(it, Fact::NetworkInterface(_))).count()
}

fn gap(notes: &[Note]) -> String {
    let gaps = notes.iter().filter_map(|it| match &it.learnt {
        Learnt::Gap(gap) => Some(format!("{:?}", gap.reason)),
        Learnt::Said(_) | Learnt::Nothing(_) => None,
    });
    gaps.collect()
}

#[tokio::test]
async fn net_snmp_is_read_with_the_right_secrets_and_with_no_others() {
    let daemon = daemon();
    let community = |text: &str| credential(SnmpAccess::V2c { community: text.to_owned() });
    let began = Instant::now();
    let mut first = Vec::new();
    // It takes a moment until the daemon listens; until then the port is closed.
    while name(&first).is_none() && began.elapsed() < Duration::from_secs(20) {
        first = notes_of(daemon.at, community("labor")).await;
    }
    assert_eq!(name(&first).as_deref(), Some("kern"), "{first:?}");
    assert!(interfaces(&first) > 0);
    let old =
        notes_of(daemon.at, credential(SnmpAccess::V1 { community: "labor".to_owned() })).await;
    assert_eq!(name(&old).as_deref(), Some("kern"));
    assert_eq!(interfaces(&old), interfaces(&first));
    for (index, protocols) in USERS.iter().enumerate() {
        let notes = notes_of(daemon.at, user(index, "authentic1", "privately1")).await;
        assert_eq!(name(&notes).as_deref(), Some("kern"), "{protocols:?} {notes:?}");
        assert_eq!(interfaces(&notes), interfaces(&first), "{protocols:?}");
    }
    let wrong = notes_of(daemon.at, community("falsch")).await;
    assert!(matches!(wrong[0].learnt, Learnt::Nothing(Absent::TimedOut { .. })), "{wrong:?}");
    let wrong = notes_of(daemon.at, user(3, "not authentic", "privately1")).await;
    assert!(gap(&wrong).contains("authentication password"), "{wrong:?}");
    let wrong = notes_of(daemon.at, user(3, "authentic1", "not privately")).await;
    assert!(gap(&wrong).contains("privacy password"), "{wrong:?}");
    assert_eq!(name(&wrong), None);
}
