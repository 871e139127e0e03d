//! `kataster scan` and the scan of `kataster quick`: from what was typed to an order, and from what
//! came of a run to how the process ends.

use std::path::Path;

use observation::latest::scan::SnmpCredential;
use scan::net::credentials::{CredentialsFileError, read};
use scan::probes::PROBES;
use wording::Wording;

use super::{Asking, ask, show};
use crate::active_runs::StopReason;
use crate::arguments::{FormName, PlanCommand, ScanCommand, ScanOptions};
use crate::command::{Order, Reply, ScanOrder};
use crate::failure::{ExitCode, Failure};
use crate::ingest::chain;
use crate::progress::Progress;
use crate::scans::{ScanEvent, ScanOutcome, ScanPlan, ScanRequest, Watch, networks, probes};

pub(super) async fn run(
    asking: &Asking<'_>,
    wording: &'static Wording,
    command: &ScanCommand,
) -> Result<(), Failure> {
    let (order, output) = match command {
        ScanCommand::Run { networks, resume, options, output } => {
            let order = match resume {
                Some(run) => ScanOrder::Resume { run: run.clone(), snmp: snmp(options)? },
                None => {
                    let (request, snmp) = request(networks, options)?;
                    ScanOrder::Run { request, snmp }
                }
            };
            return Box::pin(run_now(asking, wording, Order::Scan(order), *output)).await;
        }
        ScanCommand::Plan(PlanCommand::Add { name, networks, cron, window, vantage, options }) => {
            let (request, snmp) = request(networks, options)?;
            let plan = ScanPlan {
                name: name.clone(),
                request,
                cron: cron.clone(),
                window: window.clone(),
                vantage: *vantage,
            };
            (ScanOrder::PlanAdd { plan, snmp }, None)
        }
        ScanCommand::Plan(PlanCommand::List { output }) => (ScanOrder::PlanList, *output),
        ScanCommand::Plan(PlanCommand::Remove { name }) => {
            (ScanOrder::PlanRemove { name: name.clone() }, None)
        }
        ScanCommand::List { output } => (ScanOrder::List, *output),
        ScanCommand::Show { run, output } => (ScanOrder::Show { run: run.clone() }, *output),
        ScanCommand::Stop { run } => (ScanOrder::Stop { run: run.clone() }, None),
        ScanCommand::Explain { ip, output } => (ScanOrder::Explain { address: *ip }, *output),
    };
    let reply = ask(asking, Order::Scan(order), &Watch::default()).await?;
    show(&reply, super::form(output), None, wording)
}

async fn run_now(
    asking: &Asking<'_>,
    wording: &'static Wording,
    order: Order,
    output: Option<FormName>,
) -> Result<(), Failure> {
    let (watch, events) = Watch::with_events();
    let work = ask(asking, order, &watch);
    let (reply, reason) = watched(work, &watch, events, wording).await?;
    show(&reply, super::form(output), None, wording)?;
    let Reply::Scanned(outcome) = reply else {
        return Err(Failure::new(ExitCode::Failed, "internal", "scan"));
    };
    verdict(&outcome, reason)
}

/// Shows how far `work` is until it is done. The first Ctrl-C ends the scan and keeps what it found,
/// the second ends everything at once.
pub(super) async fn watched<T>(
    work: impl Future<Output = Result<T, Failure>>,
    watch: &Watch,
    mut events: tokio::sync::mpsc::Receiver<ScanEvent>,
    wording: &'static Wording,
) -> Result<(T, Option<StopReason>), Failure> {
    let progress = Progress::new(wording);
    let mut work = std::pin::pin!(work);
    let done = loop {
        tokio::select! {
            done = &mut work => break done,
            Some(event) = events.recv() => progress.show(&event),
            _ = tokio::signal::ctrl_c() => {
                if watch.stop.reason().is_some() {
                    progress.end();
                    return Err(Failure::new(ExitCode::Interrupted, "interrupted", ""));
                }
                watch.stop.stop(StopReason::Interrupted);
                progress.line(&wording.text("scan-stopping"));
            }
        }
    };
    progress.end();
    Ok((done?, watch.stop.reason()))
}

/// How the process ends after a run whose findings were shown.
pub(super) fn verdict(outcome: &ScanOutcome, reason: Option<StopReason>) -> Result<(), Failure> {
    let id = outcome.row.run.id.clone();
    if reason == Some(StopReason::Interrupted) {
        return Err(Failure::new(ExitCode::Interrupted, "scan-interrupted", id));
    }
    match outcome.row.run.state.as_str() {
        "failed" => Err(Failure::new(ExitCode::Failed, "scan-failed", id)),
        "partial" => Err(Failure::new(ExitCode::Partial, "scan-partial", id)),
        _ if outcome.row.targets == 0 => {
            Err(Failure::new(ExitCode::NothingFound, "scan-nothing", id))
        }
        _ => Ok(()),
    }
}

