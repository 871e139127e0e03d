//! When accounts last logged in, from the binary wtmp(5) and lastlog(8) and the databases of wtmpdb(8) and
//! lastlog2(8), where somebody switched it on.
//!
//! Only the newest `wtmp` is read, not those that were rotated away.

use std::collections::BTreeMap;

use jiff::Timestamp;
use observation::latest::{
    Absent, Cadence, Complaint, Fact, Gap, LastLogin, Platform, SourceId, UserName,
};

use crate::host::{Ask, Host};
use crate::sources::context::Context;
use crate::sources::persons::Persons;
use crate::sources::pieces::{Pieces, Unread};
use crate::sources::sqlite::{self, Bounds, Value};
use crate::sources::{Found, Source};

/// When accounts last logged in.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("accounts.logins"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Volatile,
    observe,
};

const WTMP: &str = "/var/log/wtmp";
const LASTLOG: &str = "/var/log/lastlog";
const LASTLOG2: &str = "/var/lib/lastlog/lastlog2.db";
const WTMPDB: &str = "/var/lib/wtmpdb/wtmp.db";
/// Rows of these databases hold a name, a place and a time.
const BOUNDS: Bounds = Bounds { row_bytes: 64 * 1024, rows: 100_000 };
/// The number that wtmpdb has for a login of somebody.
const LOGIN_OF_WTMPDB: i64 = 3;
/// Largest file: 40,000 logins, or accounts up to number 50,000.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// `USER_PROCESS`: somebody logged in.
const LOGIN: i16 = 7;
/// One record of lastlog(8): time, line, host.
const LASTLOG_RECORD: usize = 4 + 32 + 256;

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    if !context.options.reports_logins {
        let (why, what) = ("switched_off".to_owned(), "accounts.logins".to_owned());
        return Err(Absent::NotLookedAt { why, what });
    }
    let persons = Persons::read(context.host, context.names)?;
    let mut found = Found::default();
    let mut logins: BTreeMap<UserName, LastLogin> = BTreeMap::new();
    let mut seen = false;
    if let Some(bytes) = bytes(context.host, WTMP, &mut found.gaps) {
        seen = true;
        if !bytes.len().is_multiple_of(record_bytes(&bytes)) {
            let problem = "its length is no multiple of a record".to_owned();
            found.complaints.push(Complaint { place: WTMP.to_owned(), problem });
        }
        let records = bytes.chunks_exact(record_bytes(&bytes)).filter_map(login);
        let records = records.map(|it| (it.name, it.at, it.is_remote));
        count(records, &persons, &mut logins);
    }
    if let Some(bytes) = bytes(context.host, LASTLOG, &mut found.gaps) {
        seen = true;
        for (uid, record) in bytes.chunks_exact(LASTLOG_RECORD).enumerate() {
            add_last(uid, record, &persons, &mut logins);
        }
    }
    let mut of_database = Vec::new();
    seen |= database(context.host, WTMPDB, "wtmp", &mut found, &mut |row| {
        // ID, type, user, login, logout, line, host, service.
        let is_login = row.get(1)?.number()? == LOGIN_OF_WTMPDB;
        let micros = row.get(3)?.number().filter(|it| is_login && *it > 0);
        let at = micros.and_then(|it| Timestamp::from_microsecond(it).ok());
        let name = row.get(2)?.text().map(str::to_owned);
        of_database.extend(at.zip(name).map(|(at, name)| (name, at, is_remote(row.get(6)))));
        Some(())
    });
    count(
        of_database.iter().map(|(name, at, is_remote)| (&**name, *at, *is_remote)),
        &persons,
        &mut logins,
    );
    seen |= database(context.host, LASTLOG2, "Lastlog2", &mut found, &mut |row| {
        // Name, time, line, host, service.
        let seconds = row.get(1)?.number().filter(|it| *it > 0);
        let at = seconds.and_then(|it| Timestamp::from_second(it).ok());
        if let Some((name, at)) = row.first()?.text().zip(at) {
            newest(persons.name(name), at, is_remote(row.get(3)), &mut logins);
        }
        Some(())
    });
    if !seen && found.gaps.is_empty() {
        let looked_at = [WTMP, LASTLOG, WTMPDB, LASTLOG2].join(", ");
        return Err(Absent::NotHere { looked_at });
    }
    found.facts = logins.into_values().map(Fact::LastLogin).collect();
    Ok(found)
}

