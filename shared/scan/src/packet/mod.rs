//! What travels: building and reading, pure and bounded, without sockets or clock.

pub mod cdp;
pub mod certificate;
pub mod cookie;
pub mod der;
pub mod dns;
pub mod frame;
pub mod html;
pub mod http;
pub mod ipp;
pub mod lines;
pub mod link_neighbour;
pub mod lldp;
pub mod ntlm;
pub mod reader;
pub mod snmp;
pub mod ssh;
pub mod statements;
pub mod text;
pub mod tls_hello;
