//! A collector in this process on ephemeral loopback ports, and speakers that can say anything to
//! it: honest reports and hostile ones.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use kataster::active_runs::ActiveRuns;
use kataster::api::Listeners;
use kataster::collector::{Collector, NAME_KEY_BYTES, SCHEDULE};
use kataster::config::{Addresses, Config};
use kataster::data_folder::DataFolder;
use kataster::ingest::run_reconciling;
use kataster_agent::deliver::network::{HttpNetwork, Message, Network, NetworkError};
use observation::ContentHash;
use observation::latest::protocol::{
    AgentKind, BodyTransfer, EnrolAnswer, EnrolRequest, ManifestRequest, Problem, ProblemCode,
    UploadRequest,
};
use observation::latest::{
    AgentId, Cadence, Fact, InitSystem, NameKey, Observer, ObserverKind, Outcome, Platform,
    ReportNumber, SectionBody, SectionHead, SourceId,
};
use pki::{AgentIdentity, AgentKey, Fingerprint, Token};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use store::{EventDraft, NewToken, SqliteStore};
use tokio::sync::{Mutex, Notify, watch};
use tokio::task::JoinHandle;
use uuid::Uuid;

/// A collector that works in this process.
pub struct Running {
    /// The collector itself.
    pub collector: Arc<Collector>,
    /// The agents' listener.
    pub agents: SocketAddr,
    /// The enrolment listener.
    pub enrolment: SocketAddr,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
    reconciling: JoinHandle<()>,
}

/// What a token allows.
#[derive(Debug, Clone, Copy)]
pub struct TokenTerms {
    /// How often it may be used.
    pub uses_max: u32,
    /// How long from now; negative for one that has expired.
    pub life: SignedDuration,
    /// Whether its agents wait for a person.
    pub needs_approval: bool,
}

impl Default for TokenTerms {
    fn default() -> Self {
        Self { uses_max: 1, life: SignedDuration::from_hours(1), needs_approval: false }
    }
}

/// The time of day: tests run at the outermost edge.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the outermost edge")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

impl Running {
    /// Starts a collector in a data folder.
    ///
    /// # Errors
    /// Why it does not start.
    pub async fn start(folder: &Path) -> anyhow::Result<Self> {
        let folder = DataFolder::open(folder)?;
        let authority = folder.authority(now())?;
        let store = SqliteStore::open(folder.database())?;
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listeners = Listeners::bind(loopback, loopback).await?;
        let (agents, enrolment) = listeners.addresses()?;
        let identity = authority.issue_server(&["127.0.0.1".to_owned()], now())?;
        let agents_tls = pki::server_config_for_agents(&authority, &identity)?;
        let enrolment_tls = pki::server_config_for_enrolment(&identity)?;
        let collector = Arc::new(Collector {
            store: Arc::new(store),
            authority,
            addresses: Addresses { agents: agents.to_string(), enrolment: enrolment.to_string() },
            name_key: vec![7; NAME_KEY_BYTES],
            schedule: SCHEDULE,
            reconcile_bell: Notify::new(),
            active_runs: ActiveRuns::default(),
            scanner: Mutex::default(),
            plan_bell: Notify::new(),
            scanning: Config::loopback().scanning(),
            folder,
        });
        let (stop, stopped) = watch::channel(false);
        let serving = listeners.serve(Arc::clone(&collector), agents_tls, enrolment_tls, stopped);
        let serving = tokio::spawn(serving);
        let reconciling = tokio::spawn(run_reconciling(Arc::clone(&collector)));
        Ok(Self { collector, agents, enrolment, stop, serving, reconciling })
    }

    /// Ends it in order.
    pub async fn end(self) {
        let Self { stop, serving, reconciling, .. } = self;
        reconciling.abort();
        // Its end by abortion is an error in name only; the receiver lives as long as the listeners.
        let _ = reconciling.await;
        let _ = stop.send(true);
        let _ = serving.await;
    }

