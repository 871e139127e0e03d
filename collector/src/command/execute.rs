//! Executes orders on the one collector.

use std::path::{Path, PathBuf};

use inventory::export::Profile;
use jiff::SignedDuration;
use observation::ContentHash;
use observation::latest::AgentId;
use observation::latest::protocol::{Carried, ProblemCode};
use pki::Token;
use store::{AgentState, NewToken};
use uuid::Uuid;

use super::assets;
use super::changes::{self, Incoming};
use super::claims;
use super::guide;
use super::licences::{self, IncomingList};
use super::log;
use super::order::{Order, Reply};
use super::permit;
use super::scans;
use super::snapshots;
use super::users;
use super::work::{Work, done, spoken};
use crate::accounts::{self, Acting, Caller, Secret};
use crate::backup::{self, Passphrase};
use crate::clock;
use crate::collector::Collector;
use crate::failure::{ExitCode, Failure};
use crate::ingest::{self, chain};
use crate::scans::Watch;
use crate::snapshot;
use crate::workbook;

/// Executes an order in the name of `actor`, who has no account.
///
/// # Errors
/// What went wrong, for a person.
pub async fn execute(collector: &Collector, actor: &str, order: Order) -> Result<Reply, Failure> {
    execute_watched(collector, actor, order, &Watch::default()).await
}

/// The same; whoever holds the other end of `watch` sees how far a scan is and may end it.
///
/// # Errors
/// What went wrong, for a person.
pub async fn execute_watched(
    collector: &Collector,
    actor: &str,
    order: Order,
    watch: &Watch,
) -> Result<Reply, Failure> {
    let acting = Acting::without_account(actor);
    Box::pin(execute_acting(collector, &acting, order, watch)).await
}

/// The same in the name of the account that the caller signs in as or is linked to, if there is one.
///
/// # Errors
/// What went wrong, for a person.
pub async fn execute_as(
    collector: &Collector,
    caller: &Caller,
    order: Order,
    watch: &Watch,
) -> Result<Reply, Failure> {
    let acting = accounts::identify(collector.store.as_ref(), caller, clock::now()).await?;
    permit::check(&acting, &order)?;
    Box::pin(execute_acting(collector, &acting, order, watch)).await
}

async fn execute_acting(
    collector: &Collector,
    acting: &Acting,
    order: Order,
    watch: &Watch,
) -> Result<Reply, Failure> {
    let (actor, account) = (acting.actor.as_str(), acting.account.as_ref());
    let (is_certain, now) = (acting.is_certain, clock::now());
    let work = Work { collector, actor, account, is_certain, now };
    match order {
        Order::TokenCreate { .. } => work.create_token(order).await,
        Order::TokenList => Ok(Reply::Tokens(collector.store.tokens().await?)),
        Order::TokenRevoke { id } => work.revoke_token(id).await,
        Order::AgentHealth => {
            let store = collector.store.as_ref();
            Ok(Reply::AgentHealth(snapshot::judged_agents(store, work.now).await?))
        }
        Order::AgentList => Ok(Reply::Agents(collector.store.agents().await?)),
        Order::AgentApprove { id } => work.set_state(id, AgentState::Approved).await,
        Order::AgentRevoke { id } => work.set_state(id, AgentState::Revoked).await,
        Order::ReportImport { name, file } => Box::pin(work.import_report(name, &file)).await,
        Order::AssetList => assets::list(&work).await,
        Order::AssetShow { name, with_evidence } => assets::show(&work, name, with_evidence).await,
        Order::AssetHistory { name } => assets::history(&work, name).await,
        Order::AssetConflicts => assets::conflicts(&work).await,
        Order::AssetMerge { left, right } => assets::merge(&work, left, right).await,
        Order::AssetSplit { name, agent } => assets::split(&work, name, agent).await,
        Order::RegisterImport { text, language } => {
            Box::pin(changes::import_register(&work, &text, spoken(&language))).await
        }
        Order::RegisterExport => Box::pin(changes::export_register(&work)).await,
        Order::RegisterShow { table, identity, as_data, language } => {
            let language = spoken(&language);
            Box::pin(changes::show(&work, &table, identity.as_deref(), as_data, language)).await
        }
        Order::RegisterSet { table, identity, fields, language } => {
            Box::pin(changes::set(&work, &table, &identity, &fields, spoken(&language))).await
        }
        Order::RegisterRemove { table, identity, language } => {
            Box::pin(changes::remove(&work, &table, &identity, spoken(&language))).await
        }
        Order::ImportWorkbook { name, file, dry_run, clear_emptied, language } => {
            let language = spoken(&language);
            let incoming = Incoming { name, file: &file, dry_run, clear_emptied, language };
            Box::pin(changes::import_workbook(&work, incoming)).await
        }
        Order::ImportLicences { name, file, dry_run, language, time_zone } => {
            let language = spoken(&language);
            let incoming = IncomingList { name, file: &file, dry_run, language, time_zone };
            Box::pin(licences::import_licences(&work, incoming)).await
        }
        Order::ImportList => Box::pin(changes::list_imports(&work)).await,
        Order::ImportShow { name } => Box::pin(changes::show_import(&work, &name)).await,
        Order::ImportResolve { name, take, language } => {
            Box::pin(changes::resolve(&work, &name, take, spoken(&language))).await
        }
        Order::ImportAccept { name, identity, language } => {
            Box::pin(changes::accept(&work, &name, identity, spoken(&language))).await
        }
        Order::Undo { name, language } => {
            Box::pin(changes::undo(&work, &name, spoken(&language))).await
        }
        Order::ExportWorkbook { profile, path, language, time_zone } => {
            work.export_workbook(&path, &language, time_zone, profile).await
        }
        Order::BackupCreate { path, passphrase } => work.back_up(path, passphrase).await,
        Order::Snapshot(order) => Box::pin(snapshots::execute(&work, order)).await,
        Order::AuditLog(order) => log::execute(&work, order).await,
        Order::AuditVerify => work.verify_chain().await,
        Order::Guide(order) => Box::pin(guide::execute(&work, order)).await,
        Order::Claim(order) => Box::pin(claims::execute(&work, order)).await,
        Order::Scan(order) => scans::execute(&work, order, watch).await,
        Order::User(order) => Box::pin(users::execute(&work, order)).await,
    }
}

