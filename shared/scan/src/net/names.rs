//! Asks the name servers inside the scanned networks for the names of the addresses found there.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use observation::latest::{Cadence, Fact};
use tokio::time::Instant;

use super::book::{Book, Learnt, Note};
use super::clock;
use super::datagram::exchange;
use super::services::Shared;
use crate::probes::{Method, PROBES, Reading, Subject};

/// The probe that asks.
const PROBE: &str = "scan.dns";
/// The source of the names: they belong to the address, not to the server.
const SOURCE: &str = "scan.reverse_names";
/// Addresses that one exchange asks for.
const ADDRESSES_AT_ONCE: usize = 32;
/// Name servers that are asked; more add little.
const SERVERS_MAX: usize = 4;

/// A book for each address that has a name.
pub(super) async fn ask(
    servers: &[IpAddr],
    addresses: &[IpAddr],
    shared: &Arc<Shared>,
) -> Vec<Book> {
    let mut books: BTreeMap<IpAddr, Book> = BTreeMap::new();
    let Some(probe) = PROBES.iter().find(|it| it.id == PROBE) else { return Vec::new() };
    let Method::Datagram(datagram) = probe.method else { return Vec::new() };
    for server in servers.iter().take(SERVERS_MAX) {
        for some in addresses.chunks(ADDRESSES_AT_ONCE) {
            if shared.stop.is_set() {
                return books.into_values().collect();
            }
            let subject = subject(*server, datagram.port, some);
            let (asked_at, began) = (clock::now(), Instant::now());
            let conversation = (datagram.begin)(&subject);
            let Ok(exchange) = exchange(datagram, &subject, conversation, shared).await else {
                continue;
            };
            for fact in exchange.reading.facts {
                note(&mut books, fact, some, asked_at, began.elapsed());
            }
        }
    }
    books.into_values().collect()
}

fn subject(address: IpAddr, port: u16, addresses: &[IpAddr]) -> Subject {
    let mut random = [0; 32];
    // Without random bytes ids repeat, which costs a mismatch and nothing else.
    let _ = getrandom::fill(&mut random);
    let argument: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
    Subject { address, port, is_encrypted: false, argument: argument.join(" "), random }
}

/// Keeps a name with the address it names; a server that answers something else is not heard.
fn note(
    books: &mut BTreeMap<IpAddr, Book>,
    fact: Fact,
    asked: &[IpAddr],
    asked_at: Timestamp,
    lasted: Duration,
) {
    let Fact::ReverseName(name) = &fact else { return };
    let address = name.address;
    if !asked.contains(&address) {
        return;
    }
    let learnt = Learnt::Said(Reading { facts: vec![fact], ..Reading::default() });
    let note =
        Note { source: SOURCE.to_owned(), cadence: Cadence::Steady, asked_at, lasted, learnt };
    books.entry(address).or_insert_with(|| Book::new(address)).add(note);
}
