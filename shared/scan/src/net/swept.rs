//! What a sweep of its ports learnt of a host, and whether that is all.

/// What is known of the TCP ports of a host. The default is a host that was not asked: only of one that
/// was asked everything may be said what is *not* open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Swept {
    /// Ports that accept connections, ascending.
    pub open: Vec<u16>,
    /// Whether every port was asked, and its answer waited for.
    pub is_whole: bool,
}
