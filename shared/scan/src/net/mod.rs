//! The network itself: the only module of this crate that opens sockets.

pub mod datagram;
pub mod limits;
pub mod path;
pub mod stream;
pub mod tls;
