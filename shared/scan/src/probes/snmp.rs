//! SNMP v1, v2c and v3: which device this is, its interfaces, parts, neighbours and routes.
//!
//! Asked only with credentials that a person entered for the address. What is asked and what it means
//! stands here; sessions and times are the carrier's, [`crate::net::snmp`]. Who is responsible for the
//! device (sysContact) is a person and is not asked.

use observation::latest::{Complaint, Fact, ServiceAnswer, ServiceProtocol, Statement, Transport};

use super::{Method, Probe, Reading};
use crate::packet::snmp::entities::{ENTITY_COLUMNS, PRINTER_COLUMNS, device_description};
use crate::packet::snmp::entities::{entities, printer};
use crate::packet::snmp::interfaces::{
    ADDRESS_COLUMNS, INTERFACE_COLUMNS, IPV4_ADDRESS_COLUMNS, interfaces,
};
use crate::packet::snmp::neighbours::{NEIGHBOUR_TABLES, ROUTE_TABLES, neighbours, routes};
use crate::packet::snmp::walk::Trouble;
use crate::packet::snmp::{ObjectId, Tree, Value};
use crate::packet::statements::Statements;

/// The probe.
pub const PROBE: Probe = Probe { id: "scan.snmp", method: Method::Session };
/// The source of what changes by itself: neighbours and routes.
pub const CHANGING: &str = "scan.snmp_neighbours";
/// The port that is asked.
pub const PORT: u16 = 161;

const SYS_DESCR: &[u32] = &[1, 3, 6, 1, 2, 1, 1, 1, 0];
const SYS_OBJECT_ID: &[u32] = &[1, 3, 6, 1, 2, 1, 1, 2, 0];
const SYS_NAME: &[u32] = &[1, 3, 6, 1, 2, 1, 1, 5, 0];
const SYS_LOCATION: &[u32] = &[1, 3, 6, 1, 2, 1, 1, 6, 0];
const SNMP_ENGINE_ID: &[u32] = &[1, 3, 6, 1, 6, 3, 10, 2, 1, 1, 0];

/// What is asked first (RFC 3418 §2, RFC 3411 §5).
pub const SYSTEM: &[&[u32]] = &[SYS_DESCR, SYS_OBJECT_ID, SYS_NAME, SYS_LOCATION, SNMP_ENGINE_ID];