fn bytes(host: &dyn Host, path: &str, gaps: &mut Vec<Gap>) -> Option<Vec<u8>> {
    match host.bytes(path, FILE_BYTES_MAX) {
        Ok(bytes) => Some(bytes),
        Err(Absent::NotHere { .. }) => None,
        Err(reason) => {
            gaps.push(gap(reason));
            None
        }
    }
}

/// The rows of a database; whether there is one.
fn database(
    host: &dyn Host,
    path: &str,
    table: &str,
    found: &mut Found,
    take: sqlite::Take<'_>,
) -> bool {
    match sqlite::rows(&mut Pieces::new(host, path), table, BOUNDS, take) {
        Ok(()) => {}
        Err(Unread::Absent(Absent::NotHere { .. })) => return false,
        Err(Unread::Absent(reason)) => {
            found.gaps.push(gap(reason));
            return false;
        }
        Err(Unread::Broken(problem)) => {
            let (place, problem) = (path.to_owned(), problem.to_owned());
            found.complaints.push(Complaint { place, problem });
        }
    }
    true
}

/// A display such as `:0` is no other machine.
fn is_remote(host: Option<&Value<'_>>) -> bool {
    let host = host.and_then(|it| it.text());
    host.is_some_and(|it| !it.is_empty() && !it.starts_with(':'))
}

fn gap(reason: Absent) -> Gap {
    Gap { field: "last_login".to_owned(), of: None, reason }
}

/// Where the fields of a record stand: utmp(5) of glibc keeps 32-bit times on most systems (384 bytes), and
/// 64-bit ones on a few of 64 bits (400 bytes).
fn record_bytes(bytes: &[u8]) -> usize {
    if !bytes.len().is_multiple_of(384) && bytes.len().is_multiple_of(400) { 400 } else { 384 }
}

/// One login of wtmp(5).
struct Login<'a> {
    name: &'a str,
    at: Timestamp,
    is_remote: bool,
}

fn login(record: &[u8]) -> Option<Login<'_>> {
    let kind = i16::from_ne_bytes(*record.first_chunk()?);
    if kind != LOGIN {
        return None;
    }
    let name = text(record.get(44..76)?)?;
    let host = record.get(76..332)?;
    let seconds = if record.len() == 400 {
        i64::from_ne_bytes(*record.get(344..)?.first_chunk()?)
    } else {
        // Unsigned: the times of this record last until 2106.
        i64::from(u32::from_ne_bytes(*record.get(340..)?.first_chunk()?))
    };
    let at = Timestamp::from_second(seconds).ok().filter(|_| seconds > 0)?;
    // A display such as `:0` is no other machine.
    let is_remote = text(host).is_some_and(|it| !it.starts_with(':'));
    Some(Login { name, at, is_remote })
}

/// The text up to the first zero; none where it is empty or no text.
fn text(field: &[u8]) -> Option<&str> {
    let field = field.split(|it| *it == 0).next()?;
    std::str::from_utf8(field).ok().filter(|it| !it.is_empty())
}

