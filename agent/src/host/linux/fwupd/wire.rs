//! The few messages of D-Bus that are written and read here (D-Bus Specification 0.42, "Message Protocol").

use super::FwupdDevice;

/// Byte order, kind, flags, version, length of the body, serial, length of the fields.
pub(super) const FIXED_BYTES: usize = 16;
const CALL: u8 = 1;
/// NO_AUTO_START: the service is not started for the question.
const NO_AUTO_START: u8 = 2;
const FIELD_PATH: u8 = 1;
const FIELD_INTERFACE: u8 = 2;
const FIELD_MEMBER: u8 = 3;
const FIELD_ERROR: u8 = 4;
const FIELD_REPLY: u8 = 5;
const FIELD_DESTINATION: u8 = 6;
/// The specification allows 32 arrays and 32 structures in one another.
const DEPTH_MAX: u8 = 64;
/// Most devices that are kept.
const DEVICES_MAX: usize = 1_000;
/// Longest text that is kept.
const TEXT_BYTES_MAX: usize = 1_000;

/// A call without arguments.
pub(super) fn call(serial: u8, [path, interface, member, destination]: [&str; 4]) -> Vec<u8> {
    let mut fields = Vec::new();
    for (number, kind, text) in [
        (FIELD_PATH, b'o', path),
        (FIELD_INTERFACE, b's', interface),
        (FIELD_MEMBER, b's', member),
        (FIELD_DESTINATION, b's', destination),
    ] {
        pad(&mut fields, 8);
        fields.extend([number, 1, kind, 0]);
        fields.extend(u32::try_from(text.len()).unwrap_or_default().to_le_bytes());
        fields.extend(text.as_bytes());
        fields.push(0);
    }
    let mut message = vec![b'l', CALL, NO_AUTO_START, 1, 0, 0, 0, 0, serial, 0, 0, 0];
    message.extend(u32::try_from(fields.len()).unwrap_or_default().to_le_bytes());
    message.extend(fields);
    pad(&mut message, 8);
    message
}

fn pad(bytes: &mut Vec<u8>, to: usize) {
    bytes.resize(bytes.len().next_multiple_of(to), 0);
}

/// How long a message is, by its fixed part. Only little-endian ones are read: bus and agent are on one
/// machine.
pub(super) fn length(fixed: &[u8]) -> Option<usize> {
    if fixed.first() != Some(&b'l') {
        return None;
    }
    let number = |at: usize| {
        let bytes = fixed.get(at..at + 4)?.try_into().ok()?;
        usize::try_from(u32::from_le_bytes(bytes)).ok()
    };
    let fields = number(12)?.checked_next_multiple_of(8)?;
    FIXED_BYTES.checked_add(fields)?.checked_add(number(4)?)
}

/// What the head of a message says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// The call that it answers.
    pub(super) answers: Option<u32>,
    /// The name of the error, where it is one.
    pub(super) error: Option<String>,
    /// Where the body begins.
    pub(super) body_at: usize,
}

/// Reads the head; none where it makes no sense.
pub(super) fn head(message: &[u8]) -> Option<Head> {
    let mut reader = Reader { bytes: message, at: 12 };
    let end = usize::try_from(reader.number()?).ok()?.checked_add(FIXED_BYTES)?;
    let mut head = Head { answers: None, error: None, body_at: end.checked_next_multiple_of(8)? };
    while reader.at < end {
        reader.align(8);
        let field = reader.byte()?;
        let kind = reader.signature()?;
        match (field, kind) {
            (FIELD_REPLY, b"u") => head.answers = Some(reader.number()?),
            (FIELD_ERROR, b"s") => head.error = Some(reader.text()?),
            (_, kind) => reader.skip(kind, 0).map(|_| ())?,
        }
    }
    Some(head)
}

/// Reads `aa{sv}`: each device as a list of names and values.
pub(super) fn devices(body: &[u8]) -> Option<Vec<FwupdDevice>> {
    let mut reader = Reader { bytes: body, at: 0 };
    let end = reader.array_end(4)?;
    let mut devices = Vec::new();
    while reader.at < end && devices.len() < DEVICES_MAX {
        devices.push(device(&mut reader)?);
    }
    Some(devices)
}

