//! What a device is, as a closed list of words.

use serde::Deserialize;
use serde::Serialize;

use crate::asset::Asset;
use crate::asset::AssetKind;
use crate::asset::Trust;

/// What a device is. The words are the document's own, so that the inventory may learn to tell more
/// kinds apart without a new format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    /// Serves others.
    Server,
    /// A workplace.
    Client,
    /// A portable workplace.
    Laptop,
    /// Forwards packets between networks.
    Router,
    /// Forwards frames within a network.
    Switch,
    /// Lets through what rules allow.
    Firewall,
    /// Connects wireless devices.
    AccessPoint,
    /// A part of the network whose task is not known more closely.
    NetworkDevice,
    /// Printer or multifunction device.
    Printer,
    /// Telephone on the desk.
    Phone,
    /// Mobile phone or tablet.
    Mobile,
    /// Storage on the network.
    Storage,
    /// Control of a plant, sensor.
    Control,
    /// Camera.
    Camera,
    /// Power supply that bridges an outage.
    Ups,
    /// Runs virtual machines.
    Hypervisor,
    /// Not known.
    Unknown,
}

impl DeviceKind {
    /// The kind of a device; `forwards`: whether routes or paths lead through it.
    pub(super) fn of(asset: Option<&Asset>, forwards: bool) -> Self {
        let known = asset.and_then(|it| it.kind.as_ref());
        let is_concluded = known.is_none_or(|it| it.evidence.trust <= Trust::Measured);
        let kind = known.map_or(AssetKind::Unknown, |it| it.value);
        match kind {
            AssetKind::Unknown | AssetKind::NetworkDevice if forwards => Self::Router,
            // What answers on ports of servers and lies between networks is a router with services.
            AssetKind::Server if forwards && is_concluded => Self::Router,
            AssetKind::Unknown => Self::Unknown,
            AssetKind::Server => Self::Server,
            AssetKind::Client => Self::Client,
            AssetKind::Laptop => Self::Laptop,
            AssetKind::NetworkDevice => Self::NetworkDevice,
            AssetKind::Router => Self::Router,
            AssetKind::Switch => Self::Switch,
            AssetKind::Firewall => Self::Firewall,
            AssetKind::AccessPoint => Self::AccessPoint,
            AssetKind::Hypervisor => Self::Hypervisor,
            AssetKind::Camera => Self::Camera,
            AssetKind::PowerSupply => Self::Ups,
            AssetKind::Printer => Self::Printer,
            AssetKind::Telephone => Self::Phone,
            AssetKind::MobileDevice => Self::Mobile,
            AssetKind::Storage => Self::Storage,
            AssetKind::Control => Self::Control,
        }
    }
}
