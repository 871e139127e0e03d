//! When accounts last logged in, from the binary wtmp(5) and lastlog(8), where somebody switched it on.
//!
//! Only the newest `wtmp` is read, not those that were rotated away. lastlog2's database is not read.

use std::collections::BTreeMap;

use jiff::Timestamp;
use observation::latest::{
    Absent, Cadence, Complaint, Fact, Gap, LastLogin, Platform, SourceId, UserName,
};

use crate::host::{Ask, Host};
use crate::sources::context::Context;
use crate::sources::persons::Persons;
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
        count(&bytes, &persons, &mut logins);
    }
    if let Some(bytes) = bytes(context.host, LASTLOG, &mut found.gaps) {
        seen = true;
        for (uid, record) in bytes.chunks_exact(LASTLOG_RECORD).enumerate() {
            add_last(uid, record, &persons, &mut logins);
        }
    }
    if context.host.status(LASTLOG2).is_ok() {
        seen = true;
        let (why, what) = ("database".to_owned(), LASTLOG2.to_owned());
        found.gaps.push(gap(Absent::NotLookedAt { why, what }));
    }
    if !seen && found.gaps.is_empty() {
        let looked_at = [WTMP, LASTLOG, LASTLOG2].join(", ");
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

fn count(bytes: &[u8], persons: &Persons<'_>, logins: &mut BTreeMap<UserName, LastLogin>) {
    let records = bytes.chunks_exact(record_bytes(bytes));
    let all: Vec<Login<'_>> = records.filter_map(login).collect();
    let since = all.iter().map(|it| it.at).min();
    for Login { name, at, is_remote } in all {
        let account = persons.name(name);
        let entry = logins.entry(account.clone()).or_insert_with(|| LastLogin {
            account,
            last_at: at,
            is_remote: Some(is_remote),
            count: Some(0),
            since,
        });
        entry.count = entry.count.map(|it| it.saturating_add(1));
        if at >= entry.last_at {
            (entry.last_at, entry.is_remote) = (at, Some(is_remote));
        }
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
    let is_remote = Some(record.get(36..).and_then(text).is_some_and(|it| !it.starts_with(':')));
    let account = persons.account(uid);
    let last =
        LastLogin { account: account.clone(), last_at: at, is_remote, count: None, since: None };
    let entry = logins.entry(account).or_insert(last);
    if at > entry.last_at {
        (entry.last_at, entry.is_remote) = (at, is_remote);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::Options;
    use crate::sources::testing::{MapHost, with_context};

    /// Real layout: written by `utmpdump -r` of util-linux 2.38 from a text; the truth is its input.
    const WTMP_SAMPLE: &[u8] = include_bytes!("samples/wtmp");
    const PASSWD: &str = "root:x:0:0::/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n";

    fn check(host: &MapHost) -> Result<Found, Absent> {
        with_context(host, |context| {
            let options = Options { reports_logins: true, ..context.options };
            let Context { host, now, names, lists, .. } = *context;
            observe(&Context { host, now, names, options, lists })
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
        assert_eq!((found.complaints.len(), found.gaps.len()), (1, 2));
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
