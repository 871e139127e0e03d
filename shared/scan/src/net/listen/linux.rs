//! The socket.
#![expect(
    unsafe_code,
    reason = "filters, groups and the interface of a frame have no safe wrapper"
)]

use std::collections::BTreeMap;
use std::io;
use std::mem;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::net::{AddressFamily, SocketFlags, SocketType};

use super::{Hearing, Table};
use crate::net::surroundings;
use crate::packet::link_neighbour::{self, CDP_GROUP, LLDP_GROUPS};

/// The largest frame of Ethernet without a tag, and some.
const FRAME_BYTES_MAX: usize = 2048;
/// Interfaces on which the groups are joined; machines have a handful, hosts of containers hundreds.
const LINKS_MAX: usize = 512;
/// Longest wait before it is looked whether somebody still wants to know.
const WAIT_MAX: Duration = Duration::from_secs(1);

pub(super) fn hear(time: Duration, is_stopped: &AtomicBool) -> io::Result<Hearing> {
    let links = surroundings::links_of_ethernet();
    let names: BTreeMap<u32, String> = links.into_iter().take(LINKS_MAX).collect();
    let socket = open(&names)?;
    let (began, mut table) = (Instant::now(), Table::default());
    let mut frame = [0; FRAME_BYTES_MAX];
    while let Some(left) = time.checked_sub(began.elapsed()).filter(|it| !it.is_zero()) {
        if is_stopped.load(Ordering::Relaxed) {
            break;
        }
        wait(&socket, left.min(WAIT_MAX))?;
        while began.elapsed() < time
            && let Some((length, index)) = receive(&socket, &mut frame)?
        {
            let name = index.and_then(|it| names.get(&it));
            let bytes = frame.get(..length).unwrap_or_default();
            if let Some(heard) = name.and_then(|it| link_neighbour::read(bytes, it)) {
                table.take(heard);
            }
        }
    }
    Ok(table.end())
}

fn open(names: &BTreeMap<u32, String>) -> io::Result<OwnedFd> {
    // Protocol 0 receives nothing until the filter stands.
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = rustix::net::socket_with(AddressFamily::PACKET, SocketType::RAW, flags, None)?;
    let mut program = filter();
    let filter =
        libc::sock_fprog { len: program.len() as libc::c_ushort, filter: program.as_mut_ptr() };
    set(&socket, libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, &filter)?;
    for index in names.keys() {
        for group in LLDP_GROUPS.iter().chain([&CDP_GROUP]) {
            // An interface may be gone by now, and some drivers take no more groups: then it may
            // still be heard, as most adapters let these few groups through.
            let _ = join(&socket, *index, *group);
        }
    }
    bind(&socket)?;
    Ok(socket)
}

/// A classic BPF program: LLDP by its type, CDP by its group.
fn filter() -> [libc::sock_filter; 8] {
    const LD: u16 = 0x20;
    const LDH: u16 = 0x28;
    const JEQ: u16 = 0x15;
    const RET: u16 = 0x06;
    let line = |code, jt, jf, k| libc::sock_filter { code, jt, jf, k };
    [
        line(LDH, 0, 0, 12),
        line(JEQ, 4, 0, 0x88cc), // 1: LLDP?
        line(LD, 0, 0, 0),
        line(JEQ, 0, 3, 0x0100_0ccc), // 3: CDP's group, its first four bytes?
        line(LDH, 0, 0, 4),
        line(JEQ, 0, 1, 0xcccc),                 // 5: and its last two?
        line(RET, 0, 0, FRAME_BYTES_MAX as u32), // 6: taken
        line(RET, 0, 0, 0),                      // 7: left
    ]
}

