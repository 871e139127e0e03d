//! Proxies that programs of this machine go through: host and port only, never credentials.

use observation::latest::{Absent, Cadence, Fact, Platform, Setting, SourceId};

use crate::host::Host;
use crate::sources::apt_config::AptConfig;
use crate::sources::context::Context;
use crate::sources::settings::{LastWins, configured};
use crate::sources::{Found, Source, drop_ins, ini};

/// Proxies.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("configuration.proxies"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

/// Files that set the environment of sessions.
const ENVIRONMENT: &[&str] = &["/etc/environment", "/etc/profile", "/etc/sysconfig/proxy"];
const PROFILE_FOLDER: &str = "/etc/profile.d";
/// The names that programs look for; no other variable is read.
const NAMES: &[&str] = &["all_proxy", "ftp_proxy", "http_proxy", "https_proxy", "no_proxy"];
/// Programs with a key of their own: subject, path, keys.
const FILES: &[(&str, &str, &[&str])] = &[
    ("dnf", "/etc/dnf/dnf.conf", &["proxy"]),
    ("rhsm", "/etc/rhsm/rhsm.conf", &["proxy_hostname", "proxy_port"]),
    ("wget", "/etc/wgetrc", NAMES),
    ("yum", "/etc/yum.conf", &["proxy"]),
];

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let mut found = Found::default();
    let folder = drop_ins::paths(context.host, &[PROFILE_FOLDER], ".sh");
    let paths = ENVIRONMENT.iter().map(|it| (*it).to_owned()).chain(folder);
    let mut settings = LastWins::new("environment");
    for (path, text) in drop_ins::texts(context.host, paths, &mut found.gaps) {
        for line in ini::lines(&text) {
            let key = line.key.trim_start_matches("export ").trim();
            if let Some(name) = NAMES.iter().find(|it| it.eq_ignore_ascii_case(key)) {
                settings.set(None, name, &shown(name, line.value), &path);
            }
        }
    }
    found.facts.extend(settings.facts());
    for (subject, path, keys) in FILES {
        for (path, text) in drop_ins::texts(context.host, [(*path).to_owned()], &mut found.gaps) {
            let mut settings = LastWins::new(subject);
            for line in ini::lines(&text).filter(|it| keys.contains(&it.key)) {
                settings.set(None, line.key, &shown(line.key, line.value), &path);
            }
            found.facts.extend(settings.facts());
        }
    }
    apt(context.host, &mut found);
    Ok(found)
}

/// `Acquire::http::Proxy`, also per server, and the program that finds one.
fn apt(host: &dyn Host, found: &mut Found) {
    let config = AptConfig::read(host);
    let is_proxy = |name: &str| {
        let name = name.to_ascii_lowercase();
        name.starts_with("acquire::") && name.contains("::proxy") && !name.contains("detect")
    };
    for option in config.options.iter().filter(|it| is_proxy(&it.name)) {
        if config.last(&option.name) == Some(option) {
            let value = shown(&option.name, &option.value);
            let setting = configured("apt", &option.name, &value, &option.place);
            found.facts.push(Fact::Setting(Setting { scope: None, ..setting }));
        }
    }
    found.gaps.extend(config.gaps);
}

/// Host and port; the list of exceptions as it is.
fn shown(name: &str, value: &str) -> String {
    let value = ini::unquoted(value.trim_end_matches(';').trim());
    if name.eq_ignore_ascii_case("no_proxy") {
        return value.to_owned();
    }
    // A password may hold slashes: what is a host begins behind the last `@`.
    let value = value.rsplit_once('@').map_or(value, |(_, host)| host);
    let value = value.split_once("://").map_or(value, |(_, host)| host);
    value.split('/').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::settings::lines;
    use crate::sources::testing::{MapHost, with_context};

    /// Constructed from apt.conf(5), read by apt itself in the tests of its reader.
    const APT: &str = include_str!("samples/apt/99made");

    fn check(host: &MapHost) -> Vec<String> {
        let found = with_context(host, observe).unwrap();
        assert!(!format!("{found:?}").contains("CANARY"), "{found:?}");
        lines(&found.facts)
    }

    #[test]
    fn host_and_port_are_said_and_credentials_and_other_variables_stay_here() {
        let host = MapHost::new()
            .file(
                "/etc/environment",
                "PATH=/CANARY\nHTTP_PROXY=\"http://u:CANARY/x@y@proxy:3128/\"\nno_proxy=localhost,.firma\n",
            )
            .file("/etc/profile.d/p.sh", "export https_proxy=proxy2:8080;\nTOKEN=CANARY\n")
            .file("/etc/dnf/dnf.conf", "[main]\nproxy=socks5://p3\nproxy_password=CANARY\n")
            .file("/etc/apt/apt.conf.d/99made", APT);
        assert_eq!(
            check(&host),
            [
                "apt Acquire::http::Proxy = proxy.firma.example:3128",
                "apt Acquire::https::Proxy = DIRECT",
                "dnf proxy = p3",
                "environment http_proxy = proxy:3128",
                "environment https_proxy = proxy2:8080",
                "environment no_proxy = localhost,.firma",
            ]
        );
    }

    #[test]
    fn a_machine_without_proxies_says_that_there_are_none() {
        assert_eq!(with_context(&MapHost::new(), observe), Ok(Found::default()));
    }

    proptest! {
        #[test]
        fn no_password_is_shown(password in "[a-z:/]{1,20}") {
            let value = shown("http_proxy", &format!("http://user:Q{password}Q@host:1"));
            prop_assert_eq!(value, "host:1");
        }

        #[test]
        fn any_text_is_read_without_panic(text in "((http_proxy=|export |://)|[@\"= \n]|\\PC){0,60}") {
            let _ = with_context(&MapHost::new().file("/etc/environment", text), observe);
        }
    }
}
