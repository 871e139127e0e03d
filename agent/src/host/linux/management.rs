//! Asks the management controller for its network settings over the system interface (IPMI 2.0 §23.2;
//! `linux/ipmi.h`). Two fixed commands that read.
#![expect(unsafe_code, reason = "the IPMI device has no safe wrapper")]

use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::{AsRawFd as _, OwnedFd};

use observation::latest::Absent;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::{Mode, OFlags};

use super::super::ManagementNetwork;
use super::{absent, failed};

const DEVICE_PATH: &str = "/dev/ipmi0";
/// A controller answers in some tens of milliseconds, a busy one in a second.
const LIMIT_SECONDS: i64 = 3;
/// Largest answer of a system interface (IPMI_MAX_MSG_LENGTH).
const ANSWER_BYTES_MAX: usize = 272;
/// The network functions "application" and "transport", and their commands.
const APPLICATION: u8 = 0x06;
const GET_CHANNEL_INFO: u8 = 0x42;
const TRANSPORT: u8 = 0x0c;
const GET_LAN_CONFIGURATION: u8 = 0x02;
/// The medium "802.3 LAN" of a channel (table 6-3).
const MEDIUM_LAN: u8 = 0x04;
/// Channels that a controller may give to networks.
const CHANNELS: std::ops::RangeInclusive<u8> = 1..=11;
/// Parameters of table 23-4.
const ADDRESS: u8 = 3;
const ADDRESS_SOURCE: u8 = 4;
const MAC: u8 = 5;
const MASK: u8 = 6;
const GATEWAY: u8 = 12;

/// `struct ipmi_system_interface_addr`.
#[repr(C)]
struct SystemAddress {
    kind: libc::c_int,
    channel: libc::c_short,
    unit: u8,
}

const SYSTEM_INTERFACE: libc::c_int = 0x0c;
const OWN_CHANNEL: libc::c_short = 0x0f;

/// `struct ipmi_msg`.
#[repr(C)]
struct Message {
    function: u8,
    command: u8,
    length: u16,
    data: *mut u8,
}

/// `struct ipmi_req`.
#[repr(C)]
struct Question {
    address: *mut SystemAddress,
    address_length: u32,
    id: libc::c_long,
    message: Message,
}

/// `struct ipmi_recv`.
#[repr(C)]
struct Answer {
    kind: libc::c_int,
    address: *mut u8,
    address_length: u32,
    id: libc::c_long,
    message: Message,
}

/// `_IOR('i', 13, struct ipmi_req)` and `_IOWR('i', 11, struct ipmi_recv)` where pointers have 64 bits.
const IPMICTL_SEND_COMMAND: libc::Ioctl = 0x8028_690d_u32 as libc::Ioctl;
const IPMICTL_RECEIVE_MSG_TRUNC: libc::Ioctl = 0xc030_690b_u32 as libc::Ioctl;
/// Longest address that the kernel writes (`struct ipmi_addr`).
const ADDRESS_BYTES_MAX: usize = 64;

/// The settings of the first channel that is a network; *not here* where there is no such device.
pub(super) fn network() -> Result<ManagementNetwork, Absent> {
    // The driver asks for no right to write: commands go through ioctl(2).
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let device = rustix::fs::open(DEVICE_PATH, flags, Mode::empty())
        .map_err(|it| absent(DEVICE_PATH, &it.into()))?;
    for channel in CHANNELS {
        let info = ask(&device, APPLICATION, GET_CHANNEL_INFO, &mut [channel])?;
        if info.get(1).is_some_and(|it| it & 0x7f == MEDIUM_LAN) {
            return settings(&device, channel);
        }
    }
    Err(Absent::NotHere { looked_at: format!("network channels of {DEVICE_PATH}") })
}

fn settings(device: &OwnedFd, channel: u8) -> Result<ManagementNetwork, Absent> {
    let parameter = |number: u8| -> Result<Vec<u8>, Absent> {
        let answer = ask(device, TRANSPORT, GET_LAN_CONFIGURATION, &mut [channel, number, 0, 0])?;
        // The first byte is the revision of the parameter.
        Ok(answer.get(1..).unwrap_or_default().to_vec())
    };
    let (source, address) = (parameter(ADDRESS_SOURCE)?, parameter(ADDRESS)?);
    let (mask, gateway) = (parameter(MASK)?, parameter(GATEWAY)?);
    Ok(understood(channel, [&source, &address, &mask, &gateway, &parameter(MAC)?]))
}

/// An address of zeros is none.
fn understood(channel: u8, [source, address, mask, gateway, mac]: [&[u8]; 5]) -> ManagementNetwork {
    let four = |bytes: &[u8]| {
        let bytes: [u8; 4] = bytes.get(..4)?.try_into().ok()?;
        (bytes != [0; 4]).then_some(bytes)
    };
    let ip = |bytes: &[u8]| four(bytes).map(|it| IpAddr::V4(Ipv4Addr::from(it)));
    let length = four(mask).map(u32::from_be_bytes);
    let length = length.filter(|it| it.leading_ones() + it.trailing_zeros() == u32::BITS);
    let mac = mac.get(..6).filter(|it| it.iter().any(|byte| *byte != 0));
    ManagementNetwork {
        channel,
        address_source_number: source.first().map(|it| it & 0x0f).filter(|it| *it != 0),
        address: ip(address),
        prefix_length: length.and_then(|it| u8::try_from(it.leading_ones()).ok()),
        gateway: ip(gateway),
        mac: mac.map(|it| it.iter().map(|it| format!("{it:02x}")).collect::<Vec<_>>().join(":")),
    }
}