/// Tables that say the same: the first that has rows is enough.
#[derive(Debug, Clone, Copy)]
pub struct Question {
    /// What it is about, in complaints.
    pub about: &'static str,
    /// The columns of each table.
    pub tables: &'static [&'static [&'static [u32]]],
    /// Most rows of a column.
    pub rows_max: usize,
    /// Whether the answer changes by itself.
    pub is_changing: bool,
}

/// What is asked side by side, each lane in its order. A core router has a million routes: bounded.
pub const LANES: [&[Question]; 3] = [
    &[steady("parts", &[ENTITY_COLUMNS], 2_000), steady("printer", &[PRINTER_COLUMNS], 8)],
    &[
        steady("interfaces", &[INTERFACE_COLUMNS], 2_000),
        steady("addresses", &[ADDRESS_COLUMNS], 4_000),
        steady("IPv4 addresses", &[IPV4_ADDRESS_COLUMNS], 4_000),
    ],
    &[changing("neighbours", NEIGHBOUR_TABLES, 8_000), changing("routes", ROUTE_TABLES, 1_000)],
];

const fn steady(
    about: &'static str,
    tables: &'static [&'static [&'static [u32]]],
    rows_max: usize,
) -> Question {
    Question { about, tables, rows_max, is_changing: false }
}

const fn changing(
    about: &'static str,
    tables: &'static [&'static [&'static [u32]]],
    rows_max: usize,
) -> Question {
    Question { about, tables, rows_max, is_changing: true }
}

/// What is asked once the tables are there: what a printer calls itself.
#[must_use]
pub fn last_questions(tree: &Tree) -> Vec<ObjectId> {
    printer(tree).map(|(device, _)| device_description(device)).into_iter().collect()
}

/// What an agent said.
#[derive(Debug, Clone, Default)]
pub struct Said {
    /// The version it was spoken with: `SNMPv2c`.
    pub dialect: &'static str,
    /// Its engine, where discovery named it.
    pub engine: Option<Vec<u8>>,
    /// The objects.
    pub tree: Tree,
    /// Questions whose answer is not whole.
    pub troubles: Vec<(Question, Trouble)>,
}

/// What an answer means.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Readings {
    /// What stays until somebody changes the device.
    pub steady: Reading,
    /// What changes by itself.
    pub changing: Reading,
}

/// Reads what an agent said.
#[must_use]
pub fn read(said: &Said) -> Readings {
    let mut steady = system(said);
    let (interfaces, complaints) = interfaces(&said.tree);
    steady.complaints.extend(complaints);
    let (parts, complaints) = entities(&said.tree);
    steady.complaints.extend(complaints);
    steady.facts.extend(parts.into_iter().map(Fact::PhysicalEntity));
    let mut changing = Reading::default();
    changing.facts.extend(neighbours(&said.tree, &interfaces).into_iter().map(Fact::Neighbour));
    changing.facts.extend(routes(&said.tree, &interfaces).into_iter().map(Fact::Route));
    steady.facts.extend(interfaces.into_values().map(Fact::NetworkInterface));
    for (question, trouble) in &said.troubles {
        let reading = if question.is_changing { &mut changing } else { &mut steady };
        let (place, problem) = (question.about.to_owned(), trouble.problem().to_owned());
        reading.complaints.push(Complaint { place, problem });
    }
    Readings { steady, changing }
}

fn system(said: &Said) -> Reading {
    let mut statements = Statements::new(format!("udp/{PORT}"));
    statements.say(Statement::Dialect, said.dialect.as_bytes());
    let texts = [
        (Statement::Description, SYS_DESCR),
        (Statement::Name, SYS_NAME),
        (Statement::Place, SYS_LOCATION),
    ];
    for (statement, object) in texts {
        if let Some(text) = said.tree.get(object).and_then(Value::as_bytes) {
            statements.say(statement, text);
        }
    }
    if let Some(Value::ObjectId(id)) = said.tree.get(SYS_OBJECT_ID) {
        statements.say(Statement::ObjectId, id.to_string().as_bytes());
    }
    let told = said.tree.get(SNMP_ENGINE_ID).and_then(Value::as_bytes);
    // RFC 3411 §5: an engine's id has 5 to 32 bytes.
    if let Some(engine) = said.engine.as_deref().or(told).filter(|it| (5..=32).contains(&it.len()))
    {
        statements.say(Statement::EngineId, data_encoding::HEXLOWER.encode(engine).as_bytes());
    }
    if let Some((device, serial)) = printer(&said.tree) {
        statements.say(Statement::Serial, serial);
        let model = said.tree.get(device_description(device).parts()).and_then(Value::as_bytes);
        statements.say(Statement::Model, model.unwrap_or_default());
    }
    let (statements, complaints) = statements.into_parts();
    let answer = ServiceAnswer {
        transport: Transport::Udp,
        port: PORT,
        protocol: ServiceProtocol::Snmp,
        is_encrypted: false,
        statements,
    };
    Reading { facts: vec![Fact::ServiceAnswer(answer)], complaints, follow_ups: Vec::new() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::packet::snmp::Row;
    use crate::packet::snmp::tests::tree;

    fn said(text: &str) -> Said {
        Said { dialect: "SNMPv2c", tree: tree(text), ..Said::default() }
    }

    fn answer(readings: &Readings) -> &ServiceAnswer {
        let Fact::ServiceAnswer(answer) = &readings.steady.facts[0] else { panic!("{readings:?}") };
        answer
    }

    #[test]
    fn a_router_says_which_device_it_is() {
        let readings = read(&said(
            "1.3.6.1.2.1.1.1.0 = STRING Linux lab-core 6.1.0 #1 SMP x86_64
             1.3.6.1.2.1.1.2.0 = OID .1.3.6.1.4.1.8072.3.2.10
             1.3.6.1.2.1.1.5.0 = STRING lab-core
             1.3.6.1.2.1.1.6.0 = STRING Keller
             1.3.6.1.6.3.10.2.1.1.0 = HEX 80001f8880d6948f2f2c13056b",
        ));
        let said: Vec<(Statement, &str)> = answer(&readings)
            .statements
            .iter()
            .map(|(what, text)| (*what, text.as_str()))
            .collect();
        assert_eq!(
            said,
            [
                (Statement::Dialect, "SNMPv2c"),
                (Statement::EngineId, "80001f8880d6948f2f2c13056b"),
                (Statement::Name, "lab-core"),
                (Statement::Description, "Linux lab-core 6.1.0 #1 SMP x86_64"),
                (Statement::ObjectId, "1.3.6.1.4.1.8072.3.2.10"),
                (Statement::Place, "Keller"),
            ]
        );
        assert_eq!(readings.changing, Reading::default());
    }

    #[test]
    fn a_printer_says_serial_and_model() {
        let text = "1.3.6.1.2.1.43.5.1.1.17.1.1 = STRING VNB3K12345";
        assert_eq!(last_questions(&tree(text))[0].to_string(), "1.3.6.1.2.1.25.3.2.1.3.1");
        let text = format!("{text}\n1.3.6.1.2.1.25.3.2.1.3.1 = STRING Muster LaserJet 400");
        let readings = read(&said(&text));
        let statements = &answer(&readings).statements;
        assert_eq!(statements[&Statement::Serial], "VNB3K12345");
        assert_eq!(statements[&Statement::Model], "Muster LaserJet 400");
    }

    #[test]
    fn the_engine_that_discovery_named_counts() {
        let mut said = said("1.3.6.1.6.3.10.2.1.1.0 = HEX 0102030405");
        said.engine = Some(vec![9; 8]);
        let readings = read(&said);
        assert_eq!(answer(&readings).statements[&Statement::EngineId], "0909090909090909");
    }

    #[test]
    fn neighbours_and_routes_are_told_apart_from_what_stays() {
        let mut said = said(
            "1.3.6.1.2.1.31.1.1.1.1.2 = STRING eth0
             1.3.6.1.2.1.4.22.1.2.2.10.0.0.7 = HEX 001b21aabbcc
             1.3.6.1.2.1.4.24.7.1.7.1.4.10.0.0.0.24.2.0.0.0.0 = INTEGER 2
             1.3.6.1.2.1.47.1.1.1.1.11.1 = STRING FOC1",
        );
        said.troubles =
            vec![(LANES[2][1], Trouble::TooLong), (LANES[1][0], Trouble::NotIncreasing)];
        let readings = read(&said);
        let [answer, part, interface] = readings.steady.facts.as_slice() else { panic!() };
        assert!(matches!(answer, Fact::ServiceAnswer(_)));
        assert!(matches!(part, Fact::PhysicalEntity(_)));
        assert!(matches!(interface, Fact::NetworkInterface(_)));
        let [neighbour, route] = readings.changing.facts.as_slice() else { panic!() };
        assert!(matches!(neighbour, Fact::Neighbour(_)));
        assert!(matches!(route, Fact::Route(_)));
        assert_eq!(readings.changing.complaints[0].place, "routes");
        assert_eq!(readings.steady.complaints[0].place, "interfaces");
    }

    #[test]
    fn nobody_is_asked_for_a_person() {
        let contact = ObjectId::new(&[1, 3, 6, 1, 2, 1, 1, 4]);
        let columns = LANES.iter().flat_map(|it| it.iter()).flat_map(|it| it.tables).copied();
        let asked = columns.flatten().chain(SYSTEM);
        assert_eq!(asked.filter(|it| it.starts_with(contact.parts())).count(), 0);
    }

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            any::<i64>().prop_map(Value::Integer),
            any::<u64>().prop_map(Value::Unsigned),
            proptest::collection::vec(any::<u8>(), 0..40).prop_map(Value::Bytes),
            any::<[u8; 4]>().prop_map(|it| Value::Address(it.into())),
            proptest::collection::vec(any::<u32>(), 0..9)
                .prop_map(|it| Value::ObjectId(ObjectId::new(&it))),
        ]
    }

    proptest! {
        /// Values of any type under any index of the objects that are asked.
        #[test]
        fn whatever_an_agent_says_is_read(
            rows in proptest::collection::vec(
                (0usize..40, proptest::collection::vec(0u32..300, 0..24), value()), 0..60,
            ),
        ) {
            let columns: Vec<&[u32]> = LANES
                .iter()
                .flat_map(|it| it.iter())
                .flat_map(|it| it.tables)
                .copied()
                .flatten()
                .chain(SYSTEM)
                .copied()
                .collect();
            let tree: Tree = rows
                .into_iter()
                .map(|(column, index, value)| {
                    let column = columns[column % columns.len()];
                    Row { id: ObjectId::new(&[column, &index].concat()), value }
                })
                .collect();
            let said = Said { dialect: "SNMPv1", tree, ..Said::default() };
            let readings = read(&said);
            prop_assert_eq!(read(&said), readings);
            let _ = last_questions(&said.tree);
        }
    }
}
