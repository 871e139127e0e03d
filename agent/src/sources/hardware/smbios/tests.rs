//! Tables as firmware writes them, and as it should not.

use jiff::civil::date;
use observation::latest::{
    BaseBoard, Chassis, Complaint, Firmware, FirmwareComponent, MemoryModule, Privilege,
    SystemProduct,
};
use proptest::prelude::*;
use uuid::Uuid;

use super::table::Version;
use super::*;
use crate::sources::testing::{MapHost, with_context};

/// A structure with bytes behind the header and its texts.
fn structure(kind: u8, fields: &[u8], texts: &[&str]) -> Vec<u8> {
    let length = u8::try_from(fields.len() + 4).unwrap();
    let mut bytes = vec![kind, length, 0, 0];
    bytes.extend(fields);
    for text in texts {
        bytes.extend(text.as_bytes());
        bytes.push(0);
    }
    if texts.is_empty() {
        bytes.push(0);
    }
    bytes.push(0);
    bytes
}

fn end() -> Vec<u8> {
    structure(127, &[], &[])
}

const UUID_BYTES: [u8; 16] = [
    0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff,
];

fn system_fields(uuid: [u8; 16]) -> Vec<u8> {
    let mut fields = vec![1, 2, 3, 4];
    fields.extend(uuid);
    fields.extend([6, 5, 6]);
    fields
}

const SYSTEM_TEXTS: [&str; 6] = ["Maker", "Model", "1.0", "SERIAL1", "SKU1", "Family"];

fn module_fields(size: u16, extended: u32, speed: u16, kind: u8) -> Vec<u8> {
    let mut fields = vec![0; 0x54];
    let mut put = |at: usize, bytes: &[u8]| {
        fields[at - 4..at - 4 + bytes.len()].copy_from_slice(bytes);
    };
    put(0x0c, &size.to_le_bytes());
    put(0x10, &[1, 2, kind]);
    put(0x15, &speed.to_le_bytes());
    put(0x17, &[3, 4, 0, 5]);
    put(0x1c, &extended.to_le_bytes());
    put(0x54, &6_400_u32.to_le_bytes());
    fields
}

const MODULE_TEXTS: [&str; 5] = ["DIMM_A1", "BANK 0", "Maker", "00AB12", "PART-1   "];

fn sample() -> Vec<u8> {
    let mut bios = vec![1, 2, 0, 0, 3, 0];
    bios.extend([0; 10]);
    bios.extend([5, 17, 1, 22]);
    [
        structure(0, &bios, &["Firmware Maker", "F12b", "09/23/2021"]),
        structure(1, &system_fields(UUID_BYTES), &SYSTEM_TEXTS),
        structure(2, &[1, 2, 3, 4, 5], &["Board Maker", "B550", "x.x", "Default string", "Tag"]),
        structure(3, &[1, 0x80 | 9, 0, 2, 3], &["Maker", "CHASSIS1", "No Asset Tag"]),
        structure(17, &module_fields(0x7fff, 32_768, 3_200, 0x1a), &MODULE_TEXTS),
        structure(17, &module_fields(0, 0, 0, 2), &["DIMM_A2", "BANK 1", "NO DIMM", " ", " "]),
        end(),
    ]
    .concat()
}

const NEW: Option<Version> = Some(Version { major: 3, minor: 2 });

fn of_kind<T>(found: &Found, pick: impl Fn(&Fact) -> Option<T>) -> Vec<T> {
    found.facts.iter().filter_map(pick).collect()
}

fn system_product(found: &Found) -> SystemProduct {
    let pick = |it: &Fact| if let Fact::SystemProduct(it) = it { Some(it.clone()) } else { None };
    of_kind(found, pick).remove(0)
}

fn modules(found: &Found) -> Vec<MemoryModule> {
    let pick = |it: &Fact| if let Fact::MemoryModule(it) = it { Some(it.clone()) } else { None };
    of_kind(found, pick)
}

fn firmware(found: &Found) -> Vec<Firmware> {
    let pick = |it: &Fact| if let Fact::Firmware(it) = it { Some(it.clone()) } else { None };
    of_kind(found, pick)
}

#[test]
fn a_machine_states_maker_model_serial_and_uuid() {
    let product = system_product(&read(&sample(), NEW));
    let expected = SystemProduct {
        manufacturer: Some("Maker".to_owned()),
        product: Some("Model".to_owned()),
        version: Some("1.0".to_owned()),
        serial: Some("SERIAL1".to_owned()),
        uuid: Some("00112233-4455-6677-8899-aabbccddeeff".parse().unwrap()),
        sku: Some("SKU1".to_owned()),
        family: Some("Family".to_owned()),
    };
    assert_eq!(product, expected);
}

