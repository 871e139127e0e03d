//! Agents of our own making on this machine's loopback: honest, silent and hostile ones.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use observation::latest::scan::{ProbeSelection, SnmpAccess, SnmpAuthentication, SnmpPrivacy};
use tokio::net::UdpSocket;
use tokio::sync::Semaphore;

use super::super::pace::Pace;
use super::super::stop::Stop;
use super::*;
use crate::packet::der::{OCTET_STRING, SEQUENCE, element, elements};

const INTEGER: u8 = 0x02;
const OBJECT: u8 = 0x06;
const GET: u8 = 0xa0;
const NEXT: u8 = 0xa1;
const RESPONSE: u8 = 0xa2;
const BULK: u8 = 0xa5;
const END_OF_MIB: u8 = 0x82;

const PATIENCE: Patience =
    Patience { answer: Duration::from_millis(150), tries: 2, device: Duration::from_secs(20) };

fn shared() -> Shared {
    Shared {
        selection: ProbeSelection::All,
        snmp: Vec::new(),
        pace: Pace::new(1_000_000),
        sockets: Semaphore::new(8),
        connections: 0.into(),
        stop: Arc::new(Stop::default()),
    }
}

fn credential(access: SnmpAccess) -> SnmpCredential {
    SnmpCredential { scope: vec!["127.0.0.0/8".parse().unwrap()], access }
}

fn v1() -> SnmpCredential {
    credential(SnmpAccess::V1 { community: "lab".to_owned() })
}

fn v2c() -> SnmpCredential {
    credential(SnmpAccess::V2c { community: "lab".to_owned() })
}

fn v3(auth: Option<&str>, privacy: Option<&str>) -> SnmpCredential {
    credential(SnmpAccess::V3 {
        user: "kataster".to_owned(),
        auth: auth.map(|_| SnmpAuthentication::Sha256),
        auth_password: auth.map(str::to_owned),
        privacy: privacy.map(|_| SnmpPrivacy::Aes128),
        privacy_password: privacy.map(str::to_owned),
    })
}

/// What our agent was asked.
struct Asked {
    version: Vec<u8>,
    community: Vec<u8>,
    kind: u8,
    number: Vec<u8>,
    repetitions: usize,
    objects: Vec<ObjectId>,
}

fn asked(datagram: &[u8]) -> Option<Asked> {
    let message = elements(datagram).next()?;
    let mut parts = elements(message.content);
    let (version, community, request) = (parts.next()?, parts.next()?, parts.next()?);
    let mut fields = elements(request.content);
    let (number, _, repetitions) = (fields.next()?, fields.next()?, fields.next()?);
    let objects = elements(fields.next()?.content)
        .filter_map(|it| ObjectId::from_ber(elements(it.content).next()?.content))
        .collect();
    Some(Asked {
        version: version.content.to_vec(),
        community: community.content.to_vec(),
        kind: request.tag,
        number: number.content.to_vec(),
        repetitions: usize::from(*repetitions.content.last()?),
        objects,
    })
}

fn answer(asked: &Asked, status: u8, objects: &[(ObjectId, Vec<u8>)]) -> Vec<u8> {
    let rows: Vec<Vec<u8>> = objects
        .iter()
        .map(|(id, value)| {
            element(SEQUENCE, &[element(OBJECT, &id.to_ber()), value.clone()].concat())
        })
        .collect();
    let response = [
        element(INTEGER, &asked.number),
        element(INTEGER, &[status]),
        element(INTEGER, &[0]),
        element(SEQUENCE, &rows.concat()),
    ];
    let message = [
        element(INTEGER, &asked.version),
        element(OCTET_STRING, &asked.community),
        element(RESPONSE, &response.concat()),
    ];
    element(SEQUENCE, &message.concat())
}

