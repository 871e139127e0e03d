//! Services, and the chain from a port to the package that answers on it.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::account::UserName;
use super::software::PackageManager;

/// A service that the init system keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// The init system's own name for it (`nginx.service`).
    pub name: String,
    /// What it says it is.
    pub description: Option<String>,
    /// Whether it starts by itself.
    pub start_mode: Option<StartMode>,
    /// Whether it was running when looked at.
    pub is_running: Option<bool>,
    /// The account it runs under.
    pub account: Option<UserName>,
    /// The program it starts, without arguments.
    pub executable: Option<String>,
    /// The package that owns the program.
    pub package: Option<OwnerPackage>,
}

/// Whether a service starts by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StartMode {
    /// At boot, or by a socket, timer or path that is enabled.
    Automatic,
    /// Only when somebody or something asks.
    Manual,
    /// Never: masked or disabled.
    Disabled,
}

/// The package that owns a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OwnerPackage {
    /// Who manages it.
    pub manager: PackageManager,
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
}

/// One listening socket as one chain: port, process, unit, package, container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listener {
    /// Transport.
    pub transport: Transport,
    /// The address it is bound to.
    pub address: IpAddr,
    /// The port.
    pub port: u16,
    /// What the binding means for who can reach it.
    pub binding: Binding,
    /// Base name of the program.
    pub process: Option<String>,
    /// Path of the program.
    pub executable: Option<String>,
    /// The account the process runs under.
    pub account: Option<UserName>,
    /// The unit of the init system that the process belongs to.
    pub unit: Option<String>,
    /// The package that owns the program.
    pub package: Option<OwnerPackage>,
    /// The container that the process runs in.
    pub container: Option<Container>,
}

/// The transport of a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// TCP (RFC 9293).
    Tcp,
    /// UDP (RFC 768).
    Udp,
}

/// Who can reach a listener, by the address it is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Binding {
    /// Only this machine.
    Loopback,
    /// One address of the machine.
    Address,
    /// Every address of the machine.
    All,
}

/// The container that a process runs in, as its control group names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Container {
    /// `docker`, `podman`, `lxc`, `kubernetes`, `nspawn`, as far as the control group says.
    pub runtime: String,
    /// Id or name.
    pub id: String,
}
