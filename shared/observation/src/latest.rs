//! The version that is written today.

pub use crate::v1::*;
