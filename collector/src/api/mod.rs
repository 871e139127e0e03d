//! The two listeners: agents, who must show a certificate, and enrolment, which asks for none.
//!
//! The accept loop is our own, so that the peer's certificate, every timeout and every limit are in
//! one place.

mod agents;
mod body;
mod connection;
mod enrolment;
mod limit;
mod reply;

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::collector::Collector;

/// Both listeners, bound and not yet accepting.
pub struct Listeners {
    agents: TcpListener,
    enrolment: TcpListener,
}

/// A listener cannot be bound.
#[derive(Debug, thiserror::Error)]
#[error("listening on {address} for {purpose}")]
pub struct ListenError {
    /// The address.
    pub address: SocketAddr,
    /// Who was to come here.
    pub purpose: &'static str,
    /// Why not.
    pub source: std::io::Error,
}

impl Listeners {
    /// Binds both addresses.
    ///
    /// # Errors
    /// If one of them is taken or not this machine's.
    pub async fn bind(agents: SocketAddr, enrolment: SocketAddr) -> Result<Self, ListenError> {
        let bind = async |address, purpose| {
            let bound = TcpListener::bind(address).await;
            bound.map_err(|source| ListenError { address, purpose, source })
        };
        Ok(Self {
            agents: bind(agents, "agents").await?,
            enrolment: bind(enrolment, "enrolment").await?,
        })
    }

    /// The addresses that were bound: agents, enrolment.
    ///
    /// # Errors
    /// If the system does not tell.
    pub fn addresses(&self) -> std::io::Result<(SocketAddr, SocketAddr)> {
        Ok((self.agents.local_addr()?, self.enrolment.local_addr()?))
    }

    /// Serves both until `stop` becomes true, then lets requests end that were begun.
    pub async fn serve(
        self,
        collector: Arc<Collector>,
        agents_tls: Arc<ServerConfig>,
        enrolment_tls: Arc<ServerConfig>,
        stop: watch::Receiver<bool>,
    ) {
        let agents = agents::router(Arc::clone(&collector));
        let enrolment = enrolment::router(collector);
        let serve_agents = connection::serve(self.agents, agents_tls, agents, stop.clone());
        let serve_enrolment = connection::serve(self.enrolment, enrolment_tls, enrolment, stop);
        tokio::join!(serve_agents, serve_enrolment);
    }
}
