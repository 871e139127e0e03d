//! Texts of configurations that name accounts and groups: whoever is a person bears the pseudonym.

use observation::latest::{AccountKind, UserName};

use crate::sources::glob;
use crate::sources::persons::Persons;

/// An account's name as text.
pub(crate) fn user(persons: &Persons<'_>, name: &str) -> String {
    match persons.name(name) {
        UserName::Clear(text) | UserName::Pseudonym(text) => text,
    }
}

/// A group's name: the private group of a person bears the person's name.
pub(crate) fn group(persons: &Persons<'_>, name: &str) -> String {
    let is_account = persons.entries().iter().any(|it| it.name == name);
    if is_account { user(persons, name) } else { name.to_owned() }
}

/// A pattern of accounts. One with wildcards stays as it is unless it singles out persons of this machine.
pub(crate) fn user_pattern(persons: &Persons<'_>, pattern: &str) -> String {
    pattern_with(pattern, |it| {
        let is_person = |name: &str| {
            persons
                .entries()
                .iter()
                .any(|it| persons.kind(it) == AccountKind::Person && glob::fits(name, &it.name))
        };
        if !glob::has_wildcard(it) || (is_person(it) && !it.chars().all(|it| it == '*')) {
            user(persons, it)
        } else {
            it.to_owned()
        }
    })
}

/// A pattern of groups.
pub(crate) fn group_pattern(persons: &Persons<'_>, pattern: &str) -> String {
    pattern_with(pattern, |it| group(persons, it))
}

/// Changes the name in a pattern and keeps its negation.
fn pattern_with(pattern: &str, change: impl Fn(&str) -> String) -> String {
    match pattern.strip_prefix('!') {
        Some(rest) => format!("!{}", change(rest)),
        None => change(pattern),
    }
}

#[cfg(test)]
mod tests {
    use observation::latest::NameKey;

    use super::*;
    use crate::names::Names;
    use crate::sources::testing::MapHost;

    #[test]
    fn persons_are_not_named_by_name_group_or_pattern() {
        let passwd = "root:x:0:0::/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n";
        let host = MapHost::new().file("/etc/passwd", passwd);
        let names = Names::new(NameKey::Run, b"k");
        let persons = Persons::read(&host, &names).unwrap();
        let alice = user(&persons, "alice");
        assert!(alice.starts_with("p-"));
        assert_eq!(user(&persons, "root"), "root");
        assert_eq!(group(&persons, "alice"), alice);
        assert_eq!(group(&persons, "sudo"), "sudo");
        assert_eq!(user_pattern(&persons, "!alice"), format!("!{alice}"));
        assert_eq!(user_pattern(&persons, "*"), "*");
        assert_eq!(user_pattern(&persons, "backup-*"), "backup-*");
        assert!(user_pattern(&persons, "ali*").starts_with("p-"));
        assert_eq!(group_pattern(&persons, "!wheel"), "!wheel");
    }
}