fn count<'a>(
    all: impl Iterator<Item = (&'a str, Timestamp, bool)>,
    persons: &Persons<'_>,
    logins: &mut BTreeMap<UserName, LastLogin>,
) {
    let all: Vec<(&str, Timestamp, bool)> = all.collect();
    let since = all.iter().map(|it| it.1).min();
    for (name, at, is_remote) in all {
        let account = persons.name(name);
        let entry = logins.entry(account.clone()).or_insert_with(|| LastLogin {
            account,
            last_at: at,
            is_remote: Some(is_remote),
            count: Some(0),
            since,
        });
        entry.count = Some(entry.count.unwrap_or_default().saturating_add(1));
        // Where two lists count, the older beginning is the one since when nothing was missed.
        entry.since = entry.since.into_iter().chain(since).min();
        if at >= entry.last_at {
            (entry.last_at, entry.is_remote) = (at, Some(is_remote));
        }
    }
}

/// One more login of an account, of which only the last is known.
fn newest(
    account: UserName,
    at: Timestamp,
    is_remote: bool,
    logins: &mut BTreeMap<UserName, LastLogin>,
) {
    let is_remote = Some(is_remote);
    let last =
        LastLogin { account: account.clone(), last_at: at, is_remote, count: None, since: None };
    let entry = logins.entry(account).or_insert(last);
    if at > entry.last_at {
        (entry.last_at, entry.is_remote) = (at, is_remote);
    }
}

