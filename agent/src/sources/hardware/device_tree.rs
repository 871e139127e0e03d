//! Machine and chip of boards without SMBIOS, from the device tree (Devicetree Specification 0.4, §2.3)
//! and `/sys/devices/soc0`.

use observation::latest::{Absent, BaseBoard, Cadence, Fact, Platform, SourceId, SystemProduct};

use crate::host::{Ask, Host};
use crate::sources::attribute::printable;
use crate::sources::context::Context;
use crate::sources::{Found, Source};

/// Machine and chip of boards without SMBIOS.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("hardware.device_tree"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const FOLDER: &str = "/proc/device-tree";
const CHIP_FOLDER: &str = "/sys/devices/soc0";
const SMBIOS_PATH: &str = "/sys/class/dmi/id/product_name";

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let host = context.host;
    let text = |path: String| {
        let text = host.text(&path).ok()?;
        // Texts of the tree end with a zero.
        let text = printable(text.split('\0').next()?);
        (!text.is_empty()).then_some(text)
    };
    let model = host.text(&format!("{FOLDER}/model"));
    // Where both are, SMBIOS names the machine and the tree only the virtual board of a hypervisor.
    if host.line(SMBIOS_PATH).is_some() {
        return Err(Absent::NotHere { looked_at: format!("{FOLDER}/model") });
    }
    model?;
    let compatible = text(format!("{FOLDER}/compatible"));
    let manufacturer =
        compatible.as_deref().and_then(|it| it.split_once(',')).map(|it| it.0.to_owned());
    let product = SystemProduct {
        manufacturer,
        product: text(format!("{FOLDER}/model")),
        serial: text(format!("{FOLDER}/serial-number")),
        ..SystemProduct::default()
    };
    let mut facts = vec![Fact::SystemProduct(product)];
    facts.extend(chip(host).map(Fact::BaseBoard));
    Ok(Found { facts, ..Found::default() })
}

/// The system on a chip takes the place of the main board.
fn chip(host: &dyn Host) -> Option<BaseBoard> {
    let line = |file: &str| {
        let text = printable(&host.line(&format!("{CHIP_FOLDER}/{file}"))?);
        (!text.is_empty()).then_some(text)
    };
    let product = [line("family"), line("soc_id")].into_iter().flatten().collect::<Vec<_>>();
    let chip = BaseBoard {
        product: (!product.is_empty()).then(|| product.join(" ")),
        version: line("revision"),
        serial: line("serial_number"),
        ..BaseBoard::default()
    };
    (chip != BaseBoard::default()).then_some(chip)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    /// Constructed: the properties of a Raspberry Pi 4.
    fn host() -> MapHost {
        MapHost::new()
            .file(&format!("{FOLDER}/model"), "Raspberry Pi 4 Model B Rev 1.4\0")
            .file(&format!("{FOLDER}/compatible"), "raspberrypi,4-model-b\0brcm,bcm2711\0")
            .file(&format!("{FOLDER}/serial-number"), "10000000abcdef01\0")
            .file(&format!("{CHIP_FOLDER}/family"), "BCM2711\n")
            .file(&format!("{CHIP_FOLDER}/revision"), "C0\n")
    }

    #[test]
    fn a_board_states_model_serial_and_chip() {
        let found = with_context(&host(), observe).unwrap();
        let [Fact::SystemProduct(product), Fact::BaseBoard(chip)] = &found.facts[..] else {
            panic!("{found:?}")
        };
        assert_eq!(product.manufacturer.as_deref(), Some("raspberrypi"));
        assert_eq!(product.product.as_deref(), Some("Raspberry Pi 4 Model B Rev 1.4"));
        assert_eq!(product.serial.as_deref(), Some("10000000abcdef01"));
        assert_eq!(
            (chip.product.as_deref(), chip.version.as_deref()),
            (Some("BCM2711"), Some("C0"))
        );
    }

    #[test]
    fn a_machine_with_smbios_or_without_tree_is_not_here() {
        let looked_at = format!("{FOLDER}/model");
        let expected = Err(Absent::NotHere { looked_at });
        assert_eq!(with_context(&host().file(SMBIOS_PATH, "Server\n"), observe), expected);
        assert_eq!(with_context(&MapHost::new(), observe), expected);
    }
}
