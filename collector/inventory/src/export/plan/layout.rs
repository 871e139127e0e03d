//! Where frames and boxes stand: rows of frames, each row under its own band for lines.

use super::scene::Scene;

pub(super) const NODE_WIDTH: i32 = 236;
pub(super) const NODE_HEIGHT: i32 = 62;
const GAP: i32 = 14;
const PADDING: i32 = 14;
/// Room for title and subtitle of a frame.
const HEAD: i32 = 46;
/// Left margin, in which the line between rows runs.
pub(super) const LEFT: i32 = 52;
/// Room for the title of the plan.
pub(super) const TOP: i32 = 74;
const FRAME_GAP: i32 = 34;
const ROW_WIDTH_MAX: i32 = 1400;
/// From the bar of a row to its first lane.
const BAR_TO_LANES: i32 = 20;
const LANE: i32 = 17;
/// Where the first line meets a frame, and the distance between lines.
const FIRST_PORT: i32 = 58;
const PORT: i32 = 13;

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) width: i32,
    pub(super) height: i32,
}

/// A frame in its place.
pub(super) struct PlacedFrame {
    pub(super) area: Area,
    pub(super) row: usize,
    pub(super) nodes: Vec<Area>,
}

/// A line in its place: the corners from frame to frame, and the middle of its label.
pub(super) struct PlacedLine {
    pub(super) corners: Vec<(i32, i32)>,
    pub(super) label: (i32, i32),
}

/// Everything in its place.
pub(super) struct Layout {
    pub(super) frames: Vec<PlacedFrame>,
    /// The height of each row's bar.
    pub(super) bars: Vec<i32>,
    pub(super) lines: Vec<PlacedLine>,
    pub(super) width: i32,
    /// Lower edge of the last row.
    pub(super) bottom: i32,
}

impl Layout {
    pub(super) fn of(scene: &Scene) -> Self {
        let counts: Vec<usize> = scene.frames.iter().map(|it| it.nodes.len()).collect();
        let rows = rows(&counts);
        let mut frames: Vec<PlacedFrame> = Vec::with_capacity(counts.len());
        let (mut bars, mut y, mut right) = (Vec::new(), TOP, LEFT);
        for row in 0..=rows.last().copied().unwrap_or(0) {
            bars.push(y + 12);
            let top = y + 12 + BAR_TO_LANES + LANE * as_pixels(lanes_of(scene, &rows, row)) + 6;
            let (mut x, mut lowest) = (LEFT, top);
            for nodes in counts.iter().zip(&rows).filter(|(_, it)| **it == row).map(|(it, _)| *it) {
                let placed = place_frame(x, top, row, nodes);
                x += placed.area.width + FRAME_GAP;
                lowest = lowest.max(top + placed.area.height);
                frames.push(placed);
            }
            right = right.max(x - FRAME_GAP);
            y = lowest + 18;
        }
        let lines = place_lines(scene, &rows, &frames, &bars, right);
        let crossing = crossing(scene, &rows);
        let trunk = if crossing > 0 { 24 + PORT * as_pixels(crossing) } else { 0 };
        Self { frames, bars, lines, width: right + trunk + 24, bottom: y }
    }
}

/// The row of each frame.
fn rows(counts: &[usize]) -> Vec<usize> {
    let (mut row, mut used) = (0, 0);
    let mut rows = Vec::with_capacity(counts.len());
    for count in counts {
        let width = frame_size(*count).0;
        if used > 0 && used + width > ROW_WIDTH_MAX {
            row += 1;
            used = 0;
        }
        used += width + FRAME_GAP;
        rows.push(row);
    }
    rows
}

/// Width, height and columns of a frame with so many boxes.
fn frame_size(nodes: usize) -> (i32, i32, usize) {
    let columns = match nodes {
        0..=3 => 1,
        4..=8 => 2,
        9..=15 => 3,
        _ => 5,
    };
    let lines = as_pixels(nodes.div_ceil(columns).max(1));
    let width = as_pixels(columns) * (NODE_WIDTH + GAP) - GAP + 2 * PADDING;
    (width, HEAD + lines * (NODE_HEIGHT + GAP) - GAP + PADDING, columns)
}

fn place_frame(x: i32, y: i32, row: usize, count: usize) -> PlacedFrame {
    let (width, height, columns) = frame_size(count);
    let node = |number: usize| Area {
        x: x + PADDING + as_pixels(number % columns) * (NODE_WIDTH + GAP),
        y: y + HEAD + as_pixels(number / columns) * (NODE_HEIGHT + GAP),
        width: NODE_WIDTH,
        height: NODE_HEIGHT,
    };
    PlacedFrame { area: Area { x, y, width, height }, row, nodes: (0..count).map(node).collect() }
}

fn row_of(rows: &[usize], frame: usize) -> usize {
    rows.get(frame).copied().unwrap_or(0)
}

/// How many lines run in the band of a row: those that begin or end in it.
fn lanes_of(scene: &Scene, rows: &[usize], row: usize) -> usize {
    let touches = |frame: usize| row_of(rows, frame) == row;
    scene.lines.iter().filter(|it| touches(it.from) || touches(it.to)).count()
}

/// How many lines lead from one row to another.
fn crossing(scene: &Scene, rows: &[usize]) -> usize {
    scene.lines.iter().filter(|it| row_of(rows, it.from) != row_of(rows, it.to)).count()
}

