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
    use super::*;

    #[test]
    fn what_is_too_much_is_left_out_and_said() {
        let mut found = Found::default();
        assert_eq!(first(vec![1, 2, 3], 3, "~/x", &mut found), [1, 2, 3]);
        assert!(found.complaints.is_empty());
        assert_eq!(first(vec![1, 2, 3], 2, "~/x", &mut found), [1, 2]);
        assert_eq!(found.complaints[0].problem, "3 entries, of which the first 2 are told");
    }
}
