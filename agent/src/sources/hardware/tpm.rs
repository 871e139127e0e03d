//! Trusted platform modules: version, maker, firmware, banks (`Documentation/ABI/stable/sysfs-class-tpm`;
//! TCG TPM 2.0 library, part 2 and 3).

use observation::latest::{
    Absent, Cadence, Complaint, Fact, FirmwareComponent, Gap, Platform, SourceId,
    TrustedPlatformModule,
};

use crate::host::{Ask, Host};
use crate::sources::attribute::printable;
use crate::sources::context::Context;
use crate::sources::firmware_level::level;
use crate::sources::{Found, Source};

/// Trusted platform modules.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("hardware.tpm"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const FOLDER: &str = "/sys/class/tpm";
/// The module that the resource manager of the host door asks.
const FIRST: &str = "tpm0";
const BANK: &str = "pcr-";

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let names = context.host.names(FOLDER)?;
    let mut found = Found::default();
    for name in names {
        let is_version_2 = is_version_2(context.host, &name);
        let mut module = module(context.host, &name);
        if is_version_2 {
            module.specification = Some("2.0".to_owned());
            if name == FIRST {
                ask(context.host, &mut module, &mut found);
            }
        } else {
            old_module(context.host, &name, &mut module);
        }
        if let Some(version) = module.firmware.clone() {
            let (device, vendor) = (Some(name), module.manufacturer.clone());
            found.facts.push(level(FirmwareComponent::Tpm, device, vendor, version));
        }
        found.facts.push(Fact::TrustedPlatformModule(module));
    }
    Ok(found)
}

/// Kernels before 5.6 do not state the version; only old modules have capabilities as text.
fn is_version_2(host: &dyn Host, name: &str) -> bool {
    match host.line(&format!("{FOLDER}/{name}/tpm_version_major")) {
        Some(version) => version == "2",
        None => host.text(&format!("{FOLDER}/{name}/device/caps")).is_err(),
    }
}

fn module(host: &dyn Host, name: &str) -> TrustedPlatformModule {
    let parts = host.names(&format!("{FOLDER}/{name}")).unwrap_or_default();
    let banks = parts.iter().filter_map(|it| it.strip_prefix(BANK)).map(str::to_owned);
    TrustedPlatformModule {
        name: Some(name.to_owned()),
        banks: banks.collect(),
        ..TrustedPlatformModule::default()
    }
}

/// Lines such as `Manufacturer: 0x49465800`, `TCG version: 1.2`, `Firmware version: 3.19`.
fn old_module(host: &dyn Host, name: &str, module: &mut TrustedPlatformModule) {
    let text = host.text(&format!("{FOLDER}/{name}/device/caps")).unwrap_or_default();
    for line in text.lines() {
        let Some((key, value)) = line.split_once(':') else { continue };
        let value = printable(value);
        match key.trim() {
            "Manufacturer" => {
                let number = value.strip_prefix("0x").map(|it| u32::from_str_radix(it, 16));
                module.manufacturer = number.and_then(Result::ok).and_then(|it| letters(&[it]));
            }
            "TCG version" => module.specification = Some(value),
            "Firmware version" => module.firmware = Some(value),
            _ => {}
        }
    }
    let flag =
        |file: &str| host.line(&format!("{FOLDER}/{name}/device/{file}")).map(|it| it == "1");
    module.is_enabled = flag("enabled");
    module.is_owned = flag("owned");
}

fn ask(host: &dyn Host, module: &mut TrustedPlatformModule, found: &mut Found) {
    match host.tpm_properties() {
        Ok(answer) => match properties(&answer) {
            Some(properties) => properties.tell(module),
            None => found.complaints.push(Complaint {
                place: format!("TPM2_GetCapability of {FIRST}"),
                problem: "the answer cannot be understood".to_owned(),
            }),
        },
        Err(reason) => {
            for field in
                ["trusted_platform_module.firmware", "trusted_platform_module.manufacturer"]
            {
                let (field, of) = (field.to_owned(), Some(FIRST.to_owned()));
                found.gaps.push(Gap { field, of, reason: reason.clone() });
            }
        }
    }
}

/// Numbers and values of properties.
struct Properties(Vec<(u32, u32)>);

/// TPM_PT_MANUFACTURER, TPM_PT_VENDOR_STRING_1 to _4, TPM_PT_FIRMWARE_VERSION_1 and _2 (part 2, §6.13).
const MANUFACTURER: u32 = 0x105;
const VENDOR_STRINGS: [u32; 4] = [0x106, 0x107, 0x108, 0x109];
const FIRMWARE_1: u32 = 0x10b;
const FIRMWARE_2: u32 = 0x10c;

/// The answer: tag, size, code (0 is success), whether there is more, kind of capability, count, pairs.
fn properties(answer: &[u8]) -> Option<Properties> {
    let number = |at: usize| Some(u32::from_be_bytes(answer.get(at..at + 4)?.try_into().ok()?));
    if number(6)? != 0 || number(11)? != 6 {
        return None;
    }
    let count = usize::try_from(number(15)?).ok()?;
    let pairs = answer.get(19..)?.chunks_exact(8).take(count);
    let pair = |bytes: &[u8]| {
        let (property, value) = bytes.split_at_checked(4)?;
        Some((
            u32::from_be_bytes(property.try_into().ok()?),
            u32::from_be_bytes(value.try_into().ok()?),
        ))
    };
    Some(Properties(pairs.filter_map(pair).collect()))
}

impl Properties {
    fn value(&self, property: u32) -> Option<u32> {
        self.0.iter().find(|it| it.0 == property).map(|it| it.1)
    }