/// Every line has a lane of its own in the bands that it touches, and a way of its own at the right
/// where it changes rows: lines cross, but never run on each other or through a frame.
fn place_lines(
    scene: &Scene,
    rows: &[usize],
    frames: &[PlacedFrame],
    bars: &[i32],
    right: i32,
) -> Vec<PlacedLine> {
    let mut lanes_used = vec![0; bars.len()];
    let mut ports_used = vec![0; frames.len()];
    let mut crossings = 0;
    let mut placed = Vec::new();
    for line in &scene.lines {
        let Some((from, to)) = frames.get(line.from).zip(frames.get(line.to)) else { continue };
        let mut lane = |row: usize| {
            let used = lanes_used.get_mut(row)?;
            let y = bars.get(row)? + BAR_TO_LANES + LANE * *used;
            *used += 1;
            Some(y)
        };
        let mut port = |frame: usize, area: Area| {
            let used = ports_used.get_mut(frame)?;
            let x = area.x + FIRST_PORT + PORT * *used;
            *used += 1;
            Some(x.min(area.x + area.width - 6))
        };
        let ends = port(line.from, from.area).zip(port(line.to, to.area));
        let Some((from_x, to_x)) = ends else { continue };
        let Some(from_y) = lane(row_of(rows, line.from)) else { continue };
        let mut corners = vec![(from_x, from.area.y), (from_x, from_y)];
        if from.row == to.row {
            corners.push((to_x, from_y));
        } else {
            let Some(to_y) = lane(row_of(rows, line.to)) else { continue };
            crossings += 1;
            let x = right + 14 + PORT * crossings;
            corners.extend([(x, from_y), (x, to_y), (to_x, to_y)]);
        }
        corners.push((to_x, to.area.y));
        let next = corners.get(2).map_or(from_x, |it| it.0);
        placed.push(PlacedLine { corners, label: ((from_x + next) / 2, from_y) });
    }
    placed
}

/// A small number of things as a factor.
fn as_pixels(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::scene::Frame;
    use super::super::scene::FrameKind;
    use super::super::scene::Line;
    use super::super::scene::LineKind;
    use super::super::scene::Node;
    use super::super::scene::NodeKind;
    use super::*;
    use proptest::prelude::*;

    fn scene(counts: &[usize], pairs: &[(usize, usize)]) -> Scene {
        let node = |number: usize| Node {
            id: number.to_string(),
            kind: NodeKind::Asset,
            title: String::new(),
            lines: Vec::new(),
        };
        let frame = |count: &usize| Frame {
            kind: FrameKind::Zone,
            title: String::new(),
            subtitle: String::new(),
            nodes: (0..*count).map(node).collect(),
            has_gateway: true,
        };
        let line = |(from, to): &(usize, usize)| Line {
            from: from % counts.len(),
            to: to % counts.len(),
            label: String::new(),
            kind: LineKind::Talk,
        };
        Scene {
            frames: counts.iter().map(frame).collect(),
            lines: pairs.iter().map(line).filter(|it| it.from != it.to).collect(),
            lines_left_out: 0,
        }
    }

    fn overlap(left: &Area, right: &Area) -> bool {
        left.x < right.x + right.width
            && right.x < left.x + left.width
            && left.y < right.y + right.height
            && right.y < left.y + left.height
    }

    fn holds(outer: &Area, inner: &Area) -> bool {
        outer.x <= inner.x
            && outer.y <= inner.y
            && inner.x + inner.width <= outer.x + outer.width
            && inner.y + inner.height <= outer.y + outer.height
    }

    /// Whether a straight line runs through the inside of an area.
    fn cuts(area: &Area, from: (i32, i32), to: (i32, i32)) -> bool {
        let line = Area {
            x: from.0.min(to.0),
            y: from.1.min(to.1),
            width: (from.0 - to.0).abs().max(1),
            height: (from.1 - to.1).abs(),
        };
        overlap(area, &line)
    }

    proptest! {
        #[test]
        fn boxes_do_not_overlap_and_lines_do_not_cut_frames(
            counts in prop::collection::vec(0_usize..25, 1..12),
            pairs in prop::collection::vec((0_usize..12, 0_usize..12), 0..12),
        ) {
            let scene = scene(&counts, &pairs);
            let layout = Layout::of(&scene);
            prop_assert_eq!(layout.frames.len(), counts.len());
            prop_assert_eq!(layout.lines.len(), scene.lines.len());
            for (number, frame) in layout.frames.iter().enumerate() {
                prop_assert!(frame.area.x + frame.area.width <= layout.width);
                prop_assert!(frame.area.y + frame.area.height <= layout.bottom);
                for other in &layout.frames[number + 1..] {
                    prop_assert!(!overlap(&frame.area, &other.area));
                }
                for (place, node) in frame.nodes.iter().enumerate() {
                    prop_assert!(holds(&frame.area, node));
                    for other in &frame.nodes[place + 1..] {
                        prop_assert!(!overlap(node, other));
                    }
                }
                for line in &layout.lines {
                    for pair in line.corners.windows(2) {
                        prop_assert!(!cuts(&frame.area, pair[0], pair[1]), "{:?} {:?}", frame.area, pair);
                    }
                }
            }
        }
    }
}
