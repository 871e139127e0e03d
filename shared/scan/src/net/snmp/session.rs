//! One session with one agent: a question, its answer, and an end to waiting.
//!
//! The SNMP library waits for ever, repeats nothing and takes the answer to an earlier question for a
//! wrong one ever after. So every wait has an end, and what did not go well goes on with a new socket.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use snmp2::v3::Security;
use snmp2::{AsyncSession, MessageType, Oid, Pdu, Value as Said, Varbinds, Version};
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout};

use crate::net::services::Shared;
use crate::packet::snmp::engine::{self, Engine};
use crate::packet::snmp::{ObjectId, Row, Value};

/// Objects of one answer that are asked for at once: about one datagram that no router cuts.
const OBJECTS_PER_ANSWER: usize = 48;
/// The same where larger answers stay out: a path that loses fragments loses all of them.
const OBJECTS_PER_SMALL_ANSWER: usize = 8;
/// Largest datagram (RFC 768).
const DATAGRAM_BYTES_MAX: usize = 65_535;
/// noSuchName: the end of a table in version 1 (RFC 1157 §4.1.3).
const NO_SUCH_NAME: u32 = 2;
/// How often an agent may correct our idea of its clock within one question.
const CORRECTIONS_MAX: u32 = 3;

/// How long and how often is waited.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// For one answer.
    pub(super) answer: Duration,
    /// How often a question is put before silence counts.
    pub(super) tries: u32,
    /// For the whole device.
    pub(super) device: Duration,
}

impl Patience {
    /// What one question may cost.
    pub(super) fn question(&self) -> Duration {
        self.answer * self.tries
    }
}

/// How is spoken. Holds secrets, and is not shown.
#[derive(Clone)]
pub(super) enum Speech {
    V1(Vec<u8>),
    V2c(Vec<u8>),
    V3(Box<Security>),
}

impl Speech {
    pub(super) const fn dialect(&self) -> &'static str {
        match self {
            Self::V1(_) => "SNMPv1",
            Self::V2c(_) => "SNMPv2c",
            Self::V3(_) => "SNMPv3",
        }
    }

    const fn version(&self) -> Version {
        match self {
            Self::V1(_) => Version::V1,
            Self::V2c(_) => Version::V2C,
            Self::V3(_) => Version::V3,
        }
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoAnswer {
    /// Nobody listens on the port.
    Refused,
    /// Silence.
    Silent,
    /// The agent knows neither this user nor its password.
    Denied,
    /// An answer that is none.
    Unreadable,
    /// The time of the device, or of the scan, is over.
    Over,
}

/// Who asks, and until when.
#[derive(Clone, Copy)]
pub(super) struct Asker<'a> {
    pub(super) at: SocketAddr,
    pub(super) shared: &'a Shared,
    pub(super) patience: Patience,
    pub(super) deadline: Instant,
}

impl Asker<'_> {
    /// The right to send one more question, at the rate of the scan. Waiting for it is no time of the
    /// device's.
    pub(super) async fn turn(&mut self) -> Result<(), NoAnswer> {
        let asked = Instant::now();
        if asked >= self.deadline || !self.shared.turn().await {
            return Err(NoAnswer::Over);
        }
        self.deadline += asked.elapsed();
        Ok(())
    }

    /// Which SNMPv3 agent this is. Nothing secret is sent.
    pub(super) async fn discover(&mut self) -> Result<Engine, NoAnswer> {
        let own: IpAddr = match self.at.ip() {
            IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let socket = UdpSocket::bind((own, 0)).await.map_err(|it| of_socket(&it))?;
        socket.connect(self.at).await.map_err(|it| of_socket(&it))?;
        let number = random();
        let mut is_answered = false;
        let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
        for _ in 0..self.patience.tries {
            self.turn().await?;
            socket.send(&engine::question(number)).await.map_err(|it| of_socket(&it))?;
            match timeout(self.patience.answer, socket.recv(&mut buffer)).await {
                Err(_) => {}
                Ok(Err(error)) => return Err(of_socket(&error)),
                Ok(Ok(count)) => {
                    let answer = buffer.get(..count).unwrap_or_default();
                    if let Some(engine) = engine::answer(answer, number) {
                        return Ok(engine);
                    }
                    is_answered = true;
                }
            }
        }
        Err(if is_answered { NoAnswer::Unreadable } else { NoAnswer::Silent })
    }
}

