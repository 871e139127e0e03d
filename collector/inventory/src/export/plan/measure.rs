//! How wide text is in Liberation Sans, whose widths are those of Helvetica.

/// Widths of the printable ASCII characters from the space on, in thousandths of the font size.
const WIDTHS: [i32; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
    611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667,
    667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500,
    222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

/// The width of a text in pixels, rounded up.
pub(super) fn width(text: &str, size: i32, is_bold: bool) -> i32 {
    let sum: i32 = text.chars().map(character).sum();
    // The bold cut is about a twelfth wider.
    let sum = if is_bold { sum + sum / 12 } else { sum };
    (sum * size + 999) / 1000
}

fn character(character: char) -> i32 {
    let known = (character as usize).checked_sub(32).and_then(|it| WIDTHS.get(it));
    match known {
        Some(width) => *width,
        None if character as u32 >= 0x1100 => 1000,
        None if character.is_uppercase() => 778,
        None => 611,
    }
}

/// The text, cut with `…` to a width in pixels.
pub(super) fn fitted(text: &str, room: i32, size: i32, is_bold: bool) -> String {
    if width(text, size, is_bold) <= room {
        return text.to_owned();
    }
    let mut kept = String::new();
    for character in text.chars() {
        kept.push(character);
        if width(&kept, size, is_bold) + size > room {
            kept.pop();
            break;
        }
    }
    kept.truncate(kept.trim_end().len());
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fitted_text_fits() {
        for text in
            ["", "srv", "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW", "äöü漢字漢字漢字漢字漢字漢字漢字"]
        {
            for is_bold in [false, true] {
                assert!(width(&fitted(text, 120, 12, is_bold), 12, is_bold) <= 120, "{text}");
            }
        }
    }

    #[test]
    fn short_text_is_not_cut() {
        assert_eq!(fitted("srv-erp", 200, 12, true), "srv-erp");
    }
}
