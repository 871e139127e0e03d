//! Servers of databases and their databases.

use observation::latest::{Absent, Cadence, Fact, Platform, SourceId};

use crate::sources::context::Context;
use crate::sources::persons::Persons;
use crate::sources::{Found, Source, database_servers};

/// Databases.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("services.databases"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let persons = Persons::read_or_none(context.host, context.names);
    let mut found = Found::default();
    let databases = database_servers::read(context.host, &mut found);
    found.facts.extend(databases.into_iter().map(|mut it| {
        it.place = persons.path(&it.place);
        it.data_folder = it.data_folder.map(|it| persons.path(&it));
        Fact::Database(it)
    }));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    #[test]
    fn a_folder_below_a_home_has_no_name_of_a_person() {
        let host = MapHost::new()
            .file("/etc/passwd", "alice:x:1000:1000::/home/alice:/bin/sh\n")
            .file("/etc/redis.conf", "dir /home/alice/redis\n");
        let found = with_context(&host, observe).unwrap();
        assert_eq!(found.facts.len(), 1);
        assert!(!format!("{found:?}").contains("alice"));
    }

    #[test]
    fn what_may_not_be_read_is_a_gap() {
        let host = MapHost::unprivileged().forbid("/etc/redis.conf");
        let found = with_context(&host, observe).unwrap();
        assert_eq!((found.facts.len(), found.gaps.len()), (0, 1));
    }
}
