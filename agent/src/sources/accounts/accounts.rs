//! Local accounts with flags: who may log in, who is an administrator, what guards the account.
//!
//! Of shadow(5) only flags leave the host door, never a hash. Accounts of a directory service are not
//! in passwd(5) and so not here.

use std::collections::BTreeMap;

use jiff::Timestamp;
use observation::latest::{
    Absent, Account, AccountKind, Cadence, Complaint, Fact, Gap, PasswordState, Platform, SourceId,
};

use crate::host::{Ask, PasswordGuard, shadow};
use crate::sources::context::Context;
use crate::sources::members::Groups;
use crate::sources::persons::{PasswdEntry, Persons};
use crate::sources::{Found, Source};

/// Where passwords and their ages stand.
const SHADOW_PATH: &str = "/etc/shadow";
/// Base names of shells that refuse a session.
const REFUSING_SHELLS: &[&str] = &["nologin", "false", "sync", "halt", "shutdown"];
/// From this maximum age in days on, a password counts as lasting for ever (shadow(5): 99999).
const AGE_DAYS_FOR_EVER: i64 = 99_999;
/// Seconds of a day.
const DAY_SECONDS: i64 = 86_400;

/// Local accounts.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("accounts.accounts"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let persons = Persons::read(context.host, context.names)?;
    let mut found = Found { complaints: persons.complaints().to_vec(), ..Found::default() };
    let shadow = match context.host.password_guards() {
        Ok(read) => {
            found.complaints.extend(read.bad_lines.iter().map(|it| bad_line(*it)));
            Some(read.guards.into_iter().map(|it| (it.name.clone(), it)).collect())
        }
        Err(reason) => {
            for field in
                ["account.password", "account.is_expired", "account.password_never_expires"]
            {
                found.gaps.push(gap(field, reason.clone()));
            }
            None
        }
    };
    let groups = match Groups::read(context.host) {
        Ok(groups) => Some(groups),
        Err(reason) => {
            found.gaps.push(gap("account.is_administrator", reason));
            None
        }
    };
    let administrators = groups.as_ref().map(|it| it.administrators(persons.entries()));
    for entry in persons.entries() {
        let belongs = administrators.as_ref().map(|it| it.contains(entry.name.as_str()));
        let guard = Guard::of(entry, shadow.as_ref());
        found.facts.push(Fact::Account(Account {
            name: persons.name(&entry.name),
            kind: persons.kind(entry),
            can_log_in: Some(can_log_in(entry)),
            is_administrator: if persons.kind(entry) == AccountKind::Root {
                Some(true)
            } else {
                belongs
            },
            password: guard.password,
            is_expired: guard.expires_on_day.map(|it| is_past(it, context.now)),
            password_never_expires: guard.never_expires,
        }));
    }
    Ok(found)
}

/// passwd(5): an empty shell is `/bin/sh`.
fn can_log_in(entry: &PasswdEntry) -> bool {
    let name = entry.shell.rsplit('/').next().unwrap_or_default();
    !REFUSING_SHELLS.contains(&name)
}

/// What guards an account.
#[derive(Default)]
struct Guard {
    password: Option<PasswordState>,
    /// Days since 1970; [`i64::MAX`] where the account has no end.
    expires_on_day: Option<i64>,
    never_expires: Option<bool>,
}

impl Guard {
    fn of(entry: &PasswdEntry, shadow: Option<&BTreeMap<String, PasswordGuard>>) -> Self {
        // The password stands in passwd(5) itself unless it says `x`.
        if entry.password != "x" {
            let password = Some(shadow::state(&entry.password));
            return Self { password, ..Self::default() };
        }
        let Some(line) = shadow.and_then(|it| it.get(&entry.name)) else { return Self::default() };
        Self {
            password: Some(line.password),
            expires_on_day: Some(line.expires_on_day.unwrap_or(i64::MAX)),
            never_expires: (line.password == PasswordState::Set)
                .then(|| line.age_days_max.is_none_or(|it| it >= AGE_DAYS_FOR_EVER)),
        }
    }
}

fn bad_line(number: u32) -> Complaint {
    Complaint {
        place: format!("{SHADOW_PATH} line {number}"),
        problem: "not the fields of shadow(5)".to_owned(),
    }
}

