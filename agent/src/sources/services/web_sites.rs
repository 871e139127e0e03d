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
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), text),
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let port = authority.split_once(':').map_or("", |it| it.1);
    let is_port = port.starts_with('$') || port.bytes().all(|it| it.is_ascii_digit());
    // A password may hold a sign that ends a host, though it should not (RFC 3986, 3.2.1).
    let is_account = !authority.contains('@') && !authority.starts_with('[') && !is_port;
    let rest = match rest.rsplit_once('@') {
        Some((_, behind)) if is_account => behind,
        _ => {
            let behind = rest.get(authority.len()..).unwrap_or_default();
            let host = authority.rsplit('@').next().unwrap_or(authority);
            return shown(&scheme, host, behind);
        }
    };
    shown(&scheme, "", rest)
}

fn shown(scheme: &str, host: &str, behind: &str) -> String {
    let behind = behind.split(['?', '#']).next().unwrap_or_default();
    format!("{scheme}{host}{behind}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
        for (text, expected) in [
            ("http://u:CANARY/x@h:80/a?t", "http://h:80/a"),
            ("http://u:CANARY?x@h/a", "http://h/a"),
            ("http://u:CANARY#x@h", "http://h"),
            ("http://u:C@NARY@h/a", "http://h/a"),
            ("u:CANARY@h:80", "h:80"),
            ("http://h/a@b", "http://h/a@b"),
            ("http://h:80/a@b?c", "http://h:80/a@b"),
            ("http://[2001:db8::1]:80/a@b", "http://[2001:db8::1]:80/a@b"),
            ("http://$host:$port/a@b", "http://$host:$port/a@b"),
            ("unix:/run/a@b", "unix:/run/a@b"),
            ("", ""),
        ] {
            assert_eq!(target(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_account_of_a_url_is_shown(password in "[a-zA-Z0-9:/?#!$&=+é-]{1,16}", path in "(/[a-z]{0,5}){0,2}") {
            // A password of digits alone cannot be told from a port.
            prop_assume!(password.contains(|it: char| it.is_alphabetic()) && !password.starts_with('$'));
            prop_assume!(password.split(['/', '?', '#']).next().is_some_and(|it| !it.bytes().all(|it| it.is_ascii_digit())));
            let shown = target(&format!("http://user:{password}@h.test:80{path}?key=1"));
            prop_assert_eq!(shown, format!("http://h.test:80{path}"));
        }

        #[test]
        fn a_place_is_read_as_it_is_written(port in any::<u16>(), default in any::<u16>(), words in any::<[u16; 8]>(), bytes in any::<[u8; 4]>()) {
            let (four, six) = (IpAddr::from(bytes), IpAddr::from(words));
            prop_assume!(!four.is_unspecified() && !six.is_unspecified());
            let on = |text: String| listen(&text, default).map(|it| (it.address, it.port));
            prop_assert_eq!(on(port.to_string()), Some((None, port)));
            prop_assert_eq!(on(format!("*:{port}")), Some((None, port)));
            prop_assert_eq!(on(format!("{four}:{port}")), Some((Some(four), port)));
            prop_assert_eq!(on(format!("[{six}]:{port}")), Some((Some(six), port)));
            prop_assert_eq!(on(four.to_string()), Some((Some(four), default)));
            prop_assert_eq!(on(format!("[{six}]")), Some((Some(six), default)));
        }

        #[test]
        fn hostile_places_and_targets_never_panic(text in "[\\[\\]:*/@?#$ 0-9a-fé]{0,24}") {
            let _ = (listen(&text, 80), target(&text));
        }
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
