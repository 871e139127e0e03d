//! A scan as a person orders it: the program itself, its scanner process, real listeners on loopback.
//! Without rights: the scanner connects.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test stops where something is missing; it runs the program"
)]

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// Addresses of this test alone: nobody else listens on all of 127.0.0.0/8.
const WEB: Ipv4Addr = Ipv4Addr::new(127, 83, 10, 1);
const SILENT: Ipv4Addr = Ipv4Addr::new(127, 83, 10, 2);

fn kataster(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kataster"));
    command.arg("--data-dir").arg(folder).args(["--lang", "en"]).args(arguments);
    command
}

fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = kataster(folder, arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

fn end(process: &Child, signal: Signal) {
    kill_process(Pid::from_child(process), signal).unwrap();
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// A server of web pages that says who it is, for as long as the test runs.
fn web_server(address: Ipv4Addr, port: u16) {
    let listener = TcpListener::bind((address, port)).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let mut line = String::new();
            let _ = stream.set_read_timeout(Some(Duration::from_secs(2)));
            let _ = BufReader::new(&stream).read_line(&mut line);
            let head = "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nContent-Length: 0\r\n\r\n";
            let _ = stream.write_all(head.as_bytes());
        }
    });
}

#[test]
fn a_scan_finds_a_server_and_tells_it_as_one_document() {
    let folder = folder();
    web_server(WEB, 8080);
    let network = format!("{WEB}/32");
    let (code, out, err) = run(folder.path(), &["scan", "run", &network, "-o", "json"]);
    assert_eq!(code, Some(0), "{err}");
    let document: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(document["format"], 1);
    assert_eq!(document["run"]["state"], "complete", "{err}");
    let devices = document["devices"].as_array().unwrap();
    assert_eq!(devices.len(), 1, "{devices:?}");
    assert_eq!(devices[0]["ips"], serde_json::json!([WEB.to_string()]));
    let services = devices[0]["services"].as_array().unwrap();
    let web = services.iter().find(|it| it["port"] == 8080).unwrap();
    assert_eq!((&web["proto"], &web["service"]), (&"tcp".into(), &"http".into()));
    // The estimate stands on the error stream and leaves the document alone.
    assert!(err.contains("One address"), "{err}");

    let (code, out, _) = run(folder.path(), &["scan", "list", "-o", "json"]);
    let runs: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, runs.as_array().unwrap().len()), (Some(0), 1));
    let (code, shown, _) = run(folder.path(), &["scan", "show", "last", "-o", "json"]);
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!((code, &shown["devices"]), (Some(0), &document["devices"]));
    let (code, table, _) = run(folder.path(), &["scan", "show", "last"]);
    assert!(code == Some(0) && table.contains("8080/tcp http"), "{table}");
    let (code, explained, _) = run(folder.path(), &["scan", "explain", &WEB.to_string()]);
    assert!(code == Some(0) && explained.contains("scan.http"), "{explained}");
}

#[test]
fn a_second_run_tells_what_is_different() {
    let folder = folder();
    let address = Ipv4Addr::new(127, 83, 10, 7);
    web_server(address, 8080);
    let named = address.to_string();
    let scan = ["scan", "run", &named];
    assert_eq!(run(folder.path(), &scan).0, Some(0));
    web_server(address, 8000);
    let (code, out, err) = run(folder.path(), &scan);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("ports opened") && out.contains("8000"), "{out}");
}

