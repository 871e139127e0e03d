//! Names in the zones that BIND keeps itself (named.conf: zones of type `primary`, in BIND's older word
//! `master`). Zones that it copies from another server are that server's to tell.

mod zone;

use observation::latest::{Absent, Cadence, Fact, Platform, SourceId};

use crate::host::{Ask, Host};
use crate::sources::blocks::{Comments, Statement, parse};
use crate::sources::context::Context;
use crate::sources::{Found, Source, named};
use zone::Zone;

/// Where distributions keep the configuration.
const CONFIGURATIONS: &[&str] = &["/etc/bind/named.conf", "/etc/named.conf"];
/// Folder of relative names if the configuration does not say otherwise.
const FOLDER_DEFAULT: &str = "/var/cache/bind";
/// Deepest chain of `include`.
const INCLUDES_DEPTH_MAX: usize = 8;
/// Most files of the configuration.
const FILES_MAX: usize = 500;
/// Most zones.
const ZONES_MAX: usize = 5_000;

/// Names in zones.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("directory.dns_bind"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let mut found = Found::default();
    let mut configuration =
        Configuration { folder: FOLDER_DEFAULT.to_owned(), ..Default::default() };
    for path in CONFIGURATIONS {
        configuration.read(context.host, path, 0, &mut found);
    }
    if configuration.files == 0 && found.gaps.is_empty() {
        return Err(Absent::NotHere { looked_at: CONFIGURATIONS.join(", ") });
    }
    for (name, file) in &configuration.zones {
        let path = configuration.path(file);
        let zone = Zone::read(context.host, name, &path, &configuration.folder, &mut found);
        if context.host.status(&format!("{path}.jnl")).is_ok() {
            let problem = "updates in its journal (.jnl) may not stand in the file yet";
            found.complaints.push(named::complaint(&path, problem));
        }
        found.facts.extend(zone.machines(&path).map(Fact::NamedMachine));
    }
    Ok(found)
}

#[derive(Default)]
struct Configuration {
    folder: String,
    /// Name and file of each zone.
    zones: Vec<(String, String)>,
    files: usize,
}

impl Configuration {
    fn path(&self, file: &str) -> String {
        if file.starts_with('/') {
            return file.to_owned();
        }
        format!("{}/{file}", self.folder.trim_end_matches('/'))
    }

    fn read(&mut self, host: &dyn Host, path: &str, depth: usize, found: &mut Found) {
        if depth > INCLUDES_DEPTH_MAX || self.files == FILES_MAX {
            found.complaints.push(named::complaint(path, "too many files include each other"));
            return;
        }
        let Some(text) = named::read(host, path, "named_machine", found) else { return };
        self.files += 1;
        match parse(&text, Comments::HashAndSlashes) {
            Ok(statements) => self.enter(host, &statements, depth, found),
            Err(problem) => found.complaints.push(named::complaint(path, problem)),
        }
    }

    fn enter(
        &mut self,
        host: &dyn Host,
        statements: &[Statement],
        depth: usize,
        found: &mut Found,
    ) {
        for statement in statements {
            match statement.name() {
                "include" => {
                    for path in named::files(host, statement.word(1)) {
                        self.read(host, &path, depth + 1, found);
                    }
                }
                "options" => {
                    if let Some(folder) = statement.all("directory").last() {
                        folder.word(1).clone_into(&mut self.folder);
                    }
                }
                "view" => self.enter(host, &statement.block, depth, found),
                "zone" => self.zone(statement, found),
                _ => {}
            }
        }
    }

