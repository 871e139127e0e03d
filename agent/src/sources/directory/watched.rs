//! Machines that the backup servers and monitoring servers of this host are set up for: BackupPC, Bacula,
//! Bareos, Proxmox Backup Server; Nagios and Icinga, Checkmk, Prometheus. Zabbix and UrBackup keep theirs in
//! a database, which is not read.

use observation::latest::{
    Absent, Cadence, Complaint, Fact, Gap, MachineList, NamedMachine, Platform, SourceId,
};

use crate::host::{Ask, Host};
use crate::sources::context::Context;
use crate::sources::{Found, Source, named};

/// Most machines of one file or folder.
const MACHINES_MAX: usize = 50_000;
/// Most files of a tree of folders, and its depth.
const FILES_MAX: usize = 2_000;
const DEPTH_MAX: usize = 5;
const FIELD: &str = "named_machine";

/// A program with its files and what understands them.
struct Keeper {
    name: &'static str,
    list: MachineList,
    /// Files, or folders whose files of these endings are read.
    places: &'static [&'static str],
    ending: &'static str,
    understand: fn(&str) -> Vec<Entry>,
}

const KEEPERS: &[Keeper] = &[
    Keeper {
        name: "backuppc",
        list: MachineList::Backup,
        places: &["/etc/backuppc/hosts", "/etc/BackupPC/hosts"],
        ending: "hosts",
        understand: backuppc,
    },
    Keeper {
        name: "bacula",
        list: MachineList::Backup,
        places: &["/etc/bacula/bacula-dir.conf", "/etc/bacula/conf.d"],
        ending: ".conf",
        understand: director,
    },
    Keeper {
        name: "bareos",
        list: MachineList::Backup,
        places: &["/etc/bareos/bareos-dir.conf", "/etc/bareos/bareos-dir.d/client"],
        ending: ".conf",
        understand: director,
    },
    Keeper {
        name: "checkmk",
        list: MachineList::Monitoring,
        places: &["/omd/sites"],
        ending: "hosts.mk",
        understand: checkmk,
    },
    Keeper {
        name: "icinga2",
        list: MachineList::Monitoring,
        places: &["/etc/icinga2/conf.d", "/etc/icinga2/zones.d"],
        ending: ".conf",
        understand: icinga,
    },
    Keeper {
        name: "nagios",
        list: MachineList::Monitoring,
        places: &[
            "/etc/nagios/conf.d",
            "/etc/nagios/objects",
            "/etc/nagios4/conf.d",
            "/etc/nagios4/objects",
            "/usr/local/nagios/etc/objects",
        ],
        ending: ".cfg",
        understand: nagios,
    },
    Keeper {
        name: "prometheus",
        list: MachineList::Monitoring,
        places: &["/etc/prometheus/prometheus.yml"],
        ending: ".yml",
        understand: prometheus,
    },
];
/// Where programs keep their lists in a database.
const STORES: &[(&str, &str)] =
    &[("zabbix", "/etc/zabbix/zabbix_server.conf"), ("urbackup", "/var/urbackup/backup_server.db")];
/// Where the datastores of Proxmox Backup Server are listed, and their folders of groups.
const DATASTORES: &str = "/etc/proxmox-backup/datastore.cfg";
const GROUPS: [&str; 3] = ["vm", "ct", "host"];

/// Machines that others look after.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("directory.watched"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

/// What a file says of one machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Entry {
    name: String,
    address: Option<String>,
}

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let host = context.host;
    let mut found = Found::default();
    let mut is_here = false;
    for keeper in KEEPERS {
        let mut paths = Vec::new();
        for place in keeper.places {
            collect(host, place, keeper, 0, &mut paths, &mut found);
        }
        for path in paths {
            let Some(text) = named::read(host, &path, FIELD, &mut found) else { continue };
            is_here = true;
            let entries = (keeper.understand)(&text);
            let machines = entries.into_iter().take(MACHINES_MAX);
            found.facts.extend(machines.filter_map(|it| machine(it, keeper, &path)));
        }
    }
    is_here |= datastores(host, &mut found);
    for (name, path) in STORES {
        if host.status(path).is_ok() {
            is_here = true;
            let (why, what) = ("foreign_store".to_owned(), (*name).to_owned());
            let reason = Absent::NotLookedAt { why, what };
            found.gaps.push(Gap { field: FIELD.to_owned(), of: Some((*name).to_owned()), reason });
        }
    }
    if !is_here && found.gaps.is_empty() {
        let places = KEEPERS.iter().flat_map(|it| it.places.first());
        let looked_at = places.copied().collect::<Vec<_>>().join(", ");
        return Err(Absent::NotHere { looked_at });
    }
    Ok(found)
}