/// Answers on a port of the loopback for as long as the test runs.
async fn agent(
    mut respond: impl FnMut(&[u8]) -> Option<Vec<u8>> + Send + 'static,
) -> (SocketAddr, Arc<AtomicUsize>) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let at = socket.local_addr().unwrap();
    let heard = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&heard);
    tokio::spawn(async move {
        let mut buffer = vec![0; 65_535];
        while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
            count.fetch_add(1, Ordering::Relaxed);
            if let Some(answer) = respond(&buffer[..length]) {
                let _ = socket.send_to(&answer, from).await;
            }
        }
    });
    (at, heard)
}

type Objects = BTreeMap<ObjectId, Vec<u8>>;

/// An agent that does as the standard says, for the community `lab`.
fn honest(objects: Objects) -> impl FnMut(&[u8]) -> Option<Vec<u8>> + Send + 'static {
    move |datagram| {
        let asked = asked(datagram).filter(|it| it.community == b"lab")?;
        let next = |id: &ObjectId| {
            let found = objects.range(id.clone()..).find(|it| it.0 != id);
            found.map(|(id, value)| (id.clone(), value.clone()))
        };
        let is_old = asked.version == [0];
        let missing = |id: &ObjectId, tag: u8| (id.clone(), vec![tag, 0]);
        let mut rows = Vec::new();
        match asked.kind {
            GET => {
                for id in &asked.objects {
                    match objects.get(id) {
                        Some(value) => rows.push((id.clone(), value.clone())),
                        None if is_old => return Some(answer(&asked, 2, &[])),
                        None => rows.push(missing(id, 0x80)),
                    }
                }
            }
            NEXT => match next(&asked.objects[0]) {
                Some(row) => rows.push(row),
                None => return Some(answer(&asked, 2, &[])),
            },
            BULK => {
                let mut cursors = asked.objects.clone();
                for _ in 0..asked.repetitions {
                    for cursor in &mut cursors {
                        let row = next(cursor).unwrap_or_else(|| missing(cursor, END_OF_MIB));
                        *cursor = row.0.clone();
                        rows.push(row);
                    }
                }
            }
            _ => return None,
        }
        Some(answer(&asked, 0, &rows))
    }
}

fn id(text: &str) -> ObjectId {
    let parts: Vec<u32> = text.split('.').map(|it| it.parse().unwrap()).collect();
    ObjectId::new(&parts)
}

fn device() -> Objects {
    let mut objects = Objects::new();
    let mut text = |at: &str, value: &str| {
        objects.insert(id(at), element(OCTET_STRING, value.as_bytes()));
    };
    text("1.3.6.1.2.1.1.1.0", "Muster Switch 24");
    text("1.3.6.1.2.1.1.5.0", "sw-1");
    text("1.3.6.1.2.1.43.5.1.1.17.1.1", "SERIAL1");
    text("1.3.6.1.2.1.25.3.2.1.3.1", "Muster LaserJet");
    text("1.3.6.1.2.1.47.1.1.1.1.11.1", "FOC1");
    for port in 1..=40 {
        text(&format!("1.3.6.1.2.1.2.2.1.2.{port}"), &format!("Port {port}"));
    }
    let mac = element(OCTET_STRING, &[2, 0, 0, 0, 0, 7]);
    objects.insert(id("1.3.6.1.2.1.4.22.1.2.3.10.0.0.7"), mac);
    objects
}

fn reading<'a>(notes: &'a [Note], source: &str) -> &'a Reading {
    let said = notes.iter().find_map(|it| match &it.learnt {
        Learnt::Said(reading) if it.source == source => Some(reading),
        Learnt::Said(_) | Learnt::Gap(_) | Learnt::Nothing(_) => None,
    });
    said.unwrap_or_else(|| panic!("{notes:?}"))
}

fn statements(notes: &[Note]) -> &BTreeMap<Statement, String> {
    let Fact::ServiceAnswer(answer) = &reading(notes, PROBE.id).facts[0] else {
        panic!("{notes:?}")
    };
    &answer.statements
}

fn only_gap(notes: &[Note]) -> &Absent {
    let gaps: Vec<&Absent> = notes
        .iter()
        .filter_map(|it| match &it.learnt {
            Learnt::Gap(gap) => Some(&gap.reason),
            Learnt::Said(_) | Learnt::Nothing(_) => None,
        })
        .collect();
    assert_eq!(gaps.len(), 1, "{notes:?}");
    gaps[0]
}

