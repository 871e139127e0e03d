//! Users of the operating system, by the system's own file of accounts.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use store::SystemUser;

use super::caller::Witness;

/// The system's accounts. Users of a directory service are not in it and have their number alone.
const ACCOUNTS_FILE: &str = "/etc/passwd";
/// The user namespace of this process, as a link.
const NAMESPACE_LINK: &str = "/proc/self/ns/user";
/// What that link is in the namespace that the machine started with: the number is the same on every Linux
/// (PROC_USER_INIT_INO in include/linux/proc_ns.h).
const FIRST_NAMESPACE: &str = "user:[4026531837]";
/// Largest file of accounts that is read.
const ACCOUNTS_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// The user whose process this is.
#[must_use]
pub fn own() -> SystemUser {
    of_uid(rustix::process::getuid().as_raw())
}

/// The user of this number.
#[must_use]
pub fn of_uid(uid: u32) -> SystemUser {
    SystemUser { uid, name: name_of(&accounts(), uid) }
}

/// The user of this name or number; none: there is no such name.
#[must_use]
pub fn named(text: &str) -> Option<SystemUser> {
    let accounts = accounts();
    let of_name = lines(&accounts).find(|(name, _)| *name == text);
    let uid = of_name.map(|(_, uid)| uid).or_else(|| text.parse().ok())?;
    Some(SystemUser { uid, name: name_of(&accounts, uid) })
}

/// Who says which user is at a socket of this process. The kernel does, in numbers of the user namespace that this
/// process is in: in another one than the machine's first, whoever made it chose which number is whose.
#[must_use]
pub fn witness_of_peers() -> Witness {
    let link = std::fs::read_link(NAMESPACE_LINK);
    witness_in(link.ok().as_deref())
}

fn witness_in(namespace: Option<&Path>) -> Witness {
    match namespace {
        Some(it) if it == Path::new(FIRST_NAMESPACE) => Witness::Kernel,
        Some(_) | None => Witness::Process,
    }
}

fn name_of(accounts: &str, uid: u32) -> Option<String> {
    lines(accounts).find(|(_, it)| *it == uid).map(|(name, _)| name.to_owned())
}

fn lines(accounts: &str) -> impl Iterator<Item = (&str, u32)> {
    accounts.lines().filter_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        Some((name, fields.nth(1)?.parse().ok()?))
    })
}

/// The text of the file; nothing where there is none.
fn accounts() -> String {
    let mut text = String::new();
    let Ok(file) = File::open(ACCOUNTS_FILE) else { return text };
    #[expect(clippy::disallowed_methods, reason = "bounded by `take`")]
    let read = file.take(ACCOUNTS_BYTES_MAX).read_to_string(&mut text);
    read.map_or_else(|_| String::new(), |_| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNTS: &str = "root:x:0:0:root:/root:/bin/sh\n\nbroken\nkerstin:x:1000:1000::/:\n";

    #[test]
    fn a_user_has_the_name_that_the_system_gives_the_number() {
        assert_eq!(name_of(ACCOUNTS, 1000).as_deref(), Some("kerstin"));
        assert_eq!(name_of(ACCOUNTS, 0).as_deref(), Some("root"));
        assert_eq!(name_of(ACCOUNTS, 7), None);
    }

    #[test]
    fn in_a_namespace_that_somebody_made_the_number_of_a_user_says_nothing() {
        let witness = |link: &str| witness_in(Some(Path::new(link)));
        assert_eq!(witness("user:[4026531837]"), Witness::Kernel);
        assert_eq!(witness("user:[4026532841]"), Witness::Process);
        assert_eq!(witness(""), Witness::Process);
        assert_eq!(witness_in(None), Witness::Process, "no /proc");
    }

    #[test]
    fn a_number_without_a_name_is_a_user_too() {
        let nobody_has_it = 3_999_999_999;
        let user = named(&nobody_has_it.to_string()).unwrap();
        assert_eq!((user.uid, user.name), (nobody_has_it, None));
        assert_eq!(named("no such user"), None);
    }
}
