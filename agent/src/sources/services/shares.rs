//! Folders that this host offers: NFS (exports(5)) and SMB (smb.conf(5), shares of users).

use std::collections::BTreeSet;

use observation::latest::{Absent, Cadence, Fact, Platform, Share, SourceId, UserName};

use crate::host::{Ask, Host};
use crate::sources::context::Context;
use crate::sources::persons::Persons;
use crate::sources::{Found, Source, named};

/// Tables of the NFS server; the last one is what it offers now.
const EXPORTS: &[&str] = &["/etc/exports", "/etc/exports.d/*.exports", "/var/lib/nfs/etab"];
const SAMBA: &str = "/etc/samba/smb.conf";
/// Where users may put shares of their own, if the configuration does not say otherwise.
const USER_SHARES: &str = "/var/lib/samba/usershares";
/// Deepest chain of `include`, and most files of Samba's configuration.
const INCLUDES_DEPTH_MAX: usize = 4;
const FILES_MAX: usize = 50;
/// Most shares, most clients of one, most bytes of a share of a user.
const SHARES_MAX: usize = 5_000;
const CLIENTS_MAX: usize = 200;
const USER_SHARE_BYTES_MAX: u64 = 10_240;
const FIELD: &str = "share";

/// Shares.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("services.shares"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let persons = Persons::read_or_none(context.host, context.names);
    let mut found = Found::default();
    let mut shares: Vec<Share> = Vec::new();
    let mut is_here = false;
    for path in EXPORTS.iter().flat_map(|it| named::files(context.host, it)) {
        let Some(text) = named::read(context.host, &path, FIELD, &mut found) else { continue };
        is_here = true;
        let known: BTreeSet<String> = shares.iter().map(|it| it.name.clone()).collect();
        let exported = exports(&text, &path, &persons);
        shares.extend(exported.into_iter().filter(|it| !known.contains(&it.name)));
    }
    let mut samba = Samba::default();
    samba.read(context.host, SAMBA, 0, &mut found);
    is_here |= samba.files > 0;
    shares.extend(samba.shares(&persons));
    shares.extend(samba.of_users(context.host, &persons, &mut found));
    if !is_here && found.gaps.is_empty() {
        return Err(Absent::NotHere { looked_at: format!("{}, {SAMBA}", EXPORTS.join(", ")) });
    }
    shares.truncate(SHARES_MAX);
    found.facts = shares.into_iter().map(Fact::Share).collect();
    Ok(found)
}

/// `path client(options) client(options)`; a backslash goes on with the next line.
fn exports(text: &str, place: &str, persons: &Persons<'_>) -> Vec<Share> {
    let text = text.replace("\\\n", " ");
    let lines = text.lines().map(|it| it.split('#').next().unwrap_or_default().trim());
    lines.filter_map(|it| export(it, place, persons)).collect()
}

fn export(line: &str, place: &str, persons: &Persons<'_>) -> Option<Share> {
    let (path, rest) = match line.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"')?,
        None => line.split_once(char::is_whitespace).unwrap_or((line, "")),
    };
    if !path.starts_with('/') {
        return None;
    }
    let path = persons.path(&path.replace("\\040", " "));
    let mut common = "";
    let mut clients = Vec::new();
    for word in rest.split_whitespace().take(CLIENTS_MAX) {
        match word.strip_prefix('-') {
            Some(options) => common = options,
            None if common.is_empty() || word.contains('(') => clients.push(word.to_owned()),
            None => clients.push(format!("{word}({common})")),
        }
    }
    // Without a client everybody may; a client without options may read.
    let mut options = clients.iter().map(|it| it.split(['(', ',', ')']).skip(1));
    let is_writable = options.any(|mut it| it.any(|it| it == "rw"));
    Some(Share {
        protocol: "nfs".to_owned(),
        name: path.clone(),
        path: Some(path),
        configured_in: place.to_owned(),
        allows_guests: None,
        is_read_only: Some(!is_writable),
        clients,
        users: Vec::new(),
        groups: Vec::new(),
    })
}

