//! Asks the driver of a network interface what it is (ETHTOOL_GDRVINFO of `linux/ethtool.h`).
#![expect(unsafe_code, reason = "this ioctl has no safe wrapper")]

use std::os::fd::AsRawFd as _;

use observation::latest::Absent;
use rustix::net::{AddressFamily, SocketFlags, SocketType};

use super::super::NetworkDriver;
use super::{absent, failed};

/// SIOCETHTOOL of `linux/sockios.h`.
const SIOCETHTOOL: libc::Ioctl = 0x8946_u32 as libc::Ioctl;
const ETHTOOL_GDRVINFO: u32 = 3;
/// `struct ethtool_drvinfo`: the number of the question, texts of 32 bytes, five counts.
const ANSWER_BYTES: usize = 196;
const TEXT_BYTES: usize = 32;
const DRIVER_AT: usize = 4;
const VERSION_AT: usize = DRIVER_AT + TEXT_BYTES;
const FIRMWARE_AT: usize = VERSION_AT + TEXT_BYTES;
const BUS_AT: usize = FIRMWARE_AT + TEXT_BYTES;

/// Aligned as the kernel's structure is.
#[repr(C, align(8))]
struct Answer([u8; ANSWER_BYTES]);

/// What the driver says; *not here* for an interface without such a driver.
pub(super) fn driver(interface: &str) -> Result<NetworkDriver, Absent> {
    let what = format!("driver of {interface}");
    let name = interface.as_bytes();
    if name.is_empty() || name.len() >= libc::IFNAMSIZ || name.contains(&0) {
        return Err(failed(&what, "this is no name of an interface"));
    }
    let flags = SocketFlags::CLOEXEC;
    let socket = rustix::net::socket_with(AddressFamily::INET, SocketType::DGRAM, flags, None)
        .map_err(|it| absent(&what, &it.into()))?;
    let mut answer = Answer([0; ANSWER_BYTES]);
    let question = ETHTOOL_GDRVINFO.to_ne_bytes();
    for (place, byte) in answer.0.iter_mut().zip(question) {
        *place = byte;
    }
    let mut request = libc::ifreq {
        ifr_name: [0; libc::IFNAMSIZ],
        ifr_ifru: libc::__c_anonymous_ifr_ifru { ifru_data: (&raw mut answer).cast() },
    };
    for (place, byte) in request.ifr_name.iter_mut().zip(name) {
        *place = libc::c_char::from_ne_bytes([*byte]);
    }
    // SAFETY: the request names an interface with a zero behind it and points to an answer of the size
    // that the kernel writes for this question; both live until the call returns.
    let result = unsafe { libc::ioctl(socket.as_raw_fd(), SIOCETHTOOL, &raw mut request) };
    if result != 0 {
        let error = std::io::Error::last_os_error();
        return Err(match error.raw_os_error() {
            Some(libc::EOPNOTSUPP | libc::ENODEV) => Absent::NotHere { looked_at: what },
            _ => absent(&what, &error),
        });
    }
    Ok(read(&answer.0))
}

fn read(answer: &[u8; ANSWER_BYTES]) -> NetworkDriver {
    let text = |at: usize| {
        let bytes = answer.get(at..at + TEXT_BYTES).unwrap_or_default();
        let bytes = bytes.split(|it| *it == 0).next().unwrap_or_default();
        String::from_utf8_lossy(bytes).trim().to_owned()
    };
    NetworkDriver {
        driver: text(DRIVER_AT),
        version: text(VERSION_AT),
        firmware: text(FIRMWARE_AT),
        bus: text(BUS_AT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_as_the_kernel_lays_it_out() {
        let mut answer = [0; ANSWER_BYTES];
        for (at, text) in
            [(4, "igb"), (36, "6.1.0-18-amd64"), (68, "3.25, 0x800005cf"), (100, "0000:03:00.0")]
        {
            answer[at..at + text.len()].copy_from_slice(text.as_bytes());
        }
        let expected = NetworkDriver {
            driver: "igb".to_owned(),
            version: "6.1.0-18-amd64".to_owned(),
            firmware: "3.25, 0x800005cf".to_owned(),
            bus: "0000:03:00.0".to_owned(),
        };
        assert_eq!(read(&answer), expected);
    }

    #[test]
    fn interfaces_without_driver_and_senseless_names_are_no_answer() {
        assert!(matches!(driver("lo"), Err(Absent::NotHere { .. } | Absent::NotAllowed { .. })));
        for name in ["", "no-such-interface-anywhere", "a\0b"] {
            assert!(driver(name).is_err(), "{name}");
        }
    }
}
