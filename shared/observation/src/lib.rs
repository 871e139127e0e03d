//! The wire: what agents and scanners say to the collector.
//!
//! Knows no IO, no clock and no meaning: an observation is typed and bounded, never interpreted.
//! Every published version has a folder of its own and is frozen once released; [`latest`] names
//! the version that the agent writes and to which the collector upgrades every older one.
//!
//! Start at [`v1::Report`]; the conversation that carries it is in [`v1::protocol`].

pub mod latest;
pub mod limits;
pub mod v1;

mod hash;

pub use hash::{ContentHash, HashTextError};
