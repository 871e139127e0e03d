//! What the publisher's tool signs, an agent takes; what was changed since, or another key signed, it does not.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test of a program: it must stop where it cannot go on"
)]

use std::io;
use std::path::Path;
use std::process::{Command, Output};

use kataster_agent::update::Refusal;
use kataster_agent::update::bundle::{Bundle, Machine, Manifest, Trust};
use tests::loopback::now;

const PROGRAM: &[u8] = b"#!/bin/sh\nexit 0\n";

fn tool(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sign_update"));
    command.args(arguments).current_dir(folder).env_clear().output().unwrap()
}

/// The public key, as it goes into agent.toml.
fn key(folder: &Path, name: &str) -> String {
    let made = tool(folder, &["key", name]);
    assert!(made.status.success(), "{made:?}");
    String::from_utf8(made.stdout).unwrap().split(' ').next().unwrap().to_owned()
}

fn sign(folder: &Path, keys: &[&str], version: &str, out: &str) -> Output {
    let keys: Vec<_> = keys.iter().flat_map(|it| ["--key", it]).collect();
    let libc = Machine::own().unwrap().libc;
    let rest = ["--version", version, "--libc", &libc, "program", out];
    tool(folder, &[["sign"].as_slice(), &keys, &rest].concat())
}

fn trust(keys: &[&str], threshold: u32) -> Trust {
    let text = format!("[update]\nkeys = {keys:?}\nthreshold = {threshold}\n");
    let config: kataster_agent::config::Config = toml::from_str(&text).unwrap();
    Trust::new(config.update.as_ref()).unwrap()
}

/// All that an agent checks of an update, without putting it in place.
fn take(file: &[u8], trust: &Trust) -> Result<Manifest, Refusal> {
    let bundle = Bundle::open(file, trust)?;
    bundle.manifest.check(&Machine::own()?, now())?;
    let packed = bundle.packed()?;
    let mut program = packed.unpack().map_err(Refusal::Read)?;
    io::copy(&mut program, &mut io::sink()).map_err(Refusal::Read)?;
    packed.compare(program)?;
    Ok(packed.manifest)
}

#[test]
fn an_agent_takes_what_the_publishers_tool_has_signed_and_nothing_that_was_changed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("program"), PROGRAM).unwrap();
    let (first, second) = (key(folder, "first.key"), key(folder, "second.key"));
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    assert!(sign(folder, &["first.key"], "99.0.0", "one").status.success());
    assert!(sign(folder, &["first.key", "second.key"], "99.0.0", "two").status.success());
    assert!(sign(folder, &["first.key"], "0.0.1", "older").status.success());

    assert_eq!(take(&read("one"), &trust(&[&first], 1)).unwrap().version, "99.0.0");
    let both = trust(&[&first, &second], 2);
    assert!(take(&read("two"), &both).is_ok());
    let too_few = Refusal::Signatures { right: 1, threshold: 2 };
    assert_eq!(take(&read("one"), &both).unwrap_err().to_string(), too_few.to_string());
    let stranger = take(&read("one"), &trust(&[&second], 1));
    assert!(matches!(stranger, Err(Refusal::Signatures { right: 0, .. })));
    let older = take(&read("older"), &trust(&[&first], 1));
    assert!(matches!(older, Err(Refusal::NotNewer { .. })));

    let good = read("one");
    for at in 0..good.len() {
        let mut changed = good.clone();
        *changed.get_mut(at).unwrap() ^= 1;
        // A key id only finds the key: without one that is known, nobody has signed.
        assert!(take(&changed, &trust(&[&first], 1)).is_err(), "byte {at}");
    }
}

#[test]
fn the_publishers_tool_keeps_private_keys_private_and_overwrites_nothing() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("program"), PROGRAM).unwrap();
    key(folder, "publisher.key");
    let path = folder.join("publisher.key");
    let before = std::fs::read(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!tool(folder, &["key", "publisher.key"]).status.success());
    assert!(!sign(folder, &["publisher.key"], "1.0.0", "publisher.key").status.success());
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert!(!sign(folder, &["program"], "1.0.0", "out").status.success(), "no key");
    assert!(!sign(folder, &["publisher.key"], "one", "out").status.success(), "no version");
    assert!(!folder.join("out").exists());
}
