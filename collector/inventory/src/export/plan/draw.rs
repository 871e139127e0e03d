//! The plan as SVG. All foreign text is escaped here and nowhere else.

use std::fmt::Write as _;

use super::layout::Area;
use super::layout::LEFT;
use super::layout::Layout;
use super::layout::PlacedFrame;
use super::measure::fitted;
use super::measure::width;
use super::scene::Frame;
use super::scene::FrameKind;
use super::scene::LineKind;
use super::scene::Node;
use super::scene::NodeKind;
use super::scene::Scene;
use crate::asset::Contact;
use crate::export::view::View;

const INK: &str = "#1a2733";
const DARK: &str = "#1f3a4d";
const QUIET: &str = "#6b7280";
const STEEL: &str = "#4b5b6b";
const RED: &str = "#b42318";
/// Narrower than this, the legend would be cut.
const WIDTH_MIN: i32 = 900;
const LEGEND_HEIGHT: i32 = 118;

/// The picture with its size.
pub(super) fn svg(view: &View<'_>, scene: &Scene, layout: &Layout) -> (String, (i32, i32)) {
    let size = (layout.width.max(WIDTH_MIN), layout.bottom + LEGEND_HEIGHT);
    let mut pen = Pen { svg: String::new() };
    pen.open(size);
    pen.title(view);
    if scene.frames.is_empty() {
        pen.text((LEFT, layout.bottom), &view.text("workbook-plan-empty"), 13, "normal", QUIET);
    } else {
        pen.bars(scene, layout);
    }
    for (frame, placed) in scene.frames.iter().zip(&layout.frames) {
        pen.frame(view, frame, placed);
    }
    for (line, placed) in scene.lines.iter().zip(&layout.lines) {
        pen.way(&placed.corners, color(line.kind), "2");
    }
    for (line, placed) in scene.lines.iter().zip(&layout.lines) {
        pen.label(placed.label, &line.label, color(line.kind));
    }
    pen.legend(view, scene, layout.bottom + 14);
    pen.svg.push_str("</svg>\n");
    (pen.svg, size)
}

const fn color(kind: LineKind) -> &'static str {
    match kind {
        LineKind::Talk => STEEL,
        LineKind::TalkOutside => RED,
        LineKind::Route => DARK,
    }
}

struct Pen {
    svg: String,
}

impl Pen {
    /// Writing to a text cannot fail.
    fn put(&mut self, arguments: std::fmt::Arguments<'_>) {
        let _ = self.svg.write_fmt(arguments);
        self.svg.push('\n');
    }

