//! Web sites and ways through proxies, as the configurations of nginx, Apache, Caddy and HAProxy define them.

mod apache;
mod caddy;
mod haproxy;
mod nginx;

use std::net::IpAddr;

use observation::latest::{Absent, Cadence, Fact, Platform, SourceId, WebListen, WebSite};

use crate::sources::context::Context;
use crate::sources::persons::Persons;
use crate::sources::{Found, Source};

/// Most sites, and most names, places and targets of one.
const SITES_MAX: usize = 5_000;
const PARTS_MAX: usize = 200;
const FIELD: &str = "web_site";

/// Web sites.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("services.web_sites"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let persons = Persons::read_or_none(context.host, context.names);
    let mut found = Found::default();
    let mut sites = nginx::read(context.host, &mut found);
    sites.extend(apache::read(context.host, &mut found));
    sites.extend(caddy::read(context.host, &mut found));
    sites.extend(haproxy::read(context.host, &mut found));
    sites.truncate(SITES_MAX);
    found.facts.extend(sites.into_iter().map(|mut it| {
        it.configured_in = persons.path(&it.configured_in);
        it.root = it.root.map(|it| persons.path(&it));
        for path in &mut it.certificates {
            *path = persons.path(path);
        }
        it.names.truncate(PARTS_MAX);
        it.listens.truncate(PARTS_MAX);
        it.targets.truncate(PARTS_MAX);
        Fact::WebSite(it)
    }));
    Ok(found)
}

/// A site of which nothing is known yet but where it is defined.
fn site(server: &str, place: &str) -> WebSite {
    WebSite {
        server: server.to_owned(),
        configured_in: place.to_owned(),
        names: Vec::new(),
        listens: Vec::new(),
        offers_tls: None,
        certificates: Vec::new(),
        root: None,
        targets: Vec::new(),
    }
}

/// `443`, `*:443`, `192.0.2.7:443`, `[2001:db8::1]:443`, `192.0.2.7`
fn listen(text: &str, port_default: u16) -> Option<WebListen> {
    let address = |text: &str| -> Option<Option<IpAddr>> {
        if matches!(text, "*" | "" | "_default_") {
            return Some(None);
        }
        let address: IpAddr = text.trim_matches(['[', ']']).parse().ok()?;
        Some(Some(address).filter(|it| !it.is_unspecified()))
    };
    if let Ok(port) = text.parse() {
        return Some(WebListen { address: None, port });
    }
    if let Some(address) = address(text) {
        return Some(WebListen { address, port: port_default });
    }
    let (left, port) = text.rsplit_once(':')?;
    Some(WebListen { address: address(left)?, port: port.parse().ok()? })
}

/// Where requests are passed on to, without account, password and what follows a `?`.
fn target(text: &str) -> String {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), text),
    };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = host.rsplit('@').next().unwrap_or(host);
    format!("{scheme}{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    #[test]
    fn places_have_addresses_and_ports() {
        let on = |text| listen(text, 80).map(|it| (it.address.map(|it| it.to_string()), it.port));
        assert_eq!(on("443"), Some((None, 443)));
        assert_eq!(on("*:8080"), Some((None, 8080)));
        assert_eq!(on("[::]:80"), Some((None, 80)));
        assert_eq!(on("192.0.2.7"), Some((Some("192.0.2.7".to_owned()), 80)));
        assert_eq!(on("[2001:db8::1]:443"), Some((Some("2001:db8::1".to_owned()), 443)));
        assert_eq!(on("unix:/run/x"), None);
        assert_eq!(on("a:99999"), None);
    }

    #[test]
    fn targets_hold_no_secrets() {
        assert_eq!(target("http://u:p@h:80/a?t=1"), "http://h:80/a");
        assert_eq!(target("unix:/run/x.sock"), "unix:/run/x.sock");
        assert_eq!(target("http://h?t"), "http://h");
    }

    #[test]
    fn folders_of_persons_have_pseudonyms_and_closed_files_are_gaps() {
        let text = "server { listen 80; root /home/alice/www; }";
        let host = MapHost::unprivileged()
            .file("/etc/passwd", "alice:x:1000:1000::/home/alice:/bin/sh\n")
            .file("/etc/nginx/nginx.conf", format!("http {{ {text} }}"))
            .forbid("/etc/caddy");
        let found = with_context(&host, observe).unwrap();
        assert_eq!((found.facts.len(), found.gaps.len()), (1, 1));
        assert!(!format!("{found:?}").contains("alice"));
    }
}
