//! The routes of the main table.

use observation::latest::{Absent, Cadence, Fact, Platform, Route, SourceId};

use crate::host::Ask;
use crate::sources::context::Context;
use crate::sources::links::LinkNames;
use crate::sources::{Found, Source};

/// The routes of the main table.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("network.routes"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let routes = context.host.routes()?;
    let names = LinkNames::read(context.host)?;
    let facts = routes.into_iter().map(|it| {
        Fact::Route(Route {
            destination: it.destination,
            prefix_length: it.prefix_length,
            gateway: it.gateway,
            interface: it.link.and_then(|link| names.name(link)).map(str::to_owned),
            metric: it.metric,
        })
    });
    Ok(Found { facts: facts.collect(), ..Found::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Reply, Request, RouteState};
    use crate::sources::links::sample_link;
    use crate::sources::testing::{MapHost, with_context};

    #[test]
    fn the_default_route_names_gateway_and_interface() {
        let route = RouteState {
            destination: "0.0.0.0".parse().unwrap(),
            prefix_length: 0,
            gateway: Some("192.0.2.1".parse().unwrap()),
            link: Some(2),
            metric: Some(100),
        };
        let host = MapHost::new()
            .answer(Request::Routes, Ok(Reply::Routes(vec![route])))
            .answer(Request::Links, Ok(Reply::Links(vec![sample_link(2, "eth0")])));
        let expected = Route {
            destination: "0.0.0.0".parse().unwrap(),
            prefix_length: 0,
            gateway: Some("192.0.2.1".parse().unwrap()),
            interface: Some("eth0".to_owned()),
            metric: Some(100),
        };
        assert_eq!(with_context(&host, observe).unwrap().facts, [Fact::Route(expected)]);
    }

    #[test]
    fn a_kernel_that_does_not_answer_is_an_absence_and_not_an_empty_table() {
        assert!(with_context(&MapHost::new(), observe).is_err());
    }
}
