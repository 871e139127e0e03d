//! The kernel's excerpt of the tables in `/sys/class/dmi/id`, most of which everybody may read.

use observation::latest::{BaseBoard, Chassis, Fact, Firmware, FirmwareComponent, SystemProduct};

use super::records::{embedded_controller, release_date};
use crate::host::{Ask, Host};
use crate::sources::attribute::printable;

const FOLDER: &str = "/sys/class/dmi/id";

/// What the excerpt says; none where there is no excerpt.
pub(super) fn read(host: &dyn Host) -> Option<Vec<Fact>> {
    host.names(FOLDER).ok()?;
    let line = |name: &str| {
        let text = printable(&host.line(&format!("{FOLDER}/{name}"))?);
        (!text.is_empty()).then_some(text)
    };
    let mut facts = vec![
        Fact::Firmware(Firmware {
            component: FirmwareComponent::Bios,
            device: None,
            vendor: line("bios_vendor"),
            version: line("bios_version"),
            revision: line("bios_release"),
            released_on: line("bios_date").as_deref().and_then(release_date),
        }),
        Fact::SystemProduct(SystemProduct {
            manufacturer: line("sys_vendor"),
            product: line("product_name"),
            version: line("product_version"),
            serial: line("product_serial"),
            uuid: line("product_uuid").and_then(|it| it.parse().ok()),
            sku: line("product_sku"),
            family: line("product_family"),
        }),
        Fact::BaseBoard(BaseBoard {
            manufacturer: line("board_vendor"),
            product: line("board_name"),
            version: line("board_version"),
            serial: line("board_serial"),
            asset_tag: line("board_asset_tag"),
        }),
        Fact::Chassis(Chassis {
            manufacturer: line("chassis_vendor"),
            version: line("chassis_version"),
            kind_number: line("chassis_type").and_then(|it| it.parse().ok()),
            serial: line("chassis_serial"),
            asset_tag: line("chassis_asset_tag"),
            ..Chassis::default()
        }),
    ];
    if let Some(version) = line("ec_firmware_release") {
        facts.push(Fact::Firmware(embedded_controller(version)));
    }
    Some(facts)
}