fn is_past(day: i64, now: Timestamp) -> bool {
    day <= now.as_second() / DAY_SECONDS
}

fn gap(field: &str, reason: Absent) -> Gap {
    Gap { field: field.to_owned(), of: None, reason }
}

#[cfg(test)]
mod tests {
    use observation::latest::UserName;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\n\
        www-data:x:33:33::/var/www:/usr/sbin/nologin\n\
        open::40:40::/:\n\
        alice:x:1000:1000:Alice Example:/home/alice:/bin/bash\n\
        bob:x:1001:1001::/home/bob:/bin/bash\n";
    const SHADOW: &str = "root:$y$CANARY-HASH:19000:0:99999:7:::\n\
        www-data:*:19000:0:99999:7:::\n\
        alice:$6$CANARY-HASH:19000:0:90:7:::\n\
        bob:!$6$CANARY-HASH:19000:0:99999:7::0:\n\
        nonsense CANARY-HASH\n";

    fn machine(host: MapHost) -> MapHost {
        host.file("/etc/passwd", PASSWD)
            .file("/etc/group", "sudo:x:27:alice\n")
            .file("/etc/sudoers", "")
    }

    fn check(host: &MapHost) -> (Vec<Account>, Found) {
        let found = with_context(host, observe).unwrap();
        let accounts = found.facts.iter().map(|it| {
            let Fact::Account(account) = it else { panic!("{it:?}") };
            account.clone()
        });
        (accounts.collect(), found)
    }

    #[test]
    fn accounts_have_flags() {
        let (accounts, _) = check(&machine(MapHost::new()).file(SHADOW_PATH, SHADOW));
        let [root, www, open, alice, bob] = &*accounts else { panic!("{accounts:?}") };
        assert_eq!(root.kind, AccountKind::Root);
        assert_eq!(root.is_administrator, Some(true));
        assert_eq!(root.password_never_expires, Some(true));
        assert_eq!(www.name, UserName::Clear("www-data".to_owned()));
        assert_eq!(www.can_log_in, Some(false));
        assert_eq!(www.password, Some(PasswordState::Locked));
        assert_eq!(www.password_never_expires, None, "a locked account has no password");
        assert_eq!(open.password, Some(PasswordState::Empty));
        assert_eq!(open.can_log_in, Some(true), "an empty shell is /bin/sh");
        assert_eq!(alice.kind, AccountKind::Person);
        assert_eq!(alice.is_administrator, Some(true));
        assert_eq!(alice.password, Some(PasswordState::Set));
        assert_eq!(alice.password_never_expires, Some(false));
        assert_eq!(alice.is_expired, Some(false));
        assert_eq!(bob.password, Some(PasswordState::Locked));
        assert_eq!(bob.is_administrator, Some(false));
        assert_eq!(bob.is_expired, Some(true));
    }

    #[test]
    fn neither_hashes_nor_persons_leave_the_host() {
        let (_, found) = check(&machine(MapHost::new()).file(SHADOW_PATH, SHADOW));
        let text = format!("{found:?}");
        for secret in ["CANARY", "alice", "Alice", "bob"] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
        assert_eq!(found.complaints.len(), 1);
    }

    #[test]
    fn without_rights_passwords_are_unknown_and_the_reason_is_said() {
        let host = machine(MapHost::unprivileged()).forbid(SHADOW_PATH);
        let (accounts, found) = check(&host);
        assert_eq!(accounts[0].password, None);
        assert_eq!(accounts[0].is_expired, None);
        // What passwd(5) itself says stays known.
        assert_eq!(accounts[2].password, Some(PasswordState::Empty));
        assert_eq!(found.gaps.len(), 3);
        assert!(found.gaps.iter().all(|it| matches!(it.reason, Absent::NotAllowed { .. })));
    }

    #[test]
    fn without_groups_administrators_are_unknown_but_for_root() {
        let (accounts, found) = check(&MapHost::new().file("/etc/passwd", PASSWD));
        assert_eq!(accounts[0].is_administrator, Some(true));
        assert_eq!(accounts[3].is_administrator, None);
        assert!(found.gaps.iter().any(|it| it.field == "account.is_administrator"));
    }
}