async fn asked_all(at: SocketAddr, credentials: &[SnmpCredential]) -> Vec<Note> {
    ask(at, credentials, &shared(), PATIENCE).await
}

#[tokio::test]
async fn a_device_is_read_by_versions_1_and_2c() {
    for credential in [v1(), v2c()] {
        let (at, heard) = agent(honest(device())).await;
        let notes = asked_all(at, &[credential]).await;
        let said = statements(&notes);
        assert_eq!(said[&Statement::Name], "sw-1");
        assert_eq!(said[&Statement::Serial], "SERIAL1");
        assert_eq!(said[&Statement::Model], "Muster LaserJet");
        let steady = reading(&notes, PROBE.id);
        let ports = steady.facts.iter().filter(|it| matches!(it, Fact::NetworkInterface(_)));
        assert_eq!(ports.count(), 40);
        assert!(steady.facts.iter().any(|it| matches!(it, Fact::PhysicalEntity(_))));
        assert_eq!(steady.complaints, []);
        let [Fact::Neighbour(neighbour)] = reading(&notes, CHANGING).facts.as_slice() else {
            panic!("{notes:?}")
        };
        assert_eq!(
            (neighbour.mac.as_str(), neighbour.interface.as_str()),
            ("02:00:00:00:00:07", "Port 3")
        );
        assert!(heard.load(Ordering::Relaxed) < 200);
    }
}

