//! `lab`: a company in network namespaces, for tests, benchmarks and people who want to look.
//!
//! `lab up FOLDER [WIRE…]` builds it and stays until its standard input ends; a wire is
//! `HOST:INTERFACE:MILLISECONDS:PERCENT`, the delay and loss of that cable each way. Meanwhile
//! `lab exec FOLDER HOST COMMAND…` runs a command in one of its hosts, and
//! `lab compare FOLDER/truth.json RESULT` says how much of it a document of ours or an XML report of
//! nmap's has right. `lab inside`, `lab host`,
//! `lab wire` and `lab meter` are how it starts its own parts.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::ExitCode;

use tests::lab::{compare, door, host, meter, wire, world};

const USAGE: &str = "usage: lab up FOLDER [HOST:INTERFACE:MS:PERCENT…] | lab exec FOLDER HOST COMMAND… | \
    lab compare TRUTH RESULT";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // `{:#}` and not a backtrace: the reader lacks a daemon, not a line of this program.
            let _ = writeln!(std::io::stderr(), "lab: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["up", folder, wires @ ..] => {
            let lab = door::Lab::build(&std::env::current_exe()?, Path::new(folder), wires)?;
            writeln!(std::io::stdout(), "the lab stands; its truth is in {folder}/truth.json")?;
            let mut line = String::new();
            while std::io::stdin().read_line(&mut line)? > 0 {}
            drop(lab);
            Ok(())
        }
        ["exec", folder, name, command @ ..] => {
            Err(door::command_in(Path::new(folder), name)?.args(command).exec().into())
        }
        ["compare", truth, result] => {
            let result = compare::of_file(Path::new(truth), Path::new(result))?;
            Ok(write!(std::io::stdout(), "{result}")?)
        }
        ["inside", folder, wires @ ..] => world::inside(Path::new(folder), wires),
        ["meter", file, manner, ports @ ..] => meter::run(Path::new(file), manner, ports),
        ["wire", one, other, delay, loss] => {
            wire::run(one, other, wire::Quality::parse(delay, loss)?)
        }
        ["host", name, folder] => host::be(name, Path::new(folder)),
        _ => anyhow::bail!(USAGE),
    }
}
