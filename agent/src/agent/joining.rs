//! A host that was given a token beside its configuration enrols itself as soon as it reaches the
//! collector: how a package that was made for a company puts a machine into the register.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use pki::{Token, TokenError};

use super::running::chain;
use crate::clock::Clock;
use crate::data_dir::{DataDir, Enrolment};
use crate::deliver::backoff::full_jitter;
use crate::enrol::{EnrolError, enrol};

/// Largest token file.
const TOKEN_BYTES_MAX: u64 = 16 * 1024;
/// First and longest wait after an attempt that failed: a machine may be installed long before it
/// comes into the network, and a token may be replaced at any time.
const WAITS: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(3600));

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenFileError {
    /// It cannot be read.
    #[error("reading the token")]
    Read(#[from] std::io::Error),
    /// It holds no token.
    #[error(transparent)]
    Token(#[from] TokenError),
}

#[derive(Debug, thiserror::Error)]
enum JoinError {
    #[error(transparent)]
    Token(#[from] TokenFileError),
    #[error(transparent)]
    Enrol(#[from] EnrolError),
}

/// The token that comes out of `reader`, at most some kilobytes of it.
///
/// # Errors
/// If it cannot be read or is none.
#[expect(clippy::disallowed_methods, reason = "bounded by `take`")]
pub fn token_from(reader: &mut dyn Read) -> Result<Token, TokenFileError> {
    let mut text = String::new();
    reader.take(TOKEN_BYTES_MAX).read_to_string(&mut text)?;
    Ok(text.parse()?)
}

/// Tries until this host is enrolled, with the token that stands in the file at each attempt.
pub async fn join(
    data: &DataDir,
    token_file: &Path,
    host_name: &str,
    clock: &dyn Clock,
) -> Enrolment {
    let mut failures = 0;
    loop {
        match attempt(data, token_file, host_name).await {
            Ok(enrolment) => {
                tracing::info!(agent = %enrolment.agent, "this host is enrolled");
                return enrolment;
            }
            Err(error) => {
                failures += 1;
                let wait = WAITS.0 + full_jitter(clock, failures, WAITS.0, WAITS.1);
                let (cause, seconds) = (chain(&error), wait.as_secs());
                tracing::warn!(cause, seconds, "this host cannot be enrolled yet");
                tokio::time::sleep(wait).await;
            }
        }
    }
}

async fn attempt(
    data: &DataDir,
    token_file: &Path,
    host_name: &str,
) -> Result<Enrolment, JoinError> {
    let token = File::open(token_file).map_err(TokenFileError::Read)?;
    let token = token_from(&mut { token })?;
    Ok(enrol(data, &token, host_name, false).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    #[test]
    fn what_is_no_token_is_refused_and_an_endless_file_is_not_read_to_its_end() {
        let refused = |text: &str| token_from(&mut text.as_bytes()).unwrap_err();
        assert!(matches!(refused(""), TokenFileError::Token(_)));
        assert!(matches!(refused("kat1-abc\n"), TokenFileError::Token(_)));
        assert!(matches!(
            token_from(&mut std::io::repeat(b'a')).unwrap_err(),
            TokenFileError::Token(_)
        ));
    }

    #[tokio::test]
    async fn a_token_that_does_not_come_is_waited_for_and_costs_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(&folder.path().join("data")).unwrap();
        let token = folder.path().join("token");
        let joined = join(&data, &token, "host", &SystemClock);
        let moment = Duration::from_millis(20);
        assert!(tokio::time::timeout(moment, joined).await.is_err(), "it goes on trying");
        assert!(data.enrolment().unwrap().is_none());
    }
}
