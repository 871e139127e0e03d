//! Who is asked what: never more than a person named.
//!
//! Pure. [`Scope`] is what may be touched, [`Surroundings`] is where the scanner stands, and a [`Plan`]
//! says which address is asked by which way. Ranges stay ranges: no list of addresses is ever made.

pub mod credentials;
pub mod ports;
mod ranges;
mod scope;
mod surroundings;
mod way;

pub use ranges::Ranges;
pub use scope::{PlanError, Scope};
pub use surroundings::{Link, Route, Surroundings};
pub use way::{Estimate, LinkPlan, Plan, Routed, Targets};
