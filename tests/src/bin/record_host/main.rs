//! Writes down what the agent's sources ask of this machine and what it answers, with serial
//! numbers, names, hardware addresses, network addresses and keys replaced.
//!
//! `record_host OUT real|emulated FROM WHEN [--sources hardware.,network.] [--replace OLD=NEW]…`
//! writes `OUT/recording.json` and `OUT/origin.toml`. Read both before checking them in.

mod dpkg;
mod replace;
mod serials;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use kataster_agent::host::{Ask, Exchange, LinuxHost, PLATFORM, Recorder};
use kataster_agent::names::Names;
use kataster_agent::sources::{self, Context, Memory, Options};
use observation::latest::{Absent, NameKey};

/// What a person asked for on the command line.
struct Arguments {
    out: String,
    origin: String,
    from: String,
    when: Timestamp,
    sources: Vec<String>,
    replacements: Vec<(String, String)>,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "the message of a tool at its outermost edge")]
            {
                eprintln!("{error:#}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let arguments = arguments(std::env::args().skip(1))?;
    let exchanges = record(&arguments);
    let exchanges = dpkg::shorten(exchanges);
    let exchanges = serials::replace(exchanges);
    let exchanges = replace::everything(exchanges, &arguments.replacements);
    write(&arguments, &exchanges)
}

fn arguments(mut words: impl Iterator<Item = String>) -> anyhow::Result<Arguments> {
    let usage = "record_host OUT real|emulated FROM WHEN [--sources P,P] [--replace OLD=NEW]…";
    let mut next = || words.next().context(usage);
    let (out, origin, from) = (next()?, next()?, next()?);
    if !["real", "emulated"].contains(&origin.as_str()) {
        bail!("{usage}: the origin is real or emulated, constructed ones are written by hand");
    }
    let when = next()?.parse().context("WHEN is an instant such as 2026-01-31T12:00:00Z")?;
    let mut arguments =
        Arguments { out, origin, from, when, sources: Vec::new(), replacements: Vec::new() };
    while let Some(option) = words.next() {
        let value = words.next().context(usage)?;
        match option.as_str() {
            "--sources" => arguments.sources.extend(value.split(',').map(str::to_owned)),
            "--replace" => {
                let (old, new) = value.split_once('=').context(usage)?;
                arguments.replacements.push((old.to_owned(), new.to_owned()));
            }
            _ => bail!("{usage}"),
        }
    }
    Ok(arguments)
}

/// Runs the chosen sources against this machine.
fn record(arguments: &Arguments) -> Vec<Exchange> {
    let host = LinuxHost;
    let recorder = Recorder::new(&host);
    let names = Names::new(NameKey::Run, b"recording");
    let options = Options { reports_connections: true, ..Options::default() };
    let now = arguments.when;
    let is_chosen = |id: &str| {
        arguments.sources.is_empty() || arguments.sources.iter().any(|it| id.starts_with(it))
    };
    let chosen = sources::all().filter(|it| is_chosen(it.id.as_str()));
    for source in chosen.filter(|it| it.platforms.contains(&PLATFORM)) {
        // The outcome is recomputed on replay; here only the questions count, and each source asks all of its own.
        let memory = &Memory::default();
        drop((source.observe)(&Context { host: &recorder, now, names: &names, options, memory }));
    }
    // What the frame of a report asks.
    let _ = recorder.rights();
    let _ = recorder.line("/proc/sys/kernel/random/boot_id");
    // What is not recorded is not here on replay anyway.
    let mut exchanges = recorder.exchanges();
    exchanges.retain(|it| !matches!(it.reply, Err(Absent::NotHere { .. })));
    exchanges
}

fn write(arguments: &Arguments, exchanges: &[Exchange]) -> anyhow::Result<()> {
    let out = Path::new(&arguments.out);
    fs::create_dir_all(out).with_context(|| format!("making the folder {}", out.display()))?;
    // One exchange per line, so that a difference can be read.
    let lines: Result<Vec<String>, _> = exchanges.iter().map(serde_json::to_string).collect();
    let text = format!("[\n{}\n]\n", lines.context("writing an exchange as JSON")?.join(",\n"));
    let path = out.join("recording.json");
    fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    let origin = format!(
        "origin = {:?}\nfrom = {:?}\nrecorded_at = {:?}\nwith = \"tests/src/bin/record_host\"\n\
         replaced = {:?}\n",
        arguments.origin,
        arguments.from,
        arguments.when.to_string(),
        "serial numbers, identities, names of hosts and persons, addresses; packages cut",
    );
    let path = out.join("origin.toml");
    fs::write(&path, origin).with_context(|| format!("writing {}", path.display()))
}
