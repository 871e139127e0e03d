//! Groups and their members (group(5)), and which groups make their members administrators.

use std::collections::BTreeSet;

use observation::latest::{Absent, Complaint};

use crate::host::{Ask, Host};
use crate::sources::persons::PasswdEntry;

/// Where groups stand.
pub(crate) const GROUP_PATH: &str = "/etc/group";
/// Groups that the usual configurations of sudo and polkit make administrators.
const ADMINISTRATORS: &[&str] = &["admin", "sudo", "wheel"];
/// Where these configurations stand: without any of them, such a group is only a name.
const GRANTED_BY: &[&str] =
    &["/etc/sudoers", "/etc/doas.conf", "/usr/share/polkit-1/rules.d", "/etc/polkit-1"];

/// One line of group(5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GroupEntry {
    /// Name.
    pub(crate) name: String,
    /// Group id.
    pub(crate) gid: u32,
    /// Further members, as the file lists them.
    pub(crate) listed: Vec<String>,
}

/// The groups of the machine.
pub(crate) struct Groups {
    /// In the order of the file.
    pub(crate) entries: Vec<GroupEntry>,
    /// What could not be understood.
    pub(crate) complaints: Vec<Complaint>,
    grants: bool,
}

impl Groups {
    /// Reads the groups.
    pub(crate) fn read(host: &dyn Host) -> Result<Self, Absent> {
        let (entries, complaints) = parse(&host.text(GROUP_PATH)?);
        let grants = GRANTED_BY.iter().any(|it| host.status(it).is_ok());
        Ok(Self { entries, complaints, grants })
    }

    /// Whether membership makes an administrator.
    pub(crate) fn gives_administration(&self, group: &GroupEntry) -> bool {
        self.grants && ADMINISTRATORS.contains(&group.name.as_str())
    }

    /// The names of a group's members, primary ones included.
    pub(crate) fn members<'a>(
        group: &'a GroupEntry,
        accounts: &'a [PasswdEntry],
    ) -> BTreeSet<&'a str> {
        let primary = accounts.iter().filter(|it| it.gid == group.gid).map(|it| it.name.as_str());
        primary.chain(group.listed.iter().map(String::as_str)).collect()
    }

    /// The names of all administrators by membership.
    pub(crate) fn administrators<'a>(&'a self, accounts: &'a [PasswdEntry]) -> BTreeSet<&'a str> {
        let groups = self.entries.iter().filter(|it| self.gives_administration(it));
        groups.flat_map(|it| Self::members(it, accounts)).collect()
    }
}

fn parse(text: &str) -> (Vec<GroupEntry>, Vec<Complaint>) {
    let mut entries = Vec::new();
    let mut complaints = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with(['#', '+', '-']) {
            continue;
        }
        match parse_line(line) {
            Some(entry) => entries.push(entry),
            None => complaints.push(Complaint {
                place: format!("{GROUP_PATH} line {}", index + 1),
                problem: "not four fields with a number".to_owned(),
            }),
        }
    }
    (entries, complaints)
}

fn parse_line(line: &str) -> Option<GroupEntry> {
    let mut fields = line.split(':');
    let name = fields.next().filter(|it| !it.is_empty())?.to_owned();
    let _password = fields.next()?;
    let gid = fields.next()?.parse().ok()?;
    let listed = fields.next()?.split(',').map(str::trim).filter(|it| !it.is_empty());
    Some(GroupEntry { name, gid, listed: listed.map(str::to_owned).collect() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::MapHost;

    const GROUP: &str = "root:x:0:\nsudo:x:27:alice, bob\nbroken\nalice:x:1000:\nwww-data:x:33:\n";

    #[test]
    fn a_group_of_administrators_is_one_where_something_grants_it() {
        let host = MapHost::new().file(GROUP_PATH, GROUP);
        let groups = Groups::read(&host).unwrap();
        assert!(groups.administrators(&[]).is_empty());
        let groups = Groups::read(&host.file("/etc/sudoers", "")).unwrap();
        assert_eq!(groups.administrators(&[]), BTreeSet::from(["alice", "bob"]));
    }

    #[test]
    fn primary_members_are_members() {
        let (entries, _) = parse(GROUP);
        let alice = PasswdEntry {
            name: "alice".to_owned(),
            password: "x".to_owned(),
            uid: 1000,
            gid: 1000,
            home: "/home/alice".to_owned(),
            shell: "/bin/sh".to_owned(),
        };
        let group = entries.iter().find(|it| it.gid == 1000).unwrap();
        assert_eq!(Groups::members(group, &[alice]), BTreeSet::from(["alice"]));
    }

    #[test]
    fn a_broken_line_costs_one_complaint() {
        let (entries, complaints) = parse(GROUP);
        assert_eq!(entries.len(), 4);
        assert_eq!(complaints[0].place, "/etc/group line 3");
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(text in "(\\PC{0,10}:?\\PC{0,5}:?[0-9]{0,12}:?\\PC{0,9}\n){0,6}") {
            let (entries, complaints) = parse(&text);
            prop_assert!(entries.len() + complaints.len() <= text.lines().count());
        }
    }
}