#[test]
fn the_byte_order_of_the_uuid_depends_on_the_version() {
    let old = Some(Version { major: 2, minor: 5 });
    let product = system_product(&read(&sample(), old));
    assert_eq!(product.uuid, Some(Uuid::from_bytes(UUID_BYTES)));
    for version in [Some(Version { major: 2, minor: 6 }), NEW, None] {
        let product = system_product(&read(&sample(), version));
        assert_eq!(product.uuid, Some(Uuid::from_bytes_le(UUID_BYTES)), "{version:?}");
    }
}

#[test]
fn a_uuid_that_is_not_set_is_none() {
    for filler in [0x00, 0xff] {
        let table = [structure(1, &system_fields([filler; 16]), &SYSTEM_TEXTS), end()].concat();
        assert_eq!(system_product(&read(&table, NEW)).uuid, None);
    }
}

#[test]
fn versions_of_bios_and_embedded_controller_are_firmware() {
    let found = read(&sample(), NEW);
    let [bios, controller] = &firmware(&found)[..] else { panic!("{found:?}") };
    assert_eq!(bios.component, FirmwareComponent::Bios);
    assert_eq!(bios.version.as_deref(), Some("F12b"));
    assert_eq!(bios.released_on, Some(date(2021, 9, 23)));
    assert_eq!(controller.component, FirmwareComponent::EmbeddedController);
    assert_eq!(controller.version.as_deref(), Some("1.22"));
    assert_eq!(found.complaints, []);
}

#[test]
fn an_unused_release_of_the_controller_is_no_version() {
    let mut fields = vec![1, 2, 0, 0, 0, 0];
    fields.extend([0; 12]);
    fields.extend([0xff, 0xff]);
    let table = [structure(0, &fields, &["M", "V"]), end()].concat();
    assert_eq!(firmware(&read(&table, NEW)).len(), 1);
}

#[test]
fn a_date_that_is_none_is_complained_about_and_not_invented() {
    for text in ["2021-09-23", "13/45/2021", "09/23/20211", "TBD", "//", "09/23/2021/1"] {
        let table = [structure(0, &[1, 2, 0, 0, 3], &["M", "V", text]), end()].concat();
        let found = read(&table, NEW);
        assert_eq!(firmware(&found)[0].released_on, None, "{text}");
        assert_eq!(found.complaints.len(), 1, "{text}");
    }
    assert_eq!(records::release_date("04/01/99"), Some(date(1999, 4, 1)));
}

#[test]
fn board_and_chassis_keep_their_placeholders() {
    let found = read(&sample(), NEW);
    let board =
        of_kind(&found, |it| if let Fact::BaseBoard(it) = it { Some(it.clone()) } else { None });
    let expected = BaseBoard {
        manufacturer: Some("Board Maker".to_owned()),
        product: Some("B550".to_owned()),
        version: Some("x.x".to_owned()),
        serial: Some("Default string".to_owned()),
        asset_tag: Some("Tag".to_owned()),
    };
    assert_eq!(board, [expected]);
    let chassis =
        of_kind(&found, |it| if let Fact::Chassis(it) = it { Some(it.clone()) } else { None });
    let expected = Chassis {
        manufacturer: Some("Maker".to_owned()),
        kind_number: Some(9),
        serial: Some("CHASSIS1".to_owned()),
        asset_tag: Some("No Asset Tag".to_owned()),
        ..Chassis::default()
    };
    assert_eq!(chassis, [expected]);
}

#[test]
fn a_module_states_size_kind_and_speed_and_an_empty_slot_has_no_size() {
    let found = read(&sample(), NEW);
    let modules = modules(&found);
    let expected = MemoryModule {
        slot: Some("DIMM_A1".to_owned()),
        bank: Some("BANK 0".to_owned()),
        size_bytes: Some(32 * 1024 * 1024 * 1024),
        kind: Some("DDR4".to_owned()),
        speed_mts: Some(3_200),
        manufacturer: Some("Maker".to_owned()),
        part_number: Some("PART-1".to_owned()),
        serial: Some("00AB12".to_owned()),
        ..MemoryModule::default()
    };
    assert_eq!(modules[0], expected);
    assert_eq!((modules[1].size_bytes, modules[1].speed_mts), (None, None));
    assert_eq!(found.gaps, []);
}

#[test]
fn sizes_are_counted_in_three_ways_and_may_be_unknown() {
    let check = |size: u16, extended: u32| {
        let fields = module_fields(size, extended, 0xffff, 0x22);
        let found = read(&[structure(17, &fields, &MODULE_TEXTS), end()].concat(), NEW);
        let gaps = found.gaps.iter().filter(|it| it.field == "memory_module.size").count();
        assert_eq!(modules(&found)[0].speed_mts, Some(6_400));
        (modules(&found)[0].size_bytes, gaps)
    };
    assert_eq!(check(16_384, 0), (Some(16 * 1024 * 1024 * 1024), 0));
    assert_eq!(check(0x8000 | 512, 0), (Some(512 * 1024), 0));
    assert_eq!(check(0x7fff, 65_536), (Some(64 * 1024 * 1024 * 1024), 0));
    assert_eq!(check(0xffff, 0), (None, 1));
    assert_eq!(check(0x7fff, 0), (None, 1));
}

