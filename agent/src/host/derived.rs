//! Requests whose answer follows from files: read where the files are, so that only the answer travels.

use observation::latest::Absent;

use super::shadow::{SHADOW_BYTES_MAX, SHADOW_PATH};
use super::{Ask, Host, Reply, shadow};

/// What guards the local accounts.
pub(crate) fn password_guards(host: &dyn Host) -> Result<Reply, Absent> {
    let bytes = host.bytes(SHADOW_PATH, SHADOW_BYTES_MAX)?;
    Ok(Reply::PasswordGuards(shadow::parse(&String::from_utf8_lossy(&bytes))))
}

/// The numbers of the sockets that a process holds.
pub(crate) fn sockets_of(host: &dyn Host, process: u32) -> Result<Reply, Absent> {
    let folder = format!("/proc/{process}/fd");
    let mut numbers = Vec::new();
    for name in host.names(&folder)? {
        match host.link(&format!("{folder}/{name}")) {
            Ok(target) => numbers.extend(socket_number(&target)),
            // Closed while we looked.
            Err(Absent::NotHere { .. }) => {}
            Err(reason) => return Err(reason),
        }
    }
    Ok(Reply::SocketsOf(numbers))
}

/// The number in the text that a link of procfs gives for a socket (proc_pid_fd(5)).
pub(crate) fn socket_number(target: &str) -> Option<u64> {
    target.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::RecordedHost;
    use super::*;

    #[test]
    fn sockets_are_read_from_the_links_of_a_process() {
        let host = RecordedHost::default()
            .with_link("/proc/7/fd/0", "/dev/null")
            .with_link("/proc/7/fd/1", "socket:[41]")
            .with_link("/proc/7/fd/2", "pipe:[42]");
        assert_eq!(sockets_of(&host, 7), Ok(Reply::SocketsOf(vec![41])));
        assert!(matches!(sockets_of(&host, 8), Err(Absent::NotHere { .. })));
    }

    #[test]
    fn only_whole_numbers_name_sockets() {
        assert_eq!(socket_number("socket:[12]"), Some(12));
        for other in ["socket:[]", "socket:[-1]", "socket:[99999999999999999999]", "pipe:[12]"] {
            assert_eq!(socket_number(other), None);
        }
    }

    #[test]
    fn hashes_do_not_travel() {
        let host = RecordedHost::default().with_file(SHADOW_PATH, "a:$y$CANARY:1:0:9:7:::\n");
        let reply = password_guards(&host).unwrap();
        assert!(matches!(&reply, Reply::PasswordGuards(it) if it.guards.len() == 1));
        assert!(!serde_json::to_string(&reply).unwrap().contains("CANARY"));
    }
}
