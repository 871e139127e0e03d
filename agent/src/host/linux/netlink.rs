//! Asks the kernel's routing tables over a route netlink socket (netlink(7), rtnetlink(7)).
//!
//! An own reader instead of a crate: a crate that types every attribute refuses the whole message
//! when a newer kernel lengthens one of the hundred that we do not need.

use std::time::Duration;

use observation::latest::{Absent, Privilege};
use rustix::io::Errno;
use rustix::net::netlink::{self, SocketAddrNetlink};
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, Protocol, RecvFlags, SendFlags, SocketFlags, SocketType};

use super::netlink_wire::{Answer, answers, dump_request};

/// Longest wait for one datagram of the kernel, which answers in microseconds.
const RECEIVE_TIMEOUT: Duration = Duration::from_secs(2);
/// The kernel sends dumps in pieces of at most 32 KiB.
const DATAGRAM_BYTES_MAX: usize = 64 * 1024;
/// Most bytes of one table: a full routing table of the internet is refused.
const TABLE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How often a table that changed while it was read is read again.
const ATTEMPTS_MAX: u32 = 4;

/// Which part of the kernel is asked.
pub(super) struct Subject {
    /// NETLINK_ROUTE is protocol 0.
    protocol: Option<Protocol>,
    name: &'static str,
}

const ROUTE: Subject = Subject { protocol: None, name: "route netlink socket" };
/// The packet filter.
pub(super) const NETFILTER: Subject =
    Subject { protocol: Some(netlink::NETFILTER), name: "netfilter netlink socket" };

/// Every entry of one table, without the message header. `request` is one of `RTM_GET…`.
pub(super) fn dump(request: u16, body: &[u8]) -> Result<Vec<Vec<u8>>, Absent> {
    dump_from(&ROUTE, request, body)
}

/// Every entry of one table of another part of the kernel.
pub(super) fn dump_from(
    subject: &Subject,
    request: u16,
    body: &[u8],
) -> Result<Vec<Vec<u8>>, Absent> {
    for _ in 0..ATTEMPTS_MAX {
        if let Some(entries) = dump_once(subject, request, body)? {
            return Ok(entries);
        }
    }
    Err(subject.failed("the table kept changing while it was read"))
}

/// None where the table changed meanwhile.
fn dump_once(subject: &Subject, request: u16, body: &[u8]) -> Result<Option<Vec<Vec<u8>>>, Absent> {
    let absent = |it: Errno| subject.absent(it);
    let socket = rustix::net::socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC,
        subject.protocol,
    )
    .map_err(absent)?;
    set_socket_timeout(&socket, Timeout::Recv, Some(RECEIVE_TIMEOUT)).map_err(absent)?;
    let message = dump_request(request, body);
    let kernel = SocketAddrNetlink::new(0, 0);
    rustix::net::sendto(&socket, &message, SendFlags::empty(), &kernel).map_err(absent)?;

    let mut entries = Vec::new();
    let mut bytes_total = 0;
    let mut is_interrupted = false;
    let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
    loop {
        let (length, _, sender) =
            rustix::net::recvfrom(&socket, buffer.as_mut_slice(), RecvFlags::empty())
                .map_err(absent)?;
        let is_kernel = sender
            .and_then(|it| SocketAddrNetlink::try_from(it).ok())
            .is_some_and(|it| it.pid() == 0);
        if !is_kernel {
            continue;
        }
        bytes_total += length;
        if length == 0 || bytes_total > TABLE_BYTES_MAX {
            return Err(subject.failed("the answer is empty or too large"));
        }
        for answer in answers(buffer.get(..length).unwrap_or_default()) {
            match answer {
                Answer::Entry { payload, was_interrupted } => {
                    is_interrupted |= was_interrupted;
                    entries.push(payload.to_vec());
                }
                Answer::Done { was_interrupted } => {
                    let is_whole = !is_interrupted && !was_interrupted;
                    return Ok(is_whole.then_some(entries));
                }
                Answer::Error { number: 0 } => {}
                Answer::Error { number } => return Err(absent(Errno::from_raw_os_error(number))),
            }
        }
    }
}

impl Subject {
    fn absent(&self, error: Errno) -> Absent {
        match error {
            Errno::AFNOSUPPORT | Errno::PROTONOSUPPORT | Errno::OPNOTSUPP => {
                Absent::NotHere { looked_at: self.name.to_owned() }
            }
            Errno::ACCESS | Errno::PERM => {
                Absent::NotAllowed { what: self.name.to_owned(), needs: Privilege::Root }
            }
            Errno::AGAIN => Absent::TimedOut {
                doing: self.operation(),
                after_ms: u64::try_from(RECEIVE_TIMEOUT.as_millis()).unwrap_or(u64::MAX),
            },
            other => self.failed(&other.to_string()),
        }
    }

    fn failed(&self, cause: &str) -> Absent {
        Absent::Failed { doing: self.operation(), cause: cause.to_owned() }
    }

    fn operation(&self) -> String {
        format!("asking the kernel over a {}", self.name)
    }
}
