//! Stub.

/// To whom the first bits of a hardware address belong.
pub fn mac_vendor(_mac: &str) -> Option<&'static str> {
    None
}
