//! Names of things on the wire.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// An enrolled agent: given by the collector at enrolment, carried in the agent's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AgentId(pub Uuid);

impl fmt::Display for AgentId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

impl std::str::FromStr for AgentId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// A source or probe: `domain.name`, equal to the path of its file (`software.dpkg`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceId(std::borrow::Cow<'static, str>);

impl SourceId {
    /// A source that is known when the program is built.
    #[must_use]
    pub const fn from_static(text: &'static str) -> Self {
        Self(std::borrow::Cow::Borrowed(text))
    }

    /// A source that was read from somewhere.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(std::borrow::Cow::Owned(text.into()))
    }

    /// The text, such as `software.dpkg`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