fn of_socket(error: &io::Error) -> NoAnswer {
    if error.kind() == io::ErrorKind::ConnectionRefused {
        NoAnswer::Refused
    } else {
        NoAnswer::Silent
    }
}

/// A question.
#[derive(Debug, Clone)]
pub(super) enum Question {
    /// These objects. In version 1 one at a time: a missing one spoils all others.
    Get(Vec<ObjectId>),
    /// What follows each of these objects.
    Next(Vec<ObjectId>),
}

/// A session in progress.
pub(super) struct Session<'a> {
    asker: Asker<'a>,
    speech: Speech,
    open: Option<AsyncSession>,
    /// Whether large answers were lost.
    is_narrow: bool,
}

impl<'a> Session<'a> {
    pub(super) const fn new(asker: Asker<'a>, speech: Speech) -> Self {
        Self { asker, speech, open: None, is_narrow: false }
    }

    /// Another session with the same agent.
    pub(super) fn beside(&self) -> Self {
        Self::new(self.asker, self.speech.clone())
    }

    pub(super) const fn dialect(&self) -> &'static str {
        self.speech.dialect()
    }

    /// Puts a question, again where nothing comes back.
    pub(super) async fn ask(&mut self, question: &Question) -> Result<Vec<Row>, NoAnswer> {
        let (Question::Get(objects) | Question::Next(objects)) = question;
        if !matches!(self.speech, Speech::V1(_)) {
            return self.put(question).await;
        }
        let mut rows = Vec::new();
        for object in objects {
            let single = match question {
                Question::Get(_) => Question::Get(vec![object.clone()]),
                Question::Next(_) => Question::Next(vec![object.clone()]),
            };
            let mut answer = self.put(&single).await?;
            let missing = || Row { id: object.clone(), value: Value::End };
            rows.push(if answer.is_empty() { missing() } else { answer.swap_remove(0) });
        }
        Ok(rows)
    }

    async fn put(&mut self, question: &Question) -> Result<Vec<Row>, NoAnswer> {
        let (mut tries, mut corrections) = (0, 0);
        let mut last = NoAnswer::Silent;
        while tries < self.asker.patience.tries {
            self.asker.turn().await?;
            // The last try asks for little: larger answers may not come through.
            self.is_narrow |= tries > 0 && tries + 1 == self.asker.patience.tries;
            let mut session = match self.open.take() {
                Some(session) => session,
                None => self.connect().await.map_err(|it| of_socket(&it))?,
            };
            let patience = self.asker.patience.answer;
            let version = self.speech.version();
            let asked = exchange(&mut session, version, question, self.is_narrow);
            match timeout(patience, Box::pin(asked)).await {
                Ok(Ok(rows)) => {
                    self.open = Some(session);
                    return Ok(rows);
                }
                // The agent told its clock; the session knows it from here on.
                Ok(Err(snmp2::Error::AuthUpdated)) if corrections < CORRECTIONS_MAX => {
                    self.open = Some(session);
                    corrections += 1;
                    continue;
                }
                Ok(Err(error)) => {
                    last = of_library(&error, &self.speech);
                    if last != NoAnswer::Unreadable {
                        return Err(last);
                    }
                }
                Err(_) => {}
            }
            tries += 1;
        }
        Err(last)
    }

    async fn connect(&self) -> io::Result<AsyncSession> {
        let number = i32::try_from(random() >> 1).unwrap_or_default();
        match &self.speech {
            Speech::V1(community) => AsyncSession::new_v1(self.asker.at, community, number).await,
            Speech::V2c(community) => AsyncSession::new_v2c(self.asker.at, community, number).await,
            Speech::V3(security) => {
                AsyncSession::new_v3(self.asker.at, number, Security::clone(security)).await
            }
        }
    }
}

