//! Asks a server for its certificate: a TLS handshake that verifies nothing and says nothing more.
//!
//! This is the one TLS configuration outside of `pki`. It trusts nobody, because it looks and never
//! tells: no request follows the handshake. It speaks TLS 1.2 and 1.3; a server of older versions
//! refuses it and is reported as refusing, not as speaking no TLS.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs;
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, InvalidMessage, ProtocolVersion,
    SignatureScheme,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;

use crate::packet::certificate::CERTIFICATE_BYTES_MAX;

/// Most certificates of a chain that are kept.
const CHAIN_MAX: usize = 10;
/// What is said of a message that the TLS library does not take in.
const TOO_LARGE: &str =
    "a message of its handshake is larger than 64 KiB, as a long chain of certificates makes it";

/// What a server showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// Certificates in the order of the handshake, DER.
    pub chain: Vec<Vec<u8>>,
    /// The version that was agreed.
    pub version: Option<&'static str>,
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Nobody answered the connection.
    #[error("connecting to {address}")]
    Connect {
        /// Whom we asked.
        address: SocketAddr,
        /// The system's words.
        source: io::Error,
    },
    /// No answer in time.
    #[error("no answer within {} ms", limit.as_millis())]
    TimedOut {
        /// The time allowed.
        limit: Duration,
    },
    /// The answer is not TLS.
    #[error("the answer is not TLS")]
    NotTls,
    /// The answer is TLS, and the server refused the handshake.
    #[error("the server refused the handshake: {cause}")]
    Refused {
        /// The words of the TLS library.
        cause: String,
    },
}

/// Asks a server for its certificate, in all at most `limit`.
///
/// # Errors
/// Why there is none, told apart as [`AskError`] does.
pub fn served_certificate(address: SocketAddr, limit: Duration) -> Result<Served, AskError> {
    let deadline = Instant::now() + limit;
    let recorder = Arc::new(Recorder::default());
    let mut connection = connection(address, Arc::clone(&recorder))?;
    let mut socket = TcpStream::connect_timeout(&address, limit).map_err(|source| {
        if is_timeout(&source) {
            AskError::TimedOut { limit }
        } else {
            AskError::Connect { address, source }
        }
    })?;
    let outcome = shake_hands(&mut connection, &mut socket, deadline, limit);
    let chain = std::mem::take(&mut *recorder.chain.lock().unwrap_or_else(PoisonError::into_inner));
    if chain.is_empty() {
        outcome?;
        return Err(AskError::Refused { cause: "it showed no certificate".to_owned() });
    }
    // A courtesy; whether it arrives does not matter.
    connection.send_close_notify();
    let _ = connection.write_tls(&mut socket);
    Ok(Served { chain, version: connection.protocol_version().and_then(version_name) })
}

/// A TLS connection over which more may be said, and what the server showed.
pub(crate) type Secured<S> = (tokio_rustls::client::TlsStream<S>, Served);

/// Why there is no TLS, and the connection where it was not given up: it waits to be closed.
pub(crate) type NotSecured<S> = (AskError, Option<S>);

/// Shakes hands over a connection that exists already.
///
/// # Errors
/// Why there is no TLS.
pub(crate) async fn secure<S>(
    stream: S,
    address: IpAddr,
    limit: Duration,
) -> Result<Secured<S>, NotSecured<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let recorder = Arc::new(Recorder::default());
    let config = match looking(Arc::clone(&recorder)) {
        Ok(config) => config,
        Err(error) => return Err((error, Some(stream))),
    };
    let connector = TlsConnector::from(Arc::new(config));
    let shaken = connector.connect(ServerName::IpAddress(address.into()), stream).into_fallible();
    let stream = match tokio::time::timeout(limit, shaken).await {
        // All that came was read, so that the system closes what is dropped with FIN.
        Err(_) => return Err((AskError::TimedOut { limit }, None)),
        Ok(Err((error, stream))) => return Err((not_shaken(error), Some(stream))),
        Ok(Ok(stream)) => stream,
    };
    let chain = std::mem::take(&mut *recorder.chain.lock().unwrap_or_else(PoisonError::into_inner));
    let version = stream.get_ref().1.protocol_version().and_then(version_name);
    Ok((stream, Served { chain, version }))
}

