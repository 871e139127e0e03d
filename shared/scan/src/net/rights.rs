//! Gives up every right but the one that raw sockets need.
//!
//! The scanner reads what strangers send. Should one of its parsers ever be taken over, the process
//! must be worth nothing: no user, no files, no other capability, and no way back.

use std::io;

/// The user and group that own nothing.
#[cfg(target_os = "linux")]
const NOBODY: u32 = 65_534;

/// Keeps CAP_NET_RAW, if it is there, and drops user, groups and all other capabilities.
///
/// To be called while the process has one thread: Linux keeps these rights per thread.
///
/// # Errors
/// If rights that are there cannot be given up: root without CAP_SETUID and CAP_SETGID stays root, who
/// owns most files even without a capability. In a user namespace that knows no other user the user
/// stays; it owns nothing outside.
#[cfg(target_os = "linux")]
pub fn keep_only_raw_sockets() -> io::Result<()> {
    use rustix::process::geteuid;
    use rustix::thread::{
        CapabilitySet, CapabilitySets, capabilities, set_capabilities, set_keep_capabilities,
        set_no_new_privs,
    };
    set_no_new_privs(true)?;
    let held = capabilities(None)?;
    let kept = held.permitted & CapabilitySet::NET_RAW;
    if geteuid().is_root() {
        set_keep_capabilities(true)?;
        become_nobody()?;
    }
    let none = CapabilitySet::empty();
    set_capabilities(None, CapabilitySets { effective: kept, permitted: kept, inheritable: none })?;
    Ok(())
}

#[cfg(target_os = "linux")]
fn become_nobody() -> io::Result<()> {
    use rustix::io::Errno;
    use rustix::process::{Gid, Uid};
    use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};
    let (user, group) = (Some(Uid::from_raw(NOBODY)), Some(Gid::from_raw(NOBODY)));
    let dropped = set_thread_groups(&[])
        .and_then(|()| set_thread_res_gid(group, group, group))
        .and_then(|()| set_thread_res_uid(user, user, user));
    match dropped {
        Ok(()) => Ok(()),
        // Where the namespace maps no other user these fail, and the capabilities still go.
        Err(Errno::INVAL | Errno::PERM) if !is_all_mapped(&user_map()?) => Ok(()),
        Err(error) => Err(io::Error::new(
            io::Error::from(error).kind(),
            format!("root cannot become another user ({error}); start the scanner as another user"),
        )),
    }
}

/// The users that this user namespace knows (`user_namespaces(7)`).
#[cfg(target_os = "linux")]
fn user_map() -> io::Result<String> {
    use std::io::Read as _;
    const MAP_BYTES_MAX: u64 = 64 * 1024;
    let mut text = String::new();
    #[expect(clippy::disallowed_methods, reason = "bounded by `take`")]
    std::fs::File::open("/proc/thread-self/uid_map")?
        .take(MAP_BYTES_MAX)
        .read_to_string(&mut text)?;
    Ok(text)
}

/// Whether a map is that of the initial namespace, or of one that is as good: all users are themselves.
#[cfg(target_os = "linux")]
fn is_all_mapped(map: &str) -> bool {
    const ALL: [&str; 3] = ["0", "0", "4294967295"];
    map.lines().any(|line| line.split_ascii_whitespace().eq(ALL))
}

/// Other systems have no such division; the scanner runs with the rights of whoever started it.
///
/// # Errors
/// None.
#[cfg(not(target_os = "linux"))]
pub fn keep_only_raw_sockets() -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    // Origin: user_namespaces(7), and `unshare -r` as root and as user 1000.
    #[test]
    fn the_initial_namespace_is_told_from_one_that_maps_a_single_user() {
        assert!(is_all_mapped("         0          0 4294967295\n"));
        assert!(!is_all_mapped("         0          0          1\n"));
        assert!(!is_all_mapped("         0       1000          1\n"));
        assert!(!is_all_mapped(""));
    }

    #[test]
    fn this_process_has_a_map() {
        assert!(user_map().unwrap().split_ascii_whitespace().count() >= 3);
    }
}
