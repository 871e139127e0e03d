//! How the operating system's service manager talks to the agent.

pub mod install;

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// What somebody wants from the running agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// End now, cleanly: the service manager asks.
    Stop,
    /// End now, cleanly: a person at the terminal asks.
    Interrupt,
    /// Read the configuration again.
    Reload,
    /// End now, cleanly, and be started again: another version of the program is in place.
    Replaced,
}

/// Signals of the operating system.
#[derive(Debug)]
pub struct Requests {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Requests {
    /// Begins to listen. Needs a tokio runtime.
    ///
    /// # Errors
    /// If the system does not allow it.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// The next request.
    pub async fn next(&mut self) -> Request {
        tokio::select! {
            _ = self.terminate.recv() => Request::Stop,
            _ = self.interrupt.recv() => Request::Interrupt,
            _ = self.hangup.recv() => Request::Reload,
        }
    }
}
