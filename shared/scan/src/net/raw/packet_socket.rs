//! Frames on Linux: an AF_PACKET socket on one interface, sending and receiving in batches, with a
//! filter in the kernel (`packet(7)`, `sendmmsg(2)`, `recvmmsg(2)`).
#![expect(unsafe_code, reason = "batched system calls and filters have no safe wrapper")]

use std::io;
use std::mem;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::ptr;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::net::{AddressFamily, SocketFlags, SocketType};

use super::channel::{Frames, HANDED_MAX, LinkChannel};
use super::drive::BATCH;
use crate::plan::Link;

/// Frames that one call receives.
const RECEIVE_BATCH: usize = 64;
/// As much of a frame as is looked at.
const SNAP: usize = 192;
/// Room for answers that wait while we send; the kernel gives less to those without CAP_NET_ADMIN.
const RECEIVE_BUFFER: libc::c_int = 8 << 20;
/// How long a full queue of the interface is waited for before sending is tried again.
const FULL_QUEUE_NAP: Duration = Duration::from_millis(1);

/// A socket for the frames of one interface.
#[derive(Debug)]
pub(super) struct PacketSocket {
    socket: OwnedFd,
    inbox: Vec<[u8; SNAP]>,
}

impl PacketSocket {
    pub(super) fn open(link: &Link, tcp_port: u16) -> io::Result<Self> {
        // Protocol 0 receives nothing until the filter stands and the interface is chosen.
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = rustix::net::socket_with(AddressFamily::PACKET, SocketType::RAW, flags, None)?;
        let one: libc::c_int = 1;
        if set(&socket, libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, &RECEIVE_BUFFER).is_err() {
            set(&socket, libc::SOL_SOCKET, libc::SO_RCVBUF, &RECEIVE_BUFFER)?;
        }
        // Older kernels show us what the machine itself sends; the cookies sort that out.
        let _ = set(&socket, libc::SOL_PACKET, libc::PACKET_IGNORE_OUTGOING, &one);
        attach(&socket, tcp_port)?;
        bind(&socket, link.index)?;
        Ok(Self { socket, inbox: vec![[0; SNAP]; RECEIVE_BATCH] })
    }

    fn wait(&self, events: PollFlags, longest: Duration) -> io::Result<()> {
        let time = Timespec::try_from(longest).map_err(|_| io::ErrorKind::InvalidInput)?;
        match rustix::event::poll(&mut [PollFd::new(&self.socket, events)], Some(&time)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn receive_batch(&mut self, each: &mut dyn FnMut(&[u8])) -> io::Result<usize> {
        let mut pieces: [libc::iovec; RECEIVE_BATCH] = [EMPTY_PIECE; RECEIVE_BATCH];
        let mut messages: [libc::mmsghdr; RECEIVE_BATCH] = [EMPTY_MESSAGE; RECEIVE_BATCH];
        let places = self.inbox.iter_mut().zip(&mut pieces).zip(&mut messages);
        for ((buffer, piece), message) in places {
            *piece = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: SNAP };
            message.msg_hdr.msg_iov = ptr::from_mut(piece);
            message.msg_hdr.msg_iovlen = 1;
        }
        // SAFETY: every message points to one piece, every piece to a buffer of SNAP bytes; all live
        // until the call returns, and the count is the length of the array.
        let received = unsafe {
            libc::recvmmsg(
                self.socket.as_raw_fd(),
                messages.as_mut_ptr(),
                RECEIVE_BATCH as libc::c_uint,
                libc::MSG_DONTWAIT as _,
                ptr::null_mut(),
            )
        };
        let Ok(received) = usize::try_from(received) else {
            let error = io::Error::last_os_error();
            return if is_passing(&error) { Ok(0) } else { Err(error) };
        };
        for (message, buffer) in messages.iter().zip(&self.inbox).take(received) {
            let length = (message.msg_len as usize).min(SNAP);
            each(buffer.get(..length).unwrap_or_default());
        }
        Ok(received)
    }
}

impl LinkChannel for PacketSocket {
    fn send(&mut self, frames: &Frames, first: usize) -> io::Result<usize> {
        let frames = frames.from(first);
        let mut pieces: [libc::iovec; BATCH] = [EMPTY_PIECE; BATCH];
        let mut messages: [libc::mmsghdr; BATCH] = [EMPTY_MESSAGE; BATCH];
        for ((frame, piece), message) in frames.iter().zip(&mut pieces).zip(&mut messages) {
            *piece =
                libc::iovec { iov_base: frame.as_ptr().cast_mut().cast(), iov_len: frame.len() };
            message.msg_hdr.msg_iov = ptr::from_mut(piece);
            message.msg_hdr.msg_iovlen = 1;
        }
        // SAFETY: the first `frames.len()` messages (BATCH at most) point to one piece each, every
        // piece to a frame that lives until the call returns; sending does not write to it.
        let sent = unsafe {
            libc::sendmmsg(
                self.socket.as_raw_fd(),
                messages.as_mut_ptr(),
                frames.len().min(BATCH) as libc::c_uint,
                libc::MSG_DONTWAIT as _,
            )
        };
        if let Ok(sent) = usize::try_from(sent) {
            return Ok(sent);
        }
        let error = io::Error::last_os_error();
        if is_passing(&error) {
            return self.wait(PollFlags::OUT, FULL_QUEUE_NAP).map(|()| 0);
        }
        // The queue of the interface is full, and nothing tells when it is not.
        if error.raw_os_error() == Some(libc::ENOBUFS) {
            std::thread::sleep(FULL_QUEUE_NAP);
            return Ok(0);
        }
        Err(error)
    }

