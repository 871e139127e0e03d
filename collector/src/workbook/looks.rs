//! Colours and formats. Words always carry the meaning; colour only supports it.

use inventory::export::Kind;
use inventory::export::Origin;
use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, FormatUnderline};
use wording::Language;

pub(super) const DARK: u32 = 0x1F_3A_4D;
pub(super) const WHITE: u32 = 0xFF_FF_FF;
pub(super) const YELLOW: u32 = 0xFF_F2_CC;
pub(super) const PALE_YELLOW: u32 = 0xFF_FB_E6;
pub(super) const BLUE: u32 = 0xD9_E8_F5;
pub(super) const TURQUOISE: u32 = 0xD5_F0_EE;
pub(super) const GREY: u32 = 0xE4_E6_EA;
pub(super) const KEY_GREY: u32 = 0xDD_DD_E0;
pub(super) const GREEN: u32 = 0xDD_F0_E0;
pub(super) const AMBER: u32 = 0xFF_E6_A3;
pub(super) const RED: u32 = 0xF6_C1_BC;
const DARK_RED: u32 = 0x9C_1C_14;
const LINE: u32 = 0xD0_D4_DA;
const QUIET: u32 = 0x6B_72_80;
const LINK: u32 = 0x1D_4E_89;

/// How a cell's content is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Tone {
    /// A value.
    Plain,
    /// A value that leads somewhere.
    Link,
    /// Why there is no value.
    Absent,
}

/// Everything that a cell's format depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Look {
    pub(super) is_editable: bool,
    pub(super) kind: Kind,
    pub(super) is_wrapped: bool,
    pub(super) tone: Tone,
}

/// The font of everything.
pub(super) fn base() -> Format {
    Format::new().set_font_name("Arial").set_font_size(9).set_align(FormatAlign::VerticalCenter)
}

/// A cell of a table.
pub(super) fn cell(look: Look, language: Language) -> Format {
    let mut format = base()
        .set_border(FormatBorder::Thin)
        .set_border_color(LINE)
        .set_align(FormatAlign::Top)
        .set_align(FormatAlign::Left)
        .set_indent(1);
    if look.is_wrapped {
        format = format.set_text_wrap();
    }
    if look.is_editable {
        format = format.set_background_color(PALE_YELLOW).set_unlocked();
    }
    format = match look.tone {
        Tone::Plain => format,
        Tone::Link => format.set_font_color(LINK).set_underline(FormatUnderline::Single),
        Tone::Absent => format.set_font_color(QUIET).set_italic(),
    };
    if look.tone == Tone::Absent {
        return format;
    }
    let day = match language {
        Language::German => "dd.mm.yyyy",
        Language::English => "d mmm yyyy",
    };
    match look.kind {
        // What looks like a number or a day stays what a person types.
        Kind::Text if look.is_editable => format.set_num_format("@"),
        Kind::Text => format,
        Kind::Number => format.set_num_format("#,##0.###").set_align(FormatAlign::Right),
        Kind::Ordinal => format.set_num_format("0").set_align(FormatAlign::Right),
        Kind::Date => format.set_num_format(day),
        Kind::Instant => format.set_num_format(format!("{day} hh:mm")),
    }
}

/// A whole number without a decimal point.
pub(super) fn whole(format: Format) -> Format {
    format.set_num_format("#,##0")
}

pub(super) fn title() -> Format {
    base().set_font_size(14).set_bold().set_font_color(DARK)
}

pub(super) fn subtitle() -> Format {
    base().set_font_color(QUIET).set_text_wrap().set_align(FormatAlign::Top)
}

pub(super) fn back_link() -> Format {
    base().set_font_color(LINK).set_underline(FormatUnderline::Single)
}

pub(super) fn heading() -> Format {
    base()
        .set_bold()
        .set_font_color(WHITE)
        .set_background_color(DARK)
        .set_text_wrap()
        .set_align(FormatAlign::Left)
        .set_indent(1)
        .set_border(FormatBorder::Thin)
        .set_border_color(LINE)
}

pub(super) fn band(origin: Origin) -> Format {
    base()
        .set_font_size(7)
        .set_font_color(QUIET)
        .set_background_color(band_color(origin))
        .set_align(FormatAlign::Center)
}

pub(super) const fn band_color(origin: Origin) -> u32 {
    match origin {
        Origin::Agent => BLUE,
        Origin::Scan => TURQUOISE,
        Origin::ByHand => YELLOW,
        Origin::Computed => GREY,
        Origin::Key => KEY_GREY,
    }
}

/// Room for new rows below the data of a column by hand.
pub(super) fn room_for_entries(kind: Kind) -> Format {
    match kind {
        Kind::Text => base().set_unlocked().set_num_format("@"),
        Kind::Number | Kind::Ordinal | Kind::Date | Kind::Instant => base().set_unlocked(),
    }
}

pub(super) fn explanation() -> Format {
    base().set_italic().set_font_color(QUIET).set_text_wrap()
}

/// What a condition adds to a cell.
pub(super) fn condition(color: u32) -> Format {
    let format = Format::new().set_background_color(color);
    if color == RED { format.set_font_color(DARK_RED) } else { format }
}
