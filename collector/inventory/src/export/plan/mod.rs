//! The network plan: zones as frames, systems as boxes, observed relations as lines.
//!
//! `scene` says what is to be seen, `layout` where it stands, `draw` makes the SVG. All three are
//! pure: the same snapshot gives the same bytes.

mod draw;
mod layout;
mod measure;
mod scene;

use super::view::View;

pub use scene::NodeKind;

/// The plan of a snapshot.
#[derive(Debug, Clone)]
pub struct Plan {
    svg: String,
    size: (i32, i32),
    nodes: Vec<PlanNode>,
}

/// One box of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanNode {
    /// Stable id: the label of an asset, `gateway/10.0.0.1`, `internet`.
    pub id: String,
    /// What it is.
    pub kind: NodeKind,
    /// Its first line.
    pub title: String,
    /// Its further lines.
    pub lines: Vec<String>,
    /// The frame that it stands in.
    pub frame: String,
    /// Upper left corner.
    pub place: (i32, i32),
}

impl Plan {
    /// Draws the plan.
    #[must_use]
    pub fn new(view: &View<'_>) -> Self {
        let scene = scene::Scene::of(view);
        let layout = layout::Layout::of(&scene);
        let nodes = layout
            .frames
            .iter()
            .zip(&scene.frames)
            .flat_map(|(placed, frame)| {
                placed.nodes.iter().zip(&frame.nodes).map(move |it| (it, frame))
            })
            .map(|((place, node), frame)| PlanNode {
                id: node.id.clone(),
                kind: node.kind,
                title: node.title.clone(),
                lines: node.lines.clone(),
                frame: frame.title.clone(),
                place: (place.x, place.y),
            })
            .collect();
        let (svg, size) = draw::svg(view, &scene, &layout);
        Self { svg, size, nodes }
    }

    /// The picture.
    #[must_use]
    pub fn svg(&self) -> &str {
        &self.svg
    }

    /// Width and height of the picture.
    #[must_use]
    pub const fn size(&self) -> (i32, i32) {
        self.size
    }

    /// Its boxes, in the order of their frames.
    #[must_use]
    pub fn nodes(&self) -> &[PlanNode] {
        &self.nodes
    }
}
