//! Asks a disk for its health log. Fixed commands that read, none that writes, none to a disk that sleeps.
#![expect(unsafe_code, reason = "pass-through commands have no safe wrapper")]

use std::os::fd::{AsRawFd as _, OwnedFd};
use std::ptr;

use observation::latest::{Absent, Privilege};

use super::super::{AtaLog, DiskLog};
use super::{block_device, failed};

/// Log pages and SMART data have one sector.
const SECTOR_BYTES: usize = 512;
/// Longest wait for a disk.
const LIMIT_MS: u32 = 3_000;

/// `struct nvme_admin_cmd` of `linux/nvme_ioctl.h`.
#[repr(C)]
#[derive(Default)]
struct NvmeCommand {
    opcode: u8,
    flags: u8,
    reserved: u16,
    namespace: u32,
    words_2_3: [u32; 2],
    metadata: u64,
    address: u64,
    metadata_bytes: u32,
    data_bytes: u32,
    words_10_15: [u32; 6],
    timeout_ms: u32,
    result: u32,
}

/// `_IOWR('N', 0x41, struct nvme_admin_cmd)`.
const NVME_IOCTL_ADMIN_CMD: libc::Ioctl = 0xc048_4e41_u32 as libc::Ioctl;
/// Get Log Page (NVM Express 2.0 §5.16).
const GET_LOG_PAGE: u8 = 0x02;
/// The SMART / health information log, and how many double words of it follow the first.
const HEALTH_LOG: u32 = 0x02 | 127 << 16;
/// The log of the whole controller.
const ALL_NAMESPACES: u32 = 0xffff_ffff;

/// The log of a disk. Other kinds than NVMe and SATA have none that is read here.
pub(super) fn log(disk: &str) -> Result<DiskLog, Absent> {
    let device = block_device::open(disk)?;
    if disk.starts_with("nvme") {
        return nvme(&device, disk).map(DiskLog::Nvme);
    }
    ata(&device, disk).map(DiskLog::Ata)
}

fn nvme(device: &OwnedFd, disk: &str) -> Result<Vec<u8>, Absent> {
    let mut data = vec![0_u8; SECTOR_BYTES];
    let mut command = NvmeCommand {
        opcode: GET_LOG_PAGE,
        namespace: ALL_NAMESPACES,
        address: data.as_mut_ptr().expose_provenance() as u64,
        data_bytes: SECTOR_BYTES as u32,
        words_10_15: [HEALTH_LOG, 0, 0, 0, 0, 0],
        timeout_ms: LIMIT_MS,
        ..NvmeCommand::default()
    };
    // SAFETY: the command has the kernel's layout and names a buffer of exactly the stated size; both
    // live until the call returns.
    let result = unsafe { libc::ioctl(device.as_raw_fd(), NVME_IOCTL_ADMIN_CMD, &raw mut command) };
    match result {
        0 => Ok(data),
        status if status > 0 => Err(refused(disk, &format!("NVMe status {status:#x}"))),
        _ => Err(last_error(disk)),
    }
}

/// `struct sg_io_hdr` of `scsi/sg.h`.
#[repr(C)]
struct ScsiCommand {
    interface: libc::c_int,
    direction: libc::c_int,
    command_bytes: u8,
    sense_bytes_max: u8,
    pieces: u16,
    data_bytes: u32,
    data: *mut u8,
    command: *mut u8,
    sense: *mut u8,
    timeout_ms: u32,
    flags: u32,
    id: libc::c_int,
    user: *mut u8,
    status: u8,
    masked_status: u8,
    message_status: u8,
    sense_bytes: u8,
    host_status: u16,
    driver_status: u16,
    residual: libc::c_int,
    duration_ms: u32,
    info: u32,
}