#[test]
fn modules_that_cannot_be_told_apart_are_complained_about() {
    let module = structure(17, &module_fields(1_024, 0, 0, 0x1a), &[]);
    let found = read(&[module.clone(), module, end()].concat(), NEW);
    let problem = "1 memory modules have the same description as another one".to_owned();
    assert!(found.complaints.contains(&Complaint { place: TABLE_PATH.to_owned(), problem }));
}

#[test]
fn a_cut_table_gives_what_stands_before_the_cut_and_a_complaint() {
    let table = sample();
    for length in 0..table.len() {
        let found = read(&table[..length], NEW);
        // Only the last two zeros behind the end may be missing.
        let is_whole = length >= table.len() - 2;
        assert_eq!(found.complaints.is_empty(), is_whole, "{length}");
    }
}

#[test]
fn a_structure_of_length_zero_ends_the_walk() {
    let mut table = structure(1, &system_fields(UUID_BYTES), &SYSTEM_TEXTS);
    table.extend([0; 64]);
    let found = read(&table, NEW);
    assert_eq!(system_product(&found).serial.as_deref(), Some("SERIAL1"));
    assert_eq!(found.complaints.len(), 1);
}

#[test]
fn a_table_of_ones_is_a_complaint() {
    let found = read(&[0xff; 4_096], NEW);
    assert_eq!(found.facts, []);
    assert_eq!(found.complaints.len(), 1);
    assert_eq!(found.gaps[0].field, "system_product");
}

#[test]
fn texts_that_are_not_utf_8_are_kept_readable() {
    let mut table = structure(1, &[1, 2, 0, 0], &[]);
    table.truncate(8);
    table.extend(b"M\xffker\0\xffodel\0\0");
    table.extend(end());
    let product = system_product(&read(&table, NEW));
    assert_eq!(product.manufacturer.as_deref(), Some("M\u{fffd}ker"));
    assert_eq!(product.uuid, None);
}

#[test]
fn without_root_the_excerpt_serves_and_the_gaps_say_what_root_would_add() {
    let folder = "/sys/class/dmi/id";
    let host = MapHost::unprivileged()
        .file(&format!("{folder}/sys_vendor"), "Maker\n")
        .file(&format!("{folder}/product_name"), "Model\n")
        .file(&format!("{folder}/bios_date"), "09/23/2021\n")
        .file(&format!("{folder}/chassis_type"), "10\n")
        .forbid(&format!("{folder}/product_serial"))
        .forbid(TABLE_PATH);
    let found = with_context(&host, observe).unwrap();
    assert_eq!(system_product(&found).product.as_deref(), Some("Model"));
    assert_eq!(system_product(&found).serial, None);
    assert_eq!(firmware(&found)[0].released_on, Some(date(2021, 9, 23)));
    let fields: Vec<&str> = found.gaps.iter().map(|it| it.field.as_str()).collect();
    assert_eq!(fields, FIELDS_OF_TABLE);
    let needs_root =
        |it: &Gap| matches!(&it.reason, Absent::NotAllowed { needs: Privilege::Root, .. });
    assert!(found.gaps.iter().all(needs_root));
}

#[test]
fn a_machine_without_smbios_says_not_here() {
    let looked_at = TABLE_PATH.to_owned();
    assert_eq!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { looked_at }));
}

#[test]
fn the_entry_point_states_the_version() {
    let three = b"_SM3_\xaa\x18\x03\x02\x01\x00";
    assert_eq!(table::version(three), NEW);
    let two = b"_SM_\xaa\x1f\x02\x05";
    assert_eq!(table::version(two), Some(Version { major: 2, minor: 5 }));
    for other in [&b""[..], b"_SM", b"_SM3_", b"_SM_\xaa", b"_DMI_0000000"] {
        assert_eq!(table::version(other), None, "{other:?}");
    }
}

proptest! {
    #[test]
    fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..2_048)) {
        let _ = read(&bytes, NEW);
        let _ = table::version(&bytes);
    }

    #[test]
    fn a_mutated_table_never_panics(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..16),
        length in any::<prop::sample::Index>(),
    ) {
        let mut table = sample();
        for (index, byte) in changes {
            let at = index.index(table.len());
            table[at] = byte;
        }
        let found = read(&table[..length.index(table.len())], None);
        prop_assert!(found.facts.len() <= table.len());
    }
}
