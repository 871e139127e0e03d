//! The order of RPM's versions (`rpmvercmp` of librpm, rpm-version(7)).

use std::cmp::Ordering;

/// Which of two versions `epoch:version-release` is the newer one. No epoch is zero; a version without release
/// fits every release.
#[must_use]
pub(crate) fn compare(left: &str, right: &str) -> Ordering {
    let (left, right) = (parts(left), parts(right));
    digits(left.0, right.0).then_with(|| part(left.1, right.1)).then_with(|| {
        match (left.2, right.2) {
            (Some(left), Some(right)) => part(left, right),
            _ => Ordering::Equal,
        }
    })
}

fn parts(text: &str) -> (&[u8], &[u8], Option<&[u8]>) {
    let (epoch, rest) = text.split_once(':').unwrap_or(("0", text));
    let (version, release) =
        rest.rsplit_once('-').map_or((rest, None), |(version, release)| (version, Some(release)));
    (epoch.as_bytes(), version.as_bytes(), release.map(str::as_bytes))
}

/// Runs of digits and of letters are compared one by one; what stands between them only parts them. A tilde is
/// older than the end, a caret newer than the end and older than everything else.
fn part(mut left: &[u8], mut right: &[u8]) -> Ordering {
    loop {
        (left, right) = (without_separators(left), without_separators(right));
        for (mark, order) in [(b'~', Ordering::Less), (b'^', Ordering::Greater)] {
            let rests = (left.strip_prefix(&[mark]), right.strip_prefix(&[mark]));
            match rests {
                (Some(left), Some(right)) => return part(left, right),
                // Beside something else a caret is the older one.
                (Some(_), None) if mark == b'^' && !right.is_empty() => return Ordering::Less,
                (None, Some(_)) if mark == b'^' && !left.is_empty() => return Ordering::Greater,
                (Some(_), None) => return order,
                (None, Some(_)) => return order.reverse(),
                (None, None) => {}
            }
        }
        let (Some(first), Some(second)) = (left.first(), right.first()) else {
            return left.len().cmp(&right.len());
        };
        let belongs: fn(&u8) -> bool =
            if first.is_ascii_digit() { u8::is_ascii_digit } else { u8::is_ascii_alphabetic };
        // A number is newer than a word.
        match (first.is_ascii_digit(), second.is_ascii_digit()) {
            (true, false) => return Ordering::Greater,
            (false, true) => return Ordering::Less,
            _ => {}
        }
        let (one, left_rest) = run(left, belongs);
        let (two, right_rest) = run(right, belongs);
        let order = if first.is_ascii_digit() { digits(one, two) } else { one.cmp(two) };
        if order != Ordering::Equal {
            return order;
        }
        (left, right) = (left_rest, right_rest);
    }
}

fn without_separators(bytes: &[u8]) -> &[u8] {
    run(bytes, |it| !it.is_ascii_alphanumeric() && !matches!(it, b'~' | b'^')).1
}

fn run(bytes: &[u8], belongs: impl Fn(&u8) -> bool) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|it| !belongs(it)).unwrap_or(bytes.len());
    bytes.split_at_checked(end).unwrap_or((bytes, &[]))
}

/// Numbers of any length.
fn digits(left: &[u8], right: &[u8]) -> Ordering {
    let (_, left) = run(left, |it| *it == b'0');
    let (_, right) = run(right, |it| *it == b'0');
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering::{Equal, Greater, Less};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn versions_are_ordered_as_rpm_orders_them() {
        // From rpm's own tests (tests/rpmvercmp.at), and some whole versions.
        for (left, right, order) in [
            ("1.0", "1.0", Equal),
            ("1.0", "2.0", Less),
            ("2.0.1a", "2.0.1", Greater),
            ("5.5p1", "5.5p10", Less),
            ("10xyz", "10.1xyz", Less),
            ("xyz10", "xyz10.1", Less),
            ("xyz.4", "8", Less),
            ("5.5p2", "5.6p1", Less),
            ("6.0.rc1", "6.0", Greater),
            ("10b2", "10a1", Greater),
            ("1.0aa", "1.0a", Greater),
            ("10.0001", "10.1", Equal),
            ("10.0001", "10.0039", Less),
            ("20101121", "20101122", Less),
            ("2_0", "2.0", Equal),
            ("a", "a", Equal),
            ("a+", "a_", Equal),
            ("1.0~rc1", "1.0", Less),
            ("1.0~rc1", "1.0~rc2", Less),
            ("1.0~rc1~git123", "1.0~rc1", Less),
            ("1.0^", "1.0", Greater),
            ("1.0^git1", "1.0^git2", Less),
            ("1.0^git1", "1.01", Less),
            ("1.0^20160101", "1.0.1", Less),
            ("1.0^20160101^git1", "1.0^20160102", Less),
            ("1.0~rc1^git1", "1.0~rc1", Greater),
            ("1.0^git1~pre", "1.0^git1", Less),
            ("1:1.0-1", "2.0-1", Greater),
            ("0:2.0-1", "2.0-1", Equal),
            ("3.0.7-27.el9_4", "3.0.7-28.el9_4", Less),
            ("5.14.0-427.el9", "5.14.0-427.13.1.el9_4", Less),
            ("1.0", "1.0-5", Equal),
        ] {
            assert_eq!(compare(left, right), order, "{left} {right}");
            assert_eq!(compare(right, left), order.reverse(), "{right} {left}");
        }
    }

    proptest! {
        #[test]
        fn the_order_is_one(left in "[0-9a-c.~^:-]{0,8}", middle in "[0-9a-c.~^:-]{0,8}", any in "\\PC{0,12}") {
            prop_assert_eq!(compare(&left, &middle), compare(&middle, &left).reverse());
            prop_assert_eq!(compare(&left, &left), Equal);
            let _ = compare(&any, &left);
        }
    }
}
