//! When each packet goes out and what an answer means: state machines without sockets or clock. Time is
//! an argument, counted from the start of a run.