/// The files of a place; of folders those with the ending, in folders below them too.
fn collect(
    host: &dyn Host,
    place: &str,
    keeper: &Keeper,
    depth: usize,
    paths: &mut Vec<String>,
    found: &mut Found,
) {
    if paths.len() >= FILES_MAX || depth > DEPTH_MAX {
        return;
    }
    match host.status(place) {
        Ok(status) if status.is_folder => {
            // Of a site only its configuration; the rest of it is large.
            let inner = format!("{place}/etc/check_mk/conf.d/wato");
            let is_sites = keeper.name == "checkmk" && depth == 1;
            let folder = if is_sites { &inner } else { place };
            // A link could lead back.
            if host.link(place).is_ok() && depth > 0 {
                return;
            }
            for name in host.names(folder).unwrap_or_default() {
                collect(host, &format!("{folder}/{name}"), keeper, depth + 1, paths, found);
            }
        }
        Ok(_) if place.ends_with(keeper.ending) => paths.push(place.to_owned()),
        Err(reason @ Absent::NotAllowed { .. }) => {
            let (field, of) = (FIELD.to_owned(), Some(place.to_owned()));
            found.gaps.push(Gap { field, of, reason });
        }
        _ => {}
    }
}

fn machine(entry: Entry, keeper: &Keeper, path: &str) -> Option<Fact> {
    let mut machine: NamedMachine = named::machine(keeper.list, keeper.name, path);
    machine.name = named::host_name(&entry.name);
    if let Some(text) = entry.address {
        match named::address(&text) {
            Some(address) => machine.addresses.push(address),
            // The address may be a name, under which the machine is better known.
            None => {
                let is_self = text.parse::<std::net::IpAddr>().is_ok() || text == "localhost";
                if is_self {
                    return None;
                }
                machine.name = named::host_name(&text).or(machine.name);
            }
        }
    }
    let is_template = machine.name.as_deref() == Some("localhost");
    let says = machine.name.is_some() || !machine.addresses.is_empty();
    (says && !is_template).then_some(Fact::NamedMachine(machine))
}

/// `host dhcp user moreUsers`, the first line being heads.
fn backuppc(text: &str) -> Vec<Entry> {
    let lines = text.lines().map(str::trim).filter(|it| !it.is_empty() && !it.starts_with('#'));
    let names = lines.filter_map(|it| it.split_whitespace().next()).filter(|it| *it != "host");
    names.map(|it| Entry { name: it.to_owned(), address: None }).collect()
}

/// What stands between the signs of a text of blocks; signs in quotes and remarks are none.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    /// What stands before a `{`.
    Opens(&'a str),
    /// A line, or a part of it before a `;` or a `}`.
    Says(&'a str),
    Closes,
}

/// Takes a text apart. A remark begins with a sign of `remarks` or with `//` at the start of a line and ends with
/// the line, or stands between `/*` and `*/` where the language has these. Quotes end with their line at the latest: a
/// quote that stays open must not take the rest of the file along.
fn pieces<'a>(text: &'a str, remarks: &[char], has_long_remarks: bool) -> Vec<Piece<'a>> {
    let mut pieces = Vec::new();
    let (mut start, mut skip_to) = (0, 0);
    let (mut is_quoted, mut is_escaped, mut is_first) = (false, false, true);
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default().trim();
    let rest_from = |at: usize| text.get(at..).unwrap_or_default();
    for (at, sign) in text.char_indices().filter(|it| !it.1.is_control() || it.1 == '\n') {
        if at < skip_to {
            continue;
        }
        let rest = rest_from(at);
        let is_remark = !is_quoted
            && (remarks.contains(&sign) || (is_first && (rest.starts_with("//") || sign == '#')));
        let is_long = !is_quoted && has_long_remarks && rest.starts_with("/*");
        match sign {
            _ if is_remark => {
                pieces.push(Piece::Says(part(start, at)));
                skip_to = at + rest.find('\n').unwrap_or(rest.len());
                start = skip_to;
            }
            _ if is_long => {
                pieces.push(Piece::Says(part(start, at)));
                skip_to = at + rest.find("*/").map_or(rest.len(), |it| it + 2);
                start = skip_to;
            }
            '\n' => {
                pieces.push(Piece::Says(part(start, at)));
                (start, is_quoted, is_escaped, is_first) = (at + 1, false, false, true);
                continue;
            }
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            '{' | '}' | ';' if !is_quoted => {
                let before = part(start, at);
                start = at + 1;
                pieces.push(if sign == '{' { Piece::Opens(before) } else { Piece::Says(before) });
                if sign == '}' {
                    pieces.push(Piece::Closes);
                }
            }
            _ => {}
        }
        is_first &= sign.is_whitespace();
    }
    pieces
}