fn device(reader: &mut Reader<'_>) -> Option<FwupdDevice> {
    let end = reader.array_end(8)?;
    let mut device = FwupdDevice::default();
    while reader.at < end {
        reader.align(8);
        let name = reader.text()?;
        let kind = reader.signature()?;
        let place = match name.as_str() {
            "Name" => &mut device.name,
            "Vendor" => &mut device.vendor,
            "Version" => &mut device.version,
            "Plugin" => &mut device.plugin,
            _ => {
                reader.skip(kind, 0)?;
                continue;
            }
        };
        if kind == b"s" {
            *place = Some(reader.text()?).filter(|it| !it.is_empty());
        } else {
            reader.skip(kind, 0)?;
        }
    }
    Some(device)
}

/// Reads values in their order.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn align(&mut self, to: usize) {
        self.at = self.at.next_multiple_of(to);
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(count)?;
        let bytes = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(bytes)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn number(&mut self) -> Option<u32> {
        self.align(4);
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    fn text(&mut self) -> Option<String> {
        let length = usize::try_from(self.number()?).ok()?;
        let bytes = self.take(length)?;
        self.take(1)?;
        let bytes = bytes.get(..TEXT_BYTES_MAX).unwrap_or(bytes);
        Some(String::from_utf8_lossy(bytes).into_owned())
    }

    fn signature(&mut self) -> Option<&'a [u8]> {
        let length = self.byte()?;
        let bytes = self.take(usize::from(length))?;
        self.take(1)?;
        Some(bytes)
    }

    /// Where an array ends whose elements begin at multiples of `alignment`.
    fn array_end(&mut self, alignment: usize) -> Option<usize> {
        let length = usize::try_from(self.number()?).ok()?;
        self.align(alignment);
        self.at.checked_add(length).filter(|it| *it <= self.bytes.len())
    }

    /// Reads past one value and gives the rest of the signature.
    fn skip<'s>(&mut self, signature: &'s [u8], depth: u8) -> Option<&'s [u8]> {
        let depth = Some(depth + 1).filter(|it| *it <= DEPTH_MAX)?;
        let (kind, rest) = signature.split_first()?;
        let fixed = |size: usize| (size, size);
        let (alignment, size) = match kind {
            b'y' => fixed(1),
            b'n' | b'q' => fixed(2),
            b'b' | b'i' | b'u' | b'h' => fixed(4),
            b'x' | b't' | b'd' => fixed(8),
            b's' | b'o' => {
                self.text()?;
                return Some(rest);
            }
            b'g' => {
                self.signature()?;
                return Some(rest);
            }
            b'v' => {
                let inner = self.signature()?;
                self.skip(inner, depth)?;
                return Some(rest);
            }
            b'a' => {
                let alignment = alignment(*rest.first()?);
                self.at = self.array_end(alignment)?;
                return behind(rest, 0);
            }
            b'(' | b'{' => {
                self.align(8);
                let mut rest = rest;
                while !matches!(rest.first()?, b')' | b'}') {
                    rest = self.skip(rest, depth)?;
                }
                return rest.get(1..);
            }
            _ => return None,
        };
        self.align(alignment);
        self.take(size)?;
        Some(rest)
    }
}

const fn alignment(kind: u8) -> usize {
    match kind {
        b'y' | b'g' | b'v' => 1,
        b'n' | b'q' => 2,
        b'x' | b't' | b'd' | b'(' | b'{' => 8,
        _ => 4,
    }
}

/// The signature behind its first whole type.
fn behind(signature: &[u8], depth: u8) -> Option<&[u8]> {
    let depth = Some(depth + 1).filter(|it| *it <= DEPTH_MAX)?;
    let (kind, rest) = signature.split_first()?;
    match kind {
        b'a' => behind(rest, depth),
        b'(' | b'{' => {
            let mut rest = rest;
            while !matches!(rest.first()?, b')' | b'}') {
                rest = behind(rest, depth)?;
            }
            rest.get(1..)
        }
        _ => Some(rest),
    }
}

/// Messages as a bus sends them, written here from the specification.
#[cfg(test)]
pub(super) mod sample {
    use super::pad;

    fn put_text(bytes: &mut Vec<u8>, text: &str) {
        pad(bytes, 4);
        bytes.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
        bytes.extend(text.as_bytes());
        bytes.push(0);
    }

    pub(in crate::host::linux::fwupd) fn text(text: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        put_text(&mut bytes, text);
        bytes
    }

