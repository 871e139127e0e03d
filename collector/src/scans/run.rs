//! One run: the scanner is told, what it finds enters by the one door as it comes, and however it
//! ends, what was found is kept.

use std::path::{Path, PathBuf};
use std::time::Duration;

use inventory::register::Register;
use ipnet::IpNet;
use observation::latest::scan::{ScanRemark, ScanReport, SnmpCredential, Vantage};
use scan::net::process::{Message, Phase, ProcessError, Scanner};
use scan::plan::{PlanError, Scope};
use store::{ScanRunState, StoreError};
use tokio::time::Instant;
use uuid::Uuid;

use super::request::ScanRequest;
use super::watch::{ScanEvent, Watch};
use crate::active_runs::StopReason;
use crate::clock;
use crate::collector::Collector;
use crate::failure::{ExitCode, Failure};
use crate::ingest::{
    Refusal, ScanOrder, accept_scan, begin_scan, chain, end_scan, reconcile_pending,
};

/// How long a scanner that was told to stop may take to hand over what it has: sessions are closed
/// cleanly.
pub(crate) const STOPPING_TIME: Duration = Duration::from_secs(60);
/// Where Linux has the program of the process that asks (proc(5)).
const OWN_PROGRAM: &str = "/proc/self/exe";
/// Failures of runs that met another one, or the end of the collector: they were not begun and may
/// be tried again.
const NOT_BEGUN: [&str; 2] = ["scan-busy", "scan-ending"];
/// The scanner's own remark that it was told to stop; ours says by what.
const INTERRUPTED: &str = "interrupted";

/// A run that is wanted.
#[derive(Debug, Clone)]
pub struct RunOrder {
    /// The plan that it belongs to.
    pub plan: Option<Uuid>,
    /// What is scanned and how.
    pub request: ScanRequest,
    /// What an earlier run is done with: this one goes on where that one was.
    pub done: Vec<IpNet>,
    /// What SNMP may be asked with.
    pub snmp: Vec<SnmpCredential>,
    /// What is known before it begins and is to be said when it ends.
    pub remarks: Vec<ScanRemark>,
    /// Who wants it.
    pub actor: String,
}

/// The networks of zones that a person marked as those of industrial devices: only there are their
/// ports asked.
pub(super) fn ot_networks(register: &Register) -> Vec<IpNet> {
    let marked = register.zone.iter().filter(|it| it.ot);
    marked.flat_map(|it| &it.networks).filter_map(|it| it.parse().ok()).collect()
}

/// A run that is over.
#[derive(Debug, Clone)]
pub struct FinishedRun {
    /// Its id.
    pub id: Uuid,
    /// From where it was looked; none: the scanner never said.
    pub vantage: Option<Vantage>,
}

/// Whether a request may be carried out.
///
/// # Errors
/// Why not, for a person.
pub fn check(request: &ScanRequest) -> Result<(), Failure> {
    let scope = Scope::of(&request.job(Uuid::nil(), Vec::new()));
    scope.map(drop).map_err(|error| match &error {
        PlanError::NothingNamed => Failure::new(ExitCode::Usage, "scan-nothing-named", ""),
        PlanError::AllExcluded => Failure::new(ExitCode::Usage, "scan-all-excluded", ""),
        PlanError::RangeTooLarge { .. } => {
            Failure::new(ExitCode::Usage, "scan-range-too-large", error.object())
        }
        PlanError::NotForHosts(_) => {
            Failure::new(ExitCode::Usage, "scan-not-for-hosts", error.object())
        }
        PlanError::RateZero => Failure::new(ExitCode::Usage, "scan-rate-zero", ""),
    })
}

/// Whether a run was not begun because something was in its way for the moment.
pub(super) fn may_be_tried_again(failure: &Failure) -> bool {
    NOT_BEGUN.contains(&failure.key.as_str())
}

/// Ends runs that a collector left behind that did not end in order. To be called while nobody else
/// can be scanning.
///
/// # Errors
/// If the store fails.
pub async fn end_left_behind(collector: &Collector) -> Result<(), StoreError> {
    let under_way = collector.store.scans_under_way().await?;
    for run in under_way.into_iter().map(|it| it.run).filter(|it| it.vantage.is_none()) {
        let why = vec![remark(StopReason::Ending.code(), String::new())];
        let (state, now) = (ScanRunState::Partial, clock::now());
        if let Err(refusal) = end_scan(collector, run.id, state, why, "collector", now).await {
            tracing::warn!(run = %run.id, why = refusal.title, "a run could not be ended");
        }
    }
    Ok(())
}

