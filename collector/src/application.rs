//! From what was typed to what is shown and how the process ends.

mod prompt;
mod scan;
mod users;

use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::scan::net::process;
use data_encoding::BASE64;
use jiff::tz::TimeZone;
use wording::{Language, Wording};

use crate::accounts::{self, Acting, Caller, Secret, SignIn, Witness};
use crate::arguments::{
    AgentCommand, Arguments, AssetCommand, BackupCommand, Command, ExportCommand, FormName,
    ImportCommand, RegisterCommand, SnapshotCommand, TemplateCommand, TokenCommand, UserCommand,
    WorkbookProfileName, worded,
};
use crate::backup::{self, KeyChoice, Passphrase};
use crate::command::{Form, GuideOrder, Order, Reply, SnapshotOrder, execute_as, print};
use crate::config::Config;
use crate::control;
use crate::data_folder::write_private;
use crate::failure::{ExitCode, Failure};
use crate::ingest::chain;
use crate::quick::{Quick, quick};
use crate::scans::Watch;
use crate::serve;
use crate::summary;

/// Libraries that the programs are made of, with their licences; a test keeps it true.
const LICENCES: &str = include_str!("../assets/licences.txt");
/// Bytes of a signed report that are read: one more than is ever taken, so that longer ones are refused.
const SIGNED_BYTES_MAX: u64 = 9 * 1024 * 1024;
/// Largest register or passphrase file that is read.
const TEXT_BYTES_MAX: u64 = 17 * 1024 * 1024;

/// What was typed, and the account that it signs in as.
struct Asking<'a> {
    arguments: &'a Arguments,
    sign_in: Option<SignIn>,
}

/// Runs the program with the arguments of the process; gives its exit code.
#[must_use]
pub fn main() -> u8 {
    let typed: Vec<_> = std::env::args_os().collect();
    let wording = spoken_language(&typed).wording();
    if typed.iter().any(|it| it == "--licences") {
        let shown = write_out(|out| out.write_all(LICENCES.as_bytes()));
        return shown.map_or_else(|failure| failure.exit_code as u8, |()| 0);
    }
    let arguments = match Arguments::read(typed, wording) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Nothing can be said about a terminal that takes no text.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::Usage as u8 } else { 0 };
        }
    };
    if let Command::Scanner { socket } = &arguments.command {
        // It gives up its rights, which is done before there is a second thread.
        return scanner(socket.as_deref());
    }
    pki::install_provider();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(run(&arguments, wording)),
        Err(error) => {
            Err(Failure::new(ExitCode::Failed, "internal", "").because(error.to_string()))
        }
    };
    match result {
        Ok(()) => 0,
        Err(failure) => {
            let mut err = io::stderr().lock();
            for line in failure.lines(wording) {
                let _ = writeln!(err, "{line}");
            }
            failure.exit_code as u8
        }
    }
}

/// The scanner process.
fn scanner(socket: Option<&Path>) -> u8 {
    log_to_stderr();
    match process::serve(socket) {
        Ok(()) => 0,
        Err(error) => {
            tracing::error!(error = %chain(&error), "the scanner ended");
            ExitCode::Failed as u8
        }
    }
}

/// The language that was asked for, before anything else is understood: help is in it too.
fn spoken_language(typed: &[std::ffi::OsString]) -> Language {
    let after = typed.iter().skip_while(|it| *it != "--lang").nth(1);
    let joined = typed.iter().filter_map(|it| it.to_str()?.strip_prefix("--lang=")).next();
    let asked = after.and_then(|it| it.to_str()).or(joined).and_then(Language::from_tag);
    asked.unwrap_or_else(|| Language::of_session(|it| std::env::var(it).ok()))
}

