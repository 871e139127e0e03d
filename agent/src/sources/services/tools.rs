//! Traces of products for protection, backup, monitoring, remote support and management, by the table of
//! places.

use std::collections::BTreeSet;

use observation::latest::{Absent, Cadence, Fact, Gap, Platform, ProductTrace, SourceId};
use serde_json::Value;

use crate::host::{Ask, Host};
use crate::sources::context::Context;
use crate::sources::persons::Persons;
use crate::sources::trace_table::{Form, TRACES, Trace};
use crate::sources::{Found, Source, named};

/// Most other machines of one product.
const SERVERS_MAX: usize = 50;
/// Longest version.
const VERSION_BYTES_MAX: usize = 64;
const FIELD: &str = "product_trace";

/// Traces of products.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("services.tools"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let persons = Persons::read_or_none(context.host, context.names);
    let mut found = Found::default();
    for trace in TRACES {
        let Some(place) = place(context.host, trace, &mut found) else { continue };
        let version = trace.version.and_then(|(path, form)| {
            version(&named::read(context.host, path, FIELD, &mut found)?, form)
        });
        found.facts.push(Fact::ProductTrace(ProductTrace {
            trace: trace.id.to_owned(),
            kind: trace.kind,
            place: persons.path(&place),
            version,
            servers: servers(context.host, trace),
        }));
    }
    Ok(found)
}

/// The first place that is there; a place that may not be seen is a gap.
fn place(host: &dyn Host, trace: &Trace, found: &mut Found) -> Option<String> {
    for place in trace.places {
        match host.status(place) {
            Ok(_) => return Some((*place).to_owned()),
            Err(reason @ Absent::NotAllowed { .. }) => {
                let (field, of) = (FIELD.to_owned(), Some(trace.id.to_owned()));
                found.gaps.push(Gap { field, of, reason });
                return None;
            }
            Err(_) => {}
        }
    }
    None
}

fn version(text: &str, form: Form) -> Option<String> {
    let version = match form {
        Form::Line => text.lines().next()?.trim().to_owned(),
        Form::Field(name) => fields(text, &[name]).next()?,
        Form::Json(name) => {
            let value: Value = serde_json::from_str(text).ok()?;
            value.get(name)?.as_str()?.to_owned()
        }
    };
    let is_version = version.contains(|it: char| it.is_ascii_digit())
        && version.len() <= VERSION_BYTES_MAX
        && !version.contains(char::is_control);
    is_version.then_some(version)
}

/// Values of fields in lines `name = value`, `name: value`, `name value`.
fn fields<'a>(text: &'a str, names: &'a [&'a str]) -> impl Iterator<Item = String> + 'a {
    let lines = text.lines().map(str::trim).filter(|it| !it.starts_with(['#', ';']));
    lines.filter_map(move |line| names.iter().find_map(|name| field(line, name)))
}

fn field(line: &str, name: &str) -> Option<String> {
    let rest = line.strip_prefix(name)?;
    let value = rest.trim_start().strip_prefix(['=', ':']).map(str::trim);
    // Behind a blank alone the value follows; without one the name goes on.
    let value = value.or_else(|| rest.starts_with(char::is_whitespace).then(|| rest.trim()))?;
    let value = value.trim_matches(['"', '\'']);
    (!value.is_empty()).then(|| value.to_owned())
}

fn servers(host: &dyn Host, trace: &Trace) -> Vec<String> {
    let Some((files, names)) = trace.servers else { return Vec::new() };
    let mut servers = BTreeSet::new();
    for path in files.iter().flat_map(|it| files_of(host, it)) {
        let Ok(text) = host.text(&path) else { continue };
        let values: Vec<String> = match names {
            [] => text.lines().map(str::to_owned).collect(),
            names => fields(&text, names).collect(),
        };
        let words = values.iter().flat_map(|it| it.split([',', ' ', ';']));
        servers.extend(words.filter_map(server));
    }
    servers.into_iter().take(SERVERS_MAX).collect()
}

/// Files of a pattern that may have a folder named `*`.
fn files_of(host: &dyn Host, pattern: &str) -> Vec<String> {
    let Some((before, after)) = pattern.split_once("/*/") else {
        return named::files(host, pattern);
    };
    let folders = named::files(host, &format!("{before}/*"));
    folders.iter().flat_map(|it| named::files(host, &format!("{it}/{after}"))).collect()
}