impl Work<'_> {
    async fn create_token(&self, order: Order) -> Result<Reply, Failure> {
        let Order::TokenCreate { kind, uses_max, valid_seconds, label, needs_approval } = order
        else {
            return Err(Failure::new(ExitCode::Failed, "internal", "token"));
        };
        let id = Uuid::now_v7();
        let authority = self.collector.authority.fingerprint();
        let address = self.collector.addresses.enrolment.clone();
        let token = Token::create(id, address, authority)
            .map_err(|it| Failure::new(ExitCode::Failed, "token", "").because(it.to_string()))?;
        let expires_at = self
            .now
            .checked_add(SignedDuration::from_secs(valid_seconds))
            .map_err(|it| Failure::new(ExitCode::Usage, "token", "").because(it.to_string()))?;
        let new = NewToken {
            id,
            secret_hash: ContentHash::from_bytes(token.secret_hash()),
            label,
            kind,
            uses_max,
            expires_at,
            created_at: self.now,
            needs_approval,
        };
        let event = self.event("token_created", format!("token {id}"));
        self.collector.store.create_token(new, event).await?;
        let all = self.collector.store.tokens().await?;
        let record = all.into_iter().find(|it| it.id == id);
        let record = record.ok_or_else(|| Failure::new(ExitCode::Failed, "internal", "token"))?;
        Ok(Reply::Token { text: token.to_text(), record })
    }

    async fn revoke_token(&self, id: Uuid) -> Result<Reply, Failure> {
        let event = self.event("token_revoked", format!("token {id}"));
        if self.collector.store.revoke_token(id, event).await? {
            return Ok(done("token-revoked", id.to_string(), 1));
        }
        Err(Failure::new(ExitCode::NothingFound, "no-token", id.to_string()))
    }

    async fn set_state(&self, id: AgentId, state: AgentState) -> Result<Reply, Failure> {
        let (action, code) = match state {
            AgentState::Approved => ("agent_approved", "agent-approved"),
            AgentState::Revoked | AgentState::Waiting | AgentState::Quarantined => {
                ("agent_revoked", "agent-revoked")
            }
        };
        let event = self.event(action, format!("agent {id}"));
        if !self.collector.store.set_agent_state(id, state, event).await? {
            return Err(Failure::new(ExitCode::NothingFound, "no-agent", id.to_string()));
        }
        // Signed files of this host have waited for the decision.
        if state != AgentState::Approved {
            self.collector.store.remove_files(id, None).await?;
            return Ok(done(code, id.to_string(), 1));
        }
        let admitted = Box::pin(ingest::admit_files(self.collector, id, self.now)).await?;
        if admitted.refused > 0 {
            let object = id.to_string();
            return Err(Failure::new(ExitCode::Partial, "waiting-reports", object)
                .because(format!("{}/{}", admitted.refused, admitted.refused + admitted.taken)));
        }
        let code = if admitted.taken > 0 { "agent-approved-with-reports" } else { code };
        Ok(done(code, id.to_string(), admitted.taken))
    }

    async fn import_report(&self, name: String, file: &str) -> Result<Reply, Failure> {
        let taken = ingest::take_file(self.collector, self.actor, file, self.now).await;
        let answer = taken.map_err(|refusal| {
            let exit_code = match refusal.code {
                ProblemCode::Internal => ExitCode::Failed,
                ProblemCode::Busy | ProblemCode::StorageFull => ExitCode::Conflict,
                ProblemCode::TokenRefused
                | ProblemCode::BadCertificateRequest
                | ProblemCode::KeyInUse
                | ProblemCode::AwaitingApproval
                | ProblemCode::Revoked
                | ProblemCode::Quarantined
                | ProblemCode::WrongAgent
                | ProblemCode::BadSignature
                | ProblemCode::UnknownBase
                | ProblemCode::OutOfOrder
                | ProblemCode::BadRequest
                | ProblemCode::TooLarge => ExitCode::Refused,
            };
            Failure::new(exit_code, "report-refused", name.clone()).because(refusal.title)
        })?;
        let host = super::print::clean(&answer.host_name);
        Ok(match answer.outcome {
            Carried::Taken => done("report-taken", host, 1),
            Carried::Repeated => done("report-repeated", host, 1),
            Carried::Waiting => {
                done("report-waiting", format!("{host}, {} ({})", answer.agent, answer.key), 1)
            }
        })
    }

    async fn export_workbook(
        &self,
        path: &Path,
        language: &str,
        time_zone: String,
        profile: Option<Profile>,
    ) -> Result<Reply, Failure> {
        let language = spoken(language);
        check_writable(path)?;
        let store = self.collector.store.as_ref();
        let mut snapshot = snapshot::take(store, self.actor, self.now, time_zone).await?;
        snapshot.stamp.profile = profile;
        let assets = snapshot.assets.len();
        let software = snapshot.assets.iter().map(|it| it.software.len()).sum();
        let number = snapshot.stamp.number;
        let target = path.to_owned();
        // Writing takes a second or more and must not hold up the listeners.
        let writing =
            tokio::task::spawn_blocking(move || workbook::write(&snapshot, language, &target));
        let written = writing
            .await
            .map_err(|it| Failure::new(ExitCode::Failed, "internal", it.to_string()))?;
        let written = written.map_err(|error| {
            Failure::new(ExitCode::Failed, "output", path.display().to_string())
                .because(chain(&error))
        })?;
        // Without it, the workbook could only be compared with the day on which it comes back.
        store.keep_export_base(number, written.base).await?;
        Ok(Reply::Written { paths: vec![written.workbook, written.plan], assets, software })
    }

    async fn back_up(&self, path: PathBuf, passphrase: Option<Secret>) -> Result<Reply, Failure> {
        let object = path.display().to_string();
        let failed = |error: &(dyn std::error::Error + 'static)| {
            Failure::new(ExitCode::Failed, "backup", object.clone()).because(chain(error))
        };
        let passphrase = passphrase.as_ref().map(|it| Passphrase::new(it.reveal())).transpose();
        let passphrase = passphrase.map_err(|it| failed(&it))?;
        let Collector { store, authority, folder, .. } = self.collector;
        let made = backup::create(
            store.as_ref(),
            authority,
            folder.path(),
            &path,
            passphrase.as_ref(),
            self.now,
        );
        let contents = made.await.map_err(|it| failed(&it))?;
        let event = self.event("backup_created", object.clone());
        store.append_event(event).await?;
        let code = if contents.has_key { "backup-created" } else { "backup-created-without-key" };
        Ok(done(code, object, 1))
    }

    async fn verify_chain(&self) -> Result<Reply, Failure> {
        let store = self.collector.store.as_ref();
        let verdict = store.verify_events().await?;
        if let Some(number) = verdict.first_broken {
            return Err(Failure::new(ExitCode::Failed, "chain-broken", number.to_string()));
        }
        claims::check_against_log(self).await?;
        let last = match verdict.events {
            0 => None,
            count => store.events(count - 1, 1).await?.pop(),
        };
        Ok(Reply::ChainWhole { events: verdict.events, forgotten: verdict.forgotten, last })
    }
}

/// Whether a file can be made there, asked before any work is done for it.
///
/// # Errors
/// If it cannot.
pub fn check_writable(path: &Path) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        let object = path.display().to_string();
        Failure::new(ExitCode::Failed, "output", object).because(error.to_string())
    };
    if path.is_dir() {
        return Err(failed(std::io::ErrorKind::IsADirectory.into()));
    }
    let beside = path.with_extension(format!("{}.part", Uuid::now_v7()));
    std::fs::File::create_new(&beside).map_err(failed)?;
    std::fs::remove_file(&beside).map_err(failed)
}