async fn run(arguments: &Arguments, wording: &'static Wording) -> Result<(), Failure> {
    let sign_in = users::sign_in(arguments, wording)?;
    let asking = Asking { arguments, sign_in };
    match &arguments.command {
        Command::Serve => {
            log_to_stderr();
            serve::serve(&data_dir(arguments)?, &config(arguments)?).await
        }
        Command::Quick { out, register, scan: networks, options } => {
            let scan = match networks.is_empty() {
                true => scan::none_given(options).map(|()| None)?,
                false => Some(scan::request(networks, options)?),
            };
            let request = Quick {
                out: absolute(out)?,
                data_dir: arguments.data_dir.clone(),
                register: register.as_deref().map(read_text).transpose()?,
                language: wording.language(),
                time_zone: time_zone(),
                actor: Acting::user(&accounts::own()).actor,
                scan,
            };
            run_quick(&request, wording).await
        }
        Command::Backup(BackupCommand::Restore { file, passphrase_file, without_key }) => {
            restore(arguments, wording, file, passphrase_file.as_deref(), *without_key)
        }
        Command::User(UserCommand::Recover { name, new_password_file }) => {
            users::recover(arguments, name, new_password_file.as_deref(), wording).await
        }
        Command::Import(ImportCommand::Report { files }) => {
            Box::pin(import_reports(&asking, wording, files)).await
        }
        Command::Scan(command) => Box::pin(scan::run(&asking, wording, command)).await,
        Command::Scanner { .. } => Err(Failure::new(ExitCode::Failed, "internal", "scanner")),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut worded(wording), "kataster", &mut script);
            write_out(|out| out.write_all(&script))
        }
        Command::Agent(_)
        | Command::Asset(_)
        | Command::Import(_)
        | Command::Undo { .. }
        | Command::Register(_)
        | Command::Export(_)
        | Command::Backup(_)
        | Command::Snapshot(_)
        | Command::Audit(_)
        | Command::User(_) => {
            let (order, form, out) = order(arguments, wording.language())?;
            let reply = ask(&asking, order, &Watch::default()).await?;
            show(&reply, form, out.as_deref(), wording)?;
            if let Reply::Imported(report) = &reply {
                return report.failure().map_or(Ok(()), Err);
            }
            Ok(())
        }
    }
}

/// The order behind a command, how its reply is shown, and the private file that it goes to.
fn order(
    arguments: &Arguments,
    language: Language,
) -> Result<(Order, Form, Option<PathBuf>), Failure> {
    let table_order = |order| Ok((order, Form::Table, None));
    match &arguments.command {
        Command::Agent(AgentCommand::List { health, output }) => {
            let order = if *health { Order::AgentHealth } else { Order::AgentList };
            Ok((order, form(*output), None))
        }
        Command::Agent(AgentCommand::Approve { agent }) => {
            table_order(Order::AgentApprove { id: *agent })
        }
        Command::Agent(AgentCommand::Revoke { agent }) => {
            table_order(Order::AgentRevoke { id: *agent })
        }
        Command::Agent(AgentCommand::Token(command)) => Ok(token_order(command)),
        Command::Asset(command) => Ok(asset_order(command)),
        Command::Register(command) => register_order(command, language),
        Command::Import(command) => import_order(command, language),
        Command::Undo { change } => {
            table_order(Order::Undo { name: change.clone(), language: language.tag().to_owned() })
        }
        Command::Snapshot(command) => Ok(snapshot_order(command, language)),
        Command::Export(ExportCommand::Workbook { out, profile }) => {
            table_order(Order::ExportWorkbook {
                profile: profile.map(WorkbookProfileName::profile),
                path: absolute(out)?,
                language: language.tag().to_owned(),
                time_zone: time_zone(),
            })
        }
        Command::Backup(BackupCommand::Create { out, passphrase_file }) => {
            let passphrase = passphrase_file.as_deref().map(read_text).transpose()?;
            let passphrase = passphrase.map(Secret::new);
            table_order(Order::BackupCreate { path: absolute(out)?, passphrase })
        }
        Command::Audit(command) => {
            let (order, form) = users::audit_order(command, language);
            Ok((order, form, None))
        }
        Command::User(command) => {
            let (order, form) = users::user_order(arguments, command, language.wording())?;
            Ok((order, form, None))
        }
        Command::Quick { .. }
        | Command::Serve
        | Command::Scan(_)
        | Command::Scanner { .. }
        | Command::Completions { .. }
        | Command::Backup(BackupCommand::Restore { .. }) => {
            Err(Failure::new(ExitCode::Failed, "internal", ""))
        }
    }
}

fn snapshot_order(command: &SnapshotCommand, language: Language) -> (Order, Form, Option<PathBuf>) {
    let (order, shown) = match command {
        SnapshotCommand::Create { name } => {
            let (name, language) = (name.clone(), language.tag().to_owned());
            (SnapshotOrder::Create { name, language, time_zone: time_zone() }, Form::Table)
        }
        SnapshotCommand::List { output } => (SnapshotOrder::List, form(*output)),
        SnapshotCommand::Show { snapshot, sheet, output } => {
            let (name, sheet) = (snapshot.clone(), sheet.clone());
            (SnapshotOrder::Show { name, sheet }, form(*output))
        }
        SnapshotCommand::Diff { from, to, output } => {
            let (from, to) = (from.clone(), to.clone());
            (SnapshotOrder::Differences { from, to, time_zone: time_zone() }, form(*output))
        }
        SnapshotCommand::Verify { snapshot } => {
            (SnapshotOrder::Verify { name: snapshot.clone() }, Form::Table)
        }
    };
    (Order::Snapshot(order), shown, None)
}

