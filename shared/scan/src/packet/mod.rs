//! Reading what comes over the network: pure, bounded, without sockets or clock.

pub mod certificate;
