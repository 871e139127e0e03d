//! Looks into the network of another process: a thread of its own goes there (setns(2)), asks, and ends.

use std::os::fd::{AsFd, OwnedFd};
use std::thread;

use observation::latest::{Absent, Privilege};
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::super::NetworkState;
use super::{absent, failed, links, routes};

/// Links and routes of the network namespace that a process is in.
pub(super) fn network_of(process: u32) -> Result<NetworkState, Absent> {
    let path = format!("/proc/{process}/ns/net");
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let place = openat(CWD, &path, flags, Mode::empty()).map_err(|it| absent(&path, &it.into()))?;
    let look = thread::Builder::new().spawn(move || look_from(&place, &path));
    let look = look.map_err(|it| failed("a network namespace", &it.to_string()))?;
    look.join().unwrap_or_else(|_| Err(failed("a network namespace", "its thread broke off")))
}

/// To be called in a thread that ends afterwards: it stays where it went.
fn look_from(place: &OwnedFd, path: &str) -> Result<NetworkState, Absent> {
    let moved = move_into_link_name_space(place.as_fd(), Some(LinkNameSpaceType::Network));
    match moved {
        Ok(()) => Ok(NetworkState { links: links()?, routes: routes()? }),
        Err(Errno::PERM | Errno::ACCESS) => {
            Err(Absent::NotAllowed { what: path.to_owned(), needs: Privilege::Root })
        }
        Err(error) => Err(failed(path, &error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_network_is_seen_or_the_missing_right_is_said() {
        match network_of(std::process::id()) {
            Ok(state) => assert_eq!(state.links, links().unwrap()),
            Err(reason) => assert!(matches!(reason, Absent::NotAllowed { .. }), "{reason:?}"),
        }
    }

    #[test]
    fn a_process_that_is_gone_is_not_here() {
        // Above the largest number that Linux gives (PID_MAX_LIMIT).
        assert!(matches!(network_of(0x40_0001), Err(Absent::NotHere { .. })));
    }
}
