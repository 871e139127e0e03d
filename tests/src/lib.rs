//! What the tests across crates, recorders and load generators share.

pub mod company;
pub mod crash;
pub mod lab;
pub mod licences;
pub mod loopback;
pub mod store_material;
