//! Tests across crates, recorders and load generators.
