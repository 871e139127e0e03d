//! The network itself: the only module of this crate that opens sockets.

pub mod book;
pub mod credentials;
pub mod datagram;
pub mod limits;
pub mod listen;
pub mod message;
pub mod path;
#[cfg(unix)]
pub mod process;
pub mod raw;
pub mod rights;
pub mod run;
pub mod services;
pub mod snmp;
pub mod stop;
pub mod stream;
pub mod surroundings;
pub mod swept;
pub mod tls;
pub mod tls_versions;

mod clock;
mod connect;
mod names;
pub mod pace;
mod strain;