    fn receive(&mut self, wait: Duration, each: &mut dyn FnMut(&[u8])) -> io::Result<()> {
        let mut handed = self.receive_batch(each)?;
        if handed == 0 && !wait.is_zero() {
            self.wait(PollFlags::IN, wait)?;
            handed = self.receive_batch(each)?;
        }
        let mut last = handed;
        while last == RECEIVE_BATCH && handed < HANDED_MAX {
            last = self.receive_batch(each)?;
            handed += last;
        }
        Ok(())
    }
}

fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

const EMPTY_PIECE: libc::iovec = libc::iovec { iov_base: ptr::null_mut(), iov_len: 0 };
// SAFETY: a message header of zeroes is valid: no name, no pieces, no control data.
const EMPTY_MESSAGE: libc::mmsghdr = unsafe { mem::zeroed() };

fn set<T>(socket: &OwnedFd, level: libc::c_int, option: libc::c_int, value: &T) -> io::Result<()> {
    let size = size_of::<T>() as libc::socklen_t;
    let value = ptr::from_ref(value).cast();
    // SAFETY: the value lives during the call and has the size that is told.
    let result = unsafe { libc::setsockopt(socket.as_raw_fd(), level, option, value, size) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn bind(socket: &OwnedFd, index: u32) -> io::Result<()> {
    let address = libc::sockaddr_ll {
        sll_family: libc::AF_PACKET as libc::c_ushort,
        sll_protocol: (libc::ETH_P_ALL as u16).to_be(),
        sll_ifindex: libc::c_int::try_from(index).map_err(|_| io::ErrorKind::InvalidInput)?,
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

fn attach(socket: &OwnedFd, tcp_port: u16) -> io::Result<()> {
    let mut program = filter(tcp_port);
    let filter =
        libc::sock_fprog { len: program.len() as libc::c_ushort, filter: program.as_mut_ptr() };
    set(socket, libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, &filter)
}

/// A classic BPF program that lets through ARP replies, ICMP, ICMPv6, and TCP for our port. Everything
/// it lets through is checked again.
fn filter(tcp_port: u16) -> [libc::sock_filter; 20] {
    // Opcodes of `linux/bpf_common.h`: load half word and byte (absolute, indexed), header length of
    // IPv4, jumps, return.
    const LDH: u16 = 0x28;
    const LDB: u16 = 0x30;
    const LDH_X: u16 = 0x48;
    const LDX_IP: u16 = 0xb1;
    const JEQ: u16 = 0x15;
    const JSET: u16 = 0x45;
    const RET: u16 = 0x06;
    let line = |code, jt, jf, k| libc::sock_filter { code, jt, jf, k };
    let port = u32::from(tcp_port);
    [
        line(LDH, 0, 0, 12),
        line(JEQ, 0, 2, 0x0806), // 1: ARP?
        line(LDH, 0, 0, 20),
        line(JEQ, 14, 15, 2),    // 3: a reply?
        line(JEQ, 0, 8, 0x0800), // 4: IPv4?
        line(LDB, 0, 0, 23),
        line(JEQ, 11, 0, 1), // 6: ICMP?
        line(JEQ, 0, 11, 6), // 7: TCP?
        line(LDH, 0, 0, 20),
        line(JSET, 9, 0, 0x1fff), // 9: a later fragment?
        line(LDX_IP, 0, 0, 14),
        line(LDH_X, 0, 0, 16),
        line(JEQ, 5, 6, port),   // 12: our port?
        line(JEQ, 0, 5, 0x86dd), // 13: IPv6?
        line(LDB, 0, 0, 20),
        line(JEQ, 2, 0, 58), // 15: ICMPv6?
        line(LDH, 0, 0, 56),
        line(JEQ, 0, 1, port), // 17: our port, if it is TCP; others are sorted out later
        line(RET, 0, 0, SNAP as u32), // 18: taken
        line(RET, 0, 0, 0),    // 19: left
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::frame::{Ends, ICMP, ICMPV6, TCP, write_arp, write_ip};

    const PORT: u16 = 61_234;

    /// What the kernel's machine would do (Documentation/networking/filter.rst), for the few opcodes.
    fn takes(frame: &[u8]) -> bool {
        let program = filter(PORT);
        let half = |at: u32| {
            frame
                .get(at as usize..at as usize + 2)
                .map(|it| u32::from(it[0]) << 8 | u32::from(it[1]))
        };
        let (mut at, mut a, mut x) = (0, 0, 0);
        loop {
            let step = program[at];
            at += 1;
            let loaded = match step.code {
                0x28 => half(step.k),
                0x48 => half(step.k + x),
                0x30 => frame.get(step.k as usize).map(|it| u32::from(*it)),
                0xb1 => {
                    let Some(byte) = frame.get(step.k as usize) else { return false };
                    x = u32::from(byte & 15) * 4;
                    Some(a)
                }
                0x15 | 0x45 => {
                    let holds = if step.code == 0x15 { a == step.k } else { a & step.k != 0 };
                    at += usize::from(if holds { step.jt } else { step.jf });
                    Some(a)
                }
                0x06 => return step.k > 0,
                other => panic!("{other:x}"),
            };
            // A load beyond the frame ends the program: the frame is left.
            let Some(loaded) = loaded else { return false };
            a = loaded;
        }
    }

    fn ip(from: &str, protocol: u8, port: u16) -> Vec<u8> {
        let from = from.parse().unwrap();
        let mut frame = Vec::new();
        let ends = Ends { from_mac: [2; 6], to_mac: [2; 6], from, to: from };
        let mut body = vec![0; 20];
        body[2..4].copy_from_slice(&port.to_be_bytes());
        write_ip(&mut frame, &ends, protocol, 64, &body);
        frame
    }

    #[test]
    fn the_filter_takes_what_may_answer_us_and_nothing_else() {
        for (from, icmp) in [("10.0.0.1", ICMP), ("2001:db8::1", ICMPV6)] {
            assert!(takes(&ip(from, icmp, 0)));
            assert!(takes(&ip(from, TCP, PORT)));
            assert!(!takes(&ip(from, TCP, PORT + 1)));
            assert!(!takes(&ip(from, 17, PORT + 1)));
        }
        let mut fragment = ip("10.0.0.1", TCP, PORT);
        fragment[21] = 7;
        assert!(!takes(&fragment));
        for (operation, is_taken) in [(1, false), (2, true)] {
            let mut arp = Vec::new();
            let mut body = [0; 28];
            body[7] = operation;
            write_arp(&mut arp, [2; 6], [2; 6], &body);
            assert_eq!(takes(&arp), is_taken);
        }
        assert!(!takes(&[0; 60]));
        assert!(!takes(&[]));
    }
}