/// The host of an address or URL, without account, password, port and path; none for this machine.
fn server(text: &str) -> Option<String> {
    let text = text.trim().trim_matches(['"', '\'']);
    if text.starts_with('/') || text.is_empty() {
        return None;
    }
    let is_url = text.contains("://");
    let text = text.split_once("://").map_or(text, |it| it.1);
    let text = text.split('/').next().unwrap_or(text);
    let text = text.rsplit('@').next().unwrap_or(text);
    // The zone of an address is this machine's own.
    let unzoned = |text: &str| text.split('%').next().unwrap_or_default().to_owned();
    let is_address = unzoned(text).parse::<std::net::Ipv6Addr>().is_ok();
    let host = match text.strip_prefix('[').and_then(|it| it.split_once(']')) {
        Some((host, _)) => unzoned(host),
        None if is_address && !is_url => unzoned(text),
        None => {
            let (host, port) = text.split_once(':').unwrap_or((text, ""));
            // In a URL no port but an account with a password, in which a `/` stood.
            if is_url && !port.bytes().all(|it| it.is_ascii_digit()) {
                return None;
            }
            host.to_owned()
        }
    };
    let host = host.trim_matches([']', '"', '\'']);
    let is_host = |it: u8| it.is_ascii_alphanumeric() || b".-_:".contains(&it);
    let is_self = matches!(host, "localhost" | "127.0.0.1" | "::1");
    (!host.is_empty() && !is_self && host.bytes().all(is_host)).then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    fn traces(host: &MapHost) -> Vec<ProductTrace> {
        let found = with_context(host, observe).unwrap();
        assert!(!format!("{found:?}").contains("CANARY"));
        let traces = found.facts.into_iter().map(|it| {
            let Fact::ProductTrace(it) = it else { panic!("{it:?}") };
            it
        });
        traces.collect()
    }

    #[test]
    fn products_are_found_with_version_and_servers() {
        let host = MapHost::new()
            .file("/etc/zabbix/zabbix_agentd.conf", "# Server=old\nServer=127.0.0.1,192.0.2.9\nServerActive=zbx.example.test:10051\nTLSPSKFile=CANARY\n")
            .file("/etc/zabbix/zabbix_agentd.d/a.conf", "Server=2001:db8::9\n")
            .file("/opt/sophos-spl/base/VERSION.ini", "PRODUCT_NAME = SPL-Base\nPRODUCT_VERSION = 1.2.3.4\n")
            .file("/var/ossec/VERSION.json", "{\"version\": \"4.9.0\"}")
            .file("/etc/glpi-agent/agent.cfg", "server = https://u:CANARY@glpi.example.test:8443/front/?a\n")
            .file("/root/.config/borg/security/abc/location", "ssh://u@backup.example.test:22/./repo");
        let traces = traces(&host);
        let of = |id: &str| traces.iter().find(|it| it.trace == id).unwrap();
        assert_eq!(traces.len(), 5, "{traces:?}");
        assert_eq!(of("zabbix_agent").servers, ["192.0.2.9", "2001:db8::9", "zbx.example.test"]);
        assert_eq!(of("sophos").version.as_deref(), Some("1.2.3.4"));
        assert_eq!(of("wazuh_agent").version.as_deref(), Some("4.9.0"));
        assert_eq!(of("glpi_agent").servers, ["glpi.example.test"]);
        assert_eq!(of("borg").servers, ["backup.example.test"]);
    }

    #[test]
    fn a_machine_without_products_has_none_and_closed_places_are_gaps() {
        assert!(traces(&MapHost::new()).is_empty());
        let path = "/root/.config/borg".to_owned();
        let needs = observation::latest::Privilege::Root;
        let closed = Absent::NotAllowed { what: path.clone(), needs };
        let host = MapHost::new().answer(crate::host::Request::Status { path }, Err(closed));
        let gaps = with_context(&host, observe).unwrap().gaps;
        assert!(gaps.iter().any(|it| it.of.as_deref() == Some("borg")));
    }

    /// Each is an account with a password that a URL must not hold as it is (RFC 3986, 3.2.1).
    #[test]
    fn accounts_and_passwords_are_never_servers() {
        for text in [
            "https://CANARY:pa/ss@h.test/x",
            "https://CANARY:pa?ss@h.test/x",
            "https://CANARY:p@ss:w@h.test",
            "https://CANARY:p#@h.test:443/",
            "ssh://CANARY@h.test:22/./repo",
            "CANARY@h.test:repo",
            "sftp://CANARY:@[2001:db8::1]:22/",
        ] {
            let found = server(text);
            assert!(!found.as_deref().unwrap_or_default().contains("CANARY"), "{text}: {found:?}");
        }
        assert_eq!(server("https://u:p@ss@h.test:8443/").as_deref(), Some("h.test"));
    }

    #[test]
    fn addresses_keep_all_their_words_and_lose_their_zone() {
        for (text, expected) in [
            ("2001:db8::9", Some("2001:db8::9")),
            ("fe80::1%eth0", Some("fe80::1")),
            ("[fe80::1%eth0]:10051", Some("fe80::1")),
            ("::1", None),
            ("[::1]:10051", None),
            ("127.0.0.1:10051", None),
            ("192.0.2.1:10051", Some("192.0.2.1")),
            ("https://h.test:8443", Some("h.test")),
            ("https://", None),
            ("//h", None),
        ] {
            assert_eq!(server(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn versions_have_a_number_and_an_end() {
        for (text, form, expected) in [
            ("1.2.3\nmore\n", Form::Line, Some("1.2.3")),
            ("\n1.2.3\n", Form::Line, None),
            ("1\u{7}2", Form::Line, None),
            ("VERSION: \"1.2\"\n", Form::Field("VERSION"), Some("1.2")),
            ("VERSION_ID=1\nVERSION=2\n", Form::Field("VERSION"), Some("2")),
            ("#VERSION=1\n", Form::Field("VERSION"), None),
            ("{\"v\": \"1\"}", Form::Json("v"), Some("1")),
            ("{\"v\": 1}", Form::Json("v"), None),
            ("{\"v\": \"1\"", Form::Json("v"), None),
        ] {
            assert_eq!(version(text, form).as_deref(), expected, "{text}");
        }
        let long = "1".repeat(VERSION_BYTES_MAX + 1);
        assert_eq!(version(&long, Form::Line), None);
        assert!(version(&long[1..], Form::Line).is_some());
    }

    #[test]
    fn servers_of_one_product_are_counted() {
        let many: Vec<String> = (0..2 * SERVERS_MAX).map(|it| format!("h{it}.test")).collect();
        let host = MapHost::new()
            .file("/etc/zabbix/zabbix_agentd.conf", format!("Server={}\n", many.join(",")));
        assert_eq!(traces(&host)[0].servers.len(), SERVERS_MAX);
    }

    proptest! {
        /// Whatever account and password a URL holds, what is sent is its host.
        #[test]
        fn the_host_of_a_url_is_sent_alone(account in "[a-z]{1,8}", password in "[a-z0-9@:!$&*+;=]{0,12}") {
            let found = server(&format!("https://{account}:{password}@h.test:8443/a@b?c"));
            prop_assert_eq!(found.as_deref(), Some("h.test"));
        }
    }

    #[test]
    fn servers_are_hosts_and_nothing_else() {
        for (text, expected) in [
            ("u@h.test:path", Some("h.test")),
            ("https://u:p@h/x", Some("h")),
            ("[2001:db8::1]:22", Some("2001:db8::1")),
            ("wss://[2001:db8::1]:22/a", Some("2001:db8::1")),
            ("/mnt/repo", None),
            ("localhost", None),
            ("a b\u{1}", None),
            ("", None),
        ] {
            assert_eq!(server(text).as_deref(), expected, "{text}");
        }
        assert_eq!(fields("Serverless=a\nServer b\n", &["Server"]).collect::<Vec<_>>(), ["b"]);
        assert_eq!(version("x", Form::Line), None);
    }

    proptest! {
        #[test]
        fn hostile_texts_never_panic(text in "(Server|://|[\\[\\]@:/=, é\n])[\\PC]{0,20}") {
            let _ = server(&text);
            let _ = fields(&text, &["Server"]).count();
            let _ = (version(&text, Form::Line), version(&text, Form::Json("a")));
        }
    }
}