const SG_IO: libc::Ioctl = 0x2285_u32 as libc::Ioctl;
const SG_DXFER_NONE: libc::c_int = -1;
const SG_DXFER_FROM_DEV: libc::c_int = -3;
const SENSE_BYTES: usize = 32;
/// ATA PASS-THROUGH (16) of SAT-4 §12.2.
const PASS_THROUGH: u8 = 0x85;
const PROTOCOL_NONE: u8 = 3 << 1;
const PROTOCOL_DATA_IN: u8 = 4 << 1;
/// One block, its count in the sector count field, from the device.
const TRANSFER_IN: u8 = 0x0e;
/// The registers of the answer are wanted.
const CHECK_CONDITION: u8 = 0x20;
const SMART: u8 = 0xb0;
const CHECK_POWER_MODE: u8 = 0xe5;
const READ_DATA: u8 = 0xd0;
const READ_THRESHOLDS: u8 = 0xd1;
const RETURN_STATUS: u8 = 0xda;
/// What SMART wants in the middle and high byte of the address, and gives back when all is well.
const SMART_KEY: (u8, u8) = (0x4f, 0xc2);
/// What it gives back when a threshold is exceeded.
const SMART_FAILING: (u8, u8) = (0xf4, 0x2c);
/// The answer of CHECK POWER MODE of a disk that would have to be woken.
const STANDBY: u8 = 0x00;
/// Additional sense code with which SAT returns registers.
const DESCRIPTOR_FORMAT: u8 = 0x72;
const ATA_RETURN_DESCRIPTOR: u8 = 0x09;

/// The registers that a command without data leaves behind.
#[derive(Debug, PartialEq, Eq)]
struct Registers {
    count: u8,
    middle: u8,
    high: u8,
}

fn ata(device: &OwnedFd, disk: &str) -> Result<AtaLog, Absent> {
    if ask_registers(device, disk, CHECK_POWER_MODE, 0)?.is_some_and(|it| it.count == STANDBY) {
        let why = "disk_asleep".to_owned();
        return Err(Absent::NotLookedAt { why, what: disk.to_owned() });
    }
    let data = ask_sector(device, disk, READ_DATA)?;
    let thresholds = ask_sector(device, disk, READ_THRESHOLDS).unwrap_or_default();
    let status = ask_registers(device, disk, SMART, RETURN_STATUS).ok().flatten();
    let is_passed = status.and_then(|it| match (it.middle, it.high) {
        SMART_KEY => Some(true),
        SMART_FAILING => Some(false),
        _ => None,
    });
    Ok(AtaLog { data, thresholds, is_passed })
}

/// The sixteen bytes of a pass-through command.
fn pass_through(protocol: u8, transfer: u8, command: u8, feature: u8) -> [u8; 16] {
    let (middle, high) = if command == SMART { SMART_KEY } else { (0, 0) };
    let count = u8::from(protocol == PROTOCOL_DATA_IN);
    [
        PASS_THROUGH,
        protocol,
        transfer,
        0,
        feature,
        0,
        count,
        0,
        count,
        0,
        middle,
        0,
        high,
        0,
        command,
        0,
    ]
}

fn ask_sector(device: &OwnedFd, disk: &str, feature: u8) -> Result<Vec<u8>, Absent> {
    let mut data = vec![0; SECTOR_BYTES];
    let command = pass_through(PROTOCOL_DATA_IN, TRANSFER_IN, SMART, feature);
    let (status, _) = send(device, disk, command, &mut data)?;
    if status != 0 {
        return Err(refused(disk, &format!("SCSI status {status:#x}")));
    }
    Ok(data)
}

fn ask_registers(
    device: &OwnedFd,
    disk: &str,
    command: u8,
    feature: u8,
) -> Result<Option<Registers>, Absent> {
    let command = pass_through(PROTOCOL_NONE, CHECK_CONDITION, command, feature);
    let (_, sense) = send(device, disk, command, &mut [])?;
    Ok(registers(&sense))
}

fn registers(sense: &[u8; SENSE_BYTES]) -> Option<Registers> {
    let descriptor = sense.get(8..22).filter(|_| sense.first() == Some(&DESCRIPTOR_FORMAT))?;
    if descriptor.first() != Some(&ATA_RETURN_DESCRIPTOR) {
        return None;
    }
    let byte = |at: usize| descriptor.get(at).copied();
    Some(Registers { count: byte(5)?, middle: byte(9)?, high: byte(11)? })
}

