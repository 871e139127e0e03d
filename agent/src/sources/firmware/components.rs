//! Firmware that drivers state in sysfs: management engine, graphics, Thunderbolt, storage controllers,
//! InfiniBand.

use observation::latest::{Absent, Cadence, Fact, FirmwareComponent, Platform, SourceId};

use crate::host::{Ask, Host};
use crate::sources::attribute::printable;
use crate::sources::context::Context;
use crate::sources::firmware_level::level;
use crate::sources::{Found, Source};

/// Firmware that drivers state in sysfs.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("firmware.components"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

/// A class of devices whose drivers state their firmware.
struct Kind {
    component: FirmwareComponent,
    /// The folder with one entry per device.
    folder: &'static str,
    /// What the names of the entries that count begin with.
    prefix: &'static str,
    /// Files with the version; drivers differ, the first that is there counts.
    versions: &'static [&'static str],
    /// Files with the model.
    models: &'static [&'static str],
    /// Files with the maker.
    vendors: &'static [&'static str],
}

const KINDS: [Kind; 5] = [
    Kind {
        component: FirmwareComponent::ManagementEngine,
        folder: "/sys/class/mei",
        prefix: "mei",
        versions: &["fw_ver"],
        models: &[],
        vendors: &[],
    },
    Kind {
        component: FirmwareComponent::Graphics,
        folder: "/sys/class/drm",
        prefix: "card",
        versions: &["device/vbios_version"],
        models: &["device/product_name"],
        vendors: &[],
    },
    Kind {
        component: FirmwareComponent::Thunderbolt,
        folder: "/sys/bus/thunderbolt/devices",
        prefix: "",
        versions: &["nvm_version"],
        models: &["device_name"],
        vendors: &["vendor_name"],
    },
    Kind {
        component: FirmwareComponent::NetworkAdapter,
        folder: "/sys/class/infiniband",
        prefix: "",
        versions: &["fw_ver"],
        models: &["hca_type", "board_id"],
        vendors: &[],
    },
    Kind {
        component: FirmwareComponent::StorageController,
        folder: "/sys/class/scsi_host",
        prefix: "host",
        // mpt3sas, lpfc, qla2xxx, hpsa and smartpqi, arcmsr, pm80xx.
        versions: &[
            "version_fw",
            "fwrev",
            "fw_version",
            "firmware_revision",
            "firmware_version",
            "host_fw_version",
        ],
        models: &["board_name", "modelname", "model_name", "model", "host_fw_model"],
        vendors: &["vendor"],
    },
];
/// NVIDIA's own driver states the firmware of its adapters here.
const NVIDIA_FOLDER: &str = "/proc/driver/nvidia/gpus";
/// Words of drivers for a version that they do not know.
const UNKNOWN: [&str; 4] = ["N/A", "unknown", "Unknown", "??.??.??.??.??"];

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let mut found = Found::default();
    for kind in &KINDS {
        let names = context.host.names(kind.folder).unwrap_or_default();
        // `card0-DP-1` is a connector of `card0`.
        let names = names.iter().filter(|it| it.starts_with(kind.prefix));
        let names = names.filter(|it| kind.prefix != "card" || !it.contains('-'));
        found.facts.extend(names.filter_map(|it| component(context.host, kind, it)));
    }
    for name in context.host.names(NVIDIA_FOLDER).unwrap_or_default() {
        let text = context.host.text(&format!("{NVIDIA_FOLDER}/{name}/information"));
        found.facts.extend(text.ok().and_then(|it| nvidia(&it, &name)));
    }
    Ok(found)
}

fn component(host: &dyn Host, kind: &Kind, name: &str) -> Option<Fact> {
    let folder = kind.folder;
    let first = |files: &[&str]| {
        files.iter().find_map(|file| {
            let text = printable(&host.line(&format!("{folder}/{name}/{file}"))?);
            // The management engine writes `0:16.1.25.1885`: platform and version.
            let text = match text.split_once(':') {
                Some((_, version)) if *file == "fw_ver" && folder.ends_with("mei") => {
                    version.to_owned()
                }
                _ => text,
            };
            (!text.is_empty() && !UNKNOWN.contains(&text.as_str())).then_some(text)
        })
    };
    let version = first(kind.versions)?;
    let device = match first(kind.models) {
        Some(model) => format!("{name} {model}"),
        None => name.to_owned(),
    };
    Some(level(kind.component, Some(device), first(kind.vendors), version))
}

