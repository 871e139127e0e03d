//! Neighbours on the link that answered. Volatile.

use observation::latest::{Absent, Cadence, Fact, Neighbour, Platform, SourceId};

use crate::host::Ask;
use crate::sources::context::Context;
use crate::sources::links::LinkNames;
use crate::sources::{Found, Source};

/// Neighbours on the link that answered.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("network.neighbours"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Volatile,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let neighbours = context.host.neighbours()?;
    let names = LinkNames::read(context.host)?;
    let facts = neighbours.into_iter().filter_map(|it| {
        Some(Fact::Neighbour(Neighbour {
            address: it.address,
            mac: it.mac,
            // A link that vanished between the two questions took its neighbours with it.
            interface: names.name(it.link)?.to_owned(),
            is_router: Some(it.is_router),
        }))
    });
    Ok(Found { facts: facts.collect(), ..Found::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{NeighbourState, Reply, Request};
    use crate::sources::links::sample_link;
    use crate::sources::testing::{MapHost, with_context};

    #[test]
    fn a_neighbour_names_the_interface_on_which_it_answered() {
        let neighbour = |link| NeighbourState {
            address: "192.0.2.1".parse().unwrap(),
            mac: "52:54:00:00:00:01".to_owned(),
            link,
            is_router: true,
        };
        let neighbours = vec![neighbour(2), neighbour(9)];
        let host = MapHost::new()
            .answer(Request::Neighbours, Ok(Reply::Neighbours(neighbours)))
            .answer(Request::Links, Ok(Reply::Links(vec![sample_link(2, "eth0")])));
        let expected = Neighbour {
            address: "192.0.2.1".parse().unwrap(),
            mac: "52:54:00:00:00:01".to_owned(),
            interface: "eth0".to_owned(),
            is_router: Some(true),
        };
        let found = with_context(&host, observe).unwrap();
        assert_eq!(found.facts, [Fact::Neighbour(expected)]);
    }
}
