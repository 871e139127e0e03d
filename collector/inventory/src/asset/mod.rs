//! The asset: what is known of one thing worth protecting, every value with its evidence.
//!
//! Knows nothing of how values were merged; that is `reconcile`.

mod attested;
mod device;
mod id;
mod model_name;
mod network;
pub(crate) mod row_id;
mod software;
mod statement;

pub use attested::{Attested, Evidence, Trust};
pub use device::{
    Asset, AssetKind, BoardDescription, ChassisDescription, Contact, Detail, DiskDescription,
    FirmwareLevel, HardwareDescription, Lifecycle, MemorySlot, OperatingSystemDescription,
    ProcessorDescription, SIGHTINGS_SOURCE, SourceState, SourceStatus, VirtualMachine,
};
pub use id::{AssetId, AssetLabel, ObserverId, TargetId};
pub use model_name::maker_and_model;
pub use network::{
    AccountDescription, AddressDescription, CableDescription, CertificateDescription,
    CommunicationPartner, GroupDescription, HostKeyDescription, InterfaceDescription,
    NeighbourDescription, PathDescription, ResolverDescription, RouteDescription,
    ServiceDescription, ServiceIdentity, ServicePort,
};
pub use software::SoftwarePackage;
pub use statement::{NamedMachineDescription, SettingDescription};
