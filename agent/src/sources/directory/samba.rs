//! Computer accounts of a Samba domain, from the database that its domain controller keeps on this host. Of
//! each record only a few attributes are looked at; users and passwords are passed over.

use jiff::Timestamp;
use observation::latest::{
    Absent, Cadence, Fact, Gap, MachineList, NamedMachine, Platform, SourceId,
};
use uuid::Uuid;

use crate::host::Ask;
use crate::host::samba::tdb::Database;
use crate::host::samba::{ATTRIBUTES, COMPUTERS_MAX, is_object, ldb};
use crate::sources::context::Context;
use crate::sources::{Found, Source, named};

/// Partitions of the domain's database: Debian, built from source.
const FOLDERS: &[&str] =
    &["/var/lib/samba/private/sam.ldb.d", "/usr/local/samba/private/sam.ldb.d"];
/// Partitions without accounts.
const OTHERS: &[&str] =
    &["CN=CONFIGURATION,", "CN=SCHEMA,", "DC=DOMAINDNSZONES,", "DC=FORESTDNSZONES,"];
/// Largest partition: an empty domain has 5 MB, some thousand accounts 30 MB.
const PARTITION_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// `ACCOUNTDISABLE` in the attribute userAccountControl ([MS-ADTS] 2.2.16).
const DISABLED: i64 = 2;
/// Seconds from 1601, when Windows' time begins, to 1970.
const FROM_1601_SECONDS: i64 = 11_644_473_600;
/// Computer accounts. With the time of the last logon they move by themselves.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("directory.samba"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Volatile,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let mut found = Found::default();
    let mut is_here = false;
    for folder in FOLDERS {
        let names = match context.host.names(folder) {
            Ok(names) => names,
            Err(Absent::NotHere { .. }) => continue,
            Err(reason) => return Err(reason),
        };
        is_here = true;
        for name in names.iter().filter(|it| it.ends_with(".ldb")) {
            if OTHERS.iter().any(|it| name.to_ascii_uppercase().starts_with(it)) {
                continue;
            }
            let path = format!("{folder}/{name}");
            let bytes = named::read_bytes(
                context.host,
                &path,
                PARTITION_BYTES_MAX,
                "named_machine",
                &mut found,
            );
            if let Some(bytes) = bytes {
                partition(&bytes, &path, &mut found);
            }
        }
    }
    if !is_here {
        return Err(Absent::NotHere { looked_at: FOLDERS.join(", ") });
    }
    Ok(found)
}

fn partition(bytes: &[u8], path: &str, found: &mut Found) {
    let database = match Database::new(bytes) {
        Ok(database) => database,
        Err(_) => {
            // Samba can keep its domain in LMDB instead.
            let (why, what) = ("foreign_store".to_owned(), path.to_owned());
            let reason = Absent::NotLookedAt { why, what: what.clone() };
            found.gaps.push(Gap { field: "named_machine".to_owned(), of: Some(what), reason });
            return;
        }
    };
    let mut problem = None;
    let mut machines = Vec::new();
    let result = database.each(|key, data| {
        if !is_object(key) || machines.len() == COMPUTERS_MAX {
            return;
        }
        match computer(data, path) {
            Ok(machine) => machines.extend(machine),
            Err(it) => problem = Some(it),
        }
    });
    found.facts.extend(machines.into_iter().map(Fact::NamedMachine));
    if let Some(problem) = result.err().or(problem) {
        found.complaints.push(named::complaint(path, problem));
    }
}

fn computer(record: &[u8], path: &str) -> Result<Option<NamedMachine>, &'static str> {
    let mut machine = named::machine(MachineList::Directory, "samba", path);
    let (mut is_computer, mut is_deleted) = (false, false);
    let (mut system, mut version, mut common) = (None, None, None);
    ldb::each(record, ATTRIBUTES, |name, value| {
        let text =
            || std::str::from_utf8(value).ok().filter(|it| !it.is_empty()).map(str::to_owned);
        let number = || text().and_then(|it| it.parse::<i64>().ok());
        match name {
            "objectClass" => is_computer |= value == b"computer",
            "isDeleted" => is_deleted = value == b"TRUE",
            "cn" => common = text(),
            "dNSHostName" => machine.name = text().as_deref().and_then(named::host_name),
            "objectGUID" => {
                let guid = value.try_into().ok().map(Uuid::from_bytes_le);
                machine.id = guid.map(|it| it.to_string());
            }
            "operatingSystem" => system = text(),
            "operatingSystemVersion" => version = text(),
            "userAccountControl" => machine.is_active = number().map(|it| it & DISABLED == 0),
            "lastLogonTimestamp" => machine.last_seen_at = number().and_then(time),
            _ => {}
        }
    })?;
    if !is_computer || is_deleted {
        return Ok(None);
    }
    machine.name = machine.name.or_else(|| named::host_name(&common?));
    machine.operating_system = match (system, version) {
        (Some(system), Some(version)) => Some(format!("{system} {version}")),
        (system, version) => system.or(version),
    };
    Ok(Some(machine))
}