/// Scans with the collector's own scanner. Returns when everything was kept and reconciled.
///
/// # Errors
/// If the request cannot be carried out, or nothing could be begun.
pub async fn run(
    collector: &Collector,
    order: RunOrder,
    watch: &Watch,
) -> Result<FinishedRun, Failure> {
    check(&order.request)?;
    let turn = collector.scanner.try_lock().map_err(|_| {
        Failure::new(ExitCode::Conflict, "scan-busy", collector.active_runs.names())
    })?;
    let finished = run_in_turn(collector, order, watch).await;
    drop(turn);
    // A plan may have waited for it.
    collector.plan_bell.notify_one();
    finished
}

/// The same, while nobody else uses the scanner.
async fn run_in_turn(
    collector: &Collector,
    order: RunOrder,
    watch: &Watch,
) -> Result<FinishedRun, Failure> {
    let id = Uuid::now_v7();
    let _entered = collector.active_runs.enter(id, watch.stop.clone());
    if watch.stop.reason() == Some(StopReason::Ending) {
        return Err(Failure::new(ExitCode::Interrupted, "scan-ending", ""));
    }
    let mut job = order.request.job(id, order.snmp);
    job.done = order.done;
    job.ot_networks = ot_networks(&collector.store.register().await?);
    let begun = ScanOrder {
        plan: order.plan,
        vantage: None,
        job: job.clone(),
        ordered_by: order.actor.clone(),
    };
    begin_scan(collector, begun, clock::now()).await.map_err(|it| refused(&it))?;
    watch.tell(ScanEvent::Started { run: id });
    let remarks = order.remarks;
    let mut run = Run { collector, id, watch, remarks, vantage: None, has_ended: false };
    let driven = match connect(collector).await {
        Ok(mut scanner) => match scanner.start(job, None, env!("CARGO_PKG_VERSION")).await {
            Ok(()) => run.drive(&mut scanner).await,
            Err(error) => Err(lost(&error)),
        },
        Err(error) => Err(lost(&error)),
    };
    if let Err(remark) = &driven {
        run.give_up(remark.clone(), &order.actor).await?;
    }
    let progress = ScanEvent::Progress { phase: "reconciling".to_owned(), done: 0, total: 0 };
    watch.tell(progress);
    reconcile_pending(collector, clock::now()).await?;
    Ok(FinishedRun { id, vantage: run.vantage })
}

async fn connect(collector: &Collector) -> Result<Scanner, ProcessError> {
    match &collector.scanning.socket {
        Some(path) => Scanner::connect(path).await,
        None => {
            let program = std::env::current_exe().map_err(ProcessError::Start)?;
            Scanner::spawn(&startable(program, Path::new(OWN_PROGRAM)))
        }
    }
}

/// The program of this process: after an upgrade of the package its file is gone, and Linux still
/// hands it out under another path.
fn startable(program: PathBuf, other: &Path) -> PathBuf {
    if !program.exists() && other.exists() { other.to_owned() } else { program }
}

/// A run that is going on.
struct Run<'a> {
    collector: &'a Collector,
    id: Uuid,
    watch: &'a Watch,
    /// What is said at its end beside what the scanner says.
    remarks: Vec<ScanRemark>,
    vantage: Option<Vantage>,
    has_ended: bool,
}

impl Run<'_> {
    /// Takes what the scanner says until it ends.
    async fn drive(&mut self, scanner: &mut Scanner) -> Result<(), ScanRemark> {
        let mut deadline: Option<Instant> = None;
        while !self.has_ended {
            let patience = async {
                match deadline {
                    Some(it) => tokio::time::sleep_until(it).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                message = scanner.next() => match message {
                    Ok(Some(message)) => self.take(message).await?,
                    Ok(None) => return Err(remark("scanner_lost", String::new())),
                    Err(error) => return Err(lost(&error)),
                },
                _ = self.watch.stop.stopped(), if deadline.is_none() => {
                    deadline = Some(Instant::now() + STOPPING_TIME);
                    scanner.stop().await.map_err(|it| lost(&it))?;
                }
                () = patience => return Err(remark("scanner_lost", String::new())),
            }
        }
        Ok(())
    }

    async fn take(&mut self, message: Message) -> Result<(), ScanRemark> {
        match message {
            Message::Estimate(it) => self.watch.tell(ScanEvent::Estimate {
                addresses: it.addresses,
                packets: (it.packets > 0).then_some(it.packets),
                seconds: (it.packets > 0).then_some(it.seconds.ceil() as u64),
                rate_pps: it.rate_pps,
            }),
            Message::Progress(it) => {
                let phase = match it.phase {
                    Phase::Discovery => "discovery",
                    Phase::Services => "services",
                };
                self.watch.tell(ScanEvent::Progress {
                    phase: phase.to_owned(),
                    done: it.done,
                    total: it.total,
                });
            }
            Message::Report(report) => self.keep(*report).await?,
            Message::Refused(it) => {
                let what = [it.object, it.cause.unwrap_or_default()];
                let what = what.iter().filter(|it| !it.is_empty()).cloned().collect::<Vec<_>>();
                let code = format!("{} {}", it.code, what.join(": "));
                return Err(remark("scanner_failed", code.trim().to_owned()));
            }
        }
        Ok(())
    }

    /// A part enters by the one door.
    async fn keep(&mut self, mut report: ScanReport) -> Result<(), ScanRemark> {
        self.vantage.get_or_insert_with(|| report.vantage.clone());
        if let Some(end) = &mut report.end {
            end.remarks.extend(self.remarks.iter().cloned());
            if let Some(reason) = self.watch.stop.reason() {
                named(&mut end.remarks, reason);
            }
        }
        let is_last = report.end.is_some();
        let accepted = accept_scan(self.collector, None, report, clock::now()).await;
        accepted.map_err(|it| remark("scanner_failed", it.title))?;
        self.has_ended = is_last;
        Ok(())
    }

    /// Ends a run whose scanner does not.
    async fn give_up(&self, mut why: ScanRemark, actor: &str) -> Result<(), Failure> {
        if let Some(reason) = self.watch.stop.reason() {
            why = remark(reason.code(), String::new());
        }
        tracing::warn!(run = %self.id, code = why.code, what = why.what, "the scan broke off");
        let state = match self.vantage {
            Some(_) => ScanRunState::Partial,
            None => ScanRunState::Failed,
        };
        let mut remarks = self.remarks.clone();
        remarks.push(why);
        let ended = end_scan(self.collector, self.id, state, remarks, actor, clock::now()).await;
        ended.map(drop).map_err(|it| refused(&it))
    }
}

