//! What guards the local accounts, by shadow(5): flags and days, never the hash.

use observation::latest::PasswordState;
use serde::{Deserialize, Serialize};

/// Where passwords and their ages stand.
pub(super) const SHADOW_PATH: &str = "/etc/shadow";
/// Largest file: a hundred thousand accounts.
pub(super) const SHADOW_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// What shadow(5) says, without the hashes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordGuards {
    /// One per line that was understood, in the order of the file.
    pub guards: Vec<PasswordGuard>,
    /// Numbers, from 1, of the lines that are not the fields of shadow(5). What stands in them may be a
    /// hash and is not told.
    pub bad_lines: Vec<u32>,
}

/// One line of shadow(5) without the hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordGuard {
    /// Login name.
    pub name: String,
    /// Whether there is a password.
    pub password: PasswordState,
    /// Days after which the password must be changed; none where the field is empty.
    pub age_days_max: Option<i64>,
    /// The day since 1970 on which the account ends; none where it has no end.
    pub expires_on_day: Option<i64>,
}

/// Reads shadow(5).
#[must_use]
pub fn parse(text: &str) -> PasswordGuards {
    let mut found = PasswordGuards::default();
    for (number, line) in (1..).zip(text.lines()) {
        // `+` and `-` lines ask a directory service, see nsswitch.conf(5).
        if line.trim().is_empty() || line.starts_with(['#', '+', '-']) {
            continue;
        }
        match parse_line(line) {
            Some(guard) => found.guards.push(guard),
            None => found.bad_lines.push(number),
        }
    }
    found
}

fn parse_line(line: &str) -> Option<PasswordGuard> {
    let mut fields = line.split(':');
    let name = fields.next().filter(|it| !it.is_empty())?.to_owned();
    let password = state(fields.next()?);
    let _changed = fields.next()?;
    let _age_days_min = fields.next()?;
    let age_days_max = number(fields.next()?);
    let mut rest = fields.skip(2);
    let expires_on_day = rest.next().and_then(number);
    Some(PasswordGuard { name, password, age_days_max, expires_on_day })
}

fn number(text: &str) -> Option<i64> {
    text.trim().parse().ok().filter(|it| *it >= 0)
}

/// The field of a password. crypt(5): whatever no password can hash to locks the account.
#[must_use]
pub fn state(field: &str) -> PasswordState {
    match field {
        "" => PasswordState::Empty,
        it if it.starts_with(['!', '*']) => PasswordState::Locked,
        _ => PasswordState::Set,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn flags_and_days_are_read_and_hashes_are_not() {
        let found = parse(
            "root:$y$CANARY:19000:0:99999:7:::\n\nopen::19000:0::7:::\n# x\n+nis\n\
             locked:!$6$CANARY:19000:0:90:7::0:\nCANARY nonsense\n:x:1:1:1:\n",
        );
        let guard = |name: &str, password, age_days_max, expires_on_day| PasswordGuard {
            name: name.to_owned(),
            password,
            age_days_max,
            expires_on_day,
        };
        let expected = [
            guard("root", PasswordState::Set, Some(99_999), None),
            guard("open", PasswordState::Empty, None, None),
            guard("locked", PasswordState::Locked, Some(90), Some(0)),
        ];
        assert_eq!(found.guards, expected);
        assert_eq!(found.bad_lines, [7, 8]);
        assert!(!format!("{found:?}").contains("CANARY"));
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(text in "([a-z]{0,3}:?\\PC{0,9}:?[-0-9]{0,22}:{0,9}\n){0,6}") {
            let found = parse(&text);
            prop_assert!(found.guards.len() + found.bad_lines.len() <= text.lines().count());
        }

        #[test]
        fn nothing_of_the_second_field_is_told(hash in "[$./A-Za-z0-9]{8,40}") {
            let text = serde_json::to_string(&parse(&format!("u:{hash}:1:0:9:7:::\n{hash}\n")));
            prop_assert!(!text.unwrap().contains(&hash));
        }
    }
}