/// A section with its parameters; their names have neither blanks nor capitals.
type Section = (String, String, Vec<(String, String)>);

#[derive(Default)]
struct Samba {
    sections: Vec<Section>,
    files: usize,
}

impl Samba {
    fn read(&mut self, host: &dyn Host, path: &str, depth: usize, found: &mut Found) {
        // A variable in a name stands for the client, which is not there.
        if path.contains('%') {
            return;
        }
        if depth > INCLUDES_DEPTH_MAX || self.files == FILES_MAX {
            found.complaints.push(named::complaint(path, "too many files include each other"));
            return;
        }
        let Some(text) = named::read(host, path, FIELD, found) else { return };
        self.files += 1;
        let mut pending = String::new();
        for line in text.lines().map(str::trim) {
            if pending.is_empty() && (line.starts_with(['#', ';']) || line.is_empty()) {
                continue;
            }
            if let Some(begun) = line.strip_suffix('\\') {
                pending.push_str(begun);
                continue;
            }
            let line = std::mem::take(&mut pending) + line;
            if let Some(name) = line.strip_prefix('[').and_then(|it| it.split(']').next()) {
                self.enter_section(name.trim(), path);
            } else if let Some((name, value)) = line.split_once('=') {
                let name = name.chars().filter(|it| !it.is_whitespace()).collect::<String>();
                let (name, value) = (name.to_ascii_lowercase(), value.trim());
                if name == "include" {
                    self.read(host, value, depth + 1, found);
                } else if let Some((_, _, values)) = self.sections.last_mut() {
                    values.push((name, value.to_owned()));
                }
            }
        }
    }

    /// A section that comes again goes on.
    fn enter_section(&mut self, name: &str, path: &str) {
        match self.sections.iter().position(|it| it.0.eq_ignore_ascii_case(name)) {
            Some(index) => {
                let section = self.sections.remove(index);
                self.sections.push(section);
            }
            None if self.sections.len() < SHARES_MAX => {
                self.sections.push((name.to_owned(), path.to_owned(), Vec::new()));
            }
            None => {}
        }
    }

    fn global(&self, names: &[&str]) -> Option<&str> {
        let global = self.sections.iter().find(|it| it.0.eq_ignore_ascii_case("global"))?;
        last(&global.2, names)
    }

    fn shares(&self, persons: &Persons<'_>) -> Vec<Share> {
        let shares = self.sections.iter().filter(|it| !it.0.eq_ignore_ascii_case("global"));
        shares.filter_map(|it| self.share(it, persons)).collect()
    }

    fn share(&self, (name, place, values): &Section, persons: &Persons<'_>) -> Option<Share> {
        let value = |names: &[&str]| last(values, names).or_else(|| self.global(names));
        let is_off = value(&["available"]).and_then(truth) == Some(false);
        let is_printer = value(&["printable", "printok"]).and_then(truth) == Some(true);
        if is_off || is_printer {
            return None;
        }
        let path = last(values, &["path", "directory"]);
        let writable = value(&["writable", "writeable", "writeok"]).and_then(truth);
        let read_only = value(&["readonly"]).and_then(truth).or_else(|| writable.map(|it| !it));
        let guests = value(&["guestok", "public"]).and_then(truth);
        let (users, groups) = users(value(&["validusers"]).unwrap_or_default(), persons);
        let allowed = value(&["hostsallow", "allowhosts"]).unwrap_or_default();
        Some(Share {
            protocol: "smb".to_owned(),
            name: persons.path(name),
            path: path.filter(|it| !it.contains('%')).map(|it| persons.path(it)),
            configured_in: place.clone(),
            allows_guests: Some(guests.unwrap_or(false)),
            is_read_only: Some(read_only.unwrap_or(true)),
            clients: words(allowed).take(CLIENTS_MAX).map(str::to_owned).collect(),
            users,
            groups,
        })
    }

