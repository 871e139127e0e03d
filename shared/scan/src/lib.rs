//! The scan engine: questions to the network and the pure reading of their answers.
//!
//! [`packet`] reads and never asks; [`net`] alone opens sockets. The agent uses the same two halves
//! to learn which certificates the listeners of its own host serve.

pub mod packet;

pub mod net;
