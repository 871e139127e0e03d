//! Asks the trusted platform module for its fixed properties, through the resource manager of the kernel.

use observation::latest::{Absent, Privilege};
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::{Mode, OFlags};

use super::{absent, failed};

/// The resource manager: several programs may ask through it at the same time.
const DEVICE_PATH: &str = "/dev/tpmrm0";
/// TPM2_GetCapability (TCG TPM 2.0 part 3, §30.2) for 48 properties from TPM_PT_FIXED on.
const COMMAND: [u8; 22] = [
    0x80, 0x01, // TPM_ST_NO_SESSIONS
    0x00, 0x00, 0x00, 0x16, // size
    0x00, 0x00, 0x01, 0x7a, // TPM_CC_GetCapability
    0x00, 0x00, 0x00, 0x06, // TPM_CAP_TPM_PROPERTIES
    0x00, 0x00, 0x01, 0x00, // TPM_PT_FIXED
    0x00, 0x00, 0x00, 0x30, // count
];
/// Largest answer that a TPM may give.
const ANSWER_BYTES_MAX: usize = 4096;
/// The module answers such a question in milliseconds; one that is busy with a self-test in some hundred.
const LIMIT_SECONDS: i64 = 3;

/// The answer of the module, header included.
pub(super) fn properties() -> Result<Vec<u8>, Absent> {
    let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let device =
        rustix::fs::open(DEVICE_PATH, flags, Mode::empty()).map_err(|error| match error {
            // Members of the group "tss" may ask.
            rustix::io::Errno::ACCESS => {
                Absent::NotAllowed { what: DEVICE_PATH.to_owned(), needs: Privilege::Group }
            }
            other => absent(DEVICE_PATH, &other.into()),
        })?;
    let broken = |error: rustix::io::Errno| absent(DEVICE_PATH, &error.into());
    if rustix::io::write(&device, &COMMAND).map_err(broken)? != COMMAND.len() {
        return Err(failed(DEVICE_PATH, "it took a part of the question only"));
    }
    let limit = Timespec { tv_sec: LIMIT_SECONDS, tv_nsec: 0 };
    let ready = rustix::event::poll(&mut [PollFd::new(&device, PollFlags::IN)], Some(&limit));
    if ready.map_err(broken)? == 0 {
        let after_ms = LIMIT_SECONDS.unsigned_abs() * 1000;
        return Err(Absent::TimedOut { doing: format!("asking {DEVICE_PATH}"), after_ms });
    }
    let mut answer = vec![0; ANSWER_BYTES_MAX];
    let length = rustix::io::read(&device, answer.as_mut_slice()).map_err(broken)?;
    answer.truncate(length);
    Ok(answer)
}