/// Lines such as `Model: NVIDIA RTX A2000` and `Video BIOS: 94.06.27.00.0c`.
fn nvidia(text: &str, address: &str) -> Option<Fact> {
    let field = |name: &str| {
        let mut lines = text.lines().filter_map(|it| it.split_once(':'));
        let value = printable(lines.find(|it| it.0.trim() == name)?.1);
        (!value.is_empty() && !UNKNOWN.contains(&value.as_str())).then_some(value)
    };
    let version = field("Video BIOS")?;
    let device = match field("Model") {
        Some(model) => format!("{address} {model}"),
        None => address.to_owned(),
    };
    Some(level(FirmwareComponent::Graphics, Some(device), Some("NVIDIA".to_owned()), version))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    fn levels(host: &MapHost) -> Vec<(FirmwareComponent, String, String)> {
        let found = with_context(host, observe).unwrap();
        let level = |it: &Fact| {
            if let Fact::Firmware(it) = it {
                (it.component, it.device.clone().unwrap(), it.version.clone().unwrap())
            } else {
                panic!("{it:?}")
            }
        };
        found.facts.iter().map(level).collect()
    }

    fn of(
        component: FirmwareComponent,
        device: &str,
        version: &str,
    ) -> (FirmwareComponent, String, String) {
        (component, device.to_owned(), version.to_owned())
    }

    /// Constructed from the kernel's `Documentation/ABI` of mei, amdgpu, thunderbolt, mpt3sas, infiniband.
    #[test]
    fn each_kind_of_driver_states_its_version_in_its_own_file() {
        let host = MapHost::new()
            .file("/sys/class/mei/mei0/fw_ver", "0:16.1.25.1885\n0:16.1.25.1885\n0:16.0.15.1620\n")
            .file("/sys/class/drm/card0/device/vbios_version", "113-D3230100-102\n")
            .file("/sys/class/drm/card0-DP-1/status", "connected\n")
            .file("/sys/bus/thunderbolt/devices/0-1/nvm_version", "42.83\n")
            .file("/sys/bus/thunderbolt/devices/0-1/device_name", "Dock TB4\n")
            .file("/sys/bus/thunderbolt/devices/domain0/security", "user\n")
            .file("/sys/class/infiniband/mlx5_0/fw_ver", "20.35.1012\n")
            .file("/sys/class/infiniband/mlx5_0/hca_type", "MT4123\n")
            .file("/sys/class/scsi_host/host0/version_fw", "16.00.10.00\n")
            .file("/sys/class/scsi_host/host0/board_name", "HBA 9400-8i\n")
            .file("/sys/class/scsi_host/host1/proc_name", "ahci\n");
        let expected = [
            of(FirmwareComponent::ManagementEngine, "mei0", "16.1.25.1885"),
            of(FirmwareComponent::Graphics, "card0", "113-D3230100-102"),
            of(FirmwareComponent::Thunderbolt, "0-1 Dock TB4", "42.83"),
            of(FirmwareComponent::NetworkAdapter, "mlx5_0 MT4123", "20.35.1012"),
            of(FirmwareComponent::StorageController, "host0 HBA 9400-8i", "16.00.10.00"),
        ];
        assert_eq!(levels(&host), expected);
    }

    #[test]
    fn the_driver_of_nvidia_states_it_in_its_own_list() {
        let text = "Model: \t\t NVIDIA RTX A2000 12GB\nIRQ:   \t\t 148\nGPU UUID: \t GPU-0\n\
                    Video BIOS: \t 94.06.27.00.0c\nBus Type: \t PCIe\n";
        let path = format!("{NVIDIA_FOLDER}/0000:01:00.0/information");
        let device = "0000:01:00.0 NVIDIA RTX A2000 12GB";
        let expected = [of(FirmwareComponent::Graphics, device, "94.06.27.00.0c")];
        assert_eq!(levels(&MapHost::new().file(&path, text)), expected);
        let unknown = "Video BIOS: \t ??.??.??.??.??\n";
        assert_eq!(levels(&MapHost::new().file(&path, unknown)), []);
    }

    #[test]
    fn a_machine_without_such_devices_has_none() {
        assert_eq!(levels(&MapHost::new()), []);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "(Video BIOS|Model|:|\\PC|\n){0,32}") {
            let _ = nvidia(&text, "0");
        }
    }
}
