//! Settings of Samba that hold for the whole server (smb.conf(5), `[global]`): the last value wins, included
//! files stand where they are named, names know neither case nor white space.

use observation::latest::{Absent, Cadence, Complaint, Gap, Platform, SourceId};

use crate::host::Ask;
use crate::sources::context::Context;
use crate::sources::person_text::user;
use crate::sources::persons::Persons;
use crate::sources::settings::LastWins;
use crate::sources::{Found, Source};

/// Settings of Samba.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("configuration.samba"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const SUBJECT: &str = "samba";
const PATH: &str = "/etc/samba/smb.conf";
/// Largest file.
const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// Most files that include one another.
const FILES_MAX: usize = 50;
/// How deep: MAX_INCLUDE_DEPTH of Samba.
const DEPTH_MAX: usize = 100;

/// Settings that matter, as the manual names them, with older names behind.
const NAMES: &[(&str, &[&str])] = &[
    ("allow insecure wide links", &[]),
    ("bind interfaces only", &[]),
    ("client ipc min protocol", &[]),
    ("client ipc signing", &[]),
    ("client max protocol", &[]),
    ("client min protocol", &[]),
    ("client ntlmv2 auth", &[]),
    ("client plaintext auth", &[]),
    ("client signing", &[]),
    ("client smb encrypt", &[]),
    ("client use kerberos", &[]),
    ("disable netbios", &[]),
    ("dos charset", &[]),
    ("encrypt passwords", &[]),
    ("guest account", &[]),
    ("hosts allow", &["allow hosts"]),
    ("hosts deny", &["deny hosts"]),
    ("interfaces", &[]),
    ("kerberos encryption types", &[]),
    ("kerberos method", &[]),
    ("lanman auth", &[]),
    ("ldap server require strong auth", &[]),
    ("ldap ssl", &[]),
    ("log level", &["debuglevel"]),
    ("map to guest", &[]),
    ("netbios name", &[]),
    ("ntlm auth", &[]),
    ("null passwords", &[]),
    ("passdb backend", &[]),
    ("raw ntlmv2 auth", &[]),
    ("realm", &[]),
    ("reject md5 clients", &[]),
    ("require strong key", &[]),
    ("restrict anonymous", &[]),
    ("security", &[]),
    ("server max protocol", &["max protocol", "protocol"]),
    ("server min protocol", &["min protocol"]),
    ("server multi channel support", &[]),
    ("server role", &[]),
    ("server schannel", &[]),
    ("server services", &[]),
    ("server signing", &[]),
    ("server smb encrypt", &["smb encrypt"]),
    ("server string", &[]),
    ("smb1 unix extensions", &["unix extensions"]),
    ("template shell", &[]),
    ("tls enabled", &[]),
    ("unix password sync", &[]),
    ("usershare allow guests", &[]),
    ("usershare max shares", &[]),
    ("wide links", &[]),
    ("winbind enum groups", &[]),
    ("winbind enum users", &[]),
    ("winbind offline logon", &[]),
    ("winbind use default domain", &[]),
    ("workgroup", &[]),
];

/// Those of which it is said, too, that nobody set them.
const STATED: &[&str] = &[
    "map to guest",
    "ntlm auth",
    "restrict anonymous",
    "security",
    "server min protocol",
    "server signing",
    "server smb encrypt",
];

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let text = context.host.bytes(PATH, FILE_BYTES_MAX)?;
    let persons = Persons::read_or_none(context.host, context.names);
    let mut reading = Reading {
        context,
        persons: &persons,
        settings: LastWins::new(SUBJECT),
        // What stands before the first section is global.
        is_global: true,
        files_left: FILES_MAX,
        found: Found::default(),
    };
    reading.file(PATH, &String::from_utf8_lossy(&text), 0);
    reading.settings.state_defaults(STATED, PATH);
    let Reading { settings, mut found, .. } = reading;
    found.facts = settings.facts().collect();
    Ok(found)
}

