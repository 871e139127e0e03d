//! Networks of containers and locked-in services on the host, which its own tables do not show.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::network::{InterfaceAddress, Route};
use super::service::{Binding, Container, Transport};

/// One network namespace other than the host's own (network_namespaces(7)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkNamespace {
    /// How it is called here: container, unit or program; with a number where several share the name.
    pub label: String,
    /// The container that it is of.
    pub container: Option<Container>,
    /// The unit of the init system that it is of.
    pub unit: Option<String>,
    /// Base name of the program of its oldest process.
    pub process: Option<String>,
    /// Its links but for loopback.
    pub interfaces: Vec<NamespaceInterface>,
    /// Its routes.
    pub routes: Vec<Route>,
    /// What listens in it.
    pub listeners: Vec<NamespaceListener>,
}

/// A link of another network namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamespaceInterface {
    /// Name there.
    pub name: String,
    /// Kind that the kernel states (`veth`, `macvlan`, `wireguard` …).
    pub kind: Option<String>,
    /// Hardware address.
    pub mac: Option<String>,
    /// Addresses, temporary ones left out.
    pub addresses: Vec<InterfaceAddress>,
}

/// A socket that waits for anybody in another network namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NamespaceListener {
    /// Transport.
    pub transport: Transport,
    /// The address it is bound to, in that namespace.
    pub address: IpAddr,
    /// The port.
    pub port: u16,
    /// What the binding means for who can reach it.
    pub binding: Binding,
    /// Base name of the program.
    pub process: Option<String>,
}
