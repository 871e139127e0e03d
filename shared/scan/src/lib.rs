//! The scan engine: questions to the network and the pure reading of their answers.
//!
//! Read in this order: [`packet`] builds and reads what travels; a probe in [`probes`] asks one
//! question; [`plan`] says who is asked what, and never more than a person named; [`engine`] decides
//! when each packet goes out and what an answer means, without sockets or clock; [`net`] alone opens
//! sockets and knows the operating system.
//!
//! Agent and collector use the same engine. The agent also learns here which certificates the
//! listeners of its own host serve.

pub mod packet;

pub mod probes;

pub mod plan;

pub mod engine;

pub mod net;