struct Reading<'a> {
    context: &'a Context<'a>,
    persons: &'a Persons<'a>,
    settings: LastWins<'a>,
    /// Samba keeps the section across the borders of files.
    is_global: bool,
    files_left: usize,
    found: Found,
}

impl Reading<'_> {
    fn file(&mut self, path: &str, text: &str, depth: usize) {
        for line in logical_lines(text) {
            let line = line.trim();
            if line.is_empty() || line.starts_with(['#', ';']) {
                continue;
            }
            if let Some(rest) = line.strip_prefix('[') {
                let section = folded(rest.split(']').next().unwrap_or_default());
                self.is_global = section == "global" || section == "globals";
                continue;
            }
            let Some((name, value)) = line.split_once('=') else { continue };
            if self.is_global {
                self.parameter(&folded(name), value.trim(), path, depth);
            }
        }
    }

    fn parameter(&mut self, name: &str, value: &str, path: &str, depth: usize) {
        match name {
            "include" if value == "registry" => self.not_read(path, "the registry of Samba"),
            "configbackend" if value != "file" => self.not_read(path, "the registry of Samba"),
            "configfile" => self.not_read(path, "another file in place of this one"),
            "include" => self.include(value, path, depth),
            _ => {
                let is_named = |it: &&(&str, &[&str])| {
                    folded(it.0) == name || it.1.iter().any(|alias| folded(alias) == name)
                };
                let Some((name, _)) = NAMES.iter().find(is_named) else { return };
                let value = if *name == "guest account" {
                    user(self.persons, value)
                } else {
                    value.to_owned()
                };
                self.settings.set(None, name, &value, path);
            }
        }
    }

    fn include(&mut self, value: &str, from: &str, depth: usize) {
        if value.contains('%') || value.contains('$') {
            return self.not_read(from, "a file whose name depends on who connects");
        }
        if depth == DEPTH_MAX || self.files_left == 0 {
            return self.not_read(from, "one included file too many");
        }
        self.files_left -= 1;
        match self.context.host.bytes(value, FILE_BYTES_MAX) {
            Ok(text) => self.file(value, &String::from_utf8_lossy(&text), depth + 1),
            // Samba passes over a file that is not there.
            Err(Absent::NotHere { .. }) => {}
            Err(reason) => {
                let field = "setting".to_owned();
                self.found.gaps.push(Gap { field, of: None, reason });
            }
        }
    }

    fn not_read(&mut self, path: &str, what: &str) {
        let problem = format!("it refers to {what}, which is not read");
        self.found.complaints.push(Complaint { place: path.to_owned(), problem });
    }
}

/// Lines, joined where one ends in a backslash.
fn logical_lines(text: &str) -> impl Iterator<Item = String> {
    let mut lines = text.lines();
    std::iter::from_fn(move || {
        let mut line = lines.next()?.trim_end().to_owned();
        while line.ends_with('\\') {
            line.pop();
            let Some(next) = lines.next() else { break };
            line.push_str(next.trim());
        }
        Some(line)
    })
}