fn send(
    device: &OwnedFd,
    disk: &str,
    mut command: [u8; 16],
    data: &mut [u8],
) -> Result<(u8, [u8; SENSE_BYTES]), Absent> {
    let mut sense = [0; SENSE_BYTES];
    let mut request = ScsiCommand {
        interface: libc::c_int::from(b'S'),
        direction: if data.is_empty() { SG_DXFER_NONE } else { SG_DXFER_FROM_DEV },
        command_bytes: 16,
        sense_bytes_max: SENSE_BYTES as u8,
        pieces: 0,
        data_bytes: u32::try_from(data.len()).unwrap_or_default(),
        data: data.as_mut_ptr(),
        command: command.as_mut_ptr(),
        sense: sense.as_mut_ptr(),
        timeout_ms: LIMIT_MS,
        flags: 0,
        id: 0,
        user: ptr::null_mut(),
        status: 0,
        masked_status: 0,
        message_status: 0,
        sense_bytes: 0,
        host_status: 0,
        driver_status: 0,
        residual: 0,
        duration_ms: 0,
        info: 0,
    };
    // SAFETY: the request has the kernel's layout; command, sense and data are buffers of the stated
    // sizes and live until the call returns.
    let result = unsafe { libc::ioctl(device.as_raw_fd(), SG_IO, &raw mut request) };
    if result != 0 {
        return Err(last_error(disk));
    }
    if request.host_status != 0 {
        return Err(refused(disk, &format!("host status {:#x}", request.host_status)));
    }
    Ok((request.status, sense))
}

fn refused(disk: &str, cause: &str) -> Absent {
    failed(&format!("the health of {disk}"), cause)
}

/// A driver that knows no such command has no log to show.
fn last_error(disk: &str) -> Absent {
    let error = std::io::Error::last_os_error();
    let what = format!("health log of {disk}");
    match error.raw_os_error() {
        Some(libc::ENOTTY | libc::EOPNOTSUPP | libc::EINVAL) => Absent::NotHere { looked_at: what },
        Some(libc::EACCES | libc::EPERM) => Absent::NotAllowed { what, needs: Privilege::Root },
        _ => refused(disk, &error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_have_the_sizes_of_the_kernel() {
        assert_eq!(size_of::<NvmeCommand>(), 72);
        assert_eq!(size_of::<ScsiCommand>(), 88);
    }

    #[test]
    fn no_command_but_those_that_read_is_ever_built() {
        let read = pass_through(PROTOCOL_DATA_IN, TRANSFER_IN, SMART, READ_DATA);
        assert_eq!(read, [0x85, 8, 0x0e, 0, 0xd0, 0, 1, 0, 1, 0, 0x4f, 0, 0xc2, 0, 0xb0, 0]);
        let status = pass_through(PROTOCOL_NONE, CHECK_CONDITION, SMART, RETURN_STATUS);
        assert_eq!(status, [0x85, 6, 0x20, 0, 0xda, 0, 0, 0, 0, 0, 0x4f, 0, 0xc2, 0, 0xb0, 0]);
        let power = pass_through(PROTOCOL_NONE, CHECK_CONDITION, CHECK_POWER_MODE, 0);
        assert_eq!(power, [0x85, 6, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xe5, 0]);
    }

    /// Descriptor of SAT-4 §12.2.7: the answer of a disk in order, of a failing one, of one asleep.
    #[test]
    fn registers_are_read_from_the_sense_data() {
        let sense = |count: u8, middle: u8, high: u8| {
            let mut sense = [0; SENSE_BYTES];
            let answer = [
                0x72, 0x01, 0, 0x1d, 0, 0, 0, 14, 9, 12, 0, 0, 0, count, 0, 0, 0, middle, 0, high,
                0, 0x50,
            ];
            sense[..22].copy_from_slice(&answer);
            sense
        };
        let passed = Registers { count: 0, middle: 0x4f, high: 0xc2 };
        assert_eq!(registers(&sense(0, 0x4f, 0xc2)), Some(passed));
        assert_eq!(registers(&sense(0xff, 0, 0)).map(|it| it.count), Some(0xff));
        assert_eq!(registers(&[0; SENSE_BYTES]), None);
        let mut fixed = sense(0, 0x4f, 0xc2);
        fixed[0] = 0x70;
        assert_eq!(registers(&fixed), None);
    }
}