/// Tenths of microseconds since 1601; zero is never.
fn time(ticks: i64) -> Option<Timestamp> {
    let seconds = (ticks > 0).then_some(ticks / 10_000_000)?;
    Timestamp::from_second(seconds - FROM_1601_SECONDS).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    /// Records of a domain that samba-tool 4.17 provisioned, packed into a file of their own: the controller,
    /// two computers and a user. Passwords in it are those of a machine that never was.
    const DOMAIN: &[u8] = include_bytes!("../../../../tests/fixtures/servers/samba/domain.ldb");
    /// Written by ldbadd: a computer and a user in the older form.
    const PLAIN: &[u8] = include_bytes!("../../../../tests/fixtures/servers/samba/plain.ldb");
    const PATH: &str = "/var/lib/samba/private/sam.ldb.d/DC=EXAMPLE,DC=TEST.ldb";

    fn machines(bytes: &[u8]) -> (Vec<NamedMachine>, Found) {
        let host = MapHost::new()
            .file(PATH, bytes)
            .file("/var/lib/samba/private/sam.ldb.d/CN=SCHEMA,CN=X.ldb", "junk");
        let found = with_context(&host, observe).unwrap();
        let machines = found.facts.iter().map(|it| {
            let Fact::NamedMachine(it) = it else { panic!("{it:?}") };
            it.clone()
        });
        (machines.collect(), found.clone())
    }

    /// As ldbsearch shows them.
    #[test]
    fn computers_are_read_and_users_are_not() {
        let (machines, found) = machines(DOMAIN);
        assert!(found.complaints.is_empty(), "{found:?}");
        let of = |id: &str| machines.iter().find(|it| it.id.as_deref() == Some(id)).unwrap();
        assert_eq!(machines.len(), 3);
        let server = of("3971f317-0c5c-4b6f-a2c6-04d3a49642f3");
        assert_eq!(server.name.as_deref(), Some("srv02.example.test"));
        assert_eq!(
            server.operating_system.as_deref(),
            Some("Windows Server 2022 Standard 10.0 (20348)")
        );
        assert_eq!(server.is_active, Some(true));
        let client = of("8d936cb3-3b05-4b06-ab07-5abd28c24415");
        assert_eq!((client.name.as_deref(), client.is_active), (Some("PC01"), Some(false)));
        assert_eq!(client.last_seen_at, "2026-11-23T14:00:00Z".parse().ok());
        let controller = of("8fdd8fb1-d357-45fe-8e71-5c7f3e8f4192");
        assert_eq!(controller.operating_system.as_deref(), Some("Samba 4.17.12-Debian"));
        assert!(!format!("{found:?}").contains("anna"));
    }

    #[test]
    fn the_older_form_is_read_too() {
        let (machines, _) = machines(PLAIN);
        let [machine] = &*machines else { panic!("{machines:?}") };
        assert_eq!(machine.name.as_deref(), Some("old01.example.test"));
        assert_eq!(machine.is_active, Some(false));
    }

    #[test]
    fn other_stores_and_cut_files_are_said() {
        assert_eq!(machines(b"LMDB").1.gaps.len(), 1);
        assert_eq!(machines(&DOMAIN[..DOMAIN.len() - 1000]).1.complaints.len(), 1);
        assert!(matches!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { .. })));
        let host = MapHost::unprivileged().forbid("/var/lib/samba/private");
        assert!(matches!(with_context(&host, observe), Err(Absent::NotAllowed { .. })));
    }

    #[test]
    fn times_of_windows_begin_in_1601() {
        assert_eq!(time(0), None);
        assert_eq!(time(i64::MAX), None, "the greatest number means never");
        assert_eq!(time(116_444_736_000_000_000), Some(Timestamp::UNIX_EPOCH));
    }

    proptest! {
        #[test]
        fn mutated_files_never_panic(changes in proptest::collection::vec((0..DOMAIN.len(), any::<u8>()), 1..20)) {
            let mut bytes = DOMAIN.to_vec();
            for (at, byte) in changes {
                bytes[at] = byte;
            }
            let _ = machines(&bytes);
        }
    }
}