fn register_order(
    command: &RegisterCommand,
    language: Language,
) -> Result<(Order, Form, Option<PathBuf>), Failure> {
    let table_order = |order| Ok((order, Form::Table, None));
    let language = language.tag().to_owned();
    match command {
        RegisterCommand::Import { file } => {
            table_order(Order::RegisterImport { text: read_text(file)?, language })
        }
        RegisterCommand::Export { out } => Ok((Order::RegisterExport, Form::Table, out.clone())),
        RegisterCommand::Show { table, entry, output } => {
            let (table, identity) = (table.clone(), entry.clone());
            let as_data = form(*output) == Form::Json;
            Ok((Order::RegisterShow { table, identity, as_data, language }, form(*output), None))
        }
        RegisterCommand::Set { entry, fields } => {
            let (name, identity) = entry.split_once('/').unwrap_or((entry, ""));
            table_order(Order::RegisterSet {
                table: name.to_owned(),
                identity: identity.to_owned(),
                fields: fields.iter().map(|it| field(it)).collect::<Result<_, _>>()?,
                language,
            })
        }
        RegisterCommand::Remove { table, entry } => table_order(Order::RegisterRemove {
            table: table.clone(),
            identity: entry.clone(),
            language,
        }),
        RegisterCommand::Next { limit, output } => {
            let limit = (*limit > 0).then_some(*limit);
            let order = GuideOrder::Next { limit, language, time_zone: time_zone() };
            Ok((Order::Guide(order), form(*output), None))
        }
        RegisterCommand::Due { days, output } => {
            let order = GuideOrder::Due { days: *days, language, time_zone: time_zone() };
            Ok((Order::Guide(order), form(*output), None))
        }
        RegisterCommand::Template(command) => {
            let (order, output) = template_order(command, language);
            Ok((Order::Guide(order), form(output), None))
        }
    }
}

fn template_order(command: &TemplateCommand, language: String) -> (GuideOrder, Option<FormName>) {
    match command {
        TemplateCommand::List { output } => (GuideOrder::TemplateList { language }, *output),
        TemplateCommand::Show { template } => {
            (GuideOrder::TemplateShow { name: template.clone() }, None)
        }
        TemplateCommand::Apply { template, output } => {
            (GuideOrder::TemplateApply { name: template.clone(), language }, *output)
        }
    }
}

/// A key with what was typed for it: `KEY=VALUE`, or `KEY=` for nothing.
fn field(typed: &str) -> Result<(String, Option<String>), Failure> {
    let (key, value) =
        typed.split_once('=').ok_or_else(|| Failure::new(ExitCode::Usage, "no-field", typed))?;
    Ok((key.to_owned(), (!value.is_empty()).then(|| value.to_owned())))
}

fn import_order(
    command: &ImportCommand,
    language: Language,
) -> Result<(Order, Form, Option<PathBuf>), Failure> {
    let language = language.tag().to_owned();
    let (order, output) = match command {
        ImportCommand::Report { .. } => return Err(Failure::new(ExitCode::Failed, "internal", "")),
        ImportCommand::Workbook { file, dry_run, clear_emptied, output } => {
            let order = Order::ImportWorkbook {
                name: file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
                file: BASE64.encode(&read_file(file, crate::workbook::FILE_BYTES_MAX + 1)?),
                dry_run: *dry_run,
                clear_emptied: *clear_emptied,
                language,
            };
            (order, *output)
        }
        ImportCommand::Licences { file, dry_run, output } => {
            let most = inventory::import::LICENCE_BYTES_MAX as u64 + 1;
            let order = Order::ImportLicences {
                name: file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
                file: BASE64.encode(&read_file(file, most)?),
                dry_run: *dry_run,
                language,
                time_zone: time_zone(),
            };
            (order, *output)
        }
        ImportCommand::List { output } => (Order::ImportList, *output),
        ImportCommand::Show { import, output } => {
            (Order::ImportShow { name: import.clone() }, *output)
        }
        ImportCommand::Resolve { conflict, take } => {
            let name = conflict.clone();
            (Order::ImportResolve { name, take: (*take).into(), language }, None)
        }
        ImportCommand::Accept { candidate, code } => {
            let (name, identity) = (candidate.clone(), code.clone());
            (Order::ImportAccept { name, identity, language }, None)
        }
    };
    Ok((order, form(output), None))
}