/// Blocks `head { field value … }`; `name` takes the name out of the head, none for blocks of another kind.
fn blocks(
    pieces: &[Piece<'_>],
    name: fn(&str) -> Option<String>,
    fields: (&str, &str),
) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut open: Option<Entry> = None;
    let mut depth = 0_usize;
    for piece in pieces {
        match piece {
            Piece::Opens(head) => {
                if depth == 0 {
                    open = name(head).map(|name| Entry { name, address: None });
                }
                depth += 1;
            }
            Piece::Closes => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    let is_told = |it: &Entry| !it.name.is_empty() || it.address.is_some();
                    entries.extend(open.take().filter(is_told));
                }
            }
            Piece::Says(line) if depth == 1 => {
                let Some(entry) = open.as_mut() else { continue };
                let Some((field, value)) = line.split_once(['=', ' ', '\t']) else { continue };
                let value = value.trim().trim_start_matches('=').trim();
                let value = value.trim_end_matches(',').trim_matches('"').to_owned();
                let field = field.trim().to_ascii_lowercase();
                if field == fields.0 {
                    entry.name = value;
                } else if field == fields.1 && !value.is_empty() {
                    entry.address = Some(value);
                }
            }
            Piece::Says(_) => {}
        }
    }
    entries
}

/// `Client {` / `Name = …` / `Address = …` / `}`
fn director(text: &str) -> Vec<Entry> {
    let is_client = |head: &str| head.eq_ignore_ascii_case("client").then(String::new);
    blocks(&pieces(text, &['#'], false), is_client, ("name", "address"))
}

/// `object Host "name" {` / `address = "…"` / `}`
fn icinga(text: &str) -> Vec<Entry> {
    let name = |head: &str| {
        let name = head.strip_prefix("object Host ")?;
        Some(name.trim().split('"').nth(1)?.to_owned())
    };
    blocks(&pieces(text, &['#'], true), name, (" ", "address"))
}

/// `define host {` / `host_name …` / `address …` / `}`; a template has no address.
fn nagios(text: &str) -> Vec<Entry> {
    let name = |head: &str| {
        let mut words = head.split_whitespace();
        (words.next() == Some("define") && words.next() == Some("host")).then(String::new)
    };
    blocks(&pieces(text, &[';'], false), name, ("host_name", "address"))
}

/// `all_hosts += ['name', "name|tag", …]`, a list of Python.
fn checkmk(text: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    for part in text.split("all_hosts +=").skip(1) {
        let list = part.split(']').next().unwrap_or_default();
        let mut rest = list;
        while let Some((start, quote)) = rest.char_indices().find(|it| matches!(it.1, '\'' | '"')) {
            let behind = rest.get(start + 1..).unwrap_or_default();
            let Some((name, after)) = behind.split_once(quote) else { break };
            let name = name.split('|').next().unwrap_or_default();
            entries.push(Entry { name: name.to_owned(), address: None });
            rest = after;
        }
    }
    entries
}

/// `- targets: ['a:9100', …]` on one line or several, and the same with one `- 'a:9100'` on each line, which may stand
/// as far left as the word itself (YAML 1.2, 8.2.1).
fn prometheus(text: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut list_at: Option<usize> = None;
    let mut is_open = false;
    for whole in text.lines() {
        let line = whole.trim().split(" #").next().unwrap_or_default();
        let depth = whole.len() - whole.trim_start().len();
        let key = line.trim_start_matches("- ").trim_start();
        if line.starts_with('#') {
            continue;
        }
        if is_open {
            is_open = !line.contains(']');
            entries.extend(line.split(',').filter_map(target));
        } else if let Some(list) = key.strip_prefix("targets:").map(str::trim) {
            list_at = list.is_empty().then_some(depth + line.len() - key.len());
            is_open = list.starts_with('[') && !list.contains("']") && !list.ends_with(']');
            entries.extend(list.split(',').filter_map(target));
        } else if let Some(at) = list_at {
            match line.strip_prefix('-').filter(|_| depth >= at) {
                Some(item) => entries.extend(target(item)),
                None => list_at = None,
            }
        }
    }
    entries
}