/// A name without case and white space.
fn folded(name: &str) -> String {
    name.chars().filter(|it| !it.is_whitespace()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use observation::latest::{Fact, SettingOrigin};
    use proptest::prelude::*;

    use super::*;
    use crate::sources::settings::lines;
    use crate::sources::testing::{MapHost, with_context};

    const PASSWD: &str = "nobody:x:65534:65534::/:/bin/false\n";
    /// Real: Debian 12, samba-common 2:4.17; the truth is `testparm -s -v` of the same package.
    const DEBIAN: [&str; 2] =
        [include_str!("samples/samba/debian.conf"), include_str!("samples/samba/debian.truth")];
    /// Constructed from smb.conf(5); the truth as above.
    const MADE: [&str; 3] = [
        include_str!("samples/samba/made/smb.conf"),
        include_str!("samples/samba/made/more/global.conf"),
        include_str!("samples/samba/made.truth"),
    ];

    /// The parameters of `[global]` that testparm prints; shares begin with the next section.
    fn truth(text: &str) -> BTreeMap<String, String> {
        let global = text.split("\n[").next().unwrap();
        let global = global
            .split("[global]")
            .nth(1)
            .unwrap_or_else(|| text.split("[global]").nth(1).unwrap());
        global
            .lines()
            .take_while(|it| !it.starts_with('['))
            .filter_map(|it| it.split_once('='))
            .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
            .collect()
    }

    /// testparm writes one word for each value that several words stand for.
    fn canonical(value: &str) -> String {
        match value.to_ascii_lowercase().as_str() {
            "yes" | "true" | "1 " => "yes",
            "no" | "false" => "no",
            "mandatory" => "required",
            "smb2_10" => "smb2",
            it => return it.to_owned(),
        }
        .to_owned()
    }

    fn check(host: &MapHost, truth: &BTreeMap<String, String>) -> (usize, Found) {
        let found = with_context(host, observe).unwrap();
        let mut count = 0;
        for fact in &found.facts {
            let Fact::Setting(setting) = fact else { panic!("{fact:?}") };
            if setting.origin != SettingOrigin::Configured {
                continue;
            }
            let ours = canonical(setting.value.as_deref().unwrap());
            let theirs =
                canonical(truth.get(&setting.name).unwrap_or_else(|| panic!("{}", setting.name)));
            // The one place where testparm writes yes and no for numbers, and drops classes.
            let is_same = ours == theirs
                || (setting.name == "lanman auth" && ours == "0" && theirs == "no")
                || (setting.name == "log level" && ours.starts_with(&theirs));
            assert!(is_same, "{}: {ours} {theirs}", setting.name);
            count += 1;
        }
        (count, found)
    }

    #[test]
    fn the_settings_of_debian_are_those_of_testparm() {
        let host = MapHost::new().file(PATH, DEBIAN[0]).file("/etc/passwd", PASSWD);
        let (count, found) = check(&host, &truth(DEBIAN[1]));
        assert!(count >= 5, "{count}");
        assert!(lines(&found.facts).contains(&"samba server min protocol -".to_owned()));
    }

    #[test]
    fn included_files_older_names_and_continued_lines_are_read_as_testparm_reads_them() {
        let host = MapHost::new()
            .file("/etc/passwd", PASSWD)
            .file(PATH, MADE[0])
            .file("/etc/samba/more/global.conf", MADE[1]);
        let (count, found) = check(&host, &truth(MADE[2]));
        assert_eq!(count, 18, "{:?}", lines(&found.facts));
        assert_eq!(found.complaints.len(), 1);
        assert!(!format!("{found:?}").contains("CANARY"));
        let lines = lines(&found.facts);
        assert!(lines.contains(&"samba workgroup = FIRMA2".to_owned()));
        assert!(lines.contains(&"samba server smb encrypt = required".to_owned()));
    }

    #[test]
    fn what_stands_elsewhere_is_said_and_not_guessed() {
        let text = "[global]\ninclude = registry\nconfig backend = registry\nconfig file = /x\n\
            include = /etc/samba/smb.conf\n";
        let found = with_context(&MapHost::new().file(PATH, text), observe).unwrap();
        assert!(found.complaints.iter().any(|it| it.problem.contains("registry")));
        assert!(found.complaints.iter().any(|it| it.problem.contains("too many")));
        let host = MapHost::new().file(PATH, "include = /x\n").forbid("/x");
        assert_eq!(with_context(&host, observe).unwrap().gaps.len(), 1);
        assert!(matches!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { .. })));
    }

    #[test]
    fn names_are_sorted_and_a_person_as_guest_is_not_named() {
        assert!(NAMES.is_sorted_by(|left, right| left.0 < right.0));
        let host = MapHost::new().file(PATH, "guest account = alice\n");
        assert!(!format!("{:?}", with_context(&host, observe)).contains("alice"));
    }

    proptest! {
        #[test]
        fn any_file_is_read_without_panic(text in "((include|workgroup|global)|[\\[\\]= \\\\\n#]|\\PC){0,60}") {
            let _ = with_context(&MapHost::new().file(PATH, text), observe);
        }
    }
}
