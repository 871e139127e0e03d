//! The asset: what is known of one thing worth protecting, every value with its evidence.
//!
//! Knows nothing of how values were merged; that is `reconcile`.

mod attested;
mod device;
mod id;
mod network;
mod software;

pub use attested::{Attested, Evidence, Trust};
pub use device::{
    Asset, AssetKind, BoardDescription, ChassisDescription, DiskDescription, FirmwareLevel,
    HardwareDescription, Lifecycle, MemorySlot, OperatingSystemDescription, ProcessorDescription,
    SourceState, SourceStatus, VirtualMachine,
};
pub use id::{AssetId, AssetLabel, ObserverId};
pub use network::{
    AccountDescription, CertificateDescription, CommunicationPartner, GroupDescription,
    InterfaceDescription, NeighbourDescription, ResolverDescription, RouteDescription,
    ServiceDescription, ServicePort,
};
pub use software::SoftwarePackage;
