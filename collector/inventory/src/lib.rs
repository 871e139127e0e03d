//! The functional core: which asset a report speaks of, what is known of it, and the sheets that
//! show it.
//!
//! Has no IO, no clock, no randomness and no async: time and ids are arguments. Reports and register
//! entries are the ground state; everything here is derived from them and can be rebuilt.
//!
//! Read in the order of the modules; each uses only those before it.

pub mod register;

pub mod asset;

pub mod recognise;

pub mod reconcile;

pub mod assess;

pub mod export;

pub mod import;
