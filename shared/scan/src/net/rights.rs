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
/// If rights that are there cannot be given up. In a user namespace that knows no other user the
/// user stays; it has no rights outside.
#[cfg(target_os = "linux")]
pub fn keep_only_raw_sockets() -> io::Result<()> {
    use rustix::process::{Gid, Uid, geteuid};
    use rustix::thread::{
        CapabilitySet, CapabilitySets, capabilities, set_capabilities, set_keep_capabilities,
        set_no_new_privs, set_thread_groups, set_thread_res_gid, set_thread_res_uid,
    };
    set_no_new_privs(true)?;
    let held = capabilities(None)?;
    let kept = held.permitted & CapabilitySet::NET_RAW;
    if geteuid().is_root() {
        set_keep_capabilities(true)?;
        let (user, group) = (Some(Uid::from_raw(NOBODY)), Some(Gid::from_raw(NOBODY)));
        // Where the namespace maps no other user these fail, and the capabilities still go.
        let _ = set_thread_groups(&[]);
        let _ = set_thread_res_gid(group, group, group);
        let _ = set_thread_res_uid(user, user, user);
    }
    let none = CapabilitySet::empty();
    set_capabilities(None, CapabilitySets { effective: kept, permitted: kept, inheritable: none })?;
    Ok(())
}

/// Other systems have no such division; the scanner runs with the rights of whoever started it.
///
/// # Errors
/// None.
#[cfg(not(target_os = "linux"))]
pub fn keep_only_raw_sockets() -> io::Result<()> {
    Ok(())
}
