//! Which account names belong to persons, and how names and paths may leave the host.
//!
//! Everything that a source sends and that could hold a person's name goes through [`Persons`]:
//! account names, paths below home folders, instances of unit templates.

use observation::latest::{Absent, AccountKind, Complaint, UserName};

use crate::host::{Ask, Host};
use crate::names::Names;

/// Where accounts stand.
pub(crate) const PASSWD_PATH: &str = "/etc/passwd";
/// Where the ranges of account numbers stand.
const LOGIN_DEFS_PATH: &str = "/etc/login.defs";
/// First number of a person where login.defs does not say otherwise.
const PERSON_UID_MIN: u32 = 1000;
/// The account without rights, under every distribution's number.
const NOBODY_UID: u32 = 65_534;
/// The number that means "none" in 16 bits.
const NONE_UID: u32 = 65_535;
/// Numbers that systemd hands out to services for the time they run (DynamicUser=).
const DYNAMIC_UIDS: std::ops::RangeInclusive<u32> = 61_184..=65_519;

/// One line of passwd(5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PasswdEntry {
    /// Login name.
    pub(crate) name: String,
    /// The second field: `x` when the password stands in shadow(5), empty when none is needed.
    pub(crate) password: String,
    /// User id.
    pub(crate) uid: u32,
    /// Id of the primary group.
    pub(crate) gid: u32,
    /// Home folder.
    pub(crate) home: String,
    /// Shell.
    pub(crate) shell: String,
}

/// The accounts of the machine, and what may be said of them.
pub(crate) struct Persons<'a> {
    names: &'a Names,
    entries: Vec<PasswdEntry>,
    complaints: Vec<Complaint>,
    uid_min: u32,
}

impl<'a> Persons<'a> {
    /// Reads the accounts.
    ///
    /// # Errors
    /// Why passwd(5) cannot be read.
    pub(crate) fn read(host: &dyn Host, names: &'a Names) -> Result<Self, Absent> {
        let (entries, complaints) = parse_passwd(&host.text(PASSWD_PATH)?);
        let uid_min = host.text(LOGIN_DEFS_PATH).ok().and_then(|it| parse_uid_min(&it));
        Ok(Self { names, entries, complaints, uid_min: uid_min.unwrap_or(PERSON_UID_MIN) })
    }

    /// Reads the accounts; without them only home folders below `/home` are recognised.
    #[must_use]
    pub(crate) fn read_or_none(host: &dyn Host, names: &'a Names) -> Self {
        Self::read(host, names).unwrap_or_else(|_| Self {
            names,
            entries: Vec::new(),
            complaints: Vec::new(),
            uid_min: PERSON_UID_MIN,
        })
    }

    /// The accounts in the order of the file.
    #[must_use]
    pub(crate) fn entries(&self) -> &[PasswdEntry] {
        &self.entries
    }

    /// What could not be understood.
    #[must_use]
    pub(crate) fn complaints(&self) -> &[Complaint] {
        &self.complaints
    }

    /// Whom an account belongs to, by its number.
    #[must_use]
    pub(crate) fn kind(&self, entry: &PasswdEntry) -> AccountKind {
        match entry.uid {
            0 => AccountKind::Root,
            _ if entry.name == "nobody" || !self.is_person_uid(entry.uid) => AccountKind::System,
            _ => AccountKind::Person,
        }
    }

    /// The account of a number, as it may leave the host.
    #[must_use]
    pub(crate) fn account(&self, uid: u32) -> UserName {
        match self.entries.iter().find(|it| it.uid == uid) {
            Some(entry) => self.name(&entry.name),
            // A directory service may know the number; the number alone would single out a person.
            None if self.is_person_uid(uid) => self.names.person(&format!("uid {uid}")),
            None => UserName::Clear(format!("uid {uid}")),
        }
    }

    /// An account's name as it may leave the host. A name that is not in passwd(5) is a person's.
    #[must_use]
    pub(crate) fn name(&self, name: &str) -> UserName {
        match self.entries.iter().find(|it| it.name == name) {
            Some(entry) if self.kind(entry) != AccountKind::Person => {
                UserName::Clear(name.to_owned())
            }
            _ => self.names.person(name),
        }
    }

    /// A group's name as it may leave the host: the private group of a person bears the person's name.
    #[must_use]
    pub(crate) fn group(&self, name: &str) -> UserName {
        if self.is_person(name) {
            return self.names.person(name);
        }
        UserName::Clear(name.to_owned())
    }

    /// A path in which each folder that bears a person's name bears the pseudonym instead.
    #[must_use]
    pub(crate) fn path(&self, path: &str) -> String {
        let mut is_below_home = false;
        let parts = path.split('/').enumerate().map(|(index, part)| {
            let is_home = is_below_home;
            is_below_home = index == 1 && part == "home";
            if (is_home && !part.is_empty()) || self.is_person(part) {
                self.text(part)
            } else {
                part.to_owned()
            }
        });
        parts.collect::<Vec<_>>().join("/")
    }

    /// A unit's name in which an instance that is a person's name is the pseudonym instead.
    #[must_use]
    pub(crate) fn unit(&self, unit: &str) -> String {
        let Some((template, rest)) = unit.split_once('@') else { return unit.to_owned() };
        let Some((instance, suffix)) = rest.rsplit_once('.') else { return unit.to_owned() };
        if self.is_person(instance) {
            return format!("{template}@{}.{suffix}", self.text(instance));
        }
        unit.to_owned()
    }

