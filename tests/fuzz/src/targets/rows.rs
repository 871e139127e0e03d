//! Objects that an SNMP agent answers: the walk that takes them in, and what they mean.
//!
//! An input is a list of rows: a byte that chooses the column, the index with its count before it, the
//! kind of the value and its content with its length before it. Names as an agent writes them are
//! read by the target `snmp_engine`.

use observation::latest::Fact;
use scan::packet::snmp::walk::Walk;
use scan::packet::snmp::{ObjectId, Row, Tree, Value};
use scan::probes::snmp::{self, LANES, SYSTEM, Said, last_questions};

/// Rows that one input makes at most.
const ROWS_MAX: usize = 500;
/// Rows that the walk keeps of a column.
const WALK_ROWS_MAX: usize = 20;
/// Rows of one answer to the walk.
const ANSWER_ROWS: usize = 7;
/// Complaints that one row causes at most.
const COMPLAINTS_PER_ROW_MAX: usize = 4;
/// A part of an index that is written in four bytes more.
const WIDE: u8 = 0xff;

pub(super) fn read(data: &[u8]) -> Vec<Fact> {
    let rows = rows(data);
    walk(&rows);
    let tree: Tree = rows.iter().cloned().collect();
    let _ = std::hint::black_box(last_questions(&tree));
    let engine = data.get(..32).map(<[u8]>::to_vec);
    let said = Said { dialect: "SNMPv2c", engine, tree, troubles: Vec::new() };
    let readings = snmp::read(&said);
    let mut facts = Vec::new();
    for reading in [readings.steady, readings.changing] {
        // How many of them a section keeps is bounded where it is made.
        let bound = 20 + rows.len() * COMPLAINTS_PER_ROW_MAX;
        assert!(reading.complaints.len() <= bound, "{} complaints", reading.complaints.len());
        assert!(reading.facts.len() <= 20 + rows.len(), "{} facts", reading.facts.len());
        facts.extend(reading.facts);
    }
    facts
}

/// A walk over the columns of one table goes forward and ends.
fn walk(rows: &[Row]) {
    let columns = columns();
    let columns: Vec<&[u32]> = columns.into_iter().take(5).collect();
    let mut walk = Walk::new(&columns, WALK_ROWS_MAX);
    for answer in rows.chunks(ANSWER_ROWS) {
        if walk.question().is_empty() {
            break;
        }
        walk.take(answer.to_vec());
    }
    walk.lose(rows.is_empty());
    let (found, _) = walk.finish();
    assert!(found.len() <= columns.len() * (WALK_ROWS_MAX + 1), "{} rows", found.len());
}

fn rows(data: &[u8]) -> Vec<Row> {
    let columns = columns();
    let mut input = data.iter().copied();
    let mut rows = Vec::new();
    while rows.len() < ROWS_MAX
        && let Some(choice) = input.next()
    {
        let mut parts = columns[usize::from(choice) % columns.len()].to_vec();
        for _ in 0..input.next().unwrap_or_default() % 20 {
            parts.push(match input.next() {
                Some(WIDE) => u32::from_be_bytes(four(&mut input)),
                part => part.unwrap_or_default().into(),
            });
        }
        rows.push(Row { id: ObjectId::new(&parts), value: value(&mut input) });
    }
    rows
}

fn value(input: &mut impl Iterator<Item = u8>) -> Value {
    match input.next().unwrap_or_default() % 7 {
        0 => Value::Integer(i32::from_be_bytes(four(input)).into()),
        1 => Value::Unsigned(u32::from_be_bytes(four(input)).into()),
        2 => Value::bytes(&content(input)),
        3 => ObjectId::from_ber(&content(input)).map_or(Value::Missing, Value::ObjectId),
        4 => Value::Address(four(input).into()),
        5 => Value::Missing,
        _ => Value::End,
    }
}

fn content(input: &mut impl Iterator<Item = u8>) -> Vec<u8> {
    let length = input.next().unwrap_or_default();
    input.take(length.into()).collect()
}

fn four(input: &mut impl Iterator<Item = u8>) -> [u8; 4] {
    std::array::from_fn(|_| input.next().unwrap_or_default())
}

/// All columns that are asked, in the order of the questions, then single objects.
fn columns() -> Vec<&'static [u32]> {
    let tables = LANES.iter().copied().flatten().flat_map(|it| it.tables);
    tables.flat_map(|it| it.iter()).chain(SYSTEM).copied().collect()
}