    /// A token of this collector.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn token(&self, terms: TokenTerms) -> anyhow::Result<Token> {
        let fingerprint = self.collector.authority.fingerprint();
        let token = Token::create(Uuid::now_v7(), self.enrolment.to_string(), fingerprint)?;
        let new = NewToken {
            id: token.id(),
            secret_hash: ContentHash::from_bytes(token.secret_hash()),
            label: None,
            kind: AgentKind::Server,
            uses_max: terms.uses_max,
            expires_at: now().checked_add(terms.life)?,
            created_at: now(),
            needs_approval: terms.needs_approval,
        };
        self.collector.store.create_token(new, event("token_created")).await?;
        Ok(token)
    }

    /// An agent that has just enrolled.
    ///
    /// # Errors
    /// If it could not.
    pub async fn speaker(&self) -> anyhow::Result<Speaker> {
        let token = self.token(TokenTerms::default()).await?;
        let enrolled = Speaker::enrol(&token, self.agents).await?;
        enrolled.map_err(|problem| anyhow::anyhow!("not enrolled: {problem:?}"))
    }
}

/// An event by the test.
#[must_use]
pub fn event(action: &str) -> EventDraft {
    EventDraft {
        at: now(),
        actor: "test".to_owned(),
        source: "test".to_owned(),
        action: action.to_owned(),
        object: "test".to_owned(),
        before: None,
        after: None,
    }
}

/// An enrolled agent without any of an agent's good manners.
pub struct Speaker {
    /// Its id.
    pub agent: AgentId,
    key_pem: String,
    chain: String,
    network: HttpNetwork,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The code of the refusal; none if it is none.
    #[must_use]
    pub fn refusal(&self) -> Option<ProblemCode> {
        serde_json::from_slice::<Problem>(&self.body).ok().map(|it| it.code)
    }

    /// The answer as what was asked for.
    ///
    /// # Errors
    /// If it is a refusal or something else.
    pub fn read<T: DeserializeOwned>(&self) -> anyhow::Result<T> {
        let shown = String::from_utf8_lossy(&self.body);
        anyhow::ensure!(self.status == 200, "status {}: {shown}", self.status);
        serde_json::from_slice(&self.body).with_context(|| shown.into_owned())
    }
}

impl Speaker {
    /// Enrols with a token. The inner result is the collector's.
    ///
    /// # Errors
    /// If there is no conversation.
    pub async fn enrol(token: &Token, agents: SocketAddr) -> anyhow::Result<Result<Self, Answer>> {
        let key = AgentKey::generate()?;
        let request = EnrolRequest {
            token_id: token.id(),
            secret: token.secret_text(),
            certificate_request: key.certificate_request()?,
            host_name: "invented".to_owned(),
            software_version: "0.0.0".to_owned(),
        };
        let asked = ask_to_enrol(token.address(), token.authority(), &request).await?;
        if asked.status != 200 {
            return Ok(Err(asked));
        }
        let answer: EnrolAnswer = asked.read()?;
        let key_pem = key.to_pem().to_string();
        Self::with_certificate(answer.agent, key_pem, answer.certificate_chain, agents).map(Ok)
    }

    /// A speaker with any key and certificate.
    ///
    /// # Errors
    /// If the two do not belong together.
    pub fn with_certificate(
        agent: AgentId,
        key_pem: String,
        chain: String,
        agents: SocketAddr,
    ) -> anyhow::Result<Self> {
        let identity = AgentIdentity::new(AgentKey::from_pem(&key_pem)?, &chain)?;
        let tls = pki::client_config_for_agent(&identity)?;
        let network = HttpNetwork::new(&agents.to_string(), tls)?;
        Ok(Self { agent, key_pem, chain, network })
    }

    /// The same agent on a new connection, perhaps to another address.
    ///
    /// # Errors
    /// If the client cannot be made.
    pub fn again(&self, agents: SocketAddr) -> anyhow::Result<Self> {
        Self::with_certificate(self.agent, self.key_pem.clone(), self.chain.clone(), agents)
    }

