//! What extensions of browsers and of development environments have in common: they lie in the homes of persons.

use observation::latest::{Absent, AccountKind, Complaint, Gap, UserName};

use crate::host::Host;
use crate::sources::Found;
use crate::sources::homes::RemotePlaces;
use crate::sources::persons::Persons;

/// Most permissions of one extension that are told, and the longest one.
pub(crate) const PERMISSIONS_MAX: usize = 50;
pub(crate) const PERMISSION_BYTES_MAX: usize = 200;
/// Most homes.
const HOMES_MAX: usize = 500;

/// The homes of persons and of root that lie on this machine.
pub(crate) struct Homes {
    /// Home and whose it is.
    pub(crate) list: Vec<(String, UserName)>,
    /// Pseudonymous paths of homes on other machines.
    remote: Vec<String>,
    /// Entries of persons beyond those that are looked at.
    left_out: usize,
}

impl Homes {
    pub(crate) fn of(host: &dyn Host, persons: &Persons<'_>) -> Self {
        let places = RemotePlaces::read(host);
        let left_out = persons.entries().len().saturating_sub(HOMES_MAX);
        let mut homes = Self { list: Vec::new(), remote: Vec::new(), left_out };
        for entry in persons.entries().iter().take(HOMES_MAX) {
            if !matches!(persons.kind(entry), AccountKind::Person | AccountKind::Root) {
                continue;
            }
            let home = entry.home.trim_end_matches('/').to_owned();
            if places.hold(&home) {
                homes.remote.push(persons.path(&home));
            } else if !home.is_empty() {
                homes.list.push((home, persons.name(&entry.name)));
            }
        }
        homes
    }

    /// What was found, and what was not looked at.
    ///
    /// # Errors
    /// *Not here* without anything.
    pub(crate) fn finish(self, mut found: Found) -> Result<Found, Absent> {
        let reason = |what: &str| {
            let (why, what) = ("remote_file_system".to_owned(), what.to_owned());
            Absent::NotLookedAt { why, what }
        };
        if self.left_out > 0 {
            let problem = format!("{} more accounts were not looked at", self.left_out);
            found.complaints.push(Complaint { place: "/etc/passwd".to_owned(), problem });
        }
        found.gaps.extend(self.remote.iter().map(|it| gap(it, reason(it))));
        if found == Found::default() {
            return Err(Absent::NotHere { looked_at: "~".to_owned() });
        }
        Ok(found)
    }
}

/// The first entries of a list; that there are more is said.
pub(crate) fn first<T>(mut list: Vec<T>, most: usize, place: &str, found: &mut Found) -> Vec<T> {
    if list.len() > most {
        let problem = format!("{} entries, of which the first {most} are told", list.len());
        found.complaints.push(Complaint { place: place.to_owned(), problem });
        list.truncate(most);
    }
    list
}

/// Extensions that could not be seen.
pub(crate) fn gap(place: &str, reason: Absent) -> Gap {
    // The path in a reason may bear a person's name.
    let reason = match reason {
        Absent::NotAllowed { needs, .. } => Absent::NotAllowed { what: place.to_owned(), needs },
        Absent::Failed { cause, .. } => Absent::Failed { doing: format!("reading {place}"), cause },
        Absent::TimedOut { after_ms, .. } => {
            Absent::TimedOut { doing: format!("reading {place}"), after_ms }
        }
        other @ (Absent::NotHere { .. } | Absent::NotLookedAt { .. }) => other,
    };
    Gap { field: "extension".to_owned(), of: Some(place.to_owned()), reason }
}