/// Puts why a run was stopped in the place of the scanner's word for it.
fn named(remarks: &mut Vec<ScanRemark>, reason: StopReason) {
    remarks.retain(|it| it.code != INTERRUPTED);
    remarks.push(remark(reason.code(), String::new()));
    remarks.sort();
}

fn remark(code: &str, what: String) -> ScanRemark {
    ScanRemark { code: code.to_owned(), what }
}

fn lost(error: &ProcessError) -> ScanRemark {
    let code = match error {
        ProcessError::Start(_) => "scanner_failed",
        ProcessError::Speak(_) => "scanner_lost",
    };
    remark(code, chain(error))
}

fn refused(refusal: &Refusal) -> Failure {
    Failure::new(ExitCode::Failed, "store", "").because(refusal.title.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(networks: &[&str]) -> ScanRequest {
        ScanRequest {
            networks: networks.iter().map(|it| it.parse().unwrap()).collect(),
            ..ScanRequest::default()
        }
    }

    #[test]
    fn what_must_not_be_scanned_is_refused_before_anything_begins() {
        let key = |request: &ScanRequest| check(request).unwrap_err().key;
        assert_eq!(key(&request(&[])), "scan-nothing-named");
        assert_eq!(key(&request(&["10.0.0.0/16"])), "scan-range-too-large");
        assert_eq!(key(&request(&["224.0.0.0/24"])), "scan-not-for-hosts");
        let excluded = ScanRequest {
            exclusions: vec!["10.0.0.0/8".parse().unwrap()],
            ..request(&["10.0.0.0/24"])
        };
        assert_eq!(key(&excluded), "scan-all-excluded");
        let slow = ScanRequest { rate_pps: Some(0), ..request(&["10.0.0.0/24"]) };
        assert_eq!(key(&slow), "scan-rate-zero");
        assert_eq!(check(&request(&["10.0.0.0/22"])), Ok(()));
        let wide = ScanRequest { allow_range: true, ..request(&["10.0.0.0/16"]) };
        assert_eq!(check(&wide), Ok(()));
    }

    #[test]
    fn a_stopped_run_says_by_what() {
        let mut remarks =
            vec![remark(INTERRUPTED, String::new()), remark("proxy_arp", String::new())];
        named(&mut remarks, StopReason::WindowClosed);
        let codes: Vec<_> = remarks.iter().map(|it| it.code.as_str()).collect();
        assert_eq!(codes, ["proxy_arp", "window_closed"]);
    }

    #[test]
    fn a_program_that_was_replaced_while_it_runs_is_still_started() {
        let (gone, here) = (PathBuf::from("/usr/bin/kataster (deleted)"), Path::new("/"));
        assert_eq!(startable(gone.clone(), here), here);
        assert_eq!(startable(PathBuf::from("/"), Path::new("/proc/self/exe")), here);
        assert_eq!(startable(gone.clone(), Path::new("/nowhere")), gone);
    }

    #[test]
    fn industrial_ports_are_asked_where_a_zone_of_the_register_says_so() {
        let text = "[[zone]]\nname = \"Maschinen\"\nnetworks = [\"10.20.30.0/24\"]\not = true\n\n\
                    [[zone]]\nname = \"Büro\"\nnetworks = [\"10.20.20.0/24\"]\n";
        let register: Register = toml::from_str(text).unwrap();
        let expected: IpNet = "10.20.30.0/24".parse().unwrap();
        assert_eq!(ot_networks(&register), [expected]);
    }
}
