//! Asks a running fwupd for the devices that it knows, over the system bus (D-Bus Specification 0.42).
//!
//! One fixed call with the flag that forbids starting the service for it, so a few dozen lines of wire
//! format instead of a client library. fwupd keeps no list of devices on disk that could be read.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use observation::latest::Absent;

use super::super::FwupdDevice;
use super::absent;

mod wire;

const BUS_PATH: &str = "/run/dbus/system_bus_socket";
const SERVICE: &str = "org.freedesktop.fwupd";
/// fwupd answers from its memory; the bus in microseconds.
const LIMIT: Duration = Duration::from_secs(2);
/// A machine with fifty devices answers with about 100 KiB.
const MESSAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Signals of the bus that may come before the answer.
const MESSAGES_MAX: usize = 64;
/// Longest line of the greeting.
const LINE_BYTES_MAX: usize = 512;

/// The devices; *not here* where no bus or no fwupd runs.
pub(super) fn devices() -> Result<Vec<FwupdDevice>, Absent> {
    let mut bus = UnixStream::connect(BUS_PATH).map_err(|it| absent(BUS_PATH, &it))?;
    let limited =
        bus.set_read_timeout(Some(LIMIT)).and_then(|()| bus.set_write_timeout(Some(LIMIT)));
    limited.map_err(|it| absent(BUS_PATH, &it))?;
    let user = rustix::process::geteuid().as_raw();
    talk(&mut bus, user).map_err(|problem| problem.absent())
}

/// Why there is no list.
#[derive(Debug, PartialEq, Eq)]
enum Problem {
    NotRunning,
    TimedOut,
    Broken(String),
}

impl Problem {
    fn absent(self) -> Absent {
        let doing = format!("asking {SERVICE}");
        match self {
            Self::NotRunning => {
                Absent::NotLookedAt { why: "service_asleep".to_owned(), what: SERVICE.to_owned() }
            }
            Self::TimedOut => {
                let after_ms = u64::try_from(LIMIT.as_millis()).unwrap_or(u64::MAX);
                Absent::TimedOut { doing, after_ms }
            }
            Self::Broken(cause) => Absent::Failed { doing, cause },
        }
    }
}

impl From<std::io::Error> for Problem {
    fn from(error: std::io::Error) -> Self {
        let late = [std::io::ErrorKind::WouldBlock, std::io::ErrorKind::TimedOut];
        if late.contains(&error.kind()) { Self::TimedOut } else { Self::Broken(error.to_string()) }
    }
}

/// Greeting, name on the bus, question, answer.
fn talk(bus: &mut (impl Read + Write), user: u32) -> Result<Vec<FwupdDevice>, Problem> {
    let id = data_encoding::HEXLOWER.encode(user.to_string().as_bytes());
    bus.write_all(format!("\0AUTH EXTERNAL {id}\r\n").as_bytes())?;
    let answer = line(bus)?;
    if !answer.starts_with("OK ") {
        return Err(Problem::Broken(format!("the bus refuses: {answer}")));
    }
    bus.write_all(b"BEGIN\r\n")?;
    let bus_name = "org.freedesktop.DBus";
    bus.write_all(&wire::call(1, ["/org/freedesktop/DBus", bus_name, "Hello", bus_name]))?;
    bus.write_all(&wire::call(2, ["/", SERVICE, "GetDevices", SERVICE]))?;
    for _ in 0..MESSAGES_MAX {
        let message = message(bus)?;
        let head = wire::head(&message).ok_or_else(senseless)?;
        if head.answers != Some(2) {
            continue;
        }
        if let Some(error) = head.error {
            return Err(match error.rsplit('.').next() {
                Some("NameHasNoOwner" | "ServiceUnknown") => Problem::NotRunning,
                _ => Problem::Broken(error),
            });
        }
        return wire::devices(message.get(head.body_at..).unwrap_or_default())
            .ok_or_else(senseless);
    }
    Err(Problem::Broken("the bus sends other messages only".to_owned()))
}