fn token_order(command: &TokenCommand) -> (Order, Form, Option<PathBuf>) {
    match command {
        TokenCommand::Create { kind, uses, valid, label, approve, out } => {
            let order = Order::TokenCreate {
                kind: (*kind).into(),
                uses_max: *uses,
                valid_seconds: *valid,
                label: label.clone(),
                needs_approval: *approve,
            };
            (order, Form::Table, out.clone())
        }
        TokenCommand::List { output } => (Order::TokenList, form(*output), None),
        TokenCommand::Revoke { token } => (Order::TokenRevoke { id: *token }, Form::Table, None),
    }
}

fn asset_order(command: &AssetCommand) -> (Order, Form, Option<PathBuf>) {
    let (order, output) = match command {
        AssetCommand::List { output } => (Order::AssetList, *output),
        AssetCommand::Show { asset, evidence, output } => {
            (Order::AssetShow { name: asset.clone(), with_evidence: *evidence }, *output)
        }
        AssetCommand::History { asset, output } => {
            (Order::AssetHistory { name: asset.clone() }, *output)
        }
        AssetCommand::Conflicts { output } => (Order::AssetConflicts, *output),
        AssetCommand::Merge { left, right } => {
            (Order::AssetMerge { left: left.clone(), right: right.clone() }, None)
        }
        AssetCommand::Split { asset, agent } => {
            (Order::AssetSplit { name: asset.clone(), agent: *agent }, None)
        }
    };
    (order, form(output), None)
}

const fn form(name: Option<FormName>) -> Form {
    match name {
        Some(FormName::Json) => Form::Json,
        Some(FormName::Table) | None => Form::Table,
    }
}

/// Asks the running collector, or works in the data folder itself.
async fn ask(asking: &Asking<'_>, order: Order, watch: &Watch) -> Result<Reply, Failure> {
    let arguments = asking.arguments;
    let folder = data_dir(arguments)?;
    let request = control::Request { sign_in: asking.sign_in.clone(), order };
    let answered = control::ask(&folder, &request, watch).await.map_err(|error| {
        let object = folder.display().to_string();
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return Failure::new(ExitCode::Unreachable, "control-ended", object);
        }
        Failure::new(ExitCode::Unreachable, "control", object).because(error.to_string())
    })?;
    match answered {
        Some(result) => result,
        None => {
            let collector = Arc::new(serve::open(&folder, &config(arguments)?).await?);
            let (user, witness) = (accounts::own(), Witness::Process);
            let caller = Caller { user, witness, sign_in: request.sign_in };
            serve::with_control(collector, |collector| async move {
                Box::pin(execute_as(&collector, &caller, request.order, watch)).await
            })
            .await
        }
    }
}

fn show(reply: &Reply, form: Form, out: Option<&Path>, wording: &Wording) -> Result<(), Failure> {
    let Some(path) = out else {
        return write_out(|out| print(out, reply, form, wording));
    };
    let mut text = Vec::new();
    print(&mut text, reply, form, wording).map_err(|it| internal(&it))?;
    // A token is a secret, and a register speaks of the company: neither is for others.
    write_private(path, &text)?;
    let arguments = [("object", path.display().to_string().into())];
    let line = wording.text_with("command-written-to", &arguments);
    write_out(|out| writeln!(out, "{line}"))
}