async fn exchange(
    session: &mut AsyncSession,
    version: Version,
    question: &Question,
    is_narrow: bool,
) -> Result<Vec<Row>, snmp2::Error> {
    let (Question::Get(objects) | Question::Next(objects)) = question;
    let names: Vec<Oid<'static>> = objects.iter().map(|it| Oid::new(it.to_ber().into())).collect();
    let names: Vec<&Oid<'_>> = names.iter().collect();
    let answer = match (question, version, names.as_slice()) {
        (Question::Get(_), ..) => session.get_many(&names).await?,
        (Question::Next(_), Version::V1, [name]) => session.getnext(name).await?,
        (Question::Next(_), ..) => {
            let objects = if is_narrow { OBJECTS_PER_SMALL_ANSWER } else { OBJECTS_PER_ANSWER };
            let rows = u32::try_from((objects / names.len().max(1)).max(1)).unwrap_or(1);
            session.getbulk(&names, 0, rows).await?
        }
    };
    rows(&answer, version)
}

/// The objects of an answer up to the first that cannot be read.
fn rows(answer: &Pdu<'_>, version: Version) -> Result<Vec<Row>, snmp2::Error> {
    // The library takes an unprotected answer of an older version for one of version 3.
    if answer.version()? != version || answer.message_type != MessageType::Response {
        return Err(snmp2::Error::UnsupportedVersion);
    }
    match answer.error_status {
        0 => {}
        NO_SUCH_NAME => return Ok(Vec::new()),
        _ => return Err(snmp2::Error::ValueOutOfRange),
    }
    Ok(read(answer.varbinds.clone()))
}

fn read(varbinds: Varbinds<'_>) -> Vec<Row> {
    let readable = varbinds.map_while(|(name, value)| {
        let id = ObjectId::from_ber(name.as_bytes())?;
        Some(Row { id, value: value_of(&value) })
    });
    readable.collect()
}

fn value_of(value: &Said<'_>) -> Value {
    match value {
        Said::Integer(value) => Value::Integer(*value),
        Said::OctetString(bytes) => Value::bytes(bytes),
        Said::ObjectIdentifier(id) => {
            ObjectId::from_ber(id.as_bytes()).map_or(Value::Missing, Value::ObjectId)
        }
        Said::IpAddress(address) => Value::Address((*address).into()),
        Said::Counter32(value) | Said::Unsigned32(value) | Said::Timeticks(value) => {
            Value::Unsigned(u64::from(*value))
        }
        Said::Counter64(value) => Value::Unsigned(*value),
        Said::EndOfMibView => Value::End,
        Said::NoSuchObject
        | Said::NoSuchInstance
        | Said::Boolean(_)
        | Said::Null
        | Said::Opaque(_)
        | Said::Sequence(_)
        | Said::Set(_)
        | Said::Constructed(..)
        | Said::GetRequest(_)
        | Said::GetNextRequest(_)
        | Said::GetBulkRequest(_)
        | Said::Response(_)
        | Said::SetRequest(_)
        | Said::InformRequest(_)
        | Said::Trap(_)
        | Said::Report(_) => Value::Missing,
    }
}

fn of_library(error: &snmp2::Error, speech: &Speech) -> NoAnswer {
    use snmp2::Error;
    match error {
        Error::Receive => NoAnswer::Refused,
        Error::Send => NoAnswer::Silent,
        // Unsigned reports: this user, or its password, is not the agent's.
        Error::AuthFailure(_) => NoAnswer::Denied,
        // Without authentication the report is passed on, and is no response.
        Error::AsnWrongType if matches!(speech, Speech::V3(_)) => NoAnswer::Denied,
        Error::AsnParse
        | Error::AsnInvalidLen
        | Error::AsnWrongType
        | Error::AsnUnsupportedType
        | Error::AsnEof
        | Error::AsnIntOverflow
        | Error::UnsupportedVersion
        | Error::RequestIdMismatch
        | Error::CommunityMismatch
        | Error::ValueOutOfRange
        | Error::BufferOverflow
        | Error::Crypto(_)
        | Error::AuthUpdated
        | Error::Mib(_) => NoAnswer::Unreadable,
    }
}

/// Numbers of questions; a guessed one lets a stranger answer in the agent's place.
fn random() -> u32 {
    let mut bytes = [0; 4];
    // Without random bytes the number is 0, which an off-path stranger still has to race for.
    let _ = getrandom::fill(&mut bytes);
    u32::from_be_bytes(bytes)
}
