//! Monitors with maker, model and serial number, from the EDID of each connector (VESA E-EDID A.2).

use observation::latest::{Absent, Cadence, Complaint, Fact, Monitor, Platform, SourceId};

use crate::host::Ask;
use crate::sources::attribute::printable;
use crate::sources::context::Context;
use crate::sources::{Found, Source};

/// Monitors.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("hardware.monitors"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const FOLDER: &str = "/sys/class/drm";
/// An EDID has up to 256 blocks of 128 bytes.
const EDID_BYTES_MAX: u64 = 256 * 128;
const HEADER: [u8; 8] = [0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00];
/// Four descriptors of 18 bytes (§3.10).
const DESCRIPTORS: [usize; 4] = [54, 72, 90, 108];
const DESCRIPTOR_BYTES: usize = 18;
const TAG_SERIAL: u8 = 0xff;
const TAG_NAME: u8 = 0xfc;
/// The year is counted from here; a week of 255 says that it is the year of the model.
const YEAR_FIRST: u16 = 1990;
const WEEK_OF_MODEL: u8 = 0xff;
/// Serial numbers that makers write where they have none.
const SERIALS_UNSET: [u32; 3] = [0, 0x0101_0101, u32::MAX];

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let names = context.host.names(FOLDER)?;
    let mut found = Found::default();
    // `card0-HDMI-A-1` is a connector, `card0` an adapter.
    for connector in names.into_iter().filter(|it| it.starts_with("card") && it.contains('-')) {
        let path = format!("{FOLDER}/{connector}/edid");
        let Ok(bytes) = context.host.bytes(&path, EDID_BYTES_MAX) else { continue };
        if bytes.is_empty() {
            continue;
        }
        match monitor(&bytes, connector) {
            Some(monitor) => found.facts.push(Fact::Monitor(monitor)),
            None => found
                .complaints
                .push(Complaint { place: path, problem: "this is no EDID".to_owned() }),
        }
    }
    Ok(found)
}

fn monitor(edid: &[u8], connector: String) -> Option<Monitor> {
    let byte = |at: usize| edid.get(at).copied();
    if !edid.starts_with(&HEADER) || edid.len() < 128 {
        return None;
    }
    let number = u32::from_le_bytes(edid.get(12..16)?.try_into().ok()?);
    let number = Some(number).filter(|it| !SERIALS_UNSET.contains(it));
    let week = byte(16)?;
    let timing = edid.get(DESCRIPTORS[0]..DESCRIPTORS[0] + DESCRIPTOR_BYTES).and_then(timing);
    // Centimetres in the head, millimetres in the timing.
    let rough = |at: usize| byte(at).filter(|it| *it > 0).map(|it| u16::from(it) * 10);
    let size = timing.as_ref().and_then(|it| it.size).or(rough(21).zip(rough(22)));
    Some(Monitor {
        connector,
        manufacturer_code: maker(u16::from_be_bytes([byte(8)?, byte(9)?])),
        product_code: Some(u16::from_le_bytes([byte(10)?, byte(11)?])),
        model: text(edid, TAG_NAME),
        serial: text(edid, TAG_SERIAL).or_else(|| number.map(|it| it.to_string())),
        week: Some(week).filter(|it| (1..=54).contains(it)),
        year: byte(17).map(|it| YEAR_FIRST + u16::from(it)),
        is_model_year: Some(week == WEEK_OF_MODEL),
        width_millimetres: size.map(|it| it.0),
        height_millimetres: size.map(|it| it.1),
        resolution: timing.map(|it| format!("{}x{}", it.columns, it.rows)),
    })
}

/// Three letters of five bits, `A` is 1.
fn maker(number: u16) -> Option<String> {
    let letter = |shift: u16| {
        let index = u8::try_from(number >> shift & 0x1f).ok()?;
        (1..=26).contains(&index).then(|| char::from(b'@' + index))
    };
    [10, 5, 0].into_iter().map(letter).collect()
}

struct Timing {
    columns: u16,
    rows: u16,
    size: Option<(u16, u16)>,
}

/// A detailed timing (§3.10.2); a clock of zero says that it is another descriptor.
fn timing(descriptor: &[u8]) -> Option<Timing> {
    let byte = |at: usize| descriptor.get(at).copied().map(u16::from);
    if byte(0)? == 0 && byte(1)? == 0 {
        return None;
    }
    let size = (byte(12)? | (byte(14)? & 0xf0) << 4, byte(13)? | (byte(14)? & 0x0f) << 8);
    Some(Timing {
        columns: byte(2)? | (byte(4)? & 0xf0) << 4,
        rows: byte(5)? | (byte(7)? & 0xf0) << 4,
        size: (size.0 > 0 && size.1 > 0).then_some(size),
    })
}

