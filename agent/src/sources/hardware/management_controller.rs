//! The controller that manages the machine from outside (BMC): firmware from `/sys/class/ipmi`, address
//! and hardware address from the controller itself.

use observation::latest::{
    Absent, Cadence, Fact, FirmwareComponent, Gap, ManagementController, Platform, SourceId,
};

use crate::host::{Ask, Host, ManagementNetwork};
use crate::sources::context::Context;
use crate::sources::firmware_level::{hexadecimal, level};
use crate::sources::{Found, Source};

/// The management controller.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("hardware.management_controller"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const FOLDER: &str = "/sys/class/ipmi";
/// The interface whose controller the host door asks.
const FIRST: &str = "ipmi0";

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let names = context.host.names(FOLDER)?;
    let mut found = Found::default();
    for name in names {
        let mut controller = controller(context.host, &name);
        if let Some(version) = controller.firmware.clone() {
            let component = FirmwareComponent::ManagementController;
            found.facts.push(level(component, Some(name.clone()), None, version));
        }
        if name == FIRST {
            match context.host.management_network() {
                Ok(network) => tell(network, &mut controller),
                Err(reason) => {
                    let field = "management_controller.address".to_owned();
                    found.gaps.push(Gap { field, of: Some(name), reason });
                }
            }
        }
        found.facts.push(Fact::ManagementController(controller));
    }
    Ok(found)
}

fn controller(host: &dyn Host, name: &str) -> ManagementController {
    // The driver links its device to the controller behind it.
    let folder = format!("{FOLDER}/{name}/device/bmc");
    let line = |file: &str| host.line(&format!("{folder}/{file}")).filter(|it| !it.is_empty());
    let product_id = hexadecimal(host, &format!("{folder}/product_id"));
    ManagementController {
        specification: line("ipmi_version"),
        firmware: line("firmware_revision"),
        manufacturer_id: hexadecimal(host, &format!("{folder}/manufacturer_id")),
        product_id,
        guid: line("guid"),
        ..ManagementController::default()
    }
}

fn tell(network: ManagementNetwork, controller: &mut ManagementController) {
    let ManagementNetwork { channel, address_source_number, address, prefix_length, gateway, mac } =
        network;
    controller.channel = Some(channel);
    controller.address_source_number = address_source_number;
    controller.address = address;
    controller.prefix_length = prefix_length;
    controller.gateway = gateway;
    controller.mac = mac;
}

#[cfg(test)]
mod tests {
    use observation::latest::Privilege;

    use super::*;
    use crate::host::{Reply, Request};
    use crate::sources::testing::{MapHost, with_context};

    /// Constructed from the attributes of `drivers/char/ipmi/ipmi_msghandler.c` of Linux 6.1.
    fn host(reply: Result<Reply, Absent>) -> MapHost {
        let folder = format!("{FOLDER}/ipmi0/device/bmc");
        MapHost::new()
            .file(&format!("{folder}/firmware_revision"), "3.88\n")
            .file(&format!("{folder}/ipmi_version"), "2.0\n")
            .file(&format!("{folder}/manufacturer_id"), "0x0002a2\n")
            .file(&format!("{folder}/product_id"), "0x0100\n")
            .answer(Request::ManagementNetwork, reply)
    }

    #[test]
    fn a_controller_states_firmware_and_address() {
        let network = ManagementNetwork {
            channel: 1,
            address_source_number: Some(2),
            address: "192.0.2.9".parse().ok(),
            prefix_length: Some(24),
            gateway: None,
            mac: Some("02:00:00:00:00:01".to_owned()),
        };
        let found = with_context(&host(Ok(Reply::ManagementNetwork(network))), observe).unwrap();
        let [Fact::Firmware(firmware), Fact::ManagementController(controller)] = &found.facts[..]
        else {
            panic!("{found:?}")
        };
        assert_eq!(firmware.version.as_deref(), Some("3.88"));
        assert_eq!(controller.manufacturer_id, Some(674));
        assert_eq!(controller.mac.as_deref(), Some("02:00:00:00:00:01"));
        assert_eq!((controller.channel, controller.prefix_length), (Some(1), Some(24)));
    }

    #[test]
    fn without_the_right_the_address_is_a_gap() {
        let reason = Absent::NotAllowed { what: "/dev/ipmi0".to_owned(), needs: Privilege::Root };
        let found = with_context(&host(Err(reason)), observe).unwrap();
        assert_eq!((found.facts.len(), found.gaps.len()), (2, 1));
    }
}