    fn tell(&self, module: &mut TrustedPlatformModule) {
        module.manufacturer = self.value(MANUFACTURER).and_then(|it| letters(&[it]));
        let texts: Vec<u32> = VENDOR_STRINGS.iter().filter_map(|it| self.value(*it)).collect();
        module.model = letters(&texts);
        module.firmware = self.value(FIRMWARE_1).map(|first| {
            // Makers write the four halves with dots between them; some use the first word only.
            let second = self.value(FIRMWARE_2).unwrap_or_default();
            let halves = [first >> 16, first & 0xffff, second >> 16, second & 0xffff];
            halves.map(|it| it.to_string()).join(".")
        });
    }
}

/// Four letters in each number, zeros at the end.
fn letters(numbers: &[u32]) -> Option<String> {
    let bytes: Vec<u8> = numbers.iter().flat_map(|it| it.to_be_bytes()).collect();
    let end = bytes.iter().position(|it| *it == 0).unwrap_or(bytes.len());
    let text = printable(&String::from_utf8_lossy(bytes.get(..end)?));
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use observation::latest::{Firmware, Privilege};
    use proptest::prelude::*;

    use super::*;
    use crate::host::{Reply, Request};
    use crate::sources::testing::{MapHost, with_context};

    fn answer(pairs: &[(u32, u32)]) -> Vec<u8> {
        let mut bytes = vec![0x80, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6];
        bytes.extend(u32::try_from(pairs.len()).unwrap().to_be_bytes());
        for (property, value) in pairs {
            bytes.extend(property.to_be_bytes());
            bytes.extend(value.to_be_bytes());
        }
        bytes
    }

    fn infineon() -> Vec<u8> {
        let text = |it: &[u8; 4]| u32::from_be_bytes(*it);
        answer(&[
            (0x100, text(b"2.0\0")),
            (MANUFACTURER, text(b"IFX\0")),
            (0x106, text(b"SLB9")),
            (0x107, text(b"670\0")),
            (0x108, 0),
            (FIRMWARE_1, 7 << 16 | 85),
            (FIRMWARE_2, 4555 << 16),
        ])
    }

    fn host(reply: Result<Reply, Absent>) -> MapHost {
        let folder = format!("{FOLDER}/tpm0");
        MapHost::new()
            .file(&format!("{folder}/tpm_version_major"), "2\n")
            .folder(&format!("{folder}/pcr-sha1"))
            .folder(&format!("{folder}/pcr-sha256"))
            .answer(Request::TpmProperties, reply)
    }

    fn modules(found: &Found) -> Vec<&TrustedPlatformModule> {
        let facts = found.facts.iter();
        facts
            .filter_map(|it| if let Fact::TrustedPlatformModule(it) = it { Some(it) } else { None })
            .collect()
    }

    #[test]
    fn a_module_states_maker_firmware_and_banks() {
        let found = with_context(&host(Ok(Reply::TpmProperties(infineon()))), observe).unwrap();
        let expected = TrustedPlatformModule {
            name: Some("tpm0".to_owned()),
            specification: Some("2.0".to_owned()),
            manufacturer: Some("IFX".to_owned()),
            model: Some("SLB9670".to_owned()),
            firmware: Some("7.85.4555.0".to_owned()),
            banks: vec!["sha1".to_owned(), "sha256".to_owned()],
            ..TrustedPlatformModule::default()
        };
        assert_eq!(modules(&found), [&expected]);
        let is_level = |it: &Fact| {
            matches!(it, Fact::Firmware(Firmware { component: FirmwareComponent::Tpm, .. }))
        };
        assert!(found.facts.iter().any(is_level));
    }

    #[test]
    fn without_the_right_the_version_is_known_and_the_rest_are_gaps() {
        let reason = Absent::NotAllowed { what: "/dev/tpmrm0".to_owned(), needs: Privilege::Group };
        let found = with_context(&host(Err(reason)), observe).unwrap();
        assert_eq!(modules(&found)[0].specification.as_deref(), Some("2.0"));
        assert_eq!((modules(&found)[0].firmware.as_ref(), found.gaps.len()), (None, 2));
    }

    #[test]
    fn a_module_of_version_1_2_states_it_in_lines() {
        let folder = format!("{FOLDER}/tpm0/device");
        let caps = "Manufacturer: 0x53544d20\nTCG version: 1.2\nFirmware version: 13.12\n";
        let host = MapHost::new()
            .file(&format!("{folder}/caps"), caps)
            .file(&format!("{folder}/enabled"), "1\n")
            .file(&format!("{folder}/owned"), "0\n");
        let found = with_context(&host, observe).unwrap();
        let module = modules(&found)[0];
        assert_eq!(module.manufacturer.as_deref(), Some("STM"));
        assert_eq!(module.specification.as_deref(), Some("1.2"));
        assert_eq!(module.firmware.as_deref(), Some("13.12"));
        assert_eq!((module.is_enabled, module.is_owned), (Some(true), Some(false)));
        assert_eq!(found.gaps, []);
    }

    #[test]
    fn an_error_of_the_module_is_a_complaint() {
        let mut refused = infineon();
        refused[9] = 0x01;
        let found = with_context(&host(Ok(Reply::TpmProperties(refused))), observe).unwrap();
        assert_eq!((modules(&found)[0].firmware.as_ref(), found.complaints.len()), (None, 1));
        assert!(properties(&[]).is_none());
    }

    proptest! {
        #[test]
        fn any_answer_is_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = properties(&bytes);
            let mut answer = infineon();
            answer.truncate(bytes.len());
            if let Some(properties) = properties(&answer) {
                properties.tell(&mut TrustedPlatformModule::default());
            }
        }
    }
}
