//! The authority, enrolment tokens, keys and TLS configurations.