/// Writes to the standard output; a reader that has gone away has read enough.
fn write_out(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(internal(&error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Takes every file that can be taken; the process ends as the first that could not.
async fn import_reports(
    asking: &Asking<'_>,
    wording: &'static Wording,
    files: &[PathBuf],
) -> Result<(), Failure> {
    let mut first: Option<Failure> = None;
    for path in files {
        let taken = async {
            let name = path.display().to_string();
            let file = read_file(path, SIGNED_BYTES_MAX)?;
            let order = Order::ReportImport { name, file: BASE64.encode(&file) };
            show(&ask(asking, order, &Watch::default()).await?, Form::Table, None, wording)
        };
        if let Err(failure) = Box::pin(taken).await
            && let Some(earlier) = first.replace(failure)
        {
            let mut err = io::stderr().lock();
            for line in earlier.lines(wording) {
                let _ = writeln!(err, "{line}");
            }
        }
    }
    first.map_or(Ok(()), Err)
}

fn read_file(path: &Path, most: u64) -> Result<Vec<u8>, Failure> {
    let failed = |error: io::Error| {
        Failure::new(ExitCode::Failed, "read", path.display().to_string())
            .because(error.to_string())
    };
    let mut file = Vec::new();
    #[expect(clippy::disallowed_methods, reason = "bounded by `take`")]
    File::open(path).map_err(failed)?.take(most).read_to_end(&mut file).map_err(failed)?;
    Ok(file)
}

async fn run_quick(request: &Quick, wording: &'static Wording) -> Result<(), Failure> {
    if request.scan.is_none() {
        let watch = Watch::default();
        let found = tokio::select! {
            found = quick(request, &watch) => found?,
            _ = tokio::signal::ctrl_c() => {
                return Err(Failure::new(ExitCode::Interrupted, "interrupted", ""));
            }
        };
        return write_out(|out| summary::print(out, &found, wording));
    }
    let (watch, events) = Watch::with_events();
    let (found, reason) = scan::watched(quick(request, &watch), &watch, events, wording).await?;
    write_out(|out| summary::print(out, &found, wording))?;
    // The run went with the temporary collector: there is none to go on with.
    let verdict = found.scan.as_deref().map_or(Ok(()), |it| scan::verdict(it, reason));
    verdict.map_err(|it| Failure { key: format!("quick-{}", it.key), ..it })
}

fn restore(
    arguments: &Arguments,
    wording: &Wording,
    file: &Path,
    passphrase_file: Option<&Path>,
    without_key: bool,
) -> Result<(), Failure> {
    let passphrase = passphrase_file.map(read_text).transpose()?;
    let passphrase = passphrase.as_deref().map(Passphrase::new).transpose();
    let passphrase = passphrase
        .map_err(|it| Failure::new(ExitCode::Usage, "passphrase", "").because(it.to_string()))?;
    let choice = match (&passphrase, without_key) {
        (Some(passphrase), _) => KeyChoice::Open(passphrase),
        (None, true) => KeyChoice::LeaveOut,
        (None, false) => KeyChoice::Unsaid,
    };
    let target = data_dir(arguments)?;
    backup::restore(file, &target, choice).map_err(|error| {
        Failure::new(ExitCode::Failed, "restore", file.display().to_string()).because(chain(&error))
    })?;
    let arguments = [("object", target.display().to_string().into()), ("count", 1.0.into())];
    let line = wording.text_with("command-done-restored", &arguments);
    write_out(|out| writeln!(out, "{line}"))
}

fn config(arguments: &Arguments) -> Result<Config, Failure> {
    Config::load(arguments.config.as_deref()).map_err(|error| {
        let object = arguments.config.as_deref().unwrap_or(Path::new("")).display().to_string();
        Failure::new(ExitCode::Usage, "config", object).because(chain(&error))
    })
}

/// The folder that was named; else the one of the service for root, and the user's own for others.
fn data_dir(arguments: &Arguments) -> Result<PathBuf, Failure> {
    if let Some(path) = &arguments.data_dir {
        return absolute(path);
    }
    if rustix::process::geteuid().is_root() {
        return Ok(PathBuf::from("/var/lib/kataster"));
    }
    let home = |name: &str| std::env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from);
    let state = home("XDG_STATE_HOME").or_else(|| home("HOME").map(|it| it.join(".local/state")));
    let state = state.ok_or_else(|| Failure::new(ExitCode::Usage, "no-data-dir", ""))?;
    Ok(state.join("kataster"))
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(|error| {
        Failure::new(ExitCode::Usage, "path", path.display().to_string()).because(error.to_string())
    })
}

/// The name of the zone that this machine lives in.
fn time_zone() -> String {
    TimeZone::system().iana_name().unwrap_or("UTC").to_owned()
}

fn read_text(path: &Path) -> Result<String, Failure> {
    read_bounded(path, TEXT_BYTES_MAX).map_err(|error| {
        Failure::new(ExitCode::Failed, "read", path.display().to_string())
            .because(error.to_string())
    })
}

#[expect(clippy::disallowed_methods, reason = "bounded by `take`")]
fn read_bounded(path: &Path, bytes_max: u64) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(bytes_max).read_to_string(&mut text)?;
    Ok(text)
}

fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("KATASTER_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    // A second subscriber can only be one of a test; the first one stays.
    let _ = builder.with_ansi(io::stderr().is_terminal()).try_init();
}

fn internal(error: &(dyn std::error::Error + 'static)) -> Failure {
    Failure::new(ExitCode::Failed, "internal", "").because(chain(error))
}
