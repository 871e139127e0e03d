//! One question to the collector, one answer: the door behind which HTTP lives.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use pki::{TlsFailure, tls_failure};

/// Time for a connection with its handshake.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Time for a whole request with its answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// Time for which an idle connection is kept for the next request of the same delivery.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// Largest answer. A manifest's answer has less than 200 hashes, a company 512 networks, and a scan may
/// leave out some thousand addresses.
const ANSWER_BYTES_MAX: usize = 512 * 1024;

/// A question.
#[derive(Debug, Clone)]
pub struct Message {
    /// The path, such as `/v1/check-in`.
    pub path: &'static str,
    /// JSON.
    pub body: Vec<u8>,
    /// Whether the body is compressed with zstd.
    pub is_compressed: bool,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// `Retry-After`, in seconds.
    pub retry_after_seconds: Option<u64>,
    /// The body.
    pub body: Vec<u8>,
}

/// No answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// Nobody answers there.
    #[error("{address} cannot be reached: {cause}")]
    Unreachable {
        /// Who was called.
        address: String,
        /// The cause.
        cause: String,
    },
    /// It took too long.
    #[error("{address} did not answer in time")]
    TimedOut {
        /// Who was called.
        address: String,
    },
    /// The other end is not who it should be, or does not let us in.
    #[error("{address} and this agent do not trust each other: {failure}")]
    Tls {
        /// Who was called.
        address: String,
        /// What went wrong.
        failure: TlsFailure,
    },
    /// The answer is larger than any that a collector gives.
    #[error("the answer of {address} is larger than {ANSWER_BYTES_MAX} bytes")]
    AnswerTooLarge {
        /// Who was called.
        address: String,
    },
}

/// An answer to wait for.
pub type Pending<'a> = Pin<Box<dyn Future<Output = Result<Response, NetworkError>> + Send + 'a>>;

/// One listener of the collector.
pub trait Network: Send + Sync {
    /// Asks and waits for the answer.
    fn post(&self, message: Message) -> Pending<'_>;
}

/// HTTP/1.1 over the TLS that `pki` configured.
pub struct HttpNetwork {
    client: reqwest::Client,
    address: String,
}

impl HttpNetwork {
    /// Prepares to call `address` (`host:port`). No connection is made yet.
    ///
    /// # Errors
    /// If the client cannot be made.
    pub fn new(address: &str, tls: rustls::ClientConfig) -> Result<Self, NetworkError> {
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .https_only(true)
            .http1_only()
            // The agent speaks to its collector and to nobody else on its way.
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(REQUEST_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(1)
            .build()
            .map_err(|error| classify(address, &error))?;
        Ok(Self { client, address: address.to_owned() })
    }

    async fn ask(&self, message: Message) -> Result<Response, NetworkError> {
        let failed = |error: reqwest::Error| classify(&self.address, &error);
        let mut request = self
            .client
            .post(format!("https://{}{}", self.address, message.path))
            .header("content-type", "application/json")
            .body(message.body);
        if message.is_compressed {
            request = request.header("content-encoding", "zstd");
        }
        let mut answer = request.send().await.map_err(failed)?;
        let retry_after = answer.headers().get("retry-after").and_then(|it| it.to_str().ok());
        let retry_after_seconds = retry_after.and_then(|it| it.trim().parse().ok());
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(NetworkError::AnswerTooLarge { address: self.address.clone() });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response { status: answer.status().as_u16(), retry_after_seconds, body })
    }
}

impl Network for HttpNetwork {
    fn post(&self, message: Message) -> Pending<'_> {
        Box::pin(self.ask(message))
    }
}

fn classify(address: &str, error: &reqwest::Error) -> NetworkError {
    let address = address.to_owned();
    if let Some(failure) = tls_failure(error) {
        return NetworkError::Tls { address, failure };
    }
    if error.is_timeout() {
        return NetworkError::TimedOut { address };
    }
    let mut root: &dyn Error = error;
    while let Some(source) = root.source() {
        root = source;
    }
    NetworkError::Unreachable { address, cause: root.to_string() }
}
