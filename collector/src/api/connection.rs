//! One accept loop: TCP, TLS, HTTP/1.1, with every timeout and limit.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use pki::Peer;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

/// A handshake takes no longer.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// The head of a request takes no longer.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// A whole request, its body and its answer take no longer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(120);
/// A connection lives no longer; agents simply connect again.
const CONNECTION_LIFE: Duration = Duration::from_secs(3600);
/// Open connections of one listener.
const CONNECTIONS_MAX: usize = 4096;
/// Bytes of a request's head.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Header fields of a request.
const HEADERS_MAX: usize = 64;
/// Rest after a failed accept, so that exhausted descriptors do not make the loop spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Requests that were begun may take this long after the end was announced.
const FAREWELL: Duration = Duration::from_secs(5);

/// Who is at the other end of a connection.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The agent, where the listener asks for a certificate.
    pub(crate) peer: Option<Peer>,
    /// The address it comes from.
    pub(crate) address: SocketAddr,
}

/// Accepts until `stop` becomes true.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Arc<ServerConfig>,
    router: Router,
    mut stop: watch::Receiver<bool>,
) {
    let acceptor = TlsAcceptor::from(tls);
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            Some(_) = connections.join_next() => continue,
            () = stopped(&mut stop) => break,
        };
        let Some((stream, address, place)) = accepted else { continue };
        let work = connection(stream, address, acceptor.clone(), router.clone(), stop.clone());
        connections.spawn(async move {
            let _ = timeout(CONNECTION_LIFE, work).await;
            drop(place);
        });
    }
    let farewell = async { while connections.join_next().await.is_some() {} };
    let _ = timeout(FAREWELL, farewell).await;
}

/// Ends when the end is announced. The value itself stays inside: it must not be held while
/// something else is waited for.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|it| *it).await;
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, address)) => Some((stream, address, place)),
        Err(error) => {
            tracing::warn!(%error, "accepting a connection failed");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

async fn connection(
    stream: TcpStream,
    address: SocketAddr,
    acceptor: TlsAcceptor,
    router: Router,
    mut stop: watch::Receiver<bool>,
) {
    // Small answers must not wait for more.
    let _ = stream.set_nodelay(true);
    let stream = match timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            tracing::info!(%address, %error, "handshake refused");
            return;
        }
        Err(_) => {
            tracing::info!(%address, "handshake took too long");
            return;
        }
    };
    let certificates = stream.get_ref().1.peer_certificates();
    let peer = certificates.and_then(|it| it.first()).map(|it| Peer::from_certificate(it));
    let peer = match peer.transpose() {
        Ok(peer) => peer,
        Err(error) => {
            tracing::warn!(%address, %error, "a certificate of this authority names no agent");
            return;
        }
    };
    let caller = Caller { peer, address };
    let service = service_fn(move |request| answer(router.clone(), caller.clone(), request));
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX);
    let serving = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = stopped(&mut stop) => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%address, %error, "the connection ended early");
    }
}

async fn answer(
    router: Router,
    caller: Caller,
    request: hyper::Request<Incoming>,
) -> Result<axum::response::Response, Infallible> {
    let mut request: Request = request.map(Body::new);
    request.extensions_mut().insert(caller);
    match timeout(REQUEST_TIMEOUT, router.oneshot(request)).await {
        Ok(answer) => answer,
        Err(_) => Ok(super::reply::too_slow()),
    }
}
