//! A company in network namespaces: hosts with real daemons, routers between their segments, and
//! the truth about all of it, so that what a scan says can be compared.
//!
//! Everything lives inside one outer PID, mount and network namespace, which is also the "switch":
//! its network namespace holds one bridge per segment and no way out. When the outer namespace's
//! first process ends, for whatever reason, the kernel ends every process and removes every
//! interface and mount of the lab.

pub mod company;
pub mod compare;
pub mod door;
pub mod host;
pub mod meter;
pub mod nmap;
mod shell;
mod sockets;
pub mod truth;
pub mod wire;
pub mod world;
