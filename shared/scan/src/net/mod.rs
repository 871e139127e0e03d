//! The network itself: the only module of this crate that opens sockets.

pub mod tls;
