//! Packets of our own making: not here yet, so that every scan connects.
use crate::plan::{Plan, Surroundings};
use observation::latest::SeenBy;
use observation::latest::scan::{ScanFigures, ScanRemark};
use std::net::IpAddr;
#[derive(Debug, Default)]
pub struct Control;
impl Control {
    pub fn cancel(&self) {}
    pub fn is_cancelled(&self) -> bool {
        false
    }
    pub fn progress(&self) -> (u64, u64) {
        (0, 0)
    }
}
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct RawError;
pub struct Found {
    pub address: IpAddr,
    pub means: SeenBy,
    pub mac: Option<[u8; 6]>,
}
pub struct Discovery {
    pub found: Vec<Found>,
    pub remarks: Vec<ScanRemark>,
    pub figures: ScanFigures,
}
pub struct PortsFound {
    pub open: Vec<(IpAddr, Vec<u16>)>,
    pub remarks: Vec<ScanRemark>,
    pub figures: ScanFigures,
}
pub fn discover(_: &Plan, _: &Control) -> Result<Discovery, RawError> {
    Err(RawError)
}
pub fn scan_ports(
    _: &[(IpAddr, Vec<u16>)],
    _: &Surroundings,
    _: u32,
    _: &Control,
) -> Result<PortsFound, RawError> {
    Err(RawError)
}
