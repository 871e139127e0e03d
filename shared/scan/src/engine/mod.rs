//! When each packet goes out and what an answer means: state machines without sockets or clock. Time is
//! an argument, counted from the start of a run.
//!
//! Every question is asked in two scheduled rounds, in the second only what did not answer; a further
//! round follows as long as the last one shows that packets are lost. The rate is a budget, not a
//! window: loss never makes a scan slower, and nothing makes it faster than it may be.

mod budget;
mod discovery;
mod neighbours;
mod order;
mod ports;
mod round_trip;
mod rounds;

pub use budget::Budget;
pub use discovery::{AllNodes, Answered, Discovered, Heard, ROUTED, Sweep, Target};
pub use ports::{HOST_RATE_MAX_PPS, PortAnswer, PortHost, PortSweep};
pub use round_trip::RoundTrips;

use std::net::IpAddr;
use std::time::Duration;

/// What a state machine wants next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Send this.
    Ask(Ask),
    /// Nothing before this time, unless something is heard.
    Wait(Duration),
    /// It is over.
    Done,
}

/// A packet to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask {
    /// To whom. For [`Question::AllNodes`] an address of the network whose nodes are to answer.
    pub address: IpAddr,
    /// What.
    pub question: Question,
    /// The hardware address it goes to; none: the question itself is for the link.
    pub mac: Option<[u8; 6]>,
}

/// What a packet asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Question {
    /// ARP request or neighbour solicitation, by the kind of address.
    Neighbour,
    /// ICMP echo request.
    Echo,
    /// TCP SYN to this port.
    Syn(u16),
    /// ICMPv6 echo request to all nodes of the link.
    AllNodes,
}