/// The data of an answer, without its completion code; empty where the controller refuses.
fn ask(device: &OwnedFd, function: u8, command: u8, data: &mut [u8]) -> Result<Vec<u8>, Absent> {
    let mut address = SystemAddress { kind: SYSTEM_INTERFACE, channel: OWN_CHANNEL, unit: 0 };
    let length = u16::try_from(data.len()).unwrap_or_default();
    let mut question = Question {
        address: &raw mut address,
        address_length: size_of::<SystemAddress>() as u32,
        id: 1,
        message: Message { function, command, length, data: data.as_mut_ptr() },
    };
    // SAFETY: the question has the kernel's layout; its address and data live until the call returns.
    let sent = unsafe { libc::ioctl(device.as_raw_fd(), IPMICTL_SEND_COMMAND, &raw mut question) };
    if sent != 0 {
        return Err(absent(DEVICE_PATH, &std::io::Error::last_os_error()));
    }
    let limit = Timespec { tv_sec: LIMIT_SECONDS, tv_nsec: 0 };
    let ready = rustix::event::poll(&mut [PollFd::new(device, PollFlags::IN)], Some(&limit));
    if ready.map_err(|it| absent(DEVICE_PATH, &it.into()))? == 0 {
        let after_ms = LIMIT_SECONDS.unsigned_abs() * 1000;
        return Err(Absent::TimedOut { doing: format!("asking {DEVICE_PATH}"), after_ms });
    }
    receive(device)
}

fn receive(device: &OwnedFd) -> Result<Vec<u8>, Absent> {
    let mut bytes = [0_u8; ANSWER_BYTES_MAX];
    let mut address = [0_u8; ADDRESS_BYTES_MAX];
    let length = ANSWER_BYTES_MAX as u16;
    let mut answer = Answer {
        kind: 0,
        address: address.as_mut_ptr(),
        address_length: ADDRESS_BYTES_MAX as u32,
        id: 0,
        message: Message { function: 0, command: 0, length, data: bytes.as_mut_ptr() },
    };
    // SAFETY: the answer has the kernel's layout; its buffers have the stated sizes and live until the
    // call returns.
    let got =
        unsafe { libc::ioctl(device.as_raw_fd(), IPMICTL_RECEIVE_MSG_TRUNC, &raw mut answer) };
    if got != 0 {
        return Err(absent(DEVICE_PATH, &std::io::Error::last_os_error()));
    }
    let data = bytes.get(..usize::from(answer.message.length)).unwrap_or_default();
    match data.split_first() {
        Some((0, data)) => Ok(data.to_vec()),
        Some(_) => Ok(Vec::new()),
        None => Err(failed(DEVICE_PATH, "the controller gave an empty answer")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_structures_have_the_sizes_in_the_numbers_of_the_calls() {
        assert_eq!((size_of::<Question>(), size_of::<Answer>()), (0x28, 0x30));
    }

    #[test]
    fn settings_are_read_as_table_23_4_lays_them_out() {
        let mac = [0x3c, 0xec, 0xef, 0x01, 0x02, 0x03];
        let read =
            understood(1, [&[0x02], &[192, 0, 2, 9], &[255, 255, 255, 0], &[192, 0, 2, 1], &mac]);
        let expected = ManagementNetwork {
            channel: 1,
            address_source_number: Some(2),
            address: "192.0.2.9".parse().ok(),
            prefix_length: Some(24),
            gateway: "192.0.2.1".parse().ok(),
            mac: Some("3c:ec:ef:01:02:03".to_owned()),
        };
        assert_eq!(read, expected);
    }

    /// A mask is the length of a prefix only where all its ones stand before its zeros (RFC 4632, 5.1).
    #[test]
    fn each_mask_of_a_prefix_has_its_length_and_no_other_has_one() {
        let length =
            |mask: [u8; 4]| understood(1, [&[1], &[192, 0, 2, 9], &mask, &[], &[]]).prefix_length;
        for bits in 1..=32_u8 {
            let mask = u32::MAX << (32 - u32::from(bits));
            assert_eq!(length(mask.to_be_bytes()), Some(bits));
        }
        for mask in [[255, 0, 255, 0], [0, 0, 0, 255], [127, 255, 255, 255], [255, 255, 255, 253]] {
            assert_eq!(length(mask), None, "{mask:?}");
        }
    }

    #[test]
    fn what_follows_the_values_changes_nothing() {
        let long = |bytes: &[u8]| [bytes, &[0xEE; 40]].concat();
        let (source, address, mac) =
            (long(&[0x12]), long(&[192, 0, 2, 9]), long(&[2, 0, 0, 0, 0, 1]));
        let read = understood(3, [&source, &address, &long(&[255, 0, 0, 0]), &long(&[0; 4]), &mac]);
        // The upper half of the source is reserved.
        assert_eq!((read.address_source_number, read.channel), (Some(2), 3));
        assert_eq!((read.prefix_length, read.gateway), (Some(8), None));
        assert_eq!(read.mac.as_deref(), Some("02:00:00:00:00:01"));
    }

    #[test]
    fn zeros_and_short_answers_are_none() {
        let nothing = ManagementNetwork { channel: 8, ..ManagementNetwork::default() };
        assert_eq!(understood(8, [&[0], &[0; 4], &[0; 4], &[0; 4], &[0; 6]]), nothing);
        assert_eq!(understood(8, [&[]; 5]), nothing);
        let odd = understood(8, [&[1], &[1, 2, 3], &[255, 0, 255, 0], &[], &[1]]);
        assert_eq!(odd, ManagementNetwork { address_source_number: Some(1), ..nothing });
    }
}