#[test]
fn ctrl_c_keeps_what_was_found() {
    let folder = folder();
    // Accepts and never speaks: every probe waits its time.
    let tarpit = Ipv4Addr::new(127, 83, 10, 9);
    let ports = [8080, 8000, 8008, 8081, 8443, 3306, 5432, 6379];
    let listening = ports.map(|it| TcpListener::bind((tarpit, it)).unwrap());
    let mut scanning = kataster(folder.path(), &["scan", "run", &tarpit.to_string(), "-o", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(scanning.stderr.take().unwrap()).lines();
    assert!(said.by_ref().map_while(Result::ok).any(|it| it.contains("One address")));
    // The run can be seen from elsewhere while it lasts, without a server.
    let (code, runs, err) = run(folder.path(), &["scan", "list", "-o", "json"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(runs.contains("running"), "{runs}");
    end(&scanning, Signal::INT);
    let output = scanning.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["run"]["state"], "partial", "{document}");
    let gaps = document["gaps"].as_array().unwrap();
    assert!(gaps.iter().any(|it| it["reason"] == "interrupted"), "{gaps:?}");
    let said: Vec<String> = said.map_while(Result::ok).collect();
    let said = said.join(" ");
    assert!(said.contains("is kept") && said.contains("scan run --resume"), "{said}");
    // The rest is asked without naming it again; then there is no rest.
    drop(listening);
    web_server(tarpit, 8000);
    let resume = ["scan", "run", "--resume", "last", "-o", "json"];
    let (code, out, err) = run(folder.path(), &resume);
    assert_eq!(code, Some(0), "{err}");
    let document: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(document["run"]["state"], "complete", "{document}");
    let (code, _, err) = run(folder.path(), &resume);
    assert_eq!(code, Some(6), "{err}");
    assert!(err.contains("nothing to go on with"), "{err}");
}

#[test]
fn an_address_that_nobody_has_is_nothing_found() {
    let folder = folder();
    let excluded = format!("{SILENT}/32");
    let both = ["scan", "run", &excluded, "--exclude", &excluded];
    assert_eq!(run(folder.path(), &both).0, Some(2));
    // TEST-NET-1 lies on no route of a test; it is refused by the scope here, never sent to.
    let (code, _, err) = run(folder.path(), &["scan", "run", "224.0.0.0/24"]);
    assert!(code == Some(2) && err.contains("224.0.0.0/24"), "{err}");
}

#[test]
fn mistakes_say_what_why_and_what_to_do() {
    let folder = folder();
    for (arguments, said) in [
        (&["scan", "run", "10.0.0.7/24"][..], "10.0.0.0/24"),
        (&["scan", "run", "printer.example"], "printer.example"),
        (&["scan", "run", "0.0.0.0/0"], "0.0.0.0/0"),
        (&["scan", "run", "10.0.0.0/16"], "--allow-range"),
        (&["scan", "run", "127.0.0.1", "--probes", "telepathy"], "ssh"),
        (&["scan", "run", "127.0.0.1", "--rate", "0"], "--rate"),
        (&["scan", "plan", "add", "x", "127.0.0.1", "--cron", "0 2 * *"], "0 2 * *"),
        (&["quick", "--out", "x.xlsx", "--rate", "5"], "--rate"),
    ] {
        let (code, out, err) = run(folder.path(), arguments);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}: {err}");
        assert!(err.contains(said) && err.lines().count() >= 3, "{arguments:?}: {err}");
        assert!(!err.contains('⟨'), "{err}");
    }
}

#[test]
fn plans_are_added_listed_explained_and_removed() {
    let folder = folder();
    let plan = ["scan", "plan", "add", "office", "10.1.0.0/24", "--exclude", "10.1.0.7"];
    let times = ["--cron", "0 2 * * *", "--window", "22:00-05:00"];
    let (code, _, err) = run(folder.path(), &[&plan[..], &times[..]].concat());
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(run(folder.path(), &[&plan[..], &times[..]].concat()).0, Some(7));
    let (_, out, _) = run(folder.path(), &["scan", "plan", "list", "-o", "json"]);
    let plans: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(plans[0]["plan"]["name"], "office");
    assert!(plans[0]["next_run_at"].is_string(), "{plans}");
    let (_, out, _) = run(folder.path(), &["scan", "explain", "10.1.0.7"]);
    assert!(out.contains("office") && out.contains("excluded"), "{out}");
    assert_eq!(run(folder.path(), &["scan", "plan", "remove", "office"]).0, Some(0));
    assert_eq!(run(folder.path(), &["scan", "plan", "remove", "office"]).0, Some(6));
    assert_eq!(run(folder.path(), &["scan", "show", "last"]).0, Some(6));
}

#[test]
fn a_running_collector_scans_for_the_command_line() {
    let folder = folder();
    let address = Ipv4Addr::new(127, 83, 10, 5);
    web_server(address, 8080);
    let config = folder.path().join("kataster.toml");
    std::fs::write(&config, "agents = \"127.0.0.1:0\"\nenrolment = \"127.0.0.1:0\"\n").unwrap();
    let data = folder.path().join("data");
    let mut serving = kataster(&data, &["--config", config.to_str().unwrap(), "serve"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(serving.stderr.take().unwrap()).lines();
    let begun = log.by_ref().map_while(Result::ok).find(|it| it.contains("is running"));
    assert!(begun.is_some());
    let (code, out, err) = run(&data, &["scan", "run", &address.to_string(), "-o", "json"]);
    assert_eq!(code, Some(0), "{err}");
    let document: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(document["devices"].as_array().unwrap().len(), 1);
    assert!(err.contains("One address"), "{err}");
    end(&serving, Signal::TERM);
    assert!(serving.wait().unwrap().success());
}

/// A server that accepts and never speaks, a collector, and a scan of that server which it does for
/// the command line.
fn long_scan(folder: &Path, tarpit: Ipv4Addr) -> (Child, Child, Vec<TcpListener>) {
    let ports = [8080, 8000, 8008, 8081, 8443, 3306, 5432, 6379];
    let listening = ports.map(|it| TcpListener::bind((tarpit, it)).unwrap());
    let config = folder.join("kataster.toml");
    std::fs::write(&config, "agents = \"127.0.0.1:0\"\nenrolment = \"127.0.0.1:0\"\n").unwrap();
    let data = folder.join("data");
    let mut serving = kataster(&data, &["--config", config.to_str().unwrap(), "serve"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let log = BufReader::new(serving.stderr.take().unwrap()).lines();
    let mut log = log.map_while(Result::ok);
    assert!(log.by_ref().any(|it| it.contains("is running")));
    // A log that nobody reads would hold up the collector.
    std::thread::spawn(move || log.for_each(drop));
    let mut scanning = kataster(&data, &["scan", "run", &tarpit.to_string(), "-o", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(scanning.stderr.as_mut().unwrap()).lines();
    assert!(said.by_ref().map_while(Result::ok).any(|it| it.contains("One address")));
    (serving, scanning, listening.into())
}

#[test]
fn a_collector_that_ends_keeps_what_its_scan_found_and_says_so() {
    let folder = folder();
    let (mut serving, scanning, _listening) =
        long_scan(folder.path(), Ipv4Addr::new(127, 83, 10, 11));
    end(&serving, Signal::TERM);
    let output = scanning.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let gaps = document["gaps"].as_array().unwrap();
    assert!(gaps.iter().any(|it| it["reason"] == "collector_ended"), "{gaps:?}");
    assert!(serving.wait().unwrap().success());
}

#[test]
fn a_collector_that_is_killed_is_told_in_words() {
    let folder = folder();
    let (mut serving, scanning, _listening) =
        long_scan(folder.path(), Ipv4Addr::new(127, 83, 10, 12));
    end(&serving, Signal::KILL);
    serving.wait().unwrap();
    let output = scanning.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(5), "{said}");
    assert!(said.contains("ended before it had replied"), "{said}");
    // Whoever opens the folder next ends what was left behind.
    let data = folder.path().join("data");
    let (code, runs, err) = run(&data, &["scan", "list", "-o", "json"]);
    assert!(code == Some(0) && runs.contains("partial"), "{runs} {err}");
}