fn add_last(
    uid: usize,
    record: &[u8],
    persons: &Persons<'_>,
    logins: &mut BTreeMap<UserName, LastLogin>,
) {
    let Some(seconds) = record.first_chunk().map(|it| u32::from_ne_bytes(*it)) else { return };
    let Ok(at) = Timestamp::from_second(i64::from(seconds)) else { return };
    let Ok(uid) = u32::try_from(uid) else { return };
    if seconds == 0 {
        return;
    }
    let is_remote = record.get(36..).and_then(text).is_some_and(|it| !it.starts_with(':'));
    newest(persons.account(uid), at, is_remote, logins);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::Options;
    use crate::sources::testing::{MapHost, with_context};

    /// Real layout: written by `utmpdump -r` of util-linux 2.38 from a text; the truth is its input.
    const WTMP_SAMPLE: &[u8] = include_bytes!("samples/wtmp");
    /// Written by SQLite 3.40.1 with the statements of wtmpdb 0.73.
    const WTMPDB_SAMPLE: &[u8] = include_bytes!("samples/wtmp.db.zst");
    const PASSWD: &str = "root:x:0:0::/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n";

    fn check(host: &MapHost) -> Result<Found, Absent> {
        with_context(host, |context| {
            let options = Options { reports_logins: true, ..context.options };
            let Context { host, now, names, memory, .. } = *context;
            observe(&Context { host, now, names, options, memory })
        })
    }

    fn lines(found: &Found) -> Vec<String> {
        let line = |it: &Fact| {
            let Fact::LastLogin(it) = it else { panic!("{it:?}") };
            let name = match &it.account {
                UserName::Clear(name) => name.clone(),
                UserName::Pseudonym(_) => "somebody".to_owned(),
            };
            format!("{name} {} {:?} {:?}", it.last_at, it.is_remote, it.count)
        };
        found.facts.iter().map(line).collect()
    }

    /// A record of lastlog(8), whose fields `struct lastlog` of <bits/utmp.h> names.
    fn last(seconds: u32, host: &str) -> Vec<u8> {
        let mut record = seconds.to_ne_bytes().to_vec();
        record.resize(36, 0);
        record.extend(host.as_bytes());
        record.resize(LASTLOG_RECORD, 0);
        record
    }

    #[test]
    fn the_last_login_of_each_account_is_said_with_their_number() {
        let host = MapHost::new().file("/etc/passwd", PASSWD).file(WTMP, WTMP_SAMPLE);
        let found = check(&host).unwrap();
        assert_eq!(
            lines(&found),
            [
                "root 2024-05-03T07:00:00Z Some(false) Some(1)",
                "somebody 2024-05-04T08:30:00Z Some(true) Some(2)"
            ]
        );
        assert_eq!(found.complaints, []);
        let text = format!("{found:?}");
        assert!(!text.contains("alice") && !text.contains("192.0.2"), "{text}");
    }

    #[test]
    fn lastlog_knows_more_than_the_newest_wtmp() {
        let mut bytes = last(1_714_900_000, "");
        bytes.resize(LASTLOG_RECORD * 1000, 0);
        bytes.extend(last(1, "host.example"));
        let host =
            MapHost::new().file("/etc/passwd", PASSWD).file(WTMP, WTMP_SAMPLE).file(LASTLOG, bytes);
        let lines = lines(&check(&host).unwrap());
        assert_eq!(lines[0], "root 2024-05-05T09:06:40Z Some(false) Some(1)");
        assert!(lines[1].starts_with("somebody 2024-05-04"));
    }

    #[test]
    fn the_databases_of_debian_13_are_read() {
        let database = |packed: &[u8]| zstd::decode_all(packed).unwrap();
        let last = database(sqlite::samples::WITHOUT_PACKAGES);
        let passwd = format!("{PASSWD}sddm:x:110:110::/var/lib/sddm:/bin/false\n");
        let host = MapHost::new().file("/etc/passwd", &passwd).file(LASTLOG2, &last);
        let found = check(&host).unwrap();
        let all = lines(&found);
        assert_eq!(found.complaints, []);
        // Who never logged in has no time; two names without an account are one pseudonym each.
        assert_eq!(all.len(), 4, "{all:?}");
        assert!(all.contains(&"root 2024-05-05T09:06:40Z Some(false) None".to_owned()), "{all:?}");
        // A display is no other machine.
        assert!(all.contains(&"sddm 2025-06-15T15:08:20Z Some(false) None".to_owned()), "{all:?}");
        assert!(
            all.contains(&"somebody 2025-06-15T15:06:40Z Some(true) None".to_owned()),
            "{all:?}"
        );
        // Beyond what 32 bits hold.
        assert!(
            all.contains(&"somebody 2106-02-07T06:44:56Z Some(false) None".to_owned()),
            "{all:?}"
        );
        let text = format!("{found:?}");
        assert!(!text.contains("alice") && !text.contains("192.0.2"), "{text}");
        let host = host.file(WTMPDB, database(WTMPDB_SAMPLE));
        let all = lines(&check(&host).unwrap());
        assert_eq!(all.len(), 4, "{all:?}");
        // Two logins are counted, the last of them is newer than lastlog2's; the start of the machine is none.
        assert!(
            all.contains(&"somebody 2026-09-01T08:05:00.000001Z Some(true) Some(2)".to_owned()),
            "{all:?}"
        );
        assert!(
            all.contains(&"root 2026-09-01T08:06:40Z Some(false) Some(1)".to_owned()),
            "{all:?}"
        );
    }

    #[test]
    fn nobody_is_watched_unless_somebody_switched_it_on() {
        let host = MapHost::new().file("/etc/passwd", PASSWD).file(WTMP, WTMP_SAMPLE);
        let reason = with_context(&host, observe).unwrap_err();
        assert!(matches!(reason, Absent::NotLookedAt { why, .. } if why == "switched_off"));
    }

    #[test]
    fn what_is_cut_off_or_elsewhere_is_said() {
        let host = MapHost::new()
            .file("/etc/passwd", PASSWD)
            .file(WTMP, &WTMP_SAMPLE[..WTMP_SAMPLE.len() - 7])
            .file(LASTLOG2, "")
            .forbid(LASTLOG);
        let found = check(&host).unwrap();
        // The file cut off, a database that is none; the one that may not be read.
        assert_eq!((found.complaints.len(), found.gaps.len()), (2, 1));
        let host = MapHost::new().file("/etc/passwd", PASSWD);
        assert!(matches!(check(&host), Err(Absent::NotHere { .. })));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..900)) {
            let host = MapHost::new().file("/etc/passwd", PASSWD).file(WTMP, &bytes).file(LASTLOG, &bytes);
            let _ = check(&host);
        }
    }
}