#[tokio::test]
async fn nobody_is_asked_without_a_credential_for_the_address() {
    let (at, heard) = agent(honest(device())).await;
    let mut elsewhere = v2c();
    elsewhere.scope = vec!["10.0.0.0/8".parse().unwrap()];
    assert!(asked_all(at, &[]).await.is_empty());
    assert!(asked_all(at, &[elsewhere]).await.is_empty());
    let stopped = shared();
    stopped.stop.now();
    assert!(ask(at, &[v2c()], &stopped, PATIENCE).await.is_empty());
    assert_eq!(heard.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn silence_and_a_closed_port_are_told_apart() {
    let (at, _) = agent(|_| None).await;
    let notes = asked_all(at, &[v2c(), v1()]).await;
    let [Note { learnt: Learnt::Nothing(Absent::TimedOut { after_ms: 300, .. }), .. }] =
        notes.as_slice()
    else {
        panic!("{notes:?}")
    };
    let closed = UdpSocket::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for credential in [v2c(), v3(None, None)] {
        let notes = asked_all(closed, &[credential]).await;
        let [Note { learnt: Learnt::Nothing(Absent::NotHere { .. }), .. }] = notes.as_slice()
        else {
            panic!("{notes:?}")
        };
    }
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_and_a_late_one_confuses_nobody() {
    let mut agent_of = honest(device());
    let (mut count, mut late) = (0, None);
    let (at, _) = agent(move |datagram| {
        count += 1;
        // Every fifth answer comes with the next question, in place of that question's own.
        let now = agent_of(datagram);
        if count % 5 == 0 {
            late = now;
            return None;
        }
        late.take().or(now)
    })
    .await;
    let patience = Patience { tries: 6, ..PATIENCE };
    let notes = ask(at, &[v2c()], &shared(), patience).await;
    let steady = reading(&notes, PROBE.id);
    let ports = steady.facts.iter().filter(|it| matches!(it, Fact::NetworkInterface(_)));
    assert_eq!(ports.count(), 40);
    assert_eq!(steady.complaints, []);
}

#[tokio::test]
async fn an_agent_that_goes_in_circles_is_left() {
    let (at, heard) = agent(|datagram| {
        let asked = asked(datagram)?;
        let row = (id("1.3.6.1.2.1.2.2.1.2.1"), element(OCTET_STRING, b"again"));
        Some(answer(&asked, 0, &vec![row; 20]))
    })
    .await;
    let notes = asked_all(at, &[v2c()]).await;
    let problems = &reading(&notes, PROBE.id).complaints;
    assert!(problems.iter().any(|it| it.problem.contains("repeats itself")), "{problems:?}");
    assert!(heard.load(Ordering::Relaxed) < 40);
}

#[tokio::test]
async fn a_table_without_end_of_huge_values_is_cut() {
    let (at, _) = agent(|datagram| {
        let asked = asked(datagram)?;
        if asked.kind == GET {
            return Some(answer(&asked, 0, &[]));
        }
        let mut cursors = asked.objects.clone();
        let mut rows = Vec::new();
        for _ in 0..asked.repetitions {
            for cursor in &mut cursors {
                let mut parts = cursor.parts().to_vec();
                // Columns of these tables have at least nine numbers; then comes the index.
                let last = parts.last_mut().unwrap();
                if parts_are_column(cursor) {
                    parts.push(1)
                } else {
                    *last += 1
                }
                *cursor = ObjectId::new(&parts);
                rows.push((cursor.clone(), element(OCTET_STRING, &[b'x'; 300])));
            }
        }
        Some(answer(&asked, 0, &rows))
    })
    .await;
    let notes = asked_all(at, &[v2c()]).await;
    let steady = reading(&notes, PROBE.id);
    assert!(steady.complaints.iter().any(|it| it.problem.contains("longer than")));
    let ports = steady.facts.iter().filter(|it| matches!(it, Fact::NetworkInterface(_)));
    assert_eq!(ports.count(), 2_000);
}

fn parts_are_column(id: &ObjectId) -> bool {
    LANES
        .iter()
        .flat_map(|it| it.iter())
        .flat_map(|it| it.tables)
        .copied()
        .flatten()
        .any(|it| *it == id.parts())
}

#[tokio::test]
async fn answers_that_are_none_are_told_as_such() {
    let hostile: [&[u8]; 4] = [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
        b"",
        &[0x30; 60_000],
    ];
    for bytes in hostile {
        let (at, _) = agent(move |_| Some(bytes.to_vec())).await;
        let notes = asked_all(at, &[v2c(), v1()]).await;
        let [Note { learnt: Learnt::Nothing(Absent::Failed { .. }), .. }] = notes.as_slice() else {
            panic!("{notes:?}")
        };
    }
}

/// The answer to discovery, with this engine id.
fn discovered(datagram: &[u8], engine: &[u8]) -> Option<Vec<u8>> {
    let message = elements(datagram).next()?;
    let mut parts = elements(message.content);
    let header = parts.nth(1)?;
    let mut header = elements(header.content);
    let number = header.next()?;
    let flags = header.nth(1)?.content;
    if flags != [4] || !engine_of(datagram)?.is_empty() {
        return None;
    }
    let zero = element(INTEGER, &[0]);
    let none = element(OCTET_STRING, &[]);
    let header = [
        element(INTEGER, number.content),
        element(INTEGER, &[0, 0xff, 0xe3]),
        element(OCTET_STRING, &[0]),
        element(INTEGER, &[3]),
    ];
    let one = element(INTEGER, &[1]);
    let security =
        [element(OCTET_STRING, engine), one.clone(), one, none.clone(), none.clone(), none];
    let report = [element(INTEGER, &[0]), zero.clone(), zero, element(SEQUENCE, &[])];
    let scoped = [
        element(OCTET_STRING, engine),
        element(OCTET_STRING, &[]),
        element(0xa8, &report.concat()),
    ];
    let message = [
        element(INTEGER, &[3]),
        element(SEQUENCE, &header.concat()),
        element(OCTET_STRING, &element(SEQUENCE, &security.concat())),
        element(SEQUENCE, &scoped.concat()),
    ];
    Some(element(SEQUENCE, &message.concat()))
}

fn engine_of(datagram: &[u8]) -> Option<Vec<u8>> {
    let message = elements(datagram).next()?;
    let security = elements(message.content).nth(2)?;
    let security = elements(security.content).next()?;
    Some(elements(security.content).next()?.content.to_vec())
}

const ENGINE: &[u8] = &[0x80, 0, 0x1f, 0x88, 0x80, 1, 2, 3, 4];

#[tokio::test]
async fn a_wrong_privacy_password_and_a_lost_device_are_one_finding_with_the_engine() {
    let (at, heard) = agent(|datagram| discovered(datagram, ENGINE)).await;
    let notes = asked_all(at, &[v3(Some("authentic1"), Some("privately1"))]).await;
    assert_eq!(statements(&notes)[&Statement::EngineId], "80001f888001020304");
    let Absent::Failed { cause, .. } = only_gap(&notes) else { panic!("{notes:?}") };
    assert!(cause.contains("privacy password"), "{cause}");
    assert_eq!(heard.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn an_engine_of_impossible_length_is_not_believed() {
    for length in [0, 4, 33, 30_000] {
        let (at, _) = agent(move |datagram| discovered(datagram, &vec![7; length])).await;
        let notes = asked_all(at, &[v3(Some("authentic1"), None)]).await;
        let [Note { learnt: Learnt::Nothing(Absent::Failed { .. }), .. }] = notes.as_slice() else {
            panic!("{length}: {notes:?}")
        };
    }
}

/// Without this the library would take the words of whoever saw the user's name pass by.
#[tokio::test]
async fn an_unprotected_answer_to_a_protected_question_is_not_believed() {
    let (at, _) = agent(|datagram| {
        discovered(datagram, ENGINE).or_else(|| {
            // The request of an unprotected user is readable: its number is repeated as version 2c.
            let message = elements(datagram).next()?;
            let scoped = elements(message.content).nth(3)?;
            let request = elements(scoped.content).nth(2)?;
            let number = elements(request.content).next()?.content.to_vec();
            let forged = Asked {
                version: vec![1],
                community: b"kataster".to_vec(),
                kind: GET,
                number,
                repetitions: 0,
                objects: Vec::new(),
            };
            let row = (id("1.3.6.1.2.1.1.5.0"), element(OCTET_STRING, b"forged"));
            Some(answer(&forged, 0, &[row]))
        })
    })
    .await;
    let notes = asked_all(at, &[v3(None, None)]).await;
    assert!(!statements(&notes).contains_key(&Statement::Name));
    assert!(matches!(only_gap(&notes), Absent::Failed { .. }));
}

#[tokio::test]
async fn version_2c_is_tried_where_version_3_is_not_spoken() {
    let (at, _) = agent(honest(device())).await;
    let notes = asked_all(at, &[v2c(), v3(Some("authentic1"), None)]).await;
    assert_eq!(statements(&notes)[&Statement::Dialect], "SNMPv2c");
}

#[tokio::test]
async fn a_device_that_answers_ever_more_slowly_costs_its_time_and_no_more() {
    let (at, _) = agent({
        let mut honest = honest(device());
        let mut count = 0;
        move |datagram| {
            count += 1;
            if count > 3 { None } else { honest(datagram) }
        }
    })
    .await;
    let began = std::time::Instant::now();
    let patience = Patience { device: Duration::from_millis(400), ..PATIENCE };
    let notes = ask(at, &[v2c()], &shared(), patience).await;
    assert!(began.elapsed() < Duration::from_secs(3));
    assert_eq!(statements(&notes)[&Statement::Name], "sw-1");
    assert!(!reading(&notes, PROBE.id).complaints.is_empty());
}

#[tokio::test(start_paused = true)]
async fn waiting_for_our_own_turn_is_no_time_of_the_device() {
    let device = Duration::from_secs(2);
    let patience = Patience { device, ..PATIENCE };
    let shared = Shared { pace: Pace::new(1), ..shared() };
    let at = SocketAddr::from(([127, 0, 0, 1], 161));
    let deadline = Instant::now() + device;
    let mut asker = Asker { at, shared: &shared, patience, deadline };
    for _ in 0..10 {
        assert_eq!(asker.turn().await, Ok(()));
    }
    tokio::time::advance(device).await;
    assert_eq!(asker.turn().await, Err(NoAnswer::Over));
}
