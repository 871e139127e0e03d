//! Local groups and their members.

use observation::latest::{Absent, Cadence, Fact, Group, Platform, SourceId, UserName};

use crate::sources::context::Context;
use crate::sources::members::{GroupEntry, Groups};
use crate::sources::persons::Persons;
use crate::sources::{Found, Source};

/// Local groups.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("accounts.groups"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let groups = Groups::read(context.host)?;
    let persons = Persons::read(context.host, context.names)?;
    let facts = groups.entries.iter().map(|entry| {
        Fact::Group(Group {
            name: name(entry, &persons),
            gives_administration: groups.gives_administration(entry),
            members: Groups::members(entry, persons.entries())
                .into_iter()
                .map(|it| persons.name(it))
                .collect(),
        })
    });
    let facts = facts.collect();
    Ok(Found { facts, complaints: groups.complaints, ..Found::default() })
}

/// The private group of a person bears the person's name.
fn name(entry: &GroupEntry, persons: &Persons<'_>) -> UserName {
    let is_account = persons.entries().iter().any(|it| it.name == entry.name);
    if is_account { persons.name(&entry.name) } else { UserName::Clear(entry.name.clone()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    const PASSWD: &str = "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/:/bin/false\n\
        alice:x:1000:1000::/home/alice:/bin/sh\nbob:x:1001:1001::/home/bob:/bin/sh\n";
    const GROUP: &str = "root:x:0:\nsudo:x:27:alice\nwww-data:x:33:\nalice:x:1000:\nteam:x:1005:alice,bob,www-data\n";

    #[test]
    fn groups_have_all_members_and_no_persons_names() {
        let host = MapHost::new()
            .file("/etc/passwd", PASSWD)
            .file("/etc/group", GROUP)
            .file("/etc/sudoers", "");
        let found = with_context(&host, observe).unwrap();
        let groups: Vec<&Group> = found
            .facts
            .iter()
            .map(|it| {
                let Fact::Group(group) = it else { panic!("{it:?}") };
                group
            })
            .collect();
        let [root, sudo, www, alice, team] = &*groups else { panic!("{groups:?}") };
        assert_eq!(root.members, [UserName::Clear("root".to_owned())]);
        assert!(sudo.gives_administration && !root.gives_administration);
        assert_eq!(www.name, UserName::Clear("www-data".to_owned()));
        assert_eq!(sudo.members, std::slice::from_ref(&alice.name));
        assert!(matches!(alice.name, UserName::Pseudonym(_)));
        assert_eq!(team.name, UserName::Clear("team".to_owned()));
        assert_eq!(team.members.len(), 3);
        let text = format!("{found:?}");
        assert!(!text.contains("alice") && !text.contains("bob"), "{text}");
    }

    #[test]
    fn a_machine_without_groups_is_not_here() {
        let host = MapHost::new().file("/etc/passwd", PASSWD);
        assert!(matches!(with_context(&host, observe), Err(Absent::NotHere { .. })));
    }
}