/// What is scanned and how, and what SNMP may be asked with.
pub(super) fn request(
    typed: &[String],
    options: &ScanOptions,
) -> Result<(ScanRequest, Vec<SnmpCredential>), Failure> {
    let known: Vec<&str> = PROBES.iter().filter_map(|it| it.id.strip_prefix("scan.")).collect();
    let probes = options.probes.as_deref().map(|it| probes(it, &known)).transpose()?;
    let request = ScanRequest {
        networks: networks(typed)?,
        exclusions: networks(&options.exclude)?,
        profile: options.profile.unwrap_or_default().into(),
        probes: probes.unwrap_or_default(),
        rate_pps: options.rate,
        allow_range: options.allow_range,
    };
    Ok((request, snmp(options)?))
}

fn snmp(options: &ScanOptions) -> Result<Vec<SnmpCredential>, Failure> {
    options.credentials.as_deref().map_or(Ok(Vec::new()), credentials)
}

/// The credentials of a file that only its owner can read.
fn credentials(path: &Path) -> Result<Vec<SnmpCredential>, Failure> {
    read(path).map_err(|error| {
        let (code, cause) = match &error {
            CredentialsFileError::TooOpen { .. } => (ExitCode::Refused, error.to_string()),
            CredentialsFileError::Read { .. } => (ExitCode::Usage, chain(&error)),
            CredentialsFileError::NoFile { .. } | CredentialsFileError::Content { .. } => {
                (ExitCode::Usage, error.to_string())
            }
        };
        let object = path.display().to_string();
        Failure::new(code, "scan-credentials", object).because(cause)
    })
}

/// That nothing of a scan was asked for where no network was named.
///
/// # Errors
/// The first option that was.
pub(super) fn none_given(options: &ScanOptions) -> Result<(), Failure> {
    let given = [
        ("--exclude", !options.exclude.is_empty()),
        ("--profile", options.profile.is_some()),
        ("--probes", options.probes.is_some()),
        ("--rate", options.rate.is_some()),
        ("--allow-range", options.allow_range),
        ("--credentials", options.credentials.is_some()),
    ];
    match given.into_iter().find(|it| it.1) {
        Some((name, _)) => Err(Failure::new(ExitCode::Usage, "scan-options", name)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const FILE: &str =
        "[[snmp]]\nversion = \"v2c\"\ncommunity = \"geheim-7\"\nscope = [\"10.0.0.0/24\"]\n";

    fn file(text: &str, mode: u32) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        std::fs::set_permissions(file.path(), Permissions::from_mode(mode)).unwrap();
        file
    }

    #[test]
    fn credentials_that_others_can_read_are_refused() {
        assert_eq!(credentials(file(FILE, 0o600).path()).unwrap().len(), 1);
        let failure = credentials(file(FILE, 0o640).path()).unwrap_err();
        assert_eq!(failure.exit_code, ExitCode::Refused);
        assert!(failure.cause.is_some_and(|it| it.contains("640")));
    }

    #[test]
    fn a_mistake_in_credentials_names_its_line_and_no_secret() {
        let failure = credentials(file(&FILE.replace("scope", "scop"), 0o600).path()).unwrap_err();
        let lines = failure.lines(wording::Language::German.wording()).join("\n");
        assert!(lines.contains("line 4") && !lines.contains("geheim"), "{lines}");
        assert!(credentials(Path::new("/nowhere/credentials.toml")).is_err());
    }

    #[test]
    fn options_of_a_scan_without_a_network_are_refused() {
        assert_eq!(none_given(&ScanOptions::default()), Ok(()));
        let options = ScanOptions { rate: Some(1), ..ScanOptions::default() };
        assert_eq!(none_given(&options).unwrap_err().object, "--rate");
    }

    #[test]
    fn what_was_typed_becomes_a_request() {
        let options = ScanOptions {
            exclude: vec!["10.0.0.1".to_owned()],
            probes: Some("ssh".to_owned()),
            ..ScanOptions::default()
        };
        let (request, snmp) = request(&["10.0.0.0/24".to_owned()], &options).unwrap();
        assert_eq!(request.exclusions, ["10.0.0.1/32".parse().unwrap()]);
        assert!(snmp.is_empty() && !request.allow_range);
        let unknown = ScanOptions { probes: Some("telepathy".to_owned()), ..options };
        let failure = super::request(&["10.0.0.0/24".to_owned()], &unknown).unwrap_err();
        assert!(failure.cause.unwrap().contains("ssh"));
    }
}