fn not_shaken(error: io::Error) -> AskError {
    let cause = error.get_ref().and_then(|it| it.downcast_ref::<rustls::Error>());
    // A server of another protocol hangs up on what it does not understand.
    cause.map_or(AskError::NotTls, |it| refusal(it.clone()))
}

/// A configuration that believes everything and tells nothing.
fn looking(recorder: Arc<Recorder>) -> Result<ClientConfig, AskError> {
    let refused = |error: rustls::Error| AskError::Refused { cause: error.to_string() };
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(refused)?
        .dangerous()
        .with_custom_certificate_verifier(recorder)
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    Ok(config)
}

fn connection(address: SocketAddr, recorder: Arc<Recorder>) -> Result<ClientConnection, AskError> {
    let refused = |error: rustls::Error| AskError::Refused { cause: error.to_string() };
    // An address is not sent as a server name (RFC 6066 §3): the server shows its default.
    let name = ServerName::IpAddress(address.ip().into());
    ClientConnection::new(Arc::new(looking(recorder)?), name).map_err(refused)
}

fn shake_hands(
    connection: &mut ClientConnection,
    socket: &mut TcpStream,
    deadline: Instant,
    limit: Duration,
) -> Result<(), AskError> {
    let failed = |error: &io::Error| match is_timeout(error) {
        true => AskError::TimedOut { limit },
        // Servers of other protocols hang up on what they do not understand.
        false => AskError::NotTls,
    };
    while connection.is_handshaking() {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(AskError::TimedOut { limit });
        }
        socket.set_read_timeout(Some(left)).map_err(|it| failed(&it))?;
        socket.set_write_timeout(Some(left)).map_err(|it| failed(&it))?;
        if connection.wants_write() {
            connection.write_tls(socket).map_err(|it| failed(&it))?;
            continue;
        }
        if connection.read_tls(socket).map_err(|it| failed(&it))? == 0 {
            return Err(AskError::NotTls);
        }
        connection.process_new_packets().map_err(refusal)?;
    }
    // The last message of the handshake, so that the server's log shows a sound one.
    while connection.wants_write() {
        connection.write_tls(socket).map_err(|it| failed(&it))?;
    }
    Ok(())
}

