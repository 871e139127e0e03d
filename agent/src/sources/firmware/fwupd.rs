//! Devices and versions that a running fwupd knows. It is not started for the question.

use observation::latest::{Absent, Cadence, Fact, FirmwareComponent, Platform, SourceId};

use crate::host::{Ask, FwupdDevice};
use crate::sources::attribute::printable;
use crate::sources::context::Context;
use crate::sources::firmware_level::level;
use crate::sources::{Found, Source};

/// Devices and versions that fwupd knows. Volatile: fwupd ends by itself when nobody asks it.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("firmware.fwupd"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Volatile,
    observe,
};

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let devices = context.host.fwupd_devices()?;
    Ok(Found { facts: devices.into_iter().filter_map(fact).collect(), ..Found::default() })
}

/// Devices without a version can be listed by fwupd but not updated.
fn fact(device: FwupdDevice) -> Option<Fact> {
    let text = |text: Option<String>| text.map(|it| printable(&it)).filter(|it| !it.is_empty());
    let version = text(device.version)?;
    let component = component(device.plugin.as_deref().unwrap_or_default());
    Some(level(component, text(device.name), text(device.vendor), version))
}

/// The plugin that knows a device says what it is.
fn component(plugin: &str) -> FirmwareComponent {
    match plugin {
        "uefi_capsule" => FirmwareComponent::SystemFirmware,
        "uefi_dbx" => FirmwareComponent::UefiDbx,
        "tpm" => FirmwareComponent::Tpm,
        "nvme" | "ata" | "scsi" | "emmc" => FirmwareComponent::Disk,
        "cpu" => FirmwareComponent::Microcode,
        "intel_me" | "intel_mkhi" | "intel_amt" | "intel_cvs" => {
            FirmwareComponent::ManagementEngine
        }
        "amdgpu" | "amd_gpu" | "intel_gsc" | "gpu" => FirmwareComponent::Graphics,
        "modem_manager" => FirmwareComponent::Modem,
        "redfish" | "ipmi" => FirmwareComponent::ManagementController,
        "bcm57xx" | "igsc" => FirmwareComponent::NetworkAdapter,
        it if it.starts_with("thunderbolt") => FirmwareComponent::Thunderbolt,
        it if it.contains("dock") => FirmwareComponent::Dock,
        _ => FirmwareComponent::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Reply, Request};
    use crate::sources::testing::{MapHost, with_context};

    fn device(name: &str, version: Option<&str>, plugin: &str) -> FwupdDevice {
        FwupdDevice {
            name: Some(name.to_owned()),
            vendor: Some("Sample Maker".to_owned()),
            version: version.map(str::to_owned),
            plugin: Some(plugin.to_owned()),
        }
    }

    #[test]
    fn devices_with_a_version_are_firmware() {
        let devices = vec![
            device("WD19TB", Some("01.00.36"), "dell_dock"),
            device("Unifying Receiver", Some("RQR12.11_B0032"), "logitech_hidpp"),
            device("Fingerprint Sensor", None, "synaptics_prometheus"),
        ];
        let host = MapHost::new().answer(Request::FwupdDevices, Ok(Reply::FwupdDevices(devices)));
        let found = with_context(&host, observe).unwrap();
        let components: Vec<FirmwareComponent> = found
            .facts
            .iter()
            .map(|it| if let Fact::Firmware(it) = it { it.component } else { panic!("{it:?}") })
            .collect();
        assert_eq!(components, [FirmwareComponent::Dock, FirmwareComponent::Other]);
    }

    #[test]
    fn a_fwupd_that_sleeps_is_left_alone_and_said() {
        let (why, what) = ("service_asleep".to_owned(), "org.freedesktop.fwupd".to_owned());
        let reason = Absent::NotLookedAt { why, what };
        let host = MapHost::new().answer(Request::FwupdDevices, Err(reason.clone()));
        assert_eq!(with_context(&host, observe), Err(reason));
    }
}