    fn message(kind: u8, answers: u32, error: Option<&str>, body: &[u8]) -> Vec<u8> {
        let mut fields = vec![5, 1, b'u', 0];
        fields.extend(answers.to_le_bytes());
        for (number, sort, text) in [(4, b's', error), (7, b's', Some("org.freedesktop.DBus"))] {
            let Some(text) = text else { continue };
            pad(&mut fields, 8);
            fields.extend([number, 1, sort, 0]);
            put_text(&mut fields, text);
        }
        pad(&mut fields, 8);
        fields.extend(b"\x08\x01g\0\x06aa{sv}\0");
        let mut message = vec![b'l', kind, 1, 1];
        message.extend(u32::try_from(body.len()).unwrap().to_le_bytes());
        message.extend(9_u32.to_le_bytes());
        message.extend(u32::try_from(fields.len()).unwrap().to_le_bytes());
        message.extend(fields);
        pad(&mut message, 8);
        message.extend(body);
        message
    }

    pub(in crate::host::linux::fwupd) fn reply(answers: u32, body: &[u8]) -> Vec<u8> {
        message(2, answers, None, body)
    }

    pub(in crate::host::linux::fwupd) fn error(answers: u32, name: &str) -> Vec<u8> {
        message(3, answers, Some(name), &text("no"))
    }

    pub(in crate::host::linux::fwupd) fn signal() -> Vec<u8> {
        message(4, 0, None, &text(":1.42"))
    }

    /// Two devices with values of many kinds between those that are wanted.
    pub(in crate::host::linux::fwupd) fn devices() -> Vec<u8> {
        let mut first = Vec::new();
        let mut entry = |name: &str, kind: &str, value: &dyn Fn(&mut Vec<u8>)| {
            pad(&mut first, 8);
            put_text(&mut first, name);
            first.push(u8::try_from(kind.len()).unwrap());
            first.extend(kind.as_bytes());
            first.push(0);
            value(&mut first);
        };
        entry("DeviceId", "s", &|it| put_text(it, "a45df35ac0e948ee180fe216a5f703f32dda163f"));
        entry("Name", "s", &|it| put_text(it, "System Firmware"));
        entry("Guid", "as", &|it| {
            pad(it, 4);
            it.extend(12_u32.to_le_bytes());
            put_text(it, "230c8b1");
        });
        entry("Flags", "t", &|it| {
            pad(it, 8);
            it.extend(7_u64.to_le_bytes());
        });
        entry("Plugin", "s", &|it| put_text(it, "uefi_capsule"));
        entry("Vendor", "s", &|it| put_text(it, "Sample Maker"));
        entry("Odd", "(yv)", &|it| {
            pad(it, 8);
            it.extend(b"\x01\x01q\0");
            pad(it, 2);
            it.extend(5_u16.to_le_bytes());
        });
        entry("Version", "s", &|it| put_text(it, "0.1.57"));
        let mut body = vec![0; 4];
        for content in [&first[..], &[]] {
            pad(&mut body, 4);
            body.extend(u32::try_from(content.len()).unwrap().to_le_bytes());
            pad(&mut body, 8);
            body.extend(content);
        }
        let length = u32::try_from(body.len() - 4).unwrap();
        body[..4].copy_from_slice(&length.to_le_bytes());
        body
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_call_is_laid_out_as_the_specification_says() {
        let call = call(2, ["/", "a.b", "Get", "a.b"]);
        assert_eq!(length(&call), Some(call.len()));
        assert_eq!(call.len() % 8, 0);
        let head = head(&call).unwrap();
        assert_eq!((head.answers, head.error, head.body_at), (None, None, call.len()));
    }

    /// Constructed from "Summary of types" of the specification: each kind of value with the bytes that it takes from a
    /// place that is not aligned.
    #[test]
    fn each_kind_of_value_is_passed_over_with_its_alignment() {
        for (signature, bytes, end) in [
            ("y", &[0; 8][..], 2),
            ("n", &[0; 8], 4),
            ("q", &[0; 8], 4),
            ("b", &[0; 8], 8),
            ("u", &[0; 8], 8),
            ("x", &[0; 16], 16),
            ("d", &[0; 16], 16),
            ("s", &[0, 0, 0, 0, 2, 0, 0, 0, b'a', b'b', 0], 11),
            ("o", &[0, 0, 0, 0, 1, 0, 0, 0, b'/', 0], 10),
            ("g", &[0, 1, b's', 0], 4),
            ("v", &[0, 1, b'y', 0, 9], 5),
            ("v", &[0, 1, b'v', 0, 1, b'q', 0, 0, 7, 7], 10),
            ("ay", &[0, 0, 0, 0, 3, 0, 0, 0, 1, 2, 3], 11),
            ("ax", &[0, 0, 0, 0, 0, 0, 0, 0], 8),
            ("at", &[0, 0, 0, 0, 8, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1], 16),
            ("(yq)", &[0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 2], 12),
            ("{sy}", &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5], 14),
            ("a{sv}", &[0, 0, 0, 0, 0, 0, 0, 0], 8),
            ("aa(ii)", &[0, 0, 0, 0, 0, 0, 0, 0], 8),
        ] {
            let mut reader = Reader { bytes, at: 1 };
            assert_eq!(reader.skip(signature.as_bytes(), 0), Some(&[][..]), "{signature}");
            assert_eq!(reader.at, end, "{signature}");
            // With one byte less it is no value.
            let mut short = Reader { bytes: &bytes[..end - 1], at: 1 };
            assert_eq!(short.skip(signature.as_bytes(), 0), None, "{signature}");
        }
        for signature in ["", "(", "(y", "a", "z", "v"] {
            let mut reader = Reader { bytes: &[0; 64], at: 0 };
            assert_eq!(reader.skip(signature.as_bytes(), 0), None, "{signature}");
        }
        assert_eq!(behind(b"a{sv}u", 0), Some(&b"u"[..]));
        assert_eq!(behind(b"(a(yy)s)x", 0), Some(&b"x"[..]));
    }