#[expect(clippy::wildcard_enum_match_arm, reason = "rustls adds kinds; all others are refusals")]
fn refusal(error: rustls::Error) -> AskError {
    match error {
        // It began as a handshake does; all its certificates travel in one message.
        rustls::Error::InvalidMessage(InvalidMessage::HandshakePayloadTooLarge) => {
            AskError::Refused { cause: TOO_LARGE.to_owned() }
        }
        rustls::Error::InvalidMessage(_) => AskError::NotTls,
        other => AskError::Refused { cause: other.to_string() },
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

fn version_name(version: ProtocolVersion) -> Option<&'static str> {
    if version == ProtocolVersion::TLSv1_3 {
        Some("TLS 1.3")
    } else if version == ProtocolVersion::TLSv1_2 {
        Some("TLS 1.2")
    } else {
        None
    }
}

/// Accepts every certificate and keeps the chain.
#[derive(Debug, Default)]
struct Recorder {
    chain: Mutex<Vec<Vec<u8>>>,
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let certificates = std::iter::once(end_entity).chain(intermediates).take(CHAIN_MAX);
        // Up to the first that is too large: what follows it must not be taken for the server's own.
        let kept = certificates.take_while(|it| it.len() <= CERTIFICATE_BYTES_MAX);
        *self.chain.lock().unwrap_or_else(PoisonError::into_inner) =
            kept.map(|it| it.to_vec()).collect();
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    /// Everything that a server may sign with, weak algorithms too: they are to be seen.
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![
            SignatureScheme::ECDSA_NISTP256_SHA256,
            SignatureScheme::ECDSA_NISTP384_SHA384,
            SignatureScheme::ECDSA_NISTP521_SHA512,
            SignatureScheme::ED25519,
            SignatureScheme::ED448,
            SignatureScheme::RSA_PSS_SHA256,
            SignatureScheme::RSA_PSS_SHA384,
            SignatureScheme::RSA_PSS_SHA512,
            SignatureScheme::RSA_PKCS1_SHA256,
            SignatureScheme::RSA_PKCS1_SHA384,
            SignatureScheme::RSA_PKCS1_SHA512,
            SignatureScheme::RSA_PKCS1_SHA1,
            SignatureScheme::ECDSA_SHA1_Legacy,
        ]
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::{Read, Write};
    use std::net::{Ipv4Addr, TcpListener};
    use std::thread;

    use rcgen::{CertificateParams, KeyPair};
    use rustls::server::WebPkiClientVerifier;
    use rustls::{RootCertStore, ServerConfig, ServerConnection, SupportedProtocolVersion};
    use rustls_pki_types::PrivateKeyDer;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);
    static ONLY_1_3: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13];
    static ONLY_1_2: &[&SupportedProtocolVersion] = &[&rustls::version::TLS12];

    fn certificate() -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
        let key = KeyPair::generate().unwrap();
        let parameters = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = parameters.self_signed(&key).unwrap().der().clone();
        (certificate, PrivateKeyDer::Pkcs8(key.serialize_der().into()))
    }

    /// Serves one connection on loopback and gives back its address.
    fn serve(run: impl FnOnce(TcpStream) + Send + 'static) -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || run(listener.accept().unwrap().0));
        address
    }

    /// A server of both versions with a certificate of its own.
    pub(in crate::net) fn server() -> Arc<ServerConfig> {
        let (certificate, key) = certificate();
        let builder = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth();
        Arc::new(builder.with_single_cert(vec![certificate], key).unwrap())
    }

    fn serve_tls(
        versions: &'static [&'static SupportedProtocolVersion],
        asks_client: bool,
    ) -> (SocketAddr, Vec<u8>) {
        let (certificate, key) = certificate();
        let der = certificate.to_vec();
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(versions)
            .unwrap();
        let builder = if asks_client {
            let mut roots = RootCertStore::empty();
            roots.add(certificate.clone()).unwrap();
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.unwrap())
        } else {
            builder.with_no_client_auth()
        };
        let config = Arc::new(builder.with_single_cert(vec![certificate], key).unwrap());
        let address = serve(move |mut socket| {
            let mut connection = ServerConnection::new(config).unwrap();
            while connection.complete_io(&mut socket).is_ok_and(|(read, _)| read > 0) {}
        });
        (address, der)
    }

    #[test]
    fn a_server_shows_its_certificate_and_version() {
        for (versions, expected) in [(ONLY_1_3, "TLS 1.3"), (ONLY_1_2, "TLS 1.2")] {
            let (address, der) = serve_tls(versions, false);
            let served = served_certificate(address, LIMIT).unwrap();
            assert_eq!(served, Served { chain: vec![der], version: Some(expected) });
        }
    }

    #[test]
    fn a_server_that_asks_for_our_certificate_shows_its_own_all_the_same() {
        for versions in [ONLY_1_3, ONLY_1_2] {
            let (address, der) = serve_tls(versions, true);
            assert_eq!(served_certificate(address, LIMIT).unwrap().chain, [der]);
        }
    }

    #[test]
    fn another_protocol_is_not_tls() {
        for banner in ["SSH-2.0-OpenSSH_9.2\r\n", "220 mail ESMTP\r\n", "HTTP/1.0 400 Bad\r\n\r\n"]
        {
            let address = serve(move |mut socket| {
                socket.write_all(banner.as_bytes()).unwrap();
                let _ = socket.read(&mut [0; 1024]);
            });
            let error = served_certificate(address, LIMIT).unwrap_err();
            assert!(matches!(error, AskError::NotTls), "{banner}: {error:?}");
        }
    }

    #[test]
    fn a_server_that_hangs_up_is_not_tls() {
        let address = serve(|mut socket| {
            let _ = socket.read(&mut [0; 4096]);
        });
        assert!(matches!(served_certificate(address, LIMIT), Err(AskError::NotTls)));
    }

    #[test]
    fn a_server_of_an_older_version_refuses_and_is_not_called_plain() {
        let address = serve(|mut socket| {
            let _ = socket.read(&mut [0; 4096]);
            // Alert: fatal, protocol_version (RFC 8446 §6).
            socket.write_all(&[21, 3, 1, 0, 2, 2, 70]).unwrap();
        });
        assert!(matches!(served_certificate(address, LIMIT), Err(AskError::Refused { .. })));
    }

    #[test]
    fn a_chain_larger_than_64_kib_is_tls_all_the_same() {
        let address = serve(|mut socket| {
            let _ = socket.read(&mut [0; 4096]);
            // A record of TLS 1.2 that begins a message Certificate of 100,000 bytes.
            let mut record = vec![22, 3, 3, 0x40, 0, 11, 1, 0x86, 0xa0];
            record.resize(5 + 0x4000, 0);
            let _ = socket.write_all(&record);
            let _ = socket.read(&mut [0; 4096]);
        });
        let error = served_certificate(address, LIMIT).unwrap_err();
        let AskError::Refused { cause } = &error else { panic!("{error:?}") };
        assert_eq!(cause, TOO_LARGE);
    }

    #[test]
    fn what_follows_a_certificate_that_is_too_large_is_not_the_servers_own() {
        let recorder = Recorder::default();
        let large = CertificateDer::from(vec![0x30; CERTIFICATE_BYTES_MAX + 1]);
        let small = CertificateDer::from(vec![0x30; 10]);
        let name = ServerName::IpAddress(IpAddr::from(Ipv4Addr::LOCALHOST).into());
        let show = |own: &CertificateDer<'_>, other: &CertificateDer<'_>| {
            let now = UnixTime::since_unix_epoch(Duration::ZERO);
            recorder.verify_server_cert(own, std::slice::from_ref(other), &name, &[], now).unwrap();
            recorder.chain.lock().unwrap().clone()
        };
        assert!(show(&large, &small).is_empty());
        assert_eq!(show(&small, &large), [small.to_vec()]);
    }

    #[tokio::test]
    async fn a_connection_whose_handshake_failed_is_given_back_to_be_closed() {
        let address = serve(|mut socket| {
            let _ = socket.read(&mut [0; 4096]);
            let _ = socket.write_all(&[21, 3, 1, 0, 2, 2, 70]);
            let _ = socket.read(&mut [0; 4096]);
        });
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let Err((error, stream)) = secure(stream, address.ip(), LIMIT).await else { panic!() };
        assert!(matches!(error, AskError::Refused { .. }), "{error:?}");
        assert!(stream.is_some());
    }

    #[test]
    fn a_server_that_says_nothing_costs_only_the_time_allowed() {
        let (sender, receiver) = std::sync::mpsc::channel::<()>();
        let address = serve(move |socket| {
            let _ = receiver.recv();
            drop(socket);
        });
        let error = served_certificate(address, Duration::from_millis(50)).unwrap_err();
        assert!(matches!(error, AskError::TimedOut { .. }), "{error:?}");
        drop(sender);
    }

    #[test]
    fn where_nobody_listens_nobody_is_asked() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        assert!(matches!(served_certificate(address, LIMIT), Err(AskError::Connect { .. })));
    }

    #[test]
    fn hostile_answers_never_panic() {
        for answer in
            [&[22, 3, 3, 0xff, 0xff][..], &[22, 3, 3, 0, 4, 2, 0, 0, 0], &[0; 64], &[255; 64]]
        {
            let address = serve(move |mut socket| {
                let _ = socket.read(&mut [0; 4096]);
                let _ = socket.write_all(answer);
            });
            assert!(served_certificate(address, LIMIT).is_err());
        }
    }
}
