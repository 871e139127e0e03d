//! Listening in the background: a scanner process of its own, with the right to raw sockets and
//! nothing else, hears which devices introduce themselves on the cables.

use std::path::PathBuf;
use std::sync::Arc;

use scan::net::listen::{Hearing, LISTEN_SECONDS, ListenFailure};
use scan::net::process::{ProcessError, Scanner};
use tokio::sync::mpsc;

use crate::host::Ears;

/// Who listens when told to.
pub struct Listener {
    program: PathBuf,
    ears: Arc<Ears>,
    orders: mpsc::Receiver<Order>,
}

/// One listening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The socket of a scanner that a service manager started; none: one is started.
    pub scanner_socket: Option<PathBuf>,
}

/// Where orders go, and who follows them. An order that comes while one is followed is dropped: the one
/// that is followed says the same.
#[must_use]
pub fn listener(program: PathBuf, ears: &Arc<Ears>) -> (mpsc::Sender<Order>, Listener) {
    let (sender, orders) = mpsc::channel(1);
    (sender, Listener { program, ears: Arc::clone(ears), orders })
}

impl Listener {
    /// Follows orders until nobody gives any.
    pub async fn work(mut self) {
        while let Some(order) = self.orders.recv().await {
            let hearing = self.hear(&order).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "nothing could be heard");
                let failure = Some(ListenFailure::Failed(error.to_string()));
                Hearing { failure, ..Hearing::default() }
            });
            if hearing.is_flooded {
                tracing::warn!("more devices introduced themselves on the cables than are kept");
            }
            self.ears.keep(hearing);
        }
    }

    async fn hear(&self, order: &Order) -> Result<Hearing, ProcessError> {
        let mut scanner = match &order.scanner_socket {
            Some(path) => Scanner::connect(path).await?,
            None => Scanner::spawn(&self.program)?,
        };
        scanner.listen(LISTEN_SECONDS).await
    }
}

#[cfg(test)]
mod tests {
    use observation::latest::Absent;

    use super::*;
    use crate::host::{Host, ListeningHost, RecordedHost, Request};

    #[tokio::test]
    async fn a_scanner_that_is_not_there_is_a_failure_and_ends_nothing() {
        let ears = Arc::new(Ears::default());
        let (orders, listener) = listener("/nowhere/scanner".into(), &ears);
        let worker = tokio::spawn(listener.work());
        for scanner_socket in [None, Some("/nowhere/socket".into())] {
            orders.send(Order { scanner_socket }).await.unwrap();
        }
        drop(orders);
        worker.await.unwrap();
        let host = RecordedHost::default();
        let answer = ListeningHost::new(&host, &ears).ask(&Request::HeardOnLinks);
        assert!(matches!(answer, Err(Absent::Failed { .. })), "{answer:?}");
    }
}