    /// Shares that users made (net(8), "USERSHARE"): files `name` with `path=` and `guest_ok=`.
    fn of_users(&self, host: &dyn Host, persons: &Persons<'_>, found: &mut Found) -> Vec<Share> {
        if self.files == 0 || self.global(&["usersharemaxshares"]) == Some("0") {
            return Vec::new();
        }
        let folder = self.global(&["usersharepath"]).unwrap_or(USER_SHARES).to_owned();
        let mut shares = Vec::new();
        for path in named::files(host, &format!("{folder}/*")) {
            // Users write this folder: a link in it could lead anywhere.
            if host.link(&path).is_ok() {
                continue;
            }
            let bytes = named::read_bytes(host, &path, USER_SHARE_BYTES_MAX, FIELD, found);
            let text =
                bytes.map(|it| String::from_utf8_lossy(&it).into_owned()).unwrap_or_default();
            let value = |name: &str| {
                text.lines()
                    .find_map(|it| it.split_once('=').filter(|it| it.0 == name))
                    .map(|it| it.1)
            };
            let Some(shared) = value("path") else { continue };
            let acl = value("usershare_acl").unwrap_or_default();
            shares.push(Share {
                protocol: "smb".to_owned(),
                name: persons.path(value("sharename").unwrap_or(named::base_name(&path))),
                path: Some(persons.path(shared)),
                configured_in: persons.path(&path),
                allows_guests: value("guest_ok").and_then(truth),
                is_read_only: Some(!acl.split(',').any(|it| it.ends_with(":F"))),
                clients: Vec::new(),
                users: Vec::new(),
                groups: Vec::new(),
            });
        }
        shares
    }
}

fn last<'a>(values: &'a [(String, String)], names: &[&str]) -> Option<&'a str> {
    values.iter().rfind(|it| names.contains(&it.0.as_str())).map(|it| it.1.as_str())
}

fn truth(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "yes" | "true" | "1" | "on" | "y" => Some(true),
        "no" | "false" | "0" | "off" | "n" => Some(false),
        _ => None,
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ' ', '\t']).filter(|it| !it.is_empty())
}

/// `user`, `DOMAIN\user`; `@group`, `+group`, `&group`.
fn users(text: &str, persons: &Persons<'_>) -> (Vec<UserName>, Vec<UserName>) {
    let (mut users, mut groups) = (Vec::new(), Vec::new());
    for word in names(text).take(CLIENTS_MAX) {
        let name = word.trim_start_matches(['@', '+', '&']);
        if name.is_empty() || name.contains('%') {
            continue;
        }
        if name.len() == word.len() {
            users.push(persons.name(name.rsplit('\\').next().unwrap_or(name)));
        } else {
            groups.push(persons.group(name));
        }
    }
    (users, groups)
}