/// What was read; what is not there is nothing, what may not be read is a gap.
pub(crate) fn readable<T>(
    read: Result<T, Absent>,
    persons: &Persons<'_>,
    path: &str,
    found: &mut Found,
) -> Option<T> {
    match read {
        Ok(it) => Some(it),
        Err(Absent::NotHere { .. }) => None,
        Err(reason) => {
            let gap = gap(&persons.path(path), reason);
            // A closed home is closed for each of the programs.
            if !found.gaps.contains(&gap) {
                found.gaps.push(gap);
            }
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use observation::latest::Privilege;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    const PASSWD: &str = "root:x:0:0::/root:/bin/bash\ndaemon:x:1:1::/usr/sbin:/usr/sbin/nologin\n\
        alice:x:1000:1000::/home/alice/:/bin/bash\nbob:x:1001:1001::/net/bob:/bin/bash\n";

    #[test]
    fn homes_are_those_of_persons_and_root_on_this_machine() {
        let host = MapHost::new()
            .file("/etc/passwd", PASSWD)
            .file("/proc/self/mountinfo", "36 1 0:30 / /net rw - nfs4 srv:/net rw\n");
        with_context(&host, |context| {
            let persons = Persons::read_or_none(context.host, context.names);
            let homes = Homes::of(context.host, &persons);
            let list: Vec<&str> = homes.list.iter().map(|it| it.0.as_str()).collect();
            assert_eq!(list, ["/root", "/home/alice"]);
            let found = homes.finish(Found::default()).unwrap();
            let [gap] = &*found.gaps else { panic!("{found:?}") };
            assert!(
                matches!(&gap.reason, Absent::NotLookedAt { why, .. } if why == "remote_file_system")
            );
            assert!(!format!("{found:?}").contains("bob"));
        });
    }

    #[test]
    fn more_accounts_than_are_looked_at_are_said() {
        let line = |it: usize| format!("u{it}:x:{}:100::/home/u{it}:/bin/sh\n", 2000 + it);
        let passwd: String = (0..HOMES_MAX + 3).map(line).collect();
        with_context(&MapHost::new().file("/etc/passwd", passwd), |context| {
            let persons = Persons::read_or_none(context.host, context.names);
            let homes = Homes::of(context.host, &persons);
            assert_eq!(homes.list.len(), HOMES_MAX);
            let found = homes.finish(Found::default()).unwrap();
            assert_eq!(found.complaints[0].problem, "3 more accounts were not looked at");
        });
    }

    #[test]
    fn reasons_name_the_pseudonymous_place_alone() {
        let what = || "/home/alice/.mozilla".to_owned();
        for reason in [
            Absent::NotAllowed { what: what(), needs: Privilege::Root },
            Absent::Failed { doing: what(), cause: "x".to_owned() },
            Absent::TimedOut { doing: what(), after_ms: 1 },
        ] {
            let gap = gap("~p-x/.mozilla", reason);
            assert!(!format!("{gap:?}").contains("alice"), "{gap:?}");
        }
    }

    #[test]
    fn a_closed_home_is_one_gap_and_what_is_not_there_none() {
        with_context(&MapHost::new().file("/etc/passwd", PASSWD), |context| {
            let persons = Persons::read_or_none(context.host, context.names);
            let mut found = Found::default();
            let closed =
                || Absent::NotAllowed { what: "/home/alice".to_owned(), needs: Privilege::Root };
            for _ in 0..2 {
                assert_eq!(
                    readable::<()>(Err(closed()), &persons, "/home/alice", &mut found),
                    None
                );
            }
            let not_here = Absent::NotHere { looked_at: "/home/alice/x".to_owned() };
            assert_eq!(readable::<()>(Err(not_here), &persons, "/home/alice/x", &mut found), None);
            assert_eq!(readable(Ok(7), &persons, "/home/alice/y", &mut found), Some(7));
            assert_eq!(found.gaps.len(), 1);
            assert!(!format!("{found:?}").contains("alice"));
        });
        let nothing = Homes { list: Vec::new(), remote: Vec::new(), left_out: 0 };
        assert!(matches!(nothing.finish(Found::default()), Err(Absent::NotHere { .. })));
    }

    #[test]
    fn what_is_too_much_is_left_out_and_said() {
        let mut found = Found::default();
        assert_eq!(first(vec![1, 2, 3], 3, "~/x", &mut found), [1, 2, 3]);
        assert!(found.complaints.is_empty());
        assert_eq!(first(vec![1, 2, 3], 2, "~/x", &mut found), [1, 2]);
        assert_eq!(found.complaints[0].problem, "3 entries, of which the first 2 are told");
    }
}
