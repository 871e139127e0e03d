use proptest::prelude::*;

use super::*;
use crate::sources::settings::lines;
use crate::sources::sshd_config::PATHS;
use crate::sources::testing::{MapHost, with_context};

const PASSWD: &str = "root:x:0:0::/root:/bin/sh\nbackup:x:34:34::/:/bin/sh\n\
    alice:x:1000:1000::/home/alice:/bin/sh\n";

/// Text of a sample's file.
macro_rules! sample {
    ($path:literal) => {
        include_str!(concat!("../samples/sshd/", $path))
    };
}

/// A configuration, its further files, and what `sshd -T` says of it.
type Sample = (&'static str, &'static [(&'static str, &'static str)], &'static str);

const SAMPLES: &[Sample] = &[
    (sample!("debian/sshd_config"), &[], sample!("debian/truth")),
    (
        sample!("hardened/sshd_config"),
        &[
            (
                "sshd_config.d/10-algorithms.conf",
                sample!("hardened/sshd_config.d/10-algorithms.conf"),
            ),
            (
                "sshd_config.d/20-passwords.conf",
                sample!("hardened/sshd_config.d/20-passwords.conf"),
            ),
        ],
        sample!("hardened/truth"),
    ),
    (
        sample!("included/sshd_config"),
        &[
            ("first.conf", sample!("included/first.conf")),
            ("in-block.conf", sample!("included/in-block.conf")),
            ("a.inc", sample!("included/a.inc")),
            ("b.inc", sample!("included/b.inc")),
            ("deeper.conf", sample!("included/deeper.conf")),
        ],
        sample!("included/truth"),
    ),
    (sample!("odd/sshd_config"), &[], sample!("odd/truth")),
];

fn machine(sample: &Sample) -> MapHost {
    let host = MapHost::new().file("/etc/passwd", PASSWD).file("/etc/ssh/sshd_config", sample.0);
    sample.1.iter().fold(host, |host, (path, text)| host.file(&format!("/etc/ssh/{path}"), text))
}

fn settings(host: &MapHost) -> Vec<Setting> {
    let found = with_context(host, observe).unwrap();
    assert_eq!(found.complaints, []);
    let setting = |it| {
        let Fact::Setting(it) = it else { panic!("{it:?}") };
        it
    };
    found.facts.into_iter().map(setting).collect()
}

/// sshd_config(5), TIME FORMATS, in seconds.
fn seconds(text: &str) -> Option<u64> {
    let mut total = 0;
    let mut number = String::new();
    for character in text.chars() {
        let unit = match character {
            it if it.is_ascii_digit() => {
                number.push(it);
                continue;
            }
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            _ => return None,
        };
        total += number.parse::<u64>().ok()? * unit;
        number.clear();
    }
    Some(total + number.parse::<u64>().unwrap_or(0))
}

/// The value as `sshd -T` writes it.
fn as_sshd(setting: &Setting) -> String {
    let value = setting.value.clone().unwrap();
    match setting.name.as_str() {
        "LoginGraceTime" | "ClientAliveInterval" => seconds(&value).unwrap().to_string(),
        "PermitRootLogin" if value == "prohibit-password" => "without-password".to_owned(),
        _ => value,
    }
}

/// What sshd itself says of a keyword, put together as a setting writes it.
fn truth(text: &str, name: &str) -> String {
    let key = name.to_ascii_lowercase();
    let rest = |line: &str| Some(line.strip_prefix(&key)?.strip_prefix(' ')?.to_owned());
    let separator = if key.starts_with("allow") || key.starts_with("deny") { " " } else { ", " };
    text.lines().filter_map(rest).collect::<Vec<_>>().join(separator)
}

#[test]
fn configured_values_are_those_of_sshd_itself() {
    let mut compared = 0;
    for sample in SAMPLES {
        for setting in settings(&machine(sample)) {
            let is_configured = setting.origin == SettingOrigin::Configured;
            if !is_configured || setting.scope.is_some() {
                continue;
            }
            let truth = truth(sample.2, &setting.name);
            match setting.name.as_str() {
                // sshd joins each address with each port.
                "ListenAddress" => {
                    assert_eq!(
                        (as_sshd(&setting).as_str(), &*truth),
                        ("192.0.2.7", "192.0.2.7:22, 192.0.2.7:2222")
                    );
                }
                // Persons are pseudonyms; the others are what they are.
                "AllowUsers" | "DenyUsers" => {
                    let pairs = as_sshd(&setting);
                    let pairs = pairs.split(' ').zip(truth.split(' '));
                    assert_eq!(pairs.clone().count(), truth.split(' ').count());
                    for (ours, theirs) in pairs {
                        assert!(ours == theirs || ours.starts_with("p-"), "{ours} {theirs}");
                    }
                }
                // An addition to the default list, which sshd writes out.
                "PubkeyAcceptedAlgorithms" if as_sshd(&setting).starts_with('+') => {
                    assert!(truth.ends_with(",ssh-rsa"));
                }
                name if name.starts_with("Subsystem") => {
                    assert!(truth.starts_with(&as_sshd(&setting)))
                }
                name => assert_eq!(as_sshd(&setting), truth, "{name}"),
            }
            compared += 1;
        }
    }
    assert!(compared >= 60, "{compared}");
}

#[test]
fn blocks_are_scopes() {
    let found = with_context(&machine(&SAMPLES[1]), observe).unwrap();
    let blocks: Vec<String> =
        lines(&found.facts).into_iter().filter(|it| it.contains('[')).collect();
    assert_eq!(
        blocks,
        [
            "sshd [Group sftp-only Address 192.0.2.0/24] ChrootDirectory = /srv/sftp",
            "sshd [Group sftp-only Address 192.0.2.0/24] ForceCommand = internal-sftp",
            "sshd [Group sftp-only Address 192.0.2.0/24] X11Forwarding = no",
            "sshd [User backup] AllowTcpForwarding = yes",
            "sshd [User backup] ForceCommand = /usr/local/bin/receive",
            "sshd [User backup] PasswordAuthentication = no",
        ]
    );
    let found = with_context(&machine(&SAMPLES[2]), observe).unwrap();
    let text = format!("{:?}", lines(&found.facts));
    assert!(text.contains("[User root, Group special] MaxAuthTries = 7"), "{text}");
    assert!(text.contains("[Address 192.0.2.0/24] PasswordAuthentication = yes"), "{text}");
}

#[test]
fn neither_persons_nor_arguments_leave_the_host() {
    let text = "AllowUsers alice carol@192.0.2.1\nAuthorizedKeysFile /home/alice/keys\n\
        Match User alice,!bob,root Group alice\n ForceCommand /home/alice/x CANARY\n";
    let host = MapHost::new().file("/etc/passwd", PASSWD).file(PATHS[0], text);
    let found = with_context(&host, observe).unwrap();
    let text = format!("{found:?}");
    for name in ["alice", "bob", "carol", "CANARY"] {
        assert!(!text.contains(name), "{name}: {text}");
    }
    assert!(text.contains("root") && text.contains("192.0.2.1"));
}

#[test]
fn what_nobody_set_is_said_without_a_value() {
    let host = MapHost::new().file(PATHS[1], "PermitRootLogin no\n");
    let found = with_context(&host, observe).unwrap();
    assert_eq!(found.facts.len(), STATED.len());
    let lines = lines(&found.facts);
    assert!(lines.contains(&"sshd PermitRootLogin = no".to_owned()));
    assert!(lines.contains(&"sshd MACs -".to_owned()));
}

#[test]
fn an_included_file_that_may_not_be_read_is_a_gap() {
    let host = MapHost::new()
        .file(PATHS[0], "Include x/*.conf\n")
        .file("/etc/ssh/x/a.conf", "Port 1\n")
        .forbid("/etc/ssh/x/a.conf");
    let found = with_context(&host, observe).unwrap();
    let Absent::NotAllowed { what, .. } = &found.gaps[0].reason else { panic!("{found:?}") };
    assert_eq!(what, "/etc/ssh/x/a.conf");
}

#[test]
fn files_that_include_themselves_end_with_a_complaint() {
    let host = MapHost::new().file(PATHS[0], "Include sshd_config sshd_config\nPort 7\n");
    let found = with_context(&host, observe).unwrap();
    assert!(!found.complaints.is_empty());
    assert!(lines(&found.facts).iter().any(|it| it.starts_with("sshd Port = 7, 7")));
}

#[test]
fn a_machine_without_a_server_or_the_right_says_so() {
    let looked_at = PATHS[0].to_owned();
    assert_eq!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { looked_at }));
    let host = MapHost::unprivileged().forbid(PATHS[0]);
    assert!(matches!(with_context(&host, observe), Err(Absent::NotAllowed { .. })));
}

proptest! {
    #[test]
    fn any_file_is_read_without_panic(
        text in "((Match|Include|AllowUsers|Port|Subsystem|all|user)|[ =\"'\\\\#\n]|\\PC){0,60}"
    ) {
        let _ = with_context(&MapHost::new().file(PATHS[0], text), observe);
    }
}