fn target(text: &str) -> Option<Entry> {
    let text = text.trim().trim_matches(['[', ']', ' ']).trim_matches(['"', '\'']);
    let text = text.split_once("://").map_or(text, |it| it.1);
    let text = text.split('/').next().unwrap_or_default();
    let host = text.rsplit_once(':').filter(|it| !it.1.contains(']')).map_or(text, |it| it.0);
    let host = host.trim_matches(['[', ']']);
    (!host.is_empty()).then(|| Entry { name: String::new(), address: Some(host.to_owned()) })
}

/// A datastore has a folder of groups for each kind: `vm/100`, `ct/101`, `host/web01`, in name spaces below
/// `ns/` too.
fn datastores(host: &dyn Host, found: &mut Found) -> bool {
    let Some(text) = named::read(host, DATASTORES, FIELD, found) else { return false };
    let paths = text.lines().filter_map(|it| it.trim().strip_prefix("path ")).map(str::trim);
    for path in paths.filter(|it| it.starts_with('/')).take(FILES_MAX) {
        let spaces = host.names(&format!("{path}/ns")).unwrap_or_default();
        let spaces = spaces.iter().map(|it| format!("{path}/ns/{it}"));
        for place in std::iter::once(path.to_owned()).chain(spaces.take(FILES_MAX)) {
            for kind in GROUPS {
                let folder = format!("{place}/{kind}");
                let names = match host.names(&folder) {
                    Ok(names) => names,
                    Err(Absent::NotHere { .. }) => continue,
                    Err(_) => {
                        let problem = "the groups of the datastore cannot be listed".to_owned();
                        found.complaints.push(Complaint { place: folder, problem });
                        continue;
                    }
                };
                for name in names.into_iter().take(MACHINES_MAX) {
                    let mut machine =
                        named::machine(MachineList::Backup, "proxmox-backup", &folder);
                    match kind {
                        "host" => machine.name = named::host_name(&name),
                        _ => machine.id = Some(name),
                    }
                    found.facts.push(Fact::NamedMachine(machine));
                }
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    fn entry(name: &str, address: Option<&str>) -> Entry {
        Entry { name: name.to_owned(), address: address.map(str::to_owned) }
    }

    /// Constructed after the manuals of the programs.
    #[test]
    fn configurations_of_all_programs_name_machines() {
        assert_eq!(
            backuppc("# c\nhost  dhcp user moreUsers\npc1 0 root\npc2 1 x,y\n"),
            [entry("pc1", None), entry("pc2", None)]
        );
        let client = "Director {\n  Name = dir\n}\nClient {\n  Name = web-fd\n  # c\n  Address = web.example.test\n  Password = \"CANARY\"\n}\n";
        assert_eq!(director(client), [entry("web-fd", Some("web.example.test"))]);
        let hosts = "object Host NodeName {\n  address = \"127.0.0.1\"\n}\nobject Host \"sw1\" {\n  import \"generic-host\"\n  address = \"192.0.2.3\"\n  vars.disks[\"x\"] = {\n    address = \"no\"\n  }\n}\ntemplate Host \"t\" {\n address = \"1\"\n}\n";
        assert_eq!(icinga(hosts), [entry("sw1", Some("192.0.2.3"))]);
        let hosts = "define host{\n  use generic\n  host_name  fw ; c\n  address  192.0.2.1\n}\ndefine service {\n  host_name no\n}\n";
        assert_eq!(nagios(hosts), [entry("fw", Some("192.0.2.1"))]);
        let hosts = "all_hosts += ['a', \"b|tag\"]\nhost_attributes.update({'c': {}})\n";
        assert_eq!(checkmk(hosts), [entry("a", None), entry("b", None)]);
        let jobs = "scrape_configs:\n  - job_name: x\n    static_configs:\n      - targets: ['n1:9100', \"[2001:db8::1]:9100\"]\n      - targets:\n          - n2:9100\n          - n3\n        labels:\n          - no\n";
        let targets: Vec<String> =
            prometheus(jobs).into_iter().filter_map(|it| it.address).collect();
        assert_eq!(targets, ["n1", "2001:db8::1", "n2", "n3"]);
    }

    #[test]
    fn the_source_reads_files_and_folders() {
        let host = MapHost::new()
            .file(
                "/etc/bareos/bareos-dir.d/client/a.conf",
                "Client {\n  Name = a-fd\n  Address = 192.0.2.8\n  Password = CANARY\n}\n",
            )
            .file(
                "/etc/bareos/bareos-dir.d/client/self.conf",
                "Client {\n  Name = b-fd\n  Address = localhost\n}\n",
            )
            .file(
                "/omd/sites/main/etc/check_mk/conf.d/wato/berlin/hosts.mk",
                "all_hosts += ['r1']\n",
            )
            .file("/omd/sites/main/var/hosts.mk", "all_hosts += ['no']\n")
            .file(DATASTORES, "datastore: main\n\tpath /mnt/store\n\tgc-schedule daily\n")
            .folder("/mnt/store/vm/100")
            .folder("/mnt/store/ns/branch/host/nas")
            .file("/etc/zabbix/zabbix_server.conf", "DBPassword=CANARY\n");
        let found = with_context(&host, observe).unwrap();
        let text = format!("{found:?}");
        assert_eq!((found.facts.len(), found.gaps.len()), (4, 1), "{text}");
        assert!(text.contains("192.0.2.8") && text.contains("\"r1\"") && text.contains("\"nas\""));
        assert!(!text.contains("CANARY") && !text.contains("b-fd"));
    }

    #[test]
    fn no_server_is_not_here() {
        assert!(matches!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { .. })));
    }

    /// Real: of Debian's icinga2-common 2.13.6-2, backuppc 4.4.0-8 and nagios4-common 4.4.6-4, as they are.
    #[test]
    fn the_samples_of_debian_name_what_they_name() {
        // The machine itself.
        assert_eq!(icinga(include_str!("samples/icinga2-hosts.conf")), []);
        assert_eq!(
            backuppc(include_str!("samples/backuppc-hosts.sample")),
            [entry("localhost", None)]
        );
        for (text, name, address) in [
            (include_str!("samples/nagios-localhost.cfg"), "localhost", "127.0.0.1"),
            (include_str!("samples/nagios-printer.cfg"), "hplj2605dn", "192.168.1.30"),
            (include_str!("samples/nagios-switch.cfg"), "linksys-srw224p", "192.168.1.253"),
            (include_str!("samples/nagios-windows.cfg"), "winserver", "192.168.1.2"),
        ] {
            assert_eq!(nagios(text), [entry(name, Some(address))]);
        }
        let folder = "/etc/nagios4/objects";
        let host = MapHost::new()
            .file(&format!("{folder}/localhost.cfg"), include_str!("samples/nagios-localhost.cfg"))
            .file(&format!("{folder}/switch.cfg"), include_str!("samples/nagios-switch.cfg"))
            .file("/etc/backuppc/hosts", include_str!("samples/backuppc-hosts.sample"))
            .file("/etc/icinga2/conf.d/hosts.conf", include_str!("samples/icinga2-hosts.conf"));
        let found = with_context(&host, observe).unwrap();
        let [Fact::NamedMachine(switch)] = &*found.facts else { panic!("{found:?}") };
        assert_eq!(switch.name.as_deref(), Some("linksys-srw224p"));
        assert_eq!((&*switch.keeper, switch.list), ("nagios", MachineList::Monitoring));
        assert_eq!(found.complaints, []);
    }

    #[test]
    fn targets_of_prometheus_are_hosts_without_ports() {
        for (text, expected) in [
            ("web", Some("web")),
            ("'web:9100'", Some("web")),
            ("[\"192.0.2.1:9100\"", Some("192.0.2.1")),
            ("https://web.example/metrics", Some("web.example")),
            ("[2001:db8::1]:9100", Some("2001:db8::1")),
            ("", None),
            ("[]", None),
            ("''", None),
        ] {
            let found = target(text).and_then(|it| it.address);
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn an_entry_is_a_machine_where_it_says_which() {
        let said = |name: &str, address: Option<&str>| {
            let fact = machine(entry(name, address), &KEEPERS[0], "p")?;
            let Fact::NamedMachine(it) = fact else { panic!("{fact:?}") };
            let addresses: Vec<String> = it.addresses.iter().map(ToString::to_string).collect();
            Some(format!("{} {}", it.name.unwrap_or_default(), addresses.join(" ")))
        };
        assert_eq!(said("a", None).as_deref(), Some("a "));
        assert_eq!(said("a", Some("192.0.2.1")).as_deref(), Some("a 192.0.2.1"));
        // The name in place of an address is the better known one.
        assert_eq!(said("a-fd", Some("a.example")).as_deref(), Some("a.example "));
        for (name, address) in
            [("", None), ("localhost", None), ("a", Some("localhost")), ("a", Some("127.0.0.1"))]
        {
            assert_eq!(said(name, address), None, "{name} {address:?}");
        }
    }

    #[test]
    fn folders_that_lead_back_or_are_closed_end() {
        let host = MapHost::new()
            .file(
                "/etc/icinga2/zones.d/a/hosts.conf",
                "object Host \"sw1\" {\n address = \"192.0.2.3\"\n}\n",
            )
            .link("/etc/icinga2/zones.d/a/back", "/etc/icinga2/zones.d");
        assert_eq!(with_context(&host, observe).unwrap().facts.len(), 1);
        let path = "/etc/bareos/bareos-dir.conf";
        let host = MapHost::unprivileged().file(path, "").forbid(path);
        let found = with_context(&host, observe).unwrap();
        assert_eq!((found.facts.len(), found.gaps.len()), (0, 1));
    }

    #[test]
    fn each_program_is_read_where_it_keeps_its_list() {
        let client = "Client {\n  Name = a-fd\n  Address = m1\n}\n";
        for (keeper, path, text) in [
            ("backuppc", "/etc/BackupPC/hosts", "host dhcp user\nm1 0 root\n"),
            ("bacula", "/etc/bacula/conf.d/x.conf", client),
            ("bareos", "/etc/bareos/bareos-dir.d/client/a.conf", client),
            (
                "checkmk",
                "/omd/sites/main/etc/check_mk/conf.d/wato/hosts.mk",
                "all_hosts += ['m1']\n",
            ),
            ("icinga2", "/etc/icinga2/zones.d/a/b/h.conf", "object Host \"m1\" {\n}\n"),
            ("nagios", "/usr/local/nagios/etc/objects/a.cfg", "define host {\n  host_name m1\n}\n"),
            ("prometheus", "/etc/prometheus/prometheus.yml", "- targets: ['m1:9100']\n"),
        ] {
            let found = with_context(&MapHost::new().file(path, text), observe).unwrap();
            let [Fact::NamedMachine(it)] = &*found.facts else { panic!("{keeper}: {found:?}") };
            assert_eq!((&*it.keeper, it.name.as_deref(), &*it.place), (keeper, Some("m1"), path));
            let is_backup = matches!(keeper, "backuppc" | "bacula" | "bareos");
            let list = if is_backup { MachineList::Backup } else { MachineList::Monitoring };
            assert_eq!(it.list, list, "{keeper}");
            // A file of another name in the same folder is none of its list.
            let other =
                path.replace(".conf", ".txt").replace(".cfg", ".txt").replace(".mk", ".txt");
            if other != path {
                let reason = with_context(&MapHost::new().file(&other, text), observe);
                assert!(matches!(reason, Err(Absent::NotHere { .. })), "{other}");
            }
        }
    }

    /// Constructed after the manuals of Bacula and Bareos.
    #[test]
    fn clients_of_a_director_stand_in_blocks_of_their_own() {
        for (text, expected) in [
            (
                "Client {\n  Name = \"web-fd\"\n  Address = web # remark\n  FDPort = 9102\n}\n",
                vec![entry("web-fd", Some("web"))],
            ),
            ("client{\nNAME=a\nADDRESS=b\n}\n", vec![entry("a", Some("b"))]),
            (
                "Client {\n Name = a\n Inner {\n  Name = no\n }\n Address = b\n}\n",
                vec![entry("a", Some("b"))],
            ),
            ("Job {\n  Name = no\n  Client = web-fd\n}\n", vec![]),
            ("Client {\n  Name = a\n", vec![]),
            ("Client {\n}\n", vec![]),
            ("}}}\nClient {\n Name = a\n}\n", vec![entry("a", None)]),
            ("# Client {\n Name = a\n# }\n", vec![]),
        ] {
            assert_eq!(director(text), expected, "{text}");
        }
    }

    #[test]
    fn hosts_of_monitoring_are_neither_groups_nor_templates() {
        for (text, expected) in [
            ("define host {\n host_name a\n address b\n}\n", vec![entry("a", Some("b"))]),
            ("define  host{\n\thost_name\ta\n}\n", vec![entry("a", None)]),
            ("define hostgroup {\n host_name a\n}\n", vec![]),
            ("define host {\n name generic\n register 0\n}\n", vec![]),
        ] {
            assert_eq!(nagios(text), expected, "{text}");
        }
        for (text, expected) in [
            ("all_hosts += []\n", vec![]),
            ("all_hosts += ['a|x|y', 'b']\nall_hosts += ['c']\n", vec!["a", "b", "c"]),
            ("all_hosts += [\"a'b\"]\n", vec!["a'b"]),
            ("all_hosts += ['open\n", vec![]),
            ("other += ['a']\n", vec![]),
        ] {
            let names: Vec<String> = checkmk(text).into_iter().map(|it| it.name).collect();
            assert_eq!(names, expected, "{text}");
        }
    }

    #[test]
    fn datastores_that_are_closed_or_elsewhere_are_said() {
        let list = "datastore: a\n\tpath /mnt/a\n\ndatastore: b\n\tpath relative\n";
        let host = MapHost::new()
            .file(DATASTORES, list)
            .folder("/mnt/a/host/pc1")
            .folder("/mnt/a/ct/101")
            .folder("/mnt/a/other/no");
        let found = with_context(&host, observe).unwrap();
        let said = found.facts.iter().map(|it| {
            let Fact::NamedMachine(it) = it else { panic!("{it:?}") };
            (it.name.as_deref(), it.id.as_deref())
        });
        assert_eq!(said.collect::<Vec<_>>(), [(None, Some("101")), (Some("pc1"), None)]);
        let host = MapHost::unprivileged().file(DATASTORES, list).forbid("/mnt/a");
        let found = with_context(&host, observe).unwrap();
        assert_eq!((found.facts.len(), found.complaints.len()), (0, GROUPS.len()));
    }

    /// A password may hold any sign; one with a brace once hid all clients behind it.
    #[test]
    fn braces_in_quotes_and_remarks_are_no_blocks() {
        let both = [entry("a", None), entry("b", None)];
        for between in [
            "Password = \"x{y\"",
            "Password = \"x}y\"",
            "Password = \"\\\"{\"",
            "Password = x # {",
            "# }",
            "Description = \"never closed {",
        ] {
            let text = format!("Client {{\n Name = a\n {between}\n}}\nClient {{\n Name = b\n}}\n");
            assert_eq!(director(&text), both, "{between}");
            let text = text.replace("Client {\n Name = a", "object Host \"a\" {");
            let text = text.replace("Client {\n Name = b", "object Host \"b\" {");
            assert_eq!(icinga(&text), both, "{between}");
        }
        let text = "define host {\n host_name a\n notes 19\" rack\n _x ; }\n}\ndefine host {\nhost_name b\n}\n";
        assert_eq!(nagios(text), both);
    }

    #[test]
    fn a_block_may_stand_on_one_line() {
        let named = [entry("a", Some("b"))];
        assert_eq!(director("Client { Name = a; Address = b; Password = \"x;y\" }\n"), named);
        assert_eq!(director("Client {\n Name = a ; Address = \"b\" }"), named);
        assert_eq!(icinga("object Host \"a\" { address = \"b\" }\n"), named);
        assert_eq!(nagios("define host { \n host_name a\n address b }\n"), named);
        assert_eq!(director("Job { Name = no }\nClient{Name=a;Address=b}"), named);
    }

    #[test]
    fn hosts_in_remarks_are_no_hosts() {
        let host = "object Host \"no\" {\n address = \"192.0.2.1\"\n}\n";
        assert_eq!(icinga(&format!("/* {host} */\n// {}", host.replace('\n', "\n//"))), []);
        // Where nothing closes the remark, the rest of the file belongs to it.
        assert_eq!(icinga(&format!("/*\n{host}")), []);
        let text = format!("object Host \"a\" {{\n vars.path = \"/*\"\n}}\n{host}");
        assert_eq!(icinga(&text), [entry("a", None), entry("no", Some("192.0.2.1"))]);
        assert_eq!(director("# Client { Name = no }\n"), []);
        assert_eq!(nagios("# define host {\n# host_name no\n# }\n"), []);
    }

    #[test]
    fn pieces_are_cut_at_signs_outside_of_quotes() {
        use Piece::{Closes, Opens, Says};
        let said = |text| {
            let pieces = pieces(text, &['#'], true).into_iter();
            pieces.filter(|it| *it != Says("")).collect::<Vec<_>>()
        };
        assert_eq!(said(""), []);
        assert_eq!(said("a { b = \"{\" }"), [Opens("a"), Says("b = \"{\""), Closes]);
        assert_eq!(said("a # b\nc\n"), [Says("a"), Says("c")]);
        assert_eq!(said("a /* b\n{ */ c\n"), [Says("a"), Says("c")]);
        assert_eq!(said("x http://e\n"), [Says("x http://e")]);
        assert_eq!(said("}{"), [Closes, Opens("")]);
    }

    /// Constructed from "Configuration" in the manual of Prometheus and YAML 1.2.
    #[test]
    fn targets_stand_in_lists_of_each_form() {
        for (text, expected) in [
            ("- targets: ['a:1', 'b:1'] # c:1\n", vec!["a", "b"]),
            ("- targets: [\n    'a:1',\n    'b:1'\n  ]\n  labels: {x: y}\n", vec!["a", "b"]),
            ("- targets: ['a:1',\n            'b:1']\n- 'no'\n", vec!["a", "b"]),
            ("- labels: {}\n  targets:\n  - a:1\n  - b:1\n  other:\n  - no\n", vec!["a", "b"]),
            ("- targets:\n  # - no\n  - a:1\n", vec!["a"]),
            ("- targets:\n- job: no\n", vec![]),
            ("# - targets: ['no:1']\n", vec![]),
            ("x_targets: ['no']\n", vec![]),
        ] {
            let found: Vec<String> =
                prometheus(text).into_iter().filter_map(|it| it.address).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    /// Real: of Debian's prometheus 2.42.0, without its remarks.
    #[test]
    fn the_sample_of_prometheus_watches_only_itself() {
        let text = "global:\n  scrape_interval:     15s # Set the scrape interval.\n\n  external_labels:\n      monitor: 'example'\n\n\
            alerting:\n  alertmanagers:\n  - static_configs:\n    - targets: ['localhost:9093']\n\nrule_files:\n  # - \"first_rules.yml\"\n\n\
            scrape_configs:\n  - job_name: 'prometheus'\n    static_configs:\n      - targets: ['localhost:9090']\n\n\
            \x20 - job_name: node\n    static_configs:\n      - targets: ['localhost:9100']\n";
        let names = prometheus(text).into_iter().map(|it| it.address.unwrap());
        assert_eq!(names.collect::<Vec<_>>(), ["localhost"; 3]);
        let host = MapHost::new().file("/etc/prometheus/prometheus.yml", text);
        assert_eq!(with_context(&host, observe).unwrap().facts, []);
    }

    proptest! {
        /// What stands in the quotes of one client takes nothing from the next.
        #[test]
        fn no_value_in_quotes_hides_the_next_client(value in "[ -!#-\\[\\]-~é]{0,30}") {
            let text = format!("Client {{\n Name = a\n Password = \"{value}\"\n}}\nClient {{\n Name = b\n}}\n");
            prop_assert_eq!(director(&text), [entry("a", None), entry("b", None)]);
        }

        /// A file that is cut off in the middle of being written names no machine that the whole one does not.
        #[test]
        fn a_cut_file_names_no_other_machine(at in 0_usize..400) {
            let whole = include_str!("samples/nagios-switch.cfg");
            let text: String = whole.chars().take(at * 9).collect();
            let names = nagios(&text);
            prop_assert!(names.iter().all(|it| nagios(whole).contains(it)), "{names:?}");
        }

        #[test]
        fn hostile_texts_never_panic(text in "(Client \\{|object Host \"|define host|all_hosts \\+=|targets:|[{}\\[\\]'\":=\n é-]){0,40}") {
            for keeper in KEEPERS {
                let _ = (keeper.understand)(&text);
            }
        }
    }
}
