//! What travels: building and reading, pure and bounded, without sockets or clock.

pub mod certificate;
pub mod text;