    fn open(&mut self, (width, height): (i32, i32)) {
        self.put(format_args!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" font-family="Liberation Sans, Arial, sans-serif">"#
        ));
        self.put(format_args!(r##"<rect width="{width}" height="{height}" fill="#ffffff"/>"##));
    }

    fn text(&mut self, (x, y): (i32, i32), text: &str, size: i32, weight: &str, color: &str) {
        let text = escaped(text);
        self.put(format_args!(
            r#"<text x="{x}" y="{y}" font-size="{size}" font-weight="{weight}" fill="{color}">{text}</text>"#
        ));
    }

    fn rectangle(&mut self, area: Area, radius: i32, fill: &str, stroke: &str, more: &str) {
        let Area { x, y, width, height } = area;
        self.put(format_args!(
            r#"<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{radius}" fill="{fill}" stroke="{stroke}" {more}/>"#
        ));
    }

    fn way(&mut self, corners: &[(i32, i32)], color: &str, width: &str) {
        let points: Vec<String> = corners.iter().map(|(x, y)| format!("{x},{y}")).collect();
        self.put(format_args!(
            r#"<polyline points="{}" fill="none" stroke="{color}" stroke-width="{width}" stroke-linejoin="round"/>"#,
            points.join(" ")
        ));
        for end in [corners.first(), corners.last()].into_iter().flatten() {
            self.put(format_args!(
                r#"<circle cx="{}" cy="{}" r="3" fill="{color}"/>"#,
                end.0, end.1
            ));
        }
    }

    fn title(&mut self, view: &View<'_>) {
        let company = view.company();
        let title = format!("{} – {company}", view.text("workbook-plan"));
        self.text((LEFT, 34), &fitted(&title, WIDTH_MIN - LEFT, 22, true), 22, "bold", DARK);
        let about = view.wording().text_with(
            "workbook-plan-about",
            &[
                ("at", view.instant_text(view.snapshot().stamp.as_of).into()),
                ("number", view.snapshot().stamp.number.into()),
            ],
        );
        self.text((LEFT, 56), &about, 12, "normal", QUIET);
    }

    /// The bars that networks hang on: the ways out that systems named.
    fn bars(&mut self, scene: &Scene, layout: &Layout) {
        for (row, y) in layout.bars.iter().enumerate() {
            let in_row: Vec<_> =
                scene.frames.iter().zip(&layout.frames).filter(|(_, it)| it.row == row).collect();
            let Some(end) = in_row.last().map(|(_, it)| it.area.x + 26) else { continue };
            self.put(format_args!(
                r#"<path d="M{} {y} H{end}" stroke="{DARK}" stroke-width="4" stroke-linecap="round"/>"#,
                LEFT - 22
            ));
            for (frame, placed) in in_row {
                let (x, foot) = (placed.area.x + 26, placed.area.y);
                let is_known = frame.has_gateway || frame.kind == FrameKind::Outside;
                let dash = if is_known { "" } else { r#"stroke-dasharray="5 4""# };
                self.put(format_args!(
                    r#"<path d="M{x} {y} V{foot}" stroke="{DARK}" stroke-width="3" {dash}/>"#
                ));
            }
        }
        if let (Some(first), Some(last)) = (layout.bars.first(), layout.bars.last())
            && first != last
        {
            self.put(format_args!(
                r#"<path d="M{x} {first} V{last}" stroke="{DARK}" stroke-width="4" stroke-linecap="round"/>"#,
                x = LEFT - 22
            ));
        }
    }

    fn frame(&mut self, view: &View<'_>, frame: &Frame, placed: &PlacedFrame) {
        let area = placed.area;
        let (fill, stroke) = match frame.kind {
            FrameKind::Outside => ("#f5f6fa", "#9aa5b1"),
            FrameKind::Zone => ("#eaf3f3", "#8fa3ad"),
            FrameKind::Unlisted => ("#fff6e5", "#c9a24b"),
            FrameKind::Nowhere => ("#fdecea", "#c98a84"),
        };
        self.rectangle(area, 12, fill, stroke, "");
        let room = area.width - 28;
        let title = fitted(&frame.title, room, 14, true);
        self.text((area.x + 14, area.y + 22), &title, 14, "bold", INK);
        let subtitle = fitted(&frame.subtitle, room, 11, false);
        self.text((area.x + 14, area.y + 38), &subtitle, 11, "normal", QUIET);
        if frame.nodes.is_empty() {
            let nobody = fitted(&view.text("workbook-plan-no-systems"), room, 11, false);
            self.text((area.x + 14, area.y + 70), &nobody, 11, "normal", QUIET);
        }
        for (node, area) in frame.nodes.iter().zip(&placed.nodes) {
            self.node(node, *area);
        }
    }

    fn node(&mut self, node: &Node, area: Area) {
        let (stroke, dash) = match node.kind {
            NodeKind::Asset => (STEEL, ""),
            NodeKind::Internet => (RED, ""),
            NodeKind::Seen | NodeKind::Gateway | NodeKind::Addresses | NodeKind::More => {
                ("#8a94a0", r#"stroke-dasharray="5 3""#)
            }
        };
        self.rectangle(area, 7, "#ffffff", stroke, &format!(r#"stroke-width="2" {dash}"#));
        let bar = Area { x: area.x, y: area.y + 7, width: 5, height: area.height - 14 };
        self.rectangle(bar, 0, stroke, "none", "");
        let (x, room) = (area.x + 14, area.width - 22);
        self.text((x, area.y + 19), &fitted(&node.title, room, 12, true), 12, "bold", INK);
        for (line, y) in node.lines.iter().zip([35, 51]) {
            let color = if y == 35 { STEEL } else { QUIET };
            self.text((x, area.y + y), &fitted(line, room, 11, false), 11, "normal", color);
        }
    }

    fn label(&mut self, (x, y): (i32, i32), text: &str, color: &str) {
        let wide = width(text, 10, true) + 10;
        let area = Area { x: x - wide / 2, y: y - 7, width: wide, height: 14 };
        self.rectangle(area, 4, "#ffffff", color, "");
        let text = escaped(text);
        let y = y + 4;
        self.put(format_args!(
            r#"<text x="{x}" y="{y}" font-size="10" font-weight="bold" text-anchor="middle" fill="{color}">{text}</text>"#
        ));
    }

    fn legend(&mut self, view: &View<'_>, scene: &Scene, y: i32) {
        self.text((LEFT, y + 8), &view.text("workbook-plan-legend"), 12, "bold", INK);
        let samples = [
            ("#eaf3f3", "#8fa3ad", "", "workbook-plan-legend-zone"),
            ("#fff6e5", "#c9a24b", "", "workbook-plan-legend-unlisted"),
            ("#ffffff", STEEL, "", "workbook-plan-legend-system"),
            ("#ffffff", "#8a94a0", r#"stroke-dasharray="5 3""#, "workbook-plan-legend-unknown"),
        ];
        let mut x = LEFT;
        for (fill, stroke, more, message) in samples {
            self.rectangle(Area { x, y: y + 18, width: 22, height: 14 }, 3, fill, stroke, more);
            let said = view.text(message);
            self.text((x + 29, y + 29), &said, 11, "normal", STEEL);
            x += 29 + width(&said, 11, false) + 22;
        }
        let mut said = vec![
            view.text("workbook-plan-legend-lines"),
            view.text("workbook-plan-legend-need"),
            sources(view, scene),
        ];
        said.retain(|it| !it.is_empty());
        for (line, at) in said.iter().zip([50, 67, 84]) {
            self.text((LEFT, y + at), line, 11, "normal", QUIET);
        }
    }
}

/// What the picture rests on, and what it leaves out.
fn sources(view: &View<'_>, scene: &Scene) -> String {
    let systems = crate::export::stated::in_use(&view.snapshot().assets);
    let agents = systems.filter(|it| it.contact == Contact::Reported).count();
    let scans = view.snapshot().scans.len();
    let numbers = [("agents", agents.into()), ("scans", scans.into())];
    let said = view.wording().text_with("workbook-plan-sources", &numbers);
    if scene.lines_left_out == 0 {
        return said;
    }
    let more = view
        .wording()
        .text_with("workbook-plan-left-out", &[("count", scene.lines_left_out.into())]);
    format!("{said} {more}")
}

/// Text that XML reads as text. Characters that XML does not know are left out.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            it if it.is_control() || matches!(it, '\u{fffe}' | '\u{ffff}') => {}
            it => escaped.push(it),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use wording::Language;

    use crate::asset::Attested;
    use crate::asset::PathDescription;
    use crate::export::plan::Plan;
    use crate::export::sample;

    #[test]
    fn the_same_snapshot_gives_the_same_bytes() {
        let snapshot = sample::snapshot();
        let draw = || Plan::new(&sample::view(&snapshot, Language::German));
        assert_eq!(draw().svg(), draw().svg());
    }

    #[test]
    fn hostile_names_stay_text() {
        let mut snapshot = sample::snapshot();
        if let Some(name) = &mut snapshot.assets[0].name {
            name.value = "<script>&\"'\u{0}]]>".to_owned();
        }
        let plan = Plan::new(&sample::view(&snapshot, Language::English));
        assert!(!plan.svg().contains("<script"));
        assert!(!plan.svg().contains('\u{0}'));
        assert!(plan.svg().contains("&lt;script&gt;&amp;&quot;&apos;]]&gt;"));
    }

    #[test]
    fn every_system_in_use_has_a_box_and_no_words_are_missing() {
        let snapshot = sample::snapshot();
        for language in [Language::German, Language::English] {
            let plan = Plan::new(&sample::view(&snapshot, language));
            for asset in &snapshot.assets {
                assert!(plan.nodes().iter().any(|it| it.id == asset.label.0), "{}", asset.label);
            }
            assert!(!plan.svg().contains('⟨'), "{}", plan.svg());
        }
    }

    #[test]
    fn a_way_that_a_scan_followed_is_a_line_with_the_name_of_its_router() {
        let mut snapshot = sample::snapshot();
        let evidence = snapshot.assets[0].name.as_ref().unwrap().evidence.clone();
        let hops = ["10.20.10.254", "10.20.20.7"].map(|it| Some(it.parse().unwrap()));
        let target = "10.20.20.7".parse().unwrap();
        let value = PathDescription { target, hops: hops.to_vec(), is_complete: true };
        snapshot.assets[0].paths = vec![Attested { value, evidence }];
        let plan = Plan::new(&sample::view(&snapshot, Language::English));
        assert!(plan.svg().contains(">10.20.10.254<"), "{}", plan.svg());
    }

    #[test]
    fn stations_in_no_known_network_stand_on_the_line_that_they_are_part_of() {
        let mut snapshot = sample::snapshot();
        let evidence = snapshot.assets[0].name.as_ref().unwrap().evidence.clone();
        let hops = ["10.20.10.254", "198.18.0.2", "10.20.20.7"].map(|it| it.parse().ok());
        let target = "10.20.20.7".parse().unwrap();
        let mut value = PathDescription { target, hops: hops.to_vec(), is_complete: true };
        let draw = |value: PathDescription, snapshot: &mut crate::export::Snapshot| {
            let evidence = evidence.clone();
            snapshot.assets[0].paths = vec![Attested { value, evidence }];
            Plan::new(&sample::view(snapshot, Language::English)).svg().to_owned()
        };
        let svg = draw(value.clone(), &mut snapshot);
        assert!(svg.contains(">10.20.10.254 → 198.18.0.2<"), "{svg}");
        value.hops[1] = None;
        assert!(!draw(value, &mut snapshot).contains("10.20.10.254"), "a gap joins nothing");
    }

    #[test]
    fn the_picture_says_how_many_agents_and_scans_it_rests_on() {
        let mut snapshot = sample::snapshot();
        snapshot.scans.clear();
        let svg = Plan::new(&sample::view(&snapshot, Language::English)).svg().to_owned();
        assert!(svg.contains("no network scan"), "{svg}");
    }

    #[test]
    fn an_empty_inventory_says_so() {
        let mut snapshot = sample::nothing();
        snapshot.register.zone.clear();
        let plan = Plan::new(&sample::view(&snapshot, Language::English));
        assert!(plan.nodes().is_empty());
        assert!(plan.svg().contains(&Language::English.wording().text("workbook-plan-empty")));
    }
}
