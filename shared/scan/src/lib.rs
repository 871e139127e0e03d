//! The scan engine: questions to the network and the pure reading of their answers.