/// Names in quotes may hold blanks: `@"Domain Users", "DOM\john"`.
fn names(text: &str) -> impl Iterator<Item = String> {
    let mut is_quoted = false;
    let mut names = vec![String::new()];
    for it in text.chars() {
        match it {
            '"' => is_quoted = !is_quoted,
            ',' | ' ' | '\t' if !is_quoted => names.push(String::new()),
            _ => names.last_mut().into_iter().for_each(|name| name.push(it)),
        }
    }
    names.into_iter().filter(|it| !it.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    const PASSWD: &str =
        "root:x:0:0:root:/root:/bin/bash\nalice:x:1000:1000::/home/alice:/bin/bash\n";
    /// After the examples of exports(5), with a path in quotes and a line that is none.
    const EXPORTS_TEXT: &str = "# sample /etc/exports file\n/               master(rw) trusty(rw,no_root_squash)\n\
        /projects       proj*.local.domain(rw)\n/usr            *.local.domain(ro) @trusted(rw)\n\
        /home/joe       pc001(rw,all_squash,anonuid=150,anongid=100)\n/pub            *(ro,insecure,all_squash)\n\
        /srv/www        -sync,rw server @trusted @external(ro)\n/foo            2001:db8:9:e54::/64(rw) \\\n  192.0.2.0/24(rw)\n\
        \"/a b\" *(ro)\nrelative x(rw)\n";
    /// Constructed after Debian's file and smb.conf(5).
    const SAMBA_TEXT: &str = "# c\n[global]\n   workgroup = WORKGROUP\n   map to guest = bad user\n   usershare allow guests = yes\n   include = /etc/samba/more.conf\n\
        [homes]\n   comment = Home Directories\n   browseable = no\n   read only = yes\n   valid users = %S\n\
        [printers]\n   path = /var/spool/samba\n   printable = yes\n\
        [team]\n   Path = /srv/team\n   writeable = yes\n   valid users = alice, @\"Domain Users\", EX\\bob, +staff, \\\n     root\n   hosts allow = 192.0.2. 127.\n\
        [open]\n  path = /home/alice/open\n  public = YES\n  read only = no\n[gone]\n path=/x\n available = no\n";

    fn shares(host: &MapHost) -> (Vec<Share>, Found) {
        let found = with_context(host, observe).unwrap();
        let shares = found.facts.iter().map(|it| {
            let Fact::Share(it) = it else { panic!("{it:?}") };
            it.clone()
        });
        (shares.collect(), found.clone())
    }

    #[test]
    fn exports_of_the_manual() {
        let host = MapHost::new()
            .file("/etc/exports", EXPORTS_TEXT)
            .file("/var/lib/nfs/etab", "/pub\t*(ro)\n/now\t192.0.2.9(rw,sync)\n");
        let (shares, _) = shares(&host);
        let share = |name: &str| shares.iter().find(|it| it.name == name).unwrap();
        assert_eq!(shares.len(), 9);
        assert_eq!(share("/usr").clients, ["*.local.domain(ro)", "@trusted(rw)"]);
        assert_eq!(
            share("/srv/www").clients,
            ["server(sync,rw)", "@trusted(sync,rw)", "@external(ro)"]
        );
        assert_eq!(share("/foo").clients.len(), 2);
        assert_eq!(share("/pub").is_read_only, Some(true));
        assert_eq!(share("/a b").is_read_only, Some(true));
        assert_eq!(share("/now").configured_in, "/var/lib/nfs/etab");
        assert!(!shares.iter().any(|it| it.name.contains("joe")));
    }

    #[test]
    fn shares_of_samba_without_names_of_persons() {
        let host = MapHost::new()
            .file("/etc/passwd", PASSWD)
            .file(SAMBA, SAMBA_TEXT)
            .file("/etc/samba/more.conf", "guest ok = no\n")
            .file("/var/lib/samba/usershares/x", "#VERSION 2\npath=/home/alice/x\ncomment=\nusershare_acl=S-1-1-0:F,\nguest_ok=y\nsharename=X\n")
            .link("/var/lib/samba/usershares/planted", "/etc/shadow");
        let (shares, found) = shares(&host);
        let names: Vec<&str> = shares.iter().map(|it| &*it.name).collect();
        assert_eq!(names, ["homes", "team", "open", "X"]);
        let team = &shares[1];
        assert_eq!((team.is_read_only, team.allows_guests), (Some(false), Some(false)));
        assert_eq!(team.users.len(), 3);
        assert_eq!(
            team.groups,
            [UserName::Clear("Domain Users".to_owned()), UserName::Clear("staff".to_owned())]
        );
        assert_eq!(team.clients, ["192.0.2.", "127."]);
        assert_eq!(shares[2].allows_guests, Some(true));
        assert_eq!(shares[3].is_read_only, Some(false));
        let text = format!("{found:?}");
        assert!(!text.contains("alice") && !text.contains("bob"), "{text}");
    }

    #[test]
    fn nothing_offered_is_not_here_and_circles_end() {
        assert!(matches!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { .. })));
        let host = MapHost::new().file(SAMBA, "[global]\ninclude = /etc/samba/smb.conf\n");
        assert_eq!(with_context(&host, observe).unwrap().complaints.len(), 1);
    }

    proptest! {
        #[test]
        fn hostile_tables_never_panic(text in "(\\[global\\]|path|valid users|include=/etc/samba/smb.conf|[\\[\\]=\"@()/\\\\,\n a%é-]){0,40}") {
            let host = MapHost::new().file(SAMBA, &text).file("/etc/exports", &text);
            let _ = with_context(&host, observe);
        }
    }
}