    /// A variant that holds a variant that holds … is as deep as its bytes allow; it ends at the bound.
    #[test]
    fn variants_within_variants_end() {
        let bytes = [1, b'v', 0].repeat(usize::from(DEPTH_MAX) * 4);
        let mut reader = Reader { bytes: &bytes, at: 0 };
        assert_eq!(reader.skip(b"v", 0), None);
        assert!(reader.at <= usize::from(DEPTH_MAX) * 3, "{}", reader.at);
    }

    #[test]
    fn heads_of_replies_and_errors_say_what_they_answer() {
        let reply = sample::reply(7, &sample::devices());
        let of_reply = head(&reply).unwrap();
        assert_eq!((of_reply.answers, of_reply.error), (Some(7), None));
        assert_eq!(&reply[of_reply.body_at..], &sample::devices()[..]);
        let error = sample::error(7, "org.freedesktop.DBus.Error.ServiceUnknown");
        let of_error = head(&error).unwrap();
        assert_eq!(of_error.answers, Some(7));
        assert_eq!(of_error.error.as_deref(), Some("org.freedesktop.DBus.Error.ServiceUnknown"));
        for end in 0..of_error.body_at - 8 {
            assert!(head(&error[..end]).is_none_or(|it| it.error.is_none()), "{end}");
        }
        // The larger end first, and lengths beyond all memory.
        let mut other = reply;
        other[0] = b'B';
        assert_eq!(length(&other), None);
        let mut endless = sample::signal();
        endless[4..8].copy_from_slice(&[0xff; 4]);
        endless[12..16].copy_from_slice(&[0xff; 4]);
        assert!(length(&endless).is_none_or(|it| it > 1 << 32));
        assert_eq!(length(&endless[..8]), None);
    }

    #[test]
    fn texts_of_a_device_are_kept_to_their_bound_and_of_their_kind() {
        let found = devices(&sample::devices()).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].version.as_deref(), Some("0.1.57"));
        assert_eq!(found[1], FwupdDevice::default());
        let long = "x".repeat(TEXT_BYTES_MAX + 5);
        let bytes = sample::text(&long);
        let text = Reader { bytes: &bytes, at: 0 }.text().unwrap();
        assert_eq!(text.len(), TEXT_BYTES_MAX);
    }

    #[test]
    fn cut_and_endless_lists_are_nothing() {
        let body = sample::devices();
        for end in 0..body.len() - 1 {
            assert!(devices(&body[..end]).is_none(), "{end}");
        }
        let mut reader = Reader { bytes: &[0; 64], at: 0 };
        let deep = vec![b'('; 200];
        assert_eq!(reader.skip(&deep, 0), None);
        assert_eq!(behind(&deep, 0), None);
        assert_eq!(behind(&[b'a'; 200], 0), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = (head(&bytes), devices(&bytes), length(&bytes));
        }

        #[test]
        fn a_changed_answer_never_panics(
            changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        ) {
            let mut body = sample::devices();
            let mut message = sample::reply(2, &body);
            for (index, byte) in changes {
                let at = index.index(body.len());
                body[at] = byte;
                let at = index.index(message.len());
                message[at] = byte;
            }
            let _ = (devices(&body), head(&message), length(&message));
        }
    }
}
