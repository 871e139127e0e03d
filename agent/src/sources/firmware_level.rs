//! Pieces of firmware as facts, and numbers as sysfs writes them.

use observation::latest::{Fact, Firmware, FirmwareComponent};

use crate::host::{Ask, Host};

/// One piece of firmware without date.
pub(crate) fn level(
    component: FirmwareComponent,
    device: Option<String>,
    vendor: Option<String>,
    version: String,
) -> Fact {
    Fact::Firmware(Firmware {
        component,
        device,
        vendor,
        version: Some(version),
        revision: None,
        released_on: None,
    })
}

/// A number in hexadecimal digits, with or without `0x`.
pub(crate) fn hexadecimal(host: &dyn Host, path: &str) -> Option<u32> {
    let line = host.line(path)?;
    u32::from_str_radix(line.strip_prefix("0x").unwrap_or(&line), 16).ok()
}

/// A number in decimal digits.
pub(crate) fn decimal<T: std::str::FromStr>(host: &dyn Host, path: &str) -> Option<T> {
    host.line(path)?.parse().ok()
}

/// The last part of the path that a link leads to.
pub(crate) fn target_name(host: &dyn Host, path: &str) -> Option<String> {
    let target = host.link(path).ok()?;
    target.rsplit('/').next().filter(|it| !it.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::testing::MapHost;

    #[test]
    fn numbers_and_links_of_sysfs_are_read() {
        let host = MapHost::new()
            .file("/sys/a", "0x8086\n")
            .file("/sys/b", "046d\n")
            .file("/sys/c", "-1\n")
            .link("/sys/driver", "../../bus/pci/drivers/e1000e");
        let read = |path: &str| hexadecimal(&host, path);
        assert_eq!(
            (read("/sys/a"), read("/sys/b"), read("/sys/c")),
            (Some(0x8086), Some(0x46d), None)
        );
        assert_eq!(
            (decimal::<u8>(&host, "/sys/c"), decimal::<i8>(&host, "/sys/c")),
            (None, Some(-1))
        );
        assert_eq!(target_name(&host, "/sys/driver").as_deref(), Some("e1000e"));
        assert_eq!(target_name(&host, "/sys/none"), None);
    }
}