/// The text of the first descriptor with this tag: 13 bytes, ended by a line feed.
fn text(edid: &[u8], tag: u8) -> Option<String> {
    let descriptor = |at: &usize| edid.get(*at..*at + DESCRIPTOR_BYTES);
    let mut descriptors = DESCRIPTORS.iter().filter_map(descriptor);
    let found = descriptors.find(|it| it.starts_with(&[0, 0, 0, tag]))?;
    let text = found.get(5..)?.split(|it| *it == b'\n').next()?;
    Some(printable(&String::from_utf8_lossy(text))).filter(|it| !it.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    /// Constructed from the specification: a monitor of 2021 with name and serial number.
    fn edid() -> Vec<u8> {
        let mut edid = vec![0; 128];
        edid[..8].copy_from_slice(&HEADER);
        edid[8..20]
            .copy_from_slice(&[0x10, 0xac, 0x2f, 0xa1, 0x4c, 0x34, 0x31, 0x30, 17, 31, 1, 4]);
        edid[21..23].copy_from_slice(&[60, 34]);
        let timing = [
            0x56, 0x5e, 0x00, 0xa0, 0xa0, 0xa0, 0x29, 0x50, 0x30, 0x20, 0x35, 0, 0x55, 0x50, 0x21,
            0, 0, 0x1a,
        ];
        edid[54..72].copy_from_slice(&timing);
        edid[72..90].copy_from_slice(b"\0\0\0\xff\0ABC1234\n     ");
        edid[90..108].copy_from_slice(b"\0\0\0\xfc\0SAMPLE U2721\n");
        edid
    }

    fn check(edid: &[u8]) -> Found {
        let host = MapHost::new()
            .file(&format!("{FOLDER}/card0-DP-1/edid"), edid)
            .file(&format!("{FOLDER}/card0-HDMI-A-1/edid"), "")
            .folder(&format!("{FOLDER}/card0/device"))
            .folder(&format!("{FOLDER}/renderD128"));
        with_context(&host, observe).unwrap()
    }

    #[test]
    fn a_monitor_states_maker_model_serial_and_age() {
        let expected = Monitor {
            connector: "card0-DP-1".to_owned(),
            manufacturer_code: Some("DEL".to_owned()),
            product_code: Some(0xa12f),
            model: Some("SAMPLE U2721".to_owned()),
            serial: Some("ABC1234".to_owned()),
            week: Some(17),
            year: Some(2021),
            is_model_year: Some(false),
            width_millimetres: Some(597),
            height_millimetres: Some(336),
            resolution: Some("2560x1440".to_owned()),
        };
        assert_eq!(check(&edid()).facts, [Fact::Monitor(expected)]);
    }

    #[test]
    fn without_texts_the_number_is_the_serial_and_filler_is_none() {
        let mut edid = edid();
        edid[72..108].fill(0);
        let serial = |edid: &[u8]| monitor(edid, String::new()).unwrap().serial;
        assert_eq!(serial(&edid), Some("808531020".to_owned()));
        edid[12..16].fill(1);
        assert_eq!(serial(&edid), None);
        edid[54..56].fill(0);
        let monitor = monitor(&edid, String::new()).unwrap();
        assert_eq!((monitor.width_millimetres, monitor.resolution), (Some(600), None));
    }

    #[test]
    fn a_week_of_255_is_the_year_of_the_model() {
        let mut edid = edid();
        edid[16] = 0xff;
        let monitor = monitor(&edid, String::new()).unwrap();
        assert_eq!((monitor.week, monitor.is_model_year), (None, Some(true)));
    }

    #[test]
    fn other_bytes_are_a_complaint() {
        assert_eq!(check(&[0xff; 128]).complaints.len(), 1);
        assert_eq!(check(&edid()[..100]).complaints.len(), 1);
        assert_eq!(maker(0), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = monitor(&bytes, String::new());
            let mut edid = edid();
            for (place, byte) in edid.iter_mut().skip(8).zip(bytes) {
                *place = byte;
            }
            let _ = monitor(&edid, String::new());
        }
    }
}