    fn text(&self, name: &str) -> String {
        match self.names.person(name) {
            UserName::Clear(text) | UserName::Pseudonym(text) => text,
        }
    }

    fn is_person(&self, name: &str) -> bool {
        !name.is_empty()
            && self.entries.iter().any(|it| it.name == name && self.kind(it) == AccountKind::Person)
    }

    fn is_person_uid(&self, uid: u32) -> bool {
        uid >= self.uid_min
            && uid != NOBODY_UID
            && uid != NONE_UID
            && uid != u32::MAX
            && !DYNAMIC_UIDS.contains(&uid)
    }
}

fn parse_passwd(text: &str) -> (Vec<PasswdEntry>, Vec<Complaint>) {
    let mut entries = Vec::new();
    let mut complaints = Vec::new();
    for (index, line) in text.lines().enumerate() {
        // `+` and `-` lines ask a directory service, see nsswitch.conf(5).
        if line.trim().is_empty() || line.starts_with(['#', '+', '-']) {
            continue;
        }
        match parse_passwd_line(line) {
            Some(entry) => entries.push(entry),
            None => complaints.push(Complaint {
                place: format!("{PASSWD_PATH} line {}", index + 1),
                problem: "not seven fields with two numbers".to_owned(),
            }),
        }
    }
    (entries, complaints)
}

fn parse_passwd_line(line: &str) -> Option<PasswdEntry> {
    let mut fields = line.split(':');
    let name = fields.next().filter(|it| !it.is_empty())?.to_owned();
    let password = fields.next()?.to_owned();
    let uid = fields.next()?.parse().ok()?;
    let gid = fields.next()?.parse().ok()?;
    let _comment = fields.next()?;
    let home = fields.next()?.to_owned();
    let shell = fields.next()?.trim().to_owned();
    Some(PasswdEntry { name, password, uid, gid, home, shell })
}

fn parse_uid_min(text: &str) -> Option<u32> {
    let lines = text.lines().map(str::split_whitespace);
    lines
        .filter_map(|mut words| (words.next()? == "UID_MIN").then(|| words.next()?.parse().ok())?)
        .next()
}

#[cfg(test)]
mod tests {
    use observation::latest::NameKey;
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::MapHost;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\n\
        daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n\
        nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n\
        +@staff::::::\n\
        broken line\n\
        alice:x:1000:1000:Alice Example,,,:/home/alice:/bin/bash\n\
        bob:x:1001:1001::/srv/people/bob:/bin/bash\n";

    fn check<T>(run: impl FnOnce(&Persons<'_>) -> T) -> T {
        let host = MapHost::new().file(PASSWD_PATH, PASSWD);
        let names = Names::new(NameKey::Run, b"k");
        run(&Persons::read(&host, &names).unwrap())
    }

    #[test]
    fn system_accounts_keep_their_names_and_persons_do_not() {
        check(|persons| {
            assert_eq!(persons.account(0), UserName::Clear("root".to_owned()));
            assert_eq!(persons.account(65_534), UserName::Clear("nobody".to_owned()));
            assert!(matches!(persons.account(1000), UserName::Pseudonym(_)));
            assert_eq!(persons.account(1000), persons.name("alice"));
        });
    }

    #[test]
    fn a_number_without_account_is_not_given_a_name() {
        check(|persons| {
            assert_eq!(persons.account(117), UserName::Clear("uid 117".to_owned()));
            assert!(matches!(persons.account(250_001), UserName::Pseudonym(_)));
            assert_eq!(persons.account(61_200), UserName::Clear("uid 61200".to_owned()));
        });
    }

    #[test]
    fn a_broken_line_costs_one_complaint() {
        check(|persons| {
            assert_eq!(persons.entries().len(), 5);
            assert_eq!(persons.complaints().len(), 1);
            assert_eq!(persons.complaints()[0].place, "/etc/passwd line 5");
        });
    }

    #[test]
    fn no_path_names_a_person() {
        check(|persons| {
            let alice = persons.text("alice");
            assert_eq!(persons.path("/home/alice/bin/server"), format!("/home/{alice}/bin/server"));
            assert_eq!(
                persons.path("/srv/people/bob/x"),
                format!("/srv/people/{}/x", persons.text("bob"))
            );
            // The account of somebody who left.
            assert!(!persons.path("/home/charlie/x").contains("charlie"));
            assert_eq!(persons.path("/usr/sbin/nginx"), "/usr/sbin/nginx");
            assert_eq!(persons.path("/home"), "/home");
        });
    }

    #[test]
    fn no_unit_names_a_person() {
        check(|persons| {
            let alice = persons.text("alice");
            assert_eq!(persons.unit("sync@alice.service"), format!("sync@{alice}.service"));
            assert_eq!(persons.unit("getty@tty1.service"), "getty@tty1.service");
            assert_eq!(persons.unit("nginx.service"), "nginx.service");
        });
    }

    #[test]
    fn login_defs_says_where_persons_begin() {
        assert_eq!(parse_uid_min("# UID_MIN 5\nUID_MIN\t\t 500\nUID_MAX 60000\n"), Some(500));
        assert_eq!(parse_uid_min("UID_MIN\n"), None);
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(text in "\\PC{0,200}(\n[a-z:0-9]{0,40}){0,5}") {
            let (entries, complaints) = parse_passwd(&text);
            prop_assert!(entries.len() + complaints.len() <= text.lines().count());
        }
    }
}