    fn zone(&mut self, zone: &Statement, found: &mut Found) {
        let value =
            |name: &str| zone.block.iter().rfind(|it| it.name() == name).map(|it| it.word(1));
        if !matches!(value("type"), Some("primary" | "master")) {
            return;
        }
        let (name, Some(file)) = (zone.word(1), value("file")) else { return };
        if value("masterfile-format").is_some_and(|it| it != "text") {
            let problem = "the zone does not stand in its file as text";
            found.complaints.push(named::complaint(file, problem));
        } else if self.zones.len() < ZONES_MAX {
            let entry = (name.to_owned(), file.to_owned());
            // Views share files.
            if !self.zones.contains(&entry) {
                self.zones.push(entry);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use observation::latest::NamedMachine;
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    /// The files of Debian's bind9 9.18, shortened, with a zone of a company.
    const NAMED: &str = "// This is the primary configuration file\n\
        include \"/etc/bind/named.conf.options\";\ninclude \"/etc/bind/named.conf.local\";\n";
    const OPTIONS: &str = "options {\n\tdirectory \"/var/cache/bind\";\n\t// forwarders { 0.0.0.0; };\n\
        \tdnssec-validation auto;\n\tlisten-on-v6 { any; };\n};\n\
        key \"ddns\" { algorithm hmac-sha256; secret \"CANARY-SECRET\"; };\n";
    const LOCAL: &str = "zone \".\" {\n\ttype hint;\n\tfile \"/usr/share/dns/root.hints\";\n};\n\
        zone \"localhost\" {\n\ttype master;\n\tfile \"/etc/bind/db.local\";\n};\n\
        view \"inside\" { zone \"example.test\" IN { type primary; file \"db.example\"; allow-update { key ddns; }; }; };\n\
        zone \"other.test\" { type secondary; file \"db.other\"; primaries { 192.0.2.1; }; };\n";
    const LOCALHOST: &str = ";\n; BIND data file for local loopback interface\n;\n$TTL\t604800\n\
        @\tIN\tSOA\tlocalhost. root.localhost. (\n\t\t\t      2\t\t; Serial\n\t\t\t 604800\t\t; Refresh\n\
        \t\t\t  86400\t\t; Retry\n\t\t\t2419200\t\t; Expire\n\t\t\t 604800 )\t; Negative Cache TTL\n;\n\
        @\tIN\tNS\tlocalhost.\n@\tIN\tA\t127.0.0.1\n@\tIN\tAAAA\t::1\n";

    fn host() -> MapHost {
        MapHost::new()
            .file("/etc/bind/named.conf", NAMED)
            .file("/etc/bind/named.conf.options", OPTIONS)
            .file("/etc/bind/named.conf.local", LOCAL)
            .file("/etc/bind/db.local", LOCALHOST)
            .file("/var/cache/bind/db.example", "$TTL 1\n@ SOA a b 1 1 1 1 1\nnas A 192.0.2.7\n")
    }

    fn machines(found: &Found) -> Vec<&NamedMachine> {
        let machines = found.facts.iter().map(|it| {
            let Fact::NamedMachine(it) = it else { panic!("{it:?}") };
            it
        });
        machines.collect()
    }

    #[test]
    fn zones_of_this_server_are_read_and_the_machine_itself_is_no_other() {
        let found = with_context(&host(), observe).unwrap();
        let [machine] = &*machines(&found) else { panic!("{found:?}") };
        assert_eq!(machine.name.as_deref(), Some("nas.example.test"));
        assert_eq!(machine.place, "/var/cache/bind/db.example");
        assert!(found.complaints.is_empty(), "{found:?}");
        assert!(!format!("{found:?}").contains("CANARY"));
    }

    #[test]
    fn a_journal_and_a_binary_zone_are_said() {
        let found = with_context(&host().file("/var/cache/bind/db.example.jnl", ""), observe);
        assert_eq!(found.unwrap().complaints.len(), 1);
        let local =
            LOCAL.replace("file \"db.example\";", "file \"db.example\"; masterfile-format raw;");
        let host = host().file("/etc/bind/named.conf.local", local);
        let found = with_context(&host, observe).unwrap();
        assert_eq!((found.facts.len(), found.complaints.len()), (0, 1));
    }

    #[test]
    fn circles_of_files_end() {
        let host = MapHost::new().file("/etc/named.conf", "include \"/etc/named.conf\";");
        assert_eq!(with_context(&host, observe).unwrap().complaints.len(), 1);
        assert!(matches!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { .. })));
    }

    /// Real: the files of Debian's bind9 1:9.18.33, as they are, with the zones of RFC 1918 switched on.
    #[test]
    fn the_files_of_debian_name_no_machine_and_nothing_is_wrong_with_them() {
        let local = include_str!("samples/named.conf.local").replace("//include", "include");
        let host = MapHost::new()
            .file("/etc/bind/named.conf", include_str!("samples/named.conf"))
            .file("/etc/bind/named.conf.options", include_str!("samples/named.conf.options"))
            .file("/etc/bind/named.conf.local", local)
            .file(
                "/etc/bind/named.conf.default-zones",
                include_str!("samples/named.conf.default-zones"),
            )
            .file("/etc/bind/zones.rfc1918", include_str!("samples/zones.rfc1918"))
            .file("/etc/bind/db.local", include_str!("samples/db.local"))
            .file("/etc/bind/db.127", include_str!("samples/db.127"))
            .file("/etc/bind/db.0", include_str!("samples/db.0"))
            .file("/etc/bind/db.255", include_str!("samples/db.255"))
            .file("/etc/bind/db.empty", include_str!("samples/db.empty"));
        assert_eq!(with_context(&host, observe).unwrap(), Found::default());
        // A zone whose file is gone is said, for each of the zones that stand in it.
        let zones = include_str!("samples/zones.rfc1918").matches("zone ").count();
        let host = host.link("/etc/bind/db.empty", "/nowhere");
        let found = with_context(&host, observe).unwrap();
        assert_eq!(found.complaints.len(), zones);
        assert!(found.complaints.iter().all(|it| it.place == "/etc/bind/db.empty"));
    }

    #[test]
    fn only_zones_that_this_server_keeps_are_read() {
        for (kind, count) in [
            ("primary", 1),
            ("master", 1),
            ("secondary", 0),
            ("slave", 0),
            ("stub", 0),
            ("forward", 0),
        ] {
            let zone = format!("zone \"t.test\" {{ type {kind}; file \"/z\"; }};");
            let host = MapHost::new().file("/etc/named.conf", zone).file("/z", "a A 192.0.2.1\n");
            assert_eq!(with_context(&host, observe).unwrap().facts.len(), count, "{kind}");
        }
        let twice = "view \"a\" { zone \"t.test\" { type primary; file \"/z\"; }; };\n";
        let host =
            MapHost::new().file("/etc/named.conf", twice.repeat(2)).file("/z", "a A 192.0.2.1\n");
        assert_eq!(with_context(&host, observe).unwrap().facts.len(), 1, "views share files");
    }

    proptest! {
        #[test]
        fn hostile_configurations_never_panic(text in "(zone|type|primary|file|include|/etc/named.conf|[{};\" ]){0,30}") {
            let _ = with_context(&MapHost::new().file("/etc/named.conf", text), observe);
        }
    }
}
