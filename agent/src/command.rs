//! The command line of the agent.

mod asking;
mod carrying;
mod line;
mod updating;

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;

use clap::FromArgMatches;
use observation::latest::written::Report;
use pki::Token;
use wording::Wording;

use crate::agent::joining::{TokenFileError, join, token_from};
use crate::agent::running::Running;
use crate::agent::updating::{Begun, Updating};
use crate::agent::{Agent, collect_for_print, deliver_once, has_failures};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::data_dir::DataDir;
use crate::enrol::enrol;
use crate::failure::{Exit, Failure, trouble};
use crate::host::reader::{self, ServeError};
use crate::host::{Ask, Layered, LinuxHost, step_back};
use crate::kept::last_good_config;
use crate::print;
use crate::service::install::Installation;
use crate::service::{Request, Requests};

pub use line::command;
use line::{Cli, Command, Common, Output, ServiceCommand, UpdateCommand, asked_language, words_of};

/// Runs the program with the arguments of the process.
#[must_use]
pub fn main() -> ExitCode {
    ExitCode::from(run(std::env::args_os()))
}

/// Runs the program and gives its exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let command = command(words_of(asked_language(&arguments)));
    let parsed = command.try_get_matches_from(arguments).and_then(|it| Cli::from_arg_matches(&it));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => {
            // Nothing can be said about a terminal that takes no text.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage.code() } else { Exit::Done.code() };
        }
    };
    if let Command::Scanner { socket } = &cli.command {
        // It gives up its rights, which is done before there is a second thread.
        return scan_for_others(socket.as_deref());
    }
    if let Command::Reader { account } = &cli.command {
        return read_for_others(account);
    }
    pki::install_provider();
    let words = cli.common.words();
    let result = match &cli.command {
        Command::Once { out: Some(path), .. } => carrying::once_to_file(&cli.common, path, words),
        Command::Once { print: true, output, .. } => print_once(&cli.common, *output, words),
        Command::Once { print: false, .. } => once(&cli.common, words),
        Command::Enrol { token_file, replace } => {
            enrol_host(&cli.common, token_file, *replace, words)
        }
        Command::Run => keep_running(&cli.common),
        Command::Completions { shell } => complete(*shell, words),
        Command::Status { output } => asking::status(&cli.common, *output, words),
        Command::Doctor { output } => asking::doctor(&cli.common, *output, words),
        Command::Show { source, diff_last, output } => {
            asking::show(&cli.common, source.as_deref(), *diff_last, *output, words)
        }
        Command::Service(command) => service(command, words),
        Command::Update(command) => updating::update(&cli.common, command, words),
        Command::Upload { files } => carrying::upload(&cli.common, files, words),
        Command::Reader { .. } | Command::Scanner { .. } => Ok(Exit::Failed),
    };
    match result {
        Ok(exit) => exit.code(),
        Err(failure) => {
            let _ = writeln!(io::stderr().lock(), "{}", failure.text(words));
            failure.exit.code()
        }
    }
}

