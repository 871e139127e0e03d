//! What a text, number or address of a machine means: data with examples, and the few rules that
//! data cannot say.
//!
//! Knows facts of the wire; nothing of observers, evidence and time.

mod answer;
mod device_name;
mod hardware_vendor;
mod kind;
mod placeholder;
mod platforms;
mod virtual_machine;

pub use answer::{Confidence, Recognition, recognise};
pub(crate) use device_name::device_names;
pub use hardware_vendor::{mac_vendor, mac_vendors_origin};
pub use kind::kind_of_chassis;
pub use placeholder::{
    canonical_mac, disk_serial_text, host_name_text, is_removable_driver, is_virtual_router_mac,
    link_mac, microcode_text, serial_text, stated_text, usable_uuid,
};
pub use virtual_machine::{VIRTUALISATION_SOURCE, conclude, is_container_hint};
