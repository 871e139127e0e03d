//! The order of Debian's version numbers (deb-version(7)): epoch, upstream version, revision.

use std::cmp::Ordering;

/// Which of two versions is the newer one.
#[must_use]
pub(crate) fn compare(left: &str, right: &str) -> Ordering {
    let (left, right) = (Version::of(left), Version::of(right));
    compare_digits(left.epoch, right.epoch)
        .then_with(|| compare_parts(left.upstream, right.upstream))
        .then_with(|| compare_parts(left.revision, right.revision))
}

struct Version<'a> {
    epoch: &'a [u8],
    upstream: &'a [u8],
    revision: &'a [u8],
}

impl<'a> Version<'a> {
    fn of(text: &'a str) -> Self {
        let (epoch, rest) = text.split_once(':').unwrap_or(("", text));
        let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, ""));
        Self {
            epoch: epoch.as_bytes(),
            upstream: upstream.as_bytes(),
            revision: revision.as_bytes(),
        }
    }
}

/// Parts without digits and parts of digits alternate.
fn compare_parts(mut left: &[u8], mut right: &[u8]) -> Ordering {
    while !left.is_empty() || !right.is_empty() {
        let (left_text, left_rest) = split(left, |it| !it.is_ascii_digit());
        let (right_text, right_rest) = split(right, |it| !it.is_ascii_digit());
        let texts = compare_texts(left_text, right_text);
        let (left_digits, left_rest) = split(left_rest, u8::is_ascii_digit);
        let (right_digits, right_rest) = split(right_rest, u8::is_ascii_digit);
        let order = texts.then_with(|| compare_digits(left_digits, right_digits));
        if order != Ordering::Equal {
            return order;
        }
        (left, right) = (left_rest, right_rest);
    }
    Ordering::Equal
}

fn split(bytes: &[u8], belongs: impl Fn(&u8) -> bool) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|it| !belongs(it)).unwrap_or(bytes.len());
    bytes.split_at_checked(end).unwrap_or((bytes, &[]))
}

/// A tilde sorts before the end, letters before everything else.
fn compare_texts(left: &[u8], right: &[u8]) -> Ordering {
    let weight = |byte: Option<&u8>| match byte {
        Some(b'~') => -1,
        None => 0,
        Some(it) if it.is_ascii_alphabetic() => i32::from(*it),
        Some(it) => i32::from(*it) + 256,
    };
    let length = left.len().max(right.len());
    let orders = (0..length).map(|it| weight(left.get(it)).cmp(&weight(right.get(it))));
    orders.fold(Ordering::Equal, Ordering::then)
}

/// Numbers of any length; none is zero.
fn compare_digits(left: &[u8], right: &[u8]) -> Ordering {
    let (_, left) = split(left, |it| *it == b'0');
    let (_, right) = split(right, |it| *it == b'0');
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering::{Equal, Greater, Less};

    use proptest::prelude::*;

    use super::*;

    /// What `dpkg --compare-versions` 1.21.22 says.
    const TRUTH: &[(&str, &str, Ordering)] = &[
        ("1.0", "1.0", Equal),
        ("1.0", "1.1", Less),
        ("1.10", "1.9", Greater),
        ("1:0.9", "2.0", Greater),
        ("0:1", "1", Equal),
        ("1.0~rc1", "1.0", Less),
        ("1.0~rc1", "1.0~rc2", Less),
        ("1.0~~", "1.0~", Less),
        ("1.0", "1.0-1", Less),
        ("1.0-1", "1.0-1+deb12u1", Less),
        ("1.0-1+deb12u1", "1.0-1+deb12u2", Less),
        ("2.36-9+deb12u13", "2.36-9+deb12u14", Less),
        ("1.0a", "1.0+", Less),
        ("1.0a", "1.0b", Less),
        ("1.0", "1.0a", Less),
        ("a", "1", Greater),
        ("1.02", "1.2", Equal),
        ("1.0-0", "1.0", Equal),
        ("6.1.0-28-amd64", "6.1.0-9-amd64", Greater),
        ("1.2.3-4-5", "1.2.3-4-6", Less),
        ("1.2-3", "1.2.1-1", Less),
        ("00123", "123", Equal),
        ("1.0.", "1.0", Greater),
        ("1:1.0", "1:1.0~", Greater),
        ("20230311+deb12u1", "20230311", Greater),
        ("5.14.0-427.el9", "5.14.0-503.el9", Less),
        ("1.0Z", "1.0z", Less),
        ("1.0.0~git20240101", "1.0.0", Less),
        ("99999999999999999999", "9999999999999999999", Greater),
        ("", "0", Less),
    ];

    #[test]
    fn versions_are_ordered_as_dpkg_orders_them() {
        for (left, right, order) in TRUTH {
            // dpkg refuses an empty version; to us it is a version without number.
            let expected = if left.is_empty() { Equal } else { *order };
            assert_eq!(compare(left, right), expected, "{left} {right}");
            assert_eq!(compare(right, left), expected.reverse(), "{right} {left}");
        }
    }

    proptest! {
        #[test]
        fn the_order_is_one(a in "[0-2a~.+:-]{0,8}", b in "[0-2a~.+:-]{0,8}", c in "[0-2a~.+:-]{0,8}") {
            prop_assert_eq!(compare(&a, &a), Equal);
            prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
            if compare(&a, &b) != Greater && compare(&b, &c) != Greater {
                prop_assert_ne!(compare(&a, &c), Greater);
            }
        }

        #[test]
        fn hostile_text_never_panics(a in "\\PC{0,20}", b in "\\PC{0,20}") {
            let _ = compare(&a, &b);
        }
    }
}