    /// A certificate request for its own key.
    ///
    /// # Errors
    /// If signing fails.
    pub fn certificate_request(&self) -> anyhow::Result<String> {
        Ok(AgentKey::from_pem(&self.key_pem)?.certificate_request()?)
    }

    /// Says anything.
    ///
    /// # Errors
    /// If there was no answer.
    pub async fn say(
        &self,
        path: &'static str,
        body: Vec<u8>,
        is_compressed: bool,
    ) -> Result<Answer, NetworkError> {
        let answer = self.network.post(Message { path, body, is_compressed }).await?;
        Ok(Answer { status: answer.status, body: answer.body })
    }

    /// Sends a request as JSON.
    ///
    /// # Errors
    /// If there was no answer.
    pub async fn ask(
        &self,
        path: &'static str,
        request: &(impl Serialize + Sync),
    ) -> anyhow::Result<Answer> {
        Ok(self.say(path, serde_json::to_vec(request)?, false).await?)
    }

    /// Uploads as an agent does.
    ///
    /// # Errors
    /// If there was no answer.
    pub async fn upload(&self, request: &UploadRequest) -> anyhow::Result<Answer> {
        let text = serde_json::to_vec(request)?;
        let packed = zstd::encode_all(text.as_slice(), 3)?;
        Ok(self.say("/v1/upload", packed, true).await?)
    }

    /// A whole report of these bodies, sent at the present time.
    #[must_use]
    pub fn report(&self, number: ReportNumber, bodies: &[SectionBody]) -> UploadRequest {
        UploadRequest {
            manifest: manifest(self.agent, number, bodies, now()),
            bodies: bodies.iter().map(full).collect(),
        }
    }
}

/// Asks to enrol, whatever the request says.
///
/// # Errors
/// If there was no answer.
pub async fn ask_to_enrol(
    address: &str,
    authority: Fingerprint,
    request: &EnrolRequest,
) -> anyhow::Result<Answer> {
    let network = HttpNetwork::new(address, pki::client_config_for_enrolment(authority)?)?;
    let body = serde_json::to_vec(request)?;
    let answer = network.post(Message { path: "/v1/enrol", body, is_compressed: false }).await?;
    Ok(Answer { status: answer.status, body: answer.body })
}

/// The start of the operating system that invented reports name.
pub const BOOT: Uuid = Uuid::from_u128(7);

/// A number within the first epoch.
#[must_use]
pub const fn number(sequence: u64) -> ReportNumber {
    ReportNumber { epoch: 1, sequence }
}

/// The body of an invented source: one fact with this text.
#[must_use]
pub fn body(source: &str, text: &str) -> SectionBody {
    let fact = Fact::InitSystem(InitSystem { name: text.to_owned(), version: None });
    SectionBody {
        source: SourceId::new(source),
        outcome: Outcome::Read { facts: vec![fact], gaps: Vec::new(), complaints: Vec::new() },
    }
}

/// A manifest of steady sections.
#[must_use]
pub fn manifest(
    agent: AgentId,
    number: ReportNumber,
    bodies: &[SectionBody],
    sent_at: Timestamp,
) -> ManifestRequest {
    let head = |body: &SectionBody| SectionHead {
        source: body.source.clone(),
        hash: body.hash(),
        observed_at: sent_at,
        duration_ms: 1,
        cadence: Cadence::Steady,
    };
    ManifestRequest {
        observer: Observer {
            agent: Some(agent),
            kind: ObserverKind::Agent,
            software_version: "0.0.0".to_owned(),
            platform: Platform::Linux,
            is_privileged: false,
            name_key: NameKey::Company,
            boot: Some(BOOT),
        },
        number,
        started_at: sent_at,
        sent_at,
        sections: bodies.iter().map(head).collect(),
    }
}

/// A body in full.
#[must_use]
pub fn full(body: &SectionBody) -> BodyTransfer {
    let text = String::from_utf8(body.canonical_bytes()).unwrap_or_default();
    BodyTransfer::Full { body: RawValue::from_string(text).unwrap_or_default() }
}
