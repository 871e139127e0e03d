//! Names of devices by their numbers, from the public lists of PCI and USB that the crates `pci-ids` and
//! `usb-ids` carry.

use observation::latest::Device;

/// What the lists say; none where they know nothing.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct DeviceNames {
    /// The subclass, else the class.
    pub(crate) class: Option<String>,
    /// Maker.
    pub(crate) vendor: Option<String>,
    /// Product.
    pub(crate) product: Option<String>,
    /// The card that the product sits on, else its maker.
    pub(crate) subsystem: Option<String>,
}

/// The names of a device.
pub(crate) fn device_names(device: &Device) -> DeviceNames {
    match device.bus.as_str() {
        "pci" => pci(device),
        "usb" => usb(device),
        _ => DeviceNames::default(),
    }
}

fn pci(device: &Device) -> DeviceNames {
    use pci_ids::FromId as _;
    let vendor = device.vendor_id.and_then(pci_ids::Vendor::from_id);
    let product = device
        .vendor_id
        .zip(device.device_id)
        .and_then(|(vendor, id)| pci_ids::Device::from_vid_pid(vendor, id));
    let card = device.subsystem_vendor_id.zip(device.subsystem_device_id);
    let subsystem = product
        .zip(card)
        .and_then(|(product, card)| {
            product.subsystems().find(|it| (it.subvendor(), it.subdevice()) == card)
        })
        .map(|it| it.name().to_owned())
        .or_else(|| {
            let maker = device.subsystem_vendor_id.and_then(pci_ids::Vendor::from_id);
            maker.map(|it| it.name().to_owned())
        });
    DeviceNames {
        class: device.class.and_then(pci_class),
        vendor: vendor.map(|it| it.name().to_owned()),
        product: product.map(|it| it.name().to_owned()),
        subsystem,
    }
}

fn pci_class(class: u32) -> Option<String> {
    use pci_ids::FromId as _;
    let [_, class, subclass, _] = class.to_be_bytes();
    let name = pci_ids::Subclass::from_cid_sid(class, subclass).map(pci_ids::Subclass::name);
    let name = name.or_else(|| pci_ids::Class::from_id(class).map(pci_ids::Class::name));
    name.map(str::to_owned)
}

fn usb(device: &Device) -> DeviceNames {
    use usb_ids::FromId as _;
    let vendor = device.vendor_id.and_then(usb_ids::Vendor::from_id);
    let product = device
        .vendor_id
        .zip(device.device_id)
        .and_then(|(vendor, id)| usb_ids::Device::from_vid_pid(vendor, id));
    DeviceNames {
        class: device.class.and_then(usb_class),
        vendor: vendor.map(|it| it.name().to_owned()),
        product: product.map(|it| it.name().to_owned()),
        subsystem: None,
    }
}

/// Class 0 says that the interfaces have classes of their own.
fn usb_class(class: u32) -> Option<String> {
    use usb_ids::FromId as _;
    let [_, class, _, _] = class.to_be_bytes();
    let class = usb_ids::Class::from_id(class).filter(|it| it.id() != 0)?;
    Some(class.name().to_owned())
}
