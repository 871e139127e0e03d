//! The privileged reader: a small process that answers a closed set of requests with rights that the
//! agent's main process does not have.
//!
//! One connection is one process: the service manager starts it when the agent connects and hands the
//! connection over as standard input. A request that hangs costs its own process and nothing else, and
//! no process is there while nothing is read. The conversation is frames: a length of four bytes, most
//! significant first, then JSON; a [`Request`](super::Request), then its answer, then the next.

mod client;
mod frame;
mod serve;

pub use client::ReaderHost;
pub use serve::{ServeError, serve_standard_input};

use std::time::Duration;

/// Longest time for one request. Longer than any file takes that is not on a mount that hangs.
const REQUEST_LIMIT: Duration = Duration::from_secs(8);
/// How much longer the agent waits than the reader, so that the reader's own word comes first.
const ANSWER_GRACE: Duration = Duration::from_secs(2);
/// How long a reader without requests stays.
const IDLE_LIMIT: Duration = Duration::from_secs(20);
/// Largest request: a path.
const REQUEST_BYTES_MAX: u32 = 64 * 1024;
/// Largest answer: the largest file that the reader reads, escaped.
const ANSWER_BYTES_MAX: u32 = 64 * 1024 * 1024;
