//! Printers that the machine can print on, from the state of CUPS (printers.conf(5)).

use observation::latest::{Absent, Cadence, Complaint, Fact, Platform, Printer, SourceId};

use crate::host::Ask;
use crate::sources::attribute::printable;
use crate::sources::context::Context;
use crate::sources::{Found, Source};

/// Printers.
pub(super) const SOURCE: Source = Source {
    id: SourceId::from_static("services.printers"),
    platforms: &[Platform::Linux],
    cadence: Cadence::Steady,
    observe,
};

const PATH: &str = "/etc/cups/printers.conf";
/// Largest file.
const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// Most printers.
const PRINTERS_MAX: usize = 2_000;

fn observe(context: &Context<'_>) -> Result<Found, Absent> {
    let bytes = context.host.bytes(PATH, FILE_BYTES_MAX)?;
    let (printers, complaints) = parse(&String::from_utf8_lossy(&bytes));
    let facts = printers.into_iter().map(Fact::Printer).collect();
    Ok(Found { facts, complaints, ..Found::default() })
}

fn parse(text: &str) -> (Vec<Printer>, Vec<Complaint>) {
    let mut printers: Vec<Printer> = Vec::new();
    let mut complaints = Vec::new();
    let mut open: Option<Printer> = None;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(tag) = line.strip_prefix('<') {
            let tag = tag.trim_end_matches('>');
            if let Some(printer) = open.take() {
                if !tag.starts_with('/') {
                    let place = format!("{PATH}, line {}", index + 1);
                    let problem = "a printer begins before the last one ended".to_owned();
                    complaints.push(Complaint { place, problem });
                }
                if printers.len() < PRINTERS_MAX {
                    printers.push(printer);
                }
            }
            open = begin(tag);
            continue;
        }
        let (key, value) = line.split_once(' ').unwrap_or((line, ""));
        if let (Some(printer), false) = (&mut open, line.starts_with('#')) {
            set(printer, key, value.trim());
        }
    }
    printers.extend(open);
    (printers, complaints)
}

/// `Printer NAME` or `DefaultPrinter NAME`.
fn begin(tag: &str) -> Option<Printer> {
    let (kind, name) = tag.split_once(' ')?;
    let is_default = match kind {
        "Printer" => false,
        "DefaultPrinter" => true,
        _ => return None,
    };
    Some(Printer {
        name: printable(name),
        device_uri: None,
        make_and_model: None,
        location: None,
        is_shared: None,
        is_default,
    })
}

fn set(printer: &mut Printer, key: &str, value: &str) {
    let said = || Some(printable(value)).filter(|it| !it.is_empty());
    match key {
        "DeviceURI" => printer.device_uri = said().map(|it| without_credentials(&it)),
        "MakeModel" => printer.make_and_model = said(),
        "Location" => printer.location = said(),
        "Shared" => printer.is_shared = Some(["Yes", "On", "True"].contains(&value)),
        _ => {}
    }
}

/// The URI without what stands before `@` in its authority (RFC 3986 §3.2.1). A query stays only where it
/// names a device of this machine (`usb:`): that of a network could hold a secret.
fn without_credentials(uri: &str) -> String {
    let Some((scheme, rest)) = uri.split_once("://") else {
        return uri.split('?').next().unwrap_or_default().to_owned();
    };
    // A password may itself hold slashes and question marks; what is a host begins behind the last `@`.
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let rest = if scheme == "usb" { rest } else { rest.split('?').next().unwrap_or_default() };
    format!("{scheme}://{rest}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::testing::{MapHost, with_context};

    /// Constructed as cupsd 2.4 writes it (scheduler/printers.c, printers.conf(5)).
    const SAMPLE: &str = "# Printer configuration file for CUPS v2.4.2\nNextPrinterId 3\n\
        <DefaultPrinter Buero>\nPrinterId 1\nUUID urn:uuid:x\nAuthInfoRequired none\n\
        Info Kyocera im Buero\nLocation 1. OG links\nMakeModel Kyocera ECOSYS M5526cdn\n\
        DeviceURI ipps://printer.firma.example:631/ipp/print?secret=CANARY\nState Idle\n\
        StateTime 1714900000\nShared Yes\nOpPolicy default\n</DefaultPrinter>\n\
        <Printer Lager>\nDeviceURI smb://user:CANARY/x@y@server/queue\nShared No\nMakeModel\n</Printer>\n\
        <Printer Label>\nDeviceURI usb://Zebra/ZD420?serial=D2J1\n</Printer>\n\
        <Class All>\nPrinter Buero\n</Class>\n";

    #[test]
    fn printers_have_place_model_and_device_and_no_credentials() {
        let host = MapHost::new().file(PATH, SAMPLE);
        let found = with_context(&host, observe).unwrap();
        assert!(!format!("{found:?}").contains("CANARY"));
        let expected = Printer {
            name: "Buero".to_owned(),
            device_uri: Some("ipps://printer.firma.example:631/ipp/print".to_owned()),
            make_and_model: Some("Kyocera ECOSYS M5526cdn".to_owned()),
            location: Some("1. OG links".to_owned()),
            is_shared: Some(true),
            is_default: true,
        };
        assert_eq!(found.facts[0], Fact::Printer(expected));
        let uris: Vec<Option<&str>> = found
            .facts
            .iter()
            .map(|it| {
                let Fact::Printer(it) = it else { panic!("{it:?}") };
                it.device_uri.as_deref()
            })
            .collect();
        assert_eq!(uris[1..], [Some("smb://server/queue"), Some("usb://Zebra/ZD420?serial=D2J1")]);
        assert_eq!(found.complaints, []);
    }

    #[test]
    fn a_file_that_breaks_off_keeps_what_it_says() {
        let (printers, complaints) = parse("<Printer A>\nShared No\n<Printer B>\nLocation x\n");
        assert_eq!((printers.len(), complaints.len()), (2, 1));
        assert_eq!(printers[0].is_shared, Some(false));
    }

    #[test]
    fn without_cups_or_the_right_the_reason_is_said() {
        let looked_at = PATH.to_owned();
        assert_eq!(with_context(&MapHost::new(), observe), Err(Absent::NotHere { looked_at }));
        let host = MapHost::unprivileged().forbid(PATH);
        assert!(matches!(with_context(&host, observe), Err(Absent::NotAllowed { .. })));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "((<Printer |DeviceURI |</Printer>|://|@)|[?\n ]|\\PC){0,60}") {
            let _ = parse(&text);
        }
    }
}