fn complete(shell: clap_complete::Shell, words: &'static Wording) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command(words), "kataster-agent", &mut script);
    say(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}

fn scan_for_others(socket: Option<&Path>) -> u8 {
    log(tracing::Level::INFO);
    match scan::net::process::serve(socket) {
        Ok(()) => Exit::Done.code(),
        Err(error) => {
            tracing::error!(%error, "the scanner ended");
            Exit::Failed.code()
        }
    }
}

fn read_for_others(account: &str) -> u8 {
    log(tracing::Level::WARN);
    match reader::serve_standard_input(account) {
        Ok(()) => Exit::Done.code(),
        Err(error) => {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::error!(%error, cause, "the reader ended");
            match error {
                ServeError::Stranger { .. } => Exit::Refused.code(),
                ServeError::NoSocket(_) | ServeError::Speak(_) => Exit::Failed.code(),
            }
        }
    }
}

fn print_once(
    common: &Common,
    output: Option<Output>,
    words: &'static Wording,
) -> Result<Exit, Failure> {
    let config = common.config()?;
    let host = Layered::new(config.reader_socket.as_deref());
    let report = collect_for_print(&host, &config)?;
    // A table for people, JSON for programs behind a pipe.
    let of_terminal = || if io::stdout().is_terminal() { Output::Table } else { Output::Json };
    match output.unwrap_or_else(of_terminal) {
        Output::Json => say_json(&report)?,
        Output::Table => say(&print::table(&report, words, width_of_terminal()))?,
    }
    Ok(exit_of(&report))
}

/// None where the output is no terminal: what reads it breaks lines itself.
fn width_of_terminal() -> Option<u16> {
    comfy_table::Table::new().width().filter(|_| io::stdout().is_terminal())
}

const fn exit_of_failures(has_failures: bool) -> Exit {
    if has_failures { Exit::Partial } else { Exit::Done }
}

fn exit_of(report: &Report) -> Exit {
    exit_of_failures(has_failures(report))
}

fn once(common: &Common, words: &'static Wording) -> Result<Exit, Failure> {
    log(tracing::Level::WARN);
    let (config, path) = (common.config()?, common.data_dir()?);
    let (delivered, report) = runtime()?.block_on(deliver_once(&path, config))?;
    let count = delivered.acknowledged;
    say(&format!("{}\n", words.text_with("agent-delivered", &[("count", count.into())])))?;
    if delivered.refused > 0 {
        return Ok(Exit::Partial);
    }
    Ok(exit_of(&report))
}

fn enrol_host(
    common: &Common,
    token_file: &Path,
    replaces: bool,
    words: &'static Wording,
) -> Result<Exit, Failure> {
    log(tracing::Level::WARN);
    let token = read_token(token_file)?;
    let data = DataDir::open(&common.data_dir()?)?;
    let host_name = LinuxHost.system_names().map(|it| it.node).unwrap_or_default();
    let enrolment = runtime()?.block_on(enrol(&data, &token, &host_name, replaces))?;
    let agent = enrolment.agent.to_string();
    say(&format!("{}\n", words.text_with("agent-enrolled", &[("agent", agent.into())])))?;
    Ok(Exit::Done)
}

fn keep_running(common: &Common) -> Result<Exit, Failure> {
    log(tracing::Level::INFO);
    let data = DataDir::open(&common.data_dir()?)?;
    // Before everything that another version could do wrong: a start that fails counts.
    let updating = match Updating::begin(&data.files(), SystemClock.now()) {
        Begun::Goes(updating) => *updating,
        Begun::Replaced => return Ok(Exit::Replaced),
    };
    let used = config_or_last_good(common.config.as_deref(), &data)?;
    let host = Layered::new(used.config.reader_socket.as_deref());
    if let Err(error) = step_back() {
        tracing::warn!(%error, "the agent could not lower its own priority");
    }
    let request = runtime()?.block_on(async {
        let mut requests = Requests::listen().map_err(|it| internal(&it))?;
        if let Some(request) = join_first(&data, &used.config, &mut requests).await? {
            return Ok(request);
        }
        let agent = open(data, used)?;
        let running =
            Running::new(agent, &host, common.config.as_deref(), trouble).with_updating(updating);
        Ok::<Request, Failure>(running.run(&mut requests).await)
    })?;
    Ok(match request {
        Request::Interrupt => Exit::Interrupted,
        Request::Replaced => Exit::Replaced,
        Request::Stop | Request::Reload => Exit::Done,
    })
}

/// The enrolled agent with what it has to say of its configuration.
fn open(data: DataDir, used: Used) -> Result<Agent, Failure> {
    let mut agent = Agent::open(data, used.config, Arc::new(SystemClock))?;
    if let Some(text) = &used.text {
        agent.keep_config(text);
    }
    agent.set_config_problem(used.problem);
    Ok(agent)
}

/// Enrols this host with the token that the configuration names, if it is not enrolled. Somebody may
/// want the service to end meanwhile.
async fn join_first(
    data: &DataDir,
    config: &Config,
    requests: &mut Requests,
) -> Result<Option<Request>, Failure> {
    let Some(token_file) = config.token_file.as_deref() else { return Ok(None) };
    if data.enrolment()?.is_some() {
        return Ok(None);
    }
    let host_name = LinuxHost.system_names().map(|it| it.node).unwrap_or_default();
    let mut joined = pin!(join(data, token_file, &host_name, &SystemClock));
    loop {
        tokio::select! {
            biased;
            request = requests.next() => {
                if request != Request::Reload {
                    return Ok(Some(request));
                }
            }
            _ = &mut joined => return Ok(None),
        }
    }
}

fn service(command: &ServiceCommand, words: &'static Wording) -> Result<Exit, Failure> {
    let program = std::env::current_exe().map_err(|it| internal(&it))?;
    let (user, is_install) = match command {
        ServiceCommand::Install { user } => (user.as_deref(), true),
        ServiceCommand::Uninstall => (None, false),
    };
    let installation = Installation::new(Path::new("/"), &program, user)?;
    let changed = if is_install { installation.install()? } else { installation.uninstall()? };
    let mut text = String::new();
    for path in &changed {
        text.push_str(&path.display().to_string());
        text.push('\n');
    }
    let key = match (is_install, changed.is_empty()) {
        (_, true) => "agent-service-unchanged",
        (true, false) => "agent-service-installed",
        (false, false) => "agent-service-removed",
    };
    say(&format!("{text}{}\n", words.text(key)))?;
    Ok(Exit::Done)
}

/// The configuration that a service uses.
struct Used {
    config: Config,
    /// Its text, where it came from the file.
    text: Option<String>,
    /// Why the file is not used.
    problem: Option<String>,
}

/// The file's configuration; the last one that could be used where the file is broken: a service must
/// not end for a typing mistake on a machine far away.
fn config_or_last_good(file: Option<&Path>, data: &DataDir) -> Result<Used, Failure> {
    let Some(file) = file else {
        return Ok(Used { config: Config::default(), text: None, problem: None });
    };
    let error = match Config::load_with_text(file) {
        Ok((config, text)) => return Ok(Used { config, text: Some(text), problem: None }),
        Err(error) => error,
    };
    let kept = last_good_config(&data.files()).and_then(|it| Config::from_kept(&it));
    let Some(config) = kept else { return Err(error.into()) };
    let problem = Failure::from(error).causes.join(": ");
    tracing::error!(cause = problem, "the last configuration that could be used is used");
    Ok(Used { config, text: None, problem: Some(problem) })
}

fn read_token(path: &Path) -> Result<Token, Failure> {
    let failed = |error| Failure::new(Exit::Usage, "token-file", path.display()).because(&error);
    let read = if path == Path::new("-") {
        token_from(&mut io::stdin().lock())
    } else {
        token_from(&mut File::open(path).map_err(failed)?)
    };
    read.map_err(|error| match error {
        TokenFileError::Read(error) => failed(error),
        TokenFileError::Token(error) => error.into(),
    })
}

/// Writes to standard output. A reader that has seen enough (`| head`) is no failure.
fn say(text: &str) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(Exit::Failed, "write", "").because(&error))
        }
        _ => Ok(()),
    }
}