fn senseless() -> Problem {
    Problem::Broken("the answer cannot be understood".to_owned())
}

fn line(bus: &mut impl Read) -> Result<String, Problem> {
    let mut line = Vec::new();
    let mut byte = [0];
    while line.len() < LINE_BYTES_MAX {
        bus.read_exact(&mut byte)?;
        match byte {
            [b'\n'] => return Ok(String::from_utf8_lossy(&line).trim().to_owned()),
            [other] => line.push(other),
        }
    }
    Err(Problem::Broken("the greeting of the bus is too long".to_owned()))
}

fn message(bus: &mut impl Read) -> Result<Vec<u8>, Problem> {
    let mut bytes = vec![0; wire::FIXED_BYTES];
    bus.read_exact(&mut bytes)?;
    let length =
        wire::length(&bytes).filter(|it| *it <= MESSAGE_BYTES_MAX).ok_or_else(senseless)?;
    bytes.resize(length.max(wire::FIXED_BYTES), 0);
    bus.read_exact(bytes.get_mut(wire::FIXED_BYTES..).unwrap_or_default())?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// A bus that says what it was given and keeps what it hears.
    struct Script {
        says: Cursor<Vec<u8>>,
        hears: Vec<u8>,
    }

    impl Read for Script {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.says.read(buffer)
        }
    }

    impl Write for Script {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.hears.extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn check(messages: &[Vec<u8>]) -> (Result<Vec<FwupdDevice>, Problem>, Vec<u8>) {
        let says = [b"OK 1234deadbeef\r\n".to_vec(), messages.concat()].concat();
        let mut script = Script { says: Cursor::new(says), hears: Vec::new() };
        (talk(&mut script, 1000), script.hears)
    }

    #[test]
    fn the_devices_come_behind_the_name_and_signals() {
        let expected = FwupdDevice {
            name: Some("System Firmware".to_owned()),
            vendor: Some("Sample Maker".to_owned()),
            version: Some("0.1.57".to_owned()),
            plugin: Some("uefi_capsule".to_owned()),
        };
        let hello = wire::sample::reply(1, &wire::sample::text(":1.42"));
        let answer = wire::sample::reply(2, &wire::sample::devices());
        let (devices, heard) = check(&[hello, wire::sample::signal(), answer]);
        let devices = devices.unwrap();
        assert_eq!(devices[0], expected);
        assert_eq!(devices.len(), 2);
        assert!(heard.starts_with(b"\0AUTH EXTERNAL 31303030\r\nBEGIN\r\nl\x01\x02\x01"));
    }

    #[test]
    fn a_service_that_does_not_run_is_left_alone() {
        let error = wire::sample::error(2, "org.freedesktop.DBus.Error.NameHasNoOwner");
        assert_eq!(check(&[error]).0, Err(Problem::NotRunning));
        let error = wire::sample::error(2, "org.freedesktop.fwupd.Internal");
        assert!(matches!(check(&[error]).0, Err(Problem::Broken(_))));
    }

    #[test]
    fn a_bus_that_refuses_ends_or_babbles_is_a_failure() {
        assert!(matches!(check(&[]).0, Err(Problem::Broken(_))));
        assert!(matches!(check(&[vec![0xff; 64]]).0, Err(Problem::Broken(_))));
        let signals: Vec<Vec<u8>> = (0..200).map(|_| wire::sample::signal()).collect();
        assert!(matches!(check(&signals).0, Err(Problem::Broken(_))));
        let mut script = Script { says: Cursor::new(b"REJECTED\r\n".to_vec()), hears: Vec::new() };
        assert!(matches!(talk(&mut script, 0), Err(Problem::Broken(_))));
        let mut script = Script { says: Cursor::new(vec![b'O'; 4096]), hears: Vec::new() };
        assert!(matches!(talk(&mut script, 0), Err(Problem::Broken(_))));
    }
}