fn wait(socket: &OwnedFd, longest: Duration) -> io::Result<()> {
    let time = Timespec::try_from(longest).map_err(|_| io::ErrorKind::InvalidInput)?;
    match rustix::event::poll(&mut [PollFd::new(socket, PollFlags::IN)], Some(&time)) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// One frame that came from outside: its length and interface. The inner none: an own frame.
fn receive(
    socket: &OwnedFd,
    frame: &mut [u8; FRAME_BYTES_MAX],
) -> io::Result<Option<(usize, Option<u32>)>> {
    // SAFETY: an address of zeroes is valid.
    let mut from: libc::sockaddr_ll = unsafe { mem::zeroed() };
    let mut size = size_of::<libc::sockaddr_ll>() as libc::socklen_t;
    // SAFETY: frame and address live during the call and have the sizes that are told.
    let received = unsafe {
        libc::recvfrom(
            socket.as_raw_fd(),
            frame.as_mut_ptr().cast(),
            FRAME_BYTES_MAX,
            libc::MSG_DONTWAIT,
            ptr::from_mut(&mut from).cast(),
            &raw mut size,
        )
    };
    let Ok(length) = usize::try_from(received) else {
        let error = io::Error::last_os_error();
        let is_passing = matches!(
            error.kind(),
            io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted | io::ErrorKind::NetworkDown
        );
        return if is_passing { Ok(None) } else { Err(error) };
    };
    let is_own = from.sll_pkttype == libc::PACKET_OUTGOING;
    Ok(Some((length, u32::try_from(from.sll_ifindex).ok().filter(|_| !is_own))))
}

fn join(socket: &OwnedFd, index: u32, group: [u8; 6]) -> io::Result<()> {
    let mut address = [0; 8];
    for (place, byte) in address.iter_mut().zip(group) {
        *place = byte;
    }
    let request = libc::packet_mreq {
        mr_ifindex: libc::c_int::try_from(index).map_err(|_| io::ErrorKind::InvalidInput)?,
        mr_type: libc::PACKET_MR_MULTICAST as libc::c_ushort,
        mr_alen: 6,
        mr_address: address,
    };
    set(socket, libc::SOL_PACKET, libc::PACKET_ADD_MEMBERSHIP, &request)
}

fn bind(socket: &OwnedFd) -> io::Result<()> {
    let address = libc::sockaddr_ll {
        sll_family: libc::AF_PACKET as libc::c_ushort,
        // All protocols: a bridge takes the frames of its parts before a single protocol sees them.
        sll_protocol: (libc::ETH_P_ALL as u16).to_be(),
        sll_ifindex: 0,
        sll_hatype: 0,
        sll_pkttype: 0,
        sll_halen: 0,
        sll_addr: [0; 8],
    };
    let size = size_of::<libc::sockaddr_ll>() as libc::socklen_t;
    // SAFETY: the address is one of AF_PACKET, lives during the call and has the size that is told.
    let result = unsafe { libc::bind(socket.as_raw_fd(), ptr::from_ref(&address).cast(), size) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn set<T>(socket: &OwnedFd, level: libc::c_int, option: libc::c_int, value: &T) -> io::Result<()> {
    let size = size_of::<T>() as libc::socklen_t;
    let value = ptr::from_ref(value).cast();
    // SAFETY: the value lives during the call and has the size that is told.
    let result = unsafe { libc::setsockopt(socket.as_raw_fd(), level, option, value, size) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the kernel's machine would do (Documentation/networking/filter.rst), for these opcodes.
    fn takes(frame: &[u8]) -> bool {
        let part = |at: u32, length: usize| {
            let bytes = frame.get(at as usize..at as usize + length)?;
            Some(bytes.iter().fold(0_u32, |sum, it| sum << 8 | u32::from(*it)))
        };
        let (program, mut at, mut a) = (filter(), 0, 0);
        loop {
            let step = program[at];
            at += 1;
            let loaded = match step.code {
                0x20 => part(step.k, 4),
                0x28 => part(step.k, 2),
                0x15 => {
                    at += usize::from(if a == step.k { step.jt } else { step.jf });
                    Some(a)
                }
                0x06 => return step.k > 0,
                other => panic!("{other:x}"),
            };
            let Some(loaded) = loaded else { return false };
            a = loaded;
        }
    }

    #[test]
    fn the_filter_takes_both_protocols_and_nothing_else() {
        let frame = |to: &[u8; 6], kind: [u8; 2]| [&to[..], &[2; 6], &kind, &[0; 46]].concat();
        assert!(takes(&frame(&LLDP_GROUPS[0], [0x88, 0xcc])));
        assert!(takes(&frame(&CDP_GROUP, [0, 40])));
        // Per-VLAN spanning tree has the last byte other.
        assert!(!takes(&frame(&[1, 0, 0x0c, 0xcc, 0xcc, 0xcd], [0, 40])));
        assert!(!takes(&frame(&[0xff; 6], [8, 6])));
        assert!(!takes(&frame(&LLDP_GROUPS[2], [0, 38])));
        assert!(!takes(&[]));
    }
}
