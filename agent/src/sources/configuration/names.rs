//! How names are looked up: options of resolv.conf(5), resolved.conf(5), nsswitch.conf(5). The servers
//! themselves are facts of their own.

use observation::latest::{Absent, Cadence, Fact, Platform, SourceId};

use crate::sources::context::Context;
use crate::sources::settings::{LastWins, configured};
use crate::sources::{Found, Source, drop_ins, ini};

/// How names are looked up.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("configuration.names"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const RESOLV: &str = "/etc/resolv.conf";
const NSSWITCH: &[&str] = &["/etc/nsswitch.conf", "/usr/etc/nsswitch.conf"];
const RESOLVED_KEYS: &[&str] = &[
    "Cache",
    "DNS",
    "DNSOverTLS",
    "DNSSEC",
    "DNSStubListener",
    "Domains",
    "FallbackDNS",
    "LLMNR",
    "MulticastDNS",
    "ReadEtcHosts",
];
const RESOLVED_STATED: &[&str] = &["DNSOverTLS", "DNSSEC", "LLMNR", "MulticastDNS"];
/// Databases whose order of sources matters.
const DATABASES: &[&str] =
    &["automount", "group", "hosts", "initgroups", "netgroup", "passwd", "shadow", "sudoers"];

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let mut found = Found::default();
    let host = context.host;
    for (path, text) in drop_ins::texts(host, [RESOLV.to_owned()], &mut found.gaps) {
        // The last line of them holds (resolv.conf(5) lets options of several lines add up).
        let options: Vec<&str> = text
            .lines()
            .filter_map(|it| it.strip_prefix("options"))
            .flat_map(str::split_whitespace)
            .collect();
        if !options.is_empty() {
            let setting = configured("resolv.conf", "options", &options.join(" "), &path);
            found.facts.push(Fact::Setting(setting));
        }
    }
    let texts = drop_ins::of_systemd(host, "resolved.conf", &mut found.gaps);
    let mut settings = LastWins::new("systemd-resolved");
    for (path, text) in &texts {
        for line in ini::lines(text).filter(|it| it.section == "Resolve") {
            if RESOLVED_KEYS.contains(&line.key) {
                settings.set(None, line.key, line.value, path);
            }
        }
    }
    if let Some((path, _)) = texts.first() {
        settings.state_defaults(RESOLVED_STATED, path);
    }
    found.facts.extend(settings.facts());
    let paths = NSSWITCH.iter().map(|it| (*it).to_owned());
    if let Some((path, text)) = drop_ins::texts(host, paths, &mut found.gaps).first() {
        let mut settings = LastWins::new("nsswitch");
        for line in text.lines() {
            let line = line.split('#').next().unwrap_or_default();
            let Some((database, order)) = line.split_once(':') else { continue };
            if DATABASES.contains(&database.trim()) {
                let order: Vec<&str> = order.split_whitespace().collect();
                settings.set(None, database.trim(), &order.join(" "), path);
            }
        }
        found.facts.extend(settings.facts());
    }
    if found.facts.is_empty() && found.gaps.is_empty() {
        let looked_at = format!("{RESOLV}, /etc/systemd/resolved.conf, {}", NSSWITCH.join(", "));
        return Err(Absent::NotHere { looked_at });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::settings::lines;
    use crate::sources::testing::{MapHost, with_context};

    /// Real: Debian 12.
    const DEBIAN: &str = include_str!("samples/names/nsswitch.conf");

    fn check(host: &MapHost) -> Vec<String> {
        lines(&with_context(host, observe).unwrap().facts)
    }

    #[test]
    fn the_order_of_sources_is_said() {
        let lines =
            check(&MapHost::new().file(NSSWITCH[0], DEBIAN).file(NSSWITCH[1], "hosts: x\n"));
        let hosts = lines.iter().find(|it| it.starts_with("nsswitch hosts")).unwrap();
        assert!(hosts.starts_with("nsswitch hosts = files"), "{hosts}");
        assert!(lines.iter().any(|it| it.starts_with("nsswitch passwd = files")));
        let odd = MapHost::new().file(NSSWITCH[0], "hosts:\tfiles [!UNAVAIL=return]  dns # x\n");
        assert_eq!(check(&odd), ["nsswitch hosts = files [!UNAVAIL=return] dns"]);
    }

    #[test]
    fn resolved_says_what_is_set_and_what_is_not() {
        let host = MapHost::new()
            .file(RESOLV, "nameserver 127.0.0.53\noptions edns0 trust-ad\noptions timeout:1\n")
            .file("/etc/systemd/resolved.conf", "[Resolve]\nDNSSEC=allow-downgrade\nDNS=\n")
            .file(
                "/usr/lib/systemd/resolved.conf.d/x.conf",
                "[Resolve]\nLLMNR=no\nDNS=192.0.2.1\n",
            );
        assert_eq!(
            check(&host),
            [
                "resolv.conf options = edns0 trust-ad timeout:1",
                "systemd-resolved DNS = 192.0.2.1",
                "systemd-resolved DNSOverTLS -",
                "systemd-resolved DNSSEC = allow-downgrade",
                "systemd-resolved LLMNR = no",
                "systemd-resolved MulticastDNS -",
            ]
        );
        assert!(matches!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { .. })));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "((options|hosts:|passwd:)|[ #\n]|\\PC){0,60}") {
            let host = MapHost::new().file(RESOLV, &text).file(NSSWITCH[0], &text);
            let _ = with_context(&host, observe);
        }
    }
}