/// Writes a report to standard output piece by piece: as one text it would be larger than the report itself.
fn say_json(report: &Report) -> Result<(), Failure> {
    let mut output = io::BufWriter::new(io::stdout().lock());
    let written = serde_json::to_writer_pretty(&mut output, report)
        .map_err(io::Error::from)
        .and_then(|()| output.write_all(b"\n"))
        .and_then(|()| output.flush());
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(Exit::Failed, "write", "").because(&error))
        }
        _ => Ok(()),
    }
}

/// One thread is enough: the agent does one thing at a time.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|it| internal(&it))
}

fn internal(error: &(dyn std::error::Error + 'static)) -> Failure {
    Failure::new(Exit::Failed, "internal", "").because(error)
}

fn log(level: tracing::Level) {
    // A second call in one process (tests) keeps the first subscriber.
    let _ = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        .try_init();
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use wording::Language;

    use super::*;

    fn exit(arguments: &[&str]) -> u8 {
        run(["kataster-agent"].iter().chain(arguments).map(OsString::from))
    }

    #[test]
    fn every_command_and_argument_is_explained_in_both_languages() {
        fn check(command: &clap::Command, key: &str, words: &Wording) {
            assert!(words.has(key), "{key}");
            for argument in command.get_arguments().filter(|it| !it.is_global_set()) {
                let key = format!("{key}-{}", argument.get_id());
                assert!(words.has(&key), "{key}");
            }
            for inner in command.get_subcommands() {
                check(inner, &format!("{key}-{}", inner.get_name()), words);
            }
        }
        for language in [Language::German, Language::English] {
            check(&Cli::command(), "agent-help", language.wording());
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_exit_code_says_what_kind_of_failure_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        std::fs::write(path("bad.toml"), "colour = 1\n").unwrap();
        std::fs::write(path("token"), "kat1-abc\n").unwrap();
        let data = path("data");
        let data = ["--data-dir", data.as_str()];
        let with = |arguments: &[&str]| exit(&[&data, arguments].concat());
        assert_eq!(exit(&["frob"]), 2);
        assert_eq!(exit(&["--version"]), 0);
        assert_eq!(with(&["once", "-o", "json"]), 2);
        assert_eq!(with(&["once"]), 4);
        assert_eq!(with(&["run"]), 4);
        assert_eq!(with(&["once", "--config", &path("bad.toml")]), 2);
        assert_eq!(with(&["once", "--config", &path("none.toml")]), 2);
        assert_eq!(with(&["enrol", "--token-file", &path("token")]), 2);
        assert_eq!(with(&["enrol", "--token-file", &path("none")]), 2);
        let _held = DataDir::open(Path::new(data[1])).unwrap();
        assert_eq!(with(&["once"]), 7);
    }

    #[test]
    fn the_language_on_the_command_line_comes_first() {
        let asked = |arguments: &[&str]| {
            let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
            asked_language(&arguments)
        };
        assert_eq!(asked(&["x", "once", "--lang", "en"]), Some(Language::English));
        assert_eq!(asked(&["x", "--lang=de", "once"]), Some(Language::German));
        assert_eq!(asked(&["x", "once", "--lang"]), None);
    }
}
