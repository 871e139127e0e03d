//! Numbers of reports: never given twice, not even when the agent is killed between two writes.

use std::io;

use observation::latest::ReportNumber;
use serde::{Deserialize, Serialize};

use crate::disk::Disk;

/// The file of the counter.
const FILE: &str = "counter.json";
/// How many numbers are reserved with one write, and again when half of them are used: at 120 reports
/// a day a disk that takes no writes stops numbering after 17 to 34 days.
const RESERVED_AHEAD: u64 = 4096;
/// Largest counter that is looked at.
const BYTES_MAX: u64 = 1024;

/// What is on the disk: numbers below `reserved` may have been used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Reservation {
    epoch: u64,
    reserved: u64,
}

/// The next number and how many are reserved.
#[derive(Debug)]
pub(super) struct Counter {
    next: ReportNumber,
    reserved: u64,
}

impl Counter {
    /// Goes on behind everything that was reserved; in a new epoch if that is not known.
    pub(super) fn open(disk: &dyn Disk, last_epoch: u64, complaints: &mut Vec<String>) -> Self {
        let text = disk.read(FILE, BYTES_MAX);
        let kept = text.as_ref().ok().and_then(|it| serde_json::from_slice::<Reservation>(it).ok());
        match kept.filter(|it| it.epoch >= last_epoch.max(1)) {
            Some(kept) => Self {
                next: ReportNumber { epoch: kept.epoch, sequence: kept.reserved },
                reserved: kept.reserved,
            },
            None => {
                if last_epoch > 0 {
                    complaints.push("the report counter is lost: a new epoch begins".to_owned());
                }
                let epoch = last_epoch.saturating_add(1);
                Self { next: ReportNumber { epoch, sequence: 1 }, reserved: 1 }
            }
        }
    }

    pub(super) const fn epoch(&self) -> u64 {
        self.next.epoch
    }

    pub(super) fn next(&mut self, disk: &dyn Disk) -> io::Result<ReportNumber> {
        let left = self.reserved.saturating_sub(self.next.sequence);
        if left <= RESERVED_AHEAD / 2 {
            let reserved = self.next.sequence.saturating_add(RESERVED_AHEAD);
            match keep(disk, Reservation { epoch: self.next.epoch, reserved }) {
                Ok(()) => self.reserved = reserved,
                Err(error) if left == 0 => return Err(error),
                Err(_) => {}
            }
        }
        let number = self.next;
        self.next.sequence = self.next.sequence.saturating_add(1);
        Ok(number)
    }

    pub(super) fn begin_epoch(&mut self, disk: &dyn Disk) -> io::Result<()> {
        let epoch = self.next.epoch.saturating_add(1);
        keep(disk, Reservation { epoch, reserved: 1 })?;
        *self = Self { next: ReportNumber { epoch, sequence: 1 }, reserved: 1 };
        Ok(())
    }
}

fn keep(disk: &dyn Disk, reservation: Reservation) -> io::Result<()> {
    disk.write(FILE, &serde_json::to_vec(&reservation)?)
}
