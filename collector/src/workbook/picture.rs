//! The network plan from SVG to PNG, with embedded fonts and no others.

use std::sync::{Arc, OnceLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{Options, Tree};

use super::error::WorkbookError;

const REGULAR: &[u8] = include_bytes!("../../assets/fonts/LiberationSans-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../../assets/fonts/LiberationSans-Bold.ttf");
/// The family that the plan names.
const FAMILY: &str = "Liberation Sans";
/// More pixels than this would cost more memory than a picture is worth: 160 MB.
const PIXELS_MAX: f32 = 40_000_000.0;

/// The picture, drawn so many times as large as the SVG says.
pub(super) fn png(svg: &str, scale: f32) -> Result<Vec<u8>, WorkbookError> {
    let problem = |problem: String| WorkbookError::Picture { problem };
    let options = Options { fontdb: fonts(), font_family: FAMILY.to_owned(), ..Options::default() };
    let tree = Tree::from_str(svg, &options).map_err(|error| problem(error.to_string()))?;
    let size = tree.size();
    let scale = scale.min((PIXELS_MAX / (size.width() * size.height())).sqrt());
    let (width, height) = (whole(size.width() * scale), whole(size.height() * scale));
    let mut canvas = Pixmap::new(width, height)
        .ok_or_else(|| problem(format!("{width} × {height} pixels cannot be drawn")))?;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut canvas.as_mut());
    canvas.encode_png().map_err(|error| problem(error.to_string()))
}

fn fonts() -> Arc<Database> {
    static FONTS: OnceLock<Arc<Database>> = OnceLock::new();
    let load = || {
        let mut fonts = Database::new();
        fonts.load_font_data(REGULAR.to_vec());
        fonts.load_font_data(BOLD.to_vec());
        fonts.set_sans_serif_family(FAMILY);
        Arc::new(fonts)
    };
    Arc::clone(FONTS.get_or_init(load))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a size in pixels: positive and bounded by PIXELS_MAX"
)]
fn whole(length: f32) -> u32 {
    length.ceil().clamp(1.0, 60_000.0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_drawn_with_the_embedded_font() {
        let with = |text: &str| {
            format!(
                r#"<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20"><text x="2" y="15" font-family="Liberation Sans" font-size="12">{text}</text></svg>"#
            )
        };
        let empty = png(&with(""), 1.0).unwrap();
        let drawn = png(&with("Größe"), 1.0).unwrap();
        assert_ne!(empty, drawn);
        assert_eq!(drawn, png(&with("Größe"), 1.0).unwrap());
    }

    #[test]
    fn what_is_no_picture_is_an_error() {
        assert!(png("<svg", 1.0).is_err());
    }
}
